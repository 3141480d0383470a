"""Dates as codes write them, given as ISO dates; None where the digits are no date.

A two-digit year is put in the century that GS1 General Specifications 7.12 puts it in, which depends on today.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, date, timedelta


def of_yymmdd(text: str, today: date) -> str | None:
    """Read YYMMDD; day 00 is the last day of the month (GS1 General Specifications 7.12)."""
    if not _digits(text, 6):
        return None
    return _iso(_year(int(text[:2]), today), int(text[2:4]), int(text[4:]))


def of_mmddyy(text: str, today: date) -> str | None:
    """Read MMDDYY (ANSI/HIBC 2.6, date flag 2)."""
    return of_yymmdd(text[4:] + text[:4], today)


def of_mmyy(text: str, today: date) -> str | None:
    """Read MMYY, the last day of that month (ANSI/HIBC 2.6, no date flag)."""
    return of_yymmdd(f"{text[2:]}{text[:2]}00", today)


def of_yyjjj(text: str, today: date) -> str | None:
    """Read YYJJJ, the year and its day from 001 on (ANSI/HIBC 2.6, date flag 5)."""
    if not _digits(text, 5):
        return None
    year, day = _year(int(text[:2]), today), int(text[2:])
    if not 1 <= year <= MAXYEAR or not 1 <= day <= 365 + (monthrange(year, 2)[1] == 29):
        return None
    return (date(year, 1, 1) + timedelta(days=day - 1)).isoformat()


def of_yyyymmdd(text: str) -> str | None:
    """Read YYYYMMDD; day 00 is the last day of the month (ANSI MH10.8.2, 14D and 16D)."""
    return _iso(int(text[:4]), int(text[4:6]), int(text[6:])) if _digits(text, 8) else None


def _digits(text: str, number: int) -> bool:
    return len(text) == number and text.isascii() and text.isdigit()


def _year(two_digits: int, today: date) -> int:
    """Find the century: a year 51 to 99 ahead belongs to the last one, a year 50 to 99 behind to the next."""
    ahead = two_digits - today.year % 100
    return today.year + ahead + (-100 if ahead >= 51 else 100 if ahead <= -50 else 0)


def _iso(year: int, month: int, day: int) -> str | None:
    if not (1 <= year <= MAXYEAR and 1 <= month <= 12):
        return None
    last = monthrange(year, month)[1]
    return f"{year:04}-{month:02}-{day or last:02}" if day <= last else None
