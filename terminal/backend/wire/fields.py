"""One field of a JSON object, checked for its kind: what every reader on the wire is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
"""An object as it was read."""


def text(given: Any, name: str) -> str:
    """Give a text. Raises ValueError."""
    value = _field(given, name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value


def secret_or_none(given: Json, name: str) -> bytes:
    """Give bytes that stand there in hex, or not at all of an older server. Raises ValueError, without the value."""
    value = text(given, name) if name in given else ""
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"{name} must be hex") from None


def number(given: Any, name: str) -> int:
    """Give a whole number of 0 or more that every JSON reader keeps exact. Raises ValueError."""
    value = _field(given, name)
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(f"{name} must be a whole number")
    return value


def number_or(given: Json, name: str, default: int) -> int:
    """Give a whole number that an older server leaves out. Raises ValueError."""
    return number(given, name) if name in given else default


def mapping(given: Any, name: str) -> Json:
    """Give an object. Raises ValueError."""
    value = _field(given, name)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object")
    return value


def listed(given: Any, name: str) -> Sequence[Any]:
    """Give a list. Raises ValueError."""
    value = _field(given, name)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{name} must be a list")
    return value


def listed_or_none(given: Json, name: str) -> Sequence[Any]:
    """Give a list that an older server leaves out; then it is empty. Raises ValueError."""
    return listed(given, name) if name in given else ()


def _field(given: Any, name: str) -> Any:
    if not isinstance(given, Mapping) or name not in given:
        raise ValueError(f"{name} is missing")
    return given[name]
