"""What a screen is: rows of text for a size, and what keys and scans do there. Without Textual, so tested alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from terminal.domain.documents import ScanMode
from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.ports import Desk, Fault
from terminal.ui.sentences import not_a_scan
from terminal.ui.sound import Sound
from terminal.ui.words import _


class Stage(Protocol):
    """What a page may do with the rest of the program."""

    desk: Desk

    def enter(self, page: Page) -> None:
        """Show a page over this one."""

    def on_top(self, page: Page) -> bool:
        """Say whether a page is the one that is shown."""

    def back(self) -> None:
        """Show the page below again."""

    def back_and_scan(self, scan: Scanned) -> None:
        """Show the page below again and give it a scan: it counted as no (D13)."""

    def home(self) -> None:
        """Show the documents to work on, and forget all other pages."""

    def start(self, page: Page) -> None:
        """Show a page and forget all others."""

    def repaint(self) -> None:
        """Paint what has changed, soon."""

    def sound(self, sound: Sound) -> None:
        """Be heard."""

    def fault(self, fault: Fault, again: Callable[[], None] | None = None) -> None:
        """Show a journal that can't be written, over everything; `again` is called once it is well."""

    def tell(self, style: str, words: str) -> None:
        """Say something that came from elsewhere, where the page that is shown says things."""

    def alarm(self, words: str) -> None:
        """Say something that must not be missed, over everything, until it is read."""

    def leave(self) -> None:
        """End the program."""


class Page:
    """One screen. Subclasses say what they show and do; the app routes and paints."""

    mode: ScanMode | None = None
    """What the next serial does here; None where no serials are scanned."""
    topic: ClassVar[str] = ""
    """What the help tells first when it is asked for here, by its name in `help_words`."""
    digits: str = ""
    """What was given of a number without typing it: by touch, or by the sheet's digits. Enter takes it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.desk = stage.desk

    @property
    def leavable(self) -> bool:
        """Whether the way back and the menu are open now."""
        return True

    @property
    def wants_number(self) -> bool:
        """Whether a number is waited for now: its digits can be touched, and scanned from the command sheet."""
        return False

    @property
    def held(self) -> int:
        """How many scans wait here until an error is acknowledged (D7)."""
        return 0

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """Lay the screen out for a size in cells; `entry` is what is being typed."""
        raise NotImplementedError

    def keys(self) -> Keys:
        """Give the keys that work now, the most wanted first."""
        return ()

    def menu(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """Give what the menu offers for this page, after the help: words, and what choosing them does."""
        return ()

    def pressed(self, key: Pressed) -> None:
        """Do what a key does here."""

    def scanned(self, scan: Scanned) -> None:
        """Take a code that was scanned or typed."""

    def not_a_scan(self, what: NotAScan) -> None:
        """Say that something arrived that is no scan: over the page, unless it has a row to say it in."""
        self.stage.alarm(f"{_('NO')} {not_a_scan(what.reason, what.excerpt)}")

    def chosen(self, digit: int) -> bool:
        """Take a digit that was typed alone; says whether it meant anything here."""
        return False

    def stays(self) -> bool:
        """Ask first, where going back would lose something; says whether it did, and the page is not left yet."""
        return False

    def shown(self) -> None:
        """Be on top now: read what may have changed."""

    def left(self) -> Sequence[str]:
        """Be gone for good; gives what must be read because of it, line by line: scans that nobody will take now."""
        return ()

    def told(self, style: str, words: str) -> None:
        """Say something that came from elsewhere, where this page says things."""

    def untold(self, words: str) -> None:
        """Take back what was told, where it is still said: it is true no more."""

    def news(self, document: str | None) -> None:
        """Something came from the server, about one document or about all."""


class ListPage(Page):
    """A page with a list: Enter or a touch takes the entry that is selected or touched, a digit the one it counts."""

    choices: Choices

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        before = self.choices.selected
        at = self.choices.pressed(key)
        if at is not None:
            self.pick(at)
        elif self.choices.selected != before:
            self.moved()
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        at = self.choices.digit(digit)
        if at is not None:
            self.pick(at)
        return at is not None

    def pick(self, at: int) -> None:
        """Do what the entry at a place of the list is there for."""

    def moved(self) -> None:
        """Another entry is selected now."""
