"""A small shop to play in: items of every kind, orders, slips, operators, and one way to let things happen."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from msgspec import Struct
from msgspec.structs import replace

from terminal.domain.changes import consequences
from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OrderLine,
    OverScan,
    PackingSlip,
    Policies,
    Registration,
    SalesOrder,
    SerialForm,
    SerialOption,
    SlipStatus,
    Tally,
    TrackingGroup,
)
from terminal.domain.events import Event, Recorded
from terminal.domain.intents import Intent, decide
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Refusal

PROPERTIES = settings(max_examples=200, deadline=None, derandomize=True, database=None)
"""For property tests: the same examples each time."""
MACHINES = settings(PROPERTIES, max_examples=120, stateful_step_count=40)
"""For stateful property tests: with the above, the whole folder stays under half a minute."""

CONTROL = TrackingGroup("SALES", active_in_sales_process=True, serial_number_control=True)
"""Each unit needs a registration (S3)."""
LENIENT = replace(CONTROL, code="LENIENT", blank_issue_allowed=True)
"""Registrations may be missing (S4)."""
NONE = TrackingGroup("NONE")
"""No serials at all (S1)."""
STOCK = TrackingGroup("STOCK", serial_number_control=True, other_options=frozenset({SerialOption.PRIMARY_STOCKING}))
"""Serials in stock, not taken in the sales process (S1)."""

DRILL = Item("DRILL", "Drill", CONTROL)
SAW = Item("SAW", "Saw", LENIENT)
GLUE = Item("GLUE", "Glue", NONE)
PUMP = Item("PUMP", "Pump", STOCK)
HAM = Item("HAM", "Ham", CONTROL, catch_weight=True)
RECALLED = Item("RECALLED", "Recalled drill", CONTROL, blocked=True)
CASED = Item("CASED", "Its case counts", CONTROL, serial_form=SerialForm(case_sensitive=True))
MASKED = Item("MASKED", "Two letters, three digits", CONTROL, serial_form=SerialForm(mask="AA999"))
FOREIGN = Item("FOREIGN", "Any script", CONTROL, serial_form=SerialForm(non_ascii=True))
ITEMS = (DRILL, SAW, GLUE, PUMP, HAM, RECALLED, CASED, MASKED, FOREIGN)

WARN = Policies()
STRICT = Policies(over_scan=OverScan.REFUSE)
NO_OFFLINE_POSTING = Policies(offline_posting=False)

ANN = Operator("ann", "Ann", frozenset(Duty))
BOB = Operator("bob", "Bob", frozenset({Duty.REGISTER, Duty.POST}))
EVE = Operator("eve", "Eve", frozenset({Duty.REGISTER}))
GUEST = Operator("guest", "Guest")

MORNING = "2025-03-01T08:00:00.000Z"


def slip_with(number: str, *wanted: tuple[Item, int]) -> tuple[PackingSlip, tuple[Line, ...]]:
    """Make a draft slip with a line for each item and its units."""
    lines = tuple(
        Line(number, n, item.number, item.description, units, item.tracking.in_force(), item.catch_weight, n)
        for n, (item, units) in enumerate(wanted, 1)
    )
    return PackingSlip(number, f"SO-{number}", "Customer"), lines


ORDER = SalesOrder(
    "SO-1",
    "Customer",
    (
        OrderLine(1, "DRILL", units=5, left=5),
        OrderLine(2, "SAW", units=4, left=2),
        OrderLine(3, "GLUE", units=3, left=0),
        OrderLine(4, "RECALLED", units=1, left=1),
        OrderLine(5, "HAM", units=2, left=2),
    ),
    site="NORTH",
)


def ledger_with(*slips: tuple[PackingSlip, tuple[Line, ...]], items: tuple[Item, ...] = ITEMS) -> Ledger:
    """Make a ledger with these slips, every item and the order SO-1."""
    return Ledger(items, slips, [ORDER])


@dataclass
class Play:
    """Lets operators act on a ledger and keeps what they did. Ids sort in the order of recording, as UUIDv7 do."""

    ledger: Ledger
    terminal: str = "T1"
    policies: Policies = WARN
    past: list[Recorded] = field(default_factory=list)

    def does(self, who: Operator, intent: Intent) -> Event | Refusal:
        """Decide an intent; when it gives an event, write it down with its consequences."""
        ruled = decide(self.ledger, who, self.policies, intent)
        if not isinstance(ruled, Refusal):
            self.record(who, ruled)
        return ruled

    def record(self, who: Operator, event: Event) -> Recorded:
        """Write an event down with its consequences."""
        recorded = recorded_as(event, len(self.past) + 1, who=who, terminal=self.terminal)
        self.past.append(recorded)
        write_down(self.ledger, recorded)
        return recorded


def recorded_as(event: Event, sequence: int, *, who: Operator = ANN, terminal: str = "T1") -> Recorded:
    """Give an event the circumstances of its recording."""
    return Recorded(f"{terminal}-{sequence:04}", sequence, terminal, "epoch", who.id, MORNING, event)


def write_down(ledger: Ledger, recorded: Recorded) -> None:
    """Apply what an event changes, and keep it for undoing."""
    for change in consequences(ledger, recorded):
        ledger.apply(change)
    ledger.remember(recorded)


def registration_of(
    sequence: int,
    document: str,
    line: int,
    item: Item,
    serial: str | None,
    *,
    who: Operator = ANN,
    terminal: str = "T1",
) -> Registration:
    """Say what the registration looks like that an event with this sequence made."""
    key = serial if serial is None or item.serial_form.case_sensitive else serial.casefold()
    name = f"{terminal}-{sequence:04}"
    return Registration(name, document, line, item.number, serial, key, who.id, terminal, MORNING)


class Snapshot(Struct, frozen=True):
    """Everything of a ledger that a rule or a screen can see, except which events an undo may still name."""

    slips: dict[str, SlipStatus]
    tallies: dict[tuple[str, int], Tally]
    live: frozenset[Registration]
    holders: dict[tuple[str, str], str]
    newest_blanks: dict[tuple[str, int], str | None]
    left: dict[tuple[str, int], int]


def snapshot(ledger: Ledger, documents: tuple[str, ...], orders: tuple[str, ...] = ()) -> Snapshot:
    """Take the complete observable state of these documents and orders."""
    slips = {number: slip for number in documents if (slip := ledger.slip(number)) is not None}
    lines = [line for number in slips for line in ledger.lines(number)]
    live = frozenset(found for number in slips for found in ledger.live_registrations(number))
    blanks = {(at.document, at.number): ledger.newest_blank(at.document, at.number) for at in lines}
    holders = {(r.item, r.key): ledger.holder(r.item, r.key) for r in live if r.key is not None}
    return Snapshot(
        slips={number: slip.status for number, slip in slips.items()},
        tallies={(at.document, at.number): ledger.tally(at.document, at.number) for at in lines},
        live=live,
        holders={key: "" if holder is None else holder.id for key, holder in holders.items()},
        newest_blanks={place: None if found is None else found.id for place, found in blanks.items()},
        left={
            (number, line.number): line.left
            for number in orders
            if (order := ledger.order(number)) is not None
            for line in order.lines
        },
    )
