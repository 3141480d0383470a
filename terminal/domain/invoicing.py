"""Drafting invoices and choosing what goes on them (S14, D9).

An invoice refers to the registrations of posted slips; where units have none (untracked items, blank issue allowed) it
takes a number of them. Only an invoice without a slip has lines and registrations of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from terminal.domain.documents import Kind, Line, Operator, PackingSlip, Registration, SlipStatus
from terminal.domain.drafting import draft_closed, order_units
from terminal.domain.events import InvoiceDrafted, UnitsDrawn, UnitsReturned
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import draft_open
from terminal.domain.serials import compared


class Share(Struct, frozen=True):
    """How the units of a slip are spread over invoices; lines that were reversed don't count."""

    units: int
    mine: int
    """Units on the invoice in question."""
    invoiced: int
    """Units on posted invoices."""
    elsewhere: int
    """Units on other invoices that are not posted yet."""

    @property
    def left(self) -> int:
        """Units that no invoice has."""
        return self.units - self.mine - self.invoiced - self.elsewhere

    @property
    def incomplete(self) -> bool:
        """Whether the invoice draws on the slip and leaves units of it un-invoiced (S14)."""
        return 0 < self.mine < self.units - self.invoiced


def draft_invoice(
    records: Records, who: Operator, number: str, order: str, units: Mapping[int, int]
) -> InvoiceDrafted | Refusal:
    """Draft an invoice for an order: an empty one to choose units for, or with `units` per order line that it ships."""
    closed = draft_closed(records, who, number, order)
    if closed is not None:
        return closed
    if not units:
        return InvoiceDrafted(number, order)
    wanted = order_units(records, order, units)
    return wanted if isinstance(wanted, Refusal) else InvoiceDrafted(number, order, wanted)


def draw_units(
    records: Records, who: Operator, document: str, slip: str, line: int, registrations: Collection[str], units: int
) -> UnitsDrawn | Refusal:
    """Put units of a posted slip's line on an invoice: registrations by name, and `units` that have none (S14).

    Units that are on it already do no harm beside others that are not: two operators may take the same slip.
    """
    place = _place(records, who, document, slip, line)
    if isinstance(place, Refusal):
        return place
    fresh = not registrations or units > 0
    for id in registrations:
        found = records.registration(id)
        if found is None or not found.live or (found.document, found.line) != (slip, line):
            return refuse(Code.NOT_KNOWN_HERE, serial=(found.serial or "") if found else "")
        if found.invoice and found.invoice != document:
            return refuse(Code.ON_OTHER_INVOICE, serial=found.serial or "", invoice=found.invoice)
        if not found.invoice:
            fresh = True
    if not fresh:
        return refuse(Code.ALREADY_ON_INVOICE, serial=_first_serial(records, registrations), document=document)
    left = plain_left(records, place)
    if units > left:
        return refuse(Code.MORE_THAN_SHIPPED, document=slip, line=line, left=left, wanted=units)
    if not registrations and not units:
        return refuse(Code.NOTHING_TO_INVOICE, document=document)
    return UnitsDrawn(document, slip, line, tuple(registrations), units)


def draw_serial(records: Records, who: Operator, document: str, scanned: str) -> UnitsDrawn | Refusal:
    """Put the unit with a scanned serial on an invoice, from whichever posted slip of its order has it (S14)."""
    found = _shipped_serial(records, who, document, scanned)
    if isinstance(found, Refusal):
        return found
    return draw_units(records, who, document, found.document, found.line, (found.id,), 0)


def return_units(
    records: Records, who: Operator, document: str, slip: str, line: int, registrations: Collection[str], units: int
) -> UnitsReturned | Refusal:
    """Take units off an invoice that is not posted; some of them may be off it already."""
    closed = _invoice_open(records, who, document)
    if closed is not None:
        return closed
    there = [r for r in map(records.registration, registrations) if r is not None and r.invoice == document]
    mine = sum(each.units for each in records.draws(document) if (each.slip, each.line) == (slip, line))
    if registrations and not there and not (units and mine):
        return refuse(Code.NOT_ON_INVOICE, serial=_first_serial(records, registrations), document=document)
    if any((r.document, r.line) != (slip, line) for r in there):  # still on it, so this refusal is no harmless one
        return refuse(Code.CHANGED_MEANWHILE, serial=_first_serial(records, registrations), document=document)
    if units > mine and (mine or there):
        return refuse(Code.MORE_THAN_SHIPPED, document=slip, line=line, left=mine, wanted=units)
    if units > mine or (not registrations and not units):
        return refuse(Code.NOT_ON_INVOICE, serial="", document=document)
    return UnitsReturned(document, slip, line, tuple(registrations), units)


def return_serial(records: Records, who: Operator, document: str, scanned: str) -> UnitsReturned | Refusal:
    """Take the unit with a scanned serial off an invoice (S7 REMOVE)."""
    found = _shipped_serial(records, who, document, scanned)
    if isinstance(found, Refusal):
        return found
    return return_units(records, who, document, found.document, found.line, (found.id,), 0)


def rest_of_slip(records: Records, document: str, slip: str) -> Sequence[UnitsDrawn]:
    """Give what puts everything of a slip that no invoice has on this one: an event for each line."""
    found = []
    held = list(records.live_registrations(slip))
    for line in records.lines(slip):
        if line.reversed:
            continue
        free = tuple(r.id for r in held if r.line == line.number and not r.invoice)
        plain = plain_left(records, line)
        if free or plain:
            found.append(UnitsDrawn(document, slip, line.number, free, plain))
    return found


def plain_left(records: Records, line: Line) -> int:
    """Count the units of a slip's line that have no registration and are on no invoice."""
    drawn = sum(each.units for each in records.draws_on(line.document) if each.line == line.number)
    return max(0, line.units - records.tally(line.document, line.number).registered - drawn)


def share_of(records: Records, document: str, slip: str) -> Share:
    """Count how the units of a slip are spread over this invoice and others (S14)."""
    lines = {line.number: line.units for line in records.lines(slip) if not line.reversed}
    counts = {"mine": 0, "invoiced": 0, "elsewhere": 0}
    for registration in records.live_registrations(slip):
        if registration.line in lines and registration.invoice:
            counts[_whose(registration.invoice, registration.invoiced, document)] += 1
    for each in records.draws_on(slip):
        if each.line in lines:
            counts[_whose(each.invoice, each.invoiced, document)] += each.units
    return Share(sum(lines.values()), **counts)


def incomplete_slips(records: Records, document: str) -> Sequence[str]:
    """Name the slips that an invoice draws on without charging all that is left of them; one is allowed (S14)."""
    slips = {each.document for each in records.drawn(document)} | {each.slip for each in records.draws(document)}
    return [slip for slip in sorted(slips) if share_of(records, document, slip).incomplete]


def invoice_obstacles(records: Records, document: str) -> tuple[Refusal, ...]:
    """Name what keeps an invoice that draws on slips from being posted (S14)."""
    if not any(True for _ in records.drawn(document)) and not records.draws(document):
        return (refuse(Code.NOTHING_TO_INVOICE, document=document),)
    incomplete = incomplete_slips(records, document)
    if len(incomplete) > 1:
        return (refuse(Code.SEVERAL_INCOMPLETE, document=document, slips=", ".join(incomplete)),)
    return ()


def slips_to_invoice(records: Records, order: str) -> Sequence[PackingSlip]:
    """Give the posted slips of an order that an invoice can draw on."""
    return [
        slip
        for slip in records.documents_of(order)
        if slip.kind == Kind.PACKING_SLIP and slip.status is SlipStatus.POSTED
    ]


def _shipped_serial(records: Records, who: Operator, document: str, scanned: str) -> Registration | Refusal:
    """Find the unit of a scanned serial on the posted slips of an open invoice's order."""
    closed = _invoice_open(records, who, document)
    if closed is not None:
        return closed
    serial = scanned.strip(" \t\r\n")
    if not serial:
        return refuse(Code.EMPTY_SERIAL)
    invoice = records.slip(document)
    order = "" if invoice is None else invoice.order
    items = {line.item for slip in slips_to_invoice(records, order) for line in records.lines(slip.number)}
    for number in sorted(items):
        item = records.item(number)
        if item is None:
            continue
        found = records.holder(number, compared(serial, item.serial_form))
        slip = None if found is None else records.slip(found.document)
        if found is None or slip is None:
            continue
        if slip.order != order:
            return refuse(Code.OTHER_ORDER, serial=serial, document=slip.number, order=slip.order)
        if slip.status is not SlipStatus.POSTED:
            return refuse(Code.NOT_POSTED, serial=serial, document=slip.number)
        return found
    return refuse(Code.NOT_SHIPPED, serial=serial, order=order)


def _whose(invoice: str, invoiced: bool, document: str) -> str:
    return "mine" if invoice == document else "invoiced" if invoiced else "elsewhere"


def _first_serial(records: Records, registrations: Collection[str]) -> str:
    found = next((r for r in map(records.registration, registrations) if r is not None), None)
    return (found.serial or "") if found is not None else ""


def _invoice_open(records: Records, who: Operator, document: str) -> Refusal | None:
    """Say why this operator can't choose units for this document now, or None."""
    closed = draft_open(records, who, document)
    if closed is not None:
        return closed
    invoice = records.slip(document)
    if invoice is None or invoice.kind != Kind.INVOICE or records.lines(document):
        return refuse(Code.NOT_AN_INVOICE, document=document)
    return None


def _place(records: Records, who: Operator, document: str, slip: str, line: int) -> Line | Refusal:
    """Find the line of a posted slip that an open invoice may draw on."""
    closed = _invoice_open(records, who, document)
    if closed is not None:
        return closed
    invoice, shipped = records.slip(document), records.slip(slip)
    if invoice is None or shipped is None:
        return refuse(Code.UNKNOWN_DOCUMENT, document=slip)
    if shipped.kind != Kind.PACKING_SLIP:
        return refuse(Code.NOT_A_SLIP, document=slip)
    if shipped.order != invoice.order:
        return refuse(Code.OTHER_ORDER, serial="", document=slip, order=shipped.order)
    if shipped.status is not SlipStatus.POSTED:
        return refuse(Code.NOT_POSTED, serial="", document=slip)
    at = records.line(slip, line)
    if at is None:
        return refuse(Code.UNKNOWN_LINE, document=slip, line=line)
    return refuse(Code.LINE_REVERSED, document=slip, line=line) if at.reversed else at
