"""What terminals fetch. An unchanged answer is not sent again: ETag, If-None-Match, 304."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from server_stub import reading as read
from server_stub.access import admit_session, admit_terminal
from server_stub.backend import Backend, access_of, backend_of
from server_stub.database import reading
from server_stub.prepared import Driver
from server_stub.routes.events import check_name
from server_stub.schema import DocumentsGiven, MasterGiven, StateGiven
from server_stub.work import Work
from terminal.backend.wire import documents_json, master_json, state_json

router = APIRouter()
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag given"}}


@router.get(
    "/v1/terminals/{terminal}/master",
    response_model=None,
    responses={200: {"model": MasterGiven}, **_NOT_MODIFIED},
)
async def master(request: Request, terminal: str, epoch: str) -> Response:
    """Give the master data; the first time, allot this terminal and epoch its prefix for slips (S13)."""
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    check_name("epoch", epoch)

    def prefix(work: Work) -> str:
        admit_terminal(work.driver, access, terminal)
        return work.inbox.allot_prefix(terminal, epoch)

    allotted = await backend.writer.run(prefix)
    return await run_in_threadpool(_master, backend, request, terminal, allotted)


def _master(backend: Backend, request: Request, terminal: str, slip_prefix: str) -> Response:
    with reading(backend.engine) as connection:
        found = read.master(Driver.of(connection), terminal, slip_prefix)
    return _tagged(request, master_json(found))


@router.get("/v1/documents", response_model=None, responses={200: {"model": DocumentsGiven}, **_NOT_MODIFIED})
def documents(request: Request) -> Response:
    """Give orders with something left, drafts, and recent slips."""
    backend, access = backend_of(request), access_of(request)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access)
        admit_session(driver, access)
        found = read.documents(driver, backend.settings.documents.days)
    return _tagged(request, documents_json(found))


@router.get("/v1/slips/{number:path}", response_model=None, responses={200: {"model": StateGiven}})
def slip(request: Request, number: str, terminal: str, epoch: str) -> Response:
    """Give one slip with its registrations, all from one moment."""
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    check_name("epoch", epoch)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access, terminal)
        admit_session(driver, access)
        found = read.slip_state(driver, number, terminal, epoch)
    return Response(json.dumps(state_json(found)), media_type="application/json")


def _tagged(request: Request, content: Mapping[str, Any]) -> Response:
    body = json.dumps(content).encode("ascii")
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
