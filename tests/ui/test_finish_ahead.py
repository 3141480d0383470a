"""Before a slip is posted: what will be harder afterwards (S9, S14, S17)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Duty, Kind, Operator, ScanMode
from terminal.domain.ledger import Ledger
from terminal.domain.views import Ahead
from terminal.ui.pages.finish import FinishPage
from terminal.ui.ports import Place

from .stage import DRILL, FULL, ITEMS, PlayDesk, PlayStage, slip_of


def finishing(blanks: int = 0, *uninvoiced: str, kind: str = Kind.PACKING_SLIP, ready: bool = True) -> PlayStage:
    slip, lines = slip_of("PS-1", (DRILL, 2))
    desk = PlayDesk(Ledger(ITEMS, [(replace(slip, kind=kind), lines)]))
    for n in range(2 if ready else 0):
        if n < blanks:
            desk.mark_many("PS-1", 1, 1, lambda _: None)
        else:
            desk.scan(Place("PS-1", 1, ScanMode.ADD), f"S{n}", lambda _: None)
    stage = PlayStage(desk)
    desk.ahead = lambda number, then: then(Ahead(blanks, 2, uninvoiced))
    stage.enter(FinishPage(stage, "PS-1", lambda: None))
    return stage


def test_blanks_say_whether_this_operator_can_fill_them_later():
    stage = finishing(1)
    words = stage.words(20, 16)
    assert "1 not readable" in words
    assert "Once posted, filling what is not readable is a correction. You may do it." in words
    stage.desk.operator = Operator("1", "Bo", frozenset({Duty.POST, Duty.REGISTER}))
    assert "Once posted, only a supervisor can fill what is not readable." in stage.words()
    assert "not readable" not in finishing(0).words()


@pytest.mark.parametrize("kind", [Kind.COUNTER_SALE, Kind.INVOICE])
def test_what_charges_leaves_blanks_as_they_are(kind):
    assert "What is not readable stays so after this." in finishing(1, kind=kind).words()


def test_other_slips_of_the_order_that_are_not_wholly_invoiced_are_named():
    words = finishing(0, "PS-7", "PS-8").words()
    assert "Not wholly invoiced: PS-7, PS-8. An invoice may leave only one slip incomplete." in words
    assert "Not wholly invoiced: A, B, C and 2 more." in finishing(0, "A", "B", "C", "D", "E").words()


def test_what_is_missing_and_what_is_not_yet_sent_stay_in_sight():
    words = finishing(0, "PS-7", ready=False).words()
    assert words.index("Not ready to post:") < words.index("Not wholly invoiced")
    assert "2 not yet sent" in finishing().words()


def test_nothing_is_said_of_it_once_it_is_posted_and_a_fault_says_nothing():
    stage = finishing(1, "PS-7")
    stage.desk.post("PS-1")
    stage.top.news(None)
    assert "Not wholly invoiced" not in stage.words()
    stage = finishing(1)
    stage.desk.ahead = lambda number, then: then(FULL)
    stage.enter(FinishPage(stage, "PS-1", lambda: None))
    assert "Once posted" not in stage.words()


def test_the_desk_looks_ahead_by_the_rules():
    slips = [slip_of("PS-1", (DRILL, 1)), slip_of("PS-2", (DRILL, 1))]
    slips = [(replace(slip, order="SO-1"), lines) for slip, lines in slips]
    desk = PlayDesk(Ledger(ITEMS, slips))
    desk.post("PS-2")
    seen: list[Ahead] = []
    desk.ahead("PS-1", seen.append)
    assert seen == [Ahead(0, 0, ("PS-2",))]
