"""A network that keeps the deadline of a whole request, however steadily its pieces drip."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any


class DeadlineNetwork:
    """A network on which no operation outlasts the request it belongs to: httpx times each one separately."""

    def __init__(self, inner: Any, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> DeadlineStream:
        """Open a connection."""
        opened = self._inner.connect_tcp(host, port, timeout=_least(timeout, self._left()), **options)
        return DeadlineStream(opened, self._left)

    def sleep(self, seconds: float) -> None:
        """Wait; only ever asked for between two tries to connect, and there is one."""
        self._inner.sleep(min(seconds, self._left()))


class DeadlineStream:
    """A connection of such a network."""

    def __init__(self, inner: Any, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        read: bytes = self._inner.read(max_bytes, _least(timeout, self._left()))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._inner.write(buffer, _least(timeout, self._left()))

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> DeadlineStream:
        """Encrypt it."""
        secured = self._inner.start_tls(ssl_context, server_hostname, _least(timeout, self._left()))
        return DeadlineStream(secured, self._left)

    def get_extra_info(self, info: str) -> Any:
        """Tell about it."""
        return self._inner.get_extra_info(info)


def _least(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
