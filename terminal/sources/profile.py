"""How a scanner is set up: what ends a code, how fast the line is, which text it sends."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from terminal.sources.framing import CR, ENCODINGS, LF, TAB, Frame

SUFFIXES: Mapping[str, frozenset[int]] = {
    "any": frozenset({CR, LF}),
    "cr": frozenset({CR}),
    "lf": frozenset({LF}),
    "crlf": frozenset({CR, LF}),
    "tab": frozenset({TAB}),
    "none": frozenset(),
}
"""What ends a code, by name. With `any`, TAB does too where `tab_ends` says so."""

NO_SUFFIX_IDLE_MS = 50
"""Silence that ends a code of a scanner without suffix; at 9,600 baud a byte takes 1 ms, USB pauses a few."""


class Profile(Struct, frozen=True):
    """A scanner's settings, as the device has them."""

    suffix: str = "any"
    """One of `SUFFIXES`."""
    tab_ends: bool = True
    """TAB ends a code as Enter does (S6)."""
    baud: int = 9600
    """Bits a second of a serial line; USB ignores it."""
    encoding: str = "utf-8"
    """One of `framing.ENCODINGS`."""
    longest: int = 8192
    """Bytes that a code may have (D2)."""
    idle_ms: int = 0
    """Silence that ends a code on a serial line; 0: silence ends nothing."""
    stx_etx: bool = False
    """Codes stand between STX and ETX on a serial line."""
    prefix: str = ""
    """What the scanner puts before each code on a serial line."""
    f8_is_gs: bool = False
    """The scanner sends the key F8 in place of GS while it types a code."""

    @property
    def frame(self) -> Frame:
        """The frame of a serial line or a socket."""
        idle = self.idle_ms or (NO_SUFFIX_IDLE_MS if self.suffix == "none" and not self.stx_etx else None)
        one_byte = self.encoding in ("latin-1", "cp1252")
        return Frame(
            terminators=SUFFIXES[self.suffix] | self._tab,
            stx_etx=self.stx_etx,
            longest=self.longest,
            idle_ms=idle,
            encoding=self.encoding,
            prefix=self.prefix,
            # 0xFF is a letter there.
            noise=frozenset({0}) if one_byte else frozenset({0, 0xFF}),
        )

    @property
    def typed(self) -> Frame:
        """The frame of a keyboard: Enter always ends it and silence never does, because people type there too (S6)."""
        return Frame(
            terminators=frozenset({CR, LF}) | SUFFIXES[self.suffix] | self._tab,
            longest=self.longest,
            stale_ms=None,
            encoding=self.encoding,
        )

    @property
    def substitutes(self) -> Mapping[str, bytes]:
        """The keys that stand for a character while a code is received."""
        return {"f8": b"\x1d"} if self.f8_is_gs else {}

    @property
    def _tab(self) -> frozenset[int]:
        return frozenset({TAB}) if self.suffix == "any" and self.tab_ends else frozenset()


PROFILES: Mapping[str, Mapping[str, str]] = {
    "generic": {},
    "bluetooth": {"suffix": "none", "idle_ms": "120"},
    "no-suffix": {"suffix": "none"},
    "stx-etx": {"stx_etx": "on"},
    "f8-is-gs": {"f8_is_gs": "on"},
}
"""Set-ups by name: what they change in the settings of `[scanner]`."""

SWITCH: Mapping[str, bool] = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}
"""The words for on and off."""


def adjusted(profile: Profile, changes: Mapping[str, str]) -> Profile:
    """Change a profile by names and values as text; the name `profile` applies one of `PROFILES` first.

    Raises:
        ValueError: with one sentence that names the wrong part and what would be right.
    """
    named = changes.get("profile", "generic")
    if named not in PROFILES:
        raise ValueError(f"The profile {named!r} is none of {', '.join(PROFILES)}.")
    for name, value in {**PROFILES[named], **changes}.items():
        if name != "profile":
            profile = _changed(profile, name, value)
    return profile


def nearest(word: str, known: list[str]) -> str:
    """Give `; did you mean X?` for a word that resembles a known one, or `; known are …`."""
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}."


def _changed(profile: Profile, name: str, text: str) -> Profile:
    known = asdict(profile)
    if name not in known:
        raise ValueError(f"A scanner has no setting {name!r}{nearest(name, [*known, 'profile'])}")
    if name == "suffix" and text not in SUFFIXES:
        raise ValueError(f"The suffix {text!r} is none of {', '.join(SUFFIXES)}.")
    if name == "encoding" and text not in ENCODINGS:
        raise ValueError(f"The encoding {text!r} is none of {', '.join(ENCODINGS)}.")
    value: Any = text
    if isinstance(known[name], bool):
        if text.lower() not in SWITCH:
            raise ValueError(f"The setting {name} must be on or off, not {text!r}.")
        value = SWITCH[text.lower()]
    elif isinstance(known[name], int):
        value = _number(name, text)
    return replace(profile, **{name: value})


def _number(name: str, text: str) -> int:
    low, high = {"baud": (50, 4_000_000), "longest": (1, 8192), "idle_ms": (0, 5000)}[name]
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        raise ValueError(f"The setting {name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)
