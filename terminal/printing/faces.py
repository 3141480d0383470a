"""The fonts that are shipped, which of them draws a character, and how wide it gets.

reportlab reads them, and not before a text needs one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

from terminal.printing.visible import Advance, escaped

FONTS = Path(__file__).parent / "fonts"
"""Where the fonts are, with their licences."""
TEXT, SERIAL = "DejaVuSans", "DejaVuSansMono"
"""The faces of texts and of serials, in which 0 and O, 1, l and I differ."""
BASELINE = 0.93
"""From the top of a row to the line that letters stand on, in sizes."""

_CHINESE = "DroidSansFallback"

_LOADING = Lock()
_loaded: dict[str, Any] = {}


def runs(text: str, face: str) -> Iterator[tuple[str, str]]:
    """Give pieces of text, each with the name of a font that has all of it.

    Characters that no font has, and those written from right to left, are written out by their numbers.
    """
    signs = ((_font(drawn, face), drawn) for sign in text for drawn in _drawn(sign, face))
    for font, run in groupby(signs, key=lambda pair: pair[0]):
        yield font, "".join(drawn for _font_again, drawn in run)


@cache
def advance_of(face: str) -> Advance:
    """Give the function that tells the width of a character at size 1."""

    @lru_cache(maxsize=4096)
    def advance(sign: str) -> float:
        return sum(_glyph_width(drawn, _font(drawn, face)) for drawn in _drawn(sign, face))

    return advance


def _glyph_width(sign: str, font: str) -> float:
    face = load(font).face
    return float(face.charWidths.get(ord(sign), face.defaultWidth)) / 1000


def _drawn(sign: str, face: str) -> str:
    """Give what stands for a character: itself, or its number where no font has it or it would turn the row round."""
    if sign.isascii():
        return sign
    if unicodedata.bidirectional(sign) in ("R", "AL", "AN") or _font(sign, face) == "":
        return escaped(sign)
    return sign


def _font(sign: str, face: str) -> str:
    """Give the name of the first font that has a character; an empty name if none has."""
    number = ord(sign)
    return next((font for font in (face, _CHINESE) if number in load(font).face.charToGlyph), "")


def load(font: str) -> Any:
    """Read a font for reportlab, once; the Chinese one only when a text needs it."""
    with _LOADING:
        if font not in _loaded:
            from reportlab.pdfbase import pdfmetrics
            from reportlab.pdfbase.ttfonts import TTFont

            _loaded[font] = TTFont(font, str(FONTS / f"{font}.ttf"))
            pdfmetrics.registerFont(_loaded[font])
        return _loaded[font]
