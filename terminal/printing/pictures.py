"""Text as dots, for printers whose fonts lack its characters. Drawn by Pillow, which reportlab brings along."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from terminal.printing.faces import BASELINE, FONTS, SERIAL, advance_of, runs

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

HIGH = 1.25
"""The height of a picture, in sizes."""


class Picture(NamedTuple):
    """Rows of dots from the top, each a whole number of bytes from the left; a bit that is set is black."""

    row_bytes: int
    dots: bytes


def picture_of(text: str, size: int) -> Picture:
    """Draw one row of visible text, `size` dots high, without greys."""
    from PIL import Image, ImageDraw

    advance = advance_of(SERIAL)
    wide = int(sum(map(advance, text)) * size) + size
    image = Image.new("1", (wide + -wide % 8, round(size * HIGH)))
    draw = ImageDraw.Draw(image)
    x = 0.0
    for font, piece in runs(text, SERIAL):
        for sign in piece:
            draw.text((round(x), round(size * BASELINE)), sign, fill=1, font=_font(font, size), anchor="ls")
            x += advance(sign) * size
    return Picture(image.width // 8, image.tobytes())


@cache
def _font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size, layout_engine=ImageFont.Layout.BASIC)
