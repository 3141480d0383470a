"""A posted slip reversed in full, or one of its lines; its serials come along on the next slip (S11, S12)."""

from __future__ import annotations

import pytest

from .shift import Terminal
from .test_corrections import invoice_all_of_ps_1009

pytestmark = pytest.mark.e2e


def choose_to_reverse(terminal: Terminal, slip: str, what: str) -> None:
    """Open a posted slip and choose what of it is reversed."""
    terminal.wait_for("1 PS-10")
    terminal.type(f"{slip}\r")
    terminal.titled(slip)
    terminal.wait_for("posted")
    terminal.menu("This document", "Reverse ...")
    terminal.titled(f"{slip} reverse")
    terminal.pick(what)


def begin_reversing(terminal: Terminal, slip: str, what: str) -> None:
    """Open a posted slip, choose what of it is reversed and why; the question is on the screen then."""
    choose_to_reverse(terminal, slip, what)
    terminal.wait_for("Why is it reversed?")
    terminal.pick("Wrong unit packed")
    terminal.wait_for("always in full?")


def new_slip(terminal: Terminal, order: str) -> None:
    """From the list of slips, begin a new slip of an order that has some."""
    terminal.titled("Slips")
    terminal.type(f"{order}\r")
    terminal.titled(order)
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.pick("New slip")
    terminal.titled(f"{order} new slip")


def back_to_slips(terminal: Terminal) -> None:
    """Go back until the list of slips is there."""
    terminal.menu("Slips and orders")
    terminal.titled("Slips")


def test_a_slip_is_reversed_and_the_next_begins_with_what_was_on_it(backend, start):
    terminal = start(backend)
    begin_reversing(terminal, "PS-1009", "Whole slip")
    terminal.wait_for("Reverse the whole slip: 2 units")
    terminal.wait_for("- The units go back to order SO-2006. - 2 serials are kept")
    terminal.wait_for("- Reason: Wrong unit packed")
    terminal.confirm()
    terminal.wait_for("OK Reversed. The serials are kept: the next slip of SO-2006 begins with them.")
    noted = backend.export("audit", "PS-1009")[-1]
    assert (noted["who"], noted["action"]) == ("1001", "slip-reversed")
    assert "Wrong unit packed" in noted["detail"]
    assert {row["status"] for row in backend.registrations("PS-1009")} == {"cancelled"}

    back_to_slips(terminal)
    new_slip(terminal, "SO-2006")
    terminal.type("SW-2408\r")  # to its line, past the cables
    terminal.wait_for("2/2 <2")
    terminal.wait_for("2 of 2 kept units come along.")
    for _line in range(2):
        terminal.press("f6")
    terminal.type("0\r")
    terminal.wait_for("0/60")
    terminal.type("0\r")
    terminal.wait_for("0/45")
    terminal.press("f8")
    terminal.wait_for("2 / 2 complete")
    terminal.wait_for("2 <SWK7200A1002 1 <SWK7200A1001")
    slip = terminal.header.split()[0]
    terminal.press("f4")
    terminal.wait_for("REMOVE")
    terminal.scan("SWK7200A1001", "OK removed SWK7200A1001")
    terminal.press("f4")
    terminal.wait_for("ADD")
    terminal.scan("SWK7200A1077", "slip complete")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    assert sorted(backend.serials(slip)) == ["SWK7200A1002", "SWK7200A1077"]
    assert [row["came_from"] for row in backend.registrations(slip) if row["serial"].endswith("1002")] == ["PS-1009"]
    assert {row["status"] for row in backend.registrations(slip)} == {"posted"}


def test_a_smaller_slip_takes_what_is_ticked_and_the_rest_stays_kept(backend, start):
    terminal = start(backend)
    begin_reversing(terminal, "PS-1005", "Whole slip")
    terminal.confirm()
    terminal.wait_for("OK Reversed.")
    back_to_slips(terminal)
    new_slip(terminal, "SO-2005")
    terminal.wait_for("40/40 <3")
    terminal.type("1\r")
    terminal.wait_for("1/40 <1")
    terminal.type("0\r")
    terminal.wait_for("0/20 <0")
    terminal.type("0\r")
    terminal.wait_for("0/8")
    terminal.press("f6")
    terminal.press("f6")
    terminal.wait_for("1 of 3 kept (1 not readable) come along.")
    terminal.press("f4")
    terminal.titled("SO-2005 kept")
    terminal.wait_for("1 [x] 3569~035643809")
    terminal.scan("490154203237518", "NO The new slip has 1 unit on this line. Untick another one first.")
    terminal.choose(1)
    terminal.wait_for("1 [ ] 3569~035643809")
    terminal.choose(2)
    terminal.wait_for("OK 490154203237518 comes along")
    terminal.press("f3")
    terminal.titled("SO-2005 new slip")
    terminal.press("f8")
    terminal.wait_for("1 / 1 complete")
    terminal.wait_for("1 <490154203237518")
    slip = terminal.header.split()[0]
    terminal.wait_sent()
    assert backend.serials(slip) == ["490154203237518"]
    terminal.press("f3")
    terminal.titled("SO-2005 ")
    terminal.wait_for("<3")  # a serial, the unreadable one, and the docking station's


def test_one_line_is_reversed_and_the_other_stands(backend, start):
    terminal = start(backend)
    begin_reversing(terminal, "PS-1005", "Docking")
    terminal.wait_for("Reverse line 2: 2 units")
    terminal.confirm()
    terminal.wait_for("OK Reversed.")
    reversed_lines = {row["line"]: row["reversed"] for row in backend.registrations("PS-1005")}
    assert reversed_lines == {"1": "false", "2": "true"}
    terminal.press("f3")
    terminal.titled("PS-1005 reverse")
    terminal.pick("Docking")
    terminal.wait_for("NO Line 2 of PS-1005 is reversed already.")


def test_a_scan_is_no_yes_and_an_invoiced_slip_can_not_be_reversed(backend, start):
    terminal = start(backend)
    begin_reversing(terminal, "PS-1010", "Whole slip")
    terminal.type("SWK7200A1017\r")  # counts as no (D13)
    terminal.titled("PS-1010 ")
    terminal.wait_until(lambda: not terminal.shows("always in full?"), "no question any more")
    back_to_slips(terminal)
    invoice_all_of_ps_1009(terminal)
    choose_to_reverse(terminal, "PS-1009", "(Whole slip)")
    terminal.wait_for("NO Invoice INV-")
    terminal.wait_for("charges this: it can't be changed. Ask the office.")
    terminal.wait_sent()
    assert {row["status"] for slip in ("PS-1009", "PS-1010") for row in backend.registrations(slip)} == {"posted"}


def test_a_reversal_without_a_link_waits_and_says_so_and_is_done_when_it_is_back(backend, link, start):
    terminal = start(link)
    terminal.wait_for("1 PS-10")
    terminal.type("PS-1009\r")
    terminal.wait_for("posted")
    link.cut()
    terminal.wait_until(lambda: terminal.header.endswith("OFF"), "OFF")
    terminal.press("f3")
    begin_reversing(terminal, "PS-1009", "Whole slip")
    terminal.wait_for("- No link: the request waits here for the server.")
    terminal.confirm()
    terminal.wait_for("The request is stored here. The server reverses the slip as soon as it is reached.")
    terminal.wait_until(lambda: "^1" in terminal.header, "^1")
    assert {row["status"] for row in backend.registrations("PS-1009")} == {"posted"}
    link.mend()
    terminal.wait_for("OK Reversed.")
    assert {row["status"] for row in backend.registrations("PS-1009")} == {"cancelled"}


def test_who_may_not_reverse_is_told(backend, start):
    terminal = start(backend, operator="1002", pin="2222")
    terminal.wait_for("1 PS-10")
    terminal.type("PS-1009\r")
    terminal.wait_for("posted")
    terminal.menu("This document", "(Reverse ...)")
    terminal.wait_for("NO You may not reverse documents. Ask a supervisor.")
