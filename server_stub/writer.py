"""The one thread that writes: it takes what waits, up to 64 jobs, into one transaction, and commits once.

A job that fails takes nothing but itself back: the group is then done again, each job with a savepoint of its own.
Nobody hears of success before the commit is on disk; when the database fails, everybody in the group hears that
nothing was promised.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from server_stub.database import Transactions
from server_stub.live import Change
from server_stub.masterdata import MasterData
from server_stub.problems import Problem, unavailable
from server_stub.work import Work

GROUP = 64
"""Jobs in one transaction at the most."""
WAITING = 4_096
"""Jobs that may wait; beyond it a request is sent away with 503 at once."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class _Job(Struct):
    do: Callable[[Work], Any]
    promise: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


class _Failed(Exception):
    """A job of a group failed, not the database."""


class Writer:
    """The writer thread of a server process."""

    def __init__(self, engine: Engine, publish: Callable[[Collection[Change]], None]) -> None:
        """`publish` is called in the writer's thread with what a commit has changed, and must not wait."""
        self._engine = engine
        self._publish = publish
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._master = MasterData()
        self._transactions: Transactions | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._faults: tuple[type[BaseException], ...] = (OSError, OperationalError, *driver_faults(engine))

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    async def run(self, do: Callable[[Work], T]) -> T:
        """Have a job done in the next transaction; returns once it is committed. Raises what the job raised."""
        if self._queue.qsize() >= WAITING:
            raise unavailable()
        loop = asyncio.get_running_loop()
        promise: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Job(do, promise, loop))
        return await promise

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                break
            group, last = self._gather(first)
            changed: Collection[Change] = ()
            try:
                try:
                    changed = self._commit(group, self._do)
                except _Failed:
                    changed = self._commit(group, self._do_apart)
            except Exception:
                log.exception("a group of %d jobs was not written", len(group))
                for job in group:
                    job.error = unavailable()
            self._tell(group)
            if changed:
                self._publish(changed)
            if last:
                break
        if self._transactions is not None:
            self._transactions.close()

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        """Take what waits already; the flag says that it was the last."""
        group = [first]
        while len(group) < GROUP:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit(self, group: Sequence[_Job], do: Callable[[Work, _Job], None]) -> Collection[Change]:
        """Do the jobs of a group in one transaction; a connection that failed once is not used again."""
        transactions = self._transactions = self._transactions or Transactions(self._engine)
        try:
            transactions.begin()
            work = Work(transactions.driver, self._master)
            for job in group:
                do(work, job)
            transactions.commit()
        except _Failed:
            transactions.rollback()
            raise
        except BaseException:
            self._transactions = None
            transactions.abandon()
            raise
        return work.changed

    def _do(self, work: Work, job: _Job) -> None:
        """Do a job in the hope that it goes well, as nearly all do: savepoints cost as much as a scan's own writes."""
        try:
            job.result = job.do(work)
        except self._faults:
            raise
        except Exception as error:
            raise _Failed from error

    def _do_apart(self, work: Work, job: _Job) -> None:
        """Do a job so that, when it fails, the others stand."""
        work.driver.say("SAVEPOINT job")
        try:
            job.result = job.do(work)
        except self._faults:
            raise  # the database itself failed: the whole group is void
        except Exception as error:
            job.error = error
            if not isinstance(error, Problem):
                log.exception("a job failed")
            work.driver.say("ROLLBACK TO SAVEPOINT job")
            work.books.forget()
        work.driver.say("RELEASE SAVEPOINT job")

    @staticmethod
    def _tell(group: Sequence[_Job]) -> None:
        """Keep the promises, with one call into each event loop."""
        for loop in {job.loop for job in group}:
            mine = [job for job in group if job.loop is loop]
            try:
                loop.call_soon_threadsafe(_settle, mine)
            except RuntimeError:  # the loop is closed: nobody waits any more
                log.warning("%d answers came too late", len(mine))


def _settle(group: Sequence[_Job]) -> None:
    for job in group:
        if job.promise.done():
            continue  # the client went away
        if job.error is not None:
            job.promise.set_exception(job.error)
        else:
            job.promise.set_result(job.result)


def driver_faults(engine: Engine) -> tuple[type[Exception], ...]:
    """Name the driver's errors that speak of the database, not of one job's values."""
    names = ("OperationalError", "InternalError")
    found = [getattr(engine.dialect.loaded_dbapi, name, None) for name in names]
    return tuple(kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception))
