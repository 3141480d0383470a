"""Finishing an invoice that draws on slips: what is on it, what stands in the way, then post (S14)."""

from __future__ import annotations

from collections.abc import Callable

from terminal.domain.views import DocumentView, InvoiceView
from terminal.ui.cells import Band, between, one, safe, several, wrap
from terminal.ui.page import Stage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.weighing import share_words, takeable
from terminal.ui.ports import Fault
from terminal.ui.words import _, plural


class FinishInvoicePage(FinishPage):
    """See `FinishPage`."""

    def __init__(self, stage: Stage, document: str, more: Callable[[], None]) -> None:
        super().__init__(stage, document, more)
        self.invoice: InvoiceView | None = None

    def _ask(self) -> None:
        self.desk.invoice(self.document, self._weighed)

    def _weighed(self, view: InvoiceView | Fault | None) -> None:
        if isinstance(view, InvoiceView):
            self.invoice = view
            self._read(DocumentView(view.invoice, view.lines, view.unsent, view.obstacles))
        else:
            self._read(view)

    def _ready(self, view: DocumentView, columns: int) -> list[Band]:
        made = super()._ready(view, columns)
        for each in self.invoice.slips if self.invoice else ():
            if each.share.incomplete:
                words = plural(
                    "{slip} stays incomplete: {n} unit is left to invoice.",
                    "{slip} stays incomplete: {n} units are left to invoice.",
                    takeable(each.share) - each.share.mine,
                    slip=each.slip.number,
                )
                made += several(wrap(safe(words), columns, 3), cells=columns)
        return made

    def _counts(self, view: DocumentView, columns: int) -> list[Band]:
        if self.invoice is None:
            return []
        made = [one(plural("{n} unit on it", "{n} units on it", self.invoice.units), "bold", cells=columns)]
        for each in self.invoice.slips:
            if each.share.mine:
                made.append(one(between(safe(each.slip.number), share_words(each), columns), cells=columns))
        if view.unsent:
            made.append(one(_("{n} not yet sent").format(n=view.unsent), "warn", cells=columns))
        return made
