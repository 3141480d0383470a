"""What goes wrong, as problem documents (RFC 9457): a code that programs read, a sentence that people read."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:scan-terminal:problem:"


class Problem(Exception):
    """An answer other than the one asked for. `parameters` are data for the sentence a screen shows."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **parameters: str | int,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.parameters = parameters

    def document(self) -> dict[str, Any]:
        """Give the problem as JSON values."""
        return {
            "type": TYPE_PREFIX + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "parameters": self.parameters,
        }


def unavailable() -> Problem:
    """Say that nothing was promised: the same request may be sent again."""
    return Problem(503, "unavailable", "The database could not store this; send the same again.", {"Retry-After": "1"})
