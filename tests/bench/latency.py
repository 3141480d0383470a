"""From the end of a scan to its verdict on the pseudo-terminal, with the sender, the backend and checkpoints at work.

Scans come 150 to 400 ms apart, so that answers from the backend fall in between; each tenth after about the 1.5 s of
silence that let the journal checkpoint. Half way to the next scan the echoing app gets the same, for the floor.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from terminal.journal.schema import FILE
from terminal.journal.scribe import GAP_S
from tests.bench.figures import Figure, Target, quantile
from tests.bench.rig import Backend, Screen, backend, floor_app, serial_line, serial_number, terminal

CHARACTER_S = 0.001
"""Between two characters, where they come one by one."""
WARM_UP = 5

Send = Callable[[str], float]
"""Sends a scan; gives when its last byte was handed over."""


class Gaps:
    """How long to wait after each scan."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._count = 0

    def next(self) -> float:
        """Give the next one, in seconds."""
        self._count += 1
        if self._count % 10 == 0:
            return GAP_S + self._rng.uniform(-0.01, 0.03)  # the checkpoint and the scan race each other
        return self._rng.uniform(0.150, 0.400)


def at_once(handle: int) -> Send:
    """Make what sends a scan in one write."""

    def send(serial: str) -> float:
        at = time.perf_counter()
        os.write(handle, f"{serial}\r".encode("ascii"))
        return at

    return send


def one_by_one(handle: int) -> Send:
    """Make what sends a scan character by character."""

    def send(serial: str) -> float:
        for sign in serial:
            os.write(handle, sign.encode("ascii"))
            time.sleep(CHARACTER_S)
        at = time.perf_counter()
        os.write(handle, b"\r")
        return at

    return send


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    number = 30 if quick else 200
    figures = []
    with floor_app(work) as echo:
        echo.wait_for("empty")
        echo.settle()
        for name, make in (
            ("keyboard", at_once),
            ("keyboard, character by character", one_by_one),
            ("serial", at_once),
        ):
            with backend(work) as server:
                figures += _source(work / name.replace(" ", "-"), name, make, number, server, echo)
    return figures


def _source(
    data: Path, name: str, make: Callable[[int], Send], number: int, server: Backend, echo: Screen
) -> list[Figure]:
    """Measure one way for scans to come."""
    with serial_line() as (port, path):
        scanner = ["--scanner", "keyboard", "--scanner", f"serial:{path}"] if name == "serial" else []
        with terminal(server.url, data, *scanner) as screen:
            screen.wait_for("0 / 400")
            screen.settle()
            sends = (make(port if name == "serial" else screen.master), make(echo.master))
            took, floor, checkpoints = _scans(screen, echo, sends, number, data / FILE)
            screen.wait_sent()
    if (held := server.registered()) != number + WARM_UP:
        raise RuntimeError(f"{number + WARM_UP} scans were shown as OK, {held} are at the backend")
    note = f"{number} scans, all at the backend in the end; {checkpoints} checkpoints in between"
    made = []
    for share, word, limit in ((0.5, "p50", 15.0), (0.99, "p99", 50.0)):
        values = [quantile(seconds, share) * 1000 for seconds in (took, floor)]
        target = Target(limit)
        made.append(Figure("latency", f"{name}, {word}", values[0], "ms", values[1], "echo", target, note))
        note = ""
    return made


def _scans(
    screen: Screen, echo: Screen, sends: tuple[Send, Send], number: int, database: Path
) -> tuple[list[float], list[float], int]:
    """Scan so many times at each; gives the seconds each took, and how often a checkpoint wrote to the database."""
    rng = random.Random(7)
    gaps, checkpoints, changed = Gaps(rng), 0, 0
    took: list[float] = []
    floor: list[float] = []
    for _ in range(number + WARM_UP):
        serial, gap = serial_number(rng), gaps.next()
        took.append(_verdict(screen, sends[0], serial))
        screen.rest(gap / 2)
        floor.append(_verdict(echo, sends[1], serial))
        screen.rest(gap / 2)
        now = database.stat().st_mtime_ns
        checkpoints, changed = checkpoints + (now != changed), now
    return took[WARM_UP:], floor[WARM_UP:], checkpoints


def _verdict(screen: Screen, send: Send, serial: str) -> float:
    """Send a scan and wait for its verdict; gives the seconds from one to the other."""
    sent = send(serial)
    return screen.wait_for(f"OK {serial}") - sent
