"""Slips on paper from the terminal, read back as a scanner reads them; nobody waits for a printer (S15)."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..printing import labels, paper
from ..printing.sockets import Listener, listening, takes_all
from ..printing.test_cups import queues, real, scheduler  # noqa: F401 - fixtures
from .shift import BIN, CONSOLE, HANDHELD, Backend, Terminal, environment, eventually, journal_of, serials_of
from .test_invoicing import new_invoice

pytestmark = pytest.mark.e2e

FIVE = ["SN-1001", "SN/../../1002", "+49-30/1003", "sn_1004...", "-A-VERY-LONG-SERIAL-OF-40-CHARACTERS-01"]
"""What the item of PS-1001 takes, as near to paths and options as it gets."""


def printers(*words: str, **settings: str) -> dict[str, str]:
    given = {f"SCAN_TERMINAL_PRINTING_{key.upper()}": value for key, value in settings.items()}
    return {"SCAN_TERMINAL_PRINTING_PRINTERS": ",".join(words)} | given


@pytest.fixture
def site_prints(backend: Backend) -> None:
    """Let the site decide that what is posted prints by itself (D7)."""
    file = backend.directory / "policies.csv"
    file.write_text("site,print_at_posting\nHAMBURG,true\n")
    command = [str(BIN / "server-stub"), "import", "policies", str(file), "--database", backend.database]
    subprocess.run(command, capture_output=True, check=True, env=environment(backend.directory, {}))


def choose(terminal: Terminal, words: str) -> None:
    """Choose an entry of a menu by its digit, as the screen numbers it."""

    def numbered() -> re.Match[str] | None:
        return next(filter(None, (re.match(rf"(\d) {re.escape(words)}", row) for row in terminal.screen())), None)

    terminal.wait_until(numbered, f"the entry {words!r}")
    found = numbered()
    assert found is not None
    terminal.choose(int(found[1]))


def print_it(terminal: Terminal) -> None:
    terminal.press("f1")
    choose(terminal, "This document")
    choose(terminal, "Print")
    terminal.wait_until(lambda: re.search(r"^\S+ print\b", terminal.header), "the page for printing")


def post(terminal: Terminal) -> None:
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")


def posted(start: Callable[..., Terminal], backend: Backend, **given: object) -> Terminal:
    """Give a terminal with PS-1001 picked and posted; back on its scanning page."""
    terminal = start(backend, document="PS-1001", **given)
    terminal.wait_for("0 / 5")
    for serial in FIVE:
        terminal.scan(serial, serial[-10:])
    terminal.wait_for("slip complete")
    terminal.wait_sent()
    post(terminal)
    return terminal


def read(pdf: bytes) -> list[str]:
    """Scan all barcodes of a PDF, as far as it is whole."""
    return sorted(code for image in paper.images(pdf) for code in paper.barcodes(image))


def labelled(job: list[bytes]) -> list[str]:
    """Scan the Code 128 of a label printer's job, and take the QR codes at their word."""
    fields = [field for label in labels.labels_of(b"".join(job)) for field in label]
    squares = [(field.data or "").removeprefix("MA,") for field in fields if field.is_square]
    return [labels.read(labels.drawn(field)) for field in fields if field.is_bars] + squares


@pytest.mark.parametrize("size", [HANDHELD, CONSOLE], ids=["20x16", "80x24"])
def test_a_posted_slip_is_printed_to_a_file_and_on_labels(backend, start, size):
    with listening(takes_all) as listener:
        words = ("pdf=file:prints", f"dock=zpl:127.0.0.1:{listener.port}")
        terminal = posted(start, backend, size=size, settings=printers(*words))
        terminal.press("f3")
        print_it(terminal)
        choose(terminal, "pdf")
        file = terminal.data / "prints" / "packing-slip-PS-1001.pdf"
        terminal.wait_for("OK Saved as")
        assert file.name.removesuffix(".pdf")[-8:] in terminal.text().replace(" ", "")
        pdf = file.read_bytes()
        assert read(pdf) == sorted(["PS-1001", *FIVE])
        said = paper.text(pdf)
        assert "Packing slip PS-1001" in said
        assert "Order: SO-2001" in said
        assert "Status: posted" in said
        assert "DRAFT" not in said
        assert re.search(r"Date: 20\d\d-\d\d-\d\d \d\d:\d\d", said)
        terminal.press("f3")
        print_it(terminal)
        choose(terminal, "dock")
        terminal.wait_for("OK Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
    assert labelled(listener.jobs[0]) == ["PS-1001", *FIVE]
    assert len(listener.jobs) == 1


@real
def test_a_posted_slip_goes_to_a_printer_of_cups(backend, start, queues, scheduler):  # noqa: F811
    settings = printers("office=cups:exact") | {"CUPS_SERVER": str(scheduler / "sock")}
    terminal = posted(start, backend, settings=settings)
    terminal.press("f3")
    print_it(terminal)
    terminal.wait_for("OK Printed on office.")
    queues.wait(lambda: bool(queues.jobs) and queues.jobs[0][-1:] == [b""])
    assert read(b"".join(queues.jobs[0])) == sorted(["PS-1001", *FIVE])


def test_a_draft_says_that_it_is_one_and_lists_its_blanks(backend, start):
    terminal = start(backend, document="PS-1001", settings=printers("pdf=file:prints"))
    terminal.wait_for("0 / 5")
    terminal.scan("SN-1001")
    terminal.press("f2")
    terminal.wait_for("OK not readable")
    terminal.wait_sent()
    print_it(terminal)
    terminal.wait_for("OK Saved as")
    said = paper.text((terminal.data / "prints" / "packing-slip-PS-1001.pdf").read_bytes())
    assert "Status: DRAFT" in said
    assert "SN-1001" in said
    assert "(not readable)" in said
    assert "Units: 5, entries: 2" in said


@pytest.mark.usefixtures("site_prints")
def test_a_counter_sale_is_printed_by_itself_on_the_first_printer_when_it_is_posted(backend, start):
    with listening(takes_all) as listener:
        words = f"dock=zpl:127.0.0.1:{listener.port}"
        terminal = start(backend, settings=printers(words, "pdf=file:prints"))
        terminal.wait_for("1 PS-10")
        terminal.press("f1")
        choose(terminal, "Look up")
        choose(terminal, "Counter sale")
        terminal.wait_for("Scan an item.")
        terminal.scan("4007650001001", "Scan the serial of")
        terminal.scan("SN-1001")
        number = terminal.header.split()[0]
        terminal.wait_sent()
        post(terminal)
        terminal.wait_for("Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
    assert labelled(listener.jobs[0]) == [number, "SN-1001"]
    assert any("Counter sale" in text for text in labels.texts(labels.labels_of(b"".join(listener.jobs[0]))[0]))
    assert not (terminal.data / "prints").exists()


@pytest.mark.usefixtures("site_prints")
def test_an_invoice_is_printed_with_the_serials_of_its_slips(backend, start):
    with listening(takes_all) as listener:
        words = ("pdf=file:prints", f"dock=zpl:127.0.0.1:{listener.port}")
        terminal = start(backend, settings=printers(*words, at_posting="dock"))
        number = new_invoice(terminal)
        terminal.scan("SWK7200A1002")
        terminal.scan("SWK7200A1001", "slip complete")
        terminal.press("f7")
        terminal.confirm()
        terminal.titled("PS-1010 on")
        terminal.confirm()  # all of it, with a unit that was not readable
        terminal.titled(number)
        terminal.wait_sent()
        post(terminal)
        terminal.wait_for("Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
        terminal.press("f3")
        print_it(terminal)
        choose(terminal, "pdf")
        terminal.wait_for("OK Saved as")
    serials = ["SWK7200A1001", "SWK7200A1002", "SWK7200A1017"]
    pdf = (terminal.data / "prints" / f"invoice-{number}.pdf").read_bytes()
    assert read(pdf) == [number, *serials]
    assert sorted(labelled(listener.jobs[0])) == [number, *serials]
    said = paper.text(pdf), "\n".join(labels.texts(labels.labels_of(b"".join(listener.jobs[0]))[0]))
    for text in said:
        assert f"Invoice {number}" in text
        assert "Order: SO-2006" in text
        assert "Status: posted" in text
        assert text.count("(not readable)") == 1
        assert re.findall(r"slip (PS-\d+)", text) == ["PS-1009", "PS-1010"]
        assert "DRAFT" not in text


def test_the_demo_has_a_folder_to_print_to(tmp_path: Path):
    terminal = Terminal("", tmp_path / "terminal", settings={"TMPDIR": str(tmp_path)})
    try:
        terminal.open("PS-1001")
        terminal.scan("SN-DEMO-1")
        print_it(terminal)
        terminal.wait_for("OK Saved as")
        (file,) = tmp_path.glob("scan-terminal-demo-*/terminal/prints/packing-slip-PS-1001.pdf")
        assert read(file.read_bytes()) == ["PS-1001", "SN-DEMO-1"]
        terminal.end()
    finally:
        terminal.close()


def test_without_the_sites_policy_the_printer_for_posting_does_nothing(backend, start):
    with listening(takes_all) as listener:
        settings = printers(f"dock=zpl:127.0.0.1:{listener.port}", at_posting="dock")
        terminal = posted(start, backend, settings=settings)
        terminal.wait_sent()
        terminal.press("f3")
        print_it(terminal)  # an order of ours comes after all others
        terminal.wait_for("OK Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
    assert len(listener.jobs) == 1


@pytest.mark.usefixtures("site_prints")
def test_where_the_site_prints_a_terminal_without_a_printer_posts_and_the_page_says_so(backend, start):
    terminal = posted(start, backend)
    terminal.wait_sent()
    terminal.press("f3")
    print_it(terminal)
    terminal.wait_for("this terminal has no printer. Tell the office.")
    assert "Traceback" not in terminal.log()


def test_without_a_printer_no_menu_offers_printing(backend, start):
    terminal = start(backend, document="PS-1001")
    terminal.wait_for("0 / 5")
    terminal.press("f1")
    choose(terminal, "This document")
    terminal.wait_for("Serials")
    assert not terminal.shows("Print")


def test_a_printer_that_is_off_is_said_and_nothing_is_lost(backend, start):
    with socket.socket() as off:
        off.bind(("127.0.0.1", 0))  # and listens to nobody
        port = off.getsockname()[1]
        terminal = start(backend, document="PS-1001", settings=printers(f"dock=zpl:127.0.0.1:{port}"))
        terminal.wait_for("0 / 5")
        terminal.scan("SN-1001")
        print_it(terminal)
        terminal.wait_for("NO Nothing at")
    terminal.wait_for(f"NO Nothing at 127.0.0.1:{port} takes labels. Check that the printer is ready.")
    terminal.scan("SN-1002")
    terminal.wait_for("2 / 5")
    terminal.wait_sent()
    assert serials_of(journal_of(terminal.data)) == ["SN-1001", "SN-1002"]
    assert backend.serials("PS-1001") == ["SN-1001", "SN-1002"]


@pytest.fixture
def hanging() -> Iterator[Listener]:
    """A printer that takes the connection and then nothing."""
    over = threading.Event()
    with listening(lambda _link, _job: over.wait(100) and None, buffer=1024) as listener:
        yield listener
        over.set()


def picked(start: Callable[..., Terminal], backend: Backend, printer: str) -> tuple[Terminal, list[str]]:
    """Give a terminal with 300 serials on PS-1400, and these."""
    terminal = start(backend, document="PS-1400", settings=printers(printer))
    terminal.wait_for("0 / 400")
    serials = [f"SN-A{n:03}" for n in range(300)]
    for at in range(0, 300, 50):
        terminal.type("".join(f"{serial}\r" for serial in serials[at : at + 50]))
        terminal.wait_for(f"OK {serials[at + 49]}")
    terminal.wait_sent()
    return terminal, serials


def timed(terminal: Terminal, serial: str) -> float:
    """Scan, and give the milliseconds until the verdict is on the screen."""
    began = time.monotonic()
    terminal.scan(serial)
    return 1000 * (time.monotonic() - began)


def summary(took: list[float]) -> str:
    ordered = sorted(took)
    return f"median {ordered[len(took) // 2]:.0f} ms, slowest {ordered[-1]:.0f} ms"


def test_fifty_scans_are_right_and_quick_while_a_printer_hangs_and_the_end_is_not_kept(backend, start, hanging, report):
    terminal, wanted = picked(start, backend, f"dock=zpl:127.0.0.1:{hanging.port}")
    print_it(terminal)
    terminal.wait_for("Printing PS-1400 on dock")
    hanging.wait(lambda: bool(hanging.jobs))
    beside = [f"SN-B{n:03}" for n in range(50)]
    took = [timed(terminal, serial) for serial in beside]
    terminal.wait_for("350 / 400")
    report(f"50 scans beside a printer that hangs: {summary(took)}")
    assert sorted(took)[25] < 100
    assert max(took) < 1000
    terminal.wait_sent()
    assert serials_of(journal_of(terminal.data)) == [*wanted, *beside]
    assert sorted(backend.serials("PS-1400")) == sorted([*wanted, *beside])
    began = time.monotonic()
    assert terminal.end(signal.SIGTERM) == 143
    assert time.monotonic() - began < 8


def test_scans_are_right_and_quick_while_a_long_slip_is_made_ready(backend, start, report):
    terminal, wanted = picked(start, backend, "pdf=file:prints")
    alone = [f"SN-B{n:03}" for n in range(20)]
    before = [timed(terminal, serial) for serial in alone]
    file = terminal.data / "prints" / "packing-slip-PS-1400.pdf"
    beside: list[str] = []
    took: list[float] = []
    for _again in range(3):
        file.unlink(missing_ok=True)
        print_it(terminal)
        while not file.exists():
            beside.append(f"SN-C{len(beside):03}")
            took.append(timed(terminal, beside[-1]))
        if "print" in terminal.header:
            terminal.press("f3")
        terminal.wait_for("ADD")
    report(f"{len(took)} scans while PDFs are made: {summary(took)}; alone: {summary(before)}")
    assert max(took, default=0) < 1000
    assert serials_of(journal_of(terminal.data)) == [*wanted, *alone, *beside]


@pytest.mark.usefixtures("site_prints")
def test_what_is_posted_here_is_printed_once(backend, start, link):
    with listening(takes_all) as listener:
        settings = printers(f"dock=zpl:127.0.0.1:{listener.port}", at_posting="dock")
        terminal = posted(start, link, settings=settings)
        terminal.wait_for("OK Posted. The server has it. Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
        assert labelled(listener.jobs[0]) == ["PS-1001", *FIVE]
        link.drop()  # news of the slip come again with the new connection
        link.wait_quiet()
        terminal.confirm()
        terminal.wait_for("1 PS-10")
        terminal.kill9()
        again = start(link, settings=settings)
        again.wait_for("1 PS-10")
        again.type("PS-1001\r")
        again.wait_for("posted")
        link.wait_quiet()
        print_it(again)  # an order of ours comes after all others
        again.wait_for("OK Printed on dock.")
        listener.wait(lambda: len(listener.jobs) == 2 and listener.jobs[1][-1:] == [b""])
    assert len(listener.jobs) == 2


@pytest.mark.usefixtures("site_prints")
def test_what_is_posted_after_a_restart_is_printed_when_it_is_open_then(backend, start, link):
    with listening(takes_all) as listener:
        settings = printers(f"dock=zpl:127.0.0.1:{listener.port}", at_posting="dock")
        terminal = start(link, document="PS-1001", settings=settings)
        terminal.wait_for("0 / 5")
        for serial in FIVE:
            terminal.scan(serial, serial[-10:])
        terminal.wait_sent()
        link.cut()
        terminal.press("f8")
        terminal.wait_for("Nothing is missing.")
        terminal.confirm()
        terminal.wait_for("The request to post is stored here.")
        terminal.kill9()
        again = start(link, settings=settings, operator="")
        again.wait_for("Operator number:")
        again.type("1001\r")
        again.wait_for("PIN:")
        again.type("1111\r")
        again.wait_for("1 PS-10")
        again.type("PS-1001\r")
        again.wait_for("5 / 5")
        assert listener.jobs == []
        link.mend()
        again.wait_for("Printed on dock.")
        listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""])
        eventually(lambda: backend.registrations("PS-1001")[0]["status"] == "posted", "the posting")
    assert len(listener.jobs) == 1
    assert labelled(listener.jobs[0]) == ["PS-1001", *FIVE]


@pytest.mark.usefixtures("site_prints")
def test_a_folder_that_is_gone_at_posting_is_said_over_everything(backend, start, tmp_path: Path):
    settings = printers(f"share=file:{tmp_path / 'mount'}", at_posting="share")
    terminal = posted(start, backend, settings=settings)
    terminal.wait_for("NO PS-1001: Nothing can be saved in")
    terminal.wait_for("Have the folder checked.")
    terminal.confirm()
    terminal.wait_for("OK Posted.")
