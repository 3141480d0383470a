"""Two hours without a backend, in a few seconds: the terminal's own clock runs faster, everything else is real."""

from __future__ import annotations

import re
import time

import pytest

from terminal.backend.sender import HEARTBEAT_S

from .shift import eventually, journal_of, serials_of

pytestmark = pytest.mark.e2e

FACTOR = 900
"""Seconds that pass for the terminal in each real one: two hours are eight seconds."""
TWO_HOURS_S = 7200 / FACTOR


def attempts(log: str) -> int:
    """Give the highest number of attempts that failed in a row."""
    return max(map(int, re.findall(r"attempt (\d+)", log)), default=0)


def test_two_hours_offline_cost_nothing(backend, start, report):
    terminal = start(backend, document="PS-1001", settings={"SCAN_TERMINAL_TIME_FACTOR": str(FACTOR)})
    backend.kill9()
    began = time.monotonic()
    slip = [f"SN-slip-{n}" for n in range(5)]
    pallet = [f"SN-pallet-{n:02d}" for n in range(25)]
    for serial in slip:
        terminal.scan(serial)
    terminal.wait_until(lambda: terminal.header.endswith("^5 OFF"), "OFF and 5 unsent")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("The request to post is stored here. The server posts it as soon as it is reached.")
    terminal.press("f3")
    terminal.scan("SN-more", "NO PS-1001 waits to be posted. Press F8 twice to take the request back.")
    terminal.press("f3")
    terminal.wait_for("PS-1400")
    terminal.type("PS-1400\r")
    terminal.wait_for("0 / 400")
    for serial in pallet:
        terminal.scan(serial)
    terminal.wait_until(lambda: terminal.header.endswith("^31 OFF"), "OFF and 31 unsent")

    eventually(lambda: time.monotonic() > began + TWO_HOURS_S and attempts(terminal.log()) >= 100, terminal.log)
    failed = attempts(terminal.log())
    hours = (time.monotonic() - began) * FACTOR / 3600
    assert terminal.header.endswith("^31 OFF")
    backend.start()
    terminal.wait_sent()
    assert backend.serials("PS-1400") == pallet
    assert backend.serials("PS-1001") == slip
    assert {row["status"] for row in backend.registrations("PS-1001")} == {"posted"}
    events = journal_of(terminal.data)
    assert serials_of(events) == [*slip, *pallet]
    assert {event["state"] for event in events} == {"accepted"}
    report(f"offline: {hours:.1f} h of the terminal's time, {failed} failed attempts, 30 scans and a posting arrived")


def test_an_idle_terminal_shows_within_seconds_that_the_server_is_gone_and_paints_nothing_until_then(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_until(lambda: terminal.header.endswith("ON"), "ON")
    time.sleep(1)
    painted = len(terminal.raw)
    time.sleep(HEARTBEAT_S + 1)
    assert len(terminal.raw) == painted
    backend.kill9()
    words = set()

    def is_off() -> bool:
        words.add(terminal.header.split()[-1])
        return "OFF" in words

    terminal.wait_until(is_off, "OFF", within=HEARTBEAT_S + 3)
    assert words == {"ON", "OFF"}  # nobody is there: that is not slow


def test_a_clock_that_differs_from_the_servers_is_told_and_keeps_nobody_from_scanning(backend, start):
    terminal = start(backend, settings={"SCAN_TERMINAL_TIME_FACTOR": "100"})
    # said once, on the page that is there then: nothing is pressed before
    terminal.wait_for("minutes fast. Tell the office; scans are stored and sent as ever.")
    terminal.open("PS-1001")
    terminal.scan("SN-FAST")
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["SN-FAST"]


def test_a_request_to_post_can_be_taken_back_while_there_is_no_link(backend, link, start):
    terminal = start(link, document="PS-1001")
    link.cut()
    for n in range(5):
        terminal.scan(f"SN-{n}00")
    terminal.wait_until(lambda: terminal.header.endswith("OFF"), "OFF")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("The request to post is stored here.")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.press("f3")
    terminal.press("f5")
    terminal.wait_for("undone: SN-400")
    terminal.scan("SN-500", "OK SN-500 - slip complete")
    link.mend()
    terminal.wait_sent()
    rows = backend.registrations("PS-1001")
    assert [row["serial"] for row in rows] == ["SN-000", "SN-100", "SN-200", "SN-300", "SN-500"]
    assert {row["status"] for row in rows} == {"draft"}


def test_signing_in_without_a_link_is_possible_for_whoever_was_here_today(backend, link, start):
    start(link, document="PS-1001").end()
    link.cut()
    terminal = start(link, operator="")
    terminal.wait_for("Operator number:")
    terminal.type("1002\r")
    terminal.wait_for("PIN:")
    terminal.type("2222\r")
    terminal.wait_for("NO No link to the server, and 1002 has not signed in here within a day.")
    terminal.type("1001\r")
    terminal.wait_for("Operator 1001")
    terminal.type("1111\r")
    terminal.wait_for("1 PS-1001")
    terminal.type("PS-1001\r")
    terminal.wait_for("No link: what others scanned on this slip is not known here.")
    terminal.scan("SN-OFF-1")
    link.mend()
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["SN-OFF-1"]
