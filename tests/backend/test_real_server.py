"""Two terminals and the real server, which is killed while they scan: its records and theirs end up the same."""

from __future__ import annotations

import csv
import io
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from terminal.backend import notices
from terminal.backend.backoff import LinkState
from terminal.backend.client import Client, ServerSettings
from terminal.backend.sender import Sender
from terminal.barcodes.commands import Command, command_of
from terminal.clock import FastClock
from terminal.domain.documents import Operator
from terminal.domain.intents import AddSerial, RequestPosting
from terminal.journal.scribe import Scribe

from ..printing import paper
from .conftest import Terminal

pytest.importorskip("server_stub.__main__")


class RealServer:
    """A process of the real server, on a port and a database that stay the same."""

    def __init__(self, directory: Path) -> None:
        self.database = f"sqlite:///{directory}/server.db"
        self.log = directory / "server.log"
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.start("0")

    def start(self, port: str) -> None:
        command = [sys.executable, "-m", "server_stub", "serve", "--demo", "--port", port, "--database", self.database]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, self.log.read_text())
        self.url = found.group().rstrip("/")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.start(self.url.rpartition(":")[2])

    def registrations(self, document: str) -> list[dict[str, str]]:
        command = [sys.executable, "-m", "server_stub", "export", "registrations", "--database", self.database]
        done = subprocess.run([*command, "--document", document], check=True, capture_output=True, text=True)
        return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealServer]:
    made = RealServer(tmp_path)
    yield made
    made.kill()


class Scanning(Terminal):
    """A terminal that knows nothing yet but where the server is."""

    def __init__(self, directory: Path, url: str, seed: int) -> None:
        self.scribe = Scribe(directory)
        self.scribe.start()
        super().prepare()
        settings = ServerSettings(url, read_s=3.0)
        clock = FastClock(10)
        self.sender = Sender(self.scribe, lambda: Client(settings), clock, Random(seed), self._noticed)
        self.scribe.on_written = self.sender.wake
        self.sender.start()
        self.operator = Operator("", "")

    def begin(self, *documents: str) -> None:
        self.until(lambda: bool(self.all_of(notices.MasterTaken)))
        assert self.sender is not None
        said = self.ask(lambda then: self.sender.sign_in("1001", "1111", then))
        assert isinstance(said, notices.SignedIn), said
        self.operator = said.operator
        self.until(lambda: bool(self.all_of(notices.DocumentsTaken)))
        for document in documents:
            assert self.ask(lambda then, d=document: self.sender.open_slip(d, then)) == notices.Taken(document)

    def record(self, intent: Any) -> Any:
        def work(journal: Any) -> Any:
            return journal.record(self.operator, journal.merging.shop().policies, intent)

        return self.scribe.call(work)

    def serials(self, document: str) -> list[str | None]:
        live = self.scribe.call(lambda journal: list(journal.records.live_registrations(document)))
        return sorted(registration.serial or "" for registration in live)


@pytest.fixture
def pair(real: RealServer, tmp_path: Path) -> Iterator[tuple[Scanning, Scanning]]:
    made = tuple(Scanning(tmp_path / f"terminal-{n}", real.url, n) for n in (1, 2))
    yield made[0], made[1]
    for terminal in made:
        terminal.stop()


def test_two_terminals_and_a_server_that_is_killed(real: RealServer, pair: tuple[Scanning, Scanning]) -> None:
    first, second = pair
    for terminal in pair:
        terminal.begin("PS-1400", "PS-1001")
    for n in range(90):
        assert first.record(AddSerial("PS-1400", 1, f"A{n:04d}")).accepted
        assert second.record(AddSerial("PS-1400", 1, f"B{n:04d}")).accepted
        if n == 30:
            real.kill()
        if n == 60:
            # the same serial at both while neither can know: a duplicate on one slip, a conflict on two
            for terminal, document in ((first, "PS-1400"), (second, "PS-1001")):
                assert terminal.record(AddSerial("PS-1400", 1, "SAME-SLIP")).accepted
                assert terminal.record(AddSerial(document, 1, "TWO-SLIPS")).accepted
    for terminal in pair:
        terminal.until(lambda t=terminal: t.sender.road.link.state is not LinkState.ONLINE)
    real.restart()
    for terminal in pair:
        terminal.drained(20)

    held = {
        document: sorted(row["serial"] for row in real.registrations(document)) for document in ("PS-1400", "PS-1001")
    }
    wanted = {f"{letter}{n:04d}" for letter in "AB" for n in range(90)} | {"SAME-SLIP"}
    assert set(held["PS-1400"]) - {"TWO-SLIPS"} == wanted
    assert len(held["PS-1400"]) == len(set(held["PS-1400"]))
    assert sum(serials.count("TWO-SLIPS") for serials in held.values()) == 1
    assert sum(terminal.standing().problems for terminal in pair) == 1
    assert sum(len(terminal.all_of(notices.Duplicate)) for terminal in pair) == 1
    for terminal in pair:
        for document, serials in held.items():
            assert terminal.sender is not None
            terminal.ask(lambda then, d=document, t=terminal: t.sender.refresh(d, then))
            assert terminal.serials(document) == serials


def test_the_sites_key_comes_with_the_master_data_and_signs_the_sheet(
    real: RealServer, pair: tuple[Scanning, Scanning], tmp_path: Path
) -> None:
    """Server, wire, journal, shop, sheet; printed beside the running terminal, again after the key was changed."""
    terminal, _ = pair
    terminal.begin()
    keys = []
    for _again in range(2):
        key = terminal.scribe.call(lambda journal: journal.merging.shop().command_key)
        assert len(key) == 32
        file = tmp_path / "sheet.pdf"
        run = [sys.executable, "-m", "terminal", "sheet", str(file), "--data", str(tmp_path / "terminal-1")]
        subprocess.run(run, check=True, capture_output=True, timeout=60)
        texts = [text for image in paper.images(file.read_bytes()) for text in paper.barcodes(image)]
        assert {command_of(text, key) for text in texts} == set(Command)
        assert {command_of(text, other) for text in texts for other in keys} <= {None}
        keys.append(key)
        new_key = [sys.executable, "-m", "server_stub", "site", "new-key", "HAMBURG", "--database", real.database]
        subprocess.run(new_key, check=True, capture_output=True, timeout=60)
        told = len(terminal.all_of(notices.MasterTaken))
        terminal.until(lambda known=told: len(terminal.all_of(notices.MasterTaken)) > known, 20)
    assert keys[0] != keys[1]
    assert keys[0].hex() not in real.log.read_text()


def test_posting_and_a_pin_offline(real: RealServer, pair: tuple[Scanning, Scanning]) -> None:
    terminal, _ = pair
    terminal.begin("PS-1001")
    for n in range(5):
        assert terminal.record(AddSerial("PS-1001", 1, f"P{n:04d}")).accepted
    real.kill()
    assert terminal.record(RequestPosting("PS-1001", False)).accepted
    assert terminal.sender is not None
    terminal.sender.sign_out()
    said = terminal.ask(lambda then: terminal.sender.sign_in("1001", "1111", then))
    assert said == notices.SignedIn(terminal.operator, False)
    real.restart()
    terminal.drained(20)
    terminal.until(lambda: notices.SignedIn(terminal.operator, True) in terminal.notices)
    assert terminal.scribe.call(lambda journal: str(journal.records.slip("PS-1001").status)) == "posted"
    assert terminal.standing().problems == 0
    assert len(real.registrations("PS-1001")) == 5
