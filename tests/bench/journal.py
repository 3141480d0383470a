"""How long a commit of the journal takes, measured in the journal's own thread, against bare writes of as many bytes.

What is timed is all of a scan's `record`: judging, writing, reading the page for the screen, commit. Rounds of it and
of bare writes take turns. The floor appends to a file. The log is checkpointed between rounds, as it is when a picker
takes a breath, and written over from its beginning: so a file that is written over is shown as well, the hardest floor.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from terminal.domain.documents import Policies
from terminal.domain.intents import AddSerial
from terminal.journal.journal import Journal
from terminal.journal.schema import PAGE_BYTES
from terminal.journal.scribe import Scribe
from tests.bench.figures import Figure, Target, quantile
from tests.bench.rig import serial_number
from tests.bench.site import ANNA, furnish

FRAME_BYTES = PAGE_BYTES + 24
"""What a page takes in the log: itself and its header."""
BARE_EVENT_BYTES = 300
"""What an event alone would take as a line of text."""


def scan(journal: Journal, rng: random.Random, document: str = "PS-1") -> float:
    """Record one scan; gives the seconds it took."""
    intent = AddSerial(document, 1, serial_number(rng))
    began = time.perf_counter()
    verdict = journal.record(ANNA, Policies(), intent, 1)
    took = time.perf_counter() - began
    if not verdict.accepted:
        raise RuntimeError(f"not accepted: {verdict.result}")
    return took


class BareFile:
    """A file that is written and synced, and nothing else; `over`: each round begins at its start again."""

    def __init__(self, path: Path, size: int, *, over: bool) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._data = os.urandom(size)
        self._over = over

    def round(self, times: int) -> list[float]:
        """Write and sync so many times; gives the seconds each took."""
        if self._over:
            os.lseek(self._handle, 0, os.SEEK_SET)
        took = []
        for _ in range(times):
            began = time.perf_counter()
            os.write(self._handle, self._data)
            os.fsync(self._handle)
            took.append(time.perf_counter() - began)
        return took


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    rounds, size = (6, 50) if quick else (20, 100)
    rng = random.Random(1)
    scribe = Scribe(work / "journal")
    scribe.start()
    scribe.call(furnish)
    pages = scribe.call(lambda journal: _pages_per_commit(journal, rng))
    written = round(pages * FRAME_BYTES)
    floors = {
        "over": BareFile(work / "over", written, over=True),
        "append": BareFile(work / "append", written, over=False),
        "event": BareFile(work / "event", BARE_EVENT_BYTES, over=False),
    }
    took: dict[str, list[float]] = {name: [] for name in ("commit", *floors)}
    for n in range(rounds + 1):
        for name, values in _round(scribe, floors, rng, size).items():
            took[name] += values if n else []  # the first warms up
    scribe.stop()
    return _figures(took, written, rounds * size)


def _pages_per_commit(journal: Journal, rng: random.Random) -> float:
    """Count the pages that a scan adds to the log, on average."""
    journal.store.checkpoint()
    for _ in range(100):
        scan(journal, rng)
    pages = journal.store.wal_pages
    return pages / 100


def _round(scribe: Scribe, floors: dict[str, BareFile], rng: random.Random, size: int) -> dict[str, list[float]]:
    """Do a round of each, all of them in the journal's thread."""

    def work(journal: Journal) -> dict[str, list[float]]:
        journal.store.checkpoint()
        took = {"commit": [scan(journal, rng) for _ in range(size)]}
        return took | {name: file.round(size) for name, file in floors.items()}

    return scribe.call(work)


def _figures(took: dict[str, list[float]], written: int, number: int) -> list[Figure]:
    note = f"{number} commits of {written} bytes in the log each, and as many writes, by turns"
    quickest = "where the disk is at its quickest: what the journal's own work costs shows best here"
    targets = {"median": Target(2.0, of_ratio=True), "p99": Target(4.0, of_ratio=True)}
    against = {
        "append": ("", "append + fsync"),
        "over": (", to writing over", "write over + fsync"),
        "event": (", to the event alone", f"append {BARE_EVENT_BYTES} bytes + fsync"),
    }
    made = []
    for word, share in (("median", 0.5), ("p99", 0.99), ("p5", 0.05)):
        values = {each: quantile(seconds, share) * 1000 for each, seconds in took.items()}
        for name, (what, floor) in against.items():
            target = targets.get(word) if name == "append" else None
            said = (note if word == "median" else quickest if word == "p5" else "") if name == "append" else ""
            made.append(
                Figure("journal", f"commit, {word}{what}", values["commit"], "ms", values[name], floor, target, said)
            )
    rate = number / sum(took["commit"])
    return [*made, Figure("journal", "commits a second", rate, "/s")]
