"""The journal stops wrong labels (I10) and recalled units (I9) offline, and keeps what was read along with a serial."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Recall, SerialCase, SerialForm
from terminal.domain.intents import AddSerial, CorrectSerial, RemoveSerial, Undo
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.replay import findings

from .world import ITEMS, ORDER, PEOPLE, SLIPS, Authority, add, deliver, do, furnish, open_journal

GTIN = "04012345678901"
ALONG = {"gtin": GTIN, "lot": "L-1", "expiry": "2030-12-31"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return furnish(open_journal(tmp_path))


def many(count: int, lot: bool = False) -> list[Recall]:
    return [Recall("PUMP", "" if lot else f"R{n}", f"L{n}" if lot else "", f"because {n}") for n in range(count)]


# Recalls


def test_I9_a_recall_stops_a_unit_offline_and_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    recalls = [Recall("PUMP", "Ab-1", "", "leaks"), Recall("PUMP", "", "Lot 9", "rust"), Recall("VALVE", "V1", "", "x")]
    journal.merging.take_recalls("7", recalls, last=True)
    journal.store.close()
    journal = open_journal(tmp_path)
    assert journal.merging.recalls_known() == "7"
    assert add(journal, "aB-1").result == refuse(Code.RECALLED, serial="aB-1", reason="leaks")
    wanted = AddSerial("PS-1", 1, "A2", "came back", lot="lot 9")
    assert do(journal, wanted).result == refuse(Code.RECALLED, serial="A2", reason="rust")
    assert add(journal, "V1").accepted
    assert add(journal, "Ab-12").accepted


def test_I9_as_the_items_serials_are_compared_now(journal: Journal) -> None:
    journal.merging.take_recalls("7", [Recall("PUMP", "Ab", "", "leaks"), Recall("PUMP", "", "Lx", "rust")], last=True)
    cased = replace(ITEMS[0], serial_form=SerialForm(case_sensitive=True))
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), [cased, ITEMS[1]])
    assert journal.records.recalled("PUMP", "Ab", "") == "leaks"
    assert journal.records.recalled("PUMP", "ab", "") is None
    assert journal.records.recalled("PUMP", "c", "Lx") == "rust"
    assert journal.records.recalled("PUMP", "c", "lx") is None
    assert journal.records.recalled("NONE", "Ab", "") is None


def test_I9_undoing_a_removal_brings_no_recalled_unit_back(journal: Journal) -> None:
    assert do(journal, AddSerial("PS-1", 1, "A1", lot="L-1")).accepted
    assert do(journal, RemoveSerial("PS-1", 1, "A1")).accepted
    journal.merging.take_recalls("7", [Recall("PUMP", "", "L-1", "leaks")], last=True)
    assert do(journal, Undo("PS-1")).result == refuse(Code.RECALLED, serial="A1", reason="leaks")
    journal.merging.take_recalls("", (), last=True)
    assert do(journal, Undo("PS-1")).accepted


def test_I9_an_older_list_counts_until_the_new_one_is_here_as_a_whole(journal: Journal) -> None:
    journal.merging.take_recalls("1", many(3), last=True)
    journal.merging.take_recalls("2", [Recall("PUMP", "N1", "", "new")], last=False)
    assert journal.merging.recalls_known() == "1"
    assert [journal.records.recalled("PUMP", key, "") for key in ("r0", "n1")] == ["because 0", "new"]
    journal.merging.take_recalls("2", [Recall("PUMP", "R2", "", "still")], last=True)
    assert journal.merging.recalls_known() == "2"
    assert [journal.records.recalled("PUMP", key, "") for key in ("r0", "n1", "r2")] == [None, "new", "still"]


def test_I9_a_long_list_makes_no_scan_slow(journal: Journal) -> None:
    """100,000 recalls come in parts that keep the journal busy for a moment each, and cost a scan nothing."""

    def scans(prefix: str) -> float:
        began = time.process_time()
        for n in range(150):
            assert journal.records.recalled("PUMP", f"{prefix}{n}", "none") is None
        return time.process_time() - began

    without = min(scans(f"a{n}-") for n in range(3))
    recalls, longest = many(100_000), 0.0
    for first in range(0, len(recalls), 1_000):
        began = time.process_time()
        journal.merging.take_recalls("9", recalls[first : first + 1_000], last=first == 99_000)
        longest = max(longest, time.process_time() - began)
    assert longest < 0.25
    assert journal.records.recalled("PUMP", "r99999", "") == "because 99999"
    plan = " ".join(
        str(row[3])
        for row in journal.store.connection.execute(
            "EXPLAIN QUERY PLAN SELECT item, serial, lot, reason FROM recall WHERE item = 'a' AND folded IN ('b', 'c')"
        )
    )
    assert plan == "SEARCH recall USING PRIMARY KEY (item=? AND folded=?)"
    assert min(scans(f"b{n}-") for n in range(3)) < 3 * without + 0.005


# Wrong labels


@pytest.mark.parametrize(
    ("code", "what"),
    [
        *(("PUMP", "item"), ("pump", "item"), ("4012345678901", "item"), ("ps-2", "document"), ("SO-1", "document")),
        *(("1001", "operator"), ("A-01", "location"), ("a-01", "location")),
    ],
)
def test_I10_a_label_of_something_else_is_refused(journal: Journal, code: str, what: str) -> None:
    found, lines = SLIPS[0]
    journal.merging.take_documents([ORDER], [(found, [replace(lines[0], location="A-01"), lines[1]], {})])
    journal.merging.take_documents([ORDER], [(each, its, {}) for each, its in SLIPS])
    slip = replace(found, number="PS-L")
    placed = replace(lines[0], document="PS-L", location="A-01")
    journal.merging.take_slip(slip, [placed], [], 0)
    assert add(journal, code).result == refuse(Code.NOT_A_SERIAL, serial=code, what=what)
    assert add(journal, f"{code}x").accepted


def test_I10_no_location_is_no_location(journal: Journal) -> None:
    assert journal.records.names("") == ""
    assert journal.records.names("\ud800") == ""


# The case of letters


def test_D2_an_item_keeps_the_case_of_its_serials(journal: Journal, tmp_path: Path) -> None:
    tall = replace(ITEMS[0], serial_form=SerialForm(case=SerialCase.UPPER))
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), [tall, ITEMS[1]])
    journal.store.close()
    journal = open_journal(tmp_path)
    assert journal.records.item("PUMP") == tall
    refused = refuse(Code.SERIAL_CASE, serial="sn1", case=SerialCase.UPPER)
    assert add(journal, "sn1").result == refused
    assert add(journal, "SN1").accepted


def test_D2_an_item_of_an_older_program_takes_either_case(journal: Journal) -> None:
    db = journal.store.connection
    values = json.loads(db.execute("SELECT body FROM item WHERE number = 'PUMP'").fetchone()[0])
    del values["case"]
    db.execute("UPDATE item SET body = ? WHERE number = 'PUMP'", (json.dumps(values),))
    journal.records.forget_items()
    assert journal.records.item("PUMP") == ITEMS[0]


# What is read along


def along(journal: Journal, serial: str) -> tuple[str, str, str]:
    found = journal.records.holder("PUMP", serial.casefold())
    assert found is not None
    return found.gtin, found.lot, found.expiry


def test_what_is_read_along_is_kept_sent_and_shown(journal: Journal, tmp_path: Path) -> None:
    assert do(journal, AddSerial("PS-1", 1, "A1", **ALONG)).accepted
    journal.store.close()
    journal = open_journal(tmp_path)
    assert along(journal, "A1") == tuple(ALONG.values())
    ((sent, _),) = journal.outbox.pending(9)
    assert (sent.event.gtin, sent.event.lot, sent.event.expiry) == tuple(ALONG.values())
    inquiry = journal.units.inquiry("PS-1", 0, 9)
    assert [(e.gtin, e.lot, e.expiry) for e in inquiry.entries] == [tuple(ALONG.values())]
    (unit,) = journal.units.trace("A1")
    assert (unit.gtin, unit.lot, unit.expiry) == tuple(ALONG.values())
    assert list(findings(journal.store.connection)) == []


def test_S10_a_correction_drops_it_and_what_the_server_says_brings_it_back(journal: Journal) -> None:
    authority = Authority()
    for n in (1, 2, 3):
        assert do(journal, AddSerial("PS-1", 1, f"A{n}", **ALONG)).accepted
    deliver(journal, authority)
    assert authority.post("PS-1").outcome is Outcome.ACCEPTED
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    id = journal.records.holder("PUMP", "a1").id
    assert do(journal, CorrectSerial("PS-1", id, "B1", lot="L-2")).accepted
    assert along(journal, "B1") == ("", "L-2", "")
    journal.merging.take_slip(*authority.snapshot("PS-1"))  # our correction stays on top until it is answered
    assert along(journal, "B1") == ("", "L-2", "")
    ((sent, _),) = journal.outbox.pending(9)
    journal.outbox.settle([(sent.sequence, Judgement(Outcome.REJECTED, refuse(Code.INVOICED)))])
    assert along(journal, "A1") == ("", "", "")
    found, lines, registrations, _ = authority.snapshot("PS-1")
    journal.merging.take_slip(found, lines, registrations, sent.sequence)
    assert along(journal, "A1") == tuple(ALONG.values())
    assert list(findings(journal.store.connection)) == []


def test_a_refused_scan_keeps_what_was_read_along_for_another_try(journal: Journal) -> None:
    assert do(journal, AddSerial("PS-1", 1, "A1", **ALONG)).accepted
    refused = refuse(Code.SOLD_BEFORE, serial="A1", document="PS-9", line=1, invoice="INV-1")
    journal.outbox.settle([(1, Judgement(Outcome.REJECTED, refused))])
    (problem,) = journal.outbox.open_problems()
    assert problem.along == tuple(ALONG.values())


@pytest.mark.parametrize("name", ["gtin", "lot", "expiry"])
def test_what_the_server_says_was_read_along_counts_here(journal: Journal, name: str) -> None:
    authority = Authority()
    assert add(journal, "A1").accepted
    deliver(journal, authority)
    found, lines, (registration,), cursor = authority.snapshot("PS-1")
    told = replace(registration, **{name: ALONG[name]})
    journal.merging.take_slip(found, lines, [told], cursor)
    assert journal.records.holder("PUMP", "a1") == told
