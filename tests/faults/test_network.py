"""The real terminal, the real server process, and between them a proxy that does to their bytes what networks do.

Each fault is classified rightly, the same events are sent again, and when it ends the queue drains: nothing is lost,
nothing is there twice, in order, and the client's pool still serves.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from terminal.backend import notices
from terminal.backend.answers import Busy, NotOurs, Reason, ServerError, Unreachable
from terminal.backend.client import Client

from ..backend.conftest import patient
from ..backend.test_client import certificates  # noqa: F401 - a fixture
from ..backend.test_real_server import RealServer
from . import proxy as faults
from .checker import check
from .floor import SLIP, Behind, bad_network
from .proxy import Fault, Proxy
from .records import history_of

BROKEN = {Reason.BROKEN, Reason.TIMEOUT, Reason.PROTOCOL}
FAILING: dict[str, tuple[Fault, type[Exception], set[str]]] = {
    each.__name__: (each, kind, reasons)
    for each, kind, reasons in (
        (faults.drip, Unreachable, {Reason.TIMEOUT}),
        (faults.reset_at_once, Unreachable, BROKEN),
        (faults.reset_in_the_request, Unreachable, BROKEN),
        (faults.reset_in_the_answer, Unreachable, BROKEN),
        (faults.closed_in_the_answer, Unreachable, BROKEN),
        (faults.answer_lost, Unreachable, BROKEN),
        (faults.half_open, Unreachable, {Reason.TIMEOUT}),
        (faults.half_open_after_commit, Unreachable, {Reason.TIMEOUT}),
        (faults.delayed, Unreachable, {Reason.TIMEOUT}),
        (faults.hotspot, NotOurs, {Reason.NOT_JSON}),
        (faults.hotspot_redirect, NotOurs, {Reason.REDIRECT}),
        (faults.too_many_requests, Busy, {Reason.BUSY}),
        (faults.unavailable, Busy, {Reason.BUSY}),
        (faults.gateway_timeout, ServerError, {Reason.SERVER_ERROR}),
    )
}
"""Faults that leave a request without an answer, and what the client must make of each."""
PASSING: dict[str, Fault] = {
    each.__name__: each
    for each in (faults.latency, faults.bandwidth, faults.slicing, faults.duplicated, faults.repeated_late)
}
"""Faults that a terminal should not even notice."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One server for all; each test has a terminal and serials of its own."""
    made = RealServer(tmp_path_factory.mktemp("server"))
    yield made
    made.kill()


@pytest.fixture
def proxy(real: RealServer) -> Iterator[Proxy]:
    made = Proxy(("127.0.0.1", int(real.url.rpartition(":")[2])))
    yield made
    made.close()


@pytest.fixture
def terminal(real: RealServer, proxy: Proxy, tmp_path: Path) -> Iterator[Behind]:
    made = Behind(tmp_path / tmp_path.name, proxy.url)
    made.begin(SLIP)
    yield made
    made.stop()


def everything_is_well(real: RealServer, terminal: Behind) -> None:
    """Drain, read the slip again, and check all of this terminal: nothing lost, nothing twice, in order."""
    terminal.drained()
    assert terminal.ask(lambda then: terminal.sender.refresh(SLIP, then)) == notices.Taken(SLIP)
    assert check(history_of(real.database, [terminal.scribe])) == []


@pytest.mark.parametrize("name", FAILING)
def test_it_is_sent_again_after(name: str, real: RealServer, proxy: Proxy, terminal: Behind) -> None:
    fault, _, reasons = FAILING[name]
    times = 1 if name in {"drip", "half_open", "half_open_after_commit", "delayed"} else 3
    terminal.scan(2)
    terminal.drained()
    before = len(terminal.failures())
    proxy.next.extend([fault] * times)
    terminal.scan(3)
    terminal.until(lambda: not proxy.next and len(terminal.failures()) > before)
    terminal.scan(2)
    everything_is_well(real, terminal)
    assert proxy.met[name] == times
    assert {link.reason for link in terminal.failures()[before:]} <= reasons


@pytest.mark.parametrize("name", PASSING)
def test_nobody_notices(name: str, real: RealServer, proxy: Proxy, terminal: Behind) -> None:
    terminal.drained()
    before = len(terminal.failures())
    if name == "latency":
        proxy.always = PASSING[name]
    proxy.next.extend([PASSING[name]] * 3)
    for _ in range(3):
        terminal.scan(2)
        terminal.drained()
    assert proxy.met[name] >= 3
    time.sleep(0.4 if name == "repeated_late" else 0)
    everything_is_well(real, terminal)
    assert len(terminal.failures()) == before


@pytest.mark.parametrize("name", FAILING)
def test_the_client_classifies(name: str, real: RealServer, proxy: Proxy) -> None:
    fault, kind, reasons = FAILING[name]
    client = Client(patient(proxy.url, read_s=0.4, deadline_s=0.8))
    event = {"id": f"x-{name}", "sequence": 1}  # malformed, and kept as such: it is the answer that counts
    proxy.next.append(fault)
    began = time.monotonic()
    with pytest.raises(kind) as raised:
        client.send_events(f"classified-{name}", "e", [event])
    assert raised.value.reason in reasons  # type: ignore[attr-defined]
    assert time.monotonic() - began < 0.8 + 0.4  # the whole deadline, however the pieces drip
    assert client.send_events(f"classified-{name}", "e", [event]).cursor == 1
    client.close()


def test_a_thousand_broken_requests_leave_the_pool_whole(real: RealServer, proxy: Proxy) -> None:
    """A pool that loses a place with each broken connection would be empty after two."""
    client = Client(patient(proxy.url))
    quick = [faults.reset_at_once, faults.hotspot, faults.hotspot_redirect, faults.unavailable, faults.answer_lost]
    event = {"id": "pool", "sequence": 1}
    for n in range(500):
        proxy.next.append(quick[n % len(quick)])
        with pytest.raises((Unreachable, NotOurs, Busy)):
            client.send_events("pooled", "e", [event])
    began = time.monotonic()
    assert client.send_events("pooled", "e", [event]).cursor == 1
    assert time.monotonic() - began < 0.5
    client.close()


def test_nobody_takes_connections_for_a_while(real: RealServer, proxy: Proxy, terminal: Behind) -> None:
    proxy.refuse()
    terminal.scan(4)
    terminal.until(lambda: len(terminal.failures()) >= 3)
    assert terminal.failures()[-1].reason == Reason.CONNECTION_REFUSED
    proxy.open()
    everything_is_well(real, terminal)


def test_a_name_that_is_not_known_for_a_while(real: RealServer, proxy: Proxy, tmp_path: Path) -> None:
    """The name service fails, and comes back: the real look-up, with the name's answer ours."""
    known: list[bool] = []
    look_up = socket.getaddrinfo

    def answered(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in {"backend.invalid", b"backend.invalid"}:
            return look_up(host, *rest, **more)
        return look_up("127.0.0.1" if known else "no-such-host.invalid", *rest, **more)

    with mock.patch.object(socket, "getaddrinfo", answered):
        terminal = Behind(tmp_path / "N-name", proxy.url.replace("127.0.0.1", "backend.invalid"))
        try:
            terminal.until(lambda: bool(terminal.failures()))
            assert terminal.failures()[0].reason in {Reason.NAME_NOT_FOUND, Reason.TIMEOUT}
            known.append(True)
            terminal.begin(SLIP)
            terminal.scan(3)
            everything_is_well(real, terminal)
        finally:
            terminal.stop()


def test_a_certificate_that_has_expired_until_it_is_renewed(
    real: RealServer,
    proxy: Proxy,
    tmp_path: Path,
    certificates: Path,  # noqa: F811
) -> None:
    def shown(name: str) -> ssl.SSLContext:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificates / name, certificates / "key.pem")
        return tls

    proxy.tls = shown("good.pem")
    terminal = Behind(tmp_path / "N-tls", proxy.url, ca_file=certificates / "ca.pem")
    try:
        terminal.begin(SLIP)
        proxy.tls = shown("expired.pem")
        proxy.cut()
        terminal.scan(3)
        terminal.until(lambda: terminal.failures()[-1:] != [] and terminal.failures()[-1].reason == Reason.CERTIFICATE)
        assert terminal.standing().unsent == 3
        proxy.tls = shown("good.pem")
        everything_is_well(real, terminal)
    finally:
        terminal.stop()


def test_every_fault_by_turns_while_somebody_scans(tmp_path: Path) -> None:
    counts = bad_network(tmp_path, 20)
    assert counts["failures"] == []
    assert all(counts[f"network fault: {fault.__name__}"] >= 2 for fault in faults.QUICK)
