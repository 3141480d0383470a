"""Printers of our own on the network, good and bad."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator


class Listener:
    """A TCP port that treats each connection in its own way and keeps what it got."""

    def __init__(self, treat: Callable[[socket.socket, list[bytes]], None], buffer: int = 0) -> None:
        self.jobs: list[list[bytes]] = []
        self._treat = treat
        self._server = socket.socket()
        if buffer:
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._server.bind(("127.0.0.1", 0))
        self._server.listen()
        self.port: int = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _address = self._server.accept()
                job: list[bytes] = []
                self.jobs.append(job)
                thread = threading.Thread(target=self._one, args=(link, job), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _one(self, link: socket.socket, job: list[bytes]) -> None:
        with contextlib.suppress(OSError), link:
            self._treat(link, job)

    def wait(self, done: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something is so."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, "it took too long"
            time.sleep(0.02)

    def close(self) -> None:
        """Take no more."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)


@contextlib.contextmanager
def listening(treat: Callable[[socket.socket, list[bytes]], None], buffer: int = 0) -> Iterator[Listener]:
    """A port for the time of a test."""
    listener = Listener(treat, buffer)
    try:
        yield listener
    finally:
        listener.close()


def takes_all(link: socket.socket, job: list[bytes]) -> None:
    """Read to the end and hang up."""
    while data := link.recv(65536):
        job.append(data)
    job.append(b"")


def hang_up_in_anger(link: socket.socket) -> None:
    """Close with a reset."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
