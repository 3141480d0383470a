"""What screens show of orders, invoices and single units: counted right, and quickly however long a list is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import (
    Line,
    OrderLine,
    PackingSlip,
    Registration,
    SalesOrder,
    SlipStatus,
    TrackingGroup,
)
from terminal.domain.intents import (
    AddNotReadable,
    CorrectSerial,
    DraftInvoice,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    RemoveSerial,
    RequestPosting,
    ReverseSlip,
)
from terminal.domain.invoicing import Share
from terminal.domain.refusals import Code
from terminal.domain.views import Shop
from terminal.journal.journal import Journal

from .world import (
    ANNA,
    ITEMS,
    PEOPLE,
    POLICIES,
    SERIAL,
    Authority,
    add,
    deliver,
    do,
    furnish_shipped,
    open_journal,
    shipped,
)

MANY = 1000


@pytest.fixture
def authority() -> Authority:
    return shipped()


@pytest.fixture
def journal(tmp_path: Path, authority: Authority) -> Journal:
    return furnish_shipped(open_journal(tmp_path), authority)


def test_an_invoice_shows_what_it_takes_of_each_slip(journal: Journal) -> None:
    do(journal, DraftInvoice("I1-1", "SO-1"))
    empty = journal.orders.invoice("I1-1")
    assert empty is not None
    assert [refusal.code for refusal in empty.obstacles] == [Code.NOTHING_TO_INVOICE]
    do(journal, DrawSerial("I1-1", "p1"))
    do(journal, DrawUnits("I1-1", "PS-8", 2, (), 1))
    do(journal, DrawSerial("I1-1", "v1"))
    view = journal.orders.invoice("I1-1")
    assert view is not None
    first, second = view.slips
    assert (first.slip.number, first.share) == ("PS-8", Share(4, 2, 0, 0))
    assert [(s.line.number, s.drawn, s.free, s.plain_drawn, s.plain_left) for s in first.lines] == [
        (1, 1, 1, 0, 0),
        (2, 0, 0, 1, 1),
    ]
    assert [(s.line.number, s.drawn, s.free, s.plain_drawn, s.plain_left) for s in second.lines] == [
        (1, 0, 2, 0, 0),
        (2, 1, 0, 0, 1),
    ]
    assert (view.incomplete, view.units, view.unsent, view.lines) == (("PS-8", "PS-9"), 3, 4, ())
    assert [refusal.code for refusal in view.obstacles] == [Code.SEVERAL_INCOMPLETE]
    assert journal.orders.invoice("PS-8") is None
    assert journal.orders.invoice("I1-9") is None
    do(journal, DraftInvoice("I1-2", "SO-1", ((1, 2),)))
    own = journal.orders.invoice("I1-2")
    assert own is not None
    assert (own.slips, [view.line.units for view in own.lines]) == ((), [2])


def test_an_order_with_its_documents(journal: Journal, authority: Authority) -> None:
    do(journal, DraftInvoice("I1-1", "SO-1"))
    journal.draw_slip(ANNA, POLICIES, "I1-1", "PS-8")
    do(journal, RequestPosting("I1-1", online=True))
    do(journal, ReverseSlip("PS-9", 1))
    deliver(journal, authority)
    page = journal.orders.order("SO-1")
    assert page is not None
    counts = {d.document.number: (d.units, d.to_register, d.registered, d.invoiced) for d in page.documents}
    assert counts == {
        "I1-1": (4, 2, 2, 4),
        **{f"PS-{n}": (2, 2, 0, 0) for n in (1, 2, 3)},
        "PS-8": (4, 4, 2, 4),
        "PS-9": (2, 2, 1, 0),
    }
    assert [(k.serial, k.order_line, k.came_from) for k in page.kept] == [("p3", 1, "PS-9"), ("p4", 1, "PS-9")]
    assert (page.left, page.kept) == (13 + 2, journal.orders.kept("SO-1"))
    assert journal.orders.order("SO-9") is None
    assert journal.orders.kept("SO-9") == ()


def test_units_of_lines_that_take_no_serials_are_not_waited_for(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.merging.take_master(Shop(site="A", operators=PEOPLE), ITEMS)
    lines = [
        Line("PS-1", 1, "PUMP", "A pump", 4, SERIAL, order_line=1),
        Line("PS-1", 2, "GLUE", "Glue", 5, TrackingGroup("NONE"), order_line=2),
    ]
    order = SalesOrder("SO-1", "ACME", (OrderLine(1, "PUMP", 4, 0), OrderLine(2, "GLUE", 5, 0)))
    journal.merging.take_order(order, [(PackingSlip("PS-1", "SO-1", "ACME"), lines, [], [], [])], 0)
    page = journal.orders.order("SO-1")
    assert page is not None
    assert [(d.units, d.to_register, d.registered) for d in page.documents] == [(9, 4, 0)]
    assert [(view.units, view.registered) for view in journal.pages.slips()] == [(4, 0)]


def test_what_lies_ahead_of_posting(journal: Journal, authority: Authority) -> None:
    do(journal, AddNotReadable("PS-1", 1))
    add(journal, "x1")
    ahead = journal.orders.ahead("PS-1")
    assert ahead is not None
    assert (ahead.blanks, ahead.unsent, ahead.uninvoiced) == (1, 2, ("PS-8", "PS-9"))
    do(journal, DraftInvoice("I1-1", "SO-1"))
    journal.draw_slip(ANNA, POLICIES, "I1-1", "PS-8")
    of_invoice = journal.orders.ahead("I1-1")
    assert of_invoice is not None
    assert of_invoice.blanks == 1
    do(journal, RequestPosting("I1-1", online=True))
    deliver(journal, authority)
    ahead = journal.orders.ahead("PS-1")
    assert ahead is not None
    assert (ahead.unsent, ahead.uninvoiced) == (0, ("PS-9",))
    assert journal.orders.ahead("PS-7") is None


def test_the_list_of_a_documents_serials(journal: Journal) -> None:
    found = journal.units.inquiry("PS-9", 0, 2)
    assert found is not None
    assert (found.total, found.first, found.document.number) == (3, 0, "PS-9")
    assert [(e.number, e.line, e.serial, e.sent) for e in found.entries] == [(1, 1, "p3", True), (2, 1, "p4", True)]
    do(journal, DraftInvoice("I1-1", "SO-1"))
    do(journal, DrawSerial("I1-1", "p4"))
    do(journal, DrawSerial("I1-1", "p1"))
    do(journal, CorrectSerial("PS-9", "other-p3", "P30"))
    last = journal.units.inquiry("PS-9", 1, 9)
    assert last is not None
    assert [(e.number, e.serial, e.invoice) for e in last.entries] == [(2, "p4", "I1-1"), (3, "v1", "")]
    invoice = journal.units.inquiry("I1-1", 0, 9)
    assert invoice is not None
    assert [(e.number, e.document, e.serial) for e in invoice.entries] == [(1, "PS-8", "p1"), (2, "PS-9", "p4")]
    part = journal.units.inquiry("PS-9", 0, 9, "p3")
    assert part is not None
    assert [(e.number, e.serial, e.sent) for e in part.entries] == [(1, "P30", False)]
    assert part.total == 1
    assert journal.units.inquiry("PS-7", 0, 9) is None
    assert journal.units.place_of("PS-9", " V1\n") == 2
    assert journal.units.place_of("I1-1", "p4") == 1
    assert journal.units.place_of("PS-9", "p1") is None
    assert journal.units.place_of("PS-9", "\udcff") is None
    assert journal.units.place_of("\udcff", "p1") is None


def test_blanks_still_open(journal: Journal, authority: Authority) -> None:
    do(journal, AddNotReadable("PS-1", 1))
    do(journal, AddNotReadable("PS-2", 2))
    assert [(b.document, b.line, b.status) for b in journal.units.open_blanks()] == [
        ("PS-8", 1, SlipStatus.POSTED),
        ("PS-1", 1, SlipStatus.DRAFT),
        ("PS-2", 2, SlipStatus.DRAFT),
    ]
    assert [b.document for b in journal.units.open_blanks(item="VALVE")] == ["PS-2"]
    assert len(journal.units.open_blanks(order="SO-1")) == 3
    assert journal.units.open_blanks(order="SO-2") == []
    do(journal, ReverseSlip("PS-8", 1))
    deliver(journal, authority)
    assert [b.document for b in journal.units.open_blanks()] == ["PS-1", "PS-2"]


def test_where_a_serial_went(journal: Journal, authority: Authority) -> None:
    pump = replace(ITEMS[0], warranty_months=24, service_months=1)
    journal.merging.take_master(Shop(site="A", operators=PEOPLE), [pump, ITEMS[1]])
    do(journal, CorrectSerial("PS-8", "other-p1", "P77", "wrong label"))
    do(journal, DraftInvoice("I1-1", "SO-1"))
    journal.draw_slip(ANNA, POLICIES, "I1-1", "PS-8")
    add(journal, "x1")
    do(journal, RemoveSerial("PS-1", 1, "x1"))
    do(journal, RequestPosting("I1-1", online=True))
    deliver(journal, authority)
    head, lines, registrations, cursor, draws, drawn = authority.whole("I1-1")
    posted = replace(head, posted_at="2026-01-31T23:30:00.000Z")
    journal.merging.take_slip(posted, lines, registrations, cursor, draws, drawn)
    (unit,) = journal.units.trace("p77")
    assert (unit.serial, unit.slip, unit.invoice, unit.order, unit.customer) == ("P77", "PS-8", "I1-1", "SO-1", "ACME")
    assert (unit.invoiced_at, unit.warranty_until, unit.service_until) == (posted.posted_at, "2028-01-31", "2026-02-28")
    assert [(s.type, s.document, s.before, s.after, s.reason) for s in unit.steps] == [
        ("serial-corrected", "PS-8", "p1", "P77", "wrong label"),
        ("units-drawn", "I1-1", None, None, ""),
    ]
    assert journal.units.trace("P1") == [unit], "it had this one before"
    (east,) = journal.units.trace("P77", timezone(timedelta(hours=2)))
    assert (east.warranty_until, east.service_until) == ("2028-02-01", "2026-03-01")
    assert journal.units.trace("x1") == [], "it never left"
    assert journal.units.trace("") == []
    assert journal.units.trace("\udcff") == []


def test_lists_of_a_thousand_units_are_quick(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.merging.take_master(Shop(site="A", operators=PEOPLE), ITEMS)

    def unit(n: int) -> Registration:
        return Registration(f"r{n:05}", "PS-1", 1, "PUMP", f"SN{n:06}", f"sn{n:06}", "1", "T2", "2026", invoice="I1-1")

    line = Line("PS-1", 1, "PUMP", "A pump", MANY, SERIAL, order_line=1)
    units = [unit(n) for n in range(MANY)]
    slip = PackingSlip("PS-1", "SO-1", "ACME", SlipStatus.POSTED)
    invoice = PackingSlip("I1-1", "SO-1", "ACME", kind="invoice")
    documents = [(slip, [line], units, [], []), (invoice, [], [], [], units)]
    journal.merging.take_order(SalesOrder("SO-1", "ACME", (OrderLine(1, "PUMP", MANY, 0),)), documents, 0)
    for number in ("PS-1", "I1-1"):
        assert _quickest(lambda number=number: journal.units.inquiry(number, MANY - 20, 20)) < 0.005
        assert _quickest(lambda number=number: journal.units.inquiry(number, 0, 20, "0099")) < 0.005
        assert _quickest(lambda number=number: journal.units.place_of(number, f"SN{MANY - 1:06}")) < 0.005
        assert journal.units.place_of(number, f"sn{MANY - 1:06}") == MANY - 1
    found = journal.units.inquiry("I1-1", MANY - 1, 20)
    assert found is not None
    assert [(e.number, e.serial) for e in found.entries] == [(MANY, f"SN{MANY - 1:06}")]


def test_a_draft_takes_what_is_kept_off_the_list(journal: Journal, authority: Authority) -> None:
    do(journal, ReverseSlip("PS-9"))
    deliver(journal, authority)
    do(journal, DraftSlip("T1-1", "SO-1", ((1, 1),), ("other-p4",)))
    assert [k.serial for k in journal.orders.kept("SO-1")] == ["p3", "v1"]


def _quickest(act: Callable[[], object]) -> float:
    """Give the seconds of the quickest of a few tries: others are at work on this machine."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return min(took)
