"""Importing, exporting, the tables themselves, settings, and the command line."""

from __future__ import annotations

import csv as csv_module
import io
import json
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server_stub import exports, schema_version
from server_stub import settings as server_settings
from server_stub.csv_rows import ImportRefused
from server_stub.database import open_database, reading, writing
from server_stub.imports import import_path
from server_stub.schema_version import current, newest, upgrade
from server_stub.tables import metadata

EXAMPLE = Path(__file__).parents[2] / "config" / "server.toml"
BASE = {
    "tracking_groups.csv": "code,active_in_sales_process,other_options\nSN,true,sales-prices\nW,false,\n",
    "items.csv": "number,description,tracking_group\nA-1,Thing,SN\nA-2,Other thing,SN\n",
    "orders.csv": "number,customer\nSO-1,Müller & Söhne\n",
    "order_lines.csv": "order,number,item,units\nSO-1,1,A-1,10\nSO-1,2,A-2,5\n",
    "slips.csv": "number,order,status\nPS-1,SO-1,draft\nPS-2,SO-1,cancelled\n",
    "slip_lines.csv": "document,number,order_line,units\nPS-1,1,1,4\nPS-2,1,2,5\n",
}


class Store:
    """An empty database and the commands over it."""

    def __init__(self, directory: Path, stub) -> None:
        self.directory = directory
        self.database = f"sqlite:///{directory}/store.db"
        self.stub = stub
        assert self.run("init").returncode == 0

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self.stub(*arguments, database=self.database, stdin=stdin)

    def load(self, **texts: str | bytes) -> SimpleNamespace:
        """Import a directory that holds these files, as `server-stub import` does."""
        folder = self.directory / f"import-{len(list(self.directory.iterdir()))}"
        folder.mkdir()
        for name, text in texts.items():
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        engine = open_database(self.database)
        try:
            import_path(engine, None, folder)
        except ImportRefused as refused:
            return SimpleNamespace(returncode=1, stderr=str(refused))
        finally:
            engine.dispose()
        return SimpleNamespace(returncode=0, stderr="")

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(f"{self.directory}/store.db") as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def template(tmp_path_factory, stub) -> bytes:
    """A database with the base data, made once."""
    store = Store(tmp_path_factory.mktemp("template"), stub)
    done = store.load(**{name.removesuffix(".csv"): text for name, text in BASE.items()})
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(f"{store.directory}/store.db") as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return (store.directory / "store.db").read_bytes()


@pytest.fixture
def store(tmp_path, stub, template) -> Store:
    made = Store.__new__(Store)
    made.directory, made.database, made.stub = tmp_path, f"sqlite:///{tmp_path}/store.db", stub
    (tmp_path / "store.db").write_bytes(template)
    return made


def test_a_directory_is_imported_in_one_go(store):
    assert store.rows("select other_options, serial_number_control from tracking_group where code = 'SN'") == [("", 1)]
    assert store.rows("select number, taken from order_line order by number") == [(1, 4), (2, 0)]
    assert store.rows("select customer from slip where number = 'PS-1'") == [("Müller & Söhne",)]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "items",
            "number,description,tracking_group\nA-9,Thing,SN\nA-8,Thing,XX\n",
            "items.csv row 3, column tracking_group: there is no tracking group 'XX'; import it first or correct it",
        ),
        ("items", "number,description,tracking_group\n,Thing,SN\n", "items.csv row 2, column number: it is empty"),
        ("items", "number,description\nA-9,Thing\n", "items.csv row 1, column tracking_group: it is missing; add it"),
        ("items", "number,description,tracking_group,colour\n", "row 1, column colour: it is not known; remove it"),
        ("items", b"number,description,tracking_group\nA-9,Ger\xe4t,SN\n", "items.csv row 2: this is not UTF-8"),
        ("items", "number,description,tracking_group\nA-9,Thing\n", "items.csv row 2: 2 cells instead of 3"),
        (
            "items",
            "number,description,tracking_group,longest\nA-9,Thing,SN,101\n",
            "row 2, column longest: '101' is no such number; write a whole number from 1 to 100",
        ),
        (
            "items",
            "number,description,tracking_group,blocked\nA-9,Thing,SN,maybe\n",
            "row 2, column blocked: 'maybe' is neither true nor false",
        ),
        (
            "items",
            "number,description,tracking_group,warranty_months\nA-8,Thing,SN,24\nA-9,Thing,SN,two years\n",
            "items.csv row 3, column warranty_months: 'two years' is no such number; write a whole number from 0 to",
        ),
        (
            "items",
            "number,description,tracking_group,service_months\nA-9,Thing,SN,601\n",
            "items.csv row 2, column service_months: '601' is no such number; write a whole number from 0 to 600",
        ),
        (
            "items",
            "number,description,tracking_group\nA-9,T,SN\n\nA-9,T,SN\n",
            "row 4, column number: A-9 is in row 2 already; remove one of them",
        ),
        (
            "items",
            "number,description,tracking_group,catch_weight\nA-9,Cable,SN,true\n",
            "row 2, column tracking_group: 'SN' is active in the sales process and catch-weight items",
        ),
        (
            "items",
            "number,description,tracking_group,mask,longest\nA-9,T,SN,AAA999,5\n",
            "row 2, column mask: no serial can fit",
        ),
        ("item_references", "reference,item\n4006381333931,A-7\n", "row 2, column item: there is no item 'A-7'"),
        ("operators", "id,name,duties\n7,Zoe,post juggle\n", "row 2, column duties: 'juggle' is not known"),
        ("operators", "id,name,pin\n7,Zoe,12\n", "row 2, column pin: it is not a PIN; write 4 to 12 digits"),
        ("orders", "number,customer\nSO 9,Zoe\n", "row 2, column number: 'SO 9' names nothing"),
        ("order_lines", "order,number,item,units\nSO-7,1,A-1,1\n", "row 2, column order: there is no order 'SO-7'"),
        ("order_lines", "order,number,item,units\nSO-1,1,A-1,3\n", "row 2, column units: 4 units are on slips already"),
        ("slips", "number,order,status\nPS-9,SO-1,posted\n", "row 2, column status: 'posted' is not known"),
        ("slip_lines", "document,number,order_line,units\nPS-1,1,1,11\n", "column units: the order has 10 left"),
        (
            "slip_lines",
            "document,number,order_line,units\nPS-1,1,2,1\n",
            "column order_line: the line ships order line 1",
        ),
        ("policies", "site,over_scan\nX,shout\n", "row 2, column over_scan: 'shout' is not known; use warn or refuse"),
        ("policies", "site,time_zone\nX,Mars/Base\n", "row 2, column time_zone: 'Mars/Base' is no time zone"),
    ],
)
def test_a_fault_names_file_row_and_column_and_nothing_is_imported(store, name, text, says):
    before = store.rows("select count(*) from item"), store.rows("select count(*) from audit")
    done = store.load(**{"orders": "number,customer\nSO-77,Never\n", name: text})
    assert done.returncode == 1
    assert says in done.stderr
    assert (store.rows("select count(*) from item"), store.rows("select count(*) from audit")) == before
    assert store.rows("select 1 from sales_order where number = 'SO-77'") == []


def test_the_import_command_says_what_is_wrong_or_how_much_it_took(store, csv):
    good = store.run("import", "item-references", csv("item_references.csv", "reference,item\n4006381333931,A-1\n"))
    assert (good.returncode, good.stdout) == (0, "item_references: 1\n")
    bad = store.run("import", "item_references", csv("item_references.csv", "reference,item\n4006381333931,A-2\n"))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == (
        "server-stub: item_references.csv row 2, column reference: it finds item A-1 already; remove one of them\n"
        "server-stub: nothing was imported\n"
    )
    assert "can't be imported; use one of" in store.run("import", "planets", "x.csv").stderr
    assert "there is nothing to import" in store.run("import", str(store.directory / "..")).stderr


def test_s20_a_group_cannot_become_active_over_a_catch_weight_item(store):
    assert store.load(items="number,description,tracking_group,catch_weight\nC-1,Cable,W,true\n").returncode == 0
    done = store.load(tracking_groups="code,active_in_sales_process\nW,true\n")
    assert "tracking_groups.csv row 2, column active_in_sales_process: item C-1" in done.stderr


def test_i11_a_blocked_item_can_not_be_put_on_a_slip(store):
    items = "number,description,tracking_group,blocked\nA-2,Other thing,SN,true\n"
    done = store.load(items=items, slip_lines="document,number,order_line,units\nPS-1,2,2,1\n")
    assert "slip_lines.csv row 2, column order_line: item A-2 is blocked (I11)" in done.stderr


def test_importing_again_updates_what_is_given_and_leaves_frozen_flags_alone(store):
    done = store.load(
        tracking_groups="code,active_in_sales_process\nSN,false\n",
        items="number,description,tracking_group,blocked\nA-1,Better thing,SN,true\n",
        slip_lines="document,number,order_line,units\nPS-1,1,1,6\n",
    )
    assert done.returncode == 0, done.stderr
    assert store.rows("select description, blocked from item where number = 'A-1'") == [("Better thing", 1)]
    frozen = "select units, description, active_in_sales_process, serial_number_control from slip_line"
    assert store.rows(f"{frozen} where document = 'PS-1'") == [(6, "Thing", 1, 1)]
    assert store.rows("select taken from order_line where number = 1") == [(6,)]
    assert store.load(slips="number,order,status\nPS-1,SO-1,cancelled\n").returncode == 0
    assert store.rows("select taken from order_line where number = 1") == [(0,)]


def test_s18_months_of_warranty_and_service_are_optional_columns(store):
    months = "select number, warranty_months, service_months from item order by number"
    assert store.rows(months) == [("A-1", 0, 0), ("A-2", 0, 0)]
    head = "number,description,tracking_group"
    assert store.load(items=f"{head},warranty_months,service_months\nA-1,Thing,SN,24,\n").returncode == 0
    assert store.load(items=f"{head}\nA-1,Better thing,SN\n").returncode == 0  # an older file
    assert store.rows(months) == [("A-1", 24, 0), ("A-2", 0, 0)]


def test_s15_printing_at_posting_is_an_optional_column(store):
    policies = "select site, over_scan, print_at_posting from policy order by site"
    assert store.load(policies="site,over_scan\nA,refuse\n").returncode == 0  # an older file
    assert store.rows(policies) == [("A", "refuse", 0)]
    assert store.load(policies="site,print_at_posting\nA,true\nB,\n").returncode == 0
    assert store.load(policies="site,over_scan\nA,warn\n").returncode == 0
    assert store.rows(policies) == [("A", "warn", 1), ("B", "warn", 0)]


def test_s11_invoices_are_none_of_the_imports_business(store):
    with sqlite3.connect(f"{store.directory}/store.db") as connection:
        connection.execute("update slip set kind = 'invoice' where number = 'PS-1'")
    done = store.load(slips="number,order,status\nPS-1,SO-1,cancelled\n")
    assert "slips.csv row 2, column number: it is no packing slip but of the kind invoice" in done.stderr
    done = store.load(slip_lines="document,number,order_line,units\nPS-1,2,2,1\n")
    assert "slip_lines.csv row 2, column document: it is no packing slip but of the kind invoice" in done.stderr


def test_operators_from_the_command_line(store):
    assert store.run("user", "add", "9", "Nina", "register", "post", stdin="4321\n").returncode == 0
    assert store.run("user", "duties", "9", "post").returncode == 0
    assert store.run("user", "list").stdout == "9\tNina\tpost\tPIN\n"
    assert store.run("user", "add", "9", "Nina", stdin="4321\n").returncode == 1
    assert store.run("user", "pin", "8", stdin="4321\n").returncode == 1
    assert (
        store.run("user", "pin", "9", stdin="12\n").stderr == "server-stub: the PIN on stdin must be 4 to 12 digits\n"
    )
    assert store.rows("select pin_hash like '$argon2id$%' from operator") == [(1,)]


def read_back(value: str) -> str:
    """What a program does with a guarded value."""
    return value[1:] if value.startswith("'") and exports.guarded(value) != value else value


def test_export_lists_live_registrations_and_no_formula_gets_through(backend):
    at = backend.terminal()
    slip = at.draft("SO-2012", (1, 9))
    serials = ["-17/A", "+4930", "plain-1", "A-comma", "=SUM(A1)"]
    outcomes = [at.register(slip, 1, "LP-1410", serial)["outcome"] for serial in serials]
    assert outcomes == ["accepted"] * 4 + ["rejected"]  # this item takes no '='
    mirror = at.draft("SO-2008", (1, 2))
    free = "=CMD()"
    assert at.register(mirror, 1, "CM-0080", free)["outcome"] == "accepted"
    at.say("not-readable", document=slip, line=1, item="LP-1410")
    done = backend.run("export", "registrations", "--document", slip)
    rows = list(csv_module.DictReader(io.StringIO(done.stdout)))
    assert done.stdout.startswith("document,line,item,serial,blank,operator,terminal,recorded_at,status,")
    assert [read_back(row["serial"]) for row in rows] == [*serials[:4], ""]
    assert [row["serial"] for row in rows][:3] == ["'-17/A", "'+4930", "plain-1"]
    assert [row["blank"] for row in rows] == ["false"] * 4 + ["true"]
    assert {row["status"] for row in rows} == {"draft"}
    assert {row["invoice"] for row in rows} == {""}
    everything = backend.run("export", "registrations").stdout
    assert ",'=CMD()," in everything
    assert len(everything.splitlines()) - 1 == backend.rows("select count(*) from registration where live")[0][0]


@pytest.mark.parametrize("value", ["=1", "@a", "|x", "-1", "+1(2)", "-cmd|' /C x'!A0", "'=1", "''@", "+a!b", '-"x"'])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_and_reads_back(value):
    assert exports.guarded(value) == "'" + value
    assert read_back(exports.guarded(value)) == value


def test_the_demo_data_are_what_they_are_said_to_be(backend):
    items = backend.terminal().http.get("/v1/terminals/d/master?epoch=e").json()["items"]
    assert len(items) == 30
    gtins = [r for item in items for r in item["references"] if r.isdigit() and len(r) == 13]
    assert len(gtins) >= 30
    assert all(sum(int(d) * (1, 3)[n % 2] for n, d in enumerate(gtin)) % 10 == 0 for gtin in gtins)
    states = dict(backend.rows("select number, status from slip where number like 'PS-1%'"))
    assert {states[f"PS-{n}"] for n in (1001, 1002, 1003, 1400)} == {"draft"}
    assert set(states.values()) == {"draft", "posted", "cancelled"}
    lines = "select units, serial_number_control, blank_issue_allowed, active_in_sales_process from slip_line"
    assert backend.rows(f"{lines} where document = 'PS-1001'") == [(5, 1, 0, 1)]
    assert backend.rows(f"{lines} where document = 'PS-1400'") == [(400, 1, 0, 1)]
    assert [row[1:] for row in backend.rows(f"{lines} where document = 'PS-1002' order by number")] == [
        (1, 0, 1),
        (1, 1, 1),
        (0, 0, 0),
    ]
    assert backend.rows("select count(*) from sales_order") == [(12,)]
    assert [states[f"PS-{n}"] for n in (1009, 1010, 1011)] == ["posted"] * 3
    assert backend.rows(f"{lines} where document in ('PS-1009', 'PS-1010', 'PS-1011')") == [(2, 1, 0, 1)] * 3
    waiting = (
        "select count(*) from registration where document in ('PS-1009', 'PS-1010', 'PS-1011') and invoice is null"
    )
    assert backend.rows(waiting) == [(6,)]
    months = {item["number"]: (item["warranty_months"], item["service_months"]) for item in items}
    assert (months["LP-1410"], months["SW-2408"], months["CB-HDMI2"]) == ((24, 12), (60, 12), (0, 0))
    assert backend.rows("select id from registration where id not in (select id from event)") == []


def test_migrations_give_exactly_the_tables(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/new.db")
    assert current(engine) is None
    upgrade(engine)
    upgrade(engine)
    assert current(engine) == newest()
    with reading(engine) as connection:
        with pytest.warns(UserWarning, match="expression-based index"):
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = indexes_of(connection)
    engine.dispose()
    engine = open_database(f"sqlite:///{tmp_path}/made.db")
    with writing(engine) as connection:
        metadata.create_all(connection)
        assert migrated == indexes_of(connection)
    engine.dispose()


def indexes_of(connection) -> dict[str, str]:
    """Give what a database says of its indexes over expressions, which no comparison of metadata looks at."""
    found = connection.exec_driver_sql(
        "select name, sql from sqlite_schema where type = 'index' and sql like '%lower(%'"
    )
    made = {name: sql.replace('"', "") for name, sql in found}
    assert len(made) == 6
    return made


FIRST = """
insert into tracking_group values ('SN', 1, 1, 0, '');
insert into item values ('A-1', 'Thing', 'SN', 0, 0, '', 4, 40, null, 0, 0, 'sales-only');
insert into operator values ('7', 'Zoe', 'correct-serials post register register-unreadable', null);
insert into sales_order values ('SO-1', 'Customer', '');
insert into order_line values ('SO-1', 1, 'A-1', 10, 4);
insert into slip values ('PS-1', 'SO-1', 'Customer', 'posted', '', 'packing-slip', '2026-01-02T03:04:05.678Z');
insert into slip values ('PS-2', 'SO-1', 'Customer', 'draft', '', 'packing-slip', '2026-01-03T03:04:05.678Z');
insert into slip_line values ('PS-1', 1, 'A-1', 'Thing', 2, 'SN', 1, 1, 0, '', 0, 1, null, 1, 1);
insert into slip_line values ('PS-2', 1, 'A-1', 'Thing', 2, 'SN', 1, 1, 0, '', 0, 1, null, 0, 0);
insert into registration values (1, 'E-1', 'PS-1', 1, 'A-1', 'S-01', 's-01', '7', 'T', '', 1, '', '', '', null, null);
insert into registration values (2, 'E-2', 'PS-1', 1, 'A-1', null, null, '7', 'T', '', 1, '', '', '', null, null);
insert into registration values (3, 'E-3', 'PS-1', 1, 'A-1', 'S-02', 's-02', '7', 'T', '', 0, '', '', '', null, null);
insert into cursor values ('T', 'e', 3, 4);
insert into policy values ('S', 'UTC', 'refuse', 1, 0, 'Typing error');
"""
"""A database of the first version with something in every table that the second one changes."""


def test_a_filled_database_of_the_first_version_works_on_after_an_upgrade(tmp_path, start, stub):
    path = tmp_path / "first.db"
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        command.upgrade(schema_version._config(connection), "0001")
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST)
        before = connection.execute("select * from registration order by position").fetchall()
    connection.close()
    old = stub("serve", database=f"sqlite:///{path}")
    assert "is of version 0001; run server-stub upgrade" in old.stderr
    assert stub("upgrade", database=f"sqlite:///{path}").returncode == 0

    backend = start("--demo", database=f"sqlite:///{path}")
    rows = backend.rows
    assert [row[:-6] for row in rows("select * from registration order by position")] == before
    sold = "select distinct invoice, invoiced, came_from, returned from registration"
    assert rows(sold) == [(None, 0, None, 0)]
    posted = "select number, posted_at from slip order by number"
    assert rows(posted) == [("PS-1", "2026-01-02T03:04:05.678Z"), ("PS-2", None)]
    assert rows("select distinct reversed, invoiced from slip_line") == [(0, 0)]
    assert rows("select negative from order_line") == [(0,)]
    assert rows('select warranty_months, service_months, "case" from item') == [(0, 0, "any")]
    assert rows("select distinct gtin from registration") == [("",)]
    assert rows("pragma integrity_check") == [("ok",)]
    assert rows("pragma foreign_key_check") == []

    assert stub("user", "pin", "7", database=backend.database, stdin="7777\n").returncode == 0
    at = backend.terminal("T-new")
    assert at.sign_in("7", "7777").status_code == 200
    assert at.say("invoice-drafted", "7", document="INV-1", order="SO-1")["outcome"] == "accepted"
    draw = {"document": "INV-1", "slip": "PS-1", "line": 1, "registrations": ["E-1"]}
    assert at.say("units-drawn", "7", **draw)["outcome"] == "accepted"
    assert at.post("INV-1", "7")["outcome"] == "accepted"
    said = at.register("PS-2", 1, "A-1", "S-01", "7")
    assert (said["outcome"], said["code"]) == ("rejected", "sold-before")
    master = at.http.get("/v1/terminals/T/master?epoch=e").json()
    assert master["invoice_prefix"] == "INV-T4"
    assert master["policies"]["print_at_posting"] is False


THIRD = """
insert into registration (id, document, line, item, serial, key, operator, terminal, recorded_at, live, lot, expiry,
  package, invoice, invoiced, returned) values
  ('E-4', 'PS-1', 1, 'A-1', 'S-04', 's-04', '7', 'T', '', 1, '', '', '', 'PS-1', 1, 1),
  ('E-5', 'PS-1', 1, 'A-1', 'S-04', 's-04', '7', 'T', '', 1, '', '', '', 'PS-1', 1, 1),
  ('E-6', 'PS-2', 1, 'A-1', 'S-04', 's-04', '7', 'T', '', 1, '', '', '', null, 0, 0),
  ('E-7', 'PS-2', 1, 'A-1', 'S-04', 's-04', '7', 'T', '', 0, '', '', '', null, 0, 0);
insert into event (id, sequence, type, body, document, outcome, terminal, epoch, digest, operator, recorded_at,
  received_at, answer, void, undone)
select id, n, type, body, document, outcome, 'T', 'e', '', '7', '', '', '', 0, 0 from (
  select 'E-4' id, 1 n, 'registered' type, '{"serial":"S-04"}' body, 'PS-1' document, 'accepted' outcome
  union all select 'E-8', 2, 'removed', '{"registration":"E-7","serial":"\\u00fc"}', 'PS-2', 'accepted'
  union all select 'E-9', 3, 'undone', '{"event":"E-8","registration":"E-6"}', 'PS-2', 'rejected'
  union all select 'E-10', 4, 'malformed', '"registration"', '', 'rejected');
"""
"""What a database of the third version may hold beside: a unit sold three times, and events about units."""


def test_a_filled_database_of_the_third_version_learns_what_was_sold_over_and_of_whom_events_tell(tmp_path):
    path = tmp_path / "third.db"
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        command.upgrade(schema_version._config(connection), "0001")
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST)
    connection.close()
    with writing(engine) as connection:
        command.upgrade(schema_version._config(connection), "0003")
    with sqlite3.connect(path) as connection:
        connection.executescript(THIRD)
    connection.close()
    for _ in range(2):  # and once more, after going back
        upgrade(engine)
        with reading(engine) as connection:
            rows = connection.exec_driver_sql("select id, sold_before from registration order by position").all()
            # the newest that gave way; one that was removed has to be registered again
            assert [tuple(row) for row in rows if row[1]] == [("E-6", "E-5")]
            told = connection.exec_driver_sql("select id, registration from event order by position").all()
            assert [tuple(row) for row in told] == [("E-4", None), ("E-8", "E-7"), ("E-9", "E-6"), ("E-10", None)]
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        with writing(engine) as connection:
            command.downgrade(schema_version._config(connection), "0003")
    engine.dispose()


def test_every_look_up_on_the_way_of_a_scan_uses_an_index(tmp_path):
    from server_stub import inbox, records
    from server_stub import writing as writing_down

    engine = open_database(f"sqlite:///{tmp_path}/plans.db")
    upgrade(engine)
    statements = [records._SLIP, records._LINE, records._TALLY, records._HOLDER, records._REGISTRATION]
    statements += [records._NEWEST_BLANK, records._LIVE, records._PAST, records._NOT_YET_UNDONE, records._LINES]
    statements += [records._DRAWN, records._DRAWS, writing_down._REVISE, writing_down._CHARGE_DRAWN]
    statements += [writing_down._CHARGE_OWN, writing_down._CHARGE_DRAWS, writing_down._COUNT_INVOICED]
    statements += [records._KEPT, records._DRAWS_ON, records._DOCUMENTS_OF]
    statements += [inbox._BY_ID, inbox._BY_PLACE, inbox._CURSOR, records._ORDER, records._ORDER_LINES]
    with reading(engine) as connection:
        for statement in statements:
            sql, _ = statement.compiled(engine.dialect)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?")).all()
            steps = [row[3] for row in plan]
            assert any(step.startswith("SEARCH") for step in steps), (sql, steps)
            assert not any(step.startswith("SCAN") for step in steps), (sql, steps)
    engine.dispose()


def test_the_example_lists_every_setting_with_its_default():
    assert server_settings.load(EXAMPLE, {}, {}) == server_settings.Settings()
    text = EXAMPLE.read_text("utf-8")
    for section in server_settings.Settings.__struct_fields__:
        assert f"[{section}]" in text


def test_flags_win_over_environment_over_file(tmp_path):
    file = tmp_path / "server.toml"
    file.write_text('[server]\nport = 1\nhost = "a"\n[pins]\ntries = 3\n')
    environment = {"SERVER_STUB_SERVER_PORT": "2", "SERVER_STUB_SERVER_HOST": "b"}
    found = server_settings.load(file, environment, {"server": {"port": "3", "host": None}})
    assert (found.server.port, found.server.host, found.pins.tries) == (3, "b", 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[server]\nport = 70000\n", "server.port = 70000; give a whole number from 0 to 65535"),
        ("[server]\nprot = 1\n", "key server.prot is unknown"),
        ("[sever]\nport = 1\n", "section [sever] is unknown"),
        ("[server\n", "correct the TOML"),
        ("[database]\nurl = 'sqlite://'\n", "name a file, as in sqlite:///stock.db"),
        ("[database]\nurl = 'nonsense'\n", "database.url = 'nonsense'"),
    ],
)
def test_a_wrong_configuration_ends_with_2_and_says_what_to_do(tmp_path, stub, text, says):
    file = tmp_path / "server.toml"
    file.write_text(text)
    done = stub("serve", "--config", str(file))
    assert done.returncode == 2
    assert says in done.stderr


def test_exit_status_and_one_sentence(tmp_path, stub):
    assert stub("nonsense").returncode == 2
    empty = stub("serve", database=f"sqlite:///{tmp_path}/empty.db")
    assert (empty.returncode, empty.stderr.count("\n")) == (1, 1)
    assert "run server-stub init" in empty.stderr
    missing = stub("export", "registrations", database="sqlite:////nowhere/at/all.db")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = "import sys, server_stub.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"sqlalchemy", "fastapi", "uvicorn", "argon2", "alembic"} & set(json.loads(loaded.replace("'", '"')))


def test_demo_data_are_shipped_with_the_package():
    assert {entry.name for entry in (files("server_stub") / "demo_data").iterdir()} >= {"items.csv", "slips.csv"}


def test_while_the_database_is_taken_nothing_is_promised_and_the_same_batch_works_later(backend):
    at = backend.terminal()
    event = at.event("registered", document="PS-1400", line=1, item="LP-1410", serial=at.name)
    taken = sqlite3.connect(backend.database.removeprefix("sqlite:///"), isolation_level=None)
    taken.execute("BEGIN IMMEDIATE")
    refused = at.send(event)
    taken.execute("ROLLBACK")
    taken.close()
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert at.answers(event)[0]["outcome"] == "accepted"
