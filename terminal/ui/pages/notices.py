"""Screens that only say something: help, a question, a journal that can't be written, a screen that is too small."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.ui.cells import Band, cut_left, safe, several, wrap
from terminal.ui.frame import Keys, header, key_bar, said_bands, stack
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.help_words import help_topics
from terminal.ui.pages.saying import Scroll, text_bands
from terminal.ui.ports import Fault
from terminal.ui.sentences import LONGEST_ECHO, not_a_scan, trouble_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class HelpPage(Page):
    """What `topic` names; Enter shows all the rest: what the keys do and how things are done."""

    def __init__(self, stage: Stage, topic: str = "") -> None:
        super().__init__(stage)
        self.topics = help_topics(topic)
        self.whole = False
        self.scroll = Scroll()

    def keys(self) -> Keys:
        """See `Page`."""
        more = () if self.whole else (("enter", _("all help")),)
        return (*more, ("f7", _("Down")), ("f6", _("Up")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("Help"), self.desk.state, columns)]
        foot = key_bar(self.keys(), columns, rows)
        made: list[Band] = []
        for topic in self.topics if self.whole else self.topics[:1]:
            made += text_bands([topic.heading], "bold", columns) + text_bands([*topic.sentences], "", columns)
        return stack(top, self.scroll.bands(made, rows - len(top) - len(foot)), foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "enter":
            self.whole = True
        self.scroll.pressed(key.name)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """A scan is judged where it belongs."""
        self.stage.back_and_scan(scan)


class AskPage(Page):
    """A question. Only a fresh Enter says yes; everything else, a scan too, is no (D13)."""

    def __init__(self, stage: Stage, title: str, question: str, yes: str, then: Callable[[], None]) -> None:
        super().__init__(stage)
        self.title, self.question, self.yes, self.then = title, question, yes, then

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", self.yes), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(self.title, self.desk.state, columns)]
        foot = key_bar(self.keys(), columns, rows)
        room = max(1, rows - len(top) - len(foot))
        body = several(wrap(safe(self.question), columns, room), "warn", cells=columns)
        return stack(top, body, foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "enter" and key.fresh:
            self.stage.back()
            self.then()

    def scanned(self, scan: Scanned) -> None:
        """See the class."""
        self.stage.back_and_scan(scan)


class AlarmPage(AskPage):
    """Something that must be read: it stays over every other page until then."""


class NotTakenPage(AlarmPage):
    """Scans that were not taken and never will be: whoever is here must see which, so only a fresh Enter leads on.

    Where not all fits, Enter shows the rest first. A scan that comes meanwhile is not taken either, and says so.
    """

    def __init__(self, stage: Stage, lines: Sequence[str], then: Callable[[], None]) -> None:
        super().__init__(stage, _("Not taken"), "\n".join(map(safe, lines)), _("read"), then)
        self.first = 0
        self.said = ""
        self._room = 1
        self._more = True

    @property
    def leavable(self) -> bool:
        """See `Page`."""
        return False

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("more") if self._more else self.yes), ("f6", _("Up")), ("f7", _("Down")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(self.title, self.desk.state, columns)]
        said = said_bands(self.said, "no", columns, rows)
        self._room = max(1, rows - len(top) - len(said) - len(key_bar(self.keys(), columns, rows)))
        made = several(wrap(self.question, columns, 10_000), "warn", cells=columns)
        self.first = max(0, min(self.first, len(made) - self._room))
        self._more = self.first + self._room < len(made)
        foot = [*said, *key_bar(self.keys(), columns, rows)]
        return stack(top, made[self.first : self.first + self._room], foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        match key.name:
            case "enter" if key.fresh and not self._more:
                super().pressed(key)
                return
            case "enter" if key.fresh:
                self.first += self._room
            case "f6" | "up":
                self.first -= 1
            case "f7" | "down":
                self.first += 1
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """See the class."""
        code = cut_left(safe(scan.text), LONGEST_ECHO)
        self.said = _("NO {code} was not taken. Read this, then scan it again.").format(code=code)
        self.stage.sound(Sound.NO)
        self.stage.repaint()

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self.said = f"{_('NO')} {not_a_scan(what.reason, what.excerpt)}"
        self.stage.sound(Sound.NO)
        self.stage.repaint()


class FaultPage(Page):
    """The journal can't be written: in plain words, over everything, until it can."""

    def __init__(self, stage: Stage, fault: Fault, retry: Callable[[], None]) -> None:
        super().__init__(stage)
        self.problem = fault
        self.retry = retry
        self.lost = 0
        """Scans that came while nothing could be stored: each was refused, none was taken."""

    @property
    def leavable(self) -> bool:
        """See `Page`."""
        return False

    def keys(self) -> Keys:
        """See `Page`. Who hasn't signed in yet may leave: it may never get well, as with a newer journal."""
        again = ("enter", _("retry"))
        return (again,) if self.desk.operator else (again, ("f3", _("Leave")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        words = f"{_('NO')} {trouble_sentence(self.problem.trouble)}"
        if self.lost:
            words += " " + plural(
                "{n} scan since then was NOT taken: scan it again.",
                "{n} scans since then were NOT taken: scan them again.",
                self.lost,
            )
        foot = key_bar(self.keys(), columns, rows)
        made = wrap(words, columns, max(1, rows - len(foot)))
        gap = max(0, rows - len(foot) - len(made))
        return [*several([*made, *[""] * gap], "no", cells=columns), *foot]

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "enter" and key.fresh:
            self.retry()
        elif key.name in {"f3", "escape"} and not self.desk.operator:
            self.stage.leave()

    def scanned(self, scan: Scanned) -> None:
        """Nothing can be stored, so nothing is taken, loudly."""
        self.lost += 0 if scan.repeat else 1
        self.stage.sound(Sound.NO)
        self.stage.repaint()

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`. It was meant for one, and is to be scanned again, too."""
        self.lost += 1
        self.stage.sound(Sound.NO)
        self.stage.repaint()


class BeginningPage(Page):
    """The journal is being opened."""

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        return several(wrap(_("Starting ..."), columns, rows), cells=columns)

    @property
    def leavable(self) -> bool:
        """See `Page`."""
        return False

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`. Nobody is signed in yet: no scan counts here."""


def too_small(columns: int, rows: int) -> list[Band]:
    """Say that nothing can be worked with at this size."""
    return several(wrap(_("Screen too small"), columns, rows), cells=columns)
