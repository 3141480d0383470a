"""Events as they are sent, and the server's answers to them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from terminal.backend.wire.documents import registration_json, registration_of
from terminal.backend.wire.fields import Json, listed, mapping, number, text
from terminal.domain.events import VERSION, Recorded, body, event_from
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, Refusal

BATCH_LIMIT = 100
"""Events in one batch at the most."""

_CODES = [str(code) for code in Code]


class Answer(Struct, frozen=True):
    """The server's word on one event; kept for ever, repeated for a retry."""

    id: str
    sequence: int
    judgement: Judgement


class BatchAnswer(Struct, frozen=True):
    """The server's answer to a batch.

    `cursor` is the last sequence it holds of this terminal and epoch; after a gap, or after it was
    restored from an old backup, it is lower than what was sent, `answers` is empty, and the terminal
    sends again from `cursor` + 1.
    """

    answers: tuple[Answer, ...]
    cursor: int
    server_time: str


def event_json(recorded: Recorded, *, void: bool = False) -> dict[str, Any]:
    """Give an event as it is sent. `void`: a request to post that was withdrawn before it was sent (D5)."""
    made = {
        "id": recorded.id,
        "sequence": recorded.sequence,
        "type": recorded.event.type,
        "version": VERSION,
        "operator": recorded.operator,
        "recorded_at": recorded.recorded_at,
        "body": body(recorded.event),
    }
    return {**made, "void": True} if void else made


def event_of(given: Json, terminal: str, epoch: str) -> Recorded:
    """Read an event as it was sent. Raises ValueError."""
    return Recorded(
        id=text(given, "id"),
        sequence=number(given, "sequence"),
        terminal=terminal,
        epoch=epoch,
        operator=text(given, "operator"),
        recorded_at=text(given, "recorded_at"),
        event=event_from(text(given, "type"), mapping(given, "body")),
    )


def answer_json(answer: Answer) -> dict[str, Any]:
    """Give an answer as it is stored and sent."""
    said = answer.judgement
    made: dict[str, Any] = {"id": answer.id, "sequence": answer.sequence, "outcome": str(said.outcome)}
    if said.refusal is not None:
        made |= {
            "code": str(said.refusal.code),
            "rule": said.refusal.rule,
            "parameters": dict(said.refusal.parameters),
            "live": said.live,
        }
    if said.holder is not None:
        made["holder"] = registration_json(said.holder)
    return made


def answer_of(given: Json) -> Answer:
    """Read an answer; a code of a newer version leaves its refusal out, not the outcome. Raises ValueError."""
    refusal = None
    if given.get("code") in _CODES:
        parameters = mapping(given, "parameters")
        refusal = Refusal(Code(given["code"]), {str(k): v for k, v in parameters.items() if isinstance(v, (str, int))})
    holder = registration_of(mapping(given, "holder")) if given.get("holder") is not None else None
    judgement = Judgement(Outcome(text(given, "outcome")), refusal, holder, given.get("live") is True)
    return Answer(text(given, "id"), number(given, "sequence"), judgement)


def batch_answer_of(given: Any) -> BatchAnswer:
    """Read the answer to a batch. Raises ValueError."""
    answers = tuple(answer_of(each) for each in listed(given, "answers"))
    return BatchAnswer(answers, number(given, "cursor"), text(given, "server_time"))
