"""The whole corpus through the real program, by keyboard and by serial port, each code with a clean scan behind it."""

from __future__ import annotations

import pytest

from tests.e2e.shift import CONSOLE, HANDHELD, SerialScanner, Terminal, journal_of

from .checks import control_codes, strange_on_screen
from .conftest import READY, SLIP
from .corpus import CORPUS, KEYS, SMALL, Payload
from .outputs import command, exported, objects
from .sending import QUIET, Shift, Still

pytestmark = pytest.mark.e2e

ALONE = {"key", "framing", "sample wedge-key", "sample wedge-framing", "sample logic"}
"""Kinds that do their harm best in a read of their own; the others are sent several in a burst."""


def open_terminal(start, backend, **given):
    return start(backend, document=SLIP, settings=QUIET, **given)


def test_by_keyboard_alone(backend, start):
    terminal = open_terminal(start, backend, size=CONSOLE)
    shift = Shift(terminal, terminal.type, "K")
    shift.clean()
    shift.one_by_one(each for each in CORPUS if each.kind in ALONE)
    figures = shift.judge()
    assert figures["payloads"] > 200


def test_by_keyboard_in_bursts(backend, start, tmp_path):
    terminal = open_terminal(start, backend, size=HANDHELD)
    shift = Shift(terminal, terminal.type, "B")
    shift.clean()
    shift.together([each for each in CORPUS if each.kind not in ALONE])
    assert shift.judge()["kept"] > 150
    events = journal_of(terminal.data)
    kept = [event["sequence"] for event in events if "CLEAN" not in str(event["serial"])]
    for sequence in kept[:: len(kept) // 6]:
        shown = command(tmp_path, "scan-terminal", "journal", "show", str(sequence), "--data", str(terminal.data))
        assert control_codes(shown) == []
    stored = objects(exported(backend, "registrations", "jsonl", SLIP))
    assert [row["serial"] for row in stored] == [event["serial"] for event in events]


def test_by_keyboard_byte_by_byte(backend, start):
    terminal = open_terminal(start, backend)

    def slowly(data: bytes) -> None:
        for byte in data:
            terminal.type(bytes((byte,)))

    shift = Shift(terminal, slowly, "S")
    shift.clean()
    shift.together([each for each in SMALL if each.kind in ("key", "terminal", "framing", "control")][::3], 2)
    assert shift.judge()["payloads"] > 20


def test_by_the_serial_port(backend, start, scanner: SerialScanner):
    terminal = open_terminal(start, backend, scanners=[scanner.spec])
    scanner.wait_open()
    shift = Shift(terminal, scanner.send, "P")
    shift.clean()
    alone = {"framing", "encoding", "sample encoding", "sample logic"}
    shift.one_by_one(each for each in CORPUS if each.kind in alone)
    shift.together([each for each in CORPUS if each.kind not in alone])
    assert shift.judge()["kept"] > 150


def unplug(terminal: Terminal, scanner: SerialScanner) -> None:
    scanner.unplug()
    terminal.wait_for("The scanner is unplugged.")
    scanner.replug()


def test_unplugged_in_the_middle_of_anything(backend, start, scanner: SerialScanner):
    terminal = open_terminal(start, backend, scanners=[scanner.spec])
    shift = Shift(terminal, scanner.send, "U")
    for half in (b"\x1b]52;c;eA==", b"SN-\xe2\x82", b"\x02SN-1", b"\x00"):
        scanner.wait_open()
        shift.clean(half)
        unplug(terminal, scanner)
    scanner.wait_open()
    shift.clean()
    scanner.send(b"9" * 9000)  # it is refused before it ends, and that would hide the OK before it
    terminal.wait_for("NO That code is longer than any")
    unplug(terminal, scanner)
    scanner.wait_open()
    shift.clean()
    shift.judge()


ELSEWHERE = [
    each for each in SMALL if each.kind in {"control", "terminal", "encoding", "unseen", "markup", "format", "command"}
]
"""What no list and no question takes for an entry of its own."""


@pytest.mark.parametrize("page", ["Slips and orders", "Look up, sell ...", "sign-in"])
def test_on_other_pages_nothing_comes_of_it_either(backend, start, page):
    terminal = start(backend, settings=QUIET, size=CONSOLE, operator="" if page == "sign-in" else "1001")
    terminal.wait_for("Operator number:" if page == "sign-in" else "1 PS-10")
    if page.startswith("Look"):
        terminal.menu(page, "Trace a serial")
        terminal.titled("Trace")
    title, mark = terminal.header.split()[0], len(terminal.raw)
    payloads = [each for each in ELSEWHERE if b"\r" not in each.data and b"\n" not in each.data]
    for at in range(0, len(payloads), 20):
        terminal.type(b"".join(each.data + b"\r" for each in payloads[at : at + 20]))
    terminal.wait_until(Still(terminal), "an end of it")
    assert terminal.status is None
    assert strange_on_screen(bytes(terminal.raw[mark:])) == []
    assert control_codes(terminal.log()) == []
    assert journal_of(terminal.data) == []
    if page != "sign-in":  # there, what is scanned may be who somebody says he is
        assert terminal.header.startswith(title)


ANSWERS = [
    *(Payload("answer", f"{name}, Enter, Enter", data + b"\r\r") for name, data in KEYS.items()),
    *(each for each in CORPUS if each.kind in ("framing", "command", "sample wedge-framing")),
]
"""What could answer a question: each ends in Enters, or presses a key, or claims to be a command."""


def test_no_scan_answers_the_question_whether_to_post(backend, start):
    terminal = start(backend, document=READY, settings=QUIET, size=CONSOLE)
    shift = Shift(terminal, terminal.type, "Q")
    shift.clean()
    for payload in ANSWERS:
        terminal.press("f8")
        terminal.wait_for("Enter posts all the same.")
        shift.together([payload])
        terminal.wait_for("ADD")
    shift.judge(READY)
    assert {row["status"] for row in backend.registrations(READY)} == {"draft"}
