"""The parts of a running server, for the routes."""

from __future__ import annotations

from fastapi import Request
from msgspec import Struct
from sqlalchemy import Engine
from starlette.types import Scope

from server_stub.access import Access
from server_stub.live import Hub
from server_stub.metrics import Metrics
from server_stub.settings import Settings
from server_stub.signing import SignIn
from server_stub.writer import Writer

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


class Backend(Struct, frozen=True):
    """What the routes work with."""

    settings: Settings
    engine: Engine
    writer: Writer
    sign_in: SignIn
    metrics: Metrics
    hub: Hub
    demo: bool = False


def backend_of(request: Request) -> Backend:
    """Give the parts of the server that a request came to."""
    found = request.app.state.backend
    assert isinstance(found, Backend)
    return found


def access_of(request: Request) -> Access:
    """Read what a request shows of itself."""
    return access_in(request.scope, backend_of(request))


def access_in(scope: Scope, backend: Backend) -> Access:
    """Read what a request shows of itself: `Authorization: Bearer …` and `Scan-Session: …`."""
    device = session = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            device = token.strip() if scheme.lower() == "bearer" else ""
        elif name == b"scan-session":
            session = value.decode("latin-1")
    client = scope.get("client")
    return Access(device, session, trusted=backend.demo and client is not None and client[0] in LOOPBACK)
