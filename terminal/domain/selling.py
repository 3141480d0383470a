"""A counter sale: packing slip and invoice in one, without an order (S21)."""

from __future__ import annotations

from msgspec.structs import replace

from terminal.domain.documents import Duty, Kind, Line, Operator, PackingSlip, SlipStatus
from terminal.domain.events import SaleLineSet
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import not_draft


def sell_one_more(records: Records, who: Operator, number: str, item: str) -> SaleLineSet | Refusal:
    """Put one more unit of an item on a sale; the first one begins the sale."""
    lines = records.lines(number)
    known = next((line for line in lines if line.item == item), None)
    if known is not None:
        return set_sale_line(records, who, number, known.number, item, known.units + 1)
    return set_sale_line(records, who, number, 1 + max((line.number for line in lines), default=0), item, 1)


def set_sale_line(
    records: Records, who: Operator, number: str, line: int, item: str, units: int
) -> SaleLineSet | Refusal:
    """Sell so many units of an item on a line of a sale; 0 takes the line's units off again."""
    if Duty.REGISTER not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    sale = records.slip(number)
    if sale is not None:
        if sale.kind != Kind.COUNTER_SALE:
            return refuse(Code.NUMBER_TAKEN, document=number)
        closed = not_draft(records, number)
        if closed is not None:
            return closed
    known = records.item(item)
    if known is None:
        return refuse(Code.UNKNOWN_ITEM, item=item)
    if known.blocked:
        return refuse(Code.BLOCKED, item=item)
    at = records.line(number, line)
    if line < 1 or (at is not None and at.item != item):
        return refuse(Code.UNKNOWN_LINE, document=number, line=line)
    return SaleLineSet(number, line, item, units, 0 if at is None else at.units)


def sale_line_of(records: Records, event: SaleLineSet) -> tuple[PackingSlip | None, Line]:
    """Make the line that an event stands for, and the sale where this is its first line.

    Raises:
        LookupError: the item is not in the records; `set_sale_line` would have refused.
    """
    item = records.item(event.item)
    if item is None:
        raise LookupError(event.item)
    known = records.line(event.document, event.line)
    if known is not None:
        return None, replace(known, units=event.units)  # its tracking flags are frozen (D8)
    line = Line(
        document=event.document,
        number=event.line,
        item=item.number,
        description=item.description,
        units=event.units,
        tracking=item.tracking.in_force(),
        catch_weight=item.catch_weight,
    )
    if records.slip(event.document) is not None:
        return None, line
    return PackingSlip(event.document, "", "", SlipStatus.DRAFT, kind=Kind.COUNTER_SALE), line
