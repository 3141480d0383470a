"""The records in memory: master data as given, everything else by applying changes, one after the other.

`journal verify` replays a terminal's events through it and compares; the tests play with it. Both programs keep
the same facts in their databases instead, because a shift is long and a restart must be quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from terminal.domain.changes import (
    Back,
    Change,
    Charged,
    Gone,
    LineReversed,
    LineSet,
    Made,
    Revised,
    SlipMade,
    StatusChanged,
    UnitsMoved,
)
from terminal.domain.documents import (
    Draw,
    Item,
    Line,
    Operator,
    PackingSlip,
    Recall,
    Registration,
    SalesOrder,
    Tally,
)
from terminal.domain.events import NotReadable, Recorded, Registered, Removed, Undone
from terminal.domain.recalls import folded, reason_in
from terminal.domain.records import Named, PastEvent


class Ledger:
    """Records that live in memory; see `Records` for the look-ups."""

    def __init__(
        self,
        items: Iterable[Item] = (),
        slips: Iterable[tuple[PackingSlip, Iterable[Line]]] = (),
        orders: Iterable[SalesOrder] = (),
        operators: Iterable[Operator] = (),
        recalls: Iterable[Recall] = (),
    ) -> None:
        self._items = {item.number: item for item in items}
        self._orders: dict[str, SalesOrder] = {}
        self._slips: dict[str, PackingSlip] = {}
        self._lines: dict[str, dict[int, Line]] = {}
        self._registrations: dict[str, Registration] = {}
        self._holders: dict[tuple[str, str], str] = {}
        self._tallies: defaultdict[tuple[str, int], Tally] = defaultdict(Tally)
        self._past: dict[str, PastEvent] = {}
        self._draws: dict[tuple[str, str, int], Draw] = {}
        self._operators = [operator.id for operator in operators]
        self._recalls: defaultdict[tuple[str, str], list[Recall]] = defaultdict(list)
        for recall in recalls:
            self._recalls[recall.item, folded(recall.serial or recall.lot)].append(recall)
        for slip, lines in slips:
            self.apply(SlipMade(slip, tuple(lines)))
        self._orders = {order.number: order for order in orders}  # after the slips: what is left counts them already

    def apply(self, change: Change) -> None:
        """Write one change down."""
        match change:
            case Made(registration):
                self._registrations[registration.id] = registration
                self._count(registration, 1)
            case Gone(id):
                self._set_live(id, False)
            case Back(id):
                self._set_live(id, True)
            case StatusChanged(document, status):
                self._slips[document] = replace(self._slips[document], status=status)
            case SlipMade(slip, lines):
                self._slips[slip.number] = slip
                self._lines[slip.number] = {line.number: line for line in lines}
                self._take_from_order(slip.order, {line.order_line: line.units for line in lines})
            case Revised(registration):
                self._revise(registration)
            case LineSet(line):
                self._lines[line.document][line.number] = line
            case LineReversed(document, number):
                line = self._lines[document][number]
                self._lines[document][number] = replace(line, reversed=True)
                self._take_from_order(self._slips[document].order, {line.order_line: -line.units})
            case UnitsMoved(draw):
                self._move_units(draw)
            case Charged(document):
                self._charge(document)

    def remember(self, recorded: Recorded) -> None:
        """Keep an event for undoing (D3)."""
        event = recorded.event
        if isinstance(event, Undone):
            self._past[event.event] = replace(self._past[event.event], undone=True)
        elif isinstance(event, (Registered, NotReadable, Removed)):
            registration = event.registration if isinstance(event, Removed) else recorded.id
            serial = None if isinstance(event, NotReadable) else event.serial
            self._past[recorded.id] = PastEvent(
                recorded.id, event.type, event.document, event.line, recorded.operator, registration, serial
            )

    def slip(self, number: str) -> PackingSlip | None:
        """See `Records`."""
        return self._slips.get(number)

    def line(self, document: str, number: int) -> Line | None:
        """See `Records`."""
        return self._lines.get(document, {}).get(number)

    def lines(self, document: str) -> Sequence[Line]:
        """See `Records`."""
        return [line for _, line in sorted(self._lines.get(document, {}).items())]

    def tally(self, document: str, line: int) -> Tally:
        """See `Records`."""
        return self._tallies[document, line]

    def item(self, number: str) -> Item | None:
        """See `Records`."""
        return self._items.get(number)

    def order(self, number: str) -> SalesOrder | None:
        """See `Records`."""
        return self._orders.get(number)

    def holder(self, item: str, key: str) -> Registration | None:
        """See `Records`."""
        id = self._holders.get((item, key))
        return None if id is None else self._registrations[id]

    def names(self, code: str) -> Named:
        """See `Records`. Looks through them all: only who plays with the rules asks."""
        named: dict[Named, Iterable[str]] = {
            "item": (each for item in self._items.values() for each in (item.number, *item.references)),
            "document": (*self._slips, *self._orders),
            "operator": self._operators,
            "location": (line.location for lines in self._lines.values() for line in lines.values()),
        }
        wanted = _small(code)
        return next((what for what, codes in named.items() if code and wanted in map(_small, codes)), "")

    def recalled(self, item: str, key: str, lot: str) -> str | None:
        """See `Records`."""
        found = self._items.get(item)
        if found is None:
            return None
        recalls = [each for text in {folded(key), folded(lot)} for each in self._recalls.get((item, text), ())]
        return reason_in(recalls, found.serial_form, key, lot)

    def sold_before(self, item: str, key: str) -> Registration | None:
        """See `Records`."""
        units = reversed(self._registrations.values())
        return next((r for r in units if r.live and r.returned and (r.item, r.key) == (item, key)), None)

    def registration(self, id: str) -> Registration | None:
        """See `Records`."""
        return self._registrations.get(id)

    def newest_blank(self, document: str, line: int) -> Registration | None:
        """See `Records`."""
        for found in reversed(self._registrations.values()):
            if found.blank and found.live and (found.document, found.line) == (document, line):
                return found
        return None

    def live_registrations(self, document: str) -> Iterable[Registration]:
        """See `Records`."""
        return [r for r in self._registrations.values() if r.live and r.document == document]

    def documents_of(self, order: str) -> Sequence[PackingSlip]:
        """See `Records`."""
        return [slip for _, slip in sorted(self._slips.items()) if order and slip.order == order]

    def kept(self, order: str, line: int) -> Sequence[Registration]:
        """See `Records`."""
        reversed_lines = {
            (slip.number, at.number)
            for slip in self.documents_of(order)
            for at in self._lines[slip.number].values()
            if at.reversed and at.order_line == line
        }
        return [r for r in self._registrations.values() if r.live and (r.document, r.line) in reversed_lines]

    def drawn(self, invoice: str) -> Sequence[Registration]:
        """See `Records`."""
        return [r for r in self._registrations.values() if r.live and r.invoice == invoice and r.document != invoice]

    def draws(self, invoice: str) -> Sequence[Draw]:
        """See `Records`."""
        return [draw for _, draw in sorted(self._draws.items()) if draw.invoice == invoice]

    def draws_on(self, slip: str) -> Sequence[Draw]:
        """See `Records`."""
        return [draw for _, draw in sorted(self._draws.items()) if draw.slip == slip]

    def past_event(self, id: str) -> PastEvent | None:
        """See `Records`."""
        return self._past.get(id)

    def not_yet_undone(self, document: str, operator: str) -> Iterator[PastEvent]:
        """See `Records`."""
        for past in reversed(self._past.values()):
            if not past.undone and past.document == document and past.operator == operator:
                yield past

    def _set_live(self, id: str, live: bool) -> None:
        found = self._registrations[id]
        if found.live != live:
            self._registrations[id] = replace(found, live=live)
            self._count(found, 1 if live else -1)

    def _revise(self, registration: Registration) -> None:
        before = self._registrations[registration.id]
        if before.live:
            self._count(before, -1)
        self._registrations[registration.id] = replace(registration, live=before.live)
        if before.live:
            self._count(registration, 1)

    def _move_units(self, draw: Draw) -> None:
        place = (draw.invoice, draw.slip, draw.line)
        known = self._draws.pop(place, None)
        units = draw.units + (known.units if known else 0)
        if units > 0:
            self._draws[place] = replace(draw, units=units)

    def _charge(self, document: str) -> None:
        for id, r in self._registrations.items():
            if r.live and document in (r.document, r.invoice):
                self._registrations[id] = replace(r, invoice=document, invoiced=True)
        for place, draw in self._draws.items():
            if draw.invoice == document:
                self._draws[place] = replace(draw, invoiced=True)

    def _count(self, r: Registration, by: int) -> None:
        tally = self._tallies[r.document, r.line]
        if r.key is None:
            self._tallies[r.document, r.line] = Tally(tally.serials, tally.blanks + by)
            return
        self._tallies[r.document, r.line] = Tally(tally.serials + by, tally.blanks)
        if r.returned:
            return
        if by > 0:
            self._holders[r.item, r.key] = r.id
        elif self._holders.get((r.item, r.key)) == r.id:
            del self._holders[r.item, r.key]

    def _take_from_order(self, number: str, taken: Mapping[int, int]) -> None:
        """Keep what is left of an order in step with the slips drafted from it, or reversed (S11, S13)."""
        order = self._orders.get(number)
        if order is None:
            return
        left = tuple(replace(o, left=max(0, o.left - taken.get(o.number, 0))) for o in order.lines)
        self._orders[number] = replace(order, lines=left)


def _small(code: str) -> str:
    """Write the ASCII letters of a code small, as databases do."""
    return code.lower() if code.isascii() else "".join(sign.lower() if sign.isascii() else sign for sign in code)
