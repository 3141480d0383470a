"""Writing down what an event changes; what it changes is said once, in `terminal.domain.changes`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, select, union, update

from server_stub.prepared import Driver, Prepared
from server_stub.records import SqlRecords
from server_stub.tables import draw, event, former_serial, order_line, registration, slip, slip_line
from terminal.domain.changes import (
    Back,
    Change,
    Charged,
    Gone,
    LineReversed,
    LineSet,
    Made,
    Revised,
    SlipMade,
    StatusChanged,
    UnitsMoved,
)
from terminal.domain.documents import Draw, Line, PackingSlip, Registration, SlipStatus
from terminal.domain.events import Event, Undone


def inserting(table: Table, *without: str) -> Prepared:
    """Prepare the insertion of one row; `without` names columns that the database fills."""
    names = [column.name for column in table.c if column.name not in without]
    return Prepared(insert(table).values({name: bindparam(name) for name in names}))


_INSERT = inserting(registration, "position")
_SET_LIVE = Prepared(update(registration).where(registration.c.id == bindparam("of")).values(live=bindparam("live")))
_COUNT = Prepared(
    update(slip_line)
    .where(slip_line.c.document == bindparam("of"), slip_line.c.number == bindparam("line"))
    .values(
        serials=slip_line.c.serials + bindparam("more_serials"), blanks=slip_line.c.blanks + bindparam("more_blanks")
    )
)
_SET_STATUS = Prepared(
    update(slip)
    .where(slip.c.number == bindparam("of"))
    .values(status=bindparam("status"), changed_at=bindparam("changed_at"))
)
_SET_POSTED = Prepared(
    update(slip)
    .where(slip.c.number == bindparam("of"))
    .values(status=bindparam("status"), changed_at=bindparam("changed_at"), posted_at=bindparam("posted_at"))
)
_REVISE = Prepared(
    update(registration)
    .where(registration.c.id == bindparam("of"))
    .values(
        document=bindparam("document"),
        line=bindparam("line"),
        serial=bindparam("serial"),
        key=bindparam("key"),
        invoice=bindparam("invoice"),
        invoiced=bindparam("invoiced"),
        came_from=bindparam("came_from"),
        returned=bindparam("returned"),
        sold_before=bindparam("sold_before"),
        gtin=bindparam("gtin"),
        lot=bindparam("lot"),
        expiry=bindparam("expiry"),
    )
)
_INSERT_FORMER = inserting(former_serial, "position")
_KEPT_BY_A_LINE = frozenset({"document", "number", "serials", "blanks", "invoiced"})
_SET_LINE = Prepared(
    update(slip_line)
    .where(slip_line.c.document == bindparam("of"), slip_line.c.number == bindparam("at"))
    .values({column.name: bindparam(column.name) for column in slip_line.c if column.name not in _KEPT_BY_A_LINE})
)
_REVERSE_LINE = Prepared(
    update(slip_line)
    .where(slip_line.c.document == bindparam("of"), slip_line.c.number == bindparam("line"))
    .values(reversed=True)
)
_SET_CHANGED = Prepared(update(slip).where(slip.c.number == bindparam("of")).values(changed_at=bindparam("changed_at")))
_DRAW = (draw.c.invoice == bindparam("by"), draw.c.slip == bindparam("of"), draw.c.line == bindparam("at"))
_UNITS_OF_DRAW = Prepared(select(draw.c.units).where(*_DRAW))
_SET_DRAW = Prepared(update(draw).where(*_DRAW).values(units=bindparam("units"), invoiced=bindparam("invoiced")))
_INSERT_DRAW = inserting(draw)
_DELETE_DRAW = Prepared(delete(draw).where(*_DRAW))
_CHARGE_DRAWN = Prepared(
    update(registration).where(registration.c.live, registration.c.invoice == bindparam("of")).values(invoiced=True)
)
_CHARGE_OWN = Prepared(
    update(registration)
    .where(registration.c.live, registration.c.document == bindparam("of"))
    .values(invoice=bindparam("by"), invoiced=True)
)
_CHARGE_DRAWS = Prepared(update(draw).where(draw.c.invoice == bindparam("of")).values(invoiced=True))
_DRAWN_ON = Prepared(
    union(
        select(registration.c.document).where(registration.c.live, registration.c.invoice == bindparam("of")),
        select(draw.c.slip).where(draw.c.invoice == bindparam("by")),
    )
)
_of_line = (registration.c.document == slip_line.c.document, registration.c.line == slip_line.c.number)
_COUNT_INVOICED = Prepared(
    update(slip_line)
    .where(slip_line.c.document == bindparam("of"))
    .values(
        invoiced=select(func.count())
        .select_from(registration)
        .where(*_of_line, registration.c.live, registration.c.invoiced)
        .scalar_subquery()
        + select(func.coalesce(func.sum(draw.c.units), 0))
        .where(draw.c.slip == slip_line.c.document, draw.c.line == slip_line.c.number, draw.c.invoiced)
        .scalar_subquery()
    )
)
_INSERT_SLIP = inserting(slip)
_INSERT_LINE = inserting(slip_line)
_TAKE = Prepared(
    update(order_line)
    .where(order_line.c.order == bindparam("of"), order_line.c.number == bindparam("line"))
    .values(taken=order_line.c.taken + bindparam("more"))
)
_SET_UNDONE = Prepared(update(event).where(event.c.id == bindparam("of")).values(undone=True))


class Books:
    """Records that can be written to, within one transaction."""

    def __init__(self, driver: Driver, records: SqlRecords) -> None:
        self._driver = driver
        self.records = records
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}
        self.touched: set[str] = set()
        """The documents that are other ones by what was applied; whoever tells of them empties it."""

    def apply(self, change: Change, now: str) -> None:
        """Write one change down; `now` is the server's time."""
        self.records.forget_holder()
        match change:
            case Made(made):
                self._make(made)
            case Gone(id):
                self._set_live(id, False)
            case Back(id):
                self._set_live(id, True)
            case StatusChanged(document, status):
                self._set_status(document, status, now)
            case SlipMade(made_slip, lines):
                self.make_slip(made_slip, lines, now)
            case Revised(revised):
                self._revise(revised)
            case LineSet(line):
                self._set_line(line)
            case LineReversed(document, number):
                self._reverse_line(document, number, now)
            case UnitsMoved(moved):
                self._move_units(moved)
            case Charged(document):
                self._charge(document)

    def flush(self) -> None:
        """Write the counters down: once per batch and line, not once per scan."""
        for (document, line), (serials, blanks) in self._counts.items():
            self._driver.do(_COUNT, {"of": document, "line": line, "more_serials": serials, "more_blanks": blanks})
        self._counts.clear()

    def forget(self) -> None:
        """Drop what is known and not written, after a savepoint took everything back."""
        self._counts.clear()
        self.touched.clear()
        self.records.forget()

    def remember(self, said: Event) -> None:
        """Mark what an undo has undone (D3)."""
        if isinstance(said, Undone):
            self._driver.do(_SET_UNDONE, {"of": said.event})

    def make_slip(self, made: PackingSlip, lines: tuple[Line, ...], now: str) -> None:
        """Write a new slip down and take its units from the order (S13)."""
        self._driver.do(
            _INSERT_SLIP,
            {
                "number": made.number,
                "order": made.order,
                "customer": made.customer,
                "status": str(made.status),
                "site": made.site,
                "kind": made.kind,
                "changed_at": now,
                "posted_at": made.posted_at or None,
            },
        )
        self.touched.add(made.number)
        for line in lines:
            self._driver.do(_INSERT_LINE, line_row(line))
            if made.status is not SlipStatus.CANCELLED:
                self._driver.do(_TAKE, {"of": made.order, "line": line.order_line, "more": line.units})

    def _make(self, made: Registration) -> None:
        self._driver.do(
            _INSERT,
            {
                "id": made.id,
                "document": made.document,
                "line": made.line,
                "item": made.item,
                "serial": made.serial,
                "key": made.key,
                "operator": made.operator,
                "terminal": made.terminal,
                "recorded_at": made.recorded_at,
                "live": made.live,
                "lot": made.lot,
                "expiry": made.expiry,
                "package": made.package,
                "location": None,
                "site": None,
                "invoice": made.invoice or None,
                "invoiced": made.invoiced,
                "came_from": made.came_from or None,
                "returned": made.returned,
                "sold_before": made.sold_before or None,
                "gtin": made.gtin,
            },
        )
        self._count(made, 1)

    def _set_live(self, id: str, live: bool) -> None:
        found = self.records.registration(id)
        if found is not None and found.live != live:
            self._driver.do(_SET_LIVE, {"of": id, "live": live})
            self._count(found, 1 if live else -1)

    def _revise(self, to: Registration) -> None:
        """Give a registration other values; the counters of its lines follow (S10, S12)."""
        before = self.records.registration(to.id)
        if before is None:
            raise LookupError(to.id)
        self._driver.do(
            _REVISE,
            {
                "of": to.id,
                "document": to.document,
                "line": to.line,
                "serial": to.serial,
                "key": to.key,
                "invoice": to.invoice or None,
                "invoiced": to.invoiced,
                "came_from": to.came_from or None,
                "returned": to.returned,
                "sold_before": to.sold_before or None,
                "gtin": to.gtin,
                "lot": to.lot,
                "expiry": to.expiry,
            },
        )
        if before.key is not None and before.key != to.key:
            self._driver.do(_INSERT_FORMER, {"registration": to.id, "key": before.key})
        self.touched |= {each for each in (before.document, before.invoice, to.document, to.invoice) if each}
        if before.live and (before.document, before.line, before.blank) != (to.document, to.line, to.blank):
            self._count(before, -1)
            self._count(to, 1)

    def _set_line(self, line: Line) -> None:
        """Write a line of a counter sale down; what is registered on it stays counted (S21)."""
        row = line_row(line)
        if not self._driver.do(_SET_LINE, {"of": line.document, "at": line.number, **row}):
            self._driver.do(_INSERT_LINE, row)
        self.records.forget(line.document, line.number)
        self.touched.add(line.document)

    def _reverse_line(self, document: str, number: int, now: str) -> None:
        """Reverse a line, and give the order its units to ship again (S11).

        The slip has changed with it: it is listed beside its order, so that who reads what is left there reads as well
        that the line is reversed, and counts its units once.
        """
        slip, line = self.records.slip(document), self.records.line(document, number)
        if slip is None or line is None:
            raise LookupError(f"{document} {number}")
        self._driver.do(_REVERSE_LINE, {"of": document, "line": number})
        self._driver.do(_SET_CHANGED, {"of": document, "changed_at": now})
        self._driver.do(_TAKE, {"of": slip.order, "line": line.order_line, "more": -line.units})
        self.records.forget(document, number)
        self.touched.add(document)

    def _move_units(self, moved: Draw) -> None:
        """Have an invoice take more units without a registration from a line, or fewer (S14)."""
        place = {"by": moved.invoice, "of": moved.slip, "at": moved.line}
        known = self._driver.one(_UNITS_OF_DRAW, place)
        units = moved.units + (known[0] if known else 0)
        if units <= 0:
            self._driver.do(_DELETE_DRAW, place)
        elif known:
            self._driver.do(_SET_DRAW, {**place, "units": units, "invoiced": moved.invoiced})
        else:
            row = {"invoice": moved.invoice, "slip": moved.slip, "line": moved.line}
            self._driver.do(_INSERT_DRAW, {**row, "units": units, "invoiced": moved.invoiced})
        self.touched |= {moved.invoice, moved.slip}

    def _charge(self, document: str) -> None:
        """Freeze what an invoice charges: as many statements for a thousand units as for one (S10, S14)."""
        self._driver.do(_CHARGE_DRAWN, {"of": document})
        self._driver.do(_CHARGE_OWN, {"of": document, "by": document})
        self._driver.do(_CHARGE_DRAWS, {"of": document})
        for (drawn_on,) in self._driver.all(_DRAWN_ON, {"of": document, "by": document}):
            self._driver.do(_COUNT_INVOICED, {"of": drawn_on})
            self.touched.add(drawn_on)

    def _count(self, of: Registration, by: int) -> None:
        self.touched.add(of.document)
        serials, blanks = (0, by) if of.blank else (by, 0)
        place = (of.document, of.line)
        before = self._counts.get(place, (0, 0))
        self._counts[place] = (before[0] + serials, before[1] + blanks)
        self.records.count(*place, serials, blanks)

    def _set_status(self, document: str, status: SlipStatus, now: str) -> None:
        if status is SlipStatus.POSTED:
            self._driver.do(_SET_POSTED, {"of": document, "status": str(status), "changed_at": now, "posted_at": now})
        else:
            self._driver.do(_SET_STATUS, {"of": document, "status": str(status), "changed_at": now})
        self.records.forget(document)
        self.touched.add(document)


def line_row(line: Line) -> dict[str, Any]:
    """Give a new line as a row, with its tracking flags frozen (D8) and nothing registered."""
    return {
        "document": line.document,
        "number": line.number,
        "item": line.item,
        "description": line.description,
        "units": line.units,
        "tracking_group": line.tracking.code,
        "active_in_sales_process": line.tracking.active_in_sales_process,
        "serial_number_control": line.tracking.serial_number_control,
        "blank_issue_allowed": line.tracking.blank_issue_allowed,
        "other_options": " ".join(sorted(line.tracking.other_options)),
        "catch_weight": line.catch_weight,
        "order_line": line.order_line,
        "location": line.location or None,
        "serials": 0,
        "blanks": 0,
        "reversed": line.reversed,
        "invoiced": 0,
    }
