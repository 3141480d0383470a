"""From a printout to pages of marks, the same way for every medium.

Everything becomes bands, rows as wide as the sheet, that are stacked until a page is full; then the pages are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from terminal.printing import codes, wording
from terminal.printing.marks import Bars, Mark, Rule, Sheet, Square, Text
from terminal.printing.printout import Entry, PrintedLine, Printout
from terminal.printing.visible import Advance, cut, spaced, visible, wrapped
from terminal.printing.wording import Translate

LEAD = 1.25
"""From row to row of text, in sizes."""

_LONGEST = 8
"""Rows of text that stay with their barcode; the rest may go to the next page."""


class Page(Struct, frozen=True):
    """One page or label, ready to be drawn."""

    marks: tuple[Mark, ...]


class Faces(Struct, frozen=True):
    """How wide a character gets at size 1 in the two faces of a medium."""

    text: Advance
    serial: Advance


class _Band(Struct, frozen=True):
    """A row that is never broken. Its marks' `y` counts from its top."""

    height: float
    marks: tuple[Mark, ...] = ()
    keep: bool = False
    """Must not be the last on its page."""
    heading: tuple[Mark, ...] = ()
    """What stands above it, in one row of text, where it begins a page."""


def pages_of(printout: Printout, sheet: Sheet, faces: Faces, _: Translate) -> list[Page]:
    """Lay a document out: a header on every page, every line, every entry with its barcode."""
    filler = _Filler(sheet, faces, _)
    bands = filler.opening(printout)
    for line in printout.lines:
        bands += filler.line(line)
    bodies = _broken(bands, sheet.height - 2 * sheet.margin - filler.header_height, sheet.size * LEAD)
    top = sheet.margin + filler.header_height
    return [
        Page((*filler.header(printout, at, len(bodies)), *_stacked(body, top, sheet.size * LEAD)))
        for at, body in enumerate(bodies, 1)
    ]


class _Filler:
    """Makes bands for one sheet."""

    def __init__(self, sheet: Sheet, faces: Faces, _: Translate) -> None:
        self._sheet = sheet
        self._faces = faces
        self._translate = _
        self._row = sheet.size * LEAD
        self.header_height = sheet.title * LEAD + self._row + sheet.gap

    def header(self, printout: Printout, number: int, total: int) -> list[Mark]:
        """Say on top of a page what it belongs to."""
        sheet, x, y = self._sheet, self._sheet.margin, self._sheet.margin
        numbered = wording.page(number, total, self._translate)
        beside = self._width(numbered, sheet.size)
        name = self._name(printout)
        told = (printout.order, printout.customer, printout.date, printout.status)
        below = " · ".join(spaced(text) for text in told if text)
        lower = y + sheet.title * LEAD
        facts = [Text(x, lower, sheet.size, cut(below, sheet.inner, self._text(sheet.size)))]
        rule = Rule(x, lower + self._row + sheet.gap / 4, sheet.inner)
        if number == 1:  # they stand below it, each with its name
            facts, rule = [], replace(rule, y=rule.y - self._row)
        return [
            Text(x, y, sheet.title, cut(name, sheet.inner - beside - sheet.gap, self._text(sheet.title))),
            Text(x + sheet.inner - beside, y + sheet.title - sheet.size, sheet.size, numbered),
            *facts,
            rule,
        ]

    def opening(self, printout: Printout) -> list[_Band]:
        """Begin the document: its name in full where the header may cut it, its number as a barcode, its facts."""
        sheet = self._sheet
        name = self._name(printout)
        bands = self._rows(name, sheet.title) if self._width(name, sheet.title) > sheet.inner / 2 else []
        code = self._code(printout.number, sheet.inner)
        if code is not None:
            bands.append(self._coded(code, sheet.margin))
        given = wording.facts(printout.order, printout.customer, printout.date, printout.status, self._translate)
        for label, text in given:
            bands += self._rows(f"{label}: {spaced(text)}", sheet.size)
        return [*bands, _Band(sheet.gap)]

    def line(self, line: PrintedLine) -> list[_Band]:
        """Make the heading of a document line and its list."""
        sheet = self._sheet
        item = spaced(line.item)
        counted = wording.units(line.units, len(line.entries), self._translate)
        ruled = _Band(sheet.gap / 2, (Rule(sheet.margin, 0, sheet.inner),), keep=True)
        named = self._rows(f"{item}  {spaced(line.description)}".rstrip(), sheet.size, keep=True)
        counts = self._rows(counted, sheet.size, keep=bool(line.entries))
        again = cut(wording.continued(item, self._translate), sheet.inner, self._text(sheet.size))
        heading = (Text(sheet.margin, 0, sheet.size, again),)
        listed = [replace(band, heading=heading) for band in self._list(line.entries)]
        return [ruled, *named, *counts, *listed, _Band(sheet.gap / 2)]

    def _list(self, entries: tuple[Entry, ...]) -> list[_Band]:
        """Number the entries and set them beside each other, where every barcode of the line has its place."""
        sheet = self._sheet
        digits = max(2, len(str(len(entries))))
        gutter = (digits + 0.5) * self._faces.serial("0") * sheet.size
        count = sheet.columns
        while count > 1 and not all(self._fits(entry, sheet.inner / count, gutter) for entry in entries):
            count -= 1
        width = sheet.inner / count
        numbered = enumerate(entries, 1)
        bands: list[_Band] = []
        while row := list(islice(numbered, count)):
            cells = [
                self._cell(number, entry, sheet.margin + width * place, width, gutter)
                for place, (number, entry) in enumerate(row)
            ]
            first = [cell[0] for cell in cells]
            bands.append(
                _Band(max(band.height for band in first), tuple(mark for band in first for mark in band.marks))
            )
            for cell in cells:
                bands += cell[1:]
        return bands

    def _fits(self, entry: Entry, width: float, gutter: float) -> bool:
        room = self._room(width, gutter)
        rows = self._told(entry, room)
        if len(rows) > 2:
            return False
        if not entry.serial or not codes.linear(entry.serial):
            return True
        return isinstance(self._code(entry.serial, room), Bars)

    def _room(self, width: float, gutter: float) -> float:
        """The width for an entry's text and bars, with white on both sides of them."""
        return width - gutter - 2 * codes.QUIET * self._sheet.module

    def _told(self, entry: Entry, room: float) -> list[str]:
        size = self._sheet.size
        serial = entry.serial
        text = wording.not_readable(self._translate) if serial is None else visible(serial)
        face = self._text(size) if serial is None else self._serial(size)
        if not entry.note:
            return wrapped(text, room, face)
        return wrapped(f"{text} ({spaced(entry.note)})", room, face)

    def _cell(self, number: int, entry: Entry, x: float, width: float, gutter: float) -> list[_Band]:
        """Make one entry: its number, its serial in letters, its barcode below; more rows where the text is long."""
        sheet = self._sheet
        room = self._room(width, gutter)
        told = self._told(entry, room)
        inset = x + gutter + codes.QUIET * sheet.module
        digits = str(number)
        right = x + gutter - self._faces.serial("0") * sheet.size * (len(digits) + 0.5)
        serial = entry.serial is not None
        marks: list[Mark] = [Text(right, 0, sheet.size, digits, serial=True)]
        marks += [Text(inset, at * self._row, sheet.size, row, serial) for at, row in enumerate(told[:_LONGEST])]
        height = min(len(told), _LONGEST) * self._row
        code = self._code(entry.serial, room) if entry.serial else None
        if code is not None:
            below = self._coded(code, inset)
            marks += [replace(mark, y=mark.y + height) for mark in below.marks]
            height += below.height
        more = [_Band(self._row, (Text(inset, 0, sheet.size, row, serial),)) for row in told[_LONGEST:]]
        return [_Band(height + sheet.gap / 2, tuple(marks)), *more]

    def _code(self, text: str, room: float) -> Bars | Square | None:
        """Choose the barcode of a text: bars where they fit, a QR code where it has one, or none."""
        sheet = self._sheet
        if codes.linear(text) and codes.modules(text) * sheet.module <= room:
            return Bars(0, 0, sheet.bars, sheet.module, text)
        version = codes.qr_version(text)
        return None if version is None else Square(0, 0, sheet.square, version, text)

    def _coded(self, code: Bars | Square, x: float) -> _Band:
        """Give a barcode its place, with white above and below where it needs that."""
        sheet = self._sheet
        if isinstance(code, Bars):
            above = sheet.size / 4
            return _Band(above + code.height + sheet.gap / 2, (replace(code, x=x, y=above),))
        white = codes.QR_QUIET * code.module
        height = codes.qr_modules(code.version) * code.module
        return _Band(height + 2 * white, (replace(code, x=x, y=white),))

    def _rows(self, text: str, size: float, *, keep: bool = False) -> list[_Band]:
        rows = wrapped(text, self._sheet.inner, self._text(size))
        return [_Band(size * LEAD, (Text(self._sheet.margin, 0, size, row),), keep) for row in rows]

    def _name(self, printout: Printout) -> str:
        return f"{wording.title(printout.kind, self._translate)} {visible(printout.number)}"

    def _width(self, text: str, size: float) -> float:
        return sum(map(self._text(size), text))

    def _text(self, size: float) -> Advance:
        return lambda sign: self._faces.text(sign) * size

    def _serial(self, size: float) -> Advance:
        return lambda sign: self._faces.serial(sign) * size


def _broken(bands: Sequence[_Band], room: float, row: float) -> list[list[_Band]]:
    """Share bands out to pages. What must not end a page goes to the next with what follows it."""
    pages: list[list[_Band]] = [[]]
    free = room
    for at, band in enumerate(bands):
        if pages[-1] and _chain(bands, at, room) > free:
            pages.append([])
            free = room - (row if band.heading else 0)
        pages[-1].append(band)
        free -= band.height
    return pages


def _chain(bands: Sequence[_Band], at: int, room: float) -> float:
    """Give the height that must be free for a band: its own, and that of what it is kept with if a page takes it."""
    height = bands[at].height
    together = height
    while bands[at].keep and at + 1 < len(bands):
        at += 1
        together += bands[at].height
        if together > room / 2:
            return height
    return together


def _stacked(bands: Sequence[_Band], top: float, row: float) -> list[Mark]:
    """Place the bands of one page below each other."""
    marks: list[Mark] = []
    if bands and bands[0].heading:
        marks += [replace(mark, y=top) for mark in bands[0].heading]
        top += row
    for band in bands:
        marks += [replace(mark, y=mark.y + top) for mark in band.marks]
        top += band.height
    return marks
