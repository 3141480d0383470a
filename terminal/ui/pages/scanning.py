"""The scanning screen: where a picker spends the day. One line of a document, the mode, the last scan's verdict."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from terminal.domain.documents import Duty, ScanMode, SlipStatus
from terminal.domain.events import NotReadable, Registered, Removed, Undone
from terminal.domain.intents import AddNotReadable, RemoveNotReadable, Undo
from terminal.domain.refusals import Refusal
from terminal.domain.views import DONE, DocumentView, LineView, Sheet, Verdict
from terminal.ui.cells import Band
from terminal.ui.frame import Keys
from terminal.ui.labels import labels
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.lines import LinesPage
from terminal.ui.pages.scan_layout import WIDE, Said, ScanView, lay_out
from terminal.ui.ports import Fault, NotHere, Picked, ScanResult
from terminal.ui.sentences import not_a_scan, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

Job = Callable[[Callable[[ScanResult | Sheet | Scanned | None], None]], None]
"""Something asked for, that gives its result to what it is handed."""


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
        self.unacknowledged = False
        self.lines: Sequence[LineView] = ()
        self._wide = False
        self._jobs: deque[Job] = deque()
        self._busy = False

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

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        if columns >= WIDE and not self._wide:
            self._wide = True
            self.desk.document(self.document, self._lines_read)
        held = len(self._jobs) if self.unacknowledged else 0
        operator = self.desk.operator.name if self.desk.operator else ""
        view = ScanView(self.sheet, self.mode, self.said, held, self.desk.state, operator, self.keys(), self.lines)
        return lay_out(view, columns, rows, entry)

    def keys(self) -> Keys:
        """See `Page`."""
        if self.unacknowledged:
            held = len(self._jobs)
            return (("enter", plural("go on: {n} held", "go on: {n} held", held) if held else _("go on")),)
        if self.sheet.slip.status in DONE:
            return (("f3", _("Back")), ("f9", _("Lines")), ("f1", _("Menu")))
        if self.sheet.slip.status is SlipStatus.POSTING:
            return (("f8", _("Fin")), ("f3", _("Back")), ("f1", _("Menu")))
        keys = [("f4", "+/-"), ("f5", _("Undo"))]
        if self._may_mark():
            keys.insert(0, ("f2", _("NotRd")))
        if self.sheet.position < self.sheet.lines:
            keys.append(("f7", _("Next")))
        keys += [("f8", _("Fin")), ("f3", _("Back")), ("f1", _("Menu"))]
        if self.sheet.position > 1:
            keys.append(("f6", _("Prev")))
        return [*keys, ("f9", _("Lines"))]

    def scanned(self, scan: Scanned) -> None:
        """Take a serial, or the barcode of an item on the document."""
        if scan.repeat:
            if not self.unacknowledged:
                self._do(lambda then: then(scan))  # said after the verdict of the scan it repeats
            return
        mode = self.mode
        self._do(lambda then: self.desk.scan(self.document, self.line, mode, scan.text, then))
        if self.unacknowledged:
            self.stage.sound(Sound.NO)
            self.stage.repaint()

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self._no(not_a_scan(what.reason, what.excerpt))

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.unacknowledged:
            if key.name == "enter" and key.fresh:
                self.unacknowledged = False
                self._say(Said())
                self._next()
            return
        match key.name:
            case "f2":
                intent = AddNotReadable if self.mode is ScanMode.ADD else RemoveNotReadable
                self._do(lambda then: self.desk.record(intent(self.document, self.line), self.line, then))
            case "f4":
                self.mode = ScanMode.REMOVE if self.mode is ScanMode.ADD else ScanMode.ADD
                self._say(Said())
            case "f5":
                self._do(lambda then: self.desk.record(Undo(self.document), self.line, then))
            case "f6" | "up":
                self._do(lambda then: self.desk.sheet(self.document, self.line, -1, then))
            case "f7" | "down":
                self._do(lambda then: self.desk.sheet(self.document, self.line, 1, then))
            case "f8":
                self.stage.enter(FinishPage(self.stage, self.document))
            case "f9":
                self.stage.enter(LinesPage(self.stage, self.document, self.turn_to))

    def turn_to(self, line: int) -> None:
        """Make another line the current one."""
        self._do(lambda then: self.desk.sheet(self.document, line, 0, then))

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        self._next()
        self.news(None)

    def told(self, style: str, words: str) -> None:
        """See `Page`. An error that must be acknowledged stays in sight."""
        if not self.unacknowledged:
            self._say(Said(style, words))

    def news(self, document: str | None) -> None:
        """See `Page`."""
        if document in (None, self.document):
            self.desk.sheet(self.document, self.line, 0, self._renewed)
            if self._wide:
                self.desk.document(self.document, self._lines_read)

    def _do(self, job: Job) -> None:
        self._jobs.append(job)
        self._next()

    def _next(self) -> None:
        if self._jobs and not self._busy and not self.unacknowledged:
            self._busy = True
            self._jobs[0](self._judged)

    def _judged(self, result: ScanResult | Sheet | Scanned | None) -> None:
        self._busy = False
        if isinstance(result, Fault):
            self.stage.fault(result, self._next)  # the job stays first, and is done once the journal is well
            return
        self._jobs.popleft()
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
                self._no(_named_wrongly(what, code))
            case Verdict():
                self._verdict(result)
            case Scanned(code) if self.said.style != "no":  # what was refused counted not even once
                self._say(Said("warn", _("{code} again: counted once.").format(code=code)))
        self._next()

    def _verdict(self, verdict: Verdict) -> None:
        if verdict.sheet is not None and verdict.sheet.slip.number == self.document:
            self.sheet = verdict.sheet
        if isinstance(verdict.result, Refusal):
            self._no(refusal_sentence(verdict.result, self.desk.shop.time_zone))
            return
        done = _done(verdict)
        sound, style, words = Sound.OK, "ok", f"{_('OK')} {done}"
        if verdict.too_many:
            words = _("OK {done}: {n} too many on this line").format(done=done, n=verdict.too_many)
            sound, style = Sound.NO, "warn"
        elif verdict.document_complete:
            words = _("OK {done} - slip complete, {key_f8}").format(done=done, **labels())
            sound = Sound.DOCUMENT_COMPLETE
        elif verdict.line_complete:
            sound, words = Sound.LINE_COMPLETE, _("OK {done} - line complete").format(done=done)
        self._say(Said(style, words))
        self.stage.sound(sound)

    def _no(self, sentence: str) -> None:
        self.unacknowledged = self.desk.shop.policies.acknowledge_errors
        self._say(Said("no", f"{_('NO')} {sentence}"))
        self.stage.sound(Sound.NO)

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
