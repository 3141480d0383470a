"""The thread that empties the outbox, fetches what the server knows, and asks it what the screens want to know.

One thing at a time, in this order: questions from screens, events, slips on which the server knows otherwise, master
data, open work. Events are sent again under the same ids until each is answered; there is no number of failures
after which anything is given up, and nothing that happens here ever keeps anybody from scanning.

While somebody is signed in and nothing else is asked, the server's cursor is asked for every `HEARTBEAT_S`: a server
that is gone shows before the next scan needs it.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from random import Random
from typing import TypeVar

from terminal.backend.answers import NoAnswer, Server
from terminal.backend.asks import Asks
from terminal.backend.backoff import LinkState
from terminal.backend.fetching import Fetching
from terminal.backend.lookups import Lookups
from terminal.backend.notices import (
    BlanksResult,
    Notice,
    NotPossible,
    OutOfReach,
    SignInResult,
    SlipResult,
    TraceResult,
)
from terminal.backend.road import Road
from terminal.backend.sending import Sending
from terminal.backend.server_clock import ServerClock
from terminal.backend.signing_in import SigningIn
from terminal.backend.slips import Slips
from terminal.clock import Clock
from terminal.journal.store import StorageFault

JOURNAL_S = 5.0
"""Seconds until a journal that could not be read is asked again."""
HEARTBEAT_S = 5.0
"""Seconds of silence after which the server is asked whether it is there, while somebody is signed in.

One small request on an open connection: 0.1 kB/s both ways. So long at the most a dead server is shown as `ON`. Where
nobody is signed in, the look at the master data (a minute) is enough, and a handheld in its cradle can sleep.
"""
FLUSH_S = 1.0
"""Real seconds that stopping spends on events which are still unsent, where the link is good."""
STOP_S = 2.0
"""Real seconds that stopping takes at the most, whatever a request hangs on."""

T = TypeVar("T")
LookedUp = TypeVar("LookedUp", TraceResult, BlanksResult)
_log = logging.getLogger(__name__)


class Sender:
    """Sends, fetches and asks. `start` gives it a thread; without one, `step` is called by whoever drives it."""

    def __init__(
        self,
        scribe: Asks,
        client_factory: Callable[[], Server],
        clock: Clock,
        rng: Random,
        notify: Callable[[Notice], None],
    ) -> None:
        """Prepare; nothing is sent yet. `notify` is called in the sender's thread and must not wait for anything."""
        self._clock = clock
        self._notify = notify
        self._questions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stirred = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

        self.road = Road(client_factory, clock, rng, self._tell)
        """How the road to the server is, and how long nothing is sent on it."""
        self._signing_in = SigningIn(scribe, self.road, clock, self._tell)
        self._slips = Slips(scribe, self.road, clock, self._signing_in, self._tell)
        self._lookups = Lookups(self.road, self._signing_in)
        self._fetching = Fetching(scribe, self.road, clock, self._signing_in, self._tell)
        server_clock = ServerClock(clock, self._signing_in, self._tell)
        self._sending = Sending(scribe, self.road, self._slips, server_clock, self._fetching, self._tell)
        self.road.on_back = self._look_at_everything
        self._signing_in.on_session = self._fetching.read_anew

    # What other threads may call.

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something was written: it goes out at once, or soon where the server was out of reach."""
        self._sending.unsent = True
        self.road.woken = True
        self._stirred.set()

    def sign_in(self, operator: str, pin: str, then: Callable[[SignInResult], None]) -> None:
        """Check a PIN with the server, or with what is known here; `then` is called in the sender's thread."""
        asked = self._clock.monotonic()
        self._question(lambda: self._signing_in.sign_in(operator, pin, asked), then, NotPossible)

    def sign_out(self) -> None:
        """End the session, here at once and at the server if it can be reached."""
        self._question(self._signing_in.sign_out, lambda _: None, lambda _: None)

    def open_slip(self, number: str, then: Callable[[SlipResult], None]) -> None:
        """Read a slip for somebody who wants to work on it.

        Where the server is known to be out of reach, nobody waits: `then` is called at once, in the caller's thread,
        and the slip is read as soon as that is possible (`SlipTaken`).
        """
        self._open(number, then, whole_order=False)

    def open_order(self, number: str, then: Callable[[SlipResult], None]) -> None:
        """Read an order with all its slips and invoices, in the way of `open_slip`."""
        self._open(number, then, whole_order=True)

    def trace(self, serial: str, then: Callable[[TraceResult], None], item: str = "") -> None:
        """Ask where every unit went that ever had a serial (S18); nobody waits for a server that is out of reach."""
        self._look_up(lambda asked: self._lookups.trace(serial, item, asked), then)

    def blanks(self, then: Callable[[BlanksResult], None], order: str = "", item: str = "") -> None:
        """Ask which units still want a serial (S9); nobody waits for a server that is out of reach."""
        self._look_up(lambda asked: self._lookups.blanks(order, item, asked), then)

    def _look_up(self, work: Callable[[float], LookedUp], then: Callable[[LookedUp], None]) -> None:
        link = self.road.link
        if link.state in {LinkState.OFFLINE, LinkState.DENIED} and link.failures:
            _deliver(then, OutOfReach(link.state))
            return
        asked = self._clock.monotonic()
        self._question(lambda: work(asked), then, NotPossible)

    def _open(self, number: str, then: Callable[[SlipResult], None], *, whole_order: bool) -> None:
        link = self.road.link
        if link.state in {LinkState.OFFLINE, LinkState.DENIED} and link.failures:
            self._questions.put(lambda: self._slips.want(number, whole_order=whole_order))
            self._stirred.set()
            _deliver(then, OutOfReach(link.state))
            return
        asked = self._clock.monotonic()
        self._question(lambda: self._opened(number, asked, whole_order=whole_order), then, NotPossible)

    def _opened(self, number: str, asked: float, *, whole_order: bool) -> SlipResult:
        """Read a slip, after the master data where they were not read yet: the first scan needs its items."""
        try:
            self._fetching.read_master_first()
        except NoAnswer as error:
            self.road.failed(error)
        return self._slips.opened(number, asked, whole_order=whole_order)

    def renew(self, number: str) -> None:
        """Have a slip read again after what is to be sent, where the server is in reach (`SlipTaken`)."""
        self._questions.put(lambda: self._slips.differs(number))
        self._stirred.set()

    @property
    def session(self) -> str:
        """The session at the server; empty where there is none. It may be another one at any time."""
        return self._signing_in.session

    def refresh(self, number: str, then: Callable[[SlipResult], None]) -> None:
        """Read a slip again, trying the server even where it was out of reach a moment ago."""
        self._question(lambda: self._slips.read(number), then, NotPossible)

    def look_again(self) -> None:
        """Fetch master data and open work now, trying the server even where it was out of reach a moment ago."""
        self._questions.put(self._hurry)
        self._stirred.set()

    def stop(self) -> None:
        """End within 2 s: what is unsent goes out if that is quick, the rest stays in the journal."""
        self._stopping = True
        self._stirred.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)

    # The loop.

    def step(self) -> float | None:
        """Do what is due; give the seconds until something is due again (0: at once; None: when woken)."""
        self._answer_questions()
        wait = self.road.held_for()
        if wait > 0:
            return wait
        if self._heartbeat_at() <= self._clock.monotonic():
            self.road.check = True
        try:
            for work in (
                self._sending.send,
                self._signing_in.sign_in_late,
                self._slips.read_wanted,
                self._fetching.read_master,
                self._fetching.read_recalls,
                self._fetching.read_documents,
            ):
                if work():
                    return 0.0
        except NoAnswer as error:
            self.road.failed(error)
            return self.road.held_for()
        except StorageFault as fault:
            _log.warning("sending waits for the journal: %s", fault)
            return self._after_fault()
        return self._idle_for()

    def _run(self) -> None:
        while not self._stopping:
            self._stirred.clear()
            wait = self._guarded_step()
            if wait is None or wait > 0:
                self._clock.wait(self._stirred, wait)
        # real time: stopping is bounded for whoever waits in front of the screen
        until = time.monotonic() + FLUSH_S
        while self._hurried() and time.monotonic() < until and self._guarded_step() == 0:
            pass
        self.road.let_go()

    def _hurried(self) -> bool:
        """Say whether there is something that should go out before the end, and can."""
        waiting = self._sending.unsent or not self._questions.empty()
        return waiting and self.road.link.state is LinkState.ONLINE

    def _guarded_step(self) -> float | None:
        """Take one step, whatever happens in it: this thread ends only when it is told to."""
        try:
            return self.step()
        except Exception:  # noqa: BLE001 - the journal still has everything, and the log has this
            _log.warning("sending stumbled", exc_info=True)
            return self._after_fault()

    def _after_fault(self) -> float:
        """Wait before the journal is asked again; whether anything is unsent is not known any more."""
        self._sending.unsent = True
        self.road.hold(JOURNAL_S)
        return self.road.held_for()

    def _idle_for(self) -> float:
        """Give the seconds until something is to be fetched."""
        due = min(self._fetching.due_at(), self._slips.due_at(), self._signing_in.due_at(), self._heartbeat_at())
        return max(0.0, due - self._clock.monotonic())

    def _heartbeat_at(self) -> float:
        """Give the moment when the server is asked whether it is there."""
        return self.road.silent_since() + HEARTBEAT_S if self._signing_in.session else math.inf

    def _look_at_everything(self) -> None:
        """Have all that can be fetched fetched at once."""
        self._fetching.hurry()
        self._signing_in.hurry()

    # What the screens ask.

    def _question(self, work: Callable[[], T], then: Callable[[T], None], excuse: Callable[[str], T]) -> None:
        """Queue a question; it interrupts every wait, and is answered whatever happens."""

        def answer() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - whoever asked is told; others go on being served
                _log.warning("a screen's question could not be answered", exc_info=True)
                result = excuse(str(error))
            _deliver(then, result)

        self._questions.put(answer)
        self._stirred.set()

    def _answer_questions(self) -> None:
        while True:
            try:
                answer = self._questions.get_nowait()
            except queue.Empty:
                return
            answer()

    def _hurry(self) -> None:
        self._look_at_everything()
        self.road.try_now()

    def _tell(self, notice: Notice) -> None:
        _deliver(self._notify, notice)


def _deliver(to: Callable[[T], None], value: T) -> None:
    """Hand a value over; a screen that is gone must not stop the sending."""
    try:
        to(value)
    except Exception:  # noqa: BLE001 - it may be anybody's
        _log.warning("%s could not be delivered", type(value).__name__, exc_info=True)
