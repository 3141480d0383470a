"""What an operator drafts who changes nothing: all that is left (S13), and the oldest of what was reversed (S12)."""

from __future__ import annotations

from collections.abc import Mapping

from terminal.domain.documents import SalesOrder
from terminal.domain.records import Records


def all_that_is_left(order: SalesOrder) -> dict[int, int]:
    """Give every order line with all its units that are on no slip yet."""
    return {line.number: line.left for line in order.lines if line.left > 0}


def kept_that_fit(records: Records, order: str, units: Mapping[int, int]) -> tuple[str, ...]:
    """Give what was reversed: the oldest registrations, as many as the new lines take."""
    return tuple(r.id for line, n in sorted(units.items()) for r in records.kept(order, line)[:n])
