"""What an event does to the records, in a handful of changes that every store can write.

The rules decide in `registering`, `posting` and `drafting`; this module says what follows. A store only writes it down:
the terminal's journal, the backend's tables, and the ledger in memory.
"""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from terminal.domain.documents import Line, PackingSlip, Registration, SlipStatus
from terminal.domain.drafting import slip_of
from terminal.domain.events import (
    Event,
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.records import Records
from terminal.domain.refusals import Code, refuse
from terminal.domain.serials import compared


class Made(Struct, frozen=True):
    """A new live registration."""

    registration: Registration


class Gone(Struct, frozen=True):
    """A registration counts no more."""

    id: str


class Back(Struct, frozen=True):
    """A registration that was gone counts again, the same one (D3)."""

    id: str


class StatusChanged(Struct, frozen=True):
    """A document stands elsewhere now."""

    document: str
    status: SlipStatus


class SlipMade(Struct, frozen=True):
    """A new packing slip with its lines."""

    slip: PackingSlip
    lines: tuple[Line, ...]


Change = Made | Gone | Back | StatusChanged | SlipMade


def consequences(records: Records, recorded: Recorded) -> tuple[Change, ...]:
    """Say what an event changes at once, at the terminal before any answer and at the backend alike."""
    match recorded.event:
        case Registered() | NotReadable():
            return (Made(_registration(records, recorded, recorded.event)),)
        case Removed(registration=id):
            return (Gone(id),)
        case Undone(undoes=undoes, registration=id):
            return (Back(id),) if undoes == Removed.type else (Gone(id),)
        case PostingRequested(document=document):
            return (StatusChanged(document, SlipStatus.POSTING),)
        case PostingWithdrawn(document=document):
            return (StatusChanged(document, SlipStatus.DRAFT),)
        case SlipDrafted() as drafted:
            return (SlipMade(*slip_of(records, drafted)),)


def settled(event: Event) -> tuple[Change, ...]:
    """Say what the backend's acceptance adds: a requested posting is done (D5)."""
    if isinstance(event, PostingRequested):
        return (StatusChanged(event.document, SlipStatus.POSTED),)
    return ()


def answered(
    records: Records,
    recorded: Recorded,
    judgement: Judgement,
    *,
    withdrawn: bool = False,
    waiting: Container[str] = frozenset(),
) -> tuple[Change, ...]:
    """Say what the backend's answer changes at the terminal (D6). The backend's word decides what counts.

    `withdrawn`: a request to post that was taken back here. Whether it went out as void or was posted already,
    the answer to the withdrawal says; and the document may be waiting for the answer to a newer request (D5).
    `waiting`: the registrations that newer events, not answered yet, remove or bring back here; their own
    answers say what becomes of those.
    """
    event = recorded.event
    if judgement.outcome is Outcome.ACCEPTED:
        return () if withdrawn else settled(event)
    changes = () if withdrawn else _not_as_recorded(records, recorded, judgement.live, waiting)
    if judgement.holder is not None and judgement.holder.id not in waiting:
        changes += _known(records, recorded, judgement.holder, changes, waiting)
    if judgement.refusal is not None and judgement.refusal.code is Code.DOCUMENT_POSTED:
        changes += (StatusChanged(event.document, SlipStatus.POSTED),)
    return changes


def _not_as_recorded(records: Records, recorded: Recorded, live: bool, waiting: Container[str]) -> tuple[Change, ...]:
    """Bring what a refused event did here to what counts at the backend; nothing where it is so already."""
    match recorded.event:
        case Registered() | NotReadable():
            return _if_live(records, recorded.id)
        case Removed(registration=id) | Undone(registration=id):
            if id in waiting:
                return ()
            return _if_gone(records, recorded, id, waiting) if live else _if_live(records, id)
        case PostingRequested(document=document):
            return _if_status(records, document, SlipStatus.POSTING, SlipStatus.DRAFT)
        case PostingWithdrawn():
            return ()
        case SlipDrafted(document=document):
            slip = records.slip(document)
            return () if slip is None else (StatusChanged(document, SlipStatus.REFUSED),)


def _if_live(records: Records, id: str) -> tuple[Change, ...]:
    found = records.registration(id)
    return (Gone(id),) if found is not None and found.live else ()


def _if_gone(records: Records, recorded: Recorded, id: str, waiting: Container[str]) -> tuple[Change, ...]:
    found = records.registration(id)
    if found is None or found.live:
        return ()
    room = _room_for(records, recorded, found, (), waiting)
    return () if room is None else (*room, Back(id))


def _known(
    records: Records, recorded: Recorded, holder: Registration, after: tuple[Change, ...], waiting: Container[str]
) -> tuple[Change, ...]:
    """Count the registration that holds the serial at the backend, made by whichever terminal.

    One of another document that was never heard of here comes when that document is read.
    """
    found = records.registration(holder.id)
    if Back(holder.id) in after or (found is not None and found.live):
        return ()
    if found is None and holder.document != recorded.event.document:
        return ()
    room = _room_for(records, recorded, holder, after, waiting)
    return () if room is None else (*room, Made(holder) if found is None else Back(holder.id))


def _room_for(
    records: Records, recorded: Recorded, wanted: Registration, after: tuple[Change, ...], waiting: Container[str]
) -> tuple[Change, ...] | None:
    """Say what must go so that a registration can count, or None where it has to wait (S22).

    The backend counts the serial on the wanted one, so another terminal's gives way: its removal was not heard of.
    One of this terminal stays: the answer to its own event is still to come and names the wanted one again.
    """
    other = None if wanted.key is None else records.holder(wanted.item, wanted.key)
    if other is None or Gone(other.id) in after:
        return ()
    if other.terminal == recorded.terminal or other.id in waiting:
        return None
    return (Gone(other.id),)


def _registration(records: Records, recorded: Recorded, event: Registered | NotReadable) -> Registration:
    serial = event.serial if isinstance(event, Registered) else None
    item = records.item(event.item)
    if item is None:
        raise LookupError(refuse(Code.UNKNOWN_ITEM, item=event.item))
    return Registration(
        id=recorded.id,
        document=event.document,
        line=event.line,
        item=event.item,
        serial=serial,
        key=None if serial is None else compared(serial, item.serial_form),
        operator=recorded.operator,
        terminal=recorded.terminal,
        recorded_at=recorded.recorded_at,
        lot=event.lot if isinstance(event, Registered) else "",
        expiry=event.expiry if isinstance(event, Registered) else "",
        package=event.package if isinstance(event, Registered) else "",
    )


def _if_status(records: Records, document: str, now: SlipStatus, then: SlipStatus) -> tuple[Change, ...]:
    slip = records.slip(document)
    return (StatusChanged(document, then),) if slip is not None and slip.status is now else ()
