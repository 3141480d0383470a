"""What others do on the slip that is open here: heard from the server at once, or asked for every few seconds.

A thread and a client of their own, so that neither a stream that hangs nor the reading of a long slip ever keeps a scan
from being sent. A message only says that the slip has changed; it is read then, and merged as ever: the server's word
is the ground, what is unsent here lies on top. Where the stream can't be had (an older server, a proxy that keeps
answers back), the slip is asked for every `POLL_S`, and the answer is empty while nothing has changed.

Nothing runs and nothing is sent while no slip is open, nobody is signed in, or the server is out of reach.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from random import Random

from msgspec import Struct

from terminal.backend.answers import Busy, Denied, NoAnswer, NotOurs, Reason, Refused, Unreachable
from terminal.backend.asks import Asks
from terminal.backend.backoff import Backoff, LinkState
from terminal.backend.client import Client
from terminal.backend.notices import Link, Notice, SignedIn, SlipTaken
from terminal.backend.sender import Sender
from terminal.backend.slips import take_slip
from terminal.backend.wire.documents import SlipState
from terminal.clock import Clock
from terminal.journal.journal import Journal
from terminal.journal.store import StorageFault

POLL_S = 5.0
"""Seconds between two looks at the open slip where there is no stream."""
AGAIN_S = 120.0
"""Seconds until a stream is tried again that could not be had."""
PACE_S = 0.35
"""Seconds between two readings of the slip at the least."""
SHARE = 4
"""How many times as long as its reading took a slip is left alone: a long one on a slow link is read less often."""
STOP_S = 0.5
"""Real seconds that stopping takes at the most."""

_log = logging.getLogger(__name__)


class _Watched(Struct, frozen=True):
    """What is listened to, and on whose behalf."""

    document: str
    session: str
    terminal: str
    epoch: str


class Live:
    """Keeps the open slip as the server has it. `start` gives it a thread; without one, `step` is called instead."""

    def __init__(
        self,
        scribe: Asks,
        sender: Sender,
        client_factory: Callable[[], Client],
        clock: Clock,
        rng: Random,
        notify: Callable[[Notice], None],
    ) -> None:
        """Prepare; nothing is asked yet. `notify` is called in this thread and must not wait for anything."""
        self._scribe = scribe
        self._sender = sender
        self._client_factory = client_factory
        self._clock = clock
        self._notify = notify
        self._backoff = Backoff(rng)
        self._stirred = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._client: Client | None = None
        self._document: str | None = None  # what is wanted; set by other threads
        self._watched: _Watched | None = None  # what is being done
        self._tag = ""  # of the state that the journal has
        self._foreign = False  # whether somebody else has read the slip since
        self._stream_at = 0.0
        self._poll_at = 0.0
        self._renew_at = 0.0

    # What other threads may call.

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def watch(self, document: str | None) -> None:
        """Say which slip is open now; None where there is none."""
        if document != self._document:
            self._document = document
            self._break_off()

    def heard(self, notice: Notice) -> None:
        """Take news from the sender: a link that is back, somebody who signed in, a slip that it has read."""
        match notice:
            case SlipTaken():
                self._foreign = True
            case Link(state=LinkState.ONLINE):
                self._stream_at = self._poll_at = 0.0
                self._stirred.set()
            case SignedIn():
                self._stirred.set()
            case _:
                pass

    def stop(self) -> None:
        """End at once."""
        self._stopping = True
        self._break_off()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)

    # The loop.

    def step(self) -> float | None:
        """Do what is due: listen as long as that works, or look; give the seconds to wait (None: until stirred)."""
        watched = self._now_watched()
        if watched is None:
            self._let_go()
            return POLL_S if self._document is not None else None
        if self._clock.monotonic() >= self._stream_at:
            self._listen(watched)
        elif self._clock.monotonic() >= self._poll_at:
            self._look(watched)
        return max(0.0, min(self._stream_at, self._poll_at) - self._clock.monotonic())

    def _run(self) -> None:
        while not self._stopping:
            self._stirred.clear()
            wait = self._guarded_step()
            if wait is None or wait > 0:
                self._clock.wait(self._stirred, wait)
        self._let_go()

    def _guarded_step(self) -> float | None:
        """Take one step, whatever happens in it: this thread ends only when it is told to."""
        try:
            return self.step()
        except Exception as error:  # noqa: BLE001 - live updates are a comfort; whatever it is, the log has it
            if not self._stopping:
                _log.warning("live updates stumbled: %s", error, exc_info=not isinstance(error, StorageFault))
            self._let_go()
            return POLL_S

    def _now_watched(self) -> _Watched | None:
        """Say what is to be listened to now; what is new begins anew."""
        document, session = self._document, self._sender.session
        if document is None or not session or self._sender.road.link.state is not LinkState.ONLINE:
            self._watched = None
            return None
        terminal, epoch = self._scribe.call(lambda journal: (journal.terminal, journal.epoch))
        watched = _Watched(document, session, terminal, epoch)
        if watched != self._watched:
            self._watched = watched
            self._tag = ""
            self._stream_at = self._poll_at = 0.0
            self._backoff.reset()
        return watched

    def _given_up(self) -> bool:
        """Say whether what is being done is not wanted any more."""
        return self._stopping or self._document != (self._watched.document if self._watched else None)

    def _break_off(self) -> None:
        self._stirred.set()
        client = self._client
        if client is not None:
            client.cut()

    def _server(self) -> Client:
        client = self._client
        if client is None:
            client = self._client_factory()
            client.given_up = self._given_up
            self._client = client
        return client

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # Listening.

    def _listen(self, watched: _Watched) -> None:
        """Listen until that ends, and decide when to try again."""
        began_at = None
        wait = None
        try:
            server = self._server()
            with closing(server.listen(watched.terminal, watched.epoch, watched.session, [watched.document])) as stream:
                renewed = -1  # the reading of the network during which the slip was read last
                for heard in stream:
                    if self._given_up():
                        break
                    if began_at is None or (watched.document in heard.documents and heard.reading != renewed):
                        renewed = heard.reading
                        self._pause()
                        self._renew(watched)
                    began_at = began_at or self._clock.monotonic()
        except NoAnswer as error:
            if self._given_up():
                return
            _log.info("live updates broke off: %s", error)
            wait = self._lasting(error)
        now = self._clock.monotonic()
        if began_at is not None:
            self._poll_at = now + POLL_S  # until now everything was heard
            if now - began_at > POLL_S:
                self._backoff.reset()
        self._stream_at = now + (self._backoff.failed() if wait is None else wait)

    def _lasting(self, error: NoAnswer) -> float | None:
        """Give the seconds for which a stream can't be had; None where it only broke off."""
        if isinstance(error, Busy):
            return self._backoff.failed(busy=True, retry_after_s=error.retry_after_s)
        silent = isinstance(error, Unreachable) and error.reason == Reason.TIMEOUT
        if silent or isinstance(error, (NotOurs, Refused)):
            return AGAIN_S
        return POLL_S if isinstance(error, Denied) else None

    def _look(self, watched: _Watched) -> None:
        """Ask for the slip once, in place of a stream."""
        self._poll_at = self._clock.monotonic() + POLL_S
        try:
            self._renew(watched)
        except NoAnswer as error:
            self._poll_at += self._backoff.failed()
            _log.info("the open slip was not read: %s", error)

    # Reading the slip.

    def _pause(self) -> None:
        """Keep the slip from being read too often."""
        while (left := self._renew_at - self._clock.monotonic()) > 0:
            self._stirred.clear()
            if self._given_up():
                break
            self._clock.wait(self._stirred, left)
        self._stirred.set()  # whoever stirred meanwhile wanted something

    def _renew(self, watched: _Watched) -> None:
        """Read the slip, unless it is what the journal has already. Raises NoAnswer."""
        began = self._clock.monotonic()
        if self._foreign:
            self._foreign, self._tag = False, ""
        try:
            fetched = self._server().slip_unless(
                self._tag, watched.document, watched.terminal, watched.epoch, watched.session
            )
        except Refused as refused:
            if refused.status != 404:
                raise
            fetched = None  # drafted here, and not at the server yet
        if fetched is not None:
            taken = self._scribe.call(lambda journal: _taken(journal, watched, fetched.value))
            self._tag = fetched.etag if taken else ""
            if taken:
                self._notify(SlipTaken(watched.document))
            else:
                if self._scribe.call(lambda journal: journal.epoch) != watched.epoch:
                    self._watched = (
                        None  # this device has another name by now: our own scans are news under the old one
                    )
                self._sender.renew(watched.document)  # our own entries were answered meanwhile: it is read after them
        took = self._clock.monotonic() - began
        self._renew_at = began + max(PACE_S, (1 + SHARE) * took)


def _taken(journal: Journal, watched: _Watched, state: SlipState) -> bool:
    """Take a slip into the journal; says whether it was as new as what the journal has heard."""
    if journal.epoch != watched.epoch or state.cursor < journal.outbox.answered:
        return False
    return take_slip(journal, state)
