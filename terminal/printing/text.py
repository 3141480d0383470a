"""A document as plain text, for a screen, a mail or a receipt printer."""

from __future__ import annotations

from collections.abc import Iterator

from terminal.printing import wording
from terminal.printing.printout import Printout
from terminal.printing.visible import columns, spaced, visible, wrapped
from terminal.printing.wording import Translate


def as_text(printout: Printout, _: Translate = str, width: int = 80) -> str:
    """Write a document in lines of at most `width` columns (20 or more), ending with a line end.

    A Chinese character counts as two columns. Nothing in it can steer a screen or a printer.
    """
    return "".join(f"{row.rstrip()}\n" for row in _rows(printout, _, max(20, width)))


def _rows(printout: Printout, _: Translate, width: int) -> Iterator[str]:
    yield from _hung("", f"{wording.title(printout.kind, _)} {visible(printout.number)}", width)
    for label, text in wording.facts(printout.order, printout.customer, printout.date, printout.status, _):
        yield from _hung("", f"{label}: {spaced(text)}", width)
    for line in printout.lines:
        yield "-" * width
        yield from _hung("", f"{spaced(line.item)}  {spaced(line.description)}", width)
        yield from _hung("", wording.units(line.units, len(line.entries), _), width)
        digits = max(2, len(str(len(line.entries))))
        for number, entry in enumerate(line.entries, 1):
            serial = wording.not_readable(_) if entry.serial is None else visible(entry.serial)
            note = f" ({spaced(entry.note)})" if entry.note else ""
            yield from _hung(f"{number:>{digits + 1}}  ", serial + note, width)


def _hung(before: str, text: str, width: int) -> Iterator[str]:
    """Break text into rows; those after the first begin below its text."""
    for at, row in enumerate(wrapped(text, width - len(before), columns)):
        yield (" " * len(before) if at else before) + row
