"""Bytes to scans: which bytes are one frame. No I/O and no clock, so that every source shares it."""

from __future__ import annotations

from msgspec import Struct

from terminal.sources.scan import Reason, Scan, Unread, excerpt

CR, LF, TAB, STX, ETX = 0x0D, 0x0A, 0x09, 0x02, 0x03

ENCODINGS = ("utf-8", "ascii", "latin-1", "cp1252", "shift_jis", "gb18030")
"""The encodings that scanners are set to."""

RESYNC_S = 0.2
"""Silence, in seconds, after which the rest of a frame that was too long is over."""
NOISE_S = 0.1
"""Silence, in seconds, that shows that noise belongs to no code: scanners that power up read nothing so soon."""


class Frame(Struct, frozen=True):
    """How a source marks one scan.

    Raises:
        ValueError: no frame could ever end, or a value is out of its range.
    """

    terminators: frozenset[int] = frozenset({CR, LF, TAB})
    """Bytes that end a frame, among CR, LF and TAB (S6). Several in a row end it once."""
    stx_etx: bool = False
    """A frame stands between STX and ETX; then `terminators` only fill the space between frames."""
    longest: int = 8192
    """Bytes that a frame may have (D2)."""
    idle_ms: int | None = None
    """Silence that ends a frame, for scanners that send no terminator; None: silence ends nothing."""
    stale_ms: int | None = 500
    """Silence after which an unfinished frame is dropped and reported; None where people type."""
    encoding: str = "utf-8"
    """One of `ENCODINGS`; bytes that don't fit make the frame undecodable."""
    prefix: str = ""
    """What the scanner puts before each code. A frame without it has lost its beginning."""
    suffix: str = ""
    """What the scanner puts after each code, before the terminator. A frame without it has lost its end."""
    noise: frozenset[int] = frozenset()
    """NUL and 0xFF, which ports give when a scanner powers up. Standing alone they are dropped and counted; with a code
    behind them they are part of it, for they may as well be the symbol's own: it is refused rather than changed."""

    def __post_init__(self) -> None:
        if not self.terminators <= {CR, LF, TAB}:
            raise ValueError("Only CR, LF and TAB can end a frame.")
        if not (self.terminators or self.stx_etx or self.idle_ms):
            raise ValueError("A frame needs a terminator, STX and ETX, or a silence that ends it.")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"The encoding {self.encoding!r} is none of {', '.join(ENCODINGS)}.")
        if self.longest < 1:
            raise ValueError("A frame needs room for one byte at least.")


class Framing:
    """Cuts one source's bytes into scans; the same bytes in any chunks give the same scans.

    `feed` never judges silence, only `tick` does: a caller that was held up finds bytes waiting that came in time, and
    they must not lose their frame. So call `tick` with a time at which it is certain that nothing has arrived since
    the last `feed`.
    """

    def __init__(self, frame: Frame, source: str) -> None:
        self.frame = frame
        self.source = source
        self.dropped = 0
        """Bytes of power-up noise left out so far."""
        self._held = bytearray()
        self._outside = bytearray()
        self._inside = not frame.stx_etx
        self._skipping = False
        self._last = 0.0

    @property
    def pending(self) -> bytes:
        """The bytes of the frame that has not ended yet."""
        return bytes(self._held)

    @property
    def skipping(self) -> bool:
        """Whether the rest of a frame that was too long is being left out."""
        return self._skipping

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to say if nothing else arrives: monotonic seconds, or None."""
        if self._skipping or self._outside:
            return self._last + RESYNC_S
        if not self._held:
            return None
        if self._is_noise:
            return self._last + NOISE_S
        silence = self.frame.stale_ms
        if self.frame.idle_ms is not None and not self.frame.stx_etx:
            silence = self.frame.idle_ms
        return None if silence is None else self._last + silence / 1000

    def feed(self, data: bytes, now: float) -> list[Scan | Unread]:
        """Take bytes that were read at `now` (monotonic seconds) and give what they complete, in order."""
        if data:
            self._last = now
        step = self._marked if self.frame.stx_etx else self._plain
        return [found for byte in data if (found := step(byte, now)) is not None]

    def tick(self, now: float) -> list[Scan | Unread]:
        """Say that nothing has arrived until `now`: ends, drops or resynchronises what is due."""
        due = self.deadline
        if due is None or now < due:
            return []
        if self._outside:
            return [self._report_outside(now)]
        if self._skipping:
            self._skipping = False
            return []
        if self._is_noise:
            self.dropped += len(self._held)
            self._held.clear()
            return []
        if self.frame.idle_ms is not None and not self.frame.stx_etx:
            ended = self._end(self._last)
            return [ended] if ended else []
        return self._drop("silence", now)

    def reset(self, cause: str, now: float) -> list[Scan | Unread]:
        """Begin anew, as after an unplug: what is unfinished is reported as broken off, with `cause`."""
        found: list[Scan | Unread] = [self._report_outside(now)] if self._outside else []
        found += self._drop(cause, now)
        self._skipping = False
        return found

    def rewrite(self, pending: bytes) -> None:
        """Replace the unfinished frame: a keyboard's entry is edited or cleared on purpose, so nothing is reported."""
        self._held[:] = pending
        self._skipping = False

    @property
    def _is_noise(self) -> bool:
        """Whether nothing but noise has arrived where a frame could begin."""
        return not self.frame.stx_etx and self.frame.noise.issuperset(self._held)

    def _plain(self, byte: int, now: float) -> Scan | Unread | None:
        if byte in self.frame.terminators:
            if self._skipping:
                self._skipping = False
                return None
            return self._end(now)
        return self._take(byte, now)

    def _marked(self, byte: int, now: float) -> Scan | Unread | None:
        if byte == STX:
            unfinished = self._report_outside(now) if self._outside else next(iter(self._drop("new-start", now)), None)
            self._inside, self._skipping = True, False
            return unfinished
        if byte == ETX and (self._inside or self._skipping):
            self._inside = self._skipping = False
            return self._end(now)
        if self._inside or self._skipping:
            return self._take(byte, now)
        if byte in self.frame.noise:
            self.dropped += 1
        elif byte not in self.frame.terminators and len(self._outside) < self.frame.longest:
            self._outside.append(byte)
        return None

    def _take(self, byte: int, now: float) -> Unread | None:
        if self._skipping:
            return None
        self._held.append(byte)
        if len(self._held) <= self.frame.longest:
            return None
        unread = self._unread(Reason.TOO_LONG, bytes(self._held), now)
        self._held.clear()
        self._inside, self._skipping = not self.frame.stx_etx, True
        return unread

    def _end(self, at: float) -> Scan | Unread | None:
        raw = bytes(self._held)
        self._held.clear()
        if not raw:
            return None
        try:
            text = raw.decode(self.frame.encoding)
        except UnicodeDecodeError:
            return self._unread(Reason.UNDECODABLE, raw, at)
        if not text.startswith(self.frame.prefix):
            return self._unread(Reason.BROKEN_OFF, raw, at, "no-prefix")
        text = text.removeprefix(self.frame.prefix)
        if not text.endswith(self.frame.suffix):
            return self._unread(Reason.BROKEN_OFF, raw, at, "no-suffix")
        return Scan(text.removesuffix(self.frame.suffix), raw, self.source, at)

    def _drop(self, cause: str, now: float) -> list[Scan | Unread]:
        raw = bytes(self._held)
        self._held.clear()
        self._inside = not self.frame.stx_etx
        return [self._unread(Reason.BROKEN_OFF, raw, now, cause)] if raw else []

    def _report_outside(self, now: float) -> Unread:
        unread = self._unread(Reason.NOISE, bytes(self._outside), now)
        self._outside.clear()
        return unread

    def _unread(self, reason: Reason, raw: bytes, at: float, cause: str = "") -> Unread:
        return Unread(reason, excerpt(raw), len(raw), self.source, at, cause)
