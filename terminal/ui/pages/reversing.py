"""Reversing a posted slip or one of its lines, always in full (S11), and what is kept because of it (S12)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from terminal.domain.documents import Duty, Kind, SlipStatus
from terminal.domain.intents import ReverseSlip
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import DocumentView, KeptUnit, LineView, OrderPage, Verdict
from terminal.ui.cells import Band, cut_left, safe, several, width, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Stage
from terminal.ui.pages.correcting import Unit
from terminal.ui.pages.inquiry import ask_drop
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.saying import SayingPage, Scroll, text_bands
from terminal.ui.ports import Desk, Fault, Link
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class ReversePage(SayingPage):
    """Chooses what is reversed: the whole slip, or a line of it."""

    def __init__(self, stage: Stage, number: str) -> None:
        super().__init__(stage)
        self.number = number
        self.view: DocumentView | None = None
        self.choices = Choices()

    def keys(self) -> Keys:
        """See `Page`."""
        if not self.choices.entries:
            return (("f3", _("Back")), ("f1", _("Menu")))
        return (("enter", _("choose")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        title = _("{document} reverse").format(document=self.number)
        top = [header(title, self.desk.state, columns)]
        refused = None if self.view is None else why_not_reverse(self.desk, self.view)
        said, style = self.said, self.style
        if not said and refused is not None:
            said, style = refusal_sentence(refused, self.desk.shop.time_zone), "warn"
        foot = said_bands(said, style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        return stack(top, self.choices.bands(columns, room, len(top)), foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.document(self.number, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        at = self.choices.pressed(key)
        if at is not None:
            self._choose(at)
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        at = self.choices.digit(digit)
        if at is not None:
            self._choose(at)
        return at is not None

    def scanned(self, scan: Scanned) -> None:
        """Take a place in the list that was typed; a scan chooses nothing (D13)."""
        text = scan.text.strip()
        typed = text.isascii() and text.isdigit() and len(text) < 6 and not scan.by_scanner
        if typed and 0 < int(text) <= len(self.choices.entries):
            self._choose(int(text) - 1)
        else:
            self.stage.back_and_scan(scan)

    def _choose(self, at: int) -> None:
        view = self.view
        if view is None:
            return
        if at == 1:
            self.stage.enter(KeptPage(self.stage, view.slip.order))
            return
        refused = why_not_reverse(self.desk, view)
        line = None if at == 0 else view.lines[at - 2]
        if refused is None and line is not None and line.line.reversed:
            refused = refuse(Code.LINE_REVERSED, document=self.number, line=line.line.number)
        if refused is not None:
            self.no(refused)
            return
        self.say("", "")
        number = 0 if line is None else line.line.number
        if self.desk.shop.policies.correction_reasons:
            question = _("Why is it reversed?")
            title = _("{document} reverse").format(document=self.number)
            self.stage.enter(ReasonPage(self.stage, title, question, lambda reason: self._ask(view, number, reason)))
        else:
            self._ask(view, number, "")

    def _ask(self, view: DocumentView, line: int, reason: str) -> None:
        self.stage.enter(ReversalPage(self.stage, view, line, reason))

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is None:
            self.no(refuse(Code.UNKNOWN_DOCUMENT, document=self.number))
        else:
            self.view = view
            lines = [(each.line.description or each.line.item, _line_state(each)) for each in view.lines]
            units = sum(each.line.units for each in view.lines if not each.line.reversed)
            self.choices.put([(_("Whole slip"), f"{units}"), (_("Kept serials ..."), ""), *lines])
            self.stage.repaint()


class ReversalPage(SayingPage):
    """Says what a reversal will do; a fresh Enter or F8 asks for it. The server does it, and its answer is shown."""

    def __init__(self, stage: Stage, view: DocumentView, line: int, reason: str) -> None:
        super().__init__(stage)
        self.view, self.line, self.reason = view, line, reason
        self.asking = False
        self.asked = False
        self.done = False
        self.scroll = Scroll()

    @property
    def number(self) -> str:
        """The slip's number."""
        return self.view.slip.number

    def keys(self) -> Keys:
        """See `Page`."""
        scroll = (("f6", _("Up")), ("f7", _("Down")))
        if self.asked:
            return (("f3", _("Back")), ("f1", _("Menu")), *scroll)
        return (("enter", _("reverse")), ("f3", _("Back")), *scroll)

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} reverse").format(document=self.number), self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        style = "ok" if self.done else "" if self.asked else "warn"
        words = text_bands(self._words(), style, columns)
        return stack(top, self.scroll.bands(words, rows - len(top) - len(foot)), foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.document(self.number, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.scroll.pressed(key.name):
            self.stage.repaint()
        elif key.name in {"enter", "f8"} and not self.asked and not self.asking:
            if key.name == "enter" and not key.fresh:
                self.say("info", _("Wait a moment, then press Enter again."))
                return
            self.asking = True
            self.desk.record(ReverseSlip(self.number, self.line, self.reason), None, self._judged)

    def scanned(self, scan: Scanned) -> None:
        """A scan answers no question: it counts as no (D13)."""
        self.stage.back_and_scan(scan)

    def _judged(self, verdict: Verdict | Fault) -> None:
        self.asking = False
        if isinstance(verdict, Fault):
            self.stage.fault(verdict)
        elif isinstance(verdict.result, Refusal):
            self.no(verdict.result)
        else:
            self.asked = True
            self.say("", "")
            self.stage.sound(Sound.OK)
            self.shown()

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            if self.asked and not self.done and not _lines(view, self.line):
                self.done = True
                self.stage.sound(Sound.DOCUMENT_COMPLETE)
            elif not self.asked:
                self.view = view
            self.stage.repaint()

    def _words(self) -> list[str]:
        order = self.view.slip.order
        if self.done:
            words = _("OK Reversed. The serials are kept: the next slip of {order} begins with them.")
            return [words.format(order=order)]
        if self.asked:
            return [_("The request is stored here. The server reverses the slip as soon as it is reached.")]
        lines = _lines(self.view, self.line)
        units = sum(each.line.units for each in lines)
        serials = sum(each.tally.registered for each in lines)
        whole = self.line == 0
        what = _("the whole slip") if whole else _("line {line}").format(line=self.line)
        said = [
            plural(
                "Reverse {what}: {n} unit, always in full?",
                "Reverse {what}: {n} units, always in full?",
                units,
                what=what,
            )
        ]
        if self.desk.state.link not in {Link.ONLINE, Link.DEGRADED}:  # in sight on a handheld too
            said.append(_("- No link: the request waits here for the server."))
        said += [f"{each.line.units} {each.line.description or each.line.item}" for each in lines[:3] if not whole]
        said.append(_("- The units go back to order {order}.").format(order=order))
        if serials:
            kept = plural(
                "- {n} serial is kept for the next slip.", "- {n} serials are kept for the next slip.", serials
            )
            said.append(kept)
        said.append(_("- Invoices not yet posted lose these units."))
        if self.reason:
            said.append(_("- Reason: {reason}").format(reason=self.reason))
        return said


class KeptPage(SayingPage):
    """The serials that the next slips of an order begin with; each can be dropped (S12)."""

    def __init__(self, stage: Stage, order: str) -> None:
        super().__init__(stage)
        self.order = order
        self.kept: Sequence[KeptUnit] | None = None
        self.choices = Choices()

    def keys(self) -> Keys:
        """See `Page`."""
        if not self.kept:
            return (("f3", _("Back")), ("f1", _("Menu")))
        return (("enter", _("drop")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{order} kept").format(order=self.order), self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        self.choices.put([_kept_words(at, unit, columns) for at, unit in enumerate(self.kept or (), 1)])
        body = self.choices.bands(columns, room, len(top))
        if self.kept is not None and not self.kept:
            body = several(wrap(_("Nothing is kept for this order."), columns, room), cells=columns)
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.order(self.order, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.desk.order(self.order, self._read, ask=False)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        at = self.choices.pressed(key)
        if at is not None:
            self._drop(at)
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        at = self.choices.digit(digit)
        if at is not None:
            self._drop(at)
        return at is not None

    def scanned(self, scan: Scanned) -> None:
        """Go to a serial, or to a place in the list that was typed."""
        if scan.repeat:
            return
        text = scan.text.strip()
        found = [at for at, unit in enumerate(self.kept or ()) if (unit.serial or "").casefold() == text.casefold()]
        if text and found:
            self.choices.selected = found[0]
            self.say("info", _("Press Enter to drop it."))
        else:
            self.no(_("{serial} is not kept for this order.").format(serial=cut_left(safe(text), 30)))

    def _drop(self, at: int) -> None:
        if self.kept and at < len(self.kept):
            self.desk.document(self.kept[at].came_from, partial(self._ask, self.kept[at]))

    def _ask(self, kept: KeptUnit, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
            return
        lines = view.lines if view is not None else ()
        at = [each.line.number for each in lines if each.line.reversed and each.line.order_line == kept.order_line]
        if not at:
            self.no(refuse(Code.UNKNOWN_DOCUMENT, document=kept.came_from))
        elif self.stage.on_top(self):
            status = SlipStatus.POSTED if view is None else view.slip.status
            unit = Unit(kept.registration, kept.came_from, at[0], kept.item, kept.serial, status, kept=True)
            ask_drop(self.stage, unit, self)

    def _read(self, page: OrderPage | Fault | None) -> None:
        if isinstance(page, Fault):
            self.stage.fault(page)
        elif page is None:
            self.no(refuse(Code.UNKNOWN_ORDER, order=self.order))
        else:
            self.kept = page.kept
            self.stage.repaint()


def why_not_reverse(desk: Desk, view: DocumentView) -> Refusal | None:
    """Say beforehand why a slip can't be reversed, or None. The rule itself judges when it is asked for."""
    number, status = view.slip.number, view.slip.status
    if desk.operator is None or Duty.CORRECT_SERIALS not in desk.operator.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.CORRECT_SERIALS)
    if view.slip.kind != Kind.PACKING_SLIP:
        return refuse(Code.NOT_A_SLIP, document=number)
    match status:
        case SlipStatus.POSTED:
            return None
        case SlipStatus.DRAFT:
            return refuse(Code.STILL_DRAFT, document=number)
        case SlipStatus.POSTING:
            return refuse(Code.POSTING_PENDING, document=number)
        case _:
            return refuse(Code.DOCUMENT_CLOSED, document=number)


def _lines(view: DocumentView, line: int) -> Sequence[LineView]:
    """Give the lines that a reversal is about: those not reversed yet."""
    return [each for each in view.lines if not each.line.reversed and line in (0, each.line.number)]


def _line_state(view: LineView) -> str:
    return _("reversed") if view.line.reversed else str(view.line.units)


def _kept_words(number: int, unit: KeptUnit, columns: int) -> tuple[str, str]:
    right = f"{unit.item} {unit.came_from}" if columns >= 40 else ""
    right = right if width(safe(right)) <= columns // 2 else ""
    room = columns - width(f"{number} ") - width(safe(right)) - (1 if right else 0)
    serial = _("(not readable)") if unit.serial is None else safe(unit.serial)
    return cut_left(serial, max(1, room)), right
