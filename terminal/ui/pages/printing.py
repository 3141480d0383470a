"""Printing a document with its serials (S15). The operator need not wait for the printer: a scan leads back at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.menu import Entry
from terminal.ui.pages.saying import SayingPage, Scroll, text_bands
from terminal.ui.ports import Fault, Printed
from terminal.ui.sound import Sound
from terminal.ui.words import _


def print_menu(page: Page, number: str) -> Sequence[Entry]:
    """Give the menu's entry for printing a document; none where there is no printer, and the site misses none (D7)."""
    if not page.desk.printers() and not page.desk.shop.policies.print_at_posting:
        return ()
    return ((_("Print"), lambda: page.stage.enter(PrintingPage(page.stage, number))),)


class PrintingPage(SayingPage):
    """Chooses a printer where there are several, prints, and says how it ended, also when it is no longer shown."""

    topic: ClassVar[str] = "printing"

    def __init__(self, stage: Stage, number: str) -> None:
        super().__init__(stage)
        self.number = number
        self.printers = stage.desk.printers()
        self.choices = Choices([(name, "") for name in self.printers], by_pages=False)
        self.text = Scroll()
        self.printing = ""
        """The printer that has the document now."""
        self.over = not self.printers
        """Whether nothing is left to do here: it is printed, or can't be."""
        if self.over:
            self.style = "warn"
            self.said = _("The site prints what is posted, but this terminal has no printer. Tell the office.")

    @property
    def choosing(self) -> bool:
        """Whether a printer is to be chosen: the only one is, but after it could not print."""
        return not self.printing and not self.over

    def keys(self) -> Keys:
        """See `Page`."""
        if self.printing:
            return (("f3", _("Back")), ("f1", _("Menu")))
        if self.over:
            return (("enter", _("Back")), ("f3", _("Back")))
        if len(self.printers) == 1:
            return (("enter", _("print again")), ("f3", _("Back")))
        return (("enter", _("print")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} print").format(document=self.number), self.desk.state, columns)]
        foot = [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        said = text_bands([self.said], self.style, columns) if self.said else []
        if not self.choosing:
            return stack(top, self.text.bands(said, room), foot, rows)
        listed = min(len(self.printers), max(1, room - len(said)))
        said = said[: room - listed]
        body = self.choices.bands(columns, listed, len(top) + len(said))
        return stack(top, [*said, *body], foot, rows)

    def shown(self) -> None:
        """See `Page`. There is nothing to choose where there is one printer."""
        if len(self.printers) == 1 and self.choosing and not self.said:
            self._print(0)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if not self.choosing:
            if key.name == "enter" and key.fresh and self.over:
                self.stage.back()
            else:
                self.text.pressed(key.name)
        else:
            at = self.choices.pressed(key)
            if at is not None:
                self._print(at)
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        at = self.choices.digit(digit) if self.choosing else None
        if at is not None:
            self._print(at)
        return at is not None

    def scanned(self, scan: Scanned) -> None:
        """A scan chooses nothing: it is judged where it belongs (D13), while the printer prints."""
        self.stage.back_and_scan(scan)

    def told(self, style: str, words: str) -> None:
        """See `Page`. How the printing goes stays in sight."""

    def _print(self, at: int) -> None:
        self.printing = self.printers[at]
        words = _("Printing {document} on {printer} ... Scan on meanwhile.")
        self.say("info", words.format(document=self.number, printer=self.printing))
        self.desk.print_document(self.number, self.printing, self._ended)

    def _ended(self, result: Printed | Fault) -> None:
        self.printing = ""
        if isinstance(result, Fault):
            self.say("no", f"{_('NO')} {_('Nothing was printed.')}")
            self.stage.fault(result)
        elif not result.done:
            self.no(f"{self.number}: {result.words}" if self.gone else result.words)
        elif self.gone:
            self.stage.tell("info", f"{self.number}: {result.words}")
        else:
            self.over = True
            self.say("ok", f"{_('OK')} {result.words}")
            self.stage.sound(Sound.OK)
