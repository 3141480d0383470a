"""A proxy of our own between the real terminal and the real server, which treats the bytes as bad networks do.

`proxy.next` is a queue of faults, one for each request that sends events; `proxy.always` is how all else is treated.
A fault is a function of the `Exchange`: it takes the request to the server, or not, and the answer back, or not, and
says whether the connection can be used again. All of it is real TCP, and TLS where a certificate is given.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator


class Exchange:
    """One request that has come in whole, and the roads to both sides."""

    def __init__(self, link: socket.socket, request: bytes, server: tuple[str, int], ends: threading.Event) -> None:
        self.link = link
        self.request = request
        self._server = server
        self.ends = ends
        """Set when the proxy is closed: nothing hangs longer."""

    @property
    def line(self) -> str:
        """Method and path."""
        return self.request.split(b" HTTP/", 1)[0].decode("latin-1")

    def connected(self) -> socket.socket:
        """Open a connection to the server."""
        return socket.create_connection(self._server, timeout=10)

    def answer(self) -> bytes:
        """Have the server do what was asked; gives its whole answer."""
        with contextlib.closing(self.connected()) as server:
            server.sendall(self.request)
            stream = server.makefile("rb")
            head, length = _head(stream)
            return head + stream.read(length)

    def give(self, data: bytes, piece: int = 0, pause_s: float = 0.0) -> None:
        """Send bytes to the terminal, in pieces of that size where one is given, with a pause between them."""
        for at in range(0, len(data), piece or len(data) or 1):
            self.link.sendall(data[at : at + (piece or len(data))])
            if pause_s and self.ends.wait(pause_s):
                raise OSError("the proxy is closed")

    def hang(self, seconds: float) -> bool:
        """Leave the terminal waiting, with its connection open."""
        self.ends.wait(seconds)
        return False

    def reset(self) -> bool:
        """Break the terminal's connection off the hard way."""
        with contextlib.suppress(OSError):
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.link.close()
        return False


Fault = Callable[[Exchange], bool]


class Proxy:
    """Listens on loopback, on a port that stays the same, for a server that listens at `server`."""

    def __init__(self, server: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self.server = server
        self.tls = tls
        """With what certificate it answers; another one counts from the next connection on."""
        self.next: deque[Fault] = deque()
        self.always: Fault = honest
        self.met: Counter[str] = Counter()
        """How often each fault was met."""
        self.port = 0
        self._ends = threading.Event()
        self._links: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.open()

    @property
    def url(self) -> str:
        """Where the terminal is sent."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Take connections, again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self) -> None:
        """Take no connections, and cut those that there are."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut the connections that there are."""
        for link in tuple(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it all."""
        self._ends.set()
        self.refuse()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(link):
            if self.tls is not None:
                link = self.tls.wrap_socket(link, server_side=True)
            self._links.add(link)
            with contextlib.closing(link):
                for request in _requests(link):
                    exchange = Exchange(link, request, self.server, self._ends)
                    fault = self._fault_for(exchange)
                    self.met[fault.__name__] += 1
                    if not fault(exchange):
                        return
        self._links.discard(link)

    def _fault_for(self, exchange: Exchange) -> Fault:
        sends_events = b'"events":[{' in exchange.request
        return self.next.popleft() if self.next and sends_events else self.always


def _requests(link: socket.socket) -> Iterator[bytes]:
    stream = link.makefile("rb")
    while True:
        head, length = _head(stream)
        if not head:
            return
        yield head + stream.read(length)


def _head(stream: object) -> tuple[bytes, int]:
    """Read a request's or an answer's head; gives it, and how many bytes follow."""
    head, length = b"", 0
    while (line := stream.readline()) not in {b"", b"\r\n"}:  # type: ignore[attr-defined]
        head += line
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return (head + b"\r\n" if head else b""), length


# The faults.


def honest(exchange: Exchange) -> bool:
    exchange.give(exchange.answer())
    return True


def latency(exchange: Exchange) -> bool:
    """Everything takes a tenth of a second longer, each way."""
    time.sleep(0.1)
    data = exchange.answer()
    time.sleep(0.1)
    exchange.give(data)
    return True


def bandwidth(exchange: Exchange) -> bool:
    """No more than 20 kB a second get through."""
    exchange.give(exchange.answer(), piece=500, pause_s=0.025)
    return True


def slicing(exchange: Exchange) -> bool:
    """The answer comes in pieces of a few bytes, the head as well."""
    exchange.give(exchange.answer(), piece=3, pause_s=0.0002)
    return True


def drip(exchange: Exchange) -> bool:
    """The answer comes byte by byte, so steadily that no single wait is long."""
    exchange.give(exchange.answer(), piece=1, pause_s=0.1)
    return True


def reset_at_once(exchange: Exchange) -> bool:
    return exchange.reset()


def reset_in_the_request(exchange: Exchange) -> bool:
    """The server gets half of the request, then both ends break off."""
    with contextlib.closing(exchange.connected()) as server:
        server.sendall(exchange.request[: len(exchange.request) - 20])
        time.sleep(0.05)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return exchange.reset()


def reset_in_the_answer(exchange: Exchange) -> bool:
    data = exchange.answer()
    exchange.give(data[: len(data) - 20])
    time.sleep(0.05)
    return exchange.reset()


def closed_in_the_answer(exchange: Exchange) -> bool:
    data = exchange.answer()
    exchange.give(data[: len(data) - 20])
    return False


def answer_lost(exchange: Exchange) -> bool:
    """The server has taken all in, and nobody hears of it."""
    exchange.answer()
    return exchange.reset()


def half_open(exchange: Exchange) -> bool:
    """The connection stands, and nothing ever comes."""
    return exchange.hang(5)


def half_open_after_commit(exchange: Exchange) -> bool:
    exchange.answer()
    return exchange.hang(5)


def duplicated(exchange: Exchange) -> bool:
    """The request arrives twice; the terminal hears the second answer."""
    exchange.answer()
    return honest(exchange)


def repeated_late(exchange: Exchange) -> bool:
    """The request arrives once more when all is over."""
    _later(0.3, exchange)
    return honest(exchange)


def delayed(exchange: Exchange) -> bool:
    """The request arrives when the terminal has long given it up and sent it again."""
    _later(1.0, exchange)
    return exchange.hang(5)


def _later(seconds: float, exchange: Exchange) -> None:
    """Have a request arrive later, unless the server is gone by then."""

    def arrive() -> None:
        with contextlib.suppress(OSError):
            exchange.answer()

    timer = threading.Timer(seconds, arrive)
    timer.daemon = True
    timer.start()


def _saying(status: str, kind: str, body: bytes, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def hotspot(exchange: Exchange) -> bool:
    exchange.give(_saying("200 OK", "text/html", b"<html>Welcome! Please log in.</html>"))
    return True


def hotspot_redirect(exchange: Exchange) -> bool:
    exchange.give(_saying("302 Found", "text/html", b"", Location="http://login.example/"))
    return True


def too_many_requests(exchange: Exchange) -> bool:
    exchange.give(_saying("429 Too Many Requests", "text/plain", b"slowly", Retry_After="1"))
    return True


def unavailable(exchange: Exchange) -> bool:
    exchange.give(_saying("503 Service Unavailable", "text/html", b"<html>soon</html>", Retry_After="1"))
    return True


def gateway_timeout(exchange: Exchange) -> bool:
    """The server has taken all in, and the proxy before it was not patient enough."""
    exchange.answer()
    exchange.give(_saying("504 Gateway Timeout", "text/html", b"<html>too late</html>"))
    return True


QUICK: tuple[Fault, ...] = (
    *(reset_at_once, reset_in_the_request, reset_in_the_answer, closed_in_the_answer, answer_lost),
    *(hotspot, hotspot_redirect, too_many_requests, unavailable, gateway_timeout),
    *(latency, bandwidth, slicing, duplicated, repeated_late),
)
"""Faults that are over soon."""
SLOW: tuple[Fault, ...] = (drip, half_open, half_open_after_commit, delayed)
"""Faults that only the terminal's own patience ends."""
