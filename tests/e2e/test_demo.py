"""`scan-terminal demo`, what `make demo` runs: it works at once, and leaves nothing behind however it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .shift import PATIENCE_S, Terminal, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """Start the demo with a place of its own for temporary files."""
    made: list[Terminal] = []

    def start() -> Terminal:
        made.append(Terminal("", tmp_path / "terminal", settings={"TMPDIR": str(tmp_path)}))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def backends_of(directory: Path) -> list[int]:
    """Give the processes that serve a database in this directory, whoever their parent is now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if "server_stub" in said and any(str(directory) in each for each in said):
            found.append(int(process.name))
    return found


def left_in(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("scan-terminal-demo-*")]


def test_the_demo_ends_cleanly(begin, tmp_path):
    terminal = begin()
    terminal.open("PS-1001")
    terminal.scan("SN-DEMO-1")
    terminal.wait_sent()
    assert len(backends_of(tmp_path)) == 1
    terminal.end()
    assert backends_of(tmp_path) == []
    assert left_in(tmp_path) == []


def test_a_killed_demo_takes_its_backend_along_and_the_next_one_clears_its_files(begin, tmp_path):
    killed = begin()
    killed.open("PS-1001")
    killed.kill9()
    eventually(lambda: backends_of(tmp_path) == [], "the end of the backend")
    left = left_in(tmp_path)
    assert len(left) == 1
    terminal = begin()
    terminal.open("PS-1001")
    assert len(left_in(tmp_path)) == 1
    assert left_in(tmp_path) != left
    other = begin()
    other.open("PS-1001")
    assert len(left_in(tmp_path)) == 2  # nobody clears away what another one works in
    terminal.end()
    other.end()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("when", ["while it makes its data", "when it is ready"])
def test_a_backend_ends_with_its_stdin_where_it_is_told_so(tmp_path, when):
    command = [sys.executable, "-m", "server_stub", "serve", "--demo", "--end-with-stdin", "--port", "0"]
    backend = subprocess.Popen(
        [*command, "--database", f"sqlite:///{tmp_path}/backend.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert backend.stdin is not None
    assert backend.stdout is not None
    if when == "when it is ready":
        assert backend.stdout.readline().startswith(b"http")
        assert backend.poll() is None
    backend.stdin.close()
    backend.stdout.close()
    assert backend.wait(PATIENCE_S) == 0
