"""Reading slips: those that somebody wants to work on, and those on which the server knows otherwise."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from msgspec import Struct

from terminal.backend.answers import Denied, NoAnswer, NotOurs, Refused, ServerError
from terminal.backend.asks import Asks
from terminal.backend.notices import Notice, OutOfReach, SignInNeeded, SlipResult, SlipTaken, Taken, UnknownSlip
from terminal.backend.road import Road
from terminal.backend.signing_in import SigningIn
from terminal.backend.wire.documents import OrderState, SlipState
from terminal.clock import Clock
from terminal.domain.refusals import Code
from terminal.journal.journal import Journal

_log = logging.getLogger(__name__)


class _Wanted(Struct, frozen=True):
    """A slip or an invoice, or an order with all of its."""

    number: str
    whole_order: bool = False


class Slips:
    """Takes slips and orders from the server into the journal, at once or as soon as that is possible."""

    def __init__(
        self, scribe: Asks, road: Road, clock: Clock, signing_in: SigningIn, tell: Callable[[Notice], None]
    ) -> None:
        self._scribe = scribe
        self._road = road
        self._clock = clock
        self._signing_in = signing_in
        self._tell = tell
        self._to_read: dict[_Wanted, float] = {}  # what, and when to read it

    def due_at(self) -> float:
        """Give the moment from which on a slip is to be read; nothing is while nobody is signed in."""
        return min(self._to_read.values(), default=math.inf) if self._signing_in.session else math.inf

    def differs(self, number: str) -> None:
        """Have a slip read on which the server knows otherwise."""
        self._to_read[_Wanted(number)] = 0.0

    def want(self, number: str, *, whole_order: bool = False) -> None:
        """Have a slip or an order read when the server can be asked; that is tried soon, as for a new scan."""
        self._to_read.setdefault(_Wanted(number, whole_order), 0.0)
        self._road.woken = True

    def opened(self, number: str, asked: float, *, whole_order: bool = False) -> SlipResult:
        """Read a slip or an order unless the server was out of reach after the question came."""
        out_of_reach = self._road.unreached_since(asked)
        wanted = _Wanted(number, whole_order)
        result = OutOfReach(self._road.link.state) if out_of_reach else self._read(wanted)
        if isinstance(result, OutOfReach):
            self.want(number, whole_order=whole_order)
        return result

    def read(self, number: str) -> SlipResult:
        """Read a slip now."""
        return self._read(_Wanted(number))

    def _read(self, wanted: _Wanted) -> SlipResult:
        try:
            if self._signing_in.owed:
                self._signing_in.hurry()
                self._signing_in.sign_in_late()
            if not self._signing_in.session:
                return OutOfReach(self._road.link.state) if self._signing_in.owed else SignInNeeded()
            if self._take(wanted):
                return Taken(wanted.number)
        except Denied as denied:
            if self._signing_in.session_over(denied):
                return SignInNeeded()
            self._road.failed(denied)
        except Refused as refused:
            if refused.status == 404:
                self._let_go(wanted, refused)
                return UnknownSlip(wanted.number)
            self._road.failed(refused)
        except NoAnswer as error:
            self._road.failed(error)
        return OutOfReach(self._road.link.state)

    def read_wanted(self) -> bool:
        """Read one of the slips that somebody opened, or on which the server knows otherwise."""
        now = self._clock.monotonic()
        due = next((wanted for wanted, at in self._to_read.items() if at <= now), None)
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
                self._let_go(due, error)
            self._road.check = True
            _log.warning("%s was not read: %s", due.number, error)
        return True

    def _let_go(self, wanted: _Wanted, refused: Refused) -> None:
        """Let go of a slip that the server does not have: not any more, where it was restored from an old backup."""
        self._to_read.pop(wanted, None)
        if refused.code == Code.UNKNOWN_DOCUMENT:
            self._scribe.call(lambda journal: journal.merging.let_go(wanted.number))

    def _take(self, wanted: _Wanted) -> bool:
        """Read a slip or an order from the server into the journal; say whether the journal took it."""
        terminal, epoch = self._scribe.call(lambda journal: (journal.terminal, journal.epoch))
        server, session = self._road.server(), self._signing_in.session
        if wanted.whole_order:
            order = server.order(wanted.number, terminal, epoch, session)
            taken, documents = (lambda journal: take_order(journal, order)), order.documents
        else:
            slip = server.slip(wanted.number, terminal, epoch, session)
            taken, documents = (lambda journal: take_slip(journal, slip)), (slip,)
        self._road.succeeded()
        if not self._scribe.call(taken):
            self._road.check = True  # the server knows less than it answered for
            self._to_read[wanted] = self._road.soon()
            return False
        self._to_read.pop(wanted, None)
        for state in documents:
            self._tell(SlipTaken(state.header.slip.number))
        return True


def take_slip(journal: Journal, state: SlipState) -> bool:
    """Take a slip or an invoice into the journal; says whether the server knows all that it answered for."""
    header = state.header
    journal.merging.take_slip(header.slip, header.lines, state.registrations, state.cursor, state.draws, state.drawn)
    return state.cursor >= journal.outbox.answered


def take_order(journal: Journal, state: OrderState) -> bool:
    """Take an order with all its slips and invoices into the journal, as `take_slip` does with one."""
    documents = [
        (each.header.slip, each.header.lines, each.registrations, each.draws, each.drawn) for each in state.documents
    ]
    journal.merging.take_order(state.order, documents, state.cursor)
    return state.cursor >= journal.outbox.answered
