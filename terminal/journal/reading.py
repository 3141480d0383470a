"""Reading the journal from outside: from a private copy, so that nothing is ever written to the original.

The running terminal holds an exclusive lock and may be in the middle of a commit; a killed one left its log behind.
Plain file reads disturb neither. To be used from a process of its own: where the same process has the journal open,
closing another handle on the file would drop its lock.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import apsw

from terminal.journal.log_check import frames_due, log_of
from terminal.journal.schema import FILE, PAGE_BYTES, SCHEMA_VERSION, upgrade

_TRIES = 50
_PAUSE_S = 0.02
_LOG_HEADER_BYTES = 32


class NotReadable(Exception):
    """There is no journal that could be read; the text says why."""


@contextlib.contextmanager
def private_copy(directory: Path) -> Iterator[apsw.Connection]:
    """Open a copy of the journal in `directory`; it is removed afterwards.

    Raises:
        NotReadable: there is none, it is damaged, or a newer program wrote it.
    """
    source = directory / FILE
    try:
        with tempfile.TemporaryDirectory(prefix="scan-terminal-") as folder:
            copy = Path(folder) / FILE
            _copy(source, copy)
            with contextlib.closing(_opened(source, copy)) as connection:
                yield connection
    except OSError as error:
        raise NotReadable(f"the journal in {directory} can't be read: {error}") from error
    except apsw.Error as error:
        raise NotReadable(f"the journal in {directory} is damaged: {error}") from error


def _opened(source: Path, copy: Path) -> apsw.Connection:
    due = frames_due(log_of(copy), PAGE_BYTES)
    connection = apsw.Connection(str(copy))
    try:
        connection.pragma("locking_mode", "EXCLUSIVE")
        version = connection.pragma("user_version")
        found, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        if version > SCHEMA_VERSION:
            raise NotReadable(f"{source} was written by a newer version of the program")
        if version < 1:
            raise NotReadable(f"{source} is no journal")
        if found < due:
            raise NotReadable(f"the log of {source} is damaged: it holds {due} pages and shows {found}")
        with connection:
            upgrade(connection)
    except BaseException:
        connection.close(True)
        raise
    return connection


def _copy(source: Path, copy: Path) -> None:
    """Copy database and log as of one moment: again, where a checkpoint came in between."""
    if not source.exists():
        raise NotReadable(f"there is no journal in {source.parent}")
    for _ in range(_TRIES):
        before = _generation(source)
        log_of(copy).unlink(missing_ok=True)
        # the database first: what a checkpoint moves there meanwhile is still in the log that is copied after it
        shutil.copyfile(source, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(log_of(source), log_of(copy))
        if _generation(source) == before:
            return
        time.sleep(_PAUSE_S)
    raise NotReadable(f"{source} changes too fast to be copied; try again when nobody scans")


def _generation(source: Path) -> tuple[int, int, bytes]:
    """Tell one state of database and log from another. Scans only lengthen the log, so its length is no part of it."""
    state = source.stat()
    header = b""
    with contextlib.suppress(FileNotFoundError), log_of(source).open("rb") as log:
        header = log.read(_LOG_HEADER_BYTES)
    return state.st_size, state.st_mtime_ns, header
