"""Writing down what happened: an intent is judged, and its event and all that follows from it are one commit.

Used by the scribe's thread alone. The verdict that `record` gives is true on disk by the time it returns.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from terminal.domain.changes import consequences
from terminal.domain.documents import Operator, Policies
from terminal.domain.events import (
    Event,
    NotReadable,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SaleLineSet,
    Undone,
    UnitsDrawn,
    UnitsReturned,
    body,
)
from terminal.domain.intents import DrawUnits, Intent, ReturnUnits, decide
from terminal.domain.invoicing import rest_of_slip
from terminal.domain.refusals import Refusal
from terminal.domain.views import Verdict
from terminal.journal.merging import Merging
from terminal.journal.order_pages import OrderPages
from terminal.journal.outbox import Outbox
from terminal.journal.pages import Pages
from terminal.journal.projection import Projection
from terminal.journal.store import Store, new_epoch
from terminal.journal.unit_pages import UnitPages

_DEVICE = "device"
"""Where the journal keeps whose it is."""


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
        with store.faults():
            self.terminal = store.meta("terminal")
            epoch = store.meta("epoch")
        self.outbox = Outbox(store, self.records, self.terminal, epoch, lambda: stamp(now()))
        self.pages = Pages(store.connection, self.records, self.outbox)
        self.orders = OrderPages(store.connection, self.outbox)
        self.units = UnitPages(store.connection, self.records, self.outbox)
        self.merging = Merging(store, self.records, self.outbox)

    def record(self, who: Operator, policies: Policies, intent: Intent, line: int | None = None) -> Verdict:
        """Judge an intent and write the event down; `line` is the line whose page the verdict carries.

        The page is read before the commit, so that nothing can go wrong between the disk and the verdict.

        Raises:
            StorageFault: no verdict; what is on disk when the journal is opened anew is what happened.
        """
        with self._one_commit():
            result = decide(self.records, who, policies, intent)
            if not isinstance(result, Refusal):
                self._append(who, result)
            return self._verdict(intent, result, line, 0 if isinstance(result, Refusal) else 1)

    def record_all(
        self, who: Operator, policies: Policies, intents: Sequence[Intent], line: int | None = None
    ) -> Verdict:
        """Judge several intents that are one step for a person: all their events are one commit, or none happens.

        Each is judged against the records as the one before left them.

        Raises:
            ValueError: there are no intents.
            StorageFault: as `record`.
        """
        if not intents:
            raise ValueError("nothing is wanted")
        try:
            with self._one_commit():
                for intent in intents:
                    result = decide(self.records, who, policies, intent)
                    if isinstance(result, Refusal):
                        raise _Stopped(intent, result)
                    self._append(who, result)
                return self._verdict(intents[-1], result, line, len(intents))
        except _Stopped as stopped:
            with self.store.faults():
                return self._verdict(stopped.intent, stopped.refusal, line, 0)

    def record_many(
        self, who: Operator, policies: Policies, intents: Sequence[Intent], line: int | None = None
    ) -> Verdict:
        """Judge intents one after the other, as far as the rules allow; what happened is one commit.

        The verdict says how many events there are, and what stopped the rest.

        Raises:
            ValueError: there are no intents.
            StorageFault: as `record`.
        """
        if not intents:
            raise ValueError("nothing is wanted")
        with self._one_commit():
            recorded, newest, stopped = 0, None, None
            for intent in intents:
                result = decide(self.records, who, policies, intent)
                if isinstance(result, Refusal):
                    stopped = result
                    break
                self._append(who, result)
                recorded, newest = recorded + 1, result
            verdict = self._verdict(intent, newest or result, line, recorded)
            return replace(verdict, stopped_by=stopped if newest is not None else None)

    def draw_slip(self, who: Operator, policies: Policies, document: str, slip: str) -> Verdict:
        """Put everything of a slip that no invoice has on this one: one step for a person, all of it or nothing (S14).

        Raises:
            StorageFault: as `record`.
        """
        with self.store.faults():
            rest = rest_of_slip(self.records, document, slip)
        wanted = [DrawUnits(document, slip, each.line, each.registrations, each.units) for each in rest]
        # nothing left, or a slip that is not known: the rule says what is the matter
        return self.record_all(who, policies, wanted or [DrawUnits(document, slip, self._first_line(slip))])

    def return_slip(self, who: Operator, policies: Policies, document: str, slip: str) -> Verdict:
        """Take everything of a slip off an invoice that is not posted, all of it or nothing (S14).

        Raises:
            StorageFault: as `record`.
        """
        with self.store.faults():
            drawn: dict[int, list[str]] = {}
            for registration in self.records.drawn(document):
                if registration.document == slip:
                    drawn.setdefault(registration.line, []).append(registration.id)
            plain = {each.line: each.units for each in self.records.draws(document) if each.slip == slip}
        wanted = [
            ReturnUnits(document, slip, line, tuple(drawn.get(line, ())), plain.get(line, 0))
            for line in sorted(drawn.keys() | plain.keys())
        ]
        return self.record_all(who, policies, wanted or [ReturnUnits(document, slip, self._first_line(slip))])

    @property
    def epoch(self) -> str:
        """Under what the events here are sent: a name of this journal's own (D10)."""
        return self.outbox.epoch

    def part(self, sequence: int) -> bool:
        """Go on in an epoch of our own from the next event on: another device has our data, and our places (D10).

        `sequence` is the event whose place is taken. Says False where the present epoch was taken for this very event:
        the place is not what is wrong with it then. The numbers of new documents are the other device's, too: they are
        let go of, and the server gives new ones.

        Raises:
            StorageFault: all is as before.
        """
        if self.outbox.parted_for(sequence):
            return False
        self._take_epoch(sequence)
        return True

    def belongs_to(self, device: str) -> None:
        """Go on in an epoch of our own where the journal was another device's when it was used last (D10).

        A copied or moved data directory is noticed so before anything is scanned: while both are offline, new documents
        of the two would get the same numbers. Where the first device is gone, nothing is lost by it.

        Raises:
            StorageFault: all is as before.
        """
        with self.store.faults():
            known = self.store.meta(_DEVICE)
        if known == device:
            return
        if known:
            self._take_epoch(0, device)
        else:
            with self.store.transaction():
                self.store.set_meta(_DEVICE, device)

    def _take_epoch(self, sequence: int, device: str = "") -> None:
        epoch = new_epoch()
        with self.store.transaction():
            continued = self.outbox.take_epoch(epoch, sequence)
            self.merging.let_go_of_numbers()
            if device:
                self.store.set_meta(_DEVICE, device)
        self.outbox.epoch, self.outbox.continues = epoch, continued

    def next_number(self, prefix: str) -> str:
        """Give the next number for a slip, invoice or sale made here: its prefix is this terminal's own.

        What is made here is never dropped, whatever becomes of it, so a number is given once.
        """
        sql = "SELECT substr(number, ?) FROM slip WHERE number > ? AND number < ?"
        after = len(prefix) + 2
        with self.store.faults():
            rows = self.store.connection.execute(sql, (after, f"{prefix}-", f"{prefix}.")).fetchall()
        taken = [int(str(ending)) for (ending,) in rows if str(ending).isascii() and str(ending).isdigit()]
        return f"{prefix}-{max(taken, default=0) + 1}"

    @contextlib.contextmanager
    def _one_commit(self) -> Iterator[None]:
        """Commit what is written inside as a whole; where that fails, nothing of it counts."""
        before = self.outbox.stored
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self.outbox.stored = before
            raise

    def _first_line(self, document: str) -> int:
        with self.store.faults():
            return next((line.number for line in self.records.lines(document)), 0)

    def _append(self, who: Operator, event: Event) -> None:
        """Write one event with everything that follows from it, inside the running transaction."""
        import uuid6  # at the first event: it costs 18 ms that the first screen need not wait for

        recorded = Recorded(
            id=str(uuid6.uuid7()),
            sequence=self.outbox.stored + 1,
            terminal=self.terminal,
            epoch=self.outbox.epoch,
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
                self._serial_of(event),
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

    def _serial_of(self, event: Event) -> str | None:
        """Name the serial that lists and problems show for an event: of several units, the first one's."""
        if not isinstance(event, (UnitsDrawn, UnitsReturned)):
            serial: str | None = getattr(event, "serial", None)
            return serial
        found = self.records.registration(event.registrations[0]) if event.registrations else None
        return None if found is None else found.serial

    def _verdict(self, intent: Intent, result: Event | Refusal, line: int | None, done: int) -> Verdict:
        document = intent.document
        if isinstance(result, (Undone, SaleLineSet)):
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
            done=done,
        )


class _Stopped(Exception):
    """One of several intents was refused, and with it all of them."""

    def __init__(self, intent: Intent, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.intent = intent
        self.refusal = refusal


def _undoable_registration(recorded: Recorded) -> str | None:
    """Name the registration that an undo of this event would be about (D3); None where it can't be undone."""
    match recorded.event:
        case Registered() | NotReadable():
            return recorded.id
        case Removed(registration=id):
            return id
        case _:
            return None
