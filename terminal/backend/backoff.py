"""How long to wait after a failure, and the words for how the link is."""

from __future__ import annotations

from enum import StrEnum
from random import Random

BASE_S = 0.5
"""Seconds that the first wait may take at the most."""
CAP_S = 15.0
"""Seconds that no wait exceeds: so long at the most a server that is back goes unnoticed while nobody scans."""
BUSY_CAP_S = 60.0
"""The same after the server said that it is busy."""
RETRY_AFTER_CAP_S = 300.0
"""Seconds of a `Retry-After` that are honoured at the most."""
FLOOR_S = 0.05
"""Seconds that every wait takes at the least, so that bad luck is never a busy loop."""


class LinkState(StrEnum):
    """How the road to the server is."""

    ONLINE = "online"
    DEGRADED = "degraded"
    """A request or two hung or broke off, or the server is there and in trouble."""
    OFFLINE = "offline"
    """Nobody is there, or everything hangs."""
    DENIED = "denied"
    """The server doesn't accept this terminal: not enrolled, or its token was withdrawn."""


class Backoff:
    """Exponential waiting with full jitter: anything between nothing and a limit that doubles with each failure."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.failures = 0
        """Failures since the last success."""

    def failed(self, *, busy: bool = False, retry_after_s: float | None = None) -> float:
        """Count a failure and give the seconds to wait.

        `retry_after_s` is what the server asked for: never less is waited, and the jitter comes on top, so that
        a thousand terminals that were sent away together don't come back together.
        """
        self.failures += 1
        limit = min(BUSY_CAP_S if busy else CAP_S, BASE_S * 2.0 ** min(self.failures - 1, 16))
        jitter = self._rng.uniform(0.0, limit)
        asked = min(max(retry_after_s or 0.0, 0.0), RETRY_AFTER_CAP_S)
        return max(FLOOR_S, asked + jitter)

    def reset(self) -> None:
        """Begin anew after a success."""
        self.failures = 0
