"""Writing down: one commit, the same cost however much was scanned, and the verdict that goes with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from terminal.domain.intents import AddNotReadable, AddSerial, RemoveNotReadable, RemoveSerial, Undo
from terminal.domain.refusals import Code, Refusal
from terminal.journal.journal import Journal
from terminal.journal.store import StorageFault, Trouble, open_store

from .world import ANNA, POLICIES, add, do, furnish, open_journal, serials


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return furnish(open_journal(tmp_path))


def test_the_order_survives_a_clock_set_back_by_a_day(tmp_path: Path) -> None:
    times = [datetime(2026, 3, 2, 8, tzinfo=UTC) - timedelta(days=n) for n in range(5)]
    store, _ = open_store(tmp_path)
    journal = furnish(Journal(store, lambda: times[min(journal.outbox.stored, 4)]))
    for n in range(5):
        assert add(journal, f"A{n}").accepted
    events = [recorded for recorded, _ in journal.outbox.pending(9)]
    assert [recorded.sequence for recorded in events] == [1, 2, 3, 4, 5]
    assert [recorded.id for recorded in events] == sorted(recorded.id for recorded in events)
    sheet = journal.pages.sheet("PS-1", 1)
    assert sheet is not None
    assert sheet.rows[0].serial == "A4"


def test_a_verdict_carries_the_page_as_it_is_on_disk(journal: Journal) -> None:
    verdicts = [add(journal, f"A{n}") for n in range(4)]
    assert [v.line_complete for v in verdicts] == [False, False, True, False]
    assert [v.document_complete for v in verdicts] == [False] * 4  # the valves are open, needed or not
    assert [v.too_many for v in verdicts] == [0, 0, 0, 1]
    sheet = verdicts[-1].sheet
    assert sheet is not None
    assert [(row.number, row.serial, row.sent) for row in sheet.rows][:2] == [(4, "A3", False), (3, "A2", False)]
    assert sheet.standing == journal.outbox.standing
    assert sheet.standing.stored == 4


def test_a_slip_is_complete_when_none_of_its_units_is_open(journal: Journal) -> None:
    pumps = [add(journal, f"A{n}") for n in range(3)]
    valves = [add(journal, f"V{n}", line=2) for n in range(3)]
    assert [v.document_complete for v in (*pumps, *valves)] == [False] * 5 + [True]


def test_a_fault_while_the_page_is_read_takes_the_event_back(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise apsw.IOError("no more reading")

    with monkeypatch.context() as patched:
        patched.setattr(journal.pages, "sheet", fail)
        with pytest.raises(StorageFault) as caught:
            add(journal, "A1")
    assert caught.value.trouble is Trouble.INPUT_OUTPUT
    assert (journal.outbox.stored, serials(journal)) == (0, [])
    assert add(journal, "A1").accepted


@pytest.mark.parametrize("scanned", ["\udcff\udc80", "A\x00B", "\x1b[2J"])
def test_any_bytes_are_refused_and_nothing_else(journal: Journal, scanned: str) -> None:
    for intent in (AddSerial("PS-1", 1, scanned), RemoveSerial("PS-1", 1, scanned), AddSerial(scanned, 1, "A1")):
        assert isinstance(journal.record(ANNA, POLICIES, intent, 1).result, Refusal)
    assert journal.pages.item_of(scanned) is None
    assert journal.pages.document(scanned) is None
    assert not journal.pages.loaded(scanned)


def test_undo_restores_the_same_registration_after_a_restart(tmp_path: Path) -> None:
    journal = furnish(open_journal(tmp_path))
    add(journal, "A1")
    (before,) = journal.records.live_registrations("PS-1")
    do(journal, RemoveSerial("PS-1", 1, "A1"))
    journal.store.close()
    journal = open_journal(tmp_path)
    assert do(journal, Undo("PS-1")).accepted
    assert list(journal.records.live_registrations("PS-1")) == [before]
    assert do(journal, Undo("PS-1")).accepted
    last = do(journal, Undo("PS-1")).result
    assert isinstance(last, Refusal)
    assert last.code is Code.NOTHING_TO_UNDO


def test_no_statement_of_a_scan_walks_a_growing_table(journal: Journal) -> None:
    """Every statement that a scan runs finds its rows by an index: cost does not grow with the journal."""
    statements: set[str] = set()
    db = journal.store.connection

    def note(_cursor: apsw.Cursor, statement: str, _bindings: object) -> bool:
        statements.add(statement)
        return True

    db.exec_trace = note
    for intent in (
        *(AddSerial("PS-1", 1, f"A{n}") for n in range(3)),
        RemoveSerial("PS-1", 1, "A1"),
        Undo("PS-1"),
        AddNotReadable("PS-1", 1),
        RemoveNotReadable("PS-1", 1),
    ):
        assert do(journal, intent).accepted
    journal.pages.sheet("PS-1", 1)
    db.exec_trace = None
    plans = {}
    for statement in statements:
        if statement.startswith(("SELECT", "UPDATE", "INSERT")):
            holes = tuple(None for _ in range(statement.count("?")))
            plans[statement] = [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", holes)]
    assert len(plans) > 12
    walks = {s: plan for s, plan in plans.items() if any(p.startswith("SCAN") or "TEMP B-TREE" in p for p in plan)}
    assert walks == {}


def test_a_scan_writes_a_handful_of_small_pages(journal: Journal) -> None:
    journal.merging.take_documents([], [])
    furnish(journal, units=10_000)
    add(journal, "WARM")
    before = journal.store.wal_pages
    for n in range(200):
        add(journal, f"SN{n:08}")
    assert (journal.store.wal_pages - before) / 200 < 11
    assert journal.store.connection.pragma("page_size") == 1024
