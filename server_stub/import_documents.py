"""Importing order lines, slips and slip lines: what they refer to, and what must not change any more (S13, I11, D8)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from server_stub import clock
from server_stub.csv_rows import CsvRow
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.tables import item, order_line, sales_order, slip, slip_line
from server_stub.writing import line_row
from terminal.domain.documents import Kind, Line, SlipStatus


def store_order_line(connection: Connection, row: CsvRow) -> str | None:
    """Write an order line; units that are on slips already can't be taken back (S13)."""
    values = row.values
    if connection.execute(select(sales_order.c.number).where(sales_order.c.number == values["order"])).first() is None:
        return row.fault("order", f"there is no order {values['order']!r}", "import it first or correct it")
    if connection.execute(select(item.c.number).where(item.c.number == values["item"])).first() is None:
        return row.fault("item", f"there is no item {values['item']!r}", "import it first or correct it")
    named = (order_line.c.order == values["order"], order_line.c.number == values["number"])
    known = connection.execute(select(order_line.c.item, order_line.c.taken).where(*named)).first()
    if known is None:
        connection.execute(insert(order_line).values({**values, "taken": 0, "negative": 0}))
        return None
    if known.taken and known.item != values["item"]:
        return row.fault("item", f"units of {known.item} are on slips already", "keep the item")
    if values["units"] < known.taken:
        return row.fault("units", f"{known.taken} units are on slips already", "write at least as many")
    connection.execute(update(order_line).where(*named).values(item=values["item"], units=values["units"]))
    return None


def store_slip(connection: Connection, row: CsvRow) -> str | None:
    """Write the head of a slip; only a draft without registrations can be cancelled this way (S11)."""
    values = row.values
    status = values.get("status") or str(SlipStatus.DRAFT)
    order = connection.execute(select(sales_order).where(sales_order.c.number == values["order"])).first()
    if order is None:
        return row.fault("order", f"there is no order {values['order']!r}", "import it first or correct it")
    known = connection.execute(select(slip).where(slip.c.number == values["number"])).first()
    if known is None:
        head = {"number": values["number"], "order": order.number, "customer": order.customer, "site": order.site}
        connection.execute(
            insert(slip).values({**head, "status": status, "kind": str(Kind.PACKING_SLIP), "changed_at": clock.now()})
        )
        return None
    if known.kind != Kind.PACKING_SLIP:
        return row.fault("number", f"it is no packing slip but of the kind {known.kind}", "choose another number")
    if known.order != values["order"]:
        return row.fault("order", f"the slip belongs to {known.order}", "keep the order")
    if status == known.status or "status" not in values:
        return None
    if known.status != SlipStatus.DRAFT:
        return row.fault("status", f"the slip is {known.status}", "leave it as it is")
    return _cancel(connection, row, known.number)


def store_slip_line(connection: Connection, row: CsvRow) -> str | None:
    """Write a line of a slip: a new one with its tracking flags frozen now, an old one with its units alone (D8)."""
    values = row.values
    head = connection.execute(select(slip).where(slip.c.number == values["document"])).first()
    if head is None:
        return row.fault("document", f"there is no slip {values['document']!r}", "import it first or correct it")
    if head.kind != Kind.PACKING_SLIP:
        return row.fault("document", f"it is no packing slip but of the kind {head.kind}", "leave it as it is")
    ordered = connection.execute(
        select(order_line).where(order_line.c.order == head.order, order_line.c.number == values["order_line"])
    ).first()
    if ordered is None:
        return row.fault("order_line", f"order {head.order} has no such line", "import it first or correct it")
    named = (slip_line.c.document == values["document"], slip_line.c.number == values["number"])
    known = connection.execute(select(slip_line).where(*named)).first()
    if known is not None and known.order_line != values["order_line"]:
        return row.fault("order_line", f"the line ships order line {known.order_line}", "keep it")
    before = 0 if known is None else known.units
    counts = head.status != SlipStatus.CANCELLED
    if counts and values["units"] - before > ordered.units - ordered.taken:
        return row.fault("units", f"the order has {ordered.units - ordered.taken + before} left", "write no more (S13)")
    if known is not None and head.status != SlipStatus.DRAFT and values["units"] != before:
        return row.fault("units", f"the slip is {head.status}", "leave it as it is")
    fault = None if known is not None else _new_line(connection, row, ordered.item)
    if fault is None:
        _set_units(connection, named, values)
        if counts:
            _take(connection, head.order, values["order_line"], values["units"] - before)
    return fault


def _new_line(connection: Connection, row: CsvRow, number: str) -> str | None:
    """Make a line with the item's flags as they are now (D8); a blocked item can't be put on one (I11)."""
    driver = Driver.of(connection)
    found = MasterData().item(driver, number)
    driver.close()
    if found is None or found.blocked:
        return row.fault("order_line", f"item {number} is blocked (I11)", "unblock it first or leave the line out")
    values = row.values
    line = Line(
        values["document"],
        values["number"],
        number,
        found.description,
        values["units"],
        found.tracking.in_force(),
        found.catch_weight,
        values["order_line"],
    )
    connection.execute(insert(slip_line).values(line_row(line)))
    return None


def _set_units(connection: Connection, named: Any, values: dict[str, Any]) -> None:
    given = {name: values[name] for name in ("units", "location") if name in values}
    connection.execute(update(slip_line).where(*named).values(given))


def _take(connection: Connection, order: str, line: int, more: int) -> None:
    connection.execute(
        update(order_line)
        .where(order_line.c.order == order, order_line.c.number == line)
        .values(taken=order_line.c.taken + more)
    )


def _cancel(connection: Connection, row: CsvRow, number: str) -> str | None:
    """Cancel a draft: its units are left to ship again (S13)."""
    counted = select(func.sum(slip_line.c.serials + slip_line.c.blanks)).where(slip_line.c.document == number)
    if connection.execute(counted).scalar():
        return row.fault("status", "the slip has registrations", "remove them at a terminal first")
    order = connection.execute(select(slip.c.order).where(slip.c.number == number)).scalar_one()
    for line in connection.execute(select(slip_line).where(slip_line.c.document == number)).all():
        _take(connection, order, line.order_line, -line.units)
    connection.execute(update(slip).where(slip.c.number == number).values(status="cancelled", changed_at=clock.now()))
    return None
