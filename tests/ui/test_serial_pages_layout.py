"""Every screen of look-ups, corrections and sales at every size, on data that nobody would want."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from terminal.domain.documents import PackingSlip, SlipStatus
from terminal.domain.intents import AddSerial
from terminal.domain.views import (
    Ahead,
    DocumentView,
    Entry,
    Inquiry,
    KeptUnit,
    LineView,
    OpenBlank,
    OrderPage,
    TracedUnit,
    TraceStep,
)
from terminal.ui.cells import width
from terminal.ui.messages import Scanned
from terminal.ui.page import Page
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.correcting import CorrectPage, Unit
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.inquiry import InquiryPage, UnitPage
from terminal.ui.pages.marking import MarkManyPage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.reversing import KeptPage, ReversalPage, ReversePage
from terminal.ui.pages.selling import SellingPage
from terminal.ui.pages.tracing import TracePage
from terminal.ui.ports import Blanks, Link, NoStock, Traced

from .stage import PlayDesk, PlayStage, texts
from .test_layout import HOSTILE, LONG, PROMISED, check_fits, hostile_desk, on

UNIT = Unit("E1", LONG, 123_456, LONG, LONG, SlipStatus.POSTED, LONG, False, LONG, True, LONG, LONG, False)


def desk() -> PlayDesk:
    made = hostile_desk()
    slip = PackingSlip(LONG, LONG, LONG, SlipStatus.POSTED)
    serials = (LONG, "SN" * 50 + "TAIL", None, *["x"] * 997)
    every = [
        Entry(n, f"E{n}", LONG, 123_456, LONG, serial, LONG, True, LONG, sent=False)
        for n, serial in enumerate(serials, 1)
    ]
    made.inquiry = lambda number, first, count, then: then(
        Inquiry(slip, 1000, first, tuple(every[first : first + count]))
    )
    made.place_of = lambda number, serial, then: then(None)
    about = (LONG, LONG, SlipStatus.POSTED, LONG, HOSTILE)
    blanks = [OpenBlank("E1", LONG, 123_456, LONG, *about)] * 40
    made.blanks = lambda then, *, ask=True: then(Blanks(blanks, complete=False))
    step = TraceStep("serial-corrected", LONG, LONG, HOSTILE, LONG, LONG, LONG)
    unit = TracedUnit(
        *("E1", LONG, LONG, LONG, LONG, 123_456, SlipStatus.POSTED, LONG, LONG),
        *(HOSTILE, LONG, HOSTILE, HOSTILE, LONG, True, False, (step, replace(step, type=HOSTILE))),
    )
    made.trace = lambda text, then: then(Traced(LONG, [unit] * 3, asked=False))
    made.new_sale = lambda then: then("PS-1001")
    made.ahead = lambda number, then: then(Ahead(9, 9, (LONG,) * 9))
    kept = KeptUnit("E1", 1, LONG, LONG, LONG)
    made.order = lambda number, then, *, ask=True: then(OrderPage(LONG, LONG, 9, (), (kept,) * 40))
    made.policies(correction_reasons=(LONG,) * 12)
    made.shop = replace(made.shop, time_zone=HOSTILE)
    return made


def line(stage: PlayStage) -> LineView:
    return stage.desk.sheet_of("PS-1001", 1).current


def view(stage: PlayStage) -> DocumentView:
    found = stage.desk._document("PS-1001")
    assert found is not None
    return found


def correcting(stage: PlayStage) -> Page:
    page = CorrectPage(stage, UNIT, InquiryPage(stage, LONG), LONG)
    page.say("no", "NO " + LONG)
    return page


def marking(stage: PlayStage) -> Page:
    page = MarkManyPage(stage, line(stage), SellingPage(stage, LONG))
    page.scanned(Scanned("9999", "keyboard"))
    page.say("no", "NO " + LONG)
    return page


def no_stock(stage: PlayStage) -> Page:
    stage.desk.trace = lambda text, then: then(NoStock(LONG, LONG))
    return TracePage(stage, LONG)


def selling(stage: PlayStage) -> Page:
    page = SellingPage(stage, "PS-1001")
    page.again = AddSerial("PS-1001", 1, LONG)
    page.say("no", "NO " + LONG)
    return page


PAGES: dict[str, Callable[[PlayStage], Page]] = {
    "inquiry": lambda stage: InquiryPage(stage, LONG),
    "inquiry-correcting": lambda stage: InquiryPage(stage, LONG, correcting=True),
    "unit": lambda stage: UnitPage(stage, UNIT, InquiryPage(stage, LONG)),
    "correct": correcting,
    "reason": lambda stage: ReasonPage(stage, LONG, LONG, lambda _: None),
    "reverse": lambda stage: ReversePage(stage, "PS-1001"),
    "reversal": lambda stage: ReversalPage(stage, view(stage), 1, LONG),
    "kept": lambda stage: KeptPage(stage, LONG),
    "blanks": BlanksPage,
    "blanks-filtered": lambda stage: BlanksPage(stage, LONG),
    "mark": lambda stage: MarkManyPage(stage, line(stage), SellingPage(stage, LONG)),
    "mark-sure": marking,
    "trace": lambda stage: TracePage(stage, LONG),
    "trace-empty": TracePage,
    "trace-item": no_stock,
    "selling": selling,
    "finish-ahead": lambda stage: FinishPage(stage, "PS-1001", lambda: None),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("link", [Link.DENIED, Link.NONE])
def test_every_screen_fits_its_size(name, link):
    stage = on(desk(), PAGES[name])
    stage.desk.state = replace(stage.desk.state, link=link)
    for said in (None, "NO " + LONG):
        if said:
            stage.top.told("no", said)
        check_fits(stage)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_header_entry_and_keys_are_there_where_they_are_promised(name, columns, rows):
    stage = on(desk(), PAGES[name])
    shown = texts(stage.top.bands(columns, rows, "typed 123"))
    assert len(shown) == rows
    assert shown[0].endswith("!89 ^123449 DENIED")
    assert [row for row in shown[-2:] if stage.top.keys()[0][1] in row], shown
    assert any(row.rstrip().endswith("typed 123") for row in shown)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_hostile_breaks_what_keys_digits_and_touches_do(name):
    stage = on(desk(), PAGES[name])
    keys = ("f7", "f7", "down", "up", "f6", "f5", "f4", "f2", "pagedown", "pageup", "home")
    steps = [*(lambda key=key: stage.press(key) for key in keys), lambda: stage.top.chosen(9), lambda: stage.scan("1")]
    for step in steps:
        step()
        shown = stage.rows(20, 16)
        assert len(shown) <= 16
        assert max(map(width, shown)) <= 20
        assert "".join(shown).isprintable()
