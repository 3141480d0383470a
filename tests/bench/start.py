"""From the start of the process to the sign-in screen, and memory after the first send: both against an empty app."""

from __future__ import annotations

import random
from pathlib import Path

from tests.bench.figures import Figure, Target, median
from tests.bench.rig import Backend, backend, floor_app, serial_number, terminal

SIGN_IN = "Operator number:"
MORE_MIB = 16.0
"""What the terminal may need beyond the empty app."""


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    rounds = 3 if quick else 9
    with backend(work) as server:
        memory = [_memories(work, server) for _ in range(3 if quick else 5)]
        starts = [_starts(work, server) for _ in range(rounds + 1)][1:]  # the first compiles what has changed
    ours, empty = (median(seconds) * 1000 for seconds in zip(*starts, strict=True))
    used, bare = (median(kib) / 1024 for kib in zip(*memory, strict=True))
    target = Target(round(bare + MORE_MIB, 1))
    name = "empty Textual app"
    note = f"medians of {rounds} starts each, by turns, files in the system's cache"
    more = f"median of {len(memory)} starts each, by turns; target: {name} + {MORE_MIB:g} MiB"
    return [
        Figure("start", "to the sign-in screen", ours, "ms", empty, name, Target(1.5, of_ratio=True), note),
        Figure("start", "resident after the first send", used, "MiB", bare, name, target, more),
    ]


def _starts(work: Path, server: Backend) -> tuple[float, float]:
    """Start the terminal on a journal that it knows already, and the empty app; gives the seconds each took."""
    with terminal(server.url, work / "terminal", signed_in=False) as screen:
        ours = screen.wait_for(SIGN_IN) - screen.started
    with floor_app(work) as screen:
        empty = screen.wait_for("empty") - screen.started
    return ours, empty


def _memories(work: Path, server: Backend) -> tuple[int, int]:
    """Give what the terminal holds after its first scan was answered, and the empty app after its first paint."""
    with terminal(server.url, work / "terminal") as screen:
        screen.wait_for(" / 400")
        screen.settle()
        serial = serial_number(random.Random())
        screen.type(f"{serial}\r")
        screen.wait_for(f"OK {serial}")
        screen.wait_sent()
        screen.settle()
        ours = screen.resident_kib()
    with floor_app(work) as screen:
        screen.wait_for("empty")
        screen.settle()
        return ours, screen.resident_kib()
