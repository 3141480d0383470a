"""The list of recalled units, as a terminal fetches it part by part (I9)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from terminal.backend.wire.fields import listed, number, text
from terminal.domain.documents import Recall


class RecallPart(Struct, frozen=True):
    """A part of the list of recalls. The master data name the list that is in force."""

    name: str
    """That of the list: another one means that it has changed, and is to be read from its beginning."""
    recalls: tuple[Recall, ...]
    next: int = 0
    """Where the next part begins; 0 where this is the last."""


def recall_part_json(part: RecallPart) -> dict[str, Any]:
    """Give a part of the recalls as plain JSON values: each as item, serial, lot, reason."""
    rows = [[each.item, each.serial, each.lot, each.reason] for each in part.recalls]
    return {"name": part.name, "recalls": rows, "next": part.next}


def recall_part_of(given: Any) -> RecallPart:
    """Read a part of the recalls. Raises ValueError."""
    return RecallPart(text(given, "name"), tuple(map(_recall, listed(given, "recalls"))), number(given, "next"))


def _recall(row: Any) -> Recall:
    if not isinstance(row, (list, tuple)) or len(row) < 4 or not all(isinstance(each, str) for each in row[:4]):
        raise ValueError("a recall must be item, serial, lot and reason")
    return Recall(*row[:4])
