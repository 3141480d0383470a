"""Reading slips: those that somebody wants to work on, and those on which the server knows otherwise."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from terminal.backend.answers import Denied, NoAnswer, NotOurs, Refused, ServerError
from terminal.backend.asks import Asks
from terminal.backend.notices import Notice, OutOfReach, SignInNeeded, SlipResult, SlipTaken, Taken, UnknownSlip
from terminal.backend.road import Road
from terminal.backend.signing_in import SigningIn
from terminal.clock import Clock
from terminal.journal.journal import Journal

_log = logging.getLogger(__name__)


class Slips:
    """Takes slips from the server into the journal, at once or as soon as that is possible."""

    def __init__(
        self, scribe: Asks, road: Road, clock: Clock, signing_in: SigningIn, tell: Callable[[Notice], None]
    ) -> None:
        self._scribe = scribe
        self._road = road
        self._clock = clock
        self._signing_in = signing_in
        self._tell = tell
        self._to_read: dict[str, float] = {}  # slips, and when to read them

    def due_at(self) -> float:
        """Give the moment from which on a slip is to be read; nothing is while nobody is signed in."""
        return min(self._to_read.values(), default=math.inf) if self._signing_in.session else math.inf

    def differs(self, number: str) -> None:
        """Have a slip read on which the server knows otherwise."""
        self._to_read[number] = 0.0

    def want(self, number: str) -> None:
        """Have a slip read when the server can be asked; that is tried soon, as for a new scan."""
        self._to_read.setdefault(number, 0.0)
        self._road.woken = True

    def opened(self, number: str, asked: float) -> SlipResult:
        """Read a slip unless the server was out of reach after the question came."""
        out_of_reach = self._road.unreached_since(asked)
        result = OutOfReach(self._road.link.state) if out_of_reach else self.read(number)
        if isinstance(result, OutOfReach):
            self.want(number)
        return result

    def read(self, number: str) -> SlipResult:
        """Read a slip now."""
        try:
            if self._signing_in.owed:
                self._signing_in.hurry()
                self._signing_in.sign_in_late()
            if not self._signing_in.session:
                return OutOfReach(self._road.link.state) if self._signing_in.owed else SignInNeeded()
            if self._take(number):
                return Taken(number)
        except Denied as denied:
            if self._signing_in.session_over(denied):
                return SignInNeeded()
            self._road.failed(denied)
        except Refused as refused:
            if refused.status == 404:
                return UnknownSlip(number)
            self._road.failed(refused)
        except NoAnswer as error:
            self._road.failed(error)
        return OutOfReach(self._road.link.state)

    def read_wanted(self) -> bool:
        """Read one of the slips that somebody opened, or on which the server knows otherwise."""
        now = self._clock.monotonic()
        due = next((number for number, at in self._to_read.items() if at <= now), None)
        if due is None or not self._signing_in.session:
            return False
        self._to_read[due] = self._road.soon()
        try:
            self._take(due)
        except Denied as denied:
            if not self._signing_in.session_over(denied):
                raise
        except (ServerError, Refused, NotOurs) as error:
            if isinstance(error, Refused) and error.status == 404:
                self._to_read.pop(due, None)
            self._road.check = True
            _log.warning("slip %s was not read: %s", due, error)
        return True

    def _take(self, number: str) -> bool:
        """Read a slip from the server into the journal; say whether the journal took it."""
        terminal, epoch = self._scribe.call(lambda journal: (journal.terminal, journal.epoch))
        state = self._road.server().slip(number, terminal, epoch, self._signing_in.session)
        self._road.succeeded()

        def take(journal: Journal) -> bool:
            header = state.header
            journal.merging.take_slip(header.slip, header.lines, state.registrations, state.cursor)
            return state.cursor >= journal.outbox.answered

        if not self._scribe.call(take):
            self._road.check = True  # the server knows less than it answered for
            self._to_read[number] = self._road.soon()
            return False
        self._to_read.pop(number, None)
        self._tell(SlipTaken(number))
        return True
