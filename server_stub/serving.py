"""Running the server: one line with its URL on stdout when it can be asked, and a clean end on SIGTERM.

Where it is told so, it also ends when its stdin does: whoever started it with a pipe there is gone then, however that
came about.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp

from server_stub.app import make_app
from server_stub.live import Hub
from server_stub.settings import Settings

SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the writer thread waiting after a commit."""
KEEP_ALIVE_S = 40
"""Seconds that an idle connection stays open: longer than the 30 s after which a terminal closes its own."""


class _Server(uvicorn.Server):
    """Uvicorn, with a line that tells whoever started it where it listens, and an end to streams that have none."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit and sockets:
            print(_url(sockets[0]), flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.end()
        await super().shutdown(sockets)


def serve(settings: Settings, engine: Engine, *, demo: bool, end_with_stdin: bool = False) -> int:
    """Serve until a signal comes, or stdin ends; gives the exit status. Raises OSError when the port can't be had."""
    sys.setswitchinterval(SWITCH_SECONDS)
    listener = _listen(settings.server.host, settings.server.port)
    hub = Hub(settings.live.listeners)
    server = _Server(_config(make_app(settings, engine, hub, demo=demo)), hub)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises a signal again when it has ended: then it is done
    if end_with_stdin:
        threading.Thread(target=_end_with_stdin, args=(server,), name="stdin", daemon=True).start()
    with listener, asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listener]))
    return 0 if server.started else 1


def _end_with_stdin(server: _Server) -> None:
    """Have the server end when stdin does; what comes in until then means nothing."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        return  # there was no stdin to end
    server.should_exit = True


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        access_log=False,
        log_level="warning",
        proxy_headers=False,  # a header must not make a stranger look like loopback
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
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
