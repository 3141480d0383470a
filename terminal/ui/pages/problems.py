"""The problems: what the server refused later, with what happened and what to do. Nothing leaves the list by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from terminal.domain.documents import Duty
from terminal.domain.events import Registered
from terminal.domain.intents import AddSerial
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import Problem, Verdict
from terminal.ui.cells import Band, one, safe, several, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import ListPage, Page, Stage
from terminal.ui.pages.reasons import ask_why_again
from terminal.ui.ports import Fault
from terminal.ui.sentences import clock_time, problem_text, problem_title, refusal_sentence
from terminal.ui.words import _


class ProblemsPage(ListPage):
    """A list of problems, oldest first."""

    topic: ClassVar[str] = "problems"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.found: Sequence[Problem] | None = None
        self.choices = Choices()

    def keys(self) -> Keys:
        """See `Page`."""
        if not self.found:
            return (("f3", _("Back")),)
        return (("enter", _("open")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("Problems"), self.desk.state, columns)]
        foot = [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        if self.found is not None and not self.found:
            body = [one(_("No problems."), "ok", cells=columns)]
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        self.desk.problems(self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def scanned(self, scan: Scanned) -> None:
        """Take the number of a problem that was typed; a scan is judged where it belongs."""
        text = scan.code
        if text.isascii() and text.isdigit() and 0 < int(text[:5]) <= len(self.found or ()) and len(text) < 6:
            self.pick(int(text) - 1)
        else:
            self.stage.back_and_scan(scan)

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        if self.found is not None:
            self.stage.enter(ProblemPage(self.stage, self.found[at]))

    def _read(self, found: Sequence[Problem] | Fault) -> None:
        if isinstance(found, Fault):
            self.stage.fault(found)
            return
        self.found = found
        zone = self.desk.shop.time_zone
        entries = [(problem_title(p), clock_time(p.recorded_at, zone)[-5:]) for p in found]
        self.choices.put(entries, [problem_title(p, brief=True) for p in found])
        self.stage.repaint()


class ProblemPage(Page):
    """One problem, whole."""

    topic: ClassVar[str] = "problems"

    def __init__(self, stage: Stage, problem: Problem) -> None:
        super().__init__(stage)
        self.problem = problem
        self.first = 0
        self.put_away = False

    def keys(self) -> Keys:
        """See `Page`."""
        again = [("f9", _("Sell again"))] if self._may_sell_again() else []
        return (*again, ("f8", _("Dealt with")), ("f7", _("Down")), ("f3", _("Back")), ("f6", _("Up")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        problem, zone = self.problem, self.desk.shop.time_zone
        top = [header(_("Problem"), self.desk.state, columns)]
        foot = key_bar(self.keys(), columns, rows)
        made = several(
            wrap(safe(problem_text(problem, zone, sells_again=self._may_sell_again())), columns, 40), cells=columns
        )
        when = _("Operator {operator}, {at}.").format(
            operator=problem.operator, at=clock_time(problem.recorded_at, zone)
        )
        made += several(wrap(safe(when), columns, 3), cells=columns)
        room = max(1, rows - len(top) - len(foot))
        self.first = max(0, min(self.first, len(made) - room))
        return stack(top, made[self.first : self.first + room], foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "f8" and not self.put_away:
            self.put_away = True
            self.desk.put_away(self.problem.sequence, self._put_away)
        elif key.name == "f9" and self._may_sell_again():
            problem = self.problem
            again = AddSerial(problem.document, problem.line, problem.serial or "", "", *problem.along)
            ask_why_again(self.stage, again, lambda intent: self.desk.record(intent, None, self._sold_again))
        elif key.name in {"f6", "f7", "up", "down"}:
            self.first = max(0, self.first + (1 if key.name in {"f7", "down"} else -1))
            self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """A scan is judged where it belongs."""
        self.stage.back_and_scan(scan)

    def _may_sell_again(self) -> bool:
        """Whether it is a unit that only the server knew to be sold before, and a supervisor reads this (S22)."""
        problem, operator = self.problem, self.desk.operator
        sold = problem.refusal is not None and problem.refusal.code is Code.SOLD_BEFORE
        mine = problem.type == Registered.type and bool(problem.line and problem.serial) and not self.put_away
        return sold and mine and operator is not None and Duty.OVERRIDE in operator.duties

    def _sold_again(self, verdict: Verdict | Fault) -> None:
        if isinstance(verdict, Fault):
            self.stage.fault(verdict)
        elif isinstance(verdict.result, Refusal):
            self.stage.alarm(f"{_('NO')} {refusal_sentence(verdict.result, self.desk.shop.time_zone)}")
        elif not self.put_away:
            self.put_away = True  # the unit is on the slip again, so this is dealt with
            self.desk.put_away(self.problem.sequence, self._put_away)

    def _put_away(self, fault: Fault | None) -> None:
        if fault is not None:
            self.put_away = False
            self.stage.fault(fault)
        elif self.stage.on_top(self):
            self.stage.back()
