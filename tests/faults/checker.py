"""Says of a shift's history whether its promises were kept: a pure function over plain values, which knows no program.

What a person was told is stored must be answered by the server exactly once, and count there or be a problem at its
terminal; no serial counts twice (S22); each terminal's events stand in their order; both sides agree in the end; and
the queue has drained. The history may come from the simulation, or be read out of real journals and a real database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct, field

REGISTERING = frozenset({"registered", "not-readable"})
REMOVED, UNDONE = "removed", "undone"
REFUSED = frozenset({"conflict", "rejected"})


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
    """What it made, removed or brought back."""
    undoes: str = ""
    """The type of the event that it undoes."""
    void: bool = False
    problem: bool = False
    """Whether its terminal shows it as a problem, or did until a person put it away."""


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
    returned: bool = False


class Side(Struct, frozen=True):
    """One device's journal in the end. `units` and `statuses` are of the documents that it has read."""

    device: str
    terminal: str
    epoch: str
    events: tuple[Event, ...]
    units: frozenset[Unit] = frozenset()
    statuses: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    """What the journal's own replay found wrong."""


class History(Struct, frozen=True):
    """A shift, from its first scan until everything was quiet again."""

    acks: tuple[Ack, ...]
    sides: tuple[Side, ...]
    inbox: tuple[Row, ...]
    cursors: Mapping[tuple[str, str], int]
    units: frozenset[Unit]
    statuses: Mapping[str, str]
    drained_s: float | None = 0.0
    """Seconds after the last fault until the last queue was empty; None where that never came."""
    patience_s: float = 600.0
    """Seconds that may take."""


def check(history: History) -> list[Finding]:
    """Give everything that is wrong; nothing for a history in which every promise was kept."""
    return [
        *_lost(history),
        *_in_effect(history),
        *_twice(history),
        *_order(history),
        *_agree(history),
        *_live(history),
    ]


def _lost(history: History) -> Iterator[Finding]:
    """Each acknowledged event is in its journal, is answered there as at the server, and a refusal is seen."""
    inbox = {row.event.id: row for row in history.inbox}
    sides = {side.device: side for side in history.sides}
    journals = {device: {event.sequence: event for event in side.events} for device, side in sides.items()}
    for ack in history.acks:
        kept = journals[ack.device].get(ack.sequence)
        if kept is None or kept.id != ack.id:
            yield Finding(Kind.LOST, f"{ack.device} {ack.sequence} was acknowledged and is not in its journal")
    for side in history.sides:
        for event in side.events:
            yield from _answered(history, side, event, inbox.get(event.id))


def _answered(history: History, side: Side, event: Event, row: Row | None) -> Iterator[Finding]:
    named = f"{side.device} {event.sequence} ({event.type} {event.id})"
    if event.outcome == "pending":
        yield Finding(Kind.LOST, f"{named} has no answer")
    elif event.outcome == "key-reuse":
        if row is not None:
            yield Finding(Kind.DISAGREE, f"{named} counts as another's here, and is {row.event.outcome} at the server")
        elif not event.problem and not event.void:
            yield Finding(Kind.LOST, f"{named} met another event in its place, and nobody is told")
    elif row is None:
        yield Finding(Kind.LOST, f"{named} counts as {event.outcome}, and the server has never seen it")
    elif (row.terminal, row.epoch, row.event.sequence) != (side.terminal, side.epoch, event.sequence):
        yield Finding(Kind.ORDER, f"{named} is {row.terminal} {row.event.sequence} at the server")
    elif row.event.outcome != event.outcome:
        yield Finding(Kind.DISAGREE, f"{named} is {event.outcome} here and {row.event.outcome} at the server")
    elif event.outcome in REFUSED and not event.problem and not event.void and not _settled_since(history, side, event):
        yield Finding(Kind.LOST, f"{named} was refused, and nobody is told")


def _settled_since(history: History, side: Side, refused: Event) -> bool:
    """Say whether the newest word of this terminal's people on a unit is so in the end, or is a problem itself."""
    if refused.type not in REGISTERING | {REMOVED, UNDONE}:
        return False
    newest = max((e for e in side.events if e.registration == refused.registration), key=lambda e: e.sequence)
    wanted = newest.type in REGISTERING or (newest.type == UNDONE and newest.undoes == REMOVED)
    so = wanted == (refused.registration in {unit.id for unit in history.units})
    return so or (newest.problem and newest is not refused)


def _in_effect(history: History) -> Iterator[Finding]:
    """What was accepted counts at the server until it was removed: the inbox, added up, is what is registered."""
    counts: dict[str, str] = {}
    removed: dict[str, Event] = {}
    for row in history.inbox:
        event = row.event
        if event.outcome not in {"accepted", "duplicate"} or event.void:
            continue
        if event.type in REGISTERING and event.outcome == "accepted":
            counts[event.id] = event.document
        elif event.type == REMOVED or (event.type == UNDONE and event.undoes != REMOVED):
            counts.pop(event.registration, None)
            removed[event.registration] = event
        elif event.type == UNDONE and event.outcome == "accepted":
            counts[event.registration] = event.document
            removed.pop(event.registration, None)
    held = {unit.id for unit in history.units}
    for id in sorted(counts.keys() - held):
        yield Finding(Kind.LOST, f"registration {id} was accepted and does not count at the server")
    for id in sorted(held & removed.keys()):
        yield Finding(Kind.LOST, f"registration {id} was removed by {removed[id].id} and counts at the server")
    for id in sorted(held - counts.keys() - removed.keys()):
        yield Finding(Kind.TWICE, f"registration {id} counts at the server and was never accepted")


def _twice(history: History) -> Iterator[Finding]:
    """No serial counts twice, and no event is held twice, or was made by nobody."""
    for (item, key), n in Counter((u.item, u.key) for u in history.units if u.key and not u.returned).items():
        if n > 1:
            yield Finding(Kind.TWICE, f"{item} {key} counts {n} times at the server")
    for id, n in Counter(row.event.id for row in history.inbox).items():
        if n > 1:
            yield Finding(Kind.TWICE, f"event {id} is held {n} times")
    recorded = {event.id for side in history.sides for event in side.events}
    for row in history.inbox:
        if row.event.id not in recorded:
            yield Finding(Kind.TWICE, f"event {row.event.id} is in no journal")


def _order(history: History) -> Iterator[Finding]:
    """Each terminal's events arrived in the order of their sequence, none left out, and were told in that order."""
    arrived: dict[tuple[str, str], list[int]] = {}
    for row in history.inbox:
        arrived.setdefault((row.terminal, row.epoch), []).append(row.event.sequence)
    for place, sequences in arrived.items():
        if sequences != list(range(1, len(sequences) + 1)):
            yield Finding(Kind.ORDER, f"{place[0]} came in the order {sequences}")
        if history.cursors.get(place) != len(sequences):
            yield Finding(Kind.ORDER, f"{place[0]} has {len(sequences)} events and cursor {history.cursors.get(place)}")
    for side in history.sides:
        sequences = [event.sequence for event in side.events]
        if sequences != list(range(1, len(sequences) + 1)):
            yield Finding(Kind.ORDER, f"{side.device} has the events {sequences}")
        told = [ack.sequence for ack in history.acks if ack.device == side.device]
        if told != sorted(set(told)):
            yield Finding(Kind.ORDER, f"{side.device} was told {told}")


def _agree(history: History) -> Iterator[Finding]:
    """What counts at the server on a document counts at each device that has read it, and nothing else does."""
    for side in history.sides:
        for said in side.findings:
            yield Finding(Kind.DISAGREE, f"{side.device}: {said}")
        for document, status in sorted(side.statuses.items()):
            there = {(u.id, u.line, u.item, u.key) for u in history.units if u.document == document}
            here = {(u.id, u.line, u.item, u.key) for u in side.units if u.document == document}
            if here != there:
                missing, more = sorted(there - here), sorted(here - there)
                yield Finding(Kind.DISAGREE, f"{side.device} on {document}: lacks {missing}, has {more}")
            known = history.statuses.get(document, "refused")
            if status != known:
                yield Finding(Kind.DISAGREE, f"{side.device}: {document} is {status}, {known} at the server")


def _live(history: History) -> Iterator[Finding]:
    """The queues have drained, soon after the last fault."""
    if history.drained_s is None or history.drained_s > history.patience_s:
        yield Finding(Kind.STUCK, f"events still wait {history.patience_s:g} s after the last fault")
