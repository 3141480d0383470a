"""The way in for what terminals recorded. Only the device counts here: unsent scans outlive sessions (D11)."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from server_stub import clock
from server_stub.access import admit_terminal
from server_stub.backend import Backend, access_in, backend_of
from server_stub.envelope import BODY_LIMIT, is_name, read_envelope
from server_stub.intake import Taken, take_in
from server_stub.metrics import Metrics
from server_stub.problems import Problem
from server_stub.schema import BATCH_BODY, BatchAnswered
from server_stub.work import Work

PATH = "/v1/terminals/{terminal}/events"
_LANE = re.compile("/v1/terminals/([^/]+)/events")
router = APIRouter()
log = logging.getLogger(__name__)


class EventsLane:
    """Takes batches of events before any framework does; everything else goes on to `others`.

    A scan is stored in less time than routing, a request object and a response object cost.
    """

    def __init__(self, others: ASGIApp, backend: Backend, answer: Callable[[Exception], Response]) -> None:
        self._others = others
        self._backend = backend
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0."""
        found = _LANE.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._others(scope, receive, send)
            return
        try:
            body = await take_events(self._backend, found[1], scope, receive)
        except ClientDisconnect:
            return
        except Exception as error:
            answer = self._answer(error)
            if answer.status_code == 500:
                log.exception("a batch of events was not taken in")
            await answer(scope, receive, send)
            return
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


async def take_events(backend: Backend, terminal: str, scope: Scope, receive: Receive) -> bytes:
    """Take a batch of events in; each is answered once and for all. Gives the answer's JSON. Raises Problem."""
    began = time.perf_counter()
    access = access_in(scope, backend)
    check_name("terminal", terminal)
    envelope = read_envelope(await _limited_body(scope, receive))

    def job(work: Work) -> Taken:
        admit_terminal(work.driver, access, terminal)
        return take_in(work, terminal, envelope)

    taken = await backend.writer.run(job)
    _count(backend.metrics, taken, len(envelope.events), time.perf_counter() - began)
    text = f'{{"answers":[{",".join(taken.answers)}],"cursor":{taken.cursor},"server_time":"{clock.now()}"}}'
    return text.encode("ascii")


@router.post(
    PATH,
    response_model=None,
    responses={200: {"model": BatchAnswered}},
    openapi_extra={"requestBody": BATCH_BODY},
)
async def described_events(request: Request, terminal: str) -> Response:
    """Take a batch of events in; each is answered once and for all."""
    body = await take_events(backend_of(request), terminal, request.scope, request.receive)
    return Response(body, media_type="application/json")


def check_name(name: str, value: str) -> None:
    """Refuse a terminal, an epoch or a number that can't name anything. Raises Problem."""
    if not is_name(value):
        raise Problem(422, "malformed-request", f"{name} must be 1 to 64 visible ASCII characters.", field=name)


async def _limited_body(scope: Scope, receive: Receive) -> bytes:
    """Read a body, but no further than the limit. Raises Problem, ClientDisconnect."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > BODY_LIMIT:
            raise _too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _too_large() -> Problem:
    return Problem(413, "too-large", f"A batch holds at most {BODY_LIMIT} bytes.", limit=BODY_LIMIT)


def _count(metrics: Metrics, taken: Taken, size: int, seconds: float) -> None:
    for outcome, number in Counter(taken.outcomes).items():
        metrics.events.labels(outcome).inc(number)
    metrics.batch.observe(size)
    metrics.intake.observe(seconds)
