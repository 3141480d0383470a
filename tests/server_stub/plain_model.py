"""The rulebook's sentences over plain dicts: what a server has to answer, and what it has to hold afterwards.

Written from the rulebook alone; no rule of `terminal.domain` is asked. The model gives *all* reasons that speak against
an event, each as the outcome and the rule's number. None: the event is accepted. Else the server may name any of them,
so that the order in which it looks at them is its own affair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

ALL = ("register", "post", "correct-serials", "register-unreadable", "override", "administer")
DUTIES: Mapping[str, tuple[str, ...]] = {
    "ann": ALL,
    "bob": ("register", "post"),
    "eve": ("register",),
    "pat": ("post",),
    "una": ("register", "post", "register-unreadable"),
    "cor": ("post", "correct-serials"),
    "sue": ("register", "override"),
    "guest": (),
}
"""Who works here (S17); `stranger` is on no list."""
REASONS = ("Label damaged", "Wrong unit packed", "Typing error")
"""The site's list of reasons for corrections (S10, D7)."""
REJECTED, DUPLICATE, CONFLICT = "rejected", "duplicate", "conflict"
SLIP, INVOICE, SALE = "packing-slip", "invoice", "counter-sale"
DRAFT, POSTED, CANCELLED = "draft", "posted", "cancelled"
Reasons = set[tuple[str, str]]
"""What speaks against an event: outcomes, each with the number of its rule."""


@dataclass
class Item:
    """A product: `takes` is `serials` (S3), `some` (blank issue allowed, S4) or `none` (S1)."""

    number: str
    takes: str
    case_sensitive: bool = False
    catch_weight: bool = False
    blocked: bool = False
    case: str = "any"
    """The case that the letters of its serials have: `upper`, `lower` or `any`."""

    def compared(self, serial: str) -> str:
        """D2: what a serial is compared by; the test's serials are ASCII."""
        return serial if self.case_sensitive else serial.casefold()


@dataclass
class OrderLine:
    """What was ordered, and what was taken back by a negative quantity (S10)."""

    item: str
    units: int
    negative: int = 0


@dataclass
class Line:
    """A line of a document, with the flags that were frozen when it was made (D8)."""

    item: str
    units: int
    order_line: int
    takes: str
    reversed: bool = False


@dataclass
class Document:
    """A packing slip, an invoice or a counter sale."""

    number: str
    kind: str
    order: str
    lines: dict[int, Line]
    status: str = DRAFT


@dataclass
class Unit:
    """A registration, by the name of the event that made it (D1)."""

    id: str
    document: str
    line: int
    item: str
    serial: str | None
    operator: str
    terminal: str
    live: bool = True
    invoice: str = ""
    came_from: str = ""
    returned: bool = False
    sold_before: str = ""
    """The unit that came back, where this one sold it again (S22)."""
    along: tuple[str, str, str] = ("", "", "")
    """GTIN, lot and expiry, as its symbol said them."""


@dataclass
class Past:
    """An event that can be undone (D3)."""

    type: str
    document: str
    operator: str
    registration: str
    undone: bool = False


@dataclass
class Model:
    """One site's orders and documents."""

    items: dict[str, Item]
    orders: dict[str, dict[int, OrderLine]]
    refuses_surplus: bool = False
    documents: dict[str, Document] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    """The names of all events that were ever sent, whatever became of them."""
    draws: dict[tuple[str, str, int], int] = field(default_factory=dict)
    """(invoice, slip, line): units that have no registration."""
    past: dict[str, Past] = field(default_factory=dict)
    recalls: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """I9: the reasons, by (item, serial, lot), of which serial or lot is empty."""

    # What can be seen

    def line(self, document: str, number: int) -> Line | None:
        """Find a line."""
        found = self.documents.get(document)
        return found.lines.get(number) if found else None

    def on(self, document: str, line: int | None = None) -> list[Unit]:
        """Give the live registrations on a document, or on one of its lines."""
        return [u for u in self.units.values() if u.live and u.document == document and line in (None, u.line)]

    def holder(self, item: str, serial: str | None) -> Unit | None:
        """S22: the one unit on which a serial is live. A unit that came back and was sold again holds it no more."""
        if serial is None or item not in self.items:
            return None
        key = self.items[item].compared(serial)
        held = (u for u in self.units.values() if u.live and not u.returned and u.item == item and u.serial is not None)
        return next((u for u in held if self.items[item].compared(u.serial or "") == key), None)

    def invoiced(self, unit: Unit) -> bool:
        """Say whether a posted invoice, or a posted sale, charges a unit (S10)."""
        return unit.invoice != "" and self.documents[unit.invoice].status == POSTED

    def left(self, order: str, line: int) -> int:
        """S13: what no document has taken; what is reversed is left again (S11)."""
        taken = sum(at.units for at in self._lines_of(order, line) if not at.reversed)
        return self.orders[order][line].units - taken

    def shipped(self, order: str, line: int) -> int:
        """Count the units of an order line that have left."""
        documents = (d for d in self.documents.values() if d.order == order and d.status == POSTED)
        return sum(at.units for d in documents for at in d.lines.values() if at.order_line == line and not at.reversed)

    def kept(self, order: str, line: int) -> list[Unit]:
        """S12: the reversed registrations that are kept for an order line."""
        return [u for u in self.units.values() if u.live and self._kept_for(u) == (order, line)]

    def plain_left(self, slip: str, line: int) -> int:
        """S14: units of a slip's line that have no registration and are on no invoice."""
        at = self.documents[slip].lines[line]
        drawn = sum(n for (_, s, number), n in self.draws.items() if (s, number) == (slip, line))
        return at.units - len(self.on(slip, line)) - drawn

    def drawn(self, invoice: str) -> list[Unit]:
        """D9: the registrations of slips that an invoice refers to."""
        return [u for u in self.units.values() if u.live and u.invoice == invoice and u.document != invoice]

    def draws_of(self, document: str) -> dict[tuple[str, str, int], int]:
        """Give what an invoice draws without registrations, or what invoices draw of a slip."""
        return {place: n for place, n in self.draws.items() if document in place[:2]}

    def left_open(self, invoice: str) -> list[str]:
        """S14: the slips on which units remain un-invoiced after this invoice, all lines and invoices counted."""
        slips = {u.document for u in self.drawn(invoice)} | {s for i, s, _ in self.draws if i == invoice}
        return [slip for slip in sorted(slips) if self._remaining(slip, after=invoice) > 0]

    def digest(self, document: str) -> tuple[str, int]:
        """D5: the fingerprint of what an operator sees on a document, and how many registrations that are."""
        seen = [*self.on(document), *self.drawn(document)]
        rows = []
        for unit in seen:
            named = f"-{unit.id}" if unit.serial is None else f"+{self.items[unit.item].compared(unit.serial)}"
            rows.append(f"{unit.line}\x1f{unit.item}\x1f{named}")
        draws = [f"{slip}\x1f{line}\x1f{n}" for (invoice, slip, line), n in self.draws.items() if invoice == document]
        text = "\x1e".join([*sorted(rows), *sorted(draws)])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), len(seen)

    def _lines_of(self, order: str, line: int) -> Iterator[Line]:
        for document in self.documents.values():
            if document.order == order:
                yield from (at for at in document.lines.values() if at.order_line == line)

    def _kept_for(self, unit: Unit) -> tuple[str, int] | None:
        at = self.documents[unit.document].lines[unit.line]
        return (self.documents[unit.document].order, at.order_line) if at.reversed else None

    def _remaining(self, slip: str, after: str) -> int:
        lines = {n: at for n, at in self.documents[slip].lines.items() if not at.reversed}
        charged = [u for u in self.on(slip) if u.line in lines and (u.invoice == after or self.invoiced(u))]
        plain = sum(
            n
            for (invoice, s, line), n in self.draws.items()
            if s == slip and line in lines and (invoice == after or self.documents[invoice].status == POSTED)
        )
        return sum(at.units for at in lines.values()) - len(charged) - plain

    # What speaks against an event

    def against(self, type: str, operator: str, body: Mapping[str, Any]) -> Reasons:
        """Give everything that speaks against an event."""
        if operator not in DUTIES:
            return {(REJECTED, "S17")}
        judge = getattr(self, "_" + type.replace("-", "_"))
        reasons: Reasons = judge(operator, DUTIES[operator], **body)
        return reasons

    def _lacks(self, duties: Iterable[str], duty: str) -> Reasons:
        """S17."""
        return set() if duty in duties else {(REJECTED, "S17")}

    def _closed(self, document: str) -> Reasons:
        """Say why a document is no draft."""
        found = self.documents.get(document)
        if found is None:
            return {(REJECTED, "D8")}
        return {DRAFT: set(), POSTED: {(REJECTED, "S10")}, CANCELLED: {(REJECTED, "S11")}}[found.status]

    def _held(self, holder: Unit, document: str, line: int, here: str = DUPLICATE) -> Reasons:
        """S7, S22: a serial is live already, on this line, on this document or elsewhere."""
        if holder.document != document:
            return {(CONFLICT, "S22")}
        return {(here, "S7" if holder.line == line else "S22")}

    def _takes_none(self, at: Line, item: str) -> Reasons:
        """S1, S20, I11, D1: no registration can be made on this line."""
        found: Reasons = set()
        if item != at.item:
            found.add((REJECTED, "D1"))
        if self.items[at.item].blocked:
            found.add((REJECTED, "I11"))
        if self.items[at.item].catch_weight:
            found.add((REJECTED, "S20"))
        if at.takes == "none":
            found.add((REJECTED, "S1"))
        return found

    def _surplus(self, document: str, line: int) -> Reasons:
        """S5: only where the site refuses it at once."""
        full = len(self.on(document, line)) >= self.documents[document].lines[line].units
        return {(REJECTED, "S5")} if self.refuses_surplus and full else set()

    def _wrong_unit(self, item: str, serial: str, lot: str) -> Reasons:
        """I10: a label that names something else; I9: a unit that is recalled, by its serial or its lot."""
        trimmed = serial.strip(" \t\r\n")
        found: Reasons = set()
        if trimmed.lower() in {each.lower() for each in (*self.items, *self.orders, *self.documents, *DUTIES)}:
            found.add((REJECTED, "I10"))
        return found | self._recalled(item, trimmed, lot)

    def _recalled(self, item: str, serial: str, lot: str) -> Reasons:
        same = self.items[item].compared
        for number, its_serial, its_lot in self.recalls:
            if number == item and (same(its_serial) == same(serial) if its_serial else same(its_lot) == same(lot)):
                return {(REJECTED, "I9")}
        return set()

    @staticmethod
    def _no_symbol(gtin: str, lot: str, expiry: str) -> Reasons:
        """D1: a terminal sends along only what can be kept."""
        digits = [int(sign) for sign in gtin if sign in "0123456789"]
        total = sum(n * (3 if at % 2 == 0 else 1) for at, n in enumerate(digits))
        good = not gtin or (len(digits) == len(gtin) == 14 and total % 10 == 0)
        good &= len(lot) <= 20 and all(" " <= sign <= "~" for sign in lot) and lot == lot.strip(" ")
        if expiry:
            year, *rest = expiry.split("-")
            good &= [len(part) for part in (year, *rest)] == [4, 2, 2]
            try:
                date(int(year), *(int(part) for part in rest))
            except (ValueError, TypeError):
                good = False
        return set() if good else {(REJECTED, "D1")}

    @staticmethod
    def _unreadable(serial: str, case: str) -> Reasons:
        """D2: 1 to 50 printable ASCII characters; D1: a terminal trims before it makes an event."""
        trimmed = serial.strip(" \t\r\n")
        found = set() if trimmed == serial else {(REJECTED, "D1")}
        good = 1 <= len(trimmed) <= 50 and all("!" <= sign <= "~" for sign in trimmed)
        good &= trimmed == {"any": trimmed, "upper": trimmed.upper(), "lower": trimmed.lower()}[case]
        return found if good else found | {(REJECTED, "D2")}

    def _registered(
        self,
        _: str,
        duties: Iterable[str],
        document: str,
        line: int,
        item: str,
        serial: str,
        override: str = "",
        gtin: str = "",
        lot: str = "",
        expiry: str = "",
    ) -> Reasons:
        found = self._lacks(duties, "register") | self._closed(document)
        if document not in self.documents:
            return found
        there = self.holder(item, serial)
        if (REJECTED, "S10") in found and there is not None and there.document == document:
            found = (found - {(REJECTED, "S10")}) | {(DUPLICATE, "S10")}  # it left with the document: D6
        at = self.line(document, line)
        if at is None:
            return found | {(REJECTED, "D8")}
        found |= self._takes_none(at, item) | self._unreadable(serial, self.items[at.item].case)
        found |= self._wrong_unit(at.item, serial, lot) | self._no_symbol(gtin, lot, expiry)
        found |= self._surplus(document, line)
        holder = self.holder(at.item, serial.strip(" \t\r\n"))
        if holder is None:
            return found
        if self.invoiced(holder) and holder.document != document:  # S22: sold before; a supervisor, with a reason
            return found | (self._lacks(duties, "override") if override else {(REJECTED, "S22")})
        if self._kept_for(holder) == (self.documents[document].order, at.order_line):
            return found  # S12: it comes along
        return found | self._held(holder, document, line)

    def _not_readable(self, _: str, duties: Iterable[str], document: str, line: int, item: str) -> Reasons:
        found = self._lacks(duties, "register-unreadable") | self._lacks(duties, "register") | self._closed(document)
        at = self.line(document, line)
        if at is None:
            return found | {(REJECTED, "D8")}
        return found | self._takes_none(at, item) | self._surplus(document, line)

    def _removed(
        self,
        _: str,
        duties: Iterable[str],
        document: str,
        line: int,
        registration: str,
        serial: str | None = None,
    ) -> Reasons:
        """S7, D4; on a reversed line what is kept is dropped (S12)."""
        at = self.line(document, line)
        found = self._lacks(duties, "register")
        if at is None or not at.reversed:
            found |= self._closed(document)
        if at is None:
            return found | {(REJECTED, "D8")}
        unit, holder = self.units.get(registration), self.holder(at.item, serial)
        if unit is None or not unit.live or (unit.document, unit.line) != (document, line):
            still = (unit is not None and unit.live) or (holder is not None and holder.document == document)
            unheard = registration not in self.heard  # it may come yet, to a server restored from a backup
            return found | {(REJECTED if still or unheard else DUPLICATE, "D4")}
        if unit.serial is None:
            found |= self._lacks(duties, "register-unreadable")  # S8
        return found if serial == unit.serial else found | {(REJECTED, "D1")}

    def _undone(
        self,
        operator: str,
        duties: Iterable[str],
        document: str,
        event: str,
        undoes: str,
        line: int,
        registration: str,
        serial: str | None = None,
    ) -> Reasons:
        """D3: one's own event on this draft that still has its effect."""
        found = self._lacks(duties, "register") | self._closed(document)
        past, named = self.past.get(event), self.units.get(registration)
        unit = self.units[past.registration] if past else None
        mine = past is not None and not past.undone and (past.operator, past.document) == (operator, document)
        if not mine or past is None or unit is None or unit.live != (past.type != "removed"):
            so_already = (named is not None and named.live) == (undoes == "removed")
            return found | {(DUPLICATE if so_already else REJECTED, "D3")}
        holder = self.holder(unit.item, unit.serial) if past.type == "removed" else None
        if holder is not None and holder.id != unit.sold_before:  # S22: a supervisor let that one be sold again
            sold_since = self.invoiced(holder)
            return found | ({(REJECTED, "S22")} if sold_since else self._held(holder, unit.document, unit.line))
        if past.type == "removed" and unit.serial is not None:
            found |= self._recalled(unit.item, unit.serial, unit.along[1])
        same = (undoes, line, registration, serial) == (past.type, unit.line, unit.id, unit.serial)
        return found if same else found | {(REJECTED, "D1")}

    def _posting_requested(
        self, _: str, duties: Iterable[str], document: str, digest: str, registrations: int
    ) -> Reasons:
        closed = self._closed(document)
        if closed:
            return closed
        found = self._lacks(duties, "post")
        if digest != self.digest(document)[0]:
            found.add((REJECTED, "D5"))
        return found | self._not_ready(self.documents[document])

    def _not_ready(self, document: Document) -> Reasons:
        """S3, S4, S5, S13, S14, I11: what keeps a draft from being posted."""
        found: Reasons = set()
        if document.kind == INVOICE and not document.lines:
            empty = not self.drawn(document.number) and not self.draws_of(document.number)
            return {(REJECTED, "S14")} if empty or len(self.left_open(document.number)) > 1 else set()
        if not any(at.units for at in document.lines.values()):
            return {(REJECTED, "S13")}
        for number, at in document.lines.items():
            registered = len(self.on(document.number, number))
            if self.items[at.item].blocked:
                found.add((REJECTED, "I11"))
            if registered > at.units:
                found.add((REJECTED, "S5"))
            if at.takes == "serials" and not self.items[at.item].catch_weight and registered < at.units:
                found.add((REJECTED, "S3"))
        return found

    def _posting_withdrawn(self, _: str, duties: Iterable[str], document: str) -> Reasons:
        """D5: a server never waits for its own answer, so there is nothing to withdraw; what is posted stays."""
        if document not in self.documents:
            return {(REJECTED, "D8")}
        posted = self.documents[document].status == POSTED
        return self._lacks(duties, "post") | {(REJECTED, "S10") if posted else (DUPLICATE, "D5")}

    def _slip_drafted(
        self, _: str, duties: Iterable[str], document: str, order: str, lines: Any, brought: Iterable[str] = ()
    ) -> Reasons:
        found = self._lacks(duties, "register") | self._number_taken(document)
        if order not in self.orders:
            return found | {(REJECTED, "S13")}
        found |= self._too_many(order, lines)
        wanted = {line: units for line, units in lines if line in self.orders[order] and units > 0}
        room = dict(wanted)
        kept = {unit.id: line for line in wanted for unit in self.kept(order, line)}
        for id in brought:  # S12: each once, and no more than the new line has units
            if id not in kept:
                return found | {(REJECTED, "D4")} | self._no_room(room)
            room[kept.pop(id)] -= 1
        return found | self._no_room(room)

    @staticmethod
    def _no_room(room: Mapping[int, int]) -> Reasons:
        return {(REJECTED, "S12")} if any(n < 0 for n in room.values()) else set()

    def _invoice_drafted(self, _: str, duties: Iterable[str], document: str, order: str, lines: Any = ()) -> Reasons:
        found = self._lacks(duties, "register") | self._number_taken(document)
        if order not in self.orders:
            return found | {(REJECTED, "S13")}
        return found | (self._too_many(order, lines) if lines else set())

    def _number_taken(self, document: str) -> Reasons:
        return {(REJECTED, "S13")} if document in self.documents else set()

    def _too_many(self, order: str, lines: Any) -> Reasons:
        """S13: a document takes what is left, and nothing of what is blocked (I11)."""
        found: Reasons = set()
        if not any(units for _, units in lines):
            found.add((REJECTED, "S13"))
        if [list(each) for each in lines] != sorted([line, n] for line, n in dict(map(tuple, lines)).items() if n):
            found.add((REJECTED, "D1"))  # a terminal sends each line once, in order, and none without units
        for line, units in lines:
            if not units:
                continue
            if line not in self.orders[order]:
                found.add((REJECTED, "D8"))
                continue
            if self.items[self.orders[order][line].item].blocked:
                found.add((REJECTED, "I11"))
            if units > self.left(order, line):
                found.add((REJECTED, "S13"))
        return found

    def _no_invoice(self, duties: Iterable[str], document: str) -> Reasons:
        """S14: units are chosen for an invoice that has no lines of its own and is not posted."""
        found = self._lacks(duties, "register") | self._closed(document)
        at = self.documents.get(document)
        return found if at is not None and at.kind == INVOICE and not at.lines else found | {(REJECTED, "S14")}

    def _units_drawn(
        self,
        _: str,
        duties: Iterable[str],
        document: str,
        slip: str,
        line: int,
        registrations: Iterable[str] = (),
        units: int = 0,
    ) -> Reasons:
        found = self._no_invoice(duties, document)
        shipped, invoice = self.documents.get(slip), self.documents.get(document)
        if shipped is None or invoice is None:
            return found | {(REJECTED, "D8")}
        if shipped.kind != SLIP:
            return found | {(REJECTED, "S11")}
        if shipped.order != invoice.order or shipped.status != POSTED:
            found.add((REJECTED, "S14"))
        at = shipped.lines.get(line)
        if at is None:
            return found | {(REJECTED, "D8")}
        if at.reversed:
            found.add((REJECTED, "S11"))
        if units > self.plain_left(slip, line) or not (registrations or units):
            found.add((REJECTED, "S14"))
        for id in registrations:
            unit = self.units.get(id)
            if unit is None or not unit.live or (unit.document, unit.line) != (slip, line):
                found.add((REJECTED, "D4"))
            elif unit.invoice not in ("", document):  # a unit is on one invoice at a time
                found.add((CONFLICT, "S14"))
        on_it = [id for id in registrations if id in self.units and self.units[id].invoice == document]
        if registrations and len(on_it) == len(list(registrations)) and not units:
            found.add((DUPLICATE, "S14"))
        return found

    def _units_returned(
        self,
        _: str,
        duties: Iterable[str],
        document: str,
        slip: str,
        line: int,
        registrations: Iterable[str] = (),
        units: int = 0,
    ) -> Reasons:
        found = self._no_invoice(duties, document)
        on_it = [u for u in self.drawn(document) if u.id in registrations]
        plain = self.draws.get((document, slip, line), 0)
        if any((u.document, u.line) != (slip, line) for u in on_it) or not (registrations or units):
            found |= {(DUPLICATE, "S14"), (REJECTED, "S14")}
        if (registrations and not on_it) or units > plain:
            still = on_it or (units and plain)  # D6: harmless is only what is so already
            found.add((REJECTED if still else DUPLICATE, "S14"))
        return found

    def _serial_corrected(
        self,
        _: str,
        duties: Iterable[str],
        document: str,
        line: int,
        registration: str,
        before: str | None,
        serial: str,
        reason: str = "",
        gtin: str = "",
        lot: str = "",
        expiry: str = "",
    ) -> Reasons:
        unit = self.units.get(registration)
        if unit is None or not unit.live or unit.document != document:
            return {(REJECTED, "D4")}
        found: Reasons = set() if line == unit.line else {(REJECTED, "D1")}
        at, status = self.documents[document].lines[unit.line], self.documents[document].status
        if status == DRAFT:  # S9: only blanks are filled there, and that is registering
            found |= self._lacks(duties, "register") | (set() if unit.serial is None else {(REJECTED, "S9")})
        else:
            found |= self._lacks(duties, "correct-serials")
            if self.invoiced(unit) or self._negative(document, unit.line):
                found.add((REJECTED, "S10"))
            if status == CANCELLED or at.reversed:
                found.add((REJECTED, "S11"))
        if reason not in REASONS and (reason or unit.serial is not None):
            found.add((REJECTED, "S10"))
        found |= self._unreadable(serial, self.items[unit.item].case)
        found |= self._wrong_unit(unit.item, serial, lot) | self._no_symbol(gtin, lot, expiry)
        if serial.strip(" \t\r\n") == unit.serial:
            return found | {(DUPLICATE, "S10")}
        if before != unit.serial:
            found.add((REJECTED, "S10"))
        holder = self.holder(unit.item, serial.strip(" \t\r\n"))
        if holder is not None and holder is not unit:
            found |= self._held(holder, document, unit.line, here=CONFLICT)
        return found

    def _negative(self, document: str, line: int) -> bool:
        """S10: units of the order line were taken back by a negative quantity."""
        found = self.documents[document]
        ordered = self.orders.get(found.order, {}).get(found.lines[line].order_line)
        return ordered is not None and ordered.negative > 0

    def _slip_reversed(self, _: str, duties: Iterable[str], document: str, line: int, reason: str = "") -> Reasons:
        found = self._lacks(duties, "correct-serials")
        slip = self.documents.get(document)
        if slip is None:
            return found | {(REJECTED, "D8")}
        if slip.kind != SLIP:
            return found | {(REJECTED, "S11")}
        if slip.status == DRAFT:
            found.add((REJECTED, "S9"))
        if line and line not in slip.lines:
            found.add((REJECTED, "D8"))
        wanted = self._to_reverse(document, line)
        if slip.status == CANCELLED or not wanted:
            found.add((DUPLICATE, "S11"))
        if any(self.invoiced(u) for n in wanted for u in self.on(document, n)) or any(
            self.documents[i].status == POSTED for i, s, n in self.draws if s == document and n in wanted
        ):
            found.add((REJECTED, "S10"))
        if any(self._negative(document, n) for n in wanted):
            found.add((REJECTED, "S10"))
        return found if reason in REASONS else found | {(REJECTED, "S10")}

    def _to_reverse(self, document: str, line: int) -> list[int]:
        """S11: a line in full, or all that are left of a slip."""
        return [n for n, at in self.documents[document].lines.items() if not at.reversed and line in (0, n)]

    def _sale_line_set(self, _: str, duties: Iterable[str], document: str, line: int, item: str, units: int) -> Reasons:
        found = self._lacks(duties, "register")
        sale = self.documents.get(document)
        if sale is not None:
            if sale.kind != SALE:
                return found | {(REJECTED, "S13")}
            found |= self._closed(document)
        if item not in self.items:
            return found | {(REJECTED, "D8")}
        if self.items[item].blocked:
            found.add((REJECTED, "I11"))
        at = self.line(document, line)
        return found if line >= 1 and (at is None or at.item == item) else found | {(REJECTED, "D8")}

    # What an accepted event does

    def happens(self, id: str, type: str, operator: str, terminal: str, body: Mapping[str, Any]) -> None:
        """Write an accepted event down."""
        document = body["document"]
        match type:
            case "registered" | "not-readable":
                self._make(id, operator, terminal, body)
            case "removed":
                self._count(self.units[body["registration"]], False)
            case "undone":
                self._count(self.units[body["registration"]], body["undoes"] == "removed")
                self.past[body["event"]].undone = True
            case "posting-requested":
                self.documents[document].status = POSTED
                if self.documents[document].kind != SLIP:
                    for unit in self.on(document):
                        unit.invoice = document
            case "slip-drafted" | "invoice-drafted":
                self._draft(SLIP if type == "slip-drafted" else INVOICE, body)
            case "units-drawn" | "units-returned":
                self._move(body, 1 if type == "units-drawn" else -1)
            case "serial-corrected":
                self._correct(self.units[body["registration"]], body["serial"], along_of(body))
            case "slip-reversed":
                self._reverse(document, self._to_reverse(document, body["line"]))
            case "sale-line-set":
                sale = self.documents.setdefault(document, Document(document, SALE, "", {}))
                takes = self.items[body["item"]].takes
                known = sale.lines.setdefault(body["line"], Line(body["item"], 0, 0, takes))
                known.units = body["units"]
        if type in ("registered", "not-readable", "removed"):
            self.past[id] = Past(type, document, operator, body.get("registration", id))

    def _count(self, unit: Unit, live: bool) -> None:
        """S22: while a unit that came back is sold again, it is that sale that holds the serial, and no longer."""
        holder = self.holder(unit.item, unit.serial)
        unit.live = live
        if live and holder is not None:
            holder.returned = True
        elif not live:
            self._holds_again(unit)

    def _correct(self, unit: Unit, serial: str, along: tuple[str, str, str]) -> None:
        """S10; what was read along with the old label goes with it.

        What was sold again is another unit then, and the one that was sold first has not come back (S22).
        """
        self._holds_again(unit)
        unit.serial, unit.along = serial, along
        holder = self.holder(unit.item, serial)
        if unit.sold_before and holder is not None and holder.id == unit.sold_before:
            holder.returned = True  # only its case was corrected

    def _holds_again(self, unit: Unit) -> None:
        """Give a serial back to the unit that was sold with it last."""
        if unit.serial is not None:
            key = self.items[unit.item].compared(unit.serial)
            sold = [u for u in self.units.values() if u.live and u.returned and u.item == unit.item and u.serial]
            for before in [u for u in sold if self.items[u.item].compared(u.serial or "") == key][-1:]:
                before.returned = False

    def _make(self, id: str, operator: str, terminal: str, body: Mapping[str, Any]) -> None:
        serial = body.get("serial")
        made = Unit(id, body["document"], body["line"], body["item"], serial, operator, terminal)
        made.along = along_of(body)
        holder = self.holder(made.item, serial)
        if holder is not None and self.invoiced(holder):
            holder.returned, made.sold_before = True, holder.id  # S22: what was charged then stays charged
        elif holder is not None:
            holder.live, made.came_from = False, holder.document  # S12: nobody has it twice
            made.sold_before = holder.sold_before
            made.along = made.along if any(made.along) else holder.along  # it is the same unit
        self.units[id] = made

    def _draft(self, kind: str, body: Mapping[str, Any]) -> None:
        ordered = self.orders[body["order"]]
        made = Document(body["document"], kind, body["order"], {})
        for number, (order_line, units) in enumerate(body.get("lines", ()), 1):
            item = ordered[order_line].item
            made.lines[number] = Line(item, units, order_line, self.items[item].takes)
        place = {at.order_line: number for number, at in made.lines.items()}
        for id in body.get("brought", ()):
            unit = self.units[id]
            line = place[self.documents[unit.document].lines[unit.line].order_line]
            unit.came_from, unit.document, unit.line = unit.document, made.number, line
        self.documents[made.number] = made

    def _move(self, body: Mapping[str, Any], sign: int) -> None:
        for id in body.get("registrations", ()):
            if sign > 0:
                self.units[id].invoice = body["document"]
            elif id in self.units and self.units[id].invoice == body["document"]:
                self.units[id].invoice = ""
        place = (body["document"], body["slip"], body["line"])
        units = self.draws.pop(place, 0) + sign * body.get("units", 0)
        if units:
            self.draws[place] = units

    def _reverse(self, document: str, lines: list[int]) -> None:
        """S11, S12: in full; draft invoices lose the units, the order line keeps their serials."""
        for number in lines:
            self.documents[document].lines[number].reversed = True
            for unit in self.on(document, number):
                unit.invoice = ""
            for place in [p for p in self.draws if p[1:] == (document, number)]:
                del self.draws[place]
        if all(at.reversed for at in self.documents[document].lines.values()):
            self.documents[document].status = CANCELLED

    # What the server has to show then

    def picture(self, number: str) -> dict[str, Any]:
        """Give a document as it has to be shown."""
        found = self.documents[number]
        return {
            "kind": found.kind,
            "status": found.status,
            "order": found.order,
            "lines": {
                n: (at.item, at.units, at.order_line, at.takes, at.reversed) for n, at in sorted(found.lines.items())
            },
            "registered": {str(n): len(self.on(number, n)) for n in sorted(found.lines)},
            "registrations": {u.id: self.picture_of_unit(u) for u in self.on(number)},
            "drawn": {u.id: self.picture_of_unit(u) for u in self.drawn(number)} if found.kind != SLIP else {},
            "draws": {
                place: (n, self.documents[place[0]].status == POSTED) for place, n in self.draws_of(number).items()
            },
        }

    def picture_of_unit(self, unit: Unit) -> tuple[Any, ...]:
        """Give a registration as it has to be shown."""
        key = None if unit.serial is None else self.items[unit.item].compared(unit.serial)
        return (
            *(unit.document, unit.line, unit.item, unit.serial, key, unit.operator, unit.terminal),
            *(unit.invoice, self.invoiced(unit), unit.came_from, unit.sold_before, *unit.along, unit.returned),
        )


def along_of(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give what an event says beside its serial."""
    return body.get("gtin", ""), body.get("lot", ""), body.get("expiry", "")
