"""Printing from a document's menu: who prints, what is said, and that scanning goes on meanwhile (S15)."""

from __future__ import annotations

import pytest

from terminal.domain.documents import SlipStatus
from terminal.domain.intents import AddSerial
from terminal.ui.messages import Scanned
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.printing import PrintingPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Printed
from terminal.ui.sound import Sound

from .stage import FULL, PlayDesk, PlayStage

OFF = Printed(False, "The printer dock does not answer. Check that it is on.")


def scanning(*printers: str, later: bool = False, document: str = "PS-1002") -> PlayStage:
    desk = PlayDesk(later=later)
    desk.paper = list(printers)
    stage = PlayStage(desk)
    stage.enter(ScanningPage(stage, desk.sheet_of(document, 1)))
    if later:
        desk.answer_all()
    return stage


def choose(stage: PlayStage, words: str) -> None:
    """Choose from the page's menu, as a person does."""
    entries = stage.top.menu()
    stage.enter(MenuPage(stage, entries))
    assert stage.top.chosen([each[0] for each in entries].index(words) + 1)


def test_without_a_printer_the_menu_offers_none():
    assert "Print" not in [words for words, _do in scanning().top.menu()]
    assert "Print" in [words for words, _do in scanning("dock").top.menu()]


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24), (12, 3)])
def test_where_the_site_prints_what_is_posted_a_terminal_without_a_printer_says_so_d7(size):
    stage = scanning()
    stage.desk.policies(print_at_posting=True)
    choose(stage, "Print")
    assert "The site prints what is posted, but this terminal has no printer. Tell the office." in stage.words()
    columns, rows = size
    screen = stage.rows(columns, rows)
    assert len(screen) == rows
    assert all(len(row) <= columns for row in screen)
    assert not stage.top.chosen(1)
    assert stage.desk.did("print_document") == []
    stage.press("enter")
    assert isinstance(stage.top, ScanningPage)


def test_the_only_printer_is_not_asked_for():
    stage = scanning("dock")
    choose(stage, "Print")
    assert stage.desk.did("print_document") == [("PS-1002", "dock")]
    assert "PS-1002 print" in stage.words()
    assert "OK Printed on dock." in stage.words()
    assert stage.sounds[-1] is Sound.OK
    stage.press("enter", fresh=False)
    assert isinstance(stage.top, PrintingPage)
    stage.press("enter")
    assert isinstance(stage.top, ScanningPage)
    assert len(stage.desk.did("print_document")) == 1


def test_one_of_several_printers_is_chosen_by_digit_or_enter():
    stage = scanning("dock", "office")
    choose(stage, "Print")
    assert stage.desk.did("print_document") == []
    assert stage.rows()[1:3] == ["1 dock".ljust(20), "2 office".ljust(20)]
    assert stage.top.chosen(2)
    assert stage.desk.did("print_document") == [("PS-1002", "office")]
    assert not stage.top.chosen(1)  # it is printed: nothing is to be chosen
    stage.press("enter")
    choose(stage, "Print")
    stage.press("f7", "enter")
    assert stage.desk.did("print_document")[1:] == [("PS-1002", "office")]


def test_while_it_prints_a_scan_goes_where_it_belongs_and_the_end_is_told_there():
    stage = scanning("dock", later=True)
    choose(stage, "Print")
    assert "Printing PS-1002 on dock ... Scan on meanwhile." in stage.words()
    assert not stage.top.chosen(1)
    printing = stage.desk.waiting.pop()
    stage.scan("SN-1")
    stage.desk.answer_all()
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.serials("PS-1002", 1) == ["SN-1"]
    printing()
    assert stage.told == [("info", "PS-1002: Printed on dock.")]
    assert "OK SN-1 - slip complete" in stage.words()  # good news hides no verdict


def test_who_went_back_and_has_not_scanned_yet_is_told_that_it_is_printed():
    stage = scanning("dock", later=True)
    choose(stage, "Print")
    printing = stage.desk.waiting.pop()
    stage.back()
    printing()
    assert "PS-1002: Printed on dock." in stage.words()


def test_a_printer_that_is_off_is_said_and_can_be_tried_again():
    stage = scanning("dock")
    stage.desk.prints.extend([OFF, OFF])
    choose(stage, "Print")
    assert "NO The printer dock does not answer. Check that it is on. 1 dock" in stage.words()
    assert stage.sounds[-1] is Sound.NO
    assert ("enter", "print again") in stage.keys
    stage.top.shown()  # back from the menu, say: nothing prints by itself
    assert len(stage.desk.did("print_document")) == 1
    stage.press("enter")
    assert "NO The printer dock" in stage.words()
    stage.press("enter")
    assert "OK Printed on dock." in stage.words()


def test_what_went_wrong_after_the_operator_scanned_on_is_said_over_the_page():
    stage = scanning("dock", later=True)
    stage.desk.prints.append(OFF)
    choose(stage, "Print")
    printing = stage.desk.waiting.pop()
    stage.scan("SN-1")
    printing()
    stage.desk.answer_all()
    assert stage.alarms == ["NO PS-1002: The printer dock does not answer. Check that it is on."]
    assert stage.desk.serials("PS-1002", 1) == ["SN-1"]


def test_a_journal_that_cannot_be_read_is_said():
    stage = scanning("dock")
    stage.desk.broken = FULL
    choose(stage, "Print")
    assert stage.faults == [FULL]
    assert "NO Nothing was printed." in stage.words()


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24), (12, 3)])
@pytest.mark.parametrize("printers", [1, 9, 30])
def test_it_fits_every_size(size, printers):
    columns, rows = size
    stage = scanning(*[f"printer number {n:04}" for n in range(printers)], later=True)
    stage.desk.prints.append(Printed(False, "The printer " + "x" * 300))
    choose(stage, "Print")
    for _step in range(3):
        screen = stage.rows(columns, rows)
        assert len(screen) == rows
        assert all(len(row) <= columns for row in screen)
        if not stage.desk.waiting:
            stage.top.chosen(1) or stage.press("enter")
        stage.desk.answer_all()


def test_a_long_answer_can_be_read_to_its_end():
    stage = scanning("pdf")
    stage.desk.prints.append(Printed(True, f"Saved as /{'x' * 400}end.pdf."))
    choose(stage, "Print")
    assert "Saved as" in stage.rows()[1]
    for _page in range(3):
        stage.rows()
        stage.press("f7")
    assert "end.pdf." in "".join(stage.rows())


def test_the_list_of_serials_and_a_posted_slip_offer_it():
    stage = scanning("dock")
    stage.scan("SN-1")
    stage.desk.post("PS-1002")
    stage.enter(InquiryPage(stage, "PS-1002"))
    choose(stage, "Print")
    assert stage.desk.did("print_document") == [("PS-1002", "dock")]


def test_what_was_printed_at_posting_shows_where_it_was_posted():
    stage = scanning("dock")
    stage.desk._judge(AddSerial("PS-1002", 1, "SN-1"), 1)
    stage.enter(FinishPage(stage, "PS-1002", lambda: None))
    stage.press("enter")
    stage.desk.settle()
    stage.top.news("PS-1002")
    assert stage.top.view.slip.status is SlipStatus.POSTED
    stage.tell("info", "Printed on dock.")
    assert "OK Posted. The server has it. Printed on dock." in stage.words()


def test_a_scan_on_the_printers_list_chooses_none():
    stage = scanning("dock", "office")
    choose(stage, "Print")
    stage.top.scanned(Scanned("1", "keyboard"))
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.did("print_document") == []
