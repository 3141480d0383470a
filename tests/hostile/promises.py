"""What the sources promise whatever arrives, as functions that Hypothesis and atheris both try to break."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from terminal.barcodes.codes import read_code
from terminal.barcodes.symbologies import split_identifier
from terminal.domain.documents import SerialForm
from terminal.domain.serials import read_serial
from terminal.sources.framing import Framing
from terminal.sources.keyboard import EntryChanged, Heard, Keyboard, Pressed
from terminal.sources.keys import Keys
from terminal.sources.profile import Profile, adjusted
from terminal.sources.scan import Scan, Unread
from terminal.ui.cells import safe

from .checks import strange_on_screen

TRIMMED = " \t\r\n"

Read = tuple[bytes, float]
"""Bytes of one read, and the silence before them."""


class Typist:
    """Keys and keyboard as the terminal's entry runs them, with a clock of their own."""

    def __init__(self) -> None:
        self.keys, self.keyboard = Keys(), Keyboard()
        self.now = 100.0
        self.heard: list[Heard] = []
        self.arrived: list[float] = []
        """When each read came that held anything."""

    def wait(self, seconds: float) -> None:
        """Let time pass, with every alarm on its time."""
        until = self.now + seconds
        for _ in range(1_000):
            due = min((at for at in (self.keys.deadline, self.keyboard.deadline) if at is not None), default=until)
            if due > until:
                break
            self.now = max(self.now, due)
            self.heard += [*self.keyboard.feed(self.keys.tick(self.now)), *self.keyboard.tick(self.now)]
            if due == until:
                break
        else:
            raise AssertionError("an alarm that never ends")
        self.now = until

    def read(self, data: bytes) -> None:
        """Take one read."""
        if data:
            self.arrived.append(self.now)
        self.heard += self.keyboard.feed(self.keys.feed(data, self.now))


def check_keyboard(reads: Sequence[Read]) -> list[Heard]:
    """Feed a keyboard and check: only a lone Enter is fresh, scans are what arrived, the next clean scan is right."""
    typist = Typist()
    for data, silence in reads:
        typist.wait(silence)
        typist.read(data)
    typist.wait(0.6)
    heard = [each for each in typist.heard if not isinstance(each, EntryChanged)]
    whole = b"".join(data for data, _ in reads)
    erased = b"\b" in whole or b"\x7f" in whole
    for each in heard:
        if isinstance(each, Scan):
            assert each.text == each.raw.decode("utf-8")
            assert erased or b"\x1b" in whole or each.raw in whole, each
        if isinstance(each, Pressed) and each.name == "enter" and each.fresh:
            beside = [at - each.stroke.at for at in typist.arrived if at != each.stroke.at]
            assert not [gap for gap in beside if -0.499 < gap < 0.119], each
    typist.read(b"\r")
    typist.wait(0.7)
    typist.heard.clear()
    typist.read(b"SN-CLEAN-1\r")
    typist.wait(0.6)
    assert [each.text for each in typist.heard if isinstance(each, Scan)] == ["SN-CLEAN-1"], typist.heard
    assert not [each for each in typist.heard if isinstance(each, (Unread, Pressed))], typist.heard
    return heard


def check_port(reads: Sequence[Read], name: str) -> None:
    """Feed a serial line and check: every byte is in a scan or accounted for, the next clean scan is right."""
    profile = adjusted(Profile(), {"profile": name})
    framing = Framing(profile.frame, name)
    now, found = 100.0, list[Scan | Unread]()
    for data, silence in reads:
        now += silence
        found += framing.tick(now) + framing.feed(data, now)
    found += framing.tick(now + 9.0)
    if framing.skipping or framing.pending:
        found += framing.tick(now + 20.0)
    whole = b"".join(data for data, _ in reads)
    held = b"".join(each.raw for each in found if isinstance(each, Scan))
    left = sum(each.length for each in found if isinstance(each, Unread))
    ends = sum(whole.count(bytes((end,))) for end in (*profile.frame.terminators, *((2, 3) if profile.stx_etx else ())))
    if len(whole) <= profile.longest and not profile.stx_etx:
        assert len(held) + left + ends + framing.dropped == len(whole), found
    for each in found:
        assert not isinstance(each, Scan) or each.raw in whole
    clean = {"stx-etx": b"\x02SN-CLEAN-1\x03"}.get(name, b"SN-CLEAN-1" + (b"\r" if profile.frame.terminators else b""))
    last = framing.feed(clean, now + 30.0) + framing.tick(now + 60.0)
    assert [each.text for each in last if isinstance(each, Scan)] == ["SN-CLEAN-1"], last


def check_code(text: str, separator: str = "") -> None:
    """Read a code and check: a plain serial is all of it, but for the scanner's identifier, and shows without harm."""
    reading = read_code(text, date(2026, 11, 21), separator)
    whole = text.strip(TRIMMED)
    said = split_identifier(whole)[0]
    if reading.kind == "plain":
        assert reading.text == whole.removeprefix(said)
        assert reading.fields.get("serial", "") in ("", reading.text)
    serial = read_serial(text, SerialForm(non_ascii=True))
    assert not isinstance(serial, str) or serial == whole
    assert strange_on_screen(safe(text).encode("utf-8", "surrogatepass")) == []


def reads_of(data: bytes) -> list[Read]:
    """Make reads of any bytes, for a fuzzer: two bytes say length and silence, then the read follows."""
    made, at = list[Read](), 0
    while at + 2 <= len(data):
        size, silence = data[at] % 24, (0.0, 0.001, 0.02, 0.031, 0.06, 0.11, 0.3, 0.6)[data[at + 1] % 8]
        made.append((data[at + 2 : at + 2 + size], silence))
        at += 2 + size
    return made
