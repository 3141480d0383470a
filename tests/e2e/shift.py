"""A shift as it is on the floor: the real backend, the real terminal in a pseudo-terminal, a pseudo serial port.

Keys go in as bytes, the screen comes out as bytes and is decoded by pyte. Every wait has a deadline; nothing sleeps.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

BIN = Path(sys.executable).parent
PATIENCE_S = float(os.environ.get("E2E_PATIENCE_S", "30"))
"""How long anything may take on a machine that is busy with other things; usually it is a few milliseconds."""

TIOCGEXCL = 0x80045440
"""Linux's question whether somebody has taken a terminal line for himself alone."""
KEY_APART_S = 0.06
"""Seconds between a key and whatever else a person does."""
HANDHELD, TRUCK, CONSOLE = (20, 16), (40, 8), (80, 24)

KEYS: Mapping[str, bytes] = {
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f4": b"\x1bOS",
    "f5": b"\x1b[15~",
    "f6": b"\x1b[17~",
    "f7": b"\x1b[18~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
    "f10": b"\x1b[21~",
    "escape": b"\x1b",
    "enter": b"\r",
    "backspace": b"\x7f",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
}


def eventually(true: Callable[[], object], what: str | Callable[[], str], within: float = PATIENCE_S) -> None:
    """Wait until something is true, or fail and say what was there instead."""
    until = time.monotonic() + within
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within:g} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.005)


def at_pace(write: Callable[[bytes], object], data: bytes, per_second: float) -> None:
    """Write bytes as a scanner does that sends so many characters a second."""
    began = time.monotonic()
    chunk = max(1, round(per_second / 1000))
    for at in range(0, len(data), chunk):
        while time.monotonic() < began + at / per_second:
            time.sleep(0.0005)
        write(data[at : at + chunk])


def write_all(handle: int, data: bytes) -> None:
    """Write everything, however slowly the other side reads."""
    until = time.monotonic() + PATIENCE_S
    while data:
        if time.monotonic() > until:
            raise AssertionError(f"nobody reads: {len(data)} bytes left")
        if select.select([], [handle], [], 0.5)[1]:
            data = data[os.write(handle, data[:1024]) :]


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Give a process its environment, with nothing of ours that could change what it does."""
    own = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm"}
    return own | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(extra)


# -- the backend


class Backend:
    """A real `server-stub serve` over a SQLite file."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.database = f"sqlite:///{directory / 'backend.db'}"
        self.settings = dict(settings or {})
        self.port = 0
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Backend:
        """Start it, on the same port as before if there was one; back when it can be asked."""
        command = [str(BIN / "server-stub"), "serve", "--demo", "--port", str(self.port), "--database", self.database]
        with (self.directory / "backend.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self.directory, self.settings),
            )
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE_S)[0], "the backend never got ready"
        self.url = self.process.stdout.readline().decode().strip()
        assert self.url.startswith("http"), (self.directory / "backend.log").read_text()
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def kill9(self) -> None:
        """Pull its plug."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def suspend(self) -> None:
        """Let it hang: its port takes connections, nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.resume()
            self.kill9()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def export(self, what: str, document: str = "") -> list[dict[str, str]]:
        """Ask the command that everybody may use what the backend holds, of a document or of all."""
        command = [str(BIN / "server-stub"), "export", what, "--database", self.database]
        command += ["--document", document] if document else []
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(self.directory, {}))
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def registrations(self, document: str) -> list[dict[str, str]]:
        """Give the registrations that it holds for a document."""
        return self.export("registrations", document)

    def serials(self, document: str) -> list[str]:
        """Give the serials that it holds for a document, in the order of its export; blanks as `(blank)`."""
        return [row["serial"] if row["blank"] == "false" else "(blank)" for row in self.registrations(document)]


class Link:
    """The network between terminal and backend: a relay that can be cut, and that can hold answers back."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self.holding = threading.Event()
        """While set, what the backend answers is kept here."""
        self.held = bytearray()
        """What was kept, in the order it came."""
        self.asked = bytearray()
        """All that the terminal has asked."""
        self._used_at = 0.0
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    @property
    def url(self) -> str:
        """The backend's address, by way of this link."""
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Let connections through, again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Cut the wire: what runs breaks off, nothing new gets through."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.drop()

    def drop(self) -> None:
        """Break the connections that there are; new ones get through."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def wait_quiet(self) -> None:
        """Wait until nothing has been asked or answered for a while."""
        eventually(lambda: time.monotonic() > self._used_at + 0.15, "the link is never quiet")

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._backend.port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._pairs.append((client, server))
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        for data in _received(client):
            self.asked += data
            self._used_at = time.monotonic()
            with contextlib.suppress(OSError):
                server.sendall(data)
        _hang_up(server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        for data in _received(server):
            self._used_at = time.monotonic()
            if self.holding.is_set():
                self.held += data
                continue
            with contextlib.suppress(OSError):
                client.sendall(data)
        _hang_up(client)


def _received(end: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while data := end.recv(65536):
            yield data


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


# -- the scanner


class SerialScanner:
    """A pseudo serial port behind a name that stays, as udev's do, and that can be unplugged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = self._slave = -1
        self.replug()

    @property
    def spec(self) -> str:
        """What `--scanner` takes."""
        return f"serial:{self.path}"

    def replug(self) -> None:
        """Plug it in: another device under the same name."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self.path.symlink_to(os.ttyname(self._slave))

    def wait_open(self) -> None:
        """Wait until the terminal listens: it takes the port for itself then."""
        taken = struct.Struct("i")

        def is_taken() -> bool:
            return taken.unpack(fcntl.ioctl(self._slave, TIOCGEXCL, taken.pack(0))) != (0,)

        eventually(is_taken, "the terminal did not open the scanner's port")

    def unplug(self) -> None:
        """Pull the cable."""
        self.path.unlink(missing_ok=True)
        for handle in (self._master, self._slave):
            if handle >= 0:
                os.close(handle)
        self._master = self._slave = -1

    def send(self, data: bytes) -> None:
        """Send what the scanner has read."""
        write_all(self._master, data)


# -- the terminal


class Terminal:
    """A real `scan-terminal run` in a real pseudo-terminal; without a backend's address, `scan-terminal demo`."""

    def __init__(
        self,
        backend: str,
        data: Path,
        *,
        size: tuple[int, int] = HANDHELD,
        scanners: Sequence[str] = (),
        operator: str = "1001",
        pin: str = "1111",
        document: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        arguments = ["run", "--backend", backend, "--data", str(data)] if backend else ["demo"]
        for scanner in ("keyboard", *scanners) if scanners else ():
            arguments += ["--scanner", scanner]
        if operator:
            arguments += ["--operator", operator]
        if document:
            arguments += ["--document", document]
        extra = dict(settings or {}) | ({"SCAN_TERMINAL_SIGN_IN_PIN": pin} if pin and operator else {})
        self.raw = bytearray()
        """Everything that it has written to its screen."""
        self._pressed_at: dict[str, float] = {}
        self._sent_at, self._sent_key = 0.0, False
        columns, rows = size
        self._lock = threading.Condition()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = os.openpty()
        _set_size(slave, columns, rows)
        self.process = subprocess.Popen(
            [str(BIN / "scan-terminal"), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(data.parent, extra),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, args=(self._master,), daemon=True)
        self._reader.start()

    # what goes in

    def type(self, data: bytes | str) -> None:
        """Send bytes as they are, in one write where the line takes it; no sooner after a key than anybody can."""
        if self._sent_key:
            self._pause()
        write_all(self._master, data.encode() if isinstance(data, str) else data)
        self._sent_at, self._sent_key = time.monotonic(), False

    def press(self, key: str) -> None:
        """Press a key, as xterm sends it, and no sooner after its last press than a person can."""
        time.sleep(max(0.0, self._pressed_at.get(key, 0.0) + 0.15 - time.monotonic()))
        self._pause()
        self._key(key)

    def _pause(self) -> None:
        """Wait between a key and anything else: what comes in one burst with a key is a code that holds its bytes."""
        time.sleep(max(0.0, self._sent_at + KEY_APART_S - time.monotonic()))

    def _key(self, key: str) -> None:
        write_all(self._master, KEYS[key])
        self._pressed_at[key] = self._sent_at = time.monotonic()
        self._sent_key = True

    def hold(self, key: str, repeats: int) -> None:
        """Hold a key down, as a keyboard repeats it: after 300 ms, then every 30 ms."""
        self.press(key)
        for at in range(repeats):
            time.sleep(0.03 if at else 0.3)
            self._key(key)

    def confirm(self) -> None:
        """Press Enter as a person does, with nothing just before it (D13)."""
        time.sleep(0.55)
        self.press("enter")

    def choose(self, digit: int) -> None:
        """Choose from a menu as a person does, with nothing just before the digit."""
        time.sleep(0.2)
        self.type(str(digit))

    def pick(self, words: str) -> None:
        """Choose an entry of a list by the digit that stands before these words, once they are there."""

        def numbered() -> list[str]:
            return [row[0] for row in self.screen() if row[:1].isdigit() and row[2:].startswith(words)]

        self.wait_until(numbered, f"the entry {words!r}")
        self.choose(int(numbered()[0]))

    def menu(self, *entries: str) -> None:
        """Open the menu, and choose one entry after the other."""
        self.press("f1")
        for words in entries:
            self.pick(words)

    def titled(self, title: str) -> None:
        """Wait for a page by its title."""
        self.wait_until(lambda: self.header.startswith(title), f"the page {title!r}")

    def scan(self, serial: str, says: str | None = None) -> None:
        """Scan by keyboard and wait for the verdict."""
        self.type(f"{serial}\r")
        self.wait_for(f"OK {serial}" if says is None else says)

    def open(self, document: str) -> None:
        """Choose a document on the list, once there is one."""
        self.wait_for("1 PS-10")
        self.type(f"{document}\r")
        self.wait_for("ADD")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        with self._lock:
            self._screen.resize(rows, columns)
            self._screen.reset()
        _set_size(self._master, columns, rows)

    # what comes out

    def screen(self) -> list[str]:
        """Give the screen's rows."""
        with self._lock:
            return [row.rstrip() for row in self._screen.display]

    def text(self) -> str:
        """Give the screen as one line: what was wrapped is whole again. What stands beside on a console is left out."""
        rows = [re.split(r" \|(?: |$)", row)[0] for row in self.screen()]
        return re.sub(r"\s+", " ", " ".join(rows)).strip()

    def shows(self, words: str) -> bool:
        """Say whether these words are on the screen now."""
        return words in self.text()

    def wait_for(self, words: str, within: float = PATIENCE_S) -> None:
        """Wait until these words are on the screen."""
        self.wait_until(lambda: self.shows(words), repr(words), within)

    def wait_until(self, true: Callable[[], object], what: str, within: float = PATIENCE_S) -> None:
        """Wait until something about the screen is true; looks at once whenever the screen changes."""
        until = time.monotonic() + within
        while not true():
            with self._lock:
                self._lock.wait(0.02)
            if time.monotonic() > until:
                screen = "\n".join(f"  |{row}" for row in self.screen())
                raise AssertionError(f"{what} is not there within {within:g} s, status {self.status}:\n{screen}")

    @property
    def header(self) -> str:
        """The top row."""
        return self.screen()[0]

    def drain(self) -> None:
        """Wait until all that it has written before it ended is on the screen."""
        eventually(lambda: not select.select([self._master], [], [], 0)[0] or not self._reader.is_alive(), "its rest")
        self._reader.join(1)

    def wait_sent(self) -> None:
        """Wait until the header says that nothing waits to be sent."""
        self.wait_until(lambda: self.header.endswith("ON") and "^" not in self.header, "everything sent")

    def log(self) -> str:
        """Give what it has logged."""
        logs = sorted(self.data.glob("terminal.log*"), reverse=True)
        return "".join(log.read_text(errors="replace") for log in logs)

    # how it ends

    @property
    def status(self) -> int | None:
        """Its exit status; None while it lives."""
        return self.process.poll()

    def kill9(self) -> None:
        """Pull the battery."""
        self.process.kill()
        self.process.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; gives its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def hang_up(self) -> int:
        """Close its line, as when an SSH connection breaks; gives its exit status."""
        handle, self._master = self._master, -1
        os.close(handle)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Clear away, whatever state it is in."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.kill9()
        if self._master >= 0:
            self._reader.join(PATIENCE_S)
            os.close(self._master)
            self._master = -1

    def _read(self, master: int) -> None:
        while True:
            try:
                if not select.select([master], [], [], 0.2)[0]:
                    if self._master < 0:
                        return
                    continue
                data = os.read(master, 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(data)
                self._lock.notify_all()


def _set_size(handle: int, columns: int, rows: int) -> None:
    termios.tcsetwinsize(handle, (rows, columns))


# -- the journal


def journal(command: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run `scan-terminal journal …` on a terminal's data."""
    return subprocess.run(
        [str(BIN / "scan-terminal"), "journal", command, "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(data.parent, {}),
    )


def journal_of(data: Path) -> list[dict[str, object]]:
    """Give the events of a journal that adds up, in order."""
    verified = journal("verify", data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return [json.loads(line) for line in journal("export", data).stdout.splitlines()]


def serials_of(events: Sequence[Mapping[str, object]], kind: str = "registered") -> list[object]:
    """Give the serials of the events of one kind, in order."""
    return [event["serial"] for event in events if event["type"] == kind]
