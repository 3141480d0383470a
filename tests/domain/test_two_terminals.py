"""Two terminals and the authority, with every delay between them: what holds when everything has arrived (D5, D6, S22).

Each terminal has a ledger of its own; what it records waits until the authority judges it, and the answer waits
until the terminal hears it. Duties differ at the authority, and so does the policy for a surplus: the terminals are
behind the times.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from terminal.domain.changes import Back, Change, Gone, Made, SlipMade, StatusChanged, answered, settled
from terminal.domain.documents import Operator, Policies, Registration, SlipStatus
from terminal.domain.events import PostingRequested, PostingWithdrawn, Recorded, Registered, Removed, Undone
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
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Refusal
from tests.domain.shop import (
    ANN,
    BOB,
    DRILL,
    GUEST,
    MACHINES,
    SAW,
    STRICT,
    WARN,
    Play,
    ledger_with,
    slip_with,
    snapshot,
    write_down,
)

SLIPS = (slip_with("PS-1", (DRILL, 1), (DRILL, 1)), slip_with("PS-2", (DRILL, 1), (SAW, 2)))
DOCUMENTS = ("PS-1", "PS-2", "T1-A", "T2-A")
PLACES = (("PS-1", 1), ("PS-1", 2), ("PS-2", 1), ("PS-2", 2), ("T1-A", 1))
SERIALS = ("S1", "s1", "S2")
INTENTS: tuple[Intent, ...] = (
    *(AddSerial(*place, serial) for place in PLACES for serial in SERIALS),
    *(RemoveSerial(*place, serial) for place in PLACES for serial in SERIALS),
    *(AddNotReadable(*place) for place in PLACES),
    *(RemoveNotReadable(*place) for place in PLACES),
    *(made for document in ("PS-1", "PS-2", "T1-A") for made in (Undo(document), Undo(document), Undo(document))),
    *(RequestPosting(document, online=False) for document in ("PS-1", "PS-2", "T1-A")),
    *(WithdrawPosting(document) for document in ("PS-1", "PS-2", "T1-A")),
    DraftSlip("T1-A", "SO-1", ((1, 1),)),
    DraftSlip("T1-A", "SO-1", ((1, 3),)),
)
VOID = Judgement(Outcome.ACCEPTED)
"""What the authority answers to a request that was withdrawn before it was sent: kept, and nothing posted (D5)."""


@dataclass
class Terminal:
    """A terminal: what it did, and of that, what the authority has judged and what it has heard."""

    play: Play
    withdrawn: set[int] = field(default_factory=set)
    judgements: list[Judgement] = field(default_factory=list)
    heard: int = 0

    @property
    def ledger(self) -> Ledger:
        return self.play.ledger

    @property
    def waiting(self) -> list[Recorded]:
        return self.play.past[self.heard :]

    def withdraw_requests(self, document: str) -> None:
        """Mark the requests without an answer as withdrawn, as the journal does."""
        for recorded in self.waiting:
            if isinstance(recorded.event, PostingRequested) and recorded.event.document == document:
                self.withdrawn.add(recorded.sequence)

    def hear(self) -> tuple[Change, ...]:
        recorded = self.play.past[self.heard]
        judgement = self.judgements[self.heard]
        newer = {getattr(each.event, "registration", "") for each in self.waiting[1:]}
        withdrawn = recorded.sequence in self.withdrawn
        changes = answered(self.ledger, recorded, judgement, withdrawn=withdrawn, waiting=newer)
        for change in changes:
            self.ledger.apply(change)
            assert_live_once(self.ledger)  # after each single change: the journal's index allows nothing else
        self.heard += 1
        return changes


class World:
    """Both terminals and the authority, what can happen to them, and what is expected of them."""

    def __init__(self, policies: Policies, both_know: bool) -> None:
        self.policies = policies
        self.authority = ledger_with(*SLIPS)
        self.operators: dict[str, Operator | None] = {"ann": ANN, "bob": BOB}
        self.terminals = {name: Terminal(Play(ledger_with(*SLIPS), name)) for name in ("T1", "T2")}
        self.named_by: dict[str, set[str]] = {}
        """Which terminals' accepted removals and undos named a registration."""
        self.posted_by: dict[str, str] = {}
        self.posted_with: dict[str, set[Registration]] = {}
        self.terminals["T1"].play.does(ANN, AddSerial("PS-1", 1, "S1"))
        if both_know:
            self.everything_arrives()

    # What can happen

    def act(self, name: str, who: Operator, intent: Intent) -> None:
        terminal = self.terminals[name]
        if isinstance(intent, DraftSlip):
            intent = replace(intent, number=f"{name}-A")  # no two terminals draft under the same number
        event = terminal.play.does(who, intent)
        if isinstance(event, PostingWithdrawn):
            terminal.withdraw_requests(event.document)

    def take_off_and_go_on(self, name: str, who: Operator, place: tuple[str, int], after: str) -> None:
        """Aim at what is rare otherwise: taking off what another registered, and undoing it or registering it again."""
        on_list = sorted(
            {r.serial for r in live_of(self.terminals[name].ledger) if r.serial and (r.document, r.line) == place}
        )
        for serial in on_list[:1]:
            self.act(name, who, RemoveSerial(*place, serial))
            if after == "undo":
                self.act(name, who, Undo(place[0]))
            elif after == "again":
                self.act(name, who, AddSerial(*place, serial))
            elif after == "elsewhere":
                self.act(name, who, AddSerial("PS-2" if place[0] == "PS-1" else "PS-1", 1, serial))

    def send(self, name: str, events: int) -> None:
        for _ in range(events):
            self.deliver(name)

    def hear(self, name: str, answers: int) -> None:
        terminal = self.terminals[name]
        for _ in range(min(answers, len(terminal.judgements) - terminal.heard)):
            terminal.hear()

    def change_duties(self, who: Operator, known: str) -> None:
        there = {"all": who, "none": replace(who, duties=GUEST.duties), "unknown": None}
        self.operators[who.id] = there[known]

    def read_anew_if_nothing_waits(self, name: str) -> None:
        if not self.terminals[name].waiting:
            self.read_anew(self.terminals[name])

    def everything_arrives(self) -> None:
        for name, terminal in self.terminals.items():
            while len(terminal.judgements) < len(terminal.play.past):
                self.deliver(name)
            while terminal.waiting:
                terminal.hear()
        for name, terminal in self.terminals.items():
            self.check_own_registrations(name, terminal)
            self.check_documents(name, terminal)
        self.check_origin()
        for terminal in self.terminals.values():
            self.read_anew(terminal)
            self.check_equal(terminal)

    # How the authority works

    def deliver(self, name: str) -> None:
        terminal = self.terminals[name]
        if len(terminal.judgements) == len(terminal.play.past):
            return
        recorded = terminal.play.past[len(terminal.judgements)]
        if recorded.sequence in terminal.withdrawn:
            terminal.judgements.append(VOID)
            return
        before = snapshot(self.authority, DOCUMENTS, ("SO-1",))
        said = judge(self.authority, self.operators[recorded.operator], self.policies, recorded)
        terminal.judgements.append(said)
        assert snapshot(self.authority, DOCUMENTS, ("SO-1",)) == before, "judging changes nothing"
        if said.outcome is Outcome.ACCEPTED:
            self.accept(name, recorded)
        else:
            self.check_refused(recorded, said)

    def accept(self, name: str, recorded: Recorded) -> None:
        event = recorded.event
        write_down(self.authority, recorded)
        for change in settled(self.authority, event):
            self.authority.apply(change)
        if isinstance(event, (Removed, Undone)):
            self.named_by.setdefault(event.registration, set()).add(name)
        if isinstance(event, PostingRequested):
            self.posted_by[event.document] = name
            self.posted_with[event.document] = set(self.authority.live_registrations(event.document))
            assert len(self.posted_with[event.document]) == event.registrations, "D5: only what was seen is posted"

    def check_refused(self, recorded: Recorded, said: Judgement) -> None:
        """Harmless is only what is so already (D6)."""
        event = recorded.event
        serial = getattr(event, "serial", None)
        here = {(r.item, r.key) for r in self.authority.live_registrations(event.document)}
        live = {r.id for r in live_of(self.authority)}
        line = self.authority.line(event.document, getattr(event, "line", 0))
        on_it = line is not None and serial is not None and (line.item, serial.casefold()) in here
        assert isinstance(said.refusal, Refusal)
        if said.outcome is Outcome.CONFLICT:
            assert said.holder.id in live
            assert said.holder.document != event.document
        if said.outcome is Outcome.DUPLICATE:
            match event:
                case Registered():
                    assert on_it
                case Removed():
                    assert event.registration not in live
                    assert not on_it
                case Undone(undoes="removed"):
                    assert event.registration in live or on_it
                case Undone():
                    assert event.registration not in live

    # What always holds

    def check_always(self) -> None:
        self.S22_a_serial_is_live_once()
        self.D5_a_posted_slip_stays_as_it_was_posted()
        self.D5_a_document_with_a_request_waiting_takes_no_scans()

    def S22_a_serial_is_live_once(self):
        for ledger in (self.authority, *(terminal.ledger for terminal in self.terminals.values())):
            assert_live_once(ledger)

    def D5_a_posted_slip_stays_as_it_was_posted(self):
        for document, registrations in self.posted_with.items():
            assert self.authority.slip(document).status is SlipStatus.POSTED
            assert set(self.authority.live_registrations(document)) == registrations

    def D5_a_document_with_a_request_waiting_takes_no_scans(self):
        for terminal in self.terminals.values():
            for recorded in terminal.waiting:
                if isinstance(recorded.event, PostingRequested) and recorded.sequence not in terminal.withdrawn:
                    assert terminal.ledger.slip(recorded.event.document).status is not SlipStatus.DRAFT

    # What holds when everything has arrived

    def check_own_registrations(self, name: str, terminal: Terminal) -> None:
        """A terminal counts of its own what the authority counts, but for what another terminal took off or back."""
        own = {r.id for r in live_of(terminal.ledger) if r.terminal == name}
        counted = {r.id for r in live_of(self.authority) if r.terminal == name}
        assert {id for id in own ^ counted if self.named_by.get(id, set()) <= {name}} == set()

    def check_documents(self, name: str, terminal: Terminal) -> None:
        for document in DOCUMENTS:
            here, there = terminal.ledger.slip(document), self.authority.slip(document)
            if here is None:
                continue
            if there is None:
                assert here.status is SlipStatus.REFUSED
            elif self.posted_by.get(document) in {name, None}:
                assert here.status is there.status
            else:
                assert here.status in {SlipStatus.DRAFT, SlipStatus.POSTED}

    def check_origin(self) -> None:
        """Every registration that the authority counts was recorded by the terminal it names, just so."""
        for registration in live_of(self.authority):
            made = self.terminals[registration.terminal].ledger.registration(registration.id)
            assert replace(made, live=True) == registration

    def read_anew(self, terminal: Terminal) -> None:
        """Give a terminal with nothing waiting the authority's word on everything."""
        counted = {r.id: r for r in live_of(self.authority)}
        for document in DOCUMENTS:
            slip = self.authority.slip(document)
            if slip is not None and terminal.ledger.slip(document) is None:
                terminal.ledger.apply(SlipMade(slip, tuple(self.authority.lines(document))))
            if slip is not None:
                terminal.ledger.apply(StatusChanged(document, slip.status))
        for registration in live_of(terminal.ledger):
            if registration.id not in counted:
                terminal.ledger.apply(Gone(registration.id))
        for id, registration in counted.items():
            known = terminal.ledger.registration(id)
            terminal.ledger.apply(Made(registration) if known is None else Back(id))

    def check_equal(self, terminal: Terminal) -> None:
        there = snapshot(self.authority, DOCUMENTS)
        here = snapshot(terminal.ledger, tuple(there.slips))
        assert replace(here, newest_blanks={}) == replace(there, newest_blanks={})
        others = [r for n in set(DOCUMENTS) - set(there.slips) for r in terminal.ledger.live_registrations(n)]
        assert others == []


def live_of(ledger: Ledger) -> list[Registration]:
    return [found for document in DOCUMENTS for found in ledger.live_registrations(document)]


def assert_live_once(ledger: Ledger) -> None:
    live = live_of(ledger)
    assert set(Counter((r.item, r.key) for r in live if r.key is not None).values()) <= {1}
    tallies = Counter((r.document, r.line) for r in live)
    for document in DOCUMENTS:
        for line in ledger.lines(document):
            assert ledger.tally(document, line.number).registered == tallies[document, line.number]


TERMINALS = ("T1", "T2")
PEOPLE = (ANN, BOB)
AFTER = ("nothing", "undo", "again", "elsewhere")
KNOWN = ("all", "all", "none", "unknown")


class TwoTerminals(RuleBasedStateMachine):
    """Short days, searched and shrunk by Hypothesis."""

    @initialize(policies=st.sampled_from([WARN, STRICT]), both_know=st.booleans())
    def open_up(self, policies, both_know):
        self.world = World(policies, both_know)

    @rule(name=st.sampled_from(TERMINALS), who=st.sampled_from(PEOPLE), intent=st.sampled_from(INTENTS))
    def somebody_acts(self, name, who, intent):
        self.world.act(name, who, intent)

    @rule(
        name=st.sampled_from(TERMINALS),
        who=st.sampled_from(PEOPLE),
        place=st.sampled_from(PLACES),
        after=st.sampled_from(AFTER),
    )
    def somebody_takes_off_what_is_there_and_goes_on(self, name, who, place, after):
        self.world.take_off_and_go_on(name, who, place, after)

    @rule(name=st.sampled_from(TERMINALS), events=st.integers(1, 3))
    def some_events_reach_the_authority(self, name, events):
        self.world.send(name, events)

    @rule(name=st.sampled_from(TERMINALS), answers=st.integers(1, 3))
    def some_answers_reach_the_terminal(self, name, answers):
        self.world.hear(name, answers)

    @rule(who=st.sampled_from(PEOPLE), known=st.sampled_from(KNOWN))
    def the_backend_changes_somebodys_duties(self, who, known):
        self.world.change_duties(who, known)

    @rule(name=st.sampled_from(TERMINALS))
    def a_terminal_with_nothing_waiting_reads_everything_anew(self, name):
        self.world.read_anew_if_nothing_waits(name)

    @rule()
    def everything_arrives(self):
        self.world.everything_arrives()

    @invariant()
    def what_always_holds(self):
        if hasattr(self, "world"):
            self.world.check_always()

    def teardown(self):
        if hasattr(self, "world"):
            self.world.everything_arrives()


TwoTerminals.TestCase.settings = MACHINES
test_two_terminals = TwoTerminals.TestCase


@pytest.mark.parametrize("seed", range(8))
def test_long_days_at_two_terminals(seed):
    """Long days, many events deep, which Hypothesis seldom draws: the same ones each time."""
    random = Random(seed)
    pick = random.choice
    for _ in range(60):
        world = World(pick([WARN, STRICT]), both_know=random.random() < 0.5)
        for _ in range(random.randrange(20, 120)):
            name, who, chance = pick(TERMINALS), pick(PEOPLE), random.random()
            if chance < 0.40:
                world.act(name, who, pick(INTENTS))
            elif chance < 0.60:
                world.take_off_and_go_on(name, who, pick(PLACES), pick(AFTER))
            elif chance < 0.75:
                world.send(name, random.randint(1, 3))
            elif chance < 0.90:
                world.hear(name, random.randint(1, 3))
            elif chance < 0.93:
                world.change_duties(who, pick(KNOWN))
            elif chance < 0.98:
                world.read_anew_if_nothing_waits(name)
            else:
                world.everything_arrives()
            world.check_always()
        world.everything_arrives()
