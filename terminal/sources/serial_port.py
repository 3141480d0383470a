"""A scanner on a serial port or behind a socket, read by a thread of its own: a screen that hangs loses no scan."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal, Protocol

from msgspec import Struct

from terminal.sources.framing import Frame, Framing
from terminal.sources.scan import Scan, Unread
from terminal.sources.socket_line import SocketLine
from terminal.sources.spec import AUTO, SerialSpec, SocketSpec

MAKERS = frozenset({0x05E0, 0x0C2E, 0x23D0, 0x05F9, 0x1EAB, 0x065A, 0x0488})
"""USB vendors of scanners: Zebra, Honeywell, Youjie, Datalogic, Newland, Opticon, Netum. Products vary by mode."""

WAIT_S = 0.2
"""The longest single wait for bytes, in seconds: five wake-ups a second, and stopping takes no longer."""
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0)
"""Pauses between attempts to find the port again; the last one repeats."""
MOVED_S = 1.0
"""How often a quiet port's link is looked at, in seconds."""
STOP_S = 3.0
"""How long `stop` waits for the thread, in seconds."""


class PortReason(StrEnum):
    """Why a port is not open."""

    NONE = ""
    NO_SUCH_PATH = "no-such-path"
    NO_PERMISSION = "no-permission"
    BUSY = "busy"
    NO_SCANNER = "no-scanner"
    """`auto` found no port of a known maker."""
    UNREACHABLE = "unreachable"
    """Nobody answers at that address."""
    UNPLUGGED = "unplugged"
    MOVED = "moved"
    """The link points to another port now."""
    FAILED = "failed"
    """Something else; `PortState.detail` has the system's words."""


class PortState(Struct, frozen=True):
    """How the port is."""

    state: Literal["absent", "opening", "open", "lost"]
    source: str
    """The name that its scans carry."""
    port: str
    """The port itself; for `auto` the one that was found."""
    reason: PortReason = PortReason.NONE
    detail: str = ""
    """The system's words, for a technician."""


class _Line(Protocol):
    def read(self) -> bytes: ...

    def close(self) -> None: ...


class _Lost(Exception):
    def __init__(self, reason: PortReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail


class SerialPort:
    """Reads one port until it is stopped, and finds it again when it was unplugged.

    What arrived before the port was opened is discarded: it belongs to nobody's scan (pyserial does so by itself; a
    socket has nothing old). A frame never reaches across an unplug: its half is reported as `Unread` with the cause
    `unplugged` or `moved`. `on_scan` and `on_state` are called in the port's thread and must not block or raise.
    """

    def __init__(
        self,
        spec: SerialSpec | SocketSpec,
        frame: Frame,
        on_scan: Callable[[Scan | Unread], None],
        on_state: Callable[[PortState], None],
    ) -> None:
        self._spec = spec
        self._framing = Framing(frame, spec.source)
        # An end by silence is seen only between two reads, so they have to be shorter than it.
        self._wait_s = min(WAIT_S, frame.idle_ms / 2000) if frame.idle_ms else WAIT_S
        self._on_scan = on_scan
        self._on_state = on_state
        self._told: PortState | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"scanner {spec.source}", daemon=True)

    def start(self) -> None:
        """Begin to read; call it once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the port; waits for at most three seconds. No callback comes afterwards."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        self._tell(PortState("opening", self._spec.source, _place(self._spec)))
        failures = 0
        while not self._stop.is_set():
            if self._session():
                failures = 0
            self._stop.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    def _session(self) -> bool:
        """Open the port and read it until it is lost; whether it was open at all."""
        place = _place(self._spec)
        try:
            place, line = self._open()
        except _faults() as fault:
            self._tell(PortState("absent", self._spec.source, place, _reason(fault, self._spec), str(fault)))
            return False
        self._tell(PortState("open", self._spec.source, place))
        try:
            self._read(line, os.path.realpath(place))
        except _Lost as lost:
            self._lose(place, lost)
        finally:
            with contextlib.suppress(*_faults()):
                line.close()
        return True

    def _open(self) -> tuple[str, _Line]:
        if isinstance(self._spec, SocketSpec):
            return self._spec.source, SocketLine(self._spec.host, self._spec.port, self._wait_s)
        path = _found() if self._spec.path == AUTO else self._spec.path
        return path, _SerialLine(path, self._spec.profile.baud, self._wait_s)

    def _read(self, line: _Line, device: str) -> None:
        looked = time.monotonic()
        while not self._stop.is_set():
            try:
                data = line.read()
            except _faults() as fault:
                raise _Lost(PortReason.UNPLUGGED, str(fault)) from fault
            now = time.monotonic()
            # Only an empty read proves silence; bytes that waited while this thread was held up came in time.
            for found in self._framing.feed(data, now) if data else self._framing.tick(now):
                self._hand_on(found)
            if not data and now - looked >= MOVED_S:
                looked = now
                self._check_moved(device)

    def _check_moved(self, device: str) -> None:
        path = self._spec.path if isinstance(self._spec, SerialSpec) else AUTO
        if path != AUTO and os.path.exists(path) and os.path.realpath(path) != device:
            raise _Lost(PortReason.MOVED, os.path.realpath(path))

    def _lose(self, place: str, lost: _Lost) -> None:
        for found in self._framing.reset(lost.reason, time.monotonic()):
            self._hand_on(found)
        self._tell(PortState("lost", self._spec.source, place, lost.reason, lost.detail))

    def _hand_on(self, found: Scan | Unread) -> None:
        if not self._stop.is_set():
            self._on_scan(found)

    def _tell(self, state: PortState) -> None:
        told = self._told
        if self._stop.is_set() or (
            told and (told.state, told.port, told.reason) == (state.state, state.port, state.reason)
        ):
            return
        self._told = state
        self._on_state(state)


class _SerialLine:
    def __init__(self, path: str, baud: int, wait_s: float) -> None:
        # Imported here: it costs the start of a terminal without a serial scanner nothing.
        import serial

        options: dict[str, Any] = {} if os.name == "nt" else {"exclusive": True}
        self._port: Any = serial.Serial(path, baud, timeout=wait_s, **options)
        self._alone(True)

    def read(self) -> bytes:
        """Give what waits, or wait for one byte: a longer read would lose half a frame when the cable is pulled."""
        data: bytes = self._port.read(self._port.in_waiting or 1)
        return data

    def close(self) -> None:
        self._alone(False)
        self._port.close()

    def _alone(self, wanted: bool) -> None:
        """Keep others from opening the port: the lock that pyserial takes binds only those who ask for it."""
        if os.name == "nt":
            return
        import fcntl
        import termios

        with contextlib.suppress(OSError, termios.error, TypeError, ValueError):
            fcntl.ioctl(self._port.fileno(), termios.TIOCEXCL if wanted else termios.TIOCNXCL)


def _place(spec: SerialSpec | SocketSpec) -> str:
    return spec.path if isinstance(spec, SerialSpec) else spec.source


def _found() -> str:
    from serial.tools import list_ports

    ports = sorted(port.device for port in list_ports.comports() if port.vid in MAKERS)
    if not ports:
        raise FileNotFoundError(errno.ENODEV, "no scanner of a known maker is plugged in")
    return str(ports[0])


def _faults() -> tuple[type[Exception], ...]:
    """Everything that a port throws when it is missing, taken or pulled; `SerialException` is an OSError."""
    known: tuple[type[Exception], ...] = (OSError, TypeError, AttributeError, ValueError)
    try:
        import termios
    except ImportError:
        return known
    return (*known, termios.error)


def _reason(fault: Exception, spec: SerialSpec | SocketSpec) -> PortReason:
    if isinstance(spec, SocketSpec):
        return PortReason.UNREACHABLE
    number = fault.errno if isinstance(fault, OSError) else None
    if number == errno.ENODEV and spec.path == AUTO:
        return PortReason.NO_SCANNER
    return {
        errno.ENOENT: PortReason.NO_SUCH_PATH,
        errno.ENODEV: PortReason.NO_SUCH_PATH,
        errno.ENXIO: PortReason.NO_SUCH_PATH,
        errno.EACCES: PortReason.NO_PERMISSION,
        errno.EPERM: PortReason.NO_PERMISSION,
        errno.EAGAIN: PortReason.BUSY,
        errno.EBUSY: PortReason.BUSY,
    }.get(number or 0, PortReason.FAILED)
