"""Disks that fail, fill up or are damaged: never an OK that is not on disk, never a crash, and well again after."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from terminal.journal.aside import terminal_of
from terminal.journal.commands import verify
from terminal.journal.journal import Journal
from terminal.journal.log_check import log_of
from terminal.journal.replay import findings
from terminal.journal.schema import FILE
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble, open_store

from .failing import FailingVFS
from .world import add, furnish, open_journal, serials

SCANS = 30


@pytest.fixture
def vfs(monkeypatch: pytest.MonkeyPatch) -> Iterator[FailingVFS]:
    """Have every journal that is opened use a VFS that can fail."""
    failing = FailingVFS("failing")
    monkeypatch.setattr("terminal.journal.scribe.open_store", lambda d: open_store(d, vfs="failing"))
    yield failing
    failing.unregister()


def run(scribe: Scribe, begin: int, oks: list[str]) -> int:
    """Scan on; gives the number of faults that were reported. Only an OK puts a serial on the list."""
    faults = 0
    for n in range(begin, begin + SCANS):
        serial = f"S{n:05}"
        try:
            if scribe.call(lambda journal, serial=serial: add(journal, serial)).accepted:
                oks.append(serial)
        except StorageFault:
            faults += 1
    return faults


@pytest.mark.parametrize("lasting", [False, True])
def test_every_call_fails_once_or_from_then_on(tmp_path: Path, vfs: FailingVFS, lasting: bool) -> None:
    directory = tmp_path / "whole"
    scribe = Scribe(directory)
    scribe.start()
    scribe.call(lambda journal: furnish(journal, units=100_000))
    oks: list[str] = []
    vfs.calls = 0
    assert run(scribe, 0, oks) == 0
    calls = vfs.calls
    reported = 0
    for index, at in enumerate(range(1, calls + 20, 1 if not lasting else 5), 1):
        vfs.calls = 0
        vfs.fails = lambda number, _, at=at: number >= at if lasting else number == at
        reported += run(scribe, index * SCANS, oks) if index % 12 == 0 else _few(scribe, index * SCANS, oks, vfs, at)
        vfs.fails = lambda _number, _what: False
        assert scribe.call(lambda journal, n=index: add(journal, f"WELL{n}")).accepted
    there = scribe.call(lambda journal: serials(journal))
    assert set(oks) <= set(there)
    assert reported > 0
    assert scribe.call(lambda journal: list(findings(journal.store.connection))) == []
    scribe.stop()
    assert not list(directory.glob("*damaged*"))
    assert verify(directory, open(os.devnull, "w")) == 0
