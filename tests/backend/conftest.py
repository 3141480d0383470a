"""A terminal with a real journal on disk, and a server over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from terminal.backend import notices
from terminal.backend.client import Client, ServerSettings
from terminal.backend.sender import Sender
from terminal.clock import Clock, FastClock
from terminal.domain.views import Standing
from terminal.journal.scribe import Scribe

from .faulty import FaultyServer
from .shop import stock


def patient(url: str, **changes: Any) -> ServerSettings:
    """Settings with which a fault takes a moment, not eight seconds."""
    short = {"connect_s": 0.5, "read_s": 0.3, "write_s": 0.3, "deadline_s": 0.8, "answer_limit": 200_000}
    return ServerSettings(url, **{**short, **changes})


class Terminal:
    """Journal and sender, wired as in the program, and everything that was noticed."""

    def __init__(self, directory: Path) -> None:
        self.scribe = Scribe(directory)
        self.scribe.start()
        self.scribe.call(stock)
        self.prepare()

    def prepare(self) -> None:
        self.notices: list[notices.Notice] = []
        self.changed = threading.Condition()
        self.sender: Sender | None = None

    def connect(self, url: str, clock: Clock | None = None, **settings: Any) -> Sender:
        made = patient(url, **settings)
        self.sender = Sender(self.scribe, lambda: Client(made), clock or FastClock(40), Random(7), self._noticed)
        self.scribe.on_written = self.sender.wake
        self.sender.start()
        return self.sender

    def _noticed(self, notice: notices.Notice) -> None:
        with self.changed:
            self.notices.append(notice)
            self.changed.notify_all()

    def until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait for something that a notice brings about."""
        end = time.monotonic() + seconds
        with self.changed:
            while not true():
                assert time.monotonic() < end, f"did not happen; last notices: {self.notices[-5:]}"
                self.changed.wait(0.02)

    def standing(self) -> Standing:
        return self.scribe.call(lambda journal: journal.outbox.standing)

    def drained(self, seconds: float = 30.0) -> None:
        """Wait until the server has answered for everything."""
        self.until(lambda: self.standing().unsent == 0, seconds)

    def all_of(self, kind: type[Any]) -> list[Any]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def ask(self, question: Callable[[Callable[[Any], None]], None], seconds: float = 20.0) -> Any:
        """Ask as a screen does, and wait for the answer."""
        answers: list[Any] = []
        done = threading.Event()
        question(lambda answer: (answers.append(answer), done.set())[0])
        assert done.wait(seconds), "no answer"
        return answers[0]

    def stop(self) -> None:
        if self.sender is not None:
            self.sender.stop()
        self.scribe.stop()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "terminal")
    yield made
    made.stop()


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    made = FaultyServer()
    yield made
    made.close()
