"""How many bytes an accepted scan writes to the screen of 20 × 16, until it is marked as sent, and how many no scan."""

from __future__ import annotations

import random
from pathlib import Path

from tests.bench.figures import Figure, Target, median, quantile
from tests.bench.rig import backend, serial_number, terminal

IDLE_S = 25.0
"""Longer than the sender waits between two looks at the open work."""
QUICK_IDLE_S = 5.0


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    number = 20 if quick else 100
    rng = random.Random(3)
    written = []
    with backend(work) as server, terminal(server.url, work / "terminal") as screen:
        screen.wait_for("0 / 400")
        screen.settle()
        for _ in range(number + 10):
            serial, before = serial_number(rng), screen.received
            screen.type(f"{serial}\r")
            screen.wait_for(f"OK {serial}")
            screen.wait_sent()
            screen.settle()
            written.append(screen.received - before)
        screen.rest(2.0)
        idle_s = QUICK_IDLE_S if quick else IDLE_S
        idle = screen.rest(idle_s)
    written = written[10:]  # by then every row of the list has something in it
    note = f"{number} scans; the bell and the mark that it was sent included; most {max(written)}"
    return [
        Figure("paint", "bytes per accepted scan, median", median(written), "B", target=Target(400), note=note),
        Figure("paint", "bytes per accepted scan, p99", quantile(written, 0.99), "B"),
        Figure("paint", f"bytes while idle for {idle_s:g} s", idle, "B", target=Target(0)),
    ]
