"""Finishing a document: what is still missing, per line; then post. Offline the request waits, and says so."""

from __future__ import annotations

from terminal.domain.documents import SlipStatus
from terminal.domain.intents import RequestPosting, WithdrawPosting
from terminal.domain.refusals import Code, Refusal
from terminal.domain.views import DocumentView, Verdict
from terminal.ui.cells import Band, one, safe, several, wrap
from terminal.ui.frame import Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.ports import Fault, Link
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class FinishPage(Page):
    """Asks whether to post; only an Enter that can't be part of a scan says yes (D13)."""

    def __init__(self, stage: Stage, document: str) -> None:
        super().__init__(stage)
        self.document = document
        self.view: DocumentView | None = None
        self.said = ""
        self.first = 0

    def keys(self) -> Keys:
        """See `Page`."""
        if self.view is None:
            return (("f3", _("Back")),)
        match self.view.slip.status:
            case SlipStatus.DRAFT if not self.view.obstacles:
                return (("enter", _("post")), ("f3", _("Back")))
            case SlipStatus.POSTING:
                return (("f8", _("Take back")), ("f3", _("Back")))
            case SlipStatus.DRAFT:
                return (("f3", _("Back")), ("f6", _("Up")), ("f7", _("Down")))
            case SlipStatus.POSTED:
                return (("enter", _("next slip")), ("f3", _("Back")))
            case _:
                return (("f3", _("Back")),)

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{document} finish").format(document=self.document), self.desk.state, columns)]
        foot = said_bands(self.said, "no", columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self._body(columns)
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
            case SlipStatus.POSTING:
                text = _("The request to post is stored here. The server posts it as soon as it is reached.")
                made += several(wrap(text, columns, 6), "warn", cells=columns)
            case SlipStatus.DRAFT if view.obstacles:
                if not self.said:
                    made.append(one(_("Not ready to post:"), "bold", cells=columns))
                for obstacle in sorted(view.obstacles, key=_less_urgent):
                    words = safe(refusal_sentence(obstacle, self.desk.shop.time_zone))
                    made += several(wrap(f"- {words}", columns, 4), cells=columns)
            case SlipStatus.DRAFT:
                for line in view.lines:
                    if line.open_units:
                        words = plural(
                            "Line {line}: {n} unit goes without a serial.",
                            "Line {line}: {n} units go without a serial.",
                            line.open_units,
                            line=str(line.line.number),
                        )
                        made += several(wrap(words, columns, 3), cells=columns)
                made = [
                    *several(wrap(_("Nothing is missing. Press Enter to post."), columns, 3), "ok", cells=columns),
                    *made,
                ]
            case _:
                made += several(wrap(_("This slip is closed."), columns, 2), "info", cells=columns)
        return made + self._counts(view, columns)

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
        self.desk.document(self.document, self._read)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.shown()

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        status = self.view.slip.status if self.view else None
        if key.name == "enter" and key.fresh and status is SlipStatus.DRAFT:
            online = self.desk.state.link in {Link.ONLINE, Link.DEGRADED}
            self.desk.record(RequestPosting(self.document, online), None, self._judged)
        elif key.name == "enter" and status is SlipStatus.DRAFT:
            self.said = _("Wait a moment, then press Enter again.")
            self.stage.repaint()
        elif key.name == "enter" and key.fresh and status is SlipStatus.POSTED:
            self.stage.home()
        elif key.name == "f8" and status is SlipStatus.POSTING:
            self.desk.record(WithdrawPosting(self.document), None, self._judged)
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
            self.said = f"{_('NO')} {refusal_sentence(verdict.result, self.desk.shop.time_zone)}"
            self.stage.sound(Sound.NO)
        else:
            self.said = ""
            self.stage.sound(Sound.OK)
        self.shown()

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
