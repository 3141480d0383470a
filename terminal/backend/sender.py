"""The thread that empties the outbox, fetches what the server knows, and asks it what the screens want to know.

One thing at a time, in this order: questions from screens, events, slips on which the server knows otherwise, master
data, open work. Events are sent again under the same ids until each is answered; there is no number of failures
after which anything is given up, and nothing that happens here ever keeps anybody from scanning.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol, TypeVar

from terminal.backend.backoff import Backoff, LinkState
from terminal.backend.client import Busy, Denied, NoAnswer, NotOurs, Reason, Refused, Server, ServerError, Unreachable
from terminal.backend.wire import BatchAnswer, event_json
from terminal.clock import Clock
from terminal.domain.documents import Operator, Registration
from terminal.domain.events import Recorded, Registered
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Shop, Standing
from terminal.journal.journal import Journal
from terminal.journal.sign_ins import Known, SignIns
from terminal.journal.store import StorageFault

BATCH = 50
"""Events sent at once at the most."""
MASTER_S = 60.0
"""Seconds between two looks at the master data (D8), and between two checks that the server lost nothing."""
DOCUMENTS_S = 20.0
"""Seconds between two looks at the open work, while somebody is signed in."""
DENIED_S = 60.0
"""Seconds until a server that denied this terminal is asked again."""
IMPATIENT_S = 5.0
"""Seconds after a failure from which on a new scan tries again at once."""
JOURNAL_S = 5.0
"""Seconds until a journal that could not be read is asked again."""
FLUSH_S = 1.0
"""Real seconds that stopping spends on events which are still unsent, where the link is good."""
STOP_S = 2.0
"""Real seconds that stopping takes at the most, whatever a request hangs on."""

T = TypeVar("T")
_FRAME = frozenset({400, 413, 422})
"""Statuses that refuse a batch as it stands, not what it says."""
_NO_SESSION = frozenset({"session-expired", "session-missing"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """How the road to the server is. Posted when it changes, and after each failure."""

    state: LinkState
    failures: int
    """Failed attempts since the last success."""
    reason: str
    """A `client.Reason`, or the server's own problem code; empty while online."""
    last_ok: datetime | None
    """When the server last answered, in UTC."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Events were answered. More problems than before means that some were refused."""

    standing: Standing


@dataclass(frozen=True, slots=True)
class Differs:
    """The server knows something else of this document. The journal has its answer; the whole slip follows."""

    document: str


@dataclass(frozen=True, slots=True)
class SlipTaken:
    """A slip was read from the server and is in the journal."""

    document: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A serial was on the same slip already, from another terminal: counted once, the operator is told (D6)."""

    event: Recorded
    holder: Registration


@dataclass(frozen=True, slots=True)
class MasterTaken:
    """The master data in the journal is new."""


@dataclass(frozen=True, slots=True)
class DocumentsTaken:
    """The open work in the journal is new."""


@dataclass(frozen=True, slots=True)
class SessionExpired:
    """The server wants the operator to sign in again to read documents. Scans are sent all the same."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The PIN is right. Posted as a notice, too, when one that signed in offline is known to the server later."""

    operator: Operator
    online: bool


@dataclass(frozen=True, slots=True)
class WrongPin:
    """The PIN is wrong; `tries_left` where the server said so."""

    tries_left: int | None


@dataclass(frozen=True, slots=True)
class UnknownOperator:
    """Nobody has this number."""


@dataclass(frozen=True, slots=True)
class TooManyPins:
    """The server takes no PIN for this operator or terminal for a while."""

    retry_after_s: float


@dataclass(frozen=True, slots=True)
class NotKnownHere:
    """The server can't be asked, and this operator did not sign in here within a day (D11)."""

    link: LinkState


@dataclass(frozen=True, slots=True)
class NoMasterData:
    """The PIN is right, but this terminal has never heard who has which duty."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The slip in the journal is as the server has it now, with what is unsent on top."""

    document: str


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """The server can't be asked: what the journal has is all there is."""

    link: LinkState


@dataclass(frozen=True, slots=True)
class UnknownSlip:
    """The server has no such slip."""

    document: str


@dataclass(frozen=True, slots=True)
class SignInNeeded:
    """The server wants the operator to sign in first."""


@dataclass(frozen=True, slots=True)
class NotPossible:
    """The journal could not be read or written, or something unforeseen happened; it is in the log."""

    detail: str


SignInResult = SignedIn | WrongPin | UnknownOperator | TooManyPins | NotKnownHere | NoMasterData | NotPossible
SlipResult = Taken | OutOfReach | UnknownSlip | SignInNeeded | NotPossible
Notice = Link | Sent | Differs | SlipTaken | Duplicate | MasterTaken | DocumentsTaken | SessionExpired | SignedIn


class Asks(Protocol):
    """Whoever lets the journal be asked: the scribe, or a test that has it at hand."""

    def call(self, work: Callable[[Journal], T]) -> T:
        """Do it and wait for it."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is to be sent, and from where."""

    terminal: str
    epoch: str
    answered: int
    events: tuple[tuple[Recorded, bool], ...]


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
        self._scribe = scribe
        self._client_factory = client_factory
        self._clock = clock
        self._rng = rng
        self._notify = notify
        self._client: Server | None = None
        self._questions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stirred = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

        self.link = Link(LinkState.OFFLINE, 0, "", None)
        """How the road is: the last one posted, except that `last_ok` is kept up to date."""
        self._backoff = Backoff(rng)
        self._retry_at = 0.0
        self._failed_at = 0.0
        self._unreached_at = -1.0
        self._patient = False  # whether even a new scan waits: the server asked for it
        self._woken = False  # whether something was written since the last failure

        self._unsent = True  # whether there may be something to send
        self._check = True  # whether the server's cursor wants looking at
        self._size = BATCH
        self._rewound_to: int | None = None
        self._master_at = 0.0
        self._master_tag = ("", "")
        self._documents_at = 0.0
        self._documents_tag = ("", "")
        self._to_read: dict[str, float] = {}  # slips, and when to read them
        self._session = ""
        self._owed: tuple[str, str] | None = None  # who signed in offline, until the server knows
        self._owed_at = 0.0

    # What other threads may call.

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something was written: it goes out at once, or soon where the server was out of reach."""
        self._unsent = True
        self._woken = True
        self._stirred.set()

    def sign_in(self, operator: str, pin: str, then: Callable[[SignInResult], None]) -> None:
        """Check a PIN with the server, or with what is known here; `then` is called in the sender's thread."""
        asked = self._clock.monotonic()
        self._question(lambda: self._sign_in(operator, pin, asked), then, NotPossible)

    def sign_out(self) -> None:
        """End the session, here at once and at the server if it can be reached."""
        self._question(self._sign_out, lambda _: None, lambda _: None)

    def open_slip(self, number: str, then: Callable[[SlipResult], None]) -> None:
        """Read a slip for somebody who wants to work on it.

        Where the server is known to be out of reach, nobody waits: `then` is called at once, in the caller's thread,
        and the slip is read as soon as that is possible (`SlipTaken`).
        """
        link = self.link
        if link.state in {LinkState.OFFLINE, LinkState.DENIED} and link.failures:
            self._questions.put(lambda: self._want(number))
            self._stirred.set()
            _deliver(then, OutOfReach(link.state))
            return
        asked = self._clock.monotonic()
        self._question(lambda: self._opened(number, asked), then, NotPossible)

    def refresh(self, number: str, then: Callable[[SlipResult], None]) -> None:
        """Read a slip again, trying the server even where it was out of reach a moment ago."""
        self._question(lambda: self._read_slip(number), then, NotPossible)

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
        wait = self._held_for()
        if wait > 0:
            return wait
        try:
            for work in (self._send, self._sign_in_late, self._read_wanted, self._read_master, self._read_documents):
                if work():
                    return 0.0
        except NoAnswer as error:
            self._failed(error)
            return self._held_for()
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
        self._let_go()

    def _hurried(self) -> bool:
        """Say whether there is something that should go out before the end, and can."""
        waiting = self._unsent or not self._questions.empty()
        return waiting and self.link.state is LinkState.ONLINE

    def _guarded_step(self) -> float | None:
        """Take one step, whatever happens in it: this thread ends only when it is told to."""
        try:
            return self.step()
        except Exception:  # noqa: BLE001 - the journal still has everything, and the log has this
            _log.warning("sending stumbled", exc_info=True)
            return self._after_fault()

    def _after_fault(self) -> float:
        """Wait before the journal is asked again; whether anything is unsent is not known any more."""
        self._unsent = True
        self._hold(JOURNAL_S)
        return self._held_for()

    def _held_for(self) -> float:
        """Give the seconds for which nothing may be sent: until the next try, or earlier for a new scan."""
        until = self._retry_at
        if self._woken and not self._patient:
            until = min(until, self._failed_at + IMPATIENT_S)
        return max(0.0, until - self._clock.monotonic())

    def _hold(self, seconds: float, *, patient: bool = False) -> None:
        self._failed_at = self._clock.monotonic()
        self._retry_at = self._failed_at + seconds
        self._patient = patient
        self._woken = False

    def _idle_for(self) -> float:
        """Give the seconds until something is to be fetched."""
        due = [self._master_at]
        if self._session:
            due += [self._documents_at, *self._to_read.values()]
        if self._owed:
            due.append(self._owed_at)
        return max(0.0, min(due) - self._clock.monotonic())

    # How the link fares.

    def _succeeded(self) -> None:
        """Note that the server answered; after an outage everything is looked at again at once."""
        was = self.link
        self._backoff.reset()
        self._retry_at = 0.0
        self._patient = False
        self.link = Link(LinkState.ONLINE, 0, "", self._clock.now())
        if was.state is LinkState.ONLINE:
            return
        if was.state is not LinkState.DEGRADED:
            self._check = True
            self._master_at = self._documents_at = self._owed_at = 0.0
        _log.info("the server answers, after %d failed attempts", was.failures)
        self._tell(self.link)

    def _failed(self, error: NoAnswer) -> None:
        """Note a failure and decide when to try again."""
        busy = isinstance(error, Busy)
        asked = error.retry_after_s if isinstance(error, Busy) else None
        wait = self._backoff.failed(busy=busy, retry_after_s=asked)
        denied = isinstance(error, Denied)
        if denied:
            wait = DENIED_S
            self._let_go()  # a terminal that was enrolled meanwhile gets a client with its token
        state = LinkState.DENIED if denied else self._state_after(error)
        self._hold(wait, patient=busy or denied)
        if isinstance(error, (Unreachable, NotOurs)):
            self._unreached_at = self._failed_at
        self._check = True
        self.link = Link(state, self._backoff.failures, error.reason, self.link.last_ok)
        _log.info("no answer (%s): attempt %d, next in %.1f s", error, self._backoff.failures, wait)
        self._tell(self.link)

    def _state_after(self, error: NoAnswer) -> LinkState:
        reached = not isinstance(error, (Unreachable, NotOurs))
        never = self.link.last_ok is None
        return LinkState.OFFLINE if never and not reached else self._backoff.state(reached=reached)

    # Sending.

    def _send(self) -> bool:
        """Send the next events, or none to learn the server's cursor where that is due; say whether anything was."""
        if not (self._unsent or self._check):
            return False
        self._unsent = False
        batch = self._scribe.call(self._next_batch)
        if batch.events:
            self._unsent = True
        elif not self._check:
            return False
        frames = [event_json(recorded, void=void) for recorded, void in batch.events]
        try:
            answer = self._server().send_events(batch.terminal, batch.epoch, frames)
        except Refused as refused:
            if not frames or refused.status not in _FRAME:
                raise
            self._split(batch, refused)
            return True
        self._check = False
        self._take(batch, answer)
        return True

    def _next_batch(self, journal: Journal) -> _Batch:
        outbox = journal.outbox
        return _Batch(journal.terminal, journal.epoch, outbox.answered, tuple(outbox.pending(self._size)))

    def _take(self, batch: _Batch, answer: BatchAnswer) -> None:
        """Write the answers down; go back where the server has forgotten something.

        Only a step forward counts as a success: a server that answers and takes nothing in is waited for longer
        and longer.
        """
        if answer.answers:
            self._succeeded()
            self._settle(batch, [(each.sequence, each.judgement) for each in answer.answers])
            self._size = min(BATCH, self._size * 2)
            self._rewound_to = None
        elif answer.cursor < batch.answered:
            self._rewind(batch, answer.cursor)
        elif batch.events:
            raise NotOurs(Reason.MISMATCH, "events were taken in without an answer")
        else:
            self._succeeded()

    def _settle(self, batch: _Batch, answers: list[tuple[int, Judgement]]) -> None:
        """Write judgements down, and tell who wants to know."""

        def settle(journal: Journal) -> tuple[set[str], Standing]:
            same = journal.epoch == batch.epoch  # not set aside meanwhile
            differing = journal.outbox.settle(answers) if same else set()
            return differing, journal.outbox.standing

        differing, standing = self._scribe.call(settle)
        self._tell(Sent(standing))
        events = {recorded.sequence: recorded for recorded, _ in batch.events}
        for sequence, judgement in answers:
            recorded, holder = events[sequence], judgement.holder
            duplicate = judgement.outcome is Outcome.DUPLICATE and isinstance(recorded.event, Registered)
            if duplicate and holder is not None and holder.terminal != batch.terminal:
                self._tell(Duplicate(recorded, holder))
        for document in sorted(differing):
            self._to_read[document] = 0.0
            self._tell(Differs(document))

    def _rewind(self, batch: _Batch, cursor: int) -> None:
        """Send again from after `cursor`. Twice to the same place without an answer between is no way forward."""
        _log.warning("the server holds events up to %d, %d were answered: sending again", cursor, batch.answered)
        again = cursor == self._rewound_to
        self._rewound_to = cursor
        standing = self._scribe.call(lambda journal: _rewound(journal, batch.epoch, cursor))
        self._unsent = True
        self._tell(Sent(standing))
        if again:
            raise NotOurs(Reason.MISMATCH, f"the server stays at {cursor}")
        self._succeeded()

    def _split(self, batch: _Batch, refused: Refused) -> None:
        """Make a refused batch smaller, down to the one event that nothing can be done about."""
        if len(batch.events) > 1:
            self._succeeded()
            self._size = len(batch.events) // 2
            return
        if not refused.code:
            raise NotOurs(Reason.STATUS, refused.detail)  # not our server's word: no event is given up for it
        self._stand_in(batch, refused)

    def _stand_in(self, batch: _Batch, refused: Refused) -> None:
        """Send the bare place of an event that was refused even alone, so that the server's sequence has no gap.

        Where even that is refused, but nothing at all is taken, the event is at fault and is settled as malformed: it
        becomes a problem, stays in the journal, and those behind it move on.
        """
        event, _ = batch.events[0]
        _log.error("event %d (%s) was refused: %s", event.sequence, event.id, refused)
        place = {"id": event.id, "sequence": event.sequence}
        try:
            answer = self._server().send_events(batch.terminal, batch.epoch, [place])
        except Refused as again:
            if again.status not in _FRAME:
                raise
            self._server().send_events(batch.terminal, batch.epoch, [])
            malformed = refuse(Code.MALFORMED_EVENT, fault=refused.code)
            self._settle(batch, [(event.sequence, Judgement(Outcome.REJECTED, malformed))])
            return
        self._take(batch, answer)

    # Fetching.

    def _read_master(self) -> bool:
        """Look at the master data when it is time to."""
        if self._clock.monotonic() < self._master_at:
            return False
        self._master_at = self._soon()
        terminal, epoch = self._scribe.call(lambda journal: (journal.terminal, journal.epoch))
        known, tag = self._master_tag
        try:
            fetched = self._server().master(terminal, epoch, tag if known == epoch else "")
        except (ServerError, Refused, NotOurs) as error:
            self._check = True  # whether that is the link's fault shows where events go
            _log.warning("no master data: %s", error)
            return True
        self._succeeded()
        if fetched is not None:
            master = fetched.value
            operators = {operator.id: operator for operator in master.operators}
            shop = Shop(master.site, master.time_zone, master.policies, master.slip_prefix, operators)
            self._scribe.call(lambda journal: journal.merging.take_master(shop, master.items))
            self._master_tag = (epoch, fetched.etag)
            self._tell(MasterTaken())
        self._master_at = self._clock.monotonic() + MASTER_S
        self._check = True
        return True

    def _read_documents(self) -> bool:
        """Look at the open work when it is time to and somebody is signed in."""
        if not self._session or self._clock.monotonic() < self._documents_at:
            return False
        self._documents_at = self._soon()
        epoch = self._scribe.call(lambda journal: journal.epoch)
        known, tag = self._documents_tag
        try:
            fetched = self._server().documents(self._session, tag if known == epoch else "")
        except Denied as denied:
            self._session_over(denied)
            return True
        except (ServerError, Refused, NotOurs) as error:
            self._check = True
            _log.warning("no open work: %s", error)
            return True
        self._succeeded()
        if fetched is not None:
            slips = [(header.slip, header.lines, header.registered) for header in fetched.value.slips]
            orders = fetched.value.orders
            self._scribe.call(lambda journal: journal.merging.take_documents(orders, slips))
            self._documents_tag = (epoch, fetched.etag)
            self._tell(DocumentsTaken())
        self._documents_at = self._clock.monotonic() + DOCUMENTS_S
        return True

    def _read_wanted(self) -> bool:
        """Read one of the slips that somebody opened, or on which the server knows otherwise."""
        now = self._clock.monotonic()
        due = next((number for number, at in self._to_read.items() if at <= now), None)
        if due is None or not self._session:
            return False
        self._to_read[due] = self._soon()
        try:
            self._take_slip(due)
        except Denied as denied:
            self._session_over(denied)
        except (ServerError, Refused, NotOurs) as error:
            if isinstance(error, Refused) and error.status == 404:
                self._to_read.pop(due, None)
            self._check = True
            _log.warning("slip %s was not read: %s", due, error)
        return True

    def _take_slip(self, number: str) -> bool:
        """Read a slip from the server into the journal; say whether the journal took it."""
        terminal, epoch = self._scribe.call(lambda journal: (journal.terminal, journal.epoch))
        state = self._server().slip(number, terminal, epoch, self._session)
        self._succeeded()

        def take(journal: Journal) -> bool:
            header = state.header
            journal.merging.take_slip(header.slip, header.lines, state.registrations, state.cursor)
            return state.cursor >= journal.outbox.answered

        if not self._scribe.call(take):
            self._check = True  # the server knows less than it answered for
            self._to_read[number] = self._soon()
            return False
        self._to_read.pop(number, None)
        self._tell(SlipTaken(number))
        return True

    def _session_over(self, denied: Denied) -> None:
        """Say once that the session is over. Raises `denied` where it is about something else."""
        if denied.code not in _NO_SESSION:
            raise denied
        self._succeeded()
        if self._session:
            self._session = ""
            self._tell(SessionExpired())

    def _soon(self) -> float:
        """Give a moment for the next try of something that is not urgent; each terminal its own."""
        return self._clock.monotonic() + self._rng.uniform(5.0, 20.0)

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

    def _sign_in(self, operator: str, pin: str, asked: float) -> SignInResult:
        """Ask the server about a PIN; where it can't be asked, ask the journal (D11)."""
        try:
            if self._unreached_at > asked:
                return self._sign_in_here(operator, pin)  # it was out of reach after the question came
            return self._sign_in_there(operator, pin)
        except NoAnswer as error:
            self._failed(error)
            return self._sign_in_here(operator, pin)

    def _sign_in_there(self, operator: str, pin: str) -> SignInResult:
        """Ask the server about a PIN. Raises NoAnswer where it did not say yes or no to it."""
        terminal = self._scribe.call(lambda journal: journal.terminal)
        try:
            session = self._server().sign_in(operator, pin, terminal)
        except NoAnswer as error:
            said = _said_no(error)
            if said is None:
                raise
            self._succeeded()
            if not isinstance(said, TooManyPins):
                self._scribe.call(lambda journal: _forget(journal, operator, pin, self._now_s()))
            return said
        self._succeeded()
        self._session, self._owed = session.token, None
        self._documents_at, self._documents_tag = 0.0, ("", "")
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
            return NotKnownHere(self.link.state)
        if not shop.operators:
            return NoMasterData()
        if operator not in shop.operators:
            return UnknownOperator()
        self._session, self._owed = "", (operator, pin)
        return SignedIn(shop.operators[operator], online=False)

    def _sign_in_late(self) -> bool:
        """Get a session for who signed in offline, now that the server can be asked."""
        if self._owed is None or self._clock.monotonic() < self._owed_at:
            return False
        self._owed_at = self._soon()
        try:
            result = self._sign_in_there(*self._owed)
        except (ServerError, Refused, NotOurs) as error:
            self._check = True
            _log.warning("not signed in yet: %s", error)
            return True
        self._owed = None
        self._tell(result if isinstance(result, SignedIn) else SessionExpired())
        return True

    def _sign_out(self) -> None:
        session, self._session, self._owed = self._session, "", None
        if not session or self.link.state is not LinkState.ONLINE:
            return
        try:
            self._server().sign_out(session)
        except (Denied, Refused, ServerError):
            return  # it ends there by itself
        except NoAnswer as error:
            self._failed(error)

    def _opened(self, number: str, asked: float) -> SlipResult:
        """Read a slip unless the server was out of reach after the question came."""
        result = OutOfReach(self.link.state) if self._unreached_at > asked else self._read_slip(number)
        if isinstance(result, OutOfReach):
            self._want(number)
        return result

    def _want(self, number: str) -> None:
        """Have a slip read when the server can be asked; that is tried soon, as for a new scan."""
        self._to_read.setdefault(number, 0.0)
        self._woken = True

    def _hurry(self) -> None:
        self._master_at = self._documents_at = self._owed_at = self._retry_at = 0.0
        self._check = True

    def _read_slip(self, number: str) -> SlipResult:
        try:
            if self._owed:
                self._owed_at = 0.0
                self._sign_in_late()
            if not self._session:
                return OutOfReach(self.link.state) if self._owed else SignInNeeded()
            if self._take_slip(number):
                return Taken(number)
        except Denied as denied:
            if denied.code in _NO_SESSION:
                self._session_over(denied)
                return SignInNeeded()
            self._failed(denied)
        except Refused as refused:
            if refused.status == 404:
                return UnknownSlip(number)
            self._failed(refused)
        except NoAnswer as error:
            self._failed(error)
        return OutOfReach(self.link.state)

    # Odds and ends.

    def _server(self) -> Server:
        client = self._client = self._client or self._client_factory()
        return client

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _tell(self, notice: Notice) -> None:
        _deliver(self._notify, notice)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


def _deliver(to: Callable[[T], None], value: T) -> None:
    """Hand a value over; a screen that is gone must not stop the sending."""
    try:
        to(value)
    except Exception:  # noqa: BLE001 - it may be anybody's
        _log.warning("%s could not be delivered", type(value).__name__, exc_info=True)


def _rewound(journal: Journal, epoch: str, cursor: int) -> Standing:
    if journal.epoch == epoch:
        journal.outbox.rewind(cursor)
    return journal.outbox.standing


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
