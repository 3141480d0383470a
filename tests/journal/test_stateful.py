"""Any order of scans, answers, refreshes and restarts: the journal adds up, and in the end agrees with the backend."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from terminal.domain.documents import Operator, SlipStatus
from terminal.domain.events import PostingRequested, Registered
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    DraftSlip,
    Intent,
    RemoveNotReadable,
    RemoveSerial,
    RequestPosting,
    Undo,
    WithdrawPosting,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.posting import registrations_digest
from terminal.journal.replay import findings

from .world import ANNA, BERT, CARL, ORDER, SLIPS, Authority, deliver, do, furnish, open_journal

MEMORY = Path("/dev/shm")
"""Thousands of commits need no real disk here."""

documents = st.sampled_from([slip.number for slip, _ in SLIPS])
numbers = st.sampled_from([1, 2])
serials = st.sampled_from(["a1", "A1", "b2", "c3", "d4"])
people = st.sampled_from([ANNA, BERT])
intents = st.one_of(
    st.builds(AddSerial, documents, numbers, serials),
    st.builds(RemoveSerial, documents, numbers, serials),
    st.builds(AddNotReadable, documents, numbers),
    st.builds(RemoveNotReadable, documents, numbers),
    st.builds(Undo, documents),
    st.builds(RequestPosting, documents, st.booleans()),
    st.builds(WithdrawPosting, documents),
)


class JournalMachine(RuleBasedStateMachine):
    """One terminal with its journal on disk, another terminal, and a backend that may lose an answer or its memory."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.journal = furnish(open_journal(self.directory))
        self.authority = Authority()
        self.old: Authority | None = None

    @rule(intent=intents, who=people)
    def scan(self, intent: Intent, who: Operator) -> None:
        before = self.journal.outbox.stored
        verdict = do(self.journal, intent, who, line=getattr(intent, "line", 1))
        assert self.journal.outbox.stored == before + verdict.accepted
        assert verdict.sheet is None or verdict.sheet.standing == self.journal.outbox.standing

    @rule(serial=serials)
    def register_and_regret(self, serial: str) -> None:
        """The sequence that leaves the most behind: put on, taken off, put on again under another name."""
        do(self.journal, AddSerial("PS-1", 1, serial))
        do(self.journal, RemoveSerial("PS-1", 1, serial))
        do(self.journal, AddSerial("PS-1", 1, serial))

    @rule()
    def draft(self) -> None:
        do(self.journal, DraftSlip(self.journal.next_number("T1"), "SO-1", ((1, 1),)))

    @rule(document=documents, line=numbers, serial=serials)
    def another_registers(self, document: str, line: int, serial: str) -> None:
        at = self.authority.ledger.line(document, line)
        assert at is not None
        self.authority.by_another(CARL, Registered(document, line, at.item, serial))

    @rule(document=documents)
    def another_posts(self, document: str) -> None:
        seen = list(self.authority.ledger.live_registrations(document))
        self.authority.by_another(CARL, PostingRequested(document, registrations_digest(seen), len(seen)))

    @rule(limit=st.integers(1, 5))
    def send(self, limit: int) -> None:
        deliver(self.journal, self.authority, limit)

    @rule(limit=st.integers(1, 5))
    def send_and_lose_the_answer(self, limit: int) -> None:
        for recorded, void in self.journal.outbox.pending(limit):
            self.authority.receive(recorded, void)

    @rule()
    def answer_twice_and_with_a_gap(self) -> None:
        pending = self.journal.outbox.pending(4)
        answers = [(recorded.sequence, self.authority.receive(recorded, void)) for recorded, void in pending]
        self.journal.outbox.settle(answers[2:])
        assert self.journal.outbox.answered == (pending[0][0].sequence - 1 if pending else self.journal.outbox.stored)
        self.journal.outbox.settle(answers + answers)

    @rule(document=documents)
    def refresh(self, document: str) -> None:
        self.journal.merging.take_slip(*self.authority.snapshot(document))

    @rule(document=documents)
    def list_without(self, document: str) -> None:
        listed = [s for s, _ in SLIPS if s.number != document]
        slips = [(self.authority.snapshot(s.number)[0], self.authority.snapshot(s.number)[1], {}) for s in listed]
        self.journal.merging.take_documents([self.authority.ledger.order("SO-1") or ORDER], slips)

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
        before = (self.journal.outbox.standing, self.journal.terminal, self.journal.epoch)
        self.journal.store.close(as_found=killed)
        self.journal = open_journal(self.directory)
        assert (self.journal.outbox.standing, self.journal.terminal, self.journal.epoch) == before

    @invariant()
    def events_add_up(self) -> None:
        if hasattr(self, "journal"):
            assert list(findings(self.journal.store.connection)) == []

    def teardown(self) -> None:
        if not hasattr(self, "journal"):
            return
        try:
            self._settle_everything()
            assert list(findings(self.journal.store.connection)) == []
        finally:
            self.journal.store.close()
            shutil.rmtree(self.directory)

    def _settle_everything(self) -> None:
        deliver(self.journal, self.authority)
        assert self.journal.outbox.standing.unsent == 0
        for _ in range(2):  # a serial that moved between two slips is free on one only after the other was read
            for slip, _ in SLIPS:
                self.journal.merging.take_slip(*self.authority.snapshot(slip.number))
        for slip, _ in SLIPS:
            here = {r.id for r in self.journal.records.live_registrations(slip.number)}
            there = {r.id for r in self.authority.ledger.live_registrations(slip.number)}
            assert here == there
            found, said = self.journal.records.slip(slip.number), self.authority.ledger.slip(slip.number)
            assert found is not None
            assert said is not None
            assert found.status is said.status
            assert found.status is not SlipStatus.POSTING
        self._expect_no_loser_unnoticed()

    def _expect_no_loser_unnoticed(self) -> None:
        problems = {problem.sequence for problem in self.journal.outbox.open_problems()}
        rows = self.journal.store.connection.execute(
            "SELECT sequence, id, type FROM event ORDER BY sequence"
        ).fetchall()
        taken_off = {
            str(id)
            for (id,) in self.journal.store.connection.execute(
                "SELECT json_extract(body, '$.registration') FROM event WHERE type IN ('removed', 'undone')"
            )
        }
        for sequence, id, type_ in rows:
            said = self.authority.answers.get(str(id), Judgement(Outcome.ACCEPTED))
            lost = said.outcome in {Outcome.CONFLICT, Outcome.REJECTED}
            if lost and type_ in {"registered", "not-readable"} and id not in taken_off:
                assert sequence in problems


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
