"""What a tired person needs next stays in sight: the whole of a NO, how long a list is, and the way back."""

from __future__ import annotations

import pytest

from terminal.domain.changes import Gone
from terminal.domain.documents import Duty, Operator, OrderLine, SalesOrder
from terminal.domain.intents import AddNotReadable, AddSerial
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.serials import fits_mask, mask_example
from terminal.domain.views import Problem
from terminal.ui.cells import CUT, width, wrap
from terminal.ui.frame import Choices, said_bands
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.menu import MenuPage, Submenu
from terminal.ui.pages.notices import HelpPage
from terminal.ui.pages.problems import ProblemPage
from terminal.ui.pages.scan_layout import Said
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import NotHere
from terminal.ui.sentences import _NAMED, _WRONG, named_wrongly, not_a_scan, problem_text, refusal_sentence
from terminal.ui.sound import Sound
from tests.ui.test_sentences import REAL, ZONE

from .stage import BOB, DRILL, ITEMS, MORNING, PlayDesk, PlayStage, slip_of, texts

HANDHELD, TRUCK, CONSOLE = (20, 16), (40, 8), (80, 24)
SERIAL = "SN-20240312-00012345"
NUMBER = "PS-2024-100112"
LONG = {
    "serial": SERIAL,
    "document": NUMBER,
    "order": NUMBER,
    "invoice": NUMBER,
    "item": "ITEM-NUMBER-0123456X",
    "mask": "AAA-99999999-XXXXX99",
    "reason": "Battery may catch fire in the sun, and in the rain",
}


def lengthened(refusal: Refusal) -> Refusal:
    """Give a real refusal with values as long as any."""
    return Refusal(refusal.code, {name: LONG.get(name, value) for name, value in refusal.parameters.items()})


def sentences() -> list[str]:
    """Give all that can be said of a scan, with long values."""
    said = [refusal_sentence(lengthened(refusal), ZONE) for refusal in REAL.values()]
    said += [refusal_sentence(refuse(Code.SERIAL_CASE, serial=SERIAL, case=case), ZONE) for case in ("upper", "lower")]
    said.append(refusal_sentence(refuse(Code.SOLD_BEFORE, serial=SERIAL, invoice=NUMBER), ZONE, sells_again=True))
    code = "]C101040076500010561021" + SERIAL
    said += [named_wrongly(NotHere(what, code, LONG["item"])) for what in _NAMED]
    said += [named_wrongly(NotHere("wrong", code, error=error)) for error in (*_WRONG, "gs1_check_digit")]
    return said + [not_a_scan(why, code) for why in ("too-long", "undecodable", "broken-off", "typed-before", "noise")]


def scanning(desk: PlayDesk | None = None, said: Said | None = None) -> PlayStage:
    desk = desk or PlayDesk()
    stage = PlayStage(desk)
    page = ScanningPage(stage, desk.sheet_of("PS-1001", 1))
    page.said = said or page.said
    stage.enter(page)
    return stage


@pytest.mark.parametrize("size", [HANDHELD, TRUCK, CONSOLE])
@pytest.mark.parametrize("sentence", sentences())
def test_a_refusal_is_whole_on_the_scanning_screen(size, sentence):
    desk = PlayDesk()
    desk.record(AddNotReadable("PS-1001", 1), 1, lambda _: None)
    rows = scanning(desk, Said("no", f"NO {sentence}")).rows(*size)
    shown = wrap(f"NO {sentence}", size[0] if size[0] < 60 else 39, 99)
    assert [row for row in shown if any(each.startswith(row) for each in rows)] == shown
    assert len(rows) == size[1]
    assert max(map(width, rows)) == size[0]
    if size != TRUCK:
        assert any("1^(not readable)" in row for row in rows)  # the newest registration, too


@pytest.mark.parametrize("size", [HANDHELD, TRUCK, CONSOLE])
@pytest.mark.parametrize("sentence", sentences())
def test_a_refusal_is_whole_on_the_other_screens(size, sentence):
    columns, rows = size
    shown = " ".join(" ".join(texts(said_bands(f"NO {sentence}", "no", columns, rows))).split())
    assert shown.endswith(sentence.split()[-1])


def test_the_rules_around_a_short_verdict_stay():
    assert [row[0] for row in scanning(said=Said("ok", "OK SN-1")).rows(*HANDHELD)].count("-") == 2


# -- lists


@pytest.mark.parametrize(("columns", "rows"), [(20, 11), (40, 5), (80, 20)])
def test_a_list_says_how_much_is_above_and_below(columns, rows):
    choices = Choices([(f"entry {n}", "") for n in range(30)])
    shown = texts(choices.bands(columns, rows, 1))
    assert len(shown) == rows
    assert shown[-1].strip() == f"{31 - rows} more below"
    choices.turn(1)
    below = 30 - 2 * (rows - 1)
    words = f"{rows - 1} above, {below} below" if below > 0 else f"{31 - rows} more above"
    assert texts(choices.bands(columns, rows, 1))[-1].strip() == words
    choices.move(30)
    shown = texts(choices.bands(columns, rows, 1))
    assert shown[-1].strip() == f"{31 - rows} more above"
    assert "entry 29" in shown[-2]


def test_a_page_key_moves_what_is_shown_as_far_as_the_selection():
    choices = Choices([(f"entry {n}", "") for n in range(24)])
    seen = []
    for pages in (1, 1, 1, -1, -1):
        choices.bands(20, 12, 1)
        choices.turn(pages)
        seen.append((choices.selected, choices.first))
    assert seen == [(11, 11), (22, 13), (23, 13), (12, 2), (1, 0)]


def test_a_list_that_fits_says_nothing_and_a_very_short_one_only_what_is_selected():
    choices = Choices([(f"entry {n}", "") for n in range(3)])
    assert [row.strip() for row in texts(choices.bands(20, 3, 1))] == ["1 entry 0", "2 entry 1", "3 entry 2"]
    assert [row.strip() for row in texts(choices.bands(20, 2, 1))] == ["1 entry 0", "2 entry 1"]


# -- what is not allowed, and what is


def test_what_can_not_be_filled_stands_in_parentheses():
    desk = PlayDesk()
    desk.record(AddNotReadable("PS-1001", 1), 1, lambda _: None)
    desk.record(AddNotReadable("PS-1002", 1), 1, lambda _: None)
    desk.post("PS-1002")
    desk.operator = BOB
    stage = PlayStage(desk)
    stage.enter(BlanksPage(stage))
    assert stage.keys[0] == ("enter", "fill")
    stage.rows()
    stage.press("down")
    assert stage.keys[0] == ("enter", "(fill)")


def test_a_line_with_a_negative_quantity_is_refused_when_its_unit_is_chosen():
    order = SalesOrder("SO-1001", "Customer", (OrderLine(1, "DRILL", 2, 0, 1),))
    desk = PlayDesk(Ledger(ITEMS, [slip_of("PS-1001", (DRILL, 2))], [order]))
    desk.record(AddSerial("PS-1001", 1, "SN-1"), 1, lambda _: None)
    desk.record(AddNotReadable("PS-1001", 1), 1, lambda _: None)
    desk.post("PS-1001")
    desk.policies(correction_reasons=("mixed up",))
    stage = PlayStage(desk)
    stage.enter(InquiryPage(stage, "PS-1001", correcting=True))
    stage.rows()
    for digit in (1, 2):
        assert stage.top.chosen(digit)
        assert isinstance(stage.top, InquiryPage)
        assert "NO Order line 1 has a negative quantity: its serials stay. Ask the office." in stage.words()


def test_a_problem_says_what_to_press_where_it_can_be_pressed_and_ends_each_sentence():
    refusal = refuse(Code.SOLD_BEFORE, serial="SN-1", invoice="INV-1")
    problem = Problem(1, "registered", "PS-1001", "SN-1", "1001", MORNING, "conflict", refusal, ("+SN-1",), line=1)
    assert "Difference: +SN-1. Take this unit off" in problem_text(problem, ZONE)
    stage = PlayStage(PlayDesk())
    stage.enter(ProblemPage(stage, problem))
    assert "F9 sells it again." in stage.words()
    stage.desk.operator = Operator("1002", "Bob", frozenset({Duty.REGISTER}))
    assert "A supervisor can sell it again." in stage.words()


@pytest.mark.parametrize("mask", ["WXXX9999999", "AA999", "CN-XXXXXXXX", "A" * 30, r"\A?9\\\9", "99-X?", "\\"])
def test_the_example_of_a_mask_fits_it(mask):
    assert fits_mask(mask_example(mask), mask)


def test_a_mask_is_explained_by_an_example():
    said = refusal_sentence(refuse(Code.SERIAL_MASK, serial="SN-1", mask="WXXX9999999"), ZONE)
    assert said == "SN-1 is no serial of this item, as WABC1234567 would be. Scan the right label."


# -- ways


def test_the_way_back_from_a_menu_in_a_menu_leads_to_the_first_and_choosing_leaves_both():
    stage, done = scanning(), []
    stage.enter(MenuPage(stage, [("Look up ...", Submenu([("Trace", lambda: done.append(stage.top))]))]))
    assert stage.top.chosen(1)
    assert stage.rows()[0].startswith("Look up ")
    stage.back()
    assert stage.rows()[1].startswith("1 Look up ...")
    assert stage.top.chosen(1)
    assert stage.top.chosen(1)
    assert done == [stage.pages[0]]
    assert len(stage.pages) == 1
    stage.enter(MenuPage(stage, [("Look up ...", Submenu([("Trace", lambda: None)]))]))
    assert stage.top.chosen(1)
    stage.scan("SN-1")
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]


@pytest.mark.parametrize("size", [HANDHELD, TRUCK, CONSOLE])
def test_the_help_is_of_the_page_and_enter_gives_the_rest(size):
    stage = PlayStage(PlayDesk())
    stage.enter(HelpPage(stage, "trace"))
    assert "TRACE" in stage.words(*size)
    stage.press("f7", "f7")
    assert "KEYS" not in stage.words(*size)
    assert stage.keys[0] == ("enter", "all help")
    stage.press("enter")
    assert "KEYS" in stage.words(80, 40)
    assert "all help" not in stage.words(*size)


def test_what_another_terminal_takes_off_does_not_stay_OK():
    stage = scanning()
    stage.scan("SN-1", "SN-2")
    there = next(r for r in stage.desk.ledger.live_registrations("PS-1001") if r.serial == "SN-2")
    stage.top.news("PS-1001")
    assert "OK SN-2" in stage.words()
    stage.desk.ledger.apply(Gone(there.id))
    stage.top.news("PS-1001")
    assert "SN-2 was removed elsewhere." in stage.words()
    stage.scan("SN-3")
    stage.press("f5")
    stage.top.news("PS-1001")
    assert "OK undone: SN-3" in stage.words()


def test_a_warning_from_elsewhere_hides_no_verdict():
    stage = scanning()
    stage.scan("SN-1")
    stage.top.told("warn", "The clock is slow.")
    assert "OK SN-1. The clock is slow." in stage.words(20, 16)
    stage.top.untold("The clock is slow.")
    assert stage.top.said.text == ""
    stage.top.told("warn", "The clock is slow.")
    stage.top.untold("")
    assert stage.top.said.text == "The clock is slow."


@pytest.mark.parametrize("blank", [False, True], ids=["serial", "not readable"])
def test_an_undo_of_what_another_terminal_took_off_takes_nothing_earlier_back_unasked(blank: bool):
    stage = scanning()
    stage.scan("SN-1")
    if blank:
        stage.press("f2")
    else:
        stage.scan("SN-2")
    theirs = next(r for r in stage.desk.ledger.live_registrations("PS-1001") if r.serial != "SN-1")
    stage.desk.ledger.apply(Gone(theirs.id))
    stage.top.news("PS-1001")
    assert f"{'A unit that is not readable' if blank else 'SN-2'} was removed elsewhere." in stage.words(20, 16)
    stage.press("f5")
    assert "It is off the slip already. F5 again takes back what came before it." in stage.words(20, 16)
    assert stage.sounds[-1] is Sound.NO
    assert stage.desk.serials("PS-1001", 1) == ["SN-1"]
    stage.press("f5")
    assert stage.desk.serials("PS-1001", 1) == []


def test_a_long_code_is_echoed_by_its_tail():
    assert CUT + "0012345678901234567 holds" in named_wrongly(NotHere("no-serial", "1" * 9 + "0012345678901234567"))
