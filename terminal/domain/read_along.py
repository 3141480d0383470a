"""What a symbol says beside the serial: the product's GTIN, the lot and the day it expires; kept with the registration.

All of it belongs to the symbol that the serial was read from, so it stands and falls with that serial. What can't be
kept is left out: no scan fails because of it.
"""

from __future__ import annotations

import re
from datetime import date

LONGEST_LOT = 20
"""Characters of a lot (GS1 General Specifications 3.4.1)."""

_LOT = re.compile(rf"(?! )[ -~]{{1,{LONGEST_LOT}}}(?<! )")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def checks(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others (GS1 General Specifications 7.9.1)."""
    if len(digits) < 2 or not (digits.isascii() and digits.isdecimal()):
        return False
    total = sum(map(int, digits[-2::-2])) * 3 + sum(map(int, digits[-3::-2]))
    return (total + int(digits[-1])) % 10 == 0


def is_gtin(text: str) -> bool:
    """Say whether a text is a GTIN as it is kept: 14 digits, the last one their check digit."""
    return len(text) == 14 and checks(text)


def is_lot(text: str) -> bool:
    """Say whether a text can be a lot: at most 20 printable ASCII characters, no space around them."""
    return _LOT.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, `YYYY-MM-DD`."""
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def kept(gtin: str, lot: str, expiry: str) -> tuple[str, str, str]:
    """Give what can be kept of GTIN, lot and expiry, and nothing in place of what can't."""
    return gtin if is_gtin(gtin) else "", lot if is_lot(lot) else "", expiry if is_day(expiry) else ""
