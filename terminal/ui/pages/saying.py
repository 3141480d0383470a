"""What the pages of corrections, look-ups and sales are made of: saying what happened, long texts, scans in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from terminal.domain.refusals import Refusal
from terminal.ui.cells import Band, safe, several, wrap
from terminal.ui.messages import NotAScan
from terminal.ui.page import Page, Stage
from terminal.ui.ports import Fault
from terminal.ui.sentences import not_a_scan, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

LONGEST_TEXT = 200
"""Rows of a paragraph at the most."""


def asking_words() -> str:
    """Say that more may come: the server has not answered yet."""
    return _("Asking the server ...")


class SayingPage(Page):
    """A page that says what happened in rows of its own. Once it is gone, what went wrong is said over the others."""

    def __init__(self, stage: Stage, said: str = "", style: str = "") -> None:
        super().__init__(stage)
        self.said, self.style = said, style
        self.gone = False

    def say(self, style: str, words: str) -> None:
        """Say something."""
        self.style, self.said = style, words
        self.stage.repaint()

    def ok(self, words: str) -> None:
        """Say what was done, and let it be heard."""
        self.say("ok", f"{_('OK')} {words}")
        self.stage.sound(Sound.OK)

    def no(self, why: str | Refusal) -> None:
        """Say why not, and let it be heard."""
        words = refusal_sentence(why, self.desk.shop.time_zone) if isinstance(why, Refusal) else why
        if self.gone:
            self.stage.alarm(f"{_('NO')} {words}")
            return
        self.say("no", f"{_('NO')} {words}")
        self.stage.sound(Sound.NO)

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self.no(not_a_scan(what.reason, what.excerpt))

    def told(self, style: str, words: str) -> None:
        """See `Page`. Good news hides no verdict."""
        if style != "info" or self.style in {"", "info"}:
            self.say(style, words)

    def untold(self, words: str) -> None:
        """See `Page`."""
        if self.said == words:
            self.say("", "")

    def left(self) -> Sequence[str]:
        """See `Page`."""
        self.gone = True
        return ()


class Scroll(Struct):
    """A text that may be longer than the screen."""

    first: int = 0
    shown: int = 1

    def bands(self, made: Sequence[Band], rows: int) -> list[Band]:
        """Cut out the rows that are shown."""
        self.shown = max(1, rows)
        self.first = max(0, min(self.first, len(made) - self.shown))
        return list(made[self.first : self.first + self.shown])

    def pressed(self, name: str) -> bool:
        """Move by a key; says whether it was one that moves."""
        page = max(1, self.shown - 1)
        step = {"f7": page, "pagedown": page, "f6": -page, "pageup": -page, "down": 1, "up": -1}.get(name)
        if step is None:
            return False
        self.first = max(0, self.first + step)
        return True


def text_bands(paragraphs: list[str], style: str, columns: int) -> list[Band]:
    """Make the rows of paragraphs that hold words from elsewhere."""
    rows = [row for words in paragraphs for row in wrap(safe(words), columns, LONGEST_TEXT)]
    return several(rows, style, cells=columns)


class Turn(Struct, frozen=True):
    """Something that waits to be judged: how to ask, what to do with the result, and the code that it is about."""

    ask: Callable[[Callable[[Any], None]], None]
    then: Callable[[Any], None]
    what: str


class Turns:
    """Scans and keys of a page, judged one at a time and in order. None is lost while the journal can't be written."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turns: deque[Turn] = deque()
        self._busy = False
        self._who = _operator(stage)

    @property
    def waiting(self) -> Sequence[str]:
        """The codes that are not judged yet, oldest first."""
        return [turn.what for turn in self._turns if turn.what]

    def take(self, ask: Callable[[Callable[[Any], None]], None], then: Callable[[Any], None], what: str = "") -> None:
        """Ask for something when its turn has come; `then` gets the result, which is never a fault."""
        self._turns.append(Turn(ask, then, what))
        self.next()

    def take_first(
        self, ask: Callable[[Callable[[Any], None]], None], then: Callable[[Any], None], what: str = ""
    ) -> None:
        """Ask for something before all that waits: it came before it, and the operator has said what was open."""
        self._turns.appendleft(Turn(ask, then, what))

    def next(self) -> None:
        """Go on."""
        if self._turns and not self._busy:
            self._busy = True
            self._turns[0].ask(self._judged)

    def give_up(self) -> Sequence[str]:
        """Give up, for another operator, what the journal could not take; gives what must be read because of it."""
        waiting = self.waiting
        if self._busy or not waiting or self._who == _operator(self._stage):
            return ()
        self._turns.clear()
        why = plural(
            "NO {n} scan of operator {operator} was NOT taken. Scan the unit again, or put it aside:",
            "NO {n} scans of operator {operator} were NOT taken. Scan the units again, or put them aside:",
            len(waiting),
            operator=self._who,
        )
        return [why, *waiting]

    def clear(self) -> Sequence[str]:
        """Take back what has not been asked yet; gives its codes."""
        kept = self.waiting[1:] if self._busy else self.waiting
        while len(self._turns) > self._busy:
            self._turns.pop()
        return kept

    def _judged(self, result: Any) -> None:
        self._busy = False
        if isinstance(result, Fault):
            self._stage.fault(result, self.next)
            return
        self._turns.popleft().then(result)
        self.next()


def _operator(stage: Stage) -> str:
    return stage.desk.operator.id if stage.desk.operator else ""
