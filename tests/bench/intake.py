"""How many registrations a second one backend process takes in over HTTP, against its own database's bare commits.

The load comes from this process, on the same cores: sockets in one epoll loop, requests made beforehand, answers only
counted. Rounds of single events, of batches, and of bare commits take turns. Nobody else talks to the backend.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import socket
import sqlite3
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from uuid6 import uuid7

from tests.bench.figures import Figure, Target, median
from tests.bench.rig import BIN, Backend, backend, environment, serial_number

CONNECTIONS = 32
BATCH = 50
UNITS = 100_000
RECORDED_AT = "2026-03-01T09:00:00.000Z"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000")
"""What `server_stub.database` sets."""


@dataclass
class Connection:
    """A terminal at the other end of a connection that stays open; it fills a slip of its own."""

    host: str
    number: int
    socket: socket.socket
    epoch: str = field(default_factory=lambda: uuid7().hex)
    sequence: int = 0
    waiting: list[bytes] = field(default_factory=list)
    received: bytes = b""

    def prepare(self, requests: int, events: int, rng: random.Random) -> None:
        """Make the requests of a round; they are taken from the end, so the first stands there."""
        self.waiting = [self._request([self._event(rng) for _ in range(events)]) for _ in range(requests)][::-1]

    def _event(self, rng: random.Random) -> dict[str, object]:
        self.sequence += 1
        body = {"document": slip_number(self.number), "line": 1, "item": "LP-1410", "serial": serial_number(rng)}
        given = {"lot": "", "expiry": "", "package": ""}
        event = {"id": str(uuid7()), "sequence": self.sequence, "type": "registered", "version": 1}
        return event | {"operator": "1001", "recorded_at": RECORDED_AT, "body": body | given}

    def _request(self, events: list[dict[str, object]]) -> bytes:
        body = json.dumps({"epoch": self.epoch, "events": events}, separators=(",", ":")).encode("ascii")
        head = (
            f"POST /v1/terminals/bench-{self.number}/events HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode("ascii") + body

    def answered(self) -> int | None:
        """Take what came; gives the number of accepted events once an answer is whole."""
        self.received += self.socket.recv(1 << 16)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        self.received = b""
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head!r} {body!r}")
        return body.count(b'"outcome":"accepted"')


@dataclass(frozen=True)
class Round:
    """What came of a round."""

    rate: float
    """Registrations a second."""
    share: float
    """The generator's part of the processor time that it and the backend used."""
    each: float
    """The backend's processor seconds per registration."""


class Load:
    """All connections, and the loop that keeps each of them busy with one request at a time."""

    def __init__(self, server: Backend) -> None:
        self._server = server
        parts = urlsplit(server.url)
        address = (parts.hostname or "", parts.port or 0)
        self._connections = [Connection(parts.netloc, n, socket.create_connection(address)) for n in range(CONNECTIONS)]
        self._selector = selectors.DefaultSelector()
        for each in self._connections:
            each.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(each.socket, selectors.EVENT_READ, each)

    def round(self, requests: int, events: int, rng: random.Random) -> Round:
        """Send so many requests on each connection, with so many events each. Raises if one is not accepted."""
        for each in self._connections:
            each.prepare(requests, events, rng)
        ours, theirs = time.process_time(), _cpu_seconds(self._server.process.pid)
        began = time.perf_counter()
        accepted = self._exchange()
        took = time.perf_counter() - began
        ours, theirs = time.process_time() - ours, _cpu_seconds(self._server.process.pid) - theirs
        if accepted != (wanted := CONNECTIONS * requests * events):
            raise RuntimeError(f"{accepted} of {wanted} registrations were accepted")
        return Round(accepted / took, ours / (ours + theirs), theirs / accepted)

    def _exchange(self) -> int:
        accepted, busy = 0, len(self._connections)
        for each in self._connections:
            each.socket.sendall(each.waiting.pop())
        while busy:
            for key, _ in self._selector.select():
                found = key.data.answered()
                if found is None:
                    continue
                accepted += found
                if key.data.waiting:
                    key.data.socket.sendall(key.data.waiting.pop())
                else:
                    busy -= 1
        return accepted

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for each in self._connections:
            each.socket.close()


class BareTable:
    """The same library, pragmas and file system; one row a commit, of what an event needs to be kept."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("CREATE TABLE event (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT)")

    def round(self, rows: int, rng: random.Random) -> float:
        """Commit so many rows; gives how many a second."""
        made = [(str(uuid7()), f'{{"serial":"{serial_number(rng)}","more":"{"x" * 220}"}}') for _ in range(rows)]
        began = time.perf_counter()
        for row in made:
            self._db.execute("INSERT INTO event (id, body) VALUES (?, ?)", row)
        return rows / (time.perf_counter() - began)


def run(work: Path, quick: bool) -> list[Figure]:
    """Measure."""
    rounds, singles, batches, commits = (4, 8, 1, 300) if quick else (12, 40, 3, 1_000)
    rng = random.Random(9)
    bare = BareTable(work / "bare.db")
    single: list[Round] = []
    batched: list[Round] = []
    floor: list[float] = []
    with backend(work) as server:
        _import_slips(work, server)
        load = Load(server)
        for n in range(rounds + 1):
            found = (load.round(singles, 1, rng), load.round(batches, BATCH, rng), bare.round(commits, rng))
            if n:  # the first warms up
                single.append(found[0])
                batched.append(found[1])
                floor.append(found[2])
        load.close()
    return _figures(single, batched, floor)


def _figures(single: list[Round], batched: list[Round], floor: list[float]) -> list[Figure]:
    singles, batches = (median(each.rate for each in found) for found in (single, batched))
    note = f"{CONNECTIONS} connections, one request each under way; medians of {len(single)} rounds, by turns"
    half, three = Target(0.4, of_ratio=True, at_least=True), Target(3, of_ratio=True, at_least=True)
    figures = [
        Figure("intake", "single events", singles, "/s", median(floor), "bare single-row commits", half, note),
        Figure("intake", f"batches of {BATCH}", batches, "/s", singles, "single events", three),
    ]
    used = "of the processor time that it and the backend used, in the same rounds"
    for name, found in (("singles", single), ("batches", batched)):
        each = median(one.each for one in found) * 1e6
        figures.append(Figure("intake", f"backend's processor time per registration, {name}", each, "µs"))
        share = median(one.share for one in found) * 100
        figures.append(Figure("intake", f"generator's share, {name}", share, "%", note=used))
        used = ""
    return figures


def slip_number(connection: int) -> str:
    """Name the slip that a connection fills."""
    return f"PS-9{connection:03}"


def _import_slips(work: Path, server: Backend) -> None:
    """Give each connection a slip with room for all it will send."""
    folder = work / "slips"
    folder.mkdir()
    numbers = range(CONNECTIONS)
    lines = {
        "orders": ["number,customer,site", "SO-9000,Load,HAMBURG"],
        "order_lines": [
            "order,number,item,units",
            *(f"SO-9000,{n + 1},LP-1410,{UNITS}" for n in numbers),
        ],
        "slips": ["number,order,status", *(f"{slip_number(n)},SO-9000,draft" for n in numbers)],
        "slip_lines": [
            "document,number,order_line,units,location",
            *(f"{slip_number(n)},1,{n + 1},{UNITS},A-01" for n in numbers),
        ],
    }
    for name, rows in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="ascii")
    command = [BIN / "server-stub", "import", "--database", server.database, folder]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(work, {}), check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise RuntimeError(f"an answer without its length: {head!r}")


def _cpu_seconds(process: int) -> float:
    """Give the processor time that a process has used, in all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
