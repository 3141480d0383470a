"""What the server said, kept as text: the changes it made here, so that a replay can make them again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import to_builtins

from terminal.domain.changes import Back, Change, Gone, Made, StatusChanged
from terminal.domain.documents import Registration, SlipStatus


def changes_text(changes: Iterable[Change]) -> str:
    """Give changes as JSON text.

    Raises:
        TypeError: for a change that a server never causes here.
    """
    return json.dumps([_values(change) for change in changes], separators=(",", ":"))


def changes_from(text: str) -> list[Change]:
    """Read changes back."""
    return [_change(kind, values) for kind, *values in json.loads(text)]


def _values(change: Change) -> list[Any]:
    match change:
        case Made(registration):
            return ["made", to_builtins(registration)]
        case Gone(id):
            return ["gone", id]
        case Back(id):
            return ["back", id]
        case StatusChanged(document, status):
            return ["status", document, status]
        case _:
            raise TypeError(f"the server does not cause {type(change).__name__}")


def _change(kind: str, values: list[Any]) -> Change:
    match kind:
        case "made":
            return Made(Registration(**values[0]))
        case "gone":
            return Gone(values[0])
        case "back":
            return Back(values[0])
        case _:
            return StatusChanged(values[0], SlipStatus(values[1]))
