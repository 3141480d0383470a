"""What distributors print that follows no standard: LCSC's and TME's labels, told by their whole structure.

DigiKey, Mouser and others use ISO/IEC 15434 (`iso15434`).
"""

from __future__ import annotations

import re

from terminal.barcodes.reading import Reading

_LCSC = {"pc": "part", "pm": "mpn", "qty": "qty", "on": "sales_order"}
_LCSC_KEYS = frozenset({*_LCSC, "pbn", "mc", "cc", "pdi", "hp", "wc"})
_LCSC_PART = re.compile(r"C[0-9]+")

_TME = {
    "QTY": "qty",
    "PN": "part",
    "MPN": "mpn",
    "MFR": "manufacturer",
    "PO": "sales_order",
    "CPO": "po",
    "CoO": "origin",
}
_TME_QR = re.compile(r"QTY:[0-9]+ PN:[!-~]+ [!-~]+(?: [!-~]+)*")
_TME_MATRIX = re.compile(r"P([!-~]+) 1P([!-~]+) Q([0-9]+)(?: 4L([A-Z]{2}))? K([0-9]+/[0-9]+)")
_TME_MATRIX_DIS = ("P", "1P", "Q", "4L", "K")
_TME_MATRIX_NAMES = ("part", "mpn", "qty", "origin", "po")


def read_vendor(text: str) -> Reading | None:
    """Read a distributor's own label; None for whatever isn't built as such a label from end to end."""
    if text.startswith("{") and text.endswith("}"):
        return _lcsc(text)
    if text.startswith("QTY:"):
        return _tme_qr(text)
    if text.startswith("P") and " 1P" in text:
        return _tme_matrix(text)
    return None


def _lcsc(text: str) -> Reading | None:
    """Read LCSC's `{key:value,…}`: pc its part number, pm the maker's, on its order. A value may hold commas."""
    if not text.isprintable():
        return None
    elements: list[tuple[str, str]] = []
    for piece in text[1:-1].split(","):
        key, colon, value = piece.partition(":")
        if colon and key in _LCSC_KEYS:
            elements.append((key, value))
        elif elements:
            last, so_far = elements.pop()
            elements.append((last, f"{so_far},{piece}"))
        else:
            return None
    said = dict(elements)
    if len(said) < 3 or not _LCSC_PART.fullmatch(said.get("pc", "")):
        return None
    return _reading({name: said[key] for key, name in _LCSC.items() if said.get(key)}, elements)


def _tme_qr(text: str) -> Reading | None:
    """Read TME's `QTY:… PN:… PO:… … address`: PN its part number, MPN the maker's, PO its order, CPO the customer's."""
    if not _TME_QR.fullmatch(text):
        return None
    elements: list[tuple[str, str]] = []
    for word in text.split(" "):
        key, _, value = word.partition(":")
        elements.append(("", word) if key.lower() in ("http", "https") else (key, value))
    fields: dict[str, str] = {}
    for key, value in elements:
        if key in _TME and value:
            fields.setdefault(_TME[key], value)
    return _reading(fields, elements)


def _tme_matrix(text: str) -> Reading | None:
    """Read TME's older `P… 1P… Q… K…`: data identifiers of ANSI MH10.8.2 without their envelope."""
    match = _TME_MATRIX.fullmatch(text)
    if match is None:
        return None
    values = [value or "" for value in match.groups()]
    elements = [(identifier, value) for identifier, value in zip(_TME_MATRIX_DIS, values, strict=True) if value]
    return _reading({n: v for n, v in zip(_TME_MATRIX_NAMES, values, strict=True) if v}, elements)


def _reading(fields: dict[str, str], elements: list[tuple[str, str]]) -> Reading:
    return Reading("vendor", fields=fields, elements=tuple(elements))
