"""Negative quantities on sales orders, from the command line (S10).

Units that were shipped are taken back on their order line, without a document: from then on the serials of that line
stay as they are. Nothing is left to ship again for them; what is shipped anew is ordered anew.
"""

from __future__ import annotations

import argparse

from sqlalchemy import Connection, Engine, func, select, update

from server_stub import audit
from server_stub.cli import OK, Failed
from server_stub.database import writing
from server_stub.prepared import Driver
from server_stub.tables import order_line, sales_order, slip, slip_line
from terminal.domain.documents import SlipStatus


def run_order(given: argparse.Namespace, engine: Engine) -> int:
    """Correct an order line by a negative quantity. Raises Failed for what makes no sense."""
    if given.units < 1:
        raise Failed(f"{given.units} units can't be taken back; write a whole number of 1 or more")
    with writing(engine) as connection:
        shipped, negative = _shipped(connection, given.order, given.line)
        if given.units > shipped - negative:
            raise Failed(
                f"line {given.line} of {given.order} has {shipped - negative} shipped units to take back; write no more"
            )
        named = (order_line.c.order == given.order, order_line.c.number == given.line)
        connection.execute(update(order_line).where(*named).values(negative=negative + given.units))
        driver = Driver.of(connection)
        audit.note(driver, "order-negative", given.order, who="server-stub", line=given.line, units=given.units)
        driver.close()
    taken = f"taken back {given.units}, in all {negative + given.units}"
    print(f"{given.order} line {given.line}: {taken}; the serials stay")
    return OK


def _shipped(connection: Connection, order: str, line: int) -> tuple[int, int]:
    """Count the units of an order line on posted documents, and those that were taken back. Raises Failed."""
    if connection.execute(select(sales_order.c.number).where(sales_order.c.number == order)).first() is None:
        raise Failed(f"there is no order {order!r}; see the orders that were imported")
    named = (order_line.c.order == order, order_line.c.number == line)
    negative = connection.execute(select(order_line.c.negative).where(*named)).scalar()
    if negative is None:
        raise Failed(f"order {order} has no line {line}; write the number of one of its lines")
    shipped = (
        select(func.coalesce(func.sum(slip_line.c.units), 0))
        .join_from(slip_line, slip, slip_line.c.document == slip.c.number)
        .where(slip.c.order == order, slip.c.status == SlipStatus.POSTED.value)
        .where(slip_line.c.order_line == line, ~slip_line.c.reversed)
    )
    return int(connection.execute(shipped).scalar_one()), int(negative)
