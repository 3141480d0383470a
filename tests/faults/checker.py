"""Says of a shift's history whether its promises were kept: a pure function over plain values, which knows no program.

What a person was told is stored must be answered by the server exactly once, and count there or be a problem at its
terminal; no unit counts, is charged or is shipped twice (S13, S14, S22); each terminal's events stand in their order;
both sides agree in the end on units, documents, invoices and orders; and the queue has drained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from .books import SLIP, Books
from .histories import Document, Draw, Event, Finding, History, Kind, Row, Side, Unit

REGISTERING = frozenset({"registered", "not-readable"})
REMOVED, UNDONE = "removed", "undone"
REFUSED = frozenset({"conflict", "rejected"})
T = TypeVar("T")


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
    held: dict[str, list[tuple[Side, Event]]] = {}
    for side in history.sides:
        for event in side.events:
            held.setdefault(event.id, []).append((side, event))
    for side in history.sides:
        for event in side.events:
            yield from _answered(history, side, event, inbox.get(event.id), held[event.id])


def _answered(
    history: History, side: Side, event: Event, row: Row | None, held: Sequence[tuple[Side, Event]]
) -> Iterator[Finding]:
    """Look at how an event ended. `held`: the event as it is at each device that has it, more than one of copied ones.

    Those are told once: a restored server may answer it anew to one of them only (see README.md).
    """
    named = f"{side.device} {event.sequence} ({event.type} {event.id})"
    if event.outcome == "pending":
        yield Finding(Kind.LOST, f"{named} has no answer")
    elif event.outcome == "key-reuse":
        yield Finding(Kind.LOST, f"{named} met another event in its place and was given up")
    elif row is None:
        yield Finding(Kind.LOST, f"{named} counts as {event.outcome}, and the server has never seen it")
    elif (row.terminal, row.event.sequence) != (side.terminal, event.sequence):
        yield Finding(Kind.ORDER, f"{named} is {row.terminal} {row.event.sequence} at the server")
    elif all(each.outcome != row.event.outcome for _, each in held):
        yield Finding(Kind.DISAGREE, f"{named} is {event.outcome} here and {row.event.outcome} at the server")
    elif row.event.outcome in REFUSED and not any(_is_told(history, *each) for each in held):
        yield Finding(Kind.LOST, f"{named} was refused, and nobody is told")


def _is_told(history: History, side: Side, refused: Event) -> bool:
    """Say whether people at a device know of a refusal, or need not."""
    return refused.outcome in REFUSED and (refused.problem or refused.void or _settled_since(history, side, refused))


def _settled_since(history: History, side: Side, refused: Event) -> bool:
    """Say whether the newest word of this terminal's people on a unit was taken, is so in the end, or is a problem.

    It also was so where somebody else changed it after that, or its line was reversed.
    """
    words = REGISTERING | {REMOVED, UNDONE}
    if refused.type not in words:
        return False
    said = (e for e in side.events if e.registration == refused.registration and e.type in words)
    newest = max(said, key=lambda e: e.sequence)
    wanted = newest.type in REGISTERING or (newest.type == UNDONE and newest.undoes == REMOVED)
    so = wanted == (refused.registration in {unit.id for unit in history.units})
    taken = newest is not refused and (newest.problem or newest.outcome not in REFUSED)
    return so or taken or _changed_since(history, side, refused) or (wanted and _reversed_since(history, refused))


def _changed_since(history: History, side: Side, refused: Event) -> bool:
    """Say whether another terminal's people removed a unit, or brought it back, after this was refused."""
    own = {event.id for event in side.events}
    return any(
        event.registration == refused.registration and event.type in {REMOVED, UNDONE} and event.id not in own
        for event in _accepted_since(history, refused)
    )


def _reversed_since(history: History, refused: Event) -> bool:
    """Say whether the line of a unit was reversed after this was refused: no unit counts there then (S11)."""
    return any(
        event.type == "slip-reversed" and event.document == refused.document and event.line in {0, refused.line}
        for event in _accepted_since(history, refused)
    )


def _accepted_since(history: History, refused: Event) -> Iterator[Event]:
    arrived = [row.event.id for row in history.inbox]
    after = arrived.index(refused.id) + 1 if refused.id in arrived else len(arrived)
    return (row.event for row in history.inbox[after:] if row.event.outcome == "accepted")


def _in_effect(history: History) -> Iterator[Finding]:
    """What was accepted counts at the server: the inbox, added up, is what it has in the end."""
    books = Books(history.began)
    yield from books.take(history.inbox)
    held = {unit.id: unit for unit in history.units}
    for id, unit in sorted(books.units.items()):
        if id not in held:
            yield Finding(Kind.LOST, f"registration {id} was accepted and does not count at the server")
        elif held[id] != unit:
            yield Finding(Kind.LOST, f"registration {id} should be {unit}, and is {held[id]} at the server")
    for id in sorted(held.keys() - books.units.keys()):
        if id in books.removed_by:
            yield Finding(
                Kind.LOST, f"registration {id} was removed by {books.removed_by[id]} and counts at the server"
            )
        else:
            yield Finding(Kind.TWICE, f"registration {id} counts at the server and was never accepted")
    yield from _as_added_up("document", books.documents, {each.number: each for each in history.documents})
    yield from _as_added_up("draw", books.draws, {(d.invoice, d.slip, d.line): d for d in history.draws})


def _as_added_up(what: str, wanted: Mapping[T, object], held: Mapping[T, object]) -> Iterator[Finding]:
    for name in sorted(wanted.keys() | held.keys(), key=str):
        if name not in held:
            yield Finding(Kind.LOST, f"{what} {name} was accepted and is not at the server")
        elif name not in wanted:
            yield Finding(Kind.TWICE, f"{what} {name} is at the server and was never accepted")
        elif wanted[name] != held[name]:
            yield Finding(Kind.LOST, f"{what} {name} should be {wanted[name]}, and is {held[name]} at the server")


def _twice(history: History) -> Iterator[Finding]:
    """No unit counts, is charged or is shipped twice; no event is held twice, or was made by nobody."""
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
    yield from _charged_twice(history)
    yield from _shipped_twice(history)


def _charged_twice(history: History) -> Iterator[Finding]:
    """No line of a slip that was posted has more units than were shipped, nor charges more (S5, S14)."""
    registered = Counter((unit.document, unit.line) for unit in history.units)
    charged = Counter((unit.document, unit.line) for unit in history.units if unit.invoice)
    for draw in history.draws:
        charged[draw.slip, draw.line] += draw.units
    for document in history.documents:
        for line in document.lines:
            place, units = (document.number, line.number), 0 if line.reversed else line.units
            if document.status == "posted" and registered[place] > line.units:
                yield Finding(Kind.TWICE, f"{place} has {registered[place]} units and ships {line.units}")
            if document.kind == SLIP and charged[place] > units:
                yield Finding(Kind.TWICE, f"{place} has {units} units to charge and {charged[place]} are on invoices")


def _shipped_twice(history: History) -> Iterator[Finding]:
    """What is left of an order's line is what no document ships, and none ships more than was ordered (S13)."""
    shipped: Counter[tuple[str, int]] = Counter()
    for document in history.documents:
        for line in document.lines:
            shipped[document.order, line.order_line] += 0 if line.reversed else line.units
    for at in sorted(history.orders):
        taken = shipped[at.order, at.number]
        if taken > at.units:
            yield Finding(Kind.TWICE, f"{at.order} {at.number} has {at.units} units and {taken} are shipped")
        elif at.left != at.units - taken:
            yield Finding(Kind.TWICE, f"{at.order} {at.number} has {at.left} of {at.units} units left, {taken} shipped")


def _order(history: History) -> Iterator[Finding]:
    """Each device's events arrived in the order of their sequence, none left out, and were told in that order.

    Devices with one terminal's data have what is of before in common: it may have come from either, in its own epoch.
    """
    arrived: dict[tuple[str, str], list[int]] = {}
    for row in history.inbox:
        arrived.setdefault((row.terminal, row.epoch), []).append(row.event.sequence)
    for (terminal, epoch), sequences in arrived.items():
        elsewhere = {n for place, those in arrived.items() if place[0] == terminal and place[1] != epoch for n in those}
        left_out = set(range(1, sequences[-1])) - set(sequences) - elsewhere
        if sequences != sorted(set(sequences)) or left_out:
            yield Finding(Kind.ORDER, f"{terminal} came in the order {sequences}")
        if history.cursors.get((terminal, epoch), 0) < sequences[-1]:
            yield Finding(Kind.ORDER, f"{terminal} {epoch} came up to {sequences[-1]}, and its cursor is behind that")
    devices = Counter(side.terminal for side in history.sides)
    stored: Counter[tuple[str, str]] = Counter()
    for side in history.sides:  # a copied device that has done nothing since shares its place with the other
        stored[side.terminal, side.epoch] = max(stored[side.terminal, side.epoch], len(side.events))
    position = {row.event.id: n for n, row in enumerate(history.inbox)}
    for side in history.sides:
        sequences = [event.sequence for event in side.events]
        if sequences != list(range(1, len(sequences) + 1)):
            yield Finding(Kind.ORDER, f"{side.device} has the events {sequences}")
        came = [event.sequence for event in sorted(side.events, key=lambda e: position.get(e.id, -1))]
        if came != sorted(came) and all(event.id in position for event in side.events):
            yield Finding(Kind.ORDER, f"{side.device} came in the order {came}")
        cursor = history.cursors.get((side.terminal, side.epoch), 0)
        behind = cursor < stored[side.terminal, side.epoch]
        # what a copied device has sent in its own epoch may come late in that of before, too: the other parts then
        if behind or (cursor > stored[side.terminal, side.epoch] and devices[side.terminal] == 1):
            yield Finding(Kind.ORDER, f"{side.device} has {len(sequences)} events and cursor {cursor}")
        told = [ack.sequence for ack in history.acks if ack.device == side.device]
        if told != sorted(set(told)):
            yield Finding(Kind.ORDER, f"{side.device} was told {told}")


def _agree(history: History) -> Iterator[Finding]:
    """What is so at the server is so at each device, as far as that has read it, and nothing else is."""
    documents = {document.number: document for document in history.documents}
    orders = {(at.order, at.number): at for at in history.orders}
    for side in history.sides:
        for said in side.findings:
            yield Finding(Kind.DISAGREE, f"{side.device}: {said}")
        for here in side.documents:
            yield from _same(f"{side.device} on {here.number}", _on(here, history.units), _on(here, side.units))
            yield from _same(f"{side.device} on {here.number}", _of(here, history.draws), _of(here, side.draws))
            known = documents.get(here.number)
            status = known.status if known is not None else "refused"
            if here.status != status:
                yield Finding(Kind.DISAGREE, f"{side.device}: {here.number} is {here.status}, {status} at the server")
            elif known is not None and (here.kind, here.order, _sold(here)) != (known.kind, known.order, _sold(known)):
                yield Finding(Kind.DISAGREE, f"{side.device}: {here.number} is {here}, {known} at the server")
        for at in sorted(side.orders):
            if orders.get((at.order, at.number), at) != at:
                there = orders[at.order, at.number]
                yield Finding(Kind.DISAGREE, f"{side.device}: {at.order} is {at}, {there} at the server")


def _same(where: str, there: frozenset[T], here: frozenset[T]) -> Iterator[Finding]:
    if here != there:
        missing, more = sorted(there - here, key=str), sorted(here - there, key=str)
        yield Finding(Kind.DISAGREE, f"{where}: lacks {missing}, has {more}")


def _on(document: Document, units: frozenset[Unit]) -> frozenset[Unit]:
    return frozenset(unit for unit in units if unit.document == document.number)


def _of(document: Document, draws: frozenset[Draw]) -> frozenset[Draw]:
    return frozenset(draw for draw in draws if document.number in (draw.invoice, draw.slip))


def _sold(document: Document) -> Sequence[object]:
    """Give the lines that ship anything: one of a sale that the server refused stays at its terminal, with no units."""
    return [line for line in document.lines if line.units]


def _live(history: History) -> Iterator[Finding]:
    """The queues have drained, soon after the last fault."""
    if history.drained_s is None or history.drained_s > history.patience_s:
        yield Finding(Kind.STUCK, f"events still wait {history.patience_s:g} s after the last fault")
