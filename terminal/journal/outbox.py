"""What is still to be sent, and what became of it: events go out in their order, until each is answered.

The outbox is no table of its own: it is every event after the last one answered for. Nothing ever leaves it
unanswered, and an answer that says no becomes a problem a person must put away (D6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from terminal.domain.changes import (
    Back,
    Change,
    LineReversed,
    LineSet,
    Made,
    Revised,
    StatusChanged,
    UnitsMoved,
    answered,
)
from terminal.domain.documents import Registration
from terminal.domain.events import (
    Continued,
    Event,
    InvoiceDrafted,
    NotReadable,
    PostingRequested,
    Recorded,
    Registered,
    Removed,
    SaleLineSet,
    SlipDrafted,
    SlipReversed,
    Undone,
    UnitsDrawn,
    UnitsReturned,
    event_from,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import Problem, Standing
from terminal.journal.heard import changes_text
from terminal.journal.projection import Projection
from terminal.journal.store import Store

PENDING = "pending"
"""State of an event that no answer has come for yet; every other state is an `Outcome`."""
_CONTINUES = "continues"
"""Where the journal keeps the epoch that its own goes on from, and after which event."""
_PARTED_AT = "parted-at"
"""Where the journal keeps the event for which it took its present epoch."""
_EVENT = "sequence, id, type, operator, recorded_at, body"
_UNHEARD = frozenset(
    {Code.NOT_KNOWN_HERE, Code.UNKNOWN_DOCUMENT, Code.UNKNOWN_LINE, Code.UNKNOWN_OPERATOR, Code.MISSING_DUTY}
)
"""Refusals of a removal by a server that need not have what it removes, and may have it yet."""


class Outbox:
    """The events of this terminal on their way to the server."""

    def __init__(
        self, store: Store, records: Projection, terminal: str, epoch: str, time_stamp: Callable[[], str]
    ) -> None:
        self._store = store
        self._db = store.connection
        self._records = records
        self._terminal = terminal
        self.epoch = epoch
        """Under what events are sent: the server knows them by (terminal, epoch, sequence)."""
        self._time_stamp = time_stamp
        with store.faults():
            self.stored: int = self._scalar("SELECT coalesce(max(sequence), 0) FROM event")
            """Sequence of the newest event."""
            self.answered: int = int(store.meta("answered", "0"))
            """Sequence up to which the server has answered for every event."""
            self.problems: int = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")
            self.continues: Continued | None = self._continued()
            """The epoch that this one goes on from, where another device has the same data (D10)."""

    @property
    def standing(self) -> Standing:
        """What is stored here and what of it the server has answered for."""
        return Standing(self.stored, self.answered, self.problems)

    def pending(self, limit: int) -> list[tuple[Recorded, bool]]:
        """Give the next events to send, oldest first, and of each whether it is void (D5)."""
        sql = f"SELECT {_EVENT}, void FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"  # noqa: S608
        with self._store.faults():
            return [(self._recorded(row), bool(row[6])) for row in self._db.execute(sql, (self.answered, limit))]

    def unsent_of(self, document: str) -> int:
        """Count the events of one document that wait to be sent."""
        return self._scalar("SELECT count(*) FROM event WHERE sequence > ? AND document = ?", self.answered, document)

    def stands_on(self, document: str) -> bool:
        """Say whether anything was recorded here on a document that the server has not refused.

        A request that was withdrawn in time is always accepted: that says nothing of its document (D5).
        """
        sql = "SELECT count(*) FROM event WHERE document = ? AND (state = ? OR state = ? AND void = 0)"
        return bool(self._scalar(sql, document, PENDING, Outcome.ACCEPTED))

    def settle(self, answers: Sequence[tuple[int, Judgement]]) -> set[str]:
        """Write the server's answers down, in order, and what they change here.

        Answers must begin right after the last one settled; those settled before are passed over. Returns
        the documents on which the server knows something else than this terminal: they want reading again.
        """
        differing: set[str] = set()
        settled = self.answered
        with self._store.transaction():
            for sequence, judgement in answers:
                if sequence <= settled:
                    continue
                if sequence != settled + 1 or sequence > self.stored:
                    break
                differing |= self._settle_one(sequence, judgement)
                settled = sequence
            if settled != self.answered:
                self._store.set_meta("answered", str(settled))
        self.answered = settled
        self.problems = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")
        return differing

    def rewind(self) -> None:
        """Send everything again: the server was restored from an old backup.

        What it still knows goes along: the backup may be one from before an earlier restore, which this terminal need
        not have noticed, with other answers to it than this terminal has got since.
        """
        with self._store.transaction():
            self._store.set_meta("answered", "0")
        self.answered = 0

    def parted_for(self, sequence: int) -> bool:
        """Say whether the present epoch was taken for this very event: another would not help it either."""
        return self._store.meta(_PARTED_AT) == str(sequence)

    def take_epoch(self, epoch: str, sequence: int) -> Continued:
        """Send what is unanswered under another epoch, inside the running transaction; gives what it goes on from.

        `sequence` is the event for which that is done.
        """
        old = Continued(self.epoch, self.answered, self._id_at(self.answered))
        self._store.set_meta("epoch", epoch)
        self._store.set_meta(_CONTINUES, json.dumps([old.epoch, old.after]))
        self._store.set_meta(_PARTED_AT, str(sequence))
        return old

    def asked_to_post_at(self, document: str) -> str:
        """Say when posting was last asked for at this terminal, by its own clock; empty where it never was."""
        sql = "SELECT max(recorded_at) FROM event WHERE document = ? AND type = ? AND void = 0"
        row = self._db.execute(sql, (document, PostingRequested.type)).fetchone()
        return str(row[0] or "") if row else ""

    def busy_documents(self) -> set[str]:
        """Name the documents with events that wait to be sent."""
        sql = "SELECT DISTINCT document FROM event WHERE sequence > ?"
        return {document for (document,) in self._db.execute(sql, (self.answered,))}

    def standing_events(self, documents: Iterable[str], registrations: Iterable[str], after: int) -> list[Recorded]:
        """Give the events after a sequence that concern documents or registrations, oldest first.

        Those that the server once refused are left out. Among the rest are all that move units between documents:
        there are few, and a registration's newest place can only be told with all of them.
        """
        sql = (
            f"SELECT {_EVENT} FROM event e WHERE sequence > ? AND state IN (?, ?) AND (type IN (?, ?, ?)"  # noqa: S608
            " OR document IN (SELECT value FROM json_each(?))"
            " OR json_extract(body, '$.registration') IN (SELECT value FROM json_each(?))"
            " OR (type = ? AND (json_extract(body, '$.override') IS NOT NULL OR EXISTS"
            " (SELECT 1 FROM registration r WHERE r.id = e.id AND r.came_from <> '')))) ORDER BY sequence"
        )
        values = (
            *(max(after, self.answered), PENDING, Outcome.ACCEPTED),
            *(UnitsDrawn.type, UnitsReturned.type, SlipDrafted.type),
            *(json.dumps(list(documents)), json.dumps(list(registrations)), Registered.type),
        )
        return [self._recorded(row) for row in self._db.execute(sql, values)]

    def unsent_drafts(self, after: int = 0) -> list[SlipDrafted | InvoiceDrafted]:
        """Give the slips and invoices drafted here that the server has not seen yet, or not up to `after`."""
        found = self._unsent((SlipDrafted.type, InvoiceDrafted.type), after)
        return [event for event in found if isinstance(event, (SlipDrafted, InvoiceDrafted))]

    def unsent_sale_lines(self, after: int = 0) -> dict[tuple[str, int], int]:
        """Give the units of sale lines as they were set here and the server has not seen yet (S21)."""
        found = self._unsent((SaleLineSet.type,), after)
        return {(event.document, event.line): event.units for event in found if isinstance(event, SaleLineSet)}

    def void_requests(self, document: str) -> None:
        """Mark unanswered requests to post as withdrawn, inside the running transaction (D5)."""
        self._db.execute(
            "UPDATE event SET void = 1 WHERE sequence > ? AND document = ? AND type = ?",
            (self.answered, document, PostingRequested.type),
        )

    def open_problems(self) -> list[Problem]:
        """Give the problems nobody has put away yet, oldest first."""
        sql = (
            "SELECT e.sequence, e.type, e.document, e.serial, e.operator, e.recorded_at, e.state, e.answer, p.details,"
            " e.line, e.body"
            " FROM problem p JOIN event e ON e.sequence = p.sequence WHERE p.put_away_at IS NULL ORDER BY p.sequence"
        )
        with self._store.faults():
            return [_problem(row) for row in self._db.execute(sql)]

    def put_away(self, sequence: int, operator: str) -> None:
        """Take a problem off the list: a person has dealt with it. The event and its answer stay for ever."""
        with self._store.transaction():
            self._db.execute(
                "UPDATE problem SET put_away_at = ?, put_away_by = ? WHERE sequence = ? AND put_away_at IS NULL",
                (self._time_stamp(), operator, sequence),
            )
        self.problems = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")

    def unexplained(self, document: str) -> bool:
        """Say whether a posting of this document came back and what the sets differ in is not known yet (D5)."""
        sql = (
            "SELECT count(*) FROM problem p JOIN event e ON e.sequence = p.sequence WHERE p.put_away_at IS NULL"
            " AND p.details = '[]' AND e.document = ? AND e.type = ? AND e.state = ?"
        )
        return bool(self._scalar(sql, document, PostingRequested.type, Outcome.REJECTED))

    def explain_difference(self, document: str, details: Sequence[str]) -> None:
        """Add to a posting that came back what the sets differ in (D5), inside the running transaction."""
        self._db.execute(
            "UPDATE problem SET details = ? WHERE details = '[]' AND put_away_at IS NULL AND sequence IN"
            " (SELECT sequence FROM event WHERE document = ? AND type = ? AND state = ?)",
            (json.dumps(list(details)), document, PostingRequested.type, Outcome.REJECTED),
        )

    def hear(self, changes: Iterable[Change]) -> list[Change]:
        """Apply what the server said and keep it for the replay, inside the running transaction.

        Gives what could be applied. What clashes with an unsent scan of ours has to wait: the answer to that scan
        settles it, and its document is read again then.
        """
        applied = []
        for change in changes:
            if self._possible(change):
                self._records.apply(change)
                applied.append(change)
        if applied:
            self._db.execute("INSERT INTO heard VALUES (NULL, ?, ?)", (self.stored, changes_text(applied)))
        return applied

    def _settle_one(self, sequence: int, judgement: Judgement) -> set[str]:
        """Write one answer down; names the documents that want reading again."""
        sql = f"SELECT {_EVENT}, void, state FROM event WHERE sequence = ?"  # noqa: S608
        row = self._db.execute(sql, (sequence,)).fetchone()
        if row is None:
            raise LookupError(sequence)
        recorded, void, state = self._recorded(row), bool(row[6]), row[7]
        problem = not void and self._is_problem(recorded, judgement, state)
        waiting = frozenset() if judgement.outcome is Outcome.ACCEPTED else self._waiting(sequence)
        as_recorded = state in {PENDING, Outcome.ACCEPTED}
        as_here = judgement.outcome is Outcome.ACCEPTED and as_recorded
        differing = self._made_elsewhere(recorded) if as_here else self._concerned(recorded)
        changes = answered(self._records, recorded, judgement, withdrawn=void, waiting=waiting)
        if not as_recorded:  # units that a refusal took back once are not taken back again when it is repeated
            changes = tuple(change for change in changes if not isinstance(change, UnitsMoved))
        self.hear(changes)
        self._db.execute(
            "UPDATE event SET state = ?, answer = ? WHERE sequence = ?",
            (judgement.outcome, _answer_text(judgement), sequence),
        )
        if problem:
            if state == Outcome.ACCEPTED:  # a refusal of before that was put away says nothing of this one
                self._db.execute("DELETE FROM problem WHERE sequence = ?", (sequence,))
            self._db.execute(
                "INSERT INTO problem (sequence, heard_at) VALUES (?, ?) ON CONFLICT (sequence) DO NOTHING",
                (sequence, self._time_stamp()),
            )
        elif state not in {PENDING, judgement.outcome}:  # it was answered anew, and is no problem any more
            self._db.execute("DELETE FROM problem WHERE sequence = ? AND put_away_at IS NULL", (sequence,))
        return differing

    def _made_elsewhere(self, recorded: Recorded) -> set[str]:
        """Name the document where an accepted event has consequences that only the server can tell."""
        match recorded.event:
            case SlipReversed(document=document):
                return {document}
            case PostingRequested(document=document):
                slip = self._records.slip(document)
                return {document} if slip is not None and slip.charges else set()
            case Registered(document=document, override=override) if override:
                made = self._records.registration(recorded.id)  # what it was sold again over may be known there only
                return {document} if made is not None and not made.sold_before else set()
            case _:
                return set()

    def _concerned(self, recorded: Recorded) -> set[str]:
        """Name the documents on which a refused event changed something here."""
        event, found = recorded.event, {recorded.event.document}
        match event:
            case UnitsDrawn(slip=slip) | UnitsReturned(slip=slip):
                found.add(slip)
            case SlipDrafted(brought=brought):
                found |= {r.came_from for id in brought if (r := self._records.registration(id)) is not None}
            case Registered():
                made = self._records.registration(recorded.id)
                if made is not None and made.key is not None:
                    found.add(made.came_from)
                    if event.override:
                        sql = "SELECT document FROM registration WHERE item = ? AND key = ? AND returned = 1"
                        found |= {str(document) for (document,) in self._db.execute(sql, (made.item, made.key))}
        return found - {""}

    def _waiting(self, after: int) -> frozenset[str]:
        """Name the registrations that newer events remove or bring back here: their own answers are still to come."""
        sql = "SELECT json_extract(body, '$.registration') FROM event WHERE sequence > ? AND type IN (?, ?)"
        rows = self._db.execute(sql, (after, Removed.type, Undone.type))
        return frozenset(str(registration) for (registration,) in rows)

    def _possible(self, change: Change) -> bool:
        """Say whether a change can be made here: its serial may be live on another unit, its document gone."""
        match change:
            case Made(registration):
                return self._records.registration(registration.id) is None and self._free(registration)
            case Revised(registration):
                known = self._records.registration(registration.id)
                return known is not None and (not known.live or self._free(registration))
            case Back(id):
                registration_known = self._records.registration(id)
                return registration_known is not None and self._free(registration_known)
            case StatusChanged(document):
                return self._records.slip(document) is not None
            case LineSet(line):
                return self._records.slip(line.document) is not None
            case LineReversed(document, number):
                return self._records.line(document, number) is not None
            case _:
                return True

    def _free(self, registration: Registration) -> bool:
        if registration.key is None or registration.returned:
            return True
        holder = self._records.holder(registration.item, registration.key)
        return holder is None or holder.id == registration.id

    def _is_problem(self, recorded: Recorded, judgement: Judgement, before: str) -> bool:
        """Say whether a person must hear of an answer: not where it is what they want by now anyway.

        `before` is the state of the event until now: one that was answered is answered anew.
        """
        if judgement.outcome is Outcome.DUPLICATE:
            return before == Outcome.ACCEPTED and self._may_be_undone(recorded)
        if judgement.outcome is Outcome.ACCEPTED:
            return False
        if judgement.outcome is Outcome.KEY_REUSE:
            return True
        match recorded.event:
            case Registered() | NotReadable():
                return self._wanted(recorded, recorded.id, True)
            case Removed(registration=id):
                if judgement.live:
                    return not self._wanted(recorded, id, False)
                may_count_yet = self._still_to_come(judgement, id) and not self._wanted(recorded, id, False)
                return may_count_yet or (judgement.holder is not None and not self._counted(judgement.holder))
            case Undone(undoes=undoes, registration=id):
                wanted = self._wanted(recorded, id, undoes == Removed.type)
                return judgement.live != wanted
            case _:
                return True

    def _may_be_undone(self, recorded: Recorded) -> bool:
        """Say whether what counted, and is so already at a restored server, may be otherwise there soon.

        It is so already where the server has forgotten what another terminal did before, which this one's answer was
        to. That is sent again as well, after it now, and would have the last word.
        """
        match recorded.event:
            case Registered() | NotReadable():
                return self._wanted(recorded, recorded.id, True)
            case Removed(registration=id) | Undone(registration=id):
                made = self._db.execute("SELECT state FROM event WHERE id = ?", (id,)).fetchone()
                return (made is None or made[0] == Outcome.ACCEPTED) and self._said_since(recorded, id) is None
            case _:
                return True

    def _still_to_come(self, judgement: Judgement, registration: str) -> bool:
        """Say whether the server has never heard of what was removed, and may hear of it from another terminal yet.

        It was restored from an old backup then, and will count the unit again. What was recorded here reached it first.
        """
        said = judgement.refusal
        if judgement.outcome is not Outcome.REJECTED or said is None or said.code not in _UNHEARD:
            return False
        return not self._scalar("SELECT count(*) FROM event WHERE id = ?", registration)

    def _counted(self, holder: Registration) -> bool:
        """Say whether its serial counts here: scanned again since, say."""
        return holder.key is not None and self._records.holder(holder.item, holder.key) is not None

    def _wanted(self, recorded: Recorded, registration: str, otherwise: bool) -> bool:
        """Say whether the newest word of a person here is that a registration counts."""
        said = self._said_since(recorded, registration)
        return otherwise if said is None else said == (Undone.type, Removed.type)

    def _said_since(self, recorded: Recorded, registration: str) -> tuple[str, str | None] | None:
        """Give type, and what is undone, of the newest word of a person here on a registration after an event."""
        sql = (
            "SELECT type, json_extract(body, '$.undoes') FROM event WHERE sequence > ? AND type IN (?, ?)"
            " AND json_extract(body, '$.registration') = ? ORDER BY sequence DESC LIMIT 1"
        )
        row = self._db.execute(sql, (recorded.sequence, Removed.type, Undone.type, registration)).fetchone()
        return None if row is None else (str(row[0]), row[1])

    def _continued(self) -> Continued | None:
        found = self._store.meta(_CONTINUES)
        if not found:
            return None
        epoch, after = json.loads(found)
        return Continued(epoch, after, self._id_at(after))

    def _id_at(self, sequence: int) -> str:
        row = self._db.execute("SELECT id FROM event WHERE sequence = ?", (sequence,)).fetchone()
        return str(row[0]) if row else ""

    def _unsent(self, types: Sequence[str], after: int) -> list[Event]:
        sql = (
            f"SELECT {_EVENT} FROM event WHERE sequence > ? AND state IN (?, ?)"  # noqa: S608
            " AND type IN (SELECT value FROM json_each(?)) ORDER BY sequence"
        )
        values = (max(after, self.answered), PENDING, Outcome.ACCEPTED, json.dumps(types))
        return [self._recorded(row).event for row in self._db.execute(sql, values)]

    def _recorded(self, row: tuple[Any, ...]) -> Recorded:
        event = event_from(row[2], json.loads(row[5]))
        return Recorded(row[1], row[0], self._terminal, self.epoch, row[3], row[4], event)

    def _scalar(self, sql: str, *values: Any) -> int:
        row = self._db.execute(sql, values).fetchone()
        return int(row[0]) if row else 0


def _answer_text(judgement: Judgement) -> str:
    refusal = judgement.refusal
    if refusal is None:
        return "{}"
    return json.dumps({"code": refusal.code, "parameters": dict(refusal.parameters)})


def _problem(row: tuple[Any, ...]) -> Problem:
    said, event = json.loads(row[7] or "{}"), json.loads(row[10])
    refusal = Refusal(Code(said["code"]), said["parameters"]) if "code" in said else None
    return Problem(
        sequence=row[0],
        type=row[1],
        document=row[2],
        serial=row[3],
        operator=row[4],
        recorded_at=row[5],
        outcome=row[6],
        refusal=refusal,
        details=tuple(json.loads(row[8])),
        line=row[9] or 0,
        along=(event.get("gtin", ""), event.get("lot", ""), event.get("expiry", "")),
    )
