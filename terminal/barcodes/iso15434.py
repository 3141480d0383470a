"""Envelopes that hold several elements: `[)>` RS format GS element GS element … RS EOT (ISO/IEC 15434:2019).

Distributors of parts, the makers of medicines in Germany (IFA) and the armed forces (MIL-STD-130N) use them. The macros
05 and 06 of Data Matrix arrive as the same characters. A missing RS or EOT is tolerated, and the header that old Mouser
labels have, `>[)>06`. What can't be told apart any more because GS is missing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from terminal.barcodes.dates import of_yymmdd, of_yyyymmdd
from terminal.barcodes.identifiers import DATA_IDENTIFIERS, IFA_ONLY, TEXT_ELEMENTS
from terminal.barcodes.reading import Reading
from terminal.domain.read_along import checks

GS, RS = "\x1d", "\x1e"
_ENDS = "\x1d\x1e\x04\r\n"
_NO_SEPARATORS = "No format number and GS after its head: the scanner may drop control characters."
_LONGEST = 4296
"""The largest QR Code holds no more letters and digits."""

_FORMAT = re.compile(r"([0-9]{2}|DD)(?:\x1d(.*))?", re.DOTALL)
"""The format's number and its elements. `DD` is what the armed forces used before they had 12."""
_DATA = re.compile(r"([0-9]{0,3}[A-Z])(.*)", re.DOTALL)
"""A data identifier (ANSI MH10.8.2) and its value."""
_TEXT = re.compile(r"([A-Z0-9]{3}) (.*)", re.DOTALL)
"""A text element identifier (ATA Spec 2000, chapter 9) and its value."""
_CONTENT = {
    "06": (_DATA, DATA_IDENTIFIERS),
    "12": (_TEXT, TEXT_ELEMENTS),
    "DD": (_TEXT, TEXT_ELEMENTS),
}
_OUTSIDE = re.compile(r"[^ -~]")
_NOT_IFA = re.compile(r"[#$@\[\\\]^`{|}~]")
"""Characters that IFA keeps out of lots and serials, which have up to 20."""
_NUMBER = re.compile(r"([0-9]+)(?:[A-Z0-9]{2})?")
"""A quantity; 7Q has its unit behind it."""
_PPN = re.compile(r"[0-9A-Z.-]{3,26}[0-9]{2}")


def read_envelope(text: str, today: date, gs1: Callable[[str], Reading]) -> Reading | None:
    """Read an ISO/IEC 15434 envelope; None where the text is none. `gs1` reads the element strings of format 05.

    Errors: `envelope`, `truncated`, `glued`, `data_identifier`, `charset`, `superfluous_data`, `date`,
    `ppn_check_digits`, `gtin_check_digit`, and those of `gs1`.
    """
    if not text.startswith(("[)>", ">[)>")):
        return None
    body = text[text.index(">", 1) + 1 :].lstrip(RS).rstrip(_ENDS)
    if "[)>" in body:
        return Reading("iso15434", error="glued")
    if len(body) > _LONGEST:
        return Reading("iso15434", error="superfluous_data")
    fields: dict[str, str] = {}
    elements: list[tuple[str, str]] = []
    warnings: list[str] = []
    for each in body.split(RS):
        match = _FORMAT.fullmatch(each)
        if match is None:
            error, why = ("envelope", (_NO_SEPARATORS,)) if each else ("truncated", ())
            return Reading("iso15434", elements=tuple(elements), warnings=why, error=error)
        number, content = match[1], match[2] or ""
        if number == "05" and content:
            part = gs1(content)
        elif number in _CONTENT:
            part = _part(number, content, today)
        else:
            part = Reading("iso15434", elements=((number, content),), warnings=(f"Format {number} is not read.",))
        elements += part.elements
        warnings += part.warnings
        if part.error:
            return Reading("iso15434", elements=tuple(elements), warnings=tuple(warnings), error=part.error)
        fields = {**part.fields, **fields}
    if not any(value for _, value in elements):
        return Reading("iso15434", error="truncated")
    return Reading("iso15434", fields=fields, elements=tuple(elements), warnings=tuple(warnings))


def _part(number: str, content: str, today: date) -> Reading:
    """Read the elements of one format 06, 12 or DD."""
    pattern, table = _CONTENT[number]
    elements: list[tuple[str, str]] = []
    said: dict[str, str] = {}
    for element in content.split(GS):
        if not element:
            continue
        if _OUTSIDE.search(element):
            return Reading("iso15434", elements=tuple(elements), error="charset")
        match = pattern.fullmatch(element)
        if match is None:
            return Reading("iso15434", elements=tuple(elements), error="data_identifier")
        elements.append((match[1], match[2]))
        said.setdefault(match[1], match[2])
    warnings = (
        ("An identifier stands there more than once: the first one counts.",) if len(said) < len(elements) else ()
    )
    ifa = "9N" in said or said.keys() <= IFA_ONLY
    fields: dict[str, str] = {}
    for name, identifiers in table.items():
        for identifier in identifiers:
            value = said.get(identifier)
            if value and (identifier != "D" or ifa):
                fields[name] = value
                break
    error = ("9N" in said and _against_ifa(said)) or _refine(fields, today)
    if error:
        return Reading("iso15434", elements=tuple(elements), error=error)
    return Reading("iso15434", fields=fields, elements=tuple(elements), warnings=warnings)


def _refine(fields: dict[str, str], today: date) -> str:
    """Turn quantities, dates and product numbers into the program's form; give what is wrong with one."""
    if (qty := fields.get("qty")) and (number := _NUMBER.fullmatch(qty)):
        fields["qty"] = number[1].lstrip("0") or "0"
    for name in fields.keys() & {"expiry", "prod_date"}:
        said = fields[name]
        found = of_yymmdd(said, today) if len(said) == 6 else of_yyyymmdd(said)
        if found is None:
            return "date"
        fields[name] = found
    if (gtin := fields.get("gtin")) is not None:
        if len(gtin) not in (8, 12, 13, 14) or not checks(gtin):
            return "gtin_check_digit"
        fields["gtin"] = gtin.zfill(14)
    return "" if "ppn" not in fields or _ppn_checks(fields["ppn"]) else "ppn_check_digits"


def _against_ifa(said: dict[str, str]) -> str:
    """Say what IFA doesn't allow in a lot or a serial (IFA, Specification UDI Code, appendix A)."""
    for identifier in ("1T", "S"):
        value = said.get(identifier, "")
        if len(value) > 20:
            return "superfluous_data"
        if _NOT_IFA.search(value):
            return "charset"
    return ""


def _ppn_checks(ppn: str) -> bool:
    """Say whether a PPN ends with its two check digits, modulo 97 (IFA, Check Digit Calculations)."""
    if not _PPN.fullmatch(ppn):
        return False
    return sum(ord(sign) * weight for weight, sign in enumerate(ppn[:-2], 2)) % 97 == int(ppn[-2:])
