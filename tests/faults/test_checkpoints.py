"""The checkpoint never runs on the scan path: over a shift of 1,500 scans, no scan finds the database being written."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from terminal.journal.journal import Journal
from terminal.journal.schema import FILE
from terminal.journal.scribe import Scribe
from terminal.journal.store import open_store

from .memory import memory
from .shift import Shift

SCANS = 1_500
GAP_S = 0.05
"""A gap, for the test: the terminal waits for 1.5 s of quiet."""


class WatchedVFS(apsw.VFS):
    """The real file system, and a list of what was going on when the database's own file was written or synced."""

    def __init__(self) -> None:
        self.name = "watched"
        self.during: list[str] = []
        self.now = ""
        """What is being done; empty between two things."""
        self.asked = self.done = 0
        self.checkpointed = threading.Event()
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return WatchedFile(self, name, flags)

    def touched(self) -> None:
        self.during.append(self.now or ("somebody waits" if self.asked > self.done else "nothing"))


class WatchedFile(apsw.VFSFile):
    def __init__(self, vfs: WatchedVFS, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs
        self._is_database = bool(flags[0] & apsw.SQLITE_OPEN_MAIN_DB)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._is_database:
            self._vfs.touched()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        if self._is_database:
            self._vfs.touched()
        super().xSync(flags)
        if self._is_database:
            self._vfs.checkpointed.set()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WatchedVFS, Scribe]]:
    """A scribe at work on a file system that is watched, with a shift's documents in its journal."""
    vfs = WatchedVFS()
    monkeypatch.setattr("terminal.journal.scribe.open_store", lambda d, **how: open_store(d, vfs=vfs.name, **how))
    monkeypatch.setattr("terminal.journal.scribe.GAP_S", GAP_S)
    with memory() as directory:
        scribe = Scribe(Path(directory))
        scribe.start()
        yield vfs, scribe
        scribe.stop()
        assert (directory / FILE).exists()
    vfs.unregister()


def ask(vfs: WatchedVFS, scribe: Scribe, shift: Shift) -> None:
    """Have the scribe do the next thing, and watch what it touches."""
    vfs.asked += 1

    def work(journal: Journal) -> None:
        vfs.now = f"step {vfs.done}"
        if not shift.over:
            shift.step(journal)
        vfs.now = ""

    def count(result: Exception | None) -> None:
        assert result is None
        vfs.done += 1

    scribe.ask(work, count)


def begin(vfs: WatchedVFS, scribe: Scribe) -> Shift:
    shift = Shift(5, SCANS)
    vfs.checkpointed.clear()
    scribe.call(shift.furnish)
    assert vfs.checkpointed.wait(20)
    scribe.call(lambda _: None)
    vfs.during.clear()
    vfs.checkpointed.clear()
    return shift


def test_with_pauses_it_runs_in_each_and_nowhere_else(watched: tuple[WatchedVFS, Scribe]) -> None:
    vfs, scribe = watched
    shift = begin(vfs, scribe)
    pauses = 0
    while not shift.over:
        vfs.checkpointed.clear()
        for _ in range(100):
            ask(vfs, scribe, shift)
        scribe.call(lambda _: None)
        assert vfs.done == vfs.asked
        assert vfs.checkpointed.wait(20), "no checkpoint in a pause"
        scribe.call(lambda _: None)
        pauses += 1
    assert shift.scanned >= SCANS
    assert pauses > 10
    assert len(vfs.during) > 100
    assert set(vfs.during) == {"nothing"}


def test_without_pauses_it_does_not_run_at_all(watched: tuple[WatchedVFS, Scribe]) -> None:
    vfs, scribe = watched
    shift = begin(vfs, scribe)
    for _ in range(2 * SCANS):
        ask(vfs, scribe, shift)
    while vfs.done < vfs.asked:
        time.sleep(0.01)
    assert shift.over
    assert vfs.checkpointed.wait(20)
    assert set(vfs.during) == {"nothing"}


def test_the_watch_notices_a_checkpoint_on_the_scan_path(watched: tuple[WatchedVFS, Scribe]) -> None:
    vfs, scribe = watched
    shift = begin(vfs, scribe)
    scribe.call(lambda journal: journal.store.connection.wal_autocheckpoint(100))
    for _ in range(60):
        ask(vfs, scribe, shift)
    scribe.call(lambda _: None)
    assert any(during.startswith("step") for during in vfs.during)
