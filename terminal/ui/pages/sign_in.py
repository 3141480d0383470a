"""Signing in: operator number (typed or badge scanned), then PIN. The same page locks the terminal after inactivity."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from terminal.ui.cells import Band, one, safe, several, wrap
from terminal.ui.frame import Keys, entry_band, header, key_bar, stack
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.ports import Fault, Link, Listing, SignIn
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

LONGEST_PIN = 12
"""Digits of a PIN at the most: anything else that arrives was scanned by mistake and is not tried as one."""


class SignInPage(Page):
    """Asks who is at work."""

    def __init__(self, stage: Stage, then: Callable[[], None], operator: str = "", why: str = "") -> None:
        super().__init__(stage)
        self.who = operator
        self.then = then
        self.said = why
        self.style = "info" if why else ""
        self.checking = False

    @property
    def leavable(self) -> bool:
        """See `Page`: the answer to a PIN finds this page on top."""
        return not self.checking

    def keys(self) -> Keys:
        """See `Page`."""
        keys = [("f1", _("Menu"))]
        if self.who:
            keys.insert(0, ("f3", _("Back")))
        return keys

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("Sign in"), self.desk.state, columns)]
        if rows >= 12:
            top.append(one(safe(self.desk.shop.site), "bold", cells=columns))
            top.append(())
        question, prompt = (_("PIN:") if self.who else _("Operator number:")), ">"
        if rows < 8:
            prompt = _("PIN>") if self.who else _("Operator>")
        else:
            if self.who:
                top.append(one(_("Operator {operator}").format(operator=safe(self.who)), cells=columns))
            top.append(one(question, "bold", cells=columns))
        body = [entry_band(entry, columns, hidden=bool(self.who), prompt=prompt)]
        foot = key_bar(self.keys(), columns, rows)
        room = max(1, rows - len(top) - len(body) - len(foot))
        said = several(wrap(safe(self.said), columns, room), self.style, cells=columns) if self.said else []
        if self.desk.state.link is Link.DENIED and self.style != "no":
            said += several(wrap(_not_enrolled(), columns, room), "warn", cells=columns)
        return stack(top, [*body, *said[:room]], foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name in {"f3", "escape"} and self.who and not self.checking:
            self._ask_again("")

    def scanned(self, scan: Scanned) -> None:
        """Take the operator number, then the PIN."""
        text = scan.code
        if self.checking or not text or scan.repeat:
            return  # a badge that was read twice is no PIN
        if not self.who:
            self.who, self.said = text, ""
            if text not in self.desk.shop.operators:
                self.desk.listing(partial(self._no_document, text))
            self.stage.repaint()
        elif not scan.by_scanner and not (text.isascii() and text.isdigit() and len(text) <= LONGEST_PIN):
            self._say("no", _("NO That is no PIN, and was not taken: a PIN has digits alone. Type it again."))
        elif scan.by_scanner:
            self._say("no", _("NO That scan was not counted. Type your PIN, then scan it again."))
        else:
            self.checking = True
            self._say("info", _("Checking ..."))
            self.desk.sign_in(self.who, text, self._checked)

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        wanted = _("NO Type your PIN and press Enter.") if self.who else _("NO Type your number and press Enter.")
        self._say("no", wanted)

    def told(self, style: str, words: str) -> None:
        """See `Page`."""
        if not self.checking:
            self._say(style, words)

    def untold(self, words: str) -> None:
        """See `Page`."""
        if self.said == words:
            self._say("", "")

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.stage.repaint()

    def _checked(self, result: SignIn | Fault) -> None:
        self.checking = False
        if isinstance(result, Fault):
            self.stage.fault(result)
            return
        match result.outcome:
            case "in":
                self.stage.sound(Sound.OK)
                self.then()
            case "wrong-pin":
                left = result.tries_left
                words = _("NO The PIN is wrong. Type it again.")
                if left:
                    words += " " + plural("{n} try left.", "{n} tries left.", left)
                elif left == 0:
                    words = _("NO The PIN is wrong, and there is no try left. Ask a supervisor.")
                self._say("no", words)
            case "unknown":
                self._ask_again(_("NO Operator {operator} is not known. Check the number.").format(operator=self.who))
            case "too-many":
                minutes = max(1, round(result.wait_s / 60))
                words = plural(
                    "NO Too many wrong PINs. Wait {n} minute, or ask a supervisor.",
                    "NO Too many wrong PINs. Wait {n} minutes, or ask a supervisor.",
                    minutes,
                )
                self._ask_again(words)
            case "not-known-here" if self.desk.state.link is Link.DENIED:
                self._ask_again(f"{_('NO')} {_not_enrolled()}")
            case "not-known-here":
                self._ask_again(
                    _("NO No link to the server, and {operator} has not signed in here within a day.").format(
                        operator=self.who
                    )
                )
            case _:
                self._ask_again(_("NO The server did not answer. Try again in a moment."))

    def _no_document(self, text: str, listing: Listing | Fault) -> None:
        """Ask again where what was taken for an operator's number is that of a document."""
        if isinstance(listing, Fault) or self.checking or self.who != text:
            return
        documents = [*(each.slip.number for each in listing.slips), *(each.number for each in listing.orders)]
        if text.casefold() in [number.casefold() for number in documents]:
            self._ask_again(_("NO {document} is a document. Sign in first, then scan it.").format(document=text))

    def _ask_again(self, said: str) -> None:
        self.who = ""
        self._say("no" if said else "", said)

    def _say(self, style: str, said: str) -> None:
        self.style, self.said = style, said
        if style == "no":
            self.stage.sound(Sound.NO)
        self.stage.repaint()


def _not_enrolled() -> str:
    return _("This terminal is not enrolled. Ask the office: scan-terminal enrol CODE.")
