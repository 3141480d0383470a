"""S21: a counter sale is packing slip and invoice in one, and asks for the serial before it is done."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Kind, SlipStatus
from terminal.domain.events import SaleLineSet
from terminal.domain.intents import AddSerial, DraftSlip, RequestPosting, ReverseSlip, SellOneMore, SetSaleLine
from terminal.domain.judging import Outcome
from terminal.domain.posting import request_posting
from terminal.domain.refusals import Code, refuse
from tests.domain.floor import Floor
from tests.domain.shop import ANN, GUEST

POST = RequestPosting("CS-1", online=True)


@pytest.fixture
def floor() -> Floor:
    floor = Floor()
    floor.must(SellOneMore("CS-1", "DRILL"))
    return floor


def test_S21_the_first_item_begins_the_sale(floor):
    sale = floor.ledger.slip("CS-1")
    assert (sale.kind, sale.order, sale.status) == (Kind.COUNTER_SALE, "", SlipStatus.DRAFT)
    assert floor.does(SellOneMore("CS-1", "DRILL")) == SaleLineSet("CS-1", 1, "DRILL", 2, before=1)
    assert floor.does(SellOneMore("CS-1", "GLUE")) == SaleLineSet("CS-1", 2, "GLUE", 1, before=0)


def test_S21_the_serial_comes_before_the_sale_is_done(floor):
    assert floor.does(POST) == refuse(Code.UNITS_MISSING, line=1, item="DRILL", missing=1)
    floor.must(AddSerial("CS-1", 1, "SN-1"), POST)
    unit = floor.unit("SN-1")
    assert (unit.invoice, unit.invoiced) == ("CS-1", True)
    assert floor.does(SellOneMore("CS-1", "GLUE")) == refuse(Code.DOCUMENT_POSTED, document="CS-1")
    assert floor.does(ReverseSlip("CS-1", 0, "came back")) == refuse(Code.NOT_A_SLIP, document="CS-1")


def test_S21_units_come_off_again(floor):
    floor.must(SetSaleLine("CS-1", 1, "DRILL", 0))
    assert floor.does(POST) == refuse(Code.NOTHING_TO_SHIP, order="CS-1")


def test_I11_S21_what_can_not_be_sold(floor):
    assert floor.does(SellOneMore("CS-1", "RECALLED")) == refuse(Code.BLOCKED, item="RECALLED")
    assert floor.does(SellOneMore("CS-1", "?")) == refuse(Code.UNKNOWN_ITEM, item="?")
    assert floor.does(SellOneMore("CS-1", "DRILL"), GUEST).code is Code.MISSING_DUTY
    assert floor.does(SetSaleLine("CS-1", 1, "GLUE", 1)) == refuse(Code.UNKNOWN_LINE, document="CS-1", line=1)
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 1),)))
    assert floor.does(SellOneMore("PS-1", "GLUE")) == refuse(Code.NUMBER_TAKEN, document="PS-1")


def test_S21_D6_two_who_sell_one_more_of_the_same(floor):
    again = refuse(Code.CHANGED_MEANWHILE, serial="", document="CS-1", type="sale-line-set")
    assert floor.judged(SaleLineSet("CS-1", 1, "DRILL", 2, before=1)).outcome is Outcome.ACCEPTED
    late = floor.judged(SaleLineSet("CS-1", 1, "DRILL", 2, before=0))
    assert (late.outcome, late.refusal) == (Outcome.REJECTED, again)
    assert floor.judged(SaleLineSet("CS-1", 1, "DRILL", 3)).outcome is Outcome.ACCEPTED, "as earlier versions say it"


def test_S21_D5_a_sale_is_posted_with_the_units_that_were_seen(floor):
    floor.must(SellOneMore("CS-1", "GLUE"), AddSerial("CS-1", 1, "SN-1"))
    asked = request_posting(floor.ledger, ANN, floor.policies, "CS-1", online=True)
    assert floor.judged(asked).outcome is Outcome.ACCEPTED
    floor.must(SellOneMore("CS-1", "GLUE"))
    assert floor.judged(asked).refusal == refuse(Code.DIFFERENT_SET, document="CS-1", seen=1, held=1)
    assert floor.judged(replace(asked, sold="")).outcome is Outcome.ACCEPTED, "as earlier versions ask"
