"""The commands beside `serve`: tables, import, export, orders, sites, operators, terminals."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from server_stub.cli import FAILED, OK, Failed
from server_stub.csv_rows import ImportRefused
from server_stub.database import open_database
from server_stub.schema_version import current, newest, upgrade
from server_stub.settings import Settings, WrongSetting


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Run a command over the database that the settings name."""
    engine = opened(settings.database.url)
    try:
        if given.command not in ("init", "upgrade"):
            up_to_date(engine)
        return _COMMANDS[given.command](given, settings, engine)
    finally:
        engine.dispose()


def opened(url: str) -> Engine:
    """Open a database and see that it answers. Raises WrongSetting or Failed."""
    try:
        engine = open_database(url)
    except ValueError as error:
        raise WrongSetting(f"database.url = {url!r}: {error}") from None
    try:
        current(engine)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        raise Failed(f"the database {engine.url!r} can't be opened: {reason}") from None
    return engine


def up_to_date(engine: Engine) -> None:
    """See that the tables are of this program's version. Raises Failed."""
    found = current(engine)
    if found is None:
        raise Failed(f"the database {engine.url!r} has no tables yet; run server-stub init")
    if found != newest():
        raise Failed(f"the database {engine.url!r} is of version {found}; run server-stub upgrade")


def _init(_: argparse.Namespace, __: Settings, engine: Engine) -> int:
    upgrade(engine)
    return OK


def _import(given: argparse.Namespace, _: Settings, engine: Engine) -> int:
    from server_stub.imports import import_path

    if len(given.what) > 2:
        raise WrongSetting("import takes a kind and a file, or one directory")
    kind, path = (given.what[0], given.what[1]) if len(given.what) == 2 else (None, given.what[0])
    try:
        counts = import_path(engine, kind, Path(path), who="server-stub import")
    except ImportRefused as refused:
        for fault in refused.faults:
            print(f"server-stub: {fault}", file=sys.stderr)
        print("server-stub: nothing was imported", file=sys.stderr)
        return FAILED
    for name, rows in counts.items():
        print(f"{name}: {rows}")
    return OK


def _export(given: argparse.Namespace, _: Settings, engine: Engine) -> int:
    from server_stub.exports import export

    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    export(engine, sys.stdout, given.what, given.format, given.document)
    sys.stdout.flush()
    return OK


def _user(given: argparse.Namespace, _: Settings, engine: Engine) -> int:
    from server_stub.administration import run_user

    return run_user(given, engine)


def _terminal(given: argparse.Namespace, settings: Settings, engine: Engine) -> int:
    from server_stub.administration import run_terminal

    return run_terminal(given, settings, engine)


def _order(given: argparse.Namespace, _: Settings, engine: Engine) -> int:
    from server_stub.orders import run_order

    return run_order(given, engine)


def _site(given: argparse.Namespace, _: Settings, engine: Engine) -> int:
    from server_stub.administration import run_site

    return run_site(given, engine)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Settings, Engine], int]] = {
    "init": _init,
    "upgrade": _init,
    "import": _import,
    "export": _export,
    "order": _order,
    "site": _site,
    "user": _user,
    "terminal": _terminal,
}
