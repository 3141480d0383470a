"""Exports as CSV for people and JSON Lines for other systems, row by row, however many there are.

CSV: a value that a spreadsheet would work out gets an apostrophe in front: one whose first sign, after any apostrophes,
is one of `= + - @ |`; `+1+1` would stand there as 2. A program that reads the file takes one apostrophe away from every
value that this holds for. What could steer a terminal or turn the direction of text round is written out, as `\\u001b`.

JSON Lines: one object a line, UTF-8, every field, every value as it is: what could steer or end a line is escaped, as
JSON allows, and any reader of JSON has it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TextIO

from msgspec import Struct
from sqlalchemy import Engine, Row, Select, bindparam, false, select

from server_stub.database import reading
from server_stub.prepared import Driver, Prepared
from server_stub.tables import audit, event, recall, registration, slip, slip_line
from terminal.domain.events import SerialCorrected

CSV, JSON_LINES = "csv", "jsonl"

_FORMULA = re.compile("'*[=+\\-@|\uff1d\uff0b\uff0d\uff20]")
"""The four as wide signs do the same where people write Japanese."""
_TO_QUOTE = re.compile('[,"]')
_STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control codes, ends of lines for some readers, marks of direction, halves of surrogate pairs, which are no UTF-8."""
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ITEM_OF = Prepared(select(registration.c.item).where(registration.c.id == bindparam("id")))

Values = Mapping[str, Any]
"""A row by the names of its columns: text, whole numbers, true and false, None, or the JSON of an event."""


class Export(Struct, frozen=True):
    """Something that can be exported: its columns, which of the database's rows, and what a row says."""

    columns: tuple[str, ...]
    """In this order; more are only ever added at the right."""
    rows: Callable[[str | None], Select[Any]]
    """The rows of one document, or all."""
    values: Callable[[Driver, Row[Any]], Values]


def export(engine: Engine, to: TextIO, what: str, form: str = CSV, document: str | None = None) -> int:
    """Write one of `EXPORTS`, all of it or that of one document, as CSV or JSON Lines; gives the number of rows."""
    chosen = EXPORTS[what]
    if form == CSV:
        to.write(_csv_line(chosen.columns))
    number = 0
    for number, values in enumerate(_rows(engine, chosen, document), 1):  # noqa: B007 - counted for the caller
        to.write(_as_json(values) + "\n" if form == JSON_LINES else _csv_line(map(_cell, values.values())))
    return number


def guarded(value: str) -> str:
    """Give a value as it stands in the file, so that no spreadsheet runs it."""
    return "'" + value if _FORMULA.match(value) else value


def _rows(engine: Engine, chosen: Export, document: str | None) -> Iterator[Values]:
    with reading(engine) as connection:
        driver = Driver.of(connection)
        for row in connection.execution_options(yield_per=1_000).execute(chosen.rows(document)):
            said = chosen.values(driver, row)
            yield {column: said[column] for column in chosen.columns}


def _csv_line(cells: Iterable[str]) -> str:
    """Write a row; no cell holds the end of a line."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell


def _cell(value: object) -> str:
    """Give a value as text: true and false as such, nothing as nothing, JSON as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return guarded(_as_json(value))
        case _:
            return guarded(_written_out(str(value)))


def _as_json(value: Any) -> str:
    return _written_out(_encoded(value))


def _written_out(text: str) -> str:
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _registrations(document: str | None) -> Select[Any]:
    found = (
        select(registration, slip.c.status, slip.c.order, slip.c.customer, event.c.received_at, slip_line.c.reversed)
        .join_from(registration, slip, registration.c.document == slip.c.number)
        .join(
            slip_line,
            (slip_line.c.document == registration.c.document) & (slip_line.c.number == registration.c.line),
        )
        .join(event, event.c.id == registration.c.id)
        .where(registration.c.live)
        .order_by(registration.c.document, registration.c.line, registration.c.position)
    )
    return found if document is None else found.where(registration.c.document == document)


def _registration(_: Driver, row: Row[Any]) -> Values:
    return {
        **row._mapping,
        "blank": row.serial is None,
        "invoice": row.invoice or "",
        "came_from": row.came_from or "",
    }


def _corrections(document: str | None) -> Select[Any]:
    return _events(document).where(event.c.type == SerialCorrected.type)


def _correction(driver: Driver, row: Row[Any]) -> Values:
    said = json.loads(row.body)
    known = driver.one(_ITEM_OF, {"id": said["registration"]})
    return {
        **row._mapping,
        "line": said["line"],
        "item": known[0] if known else "",
        "registration": said["registration"],
        "before": said["before"],
        "after": said["serial"],
        "reason": said.get("reason", ""),
    }


def _recalls(document: str | None) -> Select[Any]:
    found = select(recall.c.item, recall.c.serial, recall.c.lot, recall.c.reason).order_by(recall.c.position)
    return found if document is None else found.where(false())


def _recall(_: Driver, row: Row[Any]) -> Values:
    return {**row._mapping}


def _events(document: str | None) -> Select[Any]:
    found = select(event).order_by(event.c.position)
    return found if document is None else found.where(event.c.document == document)


def _event(_: Driver, row: Row[Any]) -> Values:
    return {**row._mapping, "body": json.loads(row.body), "answer": json.loads(row.answer)}


def _audit(document: str | None) -> Select[Any]:
    found = select(audit).order_by(audit.c.position)
    return found if document is None else found.where(audit.c.subject == document)


def _noted(_: Driver, row: Row[Any]) -> Values:
    return {**row._mapping, "detail": json.loads(row.detail)}


EXPORTS: Mapping[str, Export] = {
    "registrations": Export(
        (
            *("document", "line", "item", "serial", "blank", "operator", "terminal", "recorded_at"),
            *("status", "order", "customer", "invoice", "received_at", "lot", "expiry", "package", "id"),
            *("reversed", "came_from", "invoiced", "returned", "gtin"),
        ),
        _registrations,
        _registration,
    ),
    "corrections": Export(
        (
            *("document", "line", "item", "registration", "before", "after", "reason"),
            *("operator", "terminal", "recorded_at", "received_at", "outcome"),
        ),
        _corrections,
        _correction,
    ),
    "recalls": Export(("item", "serial", "lot", "reason"), _recalls, _recall),
    "audit": Export(("position", "at", "who", "terminal", "action", "subject", "detail"), _audit, _noted),
    "events": Export(
        (
            *("position", "id", "terminal", "epoch", "sequence", "type", "document", "operator"),
            *("recorded_at", "received_at", "outcome", "void", "undone", "body", "answer", "digest", "registration"),
        ),
        _events,
        _event,
    ),
}
"""What can be exported: live registrations, corrections of serials with their answers, recalls, the trail, events."""
