"""Taking a batch of events in, once each: whatever is sent again gets the answer it got before (D1, D6, D8, D10).

Nothing here commits. The writer thread does, and only then are the answers sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from server_stub import audit
from server_stub.envelope import Envelope, as_text, fingerprint, read_event, stored_body, usable_place
from server_stub.inbox import Entry, Stored
from server_stub.live import Change, Origin
from server_stub.work import Work
from terminal.backend.wire.events import Answer, answer_json
from terminal.domain.changes import consequences, settled
from terminal.domain.events import (
    Event,
    InvoiceDrafted,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SaleLineSet,
    SerialCorrected,
    SlipDrafted,
    SlipReversed,
    UnitsDrawn,
    UnitsReturned,
)
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.refusals import Code, refuse

_NOTED = (
    *(PostingRequested, PostingWithdrawn, SlipDrafted, InvoiceDrafted, UnitsDrawn, UnitsReturned),
    *(SerialCorrected, SlipReversed, SaleLineSet),
)
"""The events that the audit trail names even when all is well."""
_MALFORMED = "malformed"
"""The type under which an event is kept that can't be read."""


class Taken(Struct):
    """What came of a batch: the answers as JSON text, and the cursor after it."""

    cursor: int
    answers: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    """Outcomes of the events that are new here; repeats are not counted."""


def take_in(work: Work, terminal: str, envelope: Envelope) -> Taken:
    """Take a batch in, event by event, until one is missing; what lies beyond a gap must come again.

    Nor is anything taken in behind a place that another device has taken (D10): the device that is told so goes on
    in an epoch of its own, and sends the rest in that.
    """
    held = work.inbox.cursor(terminal, envelope.epoch)
    taken = Taken(_cursor(work, terminal, envelope, held))
    for given in envelope.events:
        place = usable_place(given)
        if place is None:
            taken.answers.append(_text(_malformed(given, "id or sequence is not usable")))
            continue
        if place[1] > taken.cursor + 1:
            break
        _take_one(work, taken, given, terminal, envelope.epoch)
        if taken.outcomes[-1:] == [Outcome.KEY_REUSE]:
            break
    if taken.cursor != held:
        if envelope.continues is not None and not held:
            names = {"epoch": envelope.epoch, "of": envelope.continues.epoch}
            audit.note(work.driver, "copied-device", terminal, terminal=terminal, **names)
        work.inbox.advance(terminal, envelope.epoch, taken.cursor)
    work.books.flush()
    return taken


def _cursor(work: Work, terminal: str, envelope: Envelope, held: int) -> int:
    """Give where a batch goes on: after what is held. A new epoch begins where the one ends that it goes on from.

    A server that was restored from an old backup may not hold that event: it asks for all again, since the other device
    may never come, or has sent its own in these places by then.
    """
    old = envelope.continues
    if held or old is None:
        return held
    known = work.inbox.kept(old.event)
    return old.after if known is not None and (known.terminal, known.sequence) == (terminal, old.after) else 0


def _take_one(work: Work, taken: Taken, given: Mapping[str, Any], terminal: str, epoch: str) -> None:
    """Answer one event that is next in its sequence, or lies before it."""
    reading = _read(given, terminal, epoch)
    sequence: int = given["sequence"]
    is_next = sequence == taken.cursor + 1
    stored = work.inbox.by_id(given["id"])
    if stored is None and not is_next:
        stored = work.inbox.by_place(terminal, epoch, sequence)
    if is_next:
        taken.cursor = sequence  # also of a repeat: another device with the same data may have sent it in its own epoch
    if stored is not None and stored.id == given["id"] and _is_same(work, stored, reading, terminal, sequence):
        taken.answers.append(_taken_back(reading.recorded) if stored.void and not reading.void else stored.answer)
        return
    if stored is not None or not is_next:
        taken.answers.append(_key_reuse(work, given, terminal, epoch))
        taken.outcomes.append(Outcome.KEY_REUSE)
        return
    entry = _judged(work, reading, given, terminal, epoch)
    work.inbox.keep(entry)
    taken.answers.append(entry.answer)
    taken.outcomes.append(entry.outcome)


def _is_same(work: Work, stored: Stored, reading: _Reading, terminal: str, sequence: int) -> bool:
    """Say whether an event is the one that was answered before: by its fingerprint, or else by what it says.

    Two devices that had the same data (D10) may each send what is of before, in its own epoch. Earlier versions took
    fingerprints in other ways, kept no fields that they did not know, and could not read types that there are now.
    """
    if stored.digest == reading.digest:
        return True
    sent, known = reading.recorded, work.inbox.kept(stored.id)
    if known is None or (known.terminal, known.sequence) != (terminal, sequence):
        return False
    if known.type == _MALFORMED:
        return True
    if sent is None or (sent.operator, sent.recorded_at, sent.event.type) != (
        *(known.operator, known.recorded_at),
        known.type,
    ):
        return False
    said = json.loads(reading.body)
    return all(said.get(name, "") == value for name, value in json.loads(known.body).items())


class _Reading(Struct, frozen=True):
    """An event as it was understood: `recorded` is None for a malformed one."""

    recorded: Recorded | None
    digest: str
    body: str
    void: bool = False
    fault: str = ""


def _read(given: Mapping[str, Any], terminal: str, epoch: str) -> _Reading:
    try:
        recorded = read_event(given, terminal, epoch)
    except ValueError as error:
        text = json.dumps([terminal, epoch, given], sort_keys=True)
        digest = hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
        return _Reading(None, digest, as_text(given), fault=str(error))
    body, void = stored_body(recorded), given.get("void") is True
    return _Reading(recorded, fingerprint(recorded, body), body, void)


def _judged(work: Work, reading: _Reading, given: Mapping[str, Any], terminal: str, epoch: str) -> Entry:
    """Judge a new event and apply what follows; gives the row to keep."""
    recorded = reading.recorded
    if recorded is None:
        return _malformed_entry(work, reading, given, terminal, epoch)
    judgement = Judgement(Outcome.ACCEPTED) if reading.void else _decided(work, recorded)
    _note(work, recorded, judgement, reading.void)
    return Entry(
        id=recorded.id,
        terminal=terminal,
        epoch=epoch,
        sequence=recorded.sequence,
        digest=reading.digest,
        type=recorded.event.type,
        document=recorded.event.document,
        operator=recorded.operator,
        body=reading.body,
        recorded_at=recorded.recorded_at,
        received_at=work.now,
        outcome=str(judgement.outcome),
        answer=_text(Answer(recorded.id, recorded.sequence, judgement)),
        void=reading.void,
        registration=getattr(recorded.event, "registration", None),
    )


def _decided(work: Work, recorded: Recorded) -> Judgement:
    """Ask the rules as they stand now (D8) and write down what an acceptance changes."""
    records = work.books.records
    who = work.master.operator(work.driver, recorded.operator)
    policies = work.master.site(work.driver, recorded.terminal).policies
    judgement = judge(records, who, policies, recorded)
    if _is_of_another(work, recorded, judgement):
        refusal = refuse(Code.NUMBER_TAKEN, document=recorded.event.document)
        judgement = Judgement(Outcome.REJECTED, refusal)
    if _names_a_stranger(work, recorded.event, judgement):
        judgement = replace(judgement, outcome=Outcome.REJECTED)
    if judgement.outcome is Outcome.ACCEPTED:
        for change in consequences(records, recorded) + settled(records, recorded.event):
            work.books.apply(change, work.now)
        work.books.remember(recorded.event)
        _tell(work, recorded)
    return judgement


def _is_of_another(work: Work, recorded: Recorded, judgement: Judgement) -> bool:
    """Say whether what would be posted only has the number of what this terminal drafted, which was refused.

    A server that was restored from an old backup may have given the terminal's numbers to another one meanwhile.
    """
    if not isinstance(recorded.event, PostingRequested) or judgement.outcome is not Outcome.ACCEPTED:
        return False
    return work.inbox.drafted_in_vain(recorded.terminal, recorded.event.document)


def _names_a_stranger(work: Work, event: Event, judgement: Judgement) -> bool:
    """Say whether a removal is harmless only because nobody has ever sent what it removes.

    A server that was restored from an old backup hears from its terminals in any order: the unit may still come, and
    would count although a person took it off. So that person is told.
    """
    if not isinstance(event, Removed) or judgement.outcome is not Outcome.DUPLICATE:
        return False
    return work.inbox.by_id(event.registration) is None


def _tell(work: Work, recorded: Recorded) -> None:
    """Have whoever listens hear of every document that an event has changed: an invoice changes its slips, too."""
    origin = Origin(recorded.terminal, recorded.epoch)
    work.changed.update(Change(document, origin) for document in (recorded.event.document, *work.books.touched))
    work.books.touched.clear()


def _note(work: Work, recorded: Recorded, judgement: Judgement, void: bool) -> None:
    """Leave a trail of what someone may have to look into; the rest is in the inbox."""
    event = recorded.event
    if not _is_noted(event) and judgement.outcome is not Outcome.CONFLICT:
        return
    why = {"reason": event.reason} if isinstance(event, (SerialCorrected, SlipReversed)) else {}
    if isinstance(event, Registered) and event.override:
        why["override"] = event.override
    audit.note(
        work.driver,
        event.type,
        event.document,
        who=recorded.operator,
        terminal=recorded.terminal,
        event=recorded.id,
        outcome=str(judgement.outcome),
        code=None if judgement.refusal is None else str(judgement.refusal.code),
        void=int(void),
        **why,
    )


def _is_noted(event: Event) -> bool:
    """Say whether the trail names an event: selling a unit again that came back is a supervisor's decision (S22)."""
    return isinstance(event, _NOTED) or (isinstance(event, Registered) and event.override != "")


def _taken_back(recorded: Recorded | None) -> str:
    """Answer a request to post that another device with the same data (D10) has withdrawn before it was sent (D5)."""
    if recorded is None:
        raise ValueError("only a request to post is void")
    refusal = refuse(Code.REQUEST_WITHDRAWN, document=recorded.event.document)
    return _text(Answer(recorded.id, recorded.sequence, Judgement(Outcome.REJECTED, refusal)))


def _key_reuse(work: Work, given: Mapping[str, Any], terminal: str, epoch: str) -> str:
    """Answer an event whose id or place is taken by another: two journals pretend to be one (D10)."""
    id, sequence = given["id"], given["sequence"]
    audit.note(work.driver, "key-reuse", id, terminal=terminal, epoch=epoch, sequence=sequence)
    refusal = refuse(Code.CLONED_TERMINAL, terminal=terminal, epoch=epoch, sequence=sequence)
    return _text(Answer(id, sequence, Judgement(Outcome.KEY_REUSE, refusal)))


def _malformed(given: object, fault: str) -> Answer:
    """Answer an event that can't be read, as far as it says what it is."""
    says = given if isinstance(given, Mapping) else {}
    id, sequence = says.get("id"), says.get("sequence")
    return Answer(
        id if isinstance(id, str) else "",
        sequence if type(sequence) is int and 0 <= sequence < 2**53 else 0,
        Judgement(Outcome.REJECTED, refuse(Code.MALFORMED_EVENT, fault=fault)),
    )


def _malformed_entry(work: Work, reading: _Reading, given: Mapping[str, Any], terminal: str, epoch: str) -> Entry:
    """Keep an event that can't be read, so that the queue behind it moves on. Its text is kept as ASCII."""
    return Entry(
        id=given["id"],
        terminal=terminal,
        epoch=epoch,
        sequence=given["sequence"],
        digest=reading.digest,
        type=_MALFORMED,
        document="",
        operator="",
        body=reading.body,
        recorded_at="",
        received_at=work.now,
        outcome=str(Outcome.REJECTED),
        answer=_text(_malformed(given, reading.fault)),
    )


def _text(answer: Answer) -> str:
    """Give an answer as the text that is kept, and sent however often it is asked for."""
    return as_text(answer_json(answer))
