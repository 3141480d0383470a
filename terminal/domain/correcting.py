"""Mending what was posted: a serial replaced, a blank filled, a slip or one of its lines reversed (S9–S12, S17)."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Duty, Kind, Line, Operator, PackingSlip, Policies, Registration, SlipStatus
from terminal.domain.events import SerialCorrected, SlipReversed
from terminal.domain.read_along import kept
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import draft_open, held, wrong_unit
from terminal.domain.serials import compared, read_serial


def correct_serial(
    records: Records,
    who: Operator,
    policies: Policies,
    document: str,
    registration: str,
    scanned: str,
    reason: str,
    along: tuple[str, str, str] = ("", "", ""),
) -> SerialCorrected | Refusal:
    """Replace a serial on a unit that is not invoiced (S10), or fill a blank (S9).

    On a draft only blanks: a wrong serial is removed there and the right one scanned. A filled blank needs no reason,
    because the serial that turned up is one. `along`: GTIN, lot and expiry, as far as the new symbol said them.
    """
    found = records.registration(registration)
    if found is None or not found.live or found.document != document:
        return refuse(Code.NOT_KNOWN_HERE, serial="")
    slip, line, item = records.slip(document), records.line(document, found.line), records.item(found.item)
    if slip is None:
        return refuse(Code.UNKNOWN_DOCUMENT, document=document)
    if line is None:
        return refuse(Code.UNKNOWN_LINE, document=document, line=found.line)
    if item is None:
        return refuse(Code.UNKNOWN_ITEM, item=found.item)
    refused = _may_correct(records, who, slip, line, found) or _reason_missing(policies, reason, found)
    if refused is not None:
        return refused
    gtin, lot, expiry = kept(*along)
    serial = read_serial(scanned, item.serial_form)
    if isinstance(serial, Refusal):
        return serial
    if serial == found.serial:
        return refuse(Code.SAME_SERIAL, serial=serial)
    wrong = wrong_unit(records, item, serial, lot)
    if wrong is not None:
        return wrong
    holder = records.holder(found.item, compared(serial, item.serial_form))
    if holder is not None and holder.id != found.id:
        return held(holder, document, found.line, serial)
    return SerialCorrected(document, found.line, found.id, found.serial, serial, reason, gtin, lot, expiry)


def reverse_slip(
    records: Records, who: Operator, policies: Policies, document: str, line: int, reason: str
) -> SlipReversed | Refusal:
    """Reverse a posted slip, or one line of it, in full (S11). `line` 0 is the whole slip.

    A line whose order line has a negative quantity stays as it is (S10): its units were taken back already, and a
    reversal would give them to the order to be shipped once more.
    """
    if Duty.CORRECT_SERIALS not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.CORRECT_SERIALS, action="reverse")
    slip = records.slip(document)
    if slip is None:
        return refuse(Code.UNKNOWN_DOCUMENT, document=document)
    if slip.kind != Kind.PACKING_SLIP:
        return refuse(Code.NOT_A_SLIP, document=document)
    closed = _posted(slip)
    if closed is not None:
        return closed
    wanted = lines_to_reverse(records, document, line)
    if line and records.line(document, line) is None:
        return refuse(Code.UNKNOWN_LINE, document=document, line=line)
    if not wanted:
        return refuse(Code.LINE_REVERSED, document=document, line=line)
    for each in wanted:
        invoice = posted_invoice_of(records, document, each.number)
        if invoice:
            return refuse(Code.INVOICED, document=document, line=each.number, invoice=invoice)
        taken_back = _taken_back(records, slip, each)
        if taken_back is not None:
            return taken_back
    if not _known_reason(policies, reason):
        return refuse(Code.REASON_MISSING)
    return SlipReversed(document, line, reason)


def lines_to_reverse(records: Records, document: str, line: int) -> Sequence[Line]:
    """Give the lines that a reversal is about: those not reversed yet. `line` 0 is all of them."""
    return [each for each in records.lines(document) if not each.reversed and line in (0, each.number)]


def posted_invoice_of(records: Records, document: str, line: int) -> str:
    """Name a posted invoice that charges units of a line; empty where there is none."""
    for registration in records.live_registrations(document):
        if registration.line == line and registration.invoiced:
            return registration.invoice
    return next((each.invoice for each in records.draws_on(document) if each.line == line and each.invoiced), "")


def _may_correct(records: Records, who: Operator, slip: PackingSlip, line: Line, found: Registration) -> Refusal | None:
    """Say why this registration's serial has to stay as it is, or None."""
    if slip.status is SlipStatus.DRAFT:
        closed = draft_open(records, who, slip.number)
        return closed or (None if found.blank else refuse(Code.STILL_DRAFT, document=slip.number))
    if Duty.CORRECT_SERIALS not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.CORRECT_SERIALS)
    if found.invoiced or found.returned:  # what was sold again was charged, also where that has to be heard anew
        return refuse(Code.INVOICED, document=slip.number, line=line.number, invoice=found.invoice or slip.number)
    closed = _posted(slip)
    if closed is not None:
        return closed
    if line.reversed:
        return refuse(Code.LINE_REVERSED, document=slip.number, line=line.number)
    return _taken_back(records, slip, line)


def _taken_back(records: Records, slip: PackingSlip, line: Line) -> Refusal | None:
    """Refuse to change a line whose order line was corrected by a negative quantity (S10)."""
    order = records.order(slip.order)
    ordered = next((each for each in order.lines if each.number == line.order_line), None) if order else None
    if ordered is not None and ordered.negative:
        return refuse(Code.NEGATIVE_QUANTITY, order=slip.order, line=line.order_line)
    return None


def _posted(slip: PackingSlip) -> Refusal | None:
    match slip.status:
        case SlipStatus.POSTED:
            return None
        case SlipStatus.DRAFT:
            return refuse(Code.STILL_DRAFT, document=slip.number)
        case SlipStatus.POSTING:
            return refuse(Code.POSTING_PENDING, document=slip.number)
        case _:
            return refuse(Code.DOCUMENT_CLOSED, document=slip.number)


def _reason_missing(policies: Policies, reason: str, found: Registration) -> Refusal | None:
    if (found.blank and not reason) or _known_reason(policies, reason):
        return None
    return refuse(Code.REASON_MISSING)


def _known_reason(policies: Policies, reason: str) -> bool:
    """Say whether a reason is on the site's list; a site without a list takes any, and none."""
    return not policies.correction_reasons or reason in policies.correction_reasons
