"""Drafting a packing slip from an open order: quantity per line, all that is left by default (S13)."""

from __future__ import annotations

from collections.abc import Mapping

from terminal.domain.documents import Duty, Line, Operator, PackingSlip, SalesOrder
from terminal.domain.events import SlipDrafted
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse


def all_that_is_left(order: SalesOrder) -> dict[int, int]:
    """Give the default of a draft: every line with all its units that are on no slip yet."""
    return {line.number: line.left for line in order.lines if line.left > 0}


def draft_slip(
    records: Records, who: Operator, number: str, order: str, units: Mapping[int, int]
) -> SlipDrafted | Refusal:
    """Draft a slip with `units` per order line; a line with 0 units stays off it."""
    if Duty.REGISTER not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    known = records.order(order)
    if known is None:
        return refuse(Code.UNKNOWN_ORDER, order=order)
    if records.slip(number) is not None:
        return refuse(Code.NUMBER_TAKEN, document=number)
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
    return SlipDrafted(number, order, tuple(wanted.items()))


def slip_of(records: Records, drafted: SlipDrafted) -> tuple[PackingSlip, tuple[Line, ...]]:
    """Make the slip and its lines that a draft stands for; tracking flags are frozen here (D8).

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
    return PackingSlip(drafted.document, order.number, order.customer, site=order.site), tuple(lines)
