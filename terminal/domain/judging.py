"""How the authority judges an event that a terminal recorded: by the very rules the terminal asked (D6, D8).

The backend calls `judge` for each event it receives. There is no second copy of any rule.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from terminal.domain.correcting import correct_serial, reverse_slip
from terminal.domain.documents import Operator, Policies, Registration
from terminal.domain.drafting import draft_slip
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
from terminal.domain.invoicing import draft_invoice, draw_units, return_units
from terminal.domain.posting import judge_posting, withdraw_posting
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import add_not_readable, add_serial, remove_registration, undo_event
from terminal.domain.selling import set_sale_line
from terminal.domain.serials import compared


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


class Judgement(Struct, frozen=True):
    """An outcome, the refusal behind it, and what counts at the backend, so that the terminal can follow."""

    outcome: Outcome
    refusal: Refusal | None = None
    holder: Registration | None = None
    """The registration that holds the serial of a refused event, on whatever document."""
    live: bool = False
    """For a removal or an undo: whether the registration it names counts at the backend now."""


def judge(records: Records, who: Operator | None, policies: Policies, recorded: Recorded) -> Judgement:
    """Judge one recorded event against the present records."""
    if who is None:
        refusal: Refusal | None = refuse(Code.UNKNOWN_OPERATOR, operator=recorded.operator)
    else:
        refusal = _refusal(records, who, policies, recorded.event)
    if refusal is None:
        return Judgement(Outcome.ACCEPTED)
    holder = _holder(records, recorded.event)
    live = _counts(records, recorded.event)
    return Judgement(_outcome(recorded.event, refusal, holder, live), refusal, holder, live)


def _refusal(records: Records, who: Operator, policies: Policies, event: Event) -> Refusal | None:
    """Ask the rule for this kind of event; only the very event that the rule gives is accepted."""
    match event:
        case Registered():
            along = (event.gtin, event.lot, event.expiry)
            ruled: Event | Refusal = add_serial(
                records, who, policies, event.document, event.line, event.serial, event.override, along
            )
            if isinstance(ruled, Registered):
                ruled = replace(ruled, package=event.package, override=event.override)
        case NotReadable():
            ruled = add_not_readable(records, who, policies, event.document, event.line)
        case Removed():
            ruled = remove_registration(records, who, event.document, event.line, event.registration)
        case Undone():
            ruled = undo_event(records, who, event.document, event.event)
        case PostingRequested():
            return judge_posting(records, who, event)
        case PostingWithdrawn():
            ruled = withdraw_posting(records, who, event.document)
        case SlipDrafted():
            ruled = draft_slip(records, who, event.document, event.order, dict(event.lines), event.brought)
        case InvoiceDrafted():
            ruled = draft_invoice(records, who, event.document, event.order, dict(event.lines))
        case UnitsDrawn():
            ruled = draw_units(records, who, event.document, event.slip, event.line, event.registrations, event.units)
        case UnitsReturned():
            ruled = return_units(records, who, event.document, event.slip, event.line, event.registrations, event.units)
        case SerialCorrected():
            along = (event.gtin, event.lot, event.expiry)
            ruled = correct_serial(
                records, who, policies, event.document, event.registration, event.serial, event.reason, along
            )
            if isinstance(ruled, SerialCorrected) and ruled.before != event.before:
                ruled = refuse(Code.CHANGED_MEANWHILE, serial=ruled.before or "", document=event.document)
        case SlipReversed():
            ruled = reverse_slip(records, who, policies, event.document, event.line, event.reason)
        case SaleLineSet():
            ruled = set_sale_line(records, who, event.document, event.line, event.item, event.units)
            if isinstance(ruled, SaleLineSet) and event.before is None:
                ruled = replace(ruled, before=None)
            elif isinstance(ruled, SaleLineSet) and ruled.before != event.before:
                ruled = refuse(Code.CHANGED_MEANWHILE, serial="", document=event.document, type=event.type)
    if isinstance(ruled, Refusal):
        return ruled
    return None if ruled == event else refuse(Code.MALFORMED_EVENT, type=event.type)


def _outcome(event: Event, refusal: Refusal, holder: Registration | None, live: bool) -> Outcome:
    """Say how a refused event ends: harmless where what it wanted is so already, else a problem (D6)."""
    match refusal.code:
        case Code.DUPLICATE_ON_LINE | Code.ON_OTHER_LINE if isinstance(event, SerialCorrected):
            return Outcome.CONFLICT  # another unit has the serial
        case Code.DUPLICATE_ON_LINE | Code.ON_OTHER_LINE if _other_item(event, holder):
            return Outcome.REJECTED  # it was scanned on a line that has another item here
        case Code.DUPLICATE_ON_LINE | Code.ON_OTHER_LINE | Code.NOTHING_TO_WITHDRAW:
            return Outcome.DUPLICATE
        case Code.ALREADY_ON_INVOICE | Code.NOT_ON_INVOICE | Code.SAME_SERIAL:
            return Outcome.DUPLICATE
        case Code.DOCUMENT_CLOSED | Code.LINE_REVERSED if isinstance(event, SlipReversed):
            return Outcome.DUPLICATE
        case Code.ON_OTHER_INVOICE:
            return Outcome.CONFLICT
        case Code.DOCUMENT_POSTED if isinstance(event, Registered) and _there(holder, event.document):
            return Outcome.DUPLICATE  # it left with the slip, registered from another terminal
        case Code.HELD_ELSEWHERE:
            return Outcome.CONFLICT
        case Code.NOT_KNOWN_HERE if isinstance(event, Removed):
            return Outcome.REJECTED if live or _there(holder, event.document) else Outcome.DUPLICATE
        case Code.NOTHING_TO_UNDO if isinstance(event, Undone):
            return Outcome.DUPLICATE if live == (event.undoes == Removed.type) else Outcome.REJECTED
        case _:
            return Outcome.REJECTED


def _other_item(event: Event, holder: Registration | None) -> bool:
    """Say whether the unit that has the serial on the document is none of the item that was scanned."""
    return isinstance(event, Registered) and not _there(holder, event.document)


def _there(holder: Registration | None, document: str) -> bool:
    return holder is not None and holder.document == document


def _holder(records: Records, event: Event) -> Registration | None:
    """Find the registration that holds the serial an event is about."""
    match event:
        case Registered(item=number, serial=serial):
            item = records.item(number)
        case Removed(serial=str(serial)) | Undone(serial=str(serial)):
            line = records.line(event.document, event.line)
            item = None if line is None else records.item(line.item)
        case _:
            return None
    return None if item is None else records.holder(item.number, compared(serial, item.serial_form))


def _counts(records: Records, event: Event) -> bool:
    """Say whether the registration that a removal or an undo names counts now."""
    if not isinstance(event, (Removed, Undone)):
        return False
    found = records.registration(event.registration)
    return found is not None and found.live
