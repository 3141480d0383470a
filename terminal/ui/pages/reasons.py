"""Asking for a reason: from the site's short list, by digit, arrows or touch; typed where the site has no list."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from terminal.domain.intents import AddSerial
from terminal.ui.cells import Band, cut_left, safe
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.saying import SayingPage, text_bands
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.words import _

LONGEST_REASON = 100
"""Characters of a typed reason at the most."""


class ReasonPage(ListPage, SayingPage):
    """Asks why. A scan is no answer: it counts as no, and is judged where it belongs (D13)."""

    def __init__(self, stage: Stage, title: str, question: str, then: Callable[[str], None]) -> None:
        super().__init__(stage)
        self.title, self.question, self.then = title, question, then
        self.reasons = stage.desk.shop.policies.correction_reasons
        self.choices = Choices([(reason, "") for reason in self.reasons], by_pages=False)

    def keys(self) -> Keys:
        """See `Page`."""
        if not self.reasons:
            return (("f3", _("Back")),)
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(self.title, self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        prompt = ">" if self.reasons else _("why>")
        foot += [entry_band(entry, columns, prompt=prompt), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        wanted = max(1, min(len(self.reasons), room - 1))
        question = text_bands([self.question], "bold", columns)[: max(0, room - wanted)]
        body = self.choices.bands(columns, room - len(question), len(top) + len(question))
        return stack(top, [*question, *body], foot, rows)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        self._choose(self.reasons[at])

    def scanned(self, scan: Scanned) -> None:
        """Take a reason that was typed, where there is no list. A digit that is to choose is said."""
        text = scan.code
        digit = int(text) if len(text) == 1 and text.isascii() and text.isdigit() else 0
        if not scan.by_scanner and self.choices.digit(digit) is not None:
            words = _("{code} came as fast as a scan, and a scan gives no reason. Press {code} alone.")
            self.no(words.format(code=text))
        elif self.reasons or scan.by_scanner or scan.repeat:
            self.stage.back_and_scan(scan)
        elif not text:
            self.no(_("Type a reason in a few words."))
        elif len(text) > LONGEST_REASON:
            self.no(_("That is too long. Type a reason in a few words."))
        else:
            self._choose(text)

    def _choose(self, reason: str) -> None:
        self.stage.back()
        self.then(reason)


def ask_why_again(stage: Stage, refused: AddSerial, then: Callable[[AddSerial], None]) -> None:
    """Ask a supervisor why a unit is sold again that was sold before, and hand on what to record (S22)."""
    title = _("{document} sell again").format(document=refused.document)
    serial = cut_left(safe(refused.scanned.strip()), LONGEST_ECHO)

    def chosen(reason: str) -> None:
        then(replace(refused, override=reason))

    stage.enter(ReasonPage(stage, title, _("Why is {serial} sold again?").format(serial=serial), chosen))
