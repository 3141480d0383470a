"""Whatever two operators do on several documents, in any order: what always holds at one terminal.

The machine keeps its own naive account of what is on each line, from the events alone, and compares.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from terminal.domain.documents import SlipStatus, Tally
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
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
from terminal.domain.posting import obstacles
from terminal.domain.refusals import Code, Refusal
from tests.domain.shop import (
    ANN,
    BOB,
    DRILL,
    GLUE,
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

SLIPS = (slip_with("PS-1", (DRILL, 2), (SAW, 1), (GLUE, 3)), slip_with("PS-2", (DRILL, 1), (DRILL, 1)))
DOCUMENTS = ("PS-1", "PS-2", "PS-3", "PS-4")
PLACES = st.sampled_from([("PS-1", 1), ("PS-1", 2), ("PS-1", 3), ("PS-2", 1), ("PS-2", 2), ("PS-3", 1), ("PS-4", 1)])
SERIALS = st.sampled_from(["S1", "s1", "S2", "S3"])
WHO = st.sampled_from([ANN, BOB])
REGISTERING = st.one_of(
    st.builds(lambda place, serial: AddSerial(*place, serial), PLACES, SERIALS),
    st.builds(lambda place, serial: RemoveSerial(*place, serial), PLACES, SERIALS),
    st.builds(lambda place: AddNotReadable(*place), PLACES),
    st.builds(lambda place: RemoveNotReadable(*place), PLACES),
)
OTHER = st.one_of(
    st.builds(Undo, st.sampled_from(DOCUMENTS)),
    st.builds(RequestPosting, st.sampled_from(DOCUMENTS), st.booleans()),
    st.builds(WithdrawPosting, st.sampled_from(DOCUMENTS)),
    st.builds(
        DraftSlip,
        st.sampled_from(["PS-3", "PS-4"]),
        st.just("SO-1"),
        st.sampled_from([((1, 2),), ((1, 4),), ((2, 1), (3, 1)), ((1, 0),)]),
    ),
)


class OneTerminal(RuleBasedStateMachine):
    @initialize(policies=st.sampled_from([WARN, STRICT]))
    def open_up(self, policies):
        self.play = Play(ledger_with(*SLIPS), policies=policies)
        self.account: dict[str, Registered | NotReadable] = {}
        """The registering events that count, by id, in the order in which they were made."""
        self.ever: dict[str, Registered | NotReadable] = {}
        self.author: dict[str, str] = {}
        self.status = dict.fromkeys(["PS-1", "PS-2"], SlipStatus.DRAFT)

    def now(self, ledger=None):
        return snapshot(ledger or self.play.ledger, DOCUMENTS, ("SO-1",))

    @rule(who=WHO, intent=st.one_of(REGISTERING, REGISTERING, OTHER))
    def somebody_acts(self, who, intent):
        before = self.now()
        newest_blanks = {self.place(id): id for id, made in self.account.items() if isinstance(made, NotReadable)}
        held = {(made.item, made.serial.casefold()) for made in self.account.values() if isinstance(made, Registered)}
        result = self.play.does(who, intent)
        if isinstance(result, Refusal):
            assert self.now() == before, "a refusal changes nothing"
            self.check_refusal(intent, result, held)
            return
        self.check_event(who, intent, result, newest_blanks, held)
        self.enter(who, result)

    @rule(who=WHO, intent=REGISTERING)
    def somebody_slips_and_undoes_it_at_once(self, who, intent):
        before = self.now()
        if isinstance(result := self.play.does(who, intent), Refusal):
            return
        self.enter(who, result)
        undone = self.play.does(who, Undo(intent.document))
        self.enter(who, undone)
        assert self.now() == before
        assert undone.event == self.play.past[-2].id

    def check_refusal(self, intent: Intent, refusal: Refusal, held: set[tuple[str, str]]) -> None:
        """S22: of an item on an open draft, a serial is refused as held just when the account has it."""
        if isinstance(intent, AddSerial) and refusal.rule in {"S7", "S22"}:
            line = self.play.ledger.line(intent.document, intent.line)
            assert (line.item, intent.scanned.casefold()) in held

    def check_event(self, who, intent, event, newest_blanks, held) -> None:
        if isinstance(event, Registered):
            assert (event.item, event.serial.casefold()) not in held, "S22"
        if isinstance(event, Removed) and isinstance(intent, RemoveNotReadable):
            assert event.registration == newest_blanks[event.document, event.line], "D1: the newest blank"
        if isinstance(event, Undone):
            assert self.author[event.event] == who.id, "D3: only one's own events"
        if isinstance(event, PostingRequested):
            assert obstacles(self.play.ledger, event.document) == (), "S3, S5"
            assert event.registrations == sum(made.document == event.document for made in self.account.values())

    def enter(self, who, event) -> None:
        """Enter an event into the naive account."""
        id = self.play.past[-1].id
        self.author[id] = who.id
        match event:
            case Registered() | NotReadable():
                self.account[id] = self.ever[id] = event
            case Removed(registration=gone):
                del self.account[gone]
            case Undone(undoes="removed", registration=back):
                assert back not in self.account
                self.account = {id: made for id, made in self.ever.items() if id in self.account or id == back}
            case Undone(registration=gone):
                del self.account[gone]
            case PostingRequested(document=document):
                self.status[document] = SlipStatus.POSTING
            case PostingWithdrawn(document=document) | SlipDrafted(document=document):
                self.status[document] = SlipStatus.DRAFT

    def place(self, id: str) -> tuple[str, int]:
        return self.ever[id].document, self.ever[id].line

    @invariant()
    def the_ledger_is_the_naive_account(self):
        live = [r for document in DOCUMENTS for r in self.play.ledger.live_registrations(document)]
        assert {r.id: (r.document, r.line, r.item, r.serial) for r in live} == {
            id: (made.document, made.line, made.item, getattr(made, "serial", None))
            for id, made in self.account.items()
        }
        assert self.now().slips == self.status

    @invariant()
    def tallies_are_the_live_registrations_counted(self):
        for (document, line), tally in self.now().tallies.items():
            here = [made for id, made in self.account.items() if self.place(id) == (document, line)]
            blanks = sum(isinstance(made, NotReadable) for made in here)
            assert tally == Tally(len(here) - blanks, blanks)

    @invariant()
    def S22_a_serial_is_live_once(self):
        serials = Counter(
            (made.item, made.serial.casefold()) for made in self.account.values() if isinstance(made, Registered)
        )
        assert set(serials.values()) <= {1}
        assert len(serials) == len(self.now().holders)

    @invariant()
    def S1_S5_no_line_takes_what_it_must_not(self):
        for (document, number), tally in self.now().tallies.items():
            line = self.play.ledger.line(document, number)
            if line.item == "GLUE":
                assert tally == Tally()

    @invariant()
    def S3_S5_the_obstacles_are_what_a_count_gives(self):
        for document in self.status:
            expected = []
            for line in self.play.ledger.lines(document):
                on_it = sum(self.place(id) == (document, line.number) for id in self.account)
                if on_it > line.units:
                    expected.append((Code.SURPLUS, line.number, on_it - line.units))
                if line.item == "DRILL" and on_it < line.units:
                    expected.append((Code.UNITS_MISSING, line.number, line.units - on_it))
            found = obstacles(self.play.ledger, document)
            assert expected == [
                (o.code, o.parameters["line"], o.parameters.get("surplus", o.parameters.get("missing"))) for o in found
            ]

    @precondition(lambda self: self.play.past)
    @rule()
    def replaying_every_event_gives_the_same_state(self):
        again = ledger_with(*SLIPS)
        for recorded in self.play.past:
            write_down(again, recorded)
        assert self.now(again) == self.now()
        for document in DOCUMENTS:
            for who in (ANN, BOB):
                to_undo = [list(ledger.not_yet_undone(document, who.id)) for ledger in (again, self.play.ledger)]
                assert to_undo[0] == to_undo[1]


OneTerminal.TestCase.settings = MACHINES
test_one_terminal = OneTerminal.TestCase
