"""Hearing at once which documents change: server-sent events, as the HTML Living Standard has them.

A message names a document and says nothing else: what it holds now is read by `GET /v1/slips/{number}`. Whoever
connects, again too, has heard nothing until then and reads the documents once.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from server_stub.access import Access, admit_session, admit_terminal
from server_stub.backend import Backend, access_of, backend_of
from server_stub.database import reading
from server_stub.live import DOCUMENTS, Hub, Listener, Origin
from server_stub.prepared import Driver
from server_stub.routes.events import check_name

PACE_S = 0.1
"""Seconds between two messages to one listener at the least: what changes meanwhile comes together."""
STUCK_S = 30.0
"""Seconds after which a listener that takes nothing is given up."""
LIFE_S = 900.0
"""Seconds after which a stream ends, so that whoever listens shows again that it may."""

HEAD = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies of nginx' kind keep nothing back then
]
BEGUN = b": listening\n\n"
ALIVE = b":\n\n"

router = APIRouter()
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Messages `document`", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.get("/v1/live", response_class=Response, responses=_EVENTS)
async def live(
    request: Request, terminal: str, epoch: str, document: Annotated[list[str], Query(max_length=DOCUMENTS)]
) -> Response:
    """Say at once which of these documents others have changed."""
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    check_name("epoch", epoch)
    for number in document:
        check_name("document", number)
    await run_in_threadpool(_admit, backend, access, terminal)
    return Stream(backend.hub, Origin(terminal, epoch), frozenset(document), backend.settings.live.heartbeat_seconds)


def _admit(backend: Backend, access: Access, terminal: str) -> None:
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access, terminal)
        admit_session(driver, access)


class Stream(Response):
    """An answer that goes on until the client is gone, the server stops, or its time is over."""

    def __init__(self, hub: Hub, origin: Origin, documents: frozenset[str], heartbeat_s: float) -> None:
        super().__init__()
        self._hub = hub
        self._origin = origin
        self._documents = documents
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0. Raises Problem where too many listen already."""
        with self._hub.listening(self._origin, self._documents) as listener:
            gone = asyncio.create_task(_until_gone(receive, listener))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": HEAD})
                await self._speak(listener, send)
            except TimeoutError:
                return  # it takes nothing: its connection is closed
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _speak(self, listener: Listener, send: Send) -> None:
        """Send what changes, and a sign of life where nothing does. Raises TimeoutError where nothing is taken."""
        until = time.monotonic() + LIFE_S
        changed: list[str] = []
        piece = BEGUN
        while not listener.ended and time.monotonic() < until:
            async with asyncio.timeout(STUCK_S):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if changed:
                await asyncio.sleep(PACE_S)
            changed = await listener.wait(self._heartbeat_s)
            piece = b"".join(_message(number) for number in changed) or ALIVE


def _message(document: str) -> bytes:
    return b"event: document\ndata: %s\n\n" % json.dumps({"document": document}).encode("ascii")


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()
