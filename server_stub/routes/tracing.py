"""What is asked about single units: where a serial went, and which units still want one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from server_stub.access import admit_session, admit_terminal
from server_stub.backend import access_of, backend_of
from server_stub.database import reading
from server_stub.envelope import TEXT_LIMIT
from server_stub.prepared import Driver
from server_stub.problems import Problem
from server_stub.schema import OpenBlanksGiven, TraceGiven
from server_stub.tracing import open_blanks, trace
from terminal.backend.wire.tracing import MOST_BLANKS, open_blanks_json, trace_json

MOST_AT_ALL = 1_000
"""Units that one answer holds, whatever is asked for."""

router = APIRouter()
Code = Annotated[str, Query(max_length=TEXT_LIMIT)]


@router.get("/v1/trace", response_model=None, responses={200: {"model": TraceGiven}})
def where_it_went(request: Request, serial: Code, item: Code = "") -> Response:
    """Say where every unit went that ever had a serial (S18); `item`, its number or a reference, narrows it down."""
    if not serial.strip(" \t\r\n"):
        raise Problem(422, "malformed-request", "serial must not be empty.", field="serial")
    return _answer(request, lambda driver: trace_json(trace(driver, serial, item)))


@router.get("/v1/blanks", response_model=None, responses={200: {"model": OpenBlanksGiven}})
def what_wants_a_serial(
    request: Request,
    order: Code = "",
    item: Code = "",
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ALL)] = MOST_BLANKS,
) -> Response:
    """Give the units that were not readable and still have no serial, until an invoice with them is posted (S9)."""
    return _answer(request, lambda driver: open_blanks_json(open_blanks(driver, order, item, limit)))


def _answer(request: Request, ask: Callable[[Driver], Mapping[str, Any]]) -> Response:
    """Read for a terminal of ours with somebody signed in, all from one moment; nothing keeps it. Raises Problem."""
    backend, access = backend_of(request), access_of(request)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access)
        admit_session(driver, access)
        found = ask(driver)
    body = json.dumps(found).encode("ascii")
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")
