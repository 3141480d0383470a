"""The loop without its thread: a clock that is told what time it is, and a server that says what the test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from terminal.backend import notices
from terminal.backend.answers import (
    Busy,
    Denied,
    Fetched,
    Frame,
    NoAnswer,
    NotOurs,
    Reason,
    Refused,
    ServerError,
    Unreachable,
)
from terminal.backend.backoff import LinkState
from terminal.backend.sender import HEARTBEAT_S, Sender
from terminal.backend.wire.documents import Documents, SlipHeader, SlipState
from terminal.backend.wire.events import Answer, BatchAnswer
from terminal.backend.wire.master import Master
from terminal.backend.wire.sessions import Session
from terminal.domain.documents import Policies, Registration
from terminal.domain.events import Continued
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble

from .shop import ITEM, KEEPER, LINE, PREFIX, SLIP, scan, scan_many, stock

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


class ToldClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        self.at += seconds or 0.0
        return event.is_set()


@dataclass
class Scripted:
    """A server that keeps events in order; `trouble` is raised instead of answering."""

    clock: ToldClock
    trouble: NoAnswer | None = None
    trouble_with: str = ""
    """Only for this method, where given."""
    refuses: Callable[[Sequence[Frame]], NoAnswer | None] = lambda _: None
    judged: Any = None
    judges_by_epoch: dict[int, Callable[[str], Judgement]] = field(default_factory=dict)
    session_token: str = "s1"
    pin: str = "1111"
    time: str = ""
    """What the server's clock says."""
    floor: int = 0
    """A cursor that never grows further, where above 0."""

    def __post_init__(self) -> None:
        self.held: dict[int, Frame] = {}
        self.batches: list[list[int]] = []
        self.epochs: list[tuple[str, Continued | None]] = []
        self.tries: list[tuple[float, str]] = []
        self.etags: list[str] = []
        self.claims: list[str] = []
        self.slip_cursor: int | None = None
        self.closed = 0

    def _called(self, name: str) -> None:
        self.tries.append((self.clock.at, name))
        if self.trouble is not None and self.trouble_with in {"", name}:
            raise self.trouble

    def count(self, name: str) -> int:
        return sum(each == name for _, each in self.tries)

    def send_events(
        self, terminal: str, epoch: str, events: Sequence[Frame], continues: Continued | None = None
    ) -> BatchAnswer:
        self._called("send_events")
        self.batches.append([event["sequence"] for event in events])
        self.epochs.append((epoch, continues))
        refused = self.refuses(events)
        if refused is not None:
            raise refused
        answers = []
        for event in events:
            sequence = event["sequence"]
            if sequence > len(self.held) + 1:
                break
            self.held[sequence] = event
            judgement = (self.judged or {}).get(sequence, Judgement(Outcome.ACCEPTED))
            if sequence in self.judges_by_epoch:
                judgement = self.judges_by_epoch[sequence](epoch)
            answers.append(Answer(event["id"], sequence, judgement))
        return BatchAnswer(tuple(answers), len(self.held), self.time)

    def master(self, terminal: str, epoch: str, etag: str = "", slip_prefix: str = "") -> Fetched[Master] | None:
        self._called("master")
        self.claims.append(slip_prefix)
        self.etags.append(etag)
        return None if etag == "m1" else Fetched(Master("S1", "UTC", Policies(), (ITEM,), (KEEPER,), PREFIX), "m1")

    def documents(self, session: str, etag: str = "") -> Fetched[Documents] | None:
        self._called("documents")
        self._admit(session)
        return None if etag == "d1" else Fetched(Documents((), (SlipHeader(SLIP, (LINE,)),)), "d1")

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> SlipState:
        self._called("slip")
        self._admit(session)
        if number != SLIP.number:
            raise Refused("unknown-document", {}, 404)
        cursor = len(self.held) if self.slip_cursor is None else self.slip_cursor
        return SlipState(SlipHeader(SLIP, (LINE,)), (), cursor)

    def sign_in(self, operator: str, pin: str, terminal: str) -> Session:
        self._called("sign_in")
        if operator != KEEPER.id:
            raise Denied("unknown-operator", {})
        if pin != self.pin:
            raise Denied("wrong-pin", {"tries_left": 3})
        return Session(KEEPER, self.session_token, "")

    def sign_out(self, session: str) -> None:
        self._called("sign_out")

    def close(self) -> None:
        self.closed += 1

    def _admit(self, session: str) -> None:
        if session != self.session_token:
            raise Denied("session-expired", {})


class Bench:
    """A sender without a thread, on a real journal."""

    def __init__(self, directory: Path) -> None:
        self.scribe = Scribe(directory)
        self.scribe.start()
        self.scribe.call(stock)
        self.clock = ToldClock()
        self.server = Scripted(self.clock)
        self.notices: list[notices.Notice] = []
        self.clients = 0
        self.sender = Sender(self.scribe, self._client, self.clock, Random(3), self.notices.append)
        self.scribe.on_written = self.sender.wake

    def _client(self) -> Scripted:
        self.clients += 1
        return self.server

    def settle_down(self) -> float | None:
        """Step until nothing is due at this moment."""
        for _ in range(1000):
            wait = self.sender.step()
            if wait is None or wait > 0:
                return wait
        raise AssertionError("it never rests")

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.clock.at + seconds
        while self.clock.at < end:
            wait = self.settle_down()
            self.clock.at += min(end - self.clock.at, max(wait or 1.0, 0.001))
        self.settle_down()

    def ask(self, question: Callable[[Callable[[Any], None]], None]) -> Any:
        answers: list[Any] = []
        question(answers.append)
        self.sender.step()
        assert len(answers) == 1
        return answers[0]

    def signed_in(self) -> None:
        assert self.ask(lambda then: self.sender.sign_in("1001", "1111", then)) == notices.SignedIn(KEEPER, True)
        self.settle_down()

    def all_of(self, kind: type[Any]) -> list[Any]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    @property
    def unsent(self) -> int:
        return self.scribe.call(lambda journal: journal.outbox.standing).unsent


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "terminal")
    yield made
    made.scribe.stop()


GONE = Unreachable(Reason.CONNECTION_REFUSED)

# The rhythm of trying.


def test_two_hours_out_of_reach_and_never_given_up(bench: Bench) -> None:
    scan_many(bench.scribe, 120)
    bench.server.trouble = GONE
    bench.run(7200)
    tries = bench.server.count("send_events")
    assert 300 < tries < 1000
    link = bench.sender.road.link
    assert (link.state, link.failures, link.reason) == (LinkState.OFFLINE, tries, "connection-refused")
    assert bench.unsent == 120
    bench.server.trouble = None
    bench.run(31)
    assert bench.unsent == 0
    assert list(bench.server.held) == list(range(1, 121))
    assert bench.sender.road.link.state is LinkState.ONLINE
    assert bench.sender.road.link.failures == 0


def test_a_new_scan_is_tried_at_once_unless_the_last_failure_is_fresh(bench: Bench) -> None:
    bench.server.trouble = GONE
    bench.run(300)
    bench.sender.road.hold(30.0)
    before = bench.server.count("send_events")
    bench.clock.at += 2
    scan(bench.scribe, "EARLY")
    wait = bench.sender.step()
    assert wait == pytest.approx(3.0)
    assert bench.server.count("send_events") == before
    bench.clock.at += 3
    bench.sender.step()
    assert bench.server.count("send_events") == before + 1
    bench.sender.road.hold(30.0)
    bench.clock.at += 6
    scan(bench.scribe, "LATE")
    bench.sender.step()
    assert bench.server.count("send_events") == before + 2


def test_a_busy_server_is_left_alone_as_long_as_it_asked(bench: Bench) -> None:
    bench.settle_down()
    bench.server.trouble = Busy(120.0)
    scan(bench.scribe, "A")
    bench.settle_down()
    tries, began = bench.server.count("send_events"), bench.clock.at
    assert bench.sender.road.link.state is LinkState.DEGRADED
    while bench.clock.at < began + 119:
        bench.clock.at += 1
        bench.sender.wake()
        bench.sender.step()
    assert bench.server.count("send_events") == tries
    bench.server.trouble = None
    bench.run(62)
    assert bench.unsent == 0


def test_states_on_the_way_down_and_up(bench: Bench) -> None:
    bench.settle_down()
    bench.server.trouble = GONE
    scan(bench.scribe, "A")
    bench.run(20)
    bench.server.trouble = None
    bench.run(31)
    states = [link.state for link in bench.all_of(notices.Link)]
    assert states[:3] == [LinkState.ONLINE, LinkState.OFFLINE, LinkState.OFFLINE]
    assert states[-1] is LinkState.ONLINE
    lost = bench.all_of(notices.Link)[1]
    assert lost.last_ok == NOW + timedelta(seconds=1000)
    bench.server.trouble = GONE
    scan(bench.scribe, "B")
    bench.settle_down()
    assert bench.sender.road.link.failures == 1


SLOW, OFF, DENIED = LinkState.DEGRADED, LinkState.OFFLINE, LinkState.DENIED
HANGS, BREAKS_OFF = Unreachable(Reason.TIMEOUT), Unreachable(Reason.BROKEN)


@pytest.mark.parametrize(
    ("troubles", "states"),
    [
        ([GONE], [OFF]),
        ([Unreachable(Reason.NAME_NOT_FOUND)], [OFF]),
        ([Unreachable(Reason.CERTIFICATE)], [OFF]),
        ([NotOurs(Reason.NOT_JSON)], [OFF]),
        ([HANGS, BREAKS_OFF, HANGS, HANGS], [SLOW, SLOW, OFF, OFF]),
        ([BREAKS_OFF, GONE, HANGS], [SLOW, OFF, OFF]),
        ([GONE, Busy(None), HANGS], [OFF, SLOW, OFF]),
        ([ServerError(500)] * 4, [SLOW] * 4),
        ([Denied("not-enrolled", {}), GONE], [DENIED, OFF]),
    ],
)
def test_slow_is_what_may_still_come_and_off_is_where_nobody_is(
    bench: Bench, troubles: list[NoAnswer], states: list[LinkState]
) -> None:
    bench.settle_down()
    seen = []
    for trouble in troubles:
        bench.sender.road.failed(trouble)
        seen.append(bench.sender.road.link.state)
    assert seen == states


def test_an_idle_terminal_notices_within_seconds_that_the_server_is_gone(bench: Bench) -> None:
    bench.signed_in()
    bench.run(120)
    tries, posted = bench.server.count("send_events"), len(bench.notices)
    bench.run(600)
    assert 100 < bench.server.count("send_events") - tries <= 131
    assert len(bench.notices) == posted  # nothing to show
    bench.server.trouble = GONE
    bench.run(HEARTBEAT_S)
    assert bench.sender.road.link.state is LinkState.OFFLINE


def test_a_terminal_where_nobody_is_signed_in_asks_once_a_minute(bench: Bench) -> None:
    bench.settle_down()
    tries = bench.server.count("send_events")
    bench.run(600)
    assert bench.server.count("send_events") - tries <= 11


def test_a_terminal_the_server_denies_keeps_everything_and_asks_every_minute(bench: Bench) -> None:
    bench.server.trouble = Denied("terminal-credential-missing", {})
    scan(bench.scribe, "A")
    bench.run(600)
    assert 9 <= bench.server.count("send_events") <= 11
    assert bench.clients == bench.server.count("send_events")  # each with whatever token there is by then
    assert bench.sender.road.link.state is LinkState.DENIED
    assert bench.sender.road.link.reason == "terminal-credential-missing"
    assert bench.unsent == 1
    bench.server.trouble = None
    bench.run(61)
    assert bench.unsent == 0


def test_after_an_outage_everything_is_looked_at_at_once(bench: Bench) -> None:
    bench.signed_in()
    bench.server.trouble = GONE
    scan(bench.scribe, "A")
    while bench.sender.road.link.state is not LinkState.OFFLINE:
        bench.clock.at += 0.5
        bench.sender.step()
    assert bench.clock.at < 1015  # nothing would be due of itself
    bench.server.trouble = None
    master, documents = bench.server.count("master"), bench.server.count("documents")
    while bench.sender.road.link.state is not LinkState.ONLINE:
        bench.clock.at += 1
        bench.sender.step()
    bench.settle_down()
    assert bench.server.count("master") == master + 1
    assert bench.server.count("documents") == documents + 1


def test_what_is_fetched_and_how_often(bench: Bench) -> None:
    bench.run(600)
    assert bench.server.count("master") == 11
    assert bench.server.etags == ["", *["m1"] * 10]
    assert len(bench.all_of(notices.MasterTaken)) == 1
    assert bench.server.count("documents") == 0
    bench.signed_in()
    bench.run(600)
    assert 30 <= bench.server.count("documents") <= 32
    assert len(bench.all_of(notices.DocumentsTaken)) == 1


def test_what_only_one_endpoint_lacks_does_not_stop_events(bench: Bench) -> None:
    for trouble in (ServerError(500), NotOurs(Reason.UNREADABLE), Refused("gone", {}, 410)):
        bench.server.trouble, bench.server.trouble_with = trouble, "master"
        bench.sender.look_again()
        bench.settle_down()
        scan(bench.scribe, f"A-{trouble.reason}")
        bench.settle_down()
        assert bench.unsent == 0
        assert bench.sender.road.link.state is LinkState.ONLINE
    tries = bench.server.count("master")
    bench.run(120)
    assert 5 < bench.server.count("master") - tries < 25


# Frames that are refused, and servers that forget.


def _refusing(serials: set[str], *, even_places: bool = False, status: int = 422) -> Any:
    ids: set[str] = set()

    def refuses(events: Sequence[Frame]) -> NoAnswer | None:
        ids.update(each["id"] for each in events if each.get("body", {}).get("serial") in serials)
        bad = any(each["id"] in ids and ("body" in each or even_places) for each in events)
        return Refused("malformed-batch", {}, status) if bad else None

    return refuses


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_refused_event_does_not_block_the_others(bench: Bench, status: int) -> None:
    bench.server.refuses = _refusing({"S00017", "S00042"}, status=status)
    malformed = Judgement(Outcome.REJECTED, refuse(Code.MALFORMED_EVENT))
    bench.server.judged = {18: malformed, 43: malformed}
    scan_many(bench.scribe, 100)
    bench.settle_down()
    assert bench.unsent == 0
    assert list(bench.server.held) == list(range(1, 101))
    assert [n for n, event in bench.server.held.items() if "body" not in event] == [18, 43]
    problems = bench.scribe.call(lambda journal: journal.outbox.open_problems())
    assert [(problem.sequence, problem.outcome) for problem in problems] == [(18, "rejected"), (43, "rejected")]
    assert len(bench.server.batches) < 40


def test_an_event_refused_in_every_form_becomes_a_problem(bench: Bench) -> None:
    bench.server.refuses = _refusing({"S00001"}, even_places=True)
    scan_many(bench.scribe, 2)
    bench.run(0.2)
    problems = bench.scribe.call(lambda journal: journal.outbox.open_problems())
    assert [(problem.sequence, problem.outcome) for problem in problems] == [(2, "rejected")]
    assert problems[0].refusal is not None
    assert problems[0].refusal.code is Code.MALFORMED_EVENT


def test_a_lasting_gap_is_waited_for_longer_and_longer(bench: Bench) -> None:
    bench.server.refuses = _refusing({"S00001"}, even_places=True)
    scan_many(bench.scribe, 5)
    bench.run(3600)
    assert len(bench.server.batches) < 3600
    bench.server.refuses = lambda _: None
    bench.run(61)
    assert bench.unsent == 0
    assert list(bench.server.held) == list(range(1, 6))


def test_a_server_that_refuses_every_frame_settles_nothing(bench: Bench) -> None:
    bench.server.refuses = lambda _: Refused("too-old", {}, 400)
    scan_many(bench.scribe, 5)
    bench.run(600)
    assert bench.unsent == 5
    assert bench.scribe.call(lambda journal: journal.outbox.open_problems()) == []
    assert bench.sender.road.link.state is LinkState.DEGRADED
    assert bench.sender.road.link.reason == "too-old"
    assert len(bench.server.batches) < 300


def test_a_proxy_that_refuses_every_size_settles_nothing(bench: Bench) -> None:
    bench.server.refuses = lambda events: Refused("", {}, 413) if events else None
    scan_many(bench.scribe, 5)
    bench.run(600)
    assert bench.unsent == 5
    assert bench.scribe.call(lambda journal: journal.outbox.open_problems()) == []
    assert bench.sender.road.link.failures > 10


def test_a_restored_server_gets_its_events_again(bench: Bench) -> None:
    scan_many(bench.scribe, 80)
    bench.settle_down()
    bench.server.held = {n: bench.server.held[n] for n in range(1, 31)}
    bench.run(61)  # with the next look, though nothing was scanned
    assert list(bench.server.held) == list(range(1, 81))
    assert bench.unsent == 0


def test_a_slip_older_than_the_answers_makes_the_cursor_looked_at(bench: Bench) -> None:
    scan_many(bench.scribe, 5)
    bench.signed_in()
    bench.server.held.clear()
    assert isinstance(bench.ask(lambda then: bench.sender.refresh("PS-1", then)), notices.OutOfReach)
    bench.settle_down()
    assert len(bench.server.held) == 5


# Another device with the same data.


def _taken(epoch: str = "") -> Judgement:
    told = {"epoch": epoch} if epoch else {}
    return Judgement(Outcome.KEY_REUSE, refuse(Code.CLONED_TERMINAL, terminal="t", sequence=2, **told))


def test_d10_a_device_whose_place_is_taken_goes_on_in_an_epoch_of_its_own(bench: Bench) -> None:
    scan_many(bench.scribe, 3)
    bench.settle_down()
    scan_many(bench.scribe, 2, "T")
    old = bench.scribe.call(lambda journal: journal.epoch)
    ids = "SELECT id FROM event WHERE sequence = 3"
    ((third,),) = bench.scribe.call(lambda journal: journal.store.connection.execute(ids).fetchall())
    bench.server.judged = {4: _taken(old)}
    sent = len(bench.server.batches)
    bench.sender.step()
    new = bench.scribe.call(lambda journal: journal.epoch)
    assert new != old
    assert bench.unsent == 2
    bench.server.judged = {}
    bench.settle_down()
    assert bench.server.batches[sent:][:2] == [[4, 5], [4, 5]]
    assert bench.server.epochs[sent:][:2] == [(old, None), (new, Continued(old, 3, third))]
    assert bench.unsent == 0
    assert bench.all_of(notices.Copied) == [notices.Copied()]
    assert bench.all_of(notices.Sent)[-1].standing.problems == 0
    assert bench.scribe.call(lambda journal: Journal(journal.store).outbox.continues) == Continued(old, 3, third)


def test_s13_a_server_that_was_restored_hears_which_numbers_it_gave(bench: Bench) -> None:
    bench.signed_in()
    bench.run(61)
    assert bench.server.claims == [PREFIX, PREFIX]


def test_d10_the_numbers_of_new_documents_are_the_other_devices_too(bench: Bench) -> None:
    bench.signed_in()
    assert bench.scribe.call(lambda journal: journal.merging.shop().slip_prefix) == PREFIX
    scan(bench.scribe, "A1")
    bench.server.judged = {1: _taken(bench.scribe.call(lambda journal: journal.epoch))}
    bench.sender.step()
    shop = bench.scribe.call(lambda journal: journal.merging.shop())
    assert (shop.slip_prefix, shop.invoice_prefix, shop.sale_prefix, shop.site) == ("", "", "", "S1")
    bench.server.judged = {}
    bench.settle_down()
    assert bench.server.claims[-1] == ""
    assert bench.scribe.call(lambda journal: journal.merging.shop().slip_prefix) == PREFIX


def test_d10_an_event_that_is_refused_in_a_new_epoch_too_becomes_a_problem(bench: Bench) -> None:
    scan_many(bench.scribe, 2)
    bench.server.judges_by_epoch = {1: _taken}
    bench.settle_down()
    assert bench.unsent == 0
    assert len(bench.all_of(notices.Copied)) == 1
    assert bench.all_of(notices.Sent)[-1].standing.problems == 1


def test_d10_a_server_that_names_no_epoch_knows_of_no_other(bench: Bench) -> None:
    scan_many(bench.scribe, 2)
    bench.server.judged = {1: _taken()}
    bench.settle_down()
    assert bench.unsent == 0
    assert bench.all_of(notices.Copied) == []
    assert bench.all_of(notices.Sent)[-1].standing.problems == 1


# Differences, duplicates.


def _of_others(serial: str) -> Registration:
    return Registration("r9", "PS-1", 1, "I-1", serial, serial.casefold(), "1002", "other", "2026-11-21T08:59:00.000Z")


def test_a_duplicate_is_told_and_its_slip_read_again(bench: Bench) -> None:
    bench.signed_in()
    holder = _of_others("A1")
    bench.server.judged = {1: Judgement(Outcome.DUPLICATE, refuse(Code.DUPLICATE_ON_LINE), holder)}
    scan(bench.scribe, "A1")
    bench.settle_down()
    told = bench.all_of(notices.Duplicate)
    assert [(each.event.sequence, each.holder) for each in told] == [(1, holder)]
    assert bench.all_of(notices.Differs) == [notices.Differs("PS-1")]
    assert bench.all_of(notices.SlipTaken) == [notices.SlipTaken("PS-1")]
    assert bench.all_of(notices.Sent)[-1].standing.problems == 0


def test_a_duplicate_of_our_own_is_nothing_to_tell(bench: Bench) -> None:
    ours = replace(_of_others("A1"), terminal=bench.scribe.call(lambda journal: journal.terminal))
    bench.server.judged = {1: Judgement(Outcome.DUPLICATE, refuse(Code.DUPLICATE_ON_LINE), ours)}
    scan(bench.scribe, "A1")
    bench.settle_down()
    assert bench.all_of(notices.Duplicate) == []


def test_a_conflict_becomes_a_problem_and_waits_for_a_session(bench: Bench) -> None:
    bench.server.judged = {1: Judgement(Outcome.CONFLICT, refuse(Code.HELD_ELSEWHERE, document="PS-9"))}
    scan(bench.scribe, "A1")
    bench.settle_down()
    assert bench.all_of(notices.Sent)[-1].standing.problems == 1
    assert bench.server.count("slip") == 0
    bench.signed_in()
    assert bench.all_of(notices.SlipTaken) == [notices.SlipTaken("PS-1")]


# The server's clock.


def says(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("ahead_s", [121, -121, 86_400 * 400])
def test_a_clock_that_differs_is_told_to_each_operator_once(bench: Bench, ahead_s: int) -> None:
    bench.server.time = says(bench.clock.now() - timedelta(seconds=ahead_s))
    bench.settle_down()
    assert bench.all_of(notices.ClockDiffers) == []  # nobody is there yet
    bench.signed_in()
    bench.server.time = says(bench.clock.now() - timedelta(seconds=ahead_s))
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.all_of(notices.ClockDiffers) == [notices.ClockDiffers(float(ahead_s))]
    bench.run(60)
    scan(bench.scribe, "B")
    bench.settle_down()
    assert len(bench.all_of(notices.ClockDiffers)) == 1
    assert list(bench.server.held) == [1, 2]
    bench.sender.sign_out()
    bench.server.session_token = "s2"
    bench.server.time = says(bench.clock.now() - timedelta(seconds=2 * ahead_s))
    bench.signed_in()
    bench.run(HEARTBEAT_S)
    assert len(bench.all_of(notices.ClockDiffers)) == 2


@pytest.mark.parametrize("off_s", [119, -119, 0])
def test_a_clock_that_is_about_right_is_nothing_to_tell(bench: Bench, off_s: int) -> None:
    bench.signed_in()
    bench.server.time = says(bench.clock.now() + timedelta(seconds=off_s))
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.all_of(notices.ClockDiffers) == []


@pytest.mark.parametrize("time", ["", "x", "2026-11-21", "2026-11-21T09:00:00", "2026-13-01T00:00:00Z", "9" * 5000])
def test_what_is_no_time_is_no_news(bench: Bench, time: str) -> None:
    bench.signed_in()
    bench.server.time = time
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.all_of(notices.ClockDiffers) == []
    assert bench.unsent == 0


# Signing in.


def test_signing_in_at_the_server(bench: Bench) -> None:
    ask = bench.sender.sign_in
    assert bench.ask(lambda then: ask("1001", "9", then)) == notices.WrongPin(3)
    assert bench.ask(lambda then: ask("77", "9", then)) == notices.UnknownOperator()
    bench.server.trouble, bench.server.trouble_with = Busy(300.0, "too-many-pins", {"seconds": 900}), "sign_in"
    assert bench.ask(lambda then: ask("1001", "1111", then)) == notices.TooManyPins(900.0)
    bench.server.trouble = Refused("malformed-request", {"field": "body.pin"}, 422)
    assert bench.ask(lambda then: ask("1001", "ä", then)) == notices.WrongPin(None)
    assert bench.sender.road.link.state is not LinkState.DEGRADED


@pytest.mark.parametrize("trouble", [GONE, Busy(5.0), ServerError(500), NotOurs("x"), Denied("not-enrolled", {})])
def test_signing_in_while_the_server_cannot_be_asked(bench: Bench, trouble: NoAnswer) -> None:
    bench.signed_in()
    bench.sender.sign_out()
    bench.settle_down()
    bench.server.trouble = trouble
    bench.clock.at += 23 * 3600
    ask = bench.sender.sign_in
    assert bench.ask(lambda then: ask("1001", "9", then)) == notices.WrongPin(None)
    assert bench.ask(lambda then: ask("1002", "9", then)) == notices.NotKnownHere(bench.sender.road.link.state)
    assert bench.ask(lambda then: ask("1001", "1111", then)) == notices.SignedIn(KEEPER, False)
    bench.clock.at += 2 * 3600
    assert bench.ask(lambda then: ask("1001", "1111", then)) == notices.NotKnownHere(bench.sender.road.link.state)


def test_who_signed_in_offline_gets_a_session_when_the_server_is_back(bench: Bench) -> None:
    bench.signed_in()
    bench.sender.sign_out()
    bench.server.trouble = GONE
    bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then))
    bench.run(60)
    bench.server.trouble = None
    before = bench.server.count("documents")
    bench.run(60)
    assert bench.all_of(notices.SignedIn) == [notices.SignedIn(KEEPER, True)]
    assert bench.server.count("documents") > before
    assert isinstance(bench.ask(lambda then: bench.sender.refresh("PS-1", then)), notices.Taken)


def test_a_pin_that_was_changed_meanwhile_ends_it(bench: Bench) -> None:
    bench.signed_in()
    bench.sender.sign_out()
    bench.server.trouble = GONE
    bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then))
    bench.server.trouble, bench.server.pin = None, "2222"
    bench.run(60)
    assert len(bench.all_of(notices.SessionExpired)) == 1
    assert bench.server.count("sign_in") == 3
    bench.server.trouble = GONE
    result = bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then))
    assert isinstance(result, notices.NotKnownHere)


def test_a_server_that_cannot_open_sessions_still_takes_events(bench: Bench) -> None:
    bench.signed_in()
    bench.server.trouble, bench.server.trouble_with = ServerError(500), "sign_in"
    bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then))
    bench.run(10)
    before = bench.server.count("sign_in")
    bench.run(120)
    assert 5 < bench.server.count("sign_in") - before < 25
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.unsent == 0


def test_an_expired_session_is_told_once_and_events_go_on(bench: Bench) -> None:
    bench.signed_in()
    bench.server.session_token = "s2"
    bench.run(120)
    assert len(bench.all_of(notices.SessionExpired)) == 1
    assert bench.ask(lambda then: bench.sender.open_slip("PS-1", then)) == notices.SignInNeeded()
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.unsent == 0
    assert bench.sender.road.link.state is LinkState.ONLINE


def test_no_master_data_offline(bench: Bench) -> None:
    bench.signed_in()
    bench.server.trouble = GONE
    bench.scribe.call(lambda journal: journal.store.connection.execute("DELETE FROM operator").fetchall())
    assert bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then)) == notices.NoMasterData()


# Slips.


def test_opening_a_slip(bench: Bench) -> None:
    assert bench.ask(lambda then: bench.sender.open_slip("PS-1", then)) == notices.SignInNeeded()
    bench.signed_in()
    assert bench.ask(lambda then: bench.sender.open_slip("PS-1", then)) == notices.Taken("PS-1")
    assert bench.ask(lambda then: bench.sender.open_slip("PS-404", then)) == notices.UnknownSlip("PS-404")


def test_opening_a_slip_offline_keeps_nobody_waiting_and_reads_it_later(bench: Bench) -> None:
    bench.signed_in()
    bench.server.trouble = GONE
    bench.run(60)
    answers: list[Any] = []
    bench.sender.open_slip("PS-1", answers.append)
    assert answers == [notices.OutOfReach(LinkState.OFFLINE)]
    bench.server.trouble = None
    bench.run(6)  # sooner than the back-off would have it
    assert bench.all_of(notices.SlipTaken) == [notices.SlipTaken("PS-1")]


def test_a_question_interrupts_a_long_wait(bench: Bench) -> None:
    bench.server.trouble = GONE
    bench.run(600)
    bench.sender.road.hold(30.0)
    bench.server.trouble = None
    scan(bench.scribe, "A")
    assert bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then)) == notices.SignedIn(KEEPER, True)
    assert bench.sender.road.link.state is LinkState.ONLINE
    bench.settle_down()
    assert bench.unsent == 0


def test_who_asks_while_a_request_fails_does_not_wait_for_another(bench: Bench) -> None:
    bench.signed_in()
    answers: list[Any] = []

    def hangs(_: Sequence[Frame]) -> NoAnswer:
        bench.sender.sign_in("1001", "1111", answers.append)
        bench.sender.open_slip("PS-1", answers.append)
        bench.clock.at += 8
        return Unreachable(Reason.TIMEOUT)

    bench.server.refuses = hangs
    scan(bench.scribe, "A")
    before = bench.server.count("sign_in"), bench.server.count("slip")
    bench.sender.step()
    bench.sender.step()
    assert answers == [notices.SignedIn(KEEPER, False), notices.OutOfReach(LinkState.DEGRADED)]
    assert (bench.server.count("sign_in"), bench.server.count("slip")) == before


def test_look_again_interrupts_a_long_wait(bench: Bench) -> None:
    bench.server.trouble = GONE
    bench.run(600)
    bench.sender.road.hold(30.0)
    bench.server.trouble = None
    bench.sender.look_again()
    bench.settle_down()
    assert bench.sender.road.link.state is LinkState.ONLINE


# Trouble at home.


def test_a_journal_that_cannot_be_read_is_asked_again(bench: Bench) -> None:
    scan(bench.scribe, "A")
    call, broken = bench.scribe.call, [True]

    def fails(work: Any) -> Any:
        if broken[0]:
            raise StorageFault(Trouble.FULL, "journal.db")
        return call(work)

    bench.scribe.call = fails  # type: ignore[method-assign]
    bench.run(60)
    answer = bench.ask(lambda then: bench.sender.sign_in("1001", "1111", then))
    assert isinstance(answer, notices.NotPossible)
    broken[0] = False
    bench.run(6)
    assert bench.unsent == 0


def test_a_screen_that_fails_does_not_stop_the_sending(bench: Bench) -> None:
    def fails(_: Any) -> None:
        raise RuntimeError("gone")

    bench.sender._notify = fails
    bench.sender.sign_in("1001", "1111", fails)
    scan(bench.scribe, "A")
    bench.settle_down()
    assert bench.unsent == 0
