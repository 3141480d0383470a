"""The scanning screen: where a picker spends the day. One line of a document, the mode, the last scan's verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.domain.documents import Duty, ScanMode, SlipStatus
from terminal.domain.events import NotReadable, Registered, Removed, Undone
from terminal.domain.intents import AddNotReadable, AddSerial, RemoveNotReadable, Undo
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import DONE, DocumentView, LineView, Sheet, Verdict
from terminal.ui.cells import Band
from terminal.ui.frame import Keys
from terminal.ui.labels import labels
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.jobs import Jobs
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.reasons import ask_why_again
from terminal.ui.pages.scan_layout import WIDE, Said, ScanView, lay_out
from terminal.ui.ports import Fault, NotHere, Picked, ScanResult
from terminal.ui.sentences import not_a_scan, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _

Answer = ScanResult | Sheet | Scanned | None
"""What comes back for something that was asked for here."""


class ScanningPage(Page):
    """Scans go onto one line of a document, or off it.

    What is asked for is judged one at a time and in order: a scan may choose another line for the scans after it,
    however fast they come. What waits is shown, and kept until it is judged.
    """

    def __init__(self, stage: Stage, sheet: Sheet, said: str = "") -> None:
        super().__init__(stage)
        self.sheet = sheet
        self.mode = ScanMode.ADD
        self.said = Said("info", said) if said else Said()
        self.jobs = Jobs(stage, sheet.slip.number, self._say)
        self.lines: Sequence[LineView] = ()
        self.sold_before: AddSerial | None = None
        """What was refused last because the unit was sold before: a supervisor can sell it again (S22)."""
        self._wide = False

    @property
    def document(self) -> str:
        """The document that is worked on."""
        return self.sheet.slip.number

    @property
    def line(self) -> int:
        """The number of the current line."""
        return self.sheet.current.line.number

    @property
    def leavable(self) -> bool:
        """See `Page`: an error that must be acknowledged keeps the picker here (D7)."""
        return not self.unacknowledged

    @property
    def unacknowledged(self) -> bool:
        """Whether an error must be acknowledged before anything else counts (D7)."""
        return self.jobs.unacknowledged

    @property
    def held(self) -> int:
        """See `Page`."""
        return self.jobs.held

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        if columns >= WIDE and not self._wide:
            self._wide = True
            self.desk.document(self.document, self._lines_read)
        operator = self.desk.operator.name if self.desk.operator else ""
        view = ScanView(self.sheet, self.mode, self.said, self.held, self.desk.state, operator, self.keys(), self.lines)
        return lay_out(view, columns, rows, entry)

    def keys(self) -> Keys:
        """See `Page`."""
        if self.unacknowledged:
            return self.jobs.keys()
        if self.sheet.slip.status in DONE:
            return (("f3", _("Back")), ("f9", _("Lines")), ("f1", _("Menu")))
        if self.sheet.slip.status is SlipStatus.POSTING:
            return (("f8", _("Fin")), ("f3", _("Back")), ("f1", _("Menu")))
        keys = [("f4", "+/-"), ("f5", _("Undo"))]
        if self._may_mark():
            keys.insert(0, ("f2", _("NotRd")))
        if self._may_sell_again():
            keys.insert(0, ("f9", _("Sell again")))
        if self.sheet.position < self.sheet.lines:
            keys.append(("f7", _("Next")))
        keys += [("f8", _("Fin")), ("f3", _("Back")), ("f1", _("Menu"))]
        if self.sheet.position > 1:
            keys.append(("f6", _("Prev")))
        return keys if self._may_sell_again() else [*keys, ("f9", _("Lines"))]

    def menu(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """See `Page`."""
        again = [(_("Sell again"), self._ask_why_again)] if self._may_sell_again() else []
        from terminal.ui.pages.slip_menu import slip_menu  # with pages that not every shift needs

        return [*again, *slip_menu(self, self.sheet)]

    def scanned(self, scan: Scanned) -> None:
        """Take a serial, or the barcode of an item on the document."""
        if scan.repeat:
            if not self.unacknowledged:
                self._do(lambda then: then(scan))  # said after the verdict of the scan it repeats
            return
        mode = self.mode
        what = scan.text if mode is ScanMode.ADD else _("removal of {what}").format(what=scan.text)
        self._do(lambda then: self.desk.scan(self.document, self.line, mode, scan.text, then), what)

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self.jobs.no(not_a_scan(what.reason, what.excerpt))

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.unacknowledged:
            self.jobs.acknowledge(key)
            return
        match key.name:
            case "f2":
                adds = self.mode is ScanMode.ADD
                intent = AddNotReadable if adds else RemoveNotReadable
                what = _("(not readable)") if adds else _("removal of {what}").format(what=_("(not readable)"))
                self._do(lambda then: self.desk.record(intent(self.document, self.line), self.line, then), what)
            case "f4":
                self.mode = ScanMode.REMOVE if self.mode is ScanMode.ADD else ScanMode.ADD
                self._say(Said())
            case "f5":
                self._do(lambda then: self.desk.record(Undo(self.document), self.line, then), _("undo"))
            case "f6" | "up":
                self._do(lambda then: self.desk.sheet(self.document, self.line, -1, then))
            case "f7" | "down":
                self._do(lambda then: self.desk.sheet(self.document, self.line, 1, then))
            case "f8":
                self.stage.enter(FinishPage(self.stage, self.document))
            case "f9" if self._may_sell_again():
                self._ask_why_again()
            case "f9":
                self.stage.enter(LinesPage(self.stage, self.document, self.turn_to))

    def turn_to(self, line: int) -> None:
        """Make another line the current one."""
        self._do(lambda then: self.desk.sheet(self.document, line, 0, then))

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        self.jobs.next()
        self.news(None)

    def told(self, style: str, words: str) -> None:
        """See `Page`. An error that must be acknowledged stays in sight, and good news hides no verdict."""
        if not self.unacknowledged and (style != "info" or self.said.style in {"", "info"}):
            self._say(Said(style, words))

    def news(self, document: str | None) -> None:
        """See `Page`."""
        if document in (None, self.document):
            self.desk.sheet(self.document, self.line, 0, self._renewed)
            if self._wide:
                self.desk.document(self.document, self._lines_read)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        return self.jobs.left()

    def _do(self, ask: Callable[[Callable[[Answer], None]], None], what: str = "") -> None:
        self.jobs.take(ask, self._judged, what)

    def _judged(self, result: Answer) -> None:
        self.sold_before = None
        match result:
            case Sheet():
                self._keep_line()
                self.sheet = result
                self._say(Said())
            case Picked(sheet):
                self._keep_line()
                self.sheet = sheet
                self._say(Said("info", _("Line {line}: {item}").format(line=self.line, item=sheet.current.line.item)))
            case NotHere(what, code):
                self.jobs.no(_named_wrongly(what, code))
            case Verdict():
                self._verdict(result)
            case Scanned(code) if self.said.style != "no":  # what was refused counted not even once
                self._say(Said("warn", _("{code} again: counted once.").format(code=code)))

    def _verdict(self, verdict: Verdict) -> None:
        if verdict.sheet is not None and verdict.sheet.slip.number == self.document:
            self.sheet = verdict.sheet
        if isinstance(verdict.result, Refusal):
            if verdict.result.code is Code.SOLD_BEFORE and isinstance(verdict.intent, AddSerial):
                self.sold_before = verdict.intent
            self.jobs.no(refusal_sentence(verdict.result, self.desk.shop.time_zone))
            return
        done = _done(verdict)
        sound, style, words = Sound.OK, "ok", f"{_('OK')} {done}"
        if verdict.too_many:
            words = _("OK {done}: {n} too many on this line").format(done=done, n=verdict.too_many)
            sound, style = Sound.NO, "warn"
        elif verdict.document_complete:
            words = _("OK {done} - slip complete, {key_f8}")
            if self.sheet.slip.charges:
                words = _("OK {done} - invoice complete, {key_f8}")
            words = words.format(done=done, **labels())
            sound = Sound.DOCUMENT_COMPLETE
        elif verdict.line_complete:
            sound, words = Sound.LINE_COMPLETE, _("OK {done} - line complete").format(done=done)
        self._say(Said(style, words))
        self.stage.sound(sound)

    def _ask_why_again(self) -> None:
        if self.sold_before is not None:
            ask_why_again(self.stage, self.sold_before, self._sell_again)

    def _sell_again(self, intent: AddSerial) -> None:
        self._do(lambda then: self.desk.record(intent, intent.line, then), intent.scanned)

    def _may_sell_again(self) -> bool:
        operator = self.desk.operator
        return self.sold_before is not None and operator is not None and Duty.OVERRIDE in operator.duties

    def _say(self, said: Said) -> None:
        self.said = said
        self.stage.repaint()

    def _renewed(self, sheet: Sheet | Fault | None) -> None:
        if isinstance(sheet, Sheet) and sheet.slip.number == self.document and sheet.current.line.number == self.line:
            if self.sheet.slip.status is SlipStatus.POSTING and sheet.slip.status is not SlipStatus.POSTING:
                self.said = Said()  # what was said of the waiting is true no more
            self.sheet = sheet
            self.stage.repaint()

    def _lines_read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, DocumentView):
            self.lines = view.lines
            self.stage.repaint()

    def _keep_line(self) -> None:
        """Keep what is known of the line that is left, for the list beside."""
        number = self.line
        self.lines = [self.sheet.current if each.line.number == number else each for each in self.lines]

    def _may_mark(self) -> bool:
        operator = self.desk.operator
        may = operator is not None and Duty.REGISTER_UNREADABLE in operator.duties
        return may and self.sheet.current.takes_serials


def _named_wrongly(what: str, code: str) -> str:
    """Say that a code names something that is no serial."""
    if what == "item":
        return _("{code} is the barcode of an item that is not on this slip. Scan the serial.").format(code=code)
    return _("{code} is a document number, no serial. Scan the serial.").format(code=code)


def _done(verdict: Verdict) -> str:
    """Name what was done, briefly."""
    match verdict.result:
        case Registered(serial=serial):
            return serial
        case NotReadable():
            return _("not readable")
        case Removed(serial=serial):
            return _("removed {what}").format(what=serial or _("not readable"))
        case Undone(serial=serial, undoes=undoes):
            what = serial or _("not readable")
            back = undoes == Removed.type
            return _("undone: {what} is back").format(what=what) if back else _("undone: {what}").format(what=what)
        case _:
            return ""
