"""What terminals fetch. An unchanged answer is not sent again: ETag, If-None-Match, 304."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from server_stub import reading as read
from server_stub.access import admit_session, admit_terminal
from server_stub.backend import Backend, access_of, backend_of
from server_stub.database import reading
from server_stub.masterdata import recall_part
from server_stub.prepared import Driver
from server_stub.routes.events import check_name
from server_stub.schema import DocumentsGiven, MasterGiven, OrderStateGiven, RecallsGiven, StateGiven
from server_stub.work import Work
from terminal.backend.wire.documents import documents_json, order_state_json, state_json
from terminal.backend.wire.master import master_json
from terminal.backend.wire.recalls import recall_part_json

T = TypeVar("T")
router = APIRouter()
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag given"}}


@router.get(
    "/v1/terminals/{terminal}/master",
    response_model=None,
    responses={200: {"model": MasterGiven}, **_NOT_MODIFIED},
)
async def master(request: Request, terminal: str, epoch: str, slip_prefix: str = "") -> Response:
    """Give the master data; the first time, allot this terminal and epoch its prefixes for documents (S13).

    `slip_prefix` is the one that the terminal has, if it has one: it keeps it.
    """
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    check_name("epoch", epoch)

    def number(work: Work) -> int:
        admit_terminal(work.driver, access, terminal)
        return work.inbox.allot_number(terminal, epoch, read.number_in(slip_prefix))

    allotted = await backend.writer.run(number)
    return await run_in_threadpool(_master, backend, request, terminal, allotted)


def _master(backend: Backend, request: Request, terminal: str, number: int) -> Response:
    with reading(backend.engine) as connection:
        found = read.master(Driver.of(connection), terminal, number)
    return _tagged(request, master_json(found))


@router.get("/v1/terminals/{terminal}/recalls", response_model=RecallsGiven)
def recalls(request: Request, terminal: str, after: Annotated[int, Query(ge=0, lt=2**53)] = 0) -> Response:
    """Give a part of the list of recalls (I9), as much as a terminal takes at once; the master data name the list."""
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access, terminal)
        found = recall_part(driver, after)
    return Response(json.dumps(recall_part_json(found)), media_type="application/json")


@router.get("/v1/documents", response_model=None, responses={200: {"model": DocumentsGiven}, **_NOT_MODIFIED})
def documents(request: Request) -> Response:
    """Give orders with something left to ship or to invoice, drafts, and recent slips, invoices and counter sales."""
    backend, access = backend_of(request), access_of(request)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access)
        admit_session(driver, access)
        found = read.documents(driver, backend.settings.documents.days)
    return _tagged(request, documents_json(found))


@router.get("/v1/slips/{number:path}", response_model=None, responses={200: {"model": StateGiven}, **_NOT_MODIFIED})
def slip(request: Request, number: str, terminal: str, epoch: str) -> Response:
    """Give one slip, invoice or counter sale with its registrations, all from one moment."""
    found = _from_one_moment(request, terminal, epoch, lambda driver: read.slip_state(driver, number, terminal, epoch))
    return _tagged(request, state_json(found))


@router.get(
    "/v1/orders/{number:path}", response_model=None, responses={200: {"model": OrderStateGiven}, **_NOT_MODIFIED}
)
def order(request: Request, number: str, terminal: str, epoch: str) -> Response:
    """Give one order with all its slips and invoices and their registrations, all from one moment (S12, S14)."""
    found = _from_one_moment(request, terminal, epoch, lambda driver: read.order_state(driver, number, terminal, epoch))
    return _tagged(request, order_state_json(found))


def _from_one_moment(request: Request, terminal: str, epoch: str, ask: Callable[[Driver], T]) -> T:
    """Read for a terminal of ours with somebody signed in. Raises Problem."""
    backend, access = backend_of(request), access_of(request)
    check_name("terminal", terminal)
    check_name("epoch", epoch)
    with reading(backend.engine) as connection:
        driver = Driver.of(connection)
        admit_terminal(driver, access, terminal)
        admit_session(driver, access)
        return ask(driver)


def _tagged(request: Request, content: Mapping[str, Any]) -> Response:
    body = json.dumps(content).encode("ascii")
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
