"""Taking in what the server knows: master data, open documents, and one slip's registrations.

The server's word is the ground; what this terminal recorded and the server has not answered yet is laid on top again,
so that a picker never sees a scan disappear because a refresh came in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from terminal.domain.changes import Back, Change, Gone, LineSet, Made, Revised, StatusChanged, UnitsMoved
from terminal.domain.documents import (
    Draw,
    Duty,
    Item,
    Kind,
    Line,
    Operator,
    OverScan,
    PackingSlip,
    Policies,
    Recall,
    Registration,
    SalesOrder,
    SerialForm,
    SlipStatus,
)
from terminal.domain.events import (
    InvoiceDrafted,
    NotReadable,
    Recorded,
    Registered,
    Removed,
    SerialCorrected,
    SlipDrafted,
    Undone,
    UnitsDrawn,
    UnitsReturned,
)
from terminal.domain.posting import what_is_on
from terminal.domain.recalls import folded
from terminal.domain.serials import compared
from terminal.domain.views import Shop
from terminal.journal.outbox import Outbox
from terminal.journal.pages import LISTED_ORDERS
from terminal.journal.projection import Projection, item_values, order_after
from terminal.journal.store import Store

_RECALLS = "recalls"
"""Where the journal keeps the name of its list of recalls."""


class _State(Struct, frozen=True):
    """A document as the server has it; None where that was not told."""

    slip: PackingSlip
    lines: tuple[Line, ...]
    registrations: tuple[Registration, ...]
    draws: tuple[Draw, ...] | None
    drawn: tuple[Registration, ...] | None


class Merging:
    """Writes what was fetched from the server into the journal's records."""

    def __init__(self, store: Store, records: Projection, outbox: Outbox) -> None:
        self._store = store
        self._db = store.connection
        self._records = records
        self._outbox = outbox

    def take_master(self, shop: Shop, items: Iterable[Item]) -> None:
        """Replace the master data (D8). Items that vanished stay readable: old lines name them."""
        with self._store.transaction():
            self._store.set_meta("shop", json.dumps(_shop_values(shop)))
            self._db.execute("DELETE FROM operator")
            for operator in shop.operators.values():
                duties = json.dumps(sorted(operator.duties))
                self._db.execute("INSERT INTO operator VALUES (?,?,?)", (operator.id, operator.name, duties))
            self._db.execute("DELETE FROM item_reference")
            for item in items:
                text = json.dumps(item_values(item))
                self._db.execute("INSERT OR REPLACE INTO item VALUES (?,?)", (item.number, text))
                for reference in item.references:
                    self._db.execute("INSERT OR REPLACE INTO item_reference VALUES (?,?)", (reference, item.number))
        self._records.forget_items()

    def let_go_of_numbers(self) -> None:
        """Let go of the prefixes of new documents, inside the running transaction, until the server gives new ones."""
        known = self._store.meta("shop")
        if known:
            self._store.set_meta("shop", json.dumps(json.loads(known) | dict.fromkeys(_PREFIXES, "")))

    def recalls_known(self) -> str:
        """Name the list of recalls that is here as a whole; empty where there is none."""
        with self._store.faults():
            return self._store.meta(_RECALLS)

    def take_recalls(self, name: str, recalls: Iterable[Recall], *, last: bool) -> None:
        """Take in a part of the list of recalls that the server calls `name` (I9).

        What an older list has counts on until the `last` part is here: a unit is stopped rather once too often.
        """
        with self._store.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO recall VALUES (?,?,?,?,?,?)",
                ((r.item, folded(r.serial or r.lot), r.serial, r.lot, r.reason, name) for r in recalls),
            )
            if last:
                self._db.execute("DELETE FROM recall WHERE list <> ?", (name,))
                self._store.set_meta(_RECALLS, name)

    def take_documents(
        self, orders: Iterable[SalesOrder], slips: Iterable[tuple[PackingSlip, Sequence[Line], Mapping[int, int]]]
    ) -> None:
        """Take in the open work; slips with unsent events keep the status this terminal gave them."""
        with self._store.transaction():
            busy = self._outbox.busy_documents()
            drafts = self._outbox.unsent_drafts()
            sold = self._outbox.unsent_sale_lines()
            known = set()
            for slip, lines, registered in slips:
                known.add(slip.number)
                self._take_head(slip, lines, busy, sold)
                for number, count in registered.items():
                    sql = "UPDATE line SET at_server = ? WHERE document = ? AND number = ?"
                    self._db.execute(sql, (count, slip.number, number))
            self._drop_slips(known | busy)
            listed = set()
            for order in orders:
                listed.add(order.number)
                self._records.put_order(_less_drafts(order, drafts))
            self._drop_orders(listed)
            self._store.set_meta(LISTED_ORDERS, json.dumps(sorted(listed)))

    def take_slip(
        self,
        slip: PackingSlip,
        lines: Sequence[Line],
        registrations: Iterable[Registration],
        cursor: int,
        draws: Iterable[Draw] | None = None,
        drawn: Iterable[Registration] | None = None,
    ) -> None:
        """Take in one slip or invoice as the server has it after this terminal's events up to `cursor`.

        `draws`: the units without a registration that invoices take of it, or that it takes. `drawn`: the registrations
        of slips that an invoice draws on (D9). What is not given is left as it is here.
        """
        self._take([_state(slip, lines, registrations, draws, drawn)], cursor)

    def take_order(
        self,
        order: SalesOrder,
        documents: Iterable[
            tuple[PackingSlip, Sequence[Line], Iterable[Registration], Iterable[Draw], Iterable[Registration]]
        ],
        cursor: int,
    ) -> None:
        """Take in an order with all its slips and invoices, as the server had them at one moment.

        Of each: head, lines, registrations, draws and drawn registrations, as for `take_slip`.
        """
        self._take([_state(*each) for each in documents], cursor, order)

    def _take(self, states: Sequence[_State], cursor: int, order: SalesOrder | None = None) -> None:
        """Take in documents as they are at one moment, with our unsent events on top."""
        if cursor < self._outbox.answered:
            return  # older than what we know already; the next one will be newer
        with self._store.transaction():
            if order is not None:
                self._records.put_order(_less_drafts(order, self._outbox.unsent_drafts(cursor)))
            numbers = [state.slip.number for state in states]
            said = {r.id: r for state in states for r in (*state.registrations, *(state.drawn or ()))}
            own = self._outbox.standing_events(numbers, said, after=cursor)
            busy = {recorded.event.document for recorded in own}
            sold = self._outbox.unsent_sale_lines(cursor)
            unexplained = {n: set(self._on(n)) for n in numbers if self._outbox.unexplained(n)}
            for state in states:
                self._take_head(state.slip, state.lines, busy, sold)
                self._db.execute("UPDATE slip SET loaded = 1 WHERE number = ?", (state.slip.number,))
            self._outbox.hear(self._registrations_differ(states, said, own))
            self._outbox.hear(self._draws_differ(states, own))
            for number, before in unexplained.items():
                words = _in_words(before, set(self._on(number)))
                if words:
                    self._outbox.explain_difference(number, words)

    def let_go(self, number: str) -> None:
        """Take a document as refused that the server does not have: what others registered on it counts no more.

        What was recorded here on it comes first: it is sent, again where the server forgot it, and answered.
        """
        with self._store.transaction():
            known = self._records.slip(number)
            if known is None or self._outbox.stands_on(number):
                return
            changes: list[Change] = [Gone(registration.id) for registration in self._records.live_registrations(number)]
            draws = (*self._records.draws(number), *self._records.draws_on(number))
            changes += [UnitsMoved(replace(draw, units=-draw.units)) for draw in draws]
            if known.status is not SlipStatus.REFUSED:
                changes.append(StatusChanged(number, SlipStatus.REFUSED))
            self._outbox.hear(changes)

    def shop(self) -> Shop:
        """Give what was last heard of the site."""
        with self._store.faults():
            return shop_in(self._db)

    def _take_head(
        self, slip: PackingSlip, lines: Sequence[Line], busy: Collection[str], sold: Mapping[tuple[str, int], int]
    ) -> None:
        """Take in a document's head and lines. A replay takes them as new: what else they are is heard."""
        known = self._records.slip(slip.number)
        if known is not None and slip.number in busy:
            slip = replace(slip, status=known.status)
        before = SlipStatus.DRAFT if known is None else known.status
        lines_before = self._records.lines(slip.number)
        reversed_before = {line.number for line in lines_before if line.reversed}
        if slip.kind == Kind.COUNTER_SALE:
            lines = self._sale_lines(slip.number, lines, sold)
        self._records.put_slip(slip, lines, loaded=False)
        numbers = {line.number for line in lines}
        stale = [line for line in lines_before if line.number not in numbers]
        # a draft of ours was refused, and another device's has its number (D10)
        self._outbox.hear(_as_drafted(stale))
        for line in stale:
            self._db.execute("DELETE FROM line WHERE document = ? AND number = ?", (slip.number, line.number))
        changes: list[Change] = [LineSet(line) for line in lines if line.reversed != (line.number in reversed_before)]
        if slip.status is not before:
            changes.append(StatusChanged(slip.number, slip.status))
        self._outbox.hear(changes)

    def _sale_lines(self, number: str, lines: Sequence[Line], sold: Mapping[tuple[str, int], int]) -> Sequence[Line]:
        """Give a sale's lines with what was set here on top; a line that the server refused sells nothing (S21)."""
        at_server = {line.number for line in lines}
        refused = [replace(line, units=0) for line in self._records.lines(number) if line.number not in at_server]
        return [replace(line, units=sold.get((number, line.number), line.units)) for line in (*lines, *refused)]

    def _drop_slips(self, keep: set[str]) -> None:
        """Forget slips the server no longer lists, unless they were opened, drafted or scanned on here."""
        sql = (
            "SELECT number FROM slip WHERE loaded = 0"
            " AND NOT EXISTS (SELECT 1 FROM registration WHERE document = number AND live = 1)"
            " AND NOT EXISTS (SELECT 1 FROM draw WHERE invoice = number OR slip = number)"
            " AND NOT EXISTS (SELECT 1 FROM event WHERE document = number AND undone = 0 AND registration IS NOT NULL)"
        )
        gone = {str(number) for (number,) in self._db.execute(sql)} - keep
        for number in sorted(gone):
            slip = self._records.slip(number)
            # as if it had never been seen: should it be listed again, what it is then is heard again
            anew = _as_drafted(self._records.lines(number))
            if slip is not None and slip.status is not SlipStatus.DRAFT:
                anew.append(StatusChanged(number, SlipStatus.DRAFT))
            self._outbox.hear(anew)
            self._db.execute("DELETE FROM line WHERE document = ?", (number,))
            self._db.execute("DELETE FROM slip WHERE number = ?", (number,))

    def _drop_orders(self, listed: Collection[str]) -> None:
        """Forget orders that the server no longer lists; of those with documents here only, nothing is left to ship."""
        rows = self._db.execute(
            "SELECT number, EXISTS (SELECT 1 FROM slip s WHERE s.sales_order = o.number) FROM sales_order o"
        ).fetchall()
        for number, documents in rows:
            order = self._records.order(str(number)) if number not in listed else None
            if order is not None and not documents:
                self._db.execute("DELETE FROM sales_order WHERE number = ?", (number,))
            elif order is not None and any(line.left for line in order.lines):
                self._records.put_order(order_after(order, {line.number: line.left for line in order.lines}))

    def _registrations_differ(
        self, states: Sequence[_State], said: Mapping[str, Registration], own: Sequence[Recorded]
    ) -> list[Change]:
        """Work out what must change here so that the server's set, with our unsent events on top, is what counts."""
        numbers = {state.slip.number for state in states}
        here = {r.id: r for number in numbers for r in self._records.live_registrations(number)}
        drawn = [r for state in states if state.drawn is not None for r in self._records.drawn(state.slip.number)]
        off = {r.id: replace(r, invoice="", invoiced=False) for r in drawn if r.id not in said}
        others = {id: r for id, r in off.items() if r.document not in numbers}
        wanted = {
            id: r
            for id, r in self._on_top({**said, **others}, own).items()
            if id in said or id in others or r.document in numbers
        }
        known = {id: self._records.registration(id) for id in wanted}
        moving = [r for id, r in known.items() if r is not None and r.live and _serial_moves(r, wanted[id])]
        gone: list[Change] = [Gone(id) for id in here if id not in wanted]
        gone += [Gone(r.id) for r in moving]
        letting_go = (*(r for id, r in here.items() if id not in wanted), *moving)
        freed = {(r.item, r.key) for r in letting_go if not r.returned}  # who came back holds nothing (S22)
        revised: list[Change] = []
        counted: list[Change] = []
        for id in sorted(wanted):
            there, found = wanted[id], known[id]
            counts = found is not None and found.live and found not in moving
            if not counts and self._held(there, freed, gone):
                if found in moving:
                    gone.remove(Gone(id))
                continue
            if found is not None and _facts(found) != _facts(there):
                revised.append(Revised(there))
            if not counts:
                counted.append(Made(there) if found is None else Back(id))
        return gone + revised + counted

    def _on_top(self, said: Mapping[str, Registration], own: Sequence[Recorded]) -> dict[str, Registration]:
        """Lay unsent events on top of registrations as the server has them; what is not among them counts no more."""
        live = dict(said)
        for recorded in own:
            event = recorded.event
            here = self._records.registration(getattr(event, "registration", recorded.id))
            match event:
                case Registered() | NotReadable() if here is not None:
                    self._lay_registered(live, event, here)
                case Removed(registration=id):
                    live.pop(id, None)
                case Undone(undoes=undoes, registration=id):
                    if undoes != Removed.type:
                        live.pop(id, None)
                    elif here is not None:
                        live.setdefault(id, here)
                case SlipDrafted(document=document, brought=brought):
                    for id in brought:
                        brought_here = self._records.registration(id)
                        if id in live and brought_here is not None and brought_here.document == document:
                            place = (document, brought_here.line, brought_here.came_from)
                            live[id] = replace(live[id], document=place[0], line=place[1], came_from=place[2])
                case UnitsDrawn(document=document, registrations=ids):
                    _lay_drawn(live, ids, "", document)
                case UnitsReturned(document=document, registrations=ids):
                    _lay_drawn(live, ids, document, "")
                case SerialCorrected(registration=id, before=before, serial=serial):
                    if id in live and live[id].serial == before:
                        key = self._key(live[id].item, serial)
                        along = {"gtin": event.gtin, "lot": event.lot, "expiry": event.expiry}
                        live[id] = replace(live[id], serial=serial, key=key, **along)
                case _:
                    pass
        return live

    def _lay_registered(
        self, live: dict[str, Registration], event: Registered | NotReadable, here: Registration
    ) -> None:
        """Lay a registration of ours on top, and what it does to the one that had its serial before (S12, S22)."""
        live[here.id] = here
        if not isinstance(event, Registered) or not (event.override or here.came_from):
            return
        place = (here.item, self._key(here.item, event.serial))
        for other in [r for r in live.values() if r.id != here.id and (r.item, r.key) == place and not r.returned]:
            if event.override:
                live[other.id] = replace(other, returned=True)
            elif other.document == here.came_from:
                del live[other.id]

    def _key(self, item: str, serial: str) -> str:
        found = self._records.item(item)
        return compared(serial, found.serial_form if found is not None else SerialForm())

    def _draws_differ(self, states: Sequence[_State], own: Sequence[Recorded]) -> list[Change]:
        """Work out which units without a registration move here, so that it is as at the server, with ours on top."""
        told = [state for state in states if state.draws is not None]
        numbers = {state.slip.number for state in told}
        said = {_place(draw): draw for state in told for draw in state.draws or ()}
        here = {
            _place(draw): draw
            for number in numbers
            for draw in (*self._records.draws(number), *self._records.draws_on(number))
        }
        units = Counter({place: draw.units for place, draw in said.items()})
        for recorded in own:
            event = recorded.event
            if isinstance(event, (UnitsDrawn, UnitsReturned)) and numbers & {event.document, event.slip}:
                sign = 1 if isinstance(event, UnitsDrawn) else -1
                units[event.document, event.slip, event.line] += sign * event.units
        changes: list[Change] = []
        for place in sorted({*units, *here}):
            there, known = said.get(place), here.get(place)
            by = max(0, units[place]) - (known.units if known else 0)
            invoiced = there is not None and there.invoiced
            if by or (known is not None and known.invoiced != invoiced):
                changes.append(UnitsMoved(Draw(*place, by, invoiced)))
        return changes

    def _on(self, document: str) -> Iterator[tuple[str, str]]:
        """Give what a document stands for, by name and serial."""
        return ((r.id, r.serial or "") for r in what_is_on(self._records, document))

    def _held(self, registration: Registration, freed: set[tuple[str, str | None]], gone: list[Change]) -> bool:
        """Say whether the serial is live here on another unit; what the server has settled gives way."""
        place = (registration.item, registration.key)
        if registration.key is None or registration.returned or place in freed:
            return False
        holder = self._records.holder(registration.item, registration.key)
        if holder is None or holder.id == registration.id:
            return False
        if self._unsent(holder.id):
            return True  # ours is on its way; its answer will settle it
        gone.append(Revised(replace(holder, returned=True)) if holder.invoiced else Gone(holder.id))
        return False

    def _unsent(self, id: str) -> bool:
        sql = "SELECT sequence FROM registration WHERE id = ?"
        row = self._db.execute(sql, (id,)).fetchone()
        return row is not None and row[0] is not None and row[0] > self._outbox.answered


def _as_drafted(lines: Iterable[Line]) -> list[Change]:
    """Give what makes lines that are forgotten as a replay takes them: not reversed."""
    return [LineSet(replace(line, reversed=False)) for line in lines if line.reversed]


def shop_in(connection: apsw.Connection) -> Shop:
    """Give what was last heard of the site, out of a journal or a copy of one."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'shop'").fetchone()
    rows: list[tuple[Any, ...]] = connection.execute("SELECT id, name, duties FROM operator").fetchall()
    operators = {id: Operator(id, name, _duties(json.loads(duties))) for id, name, duties in rows}
    return Shop(operators=operators) if found is None else _shop_from(json.loads(str(found[0])), operators)


def _state(
    slip: PackingSlip,
    lines: Sequence[Line],
    registrations: Iterable[Registration],
    draws: Iterable[Draw] | None,
    drawn: Iterable[Registration] | None,
) -> _State:
    return _State(
        slip,
        tuple(lines),
        tuple(registrations),
        None if draws is None else tuple(draws),
        None if drawn is None else tuple(drawn),
    )


def _lay_drawn(live: dict[str, Registration], ids: Iterable[str], before: str, after: str) -> None:
    """Move registrations from one invoice to another on top of what the server has, where an empty one is none."""
    for id in ids:
        if id in live and live[id].invoice == before and not live[id].invoiced:
            live[id] = replace(live[id], invoice=after)


def _facts(r: Registration) -> tuple[object, ...]:
    """Give what can change about a registration, but for whether it counts."""
    return (
        r.document,
        r.line,
        r.serial,
        r.key,
        r.lot,
        r.expiry,
        r.package,
        r.invoice,
        r.invoiced,
        r.came_from,
        r.returned,
        r.sold_before,
        r.gtin,
    )


def _serial_moves(here: Registration, there: Registration) -> bool:
    """Say whether a registration lets go of a serial, or takes one."""
    return (here.key, here.returned) != (there.key, there.returned)


def _place(draw: Draw) -> tuple[str, str, int]:
    return draw.invoice, draw.slip, draw.line


def _in_words(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> list[str]:
    """Give differences as a sign and a serial each: `-` the server hasn't got it, `+` the server has it as well."""
    return [f"-{serial}" for _, serial in sorted(before - after)] + [
        f"+{serial}" for _, serial in sorted(after - before)
    ]


def _less_drafts(order: SalesOrder, drafts: Iterable[SlipDrafted | InvoiceDrafted]) -> SalesOrder:
    """Take off an order what drafts made here took that the server hasn't seen yet (S13)."""
    for draft in drafts:
        if draft.order == order.number:
            order = order_after(order, dict(draft.lines))
    return order


_PREFIXES = ("slip_prefix", "invoice_prefix", "sale_prefix")


def _shop_values(shop: Shop) -> dict[str, Any]:
    p = shop.policies
    return {
        "site": shop.site,
        "time_zone": shop.time_zone,
        "slip_prefix": shop.slip_prefix,
        "invoice_prefix": shop.invoice_prefix,
        "sale_prefix": shop.sale_prefix,
        "policies": [p.over_scan, p.offline_posting, p.acknowledge_errors, list(p.correction_reasons)],
        "print_at_posting": p.print_at_posting,
        "command_key": shop.command_key.hex(),
    }


def _shop_from(values: Mapping[str, Any], operators: Mapping[str, Operator]) -> Shop:
    over_scan, offline, acknowledge, reasons = values["policies"]
    prints = bool(values.get("print_at_posting", False))
    policies = Policies(OverScan(over_scan), offline, acknowledge, tuple(reasons), prints)
    return Shop(
        site=str(values["site"]),
        time_zone=str(values["time_zone"]),
        policies=policies,
        slip_prefix=str(values["slip_prefix"]),
        invoice_prefix=str(values.get("invoice_prefix", "")),
        sale_prefix=str(values.get("sale_prefix", "")),
        operators=operators,
        command_key=bytes.fromhex(values.get("command_key", "")),
    )


def _duties(names: Iterable[str]) -> frozenset[Duty]:
    return frozenset(Duty(name) for name in names)
