"""Label printers on real sockets: one that works, and those that don't."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from terminal.printing.delivery import deliver
from terminal.printing.label_printer import send_to_label_printer
from terminal.printing.printers import LabelPrinter
from terminal.printing.wording import PrintFault
from terminal.printing.zpl import as_zpl

from . import labels
from .samples import all_serials, document, long_document
from .sockets import hang_up_in_anger, listening, takes_all

MUCH = b"^FX padding^FS\n" * 1_000_000


def fault_of(printer: LabelPrinter, data: bytes = b"^XA^XZ", **seconds: float) -> str:
    """What is said when it goes wrong."""
    with pytest.raises(PrintFault) as fault:
        send_to_label_printer(printer, data, **seconds)
    return str(fault.value)


def test_a_printer_gets_every_byte_and_then_the_end():
    printout = long_document(2, 500)
    with listening(takes_all) as listener:
        said = deliver(LabelPrinter("127.0.0.1", listener.port), printout)
        listener.wait(lambda: listener.jobs[0][-1:] == [b""])
    assert said == f"127.0.0.1:{listener.port}"
    got = b"".join(listener.jobs[0])
    assert got == as_zpl(printout)
    read = [labels.bars(field)[0] for label in labels.labels_of(got) for field in label if field.is_bars]
    assert read[1:] == all_serials(printout)


def test_a_printer_that_never_hangs_up_is_done_all_the_same():
    over = threading.Event()

    def stays(link: socket.socket, job: list[bytes]) -> None:
        takes_all(link, job)
        over.wait(20)

    with listening(stays) as listener:
        start = time.monotonic()
        send_to_label_printer(LabelPrinter("127.0.0.1", listener.port), as_zpl(document("SN-1")))
        took = time.monotonic() - start
        over.set()
    assert took < 10
    assert b"".join(listener.jobs[0]) == as_zpl(document("SN-1"))


def test_a_printer_that_talks_is_not_listened_to():
    def talks(link: socket.socket, job: list[bytes]) -> None:
        link.sendall(b"\x02030,0,0,1245\x03\r\n" * 100)
        takes_all(link, job)

    with listening(talks) as listener:
        send_to_label_printer(LabelPrinter("127.0.0.1", listener.port), as_zpl(document("SN-1")))
        listener.wait(lambda: listener.jobs[0][-1:] == [b""])
    assert b"".join(listener.jobs[0]) == as_zpl(document("SN-1"))


def test_a_slow_printer_has_its_time():
    def slowly(link: socket.socket, job: list[bytes]) -> None:
        for _turn in range(15):
            job.append(link.recv(8192))
            time.sleep(0.05)
        takes_all(link, job)

    with listening(slowly, buffer=4096) as listener:
        send_to_label_printer(LabelPrinter("127.0.0.1", listener.port), MUCH[:3_000_000], total_s=30)
        listener.wait(lambda: listener.jobs[0][-1:] == [b""])
    assert b"".join(listener.jobs[0]) == MUCH[:3_000_000]


@pytest.mark.parametrize("size", [len(MUCH), 100_000], ids=["more than fits", "fits into the kernel"])
def test_a_printer_that_stops_taking_labels_is_given_up(size):
    over = threading.Event()

    def hangs(_link: socket.socket, _job: list[bytes]) -> None:
        over.wait(30)

    with listening(hangs, buffer=2048) as listener:
        start = time.monotonic()
        said = fault_of(LabelPrinter("127.0.0.1", listener.port), MUCH[:size], total_s=1.5)
        took = time.monotonic() - start
        over.set()
    assert said == (
        f"The printer 127.0.0.1:{listener.port} stopped taking labels. Check its paper and lid, and what was printed."
    )
    assert 1.4 < took < 10


@pytest.mark.parametrize("read", [0, 1000])
def test_a_printer_that_resets_the_connection_leaves_it_open_what_was_printed(read):
    def resets(link: socket.socket, job: list[bytes]) -> None:
        job.append(link.recv(read or 1, socket.MSG_PEEK if not read else 0))
        hang_up_in_anger(link)

    with listening(resets) as listener:
        said = fault_of(LabelPrinter("127.0.0.1", listener.port), MUCH)
        short = fault_of(LabelPrinter("127.0.0.1", listener.port), b"^XA^XZ" * 1000)
    assert said == short == f"The printer 127.0.0.1:{listener.port} ended the connection. Check what was printed."


def test_nobody_at_the_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        said = fault_of(LabelPrinter("127.0.0.1", port))
    assert said == f"Nothing at 127.0.0.1:{port} takes labels. Check that the printer is ready."


def test_a_printer_that_does_not_answer():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        # A queue of one that is full: the kernel drops what asks to connect, as a printer does that is off.
        waiting = [socket.socket() for _place in range(3)]
        for link in waiting:
            link.setblocking(False)
            link.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        start = time.monotonic()
        said = fault_of(LabelPrinter("127.0.0.1", port), connect_s=0.5)
        took = time.monotonic() - start
        for link in waiting:
            link.close()
    assert said == f"The printer 127.0.0.1:{port} does not answer. Check that it is on."
    assert 0.4 < took < 4


def test_a_name_that_no_network_has():
    host = "a" * 64
    assert fault_of(LabelPrinter(host)) == f"The network knows no printer {host}. Check the name."


def test_a_network_that_leads_nowhere():
    # The broadcast address takes no connections.
    said = fault_of(LabelPrinter("255.255.255.255"))
    assert said == "There is no way to the printer 255.255.255.255. Check the network."
