"""What a scan does to a document: the line it is for, and the intent that is judged and written down there."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict, replace

from terminal.barcodes.meaning import Meaning
from terminal.domain.documents import Line, Operator, Policies, ScanMode
from terminal.domain.intents import AddSerial, CorrectSerial, DrawSerial, Intent, RemoveSerial, ReturnSerial
from terminal.domain.records import Records
from terminal.domain.refusals import Code, refuse
from terminal.domain.serials import compared
from terminal.domain.views import LineView, Verdict
from terminal.journal.journal import Journal
from terminal.ui.ports import NotHere, Picked, Place, ScanResult, Several


def scan_on(journal: Journal, who: Operator, policies: Policies, meant: Meaning, place: Place, text: str) -> ScanResult:
    """Do what a scan asks for on a document: make an item's line the current one, add a serial, or take one off."""
    if meant.kind == "item":
        at = journal.pages.line_of_item(place.document, meant.item, place.line)
        sheet = journal.pages.sheet(place.document, at) if at is not None else None
        return Picked(sheet) if sheet is not None else NotHere("item", meant.value, meant.item)
    if meant.kind not in ("serial", "unit"):
        return NotHere(meant.kind, meant.value, error=meant.error)
    line = line_for(journal, place, meant, text)
    if not isinstance(line, int):
        return line
    intent: Intent = RemoveSerial(place.document, line, meant.value)
    if place.mode is ScanMode.ADD:
        intent = AddSerial(place.document, line, meant.value, **asdict(meant.along))
    return journal.record(who, policies, intent, line)


def line_for(journal: Journal, place: Place, meant: Meaning, text: str) -> int | NotHere | Several:
    """Find the line that a serial is for: of the item it names, or of an item whose form takes it (D2).

    Where several want it, it is the one that the operator chose, as long as units of it are open; else the operator is
    asked, and the line is never guessed. What no line wants is judged on the only one that could take it, or on the
    current one, which says why, and so is what is scanned on a chosen line that takes no serials. A serial that is on
    the document already is judged where it is, unless the operator chose a line that wants it: so it is called a
    duplicate there (S7), and in REMOVE it is taken off. `line` 0: none is the current one.
    """
    pages, records = journal.pages, journal.records
    document, line = place.document, place.line
    removes = place.mode is ScanMode.REMOVE
    if meant.kind == "unit":
        fits = pages.lines_of_item(document, meant.item)
        if not fits:
            return NotHere("unit", meant.value, meant.item)
    elif not line or (not removes and place.chosen and _takes_none(records.line(document, line))):
        return line
    else:
        fits = pages.lines_that_take(document, meant.value)
    if not removes and place.chosen and any(each.line.number == line and each.open_units for each in fits):
        return line
    on_it = [each.line.number for each in fits if _is_on(records, each.line, meant.value)]
    if removes and line in on_it:
        return line
    if len(on_it) == 1:
        return on_it[0]
    wanting = [] if removes else [each for each in fits if each.open_units or each.line.number == line]
    if len(wanting) < 2:
        return wanting[0].line.number if wanting else _first(fits, meant, line)
    return Several(meant.value, tuple(wanting), text)


def _first(fits: Sequence[LineView], meant: Meaning, line: int) -> int:
    """Give the line that says why no line wants a serial: the only one that would take it, or the current one."""
    numbers = [each.line.number for each in fits]
    only = meant.kind == "unit" or (len(numbers) == 1 and line not in numbers)
    return numbers[0] if only else line


def _is_on(records: Records, line: Line, scanned: str) -> bool:
    """Say whether a line has a serial."""
    item = records.item(line.item)
    holder = None if item is None else records.holder(line.item, compared(scanned.strip(), item.serial_form))
    return holder is not None and (holder.document, holder.line) == (line.document, line.number)


def _takes_none(line: Line | None) -> bool:
    return line is not None and not line.takes_serials


def choose_by(
    journal: Journal, who: Operator, policies: Policies, meant: Meaning, invoice: str, mode: ScanMode
) -> ScanResult:
    """Put the unit of a scanned serial on an invoice, or take it off (S14)."""
    if meant.kind not in ("serial", "unit"):
        return NotHere(meant.kind, meant.value, meant.item, meant.error)
    intent = DrawSerial if mode is ScanMode.ADD else ReturnSerial
    return journal.record(who, policies, intent(invoice, meant.value))


def correct_by(
    journal: Journal, who: Operator, policies: Policies, intent: CorrectSerial, meant: Meaning, line: int | None
) -> Verdict:
    """Correct a serial by what was scanned (S10)."""
    if meant.kind not in ("serial", "unit"):
        return Verdict(intent, refuse(Code.NOT_A_SERIAL, serial=meant.value, what=meant.kind), None)
    return journal.record(who, policies, replace(intent, scanned=meant.value, **asdict(meant.along)), line)
