"""Which barcode a text can have, and how large that gets, in modules (the width of the narrowest bar).

Code 128 after ISO/IEC 15417, of which the sets B and C do for printable ASCII; else a QR code after ISO/IEC 18004,
which takes any text as UTF-8.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Literal, NamedTuple

QUIET = 10
"""Modules that must stay white on both sides of a Code 128 (ISO/IEC 15417)."""
QR_QUIET = 4
"""Modules that must stay white around a QR code (ISO/IEC 18004)."""

_STARTS, _SWITCHES, _STOP = {"B": 104, "C": 105}, {"B": 100, "C": 99}, 106
_QR_BYTES = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666)
"""Bytes that a QR code of version 1, 2, … takes at error correction level M (ISO/IEC 18004, table 7)."""


class Part(NamedTuple):
    """A piece of a text in one of the sets of Code 128: B takes characters, C pairs of digits."""

    set: Literal["B", "C"]
    text: str


def linear(text: str) -> bool:
    """Whether Code 128 can hold the text: something, and printable ASCII."""
    return bool(text) and text.isascii() and text.isprintable()


def parts(text: str) -> list[Part]:
    """Split a text that is `linear` so that its Code 128 gets short: longer runs of digits go in pairs."""
    found: list[Part] = []
    for run in re.finditer(r"[0-9]+|[^0-9]+", text):
        piece = run.group()
        ends = (run.start() == 0) + (run.end() == len(text))
        if not piece[0].isdigit() or len(piece) < (6, 4, 2)[ends]:
            found.append(Part("B", piece))
            continue
        odd = len(piece) % 2
        if odd:
            found.append(Part("B", piece[0]))
        if len(piece) > odd:
            found.append(Part("C", piece[odd:]))
    merged: list[Part] = []
    for part in found:
        if merged and merged[-1].set == part.set:
            merged[-1] = Part(part.set, merged[-1].text + part.text)
        else:
            merged.append(part)
    return merged


def symbols(text: str) -> list[int]:
    """Give the values of the Code 128 of a text that is `linear`, from the start to the stop."""
    values: list[int] = []
    for part in parts(text):
        values.append((_SWITCHES if values else _STARTS)[part.set])
        if part.set == "B":
            values += [ord(sign) - 32 for sign in part.text]
        else:
            values += [int(part.text[at : at + 2]) for at in range(0, len(part.text), 2)]
    check = values[0] + sum(place * value for place, value in enumerate(values))
    return [*values, check % 103, _STOP]


def modules(text: str) -> int:
    """Give the width of the Code 128 of a text that is `linear`, without the quiet zones."""
    return 11 * len(symbols(text)) + 2


def qr_version(text: str) -> int | None:
    """Give the version, 1 to 20, of the QR code of a text at level M; None where it has none."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return None
    version = bisect_left(_QR_BYTES, size) + 1
    return version if size and version <= len(_QR_BYTES) else None


def qr_modules(version: int) -> int:
    """Give the width of a QR code, without the quiet zone."""
    return 17 + 4 * version
