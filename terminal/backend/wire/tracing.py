"""Where a serial went (S18), and which units still want one (S9), as they are asked of the server."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert, to_builtins

from terminal.domain.views import OpenBlank, TracedUnit

T = TypeVar("T")

MOST_BLANKS = 500
"""Units that one answer holds unless it is asked for otherwise."""


class Trace(Struct, frozen=True):
    """Every unit that ever had a serial, newest first; and the item that the code names, if it is one's (S19)."""

    serial: str
    units: tuple[TracedUnit, ...]
    more: bool = False
    """Older units had it, too, and are left out."""
    item: str = ""
    description: str = ""
    no_stock: bool = False
    """The item is tracked in the sales process only: none of its serials is on hand."""


class OpenBlanks(Struct, frozen=True):
    """Units that were not readable and are on no posted invoice, oldest first."""

    blanks: tuple[OpenBlank, ...]
    more: bool = False
    """Newer ones are left out."""


def trace_json(trace: Trace) -> dict[str, Any]:
    """Give a trace as plain JSON values."""
    made: dict[str, Any] = to_builtins(trace)
    return made


def trace_of(given: Any) -> Trace:
    """Read a trace. Raises ValueError."""
    return _read(given, Trace)


def open_blanks_json(found: OpenBlanks) -> dict[str, Any]:
    """Give the units that want a serial as plain JSON values."""
    made: dict[str, Any] = to_builtins(found)
    return made


def open_blanks_of(given: Any) -> OpenBlanks:
    """Read the units that want a serial. Raises ValueError."""
    return _read(given, OpenBlanks)


def _read(given: Any, kind: type[T]) -> T:
    try:
        return convert(given, kind)
    except ValidationError as error:
        raise ValueError(f"{kind.__name__}: {error}") from None
