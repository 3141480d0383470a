"""Pulling the plug: of the terminal between byte, commit, verdict, sending and answer, and of the backend.

`journal verify` and `journal export` run here in this process, with the commands' own functions: one and a half hundred
starts of Python would only measure Python. The last check is made with the real commands.
"""

from __future__ import annotations

import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from terminal.journal import commands

from .shift import Backend, Link, Terminal, eventually, journal_of, serials_of

pytestmark = pytest.mark.e2e

KILLS = 10
"""Of each kind."""


@dataclass
class Shift:
    """What a picker saw in a shift with a very bad battery."""

    backend: Backend
    link: Link
    start: Callable[..., Terminal]
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    kills: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)
    """Serials whose OK was on the screen."""
    unseen: list[str] = field(default_factory=list)
    """Serials that were sent whole, but the battery was faster than the verdict."""
    halves: list[str] = field(default_factory=list)
    """What was there of scans that never ended."""

    def serial(self, kind: str) -> str:
        return f"SN-{kind}-{self.kills[kind]:02d}"

    def kill(self, terminal: Terminal, kind: str) -> None:
        terminal.kill9()
        self.kills[kind] += 1
        terminal.close()
        self.check(terminal.data)

    def check(self, data: Path) -> None:
        """Everything that the picker saw is in the journal, once, and the journal adds up."""
        verdict = io.StringIO()
        assert commands.verify(data, verdict) == 0, verdict.getvalue()
        out = io.StringIO()
        assert commands.export(data, out) == 0
        events = [json.loads(line) for line in out.getvalue().splitlines()]
        stored = Counter(event["serial"] for event in events)
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        assert all(stored[serial] == 1 for serial in self.seen)
        assert not set(stored) - set(self.seen) - set(self.unseen)

    # The five kinds. Each is given a terminal that is ready, and pulls its battery.

    def byte(self, terminal: Terminal) -> None:
        """In the middle of a scan."""
        half = self.serial("byte")[: self.chance.randint(4, 10)]
        terminal.type(half)
        if self.kills["byte"] % 2:
            terminal.wait_for(f"> {half}")
        else:
            time.sleep(self.chance.uniform(0, 0.005))
        self.halves.append(half)
        self.kill(terminal, "byte")

    def commit(self, terminal: Terminal) -> None:
        """Within 5 ms after the last byte: before the commit, in it or just after it."""
        serial = self.serial("commit")
        terminal.type(f"{serial}\r")
        time.sleep(self.chance.uniform(0, 0.005))
        terminal.process.kill()
        terminal.process.wait()
        terminal.drain()
        (self.seen if terminal.shows(f"OK {serial}") else self.unseen).append(serial)
        self.kill(terminal, "commit")

    def verdict(self, terminal: Terminal) -> None:
        """Within 5 ms after the verdict."""
        serial = self.serial("verdict")
        terminal.scan(serial)
        time.sleep(self.chance.uniform(0, 0.005))
        self.seen.append(serial)
        self.kill(terminal, "verdict")

    def send(self, terminal: Terminal) -> None:
        """While the request is under way: the backend hangs."""
        serial = self.serial("send")
        terminal.wait_sent()
        self.link.wait_quiet()  # so that no earlier request is what it waits for
        self.backend.suspend()
        terminal.scan(serial)
        eventually(lambda: serial.encode() in self.link.asked, f"{serial} is on its way")
        self.seen.append(serial)
        self.kill(terminal, "send")
        self.backend.resume()

    def answer(self, terminal: Terminal) -> None:
        """After the backend has stored it, before its answer arrives."""
        serial = self.serial("answer")
        terminal.wait_sent()
        self.link.wait_quiet()
        self.link.held.clear()
        self.link.holding.set()
        terminal.scan(serial)
        eventually(lambda: serial.encode() in self.link.asked, f"{serial} is on its way")
        eventually(lambda: b"accepted" in self.link.held, f"{serial} is answered")
        self.seen.append(serial)
        self.kill(terminal, "answer")
        self.link.drop()
        self.link.holding.clear()


@pytest.mark.timeout(400)
def test_fifty_kills_of_the_terminal_lose_and_double_nothing_that_was_acknowledged(
    backend, link, start, tmp_path, report
):
    first = start(link, document="PS-1400")
    first.end()
    shift = Shift(backend, link, start)
    began = time.monotonic()
    for _ in range(KILLS):
        for kind in (shift.byte, shift.commit, shift.verdict, shift.send, shift.answer):
            terminal = start(link, document="PS-1400")
            terminal.wait_for("/ 400")
            kind(terminal)
    took = time.monotonic() - began

    last = start(link, document="PS-1400")
    last.wait_for("/ 400")
    last.scan("SN-last")
    last.wait_sent()
    events = journal_of(last.data)
    stored, held = serials_of(events), backend.serials("PS-1400")
    assert held == stored
    assert Counter(held) >= Counter(shift.seen)
    assert set(Counter(held).values()) == {1}
    assert not set(held) & set(shift.halves)
    assert {event["state"] for event in events} == {"accepted"}

    assert shift.kills == Counter(byte=KILLS, commit=KILLS, verdict=KILLS, send=KILLS, answer=KILLS)
    late = len(set(held) & set(shift.unseen))
    report(
        f"kills of the terminal: {dict(shift.kills)} in {took:.0f} s; {len(shift.seen)} verdicts seen, all held once; "
        f"{len(shift.unseen)} killed before their verdict was seen, {late} of those held"
    )


@pytest.mark.parametrize("kills", [3])
def test_kills_of_the_backend_in_mid_shift_stop_nobody_and_lose_nothing(backend, start, report, kills):
    terminal = start(backend, document="PS-1400")
    wanted = []

    def scan(count: int) -> None:
        for _ in range(count):
            wanted.append(f"SN-{len(wanted):03d}")
            terminal.scan(wanted[-1])

    for _ in range(kills):
        scan(5)
        backend.kill9()  # with the last scans perhaps on their way
        scan(10)
        terminal.wait_for(f"{len(wanted)} / 400")
        backend.start()
        scan(5)
    terminal.wait_sent()
    assert backend.serials("PS-1400") == wanted
    events = journal_of(terminal.data)
    assert serials_of(events) == wanted
    assert {event["state"] for event in events} == {"accepted"}
    report(f"kills of the backend: {kills}; {len(wanted)} scans, all held once and in order")
