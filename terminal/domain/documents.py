"""What the documents of the sales process are made of.

Plain values, so that both programs and the tests can hold them, compare them and throw them away.
Room for stock documents (lot, expiry, package, location, site) is kept from the start.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

DEFAULT_LONGEST = 50
"""Characters of a serial unless the item says otherwise (D2)."""
HARD_LONGEST = 100
"""Characters of a serial that no item can exceed (D2)."""


class Duty(StrEnum):
    """A permission an operator holds (S17, rulebook's list of words)."""

    REGISTER = "register"
    POST = "post"
    CORRECT_SERIALS = "correct-serials"
    REGISTER_UNREADABLE = "register-unreadable"
    OVERRIDE = "override"
    ADMINISTER = "administer"


class ScanMode(StrEnum):
    """What the next serial does to the list of the current line (S7)."""

    ADD = "ADD"
    REMOVE = "REMOVE"


class OverScan(StrEnum):
    """Site policy for a registration beyond the units of a line (S5)."""

    WARN = "warn"
    REFUSE = "refuse"


class SerialCase(StrEnum):
    """Which letters the serials of an item have (D2)."""

    ANY = "any"
    UPPER = "upper"
    LOWER = "lower"


class TrackingMode(StrEnum):
    """Where an item's serials live; only sales registration is in use so far (reserved, S1 and W1)."""

    SALES_ONLY = "sales-only"
    IN_STOCK = "in-stock"


class SlipStatus(StrEnum):
    """Where a packing slip stands. POSTING: a request to post waits for the backend's answer (D5)."""

    DRAFT = "draft"
    POSTING = "posting"
    POSTED = "posted"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class Kind(StrEnum):
    """What a document is: it ships, it charges, or both."""

    PACKING_SLIP = "packing-slip"
    INVOICE = "invoice"
    COUNTER_SALE = "counter-sale"
    """Packing slip and invoice in one, without an order (S21)."""


class SerialOption(StrEnum):
    """The serial options of a tracking group that the sales process clears (S2)."""

    BLANK_RECEIPT_ALLOWED = "blank-receipt-allowed"
    PRIMARY_STOCKING = "primary-stocking"
    PHYSICAL_INVENTORY = "physical-inventory"
    FINANCIAL_INVENTORY = "financial-inventory"
    COVERAGE_PLAN = "coverage-plan"
    PURCHASE_PRICES = "purchase-prices"
    SALES_PRICES = "sales-prices"


class Policies(Struct, frozen=True):
    """What a site decides for itself (D7); kept in the backend, sent along with the master data."""

    over_scan: OverScan = OverScan.WARN
    offline_posting: bool = True
    """May a request to post wait here while the backend is out of reach (D5)?"""
    acknowledge_errors: bool = False
    """Must a refusal be acknowledged before the next scan counts?"""
    correction_reasons: tuple[str, ...] = ()
    """The short list a correction chooses its reason from (S10)."""
    print_at_posting: bool = False
    """Does a document that is posted print by itself, at a terminal that has a printer (S15)?"""


class TrackingGroup(Struct, frozen=True):
    """The tracking dimension group of items: which serial rules hold for them (S1–S4)."""

    code: str
    active_in_sales_process: bool = False
    serial_number_control: bool = False
    blank_issue_allowed: bool = False
    other_options: frozenset[SerialOption] = frozenset()

    def in_force(self) -> TrackingGroup:
        """Give the group as it works: switching it on sets control and clears the rest (S2)."""
        if not self.active_in_sales_process:
            return self
        return replace(self, serial_number_control=True, other_options=frozenset())


class SerialForm(Struct, frozen=True):
    """What a serial of an item looks like (D2).

    `mask` has one sign per character: `A` a letter, `9` a digit, `X` either, `?` anything allowed,
    a backslash takes the next sign literally, every other sign stands for itself; empty means free form.
    `signs` lists the characters allowed beside letters and digits; `None` means all printable ASCII.
    Lengths are in characters. `case`: letters of the other case are refused: a scanner with Caps Lock on sends those.
    """

    mask: str = ""
    shortest: int = 1
    longest: int = DEFAULT_LONGEST
    signs: str | None = None
    case_sensitive: bool = False
    non_ascii: bool = False
    case: SerialCase = SerialCase.ANY


class Item(Struct, frozen=True):
    """A product that is traded, as master data has it at present (D8)."""

    number: str
    description: str
    tracking: TrackingGroup
    blocked: bool = False
    catch_weight: bool = False
    serial_form: SerialForm = field(default_factory=SerialForm)
    references: tuple[str, ...] = ()
    """Barcodes, GTINs and other numbers that find the item (I10)."""
    tracking_mode: TrackingMode = TrackingMode.SALES_ONLY
    warranty_months: int = 0
    """Months of warranty from the date of the invoice; 0: none (S18)."""
    service_months: int = 0
    """Months of the service agreement from the date of the invoice; 0: none (S18)."""


class OrderLine(Struct, frozen=True):
    """One line of a sales order; `left` is what no packing slip has taken yet (S13)."""

    number: int
    item: str
    units: int
    left: int
    negative: int = 0
    """Units that the backend took back by a negative quantity: the line's serials stay as they are (S10)."""


class SalesOrder(Struct, frozen=True):
    """What a customer ordered."""

    number: str
    customer: str
    lines: tuple[OrderLine, ...]
    site: str = ""


class Line(Struct, frozen=True):
    """One line of a document; its tracking flags are frozen when it is made (D8)."""

    document: str
    number: int
    item: str
    description: str
    units: int
    tracking: TrackingGroup
    catch_weight: bool = False
    order_line: int = 0
    location: str = ""
    reversed: bool = False
    """Its full quantity was reversed; its registrations are kept for the order line (S11, S12)."""

    @property
    def takes_serials(self) -> bool:
        """Whether serials are taken on this line at all (S1, S20)."""
        return self.tracking.active_in_sales_process and not self.catch_weight


class PackingSlip(Struct, frozen=True):
    """The document of one, possibly partial, shipment of an order. Its lines are kept beside it.

    An invoice is one, too: by its `kind`. It draws on the units of posted slips (D9), or ships and charges lines of its
    own at once (S14, S21).
    """

    number: str
    order: str
    customer: str
    status: SlipStatus = SlipStatus.DRAFT
    site: str = ""
    kind: str = Kind.PACKING_SLIP
    posted_at: str = ""
    """When the backend posted it, by its own clock (D12); a warranty begins with it (S18)."""

    @property
    def charges(self) -> bool:
        """Whether posting it invoices units."""
        return self.kind != Kind.PACKING_SLIP


class Draw(Struct, frozen=True):
    """Units of a slip's line that an invoice takes and that have no registration: untracked, or issued blank (S4)."""

    invoice: str
    slip: str
    line: int
    units: int
    invoiced: bool = False
    """Whether the invoice is posted."""


class Tally(Struct, frozen=True):
    """How many registrations a line has."""

    serials: int = 0
    blanks: int = 0

    @property
    def registered(self) -> int:
        """Serials and blanks together: a blank is an entry that counts (S2, S8)."""
        return self.serials + self.blanks


class Registration(Struct, frozen=True):
    """One unit's entry on a document line: a serial, or a blank where `serial` is None (S8).

    Named by the UUIDv7 of the event that made it, and keeps that name (D1).
    """

    id: str
    document: str
    line: int
    item: str
    serial: str | None
    key: str | None
    """The serial as it is compared (D2); None for a blank."""
    operator: str
    terminal: str
    recorded_at: str
    """RFC 3339, UTC, ms (D12)."""
    live: bool = True
    lot: str = ""
    """Read along with the serial, from the same symbol; so are `expiry`, an ISO date, and `gtin`."""
    expiry: str = ""
    package: str = ""
    invoice: str = ""
    """The invoice that draws on it, draft or posted (D9)."""
    invoiced: bool = False
    """Whether that invoice is posted: the unit is frozen (S10)."""
    came_from: str = ""
    """The reversed slip it came along from (S12)."""
    returned: bool = False
    """The unit came back and was sold again: its serial is free (S22)."""
    sold_before: str = ""
    """The sold unit, by name, that this one sold again with a supervisor's word (S22); empty where there is none."""
    gtin: str = ""
    """14 digits."""

    @property
    def blank(self) -> bool:
        """Whether the unit's serial was not readable."""
        return self.serial is None


class Recall(Struct, frozen=True):
    """Units of an item that the site recalls: one serial, or all of a lot; the other is empty (I9)."""

    item: str
    serial: str
    lot: str
    reason: str


class Operator(Struct, frozen=True):
    """Who is at work, with the duties the backend gave them (S17)."""

    id: str
    name: str
    duties: frozenset[Duty] = frozenset()
