"""Operators sign in and out; terminals are enrolled."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from server_stub.access import admit_terminal, end_session, enrol
from server_stub.backend import access_of, backend_of
from server_stub.problems import Problem
from server_stub.schema import EnrolmentAnswer, EnrolmentRequest, SessionGiven, SignInRequest
from server_stub.work import Work
from terminal.backend.wire.sessions import session_json

router = APIRouter()


@router.post("/v1/sessions", response_model=None, responses={200: {"model": SessionGiven}})
async def sign_in(request: Request, asked: SignInRequest) -> dict[str, Any]:
    """Sign an operator in (S17)."""
    backend = backend_of(request)
    try:
        session = await backend.sign_in(access_of(request), asked.operator, asked.pin, asked.terminal)
    except Problem as problem:
        backend.metrics.sign_ins.labels(problem.code).inc()
        raise
    backend.metrics.sign_ins.labels("accepted").inc()
    return session_json(session)


@router.delete("/v1/sessions", status_code=204)
async def sign_out(request: Request) -> None:
    """Sign the operator of this session out."""
    access = access_of(request)

    def job(work: Work) -> None:
        admit_terminal(work.driver, access)
        end_session(work.driver, access)

    await backend_of(request).writer.run(job)


@router.post("/v1/enrolments", response_model=EnrolmentAnswer)
async def enrolment(request: Request, asked: EnrolmentRequest) -> EnrolmentAnswer:
    """Bind a terminal to this backend with a code that an administrator made (D10)."""

    def job(work: Work) -> str:
        return enrol(work.driver, asked.code, asked.terminal, asked.name)

    return EnrolmentAnswer(token=await backend_of(request).writer.run(job))
