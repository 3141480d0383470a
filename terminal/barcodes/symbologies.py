"""What a scanner says of the symbol it read: the AIM symbology identifier (ISO/IEC 15424)."""

from __future__ import annotations

import re

NAMES = {
    "A": "Code 39",
    "B": "Telepen",
    "C": "Code 128",
    "D": "Code One",
    "E": "EAN/UPC",
    "F": "Codabar",
    "G": "Code 93",
    "H": "Code 11",
    "I": "Interleaved 2 of 5",
    "K": "Code 16K",
    "L": "PDF417",
    "M": "MSI",
    "N": "Anker",
    "O": "Codablock",
    "P": "Plessey",
    "Q": "QR Code",
    "R": "2 of 5",
    "S": "2 of 5",
    "T": "Code 49",
    "U": "MaxiCode",
    "X": "other",
    "Z": "no barcode",
    "d": "Data Matrix",
    "e": "GS1 DataBar",
    "h": "Han Xin Code",
    "J": "DotCode",
    "p": "Pharmacode",
    "z": "Aztec Code",
}
"""The symbology by the identifier's letter (ISO/IEC 15424, table 1)."""

GS1 = {
    "]C1": "GS1-128",
    "]e0": "GS1 DataBar",
    "]e1": "GS1 Composite",
    "]e2": "GS1 Composite",
    "]d2": "GS1 DataMatrix",
    "]d5": "GS1 DataMatrix",
    "]Q3": "GS1 QR Code",
    "]Q4": "GS1 QR Code",
    "]J1": "GS1 DotCode",
    "]J4": "GS1 DotCode",
}
"""Identifiers of symbols that hold GS1 element strings (GS1 General Specifications 5.1.3); some with ECI."""

_SAID = re.compile(rf"\][{''.join(NAMES)}][0-9A-Za-z]")


def split_identifier(code: str) -> tuple[str, str]:
    """Give the AIM identifier, such as `]C1`, and the rest; the identifier is empty where the scanner sends none."""
    return (code[:3], code[3:]) if _SAID.match(code) else ("", code)


def symbology_of(identifier: str) -> str:
    """Name the symbology of an AIM identifier; empty for none."""
    if identifier == "]E4":
        return "EAN-8"
    return GS1.get(identifier) or (NAMES.get(identifier[1], "") if identifier else "")
