"""`scan-terminal demo`: the reference backend with demo data on a free port, and the terminal on it. Ends cleanly."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from terminal.cli import Failed, open_from, settings_from

READY_S = 60.0
"""Seconds that the backend may take to be ready; making its demo data is most of it."""
HINT = "Demo: operator 1001, PIN 1111. Then slip 1 in the list."


def demo(given: argparse.Namespace) -> int:
    """Run the demo; with `--keep` its files stay for the next time."""
    keep = Path(given.keep) if given.keep else None
    directory = keep or Path(tempfile.mkdtemp(prefix="scan-terminal-demo-"))
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with _backend(directory, given.port) as url:
            given.backend, given.data = url, given.data or str(directory / "terminal")
            given.hint = HINT
            status = open_from(given, settings_from(given))
    finally:
        if keep is None:
            shutil.rmtree(directory, ignore_errors=True)
    if keep is not None:
        print(f"The demo's files are in {keep}.")
    return status


@contextlib.contextmanager
def _backend(directory: Path, port: int) -> Iterator[str]:
    """Start the backend and give its address; stop it afterwards."""
    print("Starting the demo backend ...", flush=True)
    log = directory / "backend.log"
    command = [sys.executable, "-m", "server_stub", "serve", "--demo", "--port", str(port)]
    command += ["--database", f"sqlite:///{(directory / 'backend.db').absolute()}"]
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
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
