"""Opening a document on the page where it is worked on: a slip or sale for scanning, an invoice for choosing units.

Pages that not every shift needs are loaded when they are opened: the start and a handheld's memory do without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.domain.documents import Kind
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import InvoiceView, OrderPage
from terminal.ui.page import Page
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Fault, Link, Opened
from terminal.ui.sentences import refusal_sentence
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

    def open_order(self, number: str) -> None:
        """Open an order with its documents."""
        if self.busy:
            return
        self.busy = True
        self._say("info", _("Opening {document} ...").format(document=number))
        self._desk.order(number, lambda order: self._order(number, order))

    def _order(self, number: str, order: OrderPage | Fault | None) -> None:
        self.busy = False
        self._say("", "")
        if isinstance(order, Fault):
            self._stage.fault(order)
        elif not self._stage.on_top(self._page):
            return
        elif order is None:
            self._no(refusal_sentence(refuse(Code.UNKNOWN_ORDER, order=number), self._desk.shop.time_zone))
        else:
            from terminal.ui.pages.order import OrderDocumentsPage

            self._stage.enter(OrderDocumentsPage(self._stage, order))

    def _no(self, why: str) -> None:
        self._say("no", f"{_('NO')} {why}")
        self._stage.sound(Sound.NO)

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
            self._no(refusal_sentence(refuse(Code.UNKNOWN_DOCUMENT, document=opened.number), self._desk.shop.time_zone))
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
