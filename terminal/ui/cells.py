"""Text as it stands on the screen: in cells, with everything unseen made visible, cut and wrapped without surprises.

Whatever comes from a barcode, the server or a file passes through `safe` before it is painted: it can't be markup,
a control code or a binding, because by then it is only characters that a person can see.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rich.cells import get_character_cell_size

CUT = "~"
"""Marks where text was cut."""

Span = tuple[str, str]
"""Text and the name of its style."""
Band = tuple[Span, ...]
"""One row of the screen, from the left."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs", "Mn", "Me", "Mc"})
_BLANK = frozenset("\u115f\u2800")
"""Letters and symbols to Unicode that show nothing, though they take cells."""


def safe(text: str) -> str:
    """Give text with every character that can't be seen, or that could steer a terminal, written out: `<1D>`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(sign) for sign in unicodedata.normalize("NFC", text))


def width(text: str) -> int:
    """Give the cells that safe text takes: 2 for a Chinese character."""
    return len(text) if text.isascii() else sum(get_character_cell_size(sign) for sign in text)


def cut_right(text: str, cells: int) -> str:
    """Fit text into `cells`, keeping its beginning; a cut is marked."""
    return text if width(text) <= cells else _head(text, cells - 1) + CUT[: max(0, cells)]


def cut_left(text: str, cells: int) -> str:
    """Fit text into `cells`, keeping its end: the tail of a serial tells units apart."""
    if width(text) <= cells:
        return text
    return CUT[: max(0, cells)] + _head(text[::-1], cells - 1)[::-1]


def cut_middle(text: str, cells: int) -> str:
    """Fit text into `cells`, keeping both ends: what it is, and the tail that tells it from its like."""
    if width(text) <= cells:
        return text
    head = _head(text, (cells - 1) // 2)
    return head + CUT[: max(0, cells)] + _head(text[::-1], cells - 1 - width(head))[::-1]


def pad(text: str, cells: int) -> str:
    """Fit text into exactly `cells`."""
    text = cut_right(text, cells)
    return text + " " * (cells - width(text))


def centre(text: str, cells: int) -> str:
    """Fit text into exactly `cells`, in the middle."""
    text = cut_right(text, cells)
    left = (cells - width(text)) // 2
    return " " * left + text + " " * (cells - width(text) - left)


def between(left: str, right: str, cells: int) -> str:
    """Set `left` and `right` at the two ends of a row; `left` gives way, its beginning stays."""
    right = cut_right(right, cells)
    room = cells - width(right)
    return pad(left, room - 1) + " " + right if room > 1 else pad(right, cells)


def wrap(text: str, cells: int, rows: int) -> list[str]:
    """Break text into rows of at most `cells`, at spaces where there are any; what is beyond `rows` is cut, marked."""
    cells = max(1, cells)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            joined = f"{line} {word}" if line else word
            if width(joined) <= cells:
                line = joined
                continue
            if line:
                lines.append(line)
            while width(word) > cells and len(lines) <= rows:
                head = _head(word, cells)
                lines.append(head or CUT)
                word = word[len(head) or 1 :]
            line = word
        lines.append(line)
    return lines if len(lines) <= rows else _marked(lines[:rows], cells)


def one(text: str, style: str = "", *, cells: int) -> Band:
    """Make a full row of one style."""
    return ((pad(text, cells), style),)


def several(texts: Iterable[str], style: str = "", *, cells: int) -> list[Band]:
    """Make a row of each text."""
    return [one(text, style, cells=cells) for text in texts]


def _marked(lines: list[str], cells: int) -> list[str]:
    """Mark at the end of the last line that there was more."""
    if lines:
        head = _head(lines[-1], cells - 1)
        lines[-1] = head + " " * (cells - 1 - width(head)) + CUT
    return lines


def _head(text: str, cells: int) -> str:
    taken = 0
    for at, sign in enumerate(text):
        taken += get_character_cell_size(sign)
        if taken > cells:
            return text[:at]
    return text


def _shown(sign: str) -> str:
    if sign.isascii() and sign.isprintable():
        return sign
    if unicodedata.category(sign) not in _UNSEEN and sign not in _BLANK and get_character_cell_size(sign):
        return sign
    number = ord(sign)
    return f"<{number:02X}>" if number < 0x100 else f"<U+{number:04X}>"
