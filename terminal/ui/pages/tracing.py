"""Where the unit of a serial went (S18): sold by us or not, to whom and when, its warranty, and all that befell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from terminal.domain.documents import SlipStatus
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import TracedUnit, TraceStep
from terminal.ui.cells import Band, several, wrap
from terminal.ui.frame import Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Stage
from terminal.ui.pages.correcting import along_words, serial_words
from terminal.ui.pages.opening import Opening
from terminal.ui.pages.saying import SayingPage, Scroll, text_bands
from terminal.ui.ports import Fault, NoStock, Number, Traced
from terminal.ui.sentences import clock_time, day, today
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

_STEPS: Mapping[str, Callable[[], str]] = {
    "registered": lambda: _("scanned onto {document}"),
    "not-readable": lambda: _("not readable on {document}"),
    "removed": lambda: _("taken off {document}"),
    "undone": lambda: _("undone on {document}"),
    "posting-requested": lambda: _("{document} posted"),
    "slip-drafted": lambda: _("came along to {document}"),
    "units-drawn": lambda: _("put on invoice {document}"),
    "units-returned": lambda: _("taken off invoice {document}"),
    "serial-corrected": lambda: _("corrected on {document}"),
    "slip-reversed": lambda: _("{document} reversed"),
}

Part = tuple[str, list[str]]
"""A style, and paragraphs."""


class TracePage(SayingPage):
    """Scan or type a serial, again and again; `serial` is looked up at once."""

    topic: ClassVar[str] = "trace"

    def __init__(self, stage: Stage, serial: str = "") -> None:
        super().__init__(stage)
        self.serial = serial
        self.answer: Traced | NoStock | Number | None = None
        self.scroll = Scroll()
        self.opening = Opening(self, self.say)
        self._begun = False

    def keys(self) -> Keys:
        """See `Page`."""
        if self.answer is None:
            return (("f3", _("Back")), ("f1", _("Menu")))
        opens = [("enter", _("open"))] if isinstance(self.answer, Number) else []
        return (*opens, ("f7", _("Down")), ("f6", _("Up")), ("f3", _("Back")), ("f1", _("Menu")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("Trace"), self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        made = [band for style, words in self._parts() for band in text_bands(words, style, columns)]
        room = max(1, rows - len(top) - len(foot))
        if not made and not self.said:
            made = several(wrap(_("Scan or type a serial."), columns, room), "bold", cells=columns)
        return stack(top, self.scroll.bands(made, room), foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        if self.serial and not self._begun:
            self._look_up(self.serial)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        match self.answer:
            case Number(number, order) if key.name == "enter" and key.fresh:
                (self.opening.open_order if order else self.opening.open)(number)
            case _:
                self.scroll.pressed(key.name)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Look another serial up."""
        text = scan.code
        if scan.repeat:
            return
        if text:
            self._look_up(text)
        else:
            self.no(refuse(Code.EMPTY_SERIAL))

    def _look_up(self, text: str) -> None:
        self._begun = True
        self.serial, self.answer = text, None
        self.scroll.first = 0
        self.say("info", _("Looking up {serial} ...").format(serial=serial_words(text)))
        self.desk.trace(text, partial(self._found, text))

    def _found(self, text: str, answer: Traced | NoStock | Number | Fault) -> None:
        if text != self.serial or self.gone:
            return  # another one was scanned meanwhile
        self.say("", "")
        if isinstance(answer, Fault):
            self._begun = False  # asked again once the journal is well
            self.stage.fault(answer)
            return
        self.answer = answer
        sold = isinstance(answer, Traced) and any(map(_sold, answer.units))
        self.stage.sound(Sound.OK if sold else Sound.NO)
        self.stage.repaint()

    def _parts(self) -> Sequence[Part]:
        match self.answer:
            case NoStock(item, description):
                said = _(
                    "{item} {description}: serials are taken only when it is sold. None are kept in stock, so none are"
                    " on hand to show. Scan the serial of a unit."
                )
                return [("info", [said.format(item=item, description=description)])]
            case Number(number, order):
                said = _("{number} is the number of a document, no serial. Enter opens it; or scan a unit's serial.")
                if order:
                    said = _("{number} is the number of an order, no serial. Enter opens it; or scan a unit's serial.")
                return [("warn", [said.format(number=number)])]
            case Traced(serial, units, asked):
                return [*_heading(serial, units, asked), *(part for unit in units for part in self._unit(unit))]
            case _:
                return ()

    def _unit(self, unit: TracedUnit) -> Sequence[Part]:
        zone = self.desk.shop.time_zone
        facts = [
            f"{unit.item} {unit.description}".strip(),
            *along_words(unit),
            _("Slip {document} line {line}{when}").format(
                document=unit.slip, line=unit.line, when=_at(unit.shipped_at, zone)
            ),
        ]
        if unit.order or unit.customer:
            facts.append(_("Order {order}, {customer}").format(order=unit.order, customer=unit.customer))
        if unit.invoice:
            posted = _at(unit.invoiced_at, zone) if unit.invoiced_at else _(", not posted")
            facts.append(_("Invoice {invoice}{when}").format(invoice=unit.invoice, when=posted))
        if unit.serial.casefold() != self.serial.casefold():
            facts.insert(0, _("Its serial is {serial} now.").format(serial=unit.serial))
        parts: list[Part] = [_standing(unit)]
        parts += _cover(_("Warranty"), unit.warranty_until, zone)
        parts += _cover(_("Service"), unit.service_until, zone)
        return [*parts, ("", facts), ("", [_step(step, zone) for step in unit.steps])]


def _heading(serial: str, units: Sequence[TracedUnit], asked: bool) -> Sequence[Part]:
    parts: list[Part] = [("bold", [serial])]
    if not units:
        words = _("NO Not sold by us: no document has it.") if asked else _("NO No document known here has it.")
        parts.append(("no", [words]))
    elif len(units) > 1:
        parts.append(
            ("warn", [plural("Registered {n} time, newest first.", "Registered {n} times, newest first.", len(units))])
        )
    if not asked:
        parts.append(("warn", [_("The server was not asked: only what is known here.")]))
    return parts


def _sold(unit: TracedUnit) -> bool:
    return unit.live and unit.status is SlipStatus.POSTED and bool(unit.invoiced_at)


def _standing(unit: TracedUnit) -> Part:
    """Say in a few words what a unit is."""
    if unit.returned:
        return "warn", [_("Was sold by us and came back.")]
    if not unit.live:
        return "warn", [_("Was taken off again.")]
    if _sold(unit):
        return "ok", [_("OK Sold by us.")]
    match unit.status:
        case SlipStatus.POSTED:
            return "ok", [_("OK Shipped by us, not invoiced.")]
        case SlipStatus.CANCELLED:
            return "warn", [_("Its slip was reversed: not sold.")]
        case _:
            return "warn", [_("On an open slip: not sold yet.")]


def _cover(what: str, until: str, zone: str) -> Sequence[Part]:
    """Say until when a warranty or a service agreement holds, and whether it does today."""
    if not until:
        return []
    if until >= today(zone).isoformat():
        return [("ok", [_("{what} until {day}.").format(what=what, day=until)])]
    return [("warn", [_("{what} is over since {day}.").format(what=what, day=until)])]


def _at(recorded_at: str, zone: str) -> str:
    return f", {day(recorded_at, zone)}" if recorded_at else ""


def _step(step: TraceStep, zone: str) -> str:
    deed = _STEPS.get(step.type, lambda: _("entry on {document}"))().format(document=step.document)
    words = f"- {clock_time(step.recorded_at, zone)} {deed}, {step.operator}"
    if step.type == "serial-corrected":
        before = _("(not readable)") if step.before is None else step.before
        words += f": {before} -> {step.after or ''}"
    return f"{words} ({step.reason})" if step.reason else words
