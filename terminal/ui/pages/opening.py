"""Opening a document on the page where it is worked on: a slip or sale for scanning, an invoice for choosing units.

Pages that not every shift needs are loaded when they are opened: the start and a handheld's memory do without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.domain.documents import Kind
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import InvoiceView, OrderPage
from terminal.ui.messages import Scanned
from terminal.ui.page import Page
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Fault, Link, Opened
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class Opening:
    """Opens documents over a page, one at a time. `say` shows a style and words there.

    What is scanned meanwhile is for the document: whoever reads its barcode scans on at once.
    """

    def __init__(self, page: Page, say: Callable[[str, str], None]) -> None:
        self._number = ""  # what is being opened
        self._held: list[Scanned] = []
        self._page = page
        self._stage, self._desk = page.stage, page.desk
        self._say = say

    def open(self, number: str) -> None:
        """Open a document; it is looked at while its page is on top only."""
        if self._number:
            return
        self._number = number
        self._say("info", _("Opening {document} ...").format(document=number))
        self._desk.open(number, self._opened)

    def open_order(self, number: str) -> None:
        """Open an order with its documents."""
        if self._number:
            return
        self._number = number
        self._say("info", _("Opening {document} ...").format(document=number))
        self._desk.order(number, lambda order: self._order(number, order))

    def holds(self, scan: Scanned) -> bool:
        """Keep a scan for the document that is being opened; says whether there is one.

        What was typed is refused: it may be the number once more, of somebody who would not wait.
        """
        if self._number and scan.by_scanner:
            self._held.append(scan)
            waiting = plural("{n} scan waits.", "{n} scans wait.", len(self._held))
            self._say("info", f"{_('Opening {document} ...').format(document=self._number)} {waiting}")
        elif self._number:
            self._no(_("{document} is being opened. Wait, then type again.").format(document=self._number))
        return bool(self._number)

    def _enter(self, page: Page) -> None:
        self._stage.enter(page)
        self._end(page)

    def _end(self, page: Page) -> None:
        """Be ready for another document. What was scanned meanwhile goes to a page, which takes or refuses it."""
        self._number, held, self._held = "", self._held, []
        for scan in held:
            page.scanned(scan)

    def _order(self, number: str, order: OrderPage | Fault | None) -> None:
        self._say("", "")
        if isinstance(order, OrderPage) and self._stage.on_top(self._page):
            from terminal.ui.pages.order import OrderDocumentsPage

            self._enter(OrderDocumentsPage(self._stage, order))
            return
        if isinstance(order, Fault):
            self._stage.fault(order)
        elif order is None and self._stage.on_top(self._page):
            self._no(refusal_sentence(refuse(Code.UNKNOWN_ORDER, order=number), self._desk.shop.time_zone))
        self._end(self._page)

    def _no(self, why: str) -> None:
        self._say("no", f"{_('NO')} {why}")
        self._stage.sound(Sound.NO)

    def _opened(self, opened: Opened | Fault) -> None:
        if isinstance(opened, Opened) and opened.sheet is None:
            self._desk.invoice(opened.number, lambda view: self._invoice(opened, view))
            return
        self._say("", "")
        if isinstance(opened, Fault):
            self._stage.fault(opened)
            self._end(self._page)
        elif opened.sheet is None or not self._stage.on_top(self._page):
            self._end(self._page)  # locked, or gone elsewhere, while the server was asked
        elif opened.sheet.slip.kind == Kind.COUNTER_SALE:
            from terminal.ui.pages.selling import SellingPage

            self._enter(SellingPage(self._stage, opened.number))
        else:
            said = _("No link: what others scanned on this slip is not known here.")
            self._enter(ScanningPage(self._stage, opened.sheet, said if self._stale(opened) else ""))

    def _invoice(self, opened: Opened, view: InvoiceView | Fault | None) -> None:
        self._say("", "")
        if isinstance(view, InvoiceView) and self._stage.on_top(self._page):
            from terminal.ui.pages.invoicing import InvoicePage

            said = _("No link: what others put on invoices is not known here.")
            self._enter(InvoicePage(self._stage, view, said if self._stale(opened) else ""))
            return
        if isinstance(view, Fault):
            self._stage.fault(view)
        elif view is None and self._stage.on_top(self._page):
            self._no(refusal_sentence(refuse(Code.UNKNOWN_DOCUMENT, document=opened.number), self._desk.shop.time_zone))
        self._end(self._page)

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
