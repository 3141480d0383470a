"""What the sender posts as notices, and what it answers to the screens' questions."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from terminal.backend.backoff import LinkState
from terminal.backend.wire.tracing import OpenBlanks, Trace
from terminal.domain.documents import Operator, Registration
from terminal.domain.events import Recorded
from terminal.domain.views import Standing


class Link(Struct, frozen=True):
    """How the road to the server is. Posted when it changes, and after each failure."""

    state: LinkState
    failures: int
    """Failed attempts since the last success."""
    reason: str
    """An `answers.Reason`, or the server's own problem code; empty while online."""
    last_ok: datetime | None
    """When the server last answered, in UTC."""


class Sent(Struct, frozen=True):
    """Events were answered. More problems than before means that some were refused."""

    standing: Standing


class Differs(Struct, frozen=True):
    """The server knows something else of this document. The journal has its answer; the whole slip follows."""

    document: str


class SlipTaken(Struct, frozen=True):
    """A slip was read from the server and is in the journal."""

    document: str


class Duplicate(Struct, frozen=True):
    """A serial was on the same slip already, from another terminal: counted once, the operator is told (D6)."""

    event: Recorded
    holder: Registration


class Copied(Struct, frozen=True):
    """Another device has this one's data: this one goes on under an epoch of its own, and lost nothing (D10)."""


class ClockDiffers(Struct, frozen=True):
    """The clock here and the server's differ by minutes: what is recorded bears the wrong time (D12)."""

    ahead_s: float
    """Seconds that ours is ahead; below 0 it is behind."""


class MasterTaken(Struct, frozen=True):
    """The master data in the journal is new."""


class DocumentsTaken(Struct, frozen=True):
    """The open work in the journal is new."""


class SessionExpired(Struct, frozen=True):
    """The server wants the operator to sign in again to read documents. Scans are sent all the same."""


class SignedIn(Struct, frozen=True):
    """The PIN is right. Posted as a notice, too, when one that signed in offline is known to the server later."""

    operator: Operator
    online: bool


class WrongPin(Struct, frozen=True):
    """The PIN is wrong; `tries_left` where the server said so."""

    tries_left: int | None


class UnknownOperator(Struct, frozen=True):
    """Nobody has this number."""


class TooManyPins(Struct, frozen=True):
    """The server takes no PIN for this operator or terminal for a while."""

    retry_after_s: float


class NotKnownHere(Struct, frozen=True):
    """The server can't be asked, and this operator did not sign in here within a day (D11)."""

    link: LinkState


class NoMasterData(Struct, frozen=True):
    """The PIN is right, but this terminal has never heard who has which duty."""


class Taken(Struct, frozen=True):
    """The slip in the journal is as the server has it now, with what is unsent on top."""

    document: str


class TraceRead(Struct, frozen=True):
    """The server said where a serial went (S18)."""

    trace: Trace


class BlanksRead(Struct, frozen=True):
    """The server said which units still want a serial (S9)."""

    found: OpenBlanks


class OutOfReach(Struct, frozen=True):
    """The server can't be asked: what the journal has is all there is."""

    link: LinkState


class UnknownSlip(Struct, frozen=True):
    """The server has no such slip."""

    document: str


class SignInNeeded(Struct, frozen=True):
    """The server wants the operator to sign in first."""


class NotPossible(Struct, frozen=True):
    """The journal could not be read or written, or something unforeseen happened; it is in the log."""

    detail: str


SignInResult = SignedIn | WrongPin | UnknownOperator | TooManyPins | NotKnownHere | NoMasterData | NotPossible
SlipResult = Taken | OutOfReach | UnknownSlip | SignInNeeded | NotPossible
TraceResult = TraceRead | OutOfReach | SignInNeeded | NotPossible
BlanksResult = BlanksRead | OutOfReach | SignInNeeded | NotPossible
Notice = (
    Link
    | Sent
    | Differs
    | SlipTaken
    | Duplicate
    | Copied
    | ClockDiffers
    | MasterTaken
    | DocumentsTaken
    | SessionExpired
    | SignedIn
)
