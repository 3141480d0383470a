"""What an event does to the records, in a handful of changes that every store can write.

The rules decide in the rooms beside this one; this module says what follows. A store only writes it down:
the terminal's journal, the backend's tables, and the ledger in memory.
"""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct
from msgspec.structs import replace

from terminal.domain.correcting import lines_to_reverse
from terminal.domain.documents import Draw, Line, PackingSlip, Registration, SlipStatus
from terminal.domain.drafting import brought_along, slip_of
from terminal.domain.events import (
    Event,
    InvoiceDrafted,
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SaleLineSet,
    SerialCorrected,
    SlipDrafted,
    SlipReversed,
    Undone,
    UnitsDrawn,
    UnitsReturned,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.records import Records
from terminal.domain.refusals import Code, refuse
from terminal.domain.selling import sale_line_of
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
    """A new packing slip or invoice with its lines; it takes their units from the order (S13)."""

    slip: PackingSlip
    lines: tuple[Line, ...]


class Revised(Struct, frozen=True):
    """A registration that is known has other values now: its serial, its place, who charges it. `live` stays."""

    registration: Registration


class LineSet(Struct, frozen=True):
    """A line of a counter sale is new, or has other units (S21)."""

    line: Line


class LineReversed(Struct, frozen=True):
    """A line's full quantity was reversed; the order has its units to ship again (S11)."""

    document: str
    line: int


class UnitsMoved(Struct, frozen=True):
    """An invoice takes `draw.units` more units without a registration from a slip's line, or fewer where negative."""

    draw: Draw


class Charged(Struct, frozen=True):
    """An invoice was posted: all that it draws on, and all that is its own, is invoiced (S14)."""

    document: str


Change = Made | Gone | Back | StatusChanged | SlipMade | Revised | LineSet | LineReversed | UnitsMoved | Charged


def consequences(records: Records, recorded: Recorded) -> tuple[Change, ...]:
    """Say what an event changes at once, at the terminal before any answer and at the backend alike."""
    match recorded.event:
        case Registered() as registered:
            return _registered(records, recorded, registered)
        case NotReadable() as blank:
            return (Made(_registration(records, recorded, blank)),)
        case Removed(registration=id):
            return _gone(records, id)
        case Undone(undoes=undoes, registration=id):
            return _back(records, id) if undoes == Removed.type else _gone(records, id)
        case PostingRequested(document=document):
            return (StatusChanged(document, SlipStatus.POSTING),)
        case PostingWithdrawn(document=document):
            return (StatusChanged(document, SlipStatus.DRAFT),)
        case SlipDrafted() as drafted:
            slip, lines = slip_of(records, drafted)
            return (SlipMade(slip, lines), *map(Revised, brought_along(records, drafted, lines)))
        case InvoiceDrafted() as drafted:
            return (SlipMade(*slip_of(records, drafted)),)
        case UnitsDrawn(document=document) as drawn:
            return _drawn(records, drawn, "", document, drawn.units)
        case UnitsReturned(document=document) as returned:
            return _drawn(records, returned, document, "", -returned.units)
        case SerialCorrected() as corrected:
            along = (corrected.gtin, corrected.lot, corrected.expiry)
            return _corrected(records, corrected, corrected.before, corrected.serial, along)
        case SaleLineSet() as sold:
            sale, line = sale_line_of(records, sold)
            return (LineSet(line),) if sale is None else (SlipMade(sale, (line,)),)
        case SlipReversed():
            return ()  # what is posted changes only when the backend says so


def settled(records: Records, event: Event) -> tuple[Change, ...]:
    """Say what the backend's acceptance adds: a requested posting is done (D5), a slip is reversed (S11)."""
    match event:
        case PostingRequested(document=document):
            slip = records.slip(document)
            posted = StatusChanged(document, SlipStatus.POSTED)
            return (posted, Charged(document)) if slip is not None and slip.charges else (posted,)
        case SlipReversed():
            return _reversed(records, event)
        case _:
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
        return () if withdrawn else settled(records, event)
    changes: tuple[Change, ...] = ()
    if not withdrawn and not _so_already(event, judgement.outcome):
        changes = _not_as_recorded(records, recorded, judgement.live, waiting)
    if judgement.holder is not None and judgement.holder.id not in waiting:
        changes += _known(records, recorded, judgement.holder, changes, waiting)
    if judgement.refusal is not None and judgement.refusal.code is Code.DOCUMENT_POSTED:
        changes += (StatusChanged(event.document, SlipStatus.POSTED),)
    return changes


def _so_already(event: Event, outcome: Outcome) -> bool:
    """Say whether a refused event did here what counts at the backend anyway."""
    return outcome is Outcome.DUPLICATE and isinstance(event, (SerialCorrected, UnitsDrawn, UnitsReturned))


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
        case SlipDrafted(document=document) as drafted:
            slip = records.slip(document)
            return () if slip is None else (*_sent_back(records, drafted), StatusChanged(document, SlipStatus.REFUSED))
        case InvoiceDrafted(document=document):
            slip = records.slip(document)
            return () if slip is None else (StatusChanged(document, SlipStatus.REFUSED),)
        case UnitsDrawn(document=document) as drawn:
            return _drawn(records, drawn, document, "", -drawn.units)
        case UnitsReturned(document=document) as returned:
            return _drawn(records, returned, "", document, returned.units)
        case SerialCorrected() as corrected:
            return _corrected(records, corrected, corrected.serial, corrected.before, ("", "", ""))
        case SaleLineSet(document=document, line=line, before=before):
            only = [at.number for at in records.lines(document)] == [line]
            return (StatusChanged(document, SlipStatus.REFUSED),) if only and not before else ()  # it never began
        case SlipReversed():
            return ()


def _sent_back(records: Records, drafted: SlipDrafted) -> tuple[Change, ...]:
    """Put what a refused slip brought along back on the lines that it was kept on (S12).

    What became of it there, the server says when those slips are read: it may have been dropped, and counts no more.
    """
    back: list[Change] = []
    for id in drafted.brought:
        found = records.registration(id)
        line = None if found is None else records.line(found.document, found.line)
        if found is None or line is None or found.document != drafted.document:
            continue
        before = next((at for at in records.lines(found.came_from) if at.order_line == line.order_line), None)
        if before is None:
            back += [Revised(found), Gone(id)]  # as it is: its line may be another's by now, of the same number
        else:
            back.append(Revised(replace(found, document=before.document, line=before.number, came_from="")))
    return tuple(back)


def _if_live(records: Records, id: str) -> tuple[Change, ...]:
    found = records.registration(id)
    return _gone(records, id) if found is not None and found.live else ()


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
    One of this terminal stays: the answer to its own event is still to come and names the wanted one again. One that
    was invoiced is no rival but an earlier sale of the unit: it stays, and has come back.
    """
    other = None if wanted.key is None else records.holder(wanted.item, wanted.key)
    if other is None or Gone(other.id) in after:
        return ()
    if other.id in waiting or (other.terminal == recorded.terminal and not other.invoiced):
        return None
    return (Revised(replace(other, returned=True)) if other.invoiced else Gone(other.id),)


def _registered(records: Records, recorded: Recorded, event: Registered) -> tuple[Change, ...]:
    """Count a new serial. One that was sold before came back (S22); one that is kept comes along (S12).

    What it was sold again over is remembered, also when it comes along: that one alone gives way to it again (S22).
    It is the same unit then: what was read along with its serial stays, unless it was read anew.
    """
    made = _registration(records, recorded, event)
    before = None if made.key is None else records.holder(made.item, made.key)
    if before is None:
        return (Made(made),)
    if before.invoiced:
        return (Revised(replace(before, returned=True)), Made(replace(made, sold_before=before.id)))
    if not (made.gtin or made.lot or made.expiry):
        made = replace(made, gtin=before.gtin, lot=before.lot, expiry=before.expiry)
    return (Gone(before.id), Made(replace(made, came_from=before.document, sold_before=before.sold_before)))


def _gone(records: Records, id: str) -> tuple[Change, ...]:
    """Count a registration no more. Where it had sold a unit again, the earlier sale holds the serial again (S22)."""
    found = records.registration(id)
    before = None
    if found is not None and found.key is not None and not found.returned:  # else another one holds it
        before = records.sold_before(found.item, found.key)
    return (Gone(id),) if before is None else (Gone(id), Revised(replace(before, returned=False)))


def _back(records: Records, id: str) -> tuple[Change, ...]:
    """Count a registration again; the earlier sale of the unit gives way again (S22)."""
    found = records.registration(id)
    before = None if found is None or found.key is None else records.holder(found.item, found.key)
    return (Back(id),) if before is None else (Revised(replace(before, returned=True)), Back(id))


def _drawn(
    records: Records, event: UnitsDrawn | UnitsReturned, before: str, after: str, units: int
) -> tuple[Change, ...]:
    """Move units from one invoice to another, where an empty one stands for none; only those that are there."""
    moved: list[Change] = []
    for id in event.registrations:
        found = records.registration(id)
        if found is not None and found.invoice == before and not found.invoiced:
            moved.append(Revised(replace(found, invoice=after)))
    if units:
        moved.append(UnitsMoved(Draw(event.document, event.slip, event.line, units)))
    return tuple(moved)


def _corrected(
    records: Records, event: SerialCorrected, before: str | None, after: str | None, along: tuple[str, str, str]
) -> tuple[Change, ...]:
    """Give a registration another serial, unless it has changed again meanwhile or the serial is taken.

    What was read along with the one goes with it, and what was read with the other comes: `along`. A refused correction
    that is taken back gives none; the server still has it, and it comes when the document is read.

    Where the unit had been sold before, it is another one by its new serial, so the first sale holds the old one again;
    when a refused correction is taken back, that sale gives way as it did before (S22). A unit that was itself sold
    again meanwhile holds its other serial as one that never came back.
    """
    found = records.registration(event.registration)
    item = None if found is None else records.item(found.item)
    if found is None or item is None or found.serial != before:
        return ()
    key = None if after is None else compared(after, item.serial_form)
    holder = None if key is None else records.holder(found.item, key)
    gtin, lot, expiry = along
    returned = found.returned and found.key == key
    made = replace(found, serial=after, key=key, gtin=gtin, lot=lot, expiry=expiry, returned=returned)
    changes: tuple[Change, ...] = (Revised(made),)
    if holder is not None and holder.id != found.id:
        if not holder.invoiced:
            return ()
        changes = (Revised(replace(holder, returned=True)), *changes)
    sold = None if found.returned or found.key in {None, key} else records.sold_before(found.item, found.key)
    return changes if sold is None else (*changes, Revised(replace(sold, returned=False)))


def _reversed(records: Records, event: SlipReversed) -> tuple[Change, ...]:
    """Reverse lines in full; what draft invoices took of them goes back, and the serials are kept (S11, S12)."""
    wanted = {line.number for line in lines_to_reverse(records, event.document, event.line)}
    drawn = [r for r in records.live_registrations(event.document) if r.line in wanted and r.invoice]
    plain = [each for each in records.draws_on(event.document) if each.line in wanted]
    changes: list[Change] = [Revised(replace(each, invoice="")) for each in drawn]
    changes += [UnitsMoved(replace(each, units=-each.units)) for each in plain]
    changes += [LineReversed(event.document, number) for number in sorted(wanted)]
    if all(line.reversed or line.number in wanted for line in records.lines(event.document)):
        changes.append(StatusChanged(event.document, SlipStatus.CANCELLED))
    return tuple(changes)


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
        gtin=event.gtin if isinstance(event, Registered) else "",
    )


def _if_status(records: Records, document: str, now: SlipStatus, then: SlipStatus) -> tuple[Change, ...]:
    slip = records.slip(document)
    return (StatusChanged(document, then),) if slip is not None and slip.status is now else ()
