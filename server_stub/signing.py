"""Signing in with a PIN (S17): argon2 in a thread, never inside a write transaction, and few tries.

After so many wrong PINs within so many seconds, the operator and the terminal wait; the tries are in the database, so
a restart does not forget them. The tries of one operator, and of one terminal, are checked one after the other:
otherwise many at once would slip past the count.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from msgspec import Struct
from sqlalchemy import bindparam, delete, select
from starlette.concurrency import run_in_threadpool

from server_stub import audit, clock
from server_stub.access import Access, admit_terminal, hashed
from server_stub.masterdata import operator_from
from server_stub.prepared import Driver, Prepared
from server_stub.problems import Problem
from server_stub.settings import Settings
from server_stub.tables import operator, pin_failure, session
from server_stub.work import Work
from server_stub.writer import Writer
from server_stub.writing import inserting
from terminal.backend.wire.sessions import Session
from terminal.domain.documents import Operator

hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id, 19 MiB, two passes: about 20 ms on a small server."""

_OPERATOR = Prepared(
    select(operator.c.id, operator.c.name, operator.c.duties, operator.c.pin_hash).where(
        operator.c.id == bindparam("id")
    )
)
_FAILURES = Prepared(
    select(pin_failure.c.at)
    .where(pin_failure.c.subject == bindparam("subject"), pin_failure.c.at > bindparam("since"))
    .order_by(pin_failure.c.at.desc())
)
_FAILED = inserting(pin_failure, "position")
_FORGET = Prepared(delete(pin_failure).where(pin_failure.c.subject == bindparam("subject")))
_FORGET_OLD = Prepared(delete(pin_failure).where(pin_failure.c.at <= bindparam("since")))
_OPEN = inserting(session)
_DROP_EXPIRED = Prepared(delete(session).where(session.c.expires_at <= bindparam("now")))


class _Known(Struct, frozen=True):
    """What is known before a PIN is checked: None and no hash for an operator nobody knows."""

    operator: Operator | None
    pin_hash: str


class SignIn:
    """Signing in at one server."""

    def __init__(self, writer: Writer, settings: Settings) -> None:
        self._writer = writer
        self._settings = settings
        self._one_by_one: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._hashing = asyncio.Semaphore(2)
        # verified in the place of an unknown operator's, so that both take as long
        self._nobody = hasher.hash(secrets.token_hex())

    async def __call__(self, access: Access, who: str, pin: str, terminal: str) -> Session:
        """Open a session for an operator at a terminal. Raises Problem."""
        subjects = (f"operator {who}", f"terminal {terminal}")
        async with self._alone(subjects[0]), self._alone(subjects[1]):
            known = await self._writer.run(lambda work: self._may_try(work, access, who, terminal, subjects))
            if isinstance(known, Problem):
                raise known
            async with self._hashing:
                good = await run_in_threadpool(_fits, known.pin_hash, pin)
            if good and known.operator is not None:
                found = known.operator
                return await self._writer.run(lambda work: self._open(work, found, terminal))
            raise await self._writer.run(lambda work: self._failed(work, known, who, terminal, subjects))

    @asynccontextmanager
    async def _alone(self, subject: str) -> AsyncIterator[None]:
        lock = self._one_by_one.get(subject)
        if lock is None:
            lock = self._one_by_one[subject] = asyncio.Lock()
        async with lock:
            yield

    def _may_try(
        self, work: Work, access: Access, who: str, terminal: str, subjects: tuple[str, str]
    ) -> _Known | Problem:
        admit_terminal(work.driver, access, terminal)
        wait = max(self._wait(work.driver, subject) for subject in subjects)
        if wait > 0:
            audit.note(work.driver, "sign-in-locked", who, who=who, terminal=terminal, seconds=wait)
            return Problem(
                429,
                "too-many-pins",
                "Too many wrong PINs: wait, or ask a supervisor.",
                {"Retry-After": str(wait)},
                seconds=wait,
            )
        row = work.driver.one(_OPERATOR, {"id": who})
        return _Known(None, self._nobody) if row is None else _Known(operator_from(row), row[3] or self._nobody)

    def _wait(self, driver: Driver, subject: str) -> int:
        """Say for how many seconds a subject may not try again; 0 when it may."""
        tries, window = self._settings.pins.tries, self._settings.pins.seconds
        times = driver.all(_FAILURES, {"subject": subject, "since": clock.in_seconds(-window)})
        if len(times) < tries:
            return 0
        return max(1, math.ceil(window + clock.seconds_until(times[tries - 1][0])))

    def _open(self, work: Work, who: Operator, terminal: str) -> Session:
        token = secrets.token_urlsafe(32)
        expires_at = clock.in_seconds(self._settings.sessions.seconds)
        work.driver.do(_DROP_EXPIRED, {"now": work.now})
        for subject in (f"operator {who.id}", f"terminal {terminal}"):
            work.driver.do(_FORGET, {"subject": subject})
        work.driver.do(
            _OPEN,
            {"token_hash": hashed(token), "operator": who.id, "terminal": terminal, "expires_at": expires_at},
        )
        audit.note(work.driver, "signed-in", who.id, who=who.id, terminal=terminal)
        return Session(who, token, expires_at)

    def _failed(self, work: Work, known: _Known, who: str, terminal: str, subjects: tuple[str, str]) -> Problem:
        """Count a wrong PIN and say so; an unknown operator counts as well, or guessing names would be free."""
        since = clock.in_seconds(-self._settings.pins.seconds)
        work.driver.do(_FORGET_OLD, {"since": since})
        for subject in subjects:
            work.driver.do(_FAILED, {"subject": subject, "at": work.now})
        audit.note(work.driver, "sign-in-failed", who, who=who, terminal=terminal)
        if known.operator is None:
            return Problem(401, "unknown-operator", "Nobody here has this number.", operator=who)
        failures = [len(work.driver.all(_FAILURES, {"subject": subject, "since": since})) for subject in subjects]
        left = max(0, self._settings.pins.tries - max(failures))
        return Problem(401, "wrong-pin", f"This PIN is wrong; {left} tries are left.", tries_left=left)


def _fits(pin_hash: str, pin: str) -> bool:
    try:
        return hasher.verify(pin_hash, pin)
    except (Argon2Error, InvalidHashError):
        return False
