"""Replaying the journal: events and what the server said, in order, must add up to the records (verify)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import Any

import apsw

from terminal.domain.changes import Change, Made, SlipMade, StatusChanged, consequences
from terminal.domain.documents import PackingSlip, SerialForm
from terminal.domain.events import PostingRequested, PostingWithdrawn, Recorded, SlipDrafted, Undone, event_from
from terminal.domain.ledger import Ledger
from terminal.domain.serials import compared
from terminal.journal.heard import changes_from
from terminal.journal.outbox import PENDING
from terminal.journal.projection import Projection

_EVENTS = "SELECT sequence, id, type, operator, recorded_at, body, undone, state FROM event ORDER BY sequence"
_HEARD = "SELECT after_sequence, changes FROM heard ORDER BY place"


def findings(connection: apsw.Connection) -> Iterator[str]:
    """Give a sentence for everything in a journal that is not as it must be; nothing for a sound one."""
    sound = True
    for (said,) in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            sound = False
            yield f"the file is damaged: {said}"
    if sound:
        replay = Replay(connection)
        yield from replay.run()
        yield from replay.compare()


class Replay:
    """The journal's history, applied to a ledger that began with the documents alone."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._db = connection
        self._records = Projection(connection)
        self._made: set[str] = set()
        self._undone: set[str] = set()
        numbers = [str(number) for (number,) in connection.execute("SELECT number FROM slip")]
        slips = [slip for number in numbers if (slip := self._records.slip(number)) is not None]
        items = [str(number) for (number,) in connection.execute("SELECT number FROM item")]
        self._ledger = Ledger(
            items=[item for number in items if (item := self._records.item(number)) is not None],
            slips=[(_as_draft(slip), self._records.lines(slip.number)) for slip in slips],
        )

    def run(self) -> Iterator[str]:
        """Apply everything in order; a sentence for each event that can't be."""
        heard = self._db.execute(_HEARD).fetchall()
        place = 0
        expected = 1
        answered = self._meta("answered", "0")
        for sequence, id, type_, operator, recorded_at, body, _, state in self._db.execute(_EVENTS):
            place = yield from self._hear(heard, place, before=int(sequence))
            if sequence != expected:
                yield f"events {expected} to {sequence - 1} are missing"
            expected = int(sequence) + 1
            if state == PENDING and sequence <= int(answered):
                yield f"event {sequence} counts as answered, but there is no answer"
            try:
                event = event_from(type_, json.loads(body))
                recorded = Recorded(
                    id, sequence, self._meta("terminal"), self._meta("epoch"), operator, recorded_at, event
                )
                self._happen(recorded)
            except (ValueError, LookupError) as error:
                yield f"event {sequence} can't be replayed: {error}"
        if int(answered) >= expected:
            yield f"answers up to event {answered} are noted, but the last event is {expected - 1}"
        yield from self._hear(heard, place, before=None)

    def compare(self) -> Iterator[str]:
        """Give a sentence for each difference between the ledger and the records."""
        yield from self._compare_registrations()
        for document, number, serials, blanks in self._db.execute("SELECT document, number, serials, blanks FROM line"):
            tally = self._ledger.tally(document, number)
            if (tally.serials, tally.blanks) != (serials, blanks):
                yield (
                    f"line {number} of {document} counts {serials} serials and {blanks} blanks;"
                    f" the events give {tally.serials} and {tally.blanks}"
                )
        for number, status in self._db.execute("SELECT number, status FROM slip"):
            slip = self._ledger.slip(number)
            if slip is not None and slip.status != status:
                yield f"{number} is {status}; the events make it {slip.status}"
        for id, sequence, undone in self._db.execute("SELECT id, sequence, undone FROM event"):
            if bool(undone) != (id in self._undone):
                yield f"event {sequence} is marked as {'undone' if undone else 'not undone'}; the events say otherwise"

    def _happen(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, SlipDrafted):
            self._expect_draft(event)
            return
        if isinstance(event, (PostingRequested, PostingWithdrawn)) and self._ledger.slip(event.document) is None:
            return  # the slip was dropped since, and with it what is asked here
        for change in consequences(self._ledger, recorded):
            self._apply(change)
        if isinstance(event, Undone):
            self._undone.add(event.event)

    def _expect_draft(self, event: SlipDrafted) -> None:
        """See that a slip drafted here is there, with at least the lines it was drafted with."""
        lines = {line.order_line for line in self._ledger.lines(event.document)}
        if not lines >= {order_line for order_line, _ in event.lines}:
            raise LookupError(f"{event.document} lacks lines it was drafted with")

    def _hear(self, heard: list[Any], place: int, before: int | None) -> Generator[str, None, int]:
        """Apply what was heard before an event; returns how far that was."""
        while place < len(heard) and (before is None or heard[place][0] < before):
            after, text = heard[place]
            place += 1
            try:
                for change in changes_from(text):
                    self._apply(change)
            except (ValueError, LookupError, TypeError) as error:
                yield f"what the server said after event {after} can't be replayed: {error!r}"
        return place

    def _apply(self, change: Change) -> None:
        if isinstance(change, StatusChanged) and self._ledger.slip(change.document) is None:
            return  # the slip was dropped since
        if isinstance(change, Made):
            self._made.add(change.registration.id)
        if not isinstance(change, SlipMade):
            self._ledger.apply(change)

    def _compare_registrations(self) -> Iterator[str]:
        here = set()
        columns = "id, document, line, item, serial, key, live"
        for id, document, line, item, serial, key, live in self._db.execute(f"SELECT {columns} FROM registration"):  # noqa: S608
            here.add(id)
            replayed = self._ledger.registration(id)
            if replayed is None:
                yield f"registration {id} ({serial}) of {document} comes from no event"
                continue
            if replayed.live != bool(live):
                by_events = _counts(replayed.live)
                yield f"registration {id} ({serial}) of {document} {_counts(live)}; by the events it {by_events}"
            if (replayed.document, replayed.line, replayed.item, replayed.serial) != (document, line, item, serial):
                yield f"registration {id} ({serial}) of {document} is not as it was made: {replayed.serial}"
            if not _key_fits(serial, key):
                yield f"registration {id} ({serial}) of {document} is compared by {key}"
        for id in sorted(self._made - here):
            yield f"registration {id} is missing from the records"

    def _meta(self, key: str, default: str = "") -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])


def _as_draft(slip: PackingSlip) -> PackingSlip:
    """Give a slip as every slip begins: whatever else it became was recorded or heard."""
    return PackingSlip(slip.number, slip.order, slip.customer, site=slip.site, kind=slip.kind)


def _counts(live: object) -> str:
    return "counts" if live else "does not count"


def _key_fits(serial: str | None, key: str | None) -> bool:
    """Say whether a serial may be compared by a value: an item's case may have begun or ceased to matter since."""
    if serial is None:
        return key is None
    return key in {compared(serial, SerialForm(case_sensitive=either)) for either in (True, False)}
