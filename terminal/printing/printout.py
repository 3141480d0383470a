"""What is to be printed: plain values, with texts that are ready to be read (S15, S21)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """What sort of document a printout is of."""

    PACKING_SLIP = "packing-slip"
    INVOICE = "invoice"
    COUNTER_SALE = "counter-sale"


class Entry(Struct, frozen=True):
    """One registered unit: its serial as it was scanned, or None where it was not readable (S8)."""

    serial: str | None
    note: str = ""
    """What else is to be known of it, such as `reversed`; in the reader's language."""


class PrintedLine(Struct, frozen=True):
    """One line of the document with everything registered on it, in the order to print."""

    item: str
    description: str
    units: int
    entries: tuple[Entry, ...] = ()


class Printout(Struct, frozen=True):
    """A document as it goes on paper. All texts are data: nothing in them is markup to any printer."""

    kind: Kind
    number: str
    order: str = ""
    customer: str = ""
    date: str = ""
    """In the site's time zone, ready to be read."""
    status: str = ""
    """Where the document stands, in the reader's language."""
    lines: tuple[PrintedLine, ...] = ()
