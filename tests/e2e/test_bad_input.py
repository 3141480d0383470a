"""What people and scanners get wrong: each time a sentence, and the next clean scan is right."""

from __future__ import annotations

import time

import pytest

from .shift import CONSOLE, journal_of, serials_of

pytestmark = pytest.mark.e2e


def test_a_wrong_pin_says_how_many_tries_are_left_and_too_many_wait(backend, start):
    terminal = start(backend, operator="")
    terminal.wait_for("Operator number:")
    terminal.type("1001\r")
    terminal.wait_for("PIN:")
    for pin, left in enumerate(("4 tries left.", "3 tries left.", "2 tries left.", "1 try left."), 9991):
        terminal.type(f"{pin}\r")
        terminal.wait_for(f"NO The PIN is wrong. Type it again. {left}")
    terminal.type("9999\r")
    terminal.wait_until(
        lambda: terminal.shows("Too many wrong PINs. Wait") or terminal.shows("there is no try left"), "no more tries"
    )
    if terminal.shows("PIN:"):
        terminal.type("1111\r")
    terminal.wait_for("NO Too many wrong PINs. Wait 15 minutes, or ask a supervisor.")
    terminal.wait_for("Operator number:")
    assert "999" not in terminal.log()
    assert b"999" not in terminal.raw


def test_an_unknown_operator_is_told_so(backend, start):
    terminal = start(backend, operator="")
    terminal.wait_for("Operator number:")
    terminal.type("4711\r")
    terminal.wait_for("PIN:")
    terminal.type("1111\r")
    terminal.wait_for("NO Operator 4711 is not known. Check the number.")


def test_a_serial_scanned_as_a_pin_is_not_tried(backend, start):
    terminal = start(backend, operator="")
    terminal.wait_for("Operator number:")
    terminal.type("1001\r")
    terminal.wait_for("PIN:")
    terminal.type("SN-12345\r")
    terminal.wait_for("NO That scan was not counted.")
    terminal.type("1111\r")
    terminal.wait_for("1 PS-1001")


def test_a_stray_key_is_not_glued_onto_a_short_serial(backend, start):
    terminal = start(backend, document="PS-1008")
    terminal.wait_for("1/2")
    terminal.press("f7")
    terminal.wait_for("2/2")
    terminal.type("8")
    terminal.wait_for("> 8")
    time.sleep(0.6)
    terminal.type("4711\r")
    terminal.wait_for("NO 8 was typed before the scan, so nothing was taken. Scan again.")
    terminal.scan("4711")
    terminal.wait_sent()
    assert "84711" not in backend.serials("PS-1008")


def test_an_unknown_document_is_told_so(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-1001")
    terminal.type("PS-9999\r")
    terminal.wait_for("NO PS-9999 is not known here.")
    terminal.type("PS-1001\r")
    terminal.wait_for("0 / 5")


@pytest.mark.parametrize("way", ["keyboard", "serial port"])
def test_after_what_is_no_serial_the_next_clean_scan_is_right(backend, start, scanner, way):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    scanner.wait_open()
    send = terminal.type if way == "keyboard" else scanner.send
    wrong = {
        b"   \r": "NO The scan was empty. Scan again.",
        b"abc\r": "NO abc is too short: at least 4 characters. Scan the right label.",
        b"L" * 41 + b"\r": "is too long: at most 40 characters.",
        b"9" * 9000 + b"\r": "NO That code is longer than any serial.",
        b"caf\xe9-1\r": r"NO The scanner sent caf\xe9-1, which is no text. Check its settings.",
        b"\xff\xfe\x80\r": "which is no text.",
        b"SN 1 2\r": "NO SN 1 2 holds a",
        "SN-ü12\r".encode(): "NO SN-ü12 holds",
        b"PS-1001\r": "NO PS-1001 is a document, no serial. Another slip? F3 first.",
        b"4007650001063\r": "NO MN-3200 is the barcode of an item that is not on this slip.",
    }
    wanted = []
    for number, (code, sentence) in enumerate(wrong.items()):
        send(code)
        if not sentence.startswith("NO MN"):
            terminal.wait_for(sentence)
        else:
            terminal.wait_for("is the barcode of an item that is not on this slip.")
        wanted.append(f"SN-GOOD-{number}")
        send(f"{wanted[-1]}\r".encode())
        terminal.wait_for(f"OK {wanted[-1]}")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == wanted
    assert serials_of(journal_of(terminal.data)) == wanted


def test_the_same_code_again_at_once_is_a_repeat_and_no_second_scan(backend, start):
    terminal = start(backend, document="PS-1400")
    terminal.type("SN-BOUNCE\rSN-BOUNCE\r")
    terminal.wait_for("SN-BOUNCE again: counted once.")
    terminal.wait_for("1 / 400")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == ["SN-BOUNCE"]


def test_each_kind_of_item_says_what_it_takes(backend, start):
    terminal = start(backend, document="PS-1003", size=CONSOLE)
    terminal.press("f7")
    terminal.wait_for("2/3 Copper cable")
    terminal.press("f6")
    terminal.wait_for("1/3 Laptop 13.3")
    terminal.scan("MQAB123456", "NO LP-1330 is blocked. Put it aside and ask the office.")
    terminal.press("f7")
    terminal.wait_for("2/3 Copper cable")
    terminal.scan("CU-1234", "NO CB-CU15 is sold by weight and takes no serials. Choose another line.")
    terminal.press("f7")
    terminal.wait_for("3/3 Router")
    terminal.scan("AX900-1:2")
    terminal.press("f3")
    terminal.wait_for("PS-1002")
    terminal.type("PS-1002\r")
    terminal.wait_for("1/3 Monitor")
    terminal.scan("CN-1234", "NO CN-1234 is too short")
    terminal.scan("SN-12345678", "NO SN-12345678 is no serial of this item, as CN-ABCDEFGH would be.")
    terminal.scan("CN-12345678")
    terminal.press("f7")
    terminal.press("f7")
    terminal.wait_for("3/3 HDMI cable")
    terminal.scan("HD-1234", "NO CB-HDMI2 takes no serials. Choose another line.")
    terminal.scan("4007650001049", "is the barcode of an item that is not on this slip.")
    terminal.scan("4007650001056", "Line 1: MN-2700")  # an item's barcode goes to its line
    terminal.wait_sent()
    assert backend.serials("PS-1003") == ["AX900-1:2"]
    assert backend.serials("PS-1002") == ["CN-12345678"]


def test_a_line_that_may_miss_serials_posts_without_them(backend, start):
    terminal = start(backend, document="PS-1002", size=CONSOLE)
    for n in range(3):
        terminal.scan(f"CN-1234567{n}")
    terminal.press("f8")
    terminal.wait_for("Enter posts all the same.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    assert {row["status"] for row in backend.registrations("PS-1002")} == {"posted"}


def test_who_has_no_duty_to_mark_units_not_readable_is_told_whom_to_ask(backend, start):
    terminal = start(backend, document="PS-1001", operator="1002", pin="2222")
    assert not terminal.shows("F2")
    terminal.press("f2")
    terminal.wait_for("NO You may not mark units not readable. Ask a supervisor.")
    terminal.scan("SN-1234")
    terminal.wait_sent()
    assert [(row["serial"], row["operator"]) for row in backend.registrations("PS-1001")] == [("SN-1234", "1002")]


def test_a_session_that_is_over_stops_no_scan_and_is_renewed_by_signing_in(make_backend, start):
    backend = make_backend(SERVER_STUB_SESSIONS_SECONDS="2")
    terminal = start(backend, document="PS-1400", settings={"SCAN_TERMINAL_TIME_FACTOR": "10"})
    terminal.scan("SN-BEFORE")
    terminal.wait_for("Your sign-in has expired: scans are stored and sent; sign in again to see documents.")
    terminal.scan("SN-AFTER")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == ["SN-BEFORE", "SN-AFTER"]
