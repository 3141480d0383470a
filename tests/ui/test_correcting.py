"""S9, S10, S17: a serial is replaced or a blank filled; no scan answers the question why (D13)."""

from __future__ import annotations

import pytest

from terminal.domain.intents import CorrectSerial
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.pages.correcting import CorrectPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.sound import Sound

from .stage import FULL, PlayStage
from .test_inquiry import looking, shipped


def correcting(*reasons: str, blank: bool = False) -> PlayStage:
    """Go to correct the first unit, or the blank, which is the last."""
    desk = shipped(2, blank=blank)
    desk.policies(correction_reasons=reasons)
    stage = looking(desk)
    if blank:
        stage.press("down", "down")
    stage.press("enter", "enter")
    return stage


def test_the_reason_then_the_right_serial():
    stage = correcting("mixed up", "misread")
    assert isinstance(stage.top, ReasonPage)
    assert "1 mixed up 2 misread" in stage.words(20, 16)
    assert stage.top.chosen(2)
    assert isinstance(stage.top, CorrectPage)
    words = stage.words(20, 16)
    assert "Scan the right serial." in words
    assert "Reason: misread" in words
    stage.scan("SN-9")
    assert stage.desk.did("record") == [(CorrectSerial("PS-1001", "E0001", "SN-9", "misread"),)]
    assert isinstance(stage.top, InquiryPage)
    assert "OK SN-000 -> SN-9" in stage.words()
    assert stage.sounds[-1] is Sound.OK
    assert "1 SN-9" in stage.words()


@pytest.mark.parametrize("how", ["enter", "touch"])
def test_a_reason_is_chosen_by_arrows_and_by_touch(how):
    stage = correcting("mixed up", "misread")
    stage.rows()
    if how == "enter":
        stage.press("f7")
        stage.press("enter", fresh=False)
        assert isinstance(stage.top, ReasonPage)
        stage.press("enter")
    else:
        stage.top.pressed(Pressed("mouse", True, 3, 0))
    assert stage.top.reason == "misread"


@pytest.mark.parametrize("code", ["SN-001", "3", "misread", "\r", "f8"])
def test_a_scan_never_gives_the_reason_and_is_judged_where_it_belongs(code):
    stage = correcting("mixed up", "misread")
    stage.scan(code)
    assert isinstance(stage.top, InquiryPage)
    assert stage.desk.did("record") == []
    assert [text for _, text in stage.desk.did("place_of")] == ([code.strip()] if code.strip() else [])


def test_a_digit_that_came_like_a_scan_chooses_nothing_and_is_said():
    stage = correcting("mixed up", "misread")
    stage.scan("2")
    assert isinstance(stage.top, ReasonPage)
    assert "NO 2 came as fast as a scan, and a scan gives no reason. Press 2 alone." in stage.words(20, 16)
    stage.top.scanned(Scanned("2", "serial", by_scanner=True))
    assert isinstance(stage.top, InquiryPage)


def test_what_was_said_of_a_serial_goes_when_another_is_gone_to():
    stage = looking(shipped(3))
    stage.scan("SN-001")
    assert "OK SN-001 is here." in stage.words()
    stage.scan("1")
    assert "SN-001 is here" not in stage.words()


def test_a_site_without_a_list_asks_for_no_reason():
    stage = correcting()
    assert isinstance(stage.top, CorrectPage)
    stage.scan("SN-9")
    assert stage.desk.serials("PS-1001", 1) == ["SN-9", "SN-001"]


def test_a_blank_is_filled_without_a_reason():
    stage = correcting("mixed up", blank=True)
    assert isinstance(stage.top, CorrectPage)
    assert "Scan the label that was found." in stage.words()
    stage.scan("SN-9")
    assert "OK (not readable) -> SN-9" in stage.words()
    assert stage.desk.serials("PS-1001", 1) == ["SN-000", "SN-001", "SN-9"]


def test_what_is_refused_is_said_and_the_next_scan_is_judged_again():
    stage = correcting()
    for code, words in (("SN-000", "SN-000 is what it says already."), ("sn-001", "SN-001 is already on this line")):
        stage.scan(code)
        assert isinstance(stage.top, CorrectPage)
        assert words.casefold() in stage.words().casefold()
        assert stage.sounds[-1] is Sound.NO
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert "NO The scanner sent noise" in stage.words()
    stage.scan("SN-9")
    assert isinstance(stage.top, InquiryPage)


def test_a_bounce_of_the_scan_is_no_second_one():
    stage = correcting()
    stage.desk.later = True
    stage.scan("SN-9")
    stage.top.scanned(Scanned("SN-9", "keyboard", repeat=True))
    stage.desk.answer_all()
    assert len(stage.desk.did("record")) == 1


def test_a_burst_corrects_once_and_the_rest_is_judged_where_it_belongs():
    stage = correcting()
    stage.desk.later = True
    stage.scan("SN-9", "SN-001", "SN-X")
    stage.desk.answer_all()
    assert len(stage.desk.did("record")) == 1
    assert [text for _, text in stage.desk.did("place_of")] == ["SN-001", "SN-X"]
    assert "NO SN-X is not on PS-1001." in stage.words()


def test_a_burst_whose_first_is_refused_goes_on_with_the_next():
    stage = correcting()
    stage.desk.later = True
    stage.scan("SN-001", "SN-9", "SN-001")
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-9", "SN-001"]
    assert [text for _, text in stage.desk.did("place_of")] == ["SN-001"]


def test_a_scan_survives_a_journal_that_can_not_be_written():
    stage = correcting()
    stage.desk.broken = FULL
    stage.scan("SN-9")
    assert set(stage.faults) == {FULL}
    assert stage.desk.serials("PS-1001", 1) == ["SN-000", "SN-001"]
    stage.mend()
    assert stage.desk.serials("PS-1001", 1) == ["SN-9", "SN-001"]
    assert isinstance(stage.top, InquiryPage)


def test_a_verdict_after_the_page_was_left_is_said_where_one_is():
    stage = correcting()
    stage.desk.later = True
    stage.scan("SN-9")
    stage.back()
    stage.desk.answer_all()
    assert "OK SN-000 -> SN-9" in stage.words()
    stage = correcting()
    stage.desk.later = True
    stage.scan("SN-000")
    stage.back()
    stage.desk.answer_all()
    assert stage.alarms == ["NO SN-000 is what it says already. Nothing was changed."]


def test_another_operator_writes_nothing_down_for_the_first():
    stage = correcting()
    stage.desk.broken = FULL
    stage.scan("SN-9")
    stage.desk.operator = None
    assert list(stage.top.left())[1:] == ["SN-9"]


def test_the_unit_can_be_read_whole_on_any_screen():
    stage = correcting("mixed up")
    stage.top.chosen(1)
    seen = stage.words(20, 8)
    for _ in range(6):
        stage.press("f7")
        seen += stage.words(20, 8)
    for words in ("PS-1001 line 1", "DRILL", "SO-1001 Customer", "SN-000", "Reason: mixed up"):
        assert words in seen
    stage.press("f6")
