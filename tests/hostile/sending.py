"""Sending payloads to a real terminal in a pseudo-terminal, each with a clean scan behind it, and judging all of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from tests.e2e.shift import Terminal, journal, journal_of

from .checks import control_codes, strange_on_screen
from .conftest import SLIP
from .corpus import REFUSED, Payload

QUIET = {"SCAN_TERMINAL_TERMINAL_SOUND": "off"}
"""No bell, so that none can come from data unseen."""
TOGETHER = 4
"""Payloads in one burst, each with its clean scan, where none needs to be looked at by itself."""

_ENDS = re.compile(rb"[\r\n\t]|\x1bOM")
TRIMMED = " \t\r\n"


def serials_in(payload: Payload) -> list[str]:
    """Give what a payload may be kept as: each of its frames, trimmed and else exactly as it came (D2, D13)."""
    texts = [frame.decode("utf-8", "surrogateescape").strip(TRIMMED) for frame in _ENDS.split(payload.data)]
    return [text for text in texts if text] + list(payload.means)


class Sent(Struct):
    """One payload and the clean serial that was sent behind it."""

    payload: Payload
    clean: str
    said: str = ""
    """What the screen said of the payload before the clean scan; empty where nobody waited for it."""


class Shift:
    """One terminal with a slip open, fed with payloads."""

    def __init__(self, terminal: Terminal, send: Callable[[bytes], object], name: str) -> None:
        self.terminal, self.send, self.name = terminal, send, name
        self.sent: list[Sent] = []
        self._last = ""
        self._mark = 0

    def clean(self, behind: bytes = b"") -> None:
        """Scan a clean serial, with bytes behind it, and see its OK."""
        self.sent.append(Sent(Payload("clean", "nothing", b""), self._next()))
        self.send(f"{self._last}\r".encode() + behind)
        self._see(self._last, "nothing")
        self._mark = self._mark or len(self.terminal.raw)

    def one_by_one(self, payloads: Iterable[Payload]) -> None:
        """Send each by itself, read what is said of it, then scan a clean one."""
        for payload in payloads:
            before = f"OK {self._last}"
            self.send(payload.data + b"\r")
            said = ""
            if any(frame.strip(b" ") for frame in _ENDS.split(payload.data)):
                self.terminal.wait_until(lambda: not self.terminal.shows(before), f"a verdict on {payload.name}")  # noqa: B023
                said = self.terminal.text()
            self.sent.append(Sent(payload, self._next(), said))
            self.send(f"{self._last}\r".encode())
            self._see(self._last, payload.name)

    def together(self, payloads: Sequence[Payload], count: int = TOGETHER) -> None:
        """Send several in one burst, each with a clean scan behind it, and see the last one's OK."""
        for at in range(0, len(payloads), count):
            some = payloads[at : at + count]
            new = [Sent(payload, self._next()) for payload in some]
            self.sent += new
            self.send(b"".join(each.payload.data + b"\r" + each.clean.encode() + b"\r" for each in new))
            self._see(self._last, " / ".join(each.name for each in some))

    def judge(self, document: str = SLIP) -> dict[str, int]:
        """Check the screen's bytes, the log, the journal and its commands; gives the figures."""
        terminal = self.terminal
        assert terminal.status is None
        assert terminal.header.startswith(document)
        assert any("ADD" in row for row in terminal.screen())
        raw = bytes(terminal.raw)
        begun, scanned = raw[: self._mark], raw[self._mark :]
        assert strange_on_screen(begun, whole_life=True) == []
        assert strange_on_screen(scanned) == []
        assert control_codes(terminal.log()) == []
        terminal.wait_sent()
        events = journal_of(terminal.data)
        assert {event["type"] for event in events} <= {"registered"}
        assert {event["document"] for event in events} == {document}
        assert {event["operator"] for event in events} == {"1001"}
        kept = self._kept([str(event["serial"]) for event in events])
        for name in ("list", "export"):
            said = journal(name, terminal.data)
            assert said.returncode == 0
            assert control_codes(said.stdout + said.stderr) == []
        return {"payloads": len(self.sent), "kept": kept}

    def _kept(self, serials: Sequence[str]) -> int:
        """Check that every clean serial is there once and in order, and between them only payloads as they were."""
        kept, left = 0, list(serials)
        for each in self.sent:
            assert each.clean in left, f"{each.clean} is missing after {each.payload.name}"
            found, left = left[: left.index(each.clean)], left[left.index(each.clean) + 1 :]
            name = f"{each.payload.kind}: {each.payload.name}"
            assert strangers(found, each.payload) == [], f"{name} was kept as {found}"
            assert not found or each.payload.must != REFUSED, f"{name} was kept as {found}"
            if each.said and not found:
                assert "NO " in each.said or "counted once" in each.said, f"{name}: {each.said}"
            kept += len(found)
        assert left == []
        return kept

    def _next(self) -> str:
        number = int(self._last.rsplit("-", 1)[1]) + 1 if self._last else 0
        self._last = f"{self.name}-CLEAN-{number:04d}"
        return self._last

    def _see(self, serial: str, after: str) -> None:
        try:
            self.terminal.wait_for(f"OK {serial}")
        except AssertionError as error:
            raise AssertionError(f"after {after}: {error}") from None


def strangers(found: Sequence[str], payload: Payload) -> list[str]:
    """Give what was kept and is none of a payload's serials, each at most once and in their order."""
    left: Iterator[str] = iter(serials_in(payload))
    return [serial for serial in found if serial not in left]


class Still:
    """Says whether nothing has been painted for half a second."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal, self._size, self._since = terminal, 0, time.monotonic()

    def __call__(self) -> bool:
        size = len(self._terminal.raw)
        if size != self._size:
            self._size, self._since = size, time.monotonic()
        return time.monotonic() > self._since + 0.5
