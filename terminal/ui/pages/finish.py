"""Finishing a document: what is still missing, per line; then post. Offline the request waits, and says so."""

from __future__ import annotations

from collections.abc import Callable

from terminal.domain.documents import Duty, SlipStatus
from terminal.domain.intents import RequestPosting, WithdrawPosting
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import DONE, Ahead, DocumentView, Verdict
from terminal.ui.cells import Band, one, safe, several, wrap
from terminal.ui.frame import Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.menu import lacking, next_words
from terminal.ui.ports import Fault, Link
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

NAMED = 3
"""Slips that a sentence names at the most."""


class FinishPage(Page):
    """Asks whether to post; only an Enter that can't be part of a scan says yes (D13).

    `more`: what the page below does to show what can be done with the document once it is posted.
    """

    def __init__(self, stage: Stage, document: str, more: Callable[[], None]) -> None:
        super().__init__(stage)
        self.document = document
        self.more = more
        self.view: DocumentView | None = None
        self.ahead: Ahead | None = None
        self.said, self.style = "", "no"
        self.refused: Refusal | None = None
        """Why it was not posted when Enter was pressed last."""
        self.printed = ""
        """What came of printing it, where it is printed when it is posted (S15)."""
        self.first = 0
        self._scrolls = False

    def keys(self) -> Keys:
        """See `Page`."""
        if self.view is None:
            return (("f3", _("Back")),)
        scroll = (("f6", _("Up")), ("f7", _("Down"))) if self._scrolls else ()
        ways = (("f3", _("Back")), *scroll)
        match self.view.slip.status:
            case SlipStatus.DRAFT if not self.view.obstacles:
                return (("enter", self._if_may(_("post"))), *ways)
            case SlipStatus.POSTING:
                return (("f8", self._if_may(_("Take back"))), *ways)
            case SlipStatus.DRAFT:
                return ways
            case SlipStatus.POSTED:
                return (("enter", _("to list")), ("f8", _("More")), *ways)
            case _:
                return (("f8", _("More")), *ways)

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} finish").format(document=self.document), self.desk.state, columns)]
        words = "" if self._listed else self.said
        said = [*said_bands(words, self.style, columns, rows), entry_band(entry, columns)]
        body = self._body(columns)
        self._scrolls = False  # keys that move the text are shown where it is longer than the screen
        self._scrolls = len(top) + len(body) + len(said) + len(key_bar(self.keys(), columns, rows)) > rows
        foot = [*said, *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        self.first = max(0, min(self.first, len(body) - room))
        body = body[self.first : self.first + room]
        return stack(top, body, foot, rows)

    def _body(self, columns: int) -> list[Band]:
        view = self.view
        if view is None:
            return []
        made: list[Band] = []
        match view.slip.status:
            case SlipStatus.POSTED:
                made += several(wrap(_("OK Posted. The server has it."), columns, 3), "ok", cells=columns)
                if self.printed:
                    made += several(wrap(safe(self.printed), columns, 8), "info", cells=columns)
            case SlipStatus.POSTING:
                text = _("The request to post is stored here. The server posts it as soon as it is reached.")
                made += several(wrap(text, columns, 6), "warn", cells=columns)
            case SlipStatus.DRAFT if view.obstacles:
                heading, style = _("Not ready to post:"), "bold"
                if self._listed:
                    heading, style = f"{_('NO')} {heading}", "no"
                made += several(wrap(heading, columns, 2), style, cells=columns)
                for obstacle in sorted(view.obstacles, key=_less_urgent):
                    words = safe(refusal_sentence(obstacle, self.desk.shop.time_zone))
                    made += several(wrap(f"- {words}", columns, 4), cells=columns)
            case SlipStatus.DRAFT:
                made += self._ready(view, columns)
            case _:
                closed = _("This invoice is closed.") if view.slip.charges else _("This slip is closed.")
                made += several(wrap(closed, columns, 2), "info", cells=columns)
        made += self._counts(view, columns)
        if view.slip.status in DONE:
            made += several(wrap(next_words(self.desk, view.slip), columns, 5), "info", cells=columns)
        if view.slip.status is SlipStatus.DRAFT:
            for words in self._looking_ahead(view):
                made += several(wrap(safe(words), columns, 6), "warn", cells=columns)
        return made

    @property
    def _listed(self) -> bool:
        """Whether what was refused last stands among what is in the way: it is said there."""
        return self.view is not None and self.refused in self.view.obstacles

    def _ready(self, view: DocumentView, columns: int) -> list[Band]:
        """Say what goes without a serial, and that it can be posted now, or that somebody else has to (S17)."""
        made: list[Band] = []
        for words in self._without_serial(view):
            made += several(wrap(words, columns, 3), "warn", cells=columns)
        why_not = lacking(self.desk, Duty.POST)
        if made:
            words = why_not or _("Enter posts all the same.")
            made += several(wrap(words, columns, 3), "warn", cells=columns)
        elif why_not:
            made += several(wrap(f"{_('Nothing is missing.')} {why_not}", columns, 5), "warn", cells=columns)
        else:
            made += several(wrap(_("Nothing is missing. Press Enter to post."), columns, 3), "ok", cells=columns)
        return made

    def _if_may(self, word: str) -> str:
        return f"({word})" if lacking(self.desk, Duty.POST) else word

    def _without_serial(self, view: DocumentView) -> list[str]:
        """Say, a sentence each, which lines have units without a serial, where that is allowed."""
        return [
            plural(
                "{n} unit of line {line} has no serial.",
                "{n} units of line {line} have no serial.",
                line.open_units,
                line=str(line.line.number),
            )
            for line in view.lines
            if line.open_units
        ]

    def _looking_ahead(self, view: DocumentView) -> list[str]:
        """Say, a sentence each, what will be harder once it is posted (S9, S14)."""
        said = []
        if self.ahead is not None and self.ahead.blanks:
            said.append(self._blanks_ahead(view))
        if self.ahead is not None and self.ahead.uninvoiced:
            slips = ", ".join(self.ahead.uninvoiced[:NAMED])
            more = len(self.ahead.uninvoiced) - NAMED
            if more > 0:
                slips = plural("{slips} and {n} more", "{slips} and {n} more", more, slips=slips)
            words = _("Not wholly invoiced: {slips}. An invoice may leave only one slip incomplete.")
            said.append(words.format(slips=slips))
        return said

    def _blanks_ahead(self, view: DocumentView) -> str:
        if view.slip.charges:
            return _("What is not readable stays so after this.")
        if lacking(self.desk, Duty.CORRECT_SERIALS):
            return _("Once posted, only a supervisor can fill what is not readable.")
        return _("Once posted, filling what is not readable is a correction. You may do it.")

    def _counts(self, view: DocumentView, columns: int) -> list[Band]:
        serials = sum(line.tally.serials for line in view.lines)
        blanks = sum(line.tally.blanks for line in view.lines)
        made = [one(plural("{n} serial", "{n} serials", serials), cells=columns)]
        if blanks:
            made.append(one(_("{n} not readable").format(n=blanks), cells=columns))
        if view.unsent:
            made.append(one(_("{n} not yet sent").format(n=view.unsent), "warn", cells=columns))
        return made

    def shown(self) -> None:
        """See `Page`."""
        self._ask()

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def told(self, style: str, words: str) -> None:
        """See `Page`."""
        if style == "info":
            self.printed = words
            self.stage.repaint()
        else:
            self._say(style, words)

    def untold(self, words: str) -> None:
        """See `Page`."""
        if self.said == words:
            self._say("", "")

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        status = self.view.slip.status if self.view else None
        if key.name == "enter" and key.fresh and status is SlipStatus.DRAFT:
            online = self.desk.state.link in {Link.ONLINE, Link.DEGRADED}
            self.desk.record(RequestPosting(self.document, online), None, self._judged)
        elif key.name == "enter" and status is SlipStatus.DRAFT and self.view and not self.view.obstacles:
            self._say("no", _("Wait a moment, then press Enter again."))
        elif key.name == "enter" and key.fresh and status is SlipStatus.POSTED:
            self.stage.home()
        elif key.name == "f8" and status is SlipStatus.POSTING:
            self.desk.record(WithdrawPosting(self.document), None, self._judged)
        elif key.name == "f8" and status in DONE:
            self.stage.back()
            self.more()
        elif key.name in {"f6", "f7", "up", "down"}:
            self.first = max(0, self.first + (1 if key.name in {"f7", "down"} else -1))
            self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """A scan answers no question: it counts as no, and is then judged as a scan where it belongs (D13)."""
        self.stage.back_and_scan(scan)

    def _judged(self, verdict: Verdict | Fault) -> None:
        if isinstance(verdict, Fault):
            self.stage.fault(verdict)
            return
        if isinstance(verdict.result, Refusal):
            self._say("no", f"{_('NO')} {refusal_sentence(verdict.result, self.desk.shop.time_zone)}")
            self.refused, self.first = verdict.result, 0
            self.stage.sound(Sound.NO)
        else:
            self._say("", "")
            self.stage.sound(Sound.OK)
        self.shown()

    def _say(self, style: str, words: str) -> None:
        self.style, self.said, self.refused = style, words, None
        self.stage.repaint()

    def _ask(self) -> None:
        self.desk.document(self.document, self._read)
        self.desk.ahead(self.document, self._looked)

    def _looked(self, ahead: Ahead | Fault | None) -> None:
        if isinstance(ahead, Ahead):
            self.ahead = ahead
            self.stage.repaint()

    def _read(self, view: DocumentView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            was, self.view = self.view, view
            if was is not None and was.slip.status is SlipStatus.POSTING and view.slip.status is SlipStatus.POSTED:
                self.stage.sound(Sound.DOCUMENT_COMPLETE)
            self.stage.repaint()


def _less_urgent(obstacle: Refusal) -> bool:
    """Put what scanning on won't settle before the units that are still to come."""
    return obstacle.code is Code.UNITS_MISSING
