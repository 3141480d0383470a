"""Marking several units of a line as not readable at once (S8): a number, one confirmation."""

from __future__ import annotations

from typing import ClassVar

from terminal.domain.documents import Duty, ScanMode
from terminal.domain.refusals import Refusal
from terminal.domain.views import LineView, Verdict
from terminal.ui.cells import Band
from terminal.ui.frame import Keys, header, key_bar, number_bands, said_bands, stack
from terminal.ui.labels import labels
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.menu import Entry, lacking, offer
from terminal.ui.pages.saying import SayingPage, text_bands
from terminal.ui.ports import Fault
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

MOST_DIGITS = 4
"""Digits of a number of units at the most: a longer one is a barcode."""


def mark_many_menu(page: Page, line: LineView) -> Entry:
    """Give the menu's entry that leads here from a page with a scan mode; where it may not be, it says why (S17)."""
    why_not = lacking(page.desk, Duty.REGISTER_UNREADABLE)
    if not why_not and page.mode is ScanMode.REMOVE:
        why_not = _("Nothing was removed: this only adds units. Press {key_f4} for ADD.").format(**labels())
    return offer(page, _("Many unreadable"), lambda: page.stage.enter(MarkManyPage(page.stage, line, page)), why_not)


class MarkManyPage(SayingPage):
    """Asks how many, then whether; the page below says how many were marked."""

    topic: ClassVar[str] = "blanks"

    def __init__(self, stage: Stage, line: LineView, below: Page) -> None:
        super().__init__(stage)
        self.line, self.below = line, below
        self.units = 0
        self.asking = False

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("mark") if self.units and not self.digits else _("take")), ("f3", _("Back")))

    @property
    def wants_number(self) -> bool:
        """See `Page`."""
        return True

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        at, left = self.line.line, self.line.open_units
        top = [
            header(_("{document} line {line}").format(document=at.document, line=at.number), self.desk.state, columns)
        ]
        words = [at.description or at.item]
        if not self.units:
            words.append(plural("{n} unit is still to scan.", "{n} units are still to scan.", left))
            words.append(_("How many are not readable? Type the number, or touch its digits."))
        else:
            words.append(plural("Mark {n} unit as not readable?", "Mark {n} units as not readable?", self.units))
        foot = said_bands(self.said, self.style, columns, rows)
        foot += number_bands(self.digits + entry, columns, rows, prompt=_("units>"))
        foot += key_bar(self.keys(), columns, rows)
        room = max(1, rows - len(top) - len(foot))
        body = text_bands(words, "warn" if self.units else "", columns)
        return stack(top, body[max(0, len(body) - room) :], foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name not in {"enter", "f8"} or not self.units or self.asking:
            return
        if key.name == "enter" and not key.fresh:
            self.say("info", _("Wait a moment, then press Enter again."))
            return
        self.asking = True
        self.desk.mark_many(self.line.line.document, self.line.line.number, self.units, self._marked)

    def scanned(self, scan: Scanned) -> None:
        """Take a number that was typed, up to what is left; a scan is judged where it belongs (D13).

        A slip of the finger must not make thousands. What is more than the line wants is marked one by one.
        """
        text = scan.code
        if scan.by_scanner or not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            self.stage.back_and_scan(scan)
            return
        left, units = self.line.open_units, int(text)
        if not units:
            self.no(_("Type how many units, 1 at least."))
        elif not left:
            self.no(_("No unit is left to scan on this line."))
        elif units > left:
            self.no(_("Only {left} left on this line. Take fewer.").format(left=left))
        else:
            self.units = units
            self.say("", "")

    def _marked(self, verdict: Verdict | Fault) -> None:
        self.asking = False
        if isinstance(verdict, Fault):
            self.stage.fault(verdict)
            return
        refusal = verdict.result if isinstance(verdict.result, Refusal) else verdict.stopped_by
        why = "" if refusal is None else refusal_sentence(refusal, self.desk.shop.time_zone)
        done = verdict.done if verdict.accepted else 0
        if done >= self.units and not why:
            style, words = "ok", plural("OK {n} unit is not readable", "OK {n} units are not readable", done)
        elif done and why:
            words = _("OK {done} of {units} marked. Not more: {why}").format(done=done, units=self.units, why=why)
            style = "warn"
        else:
            style, words = "no", f"{_('NO')} {why}"
        self.stage.sound(Sound.OK if style == "ok" else Sound.NO)
        if self.stage.on_top(self):
            self.stage.back()
        if self.gone:
            self.below.told(style, words)
        else:
            self.say(style, words)
