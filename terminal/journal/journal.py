"""Writing down what happened: an intent is judged, and its event and all that follows from it are one commit.

Used by the scribe's thread alone. The verdict that `record` gives is true on disk by the time it returns.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from terminal.domain.changes import consequences
from terminal.domain.documents import Operator, Policies
from terminal.domain.events import (
    Event,
    NotReadable,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
    body,
)
from terminal.domain.intents import Intent, decide
from terminal.domain.refusals import Refusal
from terminal.domain.views import Verdict
from terminal.journal.merging import Merging
from terminal.journal.outbox import Outbox
from terminal.journal.pages import Pages
from terminal.journal.projection import Projection
from terminal.journal.store import Store


def utc_now() -> datetime:
    """The wall clock, for records that people read; order never comes from it (D12)."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC to the millisecond (D12)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """One terminal's memory: records, pages for the screens, outbox, and what the server said."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self.store = store
        self.records = Projection(store.connection)
        self.now = now
        self.terminal = store.meta("terminal")
        self.epoch = store.meta("epoch")
        self.outbox = Outbox(store, self.records, self.terminal, self.epoch, lambda: stamp(now()))
        self.pages = Pages(store.connection, self.records, self.outbox)
        self.merging = Merging(store, self.records, self.outbox)

    def record(self, who: Operator, policies: Policies, intent: Intent, line: int | None = None) -> Verdict:
        """Judge an intent and write the event down; `line` is the line whose page the verdict carries.

        The page is read before the commit, so that nothing can go wrong between the disk and the verdict.

        Raises:
            StorageFault: no verdict; what is on disk when the journal is opened anew is what happened.
        """
        before = self.outbox.stored
        try:
            with self.store.transaction():
                result = decide(self.records, who, policies, intent)
                if not isinstance(result, Refusal):
                    self._append(who, result)
                verdict = self._verdict(intent, result, line)
        except BaseException:
            self.outbox.stored = before
            raise
        return verdict

    def next_slip_number(self, prefix: str) -> str:
        """Give the next number for a slip drafted here: the backend's prefix makes it this terminal's own."""
        sql = "SELECT count(*) FROM event WHERE type = ?"
        with self.store.faults():
            row = self.store.connection.execute(sql, (SlipDrafted.type,)).fetchone()
            number = (row[0] if row else 0) + 1
            while self.records.slip(f"{prefix}-{number}") is not None:
                number += 1
        return f"{prefix}-{number}"

    def _append(self, who: Operator, event: Event) -> None:
        """Write one event with everything that follows from it, inside the running transaction."""
        import uuid6  # at the first event: it costs 18 ms that the first screen need not wait for

        recorded = Recorded(
            id=str(uuid6.uuid7()),
            sequence=self.outbox.stored + 1,
            terminal=self.terminal,
            epoch=self.epoch,
            operator=who.id,
            recorded_at=stamp(self.now()),
            event=event,
        )
        db = self.store.connection
        db.execute(
            "INSERT INTO event (sequence, id, type, document, line, registration, serial, operator, recorded_at, body)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                recorded.sequence,
                recorded.id,
                event.type,
                event.document,
                getattr(event, "line", None),
                _undoable_registration(recorded),
                getattr(event, "serial", None),
                who.id,
                recorded.recorded_at,
                json.dumps(body(event), separators=(",", ":")),
            ),
        )
        for change in consequences(self.records, recorded):
            self.records.apply(change, recorded.sequence)
        if isinstance(event, Undone):
            db.execute(
                "UPDATE event SET undone = 1 WHERE sequence = (SELECT sequence FROM event WHERE document = ? AND"
                " operator = ? AND undone = 0 AND registration IS NOT NULL AND id = ? ORDER BY sequence DESC LIMIT 1)",
                (event.document, who.id, event.event),
            )
        elif isinstance(event, PostingWithdrawn):
            self.outbox.void_requests(event.document)
        self.outbox.stored = recorded.sequence

    def _verdict(self, intent: Intent, result: Event | Refusal, line: int | None) -> Verdict:
        document = intent.document
        if isinstance(result, Undone):
            line = result.line
        sheet = self.pages.sheet(document, line) if line is not None else None
        added = sheet is not None and isinstance(result, (Registered, NotReadable))
        complete = added and sheet is not None and sheet.current.tally.registered == sheet.current.line.units
        return Verdict(
            intent,
            result,
            sheet,
            too_many=sheet.current.too_many if added and sheet is not None else 0,
            line_complete=complete,
            document_complete=complete and self.pages.complete(document),
        )


def _undoable_registration(recorded: Recorded) -> str | None:
    """Name the registration that an undo of this event would be about (D3); None where it can't be undone."""
    match recorded.event:
        case Registered() | NotReadable():
            return recorded.id
        case Removed(registration=id):
            return id
        case _:
            return None
