"""Is it alive, and what does it count?"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import func, select

from server_stub import clock
from server_stub.backend import backend_of
from server_stub.database import reading
from server_stub.tables import session

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> dict[str, str]:
    """Say `ok` when the database answers."""
    with reading(backend_of(request).engine) as connection:
        connection.execute(select(1))
    return {"status": "ok"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Give the figures in Prometheus' text format."""
    backend = backend_of(request)
    still_open = select(func.count()).select_from(session).where(session.c.expires_at > clock.now())
    with reading(backend.engine) as connection:
        backend.metrics.sessions.set(connection.execute(still_open).scalar_one())
    backend.metrics.listeners.set(len(backend.hub))
    return Response(backend.metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})
