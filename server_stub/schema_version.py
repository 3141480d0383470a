"""Bringing the tables to this program's version, one migration after the other, all or nothing."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from server_stub.database import reading, writing


def upgrade(engine: Engine) -> None:
    """Bring an empty or older database to the newest version; a newer one is left as it is."""
    with writing(engine) as connection:
        command.upgrade(_config(connection), "head")


def current(engine: Engine) -> str | None:
    """Give the version of a database's tables, None for an empty one."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Give the version this program works with."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
