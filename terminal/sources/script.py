"""A file of scans, played in order: for demonstrations and tests.

Each line is one scan, followed by Enter. `\\xNN` is the byte NN, `\\\\` a backslash; empty lines are left out. Lines
that begin with a colon are directives (a code that begins with one is written `\\x3a…`):

    :# words       a remark
    :wait 300      wait for 300 ms
    :every 100     from here on wait for 100 ms before each scan and each key; 0 to begin with
    :key f4        press a key; Enter pressed so may confirm, as a person's may
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from terminal.sources.framing import Frame, Framing
from terminal.sources.keyboard import Pressed
from terminal.sources.keys import Keystroke
from terminal.sources.scan import Scan, Unread

KEYS = frozenset(
    {
        "enter",
        "tab",
        "backtab",
        "backspace",
        "escape",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
    }
    | {"insert", "delete"}
    | {f"f{n}" for n in range(1, 13)}
)
"""The keys that a script can press."""

LONGEST_WAIT_MS = 3_600_000
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(\\)|)")


class Step(Struct, frozen=True):
    """One thing that a script does: wait, then press a key or scan."""

    wait_ms: int = 0
    key: str = ""
    scan: bytes = b""


def load(path: Path) -> tuple[Step, ...]:
    """Read a script.

    Raises:
        ValueError: the file can't be read, or a line is wrong; one sentence with the line's number.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ValueError(f"The script {path} can't be read: {error.strerror}.") from error
    steps: list[Step] = []
    every = 0
    for number, line in enumerate(lines, 1):
        try:
            every = _read(line, every, steps)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    return tuple(steps)


class Script:
    """Plays a script in a thread of its own; the callbacks are called there, `on_end` last unless it was stopped."""

    def __init__(
        self,
        path: Path,
        on_heard: Callable[[Scan | Unread | Pressed], None],
        on_end: Callable[[], None] = lambda: None,
        frame: Frame | None = None,
    ) -> None:
        """Read the script. Raises ValueError as `load` does."""
        self._steps = load(path)
        self._framing = Framing(frame or Frame(), str(path))
        self._on_heard = on_heard
        self._on_end = on_end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"script {path}", daemon=True)

    def start(self) -> None:
        """Begin to play; call it once."""
        self._thread.start()

    def stop(self) -> None:
        """End it, between two steps at the latest."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def _run(self) -> None:
        for step in self._steps:
            if self._stop.wait(step.wait_ms / 1000):
                return
            now = time.monotonic()
            if step.key:
                self._on_heard(Pressed(step.key, Keystroke(step.key, b"", "", now, alone=True), fresh=True))
            elif step.scan:
                for found in self._framing.feed(step.scan + b"\r", now):
                    self._on_heard(found)
        self._on_end()


def _read(line: bytes, every: int, steps: list[Step]) -> int:
    """Add a line's step to `steps` and give the pause, in ms, that holds from here on."""
    if not line:
        return every
    if not line.startswith(b":"):
        steps.append(Step(every, scan=_ESCAPE.sub(_unescaped, line)))
        return every
    word, _, value = line.decode("utf-8", "replace").partition(" ")
    value = value.strip()
    match word:
        case ":#":
            return every
        case ":wait":
            steps.append(Step(_milliseconds(value)))
            return every
        case ":every":
            return _milliseconds(value)
        case ":key" if value in KEYS:
            steps.append(Step(every, key=value))
            return every
        case ":key":
            raise ValueError(f"there is no key {value!r}; write f1 to f12, enter, escape, up and so on.")
    raise ValueError(f"there is no directive {word!r}; write :wait, :every, :key, :#, or \\x3a for a code's colon.")


def _milliseconds(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) <= LONGEST_WAIT_MS):
        raise ValueError(f"{value!r} is no whole number of milliseconds up to {LONGEST_WAIT_MS}.")
    return int(value)


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes.fromhex(match[1].decode())
    if match[2]:
        return b"\\"
    raise ValueError("a backslash must be \\xNN or \\\\.")
