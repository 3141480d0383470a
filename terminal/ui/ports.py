"""What the screens are handed by `wiring`: the desk where scans are judged and written, and the news from elsewhere.

Each `then` is called on the app's loop, after what was asked for is done; nothing here ever waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

from terminal.domain.documents import Operator, ScanMode
from terminal.domain.intents import Intent
from terminal.domain.refusals import Refusal
from terminal.domain.views import DocumentView, OrderView, Problem, Sheet, Shop, SlipView, Standing, Verdict
from terminal.ui.messages import Input


class Link(StrEnum):
    """How the road to the server is."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    DENIED = "denied"
    """The server answers, and doesn't know this terminal."""
    NONE = "none"
    """No server is configured."""


class Fault(Struct, frozen=True):
    """The journal couldn't be written: nothing of what was asked happened. `trouble` as in the journal's store."""

    trouble: str
    path: str


class Picked(Struct, frozen=True):
    """A scan named an item: its line is the current one now."""

    sheet: Sheet


class NotHere(Struct, frozen=True):
    """A scan named something that is no serial: `what` is `item` or `document`."""

    what: str
    code: str


ScanResult = Verdict | Picked | NotHere | Fault


class SignIn(Struct, frozen=True):
    """How signing in ended: `in`, `wrong-pin`, `unknown`, `too-many`, `not-known-here`, `no-data` or `failed`."""

    outcome: str
    operator: Operator | None = None
    online: bool = True
    tries_left: int | None = None
    wait_s: float = 0


class Opened(Struct, frozen=True):
    """A slip was opened. `fresh`: its registrations are the server's own, as of now."""

    number: str
    sheet: Sheet | None
    fresh: bool


class Listing(Struct, frozen=True):
    """The documents to work on."""

    slips: Sequence[SlipView] = ()
    orders: Sequence[OrderView] = ()


class Draft(Struct, frozen=True):
    """An order to draft a slip from: (order line, item, description, units left) for each of its lines."""

    order: str
    customer: str
    lines: Sequence[tuple[int, str, str, int]]


class State(Struct, frozen=True):
    """What every screen may show of the terminal as a whole."""

    link: Link = Link.NONE
    standing: Standing = field(default_factory=lambda: Standing(0, 0, 0))
    failures: int = 0
    scanners: Sequence[str] = ()
    """Sentence-ready words on each scanner that is not as it should be."""


class Desk(Protocol):
    """Where work is asked for."""

    state: State
    shop: Shop
    operator: Operator | None

    def scan(self, document: str, line: int, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        """Judge a scanned or typed code on a line: a serial, or the barcode of an item on the document."""

    def record(self, intent: Intent, line: int | None, then: Callable[[Verdict | Fault], None]) -> None:
        """Judge an intent and write it down; the verdict is true on disk."""

    def sheet(self, document: str, line: int, step: int, then: Callable[[Sheet | Fault | None], None]) -> None:
        """Give the page of a line (`step` 0), of the next (1) or the previous one (-1); None at the end."""

    def document(self, number: str, then: Callable[[DocumentView | Fault | None], None]) -> None:
        """Give a slip with its lines and what stands in the way of posting."""

    def listing(self, then: Callable[[Listing | Fault], None]) -> None:
        """Give the documents to work on."""

    def open(self, number: str, then: Callable[[Opened | Fault], None]) -> None:
        """Open a slip, with the server's registrations where it can be reached."""

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        """Give what is left of an order to ship."""

    def make_slip(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """Draft a slip."""

    def problems(self, then: Callable[[Sequence[Problem] | Fault], None]) -> None:
        """Give the problems nobody has put away yet."""

    def put_away(self, sequence: int, then: Callable[[Fault | None], None]) -> None:
        """Take a problem off the list."""

    def sign_in(self, operator: str, pin: str, then: Callable[[SignIn | Fault], None]) -> None:
        """Check who is at work."""

    def sign_out(self) -> None:
        """End the operator's work; what is unsent stays theirs."""

    def refresh(self) -> None:
        """Ask the server for its documents and master data now."""


class Decoder(Protocol):
    """Turns the terminal's bytes into scans and keys; from `sources`, by way of `wiring`."""

    @property
    def deadline(self) -> float | None:
        """When `tick` is due, in monotonic seconds, or None."""

    @property
    def text(self) -> str:
        """What is being typed."""

    def feed(self, data: bytes, at: float) -> Sequence[Input]:
        """Take bytes."""

    def feed_key(self, name: str, character: str | None, at: float) -> Sequence[Input]:
        """Take a key of a browser."""

    def tick(self, now: float) -> Sequence[Input]:
        """Say that time has passed."""

    def settled(self, now: float) -> str | None:
        """Give a character that was typed alone."""

    def take(self) -> str:
        """Clear the entry."""


class Look(Struct, frozen=True):
    """How the screen looks and behaves."""

    mono: bool = False
    mouse: bool = False
    bell: bool = True
    lock_after_s: float = 300
    operator: str = ""
    pin: str = ""
    document: str = ""
    hint: str = ""
    """What the first screen says, such as who may sign in to a demo."""
