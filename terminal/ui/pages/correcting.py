"""One unit of a document, and correcting it: its wrong serial replaced, or its blank filled (S9, S10, S17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct

from terminal.domain.documents import Duty, SlipStatus
from terminal.domain.events import SerialCorrected
from terminal.domain.intents import CorrectSerial
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import TracedUnit, Verdict
from terminal.ui.cells import Band, cut_left, safe
from terminal.ui.frame import Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.saying import SayingPage, Scroll, Turns, text_bands
from terminal.ui.ports import Desk, Fault
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.words import _

OF_THE_UNIT = frozenset({Code.NEGATIVE_QUANTITY, Code.INVOICED, Code.LINE_REVERSED})
"""Refusals of a correction that no other serial would change: they are said before one is asked for."""


class Unit(Struct, frozen=True):
    """A registration on a document, as the pages here show it."""

    registration: str
    document: str
    line: int
    item: str
    serial: str | None
    status: SlipStatus
    """Of the document that has it."""
    invoice: str = ""
    invoiced: bool = False
    came_from: str = ""
    kept: bool = False
    """Its line is reversed: it is kept for the next slip (S12)."""
    order: str = ""
    customer: str = ""
    sent: bool = True
    gtin: str = ""
    lot: str = ""
    expiry: str = ""


def serial_words(serial: str | None) -> str:
    """Name a unit by its serial, which keeps its tail."""
    return _("(not readable)") if serial is None else cut_left(safe(serial), LONGEST_ECHO)


def along_words(of: Unit | TracedUnit) -> list[str]:
    """Say what was read along with a unit's serial; nothing where nothing was."""
    said = [
        (_("Lot {value}"), of.lot),
        (_("expires {value}") if of.lot else _("Expires {value}"), of.expiry),
        (_("GTIN {value}"), of.gtin),
    ]
    words = ", ".join(text.format(value=value) for text, value in said if value)
    return [words] if words else []


def unit_words(unit: Unit) -> list[str]:
    """Say what is known of a unit, fact by fact; the serial last and whole."""
    facts = [_("{document} line {line}").format(document=unit.document, line=unit.line), unit.item]
    if unit.order:
        facts.append(f"{unit.order} {unit.customer}".strip())
    if unit.invoiced:
        facts.append(_("On invoice {invoice}.").format(invoice=unit.invoice))
    elif unit.invoice:
        facts.append(_("On invoice {invoice}, not posted.").format(invoice=unit.invoice))
    facts += along_words(unit)
    if unit.came_from:
        facts.append(_("Came along from {document}.").format(document=unit.came_from))
    if unit.kept:
        facts.append(_("Reversed: kept for the next slip."))
    if not unit.sent:
        facts.append(_("Not yet at the server."))
    return [*facts, _("(not readable)") if unit.serial is None else unit.serial]


def why_not_correct(desk: Desk, unit: Unit) -> Refusal | None:
    """Say beforehand why a unit's serial has to stay as it is, or None. The rule itself judges when it is scanned."""
    duties = desk.operator.duties if desk.operator else frozenset()
    if unit.status is SlipStatus.DRAFT:
        if unit.serial is not None:
            return refuse(Code.STILL_DRAFT, document=unit.document)
        return None if Duty.REGISTER in duties else refuse(Code.MISSING_DUTY, duty=Duty.REGISTER)
    if Duty.CORRECT_SERIALS not in duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.CORRECT_SERIALS)
    if unit.invoiced:
        return refuse(Code.INVOICED, document=unit.document, line=unit.line, invoice=unit.invoice)
    if unit.status is SlipStatus.POSTING:
        return refuse(Code.POSTING_PENDING, document=unit.document)
    if unit.status is not SlipStatus.POSTED:
        return refuse(Code.DOCUMENT_CLOSED, document=unit.document)
    return refuse(Code.LINE_REVERSED, document=unit.document, line=unit.line) if unit.kept else None


def correct(stage: Stage, unit: Unit, below: SayingPage) -> None:
    """Begin correcting a unit over the page `below`, which says why not, or afterwards what was done."""
    refused = why_not_correct(stage.desk, unit)
    if refused is not None:
        below.no(refused)
        return
    reasons = stage.desk.shop.policies.correction_reasons
    same = CorrectSerial(unit.document, unit.registration, unit.serial or "", reasons[0] if reasons else "")

    def ruled(refused: Sequence[Refusal | None] | Fault) -> None:
        if isinstance(refused, Fault):
            stage.fault(refused)
        elif refused[0] is not None and refused[0].code in OF_THE_UNIT:
            below.no(refused[0])
        elif stage.on_top(below):
            _begin(stage, unit, below)

    stage.desk.why_not([same], ruled)


def _begin(stage: Stage, unit: Unit, below: SayingPage) -> None:
    """Ask for the reason where the site wants one, then for the right serial."""
    if unit.serial is None or not stage.desk.shop.policies.correction_reasons:
        stage.enter(CorrectPage(stage, unit, below))
    else:
        question = _("Why is {serial} wrong?").format(serial=serial_words(unit.serial))
        title = _("{document} correct").format(document=unit.document)
        stage.enter(
            ReasonPage(stage, title, question, lambda reason: stage.enter(CorrectPage(stage, unit, below, reason)))
        )


class CorrectPage(SayingPage):
    """The next scan is the unit's right serial. Once one was taken, the page below says so and takes what follows."""

    topic: ClassVar[str] = "corrections"

    def __init__(self, stage: Stage, unit: Unit, below: Page, reason: str = "") -> None:
        super().__init__(stage)
        self.unit, self.below, self.reason = unit, below, reason
        self.scroll = Scroll()
        self.done = False
        self.turns = Turns(stage)
        self._opened = False

    def keys(self) -> Keys:
        """See `Page`."""
        return (("f3", _("Back")), ("f6", _("Up")), ("f7", _("Down")), ("f1", _("Menu")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        blank = self.unit.serial is None
        title = _("{document} fill") if blank else _("{document} correct")
        top = [header(title.format(document=self.unit.document), self.desk.state, columns)]
        if not self.done:
            wish = _("Scan the label that was found.") if blank else _("Scan the right serial.")
            top += text_bands([wish], "bold", columns)[: 2 if rows >= 12 else 1]
        words = [*unit_words(self.unit)]
        if self.reason:
            words.append(_("Reason: {reason}").format(reason=self.reason))
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        body = self.scroll.bands(text_bands(words, "", columns), rows - len(top) - len(foot))
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        if not self._opened:  # a list may name a unit whose document was never opened here: the rule must know it
            self._opened = True
            self.turns.take(lambda then: self.desk.open(self.unit.document, then), lambda _opened: None)
        self.turns.next()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        self.scroll.pressed(key.name)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take the right serial."""
        if scan.repeat:
            return
        if self.done:
            self.stage.back_and_scan(scan)
            return
        unit = self.unit

        def judged(verdict: Verdict) -> None:
            self._judged(verdict, scan)

        intent = CorrectSerial(unit.document, unit.registration, scan.text, self.reason)
        self.turns.take(lambda then: self.desk.record(intent, None, then), judged, scan.text)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        return [*super().left(), *self.turns.give_up()]

    def _judged(self, verdict: Verdict, scan: Scanned) -> None:
        if isinstance(verdict.result, Refusal):
            unknown = verdict.result.code is Code.NOT_KNOWN_HERE
            words = _("What is on {document} is not known here yet. Try again with a link.")
            self.no(words.format(document=self.unit.document) if unknown else verdict.result)
            return
        new = verdict.result.serial if isinstance(verdict.result, SerialCorrected) else scan.text
        words = f"{serial_words(self.unit.serial)} -> {serial_words(new)}"
        self.done = True
        self.ok(words)
        later = self.turns.clear()
        if self.stage.on_top(self):
            self.stage.back()
            self.below.told("ok", self.said)
            for text in later:
                self.below.scanned(Scanned(text, scan.source))
            return
        if self.gone:
            self.below.told("ok", self.said)
        for text in later:
            self.stage.alarm(_("NO {code} was not taken. Scan it again.").format(code=serial_words(text)))
