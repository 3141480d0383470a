"""The server's time, always UTC, RFC 3339 with milliseconds (D12): fixed length, so text compares as time does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """Give the present moment."""
    return _text(datetime.now(UTC))


def in_seconds(seconds: float) -> str:
    """Give a moment from now; negative seconds lie in the past."""
    return _text(datetime.now(UTC) + timedelta(seconds=seconds))


def seconds_until(moment: str) -> float:
    """Say how many seconds there are until a moment that `now` or `in_seconds` gave."""
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
