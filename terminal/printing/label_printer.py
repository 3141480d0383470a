"""The way to a label printer: a raw TCP port that takes ZPL and as a rule says nothing."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
import time
from contextlib import suppress

from terminal.printing.printers import LabelPrinter
from terminal.printing.visible import visible
from terminal.printing.wording import PrintFault, Trouble

CONNECT_S = 5.0
"""Seconds that a printer may take to accept the connection."""
TOTAL_S = 60.0
"""Seconds that it may take for everything; once it is full it takes labels no faster than it prints."""
GOODBYE_S = 0.5
"""Seconds to wait for it to hang up after it has everything; many don't, and are done all the same."""


def send_to_label_printer(
    printer: LabelPrinter, labels: bytes, connect_s: float = CONNECT_S, total_s: float = TOTAL_S
) -> None:
    """Send labels to a printer's raw port and wait until it has taken every byte.

    Times are in seconds; `total_s` counts from the first byte sent. That it has the bytes is all that is known then:
    it prints on its own.

    Raises:
        PrintFault: the printer can't be reached, takes nothing for too long, or hangs up; in the last two cases some
            labels may have been printed.
    """
    try:
        link = socket.create_connection((printer.host, printer.port), timeout=connect_s)
    except (OSError, UnicodeError) as fault:
        raise PrintFault(_unreached(fault), host=visible(printer.address)) from fault
    with link:
        try:
            _send(link, labels, time.monotonic() + total_s)
        except TimeoutError as fault:
            _drop(link)
            raise PrintFault(Trouble.STALLED, host=visible(printer.address)) from fault
        except OSError as fault:
            raise PrintFault(Trouble.BROKEN, host=visible(printer.address)) from fault


def _send(link: socket.socket, labels: bytes, until: float) -> None:
    left = memoryview(labels)
    while left:
        link.settimeout(_remaining(until))
        left = left[link.send(left) :]
    link.shutdown(socket.SHUT_WR)
    while _on_the_way(link):
        time.sleep(min(0.02, _remaining(until)))
    # What the printer says is of no interest, but that it hung up in anger is.
    link.settimeout(GOODBYE_S)
    with suppress(TimeoutError):
        while link.recv(4096):
            _remaining(until)


def _on_the_way(link: socket.socket) -> bool:
    """Whether the printer has not yet acknowledged every byte (tcp(7), SIOCOUTQ)."""
    wrong = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if wrong:
        raise OSError(wrong, "the connection was lost")
    held = fcntl.ioctl(link.fileno(), termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", held)[0]) > 0


def _remaining(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _drop(link: socket.socket) -> None:
    """Hang up so that the kernel doesn't go on sending what the caller has been told is lost."""
    with suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _unreached(fault: Exception) -> Trouble:
    match fault:
        case socket.gaierror() | UnicodeError():
            return Trouble.UNKNOWN_HOST
        case TimeoutError():
            return Trouble.UNREACHABLE
        case ConnectionRefusedError():
            return Trouble.REFUSED_LINK
        case _:
            return Trouble.NO_ROUTE
