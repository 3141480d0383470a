"""What is still to be sent, and what became of it: events go out in their order, until each is answered.

The outbox is no table of its own: it is every event after the last one answered for. Nothing ever leaves it
unanswered, and an answer that says no becomes a problem a person must put away (D6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from terminal.domain.changes import Back, Change, Made, StatusChanged, answered
from terminal.domain.documents import Registration
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    Recorded,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
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
_EVENT = "sequence, id, type, operator, recorded_at, body"


class Outbox:
    """The events of this terminal on their way to the server."""

    def __init__(
        self, store: Store, records: Projection, terminal: str, epoch: str, time_stamp: Callable[[], str]
    ) -> None:
        self._store = store
        self._db = store.connection
        self._records = records
        self._terminal = terminal
        self._epoch = epoch
        self._time_stamp = time_stamp
        with store.faults():
            self.stored: int = self._scalar("SELECT coalesce(max(sequence), 0) FROM event")
            """Sequence of the newest event."""
            self.answered: int = int(store.meta("answered", "0"))
            """Sequence up to which the server has answered for every event."""
            self.problems: int = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")

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
                document = self._settle_one(sequence, judgement)
                if document is not None:
                    differing.add(document)
                settled = sequence
            if settled != self.answered:
                self._store.set_meta("answered", str(settled))
        self.answered = settled
        self.problems = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")
        return differing

    def rewind(self, cursor: int) -> None:
        """Send again from after `cursor`: the server was restored from an old backup and forgot the rest."""
        if cursor >= self.answered:
            return  # what it has not answered is sent anyway
        with self._store.transaction():
            self._store.set_meta("answered", str(max(0, cursor)))
        self.answered = max(0, cursor)

    def busy_documents(self) -> set[str]:
        """Name the documents with events that wait to be sent."""
        sql = "SELECT DISTINCT document FROM event WHERE sequence > ?"
        return {document for (document,) in self._db.execute(sql, (self.answered,))}

    def standing_events(self, document: str, after: int) -> list[Recorded]:
        """Give the events of a document after a sequence, oldest first, but for those the server once refused."""
        sql = f"SELECT {_EVENT} FROM event WHERE sequence > ? AND document = ? AND state IN (?, ?) ORDER BY sequence"  # noqa: S608
        values = (max(after, self.answered), document, PENDING, Outcome.ACCEPTED)
        return [self._recorded(row) for row in self._db.execute(sql, values)]

    def unsent_drafts(self) -> list[SlipDrafted]:
        """Give the slips drafted here that the server has not seen yet."""
        sql = f"SELECT {_EVENT} FROM event WHERE sequence > ? AND type = ?"  # noqa: S608
        found = (self._recorded(row).event for row in self._db.execute(sql, (self.answered, SlipDrafted.type)))
        return [event for event in found if isinstance(event, SlipDrafted)]

    def void_requests(self, document: str) -> None:
        """Mark unanswered requests to post as withdrawn, inside the running transaction (D5)."""
        self._db.execute(
            "UPDATE event SET void = 1 WHERE sequence > ? AND document = ? AND type = ?",
            (self.answered, document, PostingRequested.type),
        )

    def open_problems(self) -> list[Problem]:
        """Give the problems nobody has put away yet, oldest first."""
        sql = (
            "SELECT e.sequence, e.type, e.document, e.serial, e.operator, e.recorded_at, e.state, e.answer, p.details"
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

    def _settle_one(self, sequence: int, judgement: Judgement) -> str | None:
        """Write one answer down; names the document where it wants reading again."""
        sql = f"SELECT {_EVENT}, void, state FROM event WHERE sequence = ?"  # noqa: S608
        row = self._db.execute(sql, (sequence,)).fetchone()
        if row is None:
            raise LookupError(sequence)
        recorded, void, state = self._recorded(row), bool(row[6]), row[7]
        problem = not void and self._is_problem(recorded, judgement)
        waiting = frozenset() if judgement.outcome is Outcome.ACCEPTED else self._waiting(sequence)
        self.hear(answered(self._records, recorded, judgement, withdrawn=void, waiting=waiting))
        self._db.execute(
            "UPDATE event SET state = ?, answer = ? WHERE sequence = ?",
            (judgement.outcome, _answer_text(judgement), sequence),
        )
        if problem:
            self._db.execute(
                "INSERT INTO problem (sequence, heard_at) VALUES (?, ?) ON CONFLICT (sequence) DO NOTHING",
                (sequence, self._time_stamp()),
            )
        as_here = judgement.outcome is Outcome.ACCEPTED and state in {PENDING, Outcome.ACCEPTED}
        return None if as_here else recorded.event.document

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
            case Back(id):
                registration_known = self._records.registration(id)
                return registration_known is not None and self._free(registration_known)
            case StatusChanged(document):
                return self._records.slip(document) is not None
            case _:
                return True

    def _free(self, registration: Registration) -> bool:
        if registration.key is None:
            return True
        holder = self._records.holder(registration.item, registration.key)
        return holder is None or holder.id == registration.id

    def _is_problem(self, recorded: Recorded, judgement: Judgement) -> bool:
        """Say whether a person must hear of an answer: not where it is what they want by now anyway."""
        if judgement.outcome in {Outcome.ACCEPTED, Outcome.DUPLICATE}:
            return False
        if judgement.outcome is Outcome.KEY_REUSE:
            return True
        match recorded.event:
            case Registered() | NotReadable():
                return self._wanted(recorded, recorded.id, True)
            case Removed(registration=id):
                if judgement.live:
                    return not self._wanted(recorded, id, False)
                return judgement.holder is not None and not self._counted(judgement.holder)
            case Undone(undoes=undoes, registration=id):
                wanted = self._wanted(recorded, id, undoes == Removed.type)
                return judgement.live != wanted
            case _:
                return True

    def _counted(self, holder: Registration) -> bool:
        """Say whether its serial counts here: scanned again since, say."""
        return holder.key is not None and self._records.holder(holder.item, holder.key) is not None

    def _wanted(self, recorded: Recorded, registration: str, otherwise: bool) -> bool:
        """Say whether the newest word of a person here is that a registration counts."""
        sql = (
            "SELECT type, json_extract(body, '$.undoes') FROM event WHERE sequence > ? AND type IN (?, ?)"
            " AND json_extract(body, '$.registration') = ? ORDER BY sequence DESC LIMIT 1"
        )
        row = self._db.execute(sql, (recorded.sequence, Removed.type, Undone.type, registration)).fetchone()
        if row is None:
            return otherwise
        return bool(row[0] == Undone.type and row[1] == Removed.type)

    def _recorded(self, row: tuple[Any, ...]) -> Recorded:
        event = event_from(row[2], json.loads(row[5]))
        return Recorded(row[1], row[0], self._terminal, self._epoch, row[3], row[4], event)

    def _scalar(self, sql: str, *values: Any) -> int:
        row = self._db.execute(sql, values).fetchone()
        return int(row[0]) if row else 0


def _answer_text(judgement: Judgement) -> str:
    refusal = judgement.refusal
    if refusal is None:
        return "{}"
    return json.dumps({"code": refusal.code, "parameters": dict(refusal.parameters)})


def _problem(row: tuple[Any, ...]) -> Problem:
    said = json.loads(row[7] or "{}")
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
    )
