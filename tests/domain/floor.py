"""One terminal that is always online: what it records is judged and settled at once, by the very same rules."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.changes import consequences, settled
from terminal.domain.documents import Operator, OrderLine, Policies, Registration, SalesOrder
from terminal.domain.events import Event, Recorded
from terminal.domain.intents import AddSerial, DraftInvoice, DraftSlip, Intent, RequestPosting, decide
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Refusal
from tests.domain.shop import ANN, ITEMS, recorded_as

SALES_ORDER = SalesOrder(
    "SO-9",
    "Customer",
    (
        OrderLine(1, "DRILL", units=6, left=6),
        OrderLine(2, "SAW", units=4, left=4),
        OrderLine(3, "GLUE", units=3, left=3),
        OrderLine(4, "DRILL", units=2, left=2, negative=1),
    ),
)
REASONS = Policies(correction_reasons=("mixed up", "came back"))


class Floor:
    """A ledger, and what became of each intent."""

    def __init__(self, policies: Policies = REASONS) -> None:
        self.ledger = Ledger(ITEMS, orders=[SALES_ORDER, SalesOrder("SO-8", "Other", SALES_ORDER.lines)])
        self.policies = policies
        self.past: list[Recorded] = []

    def does(self, intent: Intent, who: Operator = ANN) -> Event | Refusal:
        """Decide, judge, write down; the authority has to agree with the terminal."""
        ruled = decide(self.ledger, who, self.policies, intent)
        if isinstance(ruled, Refusal):
            return ruled
        recorded = recorded_as(ruled, len(self.past) + 1, who=who)
        assert judge(self.ledger, who, self.policies, recorded) == Judgement(Outcome.ACCEPTED)
        for change in consequences(self.ledger, recorded) + settled(self.ledger, ruled):
            self.ledger.apply(change)
        self.ledger.remember(recorded)
        self.past.append(recorded)
        return ruled

    def judged(self, event: Event, who: Operator = ANN) -> Judgement:
        """Say what the authority says to an event that a terminal recorded knowing less."""
        return judge(self.ledger, who, self.policies, recorded_as(event, 900, who=who, terminal="T2"))

    def must(self, *intents: Intent) -> None:
        """Do what has to succeed."""
        for intent in intents:
            done = self.does(intent)
            assert not isinstance(done, Refusal), done

    def ship(self, number: str, units: dict[int, int], serials: Sequence[tuple[int, str]], order: str = "SO-9") -> None:
        """Draft a slip, register (line, serial) on it, post it."""
        self.must(DraftSlip(number, order, tuple(units.items())))
        self.must(*(AddSerial(number, line, serial) for line, serial in serials), RequestPosting(number, online=True))

    def draft_invoice(self, number: str = "INV-1", *wanted: tuple[int, int]) -> None:
        """Draft an invoice for the order."""
        self.must(DraftInvoice(number, "SO-9", wanted))

    def unit(self, serial: str, item: str = "DRILL") -> Registration:
        """Find the live unit of a serial."""
        found = self.ledger.holder(item, serial.casefold())
        assert found is not None
        return found
