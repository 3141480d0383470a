"""What the rules may look up. Each program answers from its own store; `ledger.py` answers from memory.

Every look-up costs the same whatever was scanned before, except those over one whole document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from terminal.domain.documents import Draw, Item, Line, PackingSlip, Registration, SalesOrder, Tally

Named = Literal["", "item", "document", "operator", "location"]
"""What a code names that is no serial; empty: nothing."""


class PastEvent(Struct, frozen=True):
    """An earlier event that an undo may name (D3)."""

    id: str
    type: str
    document: str
    line: int
    operator: str
    registration: str
    """The registration it made or removed."""
    serial: str | None
    undone: bool = False


class Records(Protocol):
    """The state that decisions are made from: read only."""

    def slip(self, number: str) -> PackingSlip | None:
        """Find a packing slip by its number."""

    def line(self, document: str, number: int) -> Line | None:
        """Find a line of a document."""

    def lines(self, document: str) -> Sequence[Line]:
        """Give all lines of a document, in the order of their numbers."""

    def tally(self, document: str, line: int) -> Tally:
        """Count the live registrations of a line."""

    def item(self, number: str) -> Item | None:
        """Find an item as master data has it now (D8)."""

    def order(self, number: str) -> SalesOrder | None:
        """Find a sales order with what is left of each line (S13)."""

    def holder(self, item: str, key: str) -> Registration | None:
        """Find the live registration of an item's serial, on whatever document; units sold again are past (S22)."""

    def names(self, code: str) -> Named:
        """Say what a code names, as a whole: the first of these that has it (I10).

        An item by its number or a reference, a slip, invoice or order, an operator, or the place of a document's line.
        ASCII letters count in either case: a wrong label is the wrong one with Caps Lock on, too.
        """

    def recalled(self, item: str, key: str, lot: str) -> str | None:
        """Give the reason why a serial, as it is compared, or its lot is recalled (I9), or None."""

    def sold_before(self, item: str, key: str) -> Registration | None:
        """Find the newest unit of an item's serial that was sold, came back and was sold again (S22)."""

    def registration(self, id: str) -> Registration | None:
        """Find a registration by its name (D1), live or not."""

    def newest_blank(self, document: str, line: int) -> Registration | None:
        """Find the newest live blank of a line (D1)."""

    def live_registrations(self, document: str) -> Iterable[Registration]:
        """Give every live registration of a document, in any order."""

    def documents_of(self, order: str) -> Sequence[PackingSlip]:
        """Give the slips and invoices of an order, in the order of their numbers."""

    def kept(self, order: str, line: int) -> Sequence[Registration]:
        """Give the live registrations on reversed lines of an order line (S12), oldest first."""

    def drawn(self, invoice: str) -> Sequence[Registration]:
        """Give the registrations of slips that an invoice draws on (D9)."""

    def draws(self, invoice: str) -> Sequence[Draw]:
        """Give the units without a registration that an invoice takes, by slip and line."""

    def draws_on(self, slip: str) -> Sequence[Draw]:
        """Give the units without a registration that invoices take from a slip."""

    def past_event(self, id: str) -> PastEvent | None:
        """Find an event that registered or removed something."""

    def not_yet_undone(self, document: str, operator: str) -> Iterator[PastEvent]:
        """Give an operator's registering and removing events on a document that are not undone, newest first (D3)."""
