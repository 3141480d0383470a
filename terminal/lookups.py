"""What the screens ask for that takes more than one look: what this journal knows, beside what the server says."""

from __future__ import annotations

from datetime import tzinfo

from terminal.backend import notices
from terminal.barcodes.meaning import Meaning
from terminal.journal.journal import Journal
from terminal.ui.ports import Blanks, Draft, NoStock, Number, Opened, Traced


def opened(journal: Journal, number: str, fresh: bool) -> Opened:
    """Give a document with the line to work on. `fresh`: as the server has it now."""
    line = journal.pages.line_to_work_on(number)
    sheet = journal.pages.sheet(number, line) if line is not None else None
    return Opened(number, sheet, fresh)


def draft_of(journal: Journal, order: str) -> Draft | None:
    """Give what is left of an order, to draft a slip from (S13); None where nothing is."""
    found = journal.records.order(order)
    if found is None:
        return None
    lines = []
    for line in found.lines:
        item = journal.records.item(line.item)
        if line.left:
            lines.append((line.number, line.item, item.description if item else line.item, line.left))
    return Draft(found.number, found.customer, lines) if lines else None


def blanks_of(journal: Journal, result: notices.BlanksResult) -> Blanks:
    """Give the units that want a serial (S9): those of the server's list, and of ours what is not sent yet."""
    here = journal.units.open_blanks()
    if not isinstance(result, notices.BlanksRead):
        return Blanks(here, complete=False)
    there = [each for each in result.found.blanks if not journal.units.filled(each.registration)]
    ours = [each for each in here if journal.units.unsent(each.registration)]
    return Blanks([*there, *ours], complete=True, more=result.found.more)


def item_or_serial(journal: Journal, meant: Meaning) -> NoStock | str:
    """Say why an item's serials on hand can't be shown (S19), or which serial to trace."""
    item = journal.records.item(meant.item) if meant.kind == "item" else None
    return meant.value if item is None else NoStock(item.number, item.description)


def trace_of(journal: Journal, serial: str, zone: tzinfo, result: notices.TraceResult) -> Traced | Number:
    """Say where the units of a serial went (S18): the server's word goes before ours. No unit: perhaps a document's."""
    here = journal.units.trace(serial, zone)
    if not isinstance(result, notices.TraceRead):
        return (number_of(journal, serial) if not here else None) or Traced(serial, here, asked=False)
    there = list(result.trace.units)
    known = {each.registration for each in there}
    units = [*(each for each in here if each.registration not in known), *there]
    return (number_of(journal, serial) if not units else None) or Traced(serial, units, asked=True)


def number_of(journal: Journal, text: str) -> Number | None:
    """Say which document or order a text names, also where it was typed in small letters; None where there is none."""
    found = next((each for each in (text, text.upper()) if journal.pages.is_document(each)), None)
    return None if found is None else Number(found, order=journal.records.slip(found) is None)
