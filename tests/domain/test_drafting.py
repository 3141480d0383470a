"""S13, S17, I11, D8: drafting a packing slip from an open order."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Line, OrderLine, PackingSlip, SerialOption
from terminal.domain.drafting import slip_of
from terminal.domain.events import SlipDrafted
from terminal.domain.intents import AddSerial, DraftSlip
from terminal.domain.refusals import Code, refuse
from tests.domain.shop import ANN, CONTROL, DRILL, EVE, GUEST, LENIENT, Play, ledger_with, slip_with


def draft(*units: tuple[int, int]) -> DraftSlip:
    return DraftSlip("PS-1", "SO-1", units)


def test_S13_a_slip_covers_part_of_an_order():
    play = Play(ledger_with())
    assert play.does(EVE, draft((2, 2), (1, 3), (3, 0))) == SlipDrafted("PS-1", "SO-1", ((1, 3), (2, 2)))
    assert play.ledger.slip("PS-1") == PackingSlip("PS-1", "SO-1", "Customer", site="NORTH")
    assert play.ledger.lines("PS-1") == [
        Line("PS-1", 1, "DRILL", "Drill", 3, CONTROL, order_line=1),
        Line("PS-1", 2, "SAW", "Saw", 2, LENIENT, order_line=2),
    ]


def test_S13_what_a_slip_takes_is_no_longer_left():
    play = Play(ledger_with())
    play.does(ANN, draft((1, 3)))
    assert play.ledger.order("SO-1").lines[0] == OrderLine(1, "DRILL", units=5, left=2)
    second = DraftSlip("PS-2", "SO-1", ((1, 3),))
    assert play.does(ANN, second) == refuse(Code.MORE_THAN_LEFT, line=1, left=2, wanted=3)


def test_S13_only_the_slips_own_units_take_registrations():
    play = Play(ledger_with())
    play.does(ANN, draft((1, 1)))
    refused = play.does(ANN, AddSerial("PS-1", 2, "SN-1"))
    assert refused == refuse(Code.UNKNOWN_LINE, document="PS-1", line=2)


@pytest.mark.parametrize(
    ("intent", "refusal"),
    [
        (draft((1, 6)), refuse(Code.MORE_THAN_LEFT, line=1, left=5, wanted=6)),
        (draft((3, 1)), refuse(Code.MORE_THAN_LEFT, line=3, left=0, wanted=1)),
        (draft((1, -1)), refuse(Code.MORE_THAN_LEFT, line=1, left=5, wanted=-1)),
        (draft(), refuse(Code.NOTHING_TO_SHIP, order="SO-1")),
        (draft((1, 0)), refuse(Code.NOTHING_TO_SHIP, order="SO-1")),
        (draft((9, 1)), refuse(Code.UNKNOWN_LINE, document="SO-1", line=9)),
        (DraftSlip("PS-1", "SO-9", ((1, 1),)), refuse(Code.UNKNOWN_ORDER, order="SO-9")),
        (DraftSlip("PS-0", "SO-1", ((1, 1),)), refuse(Code.NUMBER_TAKEN, document="PS-0")),
    ],
)
def test_S13_what_cannot_be_drafted_is_refused(intent, refusal):
    play = Play(ledger_with(slip_with("PS-0")))
    assert play.does(ANN, intent) == refusal


def test_S13_a_slip_is_not_drafted_twice():
    play = Play(ledger_with())
    play.does(ANN, draft((1, 1)))
    assert play.does(ANN, draft((1, 1))) == refuse(Code.NUMBER_TAKEN, document="PS-1")


def test_I11_a_blocked_item_cannot_be_put_on_a_slip():
    assert Play(ledger_with()).does(ANN, draft((4, 1))) == refuse(Code.BLOCKED, item="RECALLED", line=4)


def test_D8_an_item_without_master_data_cannot_be_put_on_a_slip():
    assert Play(ledger_with(items=())).does(ANN, draft((1, 1))) == refuse(Code.UNKNOWN_ITEM, item="DRILL")


def test_S17_drafting_needs_the_duty():
    assert Play(ledger_with()).does(GUEST, draft((1, 1))) == refuse(Code.MISSING_DUTY, duty="register")


def test_S2_D8_a_line_is_frozen_with_the_group_as_it_works():
    switched_on = replace(CONTROL, serial_number_control=False, other_options=frozenset(SerialOption))
    play = Play(ledger_with(items=(replace(DRILL, tracking=switched_on),)))
    play.does(ANN, draft((1, 1)))
    assert play.ledger.lines("PS-1") == [Line("PS-1", 1, "DRILL", "Drill", 1, CONTROL, order_line=1)]


def test_S20_a_catch_weight_item_is_drafted_and_known_as_such_on_its_line():
    play = Play(ledger_with())
    play.does(ANN, draft((5, 2)))
    assert play.ledger.lines("PS-1") == [Line("PS-1", 1, "HAM", "Ham", 2, CONTROL, catch_weight=True, order_line=5)]


def test_S13_a_slip_cannot_be_made_of_what_draft_slip_would_have_refused():
    with pytest.raises(LookupError):
        slip_of(ledger_with(), SlipDrafted("PS-1", "SO-9", ((1, 1),)))
    with pytest.raises(LookupError):
        slip_of(ledger_with(items=()), SlipDrafted("PS-1", "SO-1", ((1, 1),)))
