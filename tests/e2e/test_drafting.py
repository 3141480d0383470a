"""Drafting a packing slip from an open order (S13), with and without a link."""

from __future__ import annotations

import pytest

from .shift import Terminal, journal_of

pytestmark = pytest.mark.e2e


def new_slip(terminal: Terminal, order: str) -> None:
    """Open an order, and ask for one more slip."""
    terminal.type(f"{order}\r")
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.wait_for("1 New slip")
    terminal.choose(1)


def draft_three_laptops(terminal: Terminal) -> str:
    """Draft a slip of 3 of the 100 laptops left on SO-2012 and nothing else; gives its number."""
    terminal.wait_for("1 PS-1001")
    new_slip(terminal, "SO-2012")
    terminal.wait_for("100/100")
    terminal.scan("101", "NO LP-1410: only 100 left to ship. Take fewer.")
    terminal.type("3\r")
    terminal.wait_for("3/100")
    terminal.type("0\r")
    terminal.wait_for("0/120")
    terminal.type("0\r")
    terminal.wait_for("0/200")
    terminal.press("f8")
    terminal.wait_for("0 / 3 3 to go")
    return terminal.header.split()[0]


def pick_and_post(terminal: Terminal) -> list[str]:
    """Scan its three laptops and ask to post it."""
    serials = ["SN-D1", "SN-D2", "SN-D3"]
    for serial in serials:
        terminal.scan(serial)
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    return serials


def test_part_of_an_order_is_drafted_picked_and_posted(backend, start):
    terminal = start(backend)
    number = draft_three_laptops(terminal)
    serials = pick_and_post(terminal)
    terminal.wait_for("OK Posted.")
    rows = backend.registrations(number)
    assert [(row["serial"], row["status"], row["order"]) for row in rows] == [
        (serial, "posted", "SO-2012") for serial in serials
    ]
    terminal.press("f3")
    terminal.press("f3")
    terminal.wait_for(number)
    terminal.press("f3")
    terminal.wait_for("1 PS-1001")
    for _ in range(3):
        terminal.press("f7")
    terminal.wait_for("417 left")


def test_a_slip_drafted_without_a_link_arrives_and_is_posted(backend, link, start):
    terminal = start(link)
    terminal.wait_for("1 PS-1001")
    terminal.wait_sent()
    link.cut()
    number = draft_three_laptops(terminal)
    serials = pick_and_post(terminal)
    terminal.wait_for("The request to post is stored here.")
    terminal.wait_until(lambda: terminal.header.endswith("^5 OFF"), "a draft, three scans and a posting unsent")
    assert backend.serials(number) == []
    link.mend()
    terminal.wait_for("OK Posted.")
    assert backend.serials(number) == serials
    assert [(event["type"], event["state"]) for event in journal_of(terminal.data)] == [
        ("slip-drafted", "accepted"),
        *[("registered", "accepted")] * 3,
        ("posting-requested", "accepted"),
    ]


def test_two_terminals_draft_the_same_rest_and_the_second_is_told(backend, link, start):
    """Each has the last unit of SO-2002 line 1 in sight; one of them without a link."""
    first, second = start(backend, "first"), start(link, "second")
    for terminal in (first, second):
        terminal.wait_for("1 PS-1001")
    link.cut()
    for terminal in (second, first):
        new_slip(terminal, "SO-2002")
        terminal.wait_for("SO-2002 new slip")
        terminal.press("f8")
        terminal.wait_for("0 / 1 1 to go")
    first.wait_sent()
    link.mend()
    second.wait_until(lambda: "!1" in second.header, "!1")
    assert journal_of(second.data)[0]["state"] in {"rejected", "conflict"}


def test_the_first_slip_of_an_order_begins_on_the_order_s_page_with_the_same_keys(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-1001")
    terminal.type("SO-2004\r")
    terminal.wait_for("No documents here yet.")
    terminal.press("f8")
    terminal.wait_for("3 Ship and invoice")
    terminal.press("f3")
    terminal.wait_for("F8New")
    terminal.confirm()
    terminal.titled("SO-2004 new slip")
    terminal.type("1\r")
    terminal.press("f3")
    terminal.wait_for("F3 again forgets it.")
    terminal.press("f3")
    terminal.wait_for("No documents here yet.")
    terminal.confirm()
    terminal.titled("SO-2004 new slip")
    terminal.press("f8")
    terminal.wait_for("0 / 3 3 to go")
    terminal.press("f3")
    terminal.titled("SO-2004")
    terminal.wait_for("0/3")  # five more take no serials
