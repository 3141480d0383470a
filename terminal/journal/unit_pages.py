"""What the screens show of single units: the list of a document's serials (S16), blanks still open (S9), where a
serial went (S18). Reads only, and only what this terminal knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any

import apsw

from terminal.domain.dates import last_day
from terminal.domain.documents import Registration, SerialForm, SlipStatus
from terminal.domain.events import SerialCorrected
from terminal.domain.judging import Outcome
from terminal.domain.serials import compared
from terminal.domain.views import Entry, Inquiry, OpenBlank, TracedUnit, TraceStep
from terminal.journal.outbox import PENDING, Outbox
from terminal.journal.projection import REGISTRATION, Projection, registration_from

LISTED = 500
"""Blanks in a list at the most."""

_OWN = "FROM registration WHERE live = 1 AND document = ?1"
_DRAWN = "FROM registration WHERE live = 1 AND invoice = ?1 AND invoice <> '' AND document <> ?1"
_IN_ORDER = "ORDER BY document, line, place"
_ENTRY = "id, document, line, item, serial, invoice, invoiced, came_from, sequence, gtin, lot, expiry"
_TOLD = frozenset({PENDING, str(Outcome.ACCEPTED)})
"""States of events that count here."""


class UnitPages:
    """Views of registrations, one by one."""

    def __init__(self, connection: apsw.Connection, records: Projection, outbox: Outbox) -> None:
        self._db = connection
        self._records = records
        self._outbox = outbox

    def inquiry(self, number: str, first: int, count: int, find: str = "") -> Inquiry | None:
        """Give a part of the list of a document's serials (S16); with `find`, of those that have it in their serial.

        Entries keep the number that they have in the whole list.
        """
        document = self._records.slip(number)
        if document is None:
            return None
        if find:
            key = compared(find, SerialForm())
            found = [
                (n, row[2:])
                for n, row in enumerate(self._units(number, f"serial, key, {_ENTRY}"), 1)
                if row[0] is not None and (find.lower() in row[0].lower() or key in row[1])
            ]
            return Inquiry(
                document, len(found), first, tuple(self._entry(*each) for each in found[first : first + count])
            )
        own, drawn = (self._records.first(f"SELECT count(*) {each}", number) or (0,) for each in (_OWN, _DRAWN))
        rows = self._units(number, _ENTRY, own=own[0], first=first, count=count)
        entries = tuple(self._entry(n, row) for n, row in enumerate(rows, first + 1))
        return Inquiry(document, own[0] + drawn[0], first, entries)

    def place_of(self, number: str, serial: str) -> int | None:
        """Find a serial in the list of a document's serials; its place counts from 0."""
        if self._records.slip(number) is None:
            return None
        rows = enumerate(self._units(number, "key, item"))
        return next((n for n, (key, item) in rows if key is not None and key == self._key(item, serial)), None)

    def open_blanks(self, order: str = "", item: str = "") -> list[OpenBlank]:
        """Give the units that still want a serial, oldest first; of one order or item if these are given (S9).

        A blank on a posted invoice stays one, and what is kept of a reversed line is filled where it comes along to.
        """
        sql = (
            "SELECT r.id, r.document, r.line, r.item, s.sales_order, s.customer, s.status, r.operator, r.recorded_at"
            " FROM registration r INDEXED BY registration_blank JOIN slip s ON s.number = r.document"
            " JOIN line l ON l.document = r.document AND l.number = r.line"
            " WHERE r.live = 1 AND r.key IS NULL AND NOT r.invoiced AND NOT l.reversed AND s.status NOT IN (?, ?)"
            " AND (?3 = '' OR s.sales_order = ?3) AND (?4 = '' OR r.item = ?4) ORDER BY r.place LIMIT ?5"
        )
        values = (SlipStatus.CANCELLED, SlipStatus.REFUSED, order, item, LISTED)
        return [_open_blank(row) for row in self._db.execute(sql, values)]

    def trace(self, serial: str, zone: tzinfo = UTC) -> list[TracedUnit]:
        """Say where every unit went that has a serial or had it, over all items, newest first (S18).

        `zone`: where the calendar is read by which a warranty ends. Reads the whole journal: for a person who asks.
        """
        serial = serial.strip(" \t\r\n")
        try:
            found = {r.id: r for r in self._with(serial)} if serial else {}
        except UnicodeEncodeError:
            return []
        return [self._traced(r, zone) for r in found.values()]

    def unsent(self, registration: str) -> bool:
        """Say whether a registration was made here and the server has not answered for it yet."""
        row = self._records.first("SELECT sequence FROM registration WHERE id = ?", registration)
        return row is not None and row[0] is not None and row[0] > self._outbox.answered

    def filled(self, registration: str) -> bool:
        """Say whether a registration is known here and has a serial by now, or counts no more."""
        found = self._records.registration(registration)
        return found is not None and (not found.live or not found.blank)

    def _with(self, serial: str) -> Iterator[Registration]:
        """Find the registrations that have a serial, or had it before a correction that was made here."""
        sql = (
            f"SELECT {REGISTRATION} FROM registration WHERE key IN (?1, ?2) OR id IN"  # noqa: S608
            " (SELECT json_extract(body, '$.registration') FROM event WHERE type = ?3"
            " AND state IN (SELECT value FROM json_each(?4)) AND json_extract(body, '$.before') COLLATE NOCASE = ?5)"
            " ORDER BY place DESC"
        )
        values = (*_keys(serial), SerialCorrected.type, json.dumps(sorted(_TOLD)), serial)
        for row in self._db.execute(sql, values).fetchall():
            registration = registration_from(row)
            slip = self._records.slip(registration.document)
            shipped = slip is not None and slip.status in {SlipStatus.POSTED, SlipStatus.CANCELLED}
            had = self._key(registration.item, serial) == registration.key or registration.serial != serial
            if had and (registration.live or shipped):
                yield registration

    def _traced(self, r: Registration, zone: tzinfo) -> TracedUnit:
        slip, line = self._records.slip(r.document), self._records.line(r.document, r.line)
        item = self._records.item(r.item)
        invoice = self._records.slip(r.invoice) if r.invoice else None
        invoiced_at = invoice.posted_at if r.invoiced and invoice is not None else ""
        status = SlipStatus.DRAFT if slip is None else slip.status
        return TracedUnit(
            registration=r.id,
            item=r.item,
            description=item.description if item is not None else "",
            serial=r.serial or "",
            slip=r.document,
            line=r.line,
            status=SlipStatus.CANCELLED if line is not None and line.reversed else status,
            order=slip.order if slip is not None else "",
            customer=slip.customer if slip is not None else "",
            shipped_at=slip.posted_at if slip is not None and r.live else "",
            invoice=r.invoice,
            invoiced_at=invoiced_at,
            warranty_until=last_day(invoiced_at, zone, item.warranty_months if item is not None else 0),
            service_until=last_day(invoiced_at, zone, item.service_months if item is not None else 0),
            live=r.live,
            returned=r.returned,
            steps=tuple(self._steps(r)),
            gtin=r.gtin,
            lot=r.lot,
            expiry=r.expiry,
        )

    def _steps(self, r: Registration) -> Iterator[TraceStep]:
        """Give what was done to a unit at this terminal and not refused, in order."""
        sql = (
            "SELECT type, document, operator, recorded_at, serial, body FROM event WHERE (id = ?1 OR instr(body, ?2))"
            " AND state IN (SELECT value FROM json_each(?3)) ORDER BY sequence"
        )
        for type_, document, operator, at, serial, body in self._db.execute(
            sql, (r.id, json.dumps(r.id), json.dumps(sorted(_TOLD)))
        ):
            said = json.loads(body)
            before = said.get("before") if type_ == SerialCorrected.type else serial if type_ == "removed" else None
            after = serial if type_ in {"registered", SerialCorrected.type} else None
            reason = said.get("reason") or said.get("override") or ""
            yield TraceStep(type_, document, operator, at, before, after, reason)

    def _units(
        self, document: str, columns: str, *, own: int = 0, first: int = 0, count: int = -1
    ) -> Iterator[tuple[Any, ...]]:
        """Read what a document stands for: its own units, then those that it draws on, each by line, oldest first.

        `own`: how many of its own there are, where not all is read from the first on.
        """
        left = count
        for where, skipped in ((_OWN, first), (_DRAWN, max(0, first - own))):
            sql = f"SELECT {columns} {where} {_IN_ORDER} LIMIT {left} OFFSET {skipped}"
            for row in self._db.execute(sql, (document,)):
                yield row
                left -= count > 0
            if left == 0:
                return

    def _entry(self, number: int, row: tuple[Any, ...]) -> Entry:
        id, document, line, item, serial, invoice, invoiced, came_from, sequence, *along = row
        sent = sequence is None or sequence <= self._outbox.answered
        return Entry(number, id, document, line, item, serial, invoice, bool(invoiced), came_from, sent, *along)

    def _key(self, item: str, serial: str) -> str:
        found = self._records.item(item)
        return compared(serial.strip(" \t\r\n"), found.serial_form if found is not None else SerialForm())


def _keys(serial: str) -> tuple[str, str]:
    """Give what a serial may be compared by: whether its case counts depends on the item (D2)."""
    serial = serial.strip(" \t\r\n")
    return compared(serial, SerialForm()), compared(serial, SerialForm(case_sensitive=True))


def _open_blank(row: tuple[Any, ...]) -> OpenBlank:
    id, document, line, item, order, customer, status, operator, recorded_at = row
    return OpenBlank(id, document, line, item, order, customer, SlipStatus(status), operator, recorded_at)
