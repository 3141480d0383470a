"""The real server in a simulated shift: intake, writer, tables and readers, without sockets and threads."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import event as listen

from server_stub import app, reading, signing
from server_stub.access import Access, admit_session
from server_stub.backend import Backend
from server_stub.database import open_database
from server_stub.database import reading as reading_from
from server_stub.live import Hub
from server_stub.masterdata import recall_part
from server_stub.metrics import Metrics
from server_stub.prepared import Driver
from server_stub.problems import Problem, unavailable
from server_stub.routes.events import take_events
from server_stub.settings import Settings
from server_stub.work import Work
from server_stub.writer import Writer, _Failed, _Job
from terminal.backend.reply import Reply
from terminal.backend.wire.documents import documents_json, order_state_json, state_json
from terminal.backend.wire.master import master_json
from terminal.backend.wire.recalls import recall_part_json
from terminal.backend.wire.sessions import session_json

from .records import server_rows
from .stock import PIN, stocked

if TYPE_CHECKING:
    from .simulated_shift import World


class Server:
    """The real server without its sockets: what its routes do, done at once."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        self.path = directory / "server.db"
        self.skew = 0.0
        self.down_until = 0.0
        self.older = False
        """Whether it answers as servers did before invoices."""
        self.full = False
        self.locked: sqlite3.Connection | None = None
        self.backups = 0
        shutil.copy(stocked(), self.path)
        self._open()

    def _open(self) -> None:
        self.engine = open_database(f"sqlite:///{self.path}")
        listen.listen(self.engine, "connect", self._prepare)
        self.writer = Writer(self.engine, lambda _: None)
        self.backend = Backend(Settings(), self.engine, _Now(self), None, _metrics(), Hub(0), demo=True)  # type: ignore[arg-type]
        self._answers = app._answers(self.engine)

    def _prepare(self, connection: Any, _record: object) -> None:
        for pragma in ("busy_timeout=0", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}").close()
        if self.full:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages}").close()

    def close(self) -> None:
        """End, whatever is going on."""
        self.unlock()
        transactions, self.writer._transactions = self.writer._transactions, None
        if transactions is not None:
            transactions.abandon()
        self.engine.dispose()

    def restart(self, seconds: float = 0.0) -> None:
        """End and begin again, after a while."""
        self.close()
        self._open()
        self.down_until = self.world.t + seconds

    def unlock(self) -> None:
        """Have nobody else write any more."""
        if self.locked is not None:
            self.locked.rollback()
            self.locked.close()
            self.locked = None

    def lock(self) -> None:
        """Have somebody else write, and not come to an end."""
        self.locked = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        self.locked.execute("BEGIN IMMEDIATE")

    def fill(self, full: bool) -> None:
        """Let the disk be full, or not."""
        self.full = full
        self.restart()

    def backup(self) -> Path:
        """Make a backup as an administrator does, beside the running server."""
        self.backups += 1
        path = self.path.with_name(f"backup-{self.backups}.db")
        with contextlib.closing(sqlite3.connect(self.path)) as here, contextlib.closing(sqlite3.connect(path)) as there:
            here.backup(there)
        return path

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of the database."""
        self.close()
        for ending in ("-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        shutil.copy(backup, self.path)
        self._open()

    def write(self, do: Callable[[Work], Any]) -> Any:
        """Do one job as the writer's thread does. Raises what the job raised, or Problem."""
        job = _Job(do, None, None)  # type: ignore[arg-type]
        writer = self.writer
        try:
            try:
                writer._commit([job], writer._do)
            except _Failed:
                writer._commit([job], writer._do_apart)
        except Exception:  # noqa: BLE001 - as the writer has it
            job.error = unavailable()
        if job.error is not None:
            raise job.error
        return job.result

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request."""
        try:
            return self._route(method, path, headers, body)
        except Exception as error:
            made = next(answer(error) for kind, answer in self._answers.items() if isinstance(error, kind))
            if made.status_code == 500:
                raise  # a mistake of the server's own is what we look for
            return Reply(made.status_code, dict(made.headers), bytes(made.body))

    def _route(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(path)
        match [unquote(part) for part in parts.path.strip("/").split("/")[1:]]:
            case ["terminals", terminal, "events"]:
                return Reply(200, JSON, _at_once(take_events(self.backend, terminal, _scope(), _receiving(body))))
            case ["terminals", terminal, "master"]:
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                epoch, claimed = asked["epoch"], reading.number_in(asked.get("slip_prefix", ""))
                number = self.write(lambda work: work.inbox.allot_number(terminal, epoch, claimed))
                return self._read(headers, lambda driver: master_json(reading.master(driver, terminal, number)))
            case ["terminals", _, "recalls"]:
                after = int(parse_qs(parts.query)["after"][0])
                return self._read(headers, lambda driver: recall_part_json(recall_part(driver, after)))
            case ["sessions"] if method == "POST":
                return self._sign_in(json.loads(body))
            case ["sessions"]:
                return Reply(204, {}, b"")
            case ["documents"]:
                return self._read(headers, lambda driver: documents_json(reading.documents(driver, 30)), session=True)
            case ["slips", number]:
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                terminal, epoch = asked["terminal"], asked["epoch"]
                state = lambda driver: state_json(reading.slip_state(driver, number, terminal, epoch))  # noqa: E731
                return self._read(headers, state, session=True)
            case ["orders", number]:
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                terminal, epoch = asked["terminal"], asked["epoch"]
                whole = lambda driver: order_state_json(reading.order_state(driver, number, terminal, epoch))  # noqa: E731
                return self._read(headers, whole, session=True)
        raise AssertionError(f"nobody asks for {path}")

    def _sign_in(self, given: Mapping[str, str]) -> Reply:
        """Open a session. The PIN is compared as it stands: hashing it is slow on purpose."""
        sign_in = signing.SignIn.__new__(signing.SignIn)
        sign_in._settings = Settings()
        with reading_from(self.engine) as connection:
            row = Driver.of(connection).one(signing._OPERATOR, {"id": given["operator"]})
        if row is None or given["pin"] != PIN:
            raise Problem(401, "wrong-pin", "no", tries_left=4)
        session = self.write(lambda work: sign_in._open(work, signing.operator_from(row), given["terminal"]))
        return Reply(200, JSON, json.dumps(session_json(session)).encode())

    def _read(self, headers: Mapping[str, str], ask: Callable[[Driver], Any], *, session: bool = False) -> Reply:
        with reading_from(self.engine) as connection:
            driver = Driver.of(connection)
            if session:
                admit_session(driver, Access("", headers.get("Scan-Session", ""), trusted=True))
            given = ask(driver)
        if self.older:
            self.world.count("server-older")
            given = _as_before(given)
        text = json.dumps(given).encode()
        tag = f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'
        if headers.get("If-None-Match") == tag:
            return Reply(304, {"etag": tag}, b"")
        return Reply(200, {**JSON, "etag": tag}, text)

    def expire_sessions(self) -> None:
        """Forget who is signed in."""
        with contextlib.suppress(Problem):
            self.write(lambda work: work.driver.say("DELETE FROM session"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the tables as anybody may."""
        return server_rows(str(self.path), sql)


class _Now:
    """The writer as the routes know it: what it is given is done at once."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def run(self, do: Callable[[Work], Any]) -> Any:
        return self._server.write(do)


JSON = {"content-type": "application/json"}
_NEWER = frozenset(
    {"draws", "drawn", "invoice", "invoiced", "came_from", "returned", "sold_before", "reversed", "posted_at"}
    | {
        "invoice_prefix",
        "sale_prefix",
        "command_key",
        "print_at_posting",
        "negative",
        "kind",
        "recalls",
        "case",
        "gtin",
    }
)
"""What servers of the first version did not say."""


def _as_before(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: _as_before(value) for name, value in given.items() if name not in _NEWER}
    return [_as_before(each) for each in given] if isinstance(given, list) else given


@cache
def _metrics() -> Metrics:
    return Metrics()


def _scope() -> dict[str, Any]:
    return {"headers": [], "client": ("127.0.0.1", 1)}


def _receiving(body: bytes) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    return receive


def _at_once(coroutine: Coroutine[Any, Any, bytes]) -> bytes:
    """Run what never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return bytes(done.value)
    raise AssertionError("it waits for something")
