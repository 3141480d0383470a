"""Exports as CSV, row by row, however many there are.

A value that a spreadsheet would run as a formula gets an apostrophe in front: one whose first sign, after any
apostrophes, is `=`, `@`, TAB or CR, or is `+` or `-` with anything behind it but letters, digits and `- . _ / +`:
without brackets, quotes, `!` or `|` no formula does anything. So serials such as `-REST-0` stand there exactly as
scanned. A program that reads the file takes one apostrophe away from every value that this holds for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from sqlalchemy import Engine, Row, and_, select

from server_stub.database import reading
from server_stub.tables import event, registration, slip

COLUMNS = (
    *("document", "line", "item", "serial", "blank", "operator", "terminal", "recorded_at"),
    *("status", "order", "customer", "invoice", "received_at", "lot", "expiry", "package", "id"),
)
"""In this order; more are only ever added at the right."""

_FORMULA = re.compile(r"'*([=@\t\r]|[+\-](?![A-Za-z0-9._/+\-]*$))")


def export_registrations(engine: Engine, to: TextIO, document: str | None = None) -> int:
    """Write every live registration, or those of one document; gives the number of rows."""
    out = csv.writer(to, lineterminator="\n")
    out.writerow(COLUMNS)
    number = 0
    for number, row in enumerate(_rows(engine, document), 1):  # noqa: B007 - counted for the caller
        out.writerow(row)
    return number


def guarded(value: str) -> str:
    """Give a value as it stands in the file, so that no spreadsheet runs it."""
    return "'" + value if _FORMULA.match(value) else value


def _rows(engine: Engine, document: str | None) -> Iterator[list[str]]:
    statement = (
        select(
            registration,
            slip.c.status,
            slip.c.order,
            slip.c.customer,
            event.c.received_at,
        )
        .join_from(registration, slip, registration.c.document == slip.c.number)
        .join(event, event.c.id == registration.c.id)
        .where(registration.c.live)
        .order_by(registration.c.document, registration.c.line, registration.c.position)
    )
    if document is not None:
        statement = statement.where(and_(registration.c.document == document))
    with reading(engine) as connection:
        for row in connection.execution_options(yield_per=1_000).execute(statement):
            yield _cells(row)


def _cells(row: Row[tuple[object, ...]]) -> list[str]:
    blank = row.serial is None
    texts = (
        *(row.document, str(row.line), row.item, "" if blank else row.serial, "true" if blank else "false"),
        *(row.operator, row.terminal, row.recorded_at, row.status, row.order, row.customer),
        *("", row.received_at, row.lot, row.expiry, row.package, row.id),  # no invoices yet (D9)
    )
    return [guarded(str(text)) for text in texts]
