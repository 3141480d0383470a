"""The app: routes keys, scans and news to the page on top, and paints it. Nothing is decided here.

Textual gives the loop, the driver, messages, timers and the terminal's size. Keys are taken from the driver as bytes,
before any focus or binding could see them: nothing that a barcode holds can be a command.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace
from textual import events
from textual.app import App
from textual.screen import Screen

from terminal.barcodes.commands import Command, command_of, is_command
from terminal.ui.attendance import Attendance
from terminal.ui.driver import TerminalDriver
from terminal.ui.frame import digit_at, key_at, keys_left_out
from terminal.ui.labels import label
from terminal.ui.messages import Arrived, Happened, Input, NotAScan, Pressed, Scanned, Typing
from terminal.ui.page import Page
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.main_menu import main_menu, sign_in_menu
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AlarmPage, BeginningPage, FaultPage, HelpPage, NotTakenPage, too_small
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.painter import Painter
from terminal.ui.ports import Decoder, Desk, Fault, Look
from terminal.ui.sound import Sound, ring
from terminal.ui.words import _

FRAME_S = 1 / 30
"""Seconds between two paints at least."""
ECHO_S = 0.04
"""Seconds before what is being typed is shown: a scanner's burst is over by then, and its verdict painted instead."""
KEY_OF = {
    Command.ADD: "f4",
    Command.REMOVE: "f4",
    Command.NOT_READABLE: "f2",
    Command.UNDO: "f5",
    Command.NEXT_LINE: "f7",
    Command.PREVIOUS_LINE: "f6",
    Command.FINISH: "f8",
    Command.CONFIRM: "enter",
    Command.BACK: "f3",
    Command.HELP: "f10",
    Command.MENU: "f1",
}
"""The key that does what a command asks for."""
OF_SCANNING = frozenset({Command.ADD, Command.REMOVE, Command.NOT_READABLE, Command.UNDO})
"""What is offered only where serials are scanned: elsewhere these keys do something else."""
CHOICES = [Command(f"N{digit}") for digit in range(10)]
"""The commands that stand for a digit: it chooses an entry, or is typed where a number is waited for."""
MOST_DIGITS = 6
"""Digits of a number at the most that are touched or scanned one by one."""
LEAVING = frozenset({"f1", "f3", "f8", "f9", "f10"})
"""Keys that show another page."""
SETTLED_S = 0.05
"""Seconds after the first screen that it is left alone to get out, before anything else begins."""
STALLED_S = 0.2
"""Seconds after which a stalled link to the screen is tried again."""


class ScanApp(App[None], inherit_bindings=False):
    """The stage that pages are shown on."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { overflow: hidden; }"

    def __init__(
        self, desk: Desk, decoder: Decoder, look: Look, retry: Callable[[Callable[[Any], None]], None]
    ) -> None:
        own = None if os.environ.get("TEXTUAL_DRIVER") else TerminalDriver
        super().__init__(driver_class=own)
        self.desk = desk
        self.decoder = decoder
        self.look = look
        self.retry = retry
        self.attendance = Attendance(self, look, lambda: self.pages, self._begin_work)
        self.pages: list[Page] = []
        self.painter: Painter | None = None
        self.crashed: Exception | None = None
        self.on_shown: Callable[[], None] | None = None
        """Called once, when the first screen is out: what is not needed for it can begin."""
        self._painted_at = 0.0
        self._paint_due = False
        self._alarm: float | None = None
        self._again: list[Callable[[], None]] = []  # what waits for the journal to be well
        self._wrong: dict[str, str] = {}  # what is wrong for as long as it lasts, by what it is wrong with
        self._refused: list[tuple[int, str]] = []  # what was told of refusals, and how many problems there were before

    # -- life

    def on_mount(self) -> None:
        """Begin: ask who is at work."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ended_by, number)
        self.painter = Painter(self._write, self.size.width, self.size.height, mono=self.look.mono)
        self.start(BeginningPage(self))
        self.retry(self._begun)
        if self.look.lock_after_s:
            self.set_timer(self.look.lock_after_s, self._lock_if_idle)

    def _ended_by(self, number: int) -> None:
        self.exit(return_code=128 + number)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out anew."""
        if self.painter is not None:
            self.painter.resize(event.size.width, event.size.height)
            self.repaint()

    def _handle_exception(self, error: Exception) -> None:
        """End the program with a report instead of a traceback on the screen."""
        self.crashed = self.crashed or error
        self._return_code = 70
        self._close_messages_no_wait()

    # -- in

    async def on_event(self, event: events.Event) -> None:
        """Take keys before anything else can: those of a browser come as events, the terminal's as bytes."""
        now = time.monotonic()
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._heard(self.decoder.feed_key(event.key, event.character, now))
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            self._heard(self.decoder.feed(event.text.encode("utf-8", "surrogatepass"), now))
        elif isinstance(event, events.MouseDown) and not event.is_forwarded:
            self._heard([Pressed("mouse", True, event.y, event.x)])
        else:
            await super().on_event(event)

    def on_arrived(self, message: Arrived) -> None:
        """Take bytes from the driver."""
        self._heard(self.decoder.feed(message.data, message.at))

    def on_happened(self, message: Happened) -> None:
        """Do what another thread asked for."""
        message.act()

    def hear(self, inputs: Sequence[Input]) -> None:
        """Take scans of another source than the keyboard, on the loop."""
        self._heard(inputs)

    def _heard(self, inputs: Sequence[Input]) -> None:
        self.attendance.touched()
        for each in inputs:
            page = self.pages[-1]
            match each:
                case Scanned() if is_command(each.text):
                    self._commanded(page, each)
                case Scanned():
                    page.scanned(_with_digits(page, each))
                case NotAScan():
                    page.not_a_scan(each)
                case Pressed():
                    self._pressed(page, each)
                case Typing():
                    self.set_timer(ECHO_S, self.repaint)
        self._set_alarm()

    def _pressed(self, page: Page, key: Pressed) -> None:
        if key.name == "mouse":
            place = (page.keys(), self.size.width, self.size.height, key.row, key.column)
            digit = digit_at(*place) if page.wants_number else None
            if digit is not None:
                self._digit(page, digit)
                return
            touched = key_at(*place)
            key = Pressed(touched) if touched else key
        name = "f3" if key.name == "escape" else key.name
        begun = page.digits + self.decoder.text
        number = page.wants_number and begun.isascii() and begun.isdigit()
        if (number and name in {"enter", "f8"}) or (page.digits and name == "f3"):
            self._number(page, taken=name != "f3")
            return
        if name in LEAVING and self.decoder.text:
            self.decoder.take()  # what was typed belongs to the page that is left
        if not page.leavable:
            page.pressed(key)
        elif name == "f1" and not isinstance(page, MenuPage):
            self._show_menu(page)
        elif name == "f10" and not isinstance(page, HelpPage):
            self.enter(HelpPage(self, page.topic))
        elif name == "f3" and len(self.pages) > 1 and not isinstance(page, SignInPage):
            if not page.stays():
                self.back()
        elif name == "f3" and isinstance(page, DocumentsPage):
            self.attendance.ask_sign_out()
        else:
            page.pressed(Pressed(name, key.fresh, key.row, key.column))

    def _digit(self, page: Page, digit: str) -> None:
        """Take a digit of a number that is not typed."""
        page.digits = (page.digits + digit)[:MOST_DIGITS]
        self.repaint()

    def _number(self, page: Page, *, taken: bool) -> None:
        """Hand on the number that was given digit by digit, or forget it."""
        digits, page.digits = page.digits + self.decoder.take(), ""
        if taken:
            page.scanned(Scanned(digits, "digits"))
        self.repaint()

    def _commanded(self, page: Page, scan: Scanned) -> None:
        """Do what a command barcode of this site asks for, where the screen offers it; say so where it doesn't.

        One that this site did not sign is a scan like any other: no question hears it as an answer (D13), and no line
        takes it for a serial.
        """
        command = command_of(scan.text, self.desk.shop.command_key)
        if command is None:
            page.scanned(scan)
        elif scan.repeat:
            self.tell("warn", _("The command was read twice: done once."))
        elif not self._obey(page, command):
            words = f"{_('NO')} " + _("That command does nothing here.")
            if type(page).told is Page.told:  # it has no row to say it in
                self.alarm(words)
            else:
                self.tell("no", words)

    def _obey(self, page: Page, command: Command) -> bool:
        """Do what a command asks for; says whether the page offers it now."""
        if command is Command.SIGN_OUT:
            offered = page.leavable and not self.attendance.nobody
            if offered:
                self.attendance.ask_sign_out()
            return offered
        if command in CHOICES and page.wants_number:
            self._digit(page, str(CHOICES.index(command)))
            return True
        if command in CHOICES:
            return page.chosen(CHOICES.index(command))
        if command in OF_SCANNING and page.mode is None:
            return False
        if page.mode is not None and page.mode.value == command.value:
            return True
        key = KEY_OF[command]
        always = page.leavable and (key in {"f1", "f10"} or (key == "f3" and not isinstance(page, SignInPage)))
        if not always and key not in dict(page.keys()):
            return False
        self._pressed(page, Pressed(key))
        return True

    def _set_alarm(self) -> None:
        """Wake the decoder when it must be told that nothing more came."""
        due = self.decoder.deadline
        if due is not None and due != self._alarm:
            self._alarm = due
            self.set_timer(max(0.001, due - time.monotonic()), self._tick)

    def _tick(self) -> None:
        self._alarm = None
        now = time.monotonic()
        self._heard(self.decoder.tick(now))
        alone = self.decoder.settled(now)
        if alone is not None and alone in "123456789" and self.pages[-1].chosen(int(alone)):
            self.decoder.take()
            self.repaint()

    # -- stage

    def enter(self, page: Page) -> None:
        """See `Stage`."""
        self.pages.append(page)
        page.shown()
        self.repaint()

    def on_top(self, page: Page) -> bool:
        """See `Stage`."""
        return bool(self.pages) and self.pages[-1] is page

    def back(self) -> None:
        """See `Stage`."""
        gone = [self.pages.pop()] if len(self.pages) > 1 else []
        self.pages[-1].shown()
        self._say_left(gone, lambda: None)
        self.repaint()

    def back_and_scan(self, scan: Scanned) -> None:
        """See `Stage`."""
        if len(self.pages) > 1:
            self.back()
            self.pages[-1].scanned(scan)

    def home(self) -> None:
        """See `Stage`."""
        self.start(DocumentsPage(self))

    def start(self, page: Page) -> None:
        """See `Stage`. What must not be missed stays over it."""
        alarms: list[Page] = [each for each in self.pages if isinstance(each, AlarmPage)]
        gone = [each for each in self.pages if each not in alarms]
        self.pages = []
        self.enter(page)
        self.pages += alarms
        self._say_left(gone, lambda: None)

    def fault(self, fault: Fault, again: Callable[[], None] | None = None) -> None:
        """See `Stage`."""
        self.sound(Sound.NO)
        if again is not None and again not in self._again:
            self._again.append(again)
        shown = [page for page in self.pages if isinstance(page, FaultPage)]
        for page in shown:
            page.problem = fault
        if not shown:
            self.enter(FaultPage(self, fault, self._try_again))
        self.repaint()

    def leave(self) -> None:
        """See `Stage`. Scans that end untaken with the program are told first."""

        def end() -> None:
            self.exit(return_code=0)

        if not self._say_left(self.pages, end):
            end()

    def _say_left(self, gone: Sequence[Page], then: Callable[[], None]) -> bool:
        """Say over everything what must be read because pages are gone, then do something; says whether there was any.

        Without it, scans held for one operator would vanish when another one takes the terminal over.
        """
        lines = [line for page in gone for line in page.left()]
        if lines:
            self.sound(Sound.NO)
            self.enter(NotTakenPage(self, lines, then))
        return bool(lines)

    def sound(self, sound: Sound) -> None:
        """See `Stage`."""
        if self.look.bell:
            ring(sound, self.bell, self.set_timer)

    def tell(self, style: str, words: str) -> None:
        """See `Stage`."""
        if self.pages:
            self.pages[-1].told(style, words)
        if style == "no":
            self.sound(Sound.NO)
        self.repaint()

    def tell_while(self, of: str, words: str) -> None:
        """Say what is wrong with something for as long as it lasts: whoever signs in is told, too."""
        self._wrong[of] = words
        self.tell("no", words)

    def tell_well_again(self, of: str, words: str) -> None:
        """Say that what `tell_while` said of something is true no more."""
        wrong = self._wrong.pop(of, "")
        for page in self.pages:
            page.untold(wrong)
        self.tell("info", words)

    def tell_refused(self, new: int, words: str) -> None:
        """Say that the server refused something, until so many problems are dealt with."""
        self._refused.append((self.desk.state.standing.problems - new, words))
        self.tell("no", words)

    def _untell(self) -> None:
        """Take back what was told of refusals that are dealt with by now."""
        settled = [words for before, words in self._refused if self.desk.state.standing.problems <= before]
        if settled:
            self._refused = [each for each in self._refused if each[1] not in settled]
            for page in self.pages:
                for words in settled:
                    page.untold(words)

    def alarm(self, words: str) -> None:
        """See `Stage`. What is there to be read already is only heard again."""
        self.sound(Sound.NO)
        top = self.pages[-1] if self.pages else None
        if not isinstance(top, AlarmPage) or top.question != words:
            self.enter(AlarmPage(self, _("Attention"), words, _("read"), lambda: None))

    def news(self, document: str | None) -> None:
        """Let the page on top know that something came from the server."""
        if self.pages:
            self.pages[-1].news(document)
        self.repaint()

    def repaint(self) -> None:
        """Paint soon: at once, but no more often than a frame's time."""
        if self._paint_due or self.painter is None:
            return
        self._paint_due = True
        wait = self._painted_at + FRAME_S - time.monotonic()
        if wait <= 0:
            self.call_later(self._paint)
        else:
            self.set_timer(wait, self._paint)

    # -- out

    def _paint(self) -> None:
        self._paint_due = False
        driver = self._driver
        if self.painter is None or not self.pages or driver is None:
            return
        if getattr(driver, "congested", False):
            self._paint_due = True
            self.set_timer(STALLED_S, self._paint)
            return
        self._painted_at = time.monotonic()
        columns, rows = self.painter.columns, self.painter.rows
        self._untell()
        if columns < 12 or rows < 3:
            self.painter.show(too_small(columns, rows))
        else:
            self.painter.show(self.pages[-1].bands(columns, rows, self.decoder.text))
        if self.on_shown is not None and not isinstance(self.pages[-1], BeginningPage):
            shown, self.on_shown = self.on_shown, None
            self.set_timer(SETTLED_S, shown)

    def _write(self, text: str) -> None:
        if self._driver is not None:
            self._driver.write(text)
            self._driver.flush()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Textual wants to paint the whole screen: our painter does it."""
        if renderable is not None and self.painter is not None:
            self.painter.forget()
            self.repaint()

    # -- work

    def _begin_work(self, document: str) -> None:
        page = DocumentsPage(self)
        self.start(page)
        for words in self._wrong.values():
            page.told("no", words)
        if document:
            page.open(document)

    def _show_menu(self, page: Page) -> None:
        if self.attendance.nobody:
            self.enter(MenuPage(self, sign_in_menu(page)))
            return
        left_out = keys_left_out(page.keys(), self.size.width, self.size.height)  # for hands that only touch the screen
        more_keys = [(f"{label(name)} {word}", partial(self._pressed, page, Pressed(name))) for name, word in left_out]
        at_work = self.attendance
        self.enter(MenuPage(self, main_menu(page, more_keys, lock=at_work.lock, sign_out=at_work.ask_sign_out)))

    def _lock_if_idle(self) -> None:
        self.set_timer(self.attendance.lock_if_idle(), self._lock_if_idle)

    def _begun(self, result: object) -> None:
        """Ask who is at work, once the journal is open."""
        if isinstance(result, Fault):
            self.fault(result)
            return
        self.attendance.sign_in()
        self._paint()  # the first screen does not wait for the empty one's frame to be over

    def _try_again(self) -> None:
        self.retry(self._tried)

    def _tried(self, result: object) -> None:
        if isinstance(result, Fault):
            self.fault(result)
        elif isinstance(self.pages[0], BeginningPage):
            self._begun(None)
        else:
            self.pages = [page for page in self.pages if not isinstance(page, FaultPage)]
            self.pages[-1].shown()
            waiting, self._again = self._again, []
            for again in waiting:
                again()
            self.repaint()


def _with_digits(page: Page, scan: Scanned) -> Scanned:
    """Put the digits that were touched before the digits that were typed: they stand in one number on the screen."""
    digits, page.digits = page.digits, ""
    typed = not scan.by_scanner and scan.text.isascii() and scan.text.isdigit()
    return replace(scan, text=digits + scan.text) if digits and typed else scan
