"""The documents to work on: slips, and orders with something left to ship. Scan, type, or choose."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import SlipStatus
from terminal.domain.views import SlipView
from terminal.ui.cells import Band, cut_left, safe, several, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, promise_bands, said_bands, stack
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.ports import Draft, Fault, Link, Listing, Opened
from terminal.ui.sentences import LONGEST_ECHO, not_a_scan
from terminal.ui.sound import Sound
from terminal.ui.words import _

_MARKS = {
    SlipStatus.POSTING: "wait",
    SlipStatus.POSTED: "done",
    SlipStatus.CANCELLED: "x",
    SlipStatus.REFUSED: "x",
}


class DocumentsPage(Page):
    """A list of slips and orders."""

    def __init__(self, stage: Stage, said: str = "", style: str = "") -> None:
        super().__init__(stage)
        self.said, self.style = said, style
        self.numbers: Sequence[str] = ()
        self.orders: frozenset[str] = frozenset()
        self.choices = Choices()
        self.opening = False

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
        title = self.desk.operator.name if self.desk.operator and columns >= 40 else _("Slips")
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
        match key.name:
            case "up" | "down":
                self.choices.move(1 if key.name == "down" else -1)
            case "f6" | "f7" | "pageup" | "pagedown":
                self.choices.turn(1 if key.name in {"f7", "pagedown"} else -1)
            case "f5":
                self.desk.refresh()
                asked = _("Asked the server for what is new.")
                off = self.desk.state.link in {Link.OFFLINE, Link.DENIED}
                self._say("info", _("No link: the list may be old.") if off else asked)
            case "enter" if key.fresh and self.choices.entries:
                self.open(self.numbers[self.choices.selected])
            case "mouse" if self.choices.touched(key.row):
                self.open(self.numbers[self.choices.selected])
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take a document's number: scanned whole, or typed, where its last digits or its place in the list will do."""
        if scan.repeat:
            return
        found = self._named(scan.text.strip())
        if len(found) == 1:
            self.open(found[0])
            return
        words = _("NO {document} ends several numbers. Type more of the number.")
        if not found:
            words = _("NO {document} is not known here. Open a slip first, then scan.")
        if not scan.text.strip():
            words = _("NO The scan was empty. Scan again.")
        self._say("no", words.format(document=cut_left(safe(scan.text.strip()), LONGEST_ECHO)))
        self.stage.sound(Sound.NO)

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self._say("no", f"{_('NO')} {not_a_scan(what.reason, what.excerpt)}")
        self.stage.sound(Sound.NO)

    def told(self, style: str, words: str) -> None:
        """See `Page`."""
        self._say(style, words)

    def open(self, number: str) -> None:
        """Open a slip for scanning, or an order for drafting a slip."""
        if self.opening:
            return
        if number in self.orders:
            self.desk.draft(number, self._drafting)
            return
        self.opening = True
        self._say("info", _("Opening {document} ...").format(document=number))
        self.desk.open(number, self._opened)

    def _named(self, text: str) -> Sequence[str]:
        """Give the documents that a text may mean: its number whole, its place in the list, or how its number ends."""
        wanted = text.casefold()
        whole = [number for number in self.numbers if number.casefold() == wanted]
        if whole or not (text.isascii() and text.isdigit()):
            return whole
        if len(text) < 4 and 0 < int(text) <= len(self.numbers):
            return [self.numbers[int(text) - 1]]
        return [number for number in self.numbers if number.endswith(text)]

    def _read(self, listing: Listing | Fault) -> None:
        if isinstance(listing, Fault):
            self.stage.fault(listing)
            return
        entries = [_slip_words(view) for view in listing.slips]
        entries += [(order.number, _("{n} left").format(n=order.left)) for order in listing.orders]
        self.numbers = [view.slip.number for view in listing.slips] + [order.number for order in listing.orders]
        self.orders = frozenset(order.number for order in listing.orders)
        self.choices.put(entries)
        self.stage.repaint()

    def _opened(self, opened: Opened | Fault) -> None:
        self.opening = False
        if isinstance(opened, Fault):
            self.stage.fault(opened)
        elif not self.stage.on_top(self):
            self.said = ""  # locked, or gone elsewhere, while the server was asked
        elif opened.sheet is None:
            self._say("no", _("NO Document {document} is not known. Check the number.").format(document=opened.number))
            self.stage.sound(Sound.NO)
        else:
            self.said = ""
            stale = not opened.fresh and self.desk.state.link is not Link.NONE
            said = _("No link: what others scanned on this slip is not known here.") if stale else ""
            self.stage.enter(ScanningPage(self.stage, opened.sheet, said))

    def _drafting(self, draft: Draft | Fault | None) -> None:
        if isinstance(draft, Fault):
            self.stage.fault(draft)
        elif draft is None:
            self._say("no", _("NO Nothing is left to ship on this order."))
            self.stage.sound(Sound.NO)
        elif self.stage.on_top(self):
            self.said = ""
            self.stage.enter(DraftingPage(self.stage, draft, self._drafted))

    def _drafted(self, number: str) -> None:
        self.stage.back()
        self.open(number)

    def _say(self, style: str, said: str) -> None:
        self.style, self.said = style, said
        self.stage.repaint()


def _slip_words(view: SlipView) -> tuple[str, str]:
    mark = _MARKS.get(view.slip.status)
    return view.slip.number, _(mark) if mark else f"{view.registered}/{view.units}"
