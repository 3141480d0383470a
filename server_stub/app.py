"""The HTTP face of the backend: thin routes, and every error as a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from server_stub.backend import Backend
from server_stub.envelope import as_text
from server_stub.live import Hub
from server_stub.metrics import Metrics
from server_stub.problems import MEDIA_TYPE, Problem, unavailable
from server_stub.routes import documents, events, health, live, signing, tracing
from server_stub.schema import BatchSent, ProblemGiven
from server_stub.settings import Settings
from server_stub.signing import SignIn
from server_stub.writer import Writer, driver_faults

_CODES = {404: "not-found", 405: "method-not-allowed", 400: "bad-request"}
log = logging.getLogger(__name__)


def make_app(settings: Settings, engine: Engine, hub: Hub, *, demo: bool = False) -> ASGIApp:
    """Build the server over an open database. `demo`: loopback terminals need no enrolment.

    Batches of events take a lane of their own; FastAPI has the same route for its OpenAPI page and for other methods.
    """
    writer = Writer(engine, hub.publish)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        writer.start()
        yield
        writer.stop()

    described = FastAPI(title="Reference backend", version="1", docs_url=None, redoc_url=None, lifespan=life)
    for routes in (health, events, documents, live, signing, tracing):
        described.include_router(routes.router)
    described.openapi = lambda: _openapi(described)  # type: ignore[method-assign]
    backend = described.state.backend = Backend(
        settings, engine, writer, SignIn(writer, settings), Metrics(), hub, demo
    )
    answers = _answers(engine)

    def answered(error: Exception) -> Response:
        return next(answer(error) for kind, answer in answers.items() if isinstance(error, kind))

    async def handler(_: Request, error: Exception) -> Response:
        return answered(error)

    for kind in answers:
        described.add_exception_handler(kind, handler)
    return events.EventsLane(described, backend, answered)


def _answers(engine: Engine) -> dict[type[Exception], Callable[[Exception], Response]]:
    return {
        Problem: _problem,
        HTTPException: _http_problem,
        RequestValidationError: _malformed,
        OperationalError: _database_problem,
        **dict.fromkeys(driver_faults(engine), _database_problem),
        Exception: _internal_error,
    }


def _answer(problem: Problem) -> Response:
    return Response(as_text(problem.document()), problem.status, problem.headers, MEDIA_TYPE)


def _problem(error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(error)


def _http_problem(error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "refused")
    return _answer(Problem(error.status_code, code, f"{error.detail}.", error.headers))


def _malformed(error: Exception) -> Response:
    """Say which field is wrong, without repeating what was sent: it may be a PIN."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _answer(Problem(422, "malformed-request", f"{where}: {first['msg']}.", field=where))


def _database_problem(error: Exception) -> Response:
    log.error("the database did not answer", exc_info=error)
    return _answer(unavailable())


def _internal_error(error: Exception) -> Response:
    return _answer(Problem(500, "internal-error", "The server made a mistake; it is in its log."))


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Describe the interface; every operation can answer with a problem document."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for model in (BatchSent, ProblemGiven):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        problem = {"schema": {"$ref": "#/components/schemas/ProblemGiven"}}
        for path in made["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = {"description": "A problem", "content": {MEDIA_TYPE: problem}}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = made
    return app.openapi_schema
