"""Each way a network can fail, over real sockets, with a journal on disk: nothing lost, nothing twice, in order."""

from __future__ import annotations

import time

import pytest

from terminal.backend import notices
from terminal.backend.backoff import LinkState
from terminal.clock import RealClock

from . import faulty
from .conftest import Terminal
from .faulty import FaultyServer, answering, problem
from .shop import scan, scan_many

FAULTS = {
    name: getattr(faulty, name)
    for name in (
        "reset_at_once",
        "reset_after_commit",
        "reset_mid_body",
        "closed_mid_body",
        "drip_body",
        "drip_headers",
        "half_open",
        "half_open_after_commit",
        "truncated_json",
        "wrong_ids",
        "duplicated_answers",
        "reordered_answers",
        "endless",
        "hotspot",
        "redirect",
        "server_error",
        "not_html_error",
        "not_http",
    )
} | {
    "busy": answering(problem(503, "unavailable", {"Retry-After": "1"})),
    "too_many": answering(problem(429, "slow-down", {"Retry-After": "Sat, 21 Nov 2026 09:00:01 GMT"})),
    "portal_511": answering((511, {"Content-Type": "text/html"}, b"<html>")),
    "other_4xx": answering(problem(409, "not-now")),
    "json_of_others": answering(faulty.json_reply(200, {"hello": "world"})),
    "json_list": answering(faulty.json_reply(200, ["answers"])),
    "no_answers_taken": answering(faulty.json_reply(200, {"answers": [], "cursor": 0, "server_time": "x"})),
    "deep_json": answering((200, {"Content-Type": "application/json"}, b"[" * 100_000)),
    "negative_cursor": answering(faulty.json_reply(200, {"answers": [], "cursor": -1, "server_time": "x"})),
}


def assert_all_there(terminal: Terminal, server: FaultyServer, count: int) -> None:
    """Compare what the server holds with what the journal holds, event by event."""
    outbox = terminal.scribe.call(lambda journal: (journal.outbox.rewind(), journal.outbox.pending(count + 1))[1])
    assert [recorded.sequence for recorded, _ in outbox] == list(range(1, count + 1))
    held = server.book.events
    assert [(held[n]["id"], held[n]["body"]["serial"]) for n in sorted(held)] == [
        (recorded.id, recorded.event.serial) for recorded, _ in outbox
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_drains_after(name: str, terminal: Terminal, server: FaultyServer) -> None:
    scan_many(terminal.scribe, 3)
    server.faults.extend([FAULTS[name]] * (1 if name.startswith(("drip", "half")) else 2))
    terminal.connect(server.url)
    terminal.until(lambda: any(link.failures for link in terminal.all_of(notices.Link)))
    scan(terminal.scribe, "DURING")
    terminal.drained()
    assert not server.faults
    assert terminal.standing().problems == 0
    assert terminal.sender is not None
    terminal.until(lambda: terminal.sender.road.link.state is LinkState.ONLINE)
    assert_all_there(terminal, server, 4)


def test_short_answers_are_no_fault(terminal: Terminal, server: FaultyServer) -> None:
    scan_many(terminal.scribe, 20)
    server.faults.extend([faulty.too_few_answers] * 5)
    terminal.connect(server.url, read_s=8.0, deadline_s=20.0)  # an answer that a busy machine delays is no fault either
    terminal.drained()
    assert not any(link.failures for link in terminal.all_of(notices.Link))
    assert_all_there(terminal, server, 20)


def test_refused_until_the_server_starts(terminal: Terminal, server: FaultyServer) -> None:
    server.close()
    scan_many(terminal.scribe, 5)
    terminal.connect(server.url)
    terminal.until(lambda: any(link.failures >= 3 for link in terminal.all_of(notices.Link)))
    assert {link.reason for link in terminal.all_of(notices.Link)} == {"connection-refused"}
    assert terminal.sender is not None
    assert terminal.sender.road.link.state is LinkState.OFFLINE
    server.reopen()
    terminal.drained()
    assert_all_there(terminal, server, 5)


def test_name_not_found(terminal: Terminal) -> None:
    scan_many(terminal.scribe, 1)
    terminal.connect("http://no-such-host.invalid:80")
    terminal.until(lambda: bool(terminal.all_of(notices.Link)))
    assert terminal.all_of(notices.Link)[0].reason in {"name-not-found", "timeout"}
    assert terminal.standing().unsent == 1


def test_address_that_is_none(terminal: Terminal) -> None:
    scan_many(terminal.scribe, 1)
    terminal.connect("ftp://127.0.0.1/")
    terminal.until(lambda: bool(terminal.all_of(notices.Link)))
    assert terminal.all_of(notices.Link)[0].reason == "bad-address"


def test_every_fault_one_after_the_other_while_scanning(terminal: Terminal, server: FaultyServer) -> None:
    quick = [fault for name, fault in FAULTS.items() if not name.startswith(("drip", "half", "too_many"))]
    server.faults.extend(quick)
    terminal.connect(server.url)
    for n, left in enumerate(range(len(quick), 0, -1)):
        scan(terminal.scribe, f"A{n:03d}", f"B{n:03d}")
        terminal.until(lambda left=left: len(server.faults) < left or not server.faults)
    terminal.drained()
    assert_all_there(terminal, server, 2 * len(quick))
    assert terminal.standing().problems == 0


def test_long_backlog_goes_out_in_batches_in_order(terminal: Terminal, server: FaultyServer) -> None:
    scan_many(terminal.scribe, 330)
    server.faults.extend([faulty.honest, faulty.reset_after_commit])
    terminal.connect(server.url, read_s=8.0, deadline_s=20.0)
    terminal.drained()
    assert server.book.seen == [*range(1, 101), *range(51, 331)]
    assert_all_there(terminal, server, 330)


def test_restored_server_gets_everything_again(terminal: Terminal, server: FaultyServer) -> None:
    scan_many(terminal.scribe, 30)
    terminal.connect(server.url)
    terminal.drained()
    server.book.forget_after(10)
    scan(terminal.scribe, "NEW")
    terminal.until(lambda: server.book.cursor == 31)
    terminal.drained()
    assert_all_there(terminal, server, 31)


def test_restored_server_is_noticed_without_a_scan(terminal: Terminal, server: FaultyServer) -> None:
    scan_many(terminal.scribe, 30)
    terminal.connect(server.url)
    terminal.drained()
    server.book.forget_after(0)
    terminal.until(lambda: server.book.cursor == 30)  # with the next look at the master data
    terminal.drained()
    assert_all_there(terminal, server, 30)


def test_an_event_is_on_the_wire_at_once(terminal: Terminal, server: FaultyServer) -> None:
    terminal.connect(server.url, RealClock())
    terminal.until(lambda: bool(terminal.all_of(notices.MasterTaken)))
    delays = []
    for n in range(20):
        time.sleep(0.02)
        began = time.monotonic()
        scan(terminal.scribe, f"S{n}")
        terminal.until(lambda n=n: len(server.book.times) > n)
        delays.append(server.book.times[n] - began)
    assert sorted(delays)[10] < 0.25, delays


def test_idle_costs_nothing(terminal: Terminal, server: FaultyServer) -> None:
    terminal.connect(server.url, RealClock())
    terminal.until(lambda: bool(terminal.all_of(notices.MasterTaken)))
    time.sleep(0.2)
    requests, used = len(server.book.requests), time.process_time()
    time.sleep(1.0)
    assert len(server.book.requests) == requests
    assert time.process_time() - used < 0.03


def test_stop_is_bounded_while_a_request_hangs(terminal: Terminal, server: FaultyServer) -> None:
    server.faults.extend([faulty.half_open] * 9)
    sender = terminal.connect(server.url, RealClock(), read_s=8.0, deadline_s=20.0)
    scan_many(terminal.scribe, 1)
    time.sleep(0.2)
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 5  # and not the request's twenty
    assert terminal.standing().unsent == 1


def test_stop_sends_what_is_left(terminal: Terminal, server: FaultyServer) -> None:
    sender = terminal.connect(server.url, RealClock())
    terminal.until(lambda: bool(terminal.all_of(notices.MasterTaken)))
    scan_many(terminal.scribe, 100)
    sender.stop()
    assert terminal.standing().unsent == 0


def test_stop_ends_at_once_when_offline(terminal: Terminal, server: FaultyServer) -> None:
    server.close()
    sender = terminal.connect(server.url, RealClock())
    scan_many(terminal.scribe, 3)
    terminal.until(lambda: bool(terminal.all_of(notices.Link)))
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 1.5  # what is given to a request that hangs is two
