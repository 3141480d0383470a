"""An order on the screen: its documents, what can be drafted next, what comes along from reversed slips (S12–S14)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Duty, Item, OrderLine, SalesOrder, ScanMode, SlipStatus
from terminal.domain.intents import DraftInvoice, DraftSlip, SellOneMore
from terminal.domain.ledger import Ledger
from terminal.domain.views import KeptUnit, Standing
from terminal.ui.cells import cut_left, safe
from terminal.ui.messages import Scanned
from terminal.ui.pages.coming_along import ComingAlongPage
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.invoicing import InvoicePage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AskPage, HelpPage
from terminal.ui.pages.order import OrderDocumentsPage
from terminal.ui.pages.reversing import KeptPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.selling import SellingPage
from terminal.ui.ports import Draft, Fault, Link, State
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.sound import Sound

from .shipping import ORDER, nothing, order_desk, reverse, ship, three_slips, touch
from .stage import CONTROL, FULL, GLUE, SAW, PlayDesk, PlayStage
from .test_layout import HOSTILE, LONG, PROMISED, check_fits


def listed(desk: PlayDesk) -> PlayStage:
    """Show the documents to work on."""
    stage = PlayStage(desk)
    stage.enter(DocumentsPage(stage))
    return stage


def ordered(desk: PlayDesk | None = None) -> PlayStage:
    """Open the order from the list."""
    stage = listed(desk or three_slips())
    stage.scan(ORDER)
    return stage


# -- opening


def test_an_order_with_documents_shows_them_and_what_is_left():
    desk = three_slips()
    desk.record(DraftSlip("PS-1004", ORDER, ((2, 4), (3, 2))), None, nothing)
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    desk.choose_slip("INV-1", "PS-1001", ScanMode.ADD, nothing)
    desk.post("INV-1")
    stage = ordered(desk)
    assert [row.rstrip() for row in stage.rows(20, 16)] == [
        "SO-2001       ^12 ON",
        "Customer",
        "5 units left to ship",
        "1 INV-1     inv done",
        "2 PS-1001       $2/2",
        "3 PS-1002       $0/2",
        "4 PS-1003       $0/2",
        "5 PS-1004        0/2",
        "",
        "",
        "",
        "invoice, posted, 2",
        "units",
        ">",
        "Ent=open F8New",
        "F3Back F1Menu F7Down",
    ]
    stage.press("f7")
    assert "slip, posted, 2/2 registered, 2 invoiced" in stage.words()
    assert "slip, posted, 2/2 registered, 2 invoiced" in stage.rows(40, 8)


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)], ids=str)
def test_an_order_without_documents_has_the_same_keys_and_enter_begins_its_first_slip(size: tuple[int, int]):
    stage = ordered(order_desk())
    assert isinstance(stage.top, OrderDocumentsPage)
    assert "No documents here yet. Enter drafts a slip, F8 shows what else." in stage.words(*size)
    touch(stage, "F8New", *size)
    assert [words for words, _do in stage.top.entries] == ["New slip", "(New invoice)", "Ship and invoice"]
    stage.back()
    stage.press("enter", fresh=False)
    assert isinstance(stage.top, OrderDocumentsPage)
    touch(stage, "Ent=slip", *size)
    assert isinstance(stage.top, DraftingPage)
    stage.press("f8")
    assert stage.top.document == "T1-1"
    stage.back()
    assert isinstance(stage.top, OrderDocumentsPage)
    assert "T1-1" in stage.words(*size)


def test_S17_enter_on_an_order_without_documents_says_who_may_not_begin():
    stage = ordered(order_desk())
    stage.desk.operator = replace(stage.desk.operator, duties=frozenset({Duty.POST}))
    stage.press("enter")
    assert stage.top.said == "NO You may not register serials. Ask a supervisor."


def test_an_order_without_documents_or_anything_left_says_so():
    desk = order_desk()
    desk.ledger = Ledger((), (), [SalesOrder(ORDER, "Customer", (OrderLine(1, "DRILL", 1, 0),))])
    stage = ordered(desk)
    assert "all shipped No documents here yet. >" in stage.words(20, 16)
    stage.press("enter")
    assert isinstance(stage.top, OrderDocumentsPage)
    stage.back()
    assert "1 SO-2001    shipped" in stage.rows(20, 16)


def test_an_order_that_went_away_is_said():
    stage = listed(order_desk())
    stage.desk.ledger = Ledger()
    stage.scan("1")
    assert stage.top.said == "NO Order SO-2001 is not known. Check the number."


def test_an_order_is_opened_once_and_only_while_one_waits_for_it():
    stage = listed(three_slips())
    stage.desk.later = True
    stage.scan(ORDER)
    assert "Opening SO-2001 ..." in stage.words()
    stage.scan(ORDER, "1")
    assert "NO SO-2001 is being opened. Wait, then type again." in stage.words()
    stage.enter(HelpPage(stage))
    stage.desk.answer_all()
    assert isinstance(stage.top, HelpPage)
    assert stage.desk.did("order") == [(ORDER, True)]
    assert stage.desk.did("open") == []


@pytest.mark.parametrize("make", [order_desk, three_slips])
def test_a_fault_while_an_order_is_opened_is_shown_and_it_can_be_opened_again(make):
    stage = listed(make())
    stage.desk.broken = FULL
    stage.scan(ORDER)
    assert stage.faults == [FULL]
    stage.mend()
    stage.scan(ORDER)
    assert isinstance(stage.top, (OrderDocumentsPage, DraftingPage))


def test_its_documents_open_where_they_are_worked_on():
    desk = three_slips()
    desk.record(DraftInvoice("T-5", ORDER), None, nothing)
    desk.record(DraftSlip("PS-1004", ORDER, ((2, 4),)), None, nothing)
    stage = ordered(desk)
    for code, kind in [("PS-1004", ScanningPage), (" ps-1001 ", ScanningPage), ("5", InvoicePage), ("1003", None)]:
        stage.scan(code)
        assert isinstance(stage.top, kind or ScanningPage)
        stage.back()
    assert [number for (number,) in desk.did("open")] == ["PS-1004", "PS-1001", "T-5", "PS-1003"]


def test_a_document_is_opened_by_keys_and_by_touch():
    stage = ordered()
    stage.press("down")
    stage.press("enter", fresh=False)
    assert stage.desk.did("open") == []
    stage.press("enter")
    assert stage.top.document == "PS-1002"
    stage.back()
    touch(stage, "PS-1003")
    assert stage.top.document == "PS-1003"
    assert "posted" in stage.words()


@pytest.mark.parametrize("code", ["SN-1A", "9", "", "[red]\x1b{0.name}", "4001"])
def test_what_is_no_document_of_the_order_is_said(code):
    stage = ordered()
    stage.scan(code)
    assert isinstance(stage.top, OrderDocumentsPage)
    what = cut_left(safe(code), LONGEST_ECHO)
    words = f"NO {what} is not of this order. A serial? Open a slip first. Another slip? F3 first."
    assert stage.top.said == words
    assert stage.sounds == [Sound.NO]
    stage.top.scanned(Scanned(code, "keyboard", repeat=True))
    assert stage.sounds == [Sound.NO]


def test_another_document_is_opened_from_the_list_below():
    desk = three_slips()
    stage = ordered(desk)
    stage.top.view = replace(stage.top.view, documents=stage.top.view.documents[:1])
    stage.scan("PS-1002")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "PS-1002"
    stage.back()
    assert isinstance(stage.top, DocumentsPage)


@pytest.mark.parametrize(
    ("draft", "words"), [(DraftSlip, "all on slips"), (DraftInvoice, "nothing left to ship"), (None, "all shipped")]
)
def test_what_is_on_drafts_is_not_said_to_be_shipped(draft, words):
    desk = order_desk()
    every = ((1, 6), (2, 9), (3, 2))
    desk.record((draft or DraftSlip)("T1-1", ORDER, every), None, nothing)
    if draft is None:
        desk.post("T1-1")
    assert f"Customer {words}" in ordered(desk).words(20, 16)


def test_an_ending_that_several_have_asks_for_more():
    desk = order_desk()
    for number in ("PS-1001", "PT-1001"):
        ship(desk, number, f"SN-{number}")
    stage = ordered(desk)
    stage.scan("1001")
    assert stage.top.said == "NO 1001 ends several numbers. Type more of the number."


def test_the_server_is_asked_when_an_order_is_opened_and_on_wish_but_not_for_news():
    stage = ordered()
    stage.top.news("PS-1001")
    stage.top.news(None)
    stage.press("f5")
    asked = [ask for _, ask in stage.desk.did("order")]
    assert asked.count(True) == 2
    assert asked[0] is asked[-1] is True


def test_news_shows_what_others_did():
    stage = ordered()
    stage.desk.record(DraftSlip("PS-1009", ORDER, ((2, 1),)), None, nothing)
    stage.top.news("PS-1009")
    assert "PS-1009" in stage.words()


def test_a_fault_while_it_is_read_is_shown():
    stage = ordered()
    stage.desk.broken = FULL
    stage.top.news(None)
    assert stage.faults == [FULL]
    stage.mend()
    assert stage.top.view.documents


# -- drafting from it


def test_a_slip_is_drafted_by_keys_alone_and_opens():
    stage = ordered()
    stage.press("f8", "enter")
    assert isinstance(stage.top, DraftingPage)
    stage.scan("4", "0")
    stage.press("f8")
    assert stage.desk.did("make_slip") == [(ORDER, ((2, 4),))]
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "T1-1"
    stage.back()
    assert isinstance(stage.top, OrderDocumentsPage)
    assert "T1-1" in stage.words()


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)], ids=str)
def test_an_empty_invoice_is_asked_for_first_because_it_stays_in_the_list(size: tuple[int, int]):
    stage = ordered()
    stage.press("f8")
    assert stage.top.chosen(2)
    assert "Draft an invoice for SO-2001? Its units are chosen next." in stage.words(*size)
    touch(stage, "F3Back", *size)
    assert isinstance(stage.top, OrderDocumentsPage)
    assert stage.desk.did("make_invoice") == []
    stage.press("f8")
    assert stage.top.chosen(2)
    stage.press("enter", fresh=False)
    assert stage.desk.did("make_invoice") == []
    stage.press("enter")
    assert stage.desk.did("make_invoice") == [(ORDER, ())]
    assert isinstance(stage.top, InvoicePage)
    assert stage.top.document == "T1-I1"


def test_an_invoice_that_ships_is_drafted_by_touch_alone_and_is_scanned_like_a_slip():
    stage = ordered()
    touch(stage, "F8New")
    touch(stage, "Ship and invoice")
    assert "SO-2001 ship+" in stage.rows(20, 16)[0]
    touch(stage, "Saw")
    stage.scan("1")
    touch(stage, "F8Draft")
    assert stage.desk.did("make_invoice") == [(ORDER, ((2, 9), (3, 1)))]
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "T1-I1"


def test_an_order_s_first_document_can_be_an_invoice_too():
    stage = ordered(order_desk())
    stage.press("enter")
    words, turn = stage.top.menu()[0]
    assert words == "Ship and invoice"
    turn()
    assert "SO-2001 ship+invoice" in stage.words()
    stage.press("f8")
    assert stage.desk.did("make_invoice") == [(ORDER, ((1, 6), (2, 9), (3, 2)))]
    assert stage.top.document == "T1-I1"


def test_an_invoice_without_units_is_not_drafted_by_mistake():
    stage = ordered(order_desk())
    stage.press("enter")
    stage.top.menu()[0][1]()
    stage.scan("0", "0", "0")
    stage.press("f8")
    assert stage.top.said == "NO No units were chosen. Enter a quantity first."
    assert stage.desk.did("make_invoice") == []


def test_choosing_twice_drafts_one_invoice():
    stage = ordered()
    stage.desk.later = True
    page = stage.top
    for _ in range(2):
        page.drafts()[1][1]()
        stage.press("enter")
    stage.desk.answer_all()
    assert len(stage.desk.did("make_invoice")) == 1


@pytest.mark.parametrize(
    ("at", "words", "why"),
    [
        (0, "(New slip)", "NO You may not register serials. Ask a supervisor."),
        (1, "(New invoice)", "NO You may not register serials. Ask a supervisor."),
        (2, "(Ship and invoice)", "NO You may not register serials. Ask a supervisor."),
    ],
)
def test_S17_what_an_operator_may_not_do_is_unavailable_and_says_why(at, words, why):
    stage = ordered()
    stage.desk.operator = replace(stage.desk.operator, duties=frozenset({Duty.POST}))
    stage.press("f8")
    assert words in stage.words()
    assert stage.top.chosen(at + 1)
    assert isinstance(stage.top, OrderDocumentsPage)
    assert stage.top.said == why
    assert stage.sounds == [Sound.NO]


def test_what_an_order_has_nothing_for_is_unavailable_and_says_why():
    desk = order_desk()
    desk.record(DraftSlip("PS-1", ORDER, ((1, 6), (2, 9), (3, 2))), None, nothing)
    stage = ordered(desk)
    reasons = []
    for words, do in stage.top.drafts():
        assert words.startswith("(")
        do()
        reasons.append(stage.top.said)
    assert reasons == [
        "NO Nothing is left to ship on this order.",
        "NO No slip of this order is posted yet: post one first.",
        "NO Nothing is left to ship on this order.",
    ]


def test_where_all_is_invoiced_no_invoice_is_offered():
    desk = order_desk()
    ship(desk, "PS-1", "SN-1")
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    desk.choose_slip("INV-1", "PS-1", ScanMode.ADD, nothing)
    desk.post("INV-1")
    stage = ordered(desk)
    words, do = stage.top.drafts()[1]
    do()
    assert (words, stage.top.said) == ("(New invoice)", "NO All that was shipped is invoiced.")


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_fault_while_drafting_is_shown_and_it_can_be_drafted_again(at):
    stage = ordered()
    page = stage.top

    def draft() -> None:
        page.drafts()[at][1]()
        if isinstance(stage.top, AskPage):
            stage.press("enter")

    stage.desk.broken = FULL
    draft()
    assert FULL in stage.faults
    stage.mend()
    draft()
    assert isinstance(stage.top, (DraftingPage, InvoicePage))


# -- what comes along (S12)


def with_kept(units: int = 6) -> PlayStage:
    """Draft a slip of an order of which a slip with three drills was reversed."""
    desk = order_desk()
    ship(desk, "PS-1001", "SN-1", None, "SN-3")
    reverse(desk, "PS-1001")
    stage = ordered(desk)
    stage.press("f8", "enter")
    assert isinstance(stage.top, DraftingPage)
    if units != 6:
        stage.scan(str(units))
        stage.press("up")
    return stage


def along(stage: PlayStage, document: str = "T1-1") -> list[str | None]:
    """Draft the slip, and give what is on its first line."""
    stage.press("f8")
    assert isinstance(stage.top, ScanningPage), stage.top
    return stage.desk.serials(document, 1)


def test_S12_what_was_reversed_comes_along():
    stage = with_kept()
    assert "1 Drill       6/6 <3" in stage.rows(20, 16)
    assert "3 of 3 kept (1 not readable) come along. F4 chooses." in stage.words(20, 16)
    assert along(stage) == ["SN-1", None, "SN-3"]
    assert "3 / 6" in stage.words()


def test_S12_with_fewer_units_the_oldest_come_along():
    stage = with_kept(2)
    assert "2 of 3 kept (1 not readable) come along. F4 chooses." in stage.words()
    assert along(stage) == ["SN-1", None]
    assert stage.desk.ledger.kept(ORDER, 1)[0].serial == "SN-3"


def test_S12_the_operator_ticks_which_come_along_by_keys_alone():
    stage = with_kept(2)
    stage.press("f4")
    assert [row.rstrip() for row in stage.rows(20, 16)][:6] == [
        "SO-2001 kept   ^4 ON",
        "Drill",
        "2 of 2 come along",
        "1 [x] SN-1   PS-1001",
        "2 [x] (not readable)",
        "3 [ ] SN-3   PS-1001",
    ]
    assert stage.rows(40, 8)[1] == f"{'Drill':<23}2 of 2 come along"
    stage.press("f7", "f4", "f7", "f4")
    stage.press("enter", fresh=False)
    assert isinstance(stage.top, ComingAlongPage)
    stage.press("enter")
    assert "2 of 3 kept" in stage.words()
    assert along(stage) == ["SN-1", "SN-3"]
    assert stage.desk.did("make_slip") == [(ORDER, ((1, 2), (2, 9), (3, 2)), ("E0002", "E0004"))]


def test_S12_they_are_ticked_by_digits_by_touch_and_by_scans():
    stage = with_kept(1)
    touch(stage, "F4Kept")
    assert stage.top.chosen(1)
    assert stage.top.said == "OK SN-1 stays behind"
    stage.scan("sn-3")
    assert stage.top.said == "OK SN-3 comes along"
    assert stage.sounds == [Sound.OK, Sound.OK]
    stage.scan("SN-3")
    assert stage.top.said == "SN-3 comes along already."
    touch(stage, "[x] SN-3")
    touch(stage, "not readable")
    stage.scan("2", "3")
    touch(stage, "Ent=done")
    assert isinstance(stage.top, DraftingPage)
    assert along(stage) == ["SN-3"]


def test_S12_a_digit_ticks_once_with_enter_after_it_and_without():
    stage = with_kept(2)
    stage.press("f4")
    assert stage.top.chosen(1)
    stage.press("enter")
    assert isinstance(stage.top, DraftingPage)
    assert along(stage) == [None]


def test_S12_no_more_are_ticked_than_there_are_units():
    stage = with_kept(1)
    stage.press("f4")
    assert stage.top.chosen(2)
    assert stage.top.said == "NO The new slip has 1 unit on this line. Untick another one first."
    assert stage.sounds == [Sound.NO]
    stage.back()
    assert along(stage) == ["SN-1"]


@pytest.mark.parametrize("code", ["SN-9", "4", "", "[red]\x1b{0.name}", "²"])
def test_S12_what_is_not_kept_is_said(code):
    stage = with_kept()
    stage.press("f4")
    stage.scan(code)
    what = cut_left(safe(code), LONGEST_ECHO)
    assert stage.top.said == f"NO {what} is not kept here. Draft the slip first, then scan it."
    assert "\x1b" not in "".join(stage.rows())
    assert stage.desk.did("scan") == []


def test_S12_a_new_quantity_brings_the_oldest_that_fit_again():
    stage = with_kept(2)
    stage.press("f4")
    stage.scan("SN-1")
    assert stage.top.chosen(1)
    stage.back()
    stage.scan("6")
    assert along(stage) == ["SN-1", None, "SN-3"]


def test_S12_what_came_along_is_marked_on_the_scanning_screen_and_the_help_says_so():
    stage = with_kept(4)
    stage.press("f8")
    stage.scan("SN-4")
    rows = [row.rstrip() for row in stage.rows(20, 16) if row.startswith("  ") and row[2].isdigit()]
    assert rows == ["  4^SN-4", "  3^<SN-3", "  2^<(not readable)", "  1^<SN-1"]
    stage.enter(HelpPage(stage))
    assert "< before a serial: it came along from a slip that was reversed." in stage.words(40, 40)


def test_S12_nothing_comes_along_on_an_invoice_or_a_line_without_units():
    stage = with_kept(0)
    assert "0 of 3 kept (1 not readable) come along." in stage.words()
    stage.top.menu()[0][1]()
    assert "kept" not in stage.words()
    assert "F4Kept" not in stage.words()
    stage.press("f4")
    assert isinstance(stage.top, DraftingPage)


def test_S12_the_order_says_how_many_are_kept_and_leads_to_them():
    desk = order_desk()
    ship(desk, "PS-1001", "SN-1", None)
    reverse(desk, "PS-1001")
    stage = ordered(desk)
    assert "17 left, <2" in stage.rows(20, 16)[2]
    assert "17 units left to ship, 2 kept" in stage.words()
    assert stage.rows(20, 16)[3] == "1 PS-1001       void"
    stage.enter(MenuPage(stage, stage.top.menu()))
    assert stage.top.chosen(4)
    assert isinstance(stage.top, KeptPage)


# -- other kinds


def test_a_counter_sale_is_listed_with_its_kind_and_opens_on_its_page():
    desk = order_desk()
    desk.record(SellOneMore("SALE-1", "DRILL"), None, nothing)
    desk.numbers = ["SALE-1"]
    stage = listed(desk)
    assert stage.rows(20, 16)[1] == "1 SALE-1    sale 0/1"
    stage.press("enter")
    assert isinstance(stage.top, SellingPage)
    stage.back()
    desk.post("SALE-1")
    stage.top.news(None)
    assert stage.rows(20, 16)[1] == "1 SALE-1   sale done"


# -- how it looks


EVIL = Item("DRILL", LONG, CONTROL)


def hostile(where: str) -> PlayStage:
    """A page of an order whose customer, numbers, items and kept serials are as bad as they can be."""
    desk = order_desk(customer=LONG, items=(EVIL, GLUE, SAW))
    for n in range(2):
        ship(desk, f"{n}{LONG}", f"SN-{n}", glue=2)
    stage = ordered(desk)
    kept = [KeptUnit(f"R{n}", 1, LONG, [LONG, None, HOSTILE][n % 3], LONG) for n in range(12)]
    stage.top._read(replace(stage.top.view, customer=LONG, kept=tuple(kept), left=123_456))
    if where == "order":
        stage.scan(HOSTILE)
    elif where == "kinds":
        documents = [replace(stage.top.view.documents[0], units=123_456, to_register=123_456, registered=99_999)]
        documents += [
            replace(each, document=replace(each.document, status=status, kind=kind))
            for each in documents
            for status in SlipStatus
            for kind in ("invoice", "counter-sale", LONG)
        ]
        stage.desk.broken = Fault("full", "")
        stage.top._read(replace(stage.top.view, documents=tuple(documents)))
    else:
        lines = [(n, LONG, LONG, 123_456) for n in range(1, 30)]
        page = DraftingPage(stage, Draft(LONG, LONG, lines), lambda _: None, kept)
        stage.enter(page)
        if where == "ticking":
            page._choose_kept(1)
            stage.scan(HOSTILE)
        assert isinstance(stage.top, (DraftingPage, ComingAlongPage))
    stage.desk.state = State(Link.DENIED, Standing(123_456, 7, 89))
    return stage


WHERE = ["order", "kinds", "drafting", "ticking"]


@pytest.mark.parametrize("where", WHERE)
def test_hostile_words_are_only_words_at_every_size(where):
    stage = hostile(where)
    check_fits(stage)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_header_entry_and_keys_are_there_where_they_are_promised(where, columns, rows):
    stage = hostile(where)
    shown = stage.rows(columns, rows, "typed 123")
    assert len(shown) == rows
    assert shown[0].endswith("!89 ^123449 DENIED")
    assert any(row.rstrip().endswith("typed 123") for row in shown)
    assert any(stage.keys[0][1] in row for row in shown[-2:])
