"""A journal that an older version of the program left behind is taken over where it is, with all that waits in it."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from terminal.domain.documents import Policies, Recall, SerialForm, SlipStatus, Tally
from terminal.domain.events import NotReadable, PostingRequested, Registered, Removed, SlipDrafted
from terminal.domain.intents import CorrectSerial, DraftInvoice, RemoveSerial, Undo, WithdrawPosting
from terminal.domain.posting import registrations_digest
from terminal.domain.refusals import Code, refuse
from terminal.journal.commands import verify
from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.schema import FILE, SCHEMA_VERSION, UPGRADES
from terminal.journal.store import StorageFault, Trouble, open_store

from .failing import FailingVFS
from .world import CARL, Authority, add, deliver, do, furnish, open_journal, serials

SCHEMA_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL,
  line INTEGER, registration TEXT, serial TEXT, operator TEXT NOT NULL, recorded_at TEXT NOT NULL,
  body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending', void INTEGER NOT NULL DEFAULT 0,
  undone INTEGER NOT NULL DEFAULT 0, answer TEXT);
CREATE INDEX event_to_undo ON event (document, operator) WHERE undone = 0 AND registration IS NOT NULL;
CREATE TABLE registration (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, line INTEGER NOT NULL, item TEXT NOT NULL,
  serial TEXT, key TEXT, operator TEXT NOT NULL, terminal TEXT NOT NULL, recorded_at TEXT NOT NULL,
  live INTEGER NOT NULL, sequence INTEGER, lot TEXT NOT NULL, expiry TEXT NOT NULL, package TEXT NOT NULL);
CREATE UNIQUE INDEX registration_id ON registration (id);
CREATE UNIQUE INDEX registration_holder ON registration (item, key) WHERE live = 1 AND key IS NOT NULL;
CREATE INDEX registration_on_line ON registration (document, line) WHERE live = 1;
CREATE INDEX registration_blank ON registration (document, line) WHERE live = 1 AND key IS NULL;
CREATE TABLE slip (
  number TEXT PRIMARY KEY, sales_order TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL,
  site TEXT NOT NULL, kind TEXT NOT NULL, loaded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE line (
  document TEXT NOT NULL, number INTEGER NOT NULL, item TEXT NOT NULL, description TEXT NOT NULL,
  units INTEGER NOT NULL, tracking TEXT NOT NULL, catch_weight INTEGER NOT NULL, order_line INTEGER NOT NULL,
  location TEXT NOT NULL, serials INTEGER NOT NULL DEFAULT 0, blanks INTEGER NOT NULL DEFAULT 0,
  at_server INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE TABLE sales_order (number TEXT PRIMARY KEY, customer TEXT NOT NULL, site TEXT NOT NULL, lines TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE item (number TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item_reference (reference TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE operator (id TEXT PRIMARY KEY, name TEXT NOT NULL, duties TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sign_in (
  operator TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, at REAL NOT NULL, failures INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE heard (place INTEGER PRIMARY KEY, after_sequence INTEGER NOT NULL, changes TEXT NOT NULL);
CREATE TABLE problem (
  sequence INTEGER PRIMARY KEY, details TEXT NOT NULL DEFAULT '[]', heard_at TEXT NOT NULL,
  put_away_at TEXT, put_away_by TEXT);
CREATE INDEX problem_open ON problem (sequence) WHERE put_away_at IS NULL;
"""
"""The tables as version 1 made them, word for word."""

PUMP = {
    "number": "PUMP",
    "description": "A pump",
    "tracking": ["SERIAL", True, True, False, []],
    "blocked": False,
    "catch_weight": False,
    "form": ["", 1, 50, None, False, False],
    "references": ["4012345678901"],
    "mode": "sales-only",
}
VALVE = {**PUMP, "number": "VALVE", "description": "A valve", "tracking": ["LOOSE", True, True, True, []]}
EVENTS = (
    ("e1", Registered("PS-1", 1, "PUMP", "A1"), "accepted"),
    ("e2", NotReadable("PS-1", 1, "PUMP"), "accepted"),
    ("e3", Registered("PS-1", 1, "PUMP", "A2"), "pending"),
    ("e4", Registered("PS-1", 1, "PUMP", "A3"), "pending"),
    ("e5", Removed("PS-1", 1, "e4", "A3"), "pending"),
    ("e6", PostingRequested("PS-1", "", 4), "pending"),
    ("e7", SlipDrafted("T1-1", "SO-1", ((1, 2),)), "pending"),
)
OTHER = {
    "id": "o1",
    "document": "PS-1",
    "line": 2,
    "item": "VALVE",
    "serial": "V1",
    "key": "v1",
    "operator": "2001",
    "terminal": "T2",
    "recorded_at": "2026-01-02T08:00:00.000Z",
    "live": True,
    "lot": "",
    "expiry": "",
    "package": "",
}


@pytest.fixture(params=range(1, SCHEMA_VERSION), ids="version {}".format)
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The directory of an older journal: two events answered, five not, a registration of another terminal."""
    with contextlib.closing(apsw.Connection(str(tmp_path / FILE))) as db:
        db.pragma("page_size", 1024)
        assert db.pragma("journal_mode", "WAL") == "wal"
        with db:
            db.execute(SCHEMA_1)
            _fill(db)
            for version in range(1, request.param):
                db.execute(UPGRADES[version])
            db.pragma("user_version", request.param)
    return tmp_path


def _fill(db: apsw.Connection) -> None:
    meta = {"terminal": "0198-term", "epoch": "0a0b", "answered": "2"}
    meta["shop"] = json.dumps(
        {"site": "A", "time_zone": "UTC", "slip_prefix": "T1", "policies": ["warn", True, False, []]}
    )
    db.executemany("INSERT INTO meta VALUES (?,?)", meta.items())
    db.executemany("INSERT INTO item VALUES (?,?)", [(i["number"], json.dumps(i)) for i in (PUMP, VALVE)])
    duties = json.dumps(["correct-serials", "post", "register", "register-unreadable"])
    db.execute("INSERT INTO operator VALUES ('1001', 'Anna', ?)", (duties,))
    lines = json.dumps([[1, "PUMP", 9, 7], [2, "VALVE", 4, 4]])
    db.execute("INSERT INTO sales_order VALUES ('SO-1', 'ACME', '', ?)", (lines,))
    slips = [("PS-1", "posting", 1), ("PS-2", "draft", 0), ("T1-1", "draft", 1)]
    db.executemany("INSERT INTO slip VALUES (?, 'SO-1', 'ACME', ?, '', 'packing-slip', ?)", slips)
    for document, number, item, units, serials_, blanks in (
        ("PS-1", 1, PUMP, 3, 2, 1),
        ("PS-1", 2, VALVE, 3, 1, 0),
        ("PS-2", 1, PUMP, 3, 0, 0),
        ("T1-1", 1, PUMP, 2, 0, 0),
    ):
        tracking = json.dumps(item["tracking"])
        values = (document, number, item["number"], item["description"], units, tracking, number, serials_, blanks)
        db.execute("INSERT INTO line VALUES (?,?,?,?,?,?,0,?,'',?,?,0)", values)
    for sequence, (id, event, state) in enumerate(EVENTS, 1):
        body = {n: getattr(event, n) for n in event.__struct_fields__ if n not in {"lot", "expiry", "package"}}
        body = {n: value for n, value in body.items() if value != "" or n == "digest"}
        body = {n: value for n, value in body.items() if n != "brought"}
        undoable = event.registration if isinstance(event, Removed) else id
        if not isinstance(event, (Registered, NotReadable, Removed)):
            undoable = None
        at, line, serial = (
            f"2026-01-02T09:00:0{sequence}.000Z",
            getattr(event, "line", None),
            getattr(event, "serial", None),
        )
        db.execute(
            "INSERT INTO event (sequence, id, type, document, line, registration, serial, operator, recorded_at, body,"
            " state) VALUES (?,?,?,?,?,?,?,'1001',?,?,?)",
            (sequence, id, event.type, event.document, line, undoable, serial, at, json.dumps(body), state),
        )
        if isinstance(event, (Registered, NotReadable)):
            db.execute(
                "INSERT INTO registration VALUES (NULL,?,'PS-1',1,'PUMP',?,?,'1001','0198-term',?,?,?,'','','')",
                (id, serial, serial and serial.lower(), at, id != "e4", sequence),
            )
    db.execute(
        "INSERT INTO registration VALUES (NULL,'o1','PS-1',2,'VALVE','V1','v1','2001','T2',?,1,NULL,'','','')",
        (OTHER["recorded_at"],),
    )
    db.execute("INSERT INTO heard VALUES (NULL, 2, ?)", (json.dumps([["made", OTHER], ["status", "PS-1", "draft"]]),))


def shape(db: apsw.Connection) -> dict[str, object]:
    """Give tables with their columns, and indexes with their text."""
    found: dict[str, object] = {}
    for type_, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall():
        columns = (
            db.execute(f"PRAGMA table_info({name})").fetchall() if type_ == "table" else " ".join(str(sql).split())
        )
        found[str(name)] = columns
    return found


def test_everything_is_there_and_is_sent(old: Path) -> None:
    journal = open_journal(old)
    assert (journal.terminal, journal.epoch) == ("0198-term", "0a0b")
    assert journal.outbox.standing.unsent == 5
    assert [(recorded.id, recorded.event) for recorded, _ in journal.outbox.pending(9)] == [e[:2] for e in EVENTS[2:]]
    assert serials(journal) == ["A1", "A2", None, "V1"]
    assert journal.records.tally("PS-1", 1) == Tally(2, 1)
    order = journal.records.order("SO-1")
    assert order is not None
    assert [(line.left, line.negative) for line in order.lines] == [(7, 0), (4, 0)]
    item = journal.records.item("PUMP")
    assert item is not None
    assert (item.warranty_months, item.service_months) == (0, 0)
    assert journal.merging.shop().slip_prefix == "T1"
    assert journal.merging.shop().policies == Policies()
    assert journal.next_number("T1") == "T1-2"
    assert list(findings(journal.store.connection)) == []
    assert not list(old.glob("*damaged*"))


def test_it_lives_on_as_a_new_one(old: Path) -> None:
    journal = open_journal(old)
    authority = Authority()
    authority.cursor = 2
    for id, event, _ in EVENTS[:2]:
        authority.by_another(CARL, event, id)
    authority.by_another(CARL, Registered("PS-1", 2, "VALVE", "V1"), "o1")
    do(journal, WithdrawPosting("PS-1"))
    assert add(journal, "A5").accepted
    deliver(journal, authority)
    assert journal.outbox.standing.unsent == 0
    assert journal.outbox.open_problems() == []
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert serials(journal) == ["A1", "A2", "A5", None, "V1"]
    assert do(journal, CorrectSerial("PS-1", "e2", "A6")).accepted
    assert do(journal, DraftInvoice("T1-2", "SO-1")).accepted
    deliver(journal, authority)
    assert serials(journal) == ["A1", "A2", "A5", "A6", "V1"]
    assert list(findings(journal.store.connection)) == []
    journal.store.close()
    assert open_journal(old).outbox.stored == len(EVENTS) + 4


def test_it_has_the_shape_of_a_new_one(old: Path, tmp_path: Path) -> None:
    upgraded, new = open_journal(old), open_journal(tmp_path / "new")
    assert shape(upgraded.store.connection) == shape(new.store.connection)
    assert upgraded.store.connection.pragma("user_version") == SCHEMA_VERSION


def test_it_can_be_verified_before_it_is_opened(old: Path) -> None:
    before = (old / FILE).read_bytes()
    out = io.StringIO()
    assert verify(old, out) == 0, out.getvalue()
    assert out.getvalue() == "7 events add up to the records\n"
    assert (old / FILE).read_bytes() == before


def test_one_that_is_damaged_is_set_aside_as_it_was(old: Path) -> None:
    with (old / FILE).open("r+b") as file:
        file.seek((old / FILE).stat().st_size // 2)
        file.write(b"\xaa" * 4000)
    content = (old / FILE).read_bytes()
    store, aside = open_store(old)
    assert aside is not None
    assert aside.read_bytes() == content
    assert furnish(Journal(store)).outbox.stored == 0


def test_a_fault_on_the_way_leaves_it_old_or_new(old: Path) -> None:
    vfs = FailingVFS("upgrading")
    whole = (old / FILE).read_bytes()
    old_ones = faults = 0
    troubles: set[Trouble] = set()
    for at in itertools.count(1):
        for path in old.iterdir():
            path.unlink()
        (old / FILE).write_bytes(whole)
        vfs.calls = vfs.failed = 0
        vfs.fails = lambda number, _, at=at: number == at
        try:
            open_store(old, vfs="upgrading")[0].close(as_found=True)
        except StorageFault as fault:
            troubles.add(fault.trouble)
            with contextlib.closing(apsw.Connection(str(old / FILE))) as db:
                old_ones += db.pragma("user_version") < SCHEMA_VERSION
        if not vfs.failed:
            break
        faults += 1
        journal = open_journal(old)
        assert journal.outbox.standing.unsent == 5
        assert journal.records.slip("PS-1").status is SlipStatus.POSTING  # type: ignore[union-attr]
        assert list(findings(journal.store.connection)) == []
        journal.store.close()
    vfs.unregister()
    assert faults > 20
    assert old_ones > 10
    assert Trouble.DAMAGED not in troubles


@pytest.mark.parametrize("old", [2], indirect=True)
def test_a_second_sale_learns_what_it_was_sold_over_s22(old: Path) -> None:
    """Two sales that counted, and one that was removed: what that one was over is not known."""
    with contextlib.closing(apsw.Connection(str(old / FILE))) as db, db:
        for id, document, live, returned in (("s1", "PS-9", 1, 1), ("s2", "PS-2", 1, 0), ("s3", "PS-2", 0, 0)):
            db.execute(
                "INSERT INTO registration VALUES (NULL,?,?,1,'PUMP','S1','s1','1','T','',?,NULL,'','','','',?,'',?)",
                (id, document, live, returned, returned),
            )
    journal = open_journal(old)
    found = {id: journal.records.registration(id) for id in ("s1", "s2", "s3", "o1", "e1")}
    assert [r and r.sold_before for r in found.values()] == ["", "s1", "", "", ""]
    do(journal, RemoveSerial("PS-2", 1, "S1"))
    assert journal.records.holder("PUMP", "s1") == replace(found["s1"], returned=False)
    do(journal, Undo("PS-2"))
    assert journal.records.holder("PUMP", "s1") == found["s2"]


def test_what_is_new_works_on_what_was_there(old: Path) -> None:
    """Older registrations say nothing beside their serial; recalls and wrong labels stop scans (I9, I10)."""
    journal = open_journal(old)
    assert {r.gtin for r in journal.records.live_registrations("PS-1")} == {""}
    item = journal.records.item("PUMP")
    assert item is not None
    assert item.serial_form == SerialForm()
    do(journal, WithdrawPosting("PS-1"))
    journal.merging.take_recalls("1", [Recall("PUMP", "A9", "", "leaks")], last=True)
    assert add(journal, "a9").result == refuse(Code.RECALLED, serial="a9", reason="leaks")
    for code, what in (("valve", "item"), ("ps-2", "document"), ("1001", "operator")):
        assert add(journal, code).result == refuse(Code.NOT_A_SERIAL, serial=code, what=what)
    assert add(journal, "A8").accepted


def test_the_digest_of_a_request_made_before_is_the_same(old: Path) -> None:
    """What an old version saw and asked to post is what this version compares it with (D5)."""
    journal = open_journal(old)
    assert registrations_digest(journal.records.live_registrations("PS-1")) == "f69bca62d297575ada561a774d57846d"
