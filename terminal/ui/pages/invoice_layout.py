"""How the page of an invoice is laid out at each size: plain functions from a view to rows of text."""

from __future__ import annotations

from msgspec import Struct

from terminal.domain.documents import ScanMode, SlipStatus
from terminal.domain.views import DONE, InvoiceView, SlipShare
from terminal.ui.cells import Band, between, centre, one, pad, safe, several, width, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, promise_bands
from terminal.ui.pages.scan_layout import WIDE, Said
from terminal.ui.pages.weighing import share_line_words, warning
from terminal.ui.ports import State
from terminal.ui.words import _, plural


class InvoiceLook(Struct, frozen=True):
    """All that the page of an invoice shows."""

    view: InvoiceView
    slips: Choices
    mode: ScanMode
    said: Said
    held: int
    """Scans that wait until an error is acknowledged (D7)."""
    state: State
    keys: Keys


def lay_out(look: InvoiceLook, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay the screen out for its size, in cells."""
    if columns < 20 or rows < 8:
        return _smallest(look, columns, rows, entry)
    invoice = look.view.invoice
    short = rows < 12
    title = f"{invoice.number} {invoice.order} {invoice.customer}" if short else invoice.number
    top = [header(title, look.state, columns)]
    foot = [entry_band(entry, columns), *key_bar(look.keys, columns, rows)]
    if rows >= 20:
        foot = [*promise_bands(look.state, columns), *foot]
    room = rows - len(top) - len(foot)
    selected = _selected(look)
    if rows < 20 or columns < WIDE or selected is None:
        return [*top, *_page(look, columns, room, rows), *foot]
    side = columns // 2 - 2
    main = _page(look, columns - side - 3, room, rows)
    lines = _line_list(selected, side, room)
    return [*top, *((*left, (" | ", ""), *right) for left, right in zip(main, lines, strict=True)), *foot]


def _page(look: InvoiceLook, columns: int, room: int, screen_rows: int) -> list[Band]:
    """Make what stands below the header: mode, what is on it, verdict, slips; exactly `room` rows."""
    invoice, short = look.view.invoice, screen_rows < 12
    if short:
        made = [_mode_and_facts(look, columns)]
    else:
        made = [_mode_band(look, columns), one(f"   {_facts(look)}", "bold", cells=columns)]
        if screen_rows >= 20 or not warning(look.view):  # what is wrong needs the room
            made.append(one(safe(f"{invoice.order} {invoice.customer}"), cells=columns))
    most = room - len(made) - 1 if look.said.style == "no" else 1 if short else 4  # a NO is said with its remedy
    said = several(_said(look, columns, most), look.said.style, cells=columns)
    warned = _warned(look, columns, room - len(made) - len(said) - 1)
    ruled = not (warned or short) and room - len(made) - len(said) > 2
    rules = [one("-" * columns, cells=columns)] if ruled else []
    made += [*warned, *rules, *said, *rules]
    listed = _list(look, columns, room - len(made), 1 + len(made))
    return [*made, *listed, *[one("", cells=columns)] * (room - len(made) - len(listed))]


def _selected(look: InvoiceLook) -> SlipShare | None:
    """Find the slip that is selected in the list."""
    number = look.slips.entries[look.slips.selected][0] if look.slips.entries else ""
    return next((each for each in look.view.slips if each.slip.number == number), None)


def _line_list(slip: SlipShare, columns: int, rows: int) -> list[Band]:
    """Make the list of the selected slip's lines, with how much of each is on the invoice; exactly `rows` rows."""
    made = [one(safe(slip.slip.number), "bold", cells=columns)]
    for line in slip.lines:
        left, right = share_line_words(line)
        made.append(one(between(f"{line.line.number:>3} {safe(left)}", right, columns), cells=columns))
    return [*made, *[one("", cells=columns)] * rows][:rows]


def _smallest(look: InvoiceLook, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay out what must not be missing: verdict, what is on it, entry line."""
    said = several(_said(look, columns, rows - 2), look.said.style, cells=columns)
    style = "warn" if warning(look.view) else "bold"
    return [
        *said,
        one(_facts(look), style, cells=columns),
        entry_band(entry, columns, prompt=f"{_(str(look.mode))}>"),
    ]


def _said(look: InvoiceLook, columns: int, rows: int) -> list[str]:
    return wrap(safe(look.said.text), columns, max(1, rows)) or [""]


def _warned(look: InvoiceLook, columns: int, rows: int) -> list[Band]:
    """Make the rows of what is wrong with the slips so far, loud while the operator can still mend it (S14)."""
    words = warning(look.view) if look.view.invoice.status is SlipStatus.DRAFT else ""
    return several(wrap(safe(words), columns, rows), "warn", cells=columns) if words and rows > 0 else []


def _mode_band(look: InvoiceLook, columns: int) -> Band:
    return (("[" + centre(_mode(look), columns - 2) + "]", _style(look)),)


def _mode_and_facts(look: InvoiceLook, columns: int) -> Band:
    mode = f"[ {_mode(look)} ]" if columns >= 40 else f"[{_mode(look)}]"
    return ((mode, _style(look)), (pad(f" {_facts(look)}", columns - width(mode)), ""))


def _mode(look: InvoiceLook) -> str:
    return _(str(look.mode)) if look.view.invoice.status is SlipStatus.DRAFT else _(str(look.view.invoice.status))


def _style(look: InvoiceLook) -> str:
    if look.view.invoice.status is not SlipStatus.DRAFT:
        return "info"
    return "add" if look.mode is ScanMode.ADD else "remove"


def _facts(look: InvoiceLook) -> str:
    if look.held:
        return plural("{n} scan held", "{n} scans held", look.held)
    if look.view.invoice.status is SlipStatus.POSTING:
        return _("waits to be posted")
    words = plural("{n} unit on it", "{n} units on it", look.view.units)
    incomplete = len(look.view.incomplete)
    if incomplete > 1 and look.view.invoice.status not in DONE:
        words += "!"
    return words


def _list(look: InvoiceLook, columns: int, rows: int, top: int) -> list[Band]:
    if look.slips.entries:
        return look.slips.bands(columns, rows, top)
    words = _("No slip of this order is posted yet: post one first.")
    return several(wrap(words, columns, rows), cells=columns)
