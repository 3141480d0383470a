"""Asking which line a serial is for, where several want it: the line is never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.ui.cells import Band, cut_left, safe
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, line_words, said_bands, stack
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.saying import text_bands
from terminal.ui.ports import Several
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.words import _, plural


def not_decided(several: Several) -> str:
    """Say that a serial was not taken because nobody chose its line."""
    serial = cut_left(safe(several.serial), LONGEST_ECHO)
    return _("{serial} was not taken: no line was chosen. Scan it again.").format(serial=serial)


class ChoosingLinePage(ListPage):
    """Lists the lines that want a serial; choosing one registers it there.

    `choose` gets the number of the line before the page below is shown again; without a choice it isn't called. A scan
    counts as going back, and is judged where it belongs (D13).
    """

    def __init__(
        self, stage: Stage, document: str, several: Several, choose: Callable[[int], None], passed: Sequence[str] = ()
    ) -> None:
        """`passed`: the serials that were scanned before it and not taken, because their lines were not chosen."""
        super().__init__(stage)
        self.document, self.several, self.passed = document, several, passed
        self._choose = choose
        self.choices = Choices([line_words(line) for line in several.lines])

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} which line?").format(document=self.document), self.desk.state, columns)]
        serial = cut_left(safe(self.several.serial), LONGEST_ECHO)
        top += text_bands([_("{serial} fits several lines. Choose its line.").format(serial=serial)], "bold", columns)
        foot = [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        if self.passed:
            newest_first = ", ".join(reversed(self.passed))
            words = plural(
                "NO {n} not taken: {serials}", "NO {n} not taken: {serials}", len(self.passed), serials=newest_first
            )
            foot = said_bands(words, "no", columns, rows) + foot
        top = top[: max(1, rows - len(foot) - 2)]
        body = self.choices.bands(columns, max(1, rows - len(top) - len(foot)), len(top))
        return stack(top, body, foot, rows)

    def scanned(self, scan: Scanned) -> None:
        """See the class."""
        self.stage.back_and_scan(scan)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        self._choose(self.several.lines[at].line.number)
        self.stage.back()
