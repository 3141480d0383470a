"""What a long history costs: a scan and a restart with 100,000 registrations in the journal, against one without.

The histories are recorded by the journal itself, only with syncing switched off, and settled as the sender would;
then the journal is opened anew as it always is. One is a single slip, the other has 50 registrations on each slip.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from terminal.domain.judging import Judgement, Outcome
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from terminal.journal.store import open_store
from tests.bench.figures import Figure, Target, median, quantile
from tests.bench.journal import scan
from tests.bench.rig import NOBODY, terminal
from tests.bench.site import furnish
from tests.bench.start import SIGN_IN

REGISTRATIONS, QUICK_REGISTRATIONS = 100_000, 10_000
PER_SLIP = 50
ROUND = 50
SETTLED_AT_ONCE = 5_000


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    size = QUICK_REGISTRATIONS if quick else REGISTRATIONS
    rng = random.Random(5)
    slips = {
        "empty": [0],
        "one slip": [size],
        f"{size // PER_SLIP:,} slips of {PER_SLIP}": [PER_SLIP] * (size // PER_SLIP),
    }
    for name, recorded in slips.items():
        _build(work / name, recorded, rng)
    starts = _restarts([work / name for name in slips], 3 if quick else 7)
    took = _rounds([work / name for name in slips], rng, 6 if quick else 20)
    empty, *histories = slips
    made = []
    for n, name in enumerate(histories, 1):
        costs = [median(took[at]) * 1000 for at in (n, 0)]
        ready = [median(starts[at]) for at in (n, 0)]
        what = f"{size:,} registrations, {name}"
        made.append(Figure("history", f"scan, {what}", costs[0], "ms", costs[1], empty, Target(1.3, of_ratio=True)))
        quickest = [quantile(took[at], 0.05) * 1000 for at in (n, 0)]
        note = "where the disk is at its quickest: what the database's own work costs shows best here"
        made.append(Figure("history", f"scan, p5, {what}", quickest[0], "ms", quickest[1], empty, note=note))
        target = Target(round(ready[1] + 1.0, 3))
        note = "to the sign-in screen, out of the network's reach; target: that of an empty journal + 1 s"
        made.append(Figure("history", f"restart, {what}", ready[0], "s", ready[1], empty, target, note))
    return made


def _build(directory: Path, recorded: Sequence[int], rng: random.Random) -> None:
    """Make a journal with so many registrations on each slip; all slips have room for more."""
    store, _ = open_store(directory)
    journal = Journal(store)
    furnish(journal, [100_000 + each for each in recorded])
    store.connection.pragma("synchronous", "OFF")
    for n, number in enumerate(recorded, 1):
        for _ in range(number):
            scan(journal, rng, f"PS-{n}")
            if journal.outbox.stored - journal.outbox.answered == SETTLED_AT_ONCE:
                _settle(journal)
    _settle(journal)
    store.connection.pragma("synchronous", "FULL")
    store.checkpoint()
    store.close()


def _settle(journal: Journal) -> None:
    """Have everything accepted."""
    waiting = range(journal.outbox.answered + 1, journal.outbox.stored + 1)
    journal.outbox.settle([(sequence, Judgement(Outcome.ACCEPTED)) for sequence in waiting])
    journal.store.checkpoint()


def _restarts(directories: Sequence[Path], rounds: int) -> list[list[float]]:
    """Start the terminal on each by turns; gives the seconds to the sign-in screen."""
    took: list[list[float]] = [[] for _ in directories]
    for n in range(rounds + 1):
        for directory, seconds in zip(directories, took, strict=True):
            with terminal(NOBODY, directory, signed_in=False) as screen:
                at = screen.wait_for(SIGN_IN)
            if n:  # the first warms up
                seconds.append(at - screen.started)
    return took


def _rounds(directories: Sequence[Path], rng: random.Random, rounds: int) -> list[list[float]]:
    """Scan on each by turns, each in its journal's thread; gives the seconds a scan took."""
    scribes = [Scribe(directory) for directory in directories]
    for scribe in scribes:
        scribe.start()
    took: list[list[float]] = [[] for _ in directories]
    for n in range(rounds + 1):
        for scribe, seconds in zip(scribes, took, strict=True):
            found = scribe.call(lambda journal: _round(journal, rng))
            seconds += found if n else []
    for scribe in scribes:
        scribe.stop()
    return took


def _round(journal: Journal, rng: random.Random) -> list[float]:
    journal.store.checkpoint()
    return [scan(journal, rng) for _ in range(ROUND)]
