"""The network of a simulated shift: what becomes of each request, and of its answer.

A request's way is one call. While it is on its way other terminals and this one's operator go on (`meanwhile`), and
what is held back arrives later (`late`).
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from unittest import mock

import httpx

from server_stub.database import Transactions
from terminal.backend.reply import Reply

from .simulated_server import JSON
from .stock import Died

if TYPE_CHECKING:
    from .simulated_shift import World
    from .simulated_terminal import Device

REQUEST_FAULTS = (
    "no-connection",
    "name-not-found",
    "certificate-expired",
    "request-lost",
    "request-delayed",
    "answer-lost",
    "answer-reset",
    "answer-truncated",
    "answer-slow",
    "answer-of-before",
    "duplicated",
    "repeated-late",
    "hotspot",
    "redirect",
    "too-many-requests",
    "unavailable",
    "server-error",
    "gateway-timeout",
    "too-large",
    "credential-refused",
    "server-killed-before-commit",
    "server-killed-after-commit",
    "terminal-killed-sending",
)
"""What can become of one request."""


class Network:
    """All that lies between the terminals and the server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng
        self.rate = 0.0
        """How often a request with events meets a fault."""
        self.requests = 0
        self.depth = 0
        """How many requests are on their way, one while the other is."""
        self.next_fault: str | None = None
        """What the next events will meet, so that the seldom faults are seen, too."""
        self.late: list[tuple[float, str, str, Mapping[str, str], bytes]] = []
        """Requests that are held back, each with the moment when it arrives."""

    def exchange(self, device: Device, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take one request to the server and its answer back, or not."""
        world, server = self.world, self.world.server
        self.requests += 1
        self.deliver_late()
        events = b'"events":[{' in body
        fault = self._fault_for(events=events)
        if fault is not None:
            world.note(f"{device.name} {method} {path[:40]} {len(body)} bytes: {fault}")
        if server.down_until > world.t or (world.faulty and device.offline_until > world.t):
            raise _refused()
        if fault is None:
            reply = server.answer(method, path, headers, body)
        else:
            if events:
                world.count(fault)
            reply = self._misbehave(fault, device, method, path, headers, body)
        if events and reply.status == 200:
            device.last_answer = reply
        if events and reply.status == 503 and fault is None:
            if server.locked is not None:
                world.count("server-locked")
            elif server.full:
                world.count("server-full")
        if method == "GET" and reply.status == 401:
            world.count("session-expired")
        return reply

    def deliver_late(self) -> None:
        """Bring what was held back to the server; nobody hears the answer."""
        world = self.world
        arriving = [each for each in self.late if each[0] <= world.t]
        self.late = [each for each in self.late if each[0] > world.t]
        for _, method, path, headers, body in sorted(arriving, key=lambda each: each[0]):
            if world.server.down_until <= world.t:
                world.note(f"late: {method} {path[:40]} {len(body)} bytes")
                world.server.answer(method, path, headers, body)

    def meanwhile(self) -> None:
        """Let time pass, and people and other terminals go on, while a request is on its way."""
        world = self.world
        world.t += self.rng.uniform(0.1, 8.0)
        if self.depth >= 2 or not world.faulty:
            return
        self.depth += 1
        try:
            for _ in range(self.rng.randint(0, 3)):
                world.somebody_does_something()
            world.turns()
        finally:
            self.depth -= 1

    def _fault_for(self, *, events: bool) -> str | None:
        if not self.world.faulty:
            return None
        if self.next_fault is not None and events:
            fault, self.next_fault = self.next_fault, None
            return fault
        if self.rng.random() >= (self.rate if events else self.rate / 3):
            return None
        return self.rng.choice(REQUEST_FAULTS)

    def _misbehave(
        self, fault: str, device: Device, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        world, server = self.world, self.world.server
        served = lambda: server.answer(method, path, headers, body)  # noqa: E731
        match fault:
            case "no-connection":
                raise _refused()
            case "name-not-found":
                raise _caused(httpx.ConnectError("no name"), socket.gaierror(-2, "Name or service not known"))
            case "certificate-expired":
                raise _caused(httpx.ConnectError("tls"), ssl.SSLCertVerificationError("certificate has expired"))
            case "request-lost":
                self.meanwhile()
                raise httpx.ReadTimeout("timed out")
            case "request-delayed":
                self.late.append((world.t + self.rng.expovariate(1 / 40), method, path, headers, body))
                self.meanwhile()
                raise httpx.ReadTimeout("timed out")
            case "answer-lost":
                served()
                self.meanwhile()
                raise httpx.ReadTimeout("timed out")
            case "answer-reset":
                served()
                raise httpx.ReadError("connection reset by peer")
            case "answer-truncated":
                reply = served()
                return Reply(reply.status, reply.headers, reply.content[: len(reply.content) // 2])
            case "answer-slow":
                reply = served()
                self.meanwhile()
                return reply
            case "answer-of-before":
                served()
                return device.last_answer or Reply(200, JSON, b'{"answers":[],"cursor":0,"server_time":"x"}')
            case "duplicated":
                first, second = served(), served()
                return self.rng.choice((first, second))
            case "repeated-late":
                reply = served()
                self.late.append((world.t + self.rng.expovariate(1 / 60), method, path, headers, body))
                return reply
            case "hotspot":
                return Reply(200, {"content-type": "text/html"}, b"<html>Welcome! Please log in.</html>")
            case "redirect":
                return Reply(302, {"location": "http://login.example/"}, b"")
            case "too-many-requests":
                return _problem(429, "slow-down", str(self.rng.choice((1, 5, 60))))
            case "unavailable":
                return _problem(503, "unavailable", str(self.rng.choice((1, 10, 120))))
            case "server-error":
                return _problem(500, "internal-error")
            case "gateway-timeout":
                served()
                return Reply(504, {"content-type": "text/html"}, b"<html>gateway time-out</html>")
            case "too-large":
                return Reply(413, {"content-type": "text/html"}, b"<html>too large</html>")
            case "credential-refused":
                return _problem(401, "terminal-credential-wrong")
            case "server-killed-before-commit":
                self._killed_in_commit(served)
                raise httpx.ReadError("connection reset by peer")
            case "server-killed-after-commit":
                served()
                server.restart(self.rng.expovariate(1 / 10))
                raise httpx.RemoteProtocolError("server disconnected without sending a response")
            case "terminal-killed-sending":
                if self.rng.random() < 0.7:
                    served()
                raise Died(device.name)
        raise AssertionError(fault)

    def _killed_in_commit(self, served: Callable[[], Reply]) -> None:
        """Kill the server with all written and nothing committed."""

        def killed(_: Transactions) -> None:
            raise Died("server")

        with mock.patch.object(Transactions, "commit", killed), contextlib.suppress(Died):
            served()
        self.world.server.restart(self.rng.expovariate(1 / 10))


def _refused() -> Exception:
    return _caused(httpx.ConnectError("refused"), ConnectionRefusedError(111, "Connection refused"))


def _caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


def _problem(status: int, code: str, retry_after: str = "") -> Reply:
    headers = {"content-type": "application/problem+json", **({"retry-after": retry_after} if retry_after else {})}
    return Reply(status, headers, json.dumps({"code": code, "status": status, "detail": "no"}).encode())
