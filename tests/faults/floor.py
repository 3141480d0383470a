"""Real terminals and the real server process, at work on one slip; and what is wrong with them in the end."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from terminal.backend import notices
from terminal.backend.client import Client
from terminal.backend.sender import Sender
from terminal.clock import FastClock
from terminal.domain.intents import AddSerial
from terminal.journal.scribe import Scribe

from ..backend.conftest import Terminal, patient
from ..backend.test_real_server import RealServer, Scanning
from .checker import check
from .counting import Counts, Share
from .histories import Kind
from .proxy import QUICK, SLOW, Fault, Proxy
from .records import history_of

SLIP, LINE = "PS-1400", 1
"""A slip of the demo data with one line of 400 units."""


class Behind(Scanning):
    """A terminal that knows the server through a proxy only; it is not patient, and its time runs fast."""

    def __init__(self, directory: Path, url: str, **settings: Any) -> None:
        self.scribe = Scribe(directory)
        self.scribe.start()
        Terminal.prepare(self)
        made = patient(url, **{"read_s": 0.6, "deadline_s": 1.2, **settings})
        self.sender = Sender(self.scribe, lambda: Client(made), FastClock(20), Random(5), self._noticed)
        self.scribe.on_written = self.sender.wake
        self.sender.start()
        self.name = directory.name

    def scan(self, count: int) -> None:
        """Scan serials that nobody else has."""
        before = self.standing().stored
        for n in range(before, before + count):
            scan(self, n, self.name)

    def failures(self) -> list[notices.Link]:
        """Give what was told of failed attempts."""
        return [link for link in self.all_of(notices.Link) if link.failures]


@contextlib.contextmanager
def at_work(directory: Path, number: int = 3) -> Iterator[tuple[RealServer, list[Scanning]]]:
    """Start a server, and terminals that have the slip on the screen."""
    real = RealServer(directory)
    terminals: list[Scanning] = []
    try:
        for n in range(number):
            terminals.append(Scanning(directory / f"T{n}", real.url, n))
            terminals[-1].begin(SLIP)
        yield real, terminals
    finally:
        for terminal in terminals:
            terminal.stop()
        real.kill()


def scan(terminal: Scanning, number: int, name: str) -> None:
    """Scan a serial; the terminal says that it is stored."""
    assert terminal.record(AddSerial(SLIP, LINE, f"{name}-{number:04d}")).accepted


def read_again(terminal: Scanning) -> None:
    """Have a terminal read the slip, and sign in again where the server has forgotten that."""
    said: object = None
    for _ in range(20):
        said = terminal.ask(lambda then: terminal.sender.refresh(SLIP, then))  # type: ignore[union-attr]
        if said == notices.Taken(SLIP):
            return
        terminal.ask(lambda then: terminal.sender.sign_in("1001", "1111", then))  # type: ignore[union-attr]
    raise AssertionError(said)


def what_is_wrong(real: RealServer, terminals: Sequence[Scanning], expected: int) -> list[str]:
    """Drain, read the slip at each terminal, and check all of it: nothing lost, nothing twice, in order, all agree.

    `expected`: the units that were scanned in all.
    """
    for terminal in terminals:
        terminal.drained(60)
    for terminal in terminals:
        read_again(terminal)
    history = history_of(real.database, [terminal.scribe for terminal in terminals])
    found = [str(each) for each in check(history)]
    scanned = sum(row.event.type == "registered" for row in history.inbox)
    return found if scanned == expected else [*found, f"{scanned} units have arrived of {expected} that were scanned"]


def killed_under_load(directory: Path, seed: int, scans: int = 120, kills: int = 3) -> Counts:
    """Kill the server with SIGKILL again and again while three terminals scan."""
    rng = Random(seed)
    kills_at = set(rng.sample(range(5, scans), kills))
    with at_work(directory) as (real, terminals):
        for n in range(scans):
            for number, terminal in enumerate(terminals):
                scan(terminal, n, f"K{number}")
            if n in kills_at:
                real.kill()
                real.restart()
        found = what_is_wrong(real, terminals, scans * len(terminals))
    counts: Counts = {"server kills": kills, "scans": scans * len(terminals)}
    return counts | {"failures": [f"killed under load, seed {seed}: {each}" for each in found]}


def restored(directory: Path, seed: int, scans: int = 30) -> Counts:
    """Put a backup in the database's place that is older than what the terminals were answered."""
    rng = Random(seed)
    backup, when = directory / "backup.db", rng.randrange(2, scans - 5)
    with at_work(directory) as (real, terminals):
        path = Path(real.database.removeprefix("sqlite:///"))
        for n in range(scans):
            for number, terminal in enumerate(terminals):
                scan(terminal, n, f"R{number}")
            if n == when:
                terminals[0].drained()
                copy(path, backup)
        for terminal in terminals:
            terminal.drained()
        held = events_held(path)
        real.kill()
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        shutil.copy(backup, path)
        forgotten = held - events_held(path)
        assert forgotten > 0
        scan(terminals[1], 9999, "R1")  # while it is away
        real.restart()
        terminals[0].until(lambda: events_held(path) == held + 1, 60)
        found = what_is_wrong(real, terminals, scans * 3 + 1)
    counts: Counts = {"server restores": 1, "events forgotten by servers": forgotten, "scans": scans * 3 + 1}
    return counts | {"failures": [f"restored, seed {seed}: {each}" for each in found]}


def bad_network(directory: Path, seed: int, rounds: int = 2, faults: Sequence[Fault] = QUICK) -> Counts:
    """Have every request with events meet a fault, by turns, while somebody scans."""
    rng = Random(seed)
    real = RealServer(directory)
    proxy = Proxy(("127.0.0.1", int(real.url.rpartition(":")[2])))
    terminal = Behind(directory / f"B{seed}", proxy.url)
    try:
        terminal.begin(SLIP)
        proxy.next.extend(fault for _ in range(rounds) for fault in rng.sample(faults, len(faults)))
        while proxy.next:
            left = len(proxy.next)
            terminal.scan(1)
            terminal.until(lambda left=left: len(proxy.next) < left, 30)
        scans = terminal.standing().stored
        found = what_is_wrong(real, [terminal], scans)
    finally:
        terminal.stop()
        proxy.close()
        real.kill()
    counts: Counts = {f"network fault: {fault.__name__}": proxy.met[fault.__name__] for fault in faults}
    counts |= {"scans": scans}
    return counts | {"failures": [f"bad network, seed {seed}: {each}" for each in found]}


class _Rounds(NamedTuple):
    """Rounds of the long run that are alike."""

    work: Callable[[Path, int, int], Counts]
    number: int
    size: int
    """How much happens in each: kills, scans, or each fault of the network so often."""


LONG: Mapping[str, _Rounds] = {
    "killed under load": _Rounds(lambda at, seed, size: killed_under_load(at, seed, kills=size), 100, 5),
    "restored": _Rounds(restored, 50, 30),
    "bad network": _Rounds(lambda at, seed, size: bad_network(at, seed, size, (*QUICK, *SLOW)), 20, 5),
}
"""What is done in the long run."""


def some(seed: int, what: str, size: int) -> Counts:
    """Do one round, with new servers and terminals."""
    with tempfile.TemporaryDirectory() as directory:
        found = LONG[what].work(Path(directory), seed, size)
    lost = sum(f": {Kind.LOST}: " in failure for failure in found["failures"])
    return {**found, "rounds": 1, "lost": lost}


def shares(scale: float, seed: int = 1) -> list[Share]:
    """Kill, restore and cut for long: 500 kills of servers, 50 restores, 2,000 faults of the network."""
    return [
        Share(some, (seed * 1_000 + n, what), size)
        for what, (_, rounds, size) in LONG.items()
        for n in range(max(1, round(rounds * scale)))
    ]


def copy(path: Path, to: Path) -> None:
    """Make a backup of a database beside its server, as an administrator does."""
    with contextlib.closing(sqlite3.connect(path)) as here, contextlib.closing(sqlite3.connect(to)) as there:
        here.backup(there)


def events_held(path: Path) -> int:
    """Count the events that a server holds."""
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection:
        return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
