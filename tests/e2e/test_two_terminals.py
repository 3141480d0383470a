"""Two pickers, two terminals, one backend: the first commit wins, and the other one is told."""

from __future__ import annotations

import pytest

from .shift import Link, journal_of

pytestmark = pytest.mark.e2e


def test_a_serial_on_two_slips_stays_with_the_first_and_the_second_learns_where_it_is(backend, start):
    first = start(backend, "first", document="PS-1001")
    second = start(backend, "second", document="PS-1400", operator="1002", pin="2222")
    first.scan("SN-TWICE")
    first.wait_sent()
    second.scan("SN-OWN")
    second.type("SN-TWICE\r")
    second.wait_for("NO The server refused 1 entry. See F1 2 Problems.")
    second.wait_for("1 / 400")
    second.wait_until(lambda: "!1" in second.header and "^" not in second.header, "!1")
    second.press("f1")
    second.wait_for("Problems (1)")
    second.choose(2)
    second.wait_for("1 Serial SN-TWICE")
    second.choose(1)
    second.wait_for("Serial SN-TWICE on PS-1400: SN-TWICE is on PS-1001 line 1, operator 1001,")
    second.press("f7")
    second.press("f7")
    second.press("f7")
    second.press("f7")
    second.wait_for("Operator 1002,")
    second.press("f8")
    second.wait_for("No problems.")
    second.wait_until(lambda: "!" not in second.header, "no problem")
    assert backend.serials("PS-1001") == ["SN-TWICE"]
    assert backend.serials("PS-1400") == ["SN-OWN"]
    assert [event["state"] for event in journal_of(second.data)] == ["accepted", "conflict"]


def test_a_serial_on_the_same_slip_counts_once_and_the_second_is_told(backend, link, start):
    first = start(backend, "first", document="PS-1400")
    second = start(link, "second", document="PS-1400", operator="1002", pin="2222")
    link.cut()  # with a link the second hears of it before it scans, and is told at once
    second.scan("SN-SAME")
    first.scan("SN-SAME")
    first.wait_sent()
    link.mend()
    second.wait_for("SN-SAME was on this slip already, operator 1001,")
    second.wait_for("counted once.")
    second.wait_for("1 / 400")
    second.wait_sent()
    assert "!" not in second.header
    assert backend.serials("PS-1400") == ["SN-SAME"]
    assert [event["state"] for event in journal_of(second.data)] == ["duplicate"]


def test_a_hundred_scans_by_two_terminals_at_once_are_all_there_once(backend, start):
    terminals = [start(backend, name, document="PS-1400") for name in ("first", "second")]
    for number in range(50):
        for own, terminal in enumerate(terminals):
            terminal.type(f"SN-{own}-{number:02d}\r")
    for own, terminal in enumerate(terminals):
        terminal.wait_for(f"OK SN-{own}-49")
        terminal.wait_sent()
    held = backend.serials("PS-1400")
    assert sorted(held) == [f"SN-{own}-{number:02d}" for own in (0, 1) for number in range(50)]
    for own in (0, 1):
        assert [serial for serial in held if serial.startswith(f"SN-{own}")] == [f"SN-{own}-{n:02d}" for n in range(50)]


def test_a_posting_of_other_serials_than_the_picker_saw_comes_back_with_the_difference(backend, link, start):
    first = start(backend, "first", document="PS-1001")
    for number in (1, 2, 3):
        first.scan(f"SN-{number}000")
    first.wait_sent()
    second = start(link, "second", document="PS-1001")
    second.wait_for("3 / 5")
    for number in (4, 5):
        second.scan(f"SN-{number}000")
    second.wait_sent()
    link.cut()
    first.press("f4")
    first.wait_for("REMOVE")
    first.scan("SN-1000", "OK removed SN-1000")
    first.press("f4")
    first.wait_for("ADD")
    first.scan("SN-6000")
    first.wait_sent()

    second.press("f8")
    second.wait_for("Nothing is missing.")
    second.confirm()
    second.wait_for("The request to post is stored here.")
    link.mend()
    second.wait_until(lambda: "!1" in second.header, "!1")
    second.press("f1")
    second.wait_for("Problems (1)")
    second.choose(2)
    second.wait_for("1 Posting of PS-1001")
    second.resize(80, 24)
    second.choose(1)
    second.wait_for("The server has something else on PS-1001 than you saw. Check it, post again.")
    second.wait_for("SN-1000")
    second.wait_for("SN-6000")
    assert {row["status"] for row in backend.registrations("PS-1001")} == {"draft"}

    second.press("f8")
    second.wait_for("No problems.")
    second.press("f3")
    second.wait_for("PS-1001")
    if not second.shows("Finish"):
        second.press("f8")
    second.wait_for("Nothing is missing.")
    second.confirm()
    second.wait_for("OK Posted.")
    held = [f"SN-{number}000" for number in (2, 3, 4, 5, 6)]
    assert sorted(backend.serials("PS-1001")) == held
    assert {row["status"] for row in backend.registrations("PS-1001")} == {"posted"}


def test_a_terminal_without_a_link_wins_nothing_back(backend, start):
    """The one that was offline scanned first by the clock; the first commit at the backend wins (D6)."""
    link = Link(backend)
    offline = start(link, "offline", document="PS-1400")
    link.cut()
    offline.scan("SN-RACE")
    offline.wait_for("1 / 400")
    online = start(backend, "online", document="PS-1001")
    online.scan("SN-RACE")
    online.wait_sent()
    link.mend()
    offline.wait_for("NO The server refused 1 entry.")
    offline.wait_for("0 / 400")
    link.cut()
    assert backend.serials("PS-1001") == ["SN-RACE"]
    assert backend.serials("PS-1400") == []
