"""What one symbol says beside its serial reaches the journal, and stops what is recalled by its lot (I9)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.barcodes.meaning import meaning
from terminal.domain.documents import Line, Policies, Recall, ScanMode, SerialCase, SerialForm
from terminal.domain.intents import AddNotReadable, CorrectSerial
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Shop, Verdict
from terminal.journal.journal import Journal
from terminal.scanning import correct_by, scan_on
from terminal.ui.ports import Place
from tests.journal.world import ANNA, ITEMS, ORDER, PEOPLE, add, do, furnish, open_journal, slip

GTIN = "04012345678901"
SYMBOL = f"]d201{GTIN}10L-1\x1d1730123121A1"  # GTIN, lot, expiry, serial
TODAY = date(2026, 11, 21)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return furnish(open_journal(tmp_path))


def scan(
    journal: Journal,
    text: str,
    mode: ScanMode = ScanMode.ADD,
    line: int = 1,
    document: str = "PS-1",
    chosen: bool = True,
) -> Verdict:
    meant = meaning(text, journal.pages, TODAY)
    result = scan_on(journal, ANNA, Policies(), meant, Place(document, line, mode, chosen), text)
    assert isinstance(result, Verdict), result
    return result


def along(journal: Journal, key: str) -> tuple[str, str, str]:
    found = journal.records.holder("PUMP", key)
    assert found is not None
    return found.gtin, found.lot, found.expiry


def test_a_scan_keeps_what_its_symbol_says(journal: Journal) -> None:
    assert scan(journal, SYMBOL).accepted
    assert along(journal, "a1") == (GTIN, "L-1", "2030-12-31")
    assert scan(journal, "A2").accepted
    assert along(journal, "a2") == ("", "", "")
    assert scan(journal, SYMBOL, ScanMode.REMOVE).accepted
    assert journal.records.holder("PUMP", "a1") is None


def test_I9_a_recalled_lot_stops_its_units(journal: Journal) -> None:
    journal.merging.take_recalls("1", [Recall("PUMP", "", "l-1", "leaks")], last=True)
    assert scan(journal, SYMBOL).result == refuse(Code.RECALLED, serial="A1", reason="leaks")
    assert scan(journal, SYMBOL.replace("L-1", "L-2")).accepted


def test_S9_a_blank_is_filled_with_what_the_symbol_says(journal: Journal) -> None:
    assert do(journal, AddNotReadable("PS-1", 1)).accepted
    blank = journal.records.newest_blank("PS-1", 1)
    wanted = CorrectSerial("PS-1", blank.id, SYMBOL)
    verdict = correct_by(journal, ANNA, Policies(), wanted, meaning(SYMBOL, journal.pages, TODAY), 1)
    assert verdict.accepted
    assert along(journal, "a1") == (GTIN, "L-1", "2030-12-31")


def test_D2_with_caps_lock_on_a_scan_finds_the_item_s_line_and_is_refused_there(journal: Journal) -> None:
    tall = replace(ITEMS[0], serial_form=SerialForm(case=SerialCase.UPPER, longest=9))
    other = replace(ITEMS[1], serial_form=SerialForm(mask="9999"))
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), [tall, other])
    assert scan(journal, "sn-1", line=2).result == refuse(Code.SERIAL_CASE, serial="sn-1", case=SerialCase.UPPER)
    assert scan(journal, "SN-1", line=2).result.line == 1
    assert add(journal, "SN-2").accepted


MASKED = (replace(ITEMS[0], serial_form=SerialForm(mask="A9")), replace(ITEMS[1], serial_form=SerialForm(mask="9999")))


def test_S7_a_serial_that_is_on_another_line_already_is_a_duplicate_there(journal: Journal) -> None:
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), MASKED)
    for serial in ("A1", "A2", "A3"):
        assert scan(journal, serial).accepted
    again = scan(journal, "A1", line=2)
    assert (again.result.code, again.sheet.current.line.number) == (Code.DUPLICATE_ON_LINE, 1)
    assert scan(journal, "A4", line=2).too_many == 1, "its line is full, and it is for no other"
    assert scan(journal, "1234", line=1).sheet.current.line.number == 2


def test_S7_a_serial_that_several_lines_could_take_is_a_duplicate_where_it_is(journal: Journal) -> None:
    add(journal, "A1")
    again = scan(journal, "A1", line=2, chosen=False)
    assert (again.result.code, again.sheet.current.line.number) == (Code.DUPLICATE_ON_LINE, 1)
    assert scan(journal, "A1", line=2).result.line == 2, "the operator chose it: another item may have the same number"


def test_S7_remove_takes_a_serial_off_the_line_that_has_it(journal: Journal) -> None:
    add(journal, "A1")
    add(journal, "A2", line=2)
    add(journal, "A2")
    removed = scan(journal, "A1", ScanMode.REMOVE, line=2)
    assert (removed.accepted, removed.result.line, removed.sheet.current.line.number) == (True, 1, 1)
    assert scan(journal, "A2", ScanMode.REMOVE, line=2).result.line == 2, "the current line goes before the others"
    assert scan(journal, "A2", ScanMode.REMOVE, line=2).result.line == 1
    assert scan(journal, "A2", ScanMode.REMOVE, line=2).result.code is Code.NOT_KNOWN_HERE


def test_S7_remove_does_not_guess_between_lines(journal: Journal) -> None:
    head, lines = slip("PS-4")
    third = Line("PS-4", 3, "SAW", "A saw", 3, lines[0].tracking, order_line=3)
    saw = replace(ITEMS[1], number="SAW", references=())
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), [*ITEMS, saw])
    journal.merging.take_documents([ORDER], [(head, [*lines, third], {})])
    for line in (1, 2):
        add(journal, "A1", "PS-4", line)
    refused = scan(journal, "A1", ScanMode.REMOVE, 3, "PS-4")
    assert refused.result == refuse(Code.NOT_KNOWN_HERE, serial="A1")
    assert scan(journal, "A1", ScanMode.REMOVE, 2, "PS-4").accepted
    assert scan(journal, "A1", ScanMode.REMOVE, 3, "PS-4").result.line == 1
