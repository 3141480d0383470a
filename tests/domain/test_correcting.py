"""S9–S12, S17, S22: serials corrected, blanks filled, slips reversed, and what comes along afterwards."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.changes import Revised, answered
from terminal.domain.documents import Policies, SlipStatus
from terminal.domain.events import SerialCorrected, SlipReversed, Undone
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    CorrectSerial,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    DropKept,
    RemoveSerial,
    RequestPosting,
    ReverseSlip,
    SellOneMore,
    Undo,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from tests.domain.floor import Floor
from tests.domain.shop import ANN, BOB, GUEST
from tests.drafts import kept_that_fit


@pytest.fixture
def floor() -> Floor:
    """PS-1: two drills, two saws (one of them without a serial), one glue; posted."""
    floor = Floor()
    floor.ship("PS-1", {1: 2, 2: 2, 3: 1}, [(1, "SN-1"), (1, "SN-2"), (2, "SAW-1")])
    return floor


def sell(floor: Floor, number: str, serial: str, override: str = "") -> str:
    """Sell a drill at the counter (S21); gives the name of its registration."""
    floor.must(
        SellOneMore(number, "DRILL"), AddSerial(number, 1, serial, override), RequestPosting(number, online=True)
    )
    return floor.unit(serial).id


def correct(floor: Floor, serial: str, new: str, reason: str = "mixed up") -> CorrectSerial:
    return CorrectSerial("PS-1", floor.unit(serial).id, new, reason)


def test_S10_a_serial_of_a_posted_slip_is_replaced_and_keeps_its_name(floor):
    before = floor.unit("SN-1")
    assert floor.does(correct(floor, "SN-1", " SN-9\r")) == SerialCorrected(
        "PS-1", 1, before.id, "SN-1", "SN-9", "mixed up"
    )
    assert floor.unit("SN-9") == replace(before, serial="SN-9", key="sn-9")
    assert floor.ledger.holder("DRILL", "sn-1") is None
    assert floor.ledger.tally("PS-1", 1).serials == 2


def test_S10_the_reason_comes_from_the_sites_list(floor):
    for reason in ("", "because"):
        assert floor.does(correct(floor, "SN-1", "SN-9", reason)) == refuse(Code.REASON_MISSING)
    floor.policies = Policies()
    floor.must(correct(floor, "SN-1", "SN-9", ""))


def test_S10_S22_a_serial_that_is_live_elsewhere_is_refused(floor):
    assert floor.does(correct(floor, "SN-1", "sn-2")).code is Code.DUPLICATE_ON_LINE
    assert floor.does(correct(floor, "SN-1", "SN-1")) == refuse(Code.SAME_SERIAL, serial="SN-1")
    floor.must(correct(floor, "SN-1", "sn-1"))  # another case is a correction of what is printed


def test_S17_correcting_needs_its_duty(floor):
    assert floor.does(correct(floor, "SN-1", "SN-9"), BOB) == refuse(Code.MISSING_DUTY, duty="correct-serials")
    refused = refuse(Code.MISSING_DUTY, duty="correct-serials", action="reverse")
    assert floor.does(ReverseSlip("PS-1", 0, "came back"), BOB) == refused


def test_S10_a_line_corrected_by_a_negative_quantity_stays_as_it_is():
    floor = Floor()
    floor.ship("PS-1", {4: 1}, [(1, "SN-1")])
    assert floor.does(correct(floor, "SN-1", "SN-9")) == refuse(Code.NEGATIVE_QUANTITY, order="SO-9", line=4)


@pytest.mark.parametrize("line", [0, 2], ids=["whole slip", "its line"])
def test_S10_S11_a_line_corrected_by_a_negative_quantity_is_not_reversed(line):
    floor = Floor()
    floor.ship("PS-1", {1: 1, 4: 1}, [(1, "SN-1"), (2, "SN-2")])
    refused = refuse(Code.NEGATIVE_QUANTITY, order="SO-9", line=4)
    assert floor.does(ReverseSlip("PS-1", line, "came back")) == refused
    assert floor.judged(SlipReversed("PS-1", line, "came back")) == Judgement(Outcome.REJECTED, refused)
    assert [each.left for each in floor.ledger.order("SO-9").lines] == [5, 4, 3, 1]
    floor.must(ReverseSlip("PS-1", 1, "came back"))  # the other line is as any
    assert floor.does(ReverseSlip("PS-1", 0, "came back")) == refused


def test_S10_what_another_terminal_corrected_meanwhile_is_not_overwritten(floor):
    unit = floor.unit("SN-1")
    floor.must(correct(floor, "SN-1", "SN-8"))
    late = floor.judged(SerialCorrected("PS-1", 1, unit.id, "SN-1", "SN-9", "mixed up"))
    assert (late.outcome, late.refusal) == (
        Outcome.REJECTED,
        refuse(Code.CHANGED_MEANWHILE, serial="SN-8", document="PS-1"),
    )
    same = floor.judged(SerialCorrected("PS-1", 1, unit.id, "SN-1", "SN-8", "mixed up"))
    assert same.outcome is Outcome.DUPLICATE


def test_S9_a_blank_on_a_posted_slip_is_filled_without_a_reason_but_with_the_duty():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 1),)), AddNotReadable("PS-1", 1), RequestPosting("PS-1", online=True))
    blank = floor.ledger.newest_blank("PS-1", 1)
    filled = CorrectSerial("PS-1", blank.id, "SN-1")
    assert floor.does(filled, BOB) == refuse(Code.MISSING_DUTY, duty="correct-serials")
    floor.must(filled)
    assert floor.unit("SN-1").id == blank.id
    assert (floor.ledger.tally("PS-1", 1).serials, floor.ledger.tally("PS-1", 1).blanks) == (1, 0)


def test_S9_a_blank_on_a_draft_is_filled_as_ordinary_registering():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 2),)), AddNotReadable("PS-1", 1), AddSerial("PS-1", 1, "SN-2"))
    blank = floor.ledger.newest_blank("PS-1", 1)
    assert floor.does(CorrectSerial("PS-1", blank.id, "SN-1"), GUEST).code is Code.MISSING_DUTY
    assert floor.does(CorrectSerial("PS-1", floor.unit("SN-2").id, "SN-3", "mixed up")) == refuse(
        Code.STILL_DRAFT, document="PS-1"
    )
    done = floor.does(CorrectSerial("PS-1", blank.id, "SN-1"), BOB)
    assert isinstance(done, SerialCorrected)


def test_S9_a_blank_on_a_posted_invoice_stays():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 1),)), AddNotReadable("PS-1", 1), RequestPosting("PS-1", online=True))
    blank = floor.ledger.newest_blank("PS-1", 1)
    floor.draft_invoice()
    floor.must(DrawUnits("INV-1", "PS-1", 1, (blank.id,)), RequestPosting("INV-1", online=True))
    assert floor.does(CorrectSerial("PS-1", blank.id, "SN-1")).code is Code.INVOICED


def test_S11_a_line_is_reversed_in_full_and_the_order_has_its_units_again(floor):
    assert floor.does(ReverseSlip("PS-1", 1, "came back")) == SlipReversed("PS-1", 1, "came back")
    assert floor.ledger.line("PS-1", 1).reversed
    assert floor.ledger.slip("PS-1").status is SlipStatus.POSTED
    assert [line.left for line in floor.ledger.order("SO-9").lines] == [6, 2, 2, 2]
    assert floor.does(ReverseSlip("PS-1", 1, "came back")) == refuse(Code.LINE_REVERSED, document="PS-1", line=1)
    assert floor.judged(SlipReversed("PS-1", 1, "came back")).outcome is Outcome.DUPLICATE
    assert floor.does(correct(floor, "SN-1", "SN-9")) == refuse(Code.LINE_REVERSED, document="PS-1", line=1)


def test_S11_a_slip_is_cancelled_when_its_last_line_is_reversed(floor):
    floor.must(ReverseSlip("PS-1", 1, "came back"), ReverseSlip("PS-1", 0, "came back"))
    assert floor.ledger.slip("PS-1").status is SlipStatus.CANCELLED
    assert [line.left for line in floor.ledger.order("SO-9").lines] == [6, 4, 3, 2]
    assert floor.does(ReverseSlip("PS-1", 0, "came back")) == refuse(Code.DOCUMENT_CLOSED, document="PS-1")
    assert floor.does(ReverseSlip("PS-?", 0, "came back")).code is Code.UNKNOWN_DOCUMENT
    assert floor.does(ReverseSlip("PS-1", 7, "came back")).code is Code.DOCUMENT_CLOSED


def test_S11_invoiced_units_are_not_reversed(floor):
    floor.draft_invoice()
    floor.must(DrawUnits("INV-1", "PS-1", 3, units=1), RequestPosting("INV-1", online=True))
    assert floor.does(ReverseSlip("PS-1", 0, "came back")) == refuse(
        Code.INVOICED, document="PS-1", line=3, invoice="INV-1"
    )
    floor.must(ReverseSlip("PS-1", 1, "came back"))
    assert floor.does(ReverseSlip("INV-1", 0, "came back")) == refuse(Code.NOT_A_SLIP, document="INV-1")
    assert floor.does(ReverseSlip("PS-1", 2, "")) == refuse(Code.REASON_MISSING)


def test_S11_a_draft_invoice_gives_back_what_is_reversed(floor):
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-1"), DrawUnits("INV-1", "PS-1", 3, units=1))
    floor.must(ReverseSlip("PS-1", 0, "came back"))
    assert floor.ledger.drawn("INV-1") == []
    assert floor.ledger.draws("INV-1") == []
    assert floor.does(DrawUnits("INV-1", "PS-1", 3, units=1)) == refuse(Code.NOT_POSTED, serial="", document="PS-1")


def test_S12_the_next_slip_begins_with_the_reversed_serials(floor):
    kept = [floor.unit("SN-1"), floor.unit("SN-2")]
    floor.must(ReverseSlip("PS-1", 0, "came back"))
    along = kept_that_fit(floor.ledger, "SO-9", {1: 3, 2: 1})
    assert along == (kept[0].id, kept[1].id, floor.unit("SAW-1", "SAW").id)
    floor.must(DraftSlip("PS-2", "SO-9", ((1, 3), (2, 1)), along))
    assert floor.unit("SN-1") == replace(kept[0], document="PS-2", line=1, came_from="PS-1")
    assert floor.ledger.tally("PS-2", 1).serials == 2
    assert floor.ledger.tally("PS-1", 1).serials == 0
    floor.must(RemoveSerial("PS-2", 1, "SN-2"))  # each can be removed
    assert floor.ledger.holder("DRILL", "sn-2") is None


def test_S12_a_smaller_slip_takes_what_the_operator_ticks_and_the_rest_stays_kept(floor):
    floor.must(ReverseSlip("PS-1", 0, "came back"))
    both = (floor.unit("SN-1").id, floor.unit("SN-2").id)
    assert floor.does(DraftSlip("PS-2", "SO-9", ((1, 1),), both)) == refuse(
        Code.TOO_MANY_KEPT, order="SO-9", line=1, units=1
    )
    floor.must(DraftSlip("PS-2", "SO-9", ((1, 1),), both[1:]))
    assert [r.serial for r in floor.ledger.kept("SO-9", 1)] == ["SN-1"]
    assert kept_that_fit(floor.ledger, "SO-9", {1: 5}) == both[:1]


def test_S12_S22_a_kept_serial_goes_nowhere_else_until_it_is_dropped(floor):
    floor.must(ReverseSlip("PS-1", 1, "came back"), DraftSlip("PS-8", "SO-8", ((1, 1),)))
    assert floor.does(AddSerial("PS-8", 1, "SN-1")).code is Code.HELD_ELSEWHERE
    unit = floor.unit("SN-1")
    assert floor.does(DropKept("PS-1", 1, unit.id), GUEST).code is Code.MISSING_DUTY
    floor.must(DropKept("PS-1", 1, unit.id), AddSerial("PS-8", 1, "SN-1"))
    assert floor.unit("SN-1").document == "PS-8"


def test_S12_a_kept_serial_that_is_scanned_on_its_order_line_comes_along(floor):
    floor.must(ReverseSlip("PS-1", 1, "came back"), DraftSlip("PS-2", "SO-9", ((1, 2),)))
    floor.must(AddSerial("PS-2", 1, "SN-1"))
    assert (floor.unit("SN-1").document, floor.unit("SN-1").came_from) == ("PS-2", "PS-1")
    assert [r.serial for r in floor.ledger.kept("SO-9", 1)] == ["SN-2"]


def test_S22_a_unit_that_came_back_is_sold_again_by_an_override_with_a_reason(floor):
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-1"), RequestPosting("INV-1", online=True))
    sold = floor.unit("SN-1")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)))
    assert floor.does(AddSerial("PS-8", 1, "SN-1")) == refuse(
        Code.SOLD_BEFORE, serial="SN-1", document="PS-1", line=1, invoice="INV-1"
    )
    again = AddSerial("PS-8", 1, "SN-1", override="customer sent it back")
    assert floor.does(again, BOB) == refuse(Code.MISSING_DUTY, duty="override")
    assert floor.does(again, ANN).override == "customer sent it back"
    assert floor.unit("SN-1").document == "PS-8"
    assert floor.ledger.registration(sold.id) == replace(sold, returned=True)
    assert floor.ledger.tally("PS-1", 1).serials == 2  # what was shipped then stays as it was


def test_D3_S22_taking_the_second_sale_back_lets_the_first_hold_the_serial_again(floor):
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-1"), RequestPosting("INV-1", online=True))
    sold = floor.unit("SN-1")
    again = AddSerial("PS-8", 1, "SN-1", override="customer sent it back")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), again, Undo("PS-8"))
    assert floor.unit("SN-1") == sold
    assert floor.does(AddSerial("PS-8", 1, "SN-1")).code is Code.SOLD_BEFORE
    floor.must(again, RemoveSerial("PS-8", 1, "SN-1"))
    assert floor.unit("SN-1") == sold
    floor.must(Undo("PS-8"))  # of the removal: sold again, as the supervisor said
    assert floor.unit("SN-1").document == "PS-8"
    assert floor.ledger.registration(sold.id).returned


@pytest.mark.parametrize("override", ["", "just in case"], ids=["plain", "with a reason that nobody needed"])
def test_D3_S22_a_removal_is_not_undone_over_a_sale_that_came_since(floor, override):
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-7", override))
    unit = floor.unit("SN-7")
    assert unit.sold_before == ""
    floor.must(RemoveSerial("PS-8", 1, "SN-7"))
    removal = floor.past[-1].id
    sold = sell(floor, "CS-1", "SN-7")
    refused = refuse(Code.SOLD_BEFORE, serial="SN-7", document="CS-1", line=1, invoice="CS-1")
    assert floor.does(Undo("PS-8")) == refused
    late = floor.judged(Undone("PS-8", removal, "removed", 1, unit.id, "SN-7"))
    assert (late.outcome, late.refusal, late.live) == (Outcome.REJECTED, refused, False)
    assert late.holder == floor.unit("SN-7")
    assert (late.holder.id, late.holder.returned) == (sold, False)


def test_D3_S22_a_removal_is_undone_only_over_the_very_sale_that_a_supervisor_spoke_of(floor):
    first = sell(floor, "CS-1", "SN-7")
    again = AddSerial("PS-8", 1, "SN-7", override="customer sent it back")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), again)
    assert floor.unit("SN-7").sold_before == first
    floor.must(RemoveSerial("PS-8", 1, "SN-7"))
    second = sell(floor, "CS-2", "SN-7", "came back once more")
    assert floor.unit("SN-7").sold_before == first
    assert floor.does(Undo("PS-8")) == refuse(Code.SOLD_BEFORE, serial="SN-7", document="CS-2", line=1, invoice="CS-2")
    floor.must(again)
    assert floor.unit("SN-7").sold_before == second
    floor.must(RemoveSerial("PS-8", 1, "SN-7"), Undo("PS-8"))
    assert (floor.unit("SN-7").document, floor.ledger.registration(second).returned) == ("PS-8", True)


@pytest.mark.parametrize("scanned", [True, False], ids=["scanned again", "brought along"])
def test_S12_S22_a_second_sale_that_comes_along_still_knows_what_it_was_sold_over(floor, scanned):
    first = sell(floor, "CS-1", "SN-7")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-7", override="customer sent it back"))
    floor.must(RequestPosting("PS-8", online=True), ReverseSlip("PS-8", 0, "came back"))
    floor.must(DraftSlip("PS-9", "SO-8", ((1, 1),), () if scanned else (floor.unit("SN-7").id,)))
    if scanned:
        floor.must(AddSerial("PS-9", 1, "SN-7"))
    assert (floor.unit("SN-7").document, floor.unit("SN-7").sold_before) == ("PS-9", first)
    floor.must(RemoveSerial("PS-9", 1, "SN-7"))
    assert floor.unit("SN-7").id == first
    floor.must(Undo("PS-9"))
    assert (floor.unit("SN-7").document, floor.ledger.registration(first).returned) == ("PS-9", True)


def test_S22_a_corrected_second_sale_lets_the_first_hold_its_serial_again(floor):
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-1"), RequestPosting("INV-1", online=True))
    sold = floor.unit("SN-1")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-1", override="customer sent it back"))
    floor.must(RequestPosting("PS-8", online=True), CorrectSerial("PS-8", floor.unit("SN-1").id, "SN-77", "mixed up"))
    assert floor.unit("SN-1") == sold
    rejected = Judgement(Outcome.REJECTED, refuse(Code.MISSING_DUTY, duty="correct-serials"))
    for change in answered(floor.ledger, floor.past[-1], rejected):
        floor.ledger.apply(change)
    assert floor.unit("SN-1").document == "PS-8"
    assert floor.ledger.registration(sold.id).returned


def test_S10_S22_a_unit_that_was_sold_again_keeps_its_serial(floor):
    """Seed 3200074: charges that a restored server forgot are heard anew; meanwhile nothing may be corrected."""
    first = sell(floor, "CS-1", "SN-7")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-7", override="customer sent it back"))
    again = floor.unit("SN-7")
    floor.ledger.apply(Revised(replace(floor.ledger.registration(first), invoice="", invoiced=False)))
    refused = refuse(Code.INVOICED, document="CS-1", line=1, invoice="CS-1")
    assert floor.does(CorrectSerial("CS-1", first, "SN-8", "mixed up")) == refused
    assert floor.unit("SN-7") == again


def test_S10_S22_a_refused_correction_is_taken_back_from_a_unit_that_was_sold_again_meanwhile(floor):
    unit = floor.unit("SN-1")
    floor.must(correct(floor, "SN-1", "SN-9"))
    correction = floor.past[-1]
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-9"), RequestPosting("INV-1", online=True))
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-9", override="customer sent it back"))
    again = floor.unit("SN-9")
    refused = refuse(Code.INVOICED, document="PS-1", line=1, invoice="INV-1")
    for change in answered(floor.ledger, correction, Judgement(Outcome.REJECTED, refused)):
        floor.ledger.apply(change)
    assert floor.unit("SN-9") == again
    assert floor.unit("SN-1") == replace(unit, invoice="INV-1", invoiced=True)


def test_S22_a_refused_override_leaves_the_first_sale_as_it_was(floor):
    floor.draft_invoice()
    floor.must(DrawSerial("INV-1", "SN-1"), RequestPosting("INV-1", online=True))
    sold = floor.unit("SN-1")
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 1),)), AddSerial("PS-8", 1, "SN-1", override="customer sent it back"))
    refused = Judgement(Outcome.REJECTED, refuse(Code.MISSING_DUTY, duty="override"))
    for change in answered(floor.ledger, floor.past[-1], refused):
        floor.ledger.apply(change)
    assert floor.unit("SN-1") == sold


def test_S10_a_correction_that_the_backend_has_already_stays(floor):
    floor.must(correct(floor, "SN-1", "SN-9"))
    harmless = Judgement(Outcome.DUPLICATE, refuse(Code.SAME_SERIAL, serial="SN-9"))
    assert answered(floor.ledger, floor.past[-1], harmless) == ()
    rejected = Judgement(Outcome.REJECTED, refuse(Code.CHANGED_MEANWHILE, serial="SN-8", document="PS-1"))
    for change in answered(floor.ledger, floor.past[-1], rejected):
        floor.ledger.apply(change)
    assert floor.unit("SN-1").document == "PS-1"


def test_S22_an_override_is_for_units_that_were_sold_only(floor):
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 2),)))
    assert floor.does(AddSerial("PS-8", 1, "SN-1", override="why not")).code is Code.HELD_ELSEWHERE
    assert floor.does(AddSerial("PS-8", 1, "SN-NEW", override="why not"), BOB).override == ""


def test_S22_a_reason_goes_along_where_only_the_backend_may_know_that_the_unit_was_sold(floor):
    floor.must(DraftSlip("PS-8", "SO-8", ((1, 2),)))
    assert floor.does(AddSerial("PS-8", 1, "SN-NEW", override="came back"), ANN).override == "came back"
