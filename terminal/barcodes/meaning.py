"""What a scan means on a document: the barcode of an item, a document's number, or else a serial.

A code that names an item or a document is never taken for a serial: it is the wrong label.
"""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct


class Known(Protocol):
    """What codes the terminal knows."""

    def item_of(self, code: str) -> str | None:
        """Find the item that a barcode or number names (I10)."""

    def is_document(self, code: str) -> bool:
        """Say whether a slip or an order has this number."""


class Meaning(Struct, frozen=True):
    """How a scan was understood; `value` is the item's number, the document's, or the serial as scanned."""

    kind: Literal["item", "document", "serial"]
    value: str


def meaning(scanned: str, known: Known) -> Meaning:
    """Understand a scan. A serial is passed on as it came: the rules trim and judge it."""
    code = scanned.strip(" \t\r\n")
    item = known.item_of(code)
    if item is not None:
        return Meaning("item", item)
    if known.is_document(code):
        return Meaning("document", code)
    return Meaning("serial", scanned)
