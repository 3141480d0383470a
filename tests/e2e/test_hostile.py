"""Bytes that want to be commands: nothing that a barcode holds presses a key, answers a question or gets out again."""

from __future__ import annotations

import re

import pytest

from .shift import Terminal, journal_of, serials_of

pytestmark = pytest.mark.e2e

OWN = re.compile(
    rb"\x1b\[\d{1,3};\d{1,3}H|\x1b\[[\d;]*m|\x1b\[K|\x1b\[2J"  # the painter's: go there, in this style, erase
    rb"|\x1b\[\?(?:1049|25|7)[hl]"  # the driver's: other screen, cursor, no wrapping
    rb"|\x07"
)
"""Everything that may go out beside text."""

HOSTILE: dict[str, bytes] = {
    "NUL": b"SN-1\x00X",
    "ctrl+c": b"\x03",
    "ctrl+c inside": b"SN-1\x03X",
    "ctrl+d": b"\x04",
    "ctrl+p": b"\x10quit",
    "ctrl+q": b"\x11",
    "ctrl+s": b"\x13",
    "ctrl+z": b"\x1a",
    "ctrl+backslash": b"\x1c",
    "backspaces": b"GOOD\b\b\b\bEVIL",
    "ESC": b"SN-1\x1b",
    "ESC ESC": b"\x1b\x1b",
    "F8 inside": b"SN-1\x1b[19~X",
    "CSI unfinished": b"SN-1\x1b[1;",
    "paste without end": b"\x1b[200~never ends",
    "paste end": b"SN-1\x1b[201~",
    "OSC 52": b"SN\x1b]52;c;cm0gLXJmIH4K\x1b\\",
    "OSC 52 BEL": b"SN\x1b]52;c;cm0gLXJmIH4K\x07",
    "OSC unfinished": b"\x1b]0;title",
    "DCS": b"SN\x1bPq#0\x1b\\",
    "C1 CSI": b"SN\xc2\x9b31mX",
    "C1 OSC": b"SN\xc2\x9d52;c;x\xc2\x9c",
    "C1 raw": b"SN\x9b31mX",
    "hidden": b"SN\x1b[8mHIDDEN\x1b[0m",
    "leave the screen": b"SN\x1b[?1049l\x1bc",
    "mouse": b"SN\x1b[<0;3;4M",
    "cursor report": b"\x1b[6n",
    "focus": b"SN\x1b[I2",
    "markup close": b"SN[/]",
    "markup red": b"[red]x",
    "markup click": b"[@click=app.quit]SN1[/]",
    "format": b"{0.__class__}%s%n",
    "right to left": "SN\u202e4321".encode(),
    "wide": "品番コード".encode() * 20,
    "combining": ("SN" + "\u0301" * 200).encode(),
    "surrogate": b"\xed\xa0\x80",
    "log line": b"SN1\x0b2026-01-01 INFO OK SN2",
}


def nothing_strange_went_out(terminal: Terminal) -> None:
    """Only text and the painter's own sequences are on the wire: no OSC, no DCS, no C1, no control character."""
    text = OWN.sub(b"", bytes(terminal.raw)).decode("utf-8")
    strange = {sign for sign in text if ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0}
    assert strange == set()


@pytest.mark.parametrize("way", ["keyboard", "serial port"])
def test_after_anything_hostile_the_next_scan_is_right_and_nothing_strange_goes_out(
    backend, start, scanner, way, report
):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    scanner.wait_open()
    send = terminal.type if way == "keyboard" else scanner.send
    wanted = []
    for number, (name, payload) in enumerate(HOSTILE.items()):
        wanted.append(f"SN-CLEAN-{number:02d}")
        send(payload + b"\r")
        send(f"{wanted[-1]}\r".encode())
        try:
            terminal.wait_for(f"OK {wanted[-1]}")
        except AssertionError as error:
            raise AssertionError(f"after {name}: {error}") from error
        assert terminal.status is None, name
    terminal.wait_for("/ 400")
    terminal.wait_sent()
    nothing_strange_went_out(terminal)
    stored = serials_of(journal_of(terminal.data))
    assert [serial for serial in stored if serial in wanted] == wanted
    assert set(stored) - set(wanted) == set()
    assert backend.serials("PS-1400") == wanted
    report(f"hostile payloads by {way}: {len(HOSTILE)}, each followed by a clean scan at once, all {len(wanted)} right")


def test_a_key_code_alone_presses_nothing_that_could_quit(backend, start):
    terminal = start(backend, document="PS-1400")
    for key in (b"\x03", b"\x11", b"\x10", b"\x1a", b"\x1c", b"\x04"):
        terminal.type(key)
    terminal.type("\x1b")
    terminal.type("\r")
    terminal.wait_for("NO ")
    terminal.scan("SN-ALIVE")
    assert terminal.status is None


def test_scans_never_answer_the_question_whether_to_post(backend, start):
    terminal = start(backend, document="PS-1001")
    for n in range(5):
        terminal.scan(f"SN-{n}00")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.type("SN-X00\rSN-Y00\rSN-Z00\r")  # counts as no; each is judged on its own (D13)
    terminal.wait_for("OK SN-Z00: 3 too many on this line")
    terminal.press("f5")
    terminal.wait_for("undone: SN-Z00")
    terminal.press("f5")
    terminal.wait_for("undone: SN-Y00")
    terminal.press("f5")
    terminal.wait_for("undone: SN-X00")
    terminal.press("f8")
    terminal.wait_for("Nothing is missing.")
    terminal.type("\r\r\r")
    terminal.type("\r\n")
    terminal.type("A\rB\rC\r")
    terminal.wait_for("NO C is too short")
    terminal.wait_sent()
    assert "posting-requested" not in [event["type"] for event in journal_of(terminal.data)]
    assert {row["status"] for row in backend.registrations("PS-1001")} == {"draft"}
    assert sorted(backend.serials("PS-1001")) == [f"SN-{n}00" for n in range(5)]


def test_a_scan_leaves_the_menu_and_chooses_nothing(backend, start):
    terminal = start(backend, document="PS-1400")
    terminal.press("f1")
    terminal.wait_for("6 Sign out")
    terminal.type("6\r")  # a scan of one digit
    terminal.wait_for("NO 6 is too short")
    terminal.press("f1")
    terminal.wait_for("6 Sign out")
    terminal.type("66666\r")
    terminal.wait_for("OK 66666")
