"""S14 on the screen: choosing what goes on an invoice, by scan, by key and by touch, and posting it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Duty, Item, ScanMode, SlipStatus
from terminal.domain.intents import (
    AddSerial,
    DraftInvoice,
    DrawUnits,
    RequestPosting,
    ReturnUnits,
    SellOneMore,
    WithdrawPosting,
)
from terminal.domain.views import Standing
from terminal.ui.messages import NotAScan, Scanned
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.invoice_finish import FinishInvoicePage
from terminal.ui.pages.invoice_slip import InvoiceSlipPage
from terminal.ui.pages.invoicing import InvoicePage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Link, State
from terminal.ui.sound import Sound

from .shipping import ORDER, by_scanner, nothing, order_desk, ship, three_slips, touch
from .stage import BOB, CONTROL, DRILL, FULL, GLUE, ITEMS, SAW, PlayDesk, PlayStage
from .test_layout import HOSTILE, LONG, PROMISED, SIZES, check_fits

INVOICE = "INV-1"


def invoicing(desk: PlayDesk | None = None, *, later: bool = False, **policies: object) -> PlayStage:
    """Open an empty invoice of the order. `later`: from here on the desk answers when it is told to."""
    stage = PlayStage(desk or three_slips())
    stage.desk.policies(**policies)
    stage.desk.record(DraftInvoice(INVOICE, ORDER), None, nothing)
    view = stage.desk.invoice_of(INVOICE)
    assert view is not None
    stage.enter(InvoicePage(stage, view))
    stage.desk.later = later
    return stage


def said(stage: PlayStage) -> str:
    return stage.top.said.text


def on_it(stage: PlayStage) -> list[str]:
    """Give the serials that are on the invoice."""
    return sorted(r.serial or "" for r in stage.desk.ledger.drawn(INVOICE))


# -- scans


def test_a_scan_puts_a_unit_on_and_another_mode_takes_it_off():
    stage = invoicing()
    stage.scan("SN-1A")
    assert on_it(stage) == ["SN-1A"]
    assert said(stage) == "OK SN-1A"
    assert "1 unit on it" in stage.words()
    stage.press("f4")
    assert "REMOVE" in stage.words()
    stage.scan("SN-1A")
    assert on_it(stage) == []
    assert said(stage) == "OK removed SN-1A"
    assert stage.sounds == [Sound.OK, Sound.OK]


def test_fast_scans_are_judged_one_at_a_time_in_order_and_none_is_lost():
    stage = invoicing(later=True)
    stage.scan("SN-1A", "SN-1B", "SN-9", "SN-2A")
    stage.press("f4")
    stage.scan("SN-1A")
    assert [asked[2] for asked in stage.desk.did("choose")] == ["SN-1A"]
    assert said(stage) == ""
    assert stage.sounds == []
    stage.desk.answer_all()
    assert [asked[1:] for asked in stage.desk.did("choose")] == [
        *((ScanMode.ADD, serial) for serial in ("SN-1A", "SN-1B", "SN-9", "SN-2A")),
        (ScanMode.REMOVE, "SN-1A"),
    ]
    assert on_it(stage) == ["SN-1B", "SN-2A"]
    assert stage.sounds == [Sound.OK, Sound.LINE_COMPLETE, Sound.NO, Sound.OK, Sound.NO]


def test_a_slip_and_everything_complete_are_said_and_heard():
    stage = invoicing()
    stage.scan("SN-1A", "SN-1B")
    assert said(stage) == "OK SN-1B - slip complete"
    stage.scan("SN-2A", "SN-2B", "SN-3A", "SN-3B")
    assert said(stage) == "OK SN-3B - all is on it, F8"
    assert stage.sounds[1::2] == [Sound.LINE_COMPLETE, Sound.LINE_COMPLETE, Sound.DOCUMENT_COMPLETE]
    assert "6 units on it" in stage.words()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SN-1A", "NO SN-1A is on this invoice already."),
        ("SN-77", "NO SN-77 is on no posted slip of order SO-2001. Check the unit."),
        (" ", "NO The scan was empty. Scan again."),
        ("4001", "NO 4001 is the barcode of an item. Scan the serial of the unit."),
        ("INV-1", "NO INV-1 is a document, no serial. Another slip? F3 first."),
        ("[red]\x1b{0.__class__}", "NO [red]\x1b{0.__class__} is on no posted slip of order SO-2001. Check the unit."),
    ],
)
def test_what_can_not_go_on_says_why(code, words):
    stage = invoicing()
    stage.scan("SN-1A", code)
    assert said(stage) == words
    assert on_it(stage) == ["SN-1A"]
    assert stage.sounds[-1] is Sound.NO
    assert "\x1b" not in "".join(stage.rows())


def test_a_unit_on_another_invoice_and_one_that_has_not_left_say_where_they_are():
    stage = invoicing()
    stage.desk.record(DraftInvoice("INV-2", ORDER), None, nothing)
    stage.desk.choose("INV-2", ScanMode.ADD, "SN-1A", nothing)
    stage.scan("SN-1A")
    assert said(stage) == "NO SN-1A is on invoice INV-2. Until that is posted, it can be taken off there."
    stage.scan("SN-1B")
    assert "incomplete 1 on another draft 1/2!" in stage.words()


def test_a_slip_s_number_selects_it():
    stage = invoicing()
    stage.scan("PS-1003")
    assert said(stage) == "PS-1003: Enter shows it."
    stage.press("enter")
    assert isinstance(stage.top, InvoiceSlipPage)
    assert stage.top.slip == "PS-1003"


def test_a_bounce_is_said_and_asks_for_nothing():
    stage = invoicing(later=True)
    stage.scan("SN-1A")
    stage.top.scanned(Scanned("SN-1A", "keyboard", repeat=True))
    stage.desk.answer_all()
    assert said(stage) == "SN-1A again: counted once."
    assert len(stage.desk.did("choose")) == 1


def test_what_is_no_scan_is_said():
    stage = invoicing()
    stage.top.not_a_scan(NotAScan("noise", "\x1b"))
    assert said(stage) == "NO The scanner sent noise: \x1b. Scan again."
    assert stage.sounds == [Sound.NO]


# -- three slips of two (S14)


def test_S14_one_unit_of_each_of_three_slips_is_said_loudly_while_it_can_be_mended():
    stage = invoicing()
    stage.scan("SN-1A")
    assert "only one may be" not in stage.words()
    stage.scan("SN-2A")
    assert said(stage) == "OK SN-2A: 2 slips incomplete"
    assert "PS-1001, PS-1002 incomplete: only one may be. Add or take off units." in stage.words(20, 16)
    stage.scan("SN-3A")
    assert "PS-1001, PS-1002, PS-1003 incomplete: only one may be. Add or take off units." in stage.words(20, 16)
    assert stage.sounds == [Sound.OK, Sound.NO, Sound.NO]
    stage.scan("SN-1B", "SN-2B")
    assert "only one may be" not in stage.words()
    assert stage.sounds[-2:] == [Sound.LINE_COMPLETE, Sound.LINE_COMPLETE]
    assert [row for row in stage.rows(20, 16) if row.startswith("PS-")] == [
        "PS-1001         2/2*",
        "PS-1002         2/2*",
        "PS-1003         1/2!",
    ]


@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_S14_the_warning_and_the_verdict_are_in_sight_at_every_size(columns, rows):
    stage = invoicing()
    stage.scan("SN-1A", "SN-2A", "SN-3A")
    shown = stage.words(columns, rows)
    assert "PS-1001, PS-1002, PS-1003 incomplete" in shown
    assert "only one may be" in shown or rows == 8
    assert "OK SN-3A: 3 slips" in shown
    assert "3 units on it!" in shown


def test_S14_it_can_not_be_posted_so_and_the_finish_page_says_why():
    stage = invoicing()
    stage.scan("SN-1A", "SN-2A", "SN-3A")
    stage.press("f8")
    assert isinstance(stage.top, FinishInvoicePage)
    assert "Only one slip may stay incomplete, not PS-1001, PS-1002, PS-1003." in stage.words()
    stage.press("enter")
    assert stage.desk.ledger.slip(INVOICE).status is SlipStatus.DRAFT
    assert stage.sounds[-1] is Sound.NO


def test_many_slips_are_counted_where_they_can_not_all_be_named():
    desk = order_desk()
    for n in range(1, 4):
        ship(desk, f"PS-{n}", f"SN-{n}", glue=1)
    stage = invoicing(desk)
    view = replace(stage.top.view, incomplete=tuple(f"PS-{n}" for n in range(1, 7)))
    stage.top._renewed(view)
    assert "PS-1, PS-2, PS-3 and 3 more incomplete" in stage.words()


# -- a whole slip, and units without a serial


def test_a_whole_slip_goes_on_and_off_by_keys_alone():
    stage = invoicing(three_slips(glue=3))
    stage.press("f7", "enter", "enter")
    assert isinstance(stage.top, InvoicePage)
    assert stage.desk.did("choose_slip") == [(INVOICE, "PS-1002", ScanMode.ADD)]
    assert said(stage) == "OK all of PS-1002 - slip complete"
    assert on_it(stage) == ["SN-2A", "SN-2B"]
    assert "PS-1002         5/5*" in stage.rows()
    stage.press("enter", "enter")
    assert said(stage) == "OK removed all of PS-1002"
    assert stage.top.view.units == 0


def test_a_whole_slip_goes_on_and_off_by_touch_alone():
    stage = invoicing()
    touch(stage, "PS-1003")
    touch(stage, "Put all on")
    assert on_it(stage) == ["SN-3A", "SN-3B"]
    touch(stage, "PS-1003")
    touch(stage, "Take all off")
    assert on_it(stage) == []
    touch(stage, "F4+/-")
    assert stage.top.mode is ScanMode.REMOVE
    touch(stage, "Ent=Slip")
    touch(stage, "F3Back")
    touch(stage, "F8Fin")
    assert "Nothing is on the invoice." in stage.words()


def test_an_enter_that_may_end_a_scan_opens_nothing():
    stage = invoicing()
    stage.press("enter", fresh=False)
    assert isinstance(stage.top, InvoicePage)
    stage.press("enter")
    stage.press("enter", fresh=False)
    assert stage.desk.did("choose_slip") == []


def test_units_without_a_serial_are_chosen_by_number():
    stage = invoicing(three_slips(glue=3))
    stage.press("enter", "f7", "f7")
    assert "Glue: 0 of 3 without a serial on it. Type how many." in stage.words()
    stage.scan("2")
    assert stage.desk.did("record")[-1] == (DrawUnits(INVOICE, "PS-1001", 2, (), 2),)
    assert stage.top.said == "OK PS-1001: 2 units on it"
    stage.press("down")
    stage.scan("2")
    stage.scan("1")
    assert stage.desk.did("record")[-1] == (ReturnUnits(INVOICE, "PS-1001", 2, (), 1),)
    stage.scan("4")
    assert stage.top.said == "NO PS-1001 line 2: only 3 to invoice. Take fewer."
    assert stage.top.view.units == 1


def test_a_slip_of_a_posted_invoice_is_only_to_look_at():
    stage = invoicing(three_slips(glue=3))
    stage.desk.choose_slip(INVOICE, "PS-1001", ScanMode.ADD, nothing)
    stage.desk.post(INVOICE)
    stage.top.news(INVOICE)
    stage.press("enter", "f7")
    words = stage.words(20, 16)
    assert isinstance(stage.top, InvoiceSlipPage)
    assert "units>" not in words
    assert "#" not in words
    assert "Glue: 3 of 3 without a serial on it. >" in words
    assert not stage.top.wants_number
    stage.scan("2")
    assert stage.top.said == "NO INV-1 is no draft any more: nothing on it changes."
    assert stage.desk.did("record")[-1:] != [(ReturnUnits(INVOICE, "PS-1001", 2, (), 1),)]


def test_units_that_were_not_readable_are_chosen_by_number_too():
    desk = order_desk()
    ship(desk, "PS-1001", "SN-1A", None, None)
    stage = invoicing(desk)
    stage.press("enter", "f7")
    assert "Drill: 0 of 2 without a serial on it." in stage.words()
    stage.scan("1")
    assert len(stage.desk.ledger.drawn(INVOICE)) == 1
    assert on_it(stage) == [""]
    stage.scan("0")
    assert stage.top.view.units == 0


def test_several_incomplete_slips_are_heard_on_the_slip_s_own_page():
    stage = invoicing(three_slips(glue=3))
    stage.scan("SN-1A")
    stage.press("f7", "enter", "f7", "f7")
    stage.scan("1")
    assert stage.top.said == "PS-1001, PS-1002 incomplete: only one may be. Add or take off units."
    assert stage.sounds[-1] is Sound.NO


def test_a_number_counts_only_where_there_are_units_without_a_serial():
    stage = invoicing()
    stage.press("enter")
    for _ in range(2):
        stage.scan("1")
        assert stage.top.said == "NO A number counts for lines with #. Choose one, or scan serials."
        stage.press("down")
    assert stage.desk.did("choose") == []


def test_a_scan_on_the_slip_s_page_is_judged_on_the_invoice():
    stage = invoicing(three_slips(glue=3))
    stage.press("enter", "down", "down")
    by_scanner(stage, "12")
    assert said(stage) == "NO 12 is on no posted slip of order SO-2001. Check the unit."
    stage.press("enter")
    stage.scan("SN-2A")
    assert isinstance(stage.top, InvoicePage)
    assert on_it(stage) == ["SN-2A"]


def test_quantities_typed_fast_are_judged_in_order():
    stage = invoicing(three_slips(glue=3))
    stage.press("enter", "down", "down")
    stage.desk.later = True
    stage.scan("3", "1")
    stage.desk.answer_all()
    assert [type(intent) for (intent,) in stage.desk.did("record")[-2:]] == [DrawUnits, ReturnUnits]
    assert stage.top.view.units == 1


# -- errors, faults, late answers


def test_an_error_holds_the_scans_after_it_until_it_is_acknowledged():
    stage = invoicing(later=True, acknowledge_errors=True)
    stage.scan("SN-9", "SN-1A", "SN-1B")
    stage.desk.answer_all()
    assert not stage.top.leavable
    assert stage.top.held == 2
    assert "2 scans held" in stage.words(20, 16)
    assert stage.keys == [("enter", "go on: 2 held")]
    stage.press("f8", "f4", "mouse")
    stage.press("enter", fresh=False)
    stage.top.told("warn", "SN-5 was on this invoice already.")
    assert said(stage).startswith("NO SN-9")
    stage.press("enter")
    stage.desk.answer_all()
    assert on_it(stage) == ["SN-1A", "SN-1B"]


def test_held_scans_are_given_up_by_name_when_their_page_goes():
    stage = invoicing(acknowledge_errors=True)
    stage.scan("SN-9", "SN-1A")
    assert list(stage.top.left()) == [
        "NO 1 scan of operator 1001 on INV-1 was NOT taken: it waited behind an error. "
        "Scan the unit again, or put it aside:",
        "SN-1A",
    ]


def test_what_is_being_judged_goes_on_when_the_page_goes_and_a_refusal_is_read_elsewhere():
    stage = invoicing(later=True)
    stage.scan("SN-1A", "SN-9")
    assert list(stage.top.left()) == []
    stage.desk.answer_all()
    assert on_it(stage) == ["SN-1A"]
    assert [words[:7] for words in stage.alarms] == ["NO SN-9"]


def test_a_fault_keeps_the_scans_and_does_them_when_the_journal_is_well():
    stage = invoicing(later=True)
    stage.scan("SN-1A", "SN-1B")
    stage.desk.broken = FULL
    stage.desk.answer()
    assert stage.faults == [FULL]
    assert said(stage) == ""
    stage.mend()
    stage.desk.answer_all()
    assert on_it(stage) == ["SN-1A", "SN-1B"]


def test_a_fault_after_the_commit_puts_nothing_on_twice():
    stage = invoicing(later=True)
    stage.scan("SN-1A")
    stage.desk.answer()
    stage.desk.broken = FULL
    stage.desk.answer()
    assert stage.faults == [FULL]
    assert said(stage) == "OK SN-1A"
    stage.mend()
    stage.again()
    stage.desk.answer_all()
    assert len(stage.desk.did("choose")) == 1
    assert "1 unit on it" in stage.words()


def test_a_fault_on_the_slip_s_page_keeps_the_number():
    stage = invoicing(three_slips(glue=3))
    stage.press("enter", "down", "down")
    stage.desk.broken = FULL
    stage.scan("2")
    assert stage.faults
    stage.mend()
    assert stage.top.view.units == 2


def test_news_shows_what_others_did_and_loses_no_scan():
    stage = invoicing()
    stage.desk.record(DraftInvoice("INV-2", ORDER), None, nothing)
    stage.desk.choose_slip("INV-2", "PS-1001", ScanMode.ADD, nothing)
    stage.desk.post("INV-2")
    stage.desk.later = True
    stage.scan("SN-2A")
    stage.top.news("INV-2")
    stage.desk.answer_all()
    assert on_it(stage) == ["SN-2A"]
    assert "PS-1001         done" in stage.rows()


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)], ids=str)
def test_a_slip_of_which_nothing_is_left_says_so_and_asks_for_no_serials(size: tuple[int, int]):
    stage = invoicing()
    stage.desk.record(DraftInvoice("INV-2", ORDER), None, nothing)
    stage.desk.choose_slip("INV-2", "PS-1001", ScanMode.ADD, nothing)
    stage.top.news("INV-2")
    stage.press("enter")
    assert isinstance(stage.top, InvoiceSlipPage)
    assert "Drill: all of it is on other invoices." in stage.words(*size)
    stage.desk.post("INV-2")
    stage.top.news("INV-2")
    assert "Drill: all of it is invoiced already." in stage.words(*size)
    assert "0/0" not in stage.words(*size)
    assert "none left" in stage.words(*size)


def test_a_unit_that_was_sold_over_the_counter_is_of_no_order():
    desk = three_slips()
    desk.record(SellOneMore("SALE-1", "DRILL"), None, nothing)
    desk.record(AddSerial("SALE-1", 1, "SN-77"), 1, nothing)
    desk.post("SALE-1")
    stage = invoicing(desk)
    stage.scan("SN-77")
    assert said(stage) == "NO SALE-1 is a counter sale and of no order. Put the unit aside."


def test_on_a_posted_invoice_another_document_is_opened_by_its_barcode():
    stage = invoicing()
    stage.pages.insert(0, DocumentsPage(stage))
    stage.scan("SN-1A")
    stage.desk.post(INVOICE)
    stage.top.news(INVOICE)
    stage.scan("PS-1002")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "PS-1002"


# -- finish


def finishing(*serials: str) -> PlayStage:
    stage = invoicing()
    stage.scan(*serials or ("SN-1A", "SN-1B", "SN-2A"))
    stage.press("f8")
    return stage


def test_what_is_on_it_is_said_before_it_is_posted():
    stage = finishing()
    assert [row.rstrip() for row in stage.rows(20, 16)] == [
        "INV-1 finish  ^13 ON",
        "Nothing is missing.",
        "Press Enter to post.",
        "PS-1002 stays",
        "incomplete: 1 unit",
        "is left to invoice.",
        "3 units on it",
        "PS-1001         2/2*",
        "PS-1002         1/2!",
        "13 not yet sent",
        *[""] * 4,
        ">",
        "Ent=post F3Back",
    ]


def test_posting_waits_is_taken_back_and_done():
    stage = finishing()
    stage.press("enter", fresh=False)
    assert stage.desk.ledger.slip(INVOICE).status is SlipStatus.DRAFT
    stage.press("enter")
    assert stage.desk.did("record")[-1] == (RequestPosting(INVOICE, online=True),)
    assert "The request to post is stored here." in stage.words()
    stage.back()
    assert "waits to be posted" in stage.words()
    stage.scan("SN-2B")
    assert said(stage) == "NO INV-1 waits to be posted. Press F8 twice to take the request back."
    stage.press("f8", "f8")
    assert stage.desk.did("record")[-1] == (WithdrawPosting(INVOICE),)
    stage.press("enter")
    stage.desk.settle()
    stage.top.news(INVOICE)
    assert "OK Posted. The server has it." in stage.words()
    assert stage.keys[0] == ("enter", "to list")
    assert stage.sounds[-1] is Sound.DOCUMENT_COMPLETE
    stage.press("enter")
    assert stage.pages == []


def test_a_posted_invoice_is_only_looked_at():
    stage = finishing()
    stage.press("enter")
    stage.desk.settle()
    stage.back()
    rows = [row.rstrip() for row in stage.rows(20, 16)]
    assert rows[1] == "[      posted      ]"
    assert [row for row in rows if row.startswith("PS-")] == ["PS-1001         2/2*", "PS-1002         1/2!"]
    assert "F8 shows what is next: serials, its order." in stage.words()
    stage.scan("SN-2B")
    assert said(stage) == "NO INV-1 is posted. Nothing can be scanned onto it."
    stage.press("f4", "f8")
    assert [words for words, _do in stage.top.entries] == ["Serials on it", "Its order"]
    stage.back()
    assert isinstance(stage.top, InvoicePage)
    assert stage.top.mode is ScanMode.ADD
    stage.press("enter", "enter")
    assert isinstance(stage.top, InvoiceSlipPage)
    assert "Put" not in stage.words()
    assert stage.desk.did("choose_slip") == []


def test_a_scan_on_the_finish_page_counts_as_no_and_is_judged_as_a_scan():
    stage = finishing()
    stage.scan("SN-2B")
    assert isinstance(stage.top, InvoicePage)
    assert "SN-2B" in on_it(stage)
    assert stage.desk.ledger.slip(INVOICE).status is SlipStatus.DRAFT


@pytest.mark.parametrize(("link", "online"), [(Link.ONLINE, True), (Link.OFFLINE, False)])
def test_a_request_says_whether_there_was_a_link(link, online):
    stage = finishing()
    stage.desk.state = State(link)
    stage.press("enter")
    assert stage.desk.did("record")[-1] == (RequestPosting(INVOICE, online=online),)


def test_S17_without_the_duty_posting_is_shown_as_unavailable_with_the_reason():
    stage = invoicing()
    stage.scan("SN-1A", "SN-1B")
    stage.desk.operator = replace(BOB, duties=frozenset({Duty.REGISTER}))
    words, do = stage.top.menu()[0]
    assert words == "(Finish and post)"
    do()
    assert said(stage) == "NO You may not post documents. Ask a supervisor."
    assert stage.sounds[-1] is Sound.NO
    stage.press("f8")
    assert "Nothing is missing. You may not post documents. Ask a supervisor." in stage.words()
    assert stage.keys[0] == ("enter", "(post)")
    stage.press("enter")
    assert stage.desk.ledger.slip(INVOICE).status is SlipStatus.DRAFT


def test_the_menu_finishes_and_lists_the_serials():
    stage = invoicing()
    stage.scan("SN-1A")
    stage.enter(MenuPage(stage, stage.top.menu()))
    stage.press("f7", "enter")
    assert isinstance(stage.top, InquiryPage)
    assert stage.top.number == INVOICE
    stage.back()
    stage.enter(MenuPage(stage, stage.top.menu()))
    assert stage.top.chosen(1)
    assert isinstance(stage.top, FinishInvoicePage)


# -- the documents list


def test_invoices_are_listed_with_their_kind_and_open_where_they_are_worked_on():
    desk = three_slips()
    for number, units in ((INVOICE, ()), ("INV-2", ((3, 2),))):
        desk.record(DraftInvoice(number, ORDER, units), None, nothing)
    desk.choose_slip(INVOICE, "PS-1001", ScanMode.ADD, nothing)
    desk.numbers = ["PS-1001", INVOICE, "INV-2"]
    stage = PlayStage(desk)
    stage.enter(DocumentsPage(stage))
    assert stage.rows(20, 16)[1:5] == [
        "1 PS-1001       done",
        "2 INV-1        inv 2",
        "3 INV-2      inv 0/2",
        "4 SO-2001     9 left",
    ]
    stage.scan(INVOICE)
    assert isinstance(stage.top, InvoicePage)
    stage.back()
    stage.press("down", "down", "enter")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "INV-2"
    stage.back()
    desk.post(INVOICE)
    stage.top.news(None)
    assert stage.rows(20, 16)[2] == "2 INV-1     inv done"


def test_an_invoice_that_is_not_fresh_says_so_and_only_opens_while_one_waits():
    desk = three_slips()
    desk.record(DraftInvoice(INVOICE, ORDER), None, nothing)
    desk.numbers = [INVOICE]
    stage = PlayStage(desk)
    stage.enter(DocumentsPage(stage))
    desk.later = True
    stage.press("enter", "enter")
    assert "Opening INV-1 ..." in stage.words()
    stage.enter(MenuPage(stage, [("x", lambda: None)]))
    desk.answer_all()
    assert isinstance(stage.top, MenuPage)
    stage.back()
    desk.answer_all()
    assert "Opening" not in stage.words()
    assert desk.did("open") == [(INVOICE,)]


def test_an_invoice_that_ships_is_complete_as_an_invoice():
    desk = order_desk()
    desk.record(DraftInvoice("INV-2", ORDER, ((3, 1),)), None, nothing)
    stage = PlayStage(desk)
    stage.enter(ScanningPage(stage, desk.sheet_of("INV-2", 1)))
    stage.scan("SN-7")
    assert said(stage) == "OK SN-7 - invoice complete, F8"
    stage.press("f8", "enter")
    desk.settle()
    stage.top.news("INV-2")
    assert "OK Posted." in stage.words()
    assert stage.keys[0] == ("enter", "to list")


# -- how it looks


def test_the_invoice_page_of_a_handheld():
    stage = invoicing()
    stage.scan("SN-1A", "SN-1B", "SN-2A")
    assert [row.rstrip() for row in stage.rows(20, 16)] == [
        "INV-1         ^13 ON",
        "[       ADD        ]",
        "   3 units on it",
        "SO-2001 Customer",
        "--------------------",
        "OK SN-2A",
        "--------------------",
        "PS-1001         2/2*",
        "PS-1002         1/2!",
        "PS-1003          0/2",
        *[""] * 3,
        ">",
        "F4+/- Ent=Slip F8Fin",
        "F3Back F1Menu F7Down",
    ]


def test_the_invoice_page_of_a_truck_terminal():
    stage = invoicing()
    stage.scan("SN-1A")
    assert [row.rstrip() for row in stage.rows(40, 8)] == [
        "INV-1 SO-2001 Customer            ^11 ON",
        "[ ADD ] 1 unit on it",
        "OK SN-1A",
        "PS-1001                 incomplete  1/2!",
        "PS-1002                              0/2",
        "PS-1003                              0/2",
        ">",
        "F4+/- Ent=Slip F8Fin F3Back F1Menu F6Up",
    ]


def test_the_smallest_screen():
    stage = invoicing()
    stage.scan("SN-1A", "SN-2A")
    assert [row.rstrip() for row in stage.rows(12, 3, "SN-7")] == ["OK SN-2A: 2~", "2 units on ~", "ADD> SN-7"]


def test_without_a_posted_slip_it_says_what_to_do():
    stage = invoicing(order_desk())
    assert "No slip of this order is posted yet: post one first." in stage.words(20, 16)
    stage.press("enter", "f7", "mouse")
    assert isinstance(stage.top, InvoicePage)


EVIL = Item("DRILL", LONG, CONTROL)


def hostile() -> PlayStage:
    """An invoice of slips, a customer and items whose names are as bad as they can be."""
    desk = order_desk(customer=LONG, items=(EVIL, GLUE, SAW))
    for n in range(3):
        ship(desk, f"{n}{LONG}", *(f"SN-{n}{at}" for at in range(2)), glue=2)
    stage = invoicing(desk)
    stage.scan("SN-00", "SN-10", "SN-20", HOSTILE)
    desk.state = State(Link.DENIED, Standing(123_456, 7, 89))
    return stage


@pytest.mark.parametrize("where", ["invoice", "slip", "finish"])
def test_hostile_words_are_only_words_at_every_size(where):
    assert DRILL.number == EVIL.number
    assert ITEMS
    stage = hostile()
    stage.press(*{"invoice": (), "slip": ("enter", "f7", "f7", "f7"), "finish": ("f8", "enter")}[where])
    check_fits(stage)


@pytest.mark.parametrize("where", ["invoice", "slip", "finish"])
@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_header_entry_and_keys_are_there_where_they_are_promised(where, columns, rows):
    stage = hostile()
    stage.press(*{"invoice": (), "slip": ("enter",), "finish": ("f8",)}[where])
    shown = stage.rows(columns, rows, "typed 123")
    assert len(shown) == rows
    assert shown[0].endswith("!89 ^123449 DENIED")
    assert any(row.rstrip().endswith("typed 123") for row in shown)
    assert any(stage.keys[0][1] in row for row in shown[-2:])


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("mode", list(ScanMode))
def test_mode_count_verdict_and_entry_are_always_in_sight(columns, rows, mode):
    stage = invoicing()
    stage.top.mode = mode
    stage.scan("SN-9")
    shown = stage.rows(columns, rows, "SN7")
    assert sum(str(mode) in row for row in shown) == 1
    assert any("0 units on" in row for row in shown)
    assert sum(row.startswith("NO SN-9") for row in shown) == 1
    assert any("> SN7" in row for row in shown)


def test_news_between_a_verdict_and_the_invoice_as_it_is_then_changes_no_words():
    stage = invoicing(later=True)
    stage.scan("SN-1A")
    stage.desk.answer_all()
    stage.scan("SN-1B")
    stage.top.news(INVOICE)
    stage.desk.answer_all()
    assert said(stage) == "OK SN-1B - slip complete"
    for serial in ("SN-2A", "SN-3A"):
        stage.scan(serial)
        stage.top.news(INVOICE)
        stage.desk.answer_all()
    assert said(stage) == "OK SN-3A: 2 slips incomplete"
