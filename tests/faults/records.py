"""Reads a history for the checker out of real journals and a real server's database, as anybody may read them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.scribe import Scribe

from .checker import REGISTERING
from .histories import Ack, Document, Draw, Event, History, Line, OrderLine, Row, Side, Unit


def event_of(
    id: str, sequence: int, type: str, outcome: str, document: str, body: str, void: object, *, problem: bool = False
) -> Event:
    """Make the checker's event of what stands in a table. The case of serials counts for no item here."""
    said: Mapping[str, Any] = json.loads(body)
    said = said if isinstance(said, dict) else {}
    named = said.get("registrations", said.get("brought"))
    return Event(
        id=id,
        sequence=sequence,
        type=type,
        outcome=outcome,
        document=document,
        registration=id if type in REGISTERING else str(said.get("registration", "")),
        undoes=str(said.get("undoes", "")),
        void=bool(void),
        problem=problem,
        line=said.get("line", 0),
        item=said.get("item", ""),
        key=unicodedata.normalize("NFC", said.get("serial") or "").casefold(),
        registrations=tuple(named) if isinstance(named, list) else (),  # a request to post says how many
        slip=said.get("slip", ""),
        units=said.get("units", 0),
        order=said.get("order", ""),
        lines=tuple((line, units) for line, units in said.get("lines", ())),
    )


def server_rows(path: str, sql: str) -> list[tuple[Any, ...]]:
    """Read a server's tables beside it."""
    with contextlib.closing(sqlite3.connect(path.removeprefix("sqlite:///"), timeout=20)) as connection:
        return connection.execute(sql).fetchall()


def inbox_of(path: str) -> list[Row]:
    """Read a server's inbox, in the order of arrival."""
    columns = "terminal, epoch, id, sequence, type, outcome, document, body, void"
    rows = server_rows(path, f"SELECT {columns} FROM event ORDER BY position")
    return [Row(terminal, epoch, event_of(*values)) for terminal, epoch, *values in rows]


def units_of(path: str) -> frozenset[Unit]:
    """Read what is registered at a server."""
    sql = (
        "SELECT document, line, id, item, coalesce(key, ''), coalesce(invoice, ''), invoiced, coalesce(came_from, ''),"
        " returned FROM registration WHERE live"
    )
    return frozenset(Unit(*row[:6], bool(row[6]), row[7], bool(row[8])) for row in server_rows(path, sql))


def documents_of(path: str) -> tuple[Document, ...]:
    """Read the slips, invoices and sales of a server."""
    lines: dict[str, list[Line]] = {}
    sql = "SELECT document, number, units, order_line, reversed FROM slip_line ORDER BY document, number"
    for document, number, units, order_line, turned_back in server_rows(path, sql):
        lines.setdefault(document, []).append(Line(number, units, order_line, bool(turned_back)))
    rows = server_rows(path, 'SELECT number, status, kind, "order" FROM slip ORDER BY number')
    return tuple(Document(number, status, tuple(lines.get(number, ())), *head) for number, status, *head in rows)


def draws_of(path: str) -> frozenset[Draw]:
    """Read what invoices of a server take without a registration."""
    rows = server_rows(path, "SELECT invoice, slip, line, units, invoiced FROM draw")
    return frozenset(Draw(*place, bool(invoiced)) for *place, invoiced in rows)


def orders_of(path: str) -> frozenset[OrderLine]:
    """Read what is left of a server's orders."""
    rows = server_rows(path, 'SELECT "order", number, units, units - taken FROM order_line')
    return frozenset(OrderLine(*row) for row in rows)


def cursors_of(path: str) -> dict[tuple[str, str], int]:
    """Read how far each terminal's events are at a server."""
    rows = server_rows(path, "SELECT terminal, epoch, sequence FROM cursor WHERE sequence > 0")
    return {(terminal, epoch): sequence for terminal, epoch, sequence in rows}


def side_of(journal: Journal, device: str, *, only: Iterable[str] | None = None) -> Side:
    """Read a journal; `only`: the documents that it has read just now, where that is not all of them."""
    db, records = journal.store.connection, journal.records
    problems = {sequence for (sequence,) in db.execute("SELECT sequence FROM problem")}
    sql = "SELECT id, sequence, type, state, document, body, void FROM event ORDER BY sequence"
    events = tuple(event_of(*row, problem=row[1] in problems) for row in db.execute(sql).fetchall())
    numbers = [str(number) for (number,) in db.execute("SELECT number FROM slip").fetchall()]
    numbers = numbers if only is None else [number for number in numbers if number in set(only)]
    orders = [records.order(str(number)) for (number,) in db.execute("SELECT number FROM sales_order").fetchall()]
    units = [unit for number in numbers for unit in records.live_registrations(number)]
    draws = [draw for number in numbers for draw in (*records.draws(number), *records.draws_on(number))]
    return Side(
        device,
        journal.terminal,
        journal.epoch,
        events,
        units=frozenset(
            Unit(r.document, r.line, r.id, r.item, r.key or "", r.invoice, r.invoiced, r.came_from, r.returned)
            for r in units
        ),
        documents=tuple(_document(journal, number) for number in numbers),
        draws=frozenset(Draw(d.invoice, d.slip, d.line, d.units, d.invoiced) for d in draws),
        orders=frozenset(
            OrderLine(order.number, at.number, at.units, at.left) for order in orders if order for at in order.lines
        ),
        findings=tuple(findings(db)),
    )


def _document(journal: Journal, number: str) -> Document:
    slip = journal.records.slip(number)
    assert slip is not None
    lines = journal.records.lines(number)
    made = tuple(Line(line.number, line.units, line.order_line, line.reversed) for line in lines)
    return Document(number, str(slip.status), made, slip.kind, slip.order)


def history_of(database: str, scribes: Iterable[Scribe], acks: Iterable[Ack] | None = None) -> History:
    """Write a history down of terminals that have drained, where others use the same server: those are left out.

    Nor does it say what became of orders and invoices, which others change as well. Without `acks`, all that stands in
    the journals was acknowledged.
    """
    loaded = "SELECT number FROM slip WHERE loaded = 1"
    sides = tuple(
        scribe.call(
            lambda journal: side_of(
                journal, journal.terminal, only=[n for (n,) in journal.store.connection.execute(loaded).fetchall()]
            )
        )
        for scribe in scribes
    )
    ours = {(side.terminal, side.epoch) for side in sides}
    all_rows = inbox_of(database)
    inbox = tuple(row for row in all_rows if (row.terminal, row.epoch) in ours)
    theirs = {row.event.id for row in all_rows} - {row.event.id for row in inbox}
    seen = {document.number for side in sides for document in side.documents}
    documents = tuple(document for document in documents_of(database) if document.number in seen)
    return History(
        acks=tuple(acks)
        if acks is not None
        else tuple(Ack(s.device, e.sequence, e.id) for s in sides for e in s.events),
        sides=tuple(
            replace(
                side,
                units=frozenset(unit for unit in side.units if unit.id not in theirs),
                draws=frozenset(),
                orders=frozenset(),
            )
            for side in sides
        ),
        inbox=inbox,
        cursors={place: n for place, n in cursors_of(database).items() if place in ours},
        units=frozenset(unit for unit in units_of(database) if unit.id not in theirs),
        documents=documents,
        began=documents,
    )
