"""Shifts in one process, one thread and no time at all: real terminals and the real server, on a network of ours.

`python -m tests.faults.simulation SEED` plays a seed and tells what happened; a seed is the same shift, always.

Real are the journal and its outbox (SQLite in memory-backed files), the sender with all it decides, the client but for
its sockets, and the server's intake with its writer, tables and readers. Simulated are the clocks, the network
(`simulated_network`), what operators do (`wishes`), and every fault (`simulated_faults`); `simulated_shift` has all of
it together.
"""

from __future__ import annotations

import contextlib
import logging
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import uuid6

from server_stub import clock
from terminal.domain.events import TYPES
from terminal.domain.refusals import Code
from terminal.journal import sign_ins, store

from .checker import check
from .counting import Counts, add, told
from .histories import Finding, History, Kind
from .simulated_faults import FAULTS
from .simulated_shift import SIZE, World
from .stock import NOW, stocked

LONG = 20_000
"""Seeds of a long run."""
KINDS_OF_SALE = ("units sold again", "units that came along", "blanks filled", "lines reversed", "slips reversed")
"""What is counted beside the types of events."""
ENDS = {"accepted": "accepted", "duplicate": "harmless", "conflict": "refused", "rejected": "refused"}
"""How events end, in the words of the counts."""


class Played:
    """What came of a seed."""

    def __init__(self, world: World, found: Sequence[Finding], history: History) -> None:
        self.found = list(found)
        self.history = history
        self.counts = world.counts
        self.requests = world.network.requests
        self.trace = world.trace


@contextlib.contextmanager
def pretended(world: Callable[[], World | None], rng: random.Random) -> Iterator[None]:
    """Have ids, the server's clock and the hashes of PINs be the simulation's: the same in each run, and quick."""

    class Moment(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            here = world()
            return NOW if here is None else NOW + timedelta(seconds=here.t + here.server.skew)

    def ids() -> uuid.UUID:
        return uuid.UUID(int=rng.getrandbits(128))

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(uuid6, "uuid7", ids))
        stack.enter_context(mock.patch.object(store, "secrets", _Names(rng)))
        stack.enter_context(mock.patch.object(clock, "datetime", Moment))
        stack.enter_context(mock.patch.object(sign_ins, "_hash", lambda pin, salt: (pin.encode() + salt)[:32]))
        yield


class _Names:
    """What the journal takes from `secrets`: names of epochs."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def token_hex(self, n: int) -> str:
        return self._rng.getrandbits(8 * n).to_bytes(n, "big").hex()


def play(seed: int, size: int = SIZE) -> Played:
    """Play a seed to its end."""
    made: list[World] = []
    stocked()
    with pretended(lambda: made[0] if made else None, random.Random(f"ids of {seed}")):
        world = World(seed, size)
        made.append(world)
        try:
            world.run()
            history = world.history()
            _count_what_it_says(world, history)
        except BaseException:
            world.trace.append(f"seed {seed} stopped here; repeat it with {command(seed, size)}")
            print("\n".join(world.trace[-40:]), file=sys.stderr)
            raise
        finally:
            world.close()
    return Played(world, check(history), history)


def _count_what_it_says(world: World, history: History) -> None:
    """Count what shows in the end only: how events ended, and faults such as two with one serial, sets that differ."""
    outcomes = Counter((event.type, event.outcome) for side in history.sides for event in side.events)
    world.counts["same-serial-twice"] = outcomes["registered", "conflict"] + outcomes["registered", "duplicate"]
    differing = f"SELECT count(*) FROM event WHERE answer LIKE '%\"{Code.DIFFERENT_SET}\"%'"
    world.counts["posting-differs"] = world.server.rows(differing)[0][0]
    world.counts["units sold again"] = sum(unit.returned for unit in history.units)
    world.counts["units that came along"] = sum(unit.came_from != "" for unit in history.units)
    accepted = [row.event for row in history.inbox if row.event.outcome == "accepted"]
    blanks = {event.id for event in accepted if event.type == "not-readable"}
    filled = [e for e in accepted if e.type == "serial-corrected" and e.registration in blanks]
    turned = Counter(event.line == 0 for event in accepted if event.type == "slip-reversed")
    world.counts |= {"blanks filled": len(filled), "slips reversed": turned[True], "lines reversed": turned[False]}
    for row in history.inbox:
        if row.event.outcome in ENDS and not row.event.void:
            world.counts[ended(ENDS[row.event.outcome], row.event.type)] += 1


def run(first: int, number: int, size: int = SIZE) -> Counts:
    """Play many seeds; gives what they add up to. A seed that fails is told with the command that repeats it."""
    began = time.process_time()
    counts: Counts = {"failures": [], **dict.fromkeys(map(str, Kind), 0)}
    counts |= dict.fromkeys(map(named, FAULTS), 0)
    counts |= dict.fromkeys(KINDS_OF_SALE, 0)
    counts |= dict.fromkeys((ended(end, type) for end in ENDS.values() for type in TYPES), 0)
    for seed in range(first, first + number):
        try:
            played = play(seed, size)
        except Exception as error:  # noqa: BLE001 - the next seeds may say more about it
            found = [f"{type(error).__name__}: {error}"[:300]]
        else:
            found = [str(each) for each in played.found]
            add(counts, {"seeds": 1, "acknowledged": len(played.history.acks), "requests": played.requests})
            add(counts, {"seconds until queues were empty": round(played.history.drained_s or 0)})
            add(counts, Counter(str(each.kind) for each in played.found))
            add(counts, {name if name in counts else named(name): n for name, n in played.counts.items()})
        if found:
            counts["failures"].append("\n  ".join([f"seed {seed}: {command(seed, size)}", *found]))
    return add(counts, {"processor seconds": round(time.process_time() - began, 1)})


def named(fault: str) -> str:
    """Give the name under which a fault is counted."""
    return f"fault: {fault}"


def ended(how: str, type: str) -> str:
    """Give the name under which events of a type are counted that ended so at the server."""
    return f"event {how}: {type}"


def command(seed: int, size: int) -> str:
    """Give the command that plays a seed again."""
    return f"python -m tests.faults.simulation {seed} --size {size}"


def main(arguments: Sequence[str]) -> int:
    """Play one seed and tell everything about it, or several and tell what they add up to."""
    import argparse

    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation", description=__doc__.splitlines()[0])
    parser.add_argument("seed", type=int, help="the seed, or the first one")
    parser.add_argument("--size", type=int, default=SIZE, help="how many things happen")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    given = parser.parse_args(arguments)
    if given.seeds > 1:
        return told(run(given.seed, given.seeds, given.size))
    played = play(given.seed, given.size)
    print("\n".join(played.trace))
    print(f"{len(played.history.acks)} acknowledged, {played.requests} requests, faults: {dict(played.counts)}")
    print("\n".join(map(str, played.found)) or "every promise was kept")
    return 1 if played.found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
