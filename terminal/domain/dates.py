"""The calendar of warranties and service agreements (S18)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, tzinfo


def months_after(day: date, months: int) -> date:
    """Give the same day so many months later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(charged_at: str, zone: tzinfo, months: int) -> str:
    """Give the last day of what begins with an invoice, by the site's calendar; empty where there is none.

    `charged_at` is RFC 3339; the result is `YYYY-MM-DD`.
    """
    if not charged_at or not months:
        return ""
    return months_after(datetime.fromisoformat(charged_at).astimezone(zone).date(), months).isoformat()
