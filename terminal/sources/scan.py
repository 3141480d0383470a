"""What a source hands on: a scan, or the news that something arrived which is none."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

EXCERPT_BYTES = 24
"""How much of something unread is shown."""


class Reason(StrEnum):
    """Why something that arrived is no scan."""

    TOO_LONG = "too-long"
    """More bytes than a frame may have (D2); the rest up to the next terminator was left out."""
    UNDECODABLE = "undecodable"
    """The bytes are no text in the encoding that the source is set to."""
    BROKEN_OFF = "broken-off"
    """The beginning or the end is missing; `Unread.cause` says why."""
    TYPED_BEFORE = "typed-before"
    """A code was read while something that had been typed was still standing there; `excerpt` is what was typed."""
    NOISE = "noise"
    """Bytes outside STX … ETX from a source that is set to send both."""


class Scan(Struct, frozen=True):
    """One frame, whole and decoded; not trimmed, not judged.

    Control characters stay in `text` as they came: GS, RS, FS, US and EOT are part of barcode syntaxes, the others are
    refused by the rules, with their number, and never dropped on the way.
    """

    text: str
    """The frame without its terminator and without the source's fixed prefix and suffix."""
    raw: bytes
    """The frame's bytes without its terminator."""
    source: str
    """The source's name: `keyboard`, a port's path, a script's path."""
    at: float
    """When its last byte was read: monotonic seconds."""


class Unread(Struct, frozen=True):
    """Something arrived that is no scan. The screen says so, because nothing disappears silently."""

    reason: Reason
    excerpt: str
    """Its beginning: printable ASCII as it is, everything else as `\\xNN`."""
    length: int
    """Bytes that had arrived when this was found out."""
    source: str
    at: float
    """When it was found out: monotonic seconds."""
    cause: str = ""
    """For `broken-off`: `silence`, `new-start`, `no-prefix`, `no-suffix`, or what the caller of `reset` gave."""


def excerpt(raw: bytes) -> str:
    """Give the beginning of `raw` in printable ASCII, safe for any screen or log; `…` marks a cut."""
    shown = "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else f"\\x{b:02x}" for b in raw[:EXCERPT_BYTES])
    return shown + ("…" if len(raw) > EXCERPT_BYTES else "")
