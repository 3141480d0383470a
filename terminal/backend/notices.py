"""What the sender posts as notices, and what it answers to the screens' questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from terminal.backend.backoff import LinkState
from terminal.domain.documents import Operator, Registration
from terminal.domain.events import Recorded
from terminal.domain.views import Standing


@dataclass(frozen=True, slots=True)
class Link:
    """How the road to the server is. Posted when it changes, and after each failure."""

    state: LinkState
    failures: int
    """Failed attempts since the last success."""
    reason: str
    """An `answers.Reason`, or the server's own problem code; empty while online."""
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
