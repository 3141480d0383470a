"""Drafting a packing slip from an open order: a quantity per line (S13), and what comes along (S12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from terminal.domain.documents import Duty, Kind, Line, Operator, PackingSlip, Registration
from terminal.domain.events import InvoiceDrafted, SlipDrafted
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse


def draft_slip(
    records: Records, who: Operator, number: str, order: str, units: Mapping[int, int], brought: Sequence[str] = ()
) -> SlipDrafted | Refusal:
    """Draft a slip with `units` per order line; a line with 0 units stays off it.

    `brought`: registrations of reversed lines that come along (S12).
    """
    closed = draft_closed(records, who, number, order)
    if closed is not None:
        return closed
    wanted = order_units(records, order, units)
    if isinstance(wanted, Refusal):
        return wanted
    refused = _may_come_along(records, order, dict(wanted), brought)
    return refused or SlipDrafted(number, order, wanted, tuple(brought))


def draft_closed(records: Records, who: Operator, number: str, order: str) -> Refusal | None:
    """Say why an operator can't draft a document of an order under a number, or None."""
    if Duty.REGISTER not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    if records.order(order) is None:
        return refuse(Code.UNKNOWN_ORDER, order=order)
    if records.slip(number) is not None:
        return refuse(Code.NUMBER_TAKEN, document=number)
    return None


def order_units(records: Records, order: str, units: Mapping[int, int]) -> tuple[tuple[int, int], ...] | Refusal:
    """Check units per order line against what is left (S13); gives order line and units, without the zeros."""
    known = records.order(order)
    if known is None:
        return refuse(Code.UNKNOWN_ORDER, order=order)
    wanted = {line: n for line, n in sorted(units.items()) if n != 0}
    if not wanted:
        return refuse(Code.NOTHING_TO_SHIP, order=order)
    left = {line.number: line for line in known.lines}
    for line, n in wanted.items():
        if line not in left:
            return refuse(Code.UNKNOWN_LINE, document=order, line=line)
        item = records.item(left[line].item)
        if item is None:
            return refuse(Code.UNKNOWN_ITEM, item=left[line].item)
        if item.blocked:
            return refuse(Code.BLOCKED, item=item.number, line=line)
        if n < 0 or n > left[line].left:
            return refuse(Code.MORE_THAN_LEFT, line=line, left=left[line].left, wanted=n)
    return tuple(wanted.items())


def slip_of(records: Records, drafted: SlipDrafted | InvoiceDrafted) -> tuple[PackingSlip, tuple[Line, ...]]:
    """Make the slip or invoice and its lines that a draft stands for; tracking flags are frozen here (D8).

    Raises:
        LookupError: order or item is not in the records; `draft_slip` would have refused.
    """
    order = records.order(drafted.order)
    if order is None:
        raise LookupError(drafted.order)
    ordered = {line.number: line for line in order.lines}
    lines = []
    for number, (order_line, units) in enumerate(drafted.lines, 1):
        item = records.item(ordered[order_line].item)
        if item is None:
            raise LookupError(ordered[order_line].item)
        lines.append(
            Line(
                document=drafted.document,
                number=number,
                item=item.number,
                description=item.description,
                units=units,
                tracking=item.tracking.in_force(),
                catch_weight=item.catch_weight,
                order_line=order_line,
            )
        )
    kind = Kind.INVOICE if isinstance(drafted, InvoiceDrafted) else Kind.PACKING_SLIP
    return PackingSlip(drafted.document, order.number, order.customer, site=order.site, kind=kind), tuple(lines)


def brought_along(records: Records, drafted: SlipDrafted, lines: Sequence[Line]) -> Sequence[Registration]:
    """Give the kept registrations as they stand on the lines of the new slip (S12)."""
    number = {line.order_line: line.number for line in lines}
    made = []
    for id in drafted.brought:
        found = records.registration(id)
        line = None if found is None else records.line(found.document, found.line)
        if found is not None and line is not None and line.order_line in number:
            place = number[line.order_line]
            made.append(replace(found, document=drafted.document, line=place, came_from=found.document))
    return made


def _may_come_along(records: Records, order: str, units: Mapping[int, int], brought: Sequence[str]) -> Refusal | None:
    """Say why registrations can't come along on a new slip, or None (S12)."""
    left = dict(units)
    kept = {r.id: line for line in units for r in records.kept(order, line)}
    for id in brought:
        if id not in kept:
            found = records.registration(id)
            return refuse(Code.NOT_KNOWN_HERE, serial=(found.serial or "") if found else "")
        left[kept.pop(id)] -= 1
    for line, n in left.items():
        if n < 0:
            return refuse(Code.TOO_MANY_KEPT, order=order, line=line, units=units[line])
    return None
