"""Real server processes over real SQLite files, and terminals that talk to them over HTTP."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from uuid6 import uuid7

from terminal.domain.documents import Draw, Registration
from terminal.domain.posting import registrations_digest

MOMENT = "2026-03-01T09:00:00.000Z"
COMMAND = [sys.executable, "-m", "server_stub"]


def run(*arguments: str, database: str = "", stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of server-stub to its end."""
    given = [*COMMAND, *arguments, *(["--database", database] if database else [])]
    return subprocess.run(
        given, input=stdin, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


@dataclass
class Backend:
    """A server process and its database."""

    database: str
    flags: tuple[str, ...] = ("--demo",)
    environment: dict[str, str] = field(default_factory=dict)
    command: Sequence[str] = tuple(COMMAND)
    url: str = ""
    process: subprocess.Popen[str] | None = None
    _terminals: int = 0

    def start(self) -> Backend:
        self.process = subprocess.Popen(
            [*self.command, "serve", "--port", "0", "--database", self.database, *self.flags],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:")
        return self

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def terminal(self, name: str = "", token: str = "") -> Terminal:
        self._terminals += 1
        return Terminal(self, name or f"T{self._terminals}-{uuid7().hex[-6:]}", token)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run(*arguments, database=self.database, stdin=stdin, **self.environment)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.database.removeprefix("sqlite:///")) as connection:
            found = connection.execute(query, values).fetchall()
        connection.close()
        return found


class Terminal:
    """A terminal with a journal: it numbers its events and sends what it is told to."""

    def __init__(self, backend: Backend, name: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=backend.url, headers=headers, timeout=20, trust_env=False)
        self.backend = backend
        self.name = name
        self.epoch = uuid7().hex
        self.sequence = 0

    def sign_in(self, operator: str = "1001", pin: str = "1111") -> httpx.Response:
        answer = self.http.post("/v1/sessions", json={"operator": operator, "pin": pin, "terminal": self.name})
        if answer.status_code == 200:
            self.http.headers["Scan-Session"] = answer.json()["token"]
        return answer

    def event(self, type: str, operator: str = "1001", **body: Any) -> dict[str, Any]:
        self.sequence += 1
        return {
            "id": str(uuid7()),
            "sequence": self.sequence,
            "type": type,
            "version": 1,
            "operator": operator,
            "recorded_at": MOMENT,
            "body": body,
        }

    def send(self, *events: Any, epoch: str | None = None, continues: Any = None) -> httpx.Response:
        body: dict[str, Any] = {"epoch": epoch or self.epoch, "events": list(events)}
        if continues is not None:
            body["continues"] = continues
        return self.http.post(f"/v1/terminals/{self.name}/events", json=body)

    def answers(self, *events: Any) -> list[dict[str, Any]]:
        answer = self.send(*events)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["answers"])

    def say(self, type: str, operator: str = "1001", **body: Any) -> dict[str, Any]:
        return self.answers(self.event(type, operator, **body))[0]

    def register(self, document: str, line: int, item: str, serial: str, operator: str = "1001") -> dict[str, Any]:
        return self.say("registered", operator, document=document, line=line, item=item, serial=serial)

    def state(self, document: str) -> dict[str, Any]:
        if "Scan-Session" not in self.http.headers:
            self.sign_in()
        answer = self.http.get(f"/v1/slips/{document}", params={"terminal": self.name, "epoch": self.epoch})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def order(self, number: str) -> dict[str, Any]:
        if "Scan-Session" not in self.http.headers:
            self.sign_in()
        answer = self.http.get(f"/v1/orders/{number}", params={"terminal": self.name, "epoch": self.epoch})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def posting(self, document: str, operator: str = "1001") -> dict[str, Any]:
        state = self.state(document)
        seen = [Registration(**r) for r in (*state["registrations"], *state["drawn"])]
        takes = [Draw(**d) for d in state["draws"] if d["invoice"] == document]
        digest = registrations_digest(seen, takes)
        return self.event("posting-requested", operator, document=document, digest=digest, registrations=len(seen))

    def post(self, document: str, operator: str = "1001") -> dict[str, Any]:
        return self.answers(self.posting(document, operator))[0]

    def draft(self, order: str, *lines: tuple[int, int], number: str = "", operator: str = "1001") -> str:
        """Draft a slip of its own for a test; gives its number."""
        number = number or f"D-{uuid7().hex[-12:]}"
        said = self.say("slip-drafted", operator, document=number, order=order, lines=[list(line) for line in lines])
        assert said["outcome"] == "accepted", said
        return number

    def ship(self, order: str, line: int, item: str, *serials: str | None) -> str:
        """Post a slip of its own for a test, with these serials (None: not readable); gives its number."""
        slip = self.draft(order, (line, len(serials)))
        for serial in serials:
            if serial is None:
                said = self.say("not-readable", document=slip, line=1, item=item)
            else:
                said = self.register(slip, 1, item, serial)
            assert said["outcome"] == "accepted", said
        said = self.post(slip)
        assert said["outcome"] == "accepted", said
        return slip

    def invoice(self, order: str, *lines: tuple[int, int], number: str = "") -> str:
        """Draft an invoice of its own for a test; gives its number."""
        number = number or f"I-{uuid7().hex[-12:]}"
        given = {"lines": [list(line) for line in lines]} if lines else {}
        said = self.say("invoice-drafted", document=number, order=order, **given)
        assert said["outcome"] == "accepted", said
        return number

    def draw(self, invoice: str, slip: str, *serials: str | None, units: int = 0, line: int = 1) -> dict[str, Any]:
        """Put units of a slip's line on an invoice: those with these serials, and `units` without a registration."""
        given: dict[str, Any] = {"slip": slip, "line": line}
        if serials:
            given["registrations"] = [self.registration(slip, each)["id"] for each in serials]
        if units:
            given["units"] = units
        return self.say("units-drawn", document=invoice, **given)

    def registration(self, document: str, serial: str | None) -> dict[str, Any]:
        """Find the registration of a serial, or the first blank, on a document."""
        return next(r for r in self.state(document)["registrations"] if r["serial"] == serial)

    def correct(
        self, document: str, before: str | None, serial: str, reason: str = "Typing error", operator: str = "1001"
    ) -> dict[str, Any]:
        """Replace a serial, or fill the first blank, as a terminal does that knows the present state."""
        found = self.registration(document, before)
        given = {"line": found["line"], "registration": found["id"], "before": before, "serial": serial}
        return self.say("serial-corrected", operator, document=document, reason=reason, **given)

    def reverse(
        self, document: str, line: int = 0, reason: str = "Wrong unit packed", operator: str = "1001"
    ) -> dict[str, Any]:
        """Reverse a posted slip, or one line of it."""
        return self.say("slip-reversed", operator, document=document, line=line, reason=reason)


Starting = Callable[..., Backend]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starting]:
    """Start servers; all of them are ended after the module."""
    started: list[Backend] = []

    def starting(*flags: str, database: str = "", **environment: str) -> Backend:
        database = database or f"sqlite:///{tmp_path_factory.mktemp('backend')}/backend.db"
        backend = Backend(database, flags or ("--demo",), environment).start()
        started.append(backend)
        return backend

    yield starting
    for backend in started:
        with suppress(subprocess.TimeoutExpired):
            backend.kill()


@pytest.fixture(scope="module")
def backend(start: Starting) -> Backend:
    """A server with the demo data, shared by the tests of a module."""
    return start()


@pytest.fixture
def at(backend: Backend) -> Terminal:
    """A terminal of its own for each test."""
    return backend.terminal()


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str, str], str]:
    """Write a CSV file; gives its path."""

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(scope="session")
def stub() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of server-stub to its end."""
    return run
