"""What a person wants, as values; `decide` asks the rule that answers for it.

An intent carries who wants it and the site's policies, so that one queue of intents can be judged in order,
each against the records as the one before left them.
"""

from __future__ import annotations

from msgspec import Struct

from terminal.domain.documents import Operator, Policies
from terminal.domain.drafting import draft_slip
from terminal.domain.events import Event
from terminal.domain.posting import request_posting, withdraw_posting
from terminal.domain.records import Records
from terminal.domain.refusals import Refusal
from terminal.domain.registering import add_not_readable, add_serial, remove_not_readable, remove_serial, undo


class AddSerial(Struct, frozen=True):
    """Put a scanned or typed serial on a line (S7)."""

    document: str
    line: int
    scanned: str


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

    @property
    def document(self) -> str:
        """The slip that the draft makes."""
        return self.number


Intent = (
    AddSerial | RemoveSerial | AddNotReadable | RemoveNotReadable | Undo | RequestPosting | WithdrawPosting | DraftSlip
)


def decide(records: Records, who: Operator, policies: Policies, intent: Intent) -> Event | Refusal:
    """Judge an intent: the event that happens, or the refusal."""
    match intent:
        case AddSerial(document, line, scanned):
            return add_serial(records, who, policies, document, line, scanned)
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
        case DraftSlip(number, order, units):
            return draft_slip(records, who, number, order, dict(units))
