"""HIBC: what makers of medical devices print, a code that begins with `+` (ANSI/HIBC 2.6, Supplier Labeling Standard).

A primary code names the labeler and the product, a secondary one the lot, the serial and the expiry. They come as one
(`+primary/secondary/supplement…C`, 2.2.1.1), or as two symbols, of which the second repeats the check character of the
first as its link (`+secondaryLC`). C is the check character. The Provider Applications Standard (`+/…`) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from terminal.barcodes.dates import of_mmddyy, of_mmyy, of_yyjjj, of_yymmdd, of_yyyymmdd
from terminal.barcodes.reading import Reading

Elements = tuple[tuple[str, str], ...]

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_VALUES = {sign: value for value, sign in enumerate(_SIGNS)}
"""Each character's value for the modulo 43 check character (ANSI/HIBC 2.6, appendix B)."""
_NAMES = {"LIC": "lic", "PCN": "part", "S": "serial"}
_UNSURE = (
    "Only its check character says that it is HIBC: it counts where an item has this number, else it is a plain serial."
)
_LONGEST = 200
_OWN = r"([0-9A-Z. -]{0,18})"
"""A lot's or serial's own characters."""

_PRIMARY = re.compile(r"([A-Z][0-9A-Z]{3})([0-9A-Z]{1,18})([0-9])")
"""Labeler (LIC), product or catalog number (PCN), unit of measure (U/M): ANSI/HIBC 2.6, appendix B."""
_DATED = re.compile(
    r"\$\$(\+?)(?:8([0-9]{2})|9([0-9]{5}))?"
    r"(?:(?:2([0-9]{6})|3([0-9]{6})|4([0-9]{8})|5([0-9]{5})|6([0-9]{7})|7|([01][0-9]{3}))" + _OWN + ")?"
)
"""`$$`: quantity flag 8 or 9, date flag 2 to 7 or MMYY alone, lot; after `$$+` a serial (appendix F, table F1)."""
_DATE_FLAGS: tuple[tuple[int, Callable[[str, date], str | None]], ...] = (
    (6, of_mmddyy),
    (6, of_yymmdd),
    (6, of_yymmdd),
    (5, of_yyjjj),
    (5, of_yyjjj),
    (4, of_mmyy),
)
"""How the dates of `_DATED` are read, in order, and how many digits of them are the date: the rest is the hour."""
_UNFLAGGED = "YYJJJ"
_UNDATED = re.compile(r"\$(\+?)" + _OWN)
_JULIAN = re.compile(r"([0-9]{5})" + _OWN)
"""YYJJJ and a lot without a flag, as older codes have it."""
_CLEAR = re.compile(r"\+(?:[A-Z][0-9A-Z]{4,21}[0-9](?:/|.\+)\$|\$\$\+?[0-9]{2})")
"""What can only be HIBC: primary and secondary data, as one symbol or as two; a dated secondary code."""
_SUPPLEMENT = re.compile(r"([0-9]{0,2}[A-Z])([0-9A-Z. -]+)")
"""After the secondary data, or as a code of their own: expiry, production date, serial, quantity (2.3.2)."""


def read_hibc(text: str, today: date, said: bool = False) -> Reading | None:
    """Read a HIBC code, with or without the asterisks of Code 39; None for what may as well be a plain serial.

    A wrong check character makes it a plain serial, unless more than its primary data stands there or the caller knows
    that it is HIBC (`said`). A check character that is a space may have been trimmed off: it is put back.
    Errors: `hibc_check_character`, `hibc_structure`, `date`.
    """
    if not text.startswith(("+", "*+")):
        return None
    code = text[1:-1] if text[0] == "*" and text[-1] == "*" else text
    if len(code) > _LONGEST or not _VALUES.keys() >= set(code):
        return Reading("hibc", error="hibc_structure") if said else None
    elements = _checked(code)
    trimmed = elements is None
    if elements is None:
        elements = _checked(code + " ")
    if elements is None:
        if said or _CLEAR.match(code):
            return Reading("hibc", error="hibc_structure" if _checks(code) else "hibc_check_character")
        return None
    only_primary = elements[-1][0] == "U/M"
    sure = said or not (elements[0][0] == _UNFLAGGED or (trimmed and only_primary))
    reading = _named(elements, today, sure)
    if reading.error and trimmed:
        reading = Reading("hibc", error="hibc_check_character")
    return None if reading.error and not sure else reading


def _checked(code: str) -> Elements | None:
    """Take a code apart, one symbol or several, whose check characters are right."""
    return (_elements(code) if _checks(code) else None) or _pieces(code)


def _checks(code: str) -> bool:
    """Say whether the last character is the check character of the others (ANSI/HIBC 2.6, appendix B)."""
    return len(code) > 2 and sum(map(_VALUES.__getitem__, code[:-1])) % 43 == _VALUES[code[-1]]


def _elements(code: str) -> Elements | None:
    """Take one symbol apart, its check character not looked at; None where it is built otherwise."""
    data, concatenated, rest = code[1:-1].partition("/")
    primary = _PRIMARY.fullmatch(data)
    if primary is None:
        return None if concatenated else _linked(code)
    elements: Elements = (("LIC", primary[1]), ("PCN", primary[2]), ("U/M", primary[3]))
    for segment in rest.split("/") if concatenated else ():
        found = _secondary(segment) or _supplement(segment)
        if found is None:
            return None
        elements += (found,)
    return elements


def _linked(code: str) -> Elements | None:
    """Take the second symbol of two apart: data, link character, check character."""
    data = code[1:-2]
    found = _secondary(data) or (_supplement(data) if data[:3] in ("14D", "16D") else None)
    return (found, ("link", code[-2])) if found else None


def _secondary(data: str) -> tuple[str, str] | None:
    """Tell a secondary code's flag from its data; None where it is none."""
    for mark, pattern in (("$$", _DATED), ("$", _UNDATED), ("", _JULIAN)):
        if data.startswith(mark):
            return (mark or _UNFLAGGED, data[len(mark) :]) if pattern.fullmatch(data) else None
    return None


def _supplement(data: str) -> tuple[str, str] | None:
    """Tell a supplement's identifier from its value; None where it is none."""
    match = _SUPPLEMENT.fullmatch(data)
    return (match[1], match[2]) if match else None


def _pieces(code: str) -> Elements | None:
    """Take apart what a scanner sent of several symbols one after the other, each with its check character."""
    elements: Elements = ()
    link = ""
    start = total = 0
    for place, sign in enumerate(code):
        ends = place + 1 == len(code) or code[place + 1] == "+"
        if ends and place - start > 2 and total % 43 == _VALUES[sign] and (not link or code[place - 1] == link):
            piece = code[start : place + 1]
            found = _linked_to(link, piece)
            if found:
                link = link or sign
                elements += found
                start, total = place + 1, 0
                continue
        total += _VALUES[sign]
    return elements if start == len(code) else None


def _linked_to(link: str, piece: str) -> Elements | None:
    """Take one of several symbols apart: the primary one comes first, the link is known from it."""
    if not link:
        return _elements(piece) if _PRIMARY.fullmatch(piece[1:-1]) else None
    found = _secondary(piece[1:-2]) or _supplement(piece[1:-2])
    return (found,) if found else None


def _named(elements: Elements, today: date, sure: bool) -> Reading:
    """Give the elements their names; the first of a name counts."""
    fields: dict[str, str] = {}
    wrong = False

    def say(name: str, value: str | None) -> None:
        nonlocal wrong
        wrong = wrong or value is None
        if value:
            fields.setdefault(name, value)

    for mark, value in elements:
        if mark == "$$" and (dated := _DATED.fullmatch(mark + value)):
            serial, two, five, *dates, own = dated.groups()
            if two or five:
                say("qty", str(int(two or five)))
            for (digits, reads), found in zip(_DATE_FLAGS, dates, strict=True):
                if found:
                    say("expiry", reads(found[:digits], today))
            say("serial" if serial else "lot", own or "")
        elif mark == "$":
            say("serial" if value[:1] == "+" else "lot", value.removeprefix("+"))
        elif mark == _UNFLAGGED:
            say("expiry", of_yyjjj(value[:5], today))
            say("lot", value[5:])
        elif mark in ("14D", "16D"):
            say("expiry" if mark == "14D" else "prod_date", of_yyyymmdd(value))
        elif mark == "Q" and value.isdecimal():
            say("qty", str(int(value)))
        elif mark in _NAMES:
            say(_NAMES[mark], value)
    if wrong:
        return Reading("hibc", elements=elements, sure=sure, error="date")
    return Reading("hibc", fields=fields, elements=elements, sure=sure, warnings=() if sure else (_UNSURE,))
