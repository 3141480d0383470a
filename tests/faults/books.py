"""The server's inbox, added up: what every event that was accepted should have made of units, documents and draws.

A second opinion on the rulebook's consequences that knows none of the programs. Whether an event may be accepted is the
rulebook's to say; but an answer that calls it harmless claims that what it wanted is so, and units that are invoiced
never change (S10). Both are looked at here, event by event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from .histories import Document, Draw, Event, Finding, Kind, Line, Row, Unit

SLIP, INVOICE, SALE = "packing-slip", "invoice", "counter-sale"


class Books:
    """Units, documents and draws as they are after some events."""

    def __init__(self, began: Sequence[Document]) -> None:
        self.documents = {document.number: document for document in began}
        self.units: dict[str, Unit] = {}
        """Those that count."""
        self.off: dict[str, Unit] = {}
        """Those that count no more, as they were."""
        self.removed_by: dict[str, str] = {}
        """The event that took a unit off."""
        self.heard: set[str] = set()
        """Every event that has arrived, accepted or not."""
        self.draws: dict[tuple[str, str, int], Draw] = {}
        self._made: dict[str, int] = {}
        """When a unit was made, in the order of all units."""

    def take(self, inbox: Sequence[Row]) -> Iterator[Finding]:
        """Let everything happen that was accepted, and say what is wrong with how events were answered."""
        for row in inbox:
            event = row.event
            self.heard.add(event.id)
            if event.void:
                continue
            if event.outcome == "duplicate" and not self._so_already(event):
                yield Finding(Kind.LOST, f"{event.type} {event.id} counts as harmless, and what it wants is not so")
            if event.outcome == "accepted":
                before = {unit.id: unit for unit in self.units.values() if unit.invoiced}
                _HAPPENS.get(event.type, Books._nothing)(self, event)
                for unit in before.values():
                    if _frozen(self.units.get(unit.id)) != _frozen(unit):
                        yield Finding(Kind.LOST, f"registration {unit.id} was invoiced and changed by {event.id}")

    # What an event does.

    def _registered(self, event: Event) -> None:
        """A unit that was sold came back (S22); one that is kept on a reversed line comes along (S12)."""
        made = Unit(event.document, event.line, event.id, event.item, event.key)
        before = self._holder(event.item, event.key)
        if before is not None and before.invoiced:
            self.units[before.id] = replace(before, returned=True)
        elif before is not None:
            self._take_off(before.id, event)
            made = replace(made, came_from=before.document)
        self._made[event.id] = len(self._made)
        self.units[event.id] = made

    def _removed(self, event: Event) -> None:
        """Where the unit had been sold again, its earlier sale has the serial again (S22)."""
        unit = self._take_off(event.registration, event)
        if unit is not None:
            self._give_serial_back(unit)

    def _undone(self, event: Event) -> None:
        if event.undoes != "removed":
            self._removed(event)
        elif event.registration in self.off:
            unit = self.off.pop(event.registration)
            holder = self._holder(unit.item, unit.key)
            if holder is not None and holder.invoiced:
                self.units[holder.id] = replace(holder, returned=True)
            self.units[unit.id] = unit

    def _drafted(self, event: Event) -> None:
        kind = INVOICE if event.type == "invoice-drafted" else SLIP
        lines = tuple(Line(number, units, at) for number, (at, units) in enumerate(event.lines, 1))
        self.documents[event.document] = Document(event.document, "draft", lines, kind, event.order)
        places = {line.order_line: line.number for line in lines}
        for unit in [self.units[id] for id in event.registrations if id in self.units]:
            at = self._line(unit.document, unit.line)
            place = places.get(at.order_line, 0) if at is not None else 0
            self.units[unit.id] = replace(unit, document=event.document, line=place, came_from=unit.document)

    def _sale_line_set(self, event: Event) -> None:
        sale = self.documents.get(event.document) or Document(event.document, "draft", kind=SALE)
        others = [line for line in sale.lines if line.number != event.line]
        lines = tuple(sorted((*others, Line(event.line, event.units))))
        self.documents[event.document] = replace(sale, lines=lines)

    def _drawn(self, event: Event) -> None:
        self._move(event, "", event.document, event.units)

    def _returned(self, event: Event) -> None:
        self._move(event, event.document, "", -event.units)

    def _posted(self, event: Event) -> None:
        document = self.documents.get(event.document)
        if document is None:
            return
        self.documents[document.number] = replace(document, status="posted")
        if document.kind == SLIP:
            return
        for unit in list(self.units.values()):
            if document.number in (unit.document, unit.invoice):
                self.units[unit.id] = replace(unit, invoice=document.number, invoiced=True)
        for place, draw in self.draws.items():
            if draw.invoice == document.number:
                self.draws[place] = replace(draw, invoiced=True)

    def _corrected(self, event: Event) -> None:
        """By another serial it is another unit: an earlier sale of the old one has that again (S22)."""
        unit = self.units.get(event.registration)
        if unit is None:
            return
        self.units[unit.id] = replace(unit, key=event.key)
        if unit.key != event.key:
            self._give_serial_back(unit)

    def _reversed(self, event: Event) -> None:
        """What draft invoices took of the lines goes back; their serials are kept (S11, S12)."""
        slip = self.documents.get(event.document)
        if slip is None:
            return
        wanted = {line.number for line in slip.lines if event.line in (0, line.number) and not line.reversed}
        lines = tuple(replace(line, reversed=line.reversed or line.number in wanted) for line in slip.lines)
        status = "cancelled" if all(line.reversed for line in lines) else slip.status
        self.documents[slip.number] = replace(slip, lines=lines, status=status)
        for unit in list(self.units.values()):
            if unit.document == slip.number and unit.line in wanted:
                self.units[unit.id] = replace(unit, invoice="", invoiced=False)
        for draw in list(self.draws.values()):
            if draw.slip == slip.number and draw.line in wanted:
                del self.draws[draw.invoice, draw.slip, draw.line]

    def _nothing(self, event: Event) -> None:
        """Nothing comes of it: the server never waits for what a withdrawal would take back."""

    # Small steps.

    def _move(self, event: Event, before: str, after: str, units: int) -> None:
        for id in event.registrations:
            unit = self.units.get(id)
            if unit is not None and unit.invoice == before:
                self.units[id] = replace(unit, invoice=after)
        place = (event.document, event.slip, event.line)
        known = self.draws.get(place)
        taken = (known.units if known is not None else 0) + units
        if taken > 0:
            self.draws[place] = Draw(*place, taken)
        else:
            self.draws.pop(place, None)

    def _take_off(self, id: str, event: Event) -> Unit | None:
        unit = self.units.pop(id, None)
        if unit is not None:
            self.off[id] = unit
            self.removed_by[id] = event.id
        return unit

    def _give_serial_back(self, unit: Unit) -> None:
        sold = [
            each for each in self.units.values() if each.returned and _serial(each) == _serial(unit) and unit.key != ""
        ]
        if sold:
            newest = max(sold, key=lambda each: self._made[each.id])
            self.units[newest.id] = replace(newest, returned=False)

    def _holder(self, item: str, key: str) -> Unit | None:
        if not key:
            return None
        return next((u for u in self.units.values() if (u.item, u.key) == (item, key) and not u.returned), None)

    def _line(self, document: str, number: int) -> Line | None:
        known = self.documents.get(document)
        return next((line for line in known.lines if line.number == number), None) if known is not None else None

    # Answers that call an event harmless.

    def _so_already(self, event: Event) -> bool:
        match event.type:
            case "registered":
                holder = self._holder(event.item, event.key)
                return holder is not None and holder.document == event.document
            case "removed":
                return event.registration in self.heard and event.registration not in self.units
            case "undone" if event.undoes == "removed" and event.registration in self.off:
                off = self.off[event.registration]  # its serial may be on the same document anew (D6)
                holder = self._holder(off.item, off.key)
                return holder is not None and holder.document == event.document
            case "undone":
                return (event.registration in self.units) == (event.undoes == "removed")
            case "units-drawn":
                return all(self._invoice_of(id) == event.document for id in event.registrations)
            case "units-returned":
                return all(self._invoice_of(id) != event.document for id in event.registrations)
            case "serial-corrected":
                unit = self.units.get(event.registration)
                return unit is not None and unit.key == event.key
            case "slip-reversed":
                slip = self.documents.get(event.document)
                return slip is not None and all(at.reversed for at in slip.lines if event.line in (0, at.number))
            case "posting-withdrawn":
                return True  # it was posted already, or never asked for
            case _:
                return False

    def _invoice_of(self, id: str) -> str | None:
        unit = self.units.get(id)
        return None if unit is None else unit.invoice


_HAPPENS: Mapping[str, Callable[[Books, Event], None]] = {
    "registered": Books._registered,
    "not-readable": Books._registered,
    "removed": Books._removed,
    "undone": Books._undone,
    "slip-drafted": Books._drafted,
    "invoice-drafted": Books._drafted,
    "sale-line-set": Books._sale_line_set,
    "units-drawn": Books._drawn,
    "units-returned": Books._returned,
    "posting-requested": Books._posted,
    "serial-corrected": Books._corrected,
    "slip-reversed": Books._reversed,
}
"""What each type of event does once it is accepted."""


def _frozen(unit: Unit | None) -> Unit | None:
    """Give what never changes about an invoiced unit: whether it came back may (S22)."""
    return None if unit is None else replace(unit, returned=False)


def _serial(unit: Unit) -> tuple[str, str]:
    return unit.item, unit.key
