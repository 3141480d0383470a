"""A sheet of large barcodes to scan instead of keys: what stands where. What they do is the caller's business.

White and words lie between the symbols, so that a scanner held a little too high or too low reads nothing instead of
the neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from terminal.printing import codes, wording
from terminal.printing.marks import A4, Bars, Mark, Rule, Text
from terminal.printing.pages import LEAD, Faces, Page
from terminal.printing.visible import Advance, cut, spaced, wrapped
from terminal.printing.wording import Translate

COMMANDS = replace(A4, margin=36, title=17, size=9.5, module=1.42, bars=48, gap=70)
"""A4 in points: bars of 0.5 mm, four dots of the coarsest printer (203 to the inch), 17 mm high and 24.7 mm apart."""
AT_MOST = 6
"""Symbols on a page."""

_HEADING, _SMALL = 13, 7
"""Sizes of a symbol's heading and of its text, in points."""
_ROWS = 2
"""Rows of a symbol's sentence at the most."""


class Symbol(Struct, frozen=True):
    """A barcode with what is said of it. `text`, what it holds, is printable ASCII."""

    heading: str
    sentence: str
    text: str


class CommandSheet(Struct, frozen=True):
    """A sheet: its title, whose it is and of when, how it is used; and the symbols, page by page."""

    title: str
    origin: str
    hint: str
    pages: tuple[tuple[Symbol, ...], ...]


def pages_of_commands(sheet: CommandSheet, faces: Faces, _: Translate) -> list[Page]:
    """Lay a sheet out on `COMMANDS`: what fits no page is too much, and an error of the caller's."""
    if any(len(symbols) > AT_MOST for symbols in sheet.pages):
        raise ValueError(f"a page has room for {AT_MOST} symbols")
    total = len(sheet.pages)
    return [
        Page((*_header(sheet, wording.page(number, total, _), faces.text), *_stacked(symbols, faces.text)))
        for number, symbols in enumerate(sheet.pages, 1)
    ]


def _header(sheet: CommandSheet, numbered: str, advance: Advance) -> Iterator[Mark]:
    """Say on top of each page whose sheet this is: pages are hung up one by one."""
    paper = COMMANDS
    row = paper.size * LEAD
    beside = sum(map(advance, numbered)) * paper.size
    yield _text(paper.margin, paper.margin, paper.title, sheet.title, paper.inner - beside - paper.size, advance)
    yield Text(paper.width - paper.margin - beside, paper.margin + paper.title - paper.size, paper.size, numbered)
    top = paper.margin + paper.title * LEAD
    yield _text(paper.margin, top, paper.size, sheet.origin, paper.inner, advance)
    yield _text(paper.margin, top + row, paper.size, sheet.hint, paper.inner, advance)
    yield Rule(paper.margin, top + 2.4 * row, paper.inner)


def _stacked(symbols: Sequence[Symbol], advance: Advance) -> Iterator[Mark]:
    """Set symbols below each other at equal distances, counted from the foot of the page."""
    paper = COMMANDS
    step = paper.bars + paper.gap
    lowest = paper.height - paper.margin - _SMALL * LEAD - paper.bars
    for place, symbol in enumerate(symbols):
        yield from _symbol(symbol, lowest - (AT_MOST - 1 - place) * step, advance)


def _symbol(symbol: Symbol, top: float, advance: Advance) -> Iterator[Mark]:
    """Give a symbol's bars, `top` being their upper edge, its words above them and its text below."""
    paper = COMMANDS
    x = paper.margin + codes.QUIET * paper.module
    room = paper.width - paper.margin - x
    rows = wrapped(spaced(symbol.sentence), room, lambda sign: advance(sign) * paper.size)[:_ROWS]
    above = top - paper.size / 2 - len(rows) * paper.size * LEAD
    yield _text(x, above - _HEADING * LEAD, _HEADING, symbol.heading, room, advance)
    for at, row in enumerate(rows):
        yield Text(x, above + at * paper.size * LEAD, paper.size, row)
    yield Bars(x, top, paper.bars, paper.module, symbol.text)
    yield Text(x, top + paper.bars + _SMALL / 4, _SMALL, symbol.text, serial=True)


def _text(x: float, y: float, size: float, text: str, room: float, advance: Advance) -> Text:
    """Give one line of text, cut where it doesn't fit."""
    return Text(x, y, size, cut(spaced(text), room, lambda sign: advance(sign) * size))
