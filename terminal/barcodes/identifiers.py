"""What the elements of an ISO/IEC 15434 envelope are called: data identifiers and text element identifiers.

Each of the program's names stands with the identifiers that can fill it: the first one that the code holds counts.
"""

from __future__ import annotations

DATA_IDENTIFIERS = {
    "serial": ("S", "22S", "I", "1S"),
    "lot": ("1T", "T"),
    "part": ("30P", "P"),
    "mpn": ("1P",),
    "gtin": ("8P",),
    "ppn": ("9N",),
    "qty": ("Q", "7Q"),
    "expiry": ("14D", "D"),
    "prod_date": ("16D",),
    "po": ("K",),
    "sales_order": ("1K",),
    "origin": ("4L",),
    "manufacturer": ("1V",),
    "cage": ("17V",),
    "uii": ("25S", "18S"),
}
"""ANSI MH10.8.2. `S` the serial; `22S` a phone's ESN and `I` a vehicle's VIN, which MIL-STD-130N takes for a unit's
identity; `1S` a further serial by the supplier; `30P` and `P` the distributor's part number, `1P` the maker's; `K` the
customer's order, `1K` the supplier's; `18S` a UII without its leading `D` for CAGE. Others are elements only."""

TEXT_ELEMENTS = {
    "serial": ("SER", "SEQ", "UCN", "USN"),
    "lot": ("LOT", "BII"),
    "mpn": ("PNR", "PNO"),
    "qty": ("QTY",),
    "expiry": ("EXP",),
    "prod_date": ("DMF",),
    "manufacturer": ("MFR",),
    "cage": ("CAG", "SPL"),
    "uii": ("UID",),
}
"""ATA Spec 2000, chapter 9, as MIL-STD-130N uses it. `SER`, `UCN`, `USN`: serials within the enterprise; `SEQ`: within
the part number."""

IFA_ONLY = frozenset({"9N", "8P", "1T", "D", "16D", "S", "Q", "27Q", "33L"})
"""The data identifiers of IFA's coding system (IFA, Specification UDI Code, appendix A): there `D` is the expiry."""
