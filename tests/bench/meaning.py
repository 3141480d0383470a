"""How long it takes to say what a scan means, look-ups in a journal of 10,000 items included, against bare biip.

Codes take turns, so that no cache holds only one of them; biip reads those of GS1 alone, which is what it can.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import biip

from terminal.barcodes.meaning import meaning
from terminal.domain.documents import Item
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from tests.bench.figures import Figure, Target, median, quantile
from tests.bench.site import ANNA, CONTROL

ITEMS = 10_000
TODAY = date(2026, 11, 21)
GTINS = ["09521101530001", "07032069804988"] * 8
GS1 = [f"]C101{gtin}1727010110LOT{n:04}\x1d21SN{n:06}" for n, gtin in enumerate(GTINS)]
CODES = {
    "plain serial": [f"SN-{n:06}" for n in range(16)],
    "GS1, GTIN and serial": GS1,
    "EAN-13": ["5901234123457", "4006381333931"] * 8,
    "Digital Link": [f"https://id.gs1.org/01/07032069804988/21/SN{n:06}" for n in range(16)],
    "HIBC": ["+A99912345/$$52001510X3" + "3"] * 16,
    "ISO 15434": [f"[)>\x1e06\x1d1PLM358\x1dSSN{n:06}\x1e\x04" for n in range(16)],
}
"""Codes of each kind."""


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    scribe = Scribe(work / "journal")
    scribe.start()
    try:
        return scribe.call(lambda journal: _measured(journal, 20 if quick else 300))
    finally:
        scribe.stop()


def _measured(journal: Journal, rounds: int) -> list[Figure]:
    items = [Item(f"IT-{n:05}", f"Item {n}", CONTROL, references=(f"{n:014}",)) for n in range(ITEMS)]
    items.append(Item("GS", "Known", CONTROL, references=("09521101530001", "07032069804988")))
    journal.merging.take_master(Shop(site="A", operators={ANNA.id: ANNA}), items)
    known = journal.pages
    took = {kind: _timed(lambda code: meaning(code, known, TODAY), codes, rounds) for kind, codes in CODES.items()}
    floor = median(_timed(biip.parse, GS1, rounds)) * 1e6
    every = [each for one in took.values() for each in one]
    values = {f"{kind}, median": median(one) for kind, one in took.items()} | {"all kinds, median": median(every)}
    figures = [
        Figure("meaning", name, value * 1e6, "µs", floor, "biip.parse of the GS1 codes", Target(200))
        for name, value in values.items()
    ]
    return [*figures, Figure("meaning", "all kinds, p99", quantile(every, 0.99) * 1e6, "µs")]


def _timed(read: Callable[[str], object], codes: Sequence[str], rounds: int) -> list[float]:
    took = []
    for _ in range(rounds):
        for code in codes:
            began = time.perf_counter()
            read(code)
            took.append(time.perf_counter() - began)
    return took
