"""S11, S12: a slip or a line of it is reversed in full, and what is kept can be dropped."""

from __future__ import annotations

import pytest

from terminal.domain.documents import OrderLine, SalesOrder, SlipStatus
from terminal.domain.intents import AddNotReadable, AddSerial, DropKept, ReverseSlip, Undo
from terminal.domain.ledger import Ledger
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.pages.notices import AskPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.reversing import KeptPage, ReversalPage, ReversePage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Link, State
from terminal.ui.sound import Sound

from .stage import BOB, DRILL, FULL, GLUE, ITEMS, PlayDesk, PlayStage, slip_of


def reversing(*reasons: str, post: bool = True) -> PlayStage:
    """A slip of two drills and some glue, both drills scanned, and its page for reversing."""
    order = SalesOrder("SO-1001", "Customer", (OrderLine(1, "DRILL", 2, 0), OrderLine(2, "GLUE", 4, 0)))
    desk = PlayDesk(Ledger(ITEMS, [slip_of("PS-1001", (DRILL, 2), (GLUE, 4))], [order]))
    for serial in ("SN-1", "SN-2"):
        desk.record(AddSerial("PS-1001", 1, serial), 1, lambda _: None)
    if post:
        desk.post("PS-1001")
    desk.asked.clear()
    desk.policies(correction_reasons=reasons)
    stage = PlayStage(desk)
    stage.enter(ScanningPage(stage, desk.sheet_of("PS-1001", 1)))
    stage.enter(ReversePage(stage, "PS-1001"))
    stage.rows()
    return stage


def test_what_is_kept_says_how_many_of_it_are_not_readable():
    stage = reversing(post=False)
    stage.desk.record(Undo("PS-1001"), None, lambda _: None)
    stage.desk.record(AddNotReadable("PS-1001", 1), 1, lambda _: None)
    stage.desk.post("PS-1001")
    stage.top.news(None)
    stage.press("enter")
    assert isinstance(stage.top, ReversalPage)
    for size in ((20, 16), (40, 24)):
        assert "- 2 are kept for the next slip, 1 of them not readable." in stage.words(*size)


def test_the_whole_slip_is_reversed_after_a_reason_and_a_confirmation():
    stage = reversing("wrong customer")
    assert "1 Whole slip 6" in stage.words()
    stage.press("enter")
    assert isinstance(stage.top, ReasonPage)
    assert stage.top.chosen(1)
    assert isinstance(stage.top, ReversalPage)
    words = stage.words()
    assert "Reverse the whole slip: 6 units, always in full?" in words
    assert "- The units go back to order SO-1001." in words
    assert "- 2 serials are kept for the next slip." in words
    assert "- Invoices not yet posted lose these units." in words
    assert "- Reason: wrong customer" in words
    assert "No link" not in words
    stage.press("enter", fresh=False)
    assert stage.desk.did("record") == []
    stage.press("enter")
    assert stage.desk.did("record") == [(ReverseSlip("PS-1001", 0, "wrong customer"),)]
    assert "The request is stored here." in stage.words()
    assert stage.sounds == [Sound.OK]


def test_f8_confirms_too_and_once():
    stage = reversing()
    stage.press("enter")
    stage.desk.later = True
    stage.press("f8", "f8", "enter")
    stage.desk.answer_all()
    stage.press("f8", "enter")
    assert stage.desk.did("record") == [(ReverseSlip("PS-1001", 0, ""),)]


def test_the_answer_of_the_server_is_shown_and_heard_once():
    stage = reversing()
    stage.press("enter", "enter")
    stage.top.news("PS-1001")
    assert "The request is stored here." in stage.words()
    stage.desk.settle()
    stage.top.news("PS-1001")
    stage.top.news("PS-1001")
    assert "OK Reversed. The serials are kept: the next slip of SO-1001 begins with them." in stage.words()
    assert stage.sounds == [Sound.OK, Sound.DOCUMENT_COMPLETE]
    stage.back()
    assert "PS-1001 is closed." in stage.words()
    stage.press("enter")
    assert stage.sounds[-1] is Sound.NO
    assert isinstance(stage.top, ReversePage)


@pytest.mark.parametrize("how", ["digit", "typed", "touch"])
def test_a_line_is_chosen_and_reversed_alone(how):
    stage = reversing()
    if how == "digit":
        assert stage.top.chosen(3)
    elif how == "typed":
        stage.scan("3")
    else:
        stage.top.pressed(Pressed("mouse", True, 3, 0))
    assert "Reverse line 1: 2 units, always in full? 2 Drill" in stage.words()
    stage.press("enter")
    stage.desk.settle()
    stage.top.news(None)
    assert "OK Reversed." in stage.words()
    assert stage.desk.ledger.slip("PS-1001").status is SlipStatus.POSTED
    stage.back()
    assert "Drill reversed" in stage.words()
    assert stage.top.chosen(3)
    assert "NO Line 1 of PS-1001 is reversed already." in stage.words()


def test_without_a_link_it_says_that_the_request_waits():
    stage = reversing()
    stage.desk.state = State(Link.OFFLINE)
    stage.press("enter")
    assert "- No link: the request waits here for the server." in stage.words()


@pytest.mark.parametrize("page", [ReversePage, ReversalPage])
@pytest.mark.parametrize("code", ["SN-1", "f8", "\r"])
def test_a_scan_reverses_nothing(page, code):
    stage = reversing()
    if page is ReversalPage:
        stage.press("enter")
    assert isinstance(stage.top, page)
    stage.top.scanned(Scanned(code, "serial", by_scanner=True))
    assert stage.desk.did("record") == []
    assert not isinstance(stage.top, ReversalPage)


def test_who_may_not_and_what_is_no_posted_slip_is_said_before_anything_is_asked():
    stage = reversing()
    stage.desk.operator = BOB
    stage.top.news(None)
    assert "You may not reverse documents. Ask a supervisor." in stage.words(20, 16)
    stage.press("enter")
    assert "NO You may not reverse documents." in stage.words()
    draft = reversing(post=False)
    draft.press("enter")
    assert "NO PS-1001 is not posted yet" in draft.words()
    assert isinstance(draft.top, ReversePage)


def test_what_the_rules_refuse_is_said_and_faults_are_shown():
    stage = reversing()
    stage.press("enter")
    stage.desk.policies(correction_reasons=("mixed up",))
    stage.press("enter")
    assert "NO A reason is needed." in stage.words()
    stage.desk.broken = FULL
    stage.press("enter")
    assert stage.faults == [FULL]
    stage.mend()
    assert ("enter", "reverse") in stage.keys


def test_a_slip_that_is_not_known_is_said():
    stage = reversing()
    stage.enter(ReversePage(stage, "PS-77"))
    assert "NO Document PS-77 is not known." in stage.words()
    stage.press("enter", "f7")
    stage.desk.broken = FULL
    stage.top.news(None)
    assert stage.faults == [FULL]


# -- what is kept


def keeping() -> PlayStage:
    stage = reversing()
    stage.press("enter", "enter")
    stage.desk.settle()
    stage.back()
    assert stage.top.chosen(2)
    assert isinstance(stage.top, KeptPage)
    stage.rows()
    return stage


def test_kept_serials_are_listed_and_dropped_one_by_one():
    stage = keeping()
    assert "1 SN-1" in stage.words(20, 16)
    stage.press("enter")
    assert isinstance(stage.top, AskPage)
    assert "Drop SN-1?" in stage.words()
    stage.press("enter", fresh=False)
    stage.press("enter")
    assert stage.desk.did("record")[-1] == (DropKept("PS-1001", 1, "E0001"),)
    assert "OK SN-1 is dropped." in stage.words()
    assert "1 SN-2" in stage.words()
    assert stage.top.chosen(1)
    stage.press("enter")
    assert "Nothing is kept for this order." in stage.words()
    stage.press("enter", "f7")


def test_a_scan_finds_a_kept_serial_and_drops_nothing():
    stage = keeping()
    stage.scan("sn-2")
    assert stage.top.choices.selected == 1
    assert "Press Enter to drop it." in stage.words()
    stage.scan("SN-9", "")
    assert "is not kept for this order." in stage.words()
    stage.top.scanned(Scanned("SN-9", "keyboard", repeat=True))
    assert len(stage.desk.did("record")) == 1
    stage.press("enter")
    stage.scan("SN-1")  # no answer to the question
    assert isinstance(stage.top, KeptPage)
    assert len(stage.desk.did("record")) == 1


def test_news_of_what_is_kept_asks_no_server_and_faults_are_shown():
    stage = keeping()
    stage.top.news(None)
    assert stage.desk.did("order")[-1] == ("SO-1001", False)
    stage.desk.broken = FULL
    stage.press("enter")
    stage.top.news(None)
    assert stage.faults == [FULL, FULL]
    stage.desk.broken = None
    stage.enter(KeptPage(stage, "SO-77"))
    assert "NO Order SO-77 is not known." in stage.words()
