"""What a screen is given to show: values made from the records, for the journal to fill and the screens to lay out."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from terminal.domain.documents import Line, Operator, PackingSlip, Policies, SlipStatus, Tally
from terminal.domain.events import Event
from terminal.domain.intents import Intent
from terminal.domain.invoicing import Share
from terminal.domain.posting import units_missing
from terminal.domain.refusals import Refusal
from terminal.domain.registering import units_too_many


class Standing(Struct, frozen=True):
    """What is stored here and what of it the server has answered for, in events."""

    stored: int
    answered: int
    problems: int

    @property
    def unsent(self) -> int:
        """Events that the server has not answered for yet."""
        return self.stored - self.answered


class Row(Struct, frozen=True):
    """One registration in the list of a line, newest first. `number` counts from 1, oldest first."""

    number: int
    serial: str | None
    sent: bool
    came_from: str = ""
    """The reversed slip it came along from (S12)."""


class LineView(Struct, frozen=True):
    """A line with what is registered on it."""

    line: Line
    tally: Tally

    @property
    def takes_serials(self) -> bool:
        """Whether serials are taken on this line at all (S1, S20)."""
        return self.line.takes_serials

    @property
    def missing(self) -> int:
        """Units that must still be registered before posting (S3)."""
        return units_missing(self.line, self.tally)

    @property
    def too_many(self) -> int:
        """Registrations beyond the units (S5)."""
        return units_too_many(self.tally, self.line)

    @property
    def open_units(self) -> int:
        """Units without a registration, whether they need one or not."""
        return max(0, self.line.units - self.tally.registered) if self.takes_serials else 0


class Sheet(Struct, frozen=True):
    """The page of one line of a document: what the scanning screen shows."""

    slip: PackingSlip
    current: LineView
    position: int
    """Place of the line among the document's lines, from 1."""
    lines: int
    rows: tuple[Row, ...]
    standing: Standing


class SlipView(Struct, frozen=True):
    """A document in the list of documents. Counts are of lines that take serials.

    An invoice that draws on slips has no lines: its `units` are 0, and `registered` are the units on it.
    """

    slip: PackingSlip
    units: int
    registered: int
    unsent: int = 0


class OrderView(Struct, frozen=True):
    """An order with something left to ship (S13)."""

    number: str
    customer: str
    left: int


class DocumentView(Struct, frozen=True):
    """A slip with all its lines: the lines screen and the finish screen."""

    slip: PackingSlip
    lines: tuple[LineView, ...]
    unsent: int
    obstacles: tuple[Refusal, ...] = ()


class Problem(Struct, frozen=True):
    """Something the server refused later, kept until a person has put it away (D6)."""

    sequence: int
    type: str
    document: str
    serial: str | None
    operator: str
    recorded_at: str
    outcome: str
    refusal: Refusal | None
    details: tuple[str, ...] = ()
    """Serials that make the difference, where a request to post came back (D5)."""
    line: int = 0
    """Of the document; 0 where it is about none."""
    along: tuple[str, str, str] = ("", "", "")
    """GTIN, lot and expiry that were read along with the serial."""


class Verdict(Struct, frozen=True):
    """What became of an intent: an event that is on disk, or a refusal; with the page as it is now.

    Of several intents at once: `result` is the newest event, or the refusal where nothing happened.
    """

    intent: Intent
    result: Event | Refusal
    sheet: Sheet | None
    too_many: int = 0
    line_complete: bool = False
    document_complete: bool = False
    done: int = 1
    """How many events happened, where several were wanted at once; 0 where it was refused."""
    stopped_by: Refusal | None = None
    """What refused the next of several intents, where only some of them could be done."""

    @property
    def accepted(self) -> bool:
        """Whether the event happened."""
        return not isinstance(self.result, Refusal)


class Shop(Struct, frozen=True):
    """What the terminal knows of its site."""

    site: str = ""
    time_zone: str = "UTC"
    policies: Policies = field(default_factory=Policies)
    slip_prefix: str = ""
    """Slips drafted here are numbered with it, and no other terminal has it; so are invoices and sales with theirs."""
    invoice_prefix: str = ""
    sale_prefix: str = ""
    operators: Mapping[str, Operator] = field(default_factory=dict)
    command_key: bytes = b""
    """The site's secret, which signs its command barcodes; empty where it is not known. Never to be shown or logged."""


class LineShare(Struct, frozen=True):
    """A line of a posted slip as an invoice draft sees it (S14)."""

    line: Line
    drawn: int
    """Units with a registration that are on this invoice."""
    free: int
    """Units with a registration that are on no invoice."""
    plain_drawn: int
    """Units without a registration that are on this invoice."""
    plain_left: int
    """Units without a registration that are on no invoice."""
    blanks_drawn: tuple[str, ...] = ()
    """Names of the registrations among `drawn` that are not readable: no scan finds them."""
    blanks_free: tuple[str, ...] = ()
    """The same among `free`."""


class SlipShare(Struct, frozen=True):
    """A posted slip that an invoice can draw on."""

    slip: PackingSlip
    share: Share
    lines: tuple[LineShare, ...]


class InvoiceView(Struct, frozen=True):
    """An invoice: what it draws on, or its own lines where it ships them itself."""

    invoice: PackingSlip
    slips: tuple[SlipShare, ...]
    lines: tuple[LineView, ...]
    incomplete: tuple[str, ...]
    """Slips that it draws on without charging all that is left of them: one is allowed (S14)."""
    obstacles: tuple[Refusal, ...]
    unsent: int

    @property
    def units(self) -> int:
        """Units on the invoice."""
        return sum(each.share.mine for each in self.slips) + sum(view.line.units for view in self.lines)


class Entry(Struct, frozen=True):
    """One registration in an inquiry (S16). `number` counts from 1 within the document, oldest first."""

    number: int
    registration: str
    document: str
    """The slip, or the invoice or sale that has it as its own."""
    line: int
    item: str
    serial: str | None
    invoice: str = ""
    invoiced: bool = False
    came_from: str = ""
    sent: bool = True
    gtin: str = ""
    lot: str = ""
    expiry: str = ""


class Inquiry(Struct, frozen=True):
    """A part of the list of all serials of a document (S16)."""

    document: PackingSlip
    total: int
    first: int
    """Place of the first of these entries in the list, from 0."""
    entries: tuple[Entry, ...]


class OpenBlank(Struct, frozen=True):
    """A unit that was not readable and still has no serial (S9)."""

    registration: str
    document: str
    line: int
    item: str
    order: str
    customer: str
    status: SlipStatus
    operator: str
    recorded_at: str


class TraceStep(Struct, frozen=True):
    """Something that happened to a unit: `type` is an event's type."""

    type: str
    document: str
    operator: str
    recorded_at: str
    before: str | None = None
    after: str | None = None
    reason: str = ""


class TracedUnit(Struct, frozen=True):
    """Where a serial went (S18). Times are RFC 3339, UTC; dates `YYYY-MM-DD`; empty where it does not apply."""

    registration: str
    item: str
    description: str
    serial: str
    slip: str
    line: int
    status: SlipStatus
    order: str
    customer: str
    shipped_at: str = ""
    invoice: str = ""
    invoiced_at: str = ""
    warranty_until: str = ""
    service_until: str = ""
    live: bool = True
    returned: bool = False
    steps: tuple[TraceStep, ...] = ()
    gtin: str = ""
    lot: str = ""
    expiry: str = ""


class KeptUnit(Struct, frozen=True):
    """A reversed unit that the next slip of its order line can begin with (S12)."""

    registration: str
    order_line: int
    item: str
    serial: str | None
    came_from: str


class OrderDocument(Struct, frozen=True):
    """A slip or an invoice of an order, in its list."""

    document: PackingSlip
    units: int
    to_register: int
    """Units of lines that take serials, of an invoice on a slip's serials: those that it draws."""
    registered: int
    invoiced: int
    """Units on posted invoices."""


class OrderPage(Struct, frozen=True):
    """An order with its documents, and what can be done next."""

    number: str
    customer: str
    left: int
    """Units that no slip has taken (S13)."""
    documents: tuple[OrderDocument, ...]
    kept: tuple[KeptUnit, ...]


class Ahead(Struct, frozen=True):
    """What lies ahead of posting a slip, beside what stands in its way."""

    blanks: int
    """Units marked not readable: filling them after posting needs the duty to correct (S9)."""
    unsent: int
    uninvoiced: tuple[str, ...]
    """Posted slips of the order with units that no posted invoice has: an invoice may leave one incomplete (S14)."""


DONE = frozenset({SlipStatus.POSTED, SlipStatus.CANCELLED, SlipStatus.REFUSED})
"""Where a slip takes no more scans."""
