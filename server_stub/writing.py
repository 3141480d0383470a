"""Writing down what an event changes; what it changes is said once, in `terminal.domain.changes`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, bindparam, insert, update

from server_stub.prepared import Driver, Prepared
from server_stub.records import SqlRecords
from server_stub.tables import event, order_line, registration, slip, slip_line
from terminal.domain.changes import Back, Change, Gone, Made, SlipMade, StatusChanged
from terminal.domain.documents import Line, PackingSlip, Registration, SlipStatus
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

    def apply(self, change: Change, now: str) -> None:
        """Write one change down; `now` is the server's time."""
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

    def flush(self) -> None:
        """Write the counters down: once per batch and line, not once per scan."""
        for (document, line), (serials, blanks) in self._counts.items():
            self._driver.do(_COUNT, {"of": document, "line": line, "more_serials": serials, "more_blanks": blanks})
        self._counts.clear()

    def forget(self) -> None:
        """Drop what is known and not written, after a savepoint took everything back."""
        self._counts.clear()
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
            },
        )
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
            },
        )
        self._count(made, 1)

    def _set_live(self, id: str, live: bool) -> None:
        found = self.records.registration(id)
        if found is not None and found.live != live:
            self._driver.do(_SET_LIVE, {"of": id, "live": live})
            self._count(found, 1 if live else -1)

    def _count(self, of: Registration, by: int) -> None:
        serials, blanks = (0, by) if of.blank else (by, 0)
        place = (of.document, of.line)
        before = self._counts.get(place, (0, 0))
        self._counts[place] = (before[0] + serials, before[1] + blanks)
        self.records.count(*place, serials, blanks)

    def _set_status(self, document: str, status: SlipStatus, now: str) -> None:
        self._driver.do(_SET_STATUS, {"of": document, "status": str(status), "changed_at": now})
        self.records.forget(document)


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
    }
