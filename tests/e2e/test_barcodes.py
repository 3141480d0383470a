"""What a scan means, through the real terminal: units, items and serials find their line; what is wrong is refused."""

from __future__ import annotations

import time

import pytest

from .shift import journal_of, serials_of

pytestmark = pytest.mark.e2e

MONITOR, ROUTER, SERVER = "04007650001056", "04007650001087", "04007650001100"


def test_units_items_and_serials_find_their_line(backend, start):
    terminal = start(backend)
    terminal.open("PS-1002")
    terminal.wait_for("1/3")
    terminal.scan("WABC1234567", "OK WABC1234567")  # only the drive of line 2 has serials like this
    terminal.wait_for("2/3")
    terminal.type(f"]C101{MONITOR}1726123110LOT7\x1d21CN-AAAA1111\r")
    terminal.wait_for("OK CN-AAAA1111")
    terminal.wait_for("1/3")
    terminal.type(f"https://id.gs1.org/01/{MONITOR}/21/CN-AAAA2222\r")
    terminal.wait_for("OK CN-AAAA2222")
    terminal.scan("4007650001148", "Line 2: HD-0004")
    terminal.wait_for("2/3")
    terminal.scan("WABC7654321", "OK WABC7654321")

    terminal.scan("]C10104007650001057", "its check digit is wrong")
    terminal.scan("]E04006381333931", "No item has the product code 04006381333931")
    terminal.scan("]C100376130321109103420", "holds no serial")
    terminal.type(f"]C101{ROUTER}21RT-0001-X\r")
    terminal.wait_for("RT-0900 is not on this slip")
    terminal.scan("WABC0000001", "OK WABC0000001")  # the next clean scan is right

    terminal.wait_sent()
    expected = ["CN-AAAA1111", "CN-AAAA2222", "WABC0000001", "WABC1234567", "WABC7654321"]
    assert sorted(backend.serials("PS-1002")) == expected
    assert sorted(serials_of(journal_of(terminal.data))) == expected


def test_a_serial_that_two_lines_want_asks_for_its_line(backend, start):
    terminal = start(backend)
    terminal.open("PS-1007")
    terminal.scan("AB-1234567", "AB-1234567 fits several lines")
    terminal.choose(2)
    terminal.wait_for("OK AB-1234567")
    terminal.scan("AB-1234568", "OK AB-1234568")  # that line is chosen now
    terminal.wait_sent()
    rows = {row["serial"]: row["item"] for row in backend.registrations("PS-1007")}
    assert (rows["AB-1234567"], rows["AB-1234568"]) == ("SV-1200", "SV-1200")


def test_a_serial_whose_line_nobody_chose_is_named_with_the_verdict_on_the_scan_that_came_instead(backend, start):
    terminal = start(backend)
    terminal.open("PS-1007")
    terminal.scan("AB-1234567", "AB-1234567 fits several lines")
    terminal.type("9")
    terminal.wait_for("> 9")
    time.sleep(0.6)
    terminal.scan("AB-1234568", "NO 9 was typed before the scan, so nothing was taken. Scan again.")
    assert terminal.shows("AB-1234567 fits several lines")
    terminal.scan("=2+2", "NO 1 not taken: AB-1234567")
    assert terminal.shows("NO =2+2")
    terminal.scan("AB-1234568", "AB-1234568 fits several lines")
    assert not terminal.shows("not taken")
    terminal.choose(2)
    terminal.wait_for("OK AB-1234568")
    terminal.wait_sent()
    assert "AB-1234567" not in backend.serials("PS-1007")


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, "\x1d"),
        ({"SCAN_TERMINAL_SCANNER_SEPARATOR": "|"}, "|"),
        ({}, "Alt029"),
        ({"SCAN_TERMINAL_SCANNER_F8_IS_GS": "true"}, "\x1b[19~"),
    ],
    ids=["GS", "a configured sign", "Alt codes", "F8"],
)
def test_whatever_the_wedge_sends_for_GS(backend, start, settings, sent):
    terminal = start(backend, settings=settings)
    terminal.open("PS-1002")
    terminal.type(f"]C101{MONITOR}10LOT{sent}21CN-AAAA1111\r")
    terminal.wait_for("OK CN-AAAA1111")


def test_codes_of_a_serial_scanner(backend, start, scanner):
    terminal = start(backend, scanners=[scanner.spec])
    scanner.wait_open()
    terminal.open("PS-1002")
    scanner.send(f"]d201{MONITOR}21CN-AAAA1111\r".encode())
    terminal.wait_for("OK CN-AAAA1111")
    scanner.send(b"[)>\x1e06\x1dSWABC1234567\x1e\x04\r")
    terminal.wait_for("OK WABC1234567")
