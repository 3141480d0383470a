from __future__ import annotations

import os
import resource
import socket
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal.sources import serial_port
from terminal.sources.profile import Profile
from terminal.sources.scan import Reason, Scan, Unread
from terminal.sources.serial_port import PortReason, PortState, SerialPort
from terminal.sources.spec import SerialSpec, SocketSpec


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


class Device:
    """A scanner behind a link, as udev makes them; plugged in anew it is another port."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master = -1

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        fresh = self.link.with_suffix(".new")
        fresh.symlink_to(name)
        fresh.rename(self.link)

    def unplug(self) -> None:
        os.close(self.master)
        self.master = -1
        self.link.unlink()


class Ears:
    """A port and what it told."""

    def __init__(self, spec: SerialSpec | SocketSpec) -> None:
        self.heard: list[Scan | Unread] = []
        self.states: list[PortState] = []
        self.port = SerialPort(spec, spec.profile.frame, self.heard.append, self.states.append)
        self.port.start()

    @property
    def texts(self) -> list[str]:
        return [h.text if isinstance(h, Scan) else h.reason.value for h in self.heard]

    def await_state(self, state: str, reason: PortReason = PortReason.NONE) -> None:
        until(lambda: bool(self.states) and (self.states[-1].state, self.states[-1].reason) == (state, reason))


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "scanner")
    yield device
    if device.master >= 0:
        os.close(device.master)


@pytest.fixture
def listen() -> Iterator[Callable[[SerialSpec | SocketSpec], Ears]]:
    opened: list[Ears] = []

    def start(spec: SerialSpec | SocketSpec) -> Ears:
        opened.append(Ears(spec))
        return opened[-1]

    yield start
    for ears in opened:
        began = time.monotonic()
        ears.port.stop()
        assert time.monotonic() - began < 3.0


Listen = Callable[[SerialSpec | SocketSpec], Ears]


@pytest.mark.parametrize("rate", [1000, 5000])
def test_a_hundred_scans_at_speed(device: Device, listen: Listen, rate: int) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("open")
    codes = [f"SN-{n:06}" for n in range(100)]
    began = time.monotonic()
    for sent, byte in enumerate("".join(code + "\r" for code in codes).encode(), 1):
        os.write(device.master, bytes((byte,)))
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    until(lambda: len(ears.heard) >= 100)
    assert ears.texts == codes
    assert {h.source for h in ears.heard} == {str(device.link)}
    assert all(abs(h.at - time.monotonic()) < 60 for h in ears.heard)


def test_unplugged_in_the_middle_of_a_scan_and_plugged_in_as_another_port(device: Device, listen: Listen) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link)))
    for number in range(3):
        ears.await_state("open")
        os.write(device.master, f"WHOLE-{number}\rHALF".encode())
        until(lambda wanted=number: len(ears.heard) > 2 * wanted)  # type: ignore[misc]
        time.sleep(0.05)
        device.unplug()
        ears.await_state("absent", PortReason.NO_SUCH_PATH)
        device.plug()
    ears.await_state("open")
    os.write(device.master, b"-TAIL\r")
    until(lambda: len(ears.heard) == 7)
    assert ears.texts == ["WHOLE-0", "broken-off", "WHOLE-1", "broken-off", "WHOLE-2", "broken-off", "-TAIL"]
    assert ears.heard[1] == Unread(
        Reason.BROKEN_OFF, "HALF", 4, str(device.link), ears.heard[1].at, PortReason.UNPLUGGED.value
    )
    assert [s.state for s in ears.states[:5]] == ["opening", "open", "lost", "absent", "open"]


def test_a_link_that_points_elsewhere_is_followed(device: Device, listen: Listen) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("open")
    old = device.master
    os.write(old, b"HALF")
    device.plug()
    until(lambda: any(s.reason is PortReason.MOVED for s in ears.states))
    ears.await_state("open")
    os.close(old)
    os.write(device.master, b"NEW\r")
    until(lambda: "NEW" in ears.texts)
    assert ears.texts == ["broken-off", "NEW"]


def test_a_port_that_is_not_there_yet(device: Device, listen: Listen) -> None:
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("absent", PortReason.NO_SUCH_PATH)
    device.plug()
    ears.await_state("open")
    os.write(device.master, b"A\r")
    until(lambda: ears.texts == ["A"])
    assert [s.state for s in ears.states] == ["opening", "absent", "open"]


def test_a_port_that_someone_else_has(device: Device, listen: Listen) -> None:
    device.plug()
    first = listen(SerialSpec(str(device.link)))
    first.await_state("open")
    second = listen(SerialSpec(str(device.link)))
    second.await_state("absent", PortReason.BUSY)
    os.write(device.master, b"A\r")
    until(lambda: first.texts == ["A"])
    first.port.stop()
    second.await_state("open")
    assert second.texts == []


def test_a_path_that_is_no_port(tmp_path: Path, listen: Listen) -> None:
    (tmp_path / "file").write_bytes(b"SN1\r")
    ears = listen(SerialSpec(str(tmp_path / "file")))
    ears.await_state("absent", PortReason.FAILED)
    assert ears.states[-1].detail


def test_silence_ends_a_code_or_drops_it(device: Device, listen: Listen) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link), Profile(suffix="none")))
    ears.await_state("open")
    os.write(device.master, b"SN-1")
    until(lambda: len(ears.heard) == 1)
    os.write(device.master, b"SN-2")
    until(lambda: len(ears.heard) == 2)
    assert ears.texts == ["SN-1", "SN-2"]
    ears.port.stop()
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("open")
    os.write(device.master, b"\x02SN-3")
    until(lambda: len(ears.heard) == 1)
    os.write(device.master, b"caf\xe9\rSN-4\r")
    until(lambda: len(ears.heard) == 3)
    assert ears.texts == ["broken-off", "undecodable", "SN-4"]


def test_no_callback_after_stop(device: Device, listen: Listen) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("open")
    ears.port.stop()
    states = len(ears.states)
    device.unplug()
    time.sleep(0.05)
    assert (ears.texts, len(ears.states)) == ([], states)


def test_an_idle_port_costs_next_to_nothing(device: Device, listen: Listen) -> None:
    device.plug()
    ears = listen(SerialSpec(str(device.link)))
    ears.await_state("open")
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(1.0)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.1


def test_a_socket_that_comes_and_goes(listen: Listen) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    spec = SocketSpec("127.0.0.1", server.getsockname()[1])
    ears = listen(spec)
    connection, _ = server.accept()
    connection.sendall(b"FIRST\r\nHALF")
    until(lambda: ears.texts == ["FIRST"])
    time.sleep(0.05)
    connection.close()
    connection, _ = server.accept()
    connection.sendall(b"SECOND\r")
    until(lambda: len(ears.heard) == 3)
    connection.close()
    server.close()
    ears.await_state("absent", PortReason.UNREACHABLE)
    assert ears.texts == ["FIRST", "broken-off", "SECOND"]


def test_auto_takes_a_known_makers_port(device: Device, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    from serial.tools import list_ports, list_ports_common

    device.plug()
    mouse, scanner = list_ports_common.ListPortInfo("/dev/mouse"), list_ports_common.ListPortInfo(str(device.link))
    mouse.vid, scanner.vid = 0x1234, 0x05E0
    ports = [mouse]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    ears = listen(SerialSpec("auto"))
    ears.await_state("absent", PortReason.NO_SCANNER)
    ports.append(scanner)
    ears.await_state("open")
    assert ears.states[-1].port == str(device.link)
    os.write(device.master, b"A\r")
    until(lambda: ears.texts == ["A"])
    assert ears.heard[0].source == "auto"


def test_every_fault_of_a_pulled_cable_is_a_loss(monkeypatch: pytest.MonkeyPatch, listen: Listen) -> None:
    import termios

    import serial

    faults = [serial.SerialException("x"), OSError(5, "x"), termios.error(5, "x"), TypeError("x"), AttributeError("x")]

    class Line:
        def __init__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            if faults:
                raise faults.pop()
            time.sleep(0.01)
            return b""

        def close(self) -> None:
            raise termios.error(5, "x")

    monkeypatch.setattr(serial_port, "_SerialLine", Line)
    monkeypatch.setattr(serial_port, "BACK_OFF_S", (0.01,))
    ears = listen(SerialSpec("/dev/any"))
    until(lambda: not faults)
    ears.await_state("open")
    assert [s.state for s in ears.states].count("lost") == 5
