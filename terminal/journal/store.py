"""The journal's database: how it is opened, what it looks like, and what can go wrong with it in plain words.

SQLite through apsw: WAL and synchronous=FULL, so that a committed scan survives a pulled battery; one connection
with an exclusive lock, so that a second running copy is noticed; no automatic checkpoint, so that none runs while
somebody scans (the scribe checkpoints in idle gaps).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import apsw

FILE = "journal.db"
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL,
  line INTEGER, registration TEXT, serial TEXT, operator TEXT NOT NULL, recorded_at TEXT NOT NULL,
  body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending', void INTEGER NOT NULL DEFAULT 0,
  undone INTEGER NOT NULL DEFAULT 0, answer TEXT);
CREATE INDEX event_to_undo ON event (document, operator) WHERE undone = 0 AND registration IS NOT NULL;
CREATE TABLE registration (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, line INTEGER NOT NULL, item TEXT NOT NULL,
  serial TEXT, key TEXT, operator TEXT NOT NULL, terminal TEXT NOT NULL, recorded_at TEXT NOT NULL,
  live INTEGER NOT NULL, sequence INTEGER, lot TEXT NOT NULL, expiry TEXT NOT NULL, package TEXT NOT NULL);
CREATE UNIQUE INDEX registration_id ON registration (id);
CREATE UNIQUE INDEX registration_holder ON registration (item, key) WHERE live = 1 AND key IS NOT NULL;
CREATE INDEX registration_on_line ON registration (document, line) WHERE live = 1;
CREATE INDEX registration_blank ON registration (document, line) WHERE live = 1 AND key IS NULL;
CREATE TABLE slip (
  number TEXT PRIMARY KEY, sales_order TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL,
  site TEXT NOT NULL, kind TEXT NOT NULL, loaded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE line (
  document TEXT NOT NULL, number INTEGER NOT NULL, item TEXT NOT NULL, description TEXT NOT NULL,
  units INTEGER NOT NULL, tracking TEXT NOT NULL, catch_weight INTEGER NOT NULL, order_line INTEGER NOT NULL,
  location TEXT NOT NULL, serials INTEGER NOT NULL DEFAULT 0, blanks INTEGER NOT NULL DEFAULT 0,
  at_server INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE TABLE sales_order (number TEXT PRIMARY KEY, customer TEXT NOT NULL, site TEXT NOT NULL, lines TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE item (number TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item_reference (reference TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE operator (id TEXT PRIMARY KEY, name TEXT NOT NULL, duties TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sign_in (
  operator TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, at REAL NOT NULL, failures INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE heard (place INTEGER PRIMARY KEY, after_sequence INTEGER NOT NULL, changes TEXT NOT NULL);
CREATE TABLE problem (
  sequence INTEGER PRIMARY KEY, details TEXT NOT NULL DEFAULT '[]', heard_at TEXT NOT NULL,
  put_away_at TEXT, put_away_by TEXT);
CREATE INDEX problem_open ON problem (sequence) WHERE put_away_at IS NULL;
"""


class Trouble(StrEnum):
    """What keeps the journal from writing; each has its own full-screen sentence."""

    FULL = "full"
    READ_ONLY = "read-only"
    DAMAGED = "damaged"
    IN_USE = "in-use"
    INPUT_OUTPUT = "input-output"
    NEWER = "newer"


class StorageFault(Exception):
    """The journal could not be read or written; nothing of the transaction was kept."""

    def __init__(self, trouble: Trouble, path: str, detail: str = "") -> None:
        super().__init__(f"{trouble}: {path}: {detail}")
        self.trouble = trouble
        self.path = path
        self.detail = detail


class Store:
    """The open database. Belongs to one thread."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        """Open or make the journal at `path`.

        Raises:
            StorageFault: in use by another copy, damaged, read-only, full, or not readable at all.
        """
        self.path = path
        self.wal_pages = 0
        """Pages in the write-ahead log that no checkpoint has taken over yet."""
        with self.faults():
            made = not path.exists()
            self.connection = apsw.Connection(str(path), vfs=vfs)
            try:
                self._open(made)
            except BaseException:
                self.connection.close(True)
                raise

    def _open(self, made: bool) -> None:
        db = self.connection
        db.set_busy_timeout(0)
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "fullfsync=1"):
            db.pragma(*pragma.split("=", 1))
        db.pragma("wal_autocheckpoint", 0)
        db.set_wal_hook(self._count_pages)
        version = db.pragma("user_version")
        if version > SCHEMA_VERSION:
            raise StorageFault(Trouble.NEWER, str(self.path), f"schema {version}")
        with self.transaction():
            if version == 0:
                db.execute(_SCHEMA)
                self.set_meta("terminal", str(uuid.uuid4()))
                self.set_meta("epoch", secrets.token_hex(8))
                db.pragma("user_version", SCHEMA_VERSION)
        if made:
            self._sync_directory()

    def close(self) -> None:
        """Close the database; committed events are safe with or without it."""
        self.connection.close(True)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside at once and on disk, or nothing of it. Raises StorageFault."""
        with self.faults():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    with contextlib.suppress(apsw.Error):
                        self.connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def faults(self) -> Iterator[None]:
        """Turn the database's errors into the few that a person can do something about."""
        try:
            yield
        except apsw.Error as error:
            raise StorageFault(_trouble(error), str(self.path), str(error)) from error
        except OSError as error:
            raise StorageFault(Trouble.INPUT_OUTPUT, str(self.path), str(error)) from error

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the database file; never called while scans wait."""
        with self.faults():
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self.wal_pages = 0

    def meta(self, key: str, default: str = "") -> str:
        """Look one of the terminal's own facts up."""
        found = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if found is None else str(found[0])

    def set_meta(self, key: str, value: str) -> None:
        """Keep one of the terminal's own facts."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _count_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self.wal_pages = pages
        return apsw.SQLITE_OK

    def _sync_directory(self) -> None:
        """Make the new file's name as durable as its contents."""
        handle = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_store(
    directory: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[Store, Path | None]:
    """Open the journal in `directory`, setting a damaged one aside first.

    Returns the store and, where the old file was damaged, the path it was set aside to: it is never deleted.

    Raises:
        StorageFault: it can't be opened and starting anew would not help either.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageFault(Trouble.READ_ONLY, str(directory), str(error)) from error
    path = directory / FILE
    try:
        store = Store(path)
        if _healthy(store):
            return store, None
        store.close()
    except StorageFault as fault:
        if fault.trouble is not Trouble.DAMAGED:
            raise
    aside = _set_aside(path, now())
    return Store(path), aside


def _healthy(store: Store) -> bool:
    """Look the first page and the schema over; the whole file is checked by `journal verify`."""
    try:
        with store.faults():
            tables = {name for (name,) in store.connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
            store.connection.execute("SELECT max(sequence) FROM event").fetchone()
            return {"meta", "event", "registration", "line"} <= tables and bool(store.meta("epoch"))
    except StorageFault:
        return False


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged journal and its log so that a specialist can still read them."""
    stamp = now.strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"journal.damaged-{stamp}.db")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"journal.damaged-{stamp}-{number}.db")
    for ending in ("-wal", "-shm"):
        log = Path(f"{path}{ending}")
        if log.exists():
            log.rename(f"{aside}{ending}")
    path.rename(aside)
    return aside


def _trouble(error: apsw.Error) -> Trouble:
    if isinstance(error, apsw.FullError):
        return Trouble.FULL
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError)):
        return Trouble.READ_ONLY
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return Trouble.DAMAGED
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Trouble.IN_USE
    return Trouble.INPUT_OUTPUT
