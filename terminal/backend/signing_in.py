"""Who is signed in: asked of the server, and of the journal where the server can't be asked (D11)."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from terminal.backend.answers import Busy, Denied, NoAnswer, NotOurs, Refused, ServerError
from terminal.backend.asks import Asks
from terminal.backend.backoff import LinkState
from terminal.backend.notices import (
    NoMasterData,
    Notice,
    NotKnownHere,
    SessionExpired,
    SignedIn,
    SignInResult,
    TooManyPins,
    UnknownOperator,
    WrongPin,
)
from terminal.backend.road import Road
from terminal.clock import Clock
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.sign_ins import Known, SignIns
from terminal.journal.store import StorageFault

_NO_SESSION = frozenset({"session-expired", "session-missing"})

_log = logging.getLogger(__name__)


class SigningIn:
    """Checks PINs, and keeps the session under which documents are read."""

    def __init__(self, scribe: Asks, road: Road, clock: Clock, tell: Callable[[Notice], None]) -> None:
        self._scribe = scribe
        self._road = road
        self._clock = clock
        self._tell = tell
        self._owed_at = 0.0

        self.session = ""
        """The session at the server; empty where there is none."""
        self.owed: tuple[str, str] | None = None
        """Operator and PIN of who signed in offline, until the server knows."""
        self.on_session: Callable[[], None] = lambda: None
        """Called when a session has begun."""

    def due_at(self) -> float:
        """Give the moment from which on the server is to be told who signed in offline."""
        return self._owed_at if self.owed else math.inf

    def hurry(self) -> None:
        """Have the server told at once who signed in offline."""
        self._owed_at = 0.0

    def sign_in(self, operator: str, pin: str, asked: float) -> SignInResult:
        """Ask the server about a PIN; where it can't be asked, ask the journal (D11)."""
        try:
            if self._road.unreached_since(asked):
                return self._sign_in_here(operator, pin)  # it was out of reach after the question came
            return self._sign_in_there(operator, pin)
        except NoAnswer as error:
            self._road.failed(error)
            return self._sign_in_here(operator, pin)

    def sign_in_late(self) -> bool:
        """Get a session for who signed in offline, now that the server can be asked."""
        if self.owed is None or self._clock.monotonic() < self._owed_at:
            return False
        self._owed_at = self._road.soon()
        try:
            result = self._sign_in_there(*self.owed)
        except (ServerError, Refused, NotOurs) as error:
            self._road.check = True
            _log.warning("not signed in yet: %s", error)
            return True
        self.owed = None
        self._tell(result if isinstance(result, SignedIn) else SessionExpired())
        return True

    def sign_out(self) -> None:
        """End the session, here at once and at the server if it can be reached."""
        session, self.session, self.owed = self.session, "", None
        if not session or self._road.link.state is not LinkState.ONLINE:
            return
        try:
            self._road.server().sign_out(session)
        except (Denied, Refused, ServerError):
            return  # it ends there by itself
        except NoAnswer as error:
            self._road.failed(error)

    def session_over(self, denied: Denied) -> bool:
        """Say once that the session is over; False where `denied` is about something else."""
        if denied.code not in _NO_SESSION:
            return False
        self._road.succeeded()
        if self.session:
            self.session = ""
            self._tell(SessionExpired())
        return True

    def _sign_in_there(self, operator: str, pin: str) -> SignInResult:
        """Ask the server about a PIN. Raises NoAnswer where it did not say yes or no to it."""
        terminal = self._scribe.call(lambda journal: journal.terminal)
        try:
            session = self._road.server().sign_in(operator, pin, terminal)
        except NoAnswer as error:
            said = _said_no(error)
            if said is None:
                raise
            self._road.succeeded()
            if not isinstance(said, TooManyPins):
                self._scribe.call(lambda journal: _forget(journal, operator, pin, self._now_s()))
            return said
        self._road.succeeded()
        self.session, self.owed = session.token, None
        self.on_session()
        try:
            self._scribe.call(lambda journal: SignIns(journal.store).remember(operator, pin, self._now_s()))
        except StorageFault as fault:
            _log.warning("the PIN is not kept for offline: %s", fault)
        return SignedIn(session.operator, online=True)

    def _sign_in_here(self, operator: str, pin: str) -> SignInResult:
        """Check a PIN with what this terminal remembers."""

        def check(journal: Journal) -> tuple[Known, Shop]:
            known = SignIns(journal.store).check(operator, pin, self._now_s())
            return known, journal.merging.shop()

        known, shop = self._scribe.call(check)
        if known is Known.WRONG:
            return WrongPin(None)
        if known is Known.NOT_HERE:
            return NotKnownHere(self._road.link.state)
        if not shop.operators:
            return NoMasterData()
        if operator not in shop.operators:
            return UnknownOperator()
        self.session, self.owed = "", (operator, pin)
        return SignedIn(shop.operators[operator], online=False)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


def _forget(journal: Journal, operator: str, pin: str, now_s: float) -> None:
    """Forget a PIN that was right here and is not at the server."""
    sign_ins = SignIns(journal.store)
    if sign_ins.check(operator, pin, now_s) is Known.RIGHT:
        sign_ins.forget(operator)


def _said_no(error: NoAnswer) -> WrongPin | UnknownOperator | TooManyPins | None:
    """Give the server's answer to a PIN; None where it is about something else."""
    match error:
        case Denied(code="wrong-pin"):
            left = error.parameters.get("tries_left")
            return WrongPin(left if isinstance(left, int) else None)
        case Denied(code="unknown-operator"):
            return UnknownOperator()
        case Busy(code="too-many-pins"):
            seconds = error.parameters.get("seconds")
            return TooManyPins(float(seconds) if isinstance(seconds, int) else error.retry_after_s or 60.0)
        case Refused(status=400 | 422):  # characters that no number or PIN has
            return WrongPin(None) if "pin" in str(error.parameters.get("field", "")) else UnknownOperator()
        case _:
            return None
