"""Drafts, draws, corrections and reversals in any order, with refreshes, lost answers and restarts between.

The journal adds up all the time, and in the end it agrees with the backend on every unit.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from terminal.domain.documents import Operator, Registration, SlipStatus
from terminal.domain.judging import Outcome
from terminal.journal.replay import findings

from .wishes import all_that_is_missing, documents, drafts, invoices, kinds, picks, wish
from .world import ANNA, BERT, POLICIES, Authority, deliver, do, furnish_shipped, open_journal, shipped

MEMORY = Path("/dev/shm")
people = st.sampled_from([ANNA, BERT])
numbers = st.integers(0, 11)


class OrderMachine(RuleBasedStateMachine):
    """One terminal with its journal on disk, others, and a backend that may lose an answer or its memory."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.authority = shipped()
        self.journal = furnish_shipped(open_journal(self.directory), self.authority)
        self.old: Authority | None = None

    @rule(kind=kinds, picked=picks, who=people)
    def want(self, kind: str, picked: tuple[int, int, int, int], who: Operator) -> None:
        do(self.journal, wish(self.journal, kind, picked), who)

    @rule(kind=kinds, picked=picks)
    def another_wants(self, kind: str, picked: tuple[int, int, int, int]) -> None:
        self.authority.another_wants(wish(self.journal, kind, picked))

    @rule(a=numbers, who=people)
    def finish(self, a: int, who: Operator) -> None:
        found = [*drafts(self.journal), *invoices(self.journal)]
        for intent in all_that_is_missing(self.journal, found[a % len(found)] if found else "none"):
            do(self.journal, intent, who)

    @rule(a=numbers)
    def another_posts(self, a: int) -> None:
        there = self._there()
        self.authority.post(there[a % len(there)])

    @rule(a=numbers, slip=st.sampled_from(["PS-8", "PS-9"]), off=st.booleans())
    def choose_a_slip(self, a: int, slip: str, off: bool) -> None:
        found = invoices(self.journal)
        if found:
            act = self.journal.return_slip if off else self.journal.draw_slip
            act(ANNA, POLICIES, found[a % len(found)], slip)

    @rule(limit=st.integers(1, 6))
    def send(self, limit: int) -> None:
        deliver(self.journal, self.authority, limit)

    @rule(limit=st.integers(1, 6))
    def send_and_read_what_differs(self, limit: int) -> None:
        there = set(self._there())
        for number in deliver(self.journal, self.authority, limit) & there:
            self.journal.merging.take_slip(*self.authority.whole(number))

    @rule(limit=st.integers(1, 6))
    def send_and_lose_the_answer(self, limit: int) -> None:
        for recorded, void in self.journal.outbox.pending(limit):
            self.authority.receive(recorded, void)

    @rule(a=numbers)
    def refresh_one(self, a: int) -> None:
        there = self._there()
        self.journal.merging.take_slip(*self.authority.whole(there[a % len(there)]))

    @rule()
    def refresh_the_order(self) -> None:
        self.journal.merging.take_order(*self.authority.whole_order())

    @rule(a=numbers)
    def list_without(self, a: int) -> None:
        order = self.authority.ledger.order("SO-1")
        listed = [self.authority.whole(number) for n, number in enumerate(self._there()) if n != a]
        self.journal.merging.take_documents([order] if order else [], [(each[0], each[1], {}) for each in listed])

    @rule()
    def back_up(self) -> None:
        self.old = self.authority.backup()

    @precondition(lambda self: self.old is not None)
    @rule()
    def restore(self) -> None:
        assert self.old is not None
        self.authority = self.old.backup()
        if self.authority.cursor < self.journal.outbox.answered:
            self.journal.outbox.rewind()

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        self.journal.store.close(as_found=killed)
        self.journal = open_journal(self.directory)

    @invariant()
    def events_add_up(self) -> None:
        if hasattr(self, "journal"):
            assert list(findings(self.journal.store.connection)) == []

    def teardown(self) -> None:
        if not hasattr(self, "journal"):
            return
        try:
            self._agree()
            assert list(findings(self.journal.store.connection)) == []
        finally:
            self.journal.store.close()
            shutil.rmtree(self.directory)

    def _there(self) -> list[str]:
        known = documents(self.journal)
        others = [slip.number for slip in self.authority.ledger.documents_of("SO-1")]
        return [number for number in sorted({*known, *others}) if self.authority.ledger.slip(number) is not None]

    def _agree(self) -> None:
        deliver(self.journal, self.authority)
        assert self.journal.outbox.standing.unsent == 0
        here, there = self.journal.records, self.authority.ledger
        for _ in range(2):  # a serial that moved between two documents is free on one only after the other was read
            self.journal.merging.take_order(*self.authority.whole_order())
            for number in self._there():
                self.journal.merging.take_slip(*self.authority.whole(number))
        for number in self._there():
            assert here.slip(number) == there.slip(number)
            assert {n.number: n for n in here.lines(number) if n.units} == {
                n.number: n for n in there.lines(number) if n.units
            }
            for line in there.lines(number):
                assert here.tally(number, line.number) == there.tally(number, line.number)
            assert _facts(here.live_registrations(number)) == _facts(there.live_registrations(number))
            assert _facts(here.drawn(number)) == _facts(there.drawn(number))
            assert list(here.draws(number)) == list(there.draws(number))
            assert list(here.draws_on(number)) == list(there.draws_on(number))
        for n in (1, 2):
            assert _facts(here.kept("SO-1", n)) == _facts(there.kept("SO-1", n))
        assert here.order("SO-1") == there.order("SO-1")
        for number in set(documents(self.journal)) - set(self._there()):
            found = here.slip(number)
            assert found is not None
            assert found.status is not SlipStatus.POSTED
            assert not list(here.live_registrations(number))
            assert not list(here.drawn(number))
            assert not list(here.draws(number))
        self._expect_no_loser_unnoticed()

    def _expect_no_loser_unnoticed(self) -> None:
        problems = {problem.sequence for problem in self.journal.outbox.open_problems()}
        for sequence, id, type_ in self.journal.store.connection.execute("SELECT sequence, id, type FROM event"):
            said = self.authority.answers.get(str(id))
            lost = said is not None and said.outcome in {Outcome.CONFLICT, Outcome.REJECTED}
            if lost and type_ in {"slip-reversed", "serial-corrected", "units-drawn", "units-returned", "slip-drafted"}:
                assert sequence in problems


def _facts(found: object) -> set[Registration]:
    """Give registrations as they compare: who recorded them is not taken over again."""
    assert hasattr(found, "__iter__")
    return {replace(r, operator="", terminal="", recorded_at="") for r in found}


TestOrders = OrderMachine.TestCase
TestOrders.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
