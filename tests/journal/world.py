"""A small site for the journal's tests: items, slips, people, and a backend made of the rules alone."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from terminal.domain.changes import Change, consequences, settled
from terminal.domain.documents import (
    Draw,
    Duty,
    Item,
    Line,
    Operator,
    OrderLine,
    PackingSlip,
    Policies,
    Registration,
    SalesOrder,
    TrackingGroup,
)
from terminal.domain.events import Event, NotReadable, PostingRequested, Recorded, Registered
from terminal.domain.intents import AddSerial, DraftInvoice, DraftSlip, Intent, decide
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.posting import registrations_digest, what_is_on
from terminal.domain.refusals import Refusal
from terminal.domain.views import Shop, Verdict
from terminal.journal.journal import Journal
from terminal.journal.store import open_store

SERIAL = TrackingGroup("SERIAL", active_in_sales_process=True, serial_number_control=True)
LOOSE = TrackingGroup("LOOSE", active_in_sales_process=True, serial_number_control=True, blank_issue_allowed=True)
ITEMS = (Item("PUMP", "A pump", SERIAL, references=("4012345678901",)), Item("VALVE", "A valve", LOOSE))
ANNA = Operator("1001", "Anna", frozenset(Duty))
BERT = Operator("1002", "Bert", frozenset(Duty))
CARL = Operator("2001", "Carl", frozenset(Duty))
PEOPLE = {who.id: who for who in (ANNA, BERT, CARL)}
POLICIES = Policies()
ORDER = SalesOrder("SO-1", "ACME", (OrderLine(1, "PUMP", 9, 9), OrderLine(2, "VALVE", 4, 4)))


def slip(number: str, units: int = 3) -> tuple[PackingSlip, tuple[Line, ...]]:
    """A slip with a pump line and a valve line."""
    lines = (
        Line(number, 1, "PUMP", "A pump", units, SERIAL, order_line=1),
        Line(number, 2, "VALVE", "A valve", units, LOOSE, order_line=2),
    )
    return PackingSlip(number, "SO-1", "ACME"), lines


SLIPS = tuple(slip(number) for number in ("PS-1", "PS-2", "PS-3"))


Whole = tuple[PackingSlip, list[Line], list[Registration], list[Draw], list[Registration]]
SHIPPED = tuple(slip(number, 2) for number in ("PS-8", "PS-9"))
"""Two slips of a shop that has shipped something already."""


def shipped() -> Authority:
    """A backend where two slips are posted: the first with a blank, both with valves that have no serial (S4).

    Three more are open, of one unit a line.
    """
    authority = Authority([*(slip(found.number, 1) for found, _ in SLIPS), *SHIPPED])
    authority.by_another(CARL, Registered("PS-8", 1, "PUMP", "p1"), "other-p1")
    authority.by_another(CARL, NotReadable("PS-8", 1, "PUMP"), "other-p2")
    authority.by_another(CARL, Registered("PS-9", 1, "PUMP", "p3"), "other-p3")
    authority.by_another(CARL, Registered("PS-9", 1, "PUMP", "p4"), "other-p4")
    authority.by_another(CARL, Registered("PS-9", 2, "VALVE", "v1"), "other-v1")
    for found, _ in SHIPPED:
        assert authority.post(found.number).outcome is Outcome.ACCEPTED
    return authority


def furnish_shipped(journal: Journal, authority: Authority) -> Journal:
    """Give a journal its master data and all that the backend has of the order."""
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), ITEMS)
    journal.merging.take_order(*authority.whole_order())
    return journal


def open_journal(directory: Path, vfs: str | None = None) -> Journal:
    return Journal(open_store(directory, vfs=vfs)[0])


def furnish(journal: Journal, units: int = 3) -> Journal:
    """Give a journal its master data and its three slips."""
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), ITEMS)
    slips = [slip(found.number, units) for found, _ in SLIPS]
    journal.merging.take_documents([ORDER], [(found, lines, {}) for found, lines in slips])
    return journal


def add(journal: Journal, serial: str, document: str = "PS-1", line: int = 1, who: Operator = ANNA) -> Verdict:
    return do(journal, AddSerial(document, line, serial), who, line)


def do(journal: Journal, intent: Intent, who: Operator = ANNA, line: int = 1) -> Verdict:
    return journal.record(who, POLICIES, intent, line)


def serials(journal: Journal, document: str = "PS-1") -> list[str | None]:
    return sorted((r.serial for r in journal.records.live_registrations(document)), key=str)


_others = itertools.count(1)
"""Names of what other terminals register: never the same twice, not even by a backend restored from a backup."""


class Authority:
    """The backend, reduced to the rules: judges each event once, and repeats its answer for ever."""

    def __init__(self, slips: Iterable[tuple[PackingSlip, tuple[Line, ...]]] | None = None) -> None:
        self.ledger = Ledger(ITEMS, SLIPS if slips is None else slips, [ORDER])
        self.answers: dict[str, Judgement] = {}
        self.cursor = 0

    def receive(self, recorded: Recorded, void: bool) -> Judgement:
        if recorded.id not in self.answers:
            assert recorded.sequence == self.cursor + 1
            self.cursor += 1
            self.answers[recorded.id] = Judgement(Outcome.ACCEPTED) if void else self._judge(recorded)
        return self.answers[recorded.id]

    def by_another(self, who: Operator, event: Event, id: str | None = None) -> Judgement:
        """Take an event from another terminal in."""
        n = next(_others) if id is None else 0
        return self._judge(Recorded(id or f"other-{n:04}", n, "T2", "e", who.id, "2026-01-01", event))

    def another_wants(self, intent: Intent) -> None:
        """Have another terminal, that knows all the backend knows, do something if the rules allow it."""
        if isinstance(intent, (DraftSlip, DraftInvoice)):
            intent = replace(intent, number=f"T2-{next(_others)}")
        event = decide(self.ledger, CARL, POLICIES, intent)
        if not isinstance(event, Refusal):
            self.by_another(CARL, event)

    def post(self, document: str) -> Judgement:
        """Have another terminal post a document as it is."""
        seen = what_is_on(self.ledger, document)
        digest = registrations_digest(seen, self.ledger.draws(document))
        return self.by_another(CARL, PostingRequested(document, digest, len(seen)))

    def whole_order(self) -> tuple[SalesOrder, list[Whole], int]:
        """Give the order with all its documents, as `take_order` wants them."""
        order = self.ledger.order("SO-1")
        assert order is not None
        return order, [self._whole(found.number) for found in self.ledger.documents_of("SO-1")], self.cursor

    def whole(self, document: str) -> tuple[Any, ...]:
        """Give one document, as `take_slip` wants it."""
        found, lines, registrations, draws, drawn = self._whole(document)
        return found, lines, registrations, self.cursor, draws, drawn

    def _whole(self, number: str) -> Whole:
        found = self.ledger.slip(number)
        assert found is not None
        draws = self.ledger.draws(number) if found.charges else self.ledger.draws_on(number)
        on, drawn = list(self.ledger.live_registrations(number)), list(self.ledger.drawn(number))
        return found, list(self.ledger.lines(number)), on, list(draws), drawn

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.ledger.apply(change)

    def snapshot(self, document: str) -> tuple[PackingSlip, list[Line], list[Registration], int]:
        found = self.ledger.slip(document)
        assert found is not None
        return found, list(self.ledger.lines(document)), list(self.ledger.live_registrations(document)), self.cursor

    def backup(self) -> Authority:
        return copy.deepcopy(self)

    def _judge(self, recorded: Recorded) -> Judgement:
        said = judge(self.ledger, PEOPLE[recorded.operator], POLICIES, recorded)
        if said.outcome is Outcome.ACCEPTED:
            self.apply(consequences(self.ledger, recorded) + settled(self.ledger, recorded.event))
            self.ledger.remember(recorded)
        return said


def deliver(journal: Journal, authority: Authority, limit: int = 1000) -> set[str]:
    """Send what is pending and settle the answers."""
    answers = [
        (recorded.sequence, authority.receive(recorded, void)) for recorded, void in journal.outbox.pending(limit)
    ]
    return journal.outbox.settle(answers)
