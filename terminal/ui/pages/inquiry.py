"""All serials of a slip, an invoice or a sale (S16): thousands can be looked through, and each can be opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from terminal.domain.documents import SlipStatus
from terminal.domain.intents import DropKept
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import DocumentView, Entry, Inquiry, Verdict
from terminal.ui.cells import Band, cut_left, one, safe, several, width, wrap
from terminal.ui.frame import CHARGED, Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.correcting import Unit, correct, serial_words, unit_words, why_not_correct
from terminal.ui.pages.notices import AskPage
from terminal.ui.pages.printing import print_menu
from terminal.ui.pages.saying import SayingPage, text_bands
from terminal.ui.pages.tracing import TracePage
from terminal.ui.ports import Fault
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _

BLOCK = 32
"""Entries that are asked for at once."""
UNSENT, REVERSED, MOVED = "^", "x", "<"
"""Marks of an entry: not yet at the server; reversed; came along from a reversed slip."""


class InquiryPage(ListPage, SayingPage):
    """The list of a document's serials, oldest first. Only what is shown is asked for, and a little beyond.

    `correcting`: what is scanned or chosen is corrected at once.
    """

    topic: ClassVar[str] = "corrections"

    def __init__(self, stage: Stage, number: str, *, correcting: bool = False) -> None:
        said = _("Scan the wrong serial, or choose it.") if correcting else ""
        super().__init__(stage, said, "info" if said else "")
        self.number = number
        self.correcting = correcting
        self.inquiry: Inquiry | None = None
        self.unknown = False
        self.found: dict[int, Entry] = {}
        self.reversed: frozenset[int] = frozenset()
        self.items: Mapping[int, str] = {}
        self.choices = Choices()
        self._texts: list[tuple[str, str]] = []
        self._asked: set[int] = set()
        self._round = 0
        self._opening: int | None = None

    @property
    def total(self) -> int:
        """How many entries there are, as far as is known."""
        return len(self._texts)

    def keys(self) -> Keys:
        """See `Page`."""
        if not self.total:
            return (("f3", _("Back")), ("f1", _("Menu")))
        verb = _("correct") if self.correcting else _("open")
        return (("enter", verb), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")), ("f1", _("Menu")))

    def menu(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """See `Page`."""
        return print_menu(self, self.number)

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        title = _("{document} correct") if self.correcting else _("{document} serials")
        top = [header(title.format(document=self.number), self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        if rows >= 12:
            foot = [*self._detail(columns), *foot]
        room = max(1, rows - len(top) - len(foot))
        self.choices.bands(columns, room, len(top))  # now it is known which entries are shown
        self._want()
        self._fill(columns)
        body = self.choices.bands(columns, room, len(top))
        if not self.total:
            body = several(wrap(self._nothing(), columns, room), cells=columns)
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self._round += 1
        self._asked.clear()
        self.desk.document(self.number, self._lines_read)
        if self.total:
            self._want()
        else:
            self._ask(0)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def moved(self) -> None:
        """See `ListPage`. What was said is true of another entry."""
        self.say("", "")

    def scanned(self, scan: Scanned) -> None:
        """Go to a serial, or to a place in the list that was typed."""
        if scan.repeat:
            return
        text = scan.code
        if not text:
            self.no(refuse(Code.EMPTY_SERIAL))
        else:
            self.desk.place_of(self.number, text, partial(self._placed, scan))

    def _placed(self, scan: Scanned, place: int | Fault | None) -> None:
        text = scan.code
        if isinstance(place, Fault):
            self.stage.fault(place)
            return
        typed = text.isascii() and text.isdigit() and len(text) < 7 and not scan.by_scanner
        if place is None and typed and 0 < int(text) <= self.total:
            self.say("", "")
            self._go_to(int(text) - 1)
        elif place is None:
            words = _("{serial} is not on {document}. Check the unit, or trace it.")
            self.no(words.format(serial=serial_words(text), document=self.number))
        else:
            self.say("ok", _("OK {serial} is here.").format(serial=serial_words(text)))
            self.stage.sound(Sound.OK)
            self._go_to(place)
            if self.correcting:
                self.pick(place)

    def _go_to(self, place: int) -> None:
        if place >= self.total:  # it came after the list was read
            self._texts += [("...", "")] * (place + 1 - self.total)
            self.choices.put(self._texts)
        self.choices.selected = place
        self.stage.repaint()

    def pick(self, at: int) -> None:
        """Open an entry: once it is read, where it isn't yet."""
        entry = self.found.get(at)
        if entry is None:
            self._opening = at
            self._ask(at // BLOCK)
            return
        unit = self._unit(entry)
        if self.correcting:
            correct(self.stage, unit, self)
        else:
            self.say("", "")
            self.stage.enter(UnitPage(self.stage, unit, self))

    def _unit(self, entry: Entry) -> Unit:
        own = self.inquiry.document if self.inquiry and self.inquiry.document.number == entry.document else None
        return Unit(
            registration=entry.registration,
            document=entry.document,
            line=entry.line,
            item=entry.item,
            serial=entry.serial,
            status=own.status if own else SlipStatus.POSTED,  # an invoice draws on posted slips only
            invoice=entry.invoice,
            invoiced=entry.invoiced,
            came_from=entry.came_from,
            kept=own is not None and entry.line in self.reversed,
            order=own.order if own else "",
            customer=own.customer if own else "",
            sent=entry.sent,
            gtin=entry.gtin,
            lot=entry.lot,
            expiry=entry.expiry,
        )

    # -- reading

    def _want(self) -> None:
        """Ask for the entries that are shown and a little beyond, as far as they were not asked for."""
        if self.total:
            first, shown = self.choices.first, self.choices.shown
            last = min(self.total - 1, first + 2 * shown)
            for block in range(max(0, first - shown) // BLOCK, last // BLOCK + 1):
                self._ask(block)

    def _ask(self, block: int) -> None:
        if block not in self._asked:
            self._asked.add(block)
            self.desk.inquiry(self.number, block * BLOCK, BLOCK, partial(self._read, block, self._round))

    def _read(self, block: int, round: int, inquiry: Inquiry | Fault | None) -> None:
        if isinstance(inquiry, Fault):
            self._asked.discard(block)
            self.stage.fault(inquiry)
            return
        if round != self._round and self.inquiry is not None:
            return  # it was asked for again meanwhile
        self.unknown = inquiry is None
        if inquiry is None:
            self._texts, self.found = [], {}
            self.choices.put([])
            self.stage.repaint()
            return
        self.inquiry = inquiry
        if inquiry.total != self.total:
            self._texts = (self._texts + [("...", "")] * inquiry.total)[: inquiry.total]
            self.choices.put(self._texts)
        self.found.update(enumerate(inquiry.entries, inquiry.first))
        self.stage.repaint()
        if self._opening is not None and self._opening in self.found:
            at, self._opening = self._opening, None
            if self.stage.on_top(self):
                self.pick(at)

    def _lines_read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, DocumentView):
            self.reversed = frozenset(each.line.number for each in view.lines if each.line.reversed)
            self.items = {each.line.number: each.line.description for each in view.lines}
            self.stage.repaint()

    # -- what is shown

    def _fill(self, columns: int) -> None:
        """Write the entries that are shown: the serial keeps its tail, so it is cut for the room that it has."""
        first = self.choices.first
        for at in range(first, min(first + self.choices.shown, self.total)):
            entry = self.found.get(at)
            if entry is None:
                continue
            right = self._marks(entry)
            if columns >= 40:
                right = f"{safe(entry.item)} {safe(entry.document)}/{entry.line} {right:<3}"
                right = right if width(right) <= columns // 2 else f"{right[-3:]}"
            room = columns - width(f"{at + 1} ") - width(right) - (1 if right else 0)
            serial = _("(not readable)") if entry.serial is None else safe(entry.serial)
            self._texts[at] = (cut_left(serial, max(1, room)), right)

    def _marks(self, entry: Entry) -> str:
        marks = {
            UNSENT: not entry.sent,
            REVERSED: entry.line in self.reversed and entry.document == self.number,
            MOVED: bool(entry.came_from),
            CHARGED: entry.invoiced,
        }
        return "".join(mark for mark, so in marks.items() if so)

    def _detail(self, columns: int) -> list[Band]:
        """Make the row on the selected entry: its place, line and item."""
        if not self.total:
            return []
        at = self.choices.selected
        place = f"{at + 1}/{self.total}"
        entry = self.found.get(at)
        if entry is None:
            return [one(place, "bold", cells=columns)]
        item = self.items.get(entry.line) if entry.document == self.number else None
        words = _("{place} line {line} {item}").format(place=place, line=entry.line, item=safe(item or entry.item))
        return [one(words, "bold", cells=columns)]

    def _nothing(self) -> str:
        if self.unknown:
            return _("Document {document} is not known here.").format(document=safe(self.number))
        return _("No serials on this document.") if self.inquiry else ""


class UnitPage(ListPage, SayingPage):
    """One unit and what can be done with it; what can't be done says why."""

    topic: ClassVar[str] = "corrections"

    def __init__(self, stage: Stage, unit: Unit, below: SayingPage) -> None:
        super().__init__(stage)
        self.unit, self.below = unit, below
        refused = why_not_correct(stage.desk, unit)
        words = _("Fill it") if unit.serial is None else _("Correct it")
        self.actions: list[tuple[str, Callable[[], None], Refusal | None]] = [
            (words, lambda: correct(stage, unit, below), refused)
        ]
        if unit.serial is not None:
            serial = unit.serial
            self.actions.append((_("Trace it"), lambda: stage.enter(TracePage(stage, serial)), None))
        if unit.kept:
            self.actions.append((_("Drop it"), lambda: ask_drop(stage, unit, below), None))
        self.choices = Choices(
            [(f"({words})" if why else words, "") for words, _do, why in self.actions], by_pages=False
        )

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        title = _("{document} unit").format(document=self.unit.document)
        top = [header(title, self.desk.state, columns)]
        said, style = (self.said, self.style) if self.said else (self._why_not(), "warn")
        foot = said_bands(said, style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        facts = text_bands(unit_words(self.unit), "", columns)
        wanted = min(len(self.actions), room)
        facts = facts[max(0, len(facts) - (room - wanted)) :]  # the serial is last
        if room == wanted:
            facts = []
        body = self.choices.bands(columns, room - len(facts), len(top) + len(facts))
        return stack(top, [*facts, *body], foot, rows)

    def scanned(self, scan: Scanned) -> None:
        """A scan chooses nothing: it is judged where it belongs (D13)."""
        self.stage.back_and_scan(scan)

    def _why_not(self) -> str:
        refused = next((why for _words, _do, why in self.actions if why is not None), None)
        return "" if refused is None else refusal_sentence(refused, self.desk.shop.time_zone)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        _words, do, refused = self.actions[at]
        if refused is not None:
            self.no(refused)
            return
        self.stage.back()
        do()


def ask_drop(stage: Stage, unit: Unit, below: SayingPage) -> None:
    """Ask whether to let go of a kept unit (S12); the page below says what came of it."""

    def judged(verdict: Verdict | Fault) -> None:
        if isinstance(verdict, Fault):
            stage.fault(verdict)
        elif isinstance(verdict.result, Refusal):
            below.no(verdict.result)
        else:
            below.ok(_("{serial} is dropped.").format(serial=serial_words(unit.serial)))
            below.shown()

    def drop() -> None:
        stage.desk.record(DropKept(unit.document, unit.line, unit.registration), None, judged)

    question = _("Drop {serial}? No new slip of this order begins with it, and it can be scanned anywhere.")
    stage.enter(AskPage(stage, _("Drop it"), question.format(serial=serial_words(unit.serial)), _("drop"), drop))
