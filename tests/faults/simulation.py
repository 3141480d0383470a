"""A shift in one process, one thread and no time at all: real terminals and the real server, on a network of ours.

`python -m tests.faults.simulation SEED` plays a seed and tells what happened; a seed is the same shift, always.

Real are the journal and its outbox (SQLite in memory-backed files), the sender with all it decides, the client but for
its sockets, and the server's intake with its writer, tables and readers. Simulated are the clocks, the network, what
operators do, and every fault. A request's way is one call: while it is on its way, other terminals and this one's
operator go on (`World.meanwhile`), and what a network holds back arrives later (`World.late`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import shutil
import socket
import ssl
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import uuid6

from server_stub import clock
from terminal.backend import notices
from terminal.backend.reply import Reply
from terminal.domain.refusals import Code
from terminal.journal import sign_ins
from terminal.journal.store import StorageFault

from . import wishes
from .checker import Ack, Finding, History, Kind, check
from .counting import Counts, Progress, add, in_parallel, told
from .records import cursors_of, inbox_of, side_of, units_of
from .simulated_server import JSON, Server
from .simulated_terminal import Device
from .stock import NOW, OPERATORS, Died, memory, stocked

SIZE = 100
"""Things that happen in a shift, beside what the terminals do by themselves."""
LONG = 20_000
"""Seeds of a long run."""
PART = 50
"""Seeds that one process plays at a time, in a long run."""
PATIENCE_S = 600.0
"""Simulated seconds after the last fault until every queue must be empty: twice the longest wait that is honoured."""

REQUEST_FAULTS = (
    "no-connection",
    "name-not-found",
    "certificate-expired",
    "request-lost",
    "request-delayed",
    "answer-lost",
    "answer-reset",
    "answer-truncated",
    "answer-slow",
    "answer-of-before",
    "duplicated",
    "repeated-late",
    "hotspot",
    "redirect",
    "too-many-requests",
    "unavailable",
    "server-error",
    "gateway-timeout",
    "too-large",
    "credential-refused",
    "server-killed-before-commit",
    "server-killed-after-commit",
    "terminal-killed-sending",
)
"""What can become of one request."""
OTHER_FAULTS = (
    "server-restarted",
    "server-restored",
    "server-locked",
    "server-full",
    "server-clock-jumped",
    "server-older",
    "session-expired",
    "terminal-killed",
    "terminal-killed-unacknowledged",
    "terminal-full",
    "terminal-clock-jumped",
    "terminal-cloned",
    "same-serial-twice",
    "posting-differs",
)
"""What can happen beside; each is counted where it had an effect, not where it was tried."""
FAULTS = (*REQUEST_FAULTS, *OTHER_FAULTS)


class World:
    """Terminals, a server, and all that goes wrong between them."""

    def __init__(self, seed: int, size: int = SIZE) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.size = size
        self.t = 100.0
        self.op = 0
        self.depth = 0
        self.serials = 0
        self.counts: Counter[str] = Counter()
        self.requests = 0
        self.trace: list[str] = []
        self.faulty = True
        self.next_fault: str | None = None
        self.late: list[tuple[float, str, str, Mapping[str, str], bytes]] = []
        self.directory = memory() / f"{seed}-{self.rng.getrandbits(24):06x}"
        self.directory.mkdir()
        self.server = Server(self, self.directory)
        self.backups = [self.server.backup()]
        self.devices = [Device(self, f"T{n}") for n in range(1, self.rng.randint(2, 4) + 1)]
        self.rate = self.rng.choice((0.05, 0.15, 0.3, 0.5))
        # a clone and a backup together are more than the protocol can tell apart: see README.md
        self.clones = self.rng.random() < 0.2
        self.server.older = self.rng.random() < 0.1

    def note(self, text: str) -> None:
        """Remember what happened, for whoever looks into a seed."""
        self.trace.append(f"{self.t:8.1f} {text}")

    def count(self, fault: str) -> None:
        """Note that a fault has had its effect."""
        self.counts[fault] += 1

    # The network.

    def exchange(self, device: Device, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take one request to the server and its answer back, or not."""
        self.requests += 1
        self._deliver_late()
        events = b'"events":[{' in body
        fault = self._fault_for(device, events)
        if fault is not None:
            self.note(f"{device.name} {method} {path[:40]} {len(body)} bytes: {fault}")
        if self.server.down_until > self.t or (self.faulty and device.offline_until > self.t):
            raise _refused()
        if fault is None:
            reply = self._served(method, path, headers, body)
        else:
            if events:
                self.count(fault)
            reply = self._misbehave(fault, device, method, path, headers, body)
        if events and reply.status == 200:
            device.last_answer = reply
        if events and reply.status == 503 and fault is None:
            if self.server.locked is not None:
                self.count("server-locked")
            elif self.server.full:
                self.count("server-full")
        if method == "GET" and reply.status == 401:
            self.count("session-expired")
        return reply

    def _fault_for(self, device: Device, events: bool) -> str | None:
        if not self.faulty:
            return None
        if self.next_fault is not None and events:
            fault, self.next_fault = self.next_fault, None
            return fault
        if self.rng.random() >= (self.rate if events else self.rate / 3):
            return None
        return self.rng.choice(REQUEST_FAULTS)

    def _served(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        return self.server.answer(method, path, headers, body)

    def _misbehave(
        self, fault: str, device: Device, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        served = lambda: self._served(method, path, headers, body)  # noqa: E731
        match fault:
            case "no-connection":
                raise _refused()
            case "name-not-found":
                raise _caused(httpx.ConnectError("no name"), socket.gaierror(-2, "Name or service not known"))
            case "certificate-expired":
                raise _caused(httpx.ConnectError("tls"), ssl.SSLCertVerificationError("certificate has expired"))
            case "request-lost":
                self.meanwhile(device)
                raise httpx.ReadTimeout("timed out")
            case "request-delayed":
                self.late.append((self.t + self.rng.expovariate(1 / 40), method, path, headers, body))
                self.meanwhile(device)
                raise httpx.ReadTimeout("timed out")
            case "answer-lost":
                served()
                self.meanwhile(device)
                raise httpx.ReadTimeout("timed out")
            case "answer-reset":
                served()
                raise httpx.ReadError("connection reset by peer")
            case "answer-truncated":
                reply = served()
                return Reply(reply.status, reply.headers, reply.content[: len(reply.content) // 2])
            case "answer-slow":
                reply = served()
                self.meanwhile(device)
                return reply
            case "answer-of-before":
                served()
                return device.last_answer or Reply(200, JSON, b'{"answers":[],"cursor":0,"server_time":"x"}')
            case "duplicated":
                first, second = served(), served()
                return self.rng.choice((first, second))
            case "repeated-late":
                reply = served()
                self.late.append((self.t + self.rng.expovariate(1 / 60), method, path, headers, body))
                return reply
            case "hotspot":
                return Reply(200, {"content-type": "text/html"}, b"<html>Welcome! Please log in.</html>")
            case "redirect":
                return Reply(302, {"location": "http://login.example/"}, b"")
            case "too-many-requests":
                return _problem(429, "slow-down", str(self.rng.choice((1, 5, 60))))
            case "unavailable":
                return _problem(503, "unavailable", str(self.rng.choice((1, 10, 120))))
            case "server-error":
                return _problem(500, "internal-error")
            case "gateway-timeout":
                served()
                return Reply(504, {"content-type": "text/html"}, b"<html>gateway time-out</html>")
            case "too-large":
                return Reply(413, {"content-type": "text/html"}, b"<html>too large</html>")
            case "credential-refused":
                return _problem(401, "terminal-credential-wrong")
            case "server-killed-before-commit":
                self._killed_in_commit(served)
                raise httpx.ReadError("connection reset by peer")
            case "server-killed-after-commit":
                served()
                self.server.restart(self.rng.expovariate(1 / 10))
                raise httpx.RemoteProtocolError("server disconnected without sending a response")
            case "terminal-killed-sending":
                if self.rng.random() < 0.7:
                    served()
                raise Died(device.name)
        raise AssertionError(fault)

    def _killed_in_commit(self, served: Callable[[], Reply]) -> None:
        """Kill the server with all written and nothing committed."""
        from server_stub.database import Transactions

        def killed(_: Transactions) -> None:
            raise Died("server")

        with mock.patch.object(Transactions, "commit", killed), contextlib.suppress(Died):
            served()
        self.server.restart(self.rng.expovariate(1 / 10))

    def _deliver_late(self) -> None:
        """Bring what was held back to the server; nobody hears the answer."""
        arriving = [each for each in self.late if each[0] <= self.t]
        self.late = [each for each in self.late if each[0] > self.t]
        for _, method, path, headers, body in sorted(arriving, key=lambda each: each[0]):
            if self.server.down_until <= self.t:
                self.note(f"late: {method} {path[:40]} {len(body)} bytes")
                self._served(method, path, headers, body)

    def meanwhile(self, device: Device) -> None:
        """Let time pass, and people and other terminals go on, while a request is on its way."""
        self.t += self.rng.uniform(0.1, 8.0)
        if self.depth >= 2 or not self.faulty:
            return
        self.depth += 1
        try:
            for _ in range(self.rng.randint(0, 3)):
                self._somebody_does_something()
            self._turns()
        finally:
            self.depth -= 1

    # What happens.

    def run(self) -> None:
        """Play the shift, end all faults, and wait until everything is quiet."""
        while self.op < self.size:
            self.op += 1
            self._something_happens()
            self.t += self.rng.expovariate(1 / 1.5)
            if self.rng.random() < 0.02:
                self.t += self.rng.uniform(20, 200)
            self._turns()
        self.quiet()
        self.settle()

    def _turns(self) -> None:
        for device in tuple(self.devices):
            self._guarded(device, device.turn)

    def _guarded(self, device: Device, do: Callable[[], Any]) -> None:
        """Do something at a terminal that may be killed over it."""
        try:
            do()
        except Died as died:
            victim = next(each for each in self.devices if each.name == died.args[0])
            self.note(f"{victim.name} is killed")
            victim.kill()
            if victim is not device:
                raise AssertionError("killed in another's turn") from None

    def _something_happens(self) -> None:
        if self.rng.random() < 0.8:
            self._somebody_does_something()
            return
        happens = self.rng.choice(
            (
                *("restart", "restore", "backup", "lock", "full", "expire", "jump", "update"),
                *("kill", "unacknowledged", "fill", "clock", "clone", "offline", *["fault"] * 4),
            )
        )
        getattr(self, f"_{happens}")(self.rng.choice(self.devices))

    def _somebody_does_something(self) -> None:
        device = self.rng.choice(self.devices)
        if device.full_for:
            device.full_for -= 1
            if not device.full_for:
                device.desk.fill(False)
        if device.who is None or self.rng.random() < 0.05:
            device.sign_in(self.rng.choice(OPERATORS))
            return
        if self.rng.random() < 0.2:
            documents = sorted({"PS-1", "PS-2", "PS-3", *self._listed(device)})
            self._guarded(device, lambda: device.open(self.rng.choice(documents)))
        for wish in self.rng.choices(
            list(wishes.WISHES), list(wishes.WISHES.values()), k=self.rng.choice((1, 1, 2, 4))
        ):
            device.do(wish)

    def _listed(self, device: Device) -> list[str]:
        with contextlib.suppress(StorageFault):
            rows = device.desk.call(
                lambda journal: journal.store.connection.execute("SELECT number FROM slip").fetchall()
            )
            return [str(number) for (number,) in rows]
        return []

    def _restart(self, _: Device) -> None:
        self.note("the server is restarted")
        self.server.restart(self.rng.expovariate(1 / 5))
        self.count("server-restarted")

    def _backup(self, _: Device) -> None:
        if self.server.locked is None:
            self.backups.append(self.server.backup())

    def _restore(self, _: Device) -> None:
        if self.clones:
            return
        backup = self.rng.choice(self.backups)
        if not all(self._will_notice(device, backup) for device in self.devices):
            return
        self.late.clear()  # a restore takes minutes, with the server stopped: nothing on its way outlives it
        for device in self.devices:
            device.last_answer = None
        before = self.server.rows("SELECT count(*) FROM event")[0][0]
        self.server.restore(backup)
        forgotten = before - self.server.rows("SELECT count(*) FROM event")[0][0]
        self.note(f"the server is restored, {forgotten} events are forgotten")
        if forgotten:
            self.count("server-restored")

    def _will_notice(self, device: Device, backup: Path) -> bool:
        """Say whether a terminal can tell that a backup answered otherwise than it was answered: see README.md.

        One that knows less than it has answers for is noticed. One from before another restore may know as much, or
        more, and have other answers.
        """
        journal = "SELECT sequence, state FROM event WHERE sequence <= ? ORDER BY sequence"
        terminal, epoch, answered = device.desk.call(lambda j: (j.terminal, j.epoch, j.outbox.answered))
        here = device.desk.call(lambda j: j.store.connection.execute(journal, (answered,)).fetchall())
        inbox = [row for row in inbox_of(str(backup)) if (row.terminal, row.epoch) == (terminal, epoch)]
        there = [(row.event.sequence, row.event.outcome) for row in inbox]
        return len(there) < answered or there[:answered] == [tuple(row) for row in here]

    def _lock(self, _: Device) -> None:
        if self.server.locked is not None:
            self.server.unlock()
        else:
            self.server.lock()
        self.note(f"the server's database is {'locked' if self.server.locked else 'free'}")

    def _full(self, _: Device) -> None:
        self.server.fill(not self.server.full)
        self.note(f"the server's disk is {'full' if self.server.full else 'free'}")

    def _expire(self, _: Device) -> None:
        self.note("the sessions are over")
        self.server.expire_sessions()

    def _jump(self, _: Device) -> None:
        self.server.skew = self.rng.uniform(-86_400, 86_400)
        self.count("server-clock-jumped")

    def _clock(self, device: Device) -> None:
        device.clock.skew = self.rng.uniform(-86_400, 86_400)
        self.count("terminal-clock-jumped")

    def _kill(self, device: Device) -> None:
        if not device.sending:
            self.note(f"{device.name} is killed")
            device.kill()
            self.count("terminal-killed")

    def _unacknowledged(self, device: Device) -> None:
        """Kill a terminal between the disk and the screen."""
        if not device.sending and device.do(
            self.rng.choice((wishes.add, wishes.remove, wishes.undo, wishes.fill)), unacknowledged=True
        ):
            self.note(f"{device.name} is killed before it told anybody")
            device.kill()
            self.count("terminal-killed-unacknowledged")

    def _fill(self, device: Device) -> None:
        if not device.sending:
            device.desk.fill(True)
            device.full_for = self.rng.randint(1, 6)
            self.note(f"{device.name}: the disk is full")
            for _ in range(3):
                device.do(wishes.add)

    def _clone(self, device: Device) -> None:
        """Copy a terminal, as somebody does who copies a card image for a second handheld."""
        if not self.clones or device.sending or len(self.devices) > 4:
            return
        name = f"{device.name}c{len(self.devices)}"
        copy = Device(self, name, device.directory)
        copy.acks = [Ack(name, ack.sequence, ack.id) for ack in device.acks]
        self.devices.append(copy)
        self.note(f"{device.name} is cloned as {name}")

    def _offline(self, device: Device) -> None:
        device.offline_until = self.t + self.rng.expovariate(1 / 60)
        self.note(f"{device.name} is out of reach")

    def _fault(self, _: Device) -> None:
        """Have the next events meet a fault of any kind, so that the seldom ones are seen, too."""
        self.next_fault = self.rng.choice(REQUEST_FAULTS)

    def _update(self, _: Device) -> None:
        self.server.older = False

    # The end.

    def quiet(self) -> None:
        """End all faults."""
        self.faulty, self.rate = False, 0.0
        self.note("all is well again")
        self.server.unlock()
        self.server.full = self.server.older = False
        self.server.restart()
        for device in self.devices:
            device.full_for = 0
            device.desk.fill(False)

    def settle(self) -> None:
        """Wait until everything is sent, and have every terminal read every document."""
        began = self.t
        while (waiting := self._waiting()) and self.t < began + PATIENCE_S:
            self.t = max(self.t + 0.05, min(device.due for device in self.devices))
            self._turns()
        self.drained_s = None if waiting else self.t - began
        if waiting:
            return
        self.note(f"all is sent after {self.drained_s:.1f} s")
        self.t += 1000.0  # whatever was held back for long has arrived
        self._deliver_late()
        for device in self.devices:
            self._read_everything(device)

    def _waiting(self) -> bool:
        """Say whether a terminal has something that the server has not, whether it knows that or not."""
        cursors = {(t, e): n for t, e, n in self.server.rows("SELECT terminal, epoch, sequence FROM cursor")}
        for device in self.devices:
            terminal, epoch, standing = device.desk.call(lambda j: (j.terminal, j.epoch, j.outbox.standing))
            if standing.unsent or cursors.get((terminal, epoch), 0) < standing.stored:
                return True
        return bool(self.late) and min(each[0] for each in self.late) < self.t

    def _read_everything(self, device: Device) -> None:
        """Have a terminal read every document that there is."""
        device.turn()
        device.sign_in(OPERATORS[0])
        device.turn()
        documents = {number for (number,) in self.server.rows("SELECT number FROM slip")}
        for number in sorted(documents | set(self._listed(device))):
            said = device.ask(lambda then, n=number: device.sender.refresh(n, then))
            known = notices.Taken(number) if number in documents else notices.UnknownSlip(number)
            assert said == [known], f"{device.name} could not read {number}: {said}"

    def history(self) -> History:
        """Write down what the checker looks at."""
        path = str(self.server.path)
        return History(
            acks=tuple(ack for device in self.devices for ack in device.acks),
            sides=tuple(device.desk.call(lambda j, d=device: side_of(j, d.name)) for device in self.devices),
            inbox=tuple(inbox_of(path)),
            cursors=cursors_of(path),
            units=units_of(path),
            statuses=dict(self.server.rows("SELECT number, status FROM slip")),
            drained_s=self.drained_s,
            patience_s=PATIENCE_S,
        )

    def close(self) -> None:
        """Let go of everything."""
        for device in self.devices:
            device.close()
        self.server.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def _refused() -> Exception:
    return _caused(httpx.ConnectError("refused"), ConnectionRefusedError(111, "Connection refused"))


def _caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


def _problem(status: int, code: str, retry_after: str = "") -> Reply:
    headers = {"content-type": "application/problem+json", **({"retry-after": retry_after} if retry_after else {})}
    return Reply(status, headers, json.dumps({"code": code, "status": status, "detail": "no"}).encode())


class Played:
    """What came of a seed."""

    def __init__(self, world: World, found: Sequence[Finding], history: History) -> None:
        self.found = list(found)
        self.history = history
        self.counts = world.counts
        self.requests = world.requests
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
        stack.enter_context(mock.patch.object(clock, "datetime", Moment))
        stack.enter_context(mock.patch.object(sign_ins, "_hash", lambda pin, salt: (pin.encode() + salt)[:32]))
        yield


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
    """Count the faults that show in the end only: two with one serial, sets that differ, two journals that are one."""
    outcomes = Counter((event.type, event.outcome) for side in history.sides for event in side.events)
    world.counts["same-serial-twice"] = outcomes["registered", "conflict"] + outcomes["registered", "duplicate"]
    differing = f"SELECT count(*) FROM event WHERE answer LIKE '%\"{Code.DIFFERENT_SET}\"%'"
    world.counts["posting-differs"] = world.server.rows(differing)[0][0]
    world.counts["terminal-cloned"] = sum(n for (_, outcome), n in outcomes.items() if outcome == "key-reuse")


def run(first: int, number: int, size: int = SIZE) -> Counts:
    """Play many seeds; gives what they add up to. A seed that fails is told with the command that repeats it."""
    began = time.process_time()
    counts: Counts = {"failures": [], **dict.fromkeys(map(str, Kind), 0), **dict.fromkeys(map(named, FAULTS), 0)}
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
            add(counts, {named(fault): n for fault, n in played.counts.items()})
        if found:
            counts["failures"].append("\n  ".join([f"seed {seed}: {command(seed, size)}", *found]))
    return add(counts, {"processor seconds": round(time.process_time() - began, 1)})


def named(fault: str) -> str:
    """Give the name under which a fault is counted."""
    return f"fault: {fault}"


def soak(progress: Progress, scale: float = 1.0, first: int = 1) -> Counts:
    """Play 20,000 seeds that no test run plays, on all processors."""
    seeds = max(PART, round(LONG * scale))
    parts = [(first * LONG + at, min(PART, seeds - at)) for at in range(0, seeds, PART)]
    return in_parallel(_quiet_run, parts, progress, "simulation", "seeds", seeds)


def _quiet_run(first: int, number: int) -> Counts:
    logging.disable(logging.CRITICAL)
    return run(first, number)


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
