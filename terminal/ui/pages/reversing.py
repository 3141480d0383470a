"""Reversing a posted slip or one of its lines, always in full (S11), and what is kept because of it (S12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from terminal.domain.documents import SlipStatus
from terminal.domain.events import SlipReversed
from terminal.domain.intents import ReverseSlip
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import DocumentView, KeptUnit, LineView, OrderPage, Problem, Verdict
from terminal.ui.cells import Band, cut_left, safe, several, width, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.correcting import Unit
from terminal.ui.pages.inquiry import ask_drop
from terminal.ui.pages.reasons import ReasonPage
from terminal.ui.pages.saying import SayingPage, Scroll, asking_words, text_bands
from terminal.ui.ports import Fault, Link
from terminal.ui.sentences import problem_text, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class ReversePage(ListPage, SayingPage):
    """Chooses what is reversed: the whole slip, or a line of it."""

    topic: ClassVar[str] = "reversals"

    def __init__(self, stage: Stage, number: str) -> None:
        super().__init__(stage)
        self.number = number
        self.view: DocumentView | None = None
        self.refused: Mapping[int, Refusal] = {}
        """Why a line can't be reversed, as far as is known here, by its number; 0 is the whole slip."""
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
        refused = None if self.view is None else self.refused.get(self._line(self.choices.selected))
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

    def moved(self) -> None:
        """See `ListPage`. What was said is true of another entry."""
        self.say("", "")

    def scanned(self, scan: Scanned) -> None:
        """Take a place in the list that was typed; a scan chooses nothing (D13)."""
        text = scan.code
        typed = text.isascii() and text.isdigit() and len(text) < 6 and not scan.by_scanner
        if typed and 0 < int(text) <= len(self.choices.entries):
            self.pick(int(text) - 1)
        else:
            self.stage.back_and_scan(scan)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        view = self.view
        if view is None:
            return
        if at == 1:
            self.stage.enter(KeptPage(self.stage, view.slip.order))
            return
        self.choices.selected = at
        line = self._line(at)
        self.desk.why_not([self._intent(line)], partial(self._may, view, line))

    def _may(self, view: DocumentView, line: int, refused: Sequence[Refusal | None] | Fault) -> None:
        """Go on with what was chosen, where the rules have nothing against it."""
        if isinstance(refused, Fault):
            self.stage.fault(refused)
            return
        if refused[0] is not None:
            self.no(refused[0])
            return
        if not self.stage.on_top(self):
            return
        self.say("", "")
        if self.desk.shop.policies.correction_reasons:
            question = _("Why is it reversed?")
            title = _("{document} reverse").format(document=self.number)
            self.stage.enter(ReasonPage(self.stage, title, question, lambda reason: self._ask(view, line, reason)))
        else:
            self._ask(view, line, "")

    def _ask(self, view: DocumentView, line: int, reason: str) -> None:
        self.stage.enter(ReversalPage(self.stage, view, line, reason))

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is None:
            self.no(refuse(Code.UNKNOWN_DOCUMENT, document=self.number))
        else:
            self.view = view
            self._fill(view)
            self.desk.why_not([self._intent(0)], partial(self._whole_judged, view))

    def _whole_judged(self, view: DocumentView, refused: Sequence[Refusal | None] | Fault) -> None:
        """Take why the whole slip can't be reversed: where units of it are invoiced, other lines still may be."""
        if isinstance(refused, Fault):
            self.stage.fault(refused)
            return
        whole = refused[0]
        self.refused = {} if whole is None else {0: whole, **{each.line.number: whole for each in view.lines}}
        self._fill(view)
        if whole is not None and whole.code is Code.INVOICED:
            intents = [self._intent(each.line.number) for each in view.lines]
            self.desk.why_not(intents, partial(self._lines_judged, view, whole))

    def _lines_judged(self, view: DocumentView, whole: Refusal, refused: Sequence[Refusal | None] | Fault) -> None:
        if not isinstance(refused, Fault):
            lines = zip((each.line.number for each in view.lines), refused, strict=True)
            self.refused = {0: whole, **{number: why for number, why in lines if why is not None}}
            self._fill(view)

    def _intent(self, line: int) -> ReverseSlip:
        """Give what would be asked for; with any reason that counts, because it is asked for later."""
        reasons = self.desk.shop.policies.correction_reasons
        return ReverseSlip(self.number, line, reasons[0] if reasons else "")

    def _line(self, at: int) -> int:
        """Give the number of the line in a place of the list: 0 for the whole slip, -1 for what is no line."""
        if at < 2 or self.view is None:
            return -at
        return self.view.lines[at - 2].line.number

    def _fill(self, view: DocumentView) -> None:
        """Write the list; what can't be reversed stands in parentheses, as in a menu."""
        units = sum(each.line.units for each in view.lines if not each.line.reversed)
        entries = [(0, _("Whole slip"), f"{units}"), (-1, _("Kept serials ..."), "")]
        entries += [
            (each.line.number, each.line.description or each.line.item, _line_state(each)) for each in view.lines
        ]
        self.choices.put([(f"({words})" if line in self.refused else words, right) for line, words, right in entries])
        self.stage.repaint()


class ReversalPage(SayingPage):
    """Says what a reversal will do; a fresh Enter or F8 asks for it. The server does it, and its answer is shown."""

    topic: ClassVar[str] = "reversals"

    def __init__(self, stage: Stage, view: DocumentView, line: int, reason: str) -> None:
        super().__init__(stage)
        self.view, self.line, self.reason = view, line, reason
        self.asking = False
        self.asked = False
        self.done = False
        self.refused: Problem | None = None
        """What the server said against it."""
        self.scroll = Scroll()
        self._before: frozenset[int] = frozenset()  # problems from before it was asked for

    @property
    def number(self) -> str:
        """The slip's number."""
        return self.view.slip.number

    def keys(self) -> Keys:
        """See `Page`."""
        scroll = (("f6", _("Up")), ("f7", _("Down")))
        if self.refused is not None:
            return (("f8", _("Dealt with")), ("f3", _("Back")), *scroll)
        if self.asked:
            return (("f3", _("Back")), ("f1", _("Menu")), *scroll)
        return (("enter", _("reverse")), ("f3", _("Back")), *scroll)

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} reverse").format(document=self.number), self.desk.state, columns)]
        foot = [] if self.refused else said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        style = "no" if self.refused else "ok" if self.done else "" if self.asked else "warn"
        words = text_bands(self._words(), style, columns)
        return stack(top, self.scroll.bands(words, rows - len(top) - len(foot)), foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.document(self.number, self._read)
        self.desk.problems(self._problems_read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if self.scroll.pressed(key.name):
            self.stage.repaint()
        elif key.name == "f8" and self.refused is not None:
            self.desk.put_away(self.refused.sequence, self._put_away)
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

    def _problems_read(self, problems: Sequence[Problem] | Fault) -> None:
        """Find out whether the server refused it: a problem of this slip that was not there before."""
        if isinstance(problems, Fault):
            return
        if not self.asked:
            self._before = frozenset(each.sequence for each in problems)
            return
        mine = [each for each in problems if (each.type, each.document) == (SlipReversed.type, self.number)]
        new = [each for each in mine if each.sequence not in self._before]
        if new and self.refused is None:
            self.refused = new[-1]
            self.scroll.first = 0
            self.stage.sound(Sound.NO)
            self.stage.repaint()

    def _put_away(self, fault: Fault | None) -> None:
        if fault is not None:
            self.stage.fault(fault)
        elif self.stage.on_top(self):
            self.stage.back()

    def _words(self) -> list[str]:
        order = self.view.slip.order
        if self.refused is not None:
            return [f"{_('NO')} {problem_text(self.refused, self.desk.shop.time_zone)}"]
        if self.done:
            words = _("OK Reversed. The serials are kept: the next slip of {order} begins with them.")
            return [words.format(order=order)]
        if self.asked:
            return [_("The request is stored here. The server reverses the slip as soon as it is reached.")]
        lines = _lines(self.view, self.line)
        units = sum(each.line.units for each in lines)
        serials = sum(each.tally.registered for each in lines)
        blanks = sum(each.tally.blanks for each in lines)
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
            if blanks:
                kept = _("- {n} are kept for the next slip, {blanks} of them not readable.")
                kept = kept.format(n=serials, blanks=blanks)
            said.append(kept)
        said.append(_("- Invoices not yet posted lose these units."))
        if self.reason:
            said.append(_("- Reason: {reason}").format(reason=self.reason))
        return said


class KeptPage(ListPage, SayingPage):
    """The serials that the next slips of an order begin with; each can be dropped (S12)."""

    topic: ClassVar[str] = "reversals"

    def __init__(self, stage: Stage, order: str) -> None:
        super().__init__(stage)
        self.order = order
        self.asking = True
        """Whether the server has not answered yet: what is known here is shown meanwhile."""
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
        if self.asking:
            top += text_bands([asking_words()], "info", columns)
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        self.choices.put([_kept_words(at, unit, columns) for at, unit in enumerate(self.kept or (), 1)])
        body = self.choices.bands(columns, room, len(top))
        if self.kept is not None and not self.kept and not self.asking:
            words = _("Nothing is kept for this order.")
            if self.desk.state.link in {Link.OFFLINE, Link.DENIED}:
                words = _("No link: nothing is known here of what is kept for this order.")
            body = several(wrap(words, columns, room), cells=columns)
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        if self.kept is None:
            self.news(None)
        self.desk.order(self.order, self._answered)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.desk.order(self.order, self._read, ask=False)

    def scanned(self, scan: Scanned) -> None:
        """Go to a serial, or to a place in the list that was typed."""
        if scan.repeat:
            return
        text = scan.code
        found = [at for at, unit in enumerate(self.kept or ()) if (unit.serial or "").casefold() == text.casefold()]
        if text and found:
            self.choices.selected = found[0]
            self.say("info", _("Press Enter to drop it."))
        else:
            self.no(_("{serial} is not kept for this order.").format(serial=cut_left(safe(text), 30)))

    def pick(self, at: int) -> None:
        """See `ListPage`."""
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

    def _answered(self, page: OrderPage | Fault | None) -> None:
        self.asking = False
        self._read(page)
        self.stage.repaint()

    def _read(self, page: OrderPage | Fault | None) -> None:
        if isinstance(page, Fault):
            self.stage.fault(page)
        elif page is not None:
            self.kept = page.kept
            self.stage.repaint()
        elif not self.asking:
            self.no(refuse(Code.UNKNOWN_ORDER, order=self.order))


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
