"""What has happened: immutable, versioned, serialisable. Everything a person does becomes one of these.

An event says what was done; `Recorded` says by whom, where and in which order. Order comes from
`sequence` alone, never from a clock (D12).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import Struct, to_builtins
from msgspec.structs import asdict

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
VERSION = 1
"""Version of the event bodies; fields are only ever added within it."""


class Registered(Struct, frozen=True):
    """A serial was put on the list of a line (S7, ADD)."""

    type: ClassVar[str] = "registered"
    document: str
    line: int
    item: str
    serial: str
    lot: str = ""
    expiry: str = ""
    package: str = ""


class NotReadable(Struct, frozen=True):
    """A blank was registered for a unit whose serial can't be read (S8)."""

    type: ClassVar[str] = "not-readable"
    document: str
    line: int
    item: str


class Removed(Struct, frozen=True):
    """A registration was taken off its line (S7, S8, REMOVE). `serial` is None for a blank."""

    type: ClassVar[str] = "removed"
    document: str
    line: int
    registration: str
    serial: str | None = None


class Undone(Struct, frozen=True):
    """An earlier event of the same operator was made up for (D3); it restores the same registration."""

    type: ClassVar[str] = "undone"
    document: str
    event: str
    """The id of the event that is undone."""
    undoes: str
    """Its type."""
    line: int
    registration: str
    serial: str | None = None


class PostingRequested(Struct, frozen=True):
    """The operator asked to post exactly the registrations they saw (D5)."""

    type: ClassVar[str] = "posting-requested"
    document: str
    digest: str
    registrations: int


class PostingWithdrawn(Struct, frozen=True):
    """A request to post was taken back before its answer came (D5)."""

    type: ClassVar[str] = "posting-withdrawn"
    document: str


class SlipDrafted(Struct, frozen=True):
    """A packing slip was drafted from an open order (S13). `lines` pairs order line and units."""

    type: ClassVar[str] = "slip-drafted"
    document: str
    order: str
    lines: tuple[tuple[int, int], ...]


Event = Registered | NotReadable | Removed | Undone | PostingRequested | PostingWithdrawn | SlipDrafted

TYPES: Mapping[str, type[Event]] = {
    kind.type: kind
    for kind in (Registered, NotReadable, Removed, Undone, PostingRequested, PostingWithdrawn, SlipDrafted)
}
"""Every event type by its name on the wire and in exports."""


class Recorded(Struct, frozen=True):
    """An event with the circumstances of its recording; (terminal, epoch, sequence) is its natural key."""

    id: str
    """UUIDv7 (D1)."""
    sequence: int
    terminal: str
    epoch: str
    operator: str
    recorded_at: str
    """RFC 3339, UTC, ms (D12)."""
    event: Event


def body(event: Event) -> dict[str, Any]:
    """Give an event's own fields as plain JSON values."""
    return asdict(event)


def event_from(kind: str, fields_given: Mapping[str, Any]) -> Event:
    """Build an event from its type name and fields; unknown fields of a newer version are ignored.

    Raises:
        ValueError: the type is unknown, a field is missing, or a field has the wrong type.
    """
    made = TYPES.get(kind)
    if made is None:
        raise ValueError(f"unknown event type {kind!r}")
    values = {name: fields_given[name] for name in made.__struct_fields__ if name in fields_given}
    if made is SlipDrafted:
        values["lines"] = _pairs(values.get("lines"))
    for name, value in values.items():
        _check(kind, name, value)
    try:
        return made(**values)
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from None


def _pairs(value: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError("slip-drafted: lines must be a list of [order line, units]")
    pairs = tuple(tuple(pair) if isinstance(pair, (list, tuple)) else () for pair in value)
    if any(len(pair) != 2 or not all(_is_count(n) for n in pair) for pair in pairs):
        raise ValueError("slip-drafted: lines must be a list of [order line, units]")
    return pairs


def _check(kind: str, name: str, value: Any) -> None:
    if name == "lines":
        return
    if name in {"line", "registrations"}:
        good = _is_count(value)
    elif name == "serial" and kind != Registered.type:
        good = value is None or _is_text(value)
    else:
        good = _is_text(value)
    if not good:
        raise ValueError(f"{kind}: {name} has the wrong type")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _is_text(value: Any) -> bool:
    """Say whether a value is text that UTF-8 can write: JSON can smuggle in half a surrogate pair."""
    return isinstance(value, str) and (value.isascii() or _HALF_A_PAIR.search(value) is None)


def digest(recorded: Recorded) -> str:
    """Fingerprint a recorded event: the same key with another fingerprint is a cloned terminal, not a retry."""
    whole = {**to_builtins(recorded), "type": recorded.event.type}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
