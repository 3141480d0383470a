"""Opening a document on the page where it is worked on: a slip or sale for scanning, an invoice for choosing units.

Pages that not every shift needs are loaded when they are opened: the start and a handheld's memory do without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.domain.documents import Kind
from terminal.domain.views import InvoiceView
from terminal.ui.page import Page
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Fault, Link, Opened
from terminal.ui.sound import Sound
from terminal.ui.words import _


class Opening:
    """Opens documents over a page, one at a time. `say` shows a style and words there."""

    def __init__(self, page: Page, say: Callable[[str, str], None]) -> None:
        self.busy = False
        self._page = page
        self._stage, self._desk = page.stage, page.desk
        self._say = say

    def open(self, number: str) -> None:
        """Open a document; it is looked at while its page is on top only."""
        if self.busy:
            return
        self.busy = True
        self._say("info", _("Opening {document} ...").format(document=number))
        self._desk.open(number, self._opened)

    def _opened(self, opened: Opened | Fault) -> None:
        if isinstance(opened, Opened) and opened.sheet is None:
            self._desk.invoice(opened.number, lambda view: self._invoice(opened, view))
            return
        self.busy = False
        if isinstance(opened, Fault):
            self._say("", "")
            self._stage.fault(opened)
        elif not self._stage.on_top(self._page):
            self._say("", "")  # locked, or gone elsewhere, while the server was asked
        elif opened.sheet is not None:
            self._say("", "")
            said = _("No link: what others scanned on this slip is not known here.")
            if opened.sheet.slip.kind == Kind.COUNTER_SALE:
                from terminal.ui.pages.selling import SellingPage

                self._stage.enter(SellingPage(self._stage, opened.number))
                return
            self._stage.enter(ScanningPage(self._stage, opened.sheet, said if self._stale(opened) else ""))

    def _invoice(self, opened: Opened, view: InvoiceView | Fault | None) -> None:
        self.busy = False
        self._say("", "")
        if isinstance(view, Fault):
            self._stage.fault(view)
        elif not self._stage.on_top(self._page):
            return
        elif view is None:
            words = _("NO Document {document} is not known. Check the number.")
            self._say("no", words.format(document=opened.number))
            self._stage.sound(Sound.NO)
        else:
            from terminal.ui.pages.invoicing import InvoicePage

            said = _("No link: what others put on invoices is not known here.")
            self._stage.enter(InvoicePage(self._stage, view, said if self._stale(opened) else ""))

    def _stale(self, opened: Opened) -> bool:
        return not opened.fresh and self._desk.state.link is not Link.NONE


def named(numbers: Sequence[str], text: str) -> Sequence[str]:
    """Give the documents that a text may mean: a number whole, a place in the list, or how a number ends."""
    wanted = text.casefold()
    whole = [number for number in numbers if number.casefold() == wanted]
    if whole or not (text.isascii() and text.isdigit()):
        return whole
    if len(text) < 4 and 0 < int(text) <= len(numbers):
        return [numbers[int(text) - 1]]
    return [number for number in numbers if number.endswith(text)]
