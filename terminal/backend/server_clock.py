"""The server's clock beside ours: who is at work is told where they differ. Order never comes from either (D12)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from terminal.backend.notices import ClockDiffers, Notice
from terminal.backend.signing_in import SigningIn
from terminal.clock import Clock

DIFFERS_S = 120.0
"""Seconds that the clocks may differ; no answer travels a sixth of that."""

_log = logging.getLogger(__name__)


class ServerClock:
    """Compares the clocks with each answer to events, and has each operator told once after signing in."""

    def __init__(self, clock: Clock, signing_in: SigningIn, tell: Callable[[Notice], None]) -> None:
        self._clock = clock
        self._signing_in = signing_in
        self._tell = tell
        self._told_in = ""  # the session in which it was told

    def heard(self, server_time: str) -> None:
        """Compare with what the server's clock said just now; what is no time is no news."""
        session = self._signing_in.session
        if session in {"", self._told_in}:  # nobody is there, or whoever is knows
            return
        try:
            ahead_s = (self._clock.now() - datetime.fromisoformat(server_time)).total_seconds()
        except (ValueError, TypeError):
            return
        if abs(ahead_s) > DIFFERS_S:
            self._told_in = session
            _log.warning("the clock here is %.0f s ahead of the server's", ahead_s)
            self._tell(ClockDiffers(ahead_s))
