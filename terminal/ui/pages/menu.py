"""The menu: numbered entries, chosen by one digit, so that a gun with few keys is enough. Its first entry is help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from terminal.domain.documents import Duty, Kind, PackingSlip, SlipStatus
from terminal.domain.refusals import Code, refuse
from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, promise_bands, stack
from terminal.ui.labels import labels
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Page, Stage
from terminal.ui.ports import Desk
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _

Entry = tuple[str, Callable[[], None]]


class Submenu(Struct, frozen=True):
    """Stands in a menu for another one, from which the way back leads to the first."""

    entries: Sequence[Entry]


def lacking(desk: Desk, duty: Duty, action: str = "") -> str:
    """Say that the operator may not do what wants a duty; empty where they may (S17). `action` as in the rules."""
    if desk.operator is not None and duty in desk.operator.duties:
        return ""
    return refusal_sentence(refuse(Code.MISSING_DUTY, duty=duty, action=action), desk.shop.time_zone)


def offer(page: Page, words: str, do: Callable[[], None], why_not: str = "") -> Entry:
    """Make an entry of a page's menu. With `why_not` it stands in parentheses, and choosing it says why."""

    def say_why() -> None:
        page.told("no", f"{_('NO')} {why_not}")
        page.stage.sound(Sound.NO)

    return (f"({words})", say_why) if why_not else (words, do)


def next_words(desk: Desk, document: PackingSlip) -> str:
    """Say what can be done with a document that takes no scans any more; empty while it does."""
    slip = document.kind == Kind.PACKING_SLIP
    match document.status:
        case SlipStatus.POSTED:
            ways = [_("serials"), *([_("correct"), _("reverse")] if slip else [])]
        case SlipStatus.CANCELLED:
            ways = [_("serials"), _("what is kept")]
        case SlipStatus.REFUSED:
            ways = [_("serials")]
        case _:
            return ""
    ways += [_("its order")] if document.order else []
    ways += [_("new sale")] if document.kind == Kind.COUNTER_SALE else []
    ways += [_("print")] if desk.printers() else []
    return _("{key_f8} shows what is next: {ways}.").format(ways=", ".join(ways), **labels())


class MenuPage(ListPage):
    """Entries with what they do. `below`: the menu that this one was opened from."""

    def __init__(
        self,
        stage: Stage,
        entries: Sequence[Entry | tuple[str, Submenu]],
        title: str = "",
        below: MenuPage | None = None,
    ) -> None:
        super().__init__(stage)
        self.title, self.below = title, below
        self.entries = entries
        self.choices = Choices([(words, "") for words, _do in entries], by_pages=False)

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

    def scanned(self, scan: Scanned) -> None:
        """A scan chooses nothing: it closes the menu and is judged where it belongs (D13)."""
        self.stage.back_and_scan(scan)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        words, do = self.entries[at]
        if isinstance(do, Submenu):
            self.stage.enter(MenuPage(self.stage, do.entries, words.removesuffix(" ..."), self))
            return
        menu: MenuPage | None = self
        while menu is not None:
            self.stage.back()
            menu = menu.below
        do()
