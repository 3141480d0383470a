"""What a person wants, as values; `decide` asks the rule that answers for it.

An intent carries who wants it and the site's policies, so that one queue of intents can be judged in order,
each against the records as the one before left them.
"""

from __future__ import annotations

from msgspec import Struct

from terminal.domain.correcting import correct_serial, reverse_slip
from terminal.domain.documents import Operator, Policies
from terminal.domain.drafting import draft_slip
from terminal.domain.events import Event
from terminal.domain.invoicing import draft_invoice, draw_serial, draw_units, return_serial, return_units
from terminal.domain.posting import request_posting, withdraw_posting
from terminal.domain.records import Records
from terminal.domain.refusals import Refusal
from terminal.domain.registering import (
    add_not_readable,
    add_serial,
    remove_not_readable,
    remove_registration,
    remove_serial,
    undo,
)
from terminal.domain.selling import sell_one_more, set_sale_line


class AddSerial(Struct, frozen=True):
    """Put a scanned or typed serial on a line (S7)."""

    document: str
    line: int
    scanned: str
    override: str = ""
    """A supervisor's reason to sell a unit again that came back (S22)."""
    gtin: str = ""
    """What the serial's symbol said beside it, as `lot` and `expiry`; empty: nothing."""
    lot: str = ""
    expiry: str = ""


class RemoveSerial(Struct, frozen=True):
    """Take a scanned or typed serial off a line (S7)."""

    document: str
    line: int
    scanned: str


class AddNotReadable(Struct, frozen=True):
    """Register a blank (S8)."""

    document: str
    line: int


class RemoveNotReadable(Struct, frozen=True):
    """Take the newest blank off (S8, D1)."""

    document: str
    line: int


class Undo(Struct, frozen=True):
    """Make up for this operator's newest event on the document (D3)."""

    document: str


class RequestPosting(Struct, frozen=True):
    """Ask for the document to be posted (D5)."""

    document: str
    online: bool


class WithdrawPosting(Struct, frozen=True):
    """Take the request to post back (D5)."""

    document: str


class DraftSlip(Struct, frozen=True):
    """Draft a slip from an order; `units` pairs order line and units (S13)."""

    number: str
    order: str
    units: tuple[tuple[int, int], ...]
    brought: tuple[str, ...] = ()
    """Registrations of reversed lines that come along (S12)."""

    @property
    def document(self) -> str:
        """The slip that the draft makes."""
        return self.number


class DraftInvoice(Struct, frozen=True):
    """Draft an invoice for an order; with `units` per order line it ships them, too (S14)."""

    number: str
    order: str
    units: tuple[tuple[int, int], ...] = ()

    @property
    def document(self) -> str:
        """The invoice that the draft makes."""
        return self.number


class DrawSerial(Struct, frozen=True):
    """Put the unit of a scanned serial on an invoice (S14)."""

    document: str
    scanned: str


class ReturnSerial(Struct, frozen=True):
    """Take the unit of a scanned serial off an invoice (S14)."""

    document: str
    scanned: str


class DrawUnits(Struct, frozen=True):
    """Put units of a slip's line on an invoice: registrations by name, `units` without one (S14)."""

    document: str
    slip: str
    line: int
    registrations: tuple[str, ...] = ()
    units: int = 0


class ReturnUnits(Struct, frozen=True):
    """Take units of a slip's line off an invoice (S14)."""

    document: str
    slip: str
    line: int
    registrations: tuple[str, ...] = ()
    units: int = 0


class CorrectSerial(Struct, frozen=True):
    """Replace the serial of a registration, or fill a blank (S9, S10)."""

    document: str
    registration: str
    scanned: str
    reason: str = ""
    gtin: str = ""
    """What the new serial's symbol said beside it, as `lot` and `expiry`; empty: nothing."""
    lot: str = ""
    expiry: str = ""


class DropKept(Struct, frozen=True):
    """Let go of a registration that is kept on a reversed line (S12)."""

    document: str
    line: int
    registration: str


class ReverseSlip(Struct, frozen=True):
    """Reverse a posted slip, or one line of it; `line` 0 is the whole slip (S11)."""

    document: str
    line: int = 0
    reason: str = ""


class SellOneMore(Struct, frozen=True):
    """Put one more unit of an item on a counter sale (S21)."""

    document: str
    item: str


class SetSaleLine(Struct, frozen=True):
    """Sell so many units of an item on a line of a counter sale (S21)."""

    document: str
    line: int
    item: str
    units: int


Intent = (
    AddSerial
    | RemoveSerial
    | AddNotReadable
    | RemoveNotReadable
    | Undo
    | RequestPosting
    | WithdrawPosting
    | DraftSlip
    | DraftInvoice
    | DrawSerial
    | ReturnSerial
    | DrawUnits
    | ReturnUnits
    | CorrectSerial
    | DropKept
    | ReverseSlip
    | SellOneMore
    | SetSaleLine
)


def decide(records: Records, who: Operator, policies: Policies, intent: Intent) -> Event | Refusal:
    """Judge an intent: the event that happens, or the refusal."""
    match intent:
        case AddSerial(document, line, scanned, override, gtin, lot, expiry):
            along = (gtin, lot, expiry)
            return add_serial(records, who, policies, document, line, scanned, override, along)
        case RemoveSerial(document, line, scanned):
            return remove_serial(records, who, document, line, scanned)
        case AddNotReadable(document, line):
            return add_not_readable(records, who, policies, document, line)
        case RemoveNotReadable(document, line):
            return remove_not_readable(records, who, document, line)
        case Undo(document):
            return undo(records, who, document)
        case RequestPosting(document, online):
            return request_posting(records, who, policies, document, online=online)
        case WithdrawPosting(document):
            return withdraw_posting(records, who, document)
        case DraftSlip(number, order, units, brought):
            return draft_slip(records, who, number, order, dict(units), brought)
        case DraftInvoice(number, order, units):
            return draft_invoice(records, who, number, order, dict(units))
        case DrawSerial(document, scanned):
            return draw_serial(records, who, document, scanned)
        case ReturnSerial(document, scanned):
            return return_serial(records, who, document, scanned)
        case DrawUnits(document, slip, line, registrations, n):
            return draw_units(records, who, document, slip, line, registrations, n)
        case ReturnUnits(document, slip, line, registrations, n):
            return return_units(records, who, document, slip, line, registrations, n)
        case CorrectSerial(document, registration, scanned, reason, gtin, lot, expiry):
            along = (gtin, lot, expiry)
            return correct_serial(records, who, policies, document, registration, scanned, reason, along)
        case DropKept(document, line, registration):
            return remove_registration(records, who, document, line, registration)
        case ReverseSlip(document, line, reason):
            return reverse_slip(records, who, policies, document, line, reason)
        case SellOneMore(document, item):
            return sell_one_more(records, who, document, item)
        case SetSaleLine(document, line, item, n):
            return set_sale_line(records, who, document, line, item, n)
