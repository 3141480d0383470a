"""A scanner behind a TCP port. A plain socket: pyserial's `socket://` discards what arrives while it connects."""

from __future__ import annotations

import select
import socket

CONNECT_S = 1.5
"""How long a connection may take, in seconds; stopping waits for it."""


class SocketLine:
    """An open connection.

    Raises:
        OSError: nobody answers there.
    """

    def __init__(self, host: str, port: int, wait_s: float) -> None:
        self._wait_s = wait_s
        self._socket = socket.create_connection((host, port), timeout=CONNECT_S)
        # The other end may vanish without a word; without this, nobody would ever notice.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def read(self) -> bytes:
        """Give what has arrived, waiting a little; empty: certainly nothing has.

        Raises:
            OSError: the connection is gone.
        """
        ready, _, _ = select.select([self._socket], [], [], self._wait_s)
        if not ready:
            return b""
        data = self._socket.recv(4096)
        if not data:
            raise ConnectionResetError("the other end closed the connection")
        return data

    def close(self) -> None:
        """Close the connection; never raises."""
        self._socket.close()
