"""Units that are not readable: marked several at once (S8), found again on the worklist, filled by a scan (S9)."""

from __future__ import annotations

import pytest

from .shift import Terminal, journal_of, serials_of

pytestmark = pytest.mark.e2e


def worklist(terminal: Terminal) -> None:
    """Open the list of all units without a serial."""
    terminal.menu("Look up, sell ...", "Not readable")
    terminal.titled("Not readable")


def test_five_at_once_with_one_confirmation(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_for("0 / 5")
    terminal.menu("This document", "Many unreadable")
    terminal.wait_for("5 units are still to scan. How many are not readable?")
    terminal.type("5\r")
    terminal.wait_for("Mark 5 units as not readable?")
    terminal.confirm()
    terminal.wait_for("OK 5 units are not readable")
    terminal.wait_for("5 / 5 complete")
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["(blank)"] * 5
    terminal.press("f5")
    terminal.wait_for("OK undone: not readable")
    terminal.wait_for("4 / 5 1 to go")
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["(blank)"] * 4


def test_a_barcode_is_no_number_and_who_lacks_the_duty_is_told(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_for("0 / 5")
    terminal.menu("This document", "Many unreadable")
    terminal.wait_for("How many are not readable?")
    terminal.scan("99999999")  # a serial of eight digits: judged on the slip
    terminal.wait_for("1 / 5")
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["99999999"]
    other = start(backend, "other", operator="1002", pin="2222", document="PS-1001")
    other.menu("This document", "(Many unread")
    other.wait_for("NO You may not mark units not readable. Ask a supervisor.")


def test_the_worklist_has_all_oldest_first_and_shrinks_as_they_are_filled(backend, start):
    """One on a posted slip that was never opened here, and one on a draft."""
    terminal = start(backend, document="PS-1001")
    terminal.press("f2")
    terminal.wait_for("1 / 5")
    terminal.wait_sent()
    worklist(terminal)
    terminal.wait_for("3 units 1 PH-6200 PS-1005/1 2 SW-2408 PS-1010/1 3 LP-1410 PS-1001/1")
    terminal.scan("SO-2006", "Only SO-2006: 1 of 3")
    terminal.wait_for("1 SW-2408 PS-1010/1")
    terminal.choose(1)
    terminal.wait_for("Scan the label that was found.")
    terminal.scan("4007650001094", "NO 4007650001094 is an item's barcode, no serial. Scan the serial.")
    terminal.scan("SWK7200A1018", "OK (not readable) -> SWK7200A1018")
    terminal.wait_for("Only SO-2006: 0 of 2")
    terminal.wait_for("None here. F5 shows all.")
    terminal.press("f5")
    terminal.wait_for("2 units 1 PH-6200 PS-1005/1 2 LP-1410 PS-1001/1")
    terminal.choose(2)
    terminal.titled("PS-1001 fill")
    terminal.scan("SN-FOUND-1", "OK (not readable) -> SN-FOUND-1")
    terminal.wait_for("1 unit 1 PH-6200")
    terminal.wait_sent()
    assert sorted(backend.serials("PS-1010")) == ["SWK7200A1017", "SWK7200A1018"]
    assert backend.serials("PS-1001") == ["SN-FOUND-1"]
    corrected = [row for slip in ("PS-1010", "PS-1001") for row in backend.export("corrections", slip)]
    assert [(row["before"], row["after"], row["outcome"]) for row in corrected] == [
        ("", "SWK7200A1018", "accepted"),
        ("", "SN-FOUND-1", "accepted"),
    ]
    assert serials_of(journal_of(terminal.data), "serial-corrected") == ["SWK7200A1018", "SN-FOUND-1"]


def test_without_a_link_the_list_says_that_there_may_be_more_and_how_to_go_on(backend, link, start):
    terminal = start(link, document="PS-1001")
    terminal.press("f2")
    terminal.wait_for("1 / 5")
    terminal.wait_sent()
    link.cut()
    terminal.wait_until(lambda: terminal.header.endswith("OFF"), "OFF")
    worklist(terminal)
    terminal.wait_for("No link: there may be more.")
    terminal.scan("PS-1001", "Only PS-1001: 1 of ")
    terminal.choose(1)
    terminal.titled("PS-1001 fill")
    terminal.scan("SN-FOUND-2", "OK (not readable) -> SN-FOUND-2")
    terminal.wait_until(lambda: "^1" in terminal.header, "^1")
    link.mend()
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["SN-FOUND-2"]
