"""The lines of a document: what each still wants, and the way to any of them."""

from __future__ import annotations

from collections.abc import Callable

from terminal.domain.views import DocumentView
from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, line_words, stack
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.ports import Fault
from terminal.ui.words import _


class LinesPage(ListPage):
    """A list of lines; choosing one makes it the current line of the scanning screen."""

    def __init__(self, stage: Stage, document: str, choose: Callable[[int], None]) -> None:
        super().__init__(stage)
        self.document = document
        self.choose = choose
        self.view: DocumentView | None = None
        self.choices = Choices()

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("open")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} lines").format(document=self.document), self.desk.state, columns)]
        foot = [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.document(self.document, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def scanned(self, scan: Scanned) -> None:
        """Take a line number that was typed; a scan is judged where it belongs."""
        text = scan.code
        if self.view is not None and text.isascii() and text.isdigit() and len(text) < 6:
            for at, line in enumerate(self.view.lines):
                if line.line.number == int(text):
                    self.pick(at)
                    return
        self.stage.back_and_scan(scan)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        if self.view is not None:
            self.stage.back()
            self.choose(self.view.lines[at].line.number)

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            self.view = view
            self.choices.put([line_words(line) for line in view.lines])
            self.stage.repaint()
