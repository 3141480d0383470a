"""Asking the server about single units: where a serial went (S18), and which units still want one (S9).

Nothing of it is kept: an answer is as good as the moment at which it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from terminal.backend.answers import Denied, NoAnswer, Refused, Server
from terminal.backend.notices import (
    BlanksRead,
    BlanksResult,
    NotPossible,
    OutOfReach,
    SignInNeeded,
    TraceRead,
    TraceResult,
)
from terminal.backend.road import Road
from terminal.backend.signing_in import SigningIn

T = TypeVar("T")


class Lookups:
    """Puts a screen's question to the server, under the session of who is signed in."""

    def __init__(self, road: Road, signing_in: SigningIn) -> None:
        self._road = road
        self._signing_in = signing_in

    def trace(self, serial: str, item: str, asked: float) -> TraceResult:
        """Ask where every unit went that ever had a serial; of one item only, if it is given."""
        return self._ask(asked, lambda server, session: TraceRead(server.trace(serial, session, item)))

    def blanks(self, order: str, item: str, asked: float) -> BlanksResult:
        """Ask which units still want a serial; of one order or item only, if they are given."""
        return self._ask(asked, lambda server, session: BlanksRead(server.blanks(session, order, item)))

    def _ask(self, asked: float, read: Callable[[Server, str], T]) -> T | OutOfReach | SignInNeeded | NotPossible:
        """Read something unless the server was out of reach after the question came."""
        try:
            if self._road.unreached_since(asked):
                return OutOfReach(self._road.link.state)
            if self._signing_in.owed:
                self._signing_in.hurry()
                self._signing_in.sign_in_late()
            if not self._signing_in.session:
                return OutOfReach(self._road.link.state) if self._signing_in.owed else SignInNeeded()
            found = read(self._road.server(), self._signing_in.session)
        except Denied as denied:
            if self._signing_in.session_over(denied):
                return SignInNeeded()
            self._road.failed(denied)
        except Refused as refused:  # an older server can't be asked this; its link is as good as ever
            return NotPossible(str(refused))
        except NoAnswer as error:
            self._road.failed(error)
        else:
            self._road.succeeded()
            return found
        return OutOfReach(self._road.link.state)
