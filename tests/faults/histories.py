"""A shift's history as plain values: what was told, what each journal and the server hold in the end.

It may come from the simulation, or be read out of real journals and a real database (`records`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class Kind(StrEnum):
    """The promise that was broken."""

    LOST = "lost"
    TWICE = "twice"
    ORDER = "order"
    DISAGREE = "disagree"
    STUCK = "stuck"


class Finding(Struct, frozen=True):
    """One broken promise."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Ack(Struct, frozen=True):
    """A person at a device was told that an event is stored."""

    device: str
    sequence: int
    id: str


class Event(Struct, frozen=True):
    """An event as a journal or the server's inbox holds it; `outcome` is `pending` where no answer has come."""

    id: str
    sequence: int
    type: str
    outcome: str
    document: str = ""
    registration: str = ""
    """What it made, removed, brought back or corrected."""
    undoes: str = ""
    """The type of the event that it undoes."""
    void: bool = False
    problem: bool = False
    """Whether its terminal shows it as a problem, or did until a person put it away."""
    line: int = 0
    item: str = ""
    key: str = ""
    """The serial as it is compared; empty for a blank."""
    registrations: tuple[str, ...] = ()
    """What it draws, gives back or brings along by name; `units` have none."""
    slip: str = ""
    units: int = 0
    order: str = ""
    lines: tuple[tuple[int, int], ...] = ()
    """Lines of the order and units, of a draft."""


class Row(Struct, frozen=True):
    """A row of the server's inbox, in the order of arrival."""

    terminal: str
    epoch: str
    event: Event


class Unit(Struct, frozen=True, order=True):
    """A registration that counts."""

    document: str
    line: int
    id: str
    item: str = ""
    key: str = ""
    """The serial as it is compared; empty for a blank."""
    invoice: str = ""
    invoiced: bool = False
    came_from: str = ""
    """The reversed slip that it came along from (S12)."""
    returned: bool = False
    """It came back and was sold again: its serial is free (S22)."""


class Line(Struct, frozen=True, order=True):
    """A line of a document."""

    number: int
    units: int
    order_line: int = 0
    reversed: bool = False


class Document(Struct, frozen=True):
    """A slip, an invoice or a sale, without what is registered on it."""

    number: str
    status: str
    lines: tuple[Line, ...] = ()
    kind: str = "packing-slip"
    order: str = ""


class Draw(Struct, frozen=True, order=True):
    """Units without a registration that an invoice takes from a slip's line."""

    invoice: str
    slip: str
    line: int
    units: int
    invoiced: bool = False


class OrderLine(Struct, frozen=True, order=True):
    """A line of an order, and what is left of it to ship."""

    order: str
    number: int
    units: int
    left: int


class Side(Struct, frozen=True):
    """One device's journal in the end. `units`, `documents` and `draws` are those of documents that it has read."""

    device: str
    terminal: str
    epoch: str
    events: tuple[Event, ...]
    units: frozenset[Unit] = frozenset()
    documents: tuple[Document, ...] = ()
    draws: frozenset[Draw] = frozenset()
    orders: frozenset[OrderLine] = frozenset()
    findings: tuple[str, ...] = ()
    """What the journal's own replay found wrong."""


class History(Struct, frozen=True):
    """A shift, from its first scan until everything was quiet again."""

    acks: tuple[Ack, ...]
    sides: tuple[Side, ...]
    inbox: tuple[Row, ...]
    cursors: Mapping[tuple[str, str], int]
    units: frozenset[Unit]
    documents: tuple[Document, ...] = ()
    draws: frozenset[Draw] = frozenset()
    orders: frozenset[OrderLine] = frozenset()
    began: tuple[Document, ...] = field(default_factory=tuple)
    """The documents that were there before the first event."""
    drained_s: float | None = 0.0
    """Seconds after the last fault until the last queue was empty; None where that never came."""
    patience_s: float = 600.0
    """Seconds that may take."""
