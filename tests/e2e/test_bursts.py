"""Scans that come faster than any person: all of them arrive, exact and in order, at the backend."""

from __future__ import annotations

import pytest

from .shift import at_pace, journal_of, serials_of

pytestmark = pytest.mark.e2e

BURSTS = [(1000, "\r"), (1000, "\t"), (5000, "\r"), (5000, "\t")]
"""Characters a second, and what ends a scan."""


def serials(burst: int, count: int = 100) -> list[str]:
    """Give serials of 20 characters that differ at both ends."""
    return [f"{n:03d}{burst}-SN/202+LP_1-{n:03d}" for n in range(count)]


def holds_exactly(backend, terminal, document: str, wanted: list[str]) -> None:
    terminal.wait_sent()
    assert backend.serials(document) == wanted
    events = journal_of(terminal.data)
    assert serials_of(events) == wanted
    assert [event["sequence"] for event in events] == list(range(1, len(wanted) + 1))
    recorded = [row["recorded_at"] for row in backend.registrations(document)]
    assert recorded == sorted(recorded)


def test_four_bursts_by_keyboard(backend, start):
    terminal = start(backend, document="PS-1400")
    terminal.wait_for("0 / 400")
    wanted = []
    for burst, (per_second, end) in enumerate(BURSTS):
        batch = serials(burst)
        at_pace(terminal.type, "".join(serial + end for serial in batch).encode(), per_second)
        wanted += batch
        terminal.wait_for(f"{len(wanted)} / 400")
        terminal.wait_for(f"OK {batch[-1]}")
    holds_exactly(backend, terminal, "PS-1400", wanted)


def test_four_bursts_by_the_serial_port(backend, start, scanner):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    terminal.wait_for("0 / 400")
    scanner.wait_open()
    wanted = []
    for burst, (per_second, end) in enumerate(BURSTS):
        batch = serials(burst)
        at_pace(scanner.send, "".join(serial + end for serial in batch).encode(), per_second)
        wanted += batch
        terminal.wait_for(f"{len(wanted)} / 400")
        terminal.wait_for(f"OK {batch[-1]}")
    holds_exactly(backend, terminal, "PS-1400", wanted)


@pytest.mark.parametrize("way", ["keyboard", "serial port"])
def test_two_hundred_scans_in_one_write(backend, start, scanner, way):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    terminal.wait_for("0 / 400")
    scanner.wait_open()
    wanted = serials(7, 200)
    send = terminal.type if way == "keyboard" else scanner.send
    send("".join(f"{serial}\r" for serial in wanted).encode())
    terminal.wait_for("200 / 400")
    holds_exactly(backend, terminal, "PS-1400", wanted)


@pytest.mark.parametrize("way", ["keyboard", "serial port"])
def test_a_separator_inside_a_scan_is_refused_by_its_number_and_the_next_scan_is_right(backend, start, scanner, way):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    terminal.wait_for("0 / 400")
    scanner.wait_open()
    send = terminal.type if way == "keyboard" else scanner.send
    send(b"SN-1\x1dX\r")
    terminal.wait_for("holds U+001D, which no serial here has.")
    send(b"SN-2\rSN-3\x1dY\rSN-4\r")
    terminal.wait_for("OK SN-4")
    holds_exactly(backend, terminal, "PS-1400", ["SN-2", "SN-4"])


@pytest.mark.parametrize("way", ["keyboard", "serial port"])
def test_cr_and_lf_together_end_one_scan(backend, start, scanner, way):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    terminal.wait_for("0 / 400")
    scanner.wait_open()
    send = terminal.type if way == "keyboard" else scanner.send
    wanted = [f"SN-CRLF-{n}" for n in range(50)]
    at_pace(send, "".join(f"{serial}\r\n" for serial in wanted).encode(), 2000)
    terminal.wait_for("OK SN-CRLF-49")
    terminal.wait_for("50 / 400")
    holds_exactly(backend, terminal, "PS-1400", wanted)
