"""One data directory on two devices: both scan, both send, in any order, to the real backend's intake.

Whatever the order, the clone is noticed, by the device that is answered second and in the backend's trail, and that
device goes on in an epoch of its own. The backend has every scan of both devices once, and nobody had to do anything.

`python -m tests.faults.clones --seed 1` does one try again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from terminal.backend.notices import Copied, Notice
from terminal.backend.sender import Sender
from terminal.domain.documents import Policies
from terminal.domain.intents import AddSerial
from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.store import open_store

from .counting import Counts, add, told
from .intake import KEEPER, SLIP, Intake, prepare
from .memory import memory

T = TypeVar("T")
LONG = 5_000
"""Clones of the long run."""


class HandClock:
    """A clock that stands still until it is moved; the wall clock may be moved by itself."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.off_by = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off_by

    def monotonic(self) -> float:
        return self.at

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        self.at += seconds or 0.0
        return event.is_set()


class Device:
    """A journal and the real sender, in hand: nothing happens by itself."""

    def __init__(self, directory: Path, backend: Intake) -> None:
        self.directory = directory
        self.clock = HandClock()
        self.backend = backend
        self.scanned: list[str] = []
        self.notices: list[Notice] = []
        self.open()

    def open(self) -> None:
        """Begin, as after switching on."""
        self.journal = Journal(open_store(self.directory)[0], self.clock.now)
        if self.journal.records.slip(SLIP) is None:
            self.backend.stock(self.journal)
        self.sender = Sender(self, lambda: self.backend, self.clock, Random(1), self.notices.append)

    def call(self, work: Callable[[Journal], T]) -> T:
        """Let the sender at the journal."""
        return work(self.journal)

    def scan(self, serial: str) -> None:
        """Scan, and keep in mind that it was OK."""
        verdict = self.journal.record(KEEPER, Policies(), AddSerial(SLIP, 1, serial), 1)
        assert verdict.accepted, verdict.result
        self.scanned.append(serial)

    def send(self, steps: int = 3) -> None:
        """Let the sender take a few steps."""
        self.sender.wake()
        for _ in range(steps):
            self.clock.at += self.sender.step() or 0.0

    def drain(self) -> None:
        """Send until everything is answered."""
        for _ in range(200):
            if not self.journal.outbox.standing.unsent:
                return
            self.send()
        raise AssertionError("the queue is never empty")

    def problems(self) -> list[str]:
        """Name the serials on the list of problems."""
        return [str(problem.serial) for problem in self.journal.outbox.open_problems()]

    @property
    def partings(self) -> int:
        """How often it was told that another device has its data."""
        return sum(isinstance(notice, Copied) for notice in self.notices)

    def close(self) -> None:
        self.journal.store.close()


def clone(seed: int, prepared: Path | None = None) -> Counts:
    """Clone a device once, let both work, and see what became of their scans."""
    counts: Counter[str] = Counter({"clones": 1})
    with memory() as directory:
        backend = Intake(prepared or prepare(directory), directory)
        wrongs = list(_worked(Random(seed), directory, backend, counts))
        backend.close()
    counts["lost"] += sum(wrong.startswith("lost") for wrong in wrongs)
    again = f"again: python -m tests.faults.clones --seed {seed}"
    return {**counts, "failures": [f"{wrong}; {again}" for wrong in wrongs]}


def _worked(chance: Random, directory: Path, backend: Intake, counts: Counter[str]) -> Iterator[str]:
    first = Device(directory / "first", backend)
    for n in range(chance.randint(0, 6)):
        first.scan(f"BEFORE-{n}")
        if chance.random() < 0.5:
            first.send(1)
    before = list(first.scanned)
    first.journal.store.close(as_found=chance.random() < 0.5)
    shutil.copytree(first.directory, directory / "second")
    first.open()
    second = Device(directory / "second", backend)
    second.scanned += before
    for n in range(chance.randint(4, 40)):
        device, name = chance.choice(((first, "FIRST"), (second, "SECOND")))
        what = chance.random()
        if what < 0.5:
            device.scan(f"{name}-{n}")
        elif what < 0.6 and f"BOTH-{n // 4}" not in device.scanned:
            device.scan(f"BOTH-{n // 4}")
        elif what < 0.9:
            device.send(chance.randint(1, 3))
        else:
            device.journal.store.close(as_found=chance.random() < 0.5)
            device.open()
    both_scanned = min(len(first.scanned), len(second.scanned)) > len(before)
    first.drain()
    second.drain()
    held = Counter(backend.serials())
    for name, device in (("first", first), ("second", second)):
        counts["scans after the copy"] += len(device.scanned) - len(before)
        yield from (f"the {name} device's {serial} became a problem" for serial in device.problems())
        yield from (f"lost: {serial} of the {name} device" for serial in device.scanned if not held[serial])
        yield from (f"the {name} journal: {finding}" for finding in findings(device.journal.store.connection))
    yield from (f"{serial} is at the backend {times} times" for serial, times in held.items() if times > 1)
    partings = first.partings + second.partings
    counts["clones noticed"] += partings > 0
    counts["clones that nobody could notice"] += not both_scanned
    if partings != both_scanned or backend.clones_noted() != both_scanned:
        yield f"both scanned: {both_scanned}, noticed: {partings}, in the backend's trail: {backend.clones_noted()}"
    first.close()
    second.close()


def some(seed: int, tries: int) -> Counts:
    """Clone a device so often."""
    found: Counts = {"failures": []}
    with memory() as directory:
        prepared = prepare(directory)
        for n in range(tries):
            add(found, clone(seed + n, prepared))
    return found


def main() -> int:
    """Clone a device once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    return told(clone(parser.parse_args().seed))


if __name__ == "__main__":
    sys.exit(main())
