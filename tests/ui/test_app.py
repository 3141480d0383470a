"""The app in Textual's own test harness: bytes in, the page on top, paints out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from textual import events

from terminal.domain.views import Standing
from terminal.entry import Entry
from terminal.keymap import Keymap
from terminal.sources.bounce import Bounce
from terminal.sources.profile import Profile
from terminal.ui import labels
from terminal.ui.app import ScanApp
from terminal.ui.messages import Arrived, Happened, NotAScan, Scanned
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.choosing_line import ChoosingLinePage
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AlarmPage, AskPage, BeginningPage, FaultPage, HelpPage, NotTakenPage
from terminal.ui.pages.problems import ProblemsPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.selling import SellingPage
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.pages.tracing import TracePage
from terminal.ui.ports import Draft, Link, Look, SignIn

from .stage import FULL, PlayDesk

F1, F3, F7, F8, F9, F10, F11 = (
    b"\x1bOP",
    b"\x1bOR",
    b"\x1b[18~",
    b"\x1b[19~",
    b"\x1b[20~",
    b"\x1b[21~",
    b"\x1b[23~",
)
ESC = b"\x1b"
SETTLED_S = 0.16


class Shown(ScanApp):
    """The app with what it paints and rings kept."""

    def __init__(self, desk: PlayDesk, look: Look, keymap: Keymap) -> None:
        self.retries: list[Callable[[Any], None]] = []
        entry = Entry(Profile(), Bounce(500), keymap.meanings)
        super().__init__(desk, entry, look, self.retries.append)
        self.writes: list[str] = []
        self.rings = 0
        self._clock = time.monotonic() - 1000

    def _write(self, text: str) -> None:
        self.writes.append(text)

    def bell(self) -> None:
        self.rings += 1

    @property
    def top(self) -> Any:
        return self.pages[-1]

    @property
    def rows(self) -> list[str]:
        assert self.painter is not None
        return [row.rstrip() for row in self.painter.text()]

    async def type(self, *reads: bytes, apart: float = 2.0) -> None:
        """Let bytes arrive, each read `apart` seconds after the one before; a person's are far apart."""
        for data in reads:
            self._clock += apart
            self.post_message(Arrived(data, self._clock))
        await self.caught_up()

    async def now(self, *reads: bytes) -> None:
        """Let bytes arrive at this moment, where what comes after them in time matters."""
        for data in reads:
            self.post_message(Arrived(data, time.monotonic()))
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until everything that was posted is done and painted."""
        done = asyncio.Event()
        self.post_message(Happened(done.set))
        await done.wait()
        await asyncio.sleep(0.05)
        for _ in range(400):  # a busy machine may paint later
            if not self._paint_due:
                break
            await asyncio.sleep(0.005)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        for _ in range(200):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(self.rows)


@asynccontextmanager
async def running(
    look: Look | None = None, keymap: Keymap | None = None, *, begun: bool = True, size: tuple[int, int] = (20, 16)
) -> AsyncIterator[Shown]:
    """Run the app, with nobody signed in."""
    desk = PlayDesk()
    desk.operator = None
    app = Shown(desk, look or Look(), keymap or Keymap())
    async with app.run_test(size=size):
        await app.caught_up()
        if begun:
            app.retries[0](None)
        await app.caught_up()
        yield app


async def sign_in(app: Shown) -> None:
    await app.type(b"1001\r", b"1111\r")
    assert isinstance(app.top, DocumentsPage)


async def open_slip(app: Shown) -> None:
    await sign_in(app)
    await app.type(b"PS-1002\r")
    assert isinstance(app.top, ScanningPage)


async def test_a_shift():
    async with running() as app:
        assert app.rows[:3] == ["Sign in           ON", "NORTH", ""]
        await open_slip(app)
        await app.type(b"SN-1\r")
        assert "OK SN-1 - slip" in app.rows
        await app.type(F8)
        await app.now(b"\r")
        await app.until(lambda: "request" in " ".join(app.rows))
        app.desk.post("PS-1002")
        app.news("PS-1002")
        await app.caught_up()
        assert "OK Posted. The" in app.rows


async def test_the_menu_help_and_the_ways_back():
    async with running() as app:
        await open_slip(app)
        await app.type(F1)
        assert isinstance(app.top, MenuPage)
        await app.type(F1, F1)
        assert len(app.pages) == 3
        await app.type(F3, F10)
        assert isinstance(app.top, HelpPage)
        await app.type(F10)
        assert len(app.pages) == 3
        await app.now(ESC)
        await app.until(lambda: isinstance(app.top, ScanningPage))
        await app.type(F3)
        assert isinstance(app.top, DocumentsPage)
        await app.type(F3)
        assert isinstance(app.top, AskPage)
        await app.type(F3)
        assert isinstance(app.top, DocumentsPage)


async def test_signing_out_forgets_the_operator():
    async with running(Look(operator="1001")) as app:
        assert "Operator 1001" in app.rows
        await app.type(b"1111\r", F3)
        await app.now(b"\r")
        await app.until(lambda: isinstance(app.top, SignInPage))
        await app.caught_up()
        assert app.desk.operator is None
        assert "Operator number:" in app.rows


@pytest.mark.parametrize(
    ("screen", "word", "page"),
    [("scanning", "F8Fin", FinishPage), ("scanning", "F3Back", DocumentsPage), ("scanning", "F1Menu", MenuPage)],
)
async def test_the_key_bar_can_be_touched(screen, word, page):
    async with running(Look(mouse=True)) as app:
        await open_slip(app)
        (row,) = [y for y, text in enumerate(app.rows) if word in text]
        for column in (app.rows[row].index(word), app.rows[row].index(word) + len(word) - 1):
            await app.type(b"\x1b[<0;%d;%dM" % (column + 1, row + 1))
            assert isinstance(app.top, page)
            if page is DocumentsPage:
                break
            app.back()


async def test_a_touch_beside_the_keys_is_the_page_s():
    async with running() as app:
        await sign_in(app)
        await app.type(b"\x1b[<0;3;3M")
        assert isinstance(app.top, ScanningPage)
        assert app.top.document == "PS-1002"


async def test_a_browser_s_keys_and_pastes_are_heard():
    async with running() as app:
        for sign in "1001":
            app.post_message(events.Key(sign, sign))
        app.post_message(events.Key("enter", "\r"))
        await app.caught_up()
        assert "Operator 1001" in app.rows
        app.post_message(events.Paste("1111\r"))
        await app.caught_up()
        assert isinstance(app.top, DocumentsPage)
        await asyncio.sleep(0.2)
        app.post_message(events.Key("f1", None))
        await app.caught_up()
        assert isinstance(app.top, MenuPage)


# -- digits


async def test_a_digit_alone_chooses_from_the_menu_after_120_ms():
    async with running() as app:
        await open_slip(app)
        await app.type(F1)
        began = time.monotonic()
        await app.now(b"1")
        assert isinstance(app.top, MenuPage) or time.monotonic() - began >= 0.12
        await app.until(lambda: isinstance(app.top, HelpPage))
        await app.caught_up()
        assert app.decoder.text == ""


async def test_a_scan_that_begins_with_a_digit_chooses_nothing():
    async with running() as app:
        await open_slip(app)
        await app.type(F1)
        await app.now(b"1", b"234-A", b"\r")
        await asyncio.sleep(SETTLED_S)
        assert isinstance(app.top, ScanningPage)
        assert app.desk.serials("PS-1002", 1) == ["1234-A"]


async def test_a_digit_with_no_entry_stays_in_the_line():
    async with running() as app:
        await sign_in(app)
        await app.type(F1)
        await app.now(b"9")
        await asyncio.sleep(SETTLED_S)
        assert isinstance(app.top, MenuPage)
        assert "> 9" in app.rows


async def test_an_enter_that_may_end_a_scan_posts_nothing():
    async with running() as app:
        await open_slip(app)
        await app.type(b"SN-1\r", F8)
        for burst in (b"\r\r", b"\r\n", b"SN-1\r\r"):
            await app.type(burst, apart=0.3)
            await asyncio.sleep(SETTLED_S)
            if isinstance(app.top, ScanningPage):
                await app.type(F8)
        assert app.desk.did("record") == []


# -- what arrives and is no scan


async def ask_line(app: Shown) -> None:
    await sign_in(app)
    await app.type(b"PS-1001\r")
    app.desk.wanted = {"SN-AAAAAA": (1, 2)}
    await app.type(b"SN-AAAAAA\r")
    assert isinstance(app.top, ChoosingLinePage)


async def test_a_scan_behind_a_stray_key_is_named_on_the_question_and_the_question_stays():
    async with running() as app:
        await ask_line(app)
        await app.type(b"9")
        await app.type(b"SN-BBBBBB\r", apart=0.75)
        assert isinstance(app.top, ChoosingLinePage)
        assert "NO 9 was typed before the scan, so nothing was taken. Scan again." in " ".join(app.rows)
        await app.now(b"2")
        await app.until(lambda: app.desk.serials("PS-1001", 2) == ["SN-AAAAAA"])


@pytest.mark.parametrize(
    "make",
    [
        lambda app: MenuPage(app, [("Nothing", lambda: None)]),
        HelpPage,
        lambda app: AskPage(app, "Sign out", "Sign out?", "sign out", lambda: pytest.fail("noise said yes")),
        lambda app: FinishPage(app, "PS-1002", lambda: None),
        lambda app: LinesPage(app, "PS-1002", lambda _line: None),
        ProblemsPage,
        lambda app: DraftingPage(app, Draft("SO-2001", "Customer", [(1, "DRILL", "Drill", 5)]), lambda _number: None),
    ],
)
async def test_what_is_no_scan_is_said_on_every_page_which_stays(make):
    async with running() as app:
        await open_slip(app)
        page = make(app)
        app.enter(page)
        for _ in range(2):
            app.hear([NotAScan("typed-before", "9")])
            await app.caught_up()
            assert "NO 9 was typed before the scan, so nothing was taken. Scan again." in " ".join(app.rows)
        assert page in app.pages
        if app.top is not page:
            await app.type(F3)
        assert app.top is page
        assert app.desk.did("record") == []


async def test_what_is_no_scan_counts_as_not_taken_where_nothing_can_be_stored():
    async with running() as app:
        await open_slip(app)
        app.fault(FULL)
        app.hear([NotAScan("noise", "x")])
        await app.caught_up()
        assert "1 scan since then was NOT taken: scan it again." in " ".join(app.rows)


async def test_noise_before_the_journal_is_open_is_nobody_s():
    async with running(begun=False) as app:
        app.hear([NotAScan("noise", "x")])
        assert isinstance(app.top, BeginningPage)


# -- lock


async def test_the_screen_locks_and_opens_where_it_was():
    async with running(Look(lock_after_s=1)) as app:
        await open_slip(app)
        await app.until(lambda: isinstance(app.top, SignInPage))
        await app.caught_up()
        assert "Locked. Type your" in app.rows
        assert app.desk.operator is not None
        await app.type(b"SN-1\r", F8, F9, F3)
        assert app.desk.did("scan") == []
        await app.type(b"1001\r", b"1111\r")
        assert isinstance(app.top, ScanningPage)


@pytest.mark.parametrize("way", [(F1, F1), (F10, F1), (F1, F10, F1), (F10, F10, F1, F1)])
async def test_no_way_leads_around_the_lock(way):
    async with running() as app:
        await open_slip(app)
        app.attendance.lock()
        await app.type(*way)
        assert isinstance(app.top, MenuPage)
        assert [words for words, _ in app.top.entries] == ["Help", "Leave the program"]
        app.attendance.lock()
        assert sum(isinstance(page, SignInPage) for page in app.pages) == 1


async def test_the_menu_before_anyone_is_signed_in_has_no_work():
    async with running() as app:
        await app.type(F10, F1)
        assert [words for words, _ in app.top.entries] == ["Help", "Leave the program"]


async def test_another_operator_begins_with_the_documents():
    async with running() as app:
        await open_slip(app)
        app.attendance.lock()
        await app.type(F3, b"1002\r", b"2222\r")
        assert isinstance(app.top, DocumentsPage)
        assert app.pages == [app.top]


async def with_held_scans(app: Shown) -> None:
    """Let an operator scan three units behind an error, and the terminal lock."""
    app.desk.policies(acknowledge_errors=True)
    await open_slip(app)
    await app.type(b"a b\r", b"SN-1\r", b"SN-2\r", b"SN-3\r")
    app.attendance.lock()
    await app.caught_up()
    assert "3 scans are held: not taken yet." in " ".join(app.rows)


async def test_held_scans_are_there_when_their_operator_unlocks():
    async with running() as app:
        await with_held_scans(app)
        await app.type(b"1111\r")
        assert isinstance(app.top, ScanningPage)
        assert "3 scans held" in " ".join(app.rows)
        await app.now(b"\r")
        await app.until(lambda: app.desk.serials("PS-1002", 1) == ["SN-1", "SN-2", "SN-3"])


async def test_another_operator_is_told_which_held_scans_nobody_took():
    async with running() as app:
        await with_held_scans(app)
        rings = app.rings
        await app.type(F3, b"1002\r", b"2222\r")
        assert [row.strip() for row in app.rows] == [
            *("Not taken         ON", "NO 3 scans of", "operator 1001 on", "PS-1002 were NOT", "taken: they waited"),
            *("behind an error.", "Scan the units", "again, or put them", "aside:", "SN-1", "SN-2", "SN-3", "", "", ""),
            "Ent=read F6Up F7Down",
        ]
        await app.until(lambda: app.rings >= rings + 2)
        await app.type(F1, F3, F10, b"PS-1002\r")
        assert isinstance(app.top, NotTakenPage)
        assert "NO PS-1002 was not" in app.rows
        await app.now(b"\r")
        await app.until(lambda: isinstance(app.top, DocumentsPage))
        assert app.desk.serials("PS-1002", 1) == []
        assert app.pages == [app.top]


async def test_what_was_not_taken_is_still_to_be_read_after_another_lock():
    async with running() as app:
        await with_held_scans(app)
        await app.type(F3, b"1002\r", b"2222\r")
        app.attendance.lock()
        await app.type(F3, b"1003\r", b"3333\r")
        assert isinstance(app.top, NotTakenPage)


async def test_who_leaves_the_program_is_told_what_was_not_taken():
    async with running() as app:
        await with_held_scans(app)
        await app.type(F1)
        await app.now(b"2")
        await app.until(lambda: isinstance(app.top, NotTakenPage))
        await app.caught_up()
        assert {"SN-1", "SN-2", "SN-3"} <= set(app.rows)
        assert app.return_code is None
        await asyncio.sleep(0.5)
        await app.now(b"\r")
        await app.until(lambda: app.return_code == 0)


async def test_an_error_behind_the_menu_does_not_let_held_scans_be_signed_out():
    async with running() as app:
        app.desk.policies(acknowledge_errors=True)
        await open_slip(app)
        app.desk.later = True
        await app.type(b"a b\r", b"SN-1\r", F1)
        app.desk.answer_all()
        app.home()
        await app.caught_up()
        assert isinstance(app.top, NotTakenPage)
        assert "SN-1" in app.rows


async def test_a_slip_that_was_being_opened_does_not_open_over_the_lock():
    async with running() as app:
        await sign_in(app)
        app.desk.later = True
        await app.type(b"PS-1002\r")
        app.attendance.lock()
        app.desk.answer_all()
        assert isinstance(app.top, SignInPage)


# -- painting


async def test_many_changes_are_few_paints_and_none_while_idle():
    async with running() as app:
        await open_slip(app)
        await asyncio.sleep(0.1)
        app.writes.clear()
        began = time.monotonic()
        for n in range(300):
            app.tell("ok", f"OK {n}")
            if n % 30 == 0:
                await asyncio.sleep(0.01)
        await app.caught_up()
        paints = (time.monotonic() - began) * 30 + 2
        assert 1 <= len(app.writes) <= paints
        assert "OK 299" in app.rows
        app.writes.clear()
        await asyncio.sleep(0.4)
        assert app.writes == []


async def test_a_stalled_link_is_not_written_to(monkeypatch):
    async with running() as app:
        await open_slip(app)
        app.writes.clear()
        monkeypatch.setattr(app._driver, "congested", True, raising=False)
        app.tell("ok", "OK 1")
        await asyncio.sleep(0.1)
        assert app.writes == []
        monkeypatch.setattr(app._driver, "congested", False)
        await app.until(lambda: "OK 1" in app.rows)


async def test_what_is_typed_is_echoed():
    async with running() as app:
        await app.type(b"10")
        await app.until(lambda: "> 10" in app.rows)
        await app.type(b"\x7f")
        await app.until(lambda: "> 1" in app.rows)
        await app.type(b"0", b"0", b"1", b"\r", b"98")
        await app.until(lambda: "> **" in app.rows)
        assert not any("98" in row for row in app.rows)


async def test_a_new_size_is_laid_out_anew():
    async with running() as app:
        await open_slip(app)
        app.post_message(events.Resize(*[app.size.with_width(40).with_height(8)] * 2))
        await app.caught_up()
        assert len(app.rows) == 8
        assert app.rows[0] == "PS-1002 1/1 Drill                     ON"


@pytest.mark.parametrize("size", [(11, 16), (20, 2)])
async def test_a_screen_too_small_says_so(size):
    async with running(size=size) as app:
        assert app.rows[0].startswith("Screen too")


# -- sound


async def test_the_bell_rings_once_for_yes_and_twice_for_no():
    async with running() as app:
        await open_slip(app)
        app.rings = 0
        await app.type(b"4001\r", b"SN-1\r")
        await app.until(lambda: app.rings == 4)
        app.rings = 0
        await app.type(b"a b\r")
        await app.until(lambda: app.rings == 2)
        await asyncio.sleep(0.3)
        assert app.rings == 2


async def test_a_silent_terminal_stays_silent():
    async with running(Look(bell=False)) as app:
        await open_slip(app)
        await app.type(b"SN-1\r", b"a b\r")
        await asyncio.sleep(0.2)
        assert app.rings == 0


# -- what comes from elsewhere


async def test_a_scan_from_another_source_is_judged_where_the_picker_is():
    async with running() as app:
        await open_slip(app)
        app.hear([Scanned("SN-1", "serial:/dev/ttyS0")])
        await app.caught_up()
        assert app.desk.serials("PS-1002", 1) == ["SN-1"]


async def test_a_fault_stands_over_everything_until_the_journal_is_well():
    async with running() as app:
        await open_slip(app)
        app.desk.broken = FULL
        await app.type(b"SN-1\r", b"SN-2\r", F1, F3)
        assert isinstance(app.top, FaultPage)
        assert "1 scan since then was" in " ".join(app.rows)
        await app.now(b"\r")
        await app.until(lambda: len(app.retries) == 2)
        app.retries[1](FULL)
        await app.caught_up()
        assert sum(isinstance(page, FaultPage) for page in app.pages) == 1
        app.desk.broken = None
        app.retries[1](None)
        await app.caught_up()
        assert app.desk.serials("PS-1002", 1) == ["SN-1"]
        assert "OK SN-1 - slip" in app.rows


async def test_a_scan_whose_page_was_left_is_judged_once_the_journal_is_well():
    async with running() as app:
        await open_slip(app)
        page = app.top
        app.desk.broken = FULL
        page.scanned(Scanned("SN-1", "keyboard"))
        app.home()
        await app.caught_up()
        assert isinstance(app.top, FaultPage)
        app.desk.broken = None
        app._tried(None)
        await app.caught_up()
        assert app.desk.serials("PS-1002", 1) == ["SN-1"]


async def test_an_alarm_over_a_fault_leaves_no_fault_behind():
    async with running() as app:
        await open_slip(app)
        app.fault(FULL)
        app.alarm("NO The journal was damaged and set aside.")
        app._try_again()
        app.retries[1](None)
        await app.caught_up()
        assert isinstance(app.top, AlarmPage)
        await app.type(F3)
        assert isinstance(app.top, ScanningPage)


async def test_an_alarm_before_signing_in_is_not_lost():
    look = Look(operator="1001", pin="1111", document="PS-1002")
    async with running(look, begun=False) as app:
        assert isinstance(app.top, BeginningPage)
        app.alarm("NO The journal was damaged and set aside.")
        app.retries[0](None)
        await app.caught_up()
        assert "damaged and set" in " ".join(app.rows)
        await app.type(F3)
        assert isinstance(app.top, DocumentsPage)


async def test_a_journal_that_can_not_be_opened_is_said_at_once_and_can_be_left():
    async with running(begun=False) as app:
        app.retries[0](FULL)
        await app.caught_up()
        assert isinstance(app.top, FaultPage)
        await app.now(b"\r")
        await app.until(lambda: len(app.retries) == 2)
        app.retries[1](None)
        assert isinstance(app.top, SignInPage)


async def test_operator_pin_and_document_of_the_command_line():
    async with running(Look(operator="1001", pin="1111", document="PS-1002")) as app:
        assert isinstance(app.top, ScanningPage)
        assert app.desk.did("sign_in") == [("1001", "1111")]


async def test_a_pin_of_the_environment_is_tried_once():
    async with running(Look(operator="1001", pin="1111"), begun=False) as app:
        app.desk.signs.append(SignIn("wrong-pin"))
        app.retries[0](None)
        await app.caught_up()
        app.attendance.sign_in()
        assert len(app.desk.did("sign_in")) == 1


async def test_a_crash_ends_with_a_report_and_status_70(monkeypatch):
    async with running() as app:
        await open_slip(app)
        monkeypatch.setattr(app.top, "bands", lambda *_: 1 / 0)
        app.repaint()
        await app.until(lambda: app.return_code is not None)
        assert isinstance(app.crashed, ZeroDivisionError)
        assert app.return_code == 70


async def test_unsent_entries_are_named_before_signing_out():
    async with running() as app:
        await open_slip(app)
        await app.type(b"SN-1\r", F3, F3)
        assert "1 entry is not yet at" in " ".join(app.rows)


# -- keymap


async def test_a_keymap_moves_keys_and_their_labels():
    keymap = Keymap({"f8": "f11", "f1": "f8"})
    labels.use_keys(keymap.keys)
    try:
        async with running(keymap=keymap) as app:
            assert app.rows[-1] == "F8Menu"
            await open_slip(app)
            assert app.rows[-1] == "F11Fin F3Back F8Menu"
            await app.type(F1)
            assert isinstance(app.top, ScanningPage)
            await app.type(F8)
            assert isinstance(app.top, MenuPage)
            await app.type(F3, F11)
            assert isinstance(app.top, FinishPage)
            await app.type(F10, b"\x1b[6~")
            assert "F11 finish: what is" in app.rows
    finally:
        labels.use_keys({})


async def test_the_menu_leads_to_look_ups_and_sales_without_moving_what_was_there():
    async with running() as app:
        await open_slip(app)
        await app.type(F1)
        words = [words for words, _ in app.top.entries]
        assert words[1:7] == [
            "Problems (0)",
            "Slips and orders",
            "Renew from server",
            "Lock",
            "Sign out",
            "Look up, sell ...",
        ]
        for digit, page in (("1", TracePage), ("2", BlanksPage), ("3", SellingPage)):
            await app.now(b"7")
            await app.until(lambda: app.top.entries[0][0] == "Trace a serial")
            await app.now(digit.encode())
            await app.until(lambda page=page: isinstance(app.top, page))
            await app.type(F3, F1)


@pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)])
async def test_the_menu_opens_by_a_touch_of_the_top_row_and_has_the_keys_that_found_no_room(size):
    async with running(Look(mouse=True), size=size) as app:
        await sign_in(app)
        await app.type(b"PS-1001\r")
        assert isinstance(app.top, ScanningPage)
        await app.type(b"\x1b[<0;3;1M")
        assert isinstance(app.top, MenuPage)
        offered = [words for words, _do in app.top.entries]
        if size == (80, 24):
            assert "More keys ..." not in offered
            return
        app.top.choices.selected = offered.index("More keys ...")
        await app.type(b"\r")
        assert "F9 Lines" in [words for words, _do in app.top.entries]
        row = next(y for y, text in enumerate(app.rows) if "F9 Lines" in text)
        await app.type(b"\x1b[<0;3;%dM" % (row + 1))
        assert isinstance(app.top, LinesPage)


async def test_what_was_said_of_a_refusal_goes_when_it_is_dealt_with():
    async with running() as app:
        await open_slip(app)
        for problems in (1, 2):
            app.desk.state = replace(app.desk.state, standing=Standing(9, 9, problems))
            app.tell_refused(1, f"NO The server refused {problems}.")
            await app.caught_up()
            assert "NO The server" in " ".join(app.rows)
        app.desk.state = replace(app.desk.state, standing=Standing(9, 9, 1))
        app.news(None)
        await app.caught_up()
        assert "NO The server" not in " ".join(app.rows)
        app.tell_refused(1, "NO The server refused it.")
        await app.type(F1)
        app.desk.state = replace(app.desk.state, standing=Standing(9, 9, 0))
        await app.type(F3)
        await app.caught_up()
        assert "NO The server" not in " ".join(app.rows)


@pytest.mark.parametrize("link", [Link.OFFLINE, Link.ONLINE])
async def test_renewing_without_a_link_says_when_it_will_be_done(link):
    async with running() as app:
        await open_slip(app)
        app.desk.state = replace(app.desk.state, link=link)
        await app.type(F1)
        await app.now(b"4")
        await app.until(lambda: app.desk.did("refresh"))
        await app.caught_up()
        said = "No link to the server: everything is renewed once there is one." in app.top.said.text
        assert said == (link is Link.OFFLINE)
