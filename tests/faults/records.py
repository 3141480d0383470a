"""Reads a history for the checker out of real journals and a real server's database, as anybody may read them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.scribe import Scribe

from .checker import Ack, Event, History, Row, Side, Unit


def event_of(
    id: str, sequence: int, type: str, outcome: str, document: str, body: str, void: object, *, problem: bool = False
) -> Event:
    """Make the checker's event of what stands in a table."""
    said: Mapping[str, Any] = json.loads(body)
    said = said if isinstance(said, dict) else {}
    registration = id if type in {"registered", "not-readable"} else str(said.get("registration", ""))
    return Event(id, sequence, type, outcome, document, registration, str(said.get("undoes", "")), bool(void), problem)


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
    sql = "SELECT document, line, id, item, coalesce(key, ''), returned FROM registration WHERE live"
    return frozenset(Unit(*row[:5], bool(row[5])) for row in server_rows(path, sql))


def cursors_of(path: str) -> dict[tuple[str, str], int]:
    """Read how far each terminal's events are at a server."""
    rows = server_rows(path, "SELECT terminal, epoch, sequence FROM cursor WHERE sequence > 0")
    return {(terminal, epoch): sequence for terminal, epoch, sequence in rows}


def side_of(journal: Journal, device: str, *, only: Iterable[str] | None = None) -> Side:
    """Read a journal; `only`: the documents that it has read just now, where that is not all of them."""
    db = journal.store.connection
    problems = {sequence for (sequence,) in db.execute("SELECT sequence FROM problem")}
    sql = "SELECT id, sequence, type, state, document, body, void FROM event ORDER BY sequence"
    events = tuple(event_of(*row, problem=row[1] in problems) for row in db.execute(sql).fetchall())
    numbers = [str(number) for (number,) in db.execute("SELECT number FROM slip").fetchall()]
    numbers = numbers if only is None else [number for number in numbers if number in set(only)]
    return Side(
        device,
        journal.terminal,
        journal.epoch,
        events,
        frozenset(
            Unit(r.document, r.line, r.id, r.item, r.key or "", r.returned)
            for number in numbers
            for r in journal.records.live_registrations(number)
        ),
        {number: str(slip.status) for number in numbers if (slip := journal.records.slip(number))},
        tuple(findings(db)),
    )


def history_of(database: str, scribes: Iterable[Scribe], acks: Iterable[Ack] | None = None) -> History:
    """Write a history down of terminals that have drained, where others use the same server: those are left out.

    Without `acks`, all that stands in the journals was acknowledged.
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
    units = units_of(database)
    seen = {number for side in sides for number in side.statuses}
    return History(
        acks=tuple(acks)
        if acks is not None
        else tuple(Ack(s.device, e.sequence, e.id) for s in sides for e in s.events),
        sides=tuple(_without(side, theirs) for side in sides),
        inbox=inbox,
        cursors={place: n for place, n in cursors_of(database).items() if place in ours},
        units=frozenset(unit for unit in units if unit.id not in theirs),
        statuses={n: s for n, s in server_rows(database, "SELECT number, status FROM slip") if n in seen},
    )


def _without(side: Side, theirs: set[str]) -> Side:
    """Leave out what other terminals registered: their journals are not here to be compared."""
    return Side(
        side.device,
        side.terminal,
        side.epoch,
        side.events,
        frozenset(unit for unit in side.units if unit.id not in theirs),
        side.statuses,
        side.findings,
    )
