"""The records in the journal's database: the rules' look-ups as SQL, and the few changes events make.

Each look-up and each change costs the same whatever was scanned before; those over one document cost its size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apsw
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
    OrderLine,
    PackingSlip,
    Recall,
    Registration,
    SalesOrder,
    SerialCase,
    SerialForm,
    SerialOption,
    SlipStatus,
    Tally,
    TrackingGroup,
    TrackingMode,
)
from terminal.domain.recalls import folded, reason_in
from terminal.domain.records import Named, PastEvent

REGISTRATION = (
    "id, document, line, item, serial, key, operator, terminal, recorded_at, live, lot, expiry, package,"
    " invoice, invoiced, came_from, returned, sold_before, gtin"
)
"""Columns that `registration_from` reads."""
_LINE = "document, number, item, description, units, tracking, catch_weight, order_line, location, reversed"
SLIP = "number, sales_order, customer, status, site, kind, posted_at"
"""Columns that `slip_from` reads."""
_NAMES = (
    "SELECT 'item' FROM item WHERE number = ? COLLATE NOCASE"
    " UNION ALL SELECT 'item' FROM item_reference WHERE reference = ? COLLATE NOCASE"
    " UNION ALL SELECT 'document' FROM slip WHERE number = ? COLLATE NOCASE"
    " UNION ALL SELECT 'document' FROM sales_order WHERE number = ? COLLATE NOCASE"
    " UNION ALL SELECT 'operator' FROM operator WHERE id = ? COLLATE NOCASE"
    " UNION ALL SELECT 'location' FROM line WHERE location = ? COLLATE NOCASE AND location <> '' LIMIT 1"
)
"""In the order in which `Records.names` has them; each looks into an index."""
_HELD = "live = 1 AND key IS NOT NULL AND returned = 0"
"""Where a registration holds its serial; the words of the index."""


class Projection:
    """`Records` over the journal's database. Reads see what the running transaction has written."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._db = connection
        self._items: dict[str, Item] = {}
        """Items once read: a picker scans the same few all day. `forget_items` after new master data."""

    def slip(self, number: str) -> PackingSlip | None:
        """See `Records`."""
        row = self.first(f"SELECT {SLIP} FROM slip WHERE number = ?", number)  # noqa: S608
        return None if row is None else slip_from(row)

    def line(self, document: str, number: int) -> Line | None:
        """See `Records`."""
        row = self.first(f"SELECT {_LINE} FROM line WHERE document = ? AND number = ?", document, number)  # noqa: S608
        return None if row is None else _line(row)

    def lines(self, document: str) -> Sequence[Line]:
        """See `Records`."""
        rows = self._db.execute(f"SELECT {_LINE} FROM line WHERE document = ? ORDER BY number", (document,))  # noqa: S608
        return [_line(row) for row in rows]

    def tally(self, document: str, line: int) -> Tally:
        """See `Records`."""
        row = self.first("SELECT serials, blanks FROM line WHERE document = ? AND number = ?", document, line)
        return Tally() if row is None else Tally(*row)

    def item(self, number: str) -> Item | None:
        """See `Records`."""
        if number not in self._items:
            row = self.first("SELECT body FROM item WHERE number = ?", number)
            if row is None:
                return None
            self._items[number] = item_from(json.loads(row[0]))
        return self._items[number]

    def order(self, number: str) -> SalesOrder | None:
        """See `Records`."""
        row = self.first("SELECT number, customer, lines, site FROM sales_order WHERE number = ?", number)
        if row is None:
            return None
        return SalesOrder(row[0], row[1], tuple(OrderLine(*line) for line in json.loads(row[2])), row[3])

    def holder(self, item: str, key: str) -> Registration | None:
        """See `Records`."""
        return self._registration(f"item = ? AND key = ? AND {_HELD}", item, key)

    def names(self, code: str) -> Named:
        """See `Records`."""
        row = self.first(_NAMES, *(code,) * 6)
        return "" if row is None else row[0]

    def recalled(self, item: str, key: str, lot: str) -> str | None:
        """See `Records`."""
        found = self.item(item)
        if found is None:
            return None
        sql = "SELECT item, serial, lot, reason FROM recall WHERE item = ? AND folded IN (?, ?)"
        rows = self._db.execute(sql, (item, folded(key), folded(lot)))
        return reason_in((Recall(*row) for row in rows), found.serial_form, key, lot)

    def sold_before(self, item: str, key: str) -> Registration | None:
        """See `Records`."""
        return self._registration(
            "item = ? AND key = ? AND live = 1 AND returned = 1 ORDER BY place DESC LIMIT 1", item, key
        )

    def registration(self, id: str) -> Registration | None:
        """See `Records`."""
        return self._registration("id = ?", id)

    def newest_blank(self, document: str, line: int) -> Registration | None:
        """See `Records`."""
        where = "document = ? AND line = ? AND live = 1 AND key IS NULL ORDER BY place DESC LIMIT 1"
        return self._registration(where, document, line)

    def live_registrations(self, document: str) -> Iterable[Registration]:
        """See `Records`."""
        return self._registrations("document = ? AND live = 1", document)

    def documents_of(self, order: str) -> Sequence[PackingSlip]:
        """See `Records`."""
        if not order:
            return []
        sql = f"SELECT {SLIP} FROM slip WHERE sales_order = ? ORDER BY number"  # noqa: S608
        return [slip_from(row) for row in self._db.execute(sql, (order,))]

    def kept(self, order: str, line: int) -> Sequence[Registration]:
        """See `Records`."""
        reversed_lines = (
            "SELECT l.document, l.number FROM slip s JOIN line l ON l.document = s.number"
            " WHERE s.sales_order = ? AND s.sales_order <> '' AND l.order_line = ? AND l.reversed"
        )
        return self._registrations(f"live = 1 AND (document, line) IN ({reversed_lines}) ORDER BY place", order, line)

    def drawn(self, invoice: str) -> Sequence[Registration]:
        """See `Records`."""
        where = "live = 1 AND invoice = ?1 AND invoice <> '' AND document <> ?1 ORDER BY place"
        return self._registrations(where, invoice)

    def draws(self, invoice: str) -> Sequence[Draw]:
        """See `Records`."""
        return self._draws("invoice = ? ORDER BY slip, line", invoice)

    def draws_on(self, slip: str) -> Sequence[Draw]:
        """See `Records`."""
        return self._draws("slip = ? ORDER BY invoice, line", slip)

    def past_event(self, id: str) -> PastEvent | None:
        """See `Records`. Reads the whole journal: nothing on the way of a scan asks for it."""
        row = self.first(f"SELECT {_PAST} FROM event WHERE id = ? AND registration IS NOT NULL", id)  # noqa: S608
        return None if row is None else _past(row)

    def not_yet_undone(self, document: str, operator: str) -> Iterator[PastEvent]:
        """See `Records`."""
        sql = (
            f"SELECT {_PAST} FROM event WHERE document = ? AND operator = ? AND undone = 0"  # noqa: S608
            " AND registration IS NOT NULL ORDER BY sequence DESC"
        )
        for row in self._db.execute(sql, (document, operator)):
            yield _past(row)

    def first(self, sql: str, *values: str | int) -> tuple[Any, ...] | None:
        """Give the first row, if any. A scanned text that is no Unicode names nothing that is kept here."""
        try:
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        except UnicodeEncodeError:
            return None
        return row

    def forget_items(self) -> None:
        """Read items afresh: master data has changed (D8)."""
        self._items.clear()

    def apply(self, change: Change, sequence: int | None = None) -> None:
        """Write a change down; `sequence` is that of the local event it follows from, if one."""
        match change:
            case Made(registration):
                self._make(registration, sequence)
            case Gone(id):
                self._set_live(id, False)
            case Back(id):
                self._set_live(id, True)
            case StatusChanged(document, status):
                self._db.execute("UPDATE slip SET status = ? WHERE number = ?", (status, document))
            case SlipMade(slip, lines):
                self.put_slip(slip, lines, loaded=True)
                self._take_from_order(slip.order, {line.order_line: line.units for line in lines})
            case Revised(registration):
                self._revise(registration, sequence)
            case LineSet(line):
                self.put_line(line)
            case LineReversed(document, number):
                self._reverse(document, number)
            case UnitsMoved(draw):
                self._move_units(draw)
            case Charged(document):
                self._charge(document)

    def put_slip(self, slip: PackingSlip, lines: Iterable[Line], *, loaded: bool) -> None:
        """Keep a slip and its lines; tallies of lines already known stay as they are."""
        self._db.execute(
            f"INSERT INTO slip ({SLIP}, loaded) VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (number) DO UPDATE SET"  # noqa: S608
            " sales_order = excluded.sales_order, customer = excluded.customer, status = excluded.status,"
            " site = excluded.site, posted_at = excluded.posted_at, loaded = max(loaded, excluded.loaded)",
            (slip.number, slip.order, slip.customer, slip.status, slip.site, slip.kind, slip.posted_at, loaded),
        )
        for line in lines:
            self.put_line(line)

    def put_line(self, line: Line) -> None:
        """Keep a line; the tally of one already known stays as it is."""
        known = self.line(line.document, line.number) is not None
        self._db.execute(
            f"INSERT INTO line ({_LINE}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (document, number) DO UPDATE SET"  # noqa: S608
            " item = excluded.item, description = excluded.description, units = excluded.units,"
            " tracking = excluded.tracking, catch_weight = excluded.catch_weight, reversed = excluded.reversed,"
            " order_line = excluded.order_line, location = excluded.location",
            (
                line.document,
                line.number,
                line.item,
                line.description,
                line.units,
                json.dumps(group_values(line.tracking)),
                line.catch_weight,
                line.order_line,
                line.location,
                line.reversed,
            ),
        )
        if not known:
            self._count_anew(line.document, line.number)

    def put_order(self, order: SalesOrder) -> None:
        """Keep a sales order."""
        lines = json.dumps([[o.number, o.item, o.units, o.left, o.negative] for o in order.lines])
        self._db.execute(
            "INSERT OR REPLACE INTO sales_order VALUES (?,?,?,?)", (order.number, order.customer, order.site, lines)
        )

    def _make(self, r: Registration, sequence: int | None) -> None:
        self._db.execute(
            f"INSERT INTO registration (sequence, {REGISTRATION}) VALUES (?,?,?,?,?,?,?,?,?,?,1,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            (
                *(sequence, r.id, r.document, r.line, r.item, r.serial, r.key, r.operator, r.terminal, r.recorded_at),
                *(r.lot, r.expiry, r.package, r.invoice, r.invoiced, r.came_from, r.returned, r.sold_before, r.gtin),
            ),
        )
        self._count(r.document, r.line, blank=r.key is None, by=1)

    def _revise(self, r: Registration, sequence: int | None) -> None:
        """Give a registration other values; it waits for the server's answer again where its own entry changes."""
        before = self.registration(r.id)
        if before is None:
            raise LookupError(r.id)
        own = (before.document, before.line, before.serial) != (r.document, r.line, r.serial)
        self._db.execute(
            "UPDATE registration SET document = ?, line = ?, item = ?, serial = ?, key = ?, lot = ?, expiry = ?,"
            " package = ?, invoice = ?, invoiced = ?, came_from = ?, returned = ?, sold_before = ?, gtin = ?,"
            " sequence = coalesce(?, sequence) WHERE id = ?",
            (
                *(r.document, r.line, r.item, r.serial, r.key, r.lot, r.expiry, r.package),
                *(r.invoice, r.invoiced, r.came_from, r.returned, r.sold_before, r.gtin),
                *(sequence if own else None, r.id),
            ),
        )
        if before.live:
            self._count(before.document, before.line, blank=before.key is None, by=-1)
            self._count(r.document, r.line, blank=r.key is None, by=1)

    def _reverse(self, document: str, number: int) -> None:
        slip, line = self.slip(document), self.line(document, number)
        self._db.execute("UPDATE line SET reversed = 1 WHERE document = ? AND number = ?", (document, number))
        if slip is not None and line is not None:
            self._take_from_order(slip.order, {line.order_line: -line.units})

    def _move_units(self, draw: Draw) -> None:
        place = (draw.invoice, draw.slip, draw.line)
        where = "invoice = ? AND slip = ? AND line = ?"
        row = self.first(f"SELECT units FROM draw WHERE {where}", *place)  # noqa: S608
        units = draw.units + (int(row[0]) if row else 0)
        if units > 0:
            self._db.execute("INSERT OR REPLACE INTO draw VALUES (?,?,?,?,?)", (*place, units, draw.invoiced))
        else:
            self._db.execute(f"DELETE FROM draw WHERE {where}", place)  # noqa: S608

    def _charge(self, document: str) -> None:
        for where in ("document = ?1", "invoice = ?1 AND invoice <> ''"):
            sql = f"UPDATE registration SET invoice = ?1, invoiced = 1 WHERE live = 1 AND {where}"  # noqa: S608
            self._db.execute(sql, (document,))
        self._db.execute("UPDATE draw SET invoiced = 1 WHERE invoice = ?", (document,))

    def _set_live(self, id: str, live: bool) -> None:
        sql = "UPDATE registration SET live = ? WHERE id = ? AND live <> ? RETURNING document, line, key IS NULL"
        for document, line, blank in self._db.execute(sql, (live, id, live)):
            self._count(document, line, blank=bool(blank), by=1 if live else -1)

    def _count(self, document: str, line: int, *, blank: bool, by: int) -> None:
        column = "blanks" if blank else "serials"
        sql = f"UPDATE line SET {column} = {column} + ? WHERE document = ? AND number = ?"  # noqa: S608
        self._db.execute(sql, (by, document, line))

    def _count_anew(self, document: str, line: int) -> None:
        """Count a line that was not known while registrations on it already were."""
        self._db.execute(
            "UPDATE line SET (serials, blanks) = (SELECT count(key), count(*) - count(key) FROM registration r"
            " WHERE r.document = ?1 AND r.line = ?2 AND r.live = 1) WHERE document = ?1 AND number = ?2",
            (document, line),
        )

    def _take_from_order(self, number: str, taken: Mapping[int, int]) -> None:
        order = self.order(number)
        if order is not None:
            self.put_order(order_after(order, taken))

    def _registration(self, where: str, *values: str | int) -> Registration | None:
        row = self.first(f"SELECT {REGISTRATION} FROM registration WHERE {where}", *values)  # noqa: S608
        return None if row is None else registration_from(row)

    def _registrations(self, where: str, *values: str | int) -> list[Registration]:
        sql = f"SELECT {REGISTRATION} FROM registration WHERE {where}"  # noqa: S608
        return [registration_from(row) for row in self._db.execute(sql, values)]

    def _draws(self, where: str, value: str) -> list[Draw]:
        sql = f"SELECT invoice, slip, line, units, invoiced FROM draw WHERE {where}"  # noqa: S608
        return [Draw(row[0], row[1], row[2], row[3], bool(row[4])) for row in self._db.execute(sql, (value,))]


def order_after(order: SalesOrder, taken: Mapping[int, int]) -> SalesOrder:
    """Give an order with `taken` units per line put on a slip (S13), or given back where negative (S11)."""
    return replace(order, lines=tuple(replace(o, left=max(0, o.left - taken.get(o.number, 0))) for o in order.lines))


def group_values(group: TrackingGroup) -> list[Any]:
    """Give a tracking group as JSON values."""
    return [
        group.code,
        group.active_in_sales_process,
        group.serial_number_control,
        group.blank_issue_allowed,
        sorted(group.other_options),
    ]


def item_values(item: Item) -> dict[str, Any]:
    """Give an item as JSON values."""
    form = item.serial_form
    return {
        "number": item.number,
        "description": item.description,
        "tracking": group_values(item.tracking),
        "blocked": item.blocked,
        "catch_weight": item.catch_weight,
        "form": [form.mask, form.shortest, form.longest, form.signs, form.case_sensitive, form.non_ascii],
        "case": form.case,
        "references": list(item.references),
        "mode": item.tracking_mode,
        "warranty": item.warranty_months,
        "service": item.service_months,
    }


def item_from(values: Mapping[str, Any]) -> Item:
    """Read an item back, also one that an older version of the program kept."""
    return Item(
        number=values["number"],
        description=values["description"],
        tracking=_group(values["tracking"]),
        blocked=values["blocked"],
        catch_weight=values["catch_weight"],
        serial_form=replace(SerialForm(*values["form"]), case=SerialCase(values.get("case", SerialCase.ANY))),
        references=tuple(values["references"]),
        tracking_mode=TrackingMode(values["mode"]),
        warranty_months=values.get("warranty", 0),
        service_months=values.get("service", 0),
    )


_PAST = "id, type, document, line, operator, registration, serial, undone"


def _past(row: tuple[Any, ...]) -> PastEvent:
    id, type_, document, line, operator, registration, serial, undone = row
    return PastEvent(id, type_, document, line, operator, registration, serial, bool(undone))


def registration_from(row: Sequence[Any]) -> Registration:
    """Read a row of `REGISTRATION`."""
    id, document, line, item, serial, key, operator, terminal, recorded_at, live, lot, expiry, package, *more = row
    invoice, invoiced, came_from, returned, sold_before, gtin = more
    return Registration(
        *(id, document, line, item, serial, key, operator, terminal, recorded_at, bool(live), lot, expiry, package),
        *(invoice, bool(invoiced), came_from, bool(returned), sold_before, gtin),
    )


def slip_from(row: Sequence[Any]) -> PackingSlip:
    """Read a row of `SLIP`."""
    return PackingSlip(row[0], row[1], row[2], SlipStatus(row[3]), row[4], row[5], row[6])


def _line(row: tuple[Any, ...]) -> Line:
    tracking = _group_from_text(row[5])
    return Line(row[0], row[1], row[2], row[3], row[4], tracking, bool(row[6]), row[7], row[8], bool(row[9]))


_GROUPS: dict[str, TrackingGroup] = {}


def _group_from_text(text: str) -> TrackingGroup:
    """Read a frozen tracking group; there are only a handful of different ones."""
    if text not in _GROUPS:
        _GROUPS[text] = _group(json.loads(text))
    return _GROUPS[text]


def _group(values: Sequence[Any]) -> TrackingGroup:
    return TrackingGroup(
        values[0], values[1], values[2], values[3], frozenset(SerialOption(option) for option in values[4])
    )
