"""Terminal bytes to keystrokes. No I/O and no clock; nothing that arrives stops it or swallows what follows."""

from __future__ import annotations

from msgspec import Struct

from terminal.sources.sequences import ESC, mouse_press, stroke_at


class Keystroke(Struct, frozen=True):
    """One key, one character, or one thing that the terminal says by itself."""

    name: str
    """`char`, `enter`, `tab`, `backtab`, `backspace`, `escape`, `f1` … `f12`, `up`, `down`, `left`, `right`, `home`,
    `end`, `pageup`, `pagedown`, `insert`, `delete`, `mouse`, or `reply` (what a terminal says by itself)."""
    data: bytes
    """Exactly what arrived."""
    text: str
    """A `char`'s character, U+FFFD for a byte that is not UTF-8; else empty."""
    at: float
    """When its last byte was read: monotonic seconds."""
    alone: bool
    """It was all that its read gave, and nothing had arrived shortly before: a person's key looks like this."""
    column: int = 0
    """Where the mouse was pressed, counted from 0."""
    row: int = 0
    """Where the mouse was pressed, counted from 0."""
    began: float | None = None
    """When its first byte was read; None: with its last one."""

    @property
    def since(self) -> float:
        """When it began: a sequence that comes byte by byte takes a while."""
        return self.at if self.began is None else self.began


class Keys:
    """Decodes the bytes of one terminal.

    A lone ESC is the Escape key once `escape_ms` have passed without another byte; the rest of an unfinished sequence
    is data after the same time. `quiet_ms` is the silence before a keystroke that makes it `alone`.
    """

    def __init__(self, escape_ms: int = 25, quiet_ms: int = 30) -> None:
        self._escape_s = escape_ms / 1000
        self._quiet_s = quiet_ms / 1000
        self._held = b""
        self._began = 0.0  # when the first byte of `_held` was read
        self._quiet = False
        self._last = float("-inf")

    @property
    def deadline(self) -> float | None:
        """When `tick` is due if nothing else arrives: monotonic seconds, or None."""
        return self._last + self._escape_s if self._held else None

    def feed(self, data: bytes, now: float) -> list[Keystroke]:
        """Take the bytes of one read at `now` (monotonic seconds) and give the keystrokes that they complete."""
        strokes = self.tick(now)
        if not data:
            return strokes
        began = self._began if self._held else None
        if not self._held:
            self._quiet = now - self._last >= self._quiet_s
        self._last = now
        data, self._held = self._held + data, b""
        fresh: list[Keystroke] = []
        start = 0
        while start < len(data):
            found = stroke_at(data, start)
            if found is None:
                self._held = data[start:]
                self._began = now if began is None or start else began
                break
            name, end = found
            alone = self._quiet and start == 0 and end == len(data)
            fresh.append(self._stroke(name, data[start:end], alone, None if start else began))
            start = end
        self._quiet = self._quiet and start == 0
        return strokes + fresh

    def tick(self, now: float) -> list[Keystroke]:
        """Say that nothing has arrived until `now`: gives the Escape key, or what was no sequence after all."""
        if self.deadline is None or now < self.deadline:
            return []
        data, self._held = self._held, b""
        if data == bytes((ESC,)):
            return [self._stroke("escape", data, self._quiet)]  # one byte: it began when it ended
        strokes = []
        start = 0
        while start < len(data):
            name, end = stroke_at(data, start) or ("char", start + 1)
            strokes.append(self._stroke(name, data[start:end], alone=False, began=self._began))
            start = end
        return strokes

    def _stroke(self, name: str, data: bytes, alone: bool, began: float | None = None) -> Keystroke:
        text = data.decode("utf-8", "replace") if name == "char" else ""
        column, row = (mouse_press(data) or (0, 0)) if name == "mouse" else (0, 0)
        return Keystroke(name, data, text, self._last, alone, column, row, began)
