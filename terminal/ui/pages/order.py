"""An order: its slips and invoices, what is left to ship, and what can be drafted next (S12-S14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from terminal.domain.documents import Duty, Kind, PackingSlip, SlipStatus
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import OrderDocument, OrderPage, Verdict
from terminal.ui.cells import Band, cut_left, one, safe, several, wrap
from terminal.ui.frame import CHARGED, Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.labels import labels
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.menu import Entry, MenuPage, lacking, offer
from terminal.ui.pages.notices import AskPage
from terminal.ui.pages.opening import Opening, named
from terminal.ui.pages.saying import SayingPage, asking_words
from terminal.ui.ports import Draft, Fault, Listing
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

STATUS_MARKS = {
    SlipStatus.POSTING: "wait",
    SlipStatus.POSTED: "done",
    SlipStatus.CANCELLED: "void",
    SlipStatus.REFUSED: "no",
}
"""A status in a few cells; a draft shows its count instead."""
KINDS: Mapping[str, str] = {Kind.INVOICE: "inv", Kind.COUNTER_SALE: "sale"}
"""A kind in a few cells; a slip shows none, because most are slips."""
WIDE = 40
"""Columns from which a document is named in whole words."""
KIND_NAMES: Mapping[str, str] = {
    Kind.PACKING_SLIP: "slip",
    Kind.INVOICE: "invoice",
    Kind.COUNTER_SALE: "counter sale",
}


def order_menu(page: Page, order: str) -> Sequence[Entry]:
    """Give the menu's entry that leads from a document to its order; none where it has none."""
    unread = OrderPage(order, "", 0, (), ())
    show = (_("Its order"), lambda: page.stage.enter(OrderDocumentsPage(page.stage, unread, read=False)))
    return (show,) if order else ()


class OrderDocumentsPage(SayingPage):
    """The documents of an order; choosing one opens it, F8 drafts another.

    Without `read` only its number is known yet: what is known here is shown at once, and the server asked for the rest.
    """

    topic: ClassVar[str] = "orders"

    def __init__(self, stage: Stage, view: OrderPage, *, read: bool = True) -> None:
        super().__init__(stage, "" if read else asking_words(), "" if read else "info")
        self._wide = False
        self._known = read
        self._asks = not read
        self.view = view
        self.choices = Choices(by_pages=False)
        self.opening = Opening(self, self.say)
        self._making = False
        self._fill()

    @property
    def numbers(self) -> Sequence[str]:
        """The numbers of its documents, as they are listed."""
        return [each.document.number for each in self.view.documents]

    def keys(self) -> Keys:
        """See `Page`."""
        keys = [("f8", _("New")), ("f3", _("Back")), ("f1", _("Menu")), ("f7", _("Down")), ("f6", _("Up"))]
        first = [("enter", _("open"))] if self.view.documents else [("enter", _("slip"))] if self._begins else []
        return [*first, *keys, ("f5", _("Renew"))]

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        if self._wide is not (columns >= WIDE):
            self._wide = columns >= WIDE
            self._fill()
        top = [header(self.view.number, self.desk.state, columns)]
        if rows >= 12:
            top.append(one(safe(self.view.customer), cells=columns))
        if self._known:
            top.append(one(self._left_words(columns), "bold", cells=columns))
        foot = said_bands(self.said, self.style, columns, rows)
        if not self.said and self.view.documents:
            detail = _detail(self.view.documents[self.choices.selected])
            foot = several(wrap(safe(detail), columns, 3 if rows >= 12 else 1), "info", cells=columns)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        if self._known and not self.view.documents:
            words = _("No documents here yet.")
            if self._begins:
                words += " " + _("Enter drafts a slip, {key_f8} shows what else.").format(**labels())
            body = several(wrap(words, columns, room), cells=columns)
        return stack(top, body, foot, rows)

    def menu(self) -> Sequence[Entry]:
        """See `Page`."""
        from terminal.ui.pages.reversing import KeptPage  # not every shift needs it

        kept = (_("Kept serials"), lambda: self.stage.enter(KeptPage(self.stage, self.view.number)))
        return [*self.drafts(), kept] if self.view.kept else self.drafts()

    def drafts(self) -> Sequence[Entry]:
        """Give what can be drafted from this order; what can't be says why (S17)."""
        none_left = "" if self.view.left else _("Nothing is left to ship on this order.")
        may = lacking(self.desk, Duty.REGISTER)
        return [
            offer(self, _("New slip"), self._draft_slip, may or none_left),
            offer(self, _("New invoice"), self._draft_invoice, may or self._none_to_invoice()),
            offer(self, _("Ship and invoice"), self._draft_shipping_invoice, may or none_left),
        ]

    def _none_to_invoice(self) -> str:
        """Say why an invoice would have nothing to draw on, or nothing where it has."""
        posted = [
            each
            for each in self.view.documents
            if each.document.kind == Kind.PACKING_SLIP and each.document.status is SlipStatus.POSTED
        ]
        if not posted:
            return _("No slip of this order is posted yet: post one first.")
        done = all(each.invoiced >= each.units for each in posted)
        return _("All that was shipped is invoiced.") if done else ""

    def shown(self) -> None:
        """See `Page`."""
        self.news(None)
        if self._asks:
            self._asks = False
            self.desk.order(self.view.number, self._answered)

    def news(self, document: str | None) -> None:
        """See `Page`. Asking the server again here would make news again."""
        self.desk.order(self.view.number, self._read, ask=False)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        at = self.choices.pressed(key)
        if at is not None:
            self.opening.open(self.numbers[at])
        elif key.name == "enter" and key.fresh and self._begins:
            self.drafts()[0][1]()
        elif key.name == "f8":
            self.stage.enter(MenuPage(self.stage, self.drafts(), _("{order} new").format(order=self.view.number)))
        elif key.name == "f5":
            self.desk.order(self.view.number, self._read)
            self.say("info", _("Asked the server for what is new."))
        elif key.name in {"up", "down", "f6", "f7"}:
            self.said = ""
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Open a document of the order: its number scanned or typed, its last digits, or its place in the list.

        Another document, or another order, is opened from the page below.
        """
        if scan.repeat:
            return
        if self.opening.holds(scan):
            return
        text = scan.code
        found = named(self.numbers, text)
        if len(found) == 1:
            self.choices.selected = self.numbers.index(found[0])
            self.opening.open(found[0])
        elif found:
            self.no(_("{document} ends several numbers. Type more of the number.").format(document=_echo(text)))
        else:
            self.desk.listing(partial(self._not_of_order, scan))

    def _not_of_order(self, scan: Scanned, listing: Listing | Fault) -> None:
        """Leave for another document or order, which opens in the list; refuse what is neither."""
        if isinstance(listing, Fault):
            self.stage.fault(listing)
            return
        others = [*(each.slip.number for each in listing.slips), *(each.number for each in listing.orders)]
        if scan.code.casefold() in [number.casefold() for number in others] and self.stage.on_top(self):
            self.stage.back_and_scan(scan)
        else:
            words = _("{document} is not of this order. A serial? Open a slip first. Another slip? {key_f3} first.")
            self.no(words.format(document=_echo(scan.code), **labels()))

    # -- drafting

    @property
    def _begins(self) -> bool:
        """Whether the first thing to do here is its first slip."""
        return self._known and not self.view.documents and self.view.left > 0

    def _draft_slip(self) -> None:
        self._ask_for_draft(lambda draft: DraftingPage(self.stage, draft, self._drafted, self.view.kept))

    def _draft_shipping_invoice(self) -> None:
        self._ask_for_draft(lambda draft: DraftingPage(self.stage, draft, self._drafted, self.view.kept, invoice=True))

    def _ask_for_draft(self, make: Callable[[Draft], DraftingPage]) -> None:
        def read(draft: Draft | Fault | None) -> None:
            if isinstance(draft, Fault):
                self.stage.fault(draft)
            elif draft is None:
                self.no(_("Nothing is left to ship on this order."))
            elif self.stage.on_top(self):
                self.said = ""
                self.stage.enter(make(draft))

        self.desk.draft(self.view.number, read)

    def _drafted(self, number: str) -> None:
        self.stage.back()
        self.opening.open(number)

    def _draft_invoice(self) -> None:
        """Ask first: an invoice that was drafted by mistake stays in the list."""
        order = self.view.number
        title = _("{order} new invoice").format(order=order)
        question = _("Draft an invoice for {order}? Its units are chosen next.").format(order=order)
        self.stage.enter(AskPage(self.stage, title, question, _("draft"), self._make_invoice))

    def _make_invoice(self) -> None:
        if not self._making:
            self._making = True  # once: a second press would draft a second invoice
            self.desk.make_invoice(self.view.number, (), self._made)

    def _made(self, result: Verdict | Refusal | Fault) -> None:
        self._making = False
        if isinstance(result, Fault):
            self.stage.fault(result)
            return
        ruled = result.result if isinstance(result, Verdict) else result
        if isinstance(ruled, Refusal):
            self.no(ruled)
        else:
            self.stage.sound(Sound.OK)
            self.opening.open(ruled.document)

    # -- what is shown

    def _read(self, view: OrderPage | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            self.view, self._known = view, True
            self._fill()
            self.stage.repaint()
        elif self.said != asking_words():
            self.no(refuse(Code.UNKNOWN_ORDER, order=self.view.number))

    def _answered(self, view: OrderPage | Fault | None) -> None:
        """Take what the server knows of the order that was opened by its number alone."""
        self.untold(asking_words())
        self._read(view)

    def _fill(self) -> None:
        self.choices.put([(each.document.number, _brief(each, wide=self._wide)) for each in self.view.documents])

    def _left_words(self, columns: int) -> str:
        words = [plural("{n} unit left to ship", "{n} units left to ship", self.view.left)]
        if not self.view.left:
            documents = [each.document for each in self.view.documents]
            open_kinds = {each.kind for each in documents if each.status in {SlipStatus.DRAFT, SlipStatus.POSTING}}
            slips = Kind.PACKING_SLIP in open_kinds
            words = [_("all on slips") if slips else _("nothing left to ship") if open_kinds else _("all shipped")]
        kept = len(self.view.kept)
        if kept:
            words.append(plural("{n} kept", "{n} kept", kept) if columns >= 40 else f"<{kept}")
        text = ", ".join(words)
        if len(text) <= columns:
            return text
        brief = _("{n} left").format(n=self.view.left)
        return f"{brief}, <{kept}" if kept else brief


def document_words(document: PackingSlip, count: str, *, wide: bool) -> str:
    """Say what a document is and where it stands; `count` is what counts while it is a draft."""
    if wide:
        status = count if document.status is SlipStatus.DRAFT else _(str(document.status))
        return f"{_(KIND_NAMES.get(document.kind, 'slip'))} {status}"
    mark = STATUS_MARKS.get(document.status)
    kind = _(KINDS.get(document.kind, ""))
    return " ".join(word for word in (kind, _(mark) if mark else count) if word)


def _brief(each: OrderDocument, *, wide: bool) -> str:
    """Say in a few cells what a document is and where it stands: of a posted slip, how much of it is invoiced."""
    document = each.document
    if document.status is not SlipStatus.POSTED or document.charges:
        count = f"{each.units}" if document.charges else f"{each.registered}/{each.to_register}"
        return document_words(document, count, wide=wide)
    if wide:
        words = document_words(document, "", wide=True)
        return _("{document}, {n}/{units} invoiced").format(document=words, n=each.invoiced, units=each.units)
    return f"{CHARGED}{each.invoiced}/{each.units}"


def _detail(each: OrderDocument) -> str:
    """Say of a document what it is, where it stands, and how much is registered and invoiced."""
    document = each.document
    words = [_(KIND_NAMES.get(document.kind, "slip")), _(str(document.status))]
    if document.status is SlipStatus.CANCELLED:
        words.append(_("back on the order"))
    elif document.status is SlipStatus.REFUSED:
        words.append(_("nothing of it counts"))
    elif document.charges:
        words.append(plural("{n} unit", "{n} units", each.units))
    else:
        words.append(_("{n}/{units} registered").format(n=each.registered, units=each.to_register))
        words += [_("{n} invoiced").format(n=each.invoiced)] if document.status is SlipStatus.POSTED else []
    return ", ".join(words)


def _echo(text: str) -> str:
    return cut_left(safe(text), LONGEST_ECHO)
