"""Painting rows of text onto the screen: only the cells that changed are sent.

Textual repaints whole rows and gives every segment its colours anew; a link to a handheld carries that badly, and a
scan may cost 400 bytes at the most. So the screen is kept here as cells, compared with what is there already, and the
difference written in 16-colour ANSI. Cost per paint: the size of the screen, whatever was scanned before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.cells import get_character_cell_size

from terminal.ui.cells import Band

STYLES: Mapping[str, str] = {
    "": "0",
    "bold": "0;1",
    "title": "0;7",
    "key": "0;7",
    "add": "0;30;42",
    "remove": "0;1;37;45",
    "ok": "0;30;42",
    "warn": "0;30;43",
    "no": "0;1;37;41",
    "info": "0;30;46",
    "selected": "0;7",
}
"""Styles by name, as ANSI SGR parameters in 16 colours. Each also differs in its words: colour alone means nothing."""

GAP = 5
"""Unchanged cells that are cheaper to write again than to jump over."""

Cell = tuple[str, str]
_BLANK: Cell = (" ", "")
_TAIL: Cell = ("", "")
"""The right half of a wide character."""


class Painter:
    """The screen as it was last painted, and the way to paint the next one over it."""

    def __init__(self, write: Callable[[str], None], columns: int, rows: int, *, mono: bool = False) -> None:
        self._write = write
        self._mono = mono
        self._style = "?"
        self._screen: list[list[Cell]] = []
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size, in cells; the next `show` paints everything."""
        self.columns, self.rows = columns, rows
        self.forget()

    def forget(self) -> None:
        """Take the screen's contents as unknown: the next `show` paints everything."""
        self._screen = []

    def show(self, bands: Sequence[Band]) -> int:
        """Paint `bands`, top row first; rows not given are blank. Returns the characters written."""
        wanted = [self._cells(bands[y] if y < len(bands) else ()) for y in range(self.rows)]
        out: list[str] = []
        self._style = "?"
        if not self._screen:
            self._screen = [[_BLANK] * self.columns for _ in range(self.rows)]
            out.append("\x1b[0m\x1b[2J")
            self._style = ""
        for y, (row, was) in enumerate(zip(wanted, self._screen, strict=True)):
            if row != was:
                self._paint_row(out, y, row, was)
        self._screen = wanted
        if not out:
            return 0
        if self._style not in ("", "?"):
            out.append("\x1b[0m")
        text = "".join(out)
        self._write(text)
        return len(text)

    def text(self) -> list[str]:
        """Give the screen as plain rows, for tests and for `screens` pages."""
        return ["".join(sign for sign, _ in row) for row in self._screen]

    def _cells(self, band: Band) -> list[Cell]:
        cells: list[Cell] = []
        for text, style in band:
            for sign in text:
                size = get_character_cell_size(sign)
                if len(cells) + size > self.columns:
                    break
                if size:
                    cells.append((sign, style))
                    cells += [_TAIL] * (size - 1)
        cells += [_BLANK] * (self.columns - len(cells))
        return cells

    def _paint_row(self, out: list[str], y: int, row: list[Cell], was: list[Cell]) -> None:
        end = self.columns
        while end and row[end - 1] == _BLANK:
            end -= 1
        for start, stop in _changes(row, was):
            if start >= end and any(cell != _BLANK for cell in was[start:]):
                out.append(f"\x1b[{y + 1};{start + 1}H{self._to('')}\x1b[K")
                return
            out.append(f"\x1b[{y + 1};{start + 1}H")
            for sign, style in row[start:stop]:
                out.append(self._to(style))
                out.append(sign)

    def _to(self, style: str) -> str:
        if style == self._style:
            return ""
        self._style = style
        parameters = STYLES[style]
        if self._mono and ";" in parameters:
            parameters = "0;1" if style == "bold" else "0;7"
        return f"\x1b[{parameters}m" if parameters != "0" else "\x1b[m"


def _changes(row: Sequence[Cell], was: Sequence[Cell]) -> list[tuple[int, int]]:
    """Find the stretches of cells that differ; those with a short gap between them become one."""
    found: list[tuple[int, int]] = []
    for x, (now, before) in enumerate(zip(row, was, strict=True)):
        if now == before:
            continue
        if found and x - found[-1][1] <= GAP:
            found[-1] = (found[-1][0], x + 1)
        else:
            found.append((x, x + 1))
    return [(_to_head(row, was, start), _past_tail(row, stop)) for start, stop in found]


def _to_head(row: Sequence[Cell], was: Sequence[Cell], start: int) -> int:
    """Begin at a whole character: never write over half of a wide one."""
    while start and (row[start] == _TAIL or was[start] == _TAIL):
        start -= 1
    return start


def _past_tail(row: Sequence[Cell], stop: int) -> int:
    while stop < len(row) and row[stop] == _TAIL:
        stop += 1
    return stop
