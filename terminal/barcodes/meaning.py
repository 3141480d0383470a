"""What a scan means on this terminal: the barcode of an item, a unit of an item, a serial, or the wrong label.

`read_code` says what a code says by itself; here it meets the items, documents and people that exist. What the digits
of a code only allow (`Reading.sure` is False) counts where such an item exists, and else it is a plain serial.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol

from msgspec import Struct

from terminal.barcodes.codes import read_code
from terminal.barcodes.products import UPC_E
from terminal.barcodes.reading import Reading


class Known(Protocol):
    """What codes the terminal knows."""

    def item_of(self, code: str) -> str | None:
        """Find the item that a barcode or number names (I10)."""

    def is_document(self, code: str) -> bool:
        """Say whether a slip or an order has this number."""


class Along(Struct, frozen=True):
    """What a code said beside the serial; kept with the registration. Empty: not said."""

    gtin: str = ""
    """14 digits."""
    lot: str = ""
    expiry: str = ""
    """ISO date."""


class Meaning(Struct, frozen=True):
    """How a scan was understood.

    `item`: the barcode of an item, to choose its line. `unit`: an item and its serial in one symbol. `serial`: the
    serial of a line that is still to be found. `unknown-item`: a product's code that no item has. `no-serial`: a code
    that says what it is, and holds no serial. `wrong`: one that breaks its own standard. `document`, `command`: so.
    """

    kind: Literal["item", "unit", "serial", "document", "command", "unknown-item", "no-serial", "wrong"]
    value: str
    """The serial, or the code for showing."""
    item: str = ""
    """The item's number."""
    along: Along = Along()
    error: str = ""
    """For `wrong`: as `Reading.error`."""


def meaning(scanned: str, known: Known, today: date, separator: str = "") -> Meaning:
    """Understand a scan. A serial is passed on as it stands in the code: the rules trim and judge it.

    `separator`: what the scanner sends in place of GS. `today` decides the century of a year of two digits.
    """
    reading = read_code(scanned, today, separator)
    code = reading.fields.get("serial", "") if reading.kind == "plain" else reading.text
    named = known.item_of(code)
    if named is not None:
        return Meaning("item", code, named)
    if known.is_document(code):
        return Meaning("document", code)
    if reading.kind == "command":
        return Meaning("command", code)
    if reading.kind == "plain":
        return Meaning("serial", reading.text)
    return _structured(reading, known)


def _structured(reading: Reading, known: Known) -> Meaning:
    """Find the item that a code names, and the serial it says."""
    if reading.error:
        return Meaning("wrong", reading.text, error=reading.error)
    said = reading.fields
    item = next((found for number in _numbers(reading) if (found := known.item_of(number)) is not None), None)
    if item is None and not reading.sure:
        return Meaning("serial", reading.text)
    if item is None and ("gtin" in said or "rcn" in said):
        return Meaning("unknown-item", said.get("gtin") or said["rcn"])
    serial = said.get("serial", "")
    along = Along(said.get("gtin", ""), said.get("lot", ""), said.get("expiry", ""))
    if serial:
        return Meaning("unit" if item else "serial", serial, item or "", along)
    return Meaning("item", reading.text, item) if item else Meaning("no-serial", reading.text)


def _numbers(reading: Reading) -> list[str]:
    """Give the numbers that may name the item: a GTIN in each of its lengths, the maker's and supplier's own."""
    said = reading.fields
    gtins = [said.get("gtin", ""), *(value.zfill(14) for name, value in reading.elements if name == UPC_E)]
    lengths = [
        gtin[14 - digits :] for gtin in gtins for digits in (14, 13, 12, 8) if not gtin[: 14 - digits].strip("0")
    ]
    labeler = said["lic"] + said.get("part", "") if "lic" in said else ""
    own = (said.get(name, "") for name in ("mpn", "part", "ppn", "rcn"))
    return [name for name in (*lengths, labeler, *own) if name]
