"""Where a unit went (S18, S19), selling one again (S22), counter sales (S21), and a battery pulled in the middle."""

from __future__ import annotations

import pytest

from .shift import Terminal, journal_of
from .test_corrections import begin_correcting, invoice_all_of_ps_1009, serials_of_slip

pytestmark = pytest.mark.e2e

SWITCH = "4007650001094"
"""The barcode of the item that is a switch."""


def trace(terminal: Terminal, serial: str) -> None:
    """Look a serial up, from anywhere."""
    terminal.menu("Look up, sell ...", "Trace a serial")
    terminal.wait_for("Scan or type a serial.")
    terminal.type(f"{serial}\r")


def see(terminal: Terminal, *words: str) -> None:
    """Find words on a page that may be longer than the screen, going down as far as need be."""
    for each in words:
        for _page in range(4):
            if terminal.shows(each):
                break
            before = terminal.text()
            terminal.press("f7")
            terminal.wait_until(
                lambda each=each, before=before: terminal.shows(each) or terminal.text() != before, each
            )
        terminal.wait_for(each)


# -- where it went


def test_a_returned_unit_is_traced_to_slip_invoice_customer_and_warranty(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-10")
    invoice_all_of_ps_1009(terminal)
    trace(terminal, "swk7200a1001")
    terminal.wait_for("OK Sold by us. Warranty until 20")
    terminal.wait_for("Service until 20")
    see(
        terminal, "Slip PS-1009 line 1", "Order SO-2006, Brandt & Söhne Elektro", "Invoice INV-", "scanned onto PS-1009"
    )
    terminal.scan("SWK7200A9999", "NO Not sold by us: no document has it.")
    terminal.scan("SO-2006", "SO-2006 is the number of an order, no serial.")
    terminal.scan("PS-1009", "PS-1009 is the number of a document, no serial.")
    terminal.scan(SWITCH, "serials are taken only when it is sold. None are kept in stock, so none are on hand")


def test_a_corrected_serial_finds_its_unit_and_what_befell_it(backend, start):
    terminal = start(backend)
    serials_of_slip(terminal, "PS-1009")
    begin_correcting(terminal, "PS-1009", "SWK7200A1002")
    terminal.scan("SWK7200A1099", "OK SWK7200A1002 -> SWK7200A1099")
    terminal.wait_sent()
    trace(terminal, "SWK7200A1002")
    terminal.wait_for("Its serial is SWK7200A1099 now.")
    see(terminal, "SWK7200A1002 -> SWK7200A1099 (Typing error)")


def test_with_the_server_stopped_it_says_so_and_shows_what_is_known_here(backend, start):
    terminal = start(backend)
    serials_of_slip(terminal, "PS-1009")
    backend.kill9()
    trace(terminal, "SWK7200A1002")
    terminal.wait_for("The server was not asked: only what is known here.")
    see(terminal, "Slip PS-1009 line 1", "Order SO-2006")
    terminal.scan("SWK7200A9999", "NO No document known here has it. The server was not asked")


# -- sold before


def sell_a_laptop(terminal: Terminal) -> None:
    """Ship two laptops on PS-1008 and invoice the first of them; back on the list of slips."""
    terminal.open("PS-1008")
    terminal.scan("4007650001001", "Line 2: LP-1410")
    terminal.scan("SN-SOLD-1")
    terminal.scan("SN-SOLD-2")
    terminal.press("f8")
    terminal.wait_for("Enter posts all the same.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    terminal.menu("Slips and orders")
    terminal.wait_for("1 PS-10")
    terminal.type("SO-2011\r")
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.pick("New invoice")
    terminal.wait_for("Draft an invoice")
    terminal.confirm()
    terminal.wait_for("0 units on it")
    terminal.scan("SN-SOLD-1")
    terminal.press("f8")
    terminal.wait_for("Enter to post")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    terminal.menu("Slips and orders")
    terminal.wait_for("1 PS-10")


def test_a_sold_unit_goes_out_again_only_with_an_override_and_a_reason(backend, start):
    terminal = start(backend)
    sell_a_laptop(terminal)
    terminal.open("PS-1001")
    terminal.scan("SN-SOLD-1", "NO SN-SOLD-1 was sold on invoice INV-")
    terminal.wait_for("F9Sell again")
    terminal.press("f9")
    terminal.wait_for("Why is SN-SOLD-1 sold again?")
    terminal.pick("Wrong unit packed")
    terminal.wait_for("OK SN-SOLD-1")
    terminal.wait_sent()
    assert backend.serials("PS-1001") == ["SN-SOLD-1"]
    assert backend.serials("PS-1008") == ["WCM-55012", "SN-SOLD-1", "SN-SOLD-2"]
    noted = backend.export("audit", "PS-1001")[-1]
    assert noted["who"] == "1001"
    assert "Wrong unit packed" in noted["detail"]


def test_a_sale_that_only_the_server_knew_of_is_a_problem_from_which_a_supervisor_sells_again(backend, start):
    sell_a_laptop(start(backend))
    picker = start(backend, "picker", operator="1002", pin="2222", document="PS-1001")
    picker.type("SN-SOLD-1\r")
    picker.wait_until(lambda: "!1" in picker.header, "!1")
    picker.menu("Problems (1)", "Serial SN-SOLD-1")
    picker.wait_for("SN-SOLD-1 was sold on invoice INV-")
    picker.press("f9")  # not theirs to do
    picker.press("f8")
    picker.wait_for("No problems.")
    assert backend.serials("PS-1001") == []
    supervisor = start(backend, "supervisor", document="PS-1001")
    supervisor.type("SN-SOLD-1\r")
    supervisor.wait_until(lambda: "!1" in supervisor.header, "!1")
    supervisor.menu("Problems (1)", "Serial SN-SOLD-1")
    supervisor.wait_for("F9Sell again")
    supervisor.press("f9")
    supervisor.pick("Wrong unit packed")
    supervisor.wait_for("No problems.")
    supervisor.wait_sent()
    assert backend.serials("PS-1001") == ["SN-SOLD-1"]
    assert "Wrong unit packed" in backend.export("audit", "PS-1001")[-1]["detail"]


# -- at the counter


def begin_sale(terminal: Terminal) -> str:
    """Begin a counter sale; gives its number."""
    terminal.wait_for("1 PS-10")
    terminal.menu("Look up, sell ...", "Counter sale")
    terminal.titled("CS-")
    return terminal.header.split()[0]


def test_a_sale_asks_for_the_serial_and_is_posted(backend, start):
    terminal = start(backend)
    sale = begin_sale(terminal)
    terminal.scan("GARBAGE", "NO GARBAGE is no item. Scan the item first, then its serial.")
    terminal.scan(SWITCH, "Scan the serial of Switch 24-port")
    terminal.press("f8")
    terminal.wait_for("1 unit still to scan")
    terminal.confirm()
    terminal.wait_until(lambda: not terminal.shows("OK Posted."), "no posting")
    terminal.press("f3")
    terminal.scan("SWK7200A3001", "OK SWK7200A3001")
    terminal.scan("4007650001216", "OK CB-HDMI2: 1")
    terminal.wait_for("Scan an item.")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
    (row,) = backend.registrations(sale)
    assert (row["serial"], row["status"], row["invoiced"]) == ("SWK7200A3001", "posted", "true")


def test_an_unfinished_sale_is_found_again_after_the_battery_was_pulled(backend, start):
    terminal = start(backend)
    sale = begin_sale(terminal)
    terminal.scan(SWITCH, "Scan the serial of")
    terminal.scan("SWK7200A3001", "OK SWK7200A3001")
    terminal.scan(SWITCH, "Scan the serial of")
    terminal.kill9()
    again = start(backend)
    again.wait_for(f"1 {sale} sale 1/2")
    again.type(f"{sale}\r")
    again.titled(sale)
    again.wait_for("Scan the serial of Switch 24-port")
    again.scan("SWK7200A3002", "OK SWK7200A3002")
    again.wait_sent()
    assert backend.serials(sale) == ["SWK7200A3001", "SWK7200A3002"]


# -- a battery pulled while units are chosen for an invoice


def test_an_invoice_goes_on_where_it_was_and_nothing_is_on_it_twice(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-10")
    terminal.type("SO-2006\r")
    terminal.wait_for("F8New")
    terminal.press("f8")
    terminal.pick("New invoice")
    terminal.wait_for("Draft an invoice")
    terminal.confirm()
    terminal.wait_for("0 units on it")
    invoice = terminal.header.split()[0]
    terminal.scan("SWK7200A1001")
    terminal.kill9()
    again = start(backend)
    again.titled("Slips")
    again.wait_for(f"1 {invoice}")
    again.type("SO-2006\r")
    again.wait_for("F8New")
    again.type(f"{invoice}\r")
    again.wait_for("1 unit on it")
    again.scan("SWK7200A1001", "NO SWK7200A1001 is on this invoice already.")
    again.scan("SWK7200A1002", "slip complete")
    again.press("f8")
    again.wait_for("Nothing is missing.")
    again.confirm()
    again.wait_for("OK Posted.")
    rows = backend.registrations("PS-1009")
    assert [(row["serial"], row["invoice"], row["invoiced"]) for row in rows] == [
        ("SWK7200A1001", invoice, "true"),
        ("SWK7200A1002", invoice, "true"),
    ]
    kinds = [event["type"] for event in journal_of(again.data)]
    assert kinds == ["invoice-drafted", "units-drawn", "units-drawn", "posting-requested"]
