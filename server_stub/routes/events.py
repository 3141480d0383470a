"""The way in for what terminals recorded. Only the device counts here: unsent scans outlive sessions (D11)."""

from __future__ import annotations

import time
from collections import Counter

from fastapi import APIRouter, Request, Response

from server_stub import clock
from server_stub.access import admit_terminal
from server_stub.backend import access_of, backend_of
from server_stub.envelope import BODY_LIMIT, is_name, read_envelope
from server_stub.intake import Taken, take_in
from server_stub.metrics import Metrics
from server_stub.problems import Problem
from server_stub.schema import BATCH_BODY, BatchAnswered
from server_stub.work import Work

PATH = "/v1/terminals/{terminal}/events"
router = APIRouter()


async def take_events(request: Request) -> Response:
    """Take a batch of events in; each is answered once and for all."""
    began = time.perf_counter()
    terminal = request.path_params["terminal"]
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    envelope = read_envelope(await limited_body(request))

    def job(work: Work) -> Taken:
        admit_terminal(work.driver, access, terminal)
        return take_in(work, terminal, envelope)

    taken = await backend.writer.run(job)
    _count(backend.metrics, taken, len(envelope.events), time.perf_counter() - began)
    text = f'{{"answers":[{",".join(taken.answers)}],"cursor":{taken.cursor},"server_time":"{clock.now()}"}}'
    return Response(text.encode("ascii"), media_type="application/json")


@router.post(
    PATH,
    response_model=None,
    responses={200: {"model": BatchAnswered}},
    openapi_extra={"requestBody": BATCH_BODY},
)
async def described_events(request: Request, terminal: str) -> Response:
    """Take a batch of events in; each is answered once and for all."""
    return await take_events(request)


def check_name(name: str, value: str) -> None:
    """Refuse a terminal, an epoch or a number that can't name anything. Raises Problem."""
    if not is_name(value):
        raise Problem(422, "malformed-request", f"{name} must be 1 to 64 visible ASCII characters.", field=name)


async def limited_body(request: Request) -> bytes:
    """Read a body, but no further than the limit. Raises Problem."""
    too_large = Problem(413, "too-large", f"A batch holds at most {BODY_LIMIT} bytes.", limit=BODY_LIMIT)
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > BODY_LIMIT:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_LIMIT:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def _count(metrics: Metrics, taken: Taken, size: int, seconds: float) -> None:
    for outcome, number in Counter(taken.outcomes).items():
        metrics.events.labels(outcome).inc(number)
    metrics.batch.observe(size)
    metrics.intake.observe(seconds)
