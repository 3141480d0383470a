"""The road to the server: how it fares, and how long nothing may be sent on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import Random

from terminal.backend.answers import Busy, Denied, NoAnswer, NotOurs, Reason, Server, Unreachable
from terminal.backend.backoff import Backoff, LinkState
from terminal.backend.notices import Link, Notice
from terminal.clock import Clock

DENIED_S = 60.0
"""Seconds until a server that denied this terminal is asked again."""
IMPATIENT_S = 5.0
"""Seconds after a failure from which on a new scan tries again at once."""
OFFLINE_AFTER = 3
"""Requests in a row that may hang or break off until the server counts as out of reach."""
_HANGS = frozenset({Reason.TIMEOUT, Reason.BROKEN})
"""What a slow road looks like; after anything else there is nobody there, and waiting would not help."""

_log = logging.getLogger(__name__)


class Road:
    """Holds the client, and learns from each success and failure when to use it again."""

    def __init__(
        self, client_factory: Callable[[], Server], clock: Clock, rng: Random, tell: Callable[[Notice], None]
    ) -> None:
        self._client_factory = client_factory
        self._clock = clock
        self._rng = rng
        self._tell = tell
        self._client: Server | None = None
        self._backoff = Backoff(rng)
        self._retry_at = 0.0
        self._failed_at = 0.0
        self._unreached_at = -1.0
        self._heard_at = 0.0
        self._patient = False  # whether even a new scan waits: the server asked for it

        self.link = Link(LinkState.OFFLINE, 0, "", None)
        """How the road is: the last one posted, except that `last_ok` is kept up to date."""
        self.woken = False
        """Whether something was written since the last failure."""
        self.check = True
        """Whether the server's cursor wants looking at."""
        self.on_back: Callable[[], None] = lambda: None
        """Called when the server answers after an outage, before anybody is told."""

    def server(self) -> Server:
        """Give the client; it is made when it is first needed."""
        client = self._client = self._client or self._client_factory()
        return client

    def let_go(self) -> None:
        """Throw the client away; the next request gets a new one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # How the link fares.

    def succeeded(self) -> None:
        """Note that the server answered; after an outage everything is looked at again at once."""
        was = self.link
        self._heard_at = self._clock.monotonic()
        self._backoff.reset()
        self._retry_at = 0.0
        self._patient = False
        self.link = Link(LinkState.ONLINE, 0, "", self._clock.now())
        if was.state is LinkState.ONLINE:
            return
        if was.state is not LinkState.DEGRADED:
            self.check = True
            self.on_back()
        _log.info("the server answers, after %d failed attempts", was.failures)
        self._tell(self.link)

    def failed(self, error: NoAnswer) -> None:
        """Note a failure and decide when to try again."""
        busy = isinstance(error, Busy)
        asked = error.retry_after_s if isinstance(error, Busy) else None
        wait = self._backoff.failed(busy=busy, retry_after_s=asked)
        denied = isinstance(error, Denied)
        if denied:
            wait = DENIED_S
            self.let_go()  # a terminal that was enrolled meanwhile gets a client with its token
        state = LinkState.DENIED if denied else self._state_after(error)
        self.hold(wait, patient=busy or denied)
        if isinstance(error, (Unreachable, NotOurs)):
            self._unreached_at = self._failed_at
        self.check = True
        self.link = Link(state, self._backoff.failures, error.reason, self.link.last_ok)
        _log.info("no answer (%s): attempt %d, next in %.1f s", error, self._backoff.failures, wait)
        self._tell(self.link)

    def _state_after(self, error: NoAnswer) -> LinkState:
        """Name the link as it is after a failure; what is out of reach stays so until the server itself answers."""
        if not isinstance(error, (Unreachable, NotOurs)):
            return LinkState.DEGRADED
        if self.link.state is LinkState.OFFLINE or error.reason not in _HANGS:
            return LinkState.OFFLINE
        return LinkState.DEGRADED if self._backoff.failures < OFFLINE_AFTER else LinkState.OFFLINE

    def silent_since(self) -> float:
        """Give the moment of the server's last answer."""
        return self._heard_at

    def unreached_since(self, moment: float) -> bool:
        """Say whether the server was out of reach after `moment`."""
        return self._unreached_at > moment

    # How long to wait.

    def hold(self, seconds: float, *, patient: bool = False) -> None:
        """Have nothing sent for so long; `patient`: not even for a new scan."""
        self._failed_at = self._clock.monotonic()
        self._retry_at = self._failed_at + seconds
        self._patient = patient
        self.woken = False

    def held_for(self) -> float:
        """Give the seconds for which nothing may be sent: until the next try, or earlier for a new scan."""
        until = self._retry_at
        if self.woken and not self._patient:
            until = min(until, self._failed_at + IMPATIENT_S)
        return max(0.0, until - self._clock.monotonic())

    def try_now(self) -> None:
        """Wait no longer, whatever happened; the server's cursor shows how the link is."""
        self._retry_at = 0.0
        self.check = True

    def soon(self) -> float:
        """Give a moment for the next try of something that is not urgent; each terminal its own."""
        return self._clock.monotonic() + self._rng.uniform(5.0, 20.0)
