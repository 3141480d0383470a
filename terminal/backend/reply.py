"""What came back for one request, and what it is worth: something that can be read, or a kind of `NoAnswer`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec import Struct

from terminal.backend.answers import Busy, Denied, Fetched, NotOurs, Reason, Refused, ServerError
from terminal.backend.backoff import RETRY_AFTER_CAP_S

T = TypeVar("T")


class Reply(Struct, frozen=True):
    """What came back, before anybody has judged what it is worth."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Read the content. Raises NotOurs."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise NotOurs(Reason.NOT_JSON, f"{self.status} with content type {kind[:60]!r}")
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise NotOurs(Reason.UNREADABLE, str(error)[:200]) from None

    def problem(self) -> tuple[str, dict[str, str | int]] | None:
        """Give code and parameters of a problem document; None where it is none of the server's."""
        try:
            given = self.json()
        except NotOurs:
            return None
        code = given.get("code") if isinstance(given, dict) else None
        if not isinstance(code, str) or not code:
            return None
        parameters = given.get("parameters")
        plain = {**given, **(parameters if isinstance(parameters, dict) else {})}
        return code, {str(name): value for name, value in plain.items() if isinstance(value, (str, int))}

    def accepted(self) -> Reply:
        """Let a success through and turn everything else into its kind of `NoAnswer`."""
        status = self.status
        if 200 <= status < 300:
            return self
        if 300 <= status < 400:
            raise NotOurs(Reason.REDIRECT, f"{status} to {self.headers.get('location', '')[:200]!r}")
        problem = self.problem()
        code, parameters = problem or ("", {})
        detail = f"{status} {parameters.get('detail', '')}".strip()
        if status in {429, 503}:
            raise Busy(retry_after(self.headers), code, parameters, detail)
        if status == 511:  # the standard's word for a hotspot that wants a login first
            raise NotOurs(Reason.STATUS, detail)
        if status >= 500:
            raise ServerError(status, detail)
        if problem is None and status != 413:
            raise NotOurs(Reason.STATUS, detail)
        if status in {401, 403}:
            raise Denied(code, parameters, detail)
        raise Refused(code, parameters, status, detail)

    def read_as(self, reader: Callable[[Any], T]) -> T:
        """Read it with one of the readers in `wire`. Raises NotOurs."""
        given = self.json()
        try:
            return reader(given)
        except Exception as error:  # whatever a stranger's JSON makes a reader stumble over
            raise NotOurs(Reason.UNREADABLE, f"{type(error).__name__}: {error}"[:200]) from error

    def fetched(self, reader: Callable[[Any], T]) -> Fetched[T] | None:
        """Read it together with its tag; None where what is known already is still so. Raises NotOurs."""
        if self.status == 304:
            return None
        return Fetched(self.read_as(reader), self.headers.get("etag", ""))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` (seconds, or a date against the server's own `Date`) as 0 to 300 s; None if it is no use."""
    from email.utils import parsedate_to_datetime

    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), RETRY_AFTER_CAP_S)
    try:
        until = parsedate_to_datetime(given)
        since = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return min(max((until - since).total_seconds(), 0.0), RETRY_AFTER_CAP_S)
    except (ValueError, TypeError, OverflowError):
        return None
