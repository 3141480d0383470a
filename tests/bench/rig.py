"""The real programs, started as people start them: a backend process, and programs in a pseudo-terminal of 20 × 16.

Nobody reads a pseudo-terminal but whoever waits for something on it, so that no thread of ours takes a core from what
is measured; the time of a reading is taken before its bytes are decoded.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import select
import shutil
import signal
import string
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyte

BIN = Path(sys.executable).parent
COLUMNS, ROWS = 20, 16
PATIENCE_S = 60.0
NOBODY = "http://127.0.0.1:9"
"""A backend that nothing answers for."""


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Make the environment that every program here gets: nothing of ours that could change what it does."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm", **kept, **extra}


def serial_number(rng: random.Random) -> str:
    """Make a serial that shares no place with the last one but by chance; with `OK ` before it, it fits one row."""
    return "".join(rng.choices(string.ascii_uppercase + string.digits, k=12))


class Screen:
    """A program in a pseudo-terminal."""

    def __init__(self, command: Sequence[str | Path], home: Path, extra: Mapping[str, str] | None = None) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.received = 0
        """Bytes that it has written to its screen so far."""
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, (ROWS, COLUMNS))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(home, extra or {}),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def type(self, text: str) -> None:
        """Send keys, in one write."""
        os.write(self.master, text.encode("ascii"))

    def read(self, within: float) -> float | None:
        """Take what it writes next; gives when that came, or None after `within` seconds of silence."""
        if not select.select([self.master], [], [], max(0.0, within))[0]:
            return None
        try:
            data = os.read(self.master, 65536)
        except OSError:  # how Linux says that nobody has the other end any more
            data = b""
        at = time.perf_counter()
        if not data:
            raise RuntimeError(f"the program ended:\n{self.text()}")
        self.received += len(data)
        self._stream.feed(data)
        return at

    def wait_for(self, words: str) -> float:
        """Wait until a row holds these words; gives when the reading came that made it so."""
        until = time.perf_counter() + PATIENCE_S
        while (at := self.read(until - time.perf_counter())) is not None:
            if any(words in row for row in self._screen.display):
                return at
        raise RuntimeError(f"{words!r} never came:\n{self.text()}")

    def rest(self, seconds: float) -> int:
        """Take what it writes for so long; gives the number of bytes."""
        before, until = self.received, time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)
        return self.received - before

    def settle(self, quiet_s: float = 0.3) -> None:
        """Take what it writes until it is quiet."""
        while self.read(quiet_s) is not None:
            pass

    def text(self) -> str:
        """Give the screen's rows."""
        return "\n".join(self._screen.display)

    def header(self) -> str:
        """Give the top row: what waits to be sent, and how the link is."""
        return str(self._screen.display[0]).rstrip()

    def wait_sent(self) -> None:
        """Wait until the header says that nothing waits to be sent."""
        until = time.perf_counter() + PATIENCE_S
        while "^" in self.header() or not self.header().endswith("ON"):
            if self.read(until - time.perf_counter()) is None:
                raise RuntimeError(f"not everything was sent:\n{self.text()}")

    def resident_kib(self) -> int:
        """Give the memory that the program has in RAM."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("the program has ended")

    def end(self) -> None:
        """End it, and wait for that."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(RuntimeError):
                while self.process.poll() is None and self.read(5) is not None:
                    pass
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@contextlib.contextmanager
def floor_app(home: Path) -> Iterator[Screen]:
    """Run the empty app, which echoes."""
    screen = Screen([sys.executable, Path(__file__).with_name("floor_app.py")], home)
    try:
        yield screen
    finally:
        screen.end()


@contextlib.contextmanager
def terminal(url: str, data: Path, *more: str, signed_in: bool = True) -> Iterator[Screen]:
    """Run `scan-terminal run`; `signed_in`: it signs in by itself and opens the slip of 400 units."""
    command = [BIN / "scan-terminal", "run", "--backend", url, "--data", data, *more]
    extra = {}
    if signed_in:
        command += ["--operator", "1001", "--document", "PS-1400"]
        extra["SCAN_TERMINAL_SIGN_IN_PIN"] = "1111"
    screen = Screen(command, data.parent, extra)
    try:
        yield screen
    finally:
        screen.end()


class Backend:
    """A real `server-stub serve` over a SQLite file."""

    def __init__(self, directory: Path) -> None:
        self.database = f"sqlite:///{directory / 'backend.db'}"
        command = [BIN / "server-stub", "serve", "--demo", "--port", "0", "--database", self.database]
        with (directory / "backend.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment(directory, {})
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode("ascii").strip()
        if not self.url.startswith("http"):
            raise RuntimeError((directory / "backend.log").read_text(encoding="utf-8"))

    def registered(self, document: str = "PS-1400") -> int:
        """Count what the backend holds for a slip, by the command that everybody may use."""
        command = [BIN / "server-stub", "export", "registrations", "--database", self.database]
        done = subprocess.run([*command, "--document", document], capture_output=True, check=True)
        return len(done.stdout.splitlines()) - 1

    def stop(self) -> None:
        """End it, and wait for that."""
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def backend(work: Path) -> Iterator[Backend]:
    """Run a backend with fresh demo data; they are made once in a run."""
    made = work / "demo"
    if not made.exists():
        made.mkdir()
        Backend(made).stop()
    directory = work / f"backend-{len(list(work.glob('backend-*')))}"
    shutil.copytree(made, directory)
    running = Backend(directory)
    try:
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def serial_line() -> Iterator[tuple[int, str]]:
    """Make a pseudo serial port: the handle that the scanner writes to, and the path of the other end."""
    master, slave = os.openpty()
    tty.setraw(master)
    tty.setraw(slave)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)
