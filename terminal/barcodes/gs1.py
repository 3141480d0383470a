"""GS1 element strings and Digital Links: a GTIN, a serial, a lot and dates in one symbol.

The table of application identifiers and the Digital Link's structure are biip's. It is imported by the first code that
wants it, and sees nothing but the characters that GS1 allows: its patterns take other alphabets' digits for digits.
A variable field that its limit ends instead of a separator is refused here, not split.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from biip import ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from terminal.barcodes.dates import of_yymmdd
from terminal.barcodes.products import restricted
from terminal.barcodes.reading import Kind, Reading
from terminal.domain.read_along import checks

GS = "\x1d"
"""FNC1 as scanners send it between fields."""

FIELDS = {
    "00": "sscc",
    "01": "gtin",
    "02": "content_gtin",
    "10": "lot",
    "11": "prod_date",
    "13": "pack_date",
    "15": "best_before",
    "17": "expiry",
    "20": "variant",
    "21": "serial",
    "235": "tpx",
    "30": "qty",
    "37": "count",
    "400": "po",
    "422": "origin",
    "7003": "expiry",
    "8003": "grai",
    "8004": "giai",
    **{f"9{n}": f"internal_9{n}" for n in range(10)},
}
"""The names of application identifiers that this program has a use for (GS1 General Specifications 3)."""

_DATES = frozenset({"11", "12", "13", "15", "16", "17", "7003", "7006"})
_CHECKED = {
    "00": ("sscc", 18),
    "01": ("gtin", 14),
    "02": ("gtin", 14),
    "03": ("gtin", 14),
    "253": ("gdti", 13),
    "255": ("gcn", 13),
    "402": ("gsin", 17),
    "8003": ("grai", 14),
    "8006": ("gtin", 14),
    "8017": ("gsrn", 18),
    "8018": ("gsrn", 18),
    "8026": ("gtin", 14),
    **{f"41{n}": ("gln", 13) for n in range(8)},
}
"""Which identifier's value has a check digit: its name, and the digits up to and with it."""
_PRIMARY = frozenset({"00", "01", "253", "255", "401", "402", "414", "415", "417"}) | {
    f"80{n}" for n in ("03", "04", "06", "10", "13", "17", "18")
}
"""What a Digital Link can begin with."""
_OUTSIDE = re.compile(r"[^!#%-?A-Z_a-z\x22\x1d]")
"""Not in GS1's character sets 82 and 39, and no separator."""
_ANY_DATE = ParseConfig(gs1_element_strings_verify_date=False)


def read_elements(message: str, today: date) -> Reading:
    """Read element strings; GS ends variable fields, and may stand at the end and before the first one.

    Errors: `charset`, `unknown_ai`, `too_short`, `superfluous_data`, `date`, `repeated_ai`, `…_check_digit`, `empty`.
    """
    rest = message.strip(GS)
    if not rest:
        return Reading("gs1", error="empty")
    if _OUTSIDE.search(rest):
        return Reading("gs1", error="charset")
    elements: list[tuple[str, str]] = []
    while rest:
        found = _first(rest)
        if isinstance(found, str):
            return Reading("gs1", elements=tuple(elements), error=found)
        elements.append(found)
        rest = rest[len(found[0]) + len(found[1]) :].lstrip(GS)
    return _named("gs1", elements, today)


def read_link(text: str, today: date) -> Reading | None:
    """Read a GS1 Digital Link (GS1 Digital Link Standard: URI Syntax, 4); None for any other address.

    Errors: as `read_elements`, and `digital_link` where its parts stand in no order that the standard knows.
    """
    if not text[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        keys = urlsplit(text).path.split("/")[:-1]
    except ValueError:
        return None
    if _PRIMARY.isdisjoint(keys):
        return None
    if not text.isascii() or any(sign <= " " or sign == "\x7f" for sign in text):
        return Reading("digital-link", error="charset")
    try:
        link = GS1DigitalLinkURI.parse(text, config=_ANY_DATE)
    except (ParseError, ValueError):
        return Reading("digital-link", error="digital_link")
    elements = [(each.ai.ai, each.value) for each in link.element_strings]
    if any(not value.isascii() for _, value in elements):
        return Reading("digital-link", error="charset")
    return _named("digital-link", elements, today)


def _first(rest: str) -> tuple[str, str] | str:
    """Give the first element of a message, identifier and value, or what is wrong with it."""
    found = _identifier(rest[:4])
    if found is None:
        return "unknown_ai"
    number, separated, matching = found
    element = rest.partition(GS)[0] if separated else rest
    match = matching(element)
    if match is not None and (match.end() == len(element) or not separated):
        return number, match.group()[len(number) :]
    if number in _DATES:
        given = element[len(number) : len(number) + 6]
        return "too_short" if len(given) < 6 else "date" if given.isdecimal() else "charset"
    as_digits = matching(number + "0" * (len(element) - len(number)))  # digits fit wherever the length is right
    if as_digits is not None and (as_digits.end() == len(element) or not separated):
        return "charset"
    return "too_short" if as_digits is None else "superfluous_data"


@lru_cache(maxsize=2048)
def _identifier(head: str) -> tuple[str, bool, Callable[[str], re.Match[str] | None]] | None:
    """Find the identifier that four characters begin with: number, whether a separator ends it, its pattern."""
    try:
        found = GS1ApplicationIdentifier.extract(head)
    except ParseError:
        return None
    return found.ai, found.separator_required, re.compile(found.pattern.removesuffix("$"), re.ASCII).match


def _named(kind: Kind, elements: Iterable[tuple[str, str]], today: date) -> Reading:
    """Give the elements their names, and look at check digits and dates."""
    fields: dict[str, str] = {}
    seen: dict[str, str] = {}
    wrong: list[str] = []
    for number, value in elements:
        if seen.setdefault(number, value) != value:
            wrong.append("repeated_ai")
        name, said = FIELDS.get(number, ""), value
        checked, digits = _CHECKED.get(number, ("", 0))
        if checked and not checks(value[:digits]):
            wrong.append(f"{checked}_check_digit")
        if number in _DATES:
            said = of_yymmdd(value[:6], today) or ""
            wrong += [] if said else ["date"]
        if number == "01" and restricted(value):
            name = "rcn"
        if name and said:
            fields[name] = said
    # The makers of readers disagree on the check digit of a GRAI: it is shown as it stands, with the error.
    kept = fields if set(wrong) <= {"grai_check_digit"} else {}
    return Reading(kind, fields=kept, elements=tuple(elements), error=wrong[0] if wrong else "")
