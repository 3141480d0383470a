"""Live updates: who hears of a change at once, what a message says, and what a listener may cost."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from server_stub.live import Change, Hub, Origin
from server_stub.problems import Problem
from server_stub.routes import live as stream

from .conftest import Backend, Terminal

BEAT = {"SERVER_STUB_LIVE_HEARTBEAT_SECONDS": "1"}


class Listening:
    """An open stream, read by a thread of its own: what came, and when."""

    def __init__(self, at: Terminal, *documents: str) -> None:
        self.lines: list[tuple[float, str]] = []
        self.ended = threading.Event()
        if "Scan-Session" not in at.http.headers:
            at.sign_in()
        given = {"terminal": at.name, "epoch": at.epoch, "document": documents}
        self._http = httpx.Client(base_url=at.backend.url, headers=at.http.headers, timeout=20, trust_env=False)
        self._open = self._http.stream("GET", "/v1/live", params=given)
        self.answer = self._open.__enter__()
        if self.answer.status_code == 200:
            threading.Thread(target=self._read, daemon=True).start()
            self.wait(lambda: self.lines, "nothing came")

    def _read(self) -> None:
        try:
            for line in self.answer.iter_lines():
                self.lines.append((time.monotonic(), line))
        except httpx.HTTPError:
            pass
        finally:
            self.ended.set()

    def messages(self) -> list[tuple[float, str]]:
        """Give when each message came, and which document it names."""
        said = [(at, json.loads(line[6:])) for at, line in self.lines if line.startswith("data: ")]
        assert all(set(each) == {"document"} for _, each in said)
        assert [line for _, line in self.lines if line.startswith("event")] == ["event: document"] * len(said)
        return [(at, each["document"]) for at, each in said]

    def wait(self, true, what: str, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"{what}: {self.lines[-5:]}"
            time.sleep(0.005)

    def close(self) -> None:
        # from under the reading thread, as a client that is switched off
        link = self.answer.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        self.ended.wait(5)
        self._http.close()


@contextmanager
def listening(at: Terminal, *documents: str) -> Iterator[Listening]:
    made = Listening(at, *documents)
    try:
        yield made
    finally:
        made.close()


def listeners(backend: Backend) -> int:
    page = httpx.get(f"{backend.url}/metrics", trust_env=False).text
    return int(float(next(line for line in page.splitlines() if line.startswith("listeners ")).split()[1]))


def wait_listeners(backend: Backend, number: int) -> None:
    until = time.monotonic() + 5
    while listeners(backend) != number:
        assert time.monotonic() < until, f"{listeners(backend)} listeners, not {number}"
        time.sleep(0.02)


def test_another_terminals_change_is_told_at_once_and_ones_own_never(backend):
    mine, other = backend.terminal(), backend.terminal()
    with listening(mine, "PS-1001", "PS-1400") as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.answer.headers["cache-control"] == "no-store"
        mine.register("PS-1001", 1, "LP-1410", "LIVE-MINE")
        other.register("PS-1400", 1, "LP-1410", "LIVE-OTHER")
        told = time.monotonic()
        stream.wait(stream.messages, "no message")
        (at, document), *more = stream.messages()
        assert (document, more) == ("PS-1400", [])
        assert at - told < 0.5


def test_what_changes_nothing_and_other_documents_are_not_told(backend):
    mine, other = backend.terminal(), backend.terminal()
    with listening(mine, "PS-1400") as stream:
        other.register("PS-1001", 1, "LP-1410", "LIVE-ELSEWHERE")
        assert other.register("PS-1400", 1, "LP-1410", "x")["outcome"] == "rejected"
        event = other.event("registered", document="PS-1400", line=1, item="LP-1410", serial="LIVE-ONCE")
        other.answers(event)
        stream.wait(stream.messages, "no message")
        other.answers(event)  # again: the same answer, and nothing new
        time.sleep(0.3)
        assert [document for _, document in stream.messages()] == ["PS-1400"]


def test_another_epoch_of_the_same_terminal_is_another_journal(backend):
    mine, twin = backend.terminal("twin"), backend.terminal("twin")
    with listening(mine, "PS-1400") as stream:
        twin.register("PS-1400", 1, "LP-1410", "LIVE-TWIN")
        stream.wait(stream.messages, "no message")
        assert [document for _, document in stream.messages()] == ["PS-1400"]


def test_posting_is_told_and_a_slip_may_be_listened_to_before_it_exists(backend):
    mine, other = backend.terminal(), backend.terminal()
    number = "D,LIVE&1"
    with listening(mine, "PS-9", number) as stream:
        other.draft("SO-2001", (1, 1), number=number)
        stream.wait(stream.messages, "no message")
        other.register(number, 1, "LP-1410", "LIVE-DRAFT")
        other.post(number)
        stream.wait(lambda: len(stream.messages()) > 1, "no message")
        assert {document for _, document in stream.messages()} == {number}


def test_many_changes_are_few_messages(backend):
    mine, other = backend.terminal(), backend.terminal()
    with listening(mine, "PS-1400") as stream:
        began = time.monotonic()
        for n in range(100):
            other.register("PS-1400", 1, "LP-1410", f"LIVE-MANY-{n}")
        took = time.monotonic() - began
        time.sleep(0.3)
        came = [at for at, _ in stream.messages()]
        assert 2 <= len(came) <= took / 0.1 + 2
        assert came[-1] > began + took - 0.15


def test_a_quiet_stream_shows_life(start):
    backend = start(**BEAT)
    with listening(backend.terminal(), "PS-1001") as stream:
        stream.wait(lambda: [line for _, line in stream.lines if line.startswith(":")][3:], "no heartbeat")
        beats = [at for at, line in stream.lines if line.startswith(":")]
        assert 2.5 < beats[3] - beats[0] < 3.6
        assert stream.messages() == []


def check_refused(answer: httpx.Response, status: int, code: str) -> None:
    answer.read()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_who_may_read_slips_may_listen(start):
    demo = start()
    demo.stop()
    strict = start("--host", "127.0.0.1", database=demo.database)
    code = strict.run("terminal", "code").stdout.strip()
    stranger = strict.terminal("dock-9")
    given = {"terminal": "dock-9", "epoch": "e", "document": "PS-1001"}
    check_refused(stranger.http.get("/v1/live", params=given), 401, "terminal-credential-missing")
    enrolment = {"code": code, "terminal": "dock-9", "name": "Dock"}
    token = stranger.http.post("/v1/enrolments", json=enrolment).json()["token"]
    mine = strict.terminal("dock-9", token)
    check_refused(mine.http.get("/v1/live", params=given), 401, "session-missing")
    mine.sign_in()
    with listening(mine, "PS-1001") as stream:
        assert stream.answer.status_code == 200
    check_refused(mine.http.get("/v1/live", params={**given, "terminal": "dock-8"}), 403, "other-terminal")


@pytest.mark.parametrize(
    "given",
    [
        {"terminal": "a", "epoch": "e", "document": ""},
        {"terminal": "a", "epoch": "e", "document": ["PS-1", ""]},
        {"terminal": "a", "epoch": "e", "document": [f"PS-{n}" for n in range(21)]},
        {"terminal": "ä", "epoch": "e", "document": "PS-1"},
        {"terminal": "a", "document": "PS-1"},
    ],
)
def test_a_malformed_question_is_refused(at, given):
    at.sign_in()
    check_refused(at.http.get("/v1/live", params=given), 422, "malformed-request")


def test_no_more_listen_than_may_and_who_leaves_makes_room(start):
    backend = start(SERVER_STUB_LIVE_LISTENERS="2", **BEAT)
    with listening(backend.terminal(), "PS-1001") as first, listening(backend.terminal(), "PS-1001"):
        assert listeners(backend) == 2
        third = backend.terminal()
        third.sign_in()
        given = {"terminal": third.name, "epoch": "e", "document": "PS-1001"}
        refused = third.http.get("/v1/live", params=given)
        check_refused(refused, 503, "too-many-listeners")
        assert refused.headers["retry-after"] == "30"
        first.close()
        wait_listeners(backend, 1)
        with listening(third, "PS-1001"):
            assert listeners(backend) == 2
    wait_listeners(backend, 0)


def test_a_server_that_stops_ends_every_stream_and_waits_for_none(start):
    backend = start()
    streams = [Listening(backend.terminal(), "PS-1001") for _ in range(5)]
    began = time.monotonic()
    assert backend.stop() == 0
    assert time.monotonic() - began < 10
    for each in streams:
        assert each.ended.wait(1)
        each.close()


def test_who_does_not_read_keeps_nobody_waiting(start):
    backend = start()
    deaf, other, quick = backend.terminal(), backend.terminal(), backend.terminal()
    deaf.sign_in()
    place = urlsplit(backend.url)
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    link.connect((place.hostname, place.port))
    path = f"/v1/live?terminal={deaf.name}&epoch=e&document=PS-1400"
    link.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nScan-Session: {deaf.http.headers['scan-session']}\r\n\r\n".encode()
    )
    wait_listeners(backend, 1)
    with listening(quick, "PS-1400") as stream:
        slowest = 0.0
        for n in range(200):
            began = time.monotonic()
            other.register("PS-1400", 1, "LP-1410", f"LIVE-DEAF-{n}")
            slowest = max(slowest, time.monotonic() - began)
        stream.wait(stream.messages, "no message")
        assert slowest < 1
    began = time.monotonic()
    assert backend.stop() == 0
    assert time.monotonic() - began < 10  # the server waits 5 s for an answer that nobody takes, then goes
    link.close()


# The hub and the stream alone: what can't be brought about over a socket in a test's time.


async def test_a_listener_holds_each_document_once_however_much_changes():
    hub = Hub(10)
    others = Origin("other", "e")
    with hub.listening(Origin("mine", "e"), frozenset({"A", "B"})) as listener:
        for _ in range(10_000):
            hub.publish([Change("A", others), Change("B", others), Change("C", others), Change("A", listener.origin)])
        await asyncio.sleep(0)
        assert await listener.wait(1) == ["A", "B"]
        assert await listener.wait(0.01) == []
        assert len(hub) == 1
    assert len(hub) == 0
    hub.publish([Change("A", others)])  # nobody is there: nothing happens
    assert not hub._by_document


async def test_a_hub_that_has_ended_takes_nobody():
    hub = Hub(10)
    with hub.listening(Origin("mine", "e"), frozenset({"A"})) as listener:
        hub.end()
        assert await listener.wait(5) == []
        assert listener.ended
    with pytest.raises(Problem), hub.listening(Origin("mine", "e"), frozenset({"A"})):
        pass


async def never_gone() -> dict[str, str]:
    await asyncio.sleep(3600)
    return {"type": "http.disconnect"}


async def test_a_client_that_takes_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(stream, "STUCK_S", 0.05)
    hub = Hub(10)

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.sleep(3600)

    await asyncio.wait_for(stream.Stream(hub, Origin("t", "e"), frozenset({"A"}), 10)({}, never_gone, send), 5)
    assert len(hub) == 0


async def test_a_stream_ends_when_its_time_is_over_so_that_access_is_shown_again(monkeypatch):
    monkeypatch.setattr(stream, "LIFE_S", 0.05)
    sent = []

    async def send(message):
        sent.append(message)

    one = stream.Stream(Hub(10), Origin("t", "e"), frozenset({"A"}), 0.02)
    await asyncio.wait_for(one({}, never_gone, send), 5)
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert {message.get("body") for message in sent[2:-1]} == {b":\n\n"}
