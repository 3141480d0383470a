"""Replaying the journal: events and what the server said, in order, must add up to the records (verify)."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import Any

import apsw
from msgspec.structs import replace

from terminal.domain.changes import (
    Change,
    LineReversed,
    LineSet,
    Made,
    Revised,
    SlipMade,
    StatusChanged,
    consequences,
)
from terminal.domain.documents import Item, Line, PackingSlip, Registration, SerialForm
from terminal.domain.drafting import brought_along
from terminal.domain.events import (
    InvoiceDrafted,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    SerialCorrected,
    SlipDrafted,
    Undone,
    event_from,
)
from terminal.domain.judging import Outcome
from terminal.domain.ledger import Ledger
from terminal.domain.serials import compared
from terminal.journal.heard import changes_from
from terminal.journal.outbox import PENDING
from terminal.journal.projection import REGISTRATION, Projection, registration_from

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


class _Past(Ledger):
    """The ledger, with items as they were when an event happened: whether case counts may have changed since (D8)."""

    case_counted: bool | None = None
    """Whether the case of serials counted then, where that is known and not so now."""

    def item(self, number: str) -> Item | None:
        """See `Records`."""
        found = super().item(number)
        if found is None or self.case_counted is None:
            return found
        return replace(found, serial_form=replace(found.serial_form, case_sensitive=self.case_counted))


class Replay:
    """The journal's history, applied to a ledger that began with the documents alone."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._db = connection
        self._records = Projection(connection)
        self._made: set[str] = set()
        self._case_changed = {
            r.id: (r.serial, not item.serial_form.case_sensitive)
            for r in self._registrations()
            if r.serial is not None
            and (item := self._records.item(r.item)) is not None
            and r.key != compared(r.serial, item.serial_form)
        }
        """Serials that were compared in another way than their items are now: by id, with whether case counted."""
        self._undone: set[str] = set()
        numbers = [str(number) for (number,) in connection.execute("SELECT number FROM slip")]
        slips = [slip for number in numbers if (slip := self._records.slip(number)) is not None]
        items = [str(number) for (number,) in connection.execute("SELECT number FROM item")]
        self._ledger = _Past(
            items=[item for number in items if (item := self._records.item(number)) is not None],
            slips=[(_as_draft(slip), [_as_made(line) for line in self._records.lines(slip.number)]) for slip in slips],
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
                self._happen(recorded, refused=state not in (PENDING, Outcome.ACCEPTED))
            except (ValueError, LookupError) as error:
                yield f"event {sequence} can't be replayed: {error}"
        if int(answered) >= expected:
            yield f"answers up to event {answered} are noted, but the last event is {expected - 1}"
        yield from self._hear(heard, place, before=None)

    def compare(self) -> Iterator[str]:
        """Give a sentence for each difference between the ledger and the records."""
        yield from self._compare_registrations()
        columns = "document, number, serials, blanks, reversed"
        for document, number, serials, blanks, reversed_ in self._db.execute(f"SELECT {columns} FROM line"):  # noqa: S608
            line = self._ledger.line(document, number)
            if line is not None and line.reversed != bool(reversed_):
                yield f"line {number} of {document} is {_state(reversed_)}; by the events it is {_state(line.reversed)}"
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
        yield from self._compare_draws()
        for id, sequence, undone in self._db.execute("SELECT id, sequence, undone FROM event"):
            if bool(undone) != (id in self._undone):
                yield f"event {sequence} is marked as {'undone' if undone else 'not undone'}; the events say otherwise"

    def _happen(self, recorded: Recorded, *, refused: bool) -> None:
        event = recorded.event
        self._ledger.case_counted = self._case_counted(recorded)
        if isinstance(event, (SlipDrafted, InvoiceDrafted)):
            self._expect_draft(event, refused=refused)
            return
        if isinstance(event, (PostingRequested, PostingWithdrawn)) and self._ledger.slip(event.document) is None:
            return  # the slip was dropped since, and with it what is asked here
        for change in consequences(self._ledger, recorded):
            self._apply(change)
        if isinstance(event, Undone):
            self._undone.add(event.event)

    def _case_counted(self, recorded: Recorded) -> bool | None:
        """Say whether the case of a serial counted when it was taken, where its record shows that it was not as now."""
        match recorded.event:
            case Registered(serial=serial):
                id = recorded.id
            case SerialCorrected(registration=id, serial=serial):
                pass
            case _:
                return None
        case = self._case_changed.get(id)
        return case[1] if case is not None and case[0] == serial else None

    def _expect_draft(self, event: SlipDrafted | InvoiceDrafted, *, refused: bool) -> None:
        """See that a slip drafted here is there, with at least the lines it was drafted with.

        One that the server refused may be another device's by now, with that one's lines (D10).
        """
        lines = self._ledger.lines(event.document)
        if not refused and not {line.order_line for line in lines} >= {order_line for order_line, _ in event.lines}:
            raise LookupError(f"{event.document} lacks lines it was drafted with")
        if isinstance(event, SlipDrafted):
            for registration in brought_along(self._ledger, event, lines):
                self._apply(Revised(registration))

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
        match change:
            case StatusChanged(document) if self._ledger.slip(document) is None:
                return  # the slip was dropped since
            case LineSet(Line(document, line)) | LineReversed(document, line) if not self._ledger.line(document, line):
                return
        if isinstance(change, Made):
            self._made.add(change.registration.id)
        if not isinstance(change, SlipMade):
            self._ledger.apply(change)

    def _compare_registrations(self) -> Iterator[str]:
        here = set()
        for found in self._registrations():
            here.add(found.id)
            replayed = self._ledger.registration(found.id)
            name = f"registration {found.id} ({found.serial}) of {found.document}"
            if replayed is None:
                yield f"{name} comes from no event"
                continue
            if replayed.live != found.live:
                yield f"{name} {_counts(found.live)}; by the events it {_counts(replayed.live)}"
            for what in ("document", "line", "item", "serial"):
                if getattr(found, what) != getattr(replayed, what):
                    yield f"{name} is not as it was made: {what} {getattr(replayed, what)}"
            for what in ("invoice", "invoiced", "came_from", "returned"):
                if getattr(found, what) != getattr(replayed, what):
                    yield f"{name} has {what} {getattr(found, what)!r}; by the events {getattr(replayed, what)!r}"
            if replayed.sold_before and found.sold_before not in ("", replayed.sold_before):
                # empty is what version 2 of the journal did not keep
                yield f"{name} was sold again over {found.sold_before}; by the events over {replayed.sold_before}"
            if not _key_fits(found.serial, found.key):
                yield f"{name} is compared by {found.key}"
        for id in sorted(self._made - here):
            yield f"registration {id} is missing from the records"

    def _compare_draws(self) -> Iterator[str]:
        sql = "SELECT invoice FROM draw UNION SELECT number FROM slip WHERE kind <> 'packing-slip'"
        for invoice in [str(number) for (number,) in self._db.execute(sql)]:
            here = {(draw.slip, draw.line): draw for draw in self._records.draws(invoice)}
            there = {(draw.slip, draw.line): draw for draw in self._ledger.draws(invoice)}
            for slip, line in sorted(here.keys() | there.keys()):
                if here.get((slip, line)) != there.get((slip, line)):
                    yield f"{invoice} does not take the units of line {line} of {slip} that the events give"

    def _registrations(self) -> Iterator[Registration]:
        return map(registration_from, self._db.execute(f"SELECT {REGISTRATION} FROM registration"))  # noqa: S608

    def _meta(self, key: str, default: str = "") -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])


def _as_draft(slip: PackingSlip) -> PackingSlip:
    """Give a slip as every slip begins: whatever else it became was recorded or heard."""
    return PackingSlip(slip.number, slip.order, slip.customer, site=slip.site, kind=slip.kind)


def _as_made(line: Line) -> Line:
    return replace(line, reversed=False)


def _state(reversed_: object) -> str:
    return "reversed" if reversed_ else "not reversed"


def _counts(live: object) -> str:
    return "counts" if live else "does not count"


def _key_fits(serial: str | None, key: str | None) -> bool:
    """Say whether a serial may be compared by a value: an item's case may have begun or ceased to matter since."""
    if serial is None:
        return key is None
    return key in {compared(serial, SerialForm(case_sensitive=either)) for either in (True, False)}
