"""Statements compiled once and run on the driver's own cursor.

SQLAlchemy writes the SQL for whichever database; its execution layer, which costs more than SQLite itself for a
look-up by key, is left out on the way of a scan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

Row = Sequence[Any]


class Prepared:
    """A statement with named parameters; its columns come back as a plain row in the order written."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._for: dict[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {}

    def compiled(self, dialect: Dialect) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
        """Give the SQL for a database, and how named values become the driver's parameters."""
        known = self._for.get(dialect.name)
        if known is None:
            known = self._for[dialect.name] = _compile(self._statement, dialect)
        return known


class Driver:
    """The driver's cursor of a connection that is in a transaction."""

    def __init__(self, connection: PoolProxiedConnection, dialect: Dialect) -> None:
        self._dialect = dialect
        self._cursor = connection.cursor()

    @classmethod
    def of(cls, connection: Connection) -> Driver:
        """Work within the transaction of a SQLAlchemy connection."""
        return cls(connection.connection, connection.dialect)

    def do(self, statement: Prepared, values: Mapping[str, Any]) -> int:
        """Run a statement that writes; gives the number of rows."""
        sql, bind = statement.compiled(self._dialect)
        self._cursor.execute(sql, bind(values))
        return self._cursor.rowcount

    def one(self, statement: Prepared, values: Mapping[str, Any]) -> Row | None:
        """Give the first row, or None."""
        sql, bind = statement.compiled(self._dialect)
        self._cursor.execute(sql, bind(values))
        return self._cursor.fetchone()

    def all(self, statement: Prepared, values: Mapping[str, Any]) -> Sequence[Row]:
        """Give every row."""
        sql, bind = statement.compiled(self._dialect)
        self._cursor.execute(sql, bind(values))
        return self._cursor.fetchall()

    def say(self, command: str) -> None:
        """Run a command without parameters, such as a savepoint's."""
        self._cursor.execute(command)

    def close(self) -> None:
        """Let go of the cursor."""
        self._cursor.close()


def _compile(statement: ClauseElement, dialect: Dialect) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    made = statement.compile(dialect=dialect)
    assert isinstance(made, SQLCompiler)
    fixed = {name: value for name, value in made.params.items() if value is not None}
    if made.positiontup is None:
        return str(made), lambda values: {**fixed, **values}
    order = tuple(made.positiontup)
    if not fixed and len(order) > 1:
        return str(made), itemgetter(*order)
    return str(made), lambda values: [values[name] if name in values else fixed[name] for name in order]
