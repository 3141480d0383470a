"""A server that dies between any two statements of a posting or a reversal leaves all of it done, or nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from .test_backend_invoices import FREE, LENIENT, ORDER, serial

DYING = (sys.executable, "-m", "tests.server_stub.dying")
TABLES = ("slip", "slip_line", "registration", "draw", "order_line", "event", "audit", "cursor")


def dump(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that taking an event in can change."""
    with sqlite3.connect(database) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        found = {name: connection.execute(f'select * from "{name}" order by 1, 2, 3').fetchall() for name in TABLES}
    connection.close()
    return found


def ask(database: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database) as connection:
        found = connection.execute(query, values).fetchall()
    connection.close()
    return found


@pytest.fixture(scope="module")
def ready(start, tmp_path_factory):
    """A database in which an invoice over three slips waits to be posted, and what to send for posting or reversing."""
    backend = start()
    at = backend.terminal("T-killed")
    slips = [at.ship(ORDER, 1, FREE, serial(), serial()) for _ in range(2)]
    lenient = at.draft(ORDER, (3, 3))
    at.register(lenient, 1, LENIENT, serial())
    at.post(lenient)
    invoice = at.invoice(ORDER)
    for slip in slips:
        at.draw(invoice, slip, *(r["serial"] for r in at.state(slip)["registrations"]))
    at.draw(invoice, lenient, units=2)
    sent = {"posting-requested": at.posting(invoice)}
    at.sequence -= 1
    sent["slip-reversed"] = at.event("slip-reversed", document=slips[0], line=0, reason="Wrong unit packed")
    assert backend.stop() == 0
    return Path(backend.database.removeprefix("sqlite:///")), at, invoice, slips[0], sent


@pytest.mark.timeout(300)
@pytest.mark.parametrize("type", ["posting-requested", "slip-reversed"])
def test_killed_between_any_two_statements_all_is_done_or_nothing(ready, tmp_path, type):
    template, at, invoice, slip, sent = ready
    before, event = dump(template), sent[type]
    done, undone = 0, 0
    for step in count(1):
        database = tmp_path / f"step-{step}.db"
        shutil.copy(template, database)
        answer = posted_to(database, at, event, command=DYING, DIE_ON=type, DIE_AT=str(step))
        after = dump(database)
        if after == before:
            undone += 1
            assert answer is None
        else:
            done += 1
            check_all_of_it(database, type, invoice, slip, event["id"])
        if answer is not None:
            break  # it lived: there are no more steps
        assert step < 60
        if done == 1 or step in (1, 5):  # sent again to a server that lives, it is taken once
            repeated = posted_to(database, at, event)
            assert repeated["answers"][0]["outcome"] == "accepted"
            check_all_of_it(database, type, invoice, slip, event["id"])
    assert undone >= 8  # it has that many statements
    assert done == 2  # killed after the commit, and not at all
    assert answer["answers"][0]["outcome"] == "accepted"


def posted_to(database: Path, at, event: dict, command: tuple[str, ...] = (), **environment: str) -> dict | None:
    """Start a server over a database, send it the event, end it; gives its answer, None if it died."""
    from .conftest import Backend

    given = {"command": command} if command else {}
    backend = Backend(f"sqlite:///{database}", ("--demo",), environment, **given).start()
    try:
        body = {"epoch": at.epoch, "events": [event]}
        answer = httpx.post(f"{backend.url}/v1/terminals/{at.name}/events", json=body, timeout=20, trust_env=False)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)
    except httpx.TransportError:
        assert backend.process.wait(10) == -9
        return None
    finally:
        backend.kill()


def check_all_of_it(database: Path, type: str, invoice: str, slip: str, event: str) -> None:
    """Check that an event is taken in completely, once."""
    assert ask(database, "select outcome from event where id = ?", event) == [("accepted",)]
    noted = ask(database, "select count(*) from audit where action = ? and detail like ?", type, f"%{event}%")
    assert noted == [(1,)]
    units = "select count(*), min(invoiced), max(invoiced) from registration where live and invoice = ?"
    if type == "posting-requested":
        status = ask(database, "select status, posted_at = changed_at from slip where number = ?", invoice)
        assert status == [("posted", 1)]
        assert ask(database, units, invoice) == [(4, 1, 1)]
        assert ask(database, "select units, invoiced from draw where invoice = ?", invoice) == [(2, 1)]
        assert ask(database, "select sum(invoiced) from slip_line where document != ?", invoice) == [(6,)]
    else:
        assert ask(database, "select status from slip where number = ?", slip) == [("cancelled",)]
        assert ask(database, units, invoice) == [(2, 0, 0)]
        assert ask(database, "select reversed from slip_line where document = ?", slip) == [(1,)]
        taken = 'select taken from order_line where "order" = ? and number = 1'
        kept = "select sum(units) from slip_line l join slip s on s.number = l.document "
        kept += 'where s."order" = ? and l.order_line = 1 and not l.reversed'
        assert ask(database, taken, ORDER) == ask(database, kept, ORDER)
