"""S16: all serials of a document, by the thousand; jumping to one, opening it, and what can be done with it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import OrderLine, SalesOrder, SlipStatus
from terminal.domain.intents import AddNotReadable, AddSerial, DraftInvoice, DrawSerial, DropKept, ReverseSlip
from terminal.domain.ledger import Ledger
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.pages.correcting import CorrectPage
from terminal.ui.pages.inquiry import BLOCK, InquiryPage, UnitPage
from terminal.ui.pages.notices import AskPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.tracing import TracePage
from terminal.ui.sound import Sound

from .stage import BOB, DRILL, FULL, ITEMS, PlayDesk, PlayStage, slip_of


def shipped(n: int = 3, *, post: bool = True, blank: bool = False) -> PlayDesk:
    """A slip with `n` serials SN-000, SN-001 and so on."""
    slips = [slip_of("PS-1001", (DRILL, n + blank)), slip_of("PS-1002", (DRILL, 1))]
    desk = PlayDesk(Ledger(ITEMS, slips, [SalesOrder("SO-1001", "Customer", (OrderLine(1, "DRILL", n, 0),))]))
    for at in range(n):
        desk.record(AddSerial("PS-1001", 1, f"SN-{at:03}"), 1, lambda _: None)
    if blank:
        desk.record(AddNotReadable("PS-1001", 1), 1, lambda _: None)
    if post:
        desk.post("PS-1001")
    desk.asked.clear()
    return desk


def looking(desk: PlayDesk | None = None, *, correcting: bool = False) -> PlayStage:
    stage = PlayStage(desk or shipped())
    stage.enter(InquiryPage(stage, "PS-1001", correcting=correcting))
    stage.rows()
    return stage


def test_every_serial_is_listed_oldest_first():
    stage = looking(shipped(2, blank=True))
    assert [row.rstrip() for row in stage.rows()] == [
        "PS-1001 seria~ ^3 ON",
        "1 SN-000           ^",
        "2 SN-001           ^",
        "3 (not readable)   ^",
        *[""] * 8,
        "1/3 line 1 Drill",
        ">",
        "Ent=open F6Up F7Down",
        "F3Back F1Menu",
    ]


def test_marks_say_what_came_along_what_is_reversed_and_what_is_invoiced():
    stage = looking(shipped(2))
    page = stage.top
    page.found = {
        0: replace(page.found[0], sent=True, invoiced=True),
        1: replace(page.found[1], sent=True, came_from="PS-9"),
    }
    assert stage.rows()[1].endswith(" $")
    assert stage.rows()[2].endswith(" <")
    page.reversed = frozenset({1})
    assert stage.rows()[1].endswith(" x$")


def test_only_what_is_shown_and_a_little_beyond_is_asked_for_and_what_was_read_is_kept():
    stage = looking(shipped(1200))
    assert {first for _, first, _ in stage.desk.did("inquiry")} == {0}
    before = stage.rows()
    for _ in range(8):
        stage.press("f7")
        stage.rows()
    asked = stage.desk.did("inquiry")
    assert len(asked) == len(set(asked))
    assert max(first for _, first, _ in asked) < 8 * 14 + 3 * BLOCK
    for _ in range(8):
        stage.press("f6")
        stage.rows()
    assert stage.desk.did("inquiry") == asked
    assert [row[:7] for row in stage.rows()[1:9]] == [row[:7] for row in before[1:9]]


def test_what_is_not_read_yet_is_shown_as_such_and_comes_in():
    stage = looking(shipped(300))
    stage.desk.later = True
    for _ in range(10):
        stage.press("f7")
        stage.rows()
    assert any(row.endswith("...") or "..." in row for row in stage.rows())
    stage.desk.answer_all()
    assert not any("..." in row for row in stage.rows())


def test_a_scan_jumps_to_its_serial_or_says_that_it_is_not_here():
    stage = looking(shipped(1200))
    stage.scan("sn-777")
    assert "778/1200" in stage.words(20, 16)
    assert "OK sn-777 is here." in stage.words()
    assert stage.sounds == [Sound.OK]
    stage.scan("SN-X")
    assert "NO SN-X is not on PS-1001." in stage.words()
    assert stage.sounds[-1] is Sound.NO
    stage.scan("  ")
    assert "NO The scan was empty." in stage.words()
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert "NO The scanner sent noise: x." in stage.words()


def test_a_number_that_was_typed_jumps_to_its_place_unless_it_is_a_serial():
    desk = shipped(50)
    desk.record(AddSerial("PS-1002", 1, "12"), 1, lambda _: None)
    stage = looking(desk)
    stage.scan("12")
    assert "12/50" in stage.words(20, 16)
    stage.top.scanned(Scanned("13", "serial", by_scanner=True))
    assert "NO 13 is not on PS-1001." in stage.words()


def test_a_bounce_does_nothing():
    stage = looking()
    stage.top.scanned(Scanned("SN-001", "keyboard", repeat=True))
    assert stage.desk.did("place_of") == []


@pytest.mark.parametrize("how", ["enter", "digit", "touch"])
def test_an_entry_is_opened_by_enter_digit_or_touch(how):
    stage = looking()
    if how == "enter":
        stage.press("down")
        stage.press("enter", fresh=False)
        assert isinstance(stage.top, InquiryPage)
        stage.press("enter")
    elif how == "digit":
        assert stage.top.chosen(2)
        assert not looking().top.chosen(7)
    else:
        stage.top.pressed(Pressed("mouse", True, 2, 3))
    assert isinstance(stage.top, UnitPage)
    words = stage.words(20, 16)
    assert "PS-1001 line 1" in words
    assert "SN-001" in words


def test_an_entry_that_is_not_read_yet_is_opened_once_it_is():
    stage = looking(shipped(300))
    stage.desk.later = True
    stage.scan("SN-250")
    stage.desk.answer()
    stage.press("enter")
    assert isinstance(stage.top, InquiryPage)
    stage.desk.answer_all()
    assert isinstance(stage.top, UnitPage)
    assert "SN-250" in stage.words()


def test_the_actions_are_chosen_and_a_scan_chooses_none():
    stage = looking()
    stage.top.chosen(1)
    assert stage.top.chosen(1)
    assert isinstance(stage.top, CorrectPage)
    stage.back()
    stage.top.chosen(1)
    assert stage.top.chosen(2)
    assert isinstance(stage.top, TracePage)
    stage.back()
    stage.top.chosen(1)
    assert not stage.top.chosen(3)
    stage.scan("SN-002")
    assert isinstance(stage.top, InquiryPage)
    assert stage.top.choices.selected == 2


def test_without_the_duty_correcting_is_shown_as_closed_with_the_reason():
    desk = shipped()
    desk.operator = BOB
    stage = looking(desk)
    stage.press("enter")
    words = stage.words(20, 16)
    assert "1 (Correct it)" in words
    assert "You may not correct serials. Ask a supervisor." in words
    stage.press("enter")
    assert isinstance(stage.top, UnitPage)
    assert "NO You may not correct serials." in stage.words()
    assert stage.desk.did("record") == []


def test_invoiced_units_and_drafts_say_why_they_stay():
    desk = shipped()
    desk.record(DraftInvoice("INV-1", "SO-1001"), None, lambda _: None)
    desk.record(DrawSerial("INV-1", "SN-000"), None, lambda _: None)
    desk.post("INV-1")
    stage = looking(desk)
    assert stage.rows()[1].endswith("^$")
    stage.press("enter")
    assert "Invoice INV-1 charges this" in stage.words()
    draft = looking(shipped(post=False))
    draft.press("enter")
    assert "PS-1001 is not posted yet" in draft.words()


def test_serials_that_an_invoice_draws_on_are_listed_with_their_slip():
    desk = shipped()
    desk.record(DraftInvoice("T1-9", "SO-1001"), None, lambda _: None)
    desk.record(DrawSerial("T1-9", "SN-001"), None, lambda _: None)
    stage = PlayStage(desk)
    stage.enter(InquiryPage(stage, "T1-9"))
    assert "1 SN-001 DRILL PS-1001/1 ^" in stage.words()
    stage.press("enter")
    assert "On invoice T1-9, not posted." in stage.words()
    stage.press("enter")
    assert isinstance(stage.top, CorrectPage)


def test_kept_serials_can_be_dropped():
    desk = shipped()
    desk.record(ReverseSlip("PS-1001"), None, lambda _: None)
    desk.settle()
    stage = looking(desk)
    assert stage.rows()[1].endswith("^x")
    stage.press("enter")
    assert "Reversed: kept for the next slip." in stage.words()
    assert stage.top.chosen(3)
    assert isinstance(stage.top, AskPage)
    stage.press("enter", fresh=False)
    stage.press("enter")
    assert stage.desk.did("record")[-1] == (DropKept("PS-1001", 1, "E0001"),)
    assert "OK SN-000 is dropped." in stage.words()
    assert stage.top.total == 2


def test_correcting_from_the_menu_goes_straight_to_the_reason():
    desk = shipped()
    desk.policies(correction_reasons=("mixed up", "misread"))
    stage = looking(desk, correcting=True)
    assert "Scan the wrong serial, or choose it." in stage.words()
    stage.scan("SN-001")
    assert isinstance(stage.top, ReasonPage)
    assert "Why is SN-001 wrong?" in stage.words()


def test_a_document_that_is_not_known_and_one_without_serials_say_so():
    stage = PlayStage(PlayDesk())
    stage.enter(InquiryPage(stage, "PS-77"))
    assert "Document PS-77 is not known here." in stage.words()
    stage.enter(InquiryPage(stage, "PS-1002"))
    assert "No serials on this document." in stage.words()
    stage.press("enter", "f7", "up")
    assert ("f3", "Back") in stage.keys


def test_news_are_read_in_and_late_answers_of_before_are_dropped():
    stage = looking(shipped(3, post=False))
    stage.desk.later = True
    stage.top.news("PS-1001")
    stage.desk.record(AddSerial("PS-1001", 1, "SN-NEW"), 1, lambda _: None)
    stage.top.news("PS-1001")
    stage.desk.answer_all()
    assert stage.top.total == 4
    assert "SN-NEW" in stage.words()


def test_faults_are_shown_and_it_is_read_once_the_journal_is_well():
    stage = PlayStage(shipped())
    stage.desk.broken = FULL
    stage.enter(InquiryPage(stage, "PS-1001"))
    stage.rows()
    stage.scan("SN-001")
    assert set(stage.faults) == {FULL}
    stage.mend()
    assert "SN-001" in stage.words()
    assert stage.desk.ledger.slip("PS-1001").status is SlipStatus.POSTED
