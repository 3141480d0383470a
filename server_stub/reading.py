"""What terminals fetch: master data, open work, one slip. Each is read from one state of the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, bindparam, exists, or_, select

from server_stub.clock import in_seconds
from server_stub.inbox import Inbox
from server_stub.masterdata import MasterData, all_items, all_operators, site_of
from server_stub.prepared import Driver, Prepared, Row
from server_stub.problems import Problem
from server_stub.records import SqlRecords, line_from, lines, order_from, slip_from, slips
from server_stub.tables import order_line, sales_order, slip, slip_line
from terminal.backend.wire import Documents, Master, SlipHeader, SlipState
from terminal.domain.documents import PackingSlip, SlipStatus
from terminal.domain.refusals import Code

_something_left = exists().where(
    and_(order_line.c.order == sales_order.c.number, order_line.c.units > order_line.c.taken)
)
_ORDERS = Prepared(
    select(sales_order.c.number, sales_order.c.customer, sales_order.c.site)
    .where(_something_left)
    .order_by(sales_order.c.number)
)
_ORDER_LINES = Prepared(
    select(order_line.c.order, order_line.c.number, order_line.c.item, order_line.c.units, order_line.c.taken)
    .join_from(order_line, sales_order)
    .where(_something_left.correlate(sales_order))
    .order_by(order_line.c.order, order_line.c.number)
)
_recent = or_(slip.c.status == SlipStatus.DRAFT.value, slip.c.changed_at >= bindparam("since"))
_SLIPS = Prepared(slips.where(_recent).order_by(slip.c.number))
_counted = lines.add_columns(slip_line.c.serials + slip_line.c.blanks).order_by(
    slip_line.c.document, slip_line.c.number
)
_SLIP_LINES = Prepared(_counted.join_from(slip_line, slip).where(_recent))
_LINES_OF = Prepared(_counted.where(slip_line.c.document == bindparam("document")))


def master(driver: Driver, terminal: str, slip_prefix: str) -> Master:
    """Give what a terminal needs before it can judge a scan (D7, D8)."""
    site = site_of(driver, terminal)
    return Master(
        site.name, site.time_zone, site.policies, all_items(driver), all_operators(driver), slip_prefix=slip_prefix
    )


def documents(driver: Driver, days: int) -> Documents:
    """Give the orders with something left (S13), every draft, and the other slips of the last `days` days."""
    ordered: dict[str, list[Row]] = {}
    for order, *line in driver.all(_ORDER_LINES, {}):
        ordered.setdefault(order, []).append(line)
    since = {"since": in_seconds(-days * 86_400)}
    shipped: dict[str, list[Row]] = {}
    for row in driver.all(_SLIP_LINES, since):
        shipped.setdefault(row[0], []).append(row)
    return Documents(
        tuple(order_from(row, ordered.get(row[0], ())) for row in driver.all(_ORDERS, {})),
        tuple(_header(slip_from(row), shipped.get(row[0], ())) for row in driver.all(_SLIPS, since)),
    )


def slip_state(driver: Driver, number: str, terminal: str, epoch: str) -> SlipState:
    """Give a slip with its live registrations, and how far this terminal's events are in it. Raises Problem."""
    records = SqlRecords(driver, MasterData())
    found = records.slip(number)
    if found is None:
        raise Problem(404, Code.UNKNOWN_DOCUMENT, "There is no such packing slip.", document=number)
    header = _header(found, driver.all(_LINES_OF, {"document": number}))
    return SlipState(header, tuple(records.live_registrations(number)), Inbox(driver).cursor(terminal, epoch))


def _header(of: PackingSlip, rows: Iterable[Row]) -> SlipHeader:
    rows = list(rows)
    return SlipHeader(of, tuple(line_from(row[:-1]) for row in rows), {row[1]: row[-1] for row in rows})
