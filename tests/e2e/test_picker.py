"""The picker's job from signing in to posting, at every size, compared with what the backend holds in the end."""

from __future__ import annotations

import pytest

from .shift import CONSOLE, HANDHELD, TRUCK, Terminal, journal_of

pytestmark = pytest.mark.e2e

FIVE = [f"SN-A{n}" for n in (1, 2, 3, 4, 5)]


def sign_in(terminal: Terminal, operator: str = "1001", pin: str = "1111") -> None:
    terminal.wait_for("Operator number:")
    terminal.type(f"{operator}\r")
    terminal.wait_for("PIN:")
    terminal.type(f"{pin}\r")
    terminal.wait_for("PS-1001")


def open_slip(terminal: Terminal, number: str, units: int) -> None:
    terminal.type(f"{number}\r")
    terminal.wait_for(f"0 / {units}")


@pytest.mark.parametrize("size", [HANDHELD, TRUCK, CONSOLE], ids=["20x16", "40x8", "80x24"])
def test_a_slip_is_picked_corrected_and_posted_and_the_backend_has_it_exactly(backend, start, size):
    terminal = start(backend, size=size, operator="")
    sign_in(terminal)
    open_slip(terminal, "PS-1001", 5)
    for serial in FIVE[:3]:
        terminal.scan(serial)
    terminal.wait_for("3 / 5")
    terminal.scan("SN-A1", "NO SN-A1 is already on this line, operator 1001,")

    terminal.press("f4")
    terminal.wait_for("REMOVE")
    terminal.scan("SN-A2", "OK removed SN-A2")
    terminal.scan("SN-Z9", "NO SN-Z9 is not on this line")
    terminal.press("f4")
    terminal.wait_for("ADD")
    terminal.wait_for("2 / 5")

    terminal.press("f2")
    terminal.wait_for("OK not readable")
    terminal.wait_for("3 / 5")
    terminal.press("f5")
    terminal.wait_for("OK undone: not readable")
    terminal.wait_for("2 / 5")

    terminal.press("f8")
    terminal.wait_for("Line 1: 3 units still to scan.")
    terminal.press("f3")
    for serial in ("SN-A2", "SN-A4"):
        terminal.scan(serial)
    terminal.scan("SN-A5", "OK SN-A5 - slip complete")
    terminal.scan("SN-A6", "OK SN-A6: 1 too many on this line")
    terminal.wait_for("6 / 5 1 too many")
    terminal.press("f8")
    terminal.wait_for("Line 1: 1 too many. Remove the surplus.")
    terminal.confirm()  # refused: nothing asks here
    terminal.press("f3")
    terminal.press("f5")
    terminal.wait_for("OK undone: SN-A6")

    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    terminal.press("f3")
    terminal.wait_for("posted")
    terminal.scan("SN-A7", "NO PS-1001 is posted. Nothing can be scanned onto it.")

    rows = backend.registrations("PS-1001")
    assert sorted(row["serial"] for row in rows) == FIVE
    assert {(row["status"], row["operator"], row["blank"], row["item"]) for row in rows} == {
        ("posted", "1001", "false", "LP-1410")
    }
    events = journal_of(terminal.data)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert {event["state"] for event in events} == {"accepted"}
    assert [event["type"] for event in events].count("posting-requested") == 1


def test_a_blank_counts_and_the_backend_has_it_as_one(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_for("0 / 5")
    for serial in FIVE[:4]:
        terminal.scan(serial)
    terminal.press("f2")
    terminal.wait_for("OK not readable - slip complete")
    terminal.press("f4")
    terminal.wait_for("REMOVE")
    terminal.press("f2")
    terminal.wait_for("OK removed not readable")
    terminal.press("f5")
    terminal.wait_for("OK undone: not readable is back")
    terminal.press("f8")
    terminal.wait_for("1 not readable")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    assert backend.serials("PS-1001") == [*FIVE[:4], "(blank)"]


def test_a_key_that_is_held_is_one_press(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_for("0 / 5")
    terminal.scan("SN-1000")
    terminal.hold("f2", 25)
    terminal.scan("SN-2000")
    assert terminal.shows("3 / 5")
    terminal.press("f2")
    terminal.wait_for("4 / 5")
    terminal.hold("f5", 25)
    terminal.wait_for("3 / 5")
    terminal.scan("SN-3000")
    assert terminal.shows("4 / 5")
    terminal.wait_sent()
    assert [event["type"] for event in journal_of(terminal.data)].count("not-readable") == 2


def test_the_window_may_change_its_size_in_mid_shift(backend, start):
    terminal = start(backend, document="PS-1400")
    terminal.wait_for("0 / 400")
    sizes = [(20, 16), (40, 8), (80, 24), (12, 3), (19, 7), (12, 16), (132, 40), (20, 8), (11, 2), (20, 16)]
    for number, (columns, rows) in enumerate(sizes, 1):
        serial = f"SN-B{number}"
        terminal.resize(columns, rows)
        if columns < 12:
            terminal.wait_for("Screen too small")
            terminal.type(f"{serial}\r")  # taken all the same
        else:
            terminal.scan(serial)
        assert max(map(len, terminal.screen())) <= columns
    terminal.wait_for(f"{len(sizes)} / 400")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == [f"SN-B{n}" for n in range(1, len(sizes) + 1)]


@pytest.mark.parametrize("size", [(12, 3), (15, 5), (19, 7)], ids=["12x3", "15x5", "19x7"])
def test_the_smallest_screens_show_verdict_count_mode_and_entry(backend, start, size):
    terminal = start(backend, document="PS-1400", size=size)
    terminal.wait_for("0/400")
    terminal.scan("SN-C1")
    terminal.wait_for("1/400")
    terminal.wait_for("ADD")
    terminal.scan("x", "NO x is")
    terminal.press("f4")
    terminal.wait_for("REM")
    terminal.type("SN-C1")
    terminal.wait_until(lambda: terminal.text().endswith("-C1"), "what is being typed")
    terminal.type("\r")
    terminal.wait_for("OK removed")
    terminal.wait_for("0/400")


def test_a_screen_below_every_size_says_so(backend, start):
    terminal = start(backend, document="PS-1400")
    terminal.resize(11, 2)
    terminal.wait_for("Screen too small")
    assert terminal.status is None


def test_a_terminal_that_was_never_here_takes_its_first_scan(backend, tmp_path):
    terminal = Terminal(backend.url, tmp_path / "new", document="PS-1400")
    try:
        terminal.wait_for("0 / 400")
        terminal.scan("SN-FIRST")
    finally:
        terminal.close()
