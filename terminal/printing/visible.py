"""Text that can be seen: what shows nothing, or steers a screen, a reader or a printer, is written out as `<1D>`.

The screens write it the same way, so that a picker finds on paper what was on the handheld.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

Advance = Callable[[str], float]
"""How far one character moves to the right, in the units of the medium."""

CUT = "…"
"""Marks where text was cut."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs", "Mn", "Me", "Mc"})
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols to Unicode that show nothing."""


def visible(text: str) -> str:
    """Give text with every character that can't be seen written out; what stays is drawn as itself."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(sign) for sign in unicodedata.normalize("NFC", text))


def spaced(text: str) -> str:
    """Give a name or a description with line ends and wide or unbreakable spaces as plain ones, the rest `visible`."""
    plain = (" " if sign in "\n\r\t" or unicodedata.category(sign) == "Zs" else sign for sign in text)
    return visible("".join(plain).strip())


def escaped(sign: str) -> str:
    """Write a character out by its number: `<1D>`, `<U+202E>`."""
    return f"<{ord(sign):02X}>" if ord(sign) < 0x100 else f"<U+{ord(sign):04X}>"


def columns(sign: str) -> float:
    """Give the columns that a visible character takes in plain text: 2 for a Chinese one."""
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def wrapped(text: str, room: float, advance: Advance) -> list[str]:
    """Break text into lines of at most `room`, after spaces where there are any; every character is kept.

    A character wider than the room stands alone.
    """
    lines: list[str] = []
    line, wide = "", 0.0
    for word in _words(text):
        size = sum(map(advance, word.rstrip(" ")))
        if line and wide + size > room and size <= room:
            lines.append(line)
            line, wide = "", 0.0
        for sign in word:
            step = advance(sign)
            if line and wide + step > room and sign != " ":
                # Readers of PDFs take a hyphen at the end of a row for hyphenation, and drop it from what is copied.
                kept = line[:-1] if line.endswith("-") and len(line) > 1 else line
                lines.append(kept)
                line = line[len(kept) :]
                wide = sum(map(advance, line))
            line += sign
            wide += step
    return [*lines, line]


def cut(text: str, room: float, advance: Advance) -> str:
    """Fit text into `room`, keeping its beginning; a cut is marked."""
    if sum(map(advance, text)) <= room:
        return text
    left = room - advance(CUT)
    kept = ""
    for sign in text:
        left -= advance(sign)
        if left < 0:
            break
        kept += sign
    return kept + CUT


def _words(text: str) -> Iterator[str]:
    """Give the words with the spaces after each."""
    word = ""
    for sign in text:
        if word.endswith(" ") and sign != " ":
            yield word
            word = ""
        word += sign
    if word:
        yield word


def _shown(sign: str) -> str:
    if sign == " " or (unicodedata.category(sign) not in _UNSEEN and sign not in _EMPTY):
        return sign
    return escaped(sign)
