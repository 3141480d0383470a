"""Importing master data and documents from CSV: all of it or nothing (S2, S20, I11, D8).

What is there already is updated: blocking an item works at once. A document line that exists keeps its item and its
tracking flags, whatever the item's group has become (D8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import randbits
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, delete, insert, select, update

from server_stub import audit
from server_stub.csv_rows import MOST_FAULTS, CsvRow, ImportRefused, read_rows
from server_stub.database import writing
from server_stub.import_documents import store_order_line, store_slip, store_slip_line
from server_stub.import_kinds import KINDS, Kind
from server_stub.masterdata import MASTER, RECALLS, MasterData
from server_stub.prepared import Driver, Prepared
from server_stub.site_keys import give_keys
from server_stub.tables import item, item_reference, recall, revision, tracking_group
from server_stub.writing import inserting
from terminal.domain.documents import SerialOption, TrackingGroup
from terminal.domain.master import check_item
from terminal.domain.recalls import folded
from terminal.domain.refusals import Code

_ITEM = Prepared(select(item.c.number).where(item.c.number == bindparam("number")))
_RECALL = inserting(recall, "position")
_LIFT = Prepared(
    delete(recall).where(*(recall.c[name] == bindparam(name) for name in ("item", "folded", "serial", "lot")))
)
Fault = str | None
Store = Callable[[Connection, CsvRow], Fault]


def import_path(engine: Engine, kind: str | None, path: Path, who: str = "") -> dict[str, int]:
    """Import a file of one kind, or a directory of files with the kinds' names. Raises ImportRefused."""
    files = [(_kind(kind), path)] if kind is not None else _files_in(path)
    read = [(each, read_rows(file, each.columns)) for each, file in files]
    with writing(engine) as connection:
        driver = Driver.of(connection)
        for each, rows in read:
            _store_all(connection, each, rows)
            audit.note(driver, "imported", each.name, who=who, rows=len(rows))
        give_keys(connection)
        count_up(connection)
        if any(each.name == RECALLS for each, _ in read):
            _name_recalls(connection)
        driver.close()
    return {each.name: len(rows) for each, rows in read}


def count_up(connection: Connection) -> None:
    """Tell running servers that master data has changed."""
    changed = update(revision).where(revision.c.name == MASTER).values(number=revision.c.number + 1)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(revision).values(name=MASTER, number=1))


def _name_recalls(connection: Connection) -> None:
    """Give the list of recalls a name that it never had: terminals with another list fetch it anew."""
    named = randbits(31)
    if connection.execute(update(revision).where(revision.c.name == RECALLS).values(number=named)).rowcount == 0:
        connection.execute(insert(revision).values(name=RECALLS, number=named))


def _kind(named: str) -> Kind:
    for kind in KINDS:
        if kind.name == named.replace("-", "_"):
            return kind
    raise ImportRefused([f"{named!r} can't be imported; use one of {', '.join(kind.name for kind in KINDS)}"])


def _files_in(directory: Path) -> list[tuple[Kind, Path]]:
    found = [(kind, directory / f"{kind.name}.csv") for kind in KINDS if (directory / f"{kind.name}.csv").is_file()]
    if not found:
        names = ", ".join(f"{kind.name}.csv" for kind in KINDS)
        raise ImportRefused([f"{directory}: there is nothing to import; put in it some of {names}"])
    return found


def _store_all(connection: Connection, kind: Kind, rows: Sequence[CsvRow]) -> None:
    """Write the rows of one file. Raises ImportRefused with every fault, up to a limit."""
    faults: list[str] = []
    seen: dict[tuple[Any, ...], int] = {}
    store = _STORES.get(kind.name)
    for row in rows:
        key = tuple(row.values.get(column, "") for column in kind.key)
        if key in seen:
            named = " ".join(str(part) for part in key)
            faults.append(row.fault(kind.key[-1], f"{named} is in row {seen[key]} already", "remove one of them"))
        else:
            seen[key] = row.number
            fault = store(connection, row) if store else _store_plainly(connection, kind, row)
            faults += [fault] if fault else []
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise ImportRefused(faults)


def upsert(connection: Connection, kind: Kind, values: dict[str, Any]) -> None:
    """Update the row that these values name, or make it; columns that are not given keep what they have."""
    named = and_(*(kind.table.c[key] == values[key] for key in kind.key))
    others = {name: value for name, value in values.items() if name not in kind.key}
    exists = connection.execute(select(*(kind.table.c[key] for key in kind.key)).where(named)).first()
    if exists is None:
        defaults = {column.name: column.default for column in kind.columns if column.name in kind.table.c}
        connection.execute(insert(kind.table).values({**defaults, **values}))
    elif others:
        connection.execute(update(kind.table).where(named).values(others))


def _store_plainly(connection: Connection, kind: Kind, row: CsvRow) -> Fault:
    upsert(connection, kind, row.values)
    return None


def _store_group(connection: Connection, row: CsvRow) -> Fault:
    """Write a tracking group as it is in force (S2); it can't become active over a catch-weight item (S20)."""
    kind = _kind("tracking_groups")
    values = {**{column.name: column.default for column in kind.columns}, **row.values}
    group = TrackingGroup(
        values["code"],
        values["active_in_sales_process"],
        values["serial_number_control"],
        values["blank_issue_allowed"],
        frozenset(SerialOption(word) for word in values["other_options"].split()),
    ).in_force()
    if group.active_in_sales_process:
        weighed = select(item.c.number).where(item.c.tracking_group == group.code, item.c.catch_weight)
        found = connection.execute(weighed.order_by(item.c.number)).scalar()
        if found is not None:
            return row.fault(
                "active_in_sales_process",
                f"item {found} of this group is a catch-weight item and takes no serials (S20)",
                "move it to another group first",
            )
    upsert(
        connection,
        kind,
        {
            "code": group.code,
            "active_in_sales_process": group.active_in_sales_process,
            "serial_number_control": group.serial_number_control,
            "blank_issue_allowed": group.blank_issue_allowed,
            "other_options": " ".join(sorted(group.other_options)),
        },
    )
    return None


def _store_item(connection: Connection, row: CsvRow) -> Fault:
    """Write an item, if the rules let it be master data (S20, D2)."""
    values = row.values
    group = values["tracking_group"]
    if connection.execute(select(tracking_group.c.code).where(tracking_group.c.code == group)).first() is None:
        return row.fault("tracking_group", f"there is no tracking group {group!r}", "import it first or correct it")
    upsert(connection, _kind("items"), values)
    driver = Driver.of(connection)
    made = MasterData().item(driver, values["number"])
    driver.close()
    refusal = None if made is None else check_item(made)
    if refusal is None:
        return None
    if refusal.code is Code.CATCH_WEIGHT_GROUP:
        return row.fault(
            "tracking_group",
            f"{group!r} is active in the sales process and catch-weight items take no serials there (S20)",
            "choose another group or clear catch_weight",
        )
    column = "mask" if values.get("mask") else "longest"
    return row.fault(column, "no serial can fit mask, shortest and longest together (D2)", "correct one of them")


def _store_reference(connection: Connection, row: CsvRow) -> Fault:
    values = row.values
    if connection.execute(select(item.c.number).where(item.c.number == values["item"])).first() is None:
        return row.fault("item", f"there is no item {values['item']!r}", "import it first or correct it")
    holds = select(item_reference.c.item).where(item_reference.c.reference == values["reference"])
    holder = connection.execute(holds).scalar()
    if holder not in (None, values["item"]):
        return row.fault("reference", f"it finds item {holder} already", "remove one of them")
    upsert(connection, _kind("item_references"), values)
    return None


def _store_recall(connection: Connection, row: CsvRow) -> Fault:
    """Recall a serial or a lot of an item, or lift the recall (I9)."""
    values = row.values
    serial, lot, reason = (values.get(name, "") for name in ("serial", "lot", "reason"))
    if bool(serial) == bool(lot):
        return row.fault("serial", "a recall is of a serial or of a lot", "fill in one of the two")
    lifted = values.get("lifted", False)
    if not reason and not lifted:
        return row.fault("reason", "it is empty", "fill it in, or write true in the column lifted")
    driver = Driver.of(connection)
    try:
        if driver.one(_ITEM, {"number": values["item"]}) is None:
            return row.fault("item", f"there is no item {values['item']!r}", "import it first or correct it")
        named = {"item": values["item"], "folded": folded(serial or lot), "serial": serial, "lot": lot}
        driver.do(_LIFT, named)
        if not lifted:
            driver.do(_RECALL, {**named, "reason": reason})
    finally:
        driver.close()
    return None


def _store_operator(connection: Connection, row: CsvRow) -> Fault:
    """Write an operator; without a PIN in the file, the one they have stays."""
    values = dict(row.values)
    pin_hash = values.pop("pin", None)
    upsert(connection, _kind("operators"), {**values, **({"pin_hash": pin_hash} if pin_hash else {})})
    return None


_STORES: dict[str, Store] = {
    "tracking_groups": _store_group,
    "items": _store_item,
    "item_references": _store_reference,
    "recalls": _store_recall,
    "operators": _store_operator,
    "order_lines": store_order_line,
    "slips": store_slip,
    "slip_lines": store_slip_line,
}
