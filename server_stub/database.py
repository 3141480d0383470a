"""Opening the database: the one place that knows what SQLite needs. Everything else is plain SQLAlchemy.

A write is on disk when `writing` ends: WAL with `synchronous=FULL`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy import event as listen
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server_stub.prepared import Driver

BUSY_MS = 5_000
"""How long a writer waits for another process's write, in milliseconds."""


def open_database(url: str) -> Engine:
    """Open the database at a SQLAlchemy URL, such as `sqlite:///stock.db`. Raises ValueError for a wrong URL."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise ValueError("a database in memory would forget everything: name a file, as in sqlite:///stock.db")
        engine = create_engine(parsed, pool_size=8, max_overflow=56)
    except (ArgumentError, ImportError) as error:
        raise ValueError(str(error).splitlines()[0]) from None
    if engine.dialect.name == "sqlite":
        listen.listen(engine, "connect", _prepare_sqlite)
        listen.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that holds the right to write from its start; it commits at the end."""
    with engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the database throughout."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


class Transactions:
    """One connection, kept, for the thread that writes all the time: begin and commit without the pool's ceremony."""

    def __init__(self, engine: Engine) -> None:
        self._proxy = engine.raw_connection()
        self.driver = Driver(self._proxy, engine.dialect)
        # elsewhere the driver begins by itself, and rows are locked as they are written
        self._begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else None

    def begin(self) -> None:
        """Take the right to write."""
        if self._begin is not None:
            self.driver.say(self._begin)

    def commit(self) -> None:
        """Bring everything since `begin` to disk."""
        self._proxy.commit()

    def rollback(self) -> None:
        """Take everything since `begin` back; the connection stays."""
        self._proxy.rollback()

    def abandon(self) -> None:
        """Take everything since `begin` back and let go of the connection, whatever state it is in."""
        self._proxy.invalidate()

    def close(self) -> None:
        """Give the connection back."""
        self.driver.close()
        self._proxy.close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event opens transactions, not the driver
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # a deferred transaction that turns into a write fails at once when another writer was quicker
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
