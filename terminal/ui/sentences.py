"""What the program says: every refusal, outcome and trouble as one sentence a tired person understands.

What happened, then what to do. Parameters come from barcodes and the server: they are cleaned when painted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from terminal.domain.refusals import Code, Refusal
from terminal.domain.serials import mask_example
from terminal.domain.views import Problem
from terminal.ui.cells import CUT
from terminal.ui.labels import labels
from terminal.ui.ports import NotHere
from terminal.ui.words import _, plural

LONGEST_ECHO = 20
"""Characters of a value in a sentence at the most; its tail is kept. The remedy must stay in sight."""
LONGEST_WORDS = 30
"""Characters of words from elsewhere in a sentence at the most; they begin with what matters."""

_DUTIES: Mapping[str, Callable[[], str]] = {
    "register": lambda: _("register serials"),
    "post": lambda: _("post documents"),
    "correct-serials": lambda: _("correct serials"),
    "register-unreadable": lambda: _("mark units not readable"),
    "override": lambda: _("override rules"),
    "administer": lambda: _("administer"),
}

_REFUSALS: Mapping[Code, Callable[[], str]] = {
    Code.UNKNOWN_DOCUMENT: lambda: _("Document {document} is not known. Check the number."),
    Code.UNKNOWN_LINE: lambda: _("Line {line} is not on {document}. Choose a line."),
    Code.UNKNOWN_ITEM: lambda: _("Item {item} is not known. Ask the office."),
    Code.UNKNOWN_ORDER: lambda: _("Order {order} is not known. Check the number."),
    Code.UNKNOWN_OPERATOR: lambda: _("Operator {operator} is not known. Ask a supervisor."),
    Code.MISSING_DUTY: lambda: _("You may not {duty}. Ask a supervisor."),
    Code.NOT_TRACKED: lambda: _("{item} takes no serials. Choose another line."),
    Code.CATCH_WEIGHT: lambda: _("{item} is sold by weight and takes no serials. Choose another line."),
    Code.CATCH_WEIGHT_GROUP: lambda: _("{item} is sold by weight and can't have this tracking group."),
    Code.BLOCKED: lambda: _("{item} is blocked. Put it aside and ask the office."),
    Code.EMPTY_SERIAL: lambda: _("The scan was empty. Scan again."),
    Code.SERIAL_TOO_SHORT: lambda: _("{serial} is too short: at least {shortest} characters. Scan the right label."),
    Code.SERIAL_TOO_LONG: lambda: _("{serial} is too long: at most {longest} characters. Scan the right label."),
    Code.SERIAL_CHARACTER: lambda: _("{serial} holds {character}, which no serial here has. Scan the right label."),
    Code.SERIAL_MASK: lambda: _("{serial} is no serial of this item, as {mask} would be. Scan the right label."),
    Code.SERIAL_CASE: lambda: _("The letters of {serial} have the wrong case. Check Caps Lock of the scanner."),
    Code.DUPLICATE_ON_LINE: lambda: _("{serial} is already on this line, operator {operator}, {at}."),
    Code.ON_OTHER_LINE: lambda: _("{serial} is on line {line} of this slip. Go there to change it."),
    Code.HELD_ELSEWHERE: lambda: _(
        "{serial} is on {document} line {line}, operator {operator}, {at}. Put the unit aside."
    ),
    Code.NOT_KNOWN_HERE: lambda: _("{serial} is not on this line, as far as is known here. Nothing was removed."),
    Code.NO_BLANK: lambda: _("No unit is marked not readable on this line."),
    Code.LINE_FULL: lambda: _("The line is full: {units} of {units}. Take the surplus unit back."),
    Code.NOTHING_TO_UNDO: lambda: _("There is nothing of yours to undo on this slip."),
    Code.DOCUMENT_POSTED: lambda: _("{document} is posted. Nothing can be scanned onto it."),
    Code.DOCUMENT_CLOSED: lambda: _("{document} is closed. Choose another slip."),
    Code.POSTING_PENDING: lambda: _("{document} waits to be posted. Press {key_f8} twice to take the request back."),
    Code.NOTHING_TO_WITHDRAW: lambda: _("{document} does not wait to be posted."),
    Code.UNITS_MISSING: lambda: _("Line {line}: {missing} still to scan."),
    Code.SURPLUS: lambda: _("Line {line}: {surplus} too many. Remove the surplus."),
    Code.DIFFERENT_SET: lambda: _("The server has something else on {document} than you saw. Check it, post again."),
    Code.REQUEST_WITHDRAWN: lambda: _("Another device with the same data took the request to post {document} back."),
    Code.OFFLINE_POSTING: lambda: _("No link to the server, and posting must wait for it here."),
    Code.MORE_THAN_LEFT: lambda: _("Line {line}: only {left} left to ship. Take fewer."),
    Code.NOTHING_TO_SHIP: lambda: _("No units were chosen. Enter a quantity first."),
    Code.NUMBER_TAKEN: lambda: _("The number {document} is taken. Draft the slip again."),
    Code.SERIAL_FORM: lambda: _("No serial can ever fit the rules of {item}. Ask the office."),
    Code.SOLD_BEFORE: lambda: _("{serial} was sold on invoice {invoice}. A supervisor can sell it again."),
    Code.INVOICED: lambda: _("Invoice {invoice} charges this: it can't be changed. Ask the office."),
    Code.NEGATIVE_QUANTITY: lambda: _("Order line {line} has a negative quantity: its serials stay. Ask the office."),
    Code.REASON_MISSING: lambda: _("A reason is needed. Choose one from the list."),
    Code.SAME_SERIAL: lambda: _("{serial} is what it says already. Nothing was changed."),
    Code.CHANGED_MEANWHILE: lambda: _("Someone changed this unit on {document} meanwhile. Look again, then correct."),
    Code.STILL_DRAFT: lambda: _("{document} is not posted yet: remove what is wrong and scan what is right."),
    Code.LINE_REVERSED: lambda: _("Line {line} of {document} is reversed already."),
    Code.NOT_A_SLIP: lambda: _("{document} is no packing slip: it can't be reversed here. Ask the office."),
    Code.NOT_AN_INVOICE: lambda: _("{document} takes no units of other slips. Open an invoice."),
    Code.NOT_POSTED: lambda: _("{document} is not posted: post the slip first, then invoice it."),
    Code.OTHER_ORDER: lambda: _("{document} belongs to order {order}, not to this one. Put the unit aside."),
    Code.ALREADY_ON_INVOICE: lambda: _("{serial} is on this invoice already."),
    Code.ON_OTHER_INVOICE: lambda: _(
        "{serial} is on invoice {invoice}. Until that is posted, it can be taken off there."
    ),
    Code.NOT_ON_INVOICE: lambda: _("{serial} is not on this invoice. Nothing was taken off."),
    Code.NOT_SHIPPED: lambda: _("{serial} is on no posted slip of order {order}. Check the unit."),
    Code.MORE_THAN_SHIPPED: lambda: _("{document} line {line}: only {left} to invoice. Take fewer."),
    Code.SEVERAL_INCOMPLETE: lambda: _(
        "Only one slip may stay incomplete, not {slips}. Take the rest, or take units off."
    ),
    Code.NOTHING_TO_INVOICE: lambda: _("Nothing is on the invoice. Choose slips or scan units first."),
    Code.TOO_MANY_KEPT: lambda: _("Line {line} has {units} units: choose fewer kept serials."),
    Code.NO_NUMBERS: lambda: _("The server has not given this terminal its numbers yet. Wait for the link, try again."),
    Code.NOT_A_SERIAL: lambda: _("{serial} is a code of something else, no serial. Scan the serial."),
    Code.RECALLED: lambda: _("{serial} is recalled: {reason}. Put the unit aside and tell a supervisor."),
    Code.MALFORMED_EVENT: lambda: _("The server could not read this entry. Tell the office."),
    Code.CLONED_TERMINAL: lambda: _("Another device sends as this one. Stop, and tell the office."),
}

_VARIANTS: Mapping[Code, tuple[str, Mapping[str, Callable[[], str]]]] = {
    Code.MISSING_DUTY: ("action", {"reverse": lambda: _("You may not reverse documents. Ask a supervisor.")}),
    Code.SERIAL_CASE: (
        "case",
        {
            "upper": lambda: _("{serial} has small letters; this item's serials have capitals. Check Caps Lock."),
            "lower": lambda: _("{serial} has capitals; this item's serials have small letters. Check Caps Lock."),
        },
    ),
    Code.OTHER_ORDER: (
        "order",
        {"": lambda: _("{document} is a counter sale and of no order. Put the unit aside.")},
    ),
    Code.CHANGED_MEANWHILE: (
        "type",
        {"sale-line-set": lambda: _("Someone changed sale {document} meanwhile. Look again, then set the units.")},
    ),
    Code.NOT_A_SERIAL: (
        "what",
        {
            "item": lambda: _("{serial} is an item's barcode, no serial. Scan the serial."),
            "document": lambda: _("{serial} is a document's number, no serial. Scan the serial."),
            "operator": lambda: _("{serial} is an operator's badge, no serial. Scan the serial."),
            "location": lambda: _("{serial} is a shelf's label, no serial. Scan the serial."),
        },
    ),
}
"""What is said by the value of one of a refusal's parameters, where there is more to say than `_REFUSALS` does."""

_NAMED: Mapping[str, Callable[[], str]] = {
    "item": lambda: _("{code} is the barcode of an item that is not on this slip. Scan the serial."),
    "unit": lambda: _("{item} is not on this slip. Put the unit {code} aside."),
    "document": lambda: _("{code} is a document, no serial. Another slip? {key_f3} first."),
    "other-document": lambda: _("{code} is another document. Press {key_f3}, then scan it."),
    "command": lambda: _("{code} is no command of this site. Take the site's own sheet."),
    "unknown-item": lambda: _("No item has the product code {code}. Scan the serial, or ask the office."),
    "no-serial": lambda: _("{code} holds no serial. Scan the serial."),
}

_WRONG: Mapping[str, Callable[[], str]] = {
    "check": lambda: _("{code} was misread or misprinted: its check digit is wrong. Scan it again."),
    "charset": lambda: _("{code} holds a sign that has no place there. Scan the right label."),
    "date": lambda: _("{code} says a date that there is not. Type the serial instead."),
    "too_short": lambda: _("The end of {code} is missing. Scan it again."),
    "truncated": lambda: _("The end of {code} is missing. Scan it again."),
    "glued": lambda: _("{code} is two codes in one. Scan it again."),
    "": lambda: _("{code} breaks the rules of its own kind of barcode. Scan another label, or type the serial."),
}

_TROUBLES: Mapping[str, Callable[[], str]] = {
    "full": lambda: _("The disk is full: scans can't be stored. Free space, then press Enter."),
    "read-only": lambda: _("The disk can't be written: scans can't be stored. Have it checked, then press Enter."),
    "damaged": lambda: _("The journal is damaged. Press Enter: it is set aside and a new one begun."),
    "in-use": lambda: _("Another copy of this program is running here. Close it, then press Enter."),
    "input-output": lambda: _("The disk gives errors: scans can't be stored. Have it checked, then press Enter."),
    "newer": lambda: _("The journal was made by a newer version. Update this program, then start it again."),
}

_TODO: Mapping[str, Callable[[], str]] = {
    "registered": lambda: _("Take this unit off the pallet, or scan another in its place."),
    "not-readable": lambda: _("Check how many units are on the line."),
    "removed": lambda: _("The unit counts again. Check the line."),
    "undone": lambda: _("Check the line."),
    "posting-requested": lambda: _("Open the slip, check it, and post again."),
    "posting-withdrawn": lambda: _("The slip was posted before. Ask the office for a correction."),
    "slip-drafted": lambda: _("Keep the units here, and ask the office what is left to ship."),
    "invoice-drafted": lambda: _("Draft the invoice again."),
    "units-drawn": lambda: _("Open the invoice and check what is on it."),
    "units-returned": lambda: _("Open the invoice and check what is on it."),
    "serial-corrected": lambda: _("The serial stays as it was. Open the document and look."),
    "slip-reversed": lambda: _("The slip stands as it was. Ask the office."),
    "sale-line-set": lambda: _("Check the sale."),
}

_DEEDS: Mapping[str, Callable[[], str]] = {
    "registered": lambda: _("Serial {serial} on {document}"),
    "not-readable": lambda: _("Not readable on {document}"),
    "removed": lambda: _("Removal of {serial} from {document}"),
    "undone": lambda: _("Undo on {document}"),
    "posting-requested": lambda: _("Posting of {document}"),
    "posting-withdrawn": lambda: _("Withdrawal of posting {document}"),
    "slip-drafted": lambda: _("Draft of {document}"),
    "invoice-drafted": lambda: _("Draft of {document}"),
    "units-drawn": lambda: _("Units for invoice {document}"),
    "units-returned": lambda: _("Units off invoice {document}"),
    "serial-corrected": lambda: _("Correction to {serial} on {document}"),
    "slip-reversed": lambda: _("Reversal of {document}"),
    "sale-line-set": lambda: _("Sale {document}"),
}

_BRIEF_DEEDS: Mapping[str, Callable[[], str]] = {
    "registered": lambda: _("Serial {serial}"),
    "removed": lambda: _("Removal of {serial}"),
    "serial-corrected": lambda: _("Correction to {serial}"),
}
"""What ends with the serial where the whole doesn't fit; the others end with the document anyway."""

_NOT_SCANS: Mapping[str, Callable[[], str]] = {
    "too-long": lambda: _("That code is longer than any serial. Scan the right label."),
    "undecodable": lambda: _("The scanner sent {excerpt}, which is no text. Check its settings."),
    "broken-off": lambda: _("A scan broke off after {excerpt}. Scan it again."),
    "typed-before": lambda: _("{excerpt} was typed before the scan, so nothing was taken. Scan again."),
    "noise": lambda: _("The scanner sent noise: {excerpt}. Scan again."),
}


def refusal_sentence(refusal: Refusal, zone: str, *, sells_again: bool = False) -> str:
    """Say why not. `zone` is the site's time zone (D12); `sells_again`: its key works where this is said (S22)."""
    values = {name: _value(name, value, zone) for name, value in refusal.parameters.items()}
    by, variants = _VARIANTS.get(refusal.code, ("", {}))
    sentence = variants.get(str(refusal.parameters.get(by)), _REFUSALS[refusal.code])
    if sells_again and refusal.code is Code.SOLD_BEFORE:
        return _filled(_("{serial} was sold on invoice {invoice}. {key_f9} sells it again."), {**values, **labels()})
    return _filled(sentence(), {**values, **labels()})


def trouble_sentence(trouble: str) -> str:
    """Say what is the matter with the journal."""
    return _TROUBLES.get(trouble, _TROUBLES["input-output"])()


def named_wrongly(named: NotHere, *, takes: bool = True) -> str:
    """Say that a code names something that is no serial here, or is no whole code.

    `takes`: whether serials are taken here at all. Where they are not, another document was what they wanted.
    """
    if named.what == "wrong":
        check = named.error.endswith(("check_digit", "check_digits", "check_character"))
        sentence = _WRONG.get("check" if check else named.error, _WRONG[""])()
    else:
        sentence = _NAMED["other-document" if named.what == "document" and not takes else named.what]()
    return _filled(sentence, {"code": _cut(named.code.strip()), "item": _cut(named.item), **labels()})


def not_a_scan(reason: str, excerpt: str) -> str:
    """Say what arrived instead of a scan."""
    return _filled(_NOT_SCANS.get(reason, _NOT_SCANS["noise"])(), {"excerpt": _cut(excerpt)})


def problem_title(problem: Problem, *, brief: bool = False) -> str:
    """Name a problem in a few words; `brief`: those that end with its serial, or with its document if it has none."""
    values = {"serial": problem.serial or _("(not readable)"), "document": problem.document}
    deeds = {**_DEEDS, **_BRIEF_DEEDS} if brief else _DEEDS
    return _filled(deeds.get(problem.type, lambda: _("Entry on {document}"))(), values)


def problem_text(problem: Problem, zone: str, *, sells_again: bool = False) -> str:
    """Say what happened to an event the server refused, and what to do; `sells_again` as for a refusal."""
    if problem.outcome == "key-reuse":
        why = _REFUSALS[Code.CLONED_TERMINAL]()
    elif problem.refusal is not None:
        why = refusal_sentence(problem.refusal, zone, sells_again=sells_again)
    else:
        why = _("The server refused it.")
    posted = problem.refusal is not None and problem.refusal.code is Code.DOCUMENT_POSTED
    todo = _TODO.get(problem.type, lambda: "")()
    if problem.outcome == "duplicate":
        why = _("The server was set back, and had this already. What others did before it may still change it.")
        todo = _("Open the document and see that it is as you left it.")
    elif posted and problem.type in {"registered", "not-readable"}:
        todo = _("The slip left without it: take the unit off the pallet.")
    elif posted and problem.type == "posting-requested":
        why = _("Somebody else posted it first.")
        todo = _("Open the slip and compare it with the pallet.")
    parts = [problem_title(problem) + ":", why]
    if problem.details:
        parts.append(_("Difference: {list}.").format(list=", ".join(problem.details[:20])))
    return " ".join(part for part in (*parts, todo) if part)


def clock_time(recorded_at: str, zone: str) -> str:
    """Give a recorded time as people at the site read it: the hour today, the date as well otherwise (D12)."""
    try:
        at = datetime.fromisoformat(recorded_at).astimezone(zone_of(zone))
    except (ValueError, OverflowError):
        return recorded_at
    same_day = at.date() == datetime.now(at.tzinfo).date()
    return at.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M")


def day(recorded_at: str, zone: str) -> str:
    """Give the day of a recorded time, as the calendar at the site has it (D12)."""
    try:
        return datetime.fromisoformat(recorded_at).astimezone(zone_of(zone)).date().isoformat()
    except (ValueError, OverflowError):
        return recorded_at


def today(zone: str) -> date:
    """Give the day that it is at the site (D12)."""
    return datetime.now(zone_of(zone)).date()


def zone_of(name: str) -> tzinfo:
    """Give the site's time zone; UTC where its name is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _value(name: str, value: str | int, zone: str) -> str:
    if name == "at":
        return clock_time(str(value), zone)
    if name == "character" and value == "U+0020":
        return _("a space")
    if name == "missing" and isinstance(value, int):
        return plural("{n} unit", "{n} units", value)
    if name == "duty":
        return _DUTIES.get(str(value), lambda: str(value))()
    text = mask_example(str(value)) if name == "mask" else str(value)
    if name in {"reason", "slips"}:
        return text.rstrip(". ") if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + CUT
    return _cut(text)


def _cut(text: str) -> str:
    """Echo a value: of a long one its tail, which tells units apart."""
    return text if len(text) <= LONGEST_ECHO else CUT + text[1 - LONGEST_ECHO :]


class _Given(dict[str, str]):
    """Parameters of a sentence; a newer server may leave one out."""

    def __missing__(self, key: str) -> str:
        return "?"


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    """Fill a sentence. The values are never looked at as formats."""
    return sentence.format_map(_Given(values))
