"""Taking in what the backend knows, under what this terminal has not sent yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import OverScan, Policies, SlipStatus, Tally
from terminal.domain.events import PostingRequested, Registered
from terminal.domain.intents import DraftSlip, RemoveSerial, RequestPosting
from terminal.domain.posting import registrations_digest
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.replay import findings

from .world import CARL, ORDER, SLIPS, Authority, add, deliver, do, furnish, open_journal, serials

KEY = bytes(range(32))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return furnish(open_journal(tmp_path))


@pytest.fixture
def authority() -> Authority:
    return Authority()


def test_what_the_site_decides_is_kept_d7(journal: Journal, tmp_path: Path) -> None:
    policies = Policies(OverScan.REFUSE, False, True, ("mixed up",), print_at_posting=True)
    journal.merging.take_master(Shop(site="A", policies=policies, command_key=KEY), ())
    journal.store.close()
    shop = open_journal(tmp_path).merging.shop()
    assert (shop.policies, shop.command_key) == (policies, KEY)


def test_a_journal_of_before_the_command_barcodes_has_no_key_until_the_server_gives_one(journal: Journal) -> None:
    shop = journal.merging.shop()
    journal.merging.take_master(replace(shop, command_key=KEY), ())
    older = json.loads(journal.store.meta("shop"))
    del older["command_key"]
    journal.store.set_meta("shop", json.dumps(older))
    assert journal.merging.shop() == shop
    assert shop.command_key == b""


def test_unsent_scans_stay_on_top(journal: Journal, authority: Authority) -> None:
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "C1"))
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "C2"))
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    do(journal, RemoveSerial("PS-1", 1, "C1"))
    add(journal, "A1")
    authority.by_another(CARL, Registered("PS-1", 2, "VALVE", "V1"))
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert serials(journal) == ["A1", "C2", "V1"]
    assert journal.records.tally("PS-1", 1) == Tally(2, 0)
    assert journal.pages.loaded("PS-1")
    assert list(findings(journal.store.connection)) == []


def test_a_serial_live_elsewhere_gives_way_unless_ours_is_unsent(journal: Journal, authority: Authority) -> None:
    add(journal, "A1", "PS-2")
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "A1"))
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert (serials(journal), serials(journal, "PS-2")) == ([], ["A1"])
    deliver(journal, authority)
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert (serials(journal), serials(journal, "PS-2")) == (["A1"], [])
    assert [(problem.sequence, problem.line) for problem in journal.outbox.open_problems()] == [(1, 1)]


def test_a_snapshot_older_than_what_is_known_is_left(journal: Journal, authority: Authority) -> None:
    old = authority.snapshot("PS-1")
    add(journal, "A1")
    deliver(journal, authority)
    journal.merging.take_slip(*old)
    assert serials(journal) == ["A1"]


def test_slips_that_are_listed_no_more_go_unless_they_were_used(journal: Journal, authority: Authority) -> None:
    add(journal, "A1", "PS-2")
    deliver(journal, authority)
    journal.merging.take_slip(*authority.snapshot("PS-3"))
    journal.merging.take_documents([ORDER], [])
    kept = [view.slip.number for view in journal.pages.slips()]
    assert kept == ["PS-2", "PS-3"]
    assert list(findings(journal.store.connection)) == []


def test_a_slip_that_comes_back_posted_is_posted(journal: Journal, authority: Authority) -> None:
    authority.by_another(CARL, PostingRequested("PS-3", registrations_digest([]), 0))
    posted = SLIPS[2][0].__class__("PS-3", "SO-1", "ACME", SlipStatus.POSTED)
    journal.merging.take_documents([], [(posted, SLIPS[2][1], {})])
    journal.merging.take_documents([], [])
    journal.merging.take_documents([], [SLIPS[2] + ({},)])
    found = journal.records.slip("PS-3")
    assert found is not None
    assert found.status is SlipStatus.DRAFT
    assert list(findings(journal.store.connection)) == []


def test_orders_are_less_what_was_drafted_and_not_sent(journal: Journal) -> None:
    assert do(journal, DraftSlip("T1-1", "SO-1", ((1, 4),))).accepted
    journal.merging.take_documents([ORDER], [])
    order = journal.records.order("SO-1")
    assert order is not None
    assert [line.left for line in order.lines] == [5, 4]
    assert journal.records.slip("T1-1") is not None


def test_a_posting_that_came_back_says_what_differs(journal: Journal, authority: Authority) -> None:
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    do(journal, RequestPosting("PS-1", online=False))
    authority.by_another(CARL, Registered("PS-1", 2, "VALVE", "V1"))
    assert deliver(journal, authority) == {"PS-1"}
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    (problem,) = journal.outbox.open_problems()
    assert problem.details == ("+V1",)


def test_a_line_made_known_late_counts_what_is_on_it(journal: Journal, authority: Authority) -> None:
    found, lines = SLIPS[0]
    registered = Registered("PS-1", 2, "VALVE", "V1")
    authority.by_another(CARL, registered)
    journal.store.connection.execute("DELETE FROM line WHERE document = 'PS-1' AND number = 2")
    _, _, registrations, cursor = authority.snapshot("PS-1")
    journal.merging.take_slip(found, lines[:1], registrations, cursor)
    journal.merging.take_slip(found, lines, registrations, cursor)
    assert journal.records.tally("PS-1", 2) == Tally(1, 0)
