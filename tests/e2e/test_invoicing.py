"""An invoice that draws on three slips of two units each (S14): chosen by scanning, warned, posted."""

from __future__ import annotations

import pytest

from .shift import Terminal, journal_of

pytestmark = pytest.mark.e2e


def new_invoice(terminal: Terminal) -> str:
    """Open the order whose three slips wait for an invoice, and draft one; gives its number."""
    terminal.wait_for("1 PS-1001")
    terminal.type("SO-2006\r")
    terminal.wait_for("PS-1011")
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.wait_for("2 New invoice")
    terminal.choose(2)
    terminal.wait_for("Draft an invoice")
    terminal.confirm()
    terminal.wait_for("0 units on it")
    return terminal.header.split()[0]


def test_one_unit_of_each_slip_is_warned_of_and_two_whole_slips_and_a_part_are_posted(backend, start):
    terminal = start(backend)
    number = new_invoice(terminal)
    terminal.scan("SWK7200A1001", "OK SWK7200A1001")
    terminal.scan("SWK7200A1031", "2 slips incomplete")
    terminal.wait_for("only one may be")
    terminal.scan("SWK7200A1002", "slip complete")
    terminal.wait_for("2/2*")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    terminal.wait_sent()
    states = [(event["type"], event["state"]) for event in journal_of(terminal.data)]
    assert states == [
        ("invoice-drafted", "accepted"),
        *[("units-drawn", "accepted")] * 3,
        ("posting-requested", "accepted"),
    ]
    terminal.press("f3")
    terminal.wait_for("posted")
    terminal.press("f3")
    terminal.wait_for(number)
    terminal.wait_for("$2/2")
