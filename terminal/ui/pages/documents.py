"""The documents to work on: slips, invoices and sales, and orders with something left. Scan, type, or choose."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.views import OrderView, SlipView
from terminal.ui.cells import Band, cut_left, safe, several, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, promise_bands, said_bands, stack
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.opening import Opening, named
from terminal.ui.pages.order import WIDE, document_words
from terminal.ui.ports import Fault, Link, Listing
from terminal.ui.sentences import LONGEST_ECHO, not_a_scan
from terminal.ui.sound import Sound
from terminal.ui.words import _


class DocumentsPage(Page):
    """A list of documents and orders."""

    def __init__(self, stage: Stage, said: str = "", style: str = "") -> None:
        super().__init__(stage)
        self.said, self.style = said, style
        self.listing = Listing()
        self.numbers: Sequence[str] = ()
        self.orders: frozenset[str] = frozenset()
        self.choices = Choices()
        self._wide = False
        self._listed = False
        self._early: list[Scanned] = []  # scans that came before the list was read
        self.opening = Opening(self, self._say)

    def keys(self) -> Keys:
        """See `Page`."""
        return (
            ("enter", _("open")),
            ("f6", _("Up")),
            ("f7", _("Down")),
            ("f5", _("Renew")),
            ("f1", _("Menu")),
            ("f3", _("Out")),
        )

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        if self._wide is not (columns >= WIDE):
            self._wide = columns >= WIDE
            self._fill()
        title = self.desk.operator.name if self.desk.operator and self._wide else _("Slips")
        top = [header(title, self.desk.state, columns)]
        if rows >= 20:
            top += promise_bands(self.desk.state, columns)
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        if self.choices.entries:
            body = self.choices.bands(columns, room, len(top))
        else:
            words = _("No documents here yet. They come from the server.")
            body = several(wrap(words, columns, room), cells=columns)
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.listing(self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        at = self.choices.pressed(key)
        if at is not None:
            self.open(self.numbers[at])
        elif key.name == "f5":
            self.desk.refresh()
            asked = _("Asked the server for what is new.")
            off = self.desk.state.link in {Link.OFFLINE, Link.DENIED}
            self._say("info", _("No link: the list may be old.") if off else asked)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take a document's number: scanned whole, or typed, where its last digits or its place in the list will do."""
        if scan.repeat:
            return
        if not self._listed:
            self._early.append(scan)
            return
        if self.opening.holds(scan):
            return
        found = named(self.numbers, scan.code)
        if len(found) == 1:
            self.open(found[0])
            return
        words = _("NO {document} ends several numbers. Type more of the number.")
        if not found:
            words = _("NO {document} is not known here. Open a slip first, then scan.")
        if not scan.code:
            words = _("NO The scan was empty. Scan again.")
        self._say("no", words.format(document=cut_left(safe(scan.code), LONGEST_ECHO)))
        self.stage.sound(Sound.NO)

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self._say("no", f"{_('NO')} {not_a_scan(what.reason, what.excerpt)}")
        self.stage.sound(Sound.NO)

    def told(self, style: str, words: str) -> None:
        """See `Page`."""
        self._say(style, words)

    def untold(self, words: str) -> None:
        """See `Page`."""
        if self.said == words:
            self._say("", "")

    def open(self, number: str) -> None:
        """Open a document, or an order: to look at what there is of it, or to draft more."""
        if number in self.orders:
            self.opening.open_order(number)
        else:
            self.opening.open(number)

    def _read(self, listing: Listing | Fault) -> None:
        if isinstance(listing, Fault):
            self.stage.fault(listing)
            return
        self.listing = listing
        self.numbers = [view.slip.number for view in listing.slips] + [order.number for order in listing.orders]
        self.orders = frozenset(order.number for order in listing.orders)
        self._fill()
        self._listed = True
        early, self._early = self._early, []
        for scan in early:
            self.scanned(scan)
        self.stage.repaint()

    def _fill(self) -> None:
        entries = [_slip_words(view, wide=self._wide) for view in self.listing.slips]
        entries += [_order_words(order, wide=self._wide) for order in self.listing.orders]
        self.choices.put(entries)

    def _say(self, style: str, said: str) -> None:
        self.style, self.said = style, said
        self.stage.repaint()


def _slip_words(view: SlipView, *, wide: bool) -> tuple[str, str]:
    """Name a document, and say in a few cells what it is and where it stands."""
    count = f"{view.registered}/{view.units}" if view.units or not view.slip.charges else f"{view.registered or ''}"
    return view.slip.number, document_words(view.slip, count, wide=wide)


def _order_words(order: OrderView, *, wide: bool) -> tuple[str, str]:
    """Name an order, and say what is left of it to ship."""
    words = _("{n} left").format(n=order.left) if order.left else _("shipped")
    return order.number, f"{_('order')} {words}" if wide else words
