"""A small site for the journal's tests: items, slips, people, and a backend made of the rules alone."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from pathlib import Path

from terminal.domain.changes import Change, consequences, settled
from terminal.domain.documents import (
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
from terminal.domain.events import PostingRequested, Recorded, Registered
from terminal.domain.intents import AddSerial, Intent
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
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

    def __init__(self) -> None:
        self.ledger = Ledger(ITEMS, SLIPS, [ORDER])
        self.answers: dict[str, Judgement] = {}
        self.cursor = 0

    def receive(self, recorded: Recorded, void: bool) -> Judgement:
        if recorded.id not in self.answers:
            assert recorded.sequence == self.cursor + 1
            self.cursor += 1
            self.answers[recorded.id] = Judgement(Outcome.ACCEPTED) if void else self._judge(recorded)
        return self.answers[recorded.id]

    def by_another(self, who: Operator, event: Registered | PostingRequested, id: str | None = None) -> Judgement:
        """Take an event from another terminal in."""
        n = next(_others) if id is None else 0
        return self._judge(Recorded(id or f"other-{n:04}", n, "T2", "e", who.id, "2026-01-01", event))

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
            self.apply(consequences(self.ledger, recorded) + settled(recorded.event))
            self.ledger.remember(recorded)
        return said


def deliver(journal: Journal, authority: Authority, limit: int = 1000) -> set[str]:
    """Send what is pending and settle the answers."""
    answers = [
        (recorded.sequence, authority.receive(recorded, void)) for recorded, void in journal.outbox.pending(limit)
    ]
    return journal.outbox.settle(answers)
