"""What the server said, kept as text: the changes it made here, so that a replay can make them again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec import ValidationError, convert, to_builtins

from terminal.domain.changes import (
    Back,
    Change,
    Charged,
    Gone,
    LineReversed,
    LineSet,
    Made,
    Revised,
    StatusChanged,
    UnitsMoved,
)
from terminal.domain.documents import Draw, Line, Registration, SlipStatus

T = TypeVar("T")


def changes_text(changes: Iterable[Change]) -> str:
    """Give changes as JSON text.

    Raises:
        TypeError: for a change that a server never causes here.
    """
    return json.dumps([_values(change) for change in changes], separators=(",", ":"))


def changes_from(text: str) -> list[Change]:
    """Read changes back. Raises ValueError for what this version doesn't know."""
    return [_change(kind, values) for kind, *values in json.loads(text)]


def _values(change: Change) -> list[Any]:
    match change:
        case Made(registration):
            return ["made", to_builtins(registration)]
        case Revised(registration):
            return ["revised", to_builtins(registration)]
        case Gone(id):
            return ["gone", id]
        case Back(id):
            return ["back", id]
        case StatusChanged(document, status):
            return ["status", document, status]
        case LineSet(line):
            return ["line", to_builtins(line)]
        case LineReversed(document, line):
            return ["reversed", document, line]
        case UnitsMoved(draw):
            return ["moved", to_builtins(draw)]
        case Charged(document):
            return ["charged", document]
        case _:
            raise TypeError(f"the server does not cause {type(change).__name__}")


def _change(kind: str, values: list[Any]) -> Change:
    match kind:
        case "made":
            return Made(_read(values[0], Registration))
        case "revised":
            return Revised(_read(values[0], Registration))
        case "gone":
            return Gone(values[0])
        case "back":
            return Back(values[0])
        case "status":
            return StatusChanged(values[0], SlipStatus(values[1]))
        case "line":
            return LineSet(_read(values[0], Line))
        case "reversed":
            return LineReversed(values[0], values[1])
        case "moved":
            return UnitsMoved(_read(values[0], Draw))
        case "charged":
            return Charged(values[0])
        case _:
            raise ValueError(f"unknown change {kind!r}")


def _read(values: Any, kind: type[T]) -> T:
    try:
        return convert(values, kind)
    except ValidationError as error:
        raise ValueError(f"{kind.__name__}: {error}") from None
