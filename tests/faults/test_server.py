"""Faults of the server: killed under load, no room on its disk, locked, restored from an old backup, and older than us.

What a server does that dies between any two statements of a posting is in tests/server_stub/test_backend_killed.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from server_stub import schema_version
from server_stub.database import open_database, writing
from server_stub.demo import load_demo
from server_stub.envelope import Envelope
from server_stub.intake import take_in
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.schema_version import upgrade
from server_stub.work import Work
from terminal.backend import notices

from ..backend.test_real_server import RealServer, Scanning
from ..journal.test_upgrade import EVENTS, old  # noqa: F401 - a fixture
from .checker import check
from .floor import LINE, SLIP, at_work, killed_under_load, restored, scan, what_is_wrong
from .simulated_shift import World
from .simulated_terminal import Device
from .simulation import pretended


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[tuple[RealServer, list[Scanning]]]:
    """A server, and three terminals at work on one slip."""
    with at_work(tmp_path) as made:
        yield made


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_under_load(tmp_path: Path, seed: int) -> None:
    assert killed_under_load(tmp_path, seed)["failures"] == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(2))
def test_restored_from_an_old_backup(tmp_path: Path, seed: int) -> None:
    counts = restored(tmp_path, seed)
    assert counts["failures"] == []
    assert counts["events forgotten by servers"] > 0


def test_no_room_on_its_disk_until_there_is(floor: tuple[RealServer, list[Scanning]]) -> None:
    """The process may write no further than its log reaches: what SQLite hears is that nothing more fits.

    Somebody reads meanwhile, so that a checkpoint can't begin the log anew and make room after all.
    """
    real, terminals = floor
    for number, terminal in enumerate(terminals):
        scan(terminal, 0, f"F{number}")
        terminal.drained()
    path = Path(real.database.removeprefix("sqlite:///"))
    assert real.process is not None
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchall()
        reaches = Path(f"{path}-wal").stat().st_size
        _, most = resource.prlimit(real.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(real.process.pid, resource.RLIMIT_FSIZE, (reaches, most))
        for n in range(1, 31):
            for number, terminal in enumerate(terminals):
                scan(terminal, n, f"F{number}")
        for terminal in terminals:
            terminal.until(lambda t=terminal: any(link.reason == "unavailable" for link in t.all_of(notices.Link)))
            assert terminal.standing().unsent > 0
        resource.prlimit(real.process.pid, resource.RLIMIT_FSIZE, (most, most))
    assert what_is_wrong(real, terminals, 93) == []


def test_locked_by_another_process_for_long(floor: tuple[RealServer, list[Scanning]]) -> None:
    real, terminals = floor
    with contextlib.closing(sqlite3.connect(real.database.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for number, terminal in enumerate(terminals):
            scan(terminal, 0, f"L{number}")
        for terminal in terminals:  # neither hangs nor is told that all is well
            terminal.until(lambda t=terminal: any(link.failures for link in t.all_of(notices.Link)))
            assert terminal.standing().unsent == 1
        terminals[0].until(lambda: "unavailable" in real.log.read_text() or "locked" in real.log.read_text())
        other.rollback()
    assert what_is_wrong(real, terminals, 3) == []


# Versions.


def revisions() -> list[str]:
    """Name every revision there ever was, the oldest first."""
    found = ScriptDirectory.from_config(schema_version._config(None)).walk_revisions()
    return [each.revision for each in found][::-1]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of today with data in every corner: the demo's, and units of all kinds beside."""
    path = tmp_path_factory.mktemp("filled") / "today.db"
    engine = open_database(f"sqlite:///{path}")
    upgrade(engine)
    load_demo(engine)
    engine.dispose()
    return path


def rows_of(path: Path, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    named = ", ".join(f'"{name}"' for name in columns)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute(f'SELECT {named} FROM "{table}"').fetchall(), key=repr)


def columns_of(path: Path) -> dict[str, list[str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            table: [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            for (table,) in tables
            if table != "alembic_version" and not table.startswith("sqlite_")
        }


def as_of(revision: str, filled: Path, path: Path) -> Engine:
    """Make a database of an earlier version, with as much of today's data as it can hold."""
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        command.upgrade(schema_version._config(connection), revision)
    engine.dispose()
    today, then = columns_of(filled), columns_of(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for table, columns in then.items():
            assert set(columns) <= set(today[table]), "a column has gone: say how its data are to be had"
            connection.execute(f'DELETE FROM "{table}"')
            marks = ", ".join("?" * len(columns))
            named = ", ".join(f'"{name}"' for name in columns)
            connection.executemany(f'INSERT INTO "{table}" ({named}) VALUES ({marks})', rows_of(filled, table, columns))
    return open_database(f"sqlite:///{path}")


def taken(engine: Engine, terminal: str, epoch: str, *frames: dict[str, Any]) -> list[str]:
    with writing(engine) as connection:
        work = Work(Driver.of(connection), MasterData())
        answers = take_in(work, terminal, Envelope(epoch, frames)).answers
        work.driver.close()
    return answers


@pytest.mark.parametrize("revision", revisions())
def test_every_released_schema_is_taken_over_with_all_that_is_in_it(
    revision: str, filled: Path, tmp_path: Path
) -> None:
    path = tmp_path / "old.db"
    engine = as_of(revision, filled, path)
    then = columns_of(path)
    before = {table: rows_of(path, table, columns) for table, columns in then.items()}
    assert len(before["event"]) > 10
    assert len(before["registration"]) > 10
    upgrade(engine)
    assert {table: rows_of(path, table, columns) for table, columns in then.items()} == before
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM event ORDER BY position").fetchall()
    for row in rows:  # whatever comes again gets the answer it got
        assert taken(engine, row["terminal"], row["epoch"], frame_of(row)) == [row["answer"]]
    new = {"document": SLIP, "line": LINE, "item": "LP-1410", "serial": "AFTER-THE-UPGRADE"}
    last = rows[-1]
    frame = {**frame_of(last), "id": "new", "sequence": last["sequence"] + 1, "type": "registered", "body": new}
    said = json.loads(taken(engine, last["terminal"], last["epoch"], frame)[0])
    assert said["outcome"] == "accepted"
    engine.dispose()


def frame_of(row: sqlite3.Row) -> dict[str, Any]:
    named = {name: row[name] for name in ("id", "sequence", "type", "operator", "recorded_at")}
    return {**named, "version": 1, "body": json.loads(row["body"])}


AT = "2026-03-01T09:00:00.000Z"
FIRST_WIRE: tuple[dict[str, Any], ...] = (
    {
        "type": "registered",
        "body": {
            "document": SLIP,
            "line": 1,
            "item": "LP-1410",
            "serial": "V1-0001",
            "lot": "",
            "expiry": "",
            "package": "",
        },
    },
    {"type": "registered", "body": {"document": SLIP, "line": 1, "item": "LP-1410", "serial": "V1-0002"}},
    {"type": "removed", "body": {"document": SLIP, "line": 1, "registration": "v1-2", "serial": "V1-0002"}},
    {
        "type": "undone",
        "body": {
            "document": SLIP,
            "event": "v1-3",
            "undoes": "removed",
            "line": 1,
            "registration": "v1-2",
            "serial": "V1-0002",
        },
    },
    {"type": "not-readable", "body": {"document": "PS-1005", "line": 1, "item": "PH-6200"}},
    {"type": "slip-drafted", "body": {"document": "PS-V1-1", "order": "SO-2005", "lines": [[1, 2]]}},
    {"type": "posting-requested", "body": {"document": SLIP, "digest": "0" * 32, "registrations": 2}},
    {"type": "posting-withdrawn", "body": {"document": SLIP}},
)
"""What terminals of the first version sent, word for word: no field that came later, and those written out that are
left out now where they say nothing."""
OUTCOMES = ["accepted"] * 4 + ["rejected", "accepted", "rejected", "duplicate"]


def first_frames() -> list[dict[str, Any]]:
    return [
        {"id": f"v1-{n}", "sequence": n, "version": 1, "operator": "1001", "recorded_at": AT, **each}
        for n, each in enumerate(FIRST_WIRE, 1)
    ]


def test_a_terminal_of_the_first_version_is_understood(filled: Path, tmp_path: Path) -> None:
    shutil.copy(filled, tmp_path / "server.db")
    engine = open_database(f"sqlite:///{tmp_path}/server.db")
    answers = taken(engine, "V1", "e", *first_frames())
    assert [json.loads(answer)["outcome"] for answer in answers] == OUTCOMES
    assert taken(engine, "V1", "e", *first_frames()) == answers
    short = [{**each, "body": {k: v for k, v in each["body"].items() if v != ""}} for each in first_frames()]
    assert taken(engine, "V1", "e", *short) == answers  # the terminal was upgraded before it heard the answers
    engine.dispose()


def test_an_answer_that_was_lost_while_the_server_was_upgraded(filled: Path, tmp_path: Path) -> None:
    """The first version took an event's fingerprint of all its fields, and of `void`; the same event is no clone's."""
    path = tmp_path / "server.db"
    shutil.copy(filled, path)
    engine = open_database(f"sqlite:///{path}")
    answers = taken(engine, "V1", "e", *first_frames())
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for each in first_frames():
            body = (
                {"lot": "", "expiry": "", "package": "", **each["body"]}
                if each["type"] == "registered"
                else each["body"]
            )
            text = json.dumps(body, separators=(",", ":"))
            whole = [each["id"], each["sequence"], "V1", "e", "1001", AT, each["type"], text, False]
            digest = hashlib.blake2b(json.dumps(whole, separators=(",", ":")).encode(), digest_size=16).hexdigest()
            connection.execute("UPDATE event SET digest = ?, body = ? WHERE id = ?", (digest, text, each["id"]))
    assert taken(engine, "V1", "e", *first_frames()) == answers
    other = {**first_frames()[1], "recorded_at": "2026-03-01T09:00:01.000Z"}
    assert json.loads(taken(engine, "V1", "e", other)[0])["outcome"] == "key-reuse"
    engine.dispose()


def test_a_journal_of_every_older_version_is_sent_to_the_server_of_today(old: Path) -> None:  # noqa: F811
    """Two of its events were answered by a server that is gone: all seven come again, and both sides agree."""
    made: list[World] = []
    with pretended(lambda: made[0] if made else None, Random(1)):
        world = World(1)
        made.append(world)
        world.devices.clear()
        world.quiet()
        device = Device(world, "old", old)
        world.devices.append(device)
        world.settle()
        found, history = check(world.history()), world.history()
        world.close()
    assert [row.event.id for row in history.inbox] == [id for id, _, _ in EVENTS]
    assert [row.event.outcome for row in history.inbox] == ["accepted"] * 5 + ["rejected", "accepted"]
    assert found == []
