"""S8: several units of a line are marked as not readable at once, and a refused unit is sold again (S22)."""

from __future__ import annotations

import pytest

from terminal.domain.changes import StatusChanged
from terminal.domain.documents import Duty, Operator, OverScan, SlipStatus
from terminal.domain.intents import AddSerial, SellOneMore
from terminal.ui.messages import Scanned
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.marking import MarkManyPage
from terminal.ui.pages.reversing import KeptPage, ReversePage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Place
from terminal.ui.sound import Sound

from .stage import BOB, FULL, PlayDesk, PlayStage


def scanning(**policies: object) -> PlayStage:
    stage = PlayStage(PlayDesk())
    stage.desk.policies(**policies)
    stage.enter(ScanningPage(stage, stage.desk.sheet_of("PS-1001", 1)))
    return stage


def choose(stage: PlayStage, words: str) -> None:
    """Choose an entry of the page's menu."""
    dict(stage.top.menu())[words]()


def marking(**policies: object) -> PlayStage:
    stage = scanning(**policies)
    choose(stage, "Many unreadable")
    assert isinstance(stage.top, MarkManyPage)
    return stage


def test_a_number_and_one_confirmation_mark_them():
    stage = marking()
    asked = "How many are not readable? Type the number, or touch its digits."
    assert f"3 units are still to scan. {asked}" in stage.words()
    stage.press("enter", "f8")
    assert stage.desk.did("mark_many") == []
    stage.scan("2")
    assert "Mark 2 units as not readable?" in stage.words(20, 16)
    stage.press("enter", fresh=False)
    assert stage.desk.did("mark_many") == []
    stage.press("enter")
    assert stage.desk.did("mark_many") == [("PS-1001", 1, 2)]
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.said.text == "OK 2 units are not readable"
    assert stage.desk.serials("PS-1001", 1) == [None, None]
    assert stage.sounds == [Sound.OK]
    assert "2 / 3" in stage.words()


def test_it_is_asked_for_once():
    stage = marking()
    stage.scan("3")
    stage.desk.later = True
    stage.press("f8", "f8", "enter")
    stage.desk.answer_all()
    assert stage.desk.did("mark_many") == [("PS-1001", 1, 3)]


@pytest.mark.parametrize("over_scan", OverScan)
def test_more_than_are_left_are_not_marked_in_one_step(over_scan):
    stage = marking(over_scan=over_scan)
    stage.scan("8217")
    assert "NO Only 3 left on this line. Take fewer." in stage.words()
    stage.press("enter")
    stage.scan("4")
    assert "NO Only 3 left on this line. Take fewer." in stage.words()
    stage.scan("0")
    assert "NO Type how many units, 1 at least." in stage.words()
    stage.press("enter")
    assert stage.desk.did("mark_many") == []


def test_on_a_full_line_none_is_marked_in_one_step():
    stage = scanning()
    stage.scan("SN-1", "SN-2", "SN-3")
    choose(stage, "Many unreadable")
    stage.scan("1")
    assert "NO No unit is left to scan on this line." in stage.words()
    stage.press("enter")
    assert stage.desk.did("mark_many") == []


def test_in_remove_nothing_is_added():
    stage = scanning()
    stage.press("f2", "f4")
    choose(stage, "(Many unreadable)")
    assert stage.top.said.text == "NO Nothing was removed: this only adds units. Press F4 for ADD."
    assert isinstance(stage.top, ScanningPage)
    stage.press("f4")
    choose(stage, "Many unreadable")
    assert isinstance(stage.top, MarkManyPage)


def test_the_verdict_says_how_many_were_marked_and_why_not_all():
    stage = marking()
    stage.scan("3")
    stage.desk.policies(over_scan=OverScan.REFUSE)
    stage.desk.scan(Place("PS-1001", 1, stage.pages[0].mode), "SN-1", lambda _: None)
    stage.press("enter")
    assert stage.top.said.text == "OK 2 of 3 marked. Not more: The line is full: 3 of 3. Take the surplus unit back."
    assert stage.sounds == [Sound.NO]
    stage = marking()
    stage.scan("1")
    stage.desk.operator = BOB
    stage.press("enter")
    assert stage.top.said.text == "NO You may not mark units not readable. Ask a supervisor."
    assert stage.top.said.style == "no"


@pytest.mark.parametrize("scan", [Scanned("2", "serial", by_scanner=True), Scanned("SN-1", "keyboard")])
def test_a_scan_is_no_number_and_is_judged_as_a_scan(scan):
    stage = marking()
    stage.top.scanned(scan)
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.did("mark_many") == []
    assert stage.desk.serials("PS-1001", 1) == [scan.text]


def test_a_fault_marks_nothing_and_a_late_answer_is_said_below():
    stage = marking()
    stage.scan("2")
    stage.desk.broken = FULL
    stage.press("enter")
    assert stage.faults == [FULL]
    stage.mend()
    stage.desk.later = True
    stage.press("enter")
    stage.back()
    stage.desk.answer_all()
    assert stage.top.said.text == "OK 2 units are not readable"


# -- the menu of a slip


def test_the_menu_of_a_draft_and_of_a_posted_slip():
    stage = scanning()
    assert [words for words, _ in stage.top.menu()] == ["Serials", "Many unreadable", "Not readable", "Its order"]
    choose(stage, "Serials")
    assert isinstance(stage.top, InquiryPage)
    stage.back()
    choose(stage, "Not readable")
    assert isinstance(stage.top, BlanksPage)
    assert stage.top.only == "PS-1001"
    stage.back()
    stage.desk.post("PS-1001")
    stage.top.news(None)
    words = [words for words, _ in stage.top.menu()]
    assert words == ["Serials", "Correct a serial", "Reverse ...", "Not readable", "Its order"]
    choose(stage, "Correct a serial")
    assert stage.top.correcting
    stage.back()
    choose(stage, "Reverse ...")
    assert isinstance(stage.top, ReversePage)


def test_what_an_operator_may_not_is_in_parentheses_and_says_why():
    stage = scanning()
    stage.desk.operator = BOB
    choose(stage, "(Many unreadable)")
    assert stage.top.said.text == "NO You may not mark units not readable. Ask a supervisor."
    stage.desk.post("PS-1001")
    stage.top.news(None)
    choose(stage, "(Correct a serial)")
    assert stage.top.said.text == "NO You may not correct serials. Ask a supervisor."
    choose(stage, "(Reverse ...)")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.said.text == "NO You may not reverse documents. Ask a supervisor."


def test_a_cancelled_slip_offers_what_is_kept():
    stage = scanning()
    stage.desk.post("PS-1001")
    stage.desk.ledger.apply(StatusChanged("PS-1001", SlipStatus.CANCELLED))
    stage.top.news(None)
    choose(stage, "Kept serials ...")
    assert isinstance(stage.top, KeptPage)


# -- sold before


def sold_before(*reasons: str, operator: Operator | None = None, **policies: object) -> PlayStage:
    """A unit that was sold on an invoice is scanned again."""
    stage = scanning(correction_reasons=reasons, **policies)
    desk = stage.desk
    desk.new_sale(lambda _: None)
    desk.record(SellOneMore("T1-S1", "DRILL"), None, lambda _: None)
    desk.record(AddSerial("T1-S1", 1, "SN-1"), None, lambda _: None)
    desk.post("T1-S1")
    desk.operator = operator or desk.operator
    stage.scan("SN-1")
    return stage


def test_a_supervisor_sells_a_unit_again_with_a_reason_from_the_list():
    stage = sold_before("came back", "demo unit")
    assert stage.top.said.text == "NO SN-1 was sold on invoice T1-S1. F9 sells it again."
    assert ("f9", "Sell again") in stage.keys
    stage.press("enter")
    assert stage.desk.serials("PS-1001", 1) == []
    stage.press("f9")
    assert "Why is SN-1 sold again?" in stage.words()
    assert stage.top.chosen(1)
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.did("record")[-1][0].override == "came back"
    assert stage.top.said.text == "OK SN-1"
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    assert ("f9", "Lines") in stage.keys


def test_the_reason_is_typed_where_there_is_no_list_and_a_scan_is_none():
    stage = sold_before()
    choose(stage, "Sell again")
    stage.top.scanned(Scanned("SN-2", "serial", by_scanner=True))
    assert stage.desk.serials("PS-1001", 1) == ["SN-2"]
    assert ("f9", "Sell again") not in stage.keys
    stage.scan("SN-1")
    stage.press("f9")
    stage.scan("")
    assert "NO Type a reason in a few words." in stage.words()
    stage.scan("x" * 101)
    assert "NO That is too long." in stage.words()
    stage.scan(" came back ")
    assert stage.desk.did("record")[-1][0].override == "came back"
    assert stage.top.said.text == "OK SN-1"


def test_without_the_duty_the_sentence_says_who_can():
    stage = sold_before("came back", operator=Operator("1002", "Bob", frozenset({Duty.REGISTER})))
    assert "A supervisor can sell it again." in stage.top.said.text
    assert ("f9", "Sell again") not in stage.keys
    stage.press("f9")
    assert not isinstance(stage.top, ScanningPage)  # the lines, as ever


def test_an_error_that_must_be_acknowledged_comes_first():
    stage = sold_before("came back", acknowledge_errors=True)
    stage.press("f9")
    assert isinstance(stage.top, ScanningPage)
    stage.press("enter")
    assert ("f9", "Sell again") in stage.keys
    stage.press("f9")
    assert stage.top.chosen(1)
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
