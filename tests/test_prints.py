"""The printers of a terminal, on real files and sockets: in order, one at a time, and nobody waits for them (S15)."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from terminal.printing.zpl import as_zpl
from terminal.prints import Prints
from terminal.ui.ports import Printed

from .printing import paper
from .printing.samples import document
from .printing.sockets import Listener, listening, takes_all

SOON_S = 20.0


class Outcomes:
    """What the printers answered, by document, in the order it came."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[str, Printed]] = Queue()

    def of(self, number: str) -> Callable[[Printed], None]:
        return lambda printed: self._queue.put((number, printed))

    def next(self) -> tuple[str, Printed]:
        return self._queue.get(timeout=SOON_S)

    @property
    def empty(self) -> bool:
        return self._queue.empty()


@pytest.fixture
def outcomes() -> Outcomes:
    return Outcomes()


@pytest.fixture
def prints_on(tmp_path: Path) -> Iterator[Callable[..., Prints]]:
    made: list[Prints] = []

    def make(sheet: str = "a4", **words: str) -> Prints:
        made.append(Prints(words, sheet, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.stop(0.1)


def send(prints: Prints, outcomes: Outcomes, number: str, printer: str) -> None:
    prints.print(number, printer, lambda: document(f"SN-{number}", number=number), outcomes.of(number))


def test_a_folder_of_ours_is_made_and_gets_the_newest_printing(prints_on, outcomes, tmp_path):
    prints = prints_on(pdf="file:prints/out")
    file = tmp_path / "prints" / "out" / "packing-slip-PS-1.pdf"
    prints.print("PS-1", "pdf", lambda: document("SN-OLD", number="PS-1"), outcomes.of("PS-1"))
    assert outcomes.next() == ("PS-1", Printed(True, f"Saved as {file}."))
    send(prints, outcomes, "PS-1", "pdf")
    assert outcomes.next()[1].done
    assert paper.barcodes(paper.images(file.read_bytes())[0]) == ["PS-1", "SN-PS-1"]


def test_a_folder_elsewhere_is_not_made(prints_on, outcomes, tmp_path):
    prints = prints_on(share=f"file:{tmp_path / 'mount'}")
    send(prints, outcomes, "PS-1", "share")
    printed = outcomes.next()[1]
    assert not printed.done
    assert (
        printed.words
        == f"Nothing can be saved in {tmp_path / 'mount'}: No such file or directory. Have the folder checked."
    )


def test_the_sheet_can_be_a_label(prints_on, outcomes, tmp_path):
    for sheet, width in (("a4", 595), ("label", 288)):
        send(prints_on(sheet, pdf="file:."), outcomes, "PS-1", "pdf")
        assert outcomes.next()[1].done
        image = paper.images((tmp_path / "packing-slip-PS-1.pdf").read_bytes(), dpi=72)[0]
        assert abs(image.width - width) <= 1


def test_a_label_printer_gets_them_in_order_one_at_a_time(prints_on, outcomes):
    at_once, most = 0, 0

    def slow(link, job):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        takes_all(link, job)
        time.sleep(0.1)
        at_once -= 1

    numbers = [f"PS-{n}" for n in range(5)]
    with listening(slow) as listener:
        prints = prints_on(dock=f"zpl:127.0.0.1:{listener.port}")
        for number in numbers:
            send(prints, outcomes, number, "dock")
        assert [outcomes.next() for _number in numbers] == [(n, Printed(True, "Printed on dock.")) for n in numbers]
    assert [b"".join(job) for job in listener.jobs] == [as_zpl(document(f"SN-{n}", number=n)) for n in numbers]
    assert most == 1


def test_a_printer_that_is_off_keeps_no_other_and_no_later_document(prints_on, outcomes, tmp_path):
    with socket.socket() as off:
        off.bind(("127.0.0.1", 0))  # and listens to nobody
        port = off.getsockname()[1]
        prints = prints_on(off=f"zpl:127.0.0.1:{port}", pdf="file:.")
        send(prints, outcomes, "PS-1", "off")
        send(prints, outcomes, "PS-2", "off")
        said = f"Nothing at 127.0.0.1:{port} takes labels. Check that the printer is ready."
        assert [outcomes.next(), outcomes.next()] == [("PS-1", Printed(False, said)), ("PS-2", Printed(False, said))]
    send(prints, outcomes, "PS-3", "pdf")
    assert outcomes.next()[1].done


@pytest.fixture
def hanging() -> Iterator[Listener]:
    over = threading.Event()

    def hangs(link, job):
        over.wait(60)

    with listening(hangs, buffer=1024) as listener:
        yield listener
        over.set()


def test_while_one_printer_hangs_another_prints_and_the_end_is_not_kept(prints_on, outcomes, hanging):
    prints = prints_on(dock=f"zpl:127.0.0.1:{hanging.port}", pdf="file:.")
    big = document(*(f"SN-{n}" for n in range(5000)))
    prints.print("PS-1", "dock", lambda: big, outcomes.of("PS-1"))
    hanging.wait(lambda: bool(hanging.jobs))
    send(prints, outcomes, "PS-2", "pdf")
    assert outcomes.next()[0] == "PS-2"
    began = time.monotonic()
    prints.stop(0.5)
    assert time.monotonic() - began < 10
    assert outcomes.empty


def test_the_end_waits_a_moment_for_what_is_under_way(prints_on, outcomes, tmp_path):
    prints = prints_on(pdf="file:.")
    send(prints, outcomes, "PS-1", "pdf")
    prints.stop(SOON_S)
    assert (tmp_path / "packing-slip-PS-1.pdf").read_bytes().startswith(b"%PDF")


def test_what_cannot_be_made_is_said_and_the_next_is_printed(prints_on, outcomes):
    prints = prints_on(pdf="file:.")

    def fails():
        raise ZeroDivisionError

    prints.print("PS-1", "pdf", fails, outcomes.of("PS-1"))
    said = "PS-1 could not be made ready for pdf. Tell the office."
    assert outcomes.next() == ("PS-1", Printed(False, said))
    prints.print("PS-2", "pdf", lambda: document("SN", number="PS-2"), lambda _printed: 1 / 0)
    send(prints, outcomes, "PS-3", "pdf")
    assert outcomes.next()[1].done
    prints.print("PS-4", "nowhere", fails, outcomes.of("PS-4"))
    assert outcomes.next() == ("PS-4", Printed(False, "There is no printer nowhere here."))


def test_nothing_is_loaded_before_the_first_document():
    code = (
        "import sys; from pathlib import Path; import terminal.wiring, terminal.ui.app;"
        "from terminal.settings import load;"
        "from terminal.prints import Prints; load(environ={}); Prints({'a': 'file:x'}, 'a4', Path('.'));"
        "print(*(name for name in sys.modules if name.startswith(('terminal.printing', 'reportlab', 'PIL'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_of_printing_only_the_words_for_printers_are_loaded_at_a_start_with_printers():
    code = (
        "import sys; from pathlib import Path; import terminal.wiring;"
        "from terminal.settings import load; from terminal.prints import Prints;"
        "given = load(environ={'SCAN_TERMINAL_PRINTING_PRINTERS': 'a=file:x,b=cups:y,c=zpl:z?font=A'}).printing;"
        "Prints(given.words, given.sheet, Path('.'));"
        "print(*(name for name in sys.modules if name.startswith(('terminal.printing', 'reportlab', 'PIL'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"terminal.printing", "terminal.printing.printers"}
