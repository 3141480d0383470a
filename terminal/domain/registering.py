"""Putting serials and blanks on a line, taking them off, and undoing a slip of the hand (S1–S9, S22, I9–I11, D1–D4).

Each function takes the records as they are and what a person wants, and gives the event that happened
or the refusal. None of them changes anything.
"""

from __future__ import annotations

from msgspec.structs import replace

from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OverScan,
    Policies,
    Registration,
    SerialCase,
    SlipStatus,
    Tally,
)
from terminal.domain.events import NotReadable, Registered, Removed, Undone
from terminal.domain.read_along import kept as kept_of
from terminal.domain.recalls import not_recalled, still_recalled
from terminal.domain.records import PastEvent, Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.serials import compared, read_serial


def add_serial(
    records: Records,
    who: Operator,
    policies: Policies,
    document: str,
    line: int,
    scanned: str,
    override: str = "",
    along: tuple[str, str, str] = ("", "", ""),
) -> Registered | Refusal:
    """Put a scanned or typed serial on the list of a line (S6, S7 ADD).

    `override`: a supervisor's reason to sell a unit again that was invoiced before and came back (S22). It is none to
    sell a recalled one (I9). `along`: GTIN, lot and expiry, as far as the serial's symbol said them.
    """
    place = _place_for(records, who, document, line)
    if isinstance(place, Refusal):
        return place
    at, item = place
    gtin, lot, expiry = kept_of(*along)
    serial = read_serial(scanned, item.serial_form)
    if isinstance(serial, Refusal):
        return serial
    wrong = wrong_unit(records, item, serial, lot)
    if wrong is not None:
        return wrong
    holder = records.holder(at.item, compared(serial, item.serial_form))
    refused = None if holder is None else _not_free(records, who, holder, at, serial, override)
    refused = refused or _full(records.tally(document, line), at, policies)
    may = holder is not None or Duty.OVERRIDE in who.duties  # who had it before may be known to the server only
    override = override if may else ""
    return refused or Registered(document, line, at.item, serial, lot, expiry, override=override, gtin=gtin)


def wrong_unit(records: Records, item: Item, serial: str, lot: str) -> Refusal | None:
    """Say why no unit with this serial is sold: the label names something else (I10), or the unit is recalled (I9)."""
    named = records.names(serial)
    if named:
        return refuse(Code.NOT_A_SERIAL, serial=serial, what=named)
    return not_recalled(records, item, serial, lot)


def add_not_readable(
    records: Records, who: Operator, policies: Policies, document: str, line: int
) -> NotReadable | Refusal:
    """Register a blank for a unit whose serial can't be read (S8)."""
    if Duty.REGISTER_UNREADABLE not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER_UNREADABLE)
    place = _place_for(records, who, document, line)
    if isinstance(place, Refusal):
        return place
    at, _ = place
    full = _full(records.tally(document, line), at, policies)
    return full or NotReadable(document, line, at.item)


def remove_serial(records: Records, who: Operator, document: str, line: int, scanned: str) -> Removed | Refusal:
    """Take a scanned serial off the list of a line (S7 REMOVE); what is not known to be on it is a refusal (D4)."""
    at = _draft_line(records, who, document, line)
    if isinstance(at, Refusal):
        return at
    item = records.item(at.item)
    if item is None:
        return refuse(Code.UNKNOWN_ITEM, item=at.item)
    serial = scanned.strip(" \t\r\n")
    if not serial:
        return refuse(Code.EMPTY_SERIAL)
    holder = records.holder(at.item, compared(serial, item.serial_form))
    if holder is None or holder.serial is None or holder.document != document:
        return refuse(Code.NOT_KNOWN_HERE, serial=serial)
    if holder.line != line:
        return refuse(Code.ON_OTHER_LINE, serial=serial, line=holder.line)
    return Removed(document, line, holder.id, holder.serial)


def remove_not_readable(records: Records, who: Operator, document: str, line: int) -> Removed | Refusal:
    """Take the newest blank off a line (S8 in REMOVE, D1)."""
    if Duty.REGISTER_UNREADABLE not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER_UNREADABLE)
    at = _draft_line(records, who, document, line)
    if isinstance(at, Refusal):
        return at
    blank = records.newest_blank(document, line)
    if blank is None:
        return refuse(Code.NO_BLANK, line=line)
    return Removed(document, line, blank.id, None)


def remove_registration(records: Records, who: Operator, document: str, line: int, id: str) -> Removed | Refusal:
    """Take a registration off by its name: what the backend judges, whichever way the terminal found it (D1).

    One that is kept on a reversed line is dropped there (S12): its serial is free again.
    """
    kept = records.line(document, line)
    at = kept if kept is not None and kept.reversed else _draft_line(records, who, document, line)
    if isinstance(at, Refusal):
        return at
    if Duty.REGISTER not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    found = records.registration(id)
    if found is None or not found.live or found.document != document or found.line != line:
        return refuse(Code.NOT_KNOWN_HERE, serial=(found.serial or "") if found else "")
    if found.blank and Duty.REGISTER_UNREADABLE not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER_UNREADABLE)
    return Removed(document, line, found.id, found.serial)


def undo(records: Records, who: Operator, document: str) -> Undone | Refusal:
    """Make up for this operator's newest event on this draft that still has its effect (D3)."""
    closed = draft_open(records, who, document)
    if closed is not None:
        return closed
    for past in records.not_yet_undone(document, who.id):
        made = records.registration(past.registration)
        if made is not None and made.live == (past.type != Removed.type):
            return _undo(records, past, made)
    return refuse(Code.NOTHING_TO_UNDO)


def undo_event(records: Records, who: Operator, document: str, event: str) -> Undone | Refusal:
    """Make up for one named event: what the backend judges when a terminal sends an undo (D3)."""
    closed = draft_open(records, who, document)
    if closed is not None:
        return closed
    past = records.past_event(event)
    if past is None or past.undone or past.operator != who.id or past.document != document:
        return refuse(Code.NOTHING_TO_UNDO)
    made = records.registration(past.registration)
    if made is None or made.live != (past.type != Removed.type):
        return refuse(Code.NOTHING_TO_UNDO)
    return _undo(records, past, made)


def takes(at: Line, item: Item | None, scanned: str) -> bool:
    """Say whether a line could take a serial by its item's form (D2), full or not: how a scan finds its line.

    Its letters' case is no sign of the item: with Caps Lock on it is another one, and the line says so. A blocked item
    takes none, and yet a unit of it may be what was scanned (I11): its line says so, too.
    """
    if item is None or item.catch_weight or not at.takes_serials:
        return False
    form = replace(item.serial_form, case=SerialCase.ANY)
    return not isinstance(read_serial(scanned, form), Refusal)


def units_too_many(tally: Tally, line: Line) -> int:
    """How many registrations a line has beyond its units (S5); 0 where it has none."""
    return max(0, tally.registered - line.units)


def draft_open(records: Records, who: Operator, document: str) -> Refusal | None:
    """Say why this operator can't register on this document now, or None (S17, D5)."""
    if Duty.REGISTER not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    return not_draft(records, document)


def not_draft(records: Records, document: str) -> Refusal | None:
    """Say why a document is not an open draft, or None."""
    slip = records.slip(document)
    if slip is None:
        return refuse(Code.UNKNOWN_DOCUMENT, document=document)
    match slip.status:
        case SlipStatus.DRAFT:
            return None
        case SlipStatus.POSTING:
            return refuse(Code.POSTING_PENDING, document=document)
        case SlipStatus.POSTED:
            return refuse(Code.DOCUMENT_POSTED, document=document)
        case _:
            return refuse(Code.DOCUMENT_CLOSED, document=document)


def _undo(records: Records, past: PastEvent, made: Registration) -> Undone | Refusal:
    """Undo `past`; a serial that was freed and is live on another unit by now, or recalled, can't come back (S22, I9).

    Only the very unit that this one sold again gives way: of that one a supervisor said so when this one was
    registered, and of no sale that came since.
    """
    if past.type == Removed.type and made.key is not None:
        holder = records.holder(made.item, made.key)
        if holder is not None and holder.id != made.sold_before:
            serial = made.serial or ""
            return _sold(holder, serial) if holder.invoiced else held(holder, made.document, made.line, serial)
        recalled = still_recalled(records, made)
        if recalled is not None:
            return recalled
    return Undone(past.document, past.id, past.type, made.line, made.id, made.serial)


def _draft_line(records: Records, who: Operator, document: str, line: int) -> Line | Refusal:
    """Find the line an operator works on, with its document open for registering."""
    closed = draft_open(records, who, document)
    if closed is not None:
        return closed
    at = records.line(document, line)
    return at if at is not None else refuse(Code.UNKNOWN_LINE, document=document, line=line)


def _place_for(records: Records, who: Operator, document: str, line: int) -> tuple[Line, Item] | Refusal:
    """Find the line and item a new registration is for, or why it can take none (S1, S20, I11)."""
    at = _draft_line(records, who, document, line)
    if isinstance(at, Refusal):
        return at
    item = records.item(at.item)
    if item is None:
        return refuse(Code.UNKNOWN_ITEM, item=at.item)
    if item.blocked:
        return refuse(Code.BLOCKED, item=item.number)
    if at.catch_weight or item.catch_weight:
        return refuse(Code.CATCH_WEIGHT, item=item.number)
    if not at.tracking.active_in_sales_process:
        return refuse(Code.NOT_TRACKED, item=item.number)
    return at, item


def _full(tally: Tally, at: Line, policies: Policies) -> Refusal | None:
    """Refuse a surplus where the site wants it refused (S5)."""
    if policies.over_scan is OverScan.REFUSE and tally.registered >= at.units:
        return refuse(Code.LINE_FULL, line=at.number, units=at.units)
    return None


def _not_free(
    records: Records, who: Operator, holder: Registration, at: Line, serial: str, override: str
) -> Refusal | None:
    """Say why a serial that is live already can't be registered here, or None (S12, S22)."""
    if holder.invoiced and holder.document != at.document:
        if not override:
            return _sold(holder, serial)
        return None if Duty.OVERRIDE in who.duties else refuse(Code.MISSING_DUTY, duty=Duty.OVERRIDE)
    kept, slip = records.line(holder.document, holder.line), records.slip(at.document)
    if kept is not None and kept.reversed and slip is not None and at.order_line == kept.order_line:
        before = records.slip(holder.document)
        if before is not None and before.order == slip.order:
            return None  # it was reversed from the same order line: it comes along
    return held(holder, at.document, at.number, serial)


def _sold(holder: Registration, serial: str) -> Refusal:
    """Refuse a serial that was sold before: only a supervisor sells it again (S22)."""
    return refuse(Code.SOLD_BEFORE, serial=serial, document=holder.document, line=holder.line, invoice=holder.invoice)


def held(holder: Registration, document: str, line: int, serial: str) -> Refusal:
    """Refuse a serial that is live already: on this line (S7) or anywhere else (S22)."""
    if holder.document == document and holder.line == line:
        return refuse(
            Code.DUPLICATE_ON_LINE,
            serial=serial,
            line=holder.line,
            operator=holder.operator,
            at=holder.recorded_at,
            registration=holder.id,
        )
    if holder.document == document:
        return refuse(Code.ON_OTHER_LINE, serial=serial, line=holder.line, registration=holder.id)
    return refuse(
        Code.HELD_ELSEWHERE,
        serial=serial,
        document=holder.document,
        line=holder.line,
        operator=holder.operator,
        terminal=holder.terminal,
        at=holder.recorded_at,
    )
