"""A server over real sockets that keeps events as the real one does, and misbehaves on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from terminal.backend.wire.documents import Documents, SlipHeader, SlipState, documents_json, state_json
from terminal.backend.wire.events import Answer, answer_json
from terminal.backend.wire.master import Master, master_json
from terminal.backend.wire.sessions import Session, session_json
from terminal.domain.documents import Operator
from terminal.domain.judging import Judgement, Outcome

from .shop import ITEM, KEEPER, LINE, PREFIX, SLIP

Reply = tuple[int, dict[str, str], bytes]
Fault = Callable[["Request"], bool]
"""Answers a request in its own way; says whether the connection can be used again."""


class Request:
    """One request as it came, and the honest reply to it: giving that is what takes the events in."""

    def __init__(self, link: socket.socket, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.link = link
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.reply: Callable[[], bytes] = lambda: b""

    def json(self) -> Any:
        return json.loads(self.body)


class Book:
    """What the honest server keeps: each event once, in order, with its answer for ever."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.events: dict[int, dict[str, Any]] = {}
        self.answers: dict[int, dict[str, Any]] = {}
        self.seen: list[int] = []
        """Sequences as they arrived, repeats and all."""
        self.requests: list[tuple[str, str]] = []
        self.times: list[float] = []
        self.judged: dict[int, Judgement] = {}
        self.refuse: Callable[[list[dict[str, Any]]], Reply | None] = lambda _: None
        self.pin = "1111"
        self.session = "session-1"
        self.slip_requests = 0
        self.said: dict[str, Any] = {}
        """What is answered to whoever is signed in, by path."""

    @property
    def cursor(self) -> int:
        return len(self.events)

    def forget_after(self, sequence: int) -> None:
        """Be restored from a backup."""
        with self.lock:
            for each in [s for s in self.events if s > sequence]:
                del self.events[each], self.answers[each]

    def reply(self, request: Request) -> Reply:
        with self.lock:
            path = urlsplit(request.path).path
            self.requests.append((request.method, path))
            if path.endswith("/events"):
                return self._take(request.json()["events"])
            if path.endswith("/master"):
                operators = (KEEPER, Operator("1002", "Second"))
                return _tagged(request, master_json(Master("S1", "UTC", _policies(), (ITEM,), operators, PREFIX)))
            if path == "/v1/sessions":
                return self._session(request)
            if request.headers.get("scan-session") != self.session:
                return problem(401, "session-expired")
            if path in self.said:
                return json_reply(200, self.said[path])
            header = SlipHeader(SLIP, (LINE,), {1: len(self.events)})
            if path == "/v1/documents":
                return _tagged(request, documents_json(Documents((), (header,))))
            self.slip_requests += 1
            if path != f"/v1/slips/{SLIP.number}":
                return problem(404, "unknown-document")
            return json_reply(200, state_json(SlipState(header, (), self.cursor)))

    def _take(self, events: list[dict[str, Any]]) -> Reply:
        refused = self.refuse(events)
        if refused is not None:
            return refused
        answers = []
        for event in events:
            sequence = event["sequence"]
            if sequence > self.cursor + 1:
                break
            self.seen.append(sequence)
            self.times.append(time.monotonic())
            if sequence == self.cursor + 1:
                self.events[sequence] = event
                judgement = self.judged.get(sequence, Judgement(Outcome.ACCEPTED))
                self.answers[sequence] = answer_json(Answer(event["id"], sequence, judgement))
            answers.append(self.answers[sequence])
        return json_reply(200, {"answers": answers, "cursor": self.cursor, "server_time": "2026-11-21T09:00:00.000Z"})

    def _session(self, request: Request) -> Reply:
        if request.method == "DELETE":
            return 204, {}, b""
        given = request.json()
        if given["operator"] != KEEPER.id:
            return problem(401, "unknown-operator")
        if given["pin"] != self.pin:
            return problem(401, "wrong-pin", tries_left=4)
        return json_reply(200, session_json(Session(KEEPER, self.session, "2026-11-22T09:00:00Z")))


def _policies() -> Any:
    from terminal.domain.documents import Policies

    return Policies()


def json_reply(status: int, given: Any, **headers: str) -> Reply:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(given).encode()


def problem(status: int, code: str, headers: dict[str, str] | None = None, **parameters: Any) -> Reply:
    body = {"code": code, "status": status, "detail": "no", "parameters": parameters}
    return status, {"Content-Type": "application/problem+json", **(headers or {})}, json.dumps(body).encode()


def _tagged(request: Request, given: Any) -> Reply:
    tag = f'"{hash(json.dumps(given))}"'
    if request.headers.get("if-none-match") == tag:
        return 304, {"ETag": tag}, b""
    return json_reply(200, given, ETag=tag)


def wire_bytes(reply: Reply) -> bytes:
    status, headers, body = reply
    lines = [f"HTTP/1.1 {status} X", *(f"{n}: {v}" for n, v in headers.items())]
    if status not in {204, 304}:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class FaultyServer:
    """Listens on loopback. Faults queued in `faults` are played one per request, then it is honest."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.book = Book()
        self.faults: deque[Fault] = deque()
        self.only_events = True
        """Whether faults are kept for requests that send events."""
        self.connections = 0
        self._tls = tls
        self._links: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = True
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in list(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        """Listen again on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._open = True
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            if not self._open:
                link.close()
                return
            self.connections += 1
            self._links.add(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.closing(link):
            if self._tls is not None:
                link = self._tls.wrap_socket(link, server_side=True)
            with contextlib.closing(link):
                for request in _requests(link):
                    request.reply = lambda request=request: wire_bytes(self.book.reply(request))
                    if not self._fault_for(request)(request):
                        return
        self._links.discard(link)

    def _fault_for(self, request: Request) -> Fault:
        wanted = not self.only_events or "/events" in request.path
        return self.faults.popleft() if wanted and self.faults else honest


def _requests(link: socket.socket) -> Iterator[Request]:
    stream = link.makefile("rb")
    while len(first := stream.readline().decode("latin-1").split()) > 1:  # what is no HTTP is hung up on
        headers = {}
        while (line := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        yield Request(link, first[0], first[1], headers, stream.read(int(headers.get("content-length", "0"))))


# The faults. Those that take the events in first are the ones that tell whether an id is kept.


def honest(request: Request) -> bool:
    request.link.sendall(request.reply())
    return True


def answering(reply: Reply) -> Fault:
    def fault(request: Request) -> bool:
        request.link.sendall(wire_bytes(reply))
        return True

    return fault


def _reset(link: socket.socket) -> bool:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    return False


def reset_at_once(request: Request) -> bool:
    return _reset(request.link)


def reset_after_commit(request: Request) -> bool:
    request.reply()
    return _reset(request.link)


def reset_mid_body(request: Request) -> bool:
    data = request.reply()
    request.link.sendall(data[: len(data) - 10])
    time.sleep(0.05)
    return _reset(request.link)


def closed_mid_body(request: Request) -> bool:
    data = request.reply()
    request.link.sendall(data[: len(data) - 10])
    return False


def drip_body(request: Request) -> bool:
    data = request.reply()
    head = data.index(b"\r\n\r\n") + 4
    request.link.sendall(data[:head])
    return _drip(request.link, data[head:])


def drip_headers(request: Request) -> bool:
    return _drip(request.link, request.reply())


def _drip(link: socket.socket, data: bytes) -> bool:
    for n in range(len(data)):
        link.sendall(data[n : n + 1])
        time.sleep(0.1)
    return False


def half_open(request: Request) -> bool:
    time.sleep(5)
    return False


def half_open_after_commit(request: Request) -> bool:
    request.reply()
    return half_open(request)


def truncated_json(request: Request) -> bool:
    request.reply()
    body = b'{"answers": [{"id": "0'
    request.link.sendall(wire_bytes((200, {"Content-Type": "application/json"}, body)))
    return True


def _answers(change: Callable[[list[Any]], list[Any]]) -> Fault:
    def fault(request: Request) -> bool:
        body = json.loads(request.reply().partition(b"\r\n\r\n")[2])
        body["answers"] = change(body["answers"])
        request.link.sendall(wire_bytes(json_reply(200, body)))
        return True

    return fault


wrong_ids = _answers(lambda answers: [{**each, "id": "someone-else"} for each in answers])
duplicated_answers = _answers(lambda answers: [each for each in answers for _ in range(2)])
reordered_answers = _answers(lambda answers: answers[::-1] + answers[:1])
too_few_answers = _answers(lambda answers: answers[:1])
endless = answering((200, {"Content-Type": "application/json"}, b" " * 300_000))
hotspot = answering((200, {"Content-Type": "text/html"}, b"<html>Welcome! Please log in.</html>"))
redirect = answering((302, {"Location": "http://login.example/"}, b""))
server_error = answering(problem(500, "internal-error"))
not_html_error = answering((403, {"Content-Type": "text/html"}, b"<html>blocked</html>"))
not_http = answering((0, {}, b""))
