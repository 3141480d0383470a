"""Asking which line a serial is for, where several want it: the line is never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.ui.cells import Band, cut_left, safe
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, line_words, said_bands, stack
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.saying import SayingPage, text_bands
from terminal.ui.ports import Several
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.words import _, plural


def not_decided(several: Several) -> str:
    """Say that a serial was not taken because nobody chose its line."""
    serial = cut_left(safe(several.serial), LONGEST_ECHO)
    return _("{serial} was not taken: no line was chosen. Scan it again.").format(serial=serial)


def passed_over(serials: Sequence[str]) -> str:
    """Name the serials that were not taken because other scans came instead of their lines; empty if there are none."""
    if not serials:
        return ""
    newest_first = ", ".join(cut_left(safe(serial), LONGEST_ECHO) for serial in reversed(serials))
    return plural("NO {n} not taken: {serials}", "NO {n} not taken: {serials}", len(serials), serials=newest_first)


class ChoosingLinePage(ListPage, SayingPage):
    """Lists the lines that want a serial; choosing one registers it there.

    `choose` gets the number of the line before the page below is shown again; without a choice it isn't called. A scan
    counts as going back, and is judged where it belongs (D13): `pass_over` is called before that.
    """

    def __init__(
        self,
        stage: Stage,
        document: str,
        several: Several,
        choose: Callable[[int], None],
        pass_over: Callable[[], None],
        passed: Sequence[str] = (),
    ) -> None:
        """`passed`: the serials that were scanned before it and not taken, because their lines were not chosen."""
        super().__init__(stage, passed_over(passed), "no" if passed else "")
        self.document, self.several = document, several
        self._choose, self._pass_over = choose, pass_over
        self.choices = Choices([line_words(line) for line in several.lines])

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} which line?").format(document=self.document), self.desk.state, columns)]
        serial = cut_left(safe(self.several.serial), LONGEST_ECHO)
        top += text_bands([_("{serial} fits several lines. Choose its line.").format(serial=serial)], "bold", columns)
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        top = top[: max(1, rows - len(foot) - 2)]
        body = self.choices.bands(columns, max(1, rows - len(top) - len(foot)), len(top))
        return stack(top, body, foot, rows)

    def scanned(self, scan: Scanned) -> None:
        """See the class. A bounce of the serial that is asked about answers nothing (D14)."""
        if not scan.repeat:
            self._pass_over()
            self.stage.back_and_scan(scan)

    def chosen(self, digit: int) -> bool:
        """See `Page`. A digit that no line has stays what it is: a serial may begin with it."""
        taken = super().chosen(digit)
        if not taken:
            self.no(_("There is no {n} on this list.").format(n=digit))
        return taken

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        self._choose(self.several.lines[at].line.number)
        self.stage.back()
