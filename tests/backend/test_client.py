"""What each answer, and each exception, turns into."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal.backend.answers import Busy, Denied, NoAnswer, NotOurs, Reason, Refused, ServerError, Unreachable
from terminal.backend.client import Client, fault_of
from terminal.backend.reply import retry_after
from terminal.backend.wire.events import answer_of

from . import faulty
from .conftest import patient
from .faulty import FaultyServer, answering, problem

EXCEPTIONS: dict[str, tuple[type[NoAnswer], Reason]] = {
    "HTTPError": (Unreachable, Reason.UNKNOWN),
    "RequestError": (Unreachable, Reason.UNKNOWN),
    "TransportError": (Unreachable, Reason.UNKNOWN),
    "TimeoutException": (Unreachable, Reason.TIMEOUT),
    "ConnectTimeout": (Unreachable, Reason.TIMEOUT),
    "ReadTimeout": (Unreachable, Reason.TIMEOUT),
    "WriteTimeout": (Unreachable, Reason.TIMEOUT),
    "PoolTimeout": (Unreachable, Reason.TIMEOUT),
    "NetworkError": (Unreachable, Reason.BROKEN),
    "ReadError": (Unreachable, Reason.BROKEN),
    "WriteError": (Unreachable, Reason.BROKEN),
    "CloseError": (Unreachable, Reason.BROKEN),
    "ConnectError": (Unreachable, Reason.NO_ROUTE),
    "ProxyError": (Unreachable, Reason.PROTOCOL),
    "UnsupportedProtocol": (Unreachable, Reason.ADDRESS),
    "ProtocolError": (Unreachable, Reason.PROTOCOL),
    "LocalProtocolError": (Unreachable, Reason.PROTOCOL),
    "RemoteProtocolError": (Unreachable, Reason.BROKEN),
    "DecodingError": (NotOurs, Reason.UNREADABLE),
    "TooManyRedirects": (NotOurs, Reason.UNREADABLE),
    "HTTPStatusError": (NotOurs, Reason.UNREADABLE),
    "CookieConflict": (NotOurs, Reason.UNREADABLE),
    "InvalidURL": (Unreachable, Reason.ADDRESS),
    "StreamError": (Unreachable, Reason.UNKNOWN),
    "StreamConsumed": (Unreachable, Reason.UNKNOWN),
    "StreamClosed": (Unreachable, Reason.UNKNOWN),
    "ResponseNotRead": (Unreachable, Reason.UNKNOWN),
    "RequestNotRead": (Unreachable, Reason.UNKNOWN),
}
"""Every exception of httpx, and what it becomes. A new one has to be thought about here."""


def _all_below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _all_below(below)


def _made(kind: type[BaseException]) -> Exception:
    made = kind.__new__(kind)
    made.args = ("said so",)
    assert isinstance(made, Exception)
    return made


def test_every_exception_of_httpx_is_mapped() -> None:
    found = {
        each.__name__: each
        for root in (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
        for each in _all_below(root)
    }
    public = {n for n in dir(httpx) if isinstance(getattr(httpx, n), type) and issubclass(getattr(httpx, n), Exception)}
    assert found.keys() == EXCEPTIONS.keys() == public
    mapped = {name: fault_of(_made(kind)) for name, kind in found.items()}
    assert {name: (type(fault), fault.reason) for name, fault in mapped.items()} == EXCEPTIONS


@pytest.mark.parametrize(
    ("below", "reason"),
    [
        (ConnectionRefusedError(), Reason.CONNECTION_REFUSED),
        (socket.gaierror(), Reason.NAME_NOT_FOUND),
        (ssl.SSLCertVerificationError(), Reason.CERTIFICATE),
        (ConnectionResetError(), Reason.BROKEN),
        (OSError("no route"), Reason.NO_ROUTE),
    ],
)
def test_a_failed_connection_says_why(below: Exception, reason: Reason) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = below
    assert fault_of(error).reason == reason


def test_whatever_else_happens_is_an_unknown_outcome() -> None:
    assert fault_of(RuntimeError("surprise")).reason == Reason.UNKNOWN
    assert fault_of(ssl.SSLError("bad file")).reason == Reason.CERTIFICATE


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "99999999999999999999"}, 300),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:30 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:30 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 300),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:30", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


_made_here: list[Client] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made_here:
        _made_here.pop().close()


def _client(server: FaultyServer, **settings: Any) -> Client:
    server.only_events = False
    client = Client(patient(server.url, **settings))
    _made_here.append(client)
    return client


def _raised(server: FaultyServer, fault: faulty.Fault) -> NoAnswer:
    server.faults.append(fault)
    client = _client(server)
    with pytest.raises(NoAnswer) as raised:
        client.send_events("t", "e", [{"id": "a", "sequence": 1}])
    client.close()
    return raised.value


def test_problems_become_their_kind(server: FaultyServer) -> None:
    busy = _raised(server, answering(problem(503, "unavailable", {"Retry-After": "3"})))
    assert isinstance(busy, Busy)
    assert (busy.retry_after_s, busy.code) == (3.0, "unavailable")
    too_many = _raised(server, answering(problem(429, "too-many-pins", {"Retry-After": "900"}, seconds=900)))
    assert isinstance(too_many, Busy)
    assert (too_many.retry_after_s, too_many.parameters["seconds"]) == (300.0, 900)
    failed = _raised(server, answering((502, {"Content-Type": "text/html"}, b"<html>")))
    assert isinstance(failed, ServerError)
    assert failed.status == 502
    denied = _raised(server, answering(problem(403, "other-terminal", terminal="t")))
    assert isinstance(denied, Denied)
    assert (denied.code, denied.parameters["terminal"]) == ("other-terminal", "t")
    refused = _raised(server, answering(problem(422, "malformed-batch")))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("malformed-batch", 422)
    by_proxy = _raised(server, answering((413, {"Content-Type": "text/html"}, b"<html>")))
    assert isinstance(by_proxy, Refused)
    assert by_proxy.code == ""


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((200, {"Content-Type": "text/html"}, b"<html>"), Reason.NOT_JSON),
        ((200, {}, b"{}"), Reason.NOT_JSON),
        ((204, {}, b""), Reason.NOT_JSON),
        ((302, {"Location": "/login"}, b""), Reason.REDIRECT),
        ((304, {}, b""), Reason.REDIRECT),
        ((200, {"Content-Type": "application/json"}, b""), Reason.UNREADABLE),
        ((200, {"Content-Type": "application/json"}, b"\xff\xfe"), Reason.UNREADABLE),
        (
            (200, {"Content-Type": "application/json"}, b'{"answers":[[]],"cursor":1,"server_time":""}'),
            Reason.UNREADABLE,
        ),
        ((200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"no gzip"), Reason.UNREADABLE),
        ((401, {"Content-Type": "text/html"}, b"<html>"), Reason.STATUS),
        ((403, {"Content-Type": "application/json"}, b"{}"), Reason.STATUS),
        ((404, {"Content-Type": "text/plain"}, b"no"), Reason.STATUS),
        ((511, {"Content-Type": "text/html"}, b"login"), Reason.STATUS),
    ],
)
def test_strangers_are_told_from_our_server(server: FaultyServer, reply: faulty.Reply, reason: Reason) -> None:
    raised = _raised(server, answering(reply))
    assert isinstance(raised, NotOurs)
    assert raised.reason == reason


def test_an_answer_beyond_the_limit_is_cut_off(server: FaultyServer) -> None:
    assert "more than 200000 bytes" in _raised(server, faulty.endless).detail


@pytest.mark.parametrize(
    "body",
    [
        {"answers": [{"id": "a", "sequence": 1, "outcome": "accepted"}], "cursor": 0, "server_time": ""},
        {"answers": [{"id": "b", "sequence": 1, "outcome": "accepted"}], "cursor": 1, "server_time": ""},
        {"answers": [{"id": "a", "sequence": 2, "outcome": "accepted"}], "cursor": 2, "server_time": ""},
        {"answers": [{"id": "a", "sequence": 1, "outcome": "accepted"}] * 2, "cursor": 1, "server_time": ""},
    ],
)
def test_answers_that_do_not_fit_what_was_sent(server: FaultyServer, body: object) -> None:
    raised = _raised(server, answering(faulty.json_reply(200, body)))
    assert isinstance(raised, NotOurs)
    assert raised.reason == Reason.MISMATCH


@pytest.mark.parametrize("fault", [faulty.drip_headers, faulty.drip_body, faulty.half_open])
def test_no_request_outlasts_its_deadline(server: FaultyServer, fault: faulty.Fault) -> None:
    began = time.monotonic()
    raised = _raised(server, fault)
    assert isinstance(raised, Unreachable)
    assert raised.reason == Reason.TIMEOUT
    assert time.monotonic() - began < 3  # what is dripped takes longer than ten


def test_many_timeouts_leave_the_pool_well(server: FaultyServer) -> None:
    client = _client(server, read_s=0.02)
    server.faults.extend([faulty.half_open] * 50)
    while server.faults:
        with pytest.raises(Unreachable):
            client.send_events("t", "e", [])
    for _ in range(10):
        with contextlib.suppress(Unreachable):  # a slow machine may need longer than that
            assert client.send_events("t", "e", []).cursor == 0
            return
    pytest.fail("the client never recovered")


def test_a_good_connection_is_used_again(server: FaultyServer) -> None:
    client = _client(server)
    for _ in range(20):
        client.send_events("t", "e", [])
    assert server.connections == 1
    client.close()
    client.send_events("t", "e", [])
    assert server.connections == 2


def test_a_connection_the_server_closed_while_idle_is_no_fault(server: FaultyServer) -> None:
    server.faults.append(lambda request: faulty.honest(request) and False)
    client = _client(server)
    client.send_events("t", "e", [])
    time.sleep(0.05)
    client.send_events("t", "e", [])
    assert server.connections == 2


def test_what_is_sent_carries_the_credentials(server: FaultyServer) -> None:
    seen: list[dict[str, str]] = []

    def look(request: faulty.Request) -> bool:
        seen.append(request.headers)
        return faulty.honest(request)

    server.faults.extend([look] * 3)
    client = _client(server, device_token="device-1")
    client.documents("session-1", '"tag"')
    client.send_events("t", "e", [])
    client.sign_out("session-1")
    assert [each.get("authorization") for each in seen] == ["Bearer device-1"] * 3
    assert [each.get("scan-session") for each in seen] == ["session-1", None, "session-1"]
    assert seen[0]["if-none-match"] == '"tag"'
    assert seen[1]["content-type"] == "application/json"


def test_reading_everything(server: FaultyServer) -> None:
    client = _client(server)
    master = client.master("t", "e")
    assert master is not None
    assert master.value.slip_prefix == "PS-T1"
    assert client.master("t", "e", master.etag) is None
    session = client.sign_in("1001", "1111", "t")
    documents = client.documents(session.token)
    assert documents is not None
    assert [header.slip.number for header in documents.value.slips] == ["PS-1"]
    assert client.slip("PS-1", "t", "e", session.token).cursor == 0
    with pytest.raises(Refused, match="unknown-document"):
        client.slip("PS/?#", "t", "e", session.token)
    with pytest.raises(Denied, match="wrong-pin"):
        client.sign_in("1001", "9", "t")


def test_the_environment_has_no_say(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert _client(server).send_events("t", "e", []).cursor == 0


def test_an_unknown_code_does_not_hide_the_outcome() -> None:
    given = {"id": "a", "sequence": 1, "outcome": "rejected", "code": "of-tomorrow", "parameters": {}}
    answer = answer_of(given)
    assert str(answer.judgement.outcome) == "rejected"
    assert answer.judgement.refusal is None


def test_httpx_is_imported_with_the_first_request_only() -> None:
    text = (
        "import sys; import terminal.backend.sender; from terminal.backend.client import *;"
        "c = Client(ServerSettings('http://127.0.0.1:1')); print('httpx' in sys.modules);"
        "\ntry: c.send_events('t', 'e', [])\nexcept Unreachable as e: print('httpx' in sys.modules, e.reason)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "connection-refused"]


# Certificates.

_CA = """
[ca]
default_ca = it
[it]
database = {directory}/index
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1
"""


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority with one certificate that is good and one that has expired, both for 127.0.0.1."""
    at = tmp_path_factory.mktemp("certificates")
    try:
        _openssl("version")
    except OSError:
        pytest.skip("there is no openssl here to make certificates with")
    (at / "ca.cnf").write_text(_CA.format(directory=at))
    (at / "index").touch()
    (at / "index.attr").write_text("unique_subject = no\n")
    (at / "serial").write_text("01")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout")
    _openssl("req", "-x509", *new, at / "ca.key", "-out", at / "ca.pem", "-subj", "/CN=ours", "-days", "2")
    _openssl("req", "-new", *new, at / "key.pem", "-out", at / "csr.pem", "-subj", "/CN=server")
    sign = ("ca", "-batch", "-config", at / "ca.cnf", "-cert", at / "ca.pem", "-keyfile", at / "ca.key", "-in")
    _openssl(*sign, at / "csr.pem", "-out", at / "good.pem", "-days", "2")
    times = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
    _openssl(*sign, at / "csr.pem", "-out", at / "expired.pem", *times)
    return at


@pytest.mark.parametrize(
    ("shown", "trusted", "words"),
    [
        ("good.pem", "ca.pem", None),
        ("expired.pem", "ca.pem", "expired"),
        ("good.pem", None, "unable to get local issuer"),
        ("good.pem", "missing.pem", "No such file"),
    ],
)
def test_certificates(certificates: Path, shown: str, trusted: str | None, words: str | None) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / shown, certificates / "key.pem")
    server = FaultyServer(tls)
    client = Client(patient(server.url, ca_file=certificates / trusted if trusted else None))
    if words is None:
        assert client.send_events("t", "e", []).cursor == 0
    else:
        with pytest.raises(Unreachable, match=words) as raised:
            client.send_events("t", "e", [])
        assert raised.value.reason == Reason.CERTIFICATE
    client.close()
    server.close()


def test_no_certificate_where_one_is_expected(server: FaultyServer) -> None:
    client = Client(patient(server.url.replace("http:", "https:")))
    with pytest.raises(Unreachable) as raised:
        client.send_events("t", "e", [])
    assert raised.value.reason in {Reason.CERTIFICATE, Reason.TIMEOUT, Reason.BROKEN}
