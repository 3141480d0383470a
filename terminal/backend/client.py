"""Talking to the server: one request, and either its answer or one of six ways of not getting it.

The only module that imports httpx, and only when the first request is made: start-up doesn't wait for it, nor for
the other libraries that are imported below where they are used.
Blocking, and for one thread: nothing is ever cancelled, because a cancelled request can wedge httpx's pool for good.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast
from urllib.parse import quote

from terminal.backend.backoff import RETRY_AFTER_CAP_S
from terminal.backend.wire import (
    BatchAnswer,
    Documents,
    Master,
    Session,
    SlipState,
    batch_answer_of,
    documents_of,
    master_of,
    session_of,
    state_of,
)

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Frame = Mapping[str, Any]
"""An event as it is sent, see `wire.event_json`."""


class Reason(StrEnum):
    """Why there was no answer, for a screen to put into words."""

    CONNECTION_REFUSED = "connection-refused"
    NAME_NOT_FOUND = "name-not-found"
    NO_ROUTE = "no-route"
    TIMEOUT = "timeout"
    BROKEN = "connection-broken"
    CERTIFICATE = "certificate"
    ADDRESS = "bad-address"
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"
    REDIRECT = "redirect"
    NOT_JSON = "not-json"
    UNREADABLE = "unreadable"
    MISMATCH = "mismatch"
    """It is JSON of the right shape, but not about what was asked."""
    STATUS = "status"
    """A status that the server never gives."""
    BUSY = "busy"
    SERVER_ERROR = "server-error"


class NoAnswer(Exception):
    """An exchange that did not end in the answer asked for; exactly six kinds exist."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        """A `Reason`, or the server's own problem code."""
        self.detail = detail
        """For the log; in the words of whoever found it."""


class Unreachable(NoAnswer):
    """Nobody answered, or not to the end. What was sent may have arrived: the same ids are sent again."""


class Busy(NoAnswer):
    """The server can't now (429, 503): nothing promised, later again."""

    def __init__(
        self,
        retry_after_s: float | None,
        code: str = "",
        parameters: Mapping[str, str | int] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(code or Reason.BUSY, detail)
        self.retry_after_s = retry_after_s
        """Seconds the server asked to wait, 300 at the most; None where it said nothing."""
        self.code = code
        self.parameters = parameters or {}


class ServerError(NoAnswer):
    """The server failed (5xx): nothing promised, the same again."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(Reason.SERVER_ERROR, detail or str(status))
        self.status = status


class NotOurs(NoAnswer):
    """Somebody answered who isn't our server, such as a hotspot's login page."""


class Denied(NoAnswer):
    """The server won't have this terminal, session or PIN (401, 403)."""

    def __init__(self, code: str, parameters: Mapping[str, str | int], detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.parameters = parameters


class Refused(NoAnswer):
    """The server understood and said no (other 4xx). `code` is empty where a proxy said 413 in its place."""

    def __init__(self, code: str, parameters: Mapping[str, str | int], status: int, detail: str = "") -> None:
        super().__init__(code or Reason.STATUS, detail)
        self.code = code
        self.parameters = parameters
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """Something that was read, with the tag under which the server knows this state of it."""

    value: T
    etag: str


@dataclass(frozen=True, slots=True)
class ServerSettings:
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


class Server(Protocol):
    """What the sender asks of the server. Every method raises `NoAnswer`."""

    def send_events(self, terminal: str, epoch: str, events: Sequence[Frame]) -> BatchAnswer:
        """Send events in their order; none at all asks for the cursor."""

    def master(self, terminal: str, epoch: str, etag: str = "") -> Fetched[Master] | None:
        """Read the master data; None while `etag` still names it."""

    def documents(self, session: str, etag: str = "") -> Fetched[Documents] | None:
        """Read the open work; None while `etag` still names it."""

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> SlipState:
        """Read one slip with its registrations."""

    def sign_in(self, operator: str, pin: str, terminal: str) -> Session:
        """Open a session."""

    def sign_out(self, session: str) -> None:
        """Close a session."""

    def close(self) -> None:
        """Let go of the connections."""


class Client:
    """The server over HTTP. For one thread; connections are made when they are needed."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._http: httpx.Client | None = None
        self._tls: ssl.SSLContext | None = None
        self._deadline = 0.0

    def send_events(self, terminal: str, epoch: str, events: Sequence[Frame]) -> BatchAnswer:
        """Send events in their order. The answer is for the first of them, one by one, none left out."""
        path = f"/v1/terminals/{_part(terminal)}/events"
        answer = _read_as(batch_answer_of, self._ask("POST", path, body={"epoch": epoch, "events": list(events)}))
        answered = [(each.id, each.sequence) for each in answer.answers]
        if answered != [(each["id"], each["sequence"]) for each in events][: len(answered)]:
            raise self._not_ours(Reason.MISMATCH, "answers to other events than were sent")
        if answered and answer.cursor < answered[-1][1]:
            raise self._not_ours(Reason.MISMATCH, "a cursor before its own answers")
        return answer

    def master(self, terminal: str, epoch: str, etag: str = "") -> Fetched[Master] | None:
        """Read the master data; None while `etag` still names it."""
        path = f"/v1/terminals/{_part(terminal)}/master?epoch={_part(epoch)}"
        return _fetched(master_of, self._ask("GET", path, etag=etag))

    def documents(self, session: str, etag: str = "") -> Fetched[Documents] | None:
        """Read the open work; None while `etag` still names it."""
        return _fetched(documents_of, self._ask("GET", "/v1/documents", session=session, etag=etag))

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> SlipState:
        """Read one slip with its registrations. `Refused` with `unknown-document` where there is none."""
        path = f"/v1/slips/{_part(number)}?terminal={_part(terminal)}&epoch={_part(epoch)}"
        state = _read_as(state_of, self._ask("GET", path, session=session))
        if state.header.slip.number != number:
            raise self._not_ours(Reason.MISMATCH, "another slip than was asked for")
        return state

    def sign_in(self, operator: str, pin: str, terminal: str) -> Session:
        """Open a session. `Denied` with `wrong-pin` or `unknown-operator`, `Busy` with `too-many-pins`."""
        body = {"operator": operator, "pin": pin, "terminal": terminal}
        return _read_as(session_of, self._ask("POST", "/v1/sessions", body=body))

    def sign_out(self, session: str) -> None:
        """Close a session."""
        self._ask("DELETE", "/v1/sessions", session=session)

    def enrol(self, code: str, terminal: str, name: str) -> str:
        """Bind this terminal to a site with the code an administrator gave; gives its token."""
        body = {"code": code, "terminal": terminal, "name": name}
        return _read_as(_token_of, self._ask("POST", "/v1/enrolments", body=body))

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
    ) -> _Answer:
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
        try:
            answer = self._exchange(method, path, content, headers)
            return answer if answer.status == 304 and etag else _sorted(answer)
        except (Busy, ServerError, Denied, Refused):
            raise
        except NoAnswer:
            self.close()
            raise
        except Exception as error:  # a library's surprise must not stop the sending for good
            self.close()
            raise fault_of(error) from error

    def _exchange(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> _Answer:
        http = self._http = self._http or self._connected()
        with http.stream(method, path, content=content, headers=headers) as response:
            read = bytearray()
            for piece in response.iter_bytes():
                read += piece
                if len(read) > self._settings.answer_limit:
                    raise NotOurs(Reason.UNREADABLE, f"more than {self._settings.answer_limit} bytes")
            return _Answer(response.status_code, response.headers, bytes(read))

    def _connected(self) -> httpx.Client:
        """Make a client that never connects twice by itself, follows nobody and asks the environment nothing."""
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpcore
        import httpx

        settings = self._settings
        tls = self._tls = self._tls or self._trust()
        transport = httpx.HTTPTransport(verify=tls, trust_env=False)
        # httpx offers no deadline for a whole request; its pool takes a network that keeps one
        transport._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=2,
            max_keepalive_connections=2,
            keepalive_expiry=30.0,
            retries=0,
            http2=False,
            network_backend=cast(Any, _DeadlineNetwork(httpcore.SyncBackend(), self._left)),
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
        """Give the seconds left for this request. Raises Unreachable when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Unreachable(Reason.TIMEOUT, f"not done within {self._settings.deadline_s:g} s")
        return left

    def _not_ours(self, reason: Reason, detail: str) -> NotOurs:
        self.close()
        return NotOurs(reason, detail)


@dataclass(frozen=True, slots=True)
class _Answer:
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


def _sorted(answer: _Answer) -> _Answer:
    """Let a success through and turn everything else into its kind of `NoAnswer`."""
    status = answer.status
    if 200 <= status < 300:
        return answer
    if 300 <= status < 400:
        raise NotOurs(Reason.REDIRECT, f"{status} to {answer.headers.get('location', '')[:200]!r}")
    problem = answer.problem()
    code, parameters = problem or ("", {})
    detail = f"{status} {parameters.get('detail', '')}".strip()
    if status in {429, 503}:
        raise Busy(retry_after(answer.headers), code, parameters, detail)
    if status == 511:  # the standard's word for a hotspot that wants a login first
        raise NotOurs(Reason.STATUS, detail)
    if status >= 500:
        raise ServerError(status, detail)
    if problem is None and status != 413:
        raise NotOurs(Reason.STATUS, detail)
    if status in {401, 403}:
        raise Denied(code, parameters, detail)
    raise Refused(code, parameters, status, detail)


def _fetched(reader: Callable[[Any], T], answer: _Answer) -> Fetched[T] | None:
    if answer.status == 304:
        return None
    return Fetched(_read_as(reader, answer), answer.headers.get("etag", ""))


def _read_as(reader: Callable[[Any], T], answer: _Answer) -> T:
    """Read an answer with one of the readers in `wire`. Raises NotOurs."""
    given = answer.json()
    try:
        return reader(given)
    except Exception as error:  # whatever a stranger's JSON makes a reader stumble over
        raise NotOurs(Reason.UNREADABLE, f"{type(error).__name__}: {error}"[:200]) from error


def _token_of(given: Any) -> str:
    token = given["token"]
    if not isinstance(token, str) or not token:
        raise ValueError("token must be text")
    return token


def _part(text: str) -> str:
    """Quote one part of a path or query."""
    return quote(text, safe="")


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


class _DeadlineNetwork:
    """A network on which no operation outlasts the request it belongs to: httpx times each one separately."""

    def __init__(self, inner: Any, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _DeadlineStream:
        """Open a connection."""
        opened = self._inner.connect_tcp(host, port, timeout=_least(timeout, self._left()), **options)
        return _DeadlineStream(opened, self._left)

    def sleep(self, seconds: float) -> None:
        """Wait; only ever asked for between two tries to connect, and there is one."""
        self._inner.sleep(min(seconds, self._left()))


class _DeadlineStream:
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
    ) -> _DeadlineStream:
        """Encrypt it."""
        secured = self._inner.start_tls(ssl_context, server_hostname, _least(timeout, self._left()))
        return _DeadlineStream(secured, self._left)

    def get_extra_info(self, info: str) -> Any:
        """Tell about it."""
        return self._inner.get_extra_info(info)


def _least(timeout: float | None, left: float) -> float:
    return left if timeout is None else min(timeout, left)
