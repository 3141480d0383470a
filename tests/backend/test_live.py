"""Live updates over real sockets: heard at once where there is a stream, asked for where there is none."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from terminal.backend import notices
from terminal.backend.backoff import LinkState
from terminal.backend.client import Client
from terminal.backend.live import PACE_S, POLL_S, STOP_S, Live
from terminal.backend.wire.documents import SlipHeader, SlipState, state_json
from terminal.clock import FastClock, RealClock
from terminal.domain.documents import Registration

from .conftest import Terminal, patient
from .faulty import Book, Fault, FaultyServer, Reply, Request, _tagged, honest, problem, wire_bytes
from .shop import ITEM, LINE, SLIP, scan
from .test_client import certificates  # noqa: F401 - a fixture

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
MESSAGE = b"event: document\ndata: " + json.dumps({"document": SLIP.number}).encode() + b"\n\n"
QUICK = 40
"""How many times as fast the clock is where there is something to wait for; sockets stay real."""


class Shared(Book):
    """A server on which others scan, too."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[Registration] = []
        self.behind = 0
        """How many of this terminal's events the slip does not show yet."""
        self.unchanged = 0

    def reply(self, request: Request) -> Reply:
        if not request.path.startswith("/v1/slips/") or request.headers.get("scan-session") != self.session:
            return super().reply(request)
        with self.lock:
            self.slip_requests += 1
            header = SlipHeader(SLIP, (LINE,), {1: len(self.events) + len(self.others)})
            mine = [_registration(event["id"], event["body"]["serial"], "1001") for event in self.events.values()]
            state = SlipState(header, (*mine, *self.others), self.cursor - self.behind)
            reply = _tagged(request, state_json(state))
            self.unchanged += reply[0] == 304
            return reply

    def scanned_elsewhere(self, serial: str) -> None:
        with self.lock:
            self.others.append(_registration(f"id-{serial}", serial, "1002"))


def _registration(id: str, serial: str, operator: str) -> Registration:
    return Registration(
        id=id,
        document=SLIP.number,
        line=1,
        item=ITEM.number,
        serial=serial,
        key=serial,
        operator=operator,
        terminal="elsewhere",
        recorded_at="2026-11-21T09:00:00.000Z",
    )


class LiveServer(FaultyServer):
    """A server with streams; `stream` is how it behaves when one is asked for."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.stream: Fault = self.listening
        self.slips: Fault = honest
        self.streams: list[socket.socket] = []
        self.asked = 0
        super().__init__(tls)
        self.book: Shared = Shared()

    def _fault_for(self, request: Request) -> Fault:
        if request.path.startswith("/v1/live"):
            self.asked += 1
            return self.stream
        return self.slips if request.path.startswith("/v1/slips") else honest

    def listening(self, request: Request) -> bool:
        """Send a head and then nothing but what a test sends, until the client hangs up."""
        request.link.sendall(HEAD + b": listening\n\n")
        return self.hold(request)

    def hold(self, request: Request) -> bool:
        self.streams.append(request.link)
        with contextlib.suppress(OSError):
            request.link.recv(1)
        self.streams.remove(request.link)
        return False

    def send(self, data: bytes) -> None:
        for link in list(self.streams):
            link.sendall(data)


class Watching:
    """A terminal with live updates."""

    def __init__(self, terminal: Terminal, server: LiveServer, factor: float = QUICK, **settings: Any) -> None:
        self.terminal, self.server = terminal, server
        clock = RealClock() if factor == 1 else FastClock(factor)
        self.sender = terminal.connect(server.url, clock, **settings)
        made = patient(server.url, **{"silence_s": 5.0, **settings})
        self.told: list[notices.Notice] = []
        self.live = Live(terminal.scribe, self.sender, lambda: Client(made), clock, Random(3), self.told.append)
        assert isinstance(terminal.ask(lambda then: self.sender.sign_in("1001", "1111", then)), notices.SignedIn)
        terminal.until(lambda: self.sender.road.link.state is LinkState.ONLINE)
        self.live.start()

    def serials(self) -> list[str]:
        live = self.terminal.scribe.call(lambda journal: list(journal.records.live_registrations(SLIP.number)))
        return sorted(str(registration.serial) for registration in live)

    def until(self, true: Callable[[], object], what: str = "", seconds: float = 20.0) -> float:
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, what or f"{self.told} {self.serials()} {self.server.asked}"
            time.sleep(0.002)
        return time.monotonic() - began

    def open(self) -> None:
        """Open the slip and wait until it is listened to and read."""
        self.live.watch(SLIP.number)
        self.until(lambda: self.server.streams and notices.SlipTaken(SLIP.number) in self.told)

    def sees(self, serial: str) -> float:
        """Have another terminal scan, without a message; gives the seconds until it is seen here."""
        self.server.book.scanned_elsewhere(serial)
        return self.until(lambda: serial in self.serials(), f"{serial} is never seen")


@pytest.fixture
def live_server() -> Iterator[LiveServer]:
    made = LiveServer()
    yield made
    made.close()


@pytest.fixture
def watching(terminal: Terminal, live_server: LiveServer) -> Iterator[Callable[..., Watching]]:
    made: list[Watching] = []

    def make(factor: float = QUICK, **settings: Any) -> Watching:
        made.append(Watching(terminal, live_server, factor, **settings))
        return made[-1]

    yield make
    for each in made:
        each.live.stop()


def test_a_message_brings_the_slip_at_once(watching, live_server):
    at = watching(1)
    at.open()
    before = live_server.book.slip_requests
    live_server.book.scanned_elsewhere("O-1")
    live_server.send(MESSAGE)
    assert at.until(lambda: at.serials() == ["O-1"]) < POLL_S / 2
    live_server.send(b": alive\n\n" + MESSAGE.replace(SLIP.number.encode(), b"PS-OTHER"))
    time.sleep(0.5)
    assert live_server.book.slip_requests == before + 1
    assert at.told.count(notices.SlipTaken(SLIP.number)) == 2


def test_a_message_about_what_is_known_already_writes_and_tells_nothing(watching, live_server):
    at = watching(1)
    at.open()
    live_server.send(MESSAGE)
    at.until(lambda: live_server.book.unchanged == 1)
    time.sleep(0.1)
    assert at.told == [notices.SlipTaken(SLIP.number)]


def test_a_slip_that_the_sender_has_read_meanwhile_is_read_whole(watching, live_server):
    at = watching(1)
    at.open()
    at.live.heard(notices.SlipTaken(SLIP.number))
    live_server.send(MESSAGE)
    at.until(lambda: len(at.told) == 2)
    assert live_server.book.unchanged == 0


def test_many_messages_are_few_readings(watching, live_server):
    at = watching(1)
    at.open()
    before = live_server.book.slip_requests
    began = time.monotonic()
    while time.monotonic() - began < 2.0:
        live_server.book.scanned_elsewhere(f"O-{time.monotonic()}")
        live_server.send(MESSAGE * 5)
        time.sleep(0.02)
    live_server.book.scanned_elsewhere("O-LAST")
    live_server.send(MESSAGE)
    assert at.until(lambda: "O-LAST" in at.serials()) < POLL_S / 2, "messages that waited were taken one by one"
    time.sleep(0.5)
    assert 2 <= live_server.book.slip_requests - before <= (time.monotonic() - began) / PACE_S + 2


def test_what_is_unsent_here_stays_on_top(watching, live_server, terminal):
    at = watching()
    at.open()
    live_server.book.refuse = lambda _: problem(503, "unavailable")
    scan(terminal.scribe, "MINE")
    live_server.book.scanned_elsewhere("OTHER")
    live_server.send(MESSAGE)
    at.until(lambda: "OTHER" in at.serials())
    assert at.serials() == ["MINE", "OTHER"]


def test_an_older_answer_is_left_and_the_sender_reads_the_slip(watching, live_server, terminal):
    at = watching()
    at.open()
    scan(terminal.scribe, "MINE")
    terminal.drained()
    live_server.book.behind = 1
    live_server.book.scanned_elsewhere("OTHER")
    live_server.send(MESSAGE)
    at.until(lambda: live_server.book.slip_requests > 2)
    assert at.serials() == ["MINE"]
    live_server.book.behind = 0
    at.until(lambda: "OTHER" in at.serials())
    assert at.serials() == ["MINE", "OTHER"]


def test_a_slip_that_is_read_slowly_keeps_no_scan_from_being_sent(watching, live_server, terminal):
    at = watching(1, read_s=30.0, deadline_s=60.0)
    at.open()
    reading, arrived = threading.Event(), threading.Event()

    def slow(request: Request) -> bool:
        reading.set()
        arrived.wait(20)
        return honest(request)

    live_server.slips = slow
    live_server.send(MESSAGE)
    assert reading.wait(10)
    scan(terminal.scribe, "MINE")
    at.until(lambda: live_server.book.cursor == 1)  # long before the slip is read
    arrived.set()


# The stream breaks off, or is none.


def test_d10_a_device_that_took_an_epoch_of_its_own_listens_under_that(watching, live_server, terminal):
    at = watching(1)
    at.open()
    assert terminal.scribe.call(lambda journal: journal.part(1))
    live_server.book.scanned_elsewhere("O-1")
    live_server.send(MESSAGE)
    at.until(lambda: live_server.asked == 2 and live_server.streams, "it still listens as before", POLL_S / 2)
    at.until(lambda: at.serials() == ["O-1"])
    live_server.book.scanned_elsewhere("O-2")
    live_server.send(MESSAGE)
    at.until(lambda: at.serials() == ["O-1", "O-2"])
    assert live_server.asked == 2
    assert at.told[-1] == notices.SlipTaken(SLIP.number)


def reset(request: Request) -> bool:
    request.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.link.close()
    return False


def saying(data: bytes, head: bytes = HEAD, then: Fault = lambda _: False) -> Fault:
    def fault(request: Request) -> bool:
        request.link.sendall(head + data)
        return then(request)

    return fault


def test_a_stream_that_breaks_is_opened_again_and_what_was_missed_is_read(watching, live_server):
    at = watching(1)
    at.open()
    for n in range(3):
        live_server.book.scanned_elsewhere(f"O-{n}")
        link = live_server.streams[0]
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.sendall(b"event: docu")
        link.shutdown(socket.SHUT_RDWR)
        at.until(lambda n=n: f"O-{n}" in at.serials(), seconds=8)
        at.until(lambda: live_server.streams)
    assert live_server.asked == 4


def test_a_stream_that_ends_in_order_is_opened_again(watching, live_server):
    at = watching()
    at.open()
    live_server.streams[0].shutdown(socket.SHUT_RDWR)
    at.until(lambda: live_server.asked == 2 and live_server.streams)
    assert at.told == [notices.SlipTaken(SLIP.number)]


def test_a_stream_that_always_breaks_is_opened_less_and_less_often(watching, live_server):
    live_server.stream = saying(b": listening\n\n")
    at = watching(1)
    at.live.watch(SLIP.number)
    time.sleep(3)
    assert 2 <= live_server.asked <= 12
    assert at.told.count(notices.SlipTaken(SLIP.number)) == 1


@pytest.mark.parametrize(
    ("stream", "settings"),
    [
        (lambda request: request.link.sendall(wire_bytes(problem(404, "not-found"))) is None, {}),
        (lambda request: request.link.sendall(wire_bytes(problem(503, "too-many-listeners"))) is None, {}),
        (saying(b"<html>Please log in</html>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"), {}),
        (saying(b"", b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"), {}),
        (saying(b"\x1f\x8b\x08", HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")), {}),
        (saying(b"event: document\ndata: no json\n\n"), {}),
        (saying(b"event: document\ndata: [1]\n\n"), {}),
        (saying(b"event: document\ndata: {}\n\n"), {}),
        (saying(b": listening\n\n" + b"x" * 10_000_000), {}),
        (saying(b"", b"", lambda request: request.link.recv(1) == b""), {"read_s": 0.2}),
        (saying(b": listening\n\n", HEAD, lambda request: request.link.recv(1) == b""), {"silence_s": 0.2}),
        (reset, {}),
    ],
    ids=[
        "older server",
        "too many listen",
        "hotspot",
        "proxy without the route",
        "compressed",
        "no json",
        "a list",
        "no document",
        "endless line",
        "no head",
        "silence",
        "reset at once",
    ],
)
def test_without_a_stream_the_slip_is_asked_for_every_few_seconds(watching, live_server, stream, settings):
    live_server.stream = stream
    at = watching(QUICK, **settings)
    at.live.watch(SLIP.number)
    for n in range(3):
        assert at.sees(f"O-{n}") < 3
    unchanged = live_server.book.unchanged
    at.until(lambda: live_server.book.unchanged > unchanged)
    tellings = len(at.told)
    at.until(lambda: live_server.book.unchanged > unchanged + 2)
    assert len(at.told) == tellings, "nothing has changed, and yet it was told"
    live_server.stream = live_server.listening
    at.until(lambda: live_server.streams, "a stream is never tried again", 10)


def test_lines_that_mean_nothing_are_passed_over(watching, live_server):
    live_server.stream = saying(b"\xff\xfe\x00\n: c\nid: 3\nretry: x\nevent: other\ndata: ?\n\n", then=live_server.hold)
    at = watching(1)
    at.open()
    live_server.book.scanned_elsewhere("O-1")
    live_server.send(MESSAGE)
    at.until(lambda: at.serials() == ["O-1"])
    assert live_server.asked == 1


# When nothing is to be heard, and the end.


def test_nothing_is_asked_while_no_slip_is_open_or_nobody_is_signed_in(watching, live_server, terminal):
    at = watching()
    time.sleep(0.3)
    assert (live_server.asked, live_server.book.slip_requests) == (0, 0)
    at.open()
    at.live.watch(None)
    at.until(lambda: not live_server.streams, "the stream is still open")
    asked = live_server.asked
    time.sleep(0.3)
    assert live_server.asked == asked
    at.sender.sign_out()
    terminal.until(lambda: at.sender.session == "")
    at.live.watch(SLIP.number)
    time.sleep(0.3)
    assert live_server.asked == asked


def test_another_slip_is_listened_to_at_once(watching, live_server):
    at = watching(1)
    at.open()
    at.live.watch("PS-9999")
    assert at.until(lambda: live_server.asked == 2) < 2
    at.live.watch(SLIP.number)
    assert at.until(lambda: live_server.asked == 3 and len(live_server.streams) == 1) < 2


def test_a_server_that_is_out_of_reach_is_left_alone_until_it_is_back(watching, live_server, terminal):
    at = watching()
    at.open()
    live_server.close()
    terminal.until(lambda: at.sender.road.link.state is LinkState.OFFLINE, 20)
    at.live.heard(at.sender.road.link)
    at.until(lambda: at.live._client is None, "it still has a client")
    live_server.book.scanned_elsewhere("O-1")
    time.sleep(3 * POLL_S / QUICK)
    assert at.live._client is None
    live_server.reopen()
    terminal.until(lambda: at.sender.road.link.state is LinkState.ONLINE, 20)
    at.live.heard(at.sender.road.link)
    at.until(lambda: at.serials() == ["O-1"])


@pytest.mark.parametrize("stream", ["listening", "hold", "polling"])
def test_stopping_takes_no_time_whatever_is_waited_for(watching, live_server, stream):
    if stream == "polling":
        live_server.stream = lambda request: request.link.sendall(wire_bytes(problem(404, "not-found"))) is None
    else:
        live_server.stream = getattr(live_server, stream)
    at = watching(1, read_s=5.0, silence_s=25.0)
    at.live.watch(SLIP.number)
    at.until(lambda: live_server.asked == 1)
    time.sleep(0.1)
    began = time.monotonic()
    at.live.stop()
    assert time.monotonic() - began < STOP_S
    assert not at.live._thread.is_alive()


def test_a_journal_that_fails_is_asked_again(watching, live_server, monkeypatch):
    at = watching()
    real = at.live._scribe.call
    failing = [2]

    def call(work: Any) -> Any:
        if threading.current_thread().name == "live" and failing[0]:
            failing[0] -= 1
            raise RuntimeError("no")
        return real(work)

    monkeypatch.setattr(at.live._scribe, "call", call)
    at.open()
    assert failing == [0]


def test_an_encrypted_stream_brings_the_slip_and_is_broken_off_at_once(terminal, certificates):  # noqa: F811
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "good.pem", certificates / "key.pem")
    server = LiveServer(tls)
    with contextlib.closing(server):
        at = Watching(terminal, server, 1, ca_file=certificates / "ca.pem")
        at.open()
        server.book.scanned_elsewhere("O-1")
        server.send(MESSAGE)
        at.until(lambda: at.serials() == ["O-1"])
        began = time.monotonic()
        at.live.stop()
        assert time.monotonic() - began < STOP_S
        assert not at.live._thread.is_alive()
