"""Reads PDFs back: their texts where they stand, and their barcodes off the rendered page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
import zxingcpp
from PIL import Image
from pypdfium2 import raw

DPI = 203
"""As coarse as the coarsest printer in use."""


class Piece(NamedTuple):
    """A piece of text as the PDF draws it."""

    page: int
    left: float
    bottom: float
    font: str
    text: str


def pieces(pdf: bytes) -> list[Piece]:
    """Every piece of text of a PDF, in the order it was drawn."""
    return list(_pieces(pypdfium2.PdfDocument(pdf)))


def text(pdf: bytes) -> str:
    """All text of a PDF."""
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def images(pdf: bytes, dpi: int = DPI) -> list[Image.Image]:
    """The pages as they come out of a printer."""
    return [page.render(scale=dpi / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf)]


def barcodes(image: Image.Image) -> list[str]:
    """What a scanner reads on a page, sorted; byte for byte, as UTF-8."""
    found = zxingcpp.read_barcodes(image, formats=[zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
    return sorted(code.bytes.decode() for code in found)


def _pieces(document: pypdfium2.PdfDocument) -> Iterator[Piece]:
    for number, page in enumerate(document, 1):
        words = page.get_textpage()
        for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], textpage=words):
            left, bottom, _right, _top = drawn.get_bounds()
            yield Piece(number, left, bottom, drawn.get_font().get_base_name(), drawn.extract())
