"""A scanner that reads one code twice: the repeat is shown and makes no event (D14)."""

from __future__ import annotations

from terminal.sources.scan import Scan


class Bounce:
    """Remembers each source's last code.

    A repeat does not extend the window: whoever scans the same code on purpose, as for two blanks, gets through after
    `window_ms`. Another code from the same source in between ends it; other sources don't matter.
    """

    def __init__(self, window_ms: int = 500) -> None:
        self._window_s = window_ms / 1000
        self._last: dict[str, Scan] = {}

    def repeats(self, scan: Scan) -> bool:
        """Whether `scan` is its source's last code again, character by character, within the window."""
        last = self._last.get(scan.source)
        if last is not None and last.text == scan.text and 0 <= scan.at - last.at < self._window_s:
            return True
        self._last[scan.source] = scan
        return False
