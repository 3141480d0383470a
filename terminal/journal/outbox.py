"""What is still to be sent, and what became of it: events go out in their order, until each is answered.

The outbox is no table of its own: it is every event after the last one answered for. Nothing ever leaves it
unanswered, and an answer that says no becomes a problem a person must put away (D6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from terminal.domain.changes import Change, answered
from terminal.domain.documents import Registration
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
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
                if judgement.outcome is not Outcome.ACCEPTED:
                    differing.add(document)
                settled = sequence
            if settled != self.answered:
                self._store.set_meta("answered", str(settled))
        self.answered = settled
        self.problems = self._scalar("SELECT count(*) FROM problem WHERE put_away_at IS NULL")
        return differing

    def rewind(self, cursor: int) -> None:
        """Send again from after `cursor`: the server was restored from an old backup and forgot the rest."""
        with self._store.transaction():
            self._store.set_meta("answered", str(cursor))
        self.answered = cursor

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

    def hear(self, changes: Sequence[Change]) -> None:
        """Apply what the server said and keep it for the replay, inside the running transaction."""
        for change in changes:
            self._records.apply(change)
        if changes:
            self._db.execute("INSERT INTO heard VALUES (NULL, ?, ?)", (self.stored, changes_text(changes)))

    def _settle_one(self, sequence: int, judgement: Judgement) -> str:
        row = self._db.execute(f"SELECT {_EVENT} FROM event WHERE sequence = ?", (sequence,)).fetchone()  # noqa: S608
        if row is None:
            raise LookupError(sequence)
        recorded = self._recorded(row)
        changes = answered(self._records, recorded, judgement)
        changes = tuple(change for change in changes if not self._clashes(change))
        self.hear(changes)
        self._db.execute(
            "UPDATE event SET state = ?, answer = ? WHERE sequence = ?",
            (judgement.outcome, _answer_text(judgement), sequence),
        )
        if _is_problem(recorded, judgement, changes):
            self._db.execute(
                "INSERT INTO problem (sequence, heard_at) VALUES (?, ?) ON CONFLICT (sequence) DO NOTHING",
                (sequence, self._time_stamp()),
            )
        return recorded.event.document

    def _clashes(self, change: Change) -> bool:
        """Say whether a registration heard of can't count yet: its serial is live here on another unit."""
        made = getattr(change, "registration", None)
        if not isinstance(made, Registration) or made.key is None:
            return False
        holder = self._records.holder(made.item, made.key)
        return holder is not None and holder.id != made.id and holder.document != made.document

    def _recorded(self, row: tuple[Any, ...]) -> Recorded:
        event = event_from(row[2], json.loads(row[5]))
        return Recorded(row[1], row[0], self._terminal, self._epoch, row[3], row[4], event)

    def _scalar(self, sql: str, *values: Any) -> int:
        row = self._db.execute(sql, values).fetchone()
        return int(row[0]) if row else 0


def _is_problem(recorded: Recorded, judgement: Judgement, changes: Sequence[Change]) -> bool:
    """Say whether a person must hear of an answer: not where it changed nothing that anybody counts on."""
    if judgement.outcome in {Outcome.ACCEPTED, Outcome.DUPLICATE}:
        return False
    if judgement.outcome is Outcome.KEY_REUSE:
        return True
    match recorded.event:
        case PostingRequested() | PostingWithdrawn() | SlipDrafted():
            return True
        case Registered() | NotReadable() | Removed() | Undone():
            return bool(changes)


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
