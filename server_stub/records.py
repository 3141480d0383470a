"""What the rules look up, answered from the tables: one statement or two each, and an index for every one.

Slips, lines and tallies that were looked up are kept until the transaction ends, because nobody else can write
meanwhile; tallies are counters on the line and are never counted by scanning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import bindparam, false, func, literal_column, select, union_all

from server_stub.masterdata import MasterData, group_from
from server_stub.prepared import Driver, Prepared, Row
from server_stub.tables import (
    draw,
    event,
    item,
    item_reference,
    operator,
    order_line,
    registration,
    sales_order,
    slip,
    slip_line,
)
from terminal.domain.documents import (
    Draw,
    Item,
    Line,
    OrderLine,
    PackingSlip,
    Registration,
    SalesOrder,
    SlipStatus,
    Tally,
)
from terminal.domain.events import NotReadable, Registered, Removed
from terminal.domain.records import Named, PastEvent

UNDOABLE = (Registered.type, NotReadable.type, Removed.type)
"""The types of events that an undo can name (D3)."""

slips = select(
    slip.c.number,
    slip.c.order,
    slip.c.customer,
    slip.c.status,
    slip.c.site,
    slip.c.kind,
    slip.c.posted_at,
)
lines = select(
    slip_line.c.document,
    slip_line.c.number,
    slip_line.c.item,
    slip_line.c.description,
    slip_line.c.units,
    slip_line.c.catch_weight,
    slip_line.c.order_line,
    slip_line.c.location,
    slip_line.c.reversed,
    slip_line.c.tracking_group,
    slip_line.c.active_in_sales_process,
    slip_line.c.serial_number_control,
    slip_line.c.blank_issue_allowed,
    slip_line.c.other_options,
)
registrations = select(
    registration.c.id,
    registration.c.document,
    registration.c.line,
    registration.c.item,
    registration.c.serial,
    registration.c.key,
    registration.c.operator,
    registration.c.terminal,
    registration.c.recorded_at,
    registration.c.live,
    registration.c.lot,
    registration.c.expiry,
    registration.c.package,
    registration.c.invoice,
    registration.c.invoiced,
    registration.c.came_from,
    registration.c.returned,
    registration.c.sold_before,
    registration.c.gtin,
)
order_lines = select(
    order_line.c.number,
    order_line.c.item,
    order_line.c.units,
    order_line.c.taken,
    order_line.c.negative,
)
_draws = select(draw.c.invoice, draw.c.slip, draw.c.line, draw.c.units, draw.c.invoiced).order_by(
    draw.c.invoice, draw.c.slip, draw.c.line
)
_past = select(event.c.id, event.c.type, event.c.document, event.c.operator, event.c.body, event.c.undone).where(
    event.c.type.in_([bindparam(f"type{n}", kind) for n, kind in enumerate(UNDOABLE)]),
    event.c.outcome == "accepted",
)

_SLIP = Prepared(slips.where(slip.c.number == bindparam("number")))
_LINE = Prepared(lines.where(slip_line.c.document == bindparam("document"), slip_line.c.number == bindparam("number")))
_LINES = Prepared(lines.where(slip_line.c.document == bindparam("document")).order_by(slip_line.c.number))
_TALLY = Prepared(
    select(slip_line.c.serials, slip_line.c.blanks).where(
        slip_line.c.document == bindparam("document"), slip_line.c.number == bindparam("number")
    )
)
_ORDER = Prepared(
    select(sales_order.c.number, sales_order.c.customer, sales_order.c.site).where(
        sales_order.c.number == bindparam("number")
    )
)
_ORDER_LINES = Prepared(order_lines.where(order_line.c.order == bindparam("order")).order_by(order_line.c.number))
_HOLDER = Prepared(
    registrations.where(
        registration.c.item == bindparam("item"),
        registration.c.key == bindparam("key"),
        registration.c.live,
        registration.c.returned == false(),
    )
)
_NAMES = Prepared(
    union_all(
        *(
            select(literal_column(f"'{what}'")).where(func.lower(column) == bindparam("code"), column.is_not(None))
            for what, column in (
                ("item", item.c.number),
                ("item", item_reference.c.reference),
                ("document", slip.c.number),
                ("document", sales_order.c.number),
                ("operator", operator.c.id),
                ("location", slip_line.c.location),
            )
        )
    ).limit(1)
)
_SOLD_BEFORE = Prepared(
    registrations.where(
        registration.c.item == bindparam("item"),
        registration.c.key == bindparam("key"),
        registration.c.live,
        registration.c.returned,
    )
    .order_by(registration.c.position.desc())
    .limit(1)
)
_REGISTRATION = Prepared(registrations.where(registration.c.id == bindparam("id")))
_NEWEST_BLANK = Prepared(
    registrations.where(
        registration.c.document == bindparam("document"),
        registration.c.line == bindparam("line"),
        registration.c.live,
        registration.c.key.is_(None),
    )
    .order_by(registration.c.position.desc())
    .limit(1)
)
_LIVE = Prepared(
    registrations.where(registration.c.document == bindparam("document"), registration.c.live).order_by(
        registration.c.line, registration.c.position
    )
)
_DOCUMENTS_OF = Prepared(slips.where(slip.c.order == bindparam("order")).order_by(slip.c.number))
_KEPT = Prepared(
    registrations.join(
        slip_line,
        (slip_line.c.document == registration.c.document) & (slip_line.c.number == registration.c.line),
    )
    .join(slip, slip.c.number == slip_line.c.document)
    .where(
        slip.c.order == bindparam("order"),
        slip_line.c.order_line == bindparam("line"),
        slip_line.c.reversed,
        registration.c.live,
    )
    .order_by(registration.c.position)
)
_DRAWN = Prepared(
    registrations.where(
        registration.c.invoice == bindparam("invoice"), registration.c.document != bindparam("own"), registration.c.live
    ).order_by(registration.c.position)
)
_DRAWS = Prepared(_draws.where(draw.c.invoice == bindparam("invoice")))
_DRAWS_ON = Prepared(_draws.where(draw.c.slip == bindparam("slip")))
_PAST = Prepared(_past.where(event.c.id == bindparam("id")))
_NOT_YET_UNDONE = Prepared(
    _past.where(
        event.c.document == bindparam("document"),
        event.c.operator == bindparam("operator"),
        event.c.undone == false(),
    ).order_by(event.c.position.desc())
)


class SqlRecords:
    """The records of one transaction; see `terminal.domain.records.Records`."""

    def __init__(self, driver: Driver, master: MasterData) -> None:
        self._driver = driver
        self._master = master
        self._slips: dict[str, PackingSlip] = {}
        self._lines: dict[tuple[str, int], Line] = {}
        self._tallies: dict[tuple[str, int], Tally] = {}
        self._held: tuple[tuple[str, str], Registration | None] | None = None

    def forget(self, document: str | None = None, line: int | None = None) -> None:
        """Look a slip's head up anew, one of its lines, or everything: after a change, or what was taken back."""
        if document is not None:
            if line is None:
                self._slips.pop(document, None)
            else:
                self._lines.pop((document, line), None)
            return
        self._slips.clear()
        self._lines.clear()
        self._tallies.clear()
        self.forget_holder()

    def count(self, document: str, line: int, serials: int, blanks: int) -> None:
        """Know of more registrations on a line, or fewer, before they are written down."""
        known = self.tally(document, line)
        self._tallies[document, line] = Tally(known.serials + serials, known.blanks + blanks)

    def slip(self, number: str) -> PackingSlip | None:
        """See `Records`."""
        known = self._slips.get(number)
        if known is None:
            row = self._driver.one(_SLIP, {"number": number})
            if row is not None:
                known = self._slips[number] = slip_from(row)
        return known

    def line(self, document: str, number: int) -> Line | None:
        """See `Records`."""
        known = self._lines.get((document, number))
        if known is None:
            row = self._driver.one(_LINE, {"document": document, "number": number})
            if row is not None:
                known = self._lines[document, number] = line_from(row)
        return known

    def lines(self, document: str) -> Sequence[Line]:
        """See `Records`."""
        return [line_from(row) for row in self._driver.all(_LINES, {"document": document})]

    def tally(self, document: str, line: int) -> Tally:
        """See `Records`."""
        known = self._tallies.get((document, line))
        if known is None:
            row = self._driver.one(_TALLY, {"document": document, "number": line})
            known = self._tallies[document, line] = Tally() if row is None else Tally(row[0], row[1])
        return known

    def item(self, number: str) -> Item | None:
        """See `Records`."""
        return self._master.item(self._driver, number)

    def order(self, number: str) -> SalesOrder | None:
        """See `Records`."""
        row = self._driver.one(_ORDER, {"number": number})
        if row is None:
            return None
        return order_from(row, self._driver.all(_ORDER_LINES, {"order": number}))

    def holder(self, item: str, key: str) -> Registration | None:
        """See `Records`. The rule that judges a scan asks it, and what follows from the scan asks it again."""
        if self._held is None or self._held[0] != (item, key):
            row = self._driver.one(_HOLDER, {"item": item, "key": key})
            self._held = ((item, key), None if row is None else registration_from(row))
        return self._held[1]

    def forget_holder(self) -> None:
        """Ask anew who holds a serial: something has changed."""
        self._held = None

    def names(self, code: str) -> Named:
        """See `Records`. The database writes only ASCII letters small, and so does this."""
        row = self._driver.one(_NAMES, {"code": code.lower() if code.isascii() else code})
        return "" if row is None else row[0]

    def recalled(self, item: str, key: str, lot: str) -> str | None:
        """See `Records`."""
        return self._master.recalled(self._driver, item, key, lot)

    def sold_before(self, item: str, key: str) -> Registration | None:
        """See `Records`."""
        row = self._driver.one(_SOLD_BEFORE, {"item": item, "key": key})
        return None if row is None else registration_from(row)

    def registration(self, id: str) -> Registration | None:
        """See `Records`."""
        row = self._driver.one(_REGISTRATION, {"id": id})
        return None if row is None else registration_from(row)

    def newest_blank(self, document: str, line: int) -> Registration | None:
        """See `Records`."""
        row = self._driver.one(_NEWEST_BLANK, {"document": document, "line": line})
        return None if row is None else registration_from(row)

    def live_registrations(self, document: str) -> Iterable[Registration]:
        """See `Records`."""
        return [registration_from(row) for row in self._driver.all(_LIVE, {"document": document})]

    def documents_of(self, order: str) -> Sequence[PackingSlip]:
        """See `Records`."""
        return [slip_from(row) for row in self._driver.all(_DOCUMENTS_OF, {"order": order})] if order else []

    def kept(self, order: str, line: int) -> Sequence[Registration]:
        """See `Records`."""
        if not order:
            return []
        return [registration_from(row) for row in self._driver.all(_KEPT, {"order": order, "line": line})]

    def drawn(self, invoice: str) -> Sequence[Registration]:
        """See `Records`."""
        return [registration_from(row) for row in self._driver.all(_DRAWN, {"invoice": invoice, "own": invoice})]

    def draws(self, invoice: str) -> Sequence[Draw]:
        """See `Records`."""
        return [draw_from(row) for row in self._driver.all(_DRAWS, {"invoice": invoice})]

    def draws_on(self, slip: str) -> Sequence[Draw]:
        """See `Records`."""
        return [draw_from(row) for row in self._driver.all(_DRAWS_ON, {"slip": slip})]

    def past_event(self, id: str) -> PastEvent | None:
        """See `Records`."""
        row = self._driver.one(_PAST, {"id": id})
        return None if row is None else _past_from(row)

    def not_yet_undone(self, document: str, operator: str) -> Iterator[PastEvent]:
        """See `Records`."""
        for row in self._driver.all(_NOT_YET_UNDONE, {"document": document, "operator": operator}):
            yield _past_from(row)


def slip_from(row: Row) -> PackingSlip:
    """Build a slip's head from a row of `slips`."""
    number, order, customer, status, site, kind, posted_at = row
    return PackingSlip(number, order, customer, SlipStatus(status), site, kind, posted_at or "")


def line_from(row: Row) -> Line:
    """Build a line from a row of `lines`."""
    document, number, item, description, units, catch_weight, ordered, location, turned_back, *group = row
    return Line(
        document,
        number,
        item,
        description,
        units,
        group_from(group),
        bool(catch_weight),
        ordered,
        location or "",
        bool(turned_back),
    )


def order_from(row: Row, its_lines: Iterable[Row]) -> SalesOrder:
    """Build an order from its row and rows of `order_lines`; what is left is never negative (S13).

    A negative quantity takes back units that were shipped: nothing more is left to ship for it (S10).
    """
    made = tuple(
        OrderLine(n, item, units, max(0, units - taken), negative) for n, item, units, taken, negative in its_lines
    )
    return SalesOrder(row[0], row[1], made, row[2])


def registration_from(row: Row) -> Registration:
    """Build a registration from a row of `registrations`."""
    id, document, line, item, serial, key, who, where, recorded_at, live, lot, expiry, package, *sold = row
    invoice, invoiced, came_from, returned, sold_before, gtin = sold
    return Registration(
        id,
        document,
        line,
        item,
        serial,
        key,
        who,
        where,
        recorded_at,
        bool(live),
        lot,
        expiry,
        package,
        invoice or "",
        bool(invoiced),
        came_from or "",
        bool(returned),
        sold_before or "",
        gtin,
    )


def draw_from(row: Row) -> Draw:
    """Build what an invoice takes without a registration from its row."""
    invoice, slip, line, units, invoiced = row
    return Draw(invoice, slip, line, units, bool(invoiced))


def _past_from(row: Row) -> PastEvent:
    id, kind, document, operator, body, undone = row
    said = json.loads(body)
    made = said["registration"] if kind == Removed.type else id
    return PastEvent(id, kind, document, said["line"], operator, made, said.get("serial"), bool(undone))
