"""Choosing what goes on an invoice: units of posted slips, by scan or slip by slip (S14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from terminal.domain.documents import Duty, ScanMode, SlipStatus
from terminal.domain.events import UnitsDrawn, UnitsReturned
from terminal.domain.intents import DrawSerial, ReturnSerial
from terminal.domain.refusals import Refusal
from terminal.domain.views import DONE, InvoiceView, SlipShare, Verdict
from terminal.ui.cells import Band
from terminal.ui.frame import Choices, Keys
from terminal.ui.labels import labels
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.invoice_finish import FinishInvoicePage
from terminal.ui.pages.invoice_layout import InvoiceLook, lay_out
from terminal.ui.pages.invoice_slip import InvoiceSlipPage
from terminal.ui.pages.jobs import Jobs
from terminal.ui.pages.menu import Entry, MenuPage, lacking, next_words, offer
from terminal.ui.pages.order import order_menu
from terminal.ui.pages.printing import print_menu
from terminal.ui.pages.scan_layout import Said
from terminal.ui.pages.weighing import Weighed, share_words, takeable, weighing
from terminal.ui.ports import Fault, NotHere
from terminal.ui.sentences import named_wrongly, not_a_scan, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

WIDE = 40
"""Columns from which a slip's share is said in words, too."""


class InvoicePage(Page):
    """Scans put units on an invoice, or take them off. What is asked for is judged one at a time and in order."""

    topic: ClassVar[str] = "invoices"

    def __init__(self, stage: Stage, view: InvoiceView, said: str = "") -> None:
        super().__init__(stage)
        self.view = view
        self.mode: ScanMode = ScanMode.ADD
        self.said = Said("info", said) if said else Said()
        self._incomplete = len(view.incomplete)  # as the operator was told last
        self.jobs = Jobs(stage, view.invoice.number, self._say)
        self.slips = Choices(by_pages=False, numbered=False)
        self._wide = False
        self._fill()

    @property
    def document(self) -> str:
        """The invoice that is worked on."""
        return self.view.invoice.number

    @property
    def open(self) -> bool:
        """Whether the invoice takes scans."""
        return self.view.invoice.status is SlipStatus.DRAFT

    @property
    def leavable(self) -> bool:
        """See `Page`: an error that must be acknowledged keeps the operator here (D7)."""
        return not self.jobs.unacknowledged

    @property
    def held(self) -> int:
        """See `Page`."""
        return self.jobs.held

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        if self._wide is not (columns >= WIDE):
            self._wide = columns >= WIDE
            self._fill()
        said = self.said if self.said.text else Said("info", self._hint())
        look = InvoiceLook(self.view, self.slips, self.mode, said, self.held, self.desk.state, self.keys())
        return lay_out(look, columns, rows, entry)

    def keys(self) -> Keys:
        """See `Page`."""
        if self.jobs.unacknowledged:
            return self.jobs.keys()
        keys = [("enter", _("Slip"))] if self.slips.entries else []
        ways = [("f3", _("Back")), ("f1", _("Menu")), ("f7", _("Down")), ("f6", _("Up"))]
        if self.view.invoice.status in DONE:
            return [*keys, ("f8", _("More")), *ways]
        if self.view.invoice.status is SlipStatus.POSTING:
            return [("f8", _("Fin")), *keys, *ways]
        return [("f4", "+/-"), *keys, ("f8", _("Fin")), *ways]

    def menu(self) -> Sequence[Entry]:
        """See `Page`."""
        post = offer(self, _("Finish and post"), self._finish, lacking(self.desk, Duty.POST))
        return [
            *([] if self.view.invoice.status in DONE else [post]),
            (_("Serials on it"), lambda: self.stage.enter(InquiryPage(self.stage, self.document))),
            *order_menu(self, self.view.invoice.order),
            *print_menu(self, self.document),
        ]

    def scanned(self, scan: Scanned) -> None:
        """Take the serial of a unit, or the number of a slip, which selects it."""
        if scan.repeat:
            if not self.jobs.unacknowledged:
                self.jobs.take(lambda then: then(scan), self._judged)  # said after the verdict of the scan it repeats
            return
        mode = self.mode
        what = scan.text if mode is ScanMode.ADD else _("removal of {what}").format(what=scan.text)
        self.jobs.take(
            lambda then: self.desk.choose(self.document, mode, scan.text, weighing(self.desk, self.document, then)),
            self._judged,
            what,
        )

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self.jobs.no(not_a_scan(what.reason, what.excerpt))

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.jobs.unacknowledged:
            self.jobs.acknowledge(key)
            return
        if key.name == "f4" and self.open:
            self.mode = ScanMode.REMOVE if self.mode is ScanMode.ADD else ScanMode.ADD
            self._say(Said())
        elif key.name == "f8" and self.view.invoice.status in DONE:
            self.more()
        elif key.name == "f8":
            self._finish()
        else:
            at = self.slips.pressed(key)
            if at is not None:
                slip = self._shown_slips()[at].slip.number
                self.stage.enter(InvoiceSlipPage(self.stage, self.view, slip, self.take_slip))
        self.stage.repaint()

    def more(self) -> None:
        """Show what can be done with the invoice as it stands now."""

        def read(view: InvoiceView | Fault | None) -> None:
            self._renewed(view)
            if self.stage.on_top(self):
                self.stage.enter(MenuPage(self.stage, self.menu(), self.document))

        self.desk.invoice(self.document, read)

    def take_slip(self, slip: str, mode: ScanMode) -> None:
        """Put all of a slip that no invoice has on this one, or take all of it off."""
        what = _("all of {slip}").format(slip=slip)
        self.jobs.take(
            lambda then: self.desk.choose_slip(
                self.document, slip, mode, weighing(self.desk, self.document, lambda r: then((slip, mode, r)))
            ),
            self._judged,
            what if mode is ScanMode.ADD else _("removal of {what}").format(what=what),
        )

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        self.jobs.next()
        self.news(None)

    def told(self, style: str, words: str) -> None:
        """See `Page`. An error that must be acknowledged stays in sight, and news hides no verdict."""
        if not self.jobs.unacknowledged:
            self._say(self.said.told(style, words))

    def untold(self, words: str) -> None:
        """See `Page`."""
        self._say(self.said.untold(words))

    def news(self, document: str | None) -> None:
        """See `Page`. Any slip of the order matters here."""
        self.desk.invoice(self.document, self._renewed)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        return self.jobs.left()

    # -- verdicts

    def _judged(self, result: Weighed | tuple[str, ScanMode, Weighed | Refusal] | Scanned | NotHere | Refusal) -> None:
        match result:
            case Weighed(verdict, view):
                self._weighed(_done(verdict), _slip(verdict), view, isinstance(verdict.result, UnitsDrawn))
            case (str(slip), mode, Weighed(_, view)):
                done = _("all of {slip}").format(slip=slip)
                added = mode is ScanMode.ADD
                self._weighed(done if added else _("removed {what}").format(what=done), slip, view, added)
            case (_, _, Refusal() as refusal) | (Refusal() as refusal):
                self.jobs.no(refusal_sentence(refusal, self.desk.shop.time_zone))
            case NotHere():
                self._named(result)
            case Scanned(code) if self.said.style != "no":  # what was refused counted not even once
                self._say(Said("warn", _("{code} again: counted once.").format(code=code)))

    def _weighed(self, done: str, slip: str, view: InvoiceView | Fault | None, added: bool) -> None:
        """Say what was done, and what it means for the slips: more incomplete than one is heard at once (S14).

        It is held against what was said last, not against what is shown: news may have come between verdict and view.
        """
        if isinstance(view, InvoiceView):
            self._show(view)
        else:
            added = False  # what is shown is older
        if isinstance(view, Fault):
            self.stage.fault(view, lambda: self.news(None))
        incomplete, before = len(self.view.incomplete), self._incomplete
        self._incomplete = incomplete
        sound, style, words = Sound.OK, "ok", f"{_('OK')} {done}"
        if incomplete > max(1, before):
            sound, style = Sound.NO, "warn"
            words = plural("OK {done}: {n} slip incomplete", "OK {done}: {n} slips incomplete", incomplete, done=done)
        elif added and all(each.share.mine >= takeable(each.share) for each in self.view.slips):
            sound = Sound.DOCUMENT_COMPLETE
            words = _("OK {done} - all is on it, {key_f8}").format(done=done, **labels())
        elif added and (share := _find(self.view, slip)) is not None and not share.share.incomplete:
            sound, words = Sound.LINE_COMPLETE, _("OK {done} - slip complete").format(done=done)
        self._say(Said(style, words))
        self.stage.sound(sound)

    def _named(self, named: NotHere) -> None:
        """A code named something that is no serial: a slip of this order is selected, the rest is refused."""
        numbers, code = [each.slip.number for each in self._shown_slips()], named.code.strip()
        if named.what == "document" and code in numbers:
            self.slips.selected = numbers.index(code)
            self._say(Said("info", _("{slip}: Enter shows it.").format(slip=code)))
        elif named.what == "document" and not self.open and self.stage.on_top(self):
            self.stage.back_and_scan(Scanned(code, "document"))
        elif named.what == "item":
            self.jobs.no(_("{code} is the barcode of an item. Scan the serial of the unit.").format(code=code))
        else:
            self.jobs.no(named_wrongly(named, takes=self.open))

    def _finish(self) -> None:
        if self.view.invoice.status not in DONE:
            self.stage.enter(FinishInvoicePage(self.stage, self.document, self.more))

    # -- what is shown

    def _hint(self) -> str:
        """Say how to begin, or what comes after the end."""
        if self.open and self.slips.entries and not self.view.units:
            return _("Scan units, or choose a slip.")
        return next_words(self.desk, self.view.invoice)

    def _shown_slips(self) -> Sequence[SlipShare]:
        """Give the slips of the list: of an invoice that is posted only those that it charges."""
        if self.view.invoice.status in DONE:
            return [each for each in self.view.slips if each.share.mine]
        return self.view.slips

    def _renewed(self, view: InvoiceView | Fault | None) -> None:
        if isinstance(view, InvoiceView):
            if view.invoice.status is not self.view.invoice.status:
                self.said = Said()  # what was said before is true no more
            self._show(view)

    def _show(self, view: InvoiceView) -> None:
        self.view = view
        self._fill()
        self.stage.repaint()

    def _fill(self) -> None:
        shown = self._shown_slips()
        entries = [(each.slip.number, share_words(each, wide=self._wide)) for each in shown]
        self.slips.put(entries)

    def _say(self, said: Said) -> None:
        self.said = said
        self.stage.repaint()


def _find(view: InvoiceView, slip: str) -> SlipShare | None:
    return next((each for each in view.slips if each.slip.number == slip), None)


def _done(verdict: Verdict) -> str:
    """Name what was done, briefly."""
    match verdict.intent:
        case DrawSerial(scanned=scanned):
            return scanned.strip()
        case ReturnSerial(scanned=scanned):
            return _("removed {what}").format(what=scanned.strip())
        case _:
            return ""


def _slip(verdict: Verdict) -> str:
    return verdict.result.slip if isinstance(verdict.result, (UnitsDrawn, UnitsReturned)) else ""
