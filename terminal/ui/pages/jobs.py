"""Scans and keys of a page where units are scanned: judged in turn, and held by an error until it is read (D7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from terminal.ui.frame import Keys
from terminal.ui.messages import Pressed
from terminal.ui.page import Stage
from terminal.ui.pages.saying import Turns
from terminal.ui.pages.scan_layout import Said
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class Jobs(Turns):
    """Turns that an error holds where the site wants errors acknowledged: nothing counts until a fresh Enter.

    `say` shows a verdict on the page. Once the page is gone, a refusal is said over the others.
    """

    def __init__(self, stage: Stage, document: str, say: Callable[[Said], None]) -> None:
        super().__init__(stage)
        self.unacknowledged = False
        self.paused = False
        """Whether the rest waits for an answer of the operator."""
        self._document = document
        self._say = say
        self._gone = False

    @property
    def held(self) -> int:
        """How many scans wait until an error is acknowledged."""
        return len(self.waiting) if self.unacknowledged else 0

    def keys(self) -> Keys:
        """Give the only key that works while an error holds everything."""
        held = self.held
        return (("enter", plural("go on: {n} held", "go on: {n} held", held) if held else _("go on")),)

    def take(self, ask: Callable[[Callable[[Any], None]], None], then: Callable[[Any], None], what: str = "") -> None:
        """See `Turns`. What is held makes itself heard."""
        super().take(ask, then, what)
        if self.unacknowledged:
            self._stage.sound(Sound.NO)
            self._stage.repaint()

    def next(self) -> None:
        """See `Turns`."""
        if not (self.unacknowledged or self.paused):
            super().next()

    def acknowledge(self, key: Pressed) -> None:
        """Go on, if the key is an Enter that can't be part of a scan."""
        if key.name == "enter" and key.fresh:
            self.unacknowledged = False
            self._say(Said())
            self.next()

    def no(self, sentence: str) -> None:
        """Say that something was refused, and hold the rest where the site wants it."""
        if self._gone:
            self._stage.alarm(f"{_('NO')} {sentence}")
            return
        self.unacknowledged = self._stage.desk.shop.policies.acknowledge_errors
        self._say(Said("no", f"{_('NO')} {sentence}"))
        self._stage.sound(Sound.NO)

    def left(self) -> Sequence[str]:
        """The page is gone. Given up by name: what waits for an Enter that can't come any more, and what another
        operator would write down now. The rest is judged yet, as soon as the journal can."""
        self._gone = True
        if not self.unacknowledged:
            return self.give_up()
        waiting = self.clear()
        if not waiting:
            return ()
        why = plural(
            "NO {n} scan of operator {operator} on {document} was NOT taken: it waited behind an error. "
            "Scan the unit again, or put it aside:",
            "NO {n} scans of operator {operator} on {document} were NOT taken: they waited behind an error. "
            "Scan the units again, or put them aside:",
            len(waiting),
            operator=self._who,
            document=self._document,
        )
        return [why, *waiting]
