"""A counter sale at a kiosk (S21): an item, its serial, the next item; slip and invoice in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from terminal.domain.documents import Duty, ScanMode, SlipStatus
from terminal.domain.events import NotReadable, Registered, Removed, SaleLineSet, Undone
from terminal.domain.intents import AddNotReadable, AddSerial, Intent, SellOneMore, SetSaleLine, Undo
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import DONE, DocumentView, LineView, Verdict
from terminal.ui.cells import Band, centre
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, line_words, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Stage
from terminal.ui.pages.correcting import serial_words
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.jobs import Jobs
from terminal.ui.pages.marking import mark_many_menu
from terminal.ui.pages.menu import MenuPage, next_words
from terminal.ui.pages.printing import print_menu
from terminal.ui.pages.reasons import ask_why_again
from terminal.ui.pages.saying import SayingPage, text_bands
from terminal.ui.pages.scan_layout import Said
from terminal.ui.ports import Fault, NotHere, Picked, Place, ScanResult
from terminal.ui.sentences import named_wrongly, refusal_sentence
from terminal.ui.words import _

MOST_DIGITS = 4
"""Digits of a typed number of units at the most: a longer one is a barcode."""
Then = Callable[[Any], None]


class SellingPage(SayingPage):
    """Scans name items, and give the serials that these wait for. Without a number a new sale begins."""

    topic: ClassVar[str] = "sales"

    def __init__(self, stage: Stage, number: str = "") -> None:
        super().__init__(stage)
        self.number = number
        self.view: DocumentView | None = None
        self.mode: ScanMode = ScanMode.ADD
        self.line = 0
        self.again: AddSerial | None = None
        self.choices = Choices()
        self.jobs = Jobs(stage, number, self._say)
        self._units: list[int] = []  # for F5: the line of each unit, and 0 for each serial, in the order they came
        self._known: dict[int, int] = {}  # the units of each line, as the newest answer had them
        if not number:
            self.jobs.take(self.desk.new_sale, self._numbered)

    @property
    def waiting(self) -> LineView | None:
        """The line that waits for a serial: the one that was scanned last, if it does."""
        return _waiting(self.view, self.line)

    @property
    def open(self) -> bool:
        """Whether the sale takes scans."""
        return self.view is None or self.view.slip.status is SlipStatus.DRAFT

    @property
    def leavable(self) -> bool:
        """See `Page`: an error that must be acknowledged keeps the operator here (D7)."""
        return not self.jobs.unacknowledged

    @property
    def held(self) -> int:
        """See `Page`."""
        return self.jobs.held

    def keys(self) -> Keys:
        """See `Page`."""
        if self.jobs.unacknowledged:
            return self.jobs.keys()
        ways = (("f3", _("Back")), ("f1", _("Menu")), ("f6", _("Up")), ("f7", _("Down")))
        if not self.open:
            return (("f8", _("More") if self._done_with else _("Fin")), *ways)
        keys = [("f9", _("Sell again"))] if self._may_sell_again() else []
        if self.waiting and self.mode is ScanMode.ADD and _has(self.stage, Duty.REGISTER_UNREADABLE):
            keys.append(("f2", _("NotRd")))
        return (*keys, ("f4", "+/-"), ("f5", _("Undo")), ("f8", _("Fin")), *ways)

    def menu(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """See `Page`."""
        if self.view is None:
            return ()
        entries = [(_("Serials"), lambda: self.stage.enter(InquiryPage(self.stage, self.number)))]
        waiting = self.waiting
        if self.open and waiting is not None:
            entries.append(mark_many_menu(self, waiting))
        if self._done_with:
            entries.append((_("New sale"), lambda: self.stage.enter(SellingPage(self.stage))))
        return [*entries, *print_menu(self, self.number)]

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} sale").format(document=self.number), self.desk.state, columns)]
        word, style = str(self.mode), "add" if self.mode is ScanMode.ADD else "remove"
        if self.view is not None and not self.open:
            word, style = str(self.view.slip.status), "info"
        top.append((("[" + centre(_(word), columns - 2) + "]", style),))
        most = 1 if rows < 12 else 5 if self._done_with else 2
        wish = text_bands([self._wish()], "bold", columns)[:most]
        words = [self.said] if self.said else []
        said = text_bands(words, self.style, columns)[: 5 if rows >= 16 else 3 if rows >= 12 else 2]
        foot = [*said, entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        if columns < 20 or rows < 8:  # the verdict and what is wanted must not be missing
            said = text_bands(words or [self._wish()], self.style if words else "bold", columns)[: max(1, rows - 1)]
            return [*said, entry_band(entry, columns, prompt=f"{_(str(self.mode))}>")][-rows:]
        room = max(1, rows - len(top) - len(foot) - len(wish))
        body = self.choices.bands(columns, room, len(top) + len(wish))
        return stack(top, [*wish, *body], foot, rows)

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        self.jobs.next()
        if self.number:
            self.desk.document(self.number, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        if self.number:
            self.desk.document(self.number, self._read)

    def told(self, style: str, words: str) -> None:
        """See `Page`. An error that must be acknowledged stays in sight, and good news hides no verdict."""
        if not self.jobs.unacknowledged and (style != "info" or self.style in {"", "info"}):
            self.say(style, words)

    def no(self, why: str | Refusal) -> None:
        """See `SayingPage`. What waits is held where the site wants it (D7)."""
        if isinstance(why, Refusal):
            why = refusal_sentence(why, self.desk.shop.time_zone, sells_again=self._may_sell_again())
        self.jobs.no(why)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        return [*super().left(), *self.jobs.left()]

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.jobs.unacknowledged:
            self.jobs.acknowledge(key)
            return
        match key.name:
            case "f2" if self.open and self.mode is ScanMode.ADD:
                self.jobs.take(self._mark, self._judged, _("(not readable)"))
            case "f4" if self.open:
                self.mode = ScanMode.REMOVE if self.mode is ScanMode.ADD else ScanMode.ADD
                self.say("", "")
            case "f5" if self.open:
                self.jobs.take(self._undo, self._judged, _("undo"))
            case "f8" if self._done_with:
                self.more()
            case "f8":
                self.jobs.take(lambda then: then(None), lambda _none: self._finish())
            case "f9" if self._may_sell_again():
                self._sell_again()
            case _:
                at = self.choices.pressed(key)
                if at is not None:
                    self.line = self._lines[at].line.number
                    self.say("", "")
        self.stage.repaint()

    def more(self) -> None:
        """Show what can be done with the sale as it stands now."""

        def read(view: DocumentView | Fault | None) -> None:
            self._read(view)
            if self.stage.on_top(self):
                self.stage.enter(MenuPage(self.stage, self.menu(), self.number))

        self.desk.document(self.number, read)

    def scanned(self, scan: Scanned) -> None:
        """Take the barcode of an item, the serial that its line waits for, or a number of units that was typed."""
        if scan.repeat:
            if not self.jobs.unacknowledged:
                self.say("warn", _("{code} again: counted once.").format(code=serial_words(scan.text)))
            return
        mode = self.mode
        self.jobs.take(lambda then: self._ask(scan, mode, then), self._judged, scan.text)

    # -- what a scan does, step by step; each `then` gets a fault only where nothing has happened yet

    def _ask(self, scan: Scanned, mode: ScanMode, then: Then) -> None:
        def read(view: DocumentView | None) -> None:
            if mode is ScanMode.REMOVE:
                lines = view.lines if view else ()
                held = [each.line.number for each in lines if each.tally.registered]
                self._take_off(scan, view, held or [each.line.number for each in lines[:1]], then)
                return
            waiting = _waiting(view, self.line)
            line = waiting.line.number if waiting else 0
            place = Place(self.number, line, mode)
            self.desk.scan(place, scan.text, lambda result: self._added(scan, view, result, then))

        self._with_view(read, then)

    def _with_view(self, do: Callable[[DocumentView | None], None], then: Then) -> None:
        """Do something with the sale as it is when its turn has come: what is shown may be older."""

        def read(view: DocumentView | Fault | None) -> None:
            if isinstance(view, Fault):
                then(view)
            else:
                do(view)

        self.desk.document(self.number, read)

    def _added(self, scan: Scanned, view: DocumentView | None, result: ScanResult, then: Then) -> None:
        match result:
            case Picked(sheet):
                self._record(SellOneMore(self.number, sheet.current.line.item), then)
            case NotHere("item", code, item):
                self._record(SellOneMore(self.number, item or code), then)
            case NotHere("unit", _code, item):
                self.desk.record(SellOneMore(self.number, item), None, lambda sold: self._with_serial(scan, sold, then))
            case Verdict(result=Registered(line=line, item=item)) if result.too_many:
                units = next((each.line.units for each in (view.lines if view else ()) if each.line.number == line), 0)
                more = SetSaleLine(self.number, line, item, units + 1)
                self.desk.record(more, line, lambda second: self._with_unit(result, second, then))
            case Verdict(result=Refusal(code=Code.UNKNOWN_DOCUMENT | Code.UNKNOWN_LINE)):
                self._no_item(scan, view, then)
            case _:
                then(result)

    def _with_serial(self, scan: Scanned, sold: Verdict | Fault, then: Then) -> None:
        """Register the serial of a code that named its item, too, once the sale has a line for it."""
        if isinstance(sold, Verdict) and sold.accepted:
            place = Place(self.number, 0, ScanMode.ADD)
            self.desk.scan(place, scan.text, lambda result: self._after_sale(sold, result, then))
        else:
            then(sold)

    def _after_sale(self, sold: Verdict, result: ScanResult, then: Then) -> None:
        """Show that a unit is on the sale, also where its serial can't be written now."""
        self._judged(sold)
        if isinstance(result, Fault):
            self.stage.fault(result)
            then(sold)
        else:
            then(result)

    def _with_unit(self, registered: Verdict, more: Verdict | Fault, then: Then) -> None:
        """End a code that named item and serial where no unit waited for one: the sale has a unit more."""
        if isinstance(more, Verdict):
            self._judged(more)
        else:
            self.stage.fault(more)
        then(registered)

    def _no_item(self, scan: Scanned, view: DocumentView | None, then: Then) -> None:
        """Take a number of units for the selected line, where no line waits for a serial."""
        text = scan.code
        typed = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and not scan.by_scanner
        at = next((each for each in (view.lines if view else ()) if each.line.number == self.line), None)
        if not typed or at is None:
            then(_("{code} is no item. Scan the item first, then its serial.").format(code=serial_words(text)))
        elif int(text) < at.tally.registered:
            then(_("Scan the serials of the units to take off, in REMOVE."))
        else:
            self._record(SetSaleLine(self.number, at.line.number, at.line.item, int(text)), then)

    def _take_off(self, scan: Scanned, view: DocumentView | None, lines: Sequence[int], then: Then) -> None:
        """Take a unit off the sale: by its serial, whichever line has it, or by its item where it has no serial."""
        if view is None or not lines:
            then(_("Nothing is on the sale yet. Scan an item."))
            return
        line, rest = lines[0], lines[1:]

        def judged(result: ScanResult) -> None:
            match result:
                case Picked(sheet):
                    self._less(sheet.current, then)
                case NotHere("item", _code, _item):
                    then(_("That item is not on this sale."))
                case Verdict(result=Removed()):
                    at = next(each.line for each in view.lines if each.line.number == line)
                    less = SetSaleLine(self.number, line, at.item, max(0, at.units - 1))
                    self.desk.record(less, line, lambda lessened: self._after(result, lessened, then))
                case Verdict(result=Refusal(code=Code.NOT_KNOWN_HERE | Code.ON_OTHER_LINE)) if rest:
                    self._take_off(scan, view, rest, then)
                case _:
                    then(result)

        self.desk.scan(Place(self.number, line, ScanMode.REMOVE), scan.text, judged)

    def _less(self, at: LineView, then: Then) -> None:
        if at.line.units and (at.open_units or not at.takes_serials):
            self._record(SetSaleLine(self.number, at.line.number, at.line.item, at.line.units - 1), then)
        elif at.line.units:
            then(_("Scan the serial of the unit to take off."))
        else:
            then(_("That item is not on this sale."))

    def _after(self, result: Verdict, second: Verdict | Fault, then: Then) -> None:
        """End what took two events: the first has happened, so a fault of the second is shown and not tried again."""
        if isinstance(second, Fault):
            self.stage.fault(second)
        then(result)

    def _mark(self, then: Then) -> None:
        def read(view: DocumentView | None) -> None:
            waiting = _waiting(view, self.line)
            if waiting is None:
                then(_("No unit waits for a serial. Scan the item first."))
            else:
                self._record(AddNotReadable(self.number, waiting.line.number), then)

        self._with_view(read, then)

    def _undo(self, then: Then) -> None:
        """Take back the newest serial, or the newest unit where its serial is not scanned yet or it has none."""

        def read(view: DocumentView | None) -> None:
            lines = {each.line.number: each for each in view.lines} if view else {}
            at = lines.get(self._units[-1]) if self._units else _waiting(view, self.line)
            if at is not None and at.line.units:
                self._record(SetSaleLine(self.number, at.line.number, at.line.item, at.line.units - 1), then)
            else:
                self._record(Undo(self.number), lambda result: self._undone(result, lines, then))

        self._with_view(read, then)

    def _undone(self, result: Verdict | Fault, lines: Mapping[int, LineView], then: Then) -> None:
        """End an undo: a unit that comes back by its serial is sold again."""
        back = result.result if isinstance(result, Verdict) else None
        if isinstance(result, Verdict) and isinstance(back, Undone) and back.undoes == Removed.type:
            line = lines[back.line].line
            more = SetSaleLine(self.number, line.number, line.item, line.units + 1)
            self.desk.record(more, line.number, lambda second: self._after(result, second, then))
        else:
            then(result)

    def _record(self, intent: Intent, then: Then) -> None:
        self.desk.record(intent, None, then)

    # -- what came of it

    def _judged(self, result: Verdict | NotHere | str | None) -> None:
        self.again = None
        match result:
            case Verdict(intent=intent, result=Refusal() as refusal):
                if refusal.code is Code.SOLD_BEFORE and isinstance(intent, AddSerial):
                    self.again = intent
                self.no(refusal)
            case Verdict(result=event):
                self._done(event)
            case NotHere("document", code) if not self.open and self.stage.on_top(self):
                self.stage.back_and_scan(Scanned(code, "document"))
                return
            case NotHere():
                self.no(named_wrongly(result, takes=self.open))
            case str():
                self.no(result)
        self.news(None)

    def _done(self, event: object) -> None:
        match event:
            case SaleLineSet(line=line, item=item, units=units):
                before = self._known.get(line, 0)
                self._known[line] = units
                self.line = line
                if units >= before:
                    self._units += [line] * (units - before)
                elif self._units and self._units[-1] == line:
                    self._units.pop()
                self.ok(_("{item}: {units}").format(item=item, units=units))
            case Registered(serial=serial):
                self._units.append(0)
                self.ok(serial_words(serial))
            case NotReadable():
                self._units.append(0)
                self.ok(_("not readable"))
            case Removed(serial=serial):
                self._units.append(0)
                self.ok(_("removed {what}").format(what=serial_words(serial)))
            case Undone(serial=serial):
                if self._units and not self._units[-1]:
                    self._units.pop()
                self.ok(_("undone: {what}").format(what=serial_words(serial)))

    def _numbered(self, number: str | Refusal) -> None:
        if isinstance(number, Refusal):
            self.no(number)
        else:
            self.number = number
            self.stage.repaint()

    def _say(self, said: Said) -> None:
        self.say(said.style, said.text)

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            self.view = view
            self._known = {each.line.number: each.line.units for each in view.lines}
            self.choices.put([line_words(each) for each in self._lines])
            waiting = self.waiting
            wanted = waiting.line.number if waiting else self.line
            at = next((n for n, each in enumerate(self._lines) if each.line.number == wanted), None)
            if at is not None:
                self.choices.selected = at
            self.stage.repaint()

    def _finish(self) -> None:
        if not self._lines:
            self.no(_("Nothing is on the sale yet. Scan an item."))
        else:
            self.say("", "")
            self.stage.enter(FinishPage(self.stage, self.number, self.more))

    @property
    def _lines(self) -> Sequence[LineView]:
        """The lines with something on them."""
        return [each for each in (self.view.lines if self.view else ()) if each.line.units or each.tally.registered]

    @property
    def _done_with(self) -> bool:
        """Whether the sale is posted, or never will be."""
        return self.view is not None and self.view.slip.status in DONE

    def _wish(self) -> str:
        """Say what to do next."""
        if self.view is not None and self._done_with:
            return f"{_('This sale is finished.')} {next_words(self.desk, self.view.slip)}"
        if not self.open:
            return _("This sale waits to be posted.")
        if self.mode is ScanMode.REMOVE:
            return _("Scan what comes off the sale.")
        waiting = self.waiting
        if waiting is None:
            return _("Scan an item.")
        return _("Scan the serial of {item}").format(item=waiting.line.description or waiting.line.item)

    def _may_sell_again(self) -> bool:
        return self.again is not None and _has(self.stage, Duty.OVERRIDE)

    def _sell_again(self) -> None:
        again = self.again
        if again is not None:
            ask_why_again(self.stage, again, self._add_again)

    def _add_again(self, intent: AddSerial) -> None:
        self.jobs.take(lambda then: self._record(intent, then), self._judged, intent.scanned)


def _waiting(view: DocumentView | None, line: int) -> LineView | None:
    """Find the line that waits for a serial: the preferred one, or the first."""
    found = [each for each in (view.lines if view else ()) if each.open_units]
    return next((each for each in found if each.line.number == line), found[0] if found else None)


def _has(stage: Stage, duty: Duty) -> bool:
    operator = stage.desk.operator
    return operator is not None and duty in operator.duties
