"""S13, S22, D1: the records in memory."""

from __future__ import annotations

from terminal.domain.changes import Back, Gone, Made, StatusChanged
from terminal.domain.documents import OrderLine, PackingSlip, SalesOrder, SlipStatus, Tally
from terminal.domain.events import Removed, SlipDrafted
from terminal.domain.ledger import Ledger
from terminal.domain.records import PastEvent
from tests.domain.shop import (
    ANN,
    BOB,
    DRILL,
    ITEMS,
    ORDER,
    SAW,
    Play,
    ledger_with,
    recorded_as,
    registration_of,
    slip_with,
    write_down,
)

PS1 = slip_with("PS-1", (DRILL, 2), (SAW, 1))
SN1 = registration_of(1, "PS-1", 1, DRILL, "SN-1")


def test_what_is_given_is_found_and_nothing_else():
    ledger = ledger_with(PS1)
    assert (ledger.slip("PS-1"), ledger.lines("PS-1")) == (PS1[0], list(PS1[1]))
    assert (ledger.line("PS-1", 2), ledger.item("SAW"), ledger.order("SO-1")) == (PS1[1][1], SAW, ORDER)
    assert (ledger.slip("PS-9"), ledger.lines("PS-9"), ledger.line("PS-1", 9), ledger.line("PS-9", 1)) == (
        None,
        [],
        None,
        None,
    )
    assert (ledger.item("?"), ledger.order("?"), ledger.registration("?"), ledger.past_event("?")) == (None,) * 4
    assert (ledger.holder("DRILL", "sn-1"), ledger.newest_blank("PS-1", 1)) == (None, None)
    assert ledger.tally("PS-1", 1) == Tally()


def test_S13_what_is_left_of_an_order_counts_the_slips_given_with_it():
    slip = (PackingSlip("PS-1", "SO-1", "Customer"), slip_with("PS-1", (DRILL, 3))[1])
    order = SalesOrder("SO-1", "Customer", (OrderLine(1, "DRILL", units=5, left=2),))
    assert Ledger(ITEMS, [slip], [order]).order("SO-1") == order


def test_S13_what_is_left_of_an_order_falls_with_each_slip_drafted_and_never_below_nothing():
    ledger = ledger_with()
    write_down(ledger, recorded_as(SlipDrafted("PS-8", "SO-1", ((1, 3),)), 1))
    write_down(ledger, recorded_as(SlipDrafted("PS-9", "SO-1", ((1, 3),)), 2))
    assert ledger.order("SO-1").lines == (OrderLine(1, "DRILL", 5, 0), *ORDER.lines[1:])


def test_S22_a_serial_is_held_while_its_registration_is_live():
    ledger = ledger_with(PS1)
    ledger.apply(Made(SN1))
    assert (ledger.holder("DRILL", "sn-1"), ledger.tally("PS-1", 1)) == (SN1, Tally(serials=1))
    ledger.apply(Gone(SN1.id))
    assert (ledger.holder("DRILL", "sn-1"), ledger.tally("PS-1", 1)) == (None, Tally())
    assert not ledger.registration(SN1.id).live
    ledger.apply(Back(SN1.id))
    assert (ledger.holder("DRILL", "sn-1"), ledger.tally("PS-1", 1)) == (SN1, Tally(serials=1))


def test_going_and_coming_back_twice_counts_once():
    ledger = ledger_with(PS1)
    ledger.apply(Made(SN1))
    ledger.apply(Back(SN1.id))
    assert ledger.tally("PS-1", 1) == Tally(serials=1)
    ledger.apply(Gone(SN1.id))
    ledger.apply(Gone(SN1.id))
    assert ledger.tally("PS-1", 1) == Tally()


def test_D1_the_newest_blank_is_the_one_made_last_also_after_it_came_back():
    ledger = ledger_with(PS1)
    first, second = (registration_of(n, "PS-1", 1, DRILL, None) for n in (1, 2))
    for change in (Made(first), Made(second), Gone(first.id), Back(first.id)):
        ledger.apply(change)
    assert ledger.newest_blank("PS-1", 1) == second
    ledger.apply(Gone(second.id))
    assert ledger.newest_blank("PS-1", 1) == first
    assert ledger.newest_blank("PS-1", 2) is None


def test_D5_a_document_stands_where_it_was_put():
    ledger = ledger_with(PS1)
    ledger.apply(StatusChanged("PS-1", SlipStatus.POSTED))
    assert ledger.slip("PS-1") == PackingSlip("PS-1", "SO-PS-1", "Customer", SlipStatus.POSTED)


def test_D3_events_are_kept_for_undoing_newest_first():
    play = Play(ledger_with(PS1))
    play.ledger.apply(Made(SN1))
    removed = recorded_as(Removed("PS-1", 1, SN1.id, "SN-1"), 2)
    play.ledger.remember(removed)
    past = PastEvent("T1-0002", "removed", "PS-1", 1, "ann", SN1.id, "SN-1")
    assert play.ledger.past_event("T1-0002") == past
    assert list(play.ledger.not_yet_undone("PS-1", ANN.id)) == [past]
    assert list(play.ledger.not_yet_undone("PS-1", BOB.id)) == []
