"""Where a serial went (S18), which units still want one (S9), and why nothing of an item is on hand by serial (S19).

A unit is found by the serial that it has or had, in the form in which its item's serials are compared (D2). What
happened to it is read from the inbox. Its order there is the order of the steps; no clock decides it (D12).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BindParameter, bindparam, false, or_, select

from server_stub.prepared import Driver, Prepared, Row
from server_stub.tables import (
    event,
    former_serial,
    in_trail,
    item,
    item_reference,
    policy,
    registration,
    slip,
    slip_line,
)
from terminal.backend.wire.tracing import OpenBlanks, Trace
from terminal.domain.dates import last_day
from terminal.domain.documents import SerialForm, SlipStatus, TrackingMode
from terminal.domain.events import (
    PostingRequested,
    Removed,
    SerialCorrected,
    SlipDrafted,
    SlipReversed,
    Undone,
)
from terminal.domain.serials import compared
from terminal.domain.views import OpenBlank, TracedUnit, TraceStep

MOST_UNITS = 100
"""Units with one serial that a trace shows at the most."""
_LONGEST = 400
"""Characters of a code at the most that could be a serial, however it is composed."""

_invoice = slip.alias("invoice")
_units = (
    select(
        registration.c.position,
        registration.c.id,
        registration.c.document,
        registration.c.line,
        registration.c.item,
        registration.c.serial,
        registration.c.key,
        registration.c.live,
        registration.c.returned,
        registration.c.came_from,
        registration.c.invoice,
        registration.c.invoiced,
        registration.c.gtin,
        registration.c.lot,
        registration.c.expiry,
        item.c.description,
        item.c.case_sensitive,
        item.c.warranty_months,
        item.c.service_months,
        slip.c.order,
        slip.c.customer,
        slip.c.status,
        slip.c.posted_at,
        slip_line.c.reversed,
        slip_line.c.order_line,
        _invoice.c.posted_at.label("charged_at"),
        _invoice.c.site,
    )
    .join_from(registration, item, item.c.number == registration.c.item)
    .join(slip, slip.c.number == registration.c.document)
    .join(
        slip_line,
        (slip_line.c.document == registration.c.document) & (slip_line.c.number == registration.c.line),
    )
    .outerjoin(_invoice, _invoice.c.number == registration.c.invoice)
    .where(or_(bindparam("of_item") == "", registration.c.item == bindparam("of_item")))
    .order_by(registration.c.position.desc())
    .limit(MOST_UNITS + 1)
)
_keys: list[BindParameter[str]] = [bindparam("folded"), bindparam("exact")]
_BY_SERIAL = Prepared(_units.add_columns(registration.c.key.label("had")).where(registration.c.key.in_(_keys)))
_BY_FORMER = Prepared(
    _units.add_columns(former_serial.c.key.label("had"))
    .join(former_serial, former_serial.c.registration == registration.c.id)
    .where(former_serial.c.key.in_(_keys))
)
_happened = select(
    event.c.position, event.c.type, event.c.document, event.c.operator, event.c.recorded_at, event.c.body
).where(event.c.outcome == "accepted", event.c.void == false())
_MADE = Prepared(_happened.where(event.c.id == bindparam("id")))
_OF_UNIT = Prepared(_happened.where(event.c.registration == bindparam("registration")))
_TRAIL = Prepared(_happened.where(event.c.document == bindparam("document"), in_trail).order_by(event.c.position))
_SLIPS_OF = Prepared(select(slip.c.number).where(slip.c.order == bindparam("order")))
_LINE_OF = Prepared(
    select(slip_line.c.number).where(
        slip_line.c.document == bindparam("document"), slip_line.c.order_line == bindparam("order_line")
    )
)
_ZONES = Prepared(select(policy.c.site, policy.c.time_zone).order_by(policy.c.site))
_named_items = select(item.c.number, item.c.description, item.c.tracking_mode)
_ITEM = Prepared(_named_items.where(item.c.number == bindparam("code")))
_ITEM_OF = Prepared(
    _named_items.join_from(item_reference, item, item.c.number == item_reference.c.item).where(
        item_reference.c.reference == bindparam("code")
    )
)
_blanks = (
    select(
        registration.c.id,
        registration.c.document,
        registration.c.line,
        registration.c.item,
        slip.c.order,
        slip.c.customer,
        slip.c.status,
        registration.c.operator,
        registration.c.recorded_at,
    )
    .join_from(registration, slip, slip.c.number == registration.c.document)
    .join(
        slip_line,
        (slip_line.c.document == registration.c.document) & (slip_line.c.number == registration.c.line),
    )
    .where(
        registration.c.live,
        registration.c.key.is_(None),
        registration.c.invoiced == false(),
        slip_line.c.reversed == false(),
        slip.c.status != SlipStatus.CANCELLED.value,
        or_(bindparam("of_item") == "", registration.c.item == bindparam("of_item")),
    )
    .order_by(registration.c.position)
    .limit(bindparam("most"))
)
_BLANKS = Prepared(_blanks)
_BLANKS_OF = Prepared(_blanks.where(slip.c.order == bindparam("order")))


def open_blanks(driver: Driver, order: str, number: str, most: int) -> OpenBlanks:
    """Give the units that still want a serial (S9), of one order or of one item (by its number) if these are given.

    Units of reversed lines are not among them: what is filled is the line that they come along to.
    """
    asked = {"order": order, "of_item": number, "most": most + 1}
    rows = driver.all(_BLANKS_OF if order else _BLANKS, asked)
    return OpenBlanks(tuple(_blank(row) for row in rows[:most]), len(rows) > most)


def trace(driver: Driver, code: str, of_item: str = "") -> Trace:
    """Say where every unit went that ever had a serial, newest first (S18); of one item only, if it is given.

    A code that names an item, by its number or a reference, says so, and whether its serials can be on hand (S19).
    """
    serial = code.strip(" \t\r\n")
    named = _item(driver, serial)
    wanted = _item(driver, of_item) if of_item else None
    found = [] if of_item and wanted is None else _found(driver, serial, wanted[0] if wanted else "")
    units = tuple(_traced(driver, found[:MOST_UNITS]))
    if named is None:
        return Trace(code, units, len(found) > MOST_UNITS)
    sales_only = named[2] == TrackingMode.SALES_ONLY.value
    return Trace(code, units, len(found) > MOST_UNITS, named[0], named[1], sales_only)


class _Found(Struct, frozen=True):
    """A unit as its tables have it."""

    position: int
    id: str
    document: str
    line: int
    item: str
    serial: str
    key: str
    live: bool
    returned: bool
    came_from: str | None
    invoice: str | None
    invoiced: bool
    gtin: str
    lot: str
    expiry: str
    description: str
    case_sensitive: bool
    warranty_months: int
    service_months: int
    order: str
    customer: str
    status: str
    posted_at: str | None
    reversed: bool
    order_line: int
    charged_at: str | None
    site: str | None


class _Past(Struct, frozen=True):
    """An event of the inbox that was accepted."""

    position: int
    type: str
    document: str
    operator: str
    recorded_at: str
    body: Mapping[str, Any]


def _item(driver: Driver, code: str) -> Row | None:
    """Find an item by its number or one of its references, each as a whole."""
    return driver.one(_ITEM, {"code": code}) or driver.one(_ITEM_OF, {"code": code})


def _found(driver: Driver, serial: str, of_item: str) -> list[_Found]:
    """Find the units that have a serial or had it, newest first; one more than are shown, where there are more."""
    if not serial or len(serial) > _LONGEST or "\0" in serial:
        return []
    folded = compared(serial, SerialForm())
    exact = compared(serial, SerialForm(case_sensitive=True))
    asked = {"folded": folded, "exact": exact, "of_item": of_item}
    units: dict[str, _Found] = {}
    for statement in (_BY_SERIAL, _BY_FORMER):
        for *row, had in driver.all(statement, asked):
            unit = _Found(*row)
            if had == (exact if unit.case_sensitive else folded):
                units[unit.id] = unit
    return sorted(units.values(), key=lambda unit: -unit.position)[: MOST_UNITS + 1]


def _traced(driver: Driver, units: Iterable[_Found]) -> Iterator[TracedUnit]:
    """Tell of each unit; what its documents saw is read once."""
    units = list(units)
    trails = _Trails(driver)
    zones = {site: _zone(name) for site, name in driver.all(_ZONES, {})}
    elsewhere = next(iter(zones.values()), _zone("UTC"))
    made = [(unit, trails.made(unit.id)) for unit in units]
    for unit, began in made:
        steps = [] if began is None else _steps(trails, unit, began, made)
        yield _unit(unit, steps, zones.get(unit.site or "", elsewhere))


def _unit(unit: _Found, steps: Iterable[TraceStep], zone: tzinfo) -> TracedUnit:
    """Put a unit's tables and its trail together. One on a reversed line counts as on a cancelled slip (S11)."""
    charged = unit.charged_at if unit.invoiced and unit.charged_at else ""
    return TracedUnit(
        registration=unit.id,
        item=unit.item,
        description=unit.description,
        serial=unit.serial,
        slip=unit.document,
        line=unit.line,
        status=SlipStatus.CANCELLED if unit.reversed else SlipStatus(unit.status),
        order=unit.order,
        customer=unit.customer,
        shipped_at=(unit.posted_at or "") if unit.live else "",
        invoice=unit.invoice or "",
        invoiced_at=charged,
        warranty_until=last_day(charged, zone, unit.warranty_months),
        service_until=last_day(charged, zone, unit.service_months),
        live=bool(unit.live),
        returned=bool(unit.returned),
        steps=tuple(steps),
        gtin=unit.gtin,
        lot=unit.lot,
        expiry=unit.expiry,
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


class _Trails:
    """What happened to units, beside their being registered: to one by its name, or to all of a document at once.

    What happened to a document is read once. Its units may be many, with many changes; those of others are not read.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._of: dict[str, list[tuple[Any, ...]]] = {}

    def made(self, id: str) -> _Past | None:
        """Give the event that registered a unit; it bears the unit's name (D1)."""
        row = self._driver.one(_MADE, {"id": id})
        return None if row is None else _past(row)

    def about(self, unit: _Found, first: str) -> list[_Past]:
        """Give what may have happened to a unit, in order: on its documents, from the first to the present one."""
        documents = {first, unit.document, *([unit.invoice] if unit.invoice else [])}
        if unit.document != first != unit.came_from:
            # reversed more than once: the slips between are of the same order
            documents |= {number for (number,) in self._driver.all(_SLIPS_OF, {"order": unit.order})}
        name = json.dumps(unit.id)
        rows = [tuple(row) for row in self._driver.all(_OF_UNIT, {"registration": unit.id})]
        for document in documents:
            rows += [row for row in self._trail(document) if row[1] != SlipDrafted.type or name in row[-1]]
        return [_past(row) for row in sorted(rows)]

    def line(self, document: str, order_line: int) -> int:
        """Find the line of a slip that ships an order line; 0 where there is none."""
        row = self._driver.one(_LINE_OF, {"document": document, "order_line": order_line})
        return 0 if row is None else int(row[0])

    def _trail(self, document: str) -> list[tuple[Any, ...]]:
        known = self._of.get(document)
        if known is None:
            known = self._of[document] = [tuple(row) for row in self._driver.all(_TRAIL, {"document": document})]
        return known


def _past(row: Row) -> _Past:
    position, kind, document, operator, recorded_at, body = row
    return _Past(position, kind, document, operator, recorded_at, json.loads(body))


def _steps(
    trails: _Trails, unit: _Found, made: _Past, others: Iterable[tuple[_Found, _Past | None]]
) -> list[TraceStep]:
    """Walk through what happened, knowing at each event on which document the unit was, and whether it counted."""
    place, line, counts, kept = made.document, made.body["line"], True, False
    steps = [_step(made)]
    for past in trails.about(unit, made.document):
        said, here = past.body, past.document == place
        match past.type:
            case Removed.type | Undone.type:
                counts = said.get("undoes") == Removed.type
                steps.append(_step(past))
            case SerialCorrected.type:
                steps.append(replace(_step(past), before=said["before"], after=said["serial"]))
            case SlipDrafted.type if unit.id in said.get("brought", ()):
                place, line, kept = past.document, trails.line(past.document, unit.order_line), False
                steps.append(_step(past))
            case PostingRequested.type if (here and counts) or (unit.invoiced and past.document == unit.invoice):
                steps.append(_step(past))
            case SlipReversed.type if here and counts and not kept and said["line"] in (0, line):
                kept = True  # until it comes along to another slip, no reversal is about it
                steps.append(_step(past))
    after = _follower(unit, others) if unit.returned or (counts and not unit.live) else None
    return steps if after is None else [*steps, _step(after)]


def _follower(unit: _Found, others: Iterable[tuple[_Found, _Past | None]]) -> _Past | None:
    """Find the registration that took a unit's place: it was sold again (S22), or scanned again on a new slip (S12)."""
    later = [
        (other.position, past)
        for other, past in others
        if past is not None and (other.item, other.key) == (unit.item, unit.key) and other.position > unit.position
        if past.body.get("override") or not unit.returned
    ]
    return min(later, key=lambda each: each[0], default=(0, None))[1]


def _step(past: _Past) -> TraceStep:
    reason = past.body.get("reason") or past.body.get("override") or ""
    return TraceStep(past.type, past.document, past.operator, past.recorded_at, reason=reason)


def _blank(row: Row) -> OpenBlank:
    id, document, line, number, order, customer, status, who, recorded_at = row
    return OpenBlank(id, document, line, number, order, customer, SlipStatus(status), who, recorded_at)
