"""Setting a damaged journal aside: renamed with all that belongs to it, never deleted, readable by a specialist."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

_LOGS = ("-wal", "-journal", "-shm")
_TERMINAL = re.compile(rb"terminal([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def lost_its_file(path: Path) -> bool:
    """Say whether a log with scans in it has lost its database: SQLite would delete the log without a word."""
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0 and (not path.exists() or path.stat().st_size == 0)


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged journal and its logs; gives the new name of the database.

    The database goes first: without its log it would pass for a whole journal that misses the newest scans.
    """
    aside = _free_name(path, now.strftime("%Y%m%dT%H%M%S"))
    for ending in ("", *_LOGS):
        part = Path(f"{path}{ending}")
        if part.exists():
            part.rename(f"{aside}{ending}")
    sync_directory(path.parent)
    return aside


def terminal_of(aside: Path) -> str:
    """Find the terminal's id in what was set aside, so that it stays the same terminal (D10); empty where it's lost."""
    for part in (aside, Path(f"{aside}-wal")):
        if part.exists() and (found := _TERMINAL.search(part.read_bytes())):
            return found[1].decode("ascii")
    return ""


def sync_directory(directory: Path) -> None:
    """Make the names in a directory as durable as the contents of its files."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _free_name(path: Path, stamp: str) -> Path:
    aside = path.with_name(f"journal.damaged-{stamp}.db")
    number = 1
    while any(Path(f"{aside}{ending}").exists() for ending in ("", *_LOGS)):
        number += 1
        aside = path.with_name(f"journal.damaged-{stamp}-{number}.db")
    return aside
