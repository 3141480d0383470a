"""What has happened: immutable, versioned, serialisable. Everything a person does becomes one of these.

An event says what was done; `Recorded` says by whom, where and in which order. Order comes from
`sequence` alone, never from a clock (D12).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct, ValidationError, convert, to_builtins

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
Count = Annotated[int, Meta(ge=0, lt=2**31)]
"""A number of units, or of a line."""
VERSION = 1
"""Version of the event bodies; fields are only ever added within it."""


class Registered(Struct, frozen=True, omit_defaults=True):
    """A serial was put on the list of a line (S7, ADD), with what its symbol said beside it."""

    type: ClassVar[str] = "registered"
    document: str
    line: Count
    item: str
    serial: str
    lot: str = ""
    expiry: str = ""
    package: str = ""
    override: str = ""
    """Why a supervisor sells a unit again that was sold before (S22)."""
    gtin: str = ""


class NotReadable(Struct, frozen=True, omit_defaults=True):
    """A blank was registered for a unit whose serial can't be read (S8)."""

    type: ClassVar[str] = "not-readable"
    document: str
    line: Count
    item: str


class Removed(Struct, frozen=True, omit_defaults=True):
    """A registration was taken off its line (S7, S8, REMOVE). `serial` is None for a blank."""

    type: ClassVar[str] = "removed"
    document: str
    line: Count
    registration: str
    serial: str | None = None


class Undone(Struct, frozen=True, omit_defaults=True):
    """An earlier event of the same operator was made up for (D3); it restores the same registration."""

    type: ClassVar[str] = "undone"
    document: str
    event: str
    """The id of the event that is undone."""
    undoes: str
    """Its type."""
    line: Count
    registration: str
    serial: str | None = None


class PostingRequested(Struct, frozen=True, omit_defaults=True):
    """The operator asked to post exactly the registrations they saw (D5)."""

    type: ClassVar[str] = "posting-requested"
    document: str
    digest: str
    registrations: Count
    sold: str = ""
    """Fingerprint of what a counter sale sells, line by line; earlier versions did not say."""


class PostingWithdrawn(Struct, frozen=True, omit_defaults=True):
    """A request to post was taken back before its answer came (D5)."""

    type: ClassVar[str] = "posting-withdrawn"
    document: str


class SlipDrafted(Struct, frozen=True, omit_defaults=True):
    """A packing slip was drafted from an open order (S13). `lines` pairs order line and units."""

    type: ClassVar[str] = "slip-drafted"
    document: str
    order: str
    lines: tuple[tuple[Count, Count], ...]
    brought: tuple[str, ...] = ()
    """Registrations of reversed lines that come along (S12)."""


class InvoiceDrafted(Struct, frozen=True, omit_defaults=True):
    """An invoice was drafted for an order (S14). With `lines`, order line and units, it ships them as well."""

    type: ClassVar[str] = "invoice-drafted"
    document: str
    order: str
    lines: tuple[tuple[Count, Count], ...] = ()


class UnitsDrawn(Struct, frozen=True, omit_defaults=True):
    """Units of one line of a posted slip were put on an invoice: registrations by name, `units` without one (S14)."""

    type: ClassVar[str] = "units-drawn"
    document: str
    slip: str
    line: Count
    registrations: tuple[str, ...] = ()
    units: Count = 0


class UnitsReturned(Struct, frozen=True, omit_defaults=True):
    """Units were taken off an invoice that is not posted; the slip has them as before."""

    type: ClassVar[str] = "units-returned"
    document: str
    slip: str
    line: Count
    registrations: tuple[str, ...] = ()
    units: Count = 0


class SerialCorrected(Struct, frozen=True, omit_defaults=True):
    """A registration's serial was replaced, or a blank was filled (S9, S10); the registration keeps its name (D1).

    `gtin`, `lot` and `expiry` were read along with the new serial. Those of the old label go with it: they were read
    from the very symbol whose serial was not this unit's.
    """

    type: ClassVar[str] = "serial-corrected"
    document: str
    line: Count
    registration: str
    before: str | None
    serial: str
    reason: str = ""
    gtin: str = ""
    lot: str = ""
    expiry: str = ""


class SlipReversed(Struct, frozen=True, omit_defaults=True):
    """A posted slip was cancelled, or one line of it reversed, in full (S11). `line` 0 is the whole slip."""

    type: ClassVar[str] = "slip-reversed"
    document: str
    line: Count
    reason: str = ""


class SaleLineSet(Struct, frozen=True, omit_defaults=True):
    """A counter sale sells so many units of an item (S21); the first of these begins the sale."""

    type: ClassVar[str] = "sale-line-set"
    document: str
    line: Count
    item: str
    units: Count
    before: Count | None = None
    """The units that the operator saw on the line, which somebody else may change; earlier versions did not say."""


Event = (
    Registered
    | NotReadable
    | Removed
    | Undone
    | PostingRequested
    | PostingWithdrawn
    | SlipDrafted
    | InvoiceDrafted
    | UnitsDrawn
    | UnitsReturned
    | SerialCorrected
    | SlipReversed
    | SaleLineSet
)

TYPES: Mapping[str, type[Event]] = {
    kind.type: kind
    for kind in (
        *(Registered, NotReadable, Removed, Undone, PostingRequested, PostingWithdrawn, SlipDrafted),
        *(InvoiceDrafted, UnitsDrawn, UnitsReturned, SerialCorrected, SlipReversed, SaleLineSet),
    )
}
"""Every event type by its name on the wire and in exports."""


class Continued(Struct, frozen=True):
    """The epoch that another one goes on from: of a device that found out that a second one has its data (D10)."""

    epoch: str
    after: int
    """The last event that was answered for in the old one."""
    event: str = ""
    """Its id: in the old epoch's places may be those of the other device. Empty where there is none."""


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
    """Give an event's own fields as plain JSON values; those that have their default are left out."""
    made: dict[str, Any] = to_builtins(event)
    return made


def event_from(kind: str, fields_given: Mapping[str, Any]) -> Event:
    """Build an event from its type name and fields; unknown fields of a newer version are ignored.

    Raises:
        ValueError: the type is unknown, a field is missing, or a field has the wrong type.
    """
    made = TYPES.get(kind)
    if made is None:
        raise ValueError(f"unknown event type {kind!r}")
    try:
        event = convert(fields_given, made)
    except (ValidationError, UnicodeEncodeError) as error:
        raise ValueError(f"{kind}: {error}") from None
    for name in made.__struct_fields__:
        if not _is_text(getattr(event, name)):
            raise ValueError(f"{kind}: {name} is no Unicode text")
    return event


def _is_text(value: object) -> bool:
    """Say whether a value is text that UTF-8 can write, if it is text: JSON can smuggle in half a surrogate pair."""
    if isinstance(value, str):
        return value.isascii() or _HALF_A_PAIR.search(value) is None
    return all(_is_text(each) for each in value) if isinstance(value, tuple) else True


def digest(recorded: Recorded) -> str:
    """Fingerprint a recorded event: the same key with another fingerprint is a cloned terminal, not a retry."""
    whole = {**to_builtins(recorded), "type": recorded.event.type}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
