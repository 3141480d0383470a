"""The journal's database: how it is opened, what it looks like, and what can go wrong with it in plain words.

SQLite through apsw: WAL and synchronous=FULL, so that a committed scan survives a pulled battery; one connection
with an exclusive lock, so that a second running copy is noticed; no automatic checkpoint, so that none runs while
somebody scans (the scribe checkpoints in idle gaps).
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import apsw

from terminal.journal.aside import lost_its_file, set_aside, sync_directory, terminal_of
from terminal.journal.log_check import frames_due, log_of
from terminal.journal.schema import FILE, NEEDED, PAGE_BYTES, SCHEMA, SCHEMA_VERSION, upgrade


class Trouble(StrEnum):
    """What keeps the journal from writing; each has its own full-screen sentence."""

    FULL = "full"
    READ_ONLY = "read-only"
    DAMAGED = "damaged"
    IN_USE = "in-use"
    INPUT_OUTPUT = "input-output"
    NEWER = "newer"


def new_epoch() -> str:
    """Name an epoch as no journal's was ever named (D10)."""
    return secrets.token_hex(8)


class StorageFault(Exception):
    """The journal could not be read or written. What is on disk when it is opened anew is what happened."""

    def __init__(self, trouble: Trouble, path: str, detail: str = "") -> None:
        super().__init__(f"{trouble}: {path}: {detail}")
        self.trouble = trouble
        self.path = path
        self.detail = detail


class Store:
    """The open database. Belongs to one thread."""

    def __init__(self, path: Path, *, vfs: str | None = None, terminal: str = "") -> None:
        """Open or make the journal at `path`; a new one is for `terminal`, or for a terminal named here (D10).

        Raises:
            StorageFault: in use by another copy, damaged, read-only, full, or not readable at all.
        """
        self.path = path
        self.wal_pages = 0
        """Pages in the write-ahead log that no checkpoint has taken over yet."""
        self.recovered = 0
        """Pages that were in the log on opening: none where it was closed in good order."""
        with self.faults():
            due = frames_due(log_of(path), PAGE_BYTES)
            self.connection = apsw.Connection(str(path), vfs=vfs)
            try:
                self._open(due)
                self._make_if_new(terminal)
            except BaseException:
                self.close(as_found=True)
                raise

    def _open(self, due: int) -> None:
        """Take the database for this process alone, and see that recovery found all the log ever promised."""
        db = self.connection
        db.set_busy_timeout(0)
        for pragma, value in (("page_size", PAGE_BYTES), ("locking_mode", "EXCLUSIVE"), ("synchronous", "FULL")):
            db.pragma(pragma, value)
        self._expect_journal()
        if db.pragma("journal_mode", "WAL") != "wal":
            raise StorageFault(Trouble.INPUT_OUTPUT, str(self.path), "no write-ahead log can be kept here")
        db.pragma("fullfsync", 1)
        db.pragma("wal_autocheckpoint", 0)
        db.set_wal_hook(self._count_pages)
        db.execute("BEGIN IMMEDIATE; COMMIT")
        self.recovered, _ = db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        if self.recovered < due:
            detail = f"the log holds {due} pages and shows {self.recovered}"
            raise StorageFault(Trouble.DAMAGED, str(self.path), detail)

    def _expect_journal(self) -> None:
        """See that this is a journal or nothing yet, before anything is written to it."""
        version = self.connection.pragma("user_version")
        if version > SCHEMA_VERSION:
            raise StorageFault(Trouble.NEWER, str(self.path), f"schema {version}")
        tables = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version < 0 or (version == 0 and tables != (0,)):
            raise StorageFault(Trouble.DAMAGED, str(self.path), "another kind of database")

    def _make_if_new(self, terminal: str) -> None:
        db = self.connection
        if self._version():
            return
        with self.transaction():
            db.execute(SCHEMA)
            self.set_meta("terminal", terminal or str(uuid.uuid4()))
            self.set_meta("epoch", new_epoch())
            db.pragma("user_version", SCHEMA_VERSION)
        sync_directory(self.path.parent)

    def close(self, *, as_found: bool = False) -> None:
        """Close the database; committed events are safe with or without it.

        `as_found` keeps SQLite from moving the log into a damaged file: a specialist gets both as they were.
        """
        with contextlib.suppress(apsw.Error):
            if as_found:
                self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self.connection.close(True)

    def check(self, *, thorough: bool) -> None:
        """Look at what every journal has, or, `thorough`, at every page: 0.15 s for 100,000 registrations.

        Raises:
            StorageFault: damaged, or it can't be read.
        """
        with self.faults():
            tables = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
            if not tables >= NEEDED[self._version()] or not self.meta("epoch"):
                raise StorageFault(Trouble.DAMAGED, str(self.path), "tables are missing")
            said = self.connection.execute("PRAGMA quick_check(1)").fetchone() if thorough else ("ok",)
            if said != ("ok",):
                raise StorageFault(Trouble.DAMAGED, str(self.path), str(said))

    def older(self) -> bool:
        """Say whether an older version of the program made this journal."""
        with self.faults():
            return self._version() < SCHEMA_VERSION

    def bring_up_to_date(self) -> None:
        """Give an older journal, known to be sound, what this version needs: all of it at once, or nothing."""
        if self.older():
            with self.transaction():
                upgrade(self.connection)

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
            raise StorageFault(_trouble(error, self.path), str(self.path), str(error)) from error
        except OSError as error:
            raise StorageFault(_trouble_of_system(error), str(self.path), str(error)) from error

    def take_over(self) -> None:
        """Checkpoint what recovery found: a commit whose sync failed is written and synced once more by that."""
        try:
            self.checkpoint()
        except StorageFault as fault:
            if fault.trouble is not Trouble.FULL:
                raise

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

    def _version(self) -> int:
        return int(self.connection.pragma("user_version"))

    def _count_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self.wal_pages = pages
        return apsw.SQLITE_OK


def open_store(
    directory: Path,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    vfs: str | None = None,
    thorough: bool = False,
) -> tuple[Store, Path | None]:
    """Open the journal in `directory`, setting a damaged one aside first.

    All of it is looked at where it was not closed in good order, or where `thorough` asks for it.
    Returns the store and, where the old file was damaged, the path it was set aside to: it is never deleted.

    Raises:
        StorageFault: it can't be opened and starting anew would not help either.
    """
    path = directory / FILE
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not lost_its_file(path):
            with contextlib.suppress(_Damaged):
                return _checked(path, vfs, thorough), None
        aside = set_aside(path, now())
        terminal = terminal_of(aside)
    except OSError as error:
        raise StorageFault(_trouble_of_system(error), str(directory), str(error)) from error
    return Store(path, vfs=vfs, terminal=terminal), aside


class _Damaged(Exception):
    """The file is no journal, or no longer one."""


def _checked(path: Path, vfs: str | None, thorough: bool) -> Store:
    """Open the journal and look it over. Raises _Damaged, or StorageFault for what starting anew would not help."""
    try:
        store = Store(path, vfs=vfs)
        try:
            store.check(thorough=thorough or store.recovered > 0 or store.older())
            store.take_over()
            store.bring_up_to_date()
        except BaseException:
            store.close(as_found=True)
            raise
    except StorageFault as fault:
        if fault.trouble is Trouble.DAMAGED:
            raise _Damaged from fault
        raise
    return store


def _trouble(error: apsw.Error, path: Path) -> Trouble:
    if isinstance(error, apsw.FullError):
        return Trouble.FULL
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError)):
        return Trouble.READ_ONLY
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return Trouble.DAMAGED
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Trouble.IN_USE
    return Trouble.READ_ONLY if _mounted_read_only(path.parent) else Trouble.INPUT_OUTPUT


def _mounted_read_only(directory: Path) -> bool:
    """Ask the system: SQLite says no more than "disk I/O error" of such a file system."""
    try:
        return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):
        return False


def _trouble_of_system(error: OSError) -> Trouble:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Trouble.FULL
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Trouble.READ_ONLY
    return Trouble.INPUT_OUTPUT
