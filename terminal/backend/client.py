"""Talking to the server: one request, and either its answer or one of six ways of not getting it.

The only module that imports httpx, and only when the first request is made: start-up doesn't wait for it, nor for
the other libraries that are imported below where they are used.
Blocking, and for one thread: nothing is ever cancelled, because a cancelled request can wedge httpx's pool for good.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import asdict

from terminal.backend.answers import (
    Busy,
    Denied,
    Fetched,
    Frame,
    NoAnswer,
    NotOurs,
    Reason,
    Refused,
    ServerError,
    Unreachable,
)
from terminal.backend.deadline import DeadlineNetwork
from terminal.backend.reply import Reply
from terminal.backend.wire.documents import (
    Documents,
    OrderState,
    SlipState,
    documents_of,
    order_state_of,
    state_of,
)
from terminal.backend.wire.events import BatchAnswer, batch_answer_of
from terminal.backend.wire.master import Master, master_of
from terminal.backend.wire.recalls import RecallPart, recall_part_of
from terminal.backend.wire.sessions import Session, session_of
from terminal.backend.wire.tracing import OpenBlanks, Trace, open_blanks_of, trace_of
from terminal.domain.events import Continued

if TYPE_CHECKING:
    import httpx


class ServerSettings(Struct, frozen=True):
    """Where the server is and how patient to be with it. Times in seconds."""

    url: str
    device_token: str = ""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    connect_s: float = 3.0
    read_s: float = 8.0
    """Silence at the most, between two pieces of an answer."""
    write_s: float = 8.0
    pool_s: float = 1.0
    deadline_s: float = 20.0
    """A whole request at the most, however steadily it drips."""
    answer_limit: int = 16 * 1024 * 1024
    """Bytes of an answer at the most."""
    silence_s: float = 25.0
    """Silence at the most on a stream of live updates: the server shows life every 10 s."""


class Heard(Struct, frozen=True):
    """Something came on a stream of live updates."""

    documents: Sequence[str]
    """Documents that others have changed; none where it is a sign of life only."""
    reading: int
    """Which reading of the network it came with: all of one reading had arrived when its first part was given."""


class Client:
    """The server over HTTP. For one thread; connections are made when they are needed."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._http: httpx.Client | None = None
        self._tls: ssl.SSLContext | None = None
        self._deadline = 0.0
        self._network: DeadlineNetwork | None = None
        self.given_up: Callable[[], bool] = lambda: False
        """Asked before anything that can wait: whether what is being asked for is not wanted any more."""

    def send_events(
        self, terminal: str, epoch: str, events: Sequence[Frame], continues: Continued | None = None
    ) -> BatchAnswer:
        """Send events in their order. The answer is for the first of them, one by one, none left out."""
        path = f"/v1/terminals/{_part(terminal)}/events"
        body: dict[str, Any] = {"epoch": epoch, "events": list(events)}
        if continues is not None:
            body["continues"] = asdict(continues)
        answer = self._ask("POST", path, body=body).read_as(batch_answer_of)
        answered = [(each.id, each.sequence) for each in answer.answers]
        if answered != [(each["id"], each["sequence"]) for each in events][: len(answered)]:
            raise self._not_ours(Reason.MISMATCH, "answers to other events than were sent")
        if answered and answer.cursor < answered[-1][1]:
            raise self._not_ours(Reason.MISMATCH, "a cursor before its own answers")
        return answer

    def master(self, terminal: str, epoch: str, etag: str = "", slip_prefix: str = "") -> Fetched[Master] | None:
        """Read the master data; None while `etag` still names it."""
        path = f"/v1/terminals/{_part(terminal)}/master?epoch={_part(epoch)}"
        if slip_prefix:
            path += f"&slip_prefix={_part(slip_prefix)}"
        return self._ask("GET", path, etag=etag).fetched(master_of)

    def recalls(self, terminal: str, after: int) -> RecallPart:
        """Read a part of the list of recalls."""
        fetched = self._ask("GET", f"/v1/terminals/{_part(terminal)}/recalls?after={after}").fetched(recall_part_of)
        assert fetched is not None  # no state of it was named
        if 0 < fetched.value.next <= after:
            raise self._not_ours(Reason.MISMATCH, "a part of the recalls without an end")
        return fetched.value

    def documents(self, session: str, etag: str = "") -> Fetched[Documents] | None:
        """Read the open work; None while `etag` still names it."""
        return self._ask("GET", "/v1/documents", session=session, etag=etag).fetched(documents_of)

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> SlipState:
        """Read one slip with its registrations. `Refused` with `unknown-document` where there is none."""
        fetched = self.slip_unless("", number, terminal, epoch, session)
        assert fetched is not None  # nothing is unchanged since no state at all
        return fetched.value

    def slip_unless(self, etag: str, number: str, terminal: str, epoch: str, session: str) -> Fetched[SlipState] | None:
        """Read one slip as `slip` does; None while `etag` still names it."""
        path = f"/v1/slips/{_part(number)}?terminal={_part(terminal)}&epoch={_part(epoch)}"
        fetched = self._ask("GET", path, session=session, etag=etag).fetched(state_of)
        if fetched is not None and fetched.value.header.slip.number != number:
            raise self._not_ours(Reason.MISMATCH, "another slip than was asked for")
        return fetched

    def order(self, number: str, terminal: str, epoch: str, session: str) -> OrderState:
        """Read an order with all its slips and invoices. `Refused` with `unknown-order` where there is none."""
        path = f"/v1/orders/{_part(number)}?terminal={_part(terminal)}&epoch={_part(epoch)}"
        fetched = self._ask("GET", path, session=session).fetched(order_state_of)
        if fetched is None or fetched.value.order.number != number:
            raise self._not_ours(Reason.MISMATCH, "another order than was asked for")
        return fetched.value

    def trace(self, serial: str, session: str, item: str = "") -> Trace:
        """Read where every unit went that ever had a serial, of one item only if it is given (S18)."""
        narrowed = f"&item={_part(item)}" if item else ""
        found = self._ask("GET", f"/v1/trace?serial={_part(serial)}{narrowed}", session=session).read_as(trace_of)
        if found.serial != serial:
            raise self._not_ours(Reason.MISMATCH, "another serial than was asked for")
        return found

    def blanks(self, session: str, order: str = "", item: str = "") -> OpenBlanks:
        """Read which units still want a serial, of one order or item only if they are given (S9)."""
        path = f"/v1/blanks?order={_part(order)}&item={_part(item)}"
        return self._ask("GET", path, session=session).read_as(open_blanks_of)

    def listen(self, terminal: str, epoch: str, session: str, documents: Sequence[str]) -> Generator[Heard, None, None]:
        """Hear at once what others change on these documents, until the server ends that.

        The first that is given says that from now on nothing is missed. Other requests may be made meanwhile, by the
        same thread.
        """
        numbers = "".join(f"&document={_part(number)}" for number in documents)
        path = f"/v1/live?terminal={_part(terminal)}&epoch={_part(epoch)}{numbers}"
        with self._sorted_out():
            yield from self._hear(path, {"Accept": "text/event-stream", "Scan-Session": session})

    def cut(self) -> None:
        """Break off what is being waited for, from another thread; before that, `given_up` should say yes."""
        network = self._network
        if network is not None:
            network.cut()

    def sign_in(self, operator: str, pin: str, terminal: str) -> Session:
        """Open a session. `Denied` with `wrong-pin` or `unknown-operator`, `Busy` with `too-many-pins`."""
        body = {"operator": operator, "pin": pin, "terminal": terminal}
        return self._ask("POST", "/v1/sessions", body=body).read_as(session_of)

    def sign_out(self, session: str) -> None:
        """Close a session."""
        self._ask("DELETE", "/v1/sessions", session=session)

    def enrol(self, code: str, terminal: str, name: str) -> str:
        """Bind this terminal to a site with the code an administrator gave; gives its token."""
        body = {"code": code, "terminal": terminal, "name": name}
        return self._ask("POST", "/v1/enrolments", body=body).read_as(_token_of)

    def close(self) -> None:
        """Let go of the connections; the next request makes new ones."""
        http, self._http = self._http, None
        if http is not None:
            try:
                http.close()
            except Exception:  # noqa: BLE001 - it is thrown away either way
                return

    def _ask(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, session: str = "", etag: str = ""
    ) -> Reply:
        """Make one request and sort what came back. After any trouble the next one begins with new connections."""
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":")).encode("ascii")
            headers["Content-Type"] = "application/json"
        if session:
            headers["Scan-Session"] = session
        if etag:
            headers["If-None-Match"] = etag
        self._deadline = time.monotonic() + self._settings.deadline_s
        with self._sorted_out():
            reply = self._exchange(method, path, content, headers)
            return reply if reply.status == 304 and etag else reply.accepted()

    @contextmanager
    def _sorted_out(self) -> Iterator[None]:
        """Turn whatever goes wrong into its kind of `NoAnswer`."""
        try:
            yield
        except (Busy, ServerError, Denied, Refused):
            raise
        except NoAnswer:
            self.close()
            raise
        except Exception as error:  # a library's surprise must not stop the sending for good
            self.close()
            raise fault_of(error) from error

    def _exchange(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        http = self._http = self._http or self._connected()
        with http.stream(method, path, content=content, headers=headers) as response:
            read = bytearray()
            for piece in response.iter_bytes():
                read += piece
                if len(read) > self._settings.answer_limit:
                    raise NotOurs(Reason.UNREADABLE, f"more than {self._settings.answer_limit} bytes")
            return Reply(response.status_code, response.headers, bytes(read))

    def _hear(self, path: str, headers: Mapping[str, str]) -> Iterator[Heard]:
        import httpx

        from terminal.backend.event_stream import EventStream

        settings = self._settings
        http = self._http = self._http or self._connected()
        self._deadline = time.monotonic() + settings.read_s
        patience = httpx.Timeout(
            connect=settings.connect_s, read=settings.silence_s, write=settings.write_s, pool=settings.pool_s
        )
        with http.stream("GET", path, headers={**headers, "Accept-Encoding": "identity"}, timeout=patience) as response:
            _check_stream(response, settings.answer_limit)
            stream, network = EventStream(), response.extensions["network_stream"]
            for piece in response.iter_raw():
                lines = stream.lines
                try:
                    messages = stream.feed(piece)
                except ValueError as error:
                    raise NotOurs(Reason.UNREADABLE, str(error)) from None
                if stream.lines != lines:
                    named = [_document_of(message.data) for message in messages if message.event == "document"]
                    yield Heard(named, network.reads)
                    self._deadline = time.monotonic() + settings.silence_s

    def _connected(self) -> httpx.Client:
        """Make a client that never connects twice by itself, follows nobody and asks the environment nothing."""
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpcore

        # httpx loads its own command line (click, rich, pygments: 3 MB) where it can; nobody here runs it
        sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
        import httpx

        settings = self._settings
        tls = self._tls = self._tls or self._trust()
        transport = httpx.HTTPTransport(verify=tls, trust_env=False)
        network = self._network = DeadlineNetwork(httpcore.SyncBackend(), self._left)
        # httpx offers no deadline for a whole request; its pool takes a network that keeps one
        transport._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=2,
            max_keepalive_connections=2,
            keepalive_expiry=30.0,
            retries=0,
            http2=False,
            network_backend=cast(Any, network),
        )
        token = {"Authorization": f"Bearer {settings.device_token}"} if settings.device_token else {}
        return httpx.Client(
            base_url=settings.url,
            headers={"User-Agent": "scan-terminal", **token},
            timeout=httpx.Timeout(
                connect=settings.connect_s, read=settings.read_s, write=settings.write_s, pool=settings.pool_s
            ),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=transport,
        )

    def _trust(self) -> ssl.SSLContext:
        """Build what certificates are checked against: once, because reading them takes long."""
        if not self._settings.url.lower().startswith("https:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, costs nothing
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _left(self) -> float:
        """Give the seconds left for this request. Raises Unreachable when there are none, or nobody wants it."""
        if self.given_up():
            raise Unreachable(Reason.BROKEN, "not wanted any more")
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Unreachable(Reason.TIMEOUT, f"not done within {self._settings.deadline_s:g} s")
        return left

    def _not_ours(self, reason: Reason, detail: str) -> NotOurs:
        self.close()
        return NotOurs(reason, detail)


def _check_stream(response: httpx.Response, limit: int) -> None:
    """See to it that an answer is an event stream. Raises NoAnswer."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    plain = response.headers.get("content-encoding", "identity") == "identity"
    if response.status_code == 200:
        if kind != "text/event-stream" or not plain:
            raise NotOurs(Reason.NOT_JSON, f"no event stream but {kind[:60]!r}")
        return
    read = bytearray()
    for piece in response.iter_bytes():
        read += piece
        if len(read) > limit:
            break
    Reply(response.status_code, response.headers, bytes(read)).accepted()
    raise NotOurs(Reason.STATUS, str(response.status_code))


def _document_of(data: str) -> str:
    """Read which document a message is about. Raises NotOurs."""
    try:
        document = json.loads(data)["document"]
    except (ValueError, TypeError, KeyError, RecursionError):
        document = None
    if not isinstance(document, str):
        raise NotOurs(Reason.UNREADABLE, "a message that names no document")
    return document


def _token_of(given: Any) -> str:
    token = given["token"]
    if not isinstance(token, str) or not token:
        raise ValueError("token must be text")
    return token


def _part(text: str) -> str:
    """Quote one part of a path or query."""
    return quote(text, safe="")


def fault_of(error: Exception) -> NoAnswer:
    """Give the kind of `NoAnswer` behind an exception of httpx, or of whatever lies below it."""
    import httpx

    detail = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, (httpx.DecodingError, httpx.TooManyRedirects, httpx.HTTPStatusError, httpx.CookieConflict)):
        return NotOurs(Reason.UNREADABLE, detail)
    if isinstance(error, httpx.ConnectError):
        return Unreachable(_why_no_connection(error), detail)
    if isinstance(error, (ssl.SSLError, FileNotFoundError)):
        return Unreachable(Reason.CERTIFICATE, detail)
    for kinds, reason in (
        (httpx.TimeoutException, Reason.TIMEOUT),
        ((httpx.NetworkError, httpx.RemoteProtocolError), Reason.BROKEN),
        ((httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError), Reason.ADDRESS),
        ((httpx.ProtocolError, httpx.ProxyError), Reason.PROTOCOL),
    ):
        if isinstance(error, kinds):
            return Unreachable(reason, detail)
    return Unreachable(Reason.UNKNOWN, detail)


def _why_no_connection(error: BaseException) -> Reason:
    """Look below a failed connection for what the system said."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            return Reason.CERTIFICATE
        if isinstance(below, socket.gaierror):
            return Reason.NAME_NOT_FOUND
        if isinstance(below, ConnectionRefusedError):
            return Reason.CONNECTION_REFUSED
        if isinstance(below, ConnectionError):
            return Reason.BROKEN
        below = below.__cause__ or below.__context__
    return Reason.NO_ROUTE
