"""What leads from one screen to the next, and what is said while nothing is known yet: nobody is left to guess."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from terminal.domain.changes import StatusChanged
from terminal.domain.documents import ScanMode, SlipStatus
from terminal.domain.intents import AddNotReadable, AddSerial, DraftInvoice, SellOneMore
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Problem
from terminal.ui.cells import width
from terminal.ui.frame import key_at, key_rows, keys_left_out
from terminal.ui.messages import Pressed
from terminal.ui.page import Page
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.coming_along import ComingAlongPage
from terminal.ui.pages.correcting import CorrectPage
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.help_words import help_topics
from terminal.ui.pages.inquiry import InquiryPage, UnitPage
from terminal.ui.pages.invoice_slip import InvoiceSlipPage
from terminal.ui.pages.invoicing import InvoicePage
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.marking import MarkManyPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import HelpPage
from terminal.ui.pages.order import OrderDocumentsPage
from terminal.ui.pages.printing import PrintingPage
from terminal.ui.pages.problems import ProblemPage, ProblemsPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.reversing import KeptPage, ReversalPage, ReversePage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.selling import SellingPage
from terminal.ui.pages.tracing import TracePage
from terminal.ui.ports import Link, State
from terminal.ui.sound import Sound

from .shipping import ORDER, nothing, order_desk, reverse, ship, three_slips, touch
from .stage import DRILL, MORNING, PlayDesk, PlayStage

SIZES = [(20, 16), (40, 8), (80, 24)]
at_every_size = pytest.mark.parametrize("size", SIZES, ids=str)
Size = tuple[int, int]


def shown(desk: PlayDesk, make: Callable[[PlayStage], Page]) -> PlayStage:
    """Show a page over the documents."""
    stage = PlayStage(desk)
    stage.enter(DocumentsPage(stage))
    stage.enter(make(stage))
    return stage


def on_slip(desk: PlayDesk, number: str = "PS-1001") -> PlayStage:
    """Show a slip where it is scanned."""
    return shown(desk, lambda stage: ScanningPage(stage, desk.sheet_of(number, 1)))


def invoice_all(desk: PlayDesk, *slips: str) -> None:
    """Let the server post an invoice for all units of some slips."""
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    for slip in slips:
        desk.choose_slip("INV-1", slip, ScanMode.ADD, nothing)
    desk.post("INV-1")
    desk.numbers = [*desk.numbers, "INV-1"]


def refused_reversal(slip: str) -> Problem:
    """Make what the server says against a reversal."""
    refusal = refuse(Code.INVOICED, document=slip, line=1, invoice="INV-9")
    return Problem(7, "slip-reversed", slip, None, "1001", MORNING, "rejected", refusal)


# -- tracing what is no serial


@at_every_size
@pytest.mark.parametrize("code", ["PS-1001", "INV-1"])
def test_the_number_of_a_document_is_no_serial_to_trace_and_enter_opens_it(size: Size, code: str):
    desk = three_slips()
    invoice_all(desk, "PS-1001")
    stage = shown(desk, TracePage)
    stage.scan(code)
    words = stage.words(*size)
    assert f"{code} is the number of a document, no serial. Enter opens it; or scan a unit's serial." in words
    assert "Not sold by us" not in words
    assert stage.sounds[-1] is Sound.NO
    touch(stage, "Ent=open", *size)
    assert isinstance(stage.top, InvoicePage if code == "INV-1" else ScanningPage)
    assert stage.top.document == code


def test_the_number_of_an_order_opens_the_order_and_a_scan_goes_on_tracing():
    stage = shown(three_slips(), TracePage)
    stage.scan(ORDER)
    assert f"{ORDER} is the number of an order, no serial." in stage.words()
    stage.press("enter", fresh=False)
    assert isinstance(stage.top, TracePage)
    stage.scan("SN-1A")
    assert "Shipped by us" in stage.words()
    stage.press("enter")
    assert isinstance(stage.top, TracePage)
    stage.scan(ORDER)
    stage.press("enter")
    assert isinstance(stage.top, OrderDocumentsPage)
    assert "PS-1001" in stage.words()


# -- what is next on a document that is done


@at_every_size
def test_a_posted_slip_says_what_can_be_done_with_it_and_f8_offers_it(size: Size):
    desk = three_slips()
    desk.paper = ["dock"]
    stage = on_slip(desk)
    stage.top.news(None)
    wide = 39 if size[0] == 80 else size[0]  # the lines stand beside
    words = " ".join(" ".join(row[:wide] for row in stage.rows(*size)).split())
    assert "F8 shows what is next: serials, correct, reverse, its order, print." in words
    touch(stage, "F8More", *size)
    assert isinstance(stage.top, MenuPage)
    offered = [words for words, _do in stage.top.entries]
    assert offered == ["Serials", "Correct a serial", "Reverse ...", "Not readable", "Its order", "Print"]
    touch(stage, "Reverse", *size)
    assert isinstance(stage.top, ReversePage)


def test_a_verdict_goes_before_what_is_next():
    stage = on_slip(three_slips())
    stage.scan("SN-9")
    assert "NO PS-1001 is posted." in stage.words()
    assert "F8 shows" not in stage.words()


def test_a_cancelled_slip_a_posted_invoice_and_a_posted_sale_say_it_too():
    desk = three_slips()
    reverse(desk, "PS-1001")
    cancelled = on_slip(desk).words()
    assert "[ cancelled ]" in cancelled
    assert "reversed, 2 kept" in cancelled
    assert "F8 shows what is next: serials, what is kept, its order." in cancelled
    desk.record(SellOneMore("SALE-1", DRILL.number), None, nothing)
    desk.record(AddSerial("SALE-1", 1, "SN-77"), 1, nothing)
    desk.post("SALE-1")
    stage = shown(desk, lambda stage: SellingPage(stage, "SALE-1"))
    for size in SIZES[::2]:
        assert "This sale is finished. F8 shows what is next: serials, new sale." in stage.words(*size)
    stage.press("f8")
    assert [words for words, _do in stage.top.entries] == ["Serials", "New sale"]
    stage.press("down", "enter")
    assert isinstance(stage.top, SellingPage)
    assert "Scan an item." in stage.words()
    invoice_all(desk, "PS-1002")
    invoice = desk.invoice_of("INV-1")
    assert invoice is not None
    stage = shown(desk, lambda stage: InvoicePage(stage, invoice))
    assert "F8 shows what is next: serials, its order." in stage.words()
    desk.ledger.apply(StatusChanged("PS-1002", SlipStatus.REFUSED))
    assert "F8 shows what is next: serials, its order." in on_slip(desk, "PS-1002").words()


@at_every_size
def test_once_it_is_posted_the_finish_page_leads_on_to_what_it_is_then(size: Size):
    desk = PlayDesk()
    stage = on_slip(desk, "PS-1002")
    stage.scan("SN-1")
    stage.press("f8", "enter")
    desk.settle()
    stage.top.news("PS-1002")
    assert "F8 shows what is next: serials, correct, reverse, its order." in stage.words(*size)
    touch(stage, "F8More", *size)
    assert "Reverse ..." in [words for words, _do in stage.top.entries]
    stage.back()
    assert isinstance(stage.top, ScanningPage)


@at_every_size
def test_a_slip_and_an_invoice_lead_to_their_order(size: Size):
    desk = three_slips()
    invoice_all(desk, "PS-1001")
    invoice = desk.invoice_of("INV-1")
    assert invoice is not None
    for stage in (on_slip(desk), shown(desk, lambda stage: InvoicePage(stage, invoice))):
        desk.asked.clear()
        dict(stage.top.menu())["Its order"]()
        assert isinstance(stage.top, OrderDocumentsPage)
        assert "PS-1001" in stage.words(*size)
        assert desk.did("order") == [(ORDER, False), (ORDER, True)]


def test_an_order_that_is_not_known_yet_is_asked_for_and_said_when_there_is_none():
    desk = PlayDesk()
    stage = on_slip(desk, "PS-1002")
    desk.later = True
    dict(stage.top.menu())["Its order"]()
    for size in SIZES:
        assert "Asking the server ..." in stage.words(*size)
        assert "No documents" not in stage.words(*size)
    desk.answer_all()
    assert "NO Order SO-1002 is not known. Check the number." in stage.words()


def test_a_new_invoice_says_how_to_begin():
    desk = three_slips()
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    view = desk.invoice_of("INV-1")
    assert view is not None
    stage = shown(desk, lambda stage: InvoicePage(stage, view))
    for size in SIZES:
        assert "Scan units, or choose a slip." in stage.words(*size)
    stage.scan("SN-1A")
    assert "choose a slip" not in stage.words()


def test_what_was_said_of_a_draft_goes_when_the_slip_is_posted_elsewhere_but_no_refusal_does():
    for code, kept in (("SN-1", False), ("PS-1002", True)):
        desk = PlayDesk()
        stage = on_slip(desk, "PS-1002")
        stage.scan(code)
        said = stage.top.said.text
        desk.post("PS-1002")
        stage.top.news(None)
        assert (stage.top.said.text == said) is kept


def test_a_counter_sale_has_no_order():
    desk = PlayDesk()
    desk.record(SellOneMore("SALE-1", DRILL.number), None, nothing)
    stage = shown(desk, lambda stage: SellingPage(stage, "SALE-1"))
    assert "Its order" not in dict(stage.top.menu())


# -- reversing


@at_every_size
def test_what_is_invoiced_is_said_when_the_page_for_reversing_opens(size: Size):
    desk = three_slips()
    invoice_all(desk, "PS-1001")
    desk.policies(correction_reasons=("mixed up",))
    stage = shown(desk, lambda stage: ReversePage(stage, "PS-1001"))
    words = stage.words(*size)
    assert "Invoice INV-1 charges this: it can't be changed. Ask the office." in words
    assert "1 (Whole slip)" in words
    assert desk.did("record")[-1] != ()
    stage.press("enter")
    assert isinstance(stage.top, ReversePage)
    assert "NO Invoice INV-1 charges this" in stage.words(*size)


def test_a_line_that_is_not_invoiced_can_be_reversed_beside_one_that_is():
    desk = order_desk()
    ship(desk, "PS-1001", "SN-1", glue=4)
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    desk.choose("INV-1", ScanMode.ADD, "SN-1", nothing)
    desk.post("INV-1")
    stage = shown(desk, lambda stage: ReversePage(stage, "PS-1001"))
    shown_rows = stage.words()
    assert "1 (Whole slip)" in shown_rows
    assert "3 (Drill)" in shown_rows
    assert "4 Glue" in shown_rows
    assert stage.top.chosen(3)
    assert "NO Invoice INV-1 charges this" in stage.words()
    stage.press("down")
    assert "Invoice INV-1" not in stage.words()
    stage.press("enter")
    assert isinstance(stage.top, ReversalPage)


@at_every_size
def test_a_refused_reversal_is_shown_where_it_was_asked_for(size: Size):
    desk = three_slips()
    old = refused_reversal("PS-1001")
    desk.found = [replace(old, sequence=1)]
    stage = shown(desk, lambda stage: ReversePage(stage, "PS-1001"))
    stage.press("enter", "enter")
    stage.top.news(None)
    assert "The request is stored here." in stage.words(*size)  # the old problem is not about this request
    desk.found = [replace(old, sequence=1), old]
    stage.tell("no", "NO The server refused 1 entry. See F1 2 Problems.")
    stage.top.news(None)
    stage.top.news(None)
    words = stage.words(*size)
    assert "stored here" not in words
    assert "NO Reversal of PS-1001: Invoice INV-9 charges this: it can't be changed." in words
    assert stage.sounds == [Sound.OK, Sound.NO]
    touch(stage, "F8Dealt with", *size)
    assert desk.put == [7]
    assert isinstance(stage.top, ReversePage)


# -- while the server is asked


@at_every_size
def test_what_is_kept_is_shown_at_once_and_the_rest_is_asked_for(size: Size):
    desk = three_slips()
    reverse(desk, "PS-1001")
    desk.later = True
    stage = shown(desk, lambda stage: KeptPage(stage, ORDER))
    assert "Asking the server ..." in stage.words(*size)
    desk.answer(2)
    assert "Asking the server ..." in stage.words(*size)
    assert "SN-1A" in stage.words(*size)
    desk.answer_all()
    assert "Asking" not in stage.words(*size)
    assert "SN-1A" in stage.words(*size)


@at_every_size
def test_nothing_kept_is_said_only_when_the_server_said_so(size: Size):
    desk = three_slips()
    desk.later = True
    stage = shown(desk, lambda stage: KeptPage(stage, ORDER))
    desk.answer(2)
    assert "Nothing is kept" not in stage.words(*size)
    desk.answer_all()
    assert "Nothing is kept for this order." in stage.words(*size)
    desk.state = State(Link.OFFLINE)
    assert "No link: nothing is known here of what is kept for this order." in stage.words(*size)


@at_every_size
def test_open_blanks_known_here_are_shown_at_once_and_the_rest_is_asked_for(size: Size):
    desk = PlayDesk()
    desk.record(AddNotReadable("PS-1001", 1), 1, nothing)
    desk.later = True
    stage = shown(desk, BlanksPage)
    assert "Asking the server ..." in stage.words(*size)
    assert "No unit wants a serial" not in stage.words(*size)
    desk.answer(2)
    assert "1 unit. Asking the server ..." in stage.words(*size)
    assert "PS-1001/1" in stage.words(*size)
    desk.answer_all()
    assert "Asking" not in stage.words(*size)
    stage.top.news(None)
    assert "Asking" not in stage.words(*size)  # the list stays while it is renewed
    assert "PS-1001/1" in stage.words(*size)


def test_no_open_blank_is_said_only_when_the_server_said_so():
    stage = shown(PlayDesk(later=True), BlanksPage)
    stage.desk.answer(2)
    assert "No unit wants a serial" not in stage.words()
    stage.desk.answer_all()
    assert "No unit wants a serial." in stage.words()


# -- lists that say what a document is


def test_a_cancelled_slip_is_void_on_its_order():
    desk = three_slips()
    reverse(desk, "PS-1001")
    stage = shown(desk, DocumentsPage)
    stage.scan(ORDER)
    assert any(row.startswith("1 PS-1001 ") and row.endswith(" void") for row in stage.rows(20, 16))
    for size in SIZES:
        assert "slip, cancelled, back on the order" in stage.words(*size)
        assert "registered" not in stage.words(*size)
    assert "1 PS-1001 slip cancelled" in stage.words(40, 8)


@at_every_size
def test_slips_invoices_and_sales_are_told_apart_by_a_word(size: Size):
    desk = three_slips()
    invoice_all(desk, "PS-1001", "PS-1002")
    desk.record(SellOneMore("SALE-1", DRILL.number), None, nothing)
    desk.numbers = ["PS-1003", "INV-1", "SALE-1"]
    stage = shown(desk, DocumentsPage)
    words = stage.words(*size)
    wide = size[0] >= 40
    assert ("1 PS-1003 slip posted" if wide else "1 PS-1003 done") in words
    assert ("2 INV-1 invoice posted" if wide else "2 INV-1 inv done") in words
    assert ("3 SALE-1 counter sale 0/1" if wide else "3 SALE-1 sale 0/1") in words
    assert not wide or f"4 {ORDER} order" in words
    stage.scan(ORDER)
    words = stage.words(*size)
    assert ("2 PS-1001 slip posted, 2/2 invoiced" if wide else "2 PS-1001 $2/2") in words
    assert ("1 INV-1 invoice posted" if wide else "1 INV-1 inv done") in words


def test_a_console_shows_the_lines_of_the_selected_slip_beside_the_invoice():
    desk = three_slips(glue=2)
    desk.record(DraftInvoice("INV-1", ORDER), None, nothing)
    desk.choose("INV-1", ScanMode.ADD, "SN-1A", nothing)
    view = desk.invoice_of("INV-1")
    assert view is not None
    stage = shown(desk, lambda stage: InvoicePage(stage, view))
    rows = stage.rows(80, 24)
    assert rows[1].startswith("[")
    assert " | PS-1001 " in rows[1]
    assert [row[39:].strip() for row in rows[2:4]] == [
        "|   1 Drill                          1/2",
        "|   2 Glue                          0/2#",
    ]
    assert any(row.startswith("PS-1003") for row in rows)
    at = next(n for n, row in enumerate(rows) if row.startswith("PS-1003"))
    stage.top.pressed(Pressed("mouse", True, at, 60))
    assert isinstance(stage.top, InvoicePage)  # a touch beside the list chooses nothing
    stage.press("down")
    assert " | PS-1002 " in stage.rows(80, 24)[1]
    touch(stage, "PS-1003", 80, 24)
    assert isinstance(stage.top, InvoiceSlipPage)
    stage.back()
    assert not any(" | " in row for row in stage.rows(40, 8) + stage.rows(20, 16))


# -- help


def test_the_help_has_a_topic_for_every_task_and_begins_with_the_one_of_the_page():
    headings = [topic.heading for topic in help_topics()]
    assert headings[0] == "KEYS"
    assert {"ORDERS", "INVOICES", "CORRECTIONS", "REVERSING", "NOT READABLE", "TRACE", "COUNTER SALE", "PRINTING"} <= {
        *headings
    }
    stage = PlayStage(PlayDesk())
    topics = {page.topic for page in (InvoicePage, TracePage, SellingPage, BlanksPage, OrderDocumentsPage, KeptPage)}
    assert len(topics) == 6
    for topic in topics:
        stage.enter(HelpPage(stage, topic))
        first = stage.rows(20, 16)[1].strip()
        assert first == help_topics(topic)[0].heading != "KEYS"


@at_every_size
def test_the_whole_help_can_be_read(size: Size):
    stage = PlayStage(PlayDesk())
    stage.enter(HelpPage(stage))
    seen: list[str] = []
    stage.press("enter")
    for _ in range(60):
        seen += [row.strip() for row in stage.rows(*size)[1:-1] if row.strip() not in seen]
        stage.press("f7")
    text = " ".join(seen)
    for topic in help_topics():
        assert topic.heading in seen
        for sentence in topic.sentences:
            assert all(word in text for word in sentence.split())


# -- menus fit


def menus() -> list[tuple[str, str]]:
    """Give every entry of every page's menu, with what stands before it."""
    desk = three_slips()
    reverse(desk, "PS-1003")
    desk.paper = ["dock"]
    invoice_all(desk, "PS-1001")
    desk.record(DraftInvoice("INV-2", ORDER), None, nothing)
    desk.record(SellOneMore("SALE-1", DRILL.number), None, nothing)
    other = PlayDesk()
    pages = [on_slip(desk, "PS-1002"), on_slip(desk, "PS-1003"), on_slip(other, "PS-1002")]
    pages += [shown(desk, lambda stage: SellingPage(stage, "SALE-1"))]
    for number in ("INV-1", "INV-2"):
        view = desk.invoice_of(number)
        assert view is not None
        pages.append(shown(desk, lambda stage, view=view: InvoicePage(stage, view)))
    stage = shown(desk, DocumentsPage)
    stage.scan(ORDER)
    pages.append(stage)
    drafting = PlayStage(desk)
    desk.draft(ORDER, lambda draft: drafting.enter(DraftingPage(drafting, draft, nothing)))
    pages.append(drafting)
    return [(f"{n} ", words) for each in pages for n, (words, _do) in enumerate(each.top.menu(), 1)]


def test_every_entry_of_a_menu_fits_a_handheld_in_parentheses_too():
    entries = menus()
    assert len(entries) > 25
    for number, words in entries:
        assert width(f"{number}({words.strip('()')})") <= 20, words


# -- by touch alone


def problem(desk: PlayDesk) -> Problem:
    """Make a problem whose unit a supervisor can sell again."""
    refusal = refuse(Code.SOLD_BEFORE, serial="SN-1", document="PS-9", line=1, invoice="INV-9")
    found = Problem(3, "registered", "PS-1001", "SN-1", "1001", MORNING, "rejected", refusal, line=1)
    desk.found = [found]
    return found


def by_hand() -> dict[str, PlayStage]:
    """Give every page of the sales process, with something on it."""
    desk = three_slips(glue=2)
    reverse(desk, "PS-1003")
    desk.paper = ["dock", "office"]
    desk.policies(correction_reasons=("mixed up", "misread"))
    desk.record(DraftInvoice("INV-2", ORDER), None, nothing)
    desk.record(SellOneMore("SALE-1", DRILL.number), None, nothing)
    view, slip = desk.invoice_of("INV-2"), desk._document("PS-1001")
    kept, made = desk._order(ORDER), problem(desk)
    assert view is not None
    assert slip is not None
    assert kept is not None
    made_pages: dict[str, Callable[[PlayStage], Page]] = {
        "order": lambda stage: OrderDocumentsPage(stage, kept),
        "invoice": lambda stage: InvoicePage(stage, view),
        "invoice-slip": lambda stage: InvoiceSlipPage(stage, view, "PS-1001", lambda _slip, _mode: None),
        "inquiry": lambda stage: InquiryPage(stage, "PS-1001"),
        "correcting": lambda stage: InquiryPage(stage, "PS-1001", correcting=True),
        "reverse": lambda stage: ReversePage(stage, "PS-1001"),
        "reversal": lambda stage: ReversalPage(stage, slip, 0, "mixed up"),
        "kept": lambda stage: KeptPage(stage, ORDER),
        "coming-along": lambda stage: ComingAlongPage(stage, ORDER, "Drill", 1, kept.kept, (), nothing),
        "reason": lambda stage: ReasonPage(stage, "Why", "Why?", nothing),
        "blanks": BlanksPage,
        "trace": lambda stage: TracePage(stage, "PS-1001"),
        "sale": lambda stage: SellingPage(stage, "SALE-1"),
        "printing": lambda stage: PrintingPage(stage, "PS-1001"),
        "posted": lambda stage: ScanningPage(stage, desk.sheet_of("PS-1001", 1)),
        "lines": lambda stage: LinesPage(stage, "PS-1001", nothing),
        "finish": lambda stage: FinishPage(stage, "PS-1001", lambda: None),
        "problems": ProblemsPage,
        "problem": lambda stage: ProblemPage(stage, made),
        "help": HelpPage,
        "documents": DocumentsPage,
    }
    stages = {name: shown(desk, make) for name, make in made_pages.items()}
    order, other = PlayStage(desk), PlayDesk()
    desk.draft(ORDER, lambda draft: order.enter(DraftingPage(order, draft, nothing, kept.kept)))
    stages["drafting"] = order
    stages["scanning"] = on_slip(other)
    line = other.sheet_of("PS-1001", 1).current
    stages["marking"] = shown(other, lambda stage: MarkManyPage(stage, line, InquiryPage(stage, "PS-1001")))
    unit = shown(desk, lambda stage: InquiryPage(stage, "PS-1001"))
    unit.rows()
    unit.press("enter")
    assert isinstance(unit.top, UnitPage)
    stages["unit"] = unit
    stages["correct"] = shown(desk, lambda stage: CorrectPage(stage, unit.top.unit, InquiryPage(stage, "PS-1001")))
    return stages


PAGES = sorted(by_hand())


@at_every_size
@pytest.mark.parametrize("name", PAGES)
def test_every_key_that_works_is_reached_by_touching_its_name_or_the_menu(name: str, size: Size):
    stage = by_hand()[name]
    shown_rows = stage.rows(*size)
    keys = stage.top.keys()
    bar = key_rows(keys, *size)
    touchable = {
        key_at(keys, *size, row, column)
        for row in range(size[1] - len(bar), size[1])
        for column in range(len(shown_rows[row].rstrip()))
    }
    left_out = {key for key, _word in keys_left_out(keys, *size)}
    assert touchable - {None} == {key for key, _word in keys} - left_out
    assert key_at(keys, *size, 0, 5) == "f1"  # the menu has what found no room
    assert "f3" in touchable or "f3" in left_out


@pytest.mark.parametrize("name", PAGES)
def test_no_key_does_what_no_hand_could_touch(name: str):
    named = by_hand()[name].top.keys()
    if name in {"reversal", "marking"}:
        named = [*named, ("f8", "")]  # says yes, as Enter does
    for key in {"f2", "f4", "f5", "f6", "f7", "f8", "f9", "enter"} - {key for key, _word in named}:
        stage = by_hand()[name]
        before, page, done = stage.rows(40, 24), stage.top, len(stage.desk.did("record"))
        stage.press(key)
        assert stage.top is page, key
        assert stage.rows(40, 24) == before or "NO " in stage.words(40, 24), key  # it may say why not
        assert len(stage.desk.did("record")) == done or "NO " in stage.words(40, 24), key


@at_every_size
def test_a_whole_way_by_touch_alone_from_the_order_to_the_reversal(size: Size):
    desk = order_desk()
    stage = PlayStage(desk)
    stage.enter(DocumentsPage(stage))
    touch(stage, ORDER, *size)
    touch(stage, "Ent=slip", *size)
    touch(stage, "F8Draft", *size)
    assert isinstance(stage.top, ScanningPage)
    number = stage.top.document
    stage.scan(*[f"SN-{n}" for n in range(6)], "4002", "SW-1", "SW-2")
    touch(stage, "F8Fin", *size)
    touch(stage, "Ent=post", *size)
    desk.settle()
    stage.top.news(None)
    touch(stage, "F8More", *size)
    touch(stage, "Its order", *size)
    touch(stage, "F8New", *size)
    touch(stage, "New invoice", *size)
    touch(stage, "Ent=draft", *size)
    assert isinstance(stage.top, InvoicePage)
    touch(stage, number, *size)
    touch(stage, "Put all on", *size)
    touch(stage, "F8Fin", *size)
    stage.back()
    stage.back()
    touch(stage, number, *size)
    touch(stage, "F8More", *size)
    touch(stage, "Reverse", *size)
    touch(stage, "Whole slip", *size)
    touch(stage, "Ent=reverse", *size)
    desk.settle()
    stage.top.news(None)
    assert "OK Reversed." in stage.words(*size)


# -- what was told goes when it is settled


@pytest.mark.parametrize(
    "make",
    [
        DocumentsPage,
        BlanksPage,
        lambda stage: ScanningPage(stage, stage.desk.sheet_of("PS-1001", 1)),
        lambda stage: FinishPage(stage, "PS-1001", lambda: None),
    ],
)
def test_a_page_takes_back_only_what_it_was_told(make: Callable[[PlayStage], Page]):
    stage = shown(PlayDesk(), make)
    stage.tell("no", "NO The server refused 1 entry.")
    stage.top.untold("NO something else")
    assert "NO The server refused 1 entry." in stage.words()
    stage.top.untold("NO The server refused 1 entry.")
    assert "refused" not in stage.words()
