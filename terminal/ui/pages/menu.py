"""The menu: numbered entries, chosen by one digit, so that a gun with few keys is enough. Its first entry is help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, promise_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.words import _

Entry = tuple[str, Callable[[], None]]


class MenuPage(Page):
    """Entries with what they do."""

    def __init__(self, stage: Stage, entries: Sequence[Entry], title: str = "") -> None:
        super().__init__(stage)
        self.title = title
        self.entries = entries
        self.choices = Choices([(words, "") for words, _do in entries])

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(self.title or _("Menu"), self.desk.state, columns)]
        foot = [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        promise = promise_bands(self.desk.state, columns)
        if room - len(self.entries) > len(promise):
            foot = [*promise, *foot]
        return stack(top, body, foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        match key.name:
            case "up" | "f6":
                self.choices.move(-1)
            case "down" | "f7":
                self.choices.move(1)
            case "enter" if key.fresh:
                self._do(self.choices.selected)
            case "mouse" if self.choices.touched(key.row):
                self._do(self.choices.selected)
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        if not 0 < digit <= len(self.entries):
            return False
        self._do(digit - 1)
        return True

    def scanned(self, scan: Scanned) -> None:
        """A scan chooses nothing: it closes the menu and is judged where it belongs (D13)."""
        self.stage.back_and_scan(scan)

    def _do(self, at: int) -> None:
        self.stage.back()
        self.entries[at][1]()
