"""Stories of two terminals at one slip, sale or order, in which nothing fails: what each shows, and who is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from terminal.domain.documents import Operator, Policies
from terminal.domain.intents import (
    AddSerial,
    DraftInvoice,
    DraftSlip,
    RemoveSerial,
    RequestPosting,
    ReturnSerial,
    SellOneMore,
    SetSaleLine,
)
from terminal.domain.views import Verdict
from terminal.journal.journal import Journal

from .simulated_shift import World
from .simulated_terminal import Device
from .stories import (
    all_sent,
    do,
    left,
    open_order,
    open_slip,
    out_of_reach,
    pass_time,
    problems,
    settled,
    sold,
    status,
    units_here,
)

SLIP, SALE, INVOICE = "PS-T1-1", "CS-T1-1", "INV-T1-1"


def test_what_is_left_of_an_order_after_a_draft_that_was_refused(world: World) -> None:
    """What it had taken off was not given back as long as the list of orders was the same: 3 of 5 were left here."""
    first, _ = world.devices
    assert left(first, "SO-2") == [5]
    with out_of_reach(world, first, 5):
        do(first, DraftSlip(SLIP, "SO-2", ((1, 2),)))
    assert left(first, "SO-2") == [3]
    world.server.write(lambda work: work.driver.say("UPDATE item SET blocked = 1 WHERE number = 'PUMP'"))
    pass_time(world, first, 1200)
    assert problems(first) == [("slip-drafted", None)]
    assert left(first, "SO-2") == [5]


def sold_over_the_counter(device: Device, sale: str) -> None:
    """Sell S1."""
    do(device, SellOneMore(sale, "PUMP"), AddSerial(sale, 1, "S1"), RequestPosting(sale, False))


def removed_too_late(world: World, device: Device, other: Device) -> None:
    """Sell S1 a second time and take it off again, after the slip was posted at the other terminal."""
    open_order(device, "SO-2")
    open_order(other, "SO-2")
    do(device, DraftSlip(SLIP, "SO-2", ((1, 1),)), AddSerial(SLIP, 1, "S1", "It came back"))
    open_slip(other, SLIP)
    with out_of_reach(world, device, 10):
        do(device, RemoveSerial(SLIP, 1, "S1"))
        do(other, RequestPosting(SLIP, False))
    all_sent(world)
    assert problems(device) == [("removed", "S1")]


@pytest.mark.parametrize(("seller", "sale"), [(0, SALE), (1, "CS-T2-1")], ids=["its own", "another's"])
def test_a_removal_that_came_too_late_leaves_the_first_sale_as_it_was(world: World, seller: int, sale: str) -> None:
    """The removal let the first sale hold the serial again; when it was refused, the first sale was gone here."""
    first, second = world.devices
    sold_over_the_counter(world.devices[seller], sale)
    open_slip(first, sale)
    removed_too_late(world, first, second)
    assert units_here(first) == [f"S1 on {sale}", "S1 on PS-T1-1"]
    settled(world)


def test_a_first_sale_stays_where_the_second_one_is_read(world: World) -> None:
    """A unit that another terminal sold again was read, and took the place of its own first sale: that was gone."""
    first, second = world.devices
    sold_over_the_counter(first, SALE)
    do(second, AddSerial("PS-1", 1, "S1", "It came back"))
    open_slip(first, "PS-1")
    all_sent(world)
    assert units_here(first) == ["S1 on CS-T1-1", "S1 on PS-1"]
    settled(world)


def test_two_who_sell_one_more_at_a_time_are_not_taken_for_one(world: World) -> None:
    """Both said "2 units" where each meant one more: both were accepted, one unit was missing, and nobody was told."""
    first, second = world.devices
    do(first, SellOneMore(SALE, "VALVE"))
    open_slip(second, SALE)
    with out_of_reach(world, second, 5):
        do(second, SellOneMore(SALE, "VALVE"))
        do(first, SellOneMore(SALE, "VALVE"))
    settled(world)
    assert sold(world, SALE) == [2]
    assert (problems(first), problems(second)) == ([], [("sale-line-set", None)])


def as_a_whole(device: Device, step: Callable[[Journal, Operator, Policies, str, str], Verdict]) -> None:
    """Put all of the slip on the invoice, or take it off."""
    who = device.who
    assert who is not None
    assert device.desk.call(lambda j: step(j, who, j.merging.shop().policies, INVOICE, SLIP)).accepted
    device.turn()


def test_a_unit_without_a_serial_is_returned_although_the_one_with_it_was_returned_before(world: World) -> None:
    """All of a slip was taken off an invoice while another took off its serial: harmless, and the rest stayed on."""
    first, second = world.devices
    do(first, DraftSlip(SLIP, "SO-1", ((2, 2),)), AddSerial(SLIP, 1, "S1"))
    do(first, RequestPosting(SLIP, False))
    open_order(first, "SO-1")
    do(first, DraftInvoice(INVOICE, "SO-1"))
    as_a_whole(first, Journal.draw_slip)
    open_order(second, "SO-1")
    with out_of_reach(world, second, 50):
        as_a_whole(second, Journal.return_slip)
        do(first, ReturnSerial(INVOICE, "S1"))
    pass_time(world, second, 60)
    settled(world)
    assert world.history().draws == frozenset()
    assert problems(second) == []


def test_a_sale_is_posted_only_with_the_units_that_were_seen(world: World) -> None:
    """It was posted with 5 units by somebody who had seen 1: units without a serial were in no fingerprint."""
    first, second = world.devices
    do(first, SellOneMore(SALE, "VALVE"))
    open_slip(second, SALE)
    do(first, SetSaleLine(SALE, 1, "VALVE", 5))
    assert second.desk.call(lambda journal: [line.units for line in journal.records.lines(SALE)]) == [1]
    do(second, RequestPosting(SALE, False))
    settled(world)
    assert (status(world, SALE), problems(second)) == ("draft", [("posting-requested", None)])
