"""What keys, digits and scans do on every other screen. No scan answers a question (D13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from terminal.domain.documents import Duty, Item, Operator, SlipStatus, TrackingGroup
from terminal.domain.intents import AddSerial, RequestPosting, WithdrawPosting
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Problem
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AskPage, FaultPage, HelpPage, NotTakenPage
from terminal.ui.pages.order import OrderDocumentsPage
from terminal.ui.pages.problems import ProblemPage, ProblemsPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.ports import Fault, Link, SignIn, State
from terminal.ui.sound import Sound

from .shipping import touch
from .stage import DRILL, FULL, ITEMS, MORNING, PlayDesk, PlayStage, slip_of


def scanning(document: str = "PS-1002") -> PlayStage:
    stage = PlayStage(PlayDesk())
    stage.enter(ScanningPage(stage, stage.desk.sheet_of(document, 1)))
    return stage


def ready_to_post() -> PlayStage:
    stage = scanning()
    stage.scan("SN-1")
    stage.press("f8")
    return stage


# -- questions and scans


def asking(stage: PlayStage) -> AskPage:
    return AskPage(stage, "Sign out", "Sign out?", "sign out", lambda: pytest.fail("a scan said yes"))


def menu(stage: PlayStage) -> MenuPage:
    return MenuPage(stage, [("Sign out", lambda: pytest.fail("a scan chose"))] * 9)


@pytest.mark.parametrize("make", [asking, menu, HelpPage, lambda stage: FinishPage(stage, "PS-1002", lambda: None)])
@pytest.mark.parametrize("code", ["SN-2", "1", "\r", "f8"])
def test_a_scan_on_a_question_counts_as_no_and_is_judged_as_a_scan(make: Callable[[PlayStage], Page], code):
    stage = scanning()
    stage.enter(make(stage))
    stage.scan(code)
    assert isinstance(stage.top, ScanningPage)
    assert [asked[3] for asked in stage.desk.did("scan")] == [code]
    assert stage.desk.did("record") == []


def test_a_scan_goes_through_several_open_screens():
    stage = scanning()
    for make in (FinishPage, None, HelpPage):
        stage.enter(
            make(stage, "PS-1002", stage.top.more) if make is FinishPage else make(stage) if make else menu(stage)
        )
    stage.scan("SN-1", "SN-2")
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.serials("PS-1002", 1) == ["SN-1", "SN-2"]


def test_a_question_takes_a_fresh_enter_only():
    said: list[str] = []
    stage = scanning()
    stage.enter(AskPage(stage, "Sign out", "Sign out?", "sign out", lambda: said.append("yes")))
    stage.press("enter", fresh=False)
    stage.press("f8", "f2", "tab", "mouse")
    assert said == []
    stage.press("enter")
    assert said == ["yes"]
    assert isinstance(stage.top, ScanningPage)


# -- what was not taken


def not_taken(n: int, then: Callable[[], None] = lambda: None) -> PlayStage:
    stage = scanning()
    stage.enter(NotTakenPage(stage, ["NO These were not taken:", *(f"SN-{at}\x1b" for at in range(n))], then))
    return stage


def test_what_was_not_taken_is_shown_whole_before_an_enter_leads_on():
    said: list[str] = []
    stage = not_taken(20, lambda: said.append("read"))
    seen: list[str] = []
    for _ in range(2):
        seen += stage.rows(20, 16)
        assert stage.keys[0] == ("enter", "more" if len(seen) <= 16 else "read")
        assert said == []
        stage.press("enter", fresh=False)
        stage.press("enter")
    assert {f"SN-{at}<1B>" for at in range(20)} <= {row.strip() for row in seen}
    assert said == ["read"]
    assert isinstance(stage.top, ScanningPage)


def test_what_was_not_taken_can_be_read_up_and_down():
    stage = not_taken(20)
    first = stage.rows(20, 16)
    stage.press("f7", "down", "f6", "up")
    assert stage.rows(20, 16) == first
    stage.press("up")
    assert stage.rows(20, 16) == first


def test_nothing_is_taken_and_nothing_leads_on_before_it_is_read():
    stage = not_taken(1)
    stage.rows()
    stage.scan("SN-9")
    assert "NO SN-9 was not taken. Read this, then scan it again." in stage.words(20, 16)
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert "NO The scanner sent noise: x." in stage.words(20, 16)
    stage.press("f3", "escape", "f1", "f8", "mouse")
    assert not stage.top.leavable
    assert isinstance(stage.top, NotTakenPage)
    assert stage.desk.did("scan") == []
    assert stage.sounds == [Sound.NO, Sound.NO]


# -- finish


def test_only_a_fresh_enter_posts():
    stage = ready_to_post()
    assert "Nothing is missing. Press Enter to post." in stage.words()
    stage.press("enter", fresh=False)
    stage.press("f8", "f1", "f2")
    assert stage.desk.did("record") == []
    stage.press("enter")
    assert stage.desk.did("record") == [(RequestPosting("PS-1002", online=True),)]
    assert "The request to post is stored here" in stage.words()
    assert stage.sounds[-1] is Sound.OK


@pytest.mark.parametrize(("link", "online"), [(Link.ONLINE, True), (Link.DEGRADED, True), (Link.OFFLINE, False)])
def test_a_request_says_whether_there_was_a_link(link, online):
    stage = ready_to_post()
    stage.desk.state = State(link)
    stage.press("enter")
    assert stage.desk.did("record") == [(RequestPosting("PS-1002", online=online),)]


def test_offline_posting_that_the_site_forbids_is_refused():
    stage = ready_to_post()
    stage.desk.state = State(Link.OFFLINE)
    stage.desk.policies(offline_posting=False)
    stage.press("enter")
    assert "NO No link to the server, and posting must wait for it here." in stage.words()
    assert stage.sounds[-1] is Sound.NO


def test_a_request_can_be_taken_back():
    stage = ready_to_post()
    stage.press("enter")
    stage.press("enter")
    assert len(stage.desk.did("record")) == 1
    assert ("f8", "Take back") in stage.keys
    stage.press("f8")
    assert stage.desk.did("record")[1:] == [(WithdrawPosting("PS-1002"),)]
    assert "Press Enter to post" in stage.words()


def test_the_server_s_answer_is_heard_and_enter_goes_on_to_the_next_slip():
    stage = ready_to_post()
    stage.press("enter")
    stage.desk.post("PS-1002")
    stage.top.news("PS-1002")
    assert "OK Posted. The server has it." in stage.words()
    assert stage.sounds[-1] is Sound.DOCUMENT_COMPLETE
    stage.press("enter", fresh=False)
    assert stage.pages
    stage.press("enter")
    assert stage.pages == []


def test_what_is_missing_is_said_per_line_and_enter_says_why_not():
    stage = scanning("PS-1001")
    stage.press("f8")
    assert (
        "Not ready to post: - Line 1: 3 units still to scan. - Line 2: 2 units still to scan. 0 serials"
        in stage.words()
    )
    stage.press("enter")
    words = stage.words(20, 16)
    assert "NO Not ready to post: - Line 1: 3 units still to scan." in words
    assert words.count("Line 1:") == 1
    assert stage.sounds[-1] is Sound.NO


@pytest.mark.parametrize("may", [True, False])
def test_units_that_may_go_without_a_serial_are_said_first(may):
    group = TrackingGroup("LAX", True, serial_number_control=True, blank_issue_allowed=True)
    lax = Item("LAX", "Lax", group)
    stage = PlayStage(PlayDesk(Ledger([*ITEMS, lax], [slip_of("PS-1", (lax, 1), (lax, 3))])))
    if not may:
        stage.desk.operator = Operator("1", "Bo", frozenset({Duty.REGISTER}))
    stage.enter(FinishPage(stage, "PS-1", lambda: None))
    what = "1 unit of line 1 has no serial. 3 units of line 2 have no serial. "
    what += "Enter posts all the same." if may else "You may not post documents. Ask a supervisor."
    assert what in stage.words(20, 16)
    assert "Nothing is missing" not in stage.words()


def test_a_long_list_of_what_is_missing_can_be_read():
    stage = PlayStage(PlayDesk(Ledger(ITEMS, [slip_of("PS-1", *[(DRILL, 2)] * 9)])))
    stage.enter(FinishPage(stage, "PS-1", lambda: None))
    assert "Line 9" not in stage.words(20, 8)
    for _ in range(20):
        stage.press("f7")
        stage.rows(20, 8)
    assert "Line 9" in stage.words(20, 8)
    stage.press("f6", "up")


def test_a_fault_while_posting_is_shown():
    stage = ready_to_post()
    stage.desk.broken = FULL
    stage.press("enter")
    assert stage.faults == [FULL]
    stage.mend()
    assert stage.top.view.slip.status is SlipStatus.DRAFT


# -- menu, help


def test_a_menu_is_chosen_by_digit_by_arrows_and_by_touch():
    chosen: list[int] = []

    def opened() -> PlayStage:
        stage = scanning()
        stage.enter(MenuPage(stage, [(f"Entry {n}", lambda n=n: chosen.append(n)) for n in range(1, 4)]))
        stage.rows()
        return stage

    assert opened().top.chosen(2)
    stage = opened()
    assert not stage.top.chosen(4)
    stage.press("f7", "down", "down", "up")
    stage.press("enter", fresh=False)
    stage.press("enter")
    opened().top.pressed(Pressed("mouse", True, 3, 0))
    stage = opened()
    stage.top.pressed(Pressed("mouse", True, 9, 0))
    assert chosen == [2, 2, 3]
    assert isinstance(stage.top, MenuPage)


def test_help_can_be_read_to_its_end():
    stage = scanning()
    stage.enter(HelpPage(stage))
    seen = set(stage.rows(20, 8))
    for _ in range(12):
        stage.press("f7")
        seen |= set(stage.rows(20, 8))
    text = " ".join(row.strip() for row in seen)
    assert "F1 menu" in text
    assert "not yet at the" in text
    stage.press("f6", "up", "down")


# -- signing in


def signing(*answers: SignIn | Fault, operator: str = "") -> tuple[PlayStage, list[str]]:
    desk = PlayDesk()
    desk.operator = None
    desk.signs.extend(answers)
    stage = PlayStage(desk)
    entered: list[str] = []
    stage.enter(SignInPage(stage, lambda: entered.append("in"), operator))
    return stage, entered


def test_number_then_pin_signs_in():
    stage, entered = signing()
    assert "Operator number:" in stage.words()
    stage.scan("1001")
    assert "Operator 1001 PIN:" in stage.words()
    stage.scan(" 1111 ")
    assert stage.desk.did("sign_in") == [("1001", "1111")]
    assert entered == ["in"]
    assert stage.sounds == [Sound.OK]


@pytest.mark.parametrize("code", ["SN-000123", "12345678901234", "12a4", "١١١١", "1\x1d1", "11 11"])
def test_what_is_no_pin_is_not_tried_as_one(code):
    stage, entered = signing(operator="1001")
    stage.scan(code)
    assert stage.desk.did("sign_in") == []
    assert "NO That is no PIN, and was not taken: a PIN has digits alone. Type it again." in stage.words()
    assert code not in "".join(stage.rows(80, 24))
    assert entered == []


@pytest.mark.parametrize("code", ["SN-000123", "1111"])
def test_a_scan_is_no_pin_and_is_to_be_scanned_again(code):
    stage, _ = signing(operator="1001")
    stage.top.scanned(Scanned(code, "keyboard", by_scanner=True))
    assert "NO That scan was not counted. Type your PIN, then scan it again." in stage.words()
    assert stage.desk.did("sign_in") == []


def test_a_document_is_no_operator():
    stage, _ = signing()
    stage.scan("PS-1002")
    assert "NO PS-1002 is a document. Sign in first, then scan it." in stage.words(20, 16)
    assert "Operator number:" in stage.words()
    stage.scan("1001")
    assert "Operator 1001 PIN:" in stage.words()


def test_a_terminal_that_is_not_enrolled_says_so_at_once():
    stage, _ = signing()
    words = "This terminal is not enrolled. Ask the office: scan-terminal enrol CODE."
    assert words not in stage.words()
    stage.desk.state = State(Link.DENIED)
    assert words in stage.words(20, 16)


def test_a_badge_that_bounces_is_not_tried_as_a_pin():
    stage, _ = signing()
    stage.scan("1001")
    stage.top.scanned(Scanned("1001", "keyboard", repeat=True))
    assert stage.desk.did("sign_in") == []


@pytest.mark.parametrize(
    ("answer", "words", "again"),
    [
        (SignIn("wrong-pin", tries_left=4), "NO The PIN is wrong. Type it again. 4 tries left.", False),
        (SignIn("wrong-pin", tries_left=1), "NO The PIN is wrong. Type it again. 1 try left.", False),
        (SignIn("wrong-pin"), "NO The PIN is wrong. Type it again.", False),
        (SignIn("too-many", wait_s=61), "NO Too many wrong PINs. Wait 1 minute, or ask a supervisor.", True),
        (SignIn("too-many", wait_s=880), "NO Too many wrong PINs. Wait 15 minutes, or ask a supervisor.", True),
        (SignIn("unknown"), "NO Operator 1001 is not known. Check the number.", True),
        (SignIn("not-known-here"), "NO No link to the server, and 1001 has not signed in here within a day.", True),
        (SignIn("no-data"), "NO The server did not answer. Try again in a moment.", True),
        (SignIn("failed"), "NO The server did not answer. Try again in a moment.", True),
    ],
)
def test_why_signing_in_failed_is_said(answer, words, again):
    stage, entered = signing(answer, operator="1001")
    stage.scan("1111")
    assert words in stage.words()
    assert words in stage.words(20, 16)
    assert entered == []
    assert stage.sounds == [Sound.NO]
    assert ("Operator number:" in stage.words()) == again


def test_nothing_is_taken_while_a_pin_is_checked():
    stage, entered = signing()
    stage.desk.later = True
    stage.scan("1001", "1111", "2222", "SN-1")
    assert "Checking ..." in stage.words()
    assert not stage.top.leavable
    stage.press("f3")
    stage.desk.answer_all()
    assert stage.desk.did("sign_in") == [("1001", "1111")]
    assert entered == ["in"]


def test_back_asks_for_the_number_again():
    stage, _ = signing(operator="1001")
    stage.press("f3")
    assert "Operator number:" in stage.words()
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert "NO Type your number and press Enter." in stage.words()


def test_a_fault_while_signing_in_is_shown():
    stage, entered = signing(FULL, operator="1001")
    stage.scan("1111")
    assert stage.faults == [FULL]
    assert entered == []


# -- documents


def documents(*numbers: str, later: bool = False) -> PlayStage:
    stage = PlayStage(PlayDesk())
    stage.desk.numbers = list(numbers) or stage.desk.numbers
    stage.enter(DocumentsPage(stage))
    stage.desk.later = later
    return stage


@pytest.mark.parametrize(
    ("typed", "opened"),
    [("1", "PS-1001"), ("2", "PS-1002"), ("1002", "PS-1002"), ("PS-1001", "PS-1001"), (" ps-1001 ", "PS-1001")],
)
def test_a_slip_is_found_by_place_by_its_last_digits_and_whole(typed, opened):
    stage = documents()
    stage.scan(typed)
    assert stage.desk.did("open") == [(opened,)]
    assert isinstance(stage.top, ScanningPage)


def test_a_slip_scanned_before_the_list_is_read_is_opened_once_it_is():
    stage = PlayStage(PlayDesk())
    stage.desk.later = True
    stage.enter(DocumentsPage(stage))
    stage.scan("PS-1001")
    assert stage.desk.did("open") == []
    stage.desk.answer_all()
    assert stage.desk.did("open") == [("PS-1001",)]


@pytest.mark.parametrize("typed", ["9", "0", "9999", "SN-1", "1001x", "-1", "1.0", "²", "{0.__class__}"])
def test_what_is_no_document_is_said(typed):
    stage = documents()
    stage.scan(typed)
    assert stage.desk.did("open") == []
    assert stage.top.said == f"NO {typed} is not known here. Open a slip first, then scan."
    assert stage.sounds == [Sound.NO]
    assert "\x1b" not in "".join(stage.rows())


def test_an_ending_that_several_have_asks_for_more():
    stage = documents()
    stage.top.numbers = ["PS-1001", "SO-1001"]
    stage.scan("1001")
    assert stage.top.said == "NO 1001 ends several numbers. Type more of the number."
    stage.scan("PS-1001")
    assert isinstance(stage.top, ScanningPage)


def test_a_slip_is_opened_by_keys_and_by_touch():
    stage = documents()
    stage.rows()
    stage.press("down")
    stage.press("enter", fresh=False)
    assert stage.desk.did("open") == []
    stage.press("enter")
    assert stage.desk.did("open") == [("PS-1002",)]
    stage.back()
    stage.rows()
    stage.top.pressed(Pressed("mouse", True, 1, 0))
    assert stage.desk.did("open")[1:] == [("PS-1001",)]


def test_a_slip_is_opened_once_and_only_while_one_waits_for_it():
    stage = documents(later=True)
    stage.scan("1")
    assert "Opening PS-1001 ..." in stage.words()
    stage.scan("1", "2")
    assert stage.desk.did("open") == [("PS-1001",)]
    assert "NO PS-1001 is being opened. Wait, then type again." in stage.words()
    stage.enter(HelpPage(stage))
    stage.desk.answer_all()
    assert isinstance(stage.top, HelpPage)


def burst(stage: PlayStage, *texts: str) -> None:
    for text in texts:
        stage.top.scanned(Scanned(text, "keyboard", by_scanner=True))


def test_what_is_scanned_while_a_slip_is_opened_goes_onto_it():
    stage = documents(later=True)
    burst(stage, "PS-1001", "SN-1", "SN-2", "PS-1002")
    assert "Opening PS-1001 ... 3 scans wait." in stage.words()
    stage.desk.answer_all()
    assert isinstance(stage.top, ScanningPage)
    assert stage.desk.serials("PS-1001", 1) == ["SN-1", "SN-2"]
    assert stage.top.said.text == "NO PS-1002 is a document, no serial. Another slip? F3 first."


def test_what_was_scanned_for_a_slip_that_does_not_open_is_refused_aloud():
    stage = documents(later=True)
    burst(stage, "PS-1001", "SN-1")
    stage.enter(HelpPage(stage))
    stage.sounds.clear()
    stage.desk.answer_all()
    assert isinstance(stage.top, HelpPage)
    assert stage.sounds == [Sound.NO]
    stage.back()
    assert "NO SN-1 is not known here. Open a slip first, then scan." in stage.words()


def test_a_fault_while_a_slip_is_opened_takes_no_scan_for_it():
    stage = documents(later=True)
    burst(stage, "PS-1001", "SN-1")
    stage.desk.broken = Fault("full", "")
    stage.desk.answer_all()
    assert stage.faults == [Fault("full", "")]
    assert stage.top.said == "NO SN-1 is not known here. Open a slip first, then scan."
    stage.mend()
    burst(stage, "PS-1001")
    stage.desk.answer_all()
    assert stage.top.document == "PS-1001"


def test_a_slip_that_went_away_is_said():
    stage = documents()
    stage.top.numbers = ["PS-9"]
    stage.scan("PS-9")
    assert stage.top.said == "NO Document PS-9 is not known. Check the number."


def test_asking_the_server_anew():
    stage = documents()
    stage.press("f5")
    assert stage.desk.did("refresh") == [()]
    assert "Asked the server" in stage.words()


def test_without_documents_it_says_so():
    stage = documents()
    stage.desk.numbers, stage.desk.orders = [], []
    stage.top.news(None)
    assert "No documents here yet." in stage.words()
    stage.press("enter", "f7", "up")
    stage.scan("1")
    assert stage.desk.did("open") == []


# -- drafting


def drafting() -> PlayStage:
    stage = documents()
    stage.scan("SO-2001")
    stage.press("enter")
    assert isinstance(stage.top, DraftingPage)
    return stage


def test_all_that_is_left_is_drafted_by_default():
    stage = drafting()
    assert "5/5" in stage.words()
    stage.press("f8")
    assert stage.desk.did("make_slip") == [("SO-2001", ((1, 5), (2, 2)))]
    assert isinstance(stage.top, ScanningPage)
    assert stage.top.document == "T1-1"
    stage.back()
    assert isinstance(stage.top, OrderDocumentsPage)


def test_quantities_are_typed_line_by_line():
    stage = drafting()
    stage.scan("3", "0")
    assert "3/5" in stage.words()
    assert "0/2" in stage.words()
    stage.press("f6")
    stage.scan("4")
    stage.press("f8")
    assert stage.desk.did("make_slip") == [("SO-2001", ((1, 4),))]


def test_more_than_is_left_is_refused():
    stage = drafting()
    stage.scan("6")
    assert "NO DRILL: only 5 left to ship. Take fewer." in stage.words()
    assert stage.top.units == {1: 5, 2: 2}
    stage.scan("5")
    assert "NO" not in stage.words().split()


def test_nothing_chosen_is_refused():
    stage = drafting()
    stage.scan("0", "0")
    stage.press("f8")
    assert "NO No units were chosen. Enter a quantity first." in stage.words()
    stage.scan("1")
    stage.press("f8")
    assert isinstance(stage.top, ScanningPage)


def test_an_item_selects_its_line_and_anything_else_is_refused():
    stage = drafting()
    stage.scan("saw")
    assert stage.top.choices.selected == 1
    for code in ("4006381333931", "SN-1", "2.5", "²", ""):
        stage.scan(code)
        assert stage.top.said == f"NO {code} is no quantity and no item of this order."
    assert stage.top.units == {1: 5, 2: 2}


def test_pressing_twice_drafts_one_slip():
    stage = drafting()
    stage.desk.later = True
    stage.scan("1")
    stage.press("f8", "f8")
    stage.desk.answer_all()
    stage.press("f8")
    assert len(stage.desk.did("make_slip")) == 1


def test_an_order_without_anything_left_is_said():
    stage = documents()
    stage.scan("SO-2001")
    (_, draft), *_others = stage.top.drafts()
    stage.desk.make_slip("SO-2001", ((1, 5), (2, 2)), lambda _: None)  # somebody else is quicker
    draft()
    assert stage.top.said == "NO Nothing is left to ship on this order."


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)], ids=str)
def test_the_way_back_asks_once_before_what_was_changed_is_lost(size: tuple[int, int]):
    stage = drafting()
    touch(stage, "F3Back", *size)
    assert isinstance(stage.top, OrderDocumentsPage)
    stage = drafting()
    stage.scan("3")
    touch(stage, "F3Back", *size)
    assert isinstance(stage.top, DraftingPage)
    assert "Nothing is drafted yet. F8 drafts it, F3 again forgets it." in stage.words(*size)
    stage.scan("1")  # what was answered before counts no more
    touch(stage, "F3Back", *size)
    assert isinstance(stage.top, DraftingPage)
    touch(stage, "F3Back", *size)
    assert isinstance(stage.top, OrderDocumentsPage)
    assert stage.desk.did("make_slip") == []


# -- problems


def with_problems(n: int = 2) -> PlayStage:
    stage = scanning()
    refusal = refuse(Code.DOCUMENT_POSTED, document="PS-1002")
    stage.desk.found = [
        Problem(at, "registered", "PS-1002", f"SN-{at}", "1001", MORNING, "rejected", refusal) for at in range(1, n + 1)
    ]
    stage.enter(ProblemsPage(stage))
    return stage


def test_a_problem_is_read_and_dealt_with():
    stage = with_problems()
    assert "1 Serial SN-1 on PS-1002" in stage.words()
    assert stage.top.chosen(2)
    assert isinstance(stage.top, ProblemPage)
    words = stage.words()
    assert "Serial SN-2 on PS-1002: PS-1002 is posted." in words
    assert "take the unit off the pallet" in words
    assert "Operator 1001, 2025-03-01 08:00." in words
    stage.press("enter")
    assert stage.desk.did("put_away") == []
    stage.press("f8")
    assert stage.desk.did("put_away") == [(2,)]
    assert isinstance(stage.top, ProblemsPage)
    assert "SN-2" not in stage.words()


def test_S22_a_supervisor_sells_a_unit_again_that_only_the_server_knew_to_be_sold():
    stage = scanning()
    refusal = refuse(Code.SOLD_BEFORE, serial="SN-9", document="PS-9", line=1, invoice="INV-9")
    stage.desk.found = [
        Problem(1, "registered", "PS-1002", "SN-9", "1001", MORNING, "conflict", refusal, line=1),
    ]
    stage.enter(ProblemsPage(stage))
    stage.scan("1")
    assert "F9Sell again" in stage.words()
    stage.press("f9")
    assert "Why is SN-9 sold again?" in stage.words()
    stage.top._choose("Came back")
    (intent,) = [did[0] for did in stage.desk.did("record")]
    assert intent == AddSerial("PS-1002", 1, "SN-9", "Came back")
    assert stage.desk.did("put_away") == [(1,)]


def test_a_scan_puts_no_problem_away():
    stage = with_problems()
    assert stage.top.chosen(2)
    stage.scan("F8")
    assert stage.desk.did("put_away") == []
    assert not isinstance(stage.top, (ProblemPage, ProblemsPage))  # it is judged where it belongs


def test_dealt_with_is_taken_once():
    stage = with_problems()
    stage.scan("1")
    stage.desk.later = True
    stage.press("f8", "f8")
    stage.desk.answer_all()
    assert stage.desk.did("put_away") == [(1,)]
    assert isinstance(stage.top, ProblemsPage)


def test_a_problem_that_can_not_be_put_away_stays():
    stage = with_problems()
    stage.scan("1")
    stage.desk.broken = FULL
    stage.press("f8")
    assert stage.faults == [FULL]
    stage.mend()
    stage.press("f8")
    assert stage.desk.put == [1]


def test_a_digit_chooses_only_where_one_is_enough():
    stage = with_problems(12)
    assert not stage.top.chosen(1)
    stage.scan("12")
    assert "SN-12" in stage.words()
    assert not with_problems(2).top.chosen(3)


def test_problems_are_opened_by_keys_and_touch():
    stage = with_problems()
    stage.rows()
    stage.press("down", "up", "f7", "f6")
    stage.press("enter", fresh=False)
    stage.press("enter")
    assert isinstance(stage.top, ProblemPage)
    stage.press("f7", "f6", "down", "up")
    stage.back()
    stage.rows()
    stage.top.pressed(Pressed("mouse", True, 2, 0))
    assert "SN-2" in stage.words()


def test_without_problems_it_says_so():
    stage = with_problems(0)
    assert "No problems." in stage.words()
    assert stage.keys == [("f3", "Back")]
    stage.press("enter", "f7")
    assert isinstance(stage.top, ProblemsPage)
    below = stage.pages[-2]
    stage.scan("1")
    assert stage.top is below  # a scan is judged where it belongs


# -- a journal that can't be written


def test_the_fault_screen_counts_what_was_not_taken():
    retried: list[int] = []
    stage = scanning()
    stage.enter(FaultPage(stage, FULL, lambda: retried.append(1)))
    assert "NO The disk is full" in stage.words()
    stage.scan("SN-1")
    assert "1 scan since then was NOT taken: scan it again." in stage.words()
    stage.scan("SN-2")
    stage.top.scanned(Scanned("SN-2", "keyboard", repeat=True))
    assert "2 scans since then were NOT taken: scan them again." in stage.words(20, 16)
    assert stage.desk.did("scan") == []
    stage.press("enter", fresh=False)
    stage.press("f3", "escape", "f1")
    assert retried == []
    assert not stage.left
    stage.press("enter")
    assert retried == [1]


def test_before_anyone_is_at_work_the_fault_screen_can_be_left():
    stage = scanning()
    stage.desk.operator = None
    stage.enter(FaultPage(stage, Fault("newer", "/journal"), lambda: None))
    assert "F3Leave" in stage.words(20, 8)
    stage.press("f3")
    assert stage.left


def test_registered_elsewhere_is_seen_when_news_comes():
    stage = scanning("PS-1001")
    stage.desk.record(AddSerial("PS-1001", 1, "SN-1"), 1, lambda _: None)
    stage.top.news("PS-1001")
    assert "1 / 3" in stage.words()
