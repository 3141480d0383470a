"""The records in SQLite are those in memory: every look-up gives the same, whatever happens and is answered."""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from terminal.domain.changes import answered, consequences
from terminal.domain.documents import Operator
from terminal.domain.intents import decide
from terminal.domain.judging import Outcome
from terminal.domain.ledger import Ledger
from terminal.domain.records import Records
from terminal.journal.heard import changes_from
from terminal.journal.replay import findings

from .wishes import SERIALS, all_that_is_missing, documents, drafts, invoices, kinds, picks, wish
from .world import ANNA, BERT, ITEMS, POLICIES, do, furnish_shipped, open_journal, shipped

MEMORY = Path("/dev/shm")
people = st.sampled_from([ANNA, BERT])


def looked_up(records: Records, numbers: list[str], ids: list[str]) -> dict[object, object]:
    """Give what every look-up gives."""
    found: dict[object, object] = {("registration", id): records.registration(id) for id in ids}
    found |= {("past", id): records.past_event(id) for id in ids if not id.startswith("other")}
    for item in ITEMS:
        found[item.number] = records.item(item.number)
        found |= {(item.number, s): records.holder(item.number, s.casefold()) for s in SERIALS}
    found["documents"] = list(records.documents_of("SO-1")) + list(records.documents_of(""))
    found["order"] = records.order("SO-1")
    for n in (1, 2):
        found["kept", n] = list(records.kept("SO-1", n))
    for number in [*numbers, "none"]:
        lines = records.lines(number)
        found[number] = (
            *(records.slip(number), list(lines), [records.line(number, line.number) for line in lines]),
            [records.tally(number, line.number) for line in lines],
            [records.newest_blank(number, line.number) for line in lines],
            sorted(records.live_registrations(number), key=lambda r: r.id),
            *(list(records.drawn(number)), list(records.draws(number)), list(records.draws_on(number))),
            [list(records.not_yet_undone(number, who.id)) for who in (ANNA, BERT)],
        )
    return found


class MirrorMachine(RuleBasedStateMachine):
    """One terminal and a backend; a ledger in memory is told the same events and answers, and nothing else."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.authority = shipped()
        self.journal = furnish_shipped(open_journal(self.directory), self.authority)
        self.mirror: Ledger = copy.deepcopy(self.authority.ledger)
        self.ids = [f"other-{name}" for name in ("p1", "p2", "p3", "p4", "v1")]

    @rule(kind=kinds, picked=picks, who=people)
    def want(self, kind: str, picked: tuple[int, int, int, int], who: Operator) -> None:
        before = self.journal.outbox.stored
        intent = wish(self.journal, kind, picked)
        expected = decide(self.mirror, who, POLICIES, intent)
        assert do(self.journal, intent, who).result == expected
        self._follow(before)

    @rule(a=st.integers(0, 11), who=people)
    def finish(self, a: int, who: Operator) -> None:
        found = [*drafts(self.journal), *invoices(self.journal)]
        before = self.journal.outbox.stored
        for intent in all_that_is_missing(self.journal, found[a % len(found)] if found else "none"):
            do(self.journal, intent, who)
        self._follow(before)

    @rule(a=st.integers(0, 11), slip=st.sampled_from(["PS-8", "PS-9"]), off=st.booleans())
    def choose_a_slip(self, a: int, slip: str, off: bool) -> None:
        found = invoices(self.journal)
        if found:
            before = self.journal.outbox.stored
            act = self.journal.return_slip if off else self.journal.draw_slip
            verdict = act(ANNA, POLICIES, found[a % len(found)], slip)
            assert self.journal.outbox.stored == before + verdict.done
            self._follow(before)

    @rule(kind=kinds, picked=picks)
    def another_wants(self, kind: str, picked: tuple[int, int, int, int]) -> None:
        self.authority.another_wants(wish(self.journal, kind, picked))

    @rule(limit=st.integers(1, 6))
    def answer(self, limit: int) -> None:
        for recorded, void in self.journal.outbox.pending(limit):
            judgement = self.authority.receive(recorded, void)
            waiting = frozenset()
            if judgement.outcome is not Outcome.ACCEPTED:
                waiting = self.journal.outbox._waiting(recorded.sequence)
            expected = answered(self.mirror, recorded, judgement, withdrawn=void, waiting=waiting)
            heard = self._heard()
            self.journal.outbox.settle([(recorded.sequence, judgement)])
            changes = [change for text in self._heard()[len(heard) :] for change in changes_from(text)]
            assert changes == list(expected)
            for change in changes:
                self.mirror.apply(change)

    @invariant()
    def the_same(self) -> None:
        if hasattr(self, "journal"):
            numbers = documents(self.journal)
            here = looked_up(self.journal.records, numbers, self.ids)
            there = looked_up(self.mirror, numbers, self.ids)
            for what, value in there.items():
                assert here[what] == value, what

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            try:
                assert list(findings(self.journal.store.connection)) == []
            finally:
                self.journal.store.close()
                shutil.rmtree(self.directory)

    def _follow(self, before: int) -> None:
        for recorded, _ in self.journal.outbox.pending(10_000):
            if recorded.sequence > before:
                for change in consequences(self.mirror, recorded):
                    self.mirror.apply(change)
                self.mirror.remember(recorded)
                self.ids.append(recorded.id)

    def _heard(self) -> list[str]:
        return [str(t) for (t,) in self.journal.store.connection.execute("SELECT changes FROM heard ORDER BY place")]


TestMirror = MirrorMachine.TestCase
TestMirror.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
