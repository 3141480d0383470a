"""What the screens are handed by `wiring`: the desk where scans are judged and written, and the news from elsewhere.

Each `then` is called on the app's loop, after what was asked for is done; nothing here ever waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

from terminal.domain.documents import Operator, ScanMode
from terminal.domain.intents import Intent
from terminal.domain.refusals import Refusal
from terminal.domain.views import (
    Ahead,
    DocumentView,
    Inquiry,
    InvoiceView,
    LineView,
    OpenBlank,
    OrderPage,
    OrderView,
    Problem,
    Sheet,
    Shop,
    SlipView,
    Standing,
    TracedUnit,
    Verdict,
)
from terminal.ui.messages import Input


class Link(StrEnum):
    """How the road to the server is."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    DENIED = "denied"
    """The server answers, and doesn't know this terminal."""
    NONE = "none"
    """No server is configured."""


class Fault(Struct, frozen=True):
    """The journal couldn't be written: nothing of what was asked happened. `trouble` as in the journal's store."""

    trouble: str
    path: str


class Place(Struct, frozen=True):
    """Where the operator is when something is scanned."""

    document: str
    line: int
    """The current one; 0: none is."""
    mode: ScanMode
    chosen: bool = True
    """Whether the operator chose the line, so that what several lines want goes there."""


class Picked(Struct, frozen=True):
    """A scan named an item: its line is the current one now."""

    sheet: Sheet


class NotHere(Struct, frozen=True):
    """A scan named something that is no serial here.

    `what` is `item`, or `unit` with its serial as `code` (both not on this document), `document`, `command` (none of
    this site's), `unknown-item`, `no-serial`, or `wrong`: a code that breaks its own standard, and `error` says how.
    """

    what: str
    code: str
    item: str = ""
    """The number of the item that the code names."""
    error: str = ""


class Several(Struct, frozen=True):
    """Several lines want a serial, and the operator has chosen none of them: nothing is registered yet."""

    serial: str
    lines: tuple[LineView, ...]
    text: str
    """The code as it was scanned."""


ScanResult = Verdict | Picked | NotHere | Several | Fault


class SignIn(Struct, frozen=True):
    """How signing in ended: `in`, `wrong-pin`, `unknown`, `too-many`, `not-known-here`, `no-data` or `failed`."""

    outcome: str
    operator: Operator | None = None
    tries_left: int | None = None
    wait_s: float = 0


class Opened(Struct, frozen=True):
    """A slip was opened. `fresh`: its registrations are the server's own, as of now."""

    number: str
    sheet: Sheet | None
    fresh: bool


class Listing(Struct, frozen=True):
    """The documents to work on."""

    slips: Sequence[SlipView] = ()
    orders: Sequence[OrderView] = ()


class Draft(Struct, frozen=True):
    """An order to draft a slip from: (order line, item, description, units left) for each of its lines."""

    order: str
    customer: str
    lines: Sequence[tuple[int, str, str, int]]


class Blanks(Struct, frozen=True):
    """The units that still want a serial, oldest first. `complete`: the server's list is in it, not our own alone."""

    units: Sequence[OpenBlank]
    complete: bool
    more: bool = False
    """Whether the server has more of them than it lists."""


class Traced(Struct, frozen=True):
    """Where a serial went, one entry per unit that ever had it. `asked`: the server was, not only this terminal."""

    serial: str
    units: Sequence[TracedUnit]
    asked: bool


class NoStock(Struct, frozen=True):
    """A traced code is an item that is tracked in the sales process only: nothing of it is on hand by serial (S19)."""

    item: str
    description: str


class Number(Struct, frozen=True):
    """A traced code is the number of a document, or with `order` of an order: no unit has it for its serial."""

    number: str
    order: bool


class Printed(Struct, frozen=True):
    """How printing a document ended, in a sentence. `done`: the printer has it, as far as can be known."""

    done: bool
    words: str


class State(Struct, frozen=True):
    """What every screen may show of the terminal as a whole."""

    link: Link = Link.NONE
    standing: Standing = field(default_factory=lambda: Standing(0, 0, 0))
    failures: int = 0


class Desk(Protocol):
    """Where work is asked for."""

    state: State
    shop: Shop
    operator: Operator | None

    def scan(self, place: Place, text: str, then: Callable[[ScanResult], None]) -> None:
        """Judge a scanned or typed code: a serial, a unit of an item, or the barcode of an item on the document."""

    def record(self, intent: Intent, line: int | None, then: Callable[[Verdict | Fault], None]) -> None:
        """Judge an intent and write it down; the verdict is true on disk."""

    def sheet(self, document: str, line: int, step: int, then: Callable[[Sheet | Fault | None], None]) -> None:
        """Give the page of a line (`step` 0), of the next (1) or the previous one (-1); None at the end."""

    def document(self, number: str, then: Callable[[DocumentView | Fault | None], None]) -> None:
        """Give a slip with its lines and what stands in the way of posting."""

    def listing(self, then: Callable[[Listing | Fault], None]) -> None:
        """Give the documents to work on."""

    def open(self, number: str, then: Callable[[Opened | Fault], None]) -> None:
        """Open a slip, with the server's registrations where it can be reached."""

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        """Give what is left of an order to ship."""

    def make_slip(
        self,
        order: str,
        units: Sequence[tuple[int, int]],
        then: Callable[[Verdict | Refusal | Fault], None],
        brought: Sequence[str] = (),
    ) -> None:
        """Draft a slip; `brought`: the registrations of reversed lines that come along (S12)."""

    # -- orders, invoices, corrections

    def order(self, number: str, then: Callable[[OrderPage | Fault | None], None], *, ask: bool = True) -> None:
        """Open an order: its slips and invoices, as the server has them where it can be reached.

        Without `ask` only what is known here: news of the order must not ask the server for more news.
        """

    def make_invoice(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """Draft an invoice: empty, or one that ships `units` itself (S14)."""

    def invoice(self, number: str, then: Callable[[InvoiceView | Fault | None], None]) -> None:
        """Give an invoice with the slips that it can draw on."""

    def choose(self, document: str, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        """Put the unit of a scanned serial on an invoice, or take it off (S14)."""

    def choose_slip(
        self, document: str, slip: str, mode: ScanMode, then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """Put all units of a slip that no invoice has on an invoice, or take all of the slip's off it; all or none."""

    def mark_many(self, document: str, line: int, units: int, then: Callable[[Verdict | Fault], None]) -> None:
        """Mark so many units of a line as not readable, with one confirmation (S8); `Verdict.done` says how many."""

    def inquiry(self, number: str, first: int, count: int, then: Callable[[Inquiry | Fault | None], None]) -> None:
        """Give a part of the list of a document's serials (S16), oldest first; `first` counts from 0."""

    def place_of(self, number: str, serial: str, then: Callable[[int | Fault | None], None]) -> None:
        """Find a serial in the list of a document's serials; its place counts from 0."""

    def why_not(self, intents: Sequence[Intent], then: Callable[[Sequence[Refusal | None] | Fault], None]) -> None:
        """Judge what could be asked for, each by itself, without writing anything: why it is refused, or None."""

    def blanks(self, then: Callable[[Blanks | Fault], None], *, ask: bool = True) -> None:
        """Give the units that still want a serial, over all documents (S9); without `ask` only what is known here."""

    def trace(self, text: str, then: Callable[[Traced | NoStock | Number | Fault], None]) -> None:
        """Say where the unit of a scanned serial went (S18), or why an item's serials on hand can't be shown (S19)."""

    def new_sale(self, then: Callable[[str | Refusal | Fault], None]) -> None:
        """Give the number of a new counter sale (S21)."""

    def ahead(self, document: str, then: Callable[[Ahead | Fault | None], None]) -> None:
        """Say what lies ahead of posting a slip."""

    # -- paper

    def printers(self) -> Sequence[str]:
        """Name the printers that there are (S15)."""

    def print_document(self, number: str, printer: str, then: Callable[[Printed | Fault], None]) -> None:
        """Print a document with its serials, draft or posted (S15); nothing else waits for the printer."""

    # -- problems

    def problems(self, then: Callable[[Sequence[Problem] | Fault], None]) -> None:
        """Give the problems nobody has put away yet."""

    def put_away(self, sequence: int, then: Callable[[Fault | None], None]) -> None:
        """Take a problem off the list."""

    def sign_in(self, operator: str, pin: str, then: Callable[[SignIn | Fault], None]) -> None:
        """Check who is at work."""

    def sign_out(self) -> None:
        """End the operator's work; what is unsent stays theirs."""

    def refresh(self) -> None:
        """Ask the server for its documents and master data now."""


class Decoder(Protocol):
    """Turns the terminal's bytes into scans and keys; from `sources`, by way of `wiring`."""

    @property
    def deadline(self) -> float | None:
        """When `tick` is due, in monotonic seconds, or None."""

    @property
    def text(self) -> str:
        """What is being typed."""

    def feed(self, data: bytes, at: float) -> Sequence[Input]:
        """Take bytes."""

    def feed_key(self, name: str, character: str | None, at: float) -> Sequence[Input]:
        """Take a key of a browser."""

    def tick(self, now: float) -> Sequence[Input]:
        """Say that time has passed."""

    def settled(self, now: float) -> str | None:
        """Give a character that was typed alone."""

    def take(self) -> str:
        """Clear the entry."""


class Look(Struct, frozen=True):
    """How the screen looks and behaves."""

    mono: bool = False
    mouse: bool = False
    bell: bool = True
    lock_after_s: float = 300
    operator: str = ""
    pin: str = ""
    document: str = ""
    hint: str = ""
    """What the first screen says, such as who may sign in to a demo."""
