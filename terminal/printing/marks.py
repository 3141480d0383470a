"""What a page is made of, wherever it is printed: marks at places counted from the page's top left corner."""

from __future__ import annotations

from msgspec import Struct


class Text(Struct, frozen=True):
    """One line of visible text; `y` is the top of its row, `size` the height of its letters' box."""

    x: float
    y: float
    size: float
    text: str
    serial: bool = False
    """Drawn so that 0 and O, 1, l and I differ, where the medium can."""


class Bars(Struct, frozen=True):
    """A Code 128 of printable ASCII."""

    x: float
    y: float
    height: float
    module: float
    text: str


class Square(Struct, frozen=True):
    """A QR code of the text as UTF-8, at error correction level M."""

    x: float
    y: float
    module: float
    version: int
    text: str


class Rule(Struct, frozen=True):
    """A thin line from left to right."""

    x: float
    y: float
    width: float


Mark = Text | Bars | Square | Rule
"""Anything that is drawn."""


class Sheet(Struct, frozen=True):
    """Paper and how it is filled. All lengths are in the medium's own unit: points in a PDF, dots on a label."""

    width: float
    height: float
    margin: float
    columns: int
    """Entries beside each other, where they all fit."""
    title: float
    """Size of the title."""
    size: float
    """Size of all other text."""
    module: float
    """Width of the narrowest bar; about 0.25 mm, which every scanner reads."""
    square: float
    """Width of a dot of a QR code; about 0.4 mm, which every scanner reads."""
    bars: float
    """Height of a Code 128."""
    gap: float
    """White between entries."""

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 2 * self.margin


A4 = Sheet(
    width=595.28,
    height=841.89,
    margin=42,
    columns=3,
    title=15,
    size=9,
    module=0.72,
    square=1.1,
    bars=24,
    gap=9,
)
"""A4 in points of 1/72 inch: bars of 0.254 mm, 54 characters in one column, 22 in two, 12 in three."""

LABEL = Sheet(
    width=288,
    height=432,
    margin=11,
    columns=1,
    title=12,
    size=8,
    module=0.72,
    square=1.1,
    bars=24,
    gap=8,
)
"""A label of 4 × 6 inches in points."""

LABEL_203 = Sheet(
    width=812,
    height=1218,
    margin=24,
    columns=1,
    title=36,
    size=26,
    module=2,
    square=3,
    bars=68,
    gap=22,
)
"""A label of 4 × 6 inches in the dots of a printer with 203 to the inch (8 to the mm)."""
