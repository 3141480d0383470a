"""S21: a counter sale asks for each serial before the next item, and posts slip and invoice in one."""

from __future__ import annotations

import pytest

from terminal.domain.documents import Kind, SlipStatus
from terminal.domain.intents import RequestPosting, SellOneMore
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.marking import MarkManyPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.selling import SellingPage
from terminal.ui.sound import Sound

from .stage import BOB, FULL, PlayDesk, PlayStage

SALE = "T1-S1"


def selling(*scans: str, later: bool = False, **policies: object) -> PlayStage:
    stage = PlayStage(PlayDesk())
    stage.desk.policies(**policies)
    stage.enter(SellingPage(stage))
    stage.scan(*scans)
    stage.desk.later = later
    stage.rows()
    return stage


def sold(stage: PlayStage) -> dict[str, tuple[int, list[str | None]]]:
    """Give the units and serials of each item on the sale."""
    lines = stage.desk.ledger.lines(SALE)
    return {at.item: (at.units, stage.desk.serials(SALE, at.number)) for at in lines if at.units}


def test_an_item_its_serial_the_next_item():
    stage = selling()
    assert "T1-S1 sale" in stage.words()
    assert "Scan an item." in stage.words()
    stage.scan("4001")
    assert "Scan the serial of Drill" in stage.words(20, 16)
    assert "1 Drill 0/1" in stage.words(20, 16)
    stage.scan("SN-1")
    assert "OK SN-1" in stage.words()
    assert "Scan an item." in stage.words()
    stage.scan("GLUE")
    assert "Scan an item." in stage.words()  # it takes no serial
    stage.scan("4001", "SN-2", "SAW")
    assert "Scan the serial of Saw" in stage.words()
    assert sold(stage) == {"DRILL": (2, ["SN-1", "SN-2"]), "GLUE": (1, []), "SAW": (1, [])}
    assert stage.sounds == [Sound.OK] * 6


def test_a_burst_is_judged_in_order_however_late_the_answers_come():
    stage = selling(later=True)
    stage.scan("4001", "SN-1", "4002", "SN-2", "4001", "SN-3")
    stage.desk.answer_all()
    assert sold(stage) == {"DRILL": (2, ["SN-1", "SN-3"]), "SAW": (1, ["SN-2"])}


def test_keys_in_a_burst_go_by_the_sale_as_it_is_then():
    stage = selling("GLUE", later=True)
    stage.scan("GLUE", "4001")
    stage.press("f2")
    stage.scan("GLUE")
    stage.press("f5")
    stage.scan("4002")
    stage.press("f5", "f5")
    stage.desk.answer_all()
    assert sold(stage) == {"GLUE": (2, []), "DRILL": (1, [])}
    stage.press("f5", "f5", "f5", "f5")
    stage.desk.answer_all()
    assert sold(stage) == {}


def test_a_serial_without_an_item_is_refused_and_so_is_a_document():
    stage = selling("SN-1")
    assert "NO SN-1 is no item. Scan the item first, then its serial." in stage.words()
    assert stage.desk.ledger.slip(SALE) is None
    stage.scan("PS-1001")
    assert "NO PS-1001 is a document, no serial." in stage.words()
    stage.scan("4001", "SN-1", "SN-2")
    assert "NO SN-2 is no item." in stage.words()
    assert sold(stage) == {"DRILL": (1, ["SN-1"])}
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert stage.sounds[-1] is Sound.NO


def test_on_a_finished_sale_another_document_is_opened_by_its_barcode():
    stage = selling("DRILL", "SN-1")
    stage.pages.insert(0, DocumentsPage(stage))
    stage.desk.post("T1-S1")
    stage.top.news(None)
    stage.scan("PS-1001")
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "PS-1001"


def test_a_wrong_serial_is_refused_and_the_line_waits_on():
    stage = selling("PUMP", "nonsense")
    assert "as AB123 would be" in stage.words()
    assert "Scan the serial of Pump" in stage.words()
    stage.scan("AB123")
    assert sold(stage) == {"PUMP": (1, ["AB123"])}


def test_units_are_typed_for_what_needs_no_serial_or_several():
    stage = selling("GLUE", "12")
    assert sold(stage) == {"GLUE": (12, [])}
    stage.scan("4001", "SN-1", "3")
    assert "1/3" in stage.words()
    stage.scan("SN-2", "SN-3")
    assert sold(stage)["DRILL"] == (3, ["SN-1", "SN-2", "SN-3"])
    stage.scan("1")
    assert "NO Scan the serials of the units to take off, in REMOVE." in stage.words()
    stage.top.scanned(Scanned("7", "serial", by_scanner=True))
    assert "NO 7 is no item." in stage.words()


def test_undo_takes_the_newest_back_step_by_step():
    stage = selling("GLUE", "4001", "SN-1", "4002")
    stage.press("f5")
    assert sold(stage) == {"GLUE": (1, []), "DRILL": (1, ["SN-1"])}
    stage.press("f5")
    assert sold(stage)["DRILL"] == (1, [])
    assert "undone: SN-1" in stage.words()
    stage.press("f5")
    assert sold(stage) == {"GLUE": (1, [])}
    stage.press("f5")
    assert sold(stage) == {}
    stage.press("f5")
    assert "NO" in stage.words()


def test_remove_takes_units_off_by_serial_or_by_item_and_can_be_undone():
    stage = selling("4001", "SN-1", "4002", "SW-1", "GLUE")
    stage.press("f4")
    assert "[ REMOVE ]" in " ".join(stage.rows()[1].split())
    assert "Scan what comes off the sale." in stage.words()
    stage.scan("SW-1")
    assert "OK removed SW-1" in stage.words()
    assert sold(stage) == {"DRILL": (1, ["SN-1"]), "GLUE": (1, [])}
    stage.press("f5")
    assert sold(stage)["SAW"] == (1, ["SW-1"])
    stage.scan("4002")
    assert "NO Scan the serial of the unit to take off." in stage.words()
    stage.scan("GLUE", "PUMP", "SN-X")
    assert "GLUE" not in sold(stage)
    assert "SN-X is not on this line" in stage.words()
    stage.scan("GLUE")
    assert "NO That item is not on this sale." in stage.words()


def test_nothing_can_be_removed_or_finished_before_anything_is_sold():
    stage = selling()
    stage.press("f4")
    stage.scan("SN-1")
    assert "NO Nothing is on the sale yet." in stage.words()
    stage.press("f8")
    assert isinstance(stage.top, SellingPage)
    stage.press("f4", "f2")
    assert "NO No unit waits for a serial. Scan the item first." in stage.words()


def test_a_unit_that_can_not_be_read_is_marked():
    stage = selling("4001")
    assert ("f2", "NotRd") in stage.keys
    stage.press("f2")
    assert sold(stage) == {"DRILL": (1, [None])}
    assert ("f2", "NotRd") not in stage.keys
    stage.desk.operator = BOB
    stage.scan("4001")
    assert ("f2", "NotRd") not in stage.keys


def test_finishing_posts_slip_and_invoice_in_one():
    stage = selling("4001", "SN-1")
    stage.press("f8")
    assert isinstance(stage.top, FinishPage)
    stage.press("enter", fresh=False)
    stage.press("enter")
    assert stage.desk.did("record")[-1] == (RequestPosting(SALE, online=True),)
    assert stage.desk.ledger.slip(SALE).kind == Kind.COUNTER_SALE
    stage.desk.post(SALE)
    stage.top.news(None)
    assert "OK Posted." in stage.words()
    assert stage.desk.ledger.registration("E0002").invoiced
    stage.back()
    assert "This sale is finished." in stage.words()
    assert stage.desk.ledger.slip(SALE).status is SlipStatus.POSTED
    stage.scan("4001")
    assert "is posted" in stage.words()


def test_a_missing_serial_keeps_the_sale_open():
    stage = selling("4001")
    stage.press("f8")
    assert "Line 1: 1 unit still to scan." in stage.words()


def test_an_unfinished_sale_is_opened_again():
    first = selling("4001", "SN-1", "4002")
    stage = PlayStage(first.desk)
    stage.enter(SellingPage(stage, SALE))
    assert "Scan the serial of Saw" in stage.words()
    stage.scan("SW-1")
    assert sold(stage)["SAW"] == (1, ["SW-1"])
    stage.press("f5")
    assert sold(stage)["SAW"] == (1, [])
    assert stage.desk.did("new_sale") == [()]


@pytest.mark.parametrize("how", ["keys", "touch"])
def test_a_line_is_chosen_by_keys_and_touch(how):
    stage = selling("4001", "2")  # a serial of one character, as the item allows
    stage.scan("3", "4002")
    stage.rows()
    if how == "keys":
        stage.press("up", "enter")
    else:
        stage.top.pressed(Pressed("mouse", True, 4, 0))
    stage.rows()
    assert "Scan the serial of Drill" in stage.words()


def test_the_menu_of_a_sale():
    stage = selling()
    assert stage.top.menu() == ()
    stage.scan("4001", "SN-1", "3")
    entries = dict(stage.top.menu())
    entries["Serials"]()
    assert isinstance(stage.top, InquiryPage)
    stage.back()
    entries["Many unreadable"]()
    assert isinstance(stage.top, MarkManyPage)
    stage.scan("2")
    stage.press("enter")
    assert sold(stage)["DRILL"] == (3, ["SN-1", None, None])
    assert "OK 2 units are not readable" in stage.words()


def test_a_bounce_is_said_and_counted_once():
    stage = selling("GLUE")
    stage.top.scanned(Scanned("GLUE", "keyboard", repeat=True))
    assert "GLUE again: counted once." in stage.words()
    assert sold(stage) == {"GLUE": (1, [])}


def test_a_unit_sold_before_is_sold_again_by_a_supervisor():
    stage = selling("4001", "SN-1", correction_reasons=("came back",))
    stage.desk.record(RequestPosting(SALE, online=True), None, lambda _: None)
    stage.desk.post(SALE)
    stage.enter(SellingPage(stage))
    stage.scan("4001", "SN-1")
    assert "SN-1 was sold on invoice T1-S1." in stage.words()
    assert ("f9", "Sell again") in stage.keys
    stage.press("f9")
    assert isinstance(stage.top, ReasonPage)
    assert stage.top.chosen(1)
    assert "OK SN-1" in stage.words()
    assert stage.desk.serials("T1-S2", 1) == ["SN-1"]
    assert ("f9", "Sell again") not in stage.keys


def test_errors_are_acknowledged_where_the_site_wants_it():
    stage = selling("4001", "a b", "SN-1", acknowledge_errors=True)
    assert not stage.top.leavable
    assert stage.top.held == 1
    assert stage.keys == [("enter", "go on: 1 held")]
    stage.press("f8", "f3")
    stage.top.told("info", "x")
    stage.press("enter")
    assert sold(stage) == {"DRILL": (1, ["SN-1"])}


def test_scans_survive_a_journal_that_can_not_be_written_each_once():
    stage = selling("4001")
    stage.desk.broken = FULL
    stage.scan("SN-1", "4002", "SW-1")
    assert sold(stage) == {"DRILL": (1, [])}
    stage.mend()
    assert sold(stage) == {"DRILL": (1, ["SN-1"]), "SAW": (1, ["SW-1"])}
    assert stage.desk.did("record").count((SellOneMore(SALE, "SAW"),)) == 1


def test_without_numbers_no_sale_begins():
    stage = PlayStage(PlayDesk())
    stage.desk.shop = type(stage.desk.shop)()
    stage.enter(SellingPage(stage))
    assert "NO Document" in stage.words()


def test_another_operator_sells_nothing_for_the_first():
    stage = selling("4001")
    stage.desk.broken = FULL
    stage.scan("SN-1")
    stage.desk.operator = BOB
    assert list(stage.top.left())[1:] == ["SN-1"]


def test_an_unfinished_sale_is_in_the_list_of_documents():
    first = selling("4001", "SN-1", "4002")
    first.desk.numbers.append(SALE)
    stage = PlayStage(first.desk)
    stage.enter(DocumentsPage(stage))
    stage.scan(SALE)
    assert isinstance(stage.top, SellingPage)
    assert "Scan the serial of Saw" in stage.words()
