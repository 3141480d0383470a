"""Items, operators and policies as they are now, kept in memory between transactions (D8).

An import runs in another process; it counts up a revision, and the next transaction here starts afresh. So blocking
an item works at once, and a scan costs no look-up of what seldom changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, or_, select

from server_stub.prepared import Driver, Prepared, Row
from server_stub.tables import item, item_reference, operator, policy, recall, revision, terminal, tracking_group
from terminal.backend.wire.recalls import RecallPart
from terminal.domain.documents import (
    Duty,
    Item,
    Operator,
    OverScan,
    Policies,
    Recall,
    SerialCase,
    SerialForm,
    SerialOption,
    TrackingGroup,
    TrackingMode,
)
from terminal.domain.recalls import folded, reason_in

MASTER = "master"
"""The name of the revision that counts changes of master data."""
RECALLS = "recalls"
"""The name of the revision that names the list of recalls."""

RECALLS_AT_ONCE = 1_000
"""Recalls that a terminal fetches at once: its journal takes so many in between two scans."""

_REVISION = Prepared(select(revision.c.number).where(revision.c.name == bindparam("name")))
_items = select(
    item.c.number,
    item.c.description,
    item.c.blocked,
    item.c.catch_weight,
    item.c.mask,
    item.c.shortest,
    item.c.longest,
    item.c.signs,
    item.c.case_sensitive,
    item.c.non_ascii,
    item.c.tracking_mode,
    item.c.warranty_months,
    item.c.service_months,
    item.c.case,
    tracking_group.c.code,
    tracking_group.c.active_in_sales_process,
    tracking_group.c.serial_number_control,
    tracking_group.c.blank_issue_allowed,
    tracking_group.c.other_options,
).join_from(item, tracking_group)
_ITEM = Prepared(_items.where(item.c.number == bindparam("number")))
_ITEMS = Prepared(_items.order_by(item.c.number))
_references = select(item_reference.c.item, item_reference.c.reference).order_by(item_reference.c.reference)
_REFERENCES_OF = Prepared(_references.where(item_reference.c.item == bindparam("item")))
_REFERENCES = Prepared(_references)
_operators = select(operator.c.id, operator.c.name, operator.c.duties)
_OPERATOR = Prepared(_operators.where(operator.c.id == bindparam("id")))
_OPERATORS = Prepared(_operators.order_by(operator.c.id))
_POLICIES = Prepared(
    select(
        policy.c.site,
        policy.c.time_zone,
        policy.c.over_scan,
        policy.c.offline_posting,
        policy.c.acknowledge_errors,
        policy.c.correction_reasons,
        policy.c.print_at_posting,
    ).order_by(policy.c.site)
)
_SITE_OF = Prepared(select(terminal.c.site).where(terminal.c.id == bindparam("id")))


_RECALLED_ITEMS = Prepared(select(recall.c.item).distinct())
_recalls = select(recall.c.item, recall.c.serial, recall.c.lot, recall.c.reason)
_RECALLED = Prepared(
    _recalls.where(
        recall.c.item == bindparam("item"), or_(*(recall.c.folded == bindparam(name) for name in ("serial", "lot")))
    )
)
_RECALLS = Prepared(
    _recalls.add_columns(recall.c.position)
    .where(recall.c.position > bindparam("after"))
    .order_by(recall.c.position)
    .limit(RECALLS_AT_ONCE + 1)
)


class Site:
    """A site with its policies (D7) and its time zone."""

    def __init__(self, name: str = "", time_zone: str = "UTC", policies: Policies | None = None) -> None:
        self.name = name
        self.time_zone = time_zone
        self.policies = policies or Policies()


class MasterData:
    """What was looked up since the last change of master data."""

    def __init__(self) -> None:
        self._revision = -1
        self._items: dict[str, Item] = {}
        self._operators: dict[str, Operator] = {}
        self._sites: dict[str, Site] = {}
        self._recalled: frozenset[str] | None = None
        """The items of which anything is recalled: few, and a scan of the others costs no look-up."""

    def refresh(self, driver: Driver) -> None:
        """Forget everything if master data has changed since; to be asked at the start of each transaction."""
        row = driver.one(_REVISION, {"name": MASTER})
        now = 0 if row is None else row[0]
        if now != self._revision:
            self._items.clear()
            self._operators.clear()
            self._sites.clear()
            self._recalled = None
            self._revision = now

    def item(self, driver: Driver, number: str) -> Item | None:
        """Find an item as it is now."""
        known = self._items.get(number)
        if known is None:
            row = driver.one(_ITEM, {"number": number})
            if row is not None:
                references = [r[1] for r in driver.all(_REFERENCES_OF, {"item": number})]
                known = self._items[number] = item_from(row, references)
        return known

    def recalled(self, driver: Driver, number: str, key: str, lot: str) -> str | None:
        """Give the reason why a serial of an item, as it is compared, or its lot is recalled (I9), or None."""
        if self._recalled is None:
            self._recalled = frozenset(row[0] for row in driver.all(_RECALLED_ITEMS, {}))
        found = self.item(driver, number) if number in self._recalled else None
        if found is None:
            return None
        rows = driver.all(_RECALLED, {"item": number, "serial": folded(key), "lot": folded(lot)})
        return reason_in((Recall(*row) for row in rows), found.serial_form, key, lot)

    def operator(self, driver: Driver, id: str) -> Operator | None:
        """Find an operator with the duties they have now (S17)."""
        known = self._operators.get(id)
        if known is None:
            row = driver.one(_OPERATOR, {"id": id})
            if row is not None:
                known = self._operators[id] = operator_from(row)
        return known

    def site(self, driver: Driver, terminal: str) -> Site:
        """Give the site of a terminal: the one it was enrolled for, or else the first that has policies (D7)."""
        known = self._sites.get(terminal)
        if known is None:
            known = self._sites[terminal] = site_of(driver, terminal)
        return known


def all_items(driver: Driver) -> tuple[Item, ...]:
    """Give every item with its references, in the order of their numbers."""
    references: dict[str, list[str]] = {}
    for number, reference in driver.all(_REFERENCES, {}):
        references.setdefault(number, []).append(reference)
    return tuple(item_from(row, references.get(row[0], ())) for row in driver.all(_ITEMS, {}))


def all_operators(driver: Driver) -> tuple[Operator, ...]:
    """Give every operator."""
    return tuple(operator_from(row) for row in driver.all(_OPERATORS, {}))


def recall_list(driver: Driver) -> str:
    """Name the present list of recalls; empty where nothing was ever recalled."""
    row = driver.one(_REVISION, {"name": RECALLS})
    return "" if row is None else str(row[0])


def recall_part(driver: Driver, after: int) -> RecallPart:
    """Give the part of the list of recalls that begins after a place in it."""
    rows = driver.all(_RECALLS, {"after": after})
    part = rows[:RECALLS_AT_ONCE]
    more = part[-1][-1] if len(rows) > len(part) else 0
    return RecallPart(recall_list(driver), tuple(Recall(*row[:-1]) for row in part), more)


def site_of(driver: Driver, terminal: str) -> Site:
    """Give the site of a terminal; see `MasterData.site`."""
    sites: Mapping[str, Site] = {row[0]: Site(row[0], row[1], policies_from(row)) for row in driver.all(_POLICIES, {})}
    row = driver.one(_SITE_OF, {"id": terminal})
    if row is not None and row[0] in sites:
        return sites[row[0]]
    return next(iter(sites.values()), Site())


def item_from(row: Row, references: Iterable[str]) -> Item:
    """Build an item from its row."""
    number, description, blocked, catch_weight, *form, mode, warranty, service, case = row[:14]
    mask, shortest, longest, signs, case_sensitive, non_ascii = form
    return Item(
        number=number,
        description=description,
        tracking=group_from(row[14:]),
        blocked=bool(blocked),
        catch_weight=bool(catch_weight),
        serial_form=SerialForm(mask, shortest, longest, signs, bool(case_sensitive), bool(non_ascii), SerialCase(case)),
        references=tuple(references),
        tracking_mode=TrackingMode(mode),
        warranty_months=warranty,
        service_months=service,
    )


def group_from(row: Row) -> TrackingGroup:
    """Build a tracking group from code, active, control, blank issue allowed, and its other options."""
    code, active, control, blank, options = row
    others = frozenset(SerialOption(option) for option in options.split())
    return TrackingGroup(code, bool(active), bool(control), bool(blank), others)


def operator_from(row: Row) -> Operator:
    """Build an operator from id, name and duties."""
    return Operator(row[0], row[1], frozenset(Duty(duty) for duty in row[2].split()))


def policies_from(row: Row) -> Policies:
    """Build a site's policies from its row."""
    reasons = tuple(reason for reason in row[5].split("|") if reason)
    return Policies(OverScan(row[2]), bool(row[3]), bool(row[4]), reasons, bool(row[6]))
