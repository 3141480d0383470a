"""Who is at work at this terminal: signing in and out, and the lock of one that nobody touches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from terminal.ui.messages import Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.notices import AskPage
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.ports import Look
from terminal.ui.words import _, plural

LOOKED_AT_S = 1.0
"""Seconds between two looks at whether the terminal is idle, at least."""


class Attendance:
    """Asks who is at work, and lets go of them.

    `pages` gives those that are open; `begin` shows the work to whoever has signed in, with the document to open first.
    """

    def __init__(
        self, stage: Stage, look: Look, pages: Callable[[], Sequence[Page]], begin: Callable[[str], None]
    ) -> None:
        self._stage = stage
        self._look = look
        self._pages = pages
        self._begin = begin
        self._touched_at = time.monotonic()
        self._pin_used = False

    @property
    def nobody(self) -> bool:
        """Whether nobody may work now: not signed in yet, or locked."""
        return self._stage.desk.operator is None or any(isinstance(page, SignInPage) for page in self._pages())

    def touched(self) -> None:
        """Note that somebody is there."""
        self._touched_at = time.monotonic()

    def sign_in(self) -> None:
        """Ask who is at work before anything else."""
        look = self._look
        page = SignInPage(self._stage, lambda: self._begin(self._look.document), look.operator, look.hint)
        self._stage.start(page)
        if look.pin and look.operator and not self._pin_used:
            self._pin_used = True
            page.scanned(Scanned(look.pin, "environment"))

    def ask_sign_out(self) -> None:
        """Ask whether to sign out: what waits to be sent stays."""
        unsent = self._stage.desk.state.standing.unsent
        question = _("Sign out?")
        if unsent:
            question = plural(
                "{n} entry is not yet at the server. It stays stored here and is sent later. Sign out?",
                "{n} entries are not yet at the server. They stay stored here and are sent later. Sign out?",
                unsent,
            )
        self._stage.enter(AskPage(self._stage, _("Sign out"), question, _("sign out"), self._sign_out))

    def lock(self) -> None:
        """Ask for the PIN before anything more is done here; what was open is there again after it."""
        operator = self._stage.desk.operator
        if operator is None or self.nobody:
            return
        words, held = _("Locked. Type your PIN."), sum(page.held for page in self._pages())
        if held:
            words += " " + plural("{n} scan is held: not taken yet.", "{n} scans are held: not taken yet.", held)
        self._stage.enter(SignInPage(self._stage, lambda: self._unlocked(operator.id), operator.id, words))

    def lock_if_idle(self) -> float:
        """Lock where nobody was there for long enough; gives the seconds after which to look again."""
        left = self._touched_at + self._look.lock_after_s - time.monotonic()
        if left <= 0:
            self.lock()
            left = self._look.lock_after_s
        return max(LOOKED_AT_S, left)

    def _sign_out(self) -> None:
        self._stage.desk.sign_out()
        self._look = replace(self._look, operator="", pin="", document="")
        self.sign_in()

    def _unlocked(self, operator: str) -> None:
        if self._stage.desk.operator is not None and self._stage.desk.operator.id == operator:
            self._stage.back()
        else:
            self._stage.home()
