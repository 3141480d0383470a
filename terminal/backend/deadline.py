"""A network that keeps the deadline of a whole request, however steadily its pieces drip, and that can be cut."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class DeadlineNetwork:
    """A network on which no operation outlasts the request it belongs to: httpx times each one separately."""

    def __init__(self, inner: Any, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left
        self._streams: set[DeadlineStream] = set()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> DeadlineStream:
        """Open a connection."""
        opened = self._inner.connect_tcp(host, port, timeout=_least(timeout, self._left()), **options)
        return DeadlineStream(opened, self._left, self._streams)

    def cut(self) -> None:
        """Break every connection off, from any thread: whoever waits for one hears of it at once."""
        for each in tuple(self._streams):
            each.cut()

    def sleep(self, seconds: float) -> None:
        """Wait; only ever asked for between two tries to connect, and there is one."""
        self._inner.sleep(min(seconds, self._left()))


class DeadlineStream:
    """A connection of such a network. `opened`: those that are open."""

    def __init__(self, inner: Any, left: Callable[[], float], opened: set[DeadlineStream]) -> None:
        self._inner = inner
        self._left = left
        self._opened = opened
        self.reads = 0
        """How often it was read: what one reading gave had all arrived when its first byte was handed on."""
        opened.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        self.reads += 1
        read: bytes = self._inner.read(max_bytes, _least(timeout, self._left()))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._inner.write(buffer, _least(timeout, self._left()))

    def close(self) -> None:
        """Close it."""
        self._opened.discard(self)
        self._inner.close()

    def cut(self) -> None:
        """Break it off, from any thread."""
        with suppress(OSError):
            # not SSLSocket's own: that takes the encryption away under a thread that reads
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> DeadlineStream:
        """Encrypt it."""
        secured = self._inner.start_tls(ssl_context, server_hostname, _least(timeout, self._left()))
        self._opened.discard(self)
        return DeadlineStream(secured, self._left, self._opened)

    def get_extra_info(self, info: str) -> Any:
        """Tell about it."""
        return self._inner.get_extra_info(info)


def _least(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
