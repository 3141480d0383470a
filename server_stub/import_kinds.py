"""The kinds of master data and documents that can be imported: their columns and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from sqlalchemy import Table

from server_stub.csv_rows import Column
from server_stub.tables import (
    item,
    item_reference,
    operator,
    order_line,
    policy,
    recall,
    sales_order,
    slip,
    slip_line,
    tracking_group,
)
from terminal.domain.documents import (
    DEFAULT_LONGEST,
    HARD_LONGEST,
    Duty,
    OverScan,
    SerialCase,
    SerialOption,
    SlipStatus,
)
from terminal.domain.read_along import LONGEST_LOT, is_lot

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Kind(Struct, frozen=True):
    """What can be imported: its table, the columns that name a row, and all its columns."""

    name: str
    table: Table
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def text(longest: int = 200) -> Callable[[str], str]:
    """Read text of at most `longest` characters."""

    def parse(given: str) -> str:
        if len(given) > longest:
            raise ValueError(f"it has {len(given)} characters; use at most {longest}")
        if _CONTROL.search(given):
            raise ValueError("it holds a control character; remove it")
        return given

    return parse


def name(given: str) -> str:
    """Read a number or code: 1 to 64 visible ASCII characters."""
    if not re.fullmatch(r"[!-~]{1,64}", given):
        raise ValueError(f"{given[:80]!r} names nothing; use 1 to 64 visible ASCII characters without spaces")
    return given


def flag(given: str) -> bool:
    """Read true or false."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if given.lower() not in words:
        raise ValueError(f"{given[:40]!r} is neither true nor false; write true or false")
    return words[given.lower()]


def whole(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def parse(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise ValueError(f"{given[:40]!r} is no such number; write a whole number from {least} to {most}")
        return int(given)

    return parse


def words(kind: Any) -> Callable[[str], str]:
    """Read words between spaces, each out of a list."""

    def parse(given: str) -> str:
        known = [str(each) for each in kind]
        for word in given.split():
            if word not in known:
                raise ValueError(f"{word[:40]!r} is not known; use {', '.join(known)}")
        return " ".join(sorted(set(given.split())))

    return parse


def one_of(*known: str) -> Callable[[str], str]:
    """Read one word out of a list."""

    def parse(given: str) -> str:
        if given not in known:
            raise ValueError(f"{given[:40]!r} is not known; use {' or '.join(known)}")
        return given

    return parse


def lot(given: str) -> str:
    """Read a lot as it can be read along with a serial."""
    if not is_lot(given):
        raise ValueError(f"{given[:40]!r} is no lot; write at most {LONGEST_LOT} printable ASCII characters")
    return given


def time_zone(given: str) -> str:
    """Read an IANA time zone."""
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{given[:40]!r} is no time zone; write one such as Europe/Berlin") from None
    return given


def pin(given: str) -> str:
    """Read a PIN of 4 to 12 digits and hash it at once."""
    from server_stub.signing import hasher

    if not re.fullmatch(r"[0-9]{4,12}", given):
        raise ValueError("it is not a PIN; write 4 to 12 digits")
    return hasher.hash(given)


_UNITS = whole(1, 1_000_000)
_LINE = whole(1, 1_000_000)

KINDS: tuple[Kind, ...] = (
    Kind(
        "tracking_groups",
        tracking_group,
        ("code",),
        (
            Column("code", name, required=True),
            Column("active_in_sales_process", flag, required=True),
            Column("serial_number_control", flag, default=False),
            Column("blank_issue_allowed", flag, default=False),
            Column("other_options", words(SerialOption), default=""),
        ),
    ),
    Kind(
        "items",
        item,
        ("number",),
        (
            Column("number", name, required=True),
            Column("description", text(), required=True),
            Column("tracking_group", name, required=True),
            Column("blocked", flag, default=False),
            Column("catch_weight", flag, default=False),
            Column("mask", text(HARD_LONGEST * 2), default=""),
            Column("shortest", whole(1, HARD_LONGEST), default=1),
            Column("longest", whole(1, HARD_LONGEST), default=DEFAULT_LONGEST),
            Column("signs", text(64)),
            Column("case_sensitive", flag, default=False),
            Column("non_ascii", flag, default=False),
            Column("tracking_mode", one_of("sales-only", "in-stock"), default="sales-only"),
            Column("warranty_months", whole(0, 600), default=0),
            Column("service_months", whole(0, 600), default=0),
            Column("case", one_of(*SerialCase), default=str(SerialCase.ANY)),
        ),
    ),
    Kind(
        "item_references",
        item_reference,
        ("reference",),
        (Column("reference", text(100), required=True), Column("item", name, required=True)),
    ),
    Kind(
        "recalls",
        recall,
        ("item", "serial", "lot"),
        (
            Column("item", name, required=True),
            Column("serial", text(HARD_LONGEST), default=""),
            Column("lot", lot, default=""),
            Column("reason", text(), default=""),
            Column("lifted", flag, default=False),
        ),
    ),
    Kind(
        "operators",
        operator,
        ("id",),
        (
            Column("id", name, required=True),
            Column("name", text(), required=True),
            Column("duties", words(Duty), default=""),
            Column("pin", pin),
        ),
    ),
    Kind(
        "policies",
        policy,
        ("site",),
        (
            Column("site", name, required=True),
            Column("time_zone", time_zone, default="UTC"),
            Column("over_scan", one_of(*OverScan), default=str(OverScan.WARN)),
            Column("offline_posting", flag, default=True),
            Column("acknowledge_errors", flag, default=False),
            Column("correction_reasons", text(2_000), default=""),
            Column("print_at_posting", flag, default=False),
        ),
    ),
    Kind(
        "orders",
        sales_order,
        ("number",),
        (
            Column("number", name, required=True),
            Column("customer", text(), required=True),
            Column("site", name, default=""),
        ),
    ),
    Kind(
        "order_lines",
        order_line,
        ("order", "number"),
        (
            Column("order", name, required=True),
            Column("number", _LINE, required=True),
            Column("item", name, required=True),
            Column("units", _UNITS, required=True),
        ),
    ),
    Kind(
        "slips",
        slip,
        ("number",),
        (
            Column("number", name, required=True),
            Column("order", name, required=True),
            Column("status", one_of(str(SlipStatus.DRAFT), str(SlipStatus.CANCELLED)), default=str(SlipStatus.DRAFT)),
        ),
    ),
    Kind(
        "slip_lines",
        slip_line,
        ("document", "number"),
        (
            Column("document", name, required=True),
            Column("number", _LINE, required=True),
            Column("order_line", _LINE, required=True),
            Column("units", _UNITS, required=True),
            Column("location", name),
        ),
    ),
)
"""In the order in which a directory is imported: nothing refers to what comes later."""
