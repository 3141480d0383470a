"""Taking in what the server knows: master data, open documents, and one slip's registrations.

The server's word is the ground; what this terminal recorded and the server has not answered yet is laid on top again,
so that a picker never sees a scan disappear because a refresh came in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from terminal.domain.changes import Back, Change, Gone, Made, StatusChanged
from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OverScan,
    PackingSlip,
    Policies,
    Registration,
    SalesOrder,
    SlipStatus,
)
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
from terminal.domain.views import Shop
from terminal.journal.outbox import Outbox
from terminal.journal.projection import Projection, item_values, order_after
from terminal.journal.store import Store


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

    def take_documents(
        self, orders: Iterable[SalesOrder], slips: Iterable[tuple[PackingSlip, Sequence[Line], Mapping[int, int]]]
    ) -> None:
        """Take in the open work; slips with unsent events keep the status this terminal gave them."""
        with self._store.transaction():
            busy = self._outbox.busy_documents()
            drafts = self._outbox.unsent_drafts()
            known = set()
            for slip, lines, registered in slips:
                known.add(slip.number)
                self._take_slip(slip, lines, busy)
                for number, count in registered.items():
                    sql = "UPDATE line SET at_server = ? WHERE document = ? AND number = ?"
                    self._db.execute(sql, (count, slip.number, number))
            self._drop_slips(known | busy)
            self._db.execute("DELETE FROM sales_order")
            for order in orders:
                self._records.put_order(_less_drafts(order, drafts))

    def take_slip(
        self, slip: PackingSlip, lines: Sequence[Line], registrations: Iterable[Registration], cursor: int
    ) -> None:
        """Take in one slip as the server has it after this terminal's events up to `cursor`."""
        if cursor < self._outbox.answered:
            return  # older than what we know already; the next one will be newer
        with self._store.transaction():
            own = self._outbox.standing_events(slip.number, after=cursor)
            self._take_slip(slip, lines, {slip.number} if own else set())
            self._db.execute("UPDATE slip SET loaded = 1 WHERE number = ?", (slip.number,))
            changes = self._outbox.hear(self._difference(slip.number, {r.id: r for r in registrations}, own))
            if changes:
                self._outbox.explain_difference(slip.number, [self._in_words(change) for change in changes])

    def shop(self) -> Shop:
        """Give what was last heard of the site."""
        with self._store.faults():
            text = self._store.meta("shop")
            rows: list[tuple[Any, ...]] = self._db.execute("SELECT id, name, duties FROM operator").fetchall()
        operators = {id: Operator(id, name, _duties(json.loads(duties))) for id, name, duties in rows}
        return _shop_from(json.loads(text), operators) if text else Shop(operators=operators)

    def _take_slip(self, slip: PackingSlip, lines: Sequence[Line], busy: set[str]) -> None:
        known = self._records.slip(slip.number)
        if known is not None and slip.number in busy:
            slip = PackingSlip(slip.number, slip.order, slip.customer, known.status, slip.site, slip.kind)
        before = SlipStatus.DRAFT if known is None else known.status
        self._records.put_slip(slip, lines, loaded=False)
        if slip.status is not before:  # a replay takes every slip to begin as a draft
            self._outbox.hear([StatusChanged(slip.number, slip.status)])

    def _drop_slips(self, keep: set[str]) -> None:
        """Forget slips the server no longer lists, unless they were opened, drafted or scanned on here."""
        sql = (
            "SELECT number FROM slip WHERE loaded = 0"
            " AND NOT EXISTS (SELECT 1 FROM registration WHERE document = number AND live = 1)"
            " AND NOT EXISTS (SELECT 1 FROM event WHERE document = number AND undone = 0 AND registration IS NOT NULL)"
        )
        gone = {str(number) for (number,) in self._db.execute(sql)} - keep
        for number in sorted(gone):
            slip = self._records.slip(number)
            if slip is not None and slip.status is not SlipStatus.DRAFT:
                # as if it had never been seen: should it be listed again, its status is heard again
                self._outbox.hear([StatusChanged(number, SlipStatus.DRAFT)])
            self._db.execute("DELETE FROM line WHERE document = ?", (number,))
            self._db.execute("DELETE FROM slip WHERE number = ?", (number,))

    def _difference(
        self, document: str, at_server: Mapping[str, Registration], own: Sequence[Recorded]
    ) -> list[Change]:
        """Work out what must change here so that the server's set, with our unsent events on top, is what counts."""
        wanted = _after(set(at_server), own)
        here = {r.id: r for r in self._records.live_registrations(document)}
        gone: list[Change] = [Gone(id) for id in here if id not in wanted]
        freed = {(here[id].item, here[id].key) for id in here if id not in wanted}
        added: list[Change] = []
        for id in sorted(wanted - set(here)):
            known = self._records.registration(id)
            registration = at_server.get(id) or known
            if registration is None or self._held(registration, freed, gone):
                continue
            added.append(Back(id) if known is not None else Made(registration))
        return gone + added

    def _held(self, registration: Registration, freed: set[tuple[str, str | None]], gone: list[Change]) -> bool:
        """Say whether the serial is live here on another unit; what the server has settled gives way."""
        if registration.key is None or (registration.item, registration.key) in freed:
            return False
        holder = self._records.holder(registration.item, registration.key)
        if holder is None:
            return False
        if self._unsent(holder.id):
            return True  # ours is on its way; its answer will settle it
        gone.append(Gone(holder.id))
        return False

    def _unsent(self, id: str) -> bool:
        sql = "SELECT sequence FROM registration WHERE id = ?"
        row = self._db.execute(sql, (id,)).fetchone()
        return row is not None and row[0] is not None and row[0] > self._outbox.answered

    def _in_words(self, change: Change) -> str:
        """Give one difference as a sign and a serial: `+` the server has it as well, `-` it hasn't."""
        match change:
            case Made(r):
                return f"+{r.serial or ''}"
            case Back(id) | Gone(id):
                found = self._records.registration(id)
                sign = "+" if isinstance(change, Back) else "-"
                return f"{sign}{(found.serial if found else None) or ''}"
            case _:
                return ""


def _after(live: set[str], own: Sequence[Recorded]) -> set[str]:
    """Lay unsent events on top of the server's set of live registrations."""
    for recorded in own:
        match recorded.event:
            case Registered() | NotReadable():
                live.add(recorded.id)
            case Removed(registration=id):
                live.discard(id)
            case Undone(undoes=undoes, registration=id):
                live.add(id) if undoes == Removed.type else live.discard(id)
            case PostingRequested() | PostingWithdrawn() | SlipDrafted():
                pass
    return live


def _less_drafts(order: SalesOrder, drafts: Iterable[SlipDrafted]) -> SalesOrder:
    """Take off an order what drafts made here took that the server hasn't seen yet (S13)."""
    for draft in drafts:
        if draft.order == order.number:
            order = order_after(order, dict(draft.lines))
    return order


def _shop_values(shop: Shop) -> dict[str, Any]:
    p = shop.policies
    return {
        "site": shop.site,
        "time_zone": shop.time_zone,
        "slip_prefix": shop.slip_prefix,
        "policies": [p.over_scan, p.offline_posting, p.acknowledge_errors, list(p.correction_reasons)],
    }


def _shop_from(values: Mapping[str, Any], operators: Mapping[str, Operator]) -> Shop:
    over_scan, offline, acknowledge, reasons = values["policies"]
    policies = Policies(OverScan(over_scan), offline, acknowledge, tuple(reasons))
    return Shop(str(values["site"]), str(values["time_zone"]), policies, str(values["slip_prefix"]), operators)


def _duties(names: Iterable[str]) -> frozenset[Duty]:
    return frozenset(Duty(name) for name in names)
