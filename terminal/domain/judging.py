"""How the authority judges an event that a terminal recorded: by the very rules the terminal asked (D6, D8).

The backend calls `judge` for each event it receives. There is no second copy of any rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.domain.documents import Operator, Policies, Registration
from terminal.domain.drafting import draft_slip
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
from terminal.domain.posting import judge_posting, withdraw_posting
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import add_not_readable, add_serial, remove_registration, undo_event


class Outcome(StrEnum):
    """How an event ended at the backend; the words stand in exports and on the wire."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """Harmless: what the event wanted is so already (D6)."""
    CONFLICT = "conflict"
    """The serial is live on another unit: the first commit won (D6, S22)."""
    REJECTED = "rejected"
    KEY_REUSE = "key-reuse"
    """The same terminal, epoch and sequence came with other contents: a cloned terminal."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, the refusal behind it, and the registration that holds the serial where there is one."""

    outcome: Outcome
    refusal: Refusal | None = None
    holder: Registration | None = None
    live: bool = False
    """For a removal or an undo: whether the registration it names counts at the backend now."""


def judge(records: Records, who: Operator | None, policies: Policies, recorded: Recorded) -> Judgement:
    """Judge one recorded event against the present records."""
    if who is None:
        return Judgement(Outcome.REJECTED, refuse(Code.UNKNOWN_OPERATOR, operator=recorded.operator))
    ruling = _ruling(records, who, policies, recorded)
    if not isinstance(ruling, Refusal):
        return Judgement(Outcome.ACCEPTED)
    live = _counts(records, recorded)
    match ruling.code:
        case Code.DUPLICATE_ON_LINE | Code.ON_OTHER_LINE:
            return Judgement(Outcome.DUPLICATE, ruling, _holder(records, ruling), live)
        case Code.HELD_ELSEWHERE:
            return Judgement(Outcome.CONFLICT, ruling, None, live)
        case Code.NOT_KNOWN_HERE | Code.NOTHING_TO_UNDO | Code.NOTHING_TO_WITHDRAW:
            return Judgement(Outcome.DUPLICATE, ruling, None, live)
        case _:
            return Judgement(Outcome.REJECTED, ruling, None, live)


def _ruling(records: Records, who: Operator, policies: Policies, recorded: Recorded) -> object:
    """Ask the rule for this kind of event; a Refusal or anything else."""
    match recorded.event:
        case Registered() as event:
            ruling = add_serial(records, who, policies, event.document, event.line, event.serial)
            return _wrong_item(event.item, ruling.item) if isinstance(ruling, Registered) else ruling
        case NotReadable() as event:
            blank = add_not_readable(records, who, policies, event.document, event.line)
            return _wrong_item(event.item, blank.item) if isinstance(blank, NotReadable) else blank
        case Removed() as event:
            return remove_registration(records, who, event.document, event.line, event.registration)
        case Undone() as event:
            return undo_event(records, who, event.document, event.event)
        case PostingRequested() as event:
            return judge_posting(records, who, event)
        case PostingWithdrawn() as event:
            return withdraw_posting(records, who, event.document)
        case SlipDrafted() as event:
            units = dict(event.lines)
            if len(units) != len(event.lines):
                return refuse(Code.MORE_THAN_LEFT, line=event.lines[-1][0], left=0, wanted=event.lines[-1][1])
            return draft_slip(records, who, event.document, event.order, units)


def _wrong_item(claimed: str, actual: str) -> Refusal | None:
    return None if claimed == actual else refuse(Code.UNKNOWN_ITEM, item=claimed)


def _holder(records: Records, ruling: Refusal) -> Registration | None:
    return records.registration(str(ruling.parameters.get("registration", "")))


def _counts(records: Records, recorded: Recorded) -> bool:
    """Say whether the registration that a removal or an undo names counts now."""
    if not isinstance(recorded.event, (Removed, Undone)):
        return False
    found = records.registration(recorded.event.registration)
    return found is not None and found.live
