"""A session as it is opened when an operator signs in."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from terminal.backend.wire.fields import mapping, text
from terminal.backend.wire.master import operator_json, operator_of
from terminal.domain.documents import Operator


class Session(Struct, frozen=True):
    """A signed-in operator."""

    operator: Operator
    token: str
    expires_at: str


def session_json(session: Session) -> dict[str, Any]:
    """Give a session as plain JSON values."""
    return {
        "operator": operator_json(session.operator),
        "token": session.token,
        "expires_at": session.expires_at,
    }


def session_of(given: Any) -> Session:
    """Read a session. Raises ValueError."""
    return Session(operator_of(mapping(given, "operator")), text(given, "token"), text(given, "expires_at"))
