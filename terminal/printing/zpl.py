"""A document as labels in ZPL II, the language of Zebra's label printers and of many others.

After Zebra's "ZPL II Programming Guide": `^FH` (bytes in hexadecimal), `^CI28` (UTF-8), `^BC` (Code 128, mode N, whose
`>` begins an invocation code), `^BQ` (QR code, `MA,`: error correction M, automatic input), `^GF` (a
picture). Data goes out as letters,
digits, spaces and hyphens (and the invocation codes), everything else as bytes after `_`: none of it can be a command.
"""

from __future__ import annotations

import re

from terminal.printing import codes
from terminal.printing.faces import SERIAL, advance_of
from terminal.printing.marks import LABEL_203, Bars, Mark, Rule, Sheet, Square, Text
from terminal.printing.pages import Faces, Page, pages_of
from terminal.printing.pictures import picture_of
from terminal.printing.printers import BUILT_IN, as_font
from terminal.printing.printout import Printout
from terminal.printing.visible import CUT, columns
from terminal.printing.wording import Translate

_DATA = re.compile(r"[^A-Za-z0-9 -]")
_BARS = re.compile(r"[^A-Za-z0-9 <=>:;-]")
_THICK = 2
"""Thickness of a rule, in dots."""


def as_zpl(printout: Printout, _: Translate = str, sheet: Sheet = LABEL_203, font: str = BUILT_IN) -> bytes:
    """Make the labels of a document, one after another, for a printer with 203 dots to the inch.

    `font` names a font in the printer that has every character of the texts: one letter or digit, or a file such as
    `E:SIMSUN.FNT`. With the built-in one, texts beyond Latin-1 are drawn here and sent as pictures.

    Raises:
        ValueError: the font's name is none.
    """
    as_font(font)
    advance = _drawn_advance if font == BUILT_IN else _advance
    labels = (_label(page, sheet, font) for page in pages_of(printout, sheet, Faces(advance, advance), _))
    return "".join(labels).encode("ascii")


def _label(page: Page, sheet: Sheet, font: str) -> str:
    start = f"^XA^CI28^PON^FWN^LH0,0^LS0^PW{sheet.width:.0f}^LL{sheet.height:.0f}\n"
    fields = (f"^FO{mark.x:.0f},{mark.y:.0f}{_field(mark, font)}^FS\n" for mark in page.marks if _field(mark, font))
    return f"{start}{''.join(fields)}^PQ1^XZ\n"


def _field(mark: Mark, font: str) -> str:
    match mark:
        case Text():
            shown = mark.text.replace(CUT, "...")
            if font == BUILT_IN and not _latin(shown):
                return _picture(shown, round(mark.size))
            size = f"{mark.size:.0f}"
            face = f"^A{font}N,{size},{size}" if len(font) == 1 else f"^A@N,{size},{size},{font}"
            return f"{face}^FH^FD{_data(shown)}" if shown.strip() else ""
        case Bars():
            return f"^BY{mark.module:.0f}^BCN,{mark.height:.0f},N,N,N,N^FH^FD{_invoked(mark.text)}"
        case Square():
            return f"^BQN,2,{mark.module:.0f}^FH^FDMA,{_data(mark.text)}"
        case Rule():
            return f"^GB{mark.width:.0f},{_THICK},{_THICK}"


def _picture(text: str, size: int) -> str:
    """Write a text as a graphic: its bytes in all, again, those of a row, and the dots (guide, `^GF`)."""
    picture = picture_of(text, size)
    count = len(picture.dots)
    return f"^GFA,{count},{count},{picture.row_bytes},{picture.dots.hex().upper()}"


def _data(text: str) -> str:
    return _DATA.sub(lambda found: "".join(f"_{byte:02X}" for byte in found.group().encode()), text)


def _invoked(text: str) -> str:
    """Write the data of a Code 128: `>:` and `>;` start in a set, `>6` and `>5` change to it (guide, `^BC`)."""
    starts, changes = {"B": ">:", "C": ">;"}, {"B": ">6", "C": ">5"}
    written = ""
    for part in codes.parts(text):
        special = part.text.replace(">", ">0").replace("^", "><").replace("~", ">=")
        written += (changes if written else starts)[part.set] + special
    return _BARS.sub(lambda found: f"_{ord(found.group()):02X}", written)


def _latin(text: str) -> bool:
    return all(sign < "\u0100" for sign in text)


def _drawn_advance(sign: str) -> float:
    """How wide a character gets at the most, in the built-in font or in a picture."""
    return _advance(sign) if _latin(sign) or sign == CUT else max(0.62, advance_of(SERIAL)(sign))


def _advance(sign: str) -> float:
    """How wide the built-in font draws a character at size 1 at the most, with few exceptions."""
    if sign in "WMmw@%…":
        return 0.9
    return 1.0 if columns(sign) > 1 else 0.62
