"""Every screen at every size, on data that nobody would want: it fits, and shows what it must."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from terminal.domain.changes import StatusChanged
from terminal.domain.documents import Item, Operator, ScanMode, SlipStatus
from terminal.domain.intents import AddNotReadable, AddSerial
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Problem, Row, Sheet, Standing
from terminal.ui.cells import width
from terminal.ui.messages import Scanned
from terminal.ui.page import Page
from terminal.ui.pages.choosing_line import ChoosingLinePage
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AlarmPage, AskPage, BeginningPage, FaultPage, HelpPage, NotTakenPage, too_small
from terminal.ui.pages.problems import ProblemPage, ProblemsPage
from terminal.ui.pages.scan_layout import Said
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.painter import STYLES
from terminal.ui.ports import Draft, Link, Several, State

from .stage import CONTROL, DRILL, FULL, GLUE, ITEMS, MORNING, SAW, PlayDesk, PlayStage, slip_of, texts

SIZES = [
    *[(12, 3), (12, 16), (16, 8), (19, 7), (20, 3), (20, 7), (20, 8), (20, 11), (20, 12), (20, 16), (20, 20), (21, 16)],
    *[(40, 3), (40, 8), (40, 11), (40, 12), (59, 24), (60, 12), (60, 16), (80, 7), (80, 8), (80, 24), (120, 40)],
]
PROMISED = [(columns, rows) for columns, rows in SIZES if columns >= 20 and rows >= 8]

HOSTILE = "[red]x[/]\x1b[2J\x07\u202e\u200be\u0301品番{0.__class__}%s"
LONG = ("漢字" + HOSTILE) * 8
EVIL = Item("EVIL" + HOSTILE, LONG, CONTROL)


class HostileDesk(PlayDesk):
    """A desk whose registrations are as bad as its other words."""

    def sheet_of(self, document: str, line: int) -> Sheet:
        serials = (LONG, "SN" * 50 + "TAIL", None, *["x"] * 20)
        rows = tuple(Row(n, serial, False) for n, serial in enumerate(serials, 1))
        return replace(super().sheet_of(document, line), rows=rows)


def hostile_desk() -> PlayDesk:
    """A desk with nothing but trouble: hostile words everywhere, a slip with 400 lines, long names and numbers."""
    many = [(EVIL, 1), (DRILL, 12_345), (GLUE, 1), *[(SAW, 7)] * 397]
    slips = [slip_of("PS-1001", *many, customer=LONG), slip_of(LONG, (EVIL, 1), customer=LONG)]
    desk = HostileDesk(Ledger((*ITEMS, EVIL), slips))
    desk.numbers, desk.orders = ["PS-1001", LONG], []
    desk.operator = Operator(LONG, LONG, desk.operator.duties)
    desk.shop = replace(desk.shop, site=LONG, time_zone=HOSTILE)
    desk.state = State(Link.DENIED, Standing(123_456, 7, 89))
    refusal = refuse(Code.HELD_ELSEWHERE, serial=LONG, document=LONG, line=1, operator=LONG, at=HOSTILE)
    desk.found = [
        Problem(n, "registered", LONG, LONG, LONG, HOSTILE, "conflict", refusal, (LONG,) * 30) for n in range(1, 30)
    ]
    return desk


def on(desk: PlayDesk, make: Callable[[PlayStage], Page]) -> PlayStage:
    """Show a page."""
    stage = PlayStage(desk)
    stage.enter(make(stage))
    return stage


def scanning(stage: PlayStage, mode: ScanMode = ScanMode.ADD, said: str = "NO " + LONG) -> ScanningPage:
    page = ScanningPage(stage, stage.desk.sheet_of("PS-1001", 1))
    page.mode, page.said = mode, Said("no", said)
    return page


def problem_page(stage: PlayStage) -> ProblemPage:
    return ProblemPage(stage, stage.desk.found[0])


def drafting(stage: PlayStage) -> DraftingPage:
    lines = [(n, LONG, LONG, 123_456) for n in range(1, 30)]
    page = DraftingPage(stage, Draft(LONG, LONG, lines), lambda _: None)
    page.said = "NO " + LONG
    return page


def finishing(status: SlipStatus, said: str = "") -> Callable[[PlayStage], Page]:
    def make(stage: PlayStage) -> Page:
        stage.desk.ledger.apply(StatusChanged("PS-1001", status))
        page = FinishPage(stage, "PS-1001", lambda: None)
        page.said = said
        return page

    return make


def faulty(stage: PlayStage) -> Page:
    page = FaultPage(stage, FULL, lambda: None)
    page.lost = 12
    return page


def not_taken(stage: PlayStage) -> Page:
    page = NotTakenPage(stage, [LONG] * 30, lambda: None)
    page.scanned(Scanned(LONG, "keyboard"))
    return page


def documents(stage: PlayStage) -> DocumentsPage:
    return DocumentsPage(stage, "NO " + LONG, "no")


def which_line(stage: PlayStage) -> Page:
    lines = tuple(stage.desk.sheet_of("PS-1001", line).current for line in range(1, 30))
    several = Several(LONG, lines, LONG)
    return ChoosingLinePage(stage, LONG, several, lambda _line: None, lambda: None, [LONG] * 9)


def menu(stage: PlayStage) -> MenuPage:
    return MenuPage(stage, [(LONG, lambda: None)] * 7)


PAGES: dict[str, Callable[[PlayStage], Page]] = {
    "documents": documents,
    "drafting": drafting,
    "finish-draft": finishing(SlipStatus.DRAFT),
    "finish-refused": finishing(SlipStatus.DRAFT, "NO " + LONG),
    "finish-posting": finishing(SlipStatus.POSTING),
    "finish-posted": finishing(SlipStatus.POSTED),
    "finish-cancelled": finishing(SlipStatus.CANCELLED),
    "which-line": which_line,
    "lines": lambda stage: LinesPage(stage, "PS-1001", lambda _: None),
    "menu": menu,
    "help": HelpPage,
    "ask": lambda stage: AskPage(stage, LONG, LONG, "sign out", lambda: None),
    "alarm": lambda stage: AlarmPage(stage, "Attention", LONG, "read", lambda: None),
    "not-taken": not_taken,
    "fault": faulty,
    "beginning": BeginningPage,
    "problems": ProblemsPage,
    "problem": problem_page,
    "scanning": scanning,
    "removing": lambda stage: scanning(stage, ScanMode.REMOVE),
    "operator": lambda stage: SignInPage(stage, lambda: None, "", LONG),
    "pin": lambda stage: SignInPage(stage, lambda: None, LONG, LONG),
}
NO_ENTRY = {"help", "ask", "alarm", "not-taken", "fault", "beginning", "problem"}
"""Screens on which nothing is typed."""


def check_fits(stage: PlayStage) -> None:
    """Check that the page that is shown keeps within every size, and paints nothing that could steer a screen."""
    for columns, rows in SIZES:
        for entry in ("", LONG):
            bands = stage.top.bands(columns, rows, entry)
            shown = texts(bands)
            assert len(bands) <= rows, (columns, rows)
            assert max(map(width, shown)) <= columns, (columns, rows, max(shown, key=width))
            assert "".join(shown).isprintable()
            assert {style for band in bands for _, style in band} <= set(STYLES)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("link", [Link.DENIED, Link.NONE])
def test_every_screen_fits_its_size(name, link):
    stage = on(hostile_desk(), PAGES[name])
    stage.desk.state = replace(stage.desk.state, link=link)
    check_fits(stage)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_header_entry_and_keys_are_there_where_they_are_promised(name, columns, rows):
    stage = on(hostile_desk(), PAGES[name])
    shown = texts(stage.top.bands(columns, rows, "typed 123"))
    assert len(shown) == rows or name == "beginning"
    if name == "beginning":
        return
    if name != "fault":
        assert shown[0].endswith("!89 ^123449 DENIED")
    keys = stage.top.keys()
    bar = [row for row in shown[-2:] if keys[0][1] in row]
    assert bar, shown
    if name == "pin":
        assert any("*********" in row for row in shown)
        assert not any("123" in row for row in shown[1:])
    elif name not in NO_ENTRY:
        assert any(row.rstrip().endswith("typed 123") for row in shown)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize(
    ("mode", "word", "other"), [(ScanMode.ADD, "ADD", "REMOVE"), (ScanMode.REMOVE, "REMOVE", "ADD")]
)
@pytest.mark.parametrize("units", [5, 400, 12_345])
def test_mode_count_verdict_and_entry_are_always_in_sight(columns, rows, mode, word, other, units):
    desk = PlayDesk(Ledger(ITEMS, [slip_of("PS-1001", (DRILL, units))]))
    stage = on(desk, lambda stage: scanning(stage, mode, "NO it is blocked"))
    stage.top.sheet = desk.sheet_of("PS-1001", 1)
    shown = stage.rows(columns, rows, "SN9")
    assert sum(word in row for row in shown) == 1
    assert not any(other in row for row in shown)
    assert any(f"0 / {units}" in row or f"0/{units}" in row for row in shown)
    assert sum(row.startswith("NO it is") for row in shown) == 1
    assert any("> SN9" in row for row in shown)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_held_scans_are_counted_at_every_size(columns, rows):
    desk = PlayDesk()
    desk.policies(acknowledge_errors=True)
    stage = on(desk, lambda stage: ScanningPage(stage, desk.sheet_of("PS-1001", 1)))
    stage.scan("a b", *[f"SN-{n}" for n in range(7)])
    assert any("7 held" in row or "7 scans held" in row for row in stage.rows(columns, rows))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_password_is_never_shown(columns, rows):
    stage = on(PlayDesk(), lambda stage: SignInPage(stage, lambda: None, "1001"))
    shown = stage.rows(columns, rows, "8642")
    assert not any("8642" in row for row in shown)
    assert any("****" in row for row in shown)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (1, 3), (11, 2), (40, 2), (5, 24)])
def test_where_nothing_fits_it_says_so(columns, rows):
    shown = texts(too_small(columns, rows))
    assert 0 < len(shown) <= rows
    assert all(width(row) <= columns for row in shown)


def handheld(said: Said | None = None) -> PlayStage:
    desk = PlayDesk()
    desk.operator = Operator("1001", "Ann", desk.operator.duties)
    for intent in (AddSerial("PS-1001", 1, "SN-000119"), AddNotReadable("PS-1001", 1)):
        desk.record(intent, 1, lambda _: None)
    stage = on(desk, lambda stage: ScanningPage(stage, desk.sheet_of("PS-1001", 1)))
    stage.top.said = said or Said("ok", "OK SN-000119")
    return stage


def test_the_scanning_screen_of_a_handheld():
    assert [row.rstrip() for row in handheld().rows(20, 16)] == [
        "PS-1001        ^2 ON",
        "1/3 Drill",
        "[       ADD        ]",
        "   2 / 3  1 to go",
        "1 not readable",
        "--------------------",
        "OK SN-000119",
        "--------------------",
        "  2^(not readable)",
        "  1^SN-000119",
        "",
        "",
        "",
        ">",
        "F2NotRd F4+/- F5Undo",
        "F7Next F8Fin F3Back",
    ]


def test_the_scanning_screen_of_a_truck_terminal():
    assert [row.rstrip() for row in handheld().rows(40, 8)] == [
        "PS-1001 1/3 Drill                  ^2 ON",
        "[ ADD ] 2 / 3  1 to go 1 not readable",
        "OK SN-000119",
        "  2^(not readable)",
        "  1^SN-000119",
        "",
        ">",
        "F2NotRd F4+/- F5Undo F7Next F8Fin F3Back",
    ]


def test_the_scanning_screen_of_a_console_lists_the_lines_beside():
    shown = handheld().rows(80, 24)
    assert "| " + "  1 Drill" in shown[1]
    assert shown[2].rstrip().endswith("2 Saw with a name too long for ~ 0/2")
    assert shown[3].rstrip().endswith("3 Glue                           4 -")
    assert shown[-4].startswith("SO-1001 Customer")
    assert shown[-3].startswith("2 stored here, 0 at the server")


def test_the_smallest_screen():
    assert [row.rstrip() for row in handheld().rows(12, 3, "SN-7")] == ["OK SN-000119", "2/3", "ADD> SN-7"]


def test_a_serial_keeps_its_tail_and_a_description_its_head():
    stage = on(hostile_desk(), lambda stage: scanning(stage, said=""))
    shown = stage.rows(20, 16)
    assert any(row.endswith("TAIL") and "^~" in row for row in shown)
    assert shown[1].startswith("1/400 ")
    assert shown[1].rstrip().endswith("~")


def test_a_long_verdict_is_whole_on_a_handheld():
    words = "NO SN-000123 is on PS-88 line 2, operator 1002, 14:03. Put the unit aside."
    for columns, rows in ((20, 16), (20, 12), (40, 8)):
        shown = " ".join(" ".join(handheld(Said("no", words)).rows(columns, rows)).split())
        assert words in shown or (rows == 12 and words[:45] in shown), (columns, rows)


@pytest.mark.parametrize(("columns", "rows"), PROMISED)
def test_the_finish_screen_shows_the_worst_obstacle_and_the_keys(columns, rows):
    desk = PlayDesk(Ledger(ITEMS, [slip_of("PS-1001", (DRILL, 2), (SAW, 1))]))
    for serial in ("A", "B", "C"):
        desk.record(AddSerial("PS-1001", 2, serial), 2, lambda _: None)
    stage = on(desk, lambda stage: FinishPage(stage, "PS-1001", lambda: None))
    for said in ("", "NO Line 1: 2 units still to scan."):
        stage.top.said = said
        shown = " ".join(" ".join(stage.rows(columns, rows)).split())
        assert "Line 2: 2 too many." in shown
        assert "F3Back" in shown


@pytest.mark.parametrize(("columns", "rows"), [(20, 8), (20, 16), (40, 8), (80, 24)])
def test_the_menu_says_what_is_stored_where_there_is_room(columns, rows):
    desk = PlayDesk()
    desk.state = replace(desk.state, standing=Standing(12, 9, 0))
    stage = on(desk, lambda stage: MenuPage(stage, [(f"Entry {n}", lambda: None) for n in range(6)]))
    shown = stage.words(columns, rows)
    assert ("12 stored here, 9 at the server" in shown) == (rows > 8)
    assert "1 Entry 0" in shown


def test_the_time_of_a_problem_is_in_its_row():
    desk = PlayDesk()
    refusal = refuse(Code.DOCUMENT_POSTED, document="PS-1001")
    desk.found = [Problem(3, "registered", "PS-1001", "SN-1", "1001", MORNING, "rejected", refusal)]
    stage = on(desk, ProblemsPage)
    assert stage.rows(40, 8)[1] == "1 Serial SN-1 on PS-1001           08:00"
    assert stage.rows(20, 16)[1] == "1 Serial SN-1  08:00"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("registered", ["1 Serial S~000000123", "2 Serial S~000000124"]),
        ("removed", ["1 Removal ~000000123", "2 Removal ~000000124"]),
        ("posting-requested", ["1 Posting of PS-1001", "2 Posting of PS-1002"]),
        ("not-readable", ["1 Not read~n PS-1001", "2 Not read~n PS-1002"]),
    ],
)
def test_problems_of_long_serials_are_told_apart_on_a_handheld(kind, shown):
    desk = PlayDesk()
    refusal = refuse(Code.DOCUMENT_POSTED, document="PS-1001")
    desk.found = [
        Problem(n, kind, f"PS-100{n}", f"SN-2025-000000{122 + n}", "1001", MORNING, "rejected", refusal) for n in (1, 2)
    ]
    stage = on(desk, ProblemsPage)
    assert stage.rows(20, 16)[1:3] == shown
    stage.press("enter")
    assert "SN-2025-000000123" in "".join(stage.rows(20, 16)) or kind in {"posting-requested", "not-readable"}
