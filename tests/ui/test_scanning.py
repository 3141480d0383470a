"""The scanning screen: scans are judged one at a time and in order, whatever comes in between and however late."""

from __future__ import annotations

import pytest

from terminal.domain.changes import StatusChanged
from terminal.domain.documents import ScanMode, SlipStatus
from terminal.domain.intents import AddNotReadable, RemoveNotReadable
from terminal.ui.messages import NotAScan, Scanned
from terminal.ui.pages.choosing_line import ChoosingLinePage
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import NotHere
from terminal.ui.sound import Sound

from .stage import BOB, FULL, PlayDesk, PlayStage


def opened(
    document: str = "PS-1001", *, later: bool = False, on: type[DocumentsPage] | None = None, **policies: object
) -> PlayStage:
    """Open a slip for scanning, on another page or none. `later`: from here on the desk answers when it is told to."""
    stage = PlayStage(PlayDesk())
    stage.desk.policies(**policies)
    if on is not None:
        stage.enter(on(stage))
    stage.enter(ScanningPage(stage, stage.desk.sheet_of(document, 1)))
    stage.desk.later = later
    return stage


# -- one at a time, in order


def test_a_scan_is_registered_and_said():
    stage = opened()
    stage.scan("SN-1")
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    assert stage.top.said.text == "OK SN-1"
    assert "1 / 3" in stage.words()
    assert stage.sounds == [Sound.OK]


def test_scans_are_judged_one_at_a_time_and_in_order_even_if_results_come_late():
    stage = opened(later=True)
    stage.scan("SN-1", "SN-2", "SN-3")
    assert [asked[3] for asked in stage.desk.did("scan")] == ["SN-1"]
    stage.desk.answer()
    assert [asked[3] for asked in stage.desk.did("scan")] == ["SN-1", "SN-2"]
    assert stage.top.said.text == "OK SN-1"
    stage.desk.answer(2)
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-2", "SN-3"]
    assert stage.sounds == [Sound.OK, Sound.OK, Sound.LINE_COMPLETE]


def test_no_verdict_is_said_before_it_is_true():
    stage = opened(later=True)
    stage.scan("SN-1")
    assert stage.top.said.text == ""
    assert stage.sounds == []


def test_an_item_s_barcode_moves_the_serials_after_it_in_the_same_burst():
    stage = opened(later=True)
    stage.scan("SN-1", "4002", "SN-2", "4001", "SN-3")
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-3"]
    assert stage.desk.serials("PS-1001", 2) == ["SN-2"]
    assert stage.top.line == 1


def test_keys_in_a_burst_keep_their_place():
    stage = opened(later=True)
    stage.scan("SN-1")
    stage.press("f7")
    stage.scan("SN-2")
    stage.press("f2", "f6")
    stage.scan("SN-3")
    stage.press("f5")
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    assert stage.desk.serials("PS-1001", 2) == ["SN-2", None]
    assert stage.top.said.text == "OK undone: SN-3"


def test_the_mode_holds_for_later_scans_only():
    stage = opened(later=True)
    stage.scan("SN-1", "SN-2")
    stage.press("f4")
    stage.scan("SN-1")
    stage.press("f2", "f4")
    stage.scan("SN-3")
    stage.desk.answer_all()
    assert [asked[2:] for asked in stage.desk.did("scan")] == [
        (ScanMode.ADD, "SN-1"),
        (ScanMode.ADD, "SN-2"),
        (ScanMode.REMOVE, "SN-1"),
        (ScanMode.ADD, "SN-3"),
    ]
    assert stage.desk.did("record") == [(RemoveNotReadable("PS-1001", 1),)]
    assert stage.desk.serials("PS-1001", 1) == ["SN-2", "SN-3"]


def test_news_does_not_move_the_line_or_lose_a_scan():
    stage = opened(later=True)
    stage.scan("4002", "SN-1")
    stage.top.news(None)
    stage.top.news("PS-9999")
    stage.desk.answer_all()
    assert stage.top.line == 2
    assert stage.desk.serials("PS-1001", 2) == ["SN-1"]


# -- verdicts


def said(stage: PlayStage) -> str:
    return stage.top.said.text


def test_line_and_slip_complete_look_and_sound_different():
    stage = opened("PS-1002")
    stage.scan("SN-1")
    assert said(stage) == "OK SN-1 - slip complete, F8"
    stage.scan("SN-2")
    assert said(stage) == "OK SN-2: 1 too many on this line"
    assert "2 / 1 1 too many" in stage.words()
    assert stage.sounds == [Sound.DOCUMENT_COMPLETE, Sound.NO]
    stage.press("f5")
    assert said(stage) == "OK undone: SN-2 - slip complete, F8"
    stage.press("f4")
    stage.scan("SN-1")
    assert said(stage) == "OK removed SN-1"
    stage.press("f5")
    assert said(stage).startswith("OK undone: SN-1 is back")


def test_not_readable_counts_and_can_be_taken_back():
    stage = opened()
    stage.press("f2")
    assert said(stage) == "OK not readable"
    assert "1 not readable" in stage.words()
    stage.press("f4", "f2")
    assert said(stage) == "OK removed not readable"
    stage.press("f2")
    assert said(stage) == "NO No unit is marked not readable on this line."


def test_not_readable_is_only_offered_to_those_who_may():
    stage = opened()
    stage.desk.operator = BOB
    assert "NotRd" not in stage.words()
    stage.press("f2")
    assert stage.desk.did("record") == [(AddNotReadable("PS-1001", 1),)]
    assert said(stage) == "NO You may not mark units not readable. Ask a supervisor."


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4003", "NO 4003"),
        ("PUMP", "NO PUMP is the barcode of an item that is not on this slip. Scan the serial."),
        ("PS-1002", "NO PS-1002 is a document, no serial. Another slip? F3 first."),
        ("a b", "NO a b holds a space, which no serial here has. Scan the right label."),
        ("[red]\x1b", "NO [red]\x1b holds U+001B, which no serial here has. Scan the right label."),
    ],
)
def test_what_is_no_serial_is_refused_with_the_reason(code, words):
    stage = opened(over_scan="refuse")
    if code == "4003":
        code, words = "GLUE", "Line 3: GLUE"
    stage.scan(code)
    assert said(stage) == words
    assert "\x1b" not in "".join(stage.rows())


def test_the_same_serial_again_says_who_and_when():
    stage = opened()
    stage.scan("SN-1", "sn-1")
    assert said(stage) == "NO sn-1 is already on this line, operator 1001, 2025-03-01 08:00."
    assert stage.sounds == [Sound.OK, Sound.NO]


def test_a_bounce_is_shown_and_asks_for_nothing():
    stage = opened()
    stage.scan("SN-1")
    for mode in ("add", "remove"):
        stage.top.scanned(Scanned("SN-1", "keyboard", repeat=True))
        assert said(stage) == "SN-1 again: counted once.", mode
        stage.press("f4")
    assert len(stage.desk.did("scan")) == 1


@pytest.mark.parametrize(("code", "words"), [("SN-1", "SN-1 again: counted once."), ("a b", "NO a b holds a space")])
def test_a_bounce_is_said_after_the_verdict_of_the_scan_it_repeats(code, words):
    stage = opened(later=True)
    stage.scan(code)
    stage.top.scanned(Scanned(code, "keyboard", repeat=True))
    stage.desk.answer_all()
    assert said(stage).startswith(words)


def test_a_bounce_does_not_hide_a_refusal():
    stage = opened()
    stage.scan("a b")
    stage.top.scanned(Scanned("a b", "keyboard", repeat=True))
    assert said(stage).startswith("NO a b ")


def test_what_is_no_scan_is_said():
    stage = opened()
    stage.top.not_a_scan(NotAScan("broken-off", "SN-\x1b"))
    assert said(stage) == "NO A scan broke off after SN-\x1b. Scan it again."
    assert stage.sounds == [Sound.NO]


# -- errors that must be acknowledged


def test_an_error_holds_the_scans_after_it_until_it_is_acknowledged():
    stage = opened(later=True, acknowledge_errors=True)
    stage.scan("SN-1", "a b", "SN-2", "SN-3")
    stage.desk.answer(2)
    assert said(stage).startswith("NO a b ")
    stage.scan("SN-4")
    assert not stage.desk.waiting
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    assert "3 scans held" in stage.words(20, 16)
    assert "Ent=go on: 3 held" in stage.words(40, 8)
    assert stage.sounds[-2:] == [Sound.NO, Sound.NO]
    stage.press("enter")
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-2", "SN-3", "SN-4"]
    assert "held" not in stage.words()


def test_each_error_is_acknowledged_on_its_own():
    stage = opened(acknowledge_errors=True)
    stage.scan("a b", "c d", "SN-1")
    stage.press("enter")
    assert said(stage).startswith("NO c d ")
    assert stage.desk.serials("PS-1001", 1) == []
    stage.press("enter")
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    assert said(stage) == "OK SN-1"


@pytest.mark.parametrize("key", ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "escape", "up", "mouse"])
def test_nothing_but_a_fresh_enter_acknowledges(key):
    stage = opened(acknowledge_errors=True)
    stage.scan("a b")
    asked = list(stage.desk.asked)
    stage.press(key)
    stage.press("enter", fresh=False)
    assert stage.top.unacknowledged
    assert not stage.top.leavable
    assert stage.desk.asked == asked
    assert [word for _, word in stage.keys] == ["go on"]
    stage.press("enter")
    assert stage.top.leavable
    assert said(stage) == ""


def test_news_does_not_hide_an_error_that_must_be_acknowledged():
    stage = opened(acknowledge_errors=True)
    stage.scan("a b")
    stage.top.scanned(Scanned("a b", "keyboard", repeat=True))
    stage.top.told("warn", "SN-9 was on this slip already.")
    stage.top.news(None)
    assert said(stage).startswith("NO a b ")


def test_held_scans_are_given_up_by_name_when_their_page_goes():
    stage = opened(acknowledge_errors=True)
    stage.scan("a b", "SN-1")
    page = stage.top
    assert page.held == 1
    assert list(page.left()) == [
        "NO 1 scan of operator 1001 on PS-1001 was NOT taken: it waited behind an error. "
        "Scan the unit again, or put it aside:",
        "SN-1",
    ]
    assert list(page.left()) == []
    assert stage.desk.serials("PS-1001", 1) == []


def test_all_that_was_asked_for_and_held_is_named():
    stage = opened(later=True, acknowledge_errors=True)
    stage.scan("a b", "SN-1")
    stage.press("f2", "f7", "f5", "f4")
    stage.scan("SN-2")
    stage.press("f2")
    stage.desk.answer()
    assert stage.top.held == 5
    assert list(stage.top.left())[1:] == [
        "SN-1",
        "(not readable)",
        "undo",
        "removal of SN-2",
        "removal of (not readable)",
    ]


def test_what_is_being_judged_goes_on_when_the_page_goes_and_a_refusal_is_read_elsewhere():
    stage = opened(later=True, acknowledge_errors=True)
    stage.scan("SN-1", "a b", "SN-2")
    page = stage.top
    assert list(page.left()) == []
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-2"]
    assert [words[:7] for words in stage.alarms] == ["NO a b "]


def test_what_waits_for_the_journal_is_given_up_only_to_another_operator():
    stage = opened()
    stage.desk.broken = FULL
    stage.scan("SN-1")
    assert list(stage.top.left()) == []
    stage.desk.operator = BOB
    assert list(stage.top.left())[1:] == ["SN-1"]
    stage.mend()
    assert stage.desk.serials("PS-1001", 1) == []


def test_without_the_policy_an_error_holds_nothing():
    stage = opened()
    stage.scan("a b", "SN-1")
    assert said(stage) == "OK SN-1"


# -- a journal that can't be written


def test_a_fault_keeps_the_job_and_does_it_again_when_the_journal_is_well():
    stage = opened(later=True)
    stage.scan("SN-1", "SN-2")
    stage.desk.broken = FULL
    stage.desk.answer()
    assert stage.faults == [FULL]
    assert said(stage) == ""
    assert stage.sounds == []
    assert stage.desk.serials("PS-1001", 1) == []
    stage.mend()
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-2"]
    assert said(stage) == "OK SN-2"


def test_a_fault_that_comes_back_keeps_the_job_too():
    stage = opened()
    stage.desk.broken = FULL
    stage.scan("SN-1")
    stage.top.shown()
    assert stage.faults == [FULL, FULL]
    stage.mend()
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]


def test_a_key_is_done_again_too():
    stage = opened()
    stage.desk.broken = FULL
    stage.press("f2")
    stage.mend()
    assert stage.desk.serials("PS-1001", 1) == [None]


# -- lines


def test_lines_are_turned_and_end():
    stage = opened()
    stage.press("f6")
    assert stage.top.line == 1
    stage.press("f7", "down", "f7")
    assert stage.top.line == 3
    assert "4 no serials" in stage.words()
    assert "NotRd" not in stage.words()
    stage.scan("SN-1")
    assert said(stage) == "NO GLUE takes no serials. Choose another line."
    stage.press("up")
    assert stage.top.line == 2
    assert said(stage) == ""


def test_the_lines_screen_leads_to_a_line():
    stage = opened()
    stage.press("f9")
    assert isinstance(stage.top, LinesPage)
    assert stage.top.chosen(3)
    assert stage.top.line == 3
    stage.press("f9")
    stage.press("up")
    stage.press("enter", fresh=False)
    stage.scan("2")
    assert stage.top.line == 2
    stage.press("f9")
    stage.scan("SN-on-the-lines-screen")
    assert isinstance(stage.top, ScanningPage)  # a scan is judged where it belongs
    assert "SN-on-the-lines-screen" in said(stage)


def test_a_slip_that_waits_says_so_and_refuses():
    stage = opened("PS-1002")
    stage.scan("SN-1")
    stage.press("f8")
    assert isinstance(stage.top, FinishPage)
    stage.press("enter")
    stage.back()
    assert stage.top.sheet.slip.status is SlipStatus.POSTING
    assert "waits to be posted" in stage.words()
    stage.scan("SN-2")
    assert said(stage) == "NO PS-1002 waits to be posted. Press F8 twice to take the request back."


def test_a_posted_slip_says_so():
    stage = opened("PS-1002")
    stage.desk.post("PS-1002")
    stage.top.news("PS-1002")
    assert "posted" in stage.words()
    assert [name for name, _ in stage.keys] == ["f8", "f3", "f1", "f9"]
    stage.scan("SN-1")
    assert said(stage) == "NO PS-1002 is posted. Nothing can be scanned onto it."


# -- which line a serial is for


def test_a_serial_that_several_lines_want_asks_and_goes_where_the_operator_says():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    assert isinstance(stage.top, ChoosingLinePage)
    assert stage.desk.serials("PS-1001", 1) == []
    assert "SN-1 fits several lines" in stage.words()
    stage.top.chosen(2)
    assert stage.desk.serials("PS-1001", 2) == ["SN-1"]
    assert stage.top.said.text == "OK SN-1"
    assert stage.top.line == 2


def test_a_line_that_was_chosen_is_not_asked_for_again():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2), "SN-2": (1, 2)}
    stage.press("f7")
    stage.scan("SN-1", "SN-2")
    assert stage.desk.serials("PS-1001", 2) == ["SN-1", "SN-2"]


def test_a_scan_while_the_line_is_asked_for_counts_as_no_and_is_judged_itself():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    stage.scan("SN-2")
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.serials("PS-1001", 1) == ["SN-2"]
    assert stage.desk.serials("PS-1001", 2) == []
    assert stage.sounds.count(Sound.NO) == 2  # asked, and said that SN-1 was not taken


def test_what_was_passed_over_stands_on_the_question_that_took_its_place():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2), "SN-2": (1, 2), "SN-3": (1, 2)}
    stage.scan("SN-1")
    stage.scan("SN-2")
    assert "NO 1 not taken: SN-1" in stage.words(20, 16)
    stage.scan("SN-3")
    assert "NO 2 not taken: SN-2, SN-1" in stage.words(20, 16)
    stage.top.chosen(1)
    stage.scan("SN-1")
    assert stage.desk.serials("PS-1001", 1) == ["SN-3", "SN-1"]
    assert stage.top.said.text == "OK SN-1"  # it was on the question that was answered


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("a b", "NO a b holds a space, which no serial here has. Scan the right label. NO 1 not taken: SN-1"),
        ("SN-2", "OK SN-2 NO 1 not taken: SN-1"),
        ("4002", "Line 2: SAW NO 1 not taken: SN-1"),
        ("PS-1002", "NO PS-1002 is a document, no serial. Another slip? F3 first. NO 1 not taken: SN-1"),
    ],
)
def test_the_verdict_on_a_scan_that_passed_a_serial_over_names_it_once(code, words):
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    stage.scan(code)
    assert stage.top.said.text == words
    assert words in stage.words(20, 16)
    assert words in stage.words(40, 8)
    stage.scan("SN-3")
    assert stage.top.said.text == "OK SN-3"


def test_a_serial_that_is_scanned_again_instead_of_choosing_is_asked_about_again_and_not_named():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1", "SN-1")
    assert isinstance(stage.top, ChoosingLinePage)
    assert "not taken" not in stage.words()
    stage.top.scanned(Scanned("SN-1", "keyboard", repeat=True))
    assert isinstance(stage.top, ChoosingLinePage)


def test_where_errors_are_acknowledged_a_serial_that_was_passed_over_holds_the_scan():
    stage = opened(acknowledge_errors=True)
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    stage.scan("SN-2")
    assert stage.top.said.text == "NO SN-1 was not taken: no line was chosen. Scan it again."
    stage.press("enter")
    assert stage.top.said.text == "OK SN-2"


def test_what_is_no_scan_is_said_on_the_question_and_answers_nothing():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    stage.top.not_a_scan(NotAScan("typed-before", "9"))
    assert isinstance(stage.top, ChoosingLinePage)
    assert "NO 9 was typed before the scan, so nothing was taken. Scan again." in stage.words(20, 16)
    assert "SN-1 fits" in stage.words(20, 16)
    stage.top.chosen(1)
    assert stage.top.said.text == "OK SN-1"


def test_a_digit_without_a_line_is_told_and_may_begin_a_serial():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    assert not stage.top.chosen(3)
    assert isinstance(stage.top, ChoosingLinePage)
    assert "NO There is no 3 on this list." in stage.words(20, 16)
    assert stage.top.chosen(2)
    assert stage.desk.serials("PS-1001", 2) == ["SN-1"]


def test_going_back_without_a_line_says_once_that_nothing_was_taken():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2), "SN-2": (1, 2)}
    stage.scan("SN-1")
    stage.back()
    assert stage.top.said.text == "NO SN-1 was not taken: no line was chosen. Scan it again."
    assert stage.desk.serials("PS-1001", 1) == []
    stage.scan("SN-2")
    assert isinstance(stage.top, ChoosingLinePage)
    assert "not taken" not in stage.words()


def test_what_was_scanned_behind_it_waits_for_the_answer_and_goes_to_that_line():
    stage = opened(later=True)
    stage.desk.wanted = {"SN-1": (1, 2), "SN-2": (1, 2), "SN-3": (1, 2)}
    stage.scan("SN-1", "SN-2", "SN-3")
    stage.desk.answer_all()
    assert isinstance(stage.top, ChoosingLinePage)
    assert len(stage.desk.did("scan")) == 1
    stage.top.chosen(2)
    stage.desk.answer_all()
    assert stage.desk.serials("PS-1001", 2) == ["SN-1", "SN-2", "SN-3"]


def test_a_serial_that_waits_for_its_line_is_named_when_the_operator_leaves():
    stage = opened()
    stage.desk.wanted = {"SN-1": (1, 2)}
    stage.scan("SN-1")
    page = next(each for each in stage.pages if isinstance(each, ScanningPage))
    assert any("SN-1 was not taken" in line for line in page.left())


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (NotHere("unit", "SN-1", "GLUE"), "GLUE is not on this slip"),
        (NotHere("unknown-item", "04006381333931"), "No item has the product code 04006381333931"),
        (NotHere("no-serial", "00376130321109103420"), "holds no serial"),
        (NotHere("wrong", "0109521101530002", error="gtin_check_digit"), "misread or misprinted"),
        (NotHere("wrong", "21SN", error="charset"), "holds a sign"),
        (NotHere("wrong", "21SN", error="whatever"), "breaks the rules"),
        (NotHere("command", "SCT1.X"), "no command of this site"),
    ],
)
def test_a_code_that_is_no_serial_here_is_refused_in_words(named, words):
    stage = opened()
    stage.desk.named = {"X": named}
    stage.scan("X")
    assert words in stage.words()
    assert stage.sounds == [Sound.NO]
    assert stage.desk.serials("PS-1001", 1) == []


@pytest.mark.parametrize("status", [SlipStatus.POSTED, SlipStatus.POSTING, SlipStatus.CANCELLED])
def test_the_next_slip_is_opened_by_its_barcode_where_this_one_takes_no_scans(status: SlipStatus):
    stage = opened(on=DocumentsPage)
    stage.desk.ledger.apply(StatusChanged("PS-1001", status))
    stage.top.news("PS-1001")
    stage.scan("PS-1002")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "PS-1002"
    stage.scan("SN-1")
    assert stage.desk.serials("PS-1002", 1) == ["SN-1"]
    stage.back()
    assert not isinstance(stage.top, ScanningPage)


def test_another_document_is_no_serial_while_this_one_takes_scans():
    stage = opened()
    stage.scan("PS-1002")
    assert stage.top.document == "PS-1001"
    assert stage.top.said.text == "NO PS-1002 is a document, no serial. Another slip? F3 first."


def test_under_another_page_the_way_to_another_document_is_said():
    stage = opened(later=True, on=DocumentsPage)
    page = stage.top
    stage.desk.ledger.apply(StatusChanged("PS-1001", SlipStatus.POSTED))
    page.news("PS-1001")
    stage.desk.answer_all()
    stage.scan("PS-1002")
    stage.enter(MenuPage(stage, ()))
    stage.desk.answer_all()
    assert isinstance(stage.top, MenuPage)
    assert page.said.text == "NO PS-1002 is another document. Press F3, then scan it."
