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
from terminal.ui.pages.choosing_line import ChoosingLinePage, not_decided, passed_over
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.jobs import Jobs
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.menu import MenuPage, next_words
from terminal.ui.pages.reasons import ask_why_again
from terminal.ui.pages.scan_layout import WIDE, Said, ScanView, lay_out
from terminal.ui.ports import Fault, NotHere, Picked, Place, ScanResult, Several
from terminal.ui.sentences import named_wrongly, not_a_scan, refusal_sentence
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
        self.mode: ScanMode = ScanMode.ADD
        self.said = Said("info", said) if said else Said()
        self.jobs = Jobs(stage, sheet.slip.number, self._say)
        self.lines: Sequence[LineView] = ()
        self.sold_before: AddSerial | None = None
        """What was refused last because the unit was sold before: a supervisor can sell it again (S22)."""
        self.line_chosen = False
        """Whether the operator chose the current line: what several lines want goes there."""
        self.undecided: Several | None = None
        """What was scanned and waits for the operator to say which line it is for."""
        self.passed: list[str] = []
        """Serials that scans passed over while their lines were asked for: the next verdict or question names them."""
        self.last: str | None = ""
        """The serial that was registered last, None for a unit that is not readable, until anything else is done."""
        self.taken_off = False
        """Whether that was removed elsewhere: an undo would take back what came before it."""
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
    def open(self) -> bool:
        """Whether the slip takes scans."""
        return self.sheet.slip.status is SlipStatus.DRAFT

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
        said = self.said if self.said.text else Said("info", next_words(self.desk, self.sheet.slip))
        view = ScanView(self.sheet, self.mode, said, self.held, self.desk.state, operator, self.keys(), self.lines)
        return lay_out(view, columns, rows, entry)

    def keys(self) -> Keys:
        """See `Page`."""
        if self.unacknowledged:
            return self.jobs.keys()
        following = [("f7", _("Next"))] if self.sheet.position < self.sheet.lines else []
        previous = [("f6", _("Prev"))] if self.sheet.position > 1 else []
        ways = [("f3", _("Back")), ("f1", _("Menu"))]
        if not self.open:
            word = _("More") if self.sheet.slip.status in DONE else _("Fin")
            return [("f8", word), *ways, *following, *previous, ("f9", _("Lines"))]
        keys = [("f4", "+/-"), ("f5", _("Undo"))]
        if self._may_mark():
            keys.insert(0, ("f2", _("NotRd")))
        if self._may_sell_again():
            keys.insert(0, ("f9", _("Sell again")))
        keys += [*following, ("f8", _("Fin")), *ways, *previous]
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
        self._scan(scan.text, mode, what)

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
            case "f4" if self.open:
                self.mode = ScanMode.REMOVE if self.mode is ScanMode.ADD else ScanMode.ADD
                self._say(Said())
            case "f5" if self.taken_off:
                self.taken_off = False
                words = _("It is off the slip already. {key_f5} again takes back what came before it.")
                self._say(Said("warn", words.format(**labels())))
                self.stage.sound(Sound.NO)
            case "f5":
                self._do(lambda then: self.desk.record(Undo(self.document), self.line, then), _("undo"))
            case "f6" | "up":
                self._do(lambda then: self.desk.sheet(self.document, self.line, -1, then))
            case "f7" | "down":
                self._do(lambda then: self.desk.sheet(self.document, self.line, 1, then))
            case "f8" if self.sheet.slip.status in DONE:
                self.more()
            case "f8":
                self.stage.enter(FinishPage(self.stage, self.document, self.more))
            case "f9" if self._may_sell_again():
                self._ask_why_again()
            case "f9":
                self.stage.enter(LinesPage(self.stage, self.document, self.turn_to))

    def more(self) -> None:
        """Show what can be done with the document as it stands now."""

        def read(sheet: Sheet | Fault | None) -> None:
            self._renewed(sheet)
            if self.stage.on_top(self):
                self.stage.enter(MenuPage(self.stage, self.menu(), self.document))

        self.desk.sheet(self.document, self.line, 0, read)

    def turn_to(self, line: int) -> None:
        """Make another line the current one."""
        self._do(lambda then: self.desk.sheet(self.document, line, 0, then))

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        if self.undecided is not None:  # nobody has chosen
            by_scan = self.undecided.serial in self.passed
            self.jobs.no(not_decided(self.undecided))
            if self.unacknowledged or not by_scan:
                self.passed = []  # what was said just now stays to be read
            self._decided()
        self.jobs.next()
        self.news(None)

    def told(self, style: str, words: str) -> None:
        """See `Page`. An error that must be acknowledged stays in sight, and news hides no verdict."""
        if not self.unacknowledged:
            self._say(self.said.told(style, words))

    def untold(self, words: str) -> None:
        """See `Page`."""
        self._say(self.said.untold(words))

    def news(self, document: str | None) -> None:
        """See `Page`."""
        if document in (None, self.document):
            self.desk.sheet(self.document, self.line, 0, self._renewed)
            if self._wide:
                self.desk.document(self.document, self._lines_read)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        undecided = () if self.undecided is None else (f"{_('NO')} {not_decided(self.undecided)}",)
        return [*undecided, *self.jobs.left()]

    def _scan(self, text: str, mode: ScanMode, what: str) -> None:
        def ask(then: Callable[[Answer], None]) -> None:
            self.desk.scan(Place(self.document, self.line, mode, self.line_chosen), text, then)

        self._do(ask, what)

    def _ask_line(self, several: Several) -> None:
        """Have the operator choose the line of what was scanned; what was scanned after it waits."""
        if not self.stage.on_top(self):
            self.jobs.no(not_decided(several))
            return
        self.undecided = several
        self.jobs.paused = True
        self.stage.sound(Sound.NO)
        self.passed = [each for each in self.passed if each != several.serial]
        self.stage.enter(
            ChoosingLinePage(self.stage, self.document, several, self._line_is, self._pass_over, self.passed)
        )

    def _pass_over(self) -> None:
        """Take note that a scan came instead of the answer: its verdict would hide that the serial was not taken."""
        if self.undecided is not None:
            self.passed = [*self.passed, self.undecided.serial]

    def _line_is(self, line: int) -> None:
        several = self.undecided
        if several is None:
            return
        self.passed = []  # the question named them

        def ask(then: Callable[[Answer], None]) -> None:
            self.desk.scan(Place(self.document, line, ScanMode.ADD), several.text, then)

        def judged(result: Answer) -> None:
            self._judged(result)
            self.line_chosen = self.line == line

        self.jobs.take_first(ask, judged, several.serial)
        self._decided()

    def _decided(self) -> None:
        self.undecided = None
        self.jobs.paused = False
        self.jobs.next()

    def _do(self, ask: Callable[[Callable[[Answer], None]], None], what: str = "") -> None:
        self.jobs.take(ask, self._judged, what)

    def _judged(self, result: Answer) -> None:
        self.sold_before = None
        match result:
            case Sheet():
                self._keep_line()
                self.sheet = result
                self.line_chosen = True
                self._say(Said())
            case Picked(sheet):
                self._keep_line()
                self.sheet = sheet
                self.line_chosen = True
                self._say(Said("info", _("Line {line}: {item}").format(line=self.line, item=sheet.current.line.item)))
            case NotHere("document", code) if not self.open and self.stage.on_top(self):
                self.stage.back_and_scan(Scanned(code, "document"))
                return
            case NotHere():
                self.jobs.no(named_wrongly(result, takes=self.open))
            case Several():
                self._ask_line(result)
            case Verdict():
                self._verdict(result)
            case Scanned(code) if self.said.style != "no":  # what was refused counted not even once
                self._say(Said("warn", _("{code} again: counted once.").format(code=code)))
        if self.passed and not isinstance(result, Several):
            style = "no" if self.said.style == "no" else "warn"
            self._say(Said(style, f"{self.said.text} {passed_over(self.passed)}".strip()))
            self.passed = []

    def _verdict(self, verdict: Verdict) -> None:
        if verdict.sheet is not None and verdict.sheet.slip.number == self.document:
            if verdict.sheet.current.line.number != self.line:  # the code decided it, not the operator
                self._keep_line()
                self.line_chosen = False
            self.sheet = verdict.sheet
        self.taken_off = False
        match verdict.result:
            case Registered(serial=serial):
                self.last = serial
            case NotReadable():
                self.last = None
            case _:
                self.last = ""
        if isinstance(verdict.result, Refusal):
            if verdict.result.code is Code.SOLD_BEFORE and isinstance(verdict.intent, AddSerial):
                self.sold_before = verdict.intent
            zone = self.desk.shop.time_zone
            self.jobs.no(refusal_sentence(verdict.result, zone, sells_again=self._may_sell_again()))
            return
        done = _done(verdict)
        self.passed = [each for each in self.passed if each != done]
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
            was = self.sheet.slip.status
            if sheet.slip.status is not was and (was is SlipStatus.POSTING or self.said.style != "no"):
                self.said = Said()  # what was said before is true no more
            elif self._is_taken_off(sheet):
                what = _("A unit that is not readable") if self.last is None else self.last
                self.said = Said("warn", _("{serial} was removed elsewhere.").format(serial=what))
                self.taken_off = True
            self.sheet = sheet
            self.stage.repaint()

    def _is_taken_off(self, sheet: Sheet) -> bool:
        """Say whether what was said OK to last is not on the line any more: not by anything that was done here."""
        now, before = sheet.current.tally, self.sheet.current.tally
        if self.said.style != "ok" or now.registered >= before.registered:
            return False
        if self.last is None:
            return now.blanks < before.blanks
        return bool(self.last) and all(row.serial != self.last for row in sheet.rows)

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
