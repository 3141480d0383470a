"""Two operators on one packing slip see each other's progress within a second."""

from __future__ import annotations

import re
import signal
import time

import pytest

from .shift import CONSOLE, Terminal, journal_of

pytestmark = pytest.mark.e2e

SCANS = 50
SOON_S = 1.0


def wait_live(first: Terminal, second: Terminal, serial: str) -> None:
    """Wait until the second hears of the first's scans: its stream is open then."""
    first.scan(serial)
    second.wait_for(serial)


def test_each_sees_the_others_scans_within_a_second(backend, start, report):
    first = start(backend, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(first, second, "SN-BEGIN")
    took = []
    for number in range(SCANS):
        one, other = (first, second) if number % 2 else (second, first)
        serial = f"SN-{number:04d}"
        one.scan(serial)
        said = time.monotonic()
        other.wait_for(serial)
        took.append(time.monotonic() - said)
        other.wait_for(f"{number + 2} / 400")
        time.sleep(0.05 * (number % 8))
    took.sort()
    median, p99 = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
    report(f"live updates: the other's scan after its OK, {SCANS} scans: p50 {median:.3f} s, p99 {p99:.3f} s")
    assert p99 < SOON_S


def test_a_wide_screen_shows_it_in_the_list_of_lines_too(backend, start):
    first = start(backend, "first", document="PS-1002")
    second = start(backend, "second", document="PS-1002", operator="1002", pin="2222", size=CONSOLE)
    first.scan("WABC1234567")
    drives = re.compile(r"\|   2 External drive 4 TB .* 1/4$")
    second.wait_until(lambda: any(map(drives.search, second.screen())), "the count of line 2 in the list")
    second.wait_for("0 / 3")  # its own line is still the first


def test_a_burst_at_both_ends_up_the_same_on_both_screens(backend, start):
    first = start(backend, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(first, second, "SN-BEGIN")
    for number in range(40):
        first.type(f"SN-A-{number:02d}\r")
        second.type(f"SN-B-{number:02d}\r")
    for terminal in (first, second):
        terminal.wait_for("81 / 400")
        terminal.wait_sent()
    held = set(backend.serials("PS-1400"))
    assert len(held) == 81
    for terminal in (first, second):
        assert {event["state"] for event in journal_of(terminal.data)} == {"accepted"}


def test_a_serial_that_the_other_has_scanned_is_refused_at_once_with_who_and_when(backend, start):
    first = start(backend, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(first, second, "SN-SAME")
    second.type("SN-SAME\r")
    second.wait_for("NO SN-SAME is already on this line, operator 1001,")
    second.wait_for("1 / 400")
    assert journal_of(second.data) == []
    assert backend.serials("PS-1400") == ["SN-SAME"]


def test_a_document_that_one_left_half_done_goes_on_at_another(backend, start):
    first = start(backend, "first", document="PS-1001")
    first.scan("SN-0001")
    first.scan("SN-0002")
    first.wait_sent()
    second = start(backend, "second", operator="1002", pin="2222")
    second.wait_for("1 PS-10")
    second.type("PS-1001\r")
    second.wait_for("2 / 5")
    second.scan("SN-0003")
    first.wait_for("3 / 5")
    second.press("f4")
    second.wait_for("REMOVE")
    second.scan("SN-0001", "OK removed SN-0001")
    first.wait_for("2 / 5")
    first.wait_until(lambda: not first.shows("1 SN-0001"), "the removed one is gone")
    assert sorted(backend.serials("PS-1001")) == ["SN-0002", "SN-0003"]


def test_what_happened_while_the_link_was_cut_is_there_when_it_is_back(backend, link, start):
    first = start(link, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(second, first, "SN-BEGIN")
    link.cut()
    second.scan("SN-MISSED")
    second.wait_sent()
    first.scan("SN-OFFLINE")
    assert not first.shows("SN-MISSED")
    link.mend()
    first.wait_for("3 / 400")
    second.wait_for("3 / 400")
    wait_live(second, first, "SN-AFTER")


def test_posting_is_seen_by_the_other_at_once(backend, start):
    first = start(backend, "first", document="PS-1001")
    second = start(backend, "second", document="PS-1001", operator="1002", pin="2222")
    for number in range(5):
        first.scan(f"SN-{number:04d}")
    second.wait_for("5 / 5")
    first.press("f8")
    first.wait_for("Nothing is missing.")
    first.confirm()
    first.wait_for("OK Posted.")
    second.wait_for("posted")
    second.type("SN-9999\r")
    second.wait_for("NO PS-1001 is posted.")
    assert journal_of(second.data) == []


def test_a_backend_that_restarts_is_listened_to_again(backend, start):
    first = start(backend, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(first, second, "SN-BEGIN")
    backend.kill9()
    backend.start()
    first.scan("SN-AFTER")
    second.wait_for("SN-AFTER")
    wait_live(second, first, "SN-AGAIN")


def test_nothing_is_painted_while_nobody_scans_and_leaving_takes_no_time(backend, start, report):
    first = start(backend, "first", document="PS-1400")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    wait_live(first, second, "SN-BEGIN")
    first.wait_sent()
    time.sleep(1.5)
    before, used = len(second.raw), cpu_s(second)
    time.sleep(25)
    report(f"live updates: {len(second.raw) - before} bytes painted, {cpu_s(second) - used:.2f} s of CPU in 25 s idle")
    assert len(second.raw) == before
    began = time.monotonic()
    assert second.end() == 128 + signal.SIGTERM
    assert time.monotonic() - began < 2


def cpu_s(terminal: Terminal) -> float:
    """Give the processor time that it has used, in seconds."""
    with open(f"/proc/{terminal.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
