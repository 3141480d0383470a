"""What terminals fetch: master data, open work, one slip. Each is read from one state of the database."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import and_, bindparam, exists, false, or_, select

from server_stub.clock import in_seconds
from server_stub.inbox import Inbox
from server_stub.masterdata import MasterData, all_items, all_operators, recall_list, site_of
from server_stub.prepared import Driver, Prepared, Row
from server_stub.problems import Problem
from server_stub.records import SqlRecords, line_from, lines, order_from, order_lines, slip_from, slips
from server_stub.site_keys import key_of
from server_stub.tables import order_line, sales_order, slip, slip_line
from terminal.backend.wire.documents import Documents, OrderState, SlipHeader, SlipState
from terminal.backend.wire.master import Master
from terminal.domain.documents import Kind, PackingSlip, SlipStatus
from terminal.domain.refusals import Code

_to_ship = exists().where(and_(order_line.c.order == sales_order.c.number, order_line.c.units > order_line.c.taken))
_to_invoice = exists().where(
    slip.c.order == sales_order.c.number,
    slip.c.status == SlipStatus.POSTED.value,
    slip.c.kind == Kind.PACKING_SLIP.value,
    slip_line.c.document == slip.c.number,
    slip_line.c.reversed == false(),
    slip_line.c.invoiced < slip_line.c.units,
)
_open_order = or_(_to_ship, _to_invoice)
_ORDERS = Prepared(
    select(sales_order.c.number, sales_order.c.customer, sales_order.c.site)
    .where(_open_order)
    .order_by(sales_order.c.number)
)
_ORDER_LINES = Prepared(
    order_lines.add_columns(order_line.c.order)
    .join_from(order_line, sales_order)
    .where(or_(_to_ship.correlate(sales_order), _to_invoice.correlate(sales_order)))
    .order_by(order_line.c.order, order_line.c.number)
)
_recent = or_(slip.c.status == SlipStatus.DRAFT.value, slip.c.changed_at >= bindparam("since"))
_SLIPS = Prepared(slips.where(_recent).order_by(slip.c.number))
_OF_SLIPS = "PS-T"
_SLIP_PREFIX = re.compile(f"{_OF_SLIPS}([1-9][0-9]{{0,5}})")
"""Six digits are more terminals than anybody has; a claim beyond it is none."""
_counted = lines.add_columns(slip_line.c.serials + slip_line.c.blanks).order_by(
    slip_line.c.document, slip_line.c.number
)
_SLIP_LINES = Prepared(_counted.join_from(slip_line, slip).where(_recent))
_LINES_OF = Prepared(_counted.where(slip_line.c.document == bindparam("document")))


def number_in(slip_prefix: str) -> int | None:
    """Give the number in a prefix for slips that was given to a terminal; None where it is none of ours."""
    found = _SLIP_PREFIX.fullmatch(slip_prefix)
    return None if found is None else int(found[1])


def master(driver: Driver, terminal: str, number: int) -> Master:
    """Give what a terminal needs before it can judge a scan (D7, D8); `number` is its own, for what it drafts."""
    site = site_of(driver, terminal)
    return Master(
        site.name,
        site.time_zone,
        site.policies,
        all_items(driver),
        all_operators(driver),
        slip_prefix=f"{_OF_SLIPS}{number}",
        invoice_prefix=f"INV-T{number}",
        sale_prefix=f"CS-T{number}",
        command_key=key_of(driver, site.name),
        recalls=recall_list(driver),
    )


def documents(driver: Driver, days: int) -> Documents:
    """Give the orders with something left to ship (S13) or to invoice (S14), every draft, and what else is recent.

    Slips, invoices and counter sales stand in one list, each with its kind; recent is what changed within `days` days.
    """
    ordered: dict[str, list[Row]] = {}
    for *line, order in driver.all(_ORDER_LINES, {}):
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
    """Give a document with its live registrations, and how far this terminal's events are in it. Raises Problem."""
    records = SqlRecords(driver, MasterData())
    found = records.slip(number)
    if found is None:
        raise Problem(404, Code.UNKNOWN_DOCUMENT, "There is no such document.", document=number)
    return _state(driver, records, found, Inbox(driver).cursor(terminal, epoch))


def order_state(driver: Driver, number: str, terminal: str, epoch: str) -> OrderState:
    """Give an order with all its slips and invoices: what an invoice can draw on, and what came back (S12, S14).

    Raises Problem.
    """
    records = SqlRecords(driver, MasterData())
    found = records.order(number)
    if found is None:
        raise Problem(404, Code.UNKNOWN_ORDER, "There is no such order.", order=number)
    cursor = Inbox(driver).cursor(terminal, epoch)
    return OrderState(
        found, tuple(_state(driver, records, each, cursor) for each in records.documents_of(number)), cursor
    )


def _state(driver: Driver, records: SqlRecords, of: PackingSlip, cursor: int) -> SlipState:
    return SlipState(
        _header(of, driver.all(_LINES_OF, {"document": of.number})),
        tuple(records.live_registrations(of.number)),
        cursor,
        tuple(records.draws_on(of.number) if of.kind == Kind.PACKING_SLIP else records.draws(of.number)),
        tuple(records.drawn(of.number)) if of.charges else (),
    )


def _header(of: PackingSlip, rows: Iterable[Row]) -> SlipHeader:
    rows = list(rows)
    return SlipHeader(of, tuple(line_from(row[:-1]) for row in rows), {row[1]: row[-1] for row in rows})
