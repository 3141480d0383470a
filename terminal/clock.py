"""Time as a value that is handed in: the wall clock, the steady clock, and waiting.

Nothing else in the program sleeps or asks for the time of an exchange, so a test can make two hours pass in a moment.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

FACTOR = "SCAN_TERMINAL_TIME_FACTOR"
"""Environment variable that makes time run so many times faster (tests of the real process)."""


class Clock(Protocol):
    """What there is to know about time."""

    def now(self) -> datetime:
        """Give the wall clock in UTC. It may be set back or forth; order never comes from it (D12)."""

    def monotonic(self) -> float:
        """Give seconds that only ever grow, from an arbitrary start."""

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait until `event` is set, `seconds` at the most (None: for ever); say whether it is set."""


class RealClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Give the machine's wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give the machine's steady seconds."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait without using the processor."""
        return event.wait(seconds)


class FastClock:
    """A clock on which `factor` seconds pass in each real one, beginning at the real time of its making.

    Waiting takes correspondingly less. Timeouts of sockets stay real: the network knows nothing of this clock.
    """

    def __init__(self, factor: float) -> None:
        """Raises ValueError unless `factor` is a finite number above 0."""
        if not (math.isfinite(factor) and factor > 0):
            raise ValueError(f"{FACTOR} must be a number above 0, not {factor}")
        self._factor = factor
        self._began = time.monotonic()
        self._wall = datetime.now(UTC)

    def now(self) -> datetime:
        """Give the wall clock as it is after the time that has passed here."""
        return self._wall + timedelta(seconds=self.monotonic() - self._began)

    def monotonic(self) -> float:
        """Give steady seconds that pass `factor` times as fast."""
        return self._began + (time.monotonic() - self._began) * self._factor

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait `seconds` of this clock at the most."""
        return event.wait(None if seconds is None else seconds / self._factor)


def clock_from(environ: Mapping[str, str]) -> Clock:
    """Choose the clock: the real one unless `SCAN_TERMINAL_TIME_FACTOR` says otherwise. Raises ValueError."""
    given = environ.get(FACTOR, "").strip()
    if not given:
        return RealClock()
    try:
        factor = float(given)
    except ValueError:
        raise ValueError(f"{FACTOR} must be a number above 0, not {given!r}") from None
    return FastClock(factor)
