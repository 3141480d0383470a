"""The order in which a code is tried: what the symbol itself says goes first, and a plain serial is what is left.

A plain serial is never torn apart: GS1 is read where the scanner named a GS1 symbol, where an FNC1 leads, or, not
`sure`, where the check digits fit.
"""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from terminal.barcodes.commands import is_command
from terminal.barcodes.hibc import read_hibc
from terminal.barcodes.iso15434 import read_envelope
from terminal.barcodes.products import ONLY_WHERE, read_product
from terminal.barcodes.reading import Reading
from terminal.barcodes.symbologies import GS1, split_identifier, symbology_of
from terminal.barcodes.vendors import read_vendor
from terminal.domain.read_along import checks
from terminal.domain.serials import can_be_seen

GS = "\x1d"
TYPED_GS = "Alt029"
"""What a keyboard scanner types for GS where its Alt codes don't arrive as one character."""
COMPOSITE = "GS1 Composite"
_COMPOSITE = "|]e0"
"""Stands between a linear symbol and the composite component above it (GS1 General Specifications 5.11)."""


def read_code(code: str, today: date, separator: str = "", identifier: str = "") -> Reading:
    """Say what a code means by itself; never raises, whatever it holds.

    `separator`: what the scanner sends in place of GS inside GS1 symbols, one or more characters. `identifier`: the
    AIM identifier, where it is known and not in the code. `today` decides the century of a year of two digits.
    """
    text = code.strip(" \t\r\n")
    if is_command(text):
        return Reading("command", text=text)
    said, rest = split_identifier(text)
    identifier, rest = (said, rest) if said else (identifier, text)
    reading = _read(rest, identifier, separator, today)
    named = symbology_of(identifier)
    specific = reading.symbology and (not named or identifier[:2] == "]E" or reading.symbology == COMPOSITE)
    return replace(reading, text=rest, symbology=reading.symbology if specific else named)


def _read(text: str, identifier: str, separator: str, today: date) -> Reading:
    linear, joint, above = text.partition(_COMPOSITE)
    if joint and identifier:
        return _joined(_read(linear, identifier, separator, today), _elements(above, separator, today))
    link = _link(text, today)
    if link is not None:
        return link
    if identifier in GS1:
        return _elements(text, separator, today)
    enveloped = read_envelope(text, today, lambda message: _elements(message, "", today))
    if enveloped is not None:
        return enveloped
    leads = text[:1] == GS or (separator != "" and text.startswith(separator))
    if leads:
        reading = _elements(text, separator, today)
        if text[0] == GS or not reading.error:
            return reading
    known = read_hibc(text, today) or read_product(text, identifier) or read_vendor(text)
    return known or _only_digits_say_so(text, separator, today) or _plain(text)


def _elements(text: str, separator: str, today: date) -> Reading:
    """Read GS1 element strings, with what the scanner sends for GS put back."""
    from terminal.barcodes.gs1 import read_elements  # with its tables: by the first code that needs them

    for sent in (separator, TYPED_GS):
        text = text.replace(sent, GS) if sent else text
    return read_elements(text, today)


def _link(text: str, today: date) -> Reading | None:
    if text[:4].lower() != "http":
        return None
    from terminal.barcodes.gs1 import read_link

    return read_link(text, today)


def _only_digits_say_so(text: str, separator: str, today: date) -> Reading | None:
    """Read element strings whose symbology nobody named, where the check digit of the leading number fits."""
    leads = (text.startswith("01") and checks(text[2:16])) or (text.startswith("00") and checks(text[2:20]))
    if not leads or len(text) < 16 or not text.isascii():
        return None
    reading = _elements(text, separator, today)
    return None if reading.error else replace(reading, sure=False, warnings=(ONLY_WHERE,))


def _joined(linear: Reading, above: Reading) -> Reading:
    return Reading(
        "gs1",
        COMPOSITE,
        {**above.fields, **linear.fields},
        (*linear.elements, *above.elements),
        linear.sure,
        (*linear.warnings, *above.warnings),
        linear.error or above.error,
    )


def _plain(text: str) -> Reading:
    """Take a code for a serial as it stands. Control characters and what nobody can see make it none (D2)."""
    if not text:
        return Reading("plain", error="empty")
    if not all(map(can_be_seen, text)):
        return Reading("plain", error="charset")
    warnings = () if text.isascii() else ("Only items that allow other signs than ASCII take it.",)
    return Reading("plain", fields={"serial": text}, elements=(("serial", text),), warnings=warnings)
