"""Exports as CSV and JSON Lines: what is in them, that no formula and no line end gets through, that they stream."""

from __future__ import annotations

import csv as csv_module
import io
import json
import tracemalloc
import unicodedata
from uuid import uuid4

import pytest

from server_stub import audit, exports
from server_stub.cli import _parser
from server_stub.database import open_database, writing
from server_stub.envelope import Envelope
from server_stub.intake import take_in
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.schema_version import upgrade
from server_stub.work import Work

from .test_backend_invoices import FREE, ORDER, serial

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1(2)",
    "+1+1",
    "-SN-1",
    "|calc",
    "\uff1d1",
    "\t=1",
    'a"b,c""',
    "a\nb",
    "a\r=cmd()",
    "a\r\n=1",
    "\x00nul",
    "\u202eRTL\u2066",
    "a\u2028b\u2029c\x85d",
    "\x1b[31mred",
    "'=1",
    "🦊é",
]

WRITTEN = {
    "\t=1": "\\u0009=1",
    "a\nb": "a\\u000ab",
    "a\r=cmd()": "a\\u000d=cmd()",
    "a\r\n=1": "a\\u000d\\u000a=1",
    "\x00nul": "\\u0000nul",
    "\u202eRTL\u2066": "\\u202eRTL\\u2066",
    "a\u2028b\u2029c\x85d": "a\\u2028b\\u2029c\\u0085d",
    "\x1b[31mred": "\\u001b[31mred",
}
"""How CSV writes out what could steer a terminal, or end a line."""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv_module.DictReader(io.StringIO(text, newline="")))


def objects(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]  # which knows more line ends than any reader


def read_back(value: str) -> str:
    """What a program does with a guarded value."""
    return value[1:] if value.startswith("'") and exports.guarded(value) != value else value


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path}/exports.db")
    upgrade(made)
    yield made
    made.dispose()


def exported(engine, what: str, form: str = exports.CSV, document: str | None = None) -> str:
    to = io.StringIO(newline="")
    exports.export(engine, to, what, form, document)
    return to.getvalue()


def test_registrations_keep_their_columns_and_say_where_they_came_from(at, backend):
    numbers = [serial(), serial()]
    first = at.ship(ORDER, 1, FREE, *numbers)
    kept = [r["id"] for r in at.state(first)["registrations"]]
    at.reverse(first)
    second = f"D-{uuid4().hex[:12]}"
    at.say("slip-drafted", document=second, order=ORDER, lines=[[1, 1]], brought=kept[:1])
    at.post(second)
    invoice = at.invoice(ORDER)
    at.draw(invoice, second, numbers[0])
    text = backend.run("export", "registrations", "--document", second).stdout
    assert text.splitlines()[0] == (
        "document,line,item,serial,blank,operator,terminal,recorded_at,"
        "status,order,customer,invoice,received_at,lot,expiry,package,id,reversed,came_from,invoiced,returned,gtin"
    )
    (row,) = rows(text)
    assert (row["document"], row["serial"], row["invoice"], row["id"]) == (second, numbers[0], invoice, kept[0])
    assert (row["reversed"], row["came_from"], row["invoiced"], row["returned"]) == ("false", first, "false", "false")
    (left,) = rows(backend.run("export", "registrations", "--document", first).stdout)
    assert (left["serial"], left["reversed"], left["status"]) == (numbers[1], "true", "cancelled")
    (value,) = objects(backend.run("export", "registrations", "--format", "jsonl", "--document", second).stdout)
    assert list(value) == list(row)
    assert (value["line"], value["blank"], value["reversed"]) == (1, False, False)


def test_corrections_say_what_was_what_is_why_and_what_was_answered(at, backend):
    before, after = serial(), serial()
    slip = at.ship(ORDER, 1, FREE, before, None)
    unit = at.registration(slip, before)["id"]
    at.correct(slip, before, after)
    at.correct(slip, after, serial(), operator="1002")  # who may not
    at.correct(slip, None, before, reason="")
    text = backend.run("export", "corrections", "--document", slip).stdout
    assert text.splitlines()[0] == (
        "document,line,item,registration,before,after,reason,operator,terminal,recorded_at,received_at,outcome"
    )
    found = rows(text)
    assert [(row["before"], row["outcome"], row["operator"]) for row in found] == [
        (before, "accepted", "1001"),
        (after, "rejected", "1002"),
        ("", "accepted", "1001"),
    ]
    assert {name: found[0][name] for name in ("document", "line", "item", "registration", "after", "reason")} == {
        "document": slip,
        "line": "1",
        "item": FREE,
        "registration": unit,
        "after": after,
        "reason": "Typing error",
    }
    assert found[0]["recorded_at"] == "2026-03-01T09:00:00.000Z" < found[0]["received_at"]
    values = objects(backend.run("export", "corrections", "--document", slip, "--format", "jsonl").stdout)
    assert values[2]["before"] is None
    assert [value["after"] for value in values] == [row["after"] for row in found]


def test_audit_and_events_give_everything_that_is_kept(at, backend):
    slip = at.ship(ORDER, 1, FREE, serial())
    for what, table in (("audit", "audit"), ("events", "event")):
        (count,) = backend.rows(f"select count(*) from {table}")[0]
        values = objects(backend.run("export", what, "--format", "jsonl").stdout)
        assert [value["position"] for value in values] == [
            n for (n,) in backend.rows(f"select position from {table} order by 1")
        ]
        assert len(rows(backend.run("export", what).stdout)) == len(values) == count
        columns = {name for _, name, *_ in backend.rows(f"pragma table_info({table})")}
        assert set(values[0]) == columns
    mine = objects(backend.run("export", "events", "--format", "jsonl", "--document", slip).stdout)
    assert [value["type"] for value in mine] == ["slip-drafted", "registered", "posting-requested"]
    assert mine[0]["body"]["order"] == ORDER
    assert {value["answer"]["outcome"] for value in mine} == {"accepted"}
    assert (mine[0]["void"], mine[0]["undone"]) == (False, False)
    noted = objects(backend.run("export", "audit", "--format", "jsonl", "--document", slip).stdout)
    assert [value["action"] for value in noted] == ["slip-drafted", "posting-requested"]
    assert noted[0]["detail"]["outcome"] == "accepted"


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_a_value_holds_it_stays_one_cell_that_nobody_runs(engine, value):
    with writing(engine) as connection:
        audit.note(Driver.of(connection), "test", value, who=value, detail=value)
    text = exported(engine, "audit")
    (row,) = rows(text)
    written = WRITTEN.get(value, value)
    assert (read_back(row["subject"]), read_back(row["who"])) == (written, written)
    assert json.loads(row["detail"])["detail"] == value
    assert row["subject"][0] not in "=+-@|\uff1d"
    assert len(text.splitlines()) == 2  # which knows more line ends than any reader
    assert [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf") and sign != "\n"] == []
    (found,) = objects(exported(engine, "audit", exports.JSON_LINES))
    assert (found["subject"], found["who"], found["detail"]["detail"]) == (value, value, value)


def test_an_event_that_nobody_could_read_is_exported_as_it_came(engine, tmp_path):
    event = {"id": "e-1", "sequence": 1, "type": "no-such", "body": {"half": "\ud800", "serial": "=1\u2028"}}
    with writing(engine) as connection:
        work = Work(Driver.of(connection), MasterData())
        assert take_in(work, "T", Envelope("e", (event,))).outcomes == ["rejected"]
    (value,) = objects(exported(engine, "events", exports.JSON_LINES))
    assert value["body"] == event
    (row,) = rows(exported(engine, "events"))
    assert json.loads(row["body"]) == event
    for form in ("csv", "jsonl"):
        exported(engine, "events", form).encode("utf-8")


def test_nothing_to_export_is_no_fault(engine):
    for what, chosen in exports.EXPORTS.items():
        assert exported(engine, what) == ",".join(chosen.columns) + "\n"
        assert exported(engine, what, exports.JSON_LINES) == ""
        assert exported(engine, what, document="nowhere") == exported(engine, what)


def test_the_command_offers_what_there_is(stub):
    offered = next(each for each in _parser()._actions if each.dest == "command").choices["export"]
    what = next(each for each in offered._actions if each.dest == "what")
    assert what.choices == list(exports.EXPORTS)
    assert next(each for each in offered._actions if each.dest == "format").choices == [
        exports.CSV,
        exports.JSON_LINES,
    ]
    assert stub("export", "planets").returncode == 2
    assert stub("export", "audit", "--format", "xml").returncode == 2


def test_rows_are_written_as_they_are_read_and_never_held(engine):
    with writing(engine) as connection:
        driver = Driver.of(connection)
        for n in range(20_000):
            audit.note(driver, "test", f"subject {n}", detail="x" * 500)
    longest = 0

    class Counting(io.StringIO):
        def write(self, text: str) -> int:
            nonlocal longest
            longest = max(longest, len(text))
            return len(text)

    tracemalloc.start()
    assert exports.export(engine, Counting(), "audit", exports.JSON_LINES) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert longest < 1_000
    assert peak < 5_000_000  # of 12 MB of text: a thousand rows at a time
