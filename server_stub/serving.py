"""Running the server: one line with its URL on stdout when it can be asked, and a clean end on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from server_stub.app import make_app
from server_stub.settings import Settings

SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the writer thread waiting after a commit."""


class _Server(uvicorn.Server):
    """Uvicorn, with a line that tells whoever started it where it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit and sockets:
            print(_url(sockets[0]), flush=True)


def serve(settings: Settings, engine: Engine, *, demo: bool) -> int:
    """Serve until a signal comes; gives the exit status. Raises OSError when the port can't be had."""
    sys.setswitchinterval(SWITCH_SECONDS)
    listener = _listen(settings.server.host, settings.server.port)
    server = _Server(_config(make_app(settings, engine, demo=demo)))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises a signal again when it has ended: then it is done
    with listener, asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listener]))
    return 0 if server.started else 1


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        access_log=False,
        log_level="warning",
        proxy_headers=False,  # a header must not make a stranger look like loopback
        server_header=False,
        timeout_graceful_shutdown=5,
        backlog=2048,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
