"""What the sender asks of the server, and what comes of it: an answer, or one of six ways of not getting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from terminal.backend.wire.documents import Documents, OrderState, SlipState
from terminal.backend.wire.events import BatchAnswer
from terminal.backend.wire.master import Master
from terminal.backend.wire.recalls import RecallPart
from terminal.backend.wire.sessions import Session
from terminal.backend.wire.tracing import OpenBlanks, Trace
from terminal.domain.events import Continued

T = TypeVar("T")
Frame = Mapping[str, Any]
"""An event as it is sent, see `wire.events.event_json`."""


class Reason(StrEnum):
    """Why there was no answer, for a screen to put into words."""

    CONNECTION_REFUSED = "connection-refused"
    NAME_NOT_FOUND = "name-not-found"
    NO_ROUTE = "no-route"
    TIMEOUT = "timeout"
    BROKEN = "connection-broken"
    CERTIFICATE = "certificate"
    ADDRESS = "bad-address"
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"
    REDIRECT = "redirect"
    NOT_JSON = "not-json"
    UNREADABLE = "unreadable"
    MISMATCH = "mismatch"
    """It is JSON of the right shape, but not about what was asked."""
    STATUS = "status"
    """A status that the server never gives."""
    BUSY = "busy"
    SERVER_ERROR = "server-error"


class NoAnswer(Exception):
    """An exchange that did not end in the answer asked for; exactly six kinds exist."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        """A `Reason`, or the server's own problem code."""
        self.detail = detail
        """For the log; in the words of whoever found it."""


class Unreachable(NoAnswer):
    """Nobody answered, or not to the end. What was sent may have arrived: the same ids are sent again."""


class Busy(NoAnswer):
    """The server can't now (429, 503): nothing promised, later again."""

    def __init__(
        self,
        retry_after_s: float | None,
        code: str = "",
        parameters: Mapping[str, str | int] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(code or Reason.BUSY, detail)
        self.retry_after_s = retry_after_s
        """Seconds the server asked to wait, 300 at the most; None where it said nothing."""
        self.code = code
        self.parameters = parameters or {}


class ServerError(NoAnswer):
    """The server failed (5xx): nothing promised, the same again."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(Reason.SERVER_ERROR, detail or str(status))
        self.status = status


class NotOurs(NoAnswer):
    """Somebody answered who isn't our server, such as a hotspot's login page."""


class Denied(NoAnswer):
    """The server won't have this terminal, session or PIN (401, 403)."""

    def __init__(self, code: str, parameters: Mapping[str, str | int], detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.parameters = parameters


class Refused(NoAnswer):
    """The server understood and said no (other 4xx). `code` is empty where a proxy said 413 in its place."""

    def __init__(self, code: str, parameters: Mapping[str, str | int], status: int, detail: str = "") -> None:
        super().__init__(code or Reason.STATUS, detail)
        self.code = code
        self.parameters = parameters
        self.status = status


class Fetched(Struct, Generic[T], frozen=True):
    """Something that was read, with the tag under which the server knows this state of it."""

    value: T
    etag: str


class Server(Protocol):
    """What the sender asks of the server. Every method raises `NoAnswer`."""

    def send_events(
        self, terminal: str, epoch: str, events: Sequence[Frame], continues: Continued | None = None
    ) -> BatchAnswer:
        """Send events in their order; none at all asks for the cursor."""

    def master(self, terminal: str, epoch: str, etag: str = "", slip_prefix: str = "") -> Fetched[Master] | None:
        """Read the master data; None while `etag` still names it. A server that forgot our prefix hears it again."""

    def recalls(self, terminal: str, after: int) -> RecallPart:
        """Read a part of the list of recalls (I9)."""

    def documents(self, session: str, etag: str = "") -> Fetched[Documents] | None:
        """Read the open work; None while `etag` still names it."""

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> SlipState:
        """Read one slip with its registrations."""

    def order(self, number: str, terminal: str, epoch: str, session: str) -> OrderState:
        """Read an order with all its slips and invoices."""

    def trace(self, serial: str, session: str, item: str = "") -> Trace:
        """Read where every unit went that ever had a serial (S18)."""

    def blanks(self, session: str, order: str = "", item: str = "") -> OpenBlanks:
        """Read which units still want a serial (S9)."""

    def sign_in(self, operator: str, pin: str, terminal: str) -> Session:
        """Open a session."""

    def sign_out(self, session: str) -> None:
        """Close a session."""

    def close(self) -> None:
        """Let go of the connections."""
