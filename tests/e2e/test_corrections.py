"""All serials of a posted slip (S16), and correcting one of them (S10, S17), with a link and without."""

from __future__ import annotations

import pytest

from .shift import Terminal, journal_of

pytestmark = pytest.mark.e2e


def serials_of_slip(terminal: Terminal, slip: str) -> None:
    """Open a posted slip, and the list of its serials."""
    terminal.wait_for("1 PS-10")
    terminal.type(f"{slip}\r")
    terminal.titled(slip)
    terminal.wait_for("posted")
    terminal.menu("This document", "Serials")
    terminal.titled(f"{slip} serials")
    terminal.wait_for("1 SWK")


def open_unit(terminal: Terminal, slip: str, serial: str) -> None:
    """Go to a unit by scanning it, and open it."""
    terminal.scan(serial, f"OK {serial} is here.")
    terminal.confirm()
    terminal.titled(f"{slip} unit")


def begin_correcting(terminal: Terminal, slip: str, serial: str, reason: str = "Typing error") -> None:
    """Choose a unit and a reason, so that the next scan is its right serial."""
    open_unit(terminal, slip, serial)
    terminal.pick("Correct it")
    terminal.wait_for(f"Why is {serial} wrong?")
    terminal.pick(reason)
    terminal.wait_for(f"Reason: {reason}")


def test_a_serial_is_corrected_with_a_reason_and_the_export_says_who_and_what(backend, start):
    terminal = start(backend)
    serials_of_slip(terminal, "PS-1009")
    terminal.wait_for("2 SWK7200A1002")
    begin_correcting(terminal, "PS-1009", "SWK7200A1002")
    terminal.scan("SWK7200A1099", "OK SWK7200A1002 -> SWK7200A1099")
    terminal.titled("PS-1009 serials")
    terminal.wait_for("2 SWK7200A1099")
    terminal.wait_sent()
    (row,) = backend.export("corrections", "PS-1009")
    said = ("operator", "before", "after", "reason", "outcome")
    assert [row[key] for key in said] == ["1001", "SWK7200A1002", "SWK7200A1099", "Typing error", "accepted"]
    assert backend.serials("PS-1009") == ["SWK7200A1001", "SWK7200A1099"]
    noted = backend.export("audit", "PS-1009")[-1]
    assert (noted["who"], noted["action"]) == ("1001", "serial-corrected")


def test_what_is_no_right_serial_is_refused_in_plain_words_and_the_scan_is_still_awaited(backend, start):
    terminal = start(backend)
    serials_of_slip(terminal, "PS-1009")
    terminal.scan("SWK7200A9999", "NO SWK7200A9999 is not on PS-1009. Check the unit, or trace it.")
    begin_correcting(terminal, "PS-1009", "SWK7200A1002", "Wrong unit packed")
    terminal.scan("4007650001094", "NO 4007650001094 is an item's barcode, no serial. Scan the serial.")
    terminal.scan("SWK7200A1002", "NO SWK7200A1002 is what it says already. Nothing was changed.")
    terminal.scan("SWK7200A1001", "NO SWK7200A1001 is already on this line, operator 1001,")
    terminal.scan("SWK-7", "NO SWK-7")
    terminal.scan("SWK7200A1003", "OK SWK7200A1002 -> SWK7200A1003")
    terminal.wait_sent()
    assert [row["outcome"] for row in backend.export("corrections", "PS-1009")] == ["accepted"]


def test_who_may_not_correct_sees_why_and_can_still_look_and_trace(backend, start):
    terminal = start(backend, operator="1002", pin="2222")
    serials_of_slip(terminal, "PS-1009")
    open_unit(terminal, "PS-1009", "SWK7200A1002")
    terminal.wait_for("1 (Correct it)")
    terminal.wait_for("You may not correct serials. Ask a supervisor.")
    terminal.choose(1)
    terminal.wait_for("NO You may not correct serials.")
    terminal.choose(2)
    terminal.wait_for("OK Shipped by us, not invoiced.")
    terminal.press("f3")
    terminal.press("f3")
    terminal.titled("PS-1009 ")
    terminal.menu("This document", "(Correct a serial)")
    terminal.wait_for("NO You may not correct serials.")
    assert backend.export("corrections", "PS-1009") == []


def test_a_unit_on_a_posted_invoice_stays_as_it_is(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-10")
    invoice_all_of_ps_1009(terminal)
    serials_of_slip(terminal, "PS-1009")
    terminal.wait_for("SWK7200A1002 $")
    open_unit(terminal, "PS-1009", "SWK7200A1002")
    terminal.wait_for("On invoice INV-")
    terminal.choose(1)
    terminal.wait_for("NO Invoice INV-")
    terminal.wait_for("charges this: it can't be changed. Ask the office.")
    assert backend.export("corrections", "PS-1009") == []


def invoice_all_of_ps_1009(terminal: Terminal) -> None:
    """Post an invoice for the two units of PS-1009; back on the list of slips."""
    terminal.type("SO-2006\r")
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.pick("New invoice")
    terminal.wait_for("Draft an invoice")
    terminal.confirm()
    terminal.wait_for("0 units on it")
    terminal.scan("SWK7200A1001")
    terminal.scan("SWK7200A1002", "slip complete")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    terminal.press("f3")
    terminal.titled("INV-")
    terminal.press("f3")
    terminal.titled("SO-2006")
    terminal.press("f3")
    terminal.titled("Slips")


def test_a_correction_without_a_link_waits_visibly_and_is_done_when_it_is_back(backend, link, start):
    terminal = start(link)
    serials_of_slip(terminal, "PS-1009")
    link.cut()
    begin_correcting(terminal, "PS-1009", "SWK7200A1001")
    terminal.scan("SWK7200A1050", "OK SWK7200A1001 -> SWK7200A1050")
    terminal.wait_until(lambda: terminal.header.endswith("^1 OFF"), "one correction unsent")
    terminal.wait_for("SWK7200A1050 ^")
    assert backend.serials("PS-1009") == ["SWK7200A1001", "SWK7200A1002"]
    link.mend()
    terminal.wait_sent()
    terminal.wait_until(lambda: not terminal.shows("SWK7200A1050 ^"), "no mark on what was sent")
    assert backend.serials("PS-1009") == ["SWK7200A1050", "SWK7200A1002"]


def test_a_correction_that_lost_becomes_a_problem_and_the_server_s_serial_is_shown(backend, link, start):
    """Two people correct the same unit; the one without a link comes second (D6)."""
    late = start(link, "late")
    serials_of_slip(late, "PS-1009")
    link.cut()
    begin_correcting(late, "PS-1009", "SWK7200A1001")
    late.scan("SWK7200A1050", "OK SWK7200A1001 -> SWK7200A1050")
    soon = start(backend, "soon")
    serials_of_slip(soon, "PS-1009")
    begin_correcting(soon, "PS-1009", "SWK7200A1001", "Label damaged")
    soon.scan("SWK7200A1060", "OK SWK7200A1001 -> SWK7200A1060")
    soon.wait_sent()
    link.mend()
    late.wait_until(lambda: "!1" in late.header, "!1")
    late.wait_for("1 SWK7200A1060")
    late.menu("Problems (1)")
    late.wait_for("1 Correcti")
    late.choose(1)
    late.wait_for("Someone changed this unit on PS-1009 meanwhile. Look again, then correct.")
    assert backend.serials("PS-1009") == ["SWK7200A1060", "SWK7200A1002"]
    outcomes = [(row["after"], row["outcome"]) for row in backend.export("corrections", "PS-1009")]
    assert [after for after, outcome in outcomes if outcome == "accepted"] == ["SWK7200A1060"]
    assert [event["state"] for event in journal_of(late.data)] in (["conflict"], ["rejected"])
    late.press("f3")
    late.press("f3")
    late.titled("PS-1009")
    late.wait_for("SWK7200A1060")
