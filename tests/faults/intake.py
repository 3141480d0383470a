"""The real backend's intake over a real database, in this process: what is sent goes through all but the network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import asdict
from sqlalchemy import text

from server_stub import clock
from server_stub.database import open_database, reading, writing
from server_stub.demo import load_demo
from server_stub.envelope import read_envelope
from server_stub.intake import take_in
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.schema_version import upgrade
from server_stub.work import Work
from terminal.backend.answers import Denied, Frame
from terminal.backend.wire.events import BatchAnswer, batch_answer_of
from terminal.domain.documents import Duty, Operator, Policies
from terminal.domain.events import Continued
from terminal.domain.views import Shop
from terminal.journal.journal import Journal

SLIP = "PS-1400"
"""A slip of the demo data with one line of 400 units."""
_SENT = "FROM event WHERE document = :slip AND terminal <> 'demo-terminal' ORDER BY position"
KEEPER = Operator("1001", "Keeper", frozenset(Duty))


def prepare(directory: Path) -> Path:
    """Make a backend's database with the demo data; gives its file, to be copied for each try."""
    engine = open_database(f"sqlite:///{directory / 'prepared.db'}")
    upgrade(engine)
    load_demo(engine)
    engine.dispose()
    return directory / "prepared.db"


class Intake:
    """The backend as the sender sees it; nobody is signed in, so documents are not shown to anybody."""

    def __init__(self, prepared: Path, directory: Path) -> None:
        file = directory / "backend.db"
        for old in directory.glob("backend.db*"):
            old.unlink()
        shutil.copyfile(prepared, file)
        self._engine = open_database(f"sqlite:///{file}")

    def send_events(
        self, terminal: str, epoch: str, events: Sequence[Frame], continues: Continued | None = None
    ) -> BatchAnswer:
        """Take a batch in as the route does."""
        body = {"epoch": epoch, "events": list(events)}
        if continues is not None:
            body["continues"] = asdict(continues)
        envelope = read_envelope(json.dumps(body).encode())
        with writing(self._engine) as connection:
            work = Work(Driver.of(connection), MasterData())
            taken = take_in(work, terminal, envelope)
            work.driver.close()
        answers = [json.loads(answer) for answer in taken.answers]
        return batch_answer_of({"answers": answers, "cursor": taken.cursor, "server_time": clock.now()})

    def master(self, terminal: str, epoch: str, etag: str = "", slip_prefix: str = "") -> None:
        """Say that nothing has changed."""

    def documents(self, session: str, etag: str = "") -> None:
        raise Denied("session-missing", {})

    def slip(self, number: str, terminal: str, epoch: str, session: str) -> None:
        raise Denied("session-missing", {})

    order = slip

    def close(self) -> None:
        self._engine.dispose()

    def serials(self) -> list[str]:
        """Give the serials that count on the slip, as the backend has them."""
        return self._column("SELECT serial FROM registration WHERE document = :slip AND live")

    def recorded_at(self) -> list[str]:
        """Give when its events happened, by their own clocks, in the order in which they came."""
        return self._column(f"SELECT recorded_at {_SENT}")

    def sent_serials(self) -> list[str]:
        """Give the serials of its events, in the order in which they came."""
        return self._column(f"SELECT json_extract(body, '$.serial') {_SENT}")

    def clones_noted(self) -> int:
        """Count what the trail says of cloned terminals."""
        return len(self._column("SELECT 1 FROM audit WHERE action = 'key-reuse'"))

    def stock(self, journal: Journal) -> None:
        """Give a journal the slip, and what it takes to scan it."""
        with reading(self._engine) as connection:
            work = Work(Driver.of(connection), MasterData())
            records = work.books.records
            found, lines = records.slip(SLIP), records.lines(SLIP)
            items = [item for line in lines if (item := records.item(line.item)) is not None]
            work.driver.close()
        assert found is not None
        journal.merging.take_master(Shop("A", "UTC", Policies(), "T1", operators={KEEPER.id: KEEPER}), items)
        journal.merging.take_slip(found, lines, [], 0)

    def _column(self, sql: str) -> list[str]:
        with reading(self._engine) as connection:
            return [str(value) for (value,) in connection.execute(text(sql), {"slip": SLIP} if ":slip" in sql else {})]
