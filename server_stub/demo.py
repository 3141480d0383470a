"""A believable distributor of electronics to try things out with, loaded into an empty database.

Master data and slips come from the CSV files in `demo_data/`, by the ordinary import; what was registered and posted
comes from events, by the ordinary intake. Nothing is put into a table by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files

from sqlalchemy import Engine, select
from uuid6 import uuid7

from server_stub import clock
from server_stub.database import reading, writing
from server_stub.envelope import Envelope
from server_stub.imports import import_path
from server_stub.intake import take_in
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.tables import item
from server_stub.work import Work
from terminal.backend.wire.events import event_json
from terminal.domain.documents import Registration
from terminal.domain.events import Event, NotReadable, PostingRequested, Recorded, Registered
from terminal.domain.posting import registrations_digest

TERMINAL, EPOCH, OPERATOR = "demo-terminal", "demo", "1001"

_REGISTERED: tuple[tuple[str, int, str, str | None], ...] = (
    ("PS-1004", 1, "PR-0450", "VNB3K10442"),
    ("PS-1004", 1, "PR-0450", "VNB3K10443"),
    ("PS-1005", 1, "PH-6200", "356938035643809"),
    ("PS-1005", 1, "PH-6200", "490154203237518"),
    ("PS-1005", 1, "PH-6200", None),
    ("PS-1005", 2, "DK-0011", "DS-20260117"),
    ("PS-1007", 1, "RT-0900", "AX900-0A:11:7C"),
    ("PS-1008", 1, "WC-1080", "WCM-55012"),
    ("PS-1009", 1, "SW-2408", "SWK7200A1001"),
    ("PS-1009", 1, "SW-2408", "SWK7200A1002"),
    ("PS-1010", 1, "SW-2408", "SWK7200A1017"),
    ("PS-1010", 1, "SW-2408", None),
    ("PS-1011", 1, "SW-2408", "SWK7200A1031"),
    ("PS-1011", 1, "SW-2408", "SWK7200A1032"),
)
"""What was scanned before: document, line, item, serial (None for one that was not readable)."""
_POSTED = ("PS-1004", "PS-1005", "PS-1009", "PS-1010", "PS-1011")
"""Slips that have left; the last three, of two units each, wait for an invoice that draws on them (S14)."""


def load_demo(engine: Engine) -> bool:
    """Load the demo data into an empty database; says whether it did."""
    with reading(engine) as connection:
        if connection.execute(select(item.c.number).limit(1)).first() is not None:
            return False
    with as_file(files("server_stub") / "demo_data") as directory:
        import_path(engine, None, directory, who="demo")
        _scan(engine)
        import_path(engine, None, directory / "later", who="demo")  # an item is blocked after it was put on a slip
    return True


def _scan(engine: Engine) -> None:
    with writing(engine) as connection:
        work = Work(Driver.of(connection), MasterData())
        for sequence, event in enumerate(_events(work), 1):
            recorded = Recorded(str(uuid7()), sequence, TERMINAL, EPOCH, OPERATOR, clock.now(), event)
            taken = take_in(work, TERMINAL, Envelope(EPOCH, (event_json(recorded),)))
            if taken.outcomes != ["accepted"]:
                raise AssertionError(f"the demo data break a rule: {taken.answers}")
        work.driver.close()


def _events(work: Work) -> Iterator[Event]:
    for document, line, number, serial in _REGISTERED:
        if serial is None:
            yield NotReadable(document, line, number)
        else:
            yield Registered(document, line, number, serial)
    for document in _POSTED:
        seen: list[Registration] = list(work.books.records.live_registrations(document))
        yield PostingRequested(document, registrations_digest(seen), len(seen))
