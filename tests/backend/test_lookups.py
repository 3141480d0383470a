"""Asking where a serial went and which units want one: over the wire, and what comes of it where that goes wrong."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from terminal.backend import notices
from terminal.backend.answers import Denied, NotOurs, Reason
from terminal.backend.backoff import LinkState
from terminal.backend.client import Client
from terminal.backend.wire.tracing import (
    OpenBlanks,
    Trace,
    open_blanks_json,
    open_blanks_of,
    trace_json,
    trace_of,
)
from terminal.domain.documents import SlipStatus
from terminal.domain.intents import AddSerial, RequestPosting
from terminal.domain.views import OpenBlank, TracedUnit, TraceStep

from . import faulty
from .conftest import Terminal, patient
from .faulty import FaultyServer, answering, problem
from .test_real_server import RealServer, Scanning, pair, real  # noqa: F401 - fixtures

STEP = TraceStep("serial-corrected", "PS-1", "7", "2026-01-02T03:04:05.678Z", None, "S-1", "Typing error")
UNIT = TracedUnit(
    "E-1", "A-1", "Thing", "S-1", "PS-1", 1, SlipStatus.POSTED, "SO-1", "Zoë", invoice="I-1", steps=(STEP,)
)
TRACE = Trace("S-1", (UNIT,), True, "A-1", "Thing", True)
BLANKS = OpenBlanks((OpenBlank("E-2", "PS-1", 1, "A-1", "SO-1", "Zoë", SlipStatus.DRAFT, "7", "2026-01-02"),), True)
URLS = ("/v1/trace", "/v1/blanks")


def sent(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.fixture
def asking(terminal: Terminal, server: FaultyServer) -> Terminal:
    """A terminal that somebody is signed in on, and a server that knows one unit and one blank."""
    server.book.said = {"/v1/trace": trace_json(TRACE), "/v1/blanks": open_blanks_json(BLANKS)}
    sender = terminal.connect(server.url)
    assert isinstance(terminal.ask(lambda then: sender.sign_in("1001", "1111", then)), notices.SignedIn)
    return terminal


def traced(terminal: Terminal, serial: str = "S-1") -> Any:
    return terminal.ask(lambda then: terminal.sender.trace(serial, then))


def blanks(terminal: Terminal) -> Any:
    return terminal.ask(lambda then: terminal.sender.blanks(then))


def test_what_is_sent_comes_back_the_same() -> None:
    assert trace_of(sent(trace_json(TRACE))) == TRACE
    assert open_blanks_of(sent(open_blanks_json(BLANKS))) == BLANKS


def test_what_an_older_server_leaves_out_has_its_default_and_what_a_newer_one_adds_is_ignored() -> None:
    given = sent(trace_json(TRACE))
    for name in ("more", "item", "description", "no_stock"):
        del given[name]
    del given["units"][0]["warranty_until"], given["units"][0]["steps"][0]["reason"]
    given["units"][0]["colour"] = given["colour"] = "blue"
    read = trace_of(given)
    assert (read.more, read.no_stock, read.item) == (False, False, "")
    assert (read.units[0].warranty_until, read.units[0].steps[0].reason) == ("", "")
    assert open_blanks_of({"blanks": [], "colour": 1}) == OpenBlanks(())


@pytest.mark.parametrize(
    "given",
    [None, [], "x", {}, {"serial": 1, "units": []}, {"serial": "x"}, {"serial": "x", "units": [None]}, {"blanks": 1}]
    + [
        {"serial": "x", "units": [{**trace_json(TRACE)["units"][0], **wrong}]}
        for wrong in ({"status": "lost"}, {"line": "1"})
    ]
    + [{"blanks": [{**open_blanks_json(BLANKS)["blanks"][0], "customer": None}]}],
)
def test_anything_wrong_is_a_plain_value_error(given: Any) -> None:
    for read in (trace_of, open_blanks_of):
        with pytest.raises(ValueError, match=r"Trace|OpenBlanks"):
            read(given)


def test_the_client_asks_for_what_it_is_told_to_whatever_is_in_it(server: FaultyServer) -> None:
    client = Client(patient(server.url))
    hostile = "a&item=b#c?d/é\u202e \x00+%20"
    asked: list[str] = []

    def note(request: faulty.Request) -> bool:
        asked.append(request.path)
        return faulty.honest(request)

    server.only_events = False
    server.book.said = {"/v1/trace": {**trace_json(TRACE), "serial": hostile}, "/v1/blanks": open_blanks_json(BLANKS)}
    server.faults.extend([note, note, note])
    assert client.trace(hostile, "session-1").units == (UNIT,)
    assert client.trace(hostile, "session-1", "A/1").units == (UNIT,)
    assert client.blanks("session-1", "SO&1", "A 1") == BLANKS
    quoted = "a%26item%3Db%23c%3Fd%2F%C3%A9%E2%80%AE%20%00%2B%2520"
    assert asked == [
        f"/v1/trace?serial={quoted}",
        f"/v1/trace?serial={quoted}&item=A%2F1",
        "/v1/blanks?order=SO%261&item=A%201",
    ]
    with pytest.raises(NotOurs) as caught:
        client.trace("S-2", "session-1")
    assert caught.value.reason == Reason.MISMATCH
    with pytest.raises(Denied):
        client.blanks("nobody")
    client.close()


def test_a_screen_gets_what_the_server_knows(asking: Terminal) -> None:
    assert traced(asking) == notices.TraceRead(TRACE)
    assert blanks(asking) == notices.BlanksRead(BLANKS)


def test_without_a_session_somebody_has_to_sign_in(terminal: Terminal, server: FaultyServer) -> None:
    terminal.connect(server.url)
    terminal.until(lambda: bool(terminal.all_of(notices.MasterTaken)))
    assert traced(terminal) == blanks(terminal) == notices.SignInNeeded()


def test_a_session_that_is_over_has_to_be_begun_again(asking: Terminal, server: FaultyServer) -> None:
    server.book.session = "session-2"
    assert traced(asking) == notices.SignInNeeded()
    assert asking.all_of(notices.SessionExpired)
    assert asking.sender.road.link.state is LinkState.ONLINE


def test_a_server_that_is_too_old_to_be_asked_keeps_its_link(asking: Terminal, server: FaultyServer) -> None:
    server.book.said = {}
    assert isinstance(traced(asking), notices.NotPossible)
    assert isinstance(blanks(asking), notices.NotPossible)
    assert asking.sender.road.link.state is LinkState.ONLINE


@pytest.mark.parametrize(
    "fault",
    [
        *(faulty.reset_at_once, faulty.closed_mid_body, faulty.drip_body, faulty.half_open, faulty.truncated_json),
        *(faulty.endless, faulty.hotspot, faulty.redirect, faulty.server_error, faulty.not_html_error),
        answering(problem(503, "unavailable", {"Retry-After": "1"})),
        answering(faulty.json_reply(200, {"units": "none"})),
        answering((200, {"Content-Type": "application/json"}, b"[" * 100_000)),
        answering(problem(401, "terminal-credential-wrong")),
    ],
)
def test_whatever_goes_wrong_is_an_answer_in_time(asking: Terminal, server: FaultyServer, fault: faulty.Fault) -> None:
    def on_lookups(request: faulty.Request) -> bool:
        if request.path.startswith(URLS):
            return fault(request)
        server.faults.append(on_lookups)
        return faulty.honest(request)

    server.only_events = False
    server.faults.append(on_lookups)
    began = time.monotonic()
    said = traced(asking)
    assert isinstance(said, notices.OutOfReach), said
    assert time.monotonic() - began < 3
    asking.until(lambda: asking.sender.road.link.state is LinkState.ONLINE, 30)
    server.faults.clear()
    server.faults.append(on_lookups)
    assert isinstance(blanks(asking), notices.OutOfReach)


def test_nobody_waits_for_a_server_that_is_out_of_reach(asking: Terminal, server: FaultyServer) -> None:
    server.close()
    assert isinstance(traced(asking), notices.OutOfReach)
    asking.until(lambda: asking.sender.road.link.state is LinkState.OFFLINE)
    answers: list[Any] = []
    asking.sender.trace("S-1", answers.append)
    asking.sender.blanks(answers.append)
    assert answers == [notices.OutOfReach(LinkState.OFFLINE)] * 2  # at once, in this thread


def test_a_code_that_no_utf8_holds_is_answered(asking: Terminal) -> None:
    assert isinstance(traced(asking, "\ud800"), notices.NotPossible)
    assert traced(asking) == notices.TraceRead(TRACE)


def test_the_real_server_knows_what_was_posted_and_what_wants_a_serial(
    real: RealServer,  # noqa: F811
    pair: tuple[Scanning, Scanning],  # noqa: F811
) -> None:
    first, second = pair
    for each in pair:
        each.begin("PS-1001")
    for n in range(5):
        assert first.record(AddSerial("PS-1001", 1, f"LOOK-{n}")).accepted
    assert first.record(RequestPosting("PS-1001", False)).accepted
    first.drained(20)
    said = second.ask(lambda then: second.sender.trace("look-3", then))
    assert isinstance(said, notices.TraceRead), said
    (unit,) = said.trace.units
    assert (unit.serial, unit.slip, unit.status) == ("LOOK-3", "PS-1001", SlipStatus.POSTED)
    assert [step.type for step in unit.steps] == ["registered", "posting-requested"]
    item = second.ask(lambda then: second.sender.trace("LP-1410", then))
    assert (item.trace.item, item.trace.no_stock, item.trace.units) == ("LP-1410", True, ())
    open_ones = second.ask(lambda then: second.sender.blanks(then, order="SO-2005"))
    assert [each.document for each in open_ones.found.blanks] == ["PS-1005"]
