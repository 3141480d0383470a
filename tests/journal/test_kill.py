"""Killing the process at any moment: whatever was acknowledged is there afterwards."""

from __future__ import annotations

import io
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from terminal.journal.commands import export, verify
from terminal.journal.schema import FILE
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble

from .world import open_journal

KILLS = 30
ROOT = Path(__file__).parents[2]


def child(directory: Path, *words: str) -> subprocess.Popen[str]:
    """Start a terminal that scans until it is killed; it prints each sequence once its verdict is there."""
    command = [sys.executable, "-m", "tests.journal.scanning", str(directory), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def wait_for_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def told_since(process: subprocess.Popen[str]) -> list[int]:
    """Give what a process that has ended told since the last line read. `communicate` would skip what was buffered."""
    assert process.stdout is not None
    told = [int(line) for line in process.stdout.read().splitlines() if line.strip().isdigit()]
    process.stdout.close()
    process.wait()
    return told


def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(KILLS):
        process = child(tmp_path)
        assert wait_for_line(process).strip() == "open"
        time.sleep(chance.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        acknowledged = max(told_since(process), default=acknowledged)
        _reads_well_beside_a_killed_one(tmp_path, acknowledged)
    journal = open_journal(tmp_path)
    assert journal.outbox.stored >= acknowledged > KILLS
    assert not list(tmp_path.glob("*damaged*"))
    journal.store.close()


def _reads_well_beside_a_killed_one(directory: Path, acknowledged: int) -> None:
    """The killed terminal's log is read from a copy, and nothing about the original changes by it."""
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    out = io.StringIO()
    assert export(directory, out) == 0
    assert len(out.getvalue().splitlines()) >= acknowledged
    assert verify(directory, io.StringIO()) == 0
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


@pytest.mark.parametrize(("point", "there"), [("before-commit", 5), ("after-commit", 6)])
def test_killed_at_a_named_point(tmp_path: Path, point: str, there: int) -> None:
    process = child(tmp_path, point, "6")
    lines = process.communicate(timeout=20)[0].splitlines()
    assert process.returncode == -signal.SIGKILL
    assert lines == ["open", "1", "2", "3", "4", "5"]
    journal = open_journal(tmp_path)
    assert journal.outbox.stored == there
    journal.store.close()


def test_a_second_copy_is_told_at_once_and_does_no_harm(tmp_path: Path) -> None:
    process = child(tmp_path)
    assert wait_for_line(process).strip() == "open"
    wait_for_line(process)
    scribe = Scribe(tmp_path)
    began = time.monotonic()
    with pytest.raises(StorageFault) as caught:
        scribe.start()
    assert caught.value.trouble is Trouble.IN_USE
    assert time.monotonic() - began < 5
    scribe.stop()
    assert int(wait_for_line(process)) > 0
    process.kill()
    told = told_since(process)
    journal = open_journal(tmp_path)
    assert journal.outbox.stored >= max(told, default=1)
    journal.store.close()


def test_reading_beside_a_running_terminal(tmp_path: Path) -> None:
    process = child(tmp_path, "checkpoints")
    assert wait_for_line(process).strip() == "open"
    last = 0
    for _ in range(12):
        told = int(wait_for_line(process))
        out = io.StringIO()
        assert export(tmp_path, out) == 0
        rows = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= max(told, last)
        last = len(rows)
        assert verify(tmp_path, io.StringIO()) == 0
    assert process.poll() is None
    process.kill()
    told = told_since(process)
    journal = open_journal(tmp_path)
    assert journal.outbox.stored >= max(told, default=last)
    journal.store.close()
    assert (tmp_path / FILE).exists()
