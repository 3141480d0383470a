"""`scan-terminal demo`: the reference backend with demo data on a free port, and the terminal on it.

Ends cleanly. Where it is killed instead, the backend ends because its stdin does, and the next demo removes the files.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from terminal.cli import Failed, open_from, settings_from
from terminal.settings import Settings

READY_S = 60.0
"""Seconds that the backend may take to be ready; making its demo data is most of it."""
HINT = "Demo: operator 1001, PIN 1111. Then slip 1 in the list."
PREFIX = "scan-terminal-demo-"
"""How the directories of demos begin that are thrown away."""


def demo(given: argparse.Namespace) -> int:
    """Run the demo; with `--keep` its files stay for the next time."""
    with contextlib.ExitStack() as ends:
        if given.keep:
            directory, lock = Path(given.keep), None
            directory.mkdir(parents=True, exist_ok=True)
        else:
            directory, lock = ends.enter_context(_thrown_away())
        with _backend(directory, given.port, lock) as url:
            given.backend, given.data = url, given.data or str(directory / "terminal")
            given.hint = f"{HINT} Server: {url.removeprefix('http://')}"
            status = open_from(given, _with_a_printer(settings_from(given)))
    if given.keep:
        print(f"The demo's files are in {directory}.")
    return status


def _with_a_printer(settings: Settings) -> Settings:
    """Let documents be printed as PDFs beside the journal, where no printer is set up (S15)."""
    if settings.printing.printers:
        return settings
    return replace(settings, printing=replace(settings.printing, printers=("pdf=file:prints",)))


@contextlib.contextmanager
def _thrown_away() -> Iterator[tuple[Path, int]]:
    """Give a directory that is removed afterwards, and the lock on it; first remove those of demos that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_unless_used(left)
    directory, lock = _new_directory()
    try:
        yield directory, lock
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _new_directory() -> tuple[Path, int]:
    """Make a directory and lock it; one more where another demo took it for left behind in between."""
    while True:
        directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(directory, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if directory.exists():
                return directory, lock
            os.close(lock)


def _remove_unless_used(directory: Path) -> None:
    """Remove a directory that no demo has locked; neither a terminal nor a backend works in it any more."""
    with contextlib.suppress(OSError):  # somebody else's, or gone already
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os.close(lock)


@contextlib.contextmanager
def _backend(directory: Path, port: int, lock: int | None) -> Iterator[str]:
    """Start the backend and give its address; stop it afterwards.

    Its stdin is a pipe from here, which ends however this process ends; it holds the lock until it has ended itself.
    """
    print("Starting the demo backend ...", flush=True)
    log = directory / "backend.log"
    command = [sys.executable, "-m", "server_stub", "serve", "--demo", "--end-with-stdin", "--port", str(port)]
    command += ["--database", f"sqlite:///{(directory / 'backend.db').absolute()}"]
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
    try:
        yield _first_line(process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the one line that the backend prints when it is ready: its address. Raises Failed."""
    late = threading.Timer(READY_S, process.kill)
    late.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode("ascii", "replace").strip()
    finally:
        late.cancel()
    if not line.startswith("http"):
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise Failed(f"The demo backend did not start. {last[0] if last else ''}".strip())
    return line
