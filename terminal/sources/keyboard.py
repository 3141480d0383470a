"""The keyboard: a wedge scanner and a person typing on one line, told apart by structure first and time second.

Nothing that a scanner sends may edit the entry, confirm a question or press a key in the middle of a code (D13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from terminal.sources.framing import CR, LF, TAB, Frame, Framing
from terminal.sources.keys import Keystroke
from terminal.sources.scan import Reason, Scan, Unread, excerpt
from terminal.sources.sequences import REPLY

BURST_S = 0.030
"""A byte that follows the one before within this time belongs to a burst: people don't type so fast."""
RECEIVING_S = 0.100
"""A code whose last byte is no older than this is still being received; slow scanners pause up to 80 ms."""
SETTLE_S = 0.120
"""Silence after a key before it is certain that no scan begins with it."""
REPEAT_S = 0.020
"""A key that follows another one no sooner was pressed, or repeats: keyboards repeat every 25 ms at the fastest."""
FRESH_S = 0.500
"""Silence before an Enter that may confirm: no scanner that has sent something is quiet for so long (D13)."""

SCANNED_BYTES = 3
"""Bytes that come in one burst with the terminator behind them, after a pause: a scanner's. People strike two keys so
fast at the most."""

TEXT = frozenset({"char", "enter", "tab", "backspace", "escape"})
"""Keystrokes that belong to a line of text; all others are keys, or the terminal's own words."""

TYPED = Frame(stale_ms=None)
"""A keyboard's frame: Enter, LF or TAB ends it; silence never does, because people think while they type (S6)."""


class Pressed(Struct, frozen=True):
    """A key that is no part of a code."""

    name: str
    """As in `Keystroke.name`, never `char`."""
    stroke: Keystroke
    """The key itself: where the mouse was pressed, when it came."""
    fresh: bool
    """It can't be part of a scan. Only a fresh Enter may confirm (D13): nothing came in the 500 ms before it and in the
    120 ms after it. For other keys: it came in a read of its own, after a pause. No key is given at all that characters
    or an Enter follow within 30 ms: a code that holds the bytes of F4 or F5 would press it, at its beginning too."""


class EntryChanged(Struct, frozen=True):
    """The line that is being typed or received is another one now."""

    text: str
    """All of it; may hold any character, so escape it for the screen."""


Heard = Scan | Unread | Pressed | EntryChanged
"""Everything that a keyboard gives."""


class Keyboard:
    """Keystrokes to scans and keys, in the order in which they came.

    `substitutes` are the keys that the scanner sends in place of a character, such as `{"f8": b"\\x1d"}`; they are data
    while a code is being received. Call `tick` when `deadline` is reached.

    Raises:
        ValueError: the frame can't be ended by Enter.
    """

    def __init__(
        self, frame: Frame = TYPED, source: str = "keyboard", substitutes: Mapping[str, bytes] | None = None
    ) -> None:
        if frame.stx_etx or not {CR, LF} <= frame.terminators:
            raise ValueError("A keyboard's frames end by Enter: CR and LF.")
        self._framing = Framing(frame, source)
        self._substitutes = dict(substitutes or {})
        self._last = float("-inf")
        self._after_cr = False
        self._erasing = False
        self._enter: Keystroke | None = None
        self._single: Keystroke | None = None
        self._told = False
        self._joint: int | None = None  # where, after a long pause, a burst went on behind what was typed
        self._waiting: list[tuple[Keystroke, float]] = []  # keys, with the silence before them: they may begin a code
        self._keyed = False  # the entry begins with a key's bytes: no person typed it

    @property
    def text(self) -> str:
        """The entry for showing: may hold any character, U+FFFD where bytes are not (yet) text."""
        return self._framing.pending.decode(self._framing.frame.encoding, "replace")

    @property
    def deadline(self) -> float | None:
        """When `tick` is due if nothing else arrives: monotonic seconds, or None."""
        due = [self._framing.deadline]
        if self._waiting:
            due.append(self._last + BURST_S)
        if self._keyed:
            due.append(self._last + RECEIVING_S)
        if self._enter is not None:
            due.append(self._enter.at + SETTLE_S)
        if self._single is not None and not self._told:
            due.append(self._single.at + SETTLE_S)
        return min((at for at in due if at is not None), default=None)

    def feed(self, strokes: Iterable[Keystroke]) -> list[Heard]:
        """Take keystrokes; give what they mean, in order. One `EntryChanged` at the end, if the entry is another."""
        before = self._framing.pending
        heard: list[Heard] = []
        for stroke in strokes:
            heard += self._framing.tick(stroke.at)
            heard += self._stroke(stroke)
        return self._changed(before, heard)

    def feed_key(self, name: str, character: str | None, now: float) -> list[Heard]:
        """Take a key from a source that gives names and characters, such as a browser; `now` in monotonic seconds."""
        names = {"\r": "enter", "\n": "enter", "\t": "tab", "\b": "backspace", "\x7f": "backspace", "\x1b": "escape"}
        text = character or {"enter": "\r", "tab": "\t", "backspace": "\b", "escape": "\x1b"}.get(name, "")
        name = names.get(text, "char" if text else name)
        try:
            # A key without a character that comes in the middle of a code has to spoil it visibly, as an ESC does.
            data = text.encode(self._framing.frame.encoding) or b"\x1b"
        except UnicodeEncodeError:
            data = text.encode("utf-8", "surrogatepass")
        return self.feed([Keystroke(name, data, text, now, alone=now - self._last >= BURST_S)])

    def tick(self, now: float) -> list[Heard]:
        """Say that nothing has arrived until `now`: gives an Enter that has proved to stand alone."""
        before = self._framing.pending
        heard: list[Heard] = [*self._framing.tick(now)]
        heard += self._settle_keys(now)
        if self._enter is not None and now >= self._enter.at + SETTLE_S:
            heard += self._release(now)
        self._told = self._told or self.settled(now) is not None
        return self._changed(before, heard)

    def settled(self, now: float) -> str | None:
        """Give the one character that was typed and has stood alone for 120 ms, so that a menu may take it as a choice.

        A scan that begins with a digit never gives one. `take` clears it.
        """
        single = self._single
        if single is None or now < single.at + SETTLE_S or self._framing.pending != single.data:
            return None
        return single.text

    def take(self) -> str:
        """Clear the entry and give its text."""
        text = self.text
        self._clear()
        return text

    def _stroke(self, stroke: Keystroke) -> list[Heard]:
        gap = stroke.since - self._last
        lf_of_cr = self._after_cr and stroke.data == b"\n" and gap < FRESH_S
        if lf_of_cr:
            self._after_cr, self._last = False, stroke.at
            return []
        heard = self._release(stroke.at)
        if stroke.name not in (REPLY, "mouse"):
            self._single = None
        heard += self._settle_keys(stroke.since)
        heard += self._meaning(stroke, gap)
        self._after_cr = stroke.name == "enter" and stroke.data == b"\r"
        self._last = stroke.at
        return heard

    def _meaning(self, stroke: Keystroke, gap: float) -> list[Heard]:
        if self._waiting and stroke.name in TEXT:
            # What people press stands alone: the keys before it are the beginning of a code.
            waiting, self._waiting = self._waiting, []
            heard = [each for key, pause in waiting for each in self._as_data(key, pause)]
            return heard + self._data(b"\r" if stroke.name == "enter" else stroke.data, stroke.at, gap)
        match stroke.name:
            case "char":
                return self._char(stroke, gap)
            case "enter":
                return self._end(stroke, CR, gap)
            case "tab" if TAB in self._framing.frame.terminators:
                return self._end(stroke, TAB, gap)
            case "backspace":
                return self._backspace(stroke, gap)
            case "escape":
                return self._escape(stroke, gap)
            case _:
                return self._key(stroke, gap)

    def _char(self, stroke: Keystroke, gap: float) -> list[Heard]:
        heard = self._data(stroke.data, stroke.at, gap)
        if stroke.alone and stroke.text.isprintable() and self._framing.pending == stroke.data:
            self._single, self._told = stroke, False
        return heard

    def _end(self, stroke: Keystroke, terminator: int, gap: float) -> list[Heard]:
        typed = self._typed_before(gap)
        if typed:
            pending = self._framing.pending
            self._clear()
            source = self._framing.source
            return [Unread(Reason.TYPED_BEFORE, excerpt(typed), len(pending), source, stroke.at)]
        if self._framing.pending or self._framing.skipping:
            return self._data(bytes((terminator,)), stroke.at, gap)
        self._erasing = False
        if stroke.name == "enter" and stroke.alone and gap >= FRESH_S:
            self._enter = stroke
            return []
        return [Pressed(stroke.name, stroke, fresh=False)]

    def _typed_before(self, gap: float) -> bytes:
        """Give what was typed and left standing before the scan that ends now; nothing where all is one code."""
        if self._joint is None or gap >= BURST_S or len(self._framing.pending) - self._joint < SCANNED_BYTES:
            return b""
        return self._framing.pending[: self._joint]

    def _backspace(self, stroke: Keystroke, gap: float) -> list[Heard]:
        if gap < BURST_S and not self._erasing:
            return self._data(stroke.data, stroke.at, gap)
        if not self._framing.pending:
            return self._key(stroke, gap)
        encoding = self._framing.frame.encoding
        left = self._framing.pending.decode(encoding, "surrogateescape")[:-1]
        self._framing.rewrite(left.encode(encoding, "surrogateescape"))
        self._erasing = True
        return []

    def _escape(self, stroke: Keystroke, gap: float) -> list[Heard]:
        if not stroke.alone or self._receiving(gap, RECEIVING_S):
            return self._data(stroke.data, stroke.at, gap)
        if not self._framing.pending:
            return [Pressed("escape", stroke, fresh=True)]
        self._clear()
        return []

    def _key(self, stroke: Keystroke, gap: float) -> list[Heard]:
        """Take a key, the mouse, or what the terminal says by itself: data in a code, and else not yet certain."""
        within = BURST_S if stroke.name in (REPLY, "mouse") else RECEIVING_S
        behind_a_scan = gap == 0.0 and not self._waiting  # in one read with it
        if self._receiving(gap, within) or behind_a_scan:
            return self._as_data(stroke, gap)
        heard = self._press() if gap >= REPEAT_S else []
        self._waiting.append((stroke, gap))
        return heard

    def _as_data(self, key: Keystroke, gap: float) -> list[Heard]:
        self._keyed = self._keyed or not self._framing.pending
        self._single = None  # it doesn't stand alone any more
        return self._data(self._substitutes.get(key.name, key.data), key.at, gap)

    def _settle_keys(self, now: float) -> list[Heard]:
        """Give the keys that nothing followed until `now`; drop a code that began with one and broke off, saying so."""
        heard = self._press() if now >= self._last + BURST_S else []
        if self._keyed and now >= self._last + RECEIVING_S:
            self._keyed = False
            heard += self._framing.reset("silence", now)
        return heard

    def _press(self) -> list[Heard]:
        """Give the keys that waited: nothing came with them. What the terminal says by itself is nobody's business."""
        waiting, self._waiting = self._waiting, []
        return [Pressed(key.name, key, key.alone) for key, _ in waiting if key.name != REPLY]

    def _receiving(self, gap: float, within: float) -> bool:
        return bool(self._framing.pending or self._framing.skipping) and gap < within

    def _data(self, data: bytes, at: float, gap: float) -> list[Heard]:
        if self._erasing and gap < BURST_S:
            # The backspaces before it belonged to a scan: the frame has to say so.
            data = b"\b" + data
        self._erasing = False
        if gap >= BURST_S:
            self._joint = len(self._framing.pending) if gap >= FRESH_S and self._framing.pending else None
        heard: list[Heard] = [*self._framing.feed(data, at)]
        self._keyed = self._keyed and bool(self._framing.pending)
        return heard

    def _release(self, now: float) -> list[Heard]:
        enter, self._enter = self._enter, None
        return [Pressed("enter", enter, fresh=now >= enter.at + SETTLE_S)] if enter else []

    def _clear(self) -> None:
        self._framing.rewrite(b"")
        self._single, self._erasing, self._joint, self._keyed = None, False, None, False

    def _changed(self, before: bytes, heard: list[Heard]) -> list[Heard]:
        return heard if self._framing.pending == before else [*heard, EntryChanged(self.text)]
