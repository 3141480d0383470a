"""Units that stop at the scan, and what a scan says beside the serial: case (D2), wrong labels (I10), recalls (I9)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.changes import Made, Revised, consequences
from terminal.domain.documents import Item, Operator, Recall, SerialCase, SerialForm
from terminal.domain.events import Registered, Removed, SerialCorrected, Undone
from terminal.domain.intents import (
    AddSerial,
    CorrectSerial,
    DraftSlip,
    RemoveSerial,
    RequestPosting,
    ReverseSlip,
    SellOneMore,
    Undo,
)
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.master import check_item
from terminal.domain.read_along import kept
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import takes
from terminal.domain.serials import read_serial
from tests.domain.floor import SALES_ORDER, Floor
from tests.domain.shop import ANN, CASED, CONTROL, DRILL, ITEMS, ORDER, WARN, Play, recorded_as, slip_with

TALL = Item("TALL", "Capitals only", CONTROL, serial_form=SerialForm(case=SerialCase.UPPER))
SMALL = Item("SMALL", "Small letters only", CONTROL, serial_form=SerialForm(case=SerialCase.LOWER, non_ascii=True))
MADE = replace(DRILL, references=("4006381333931", "Bohrer"))
RECALLS = (
    Recall("DRILL", "SN-R", "", "overheats"),
    Recall("DRILL", "", "L-7", "weak spring"),
    Recall("CASED", "Cc", "", "loose"),
    Recall("CASED", "", "Lx", "loose lot"),
    Recall("SAW", "SN-9", "", "another item's"),
)
GTIN = "04006381333931"
ALONG = {"gtin": GTIN, "lot": "L-1", "expiry": "2030-12-31"}


def play() -> Play:
    found, lines = slip_with("PS-1", (DRILL, 9), (TALL, 9), (SMALL, 9), (CASED, 9))
    lines = (replace(lines[0], location="A-01-02"), *lines[1:])
    items = (MADE, TALL, SMALL, *(each for each in ITEMS if each.number != "DRILL"))
    return Play(Ledger(items, [(found, lines)], [ORDER], [ANN, Operator("77", "Bea")], RECALLS))


# The case of letters


@pytest.mark.parametrize(("line", "case"), [(2, SerialCase.UPPER), (3, SerialCase.LOWER)])
def test_D2_letters_of_the_other_case_are_refused(line, case):
    at = play()
    good, bad = ("SN-1/B", "sn-1/b") if case is SerialCase.UPPER else ("sn-1/b", "SN-1/B")
    for serial in (bad, "Sn-1/b"):
        assert at.does(ANN, AddSerial("PS-1", line, serial)) == refuse(Code.SERIAL_CASE, serial=serial, case=case)
    assert at.does(ANN, AddSerial("PS-1", line, good)).serial == good
    assert at.does(ANN, AddSerial("PS-1", line, "123-4")).serial == "123-4"
    # what is on the list comes off however it is scanned
    assert isinstance(at.does(ANN, RemoveSerial("PS-1", line, bad)), Removed)


def test_D2_by_default_letters_of_either_case_are_taken():
    assert play().does(ANN, AddSerial("PS-1", 1, "sN-1")).serial == "sN-1"


@pytest.mark.parametrize(
    ("serial", "case", "good"),
    [("Ä1", "lower", False), ("ä1", "lower", True), ("\u01c51", "lower", False), ("\u01c51", "upper", False)],
)
def test_D2_foreign_letters_have_a_case_too(serial, case, good):
    read = read_serial(serial, SerialForm(non_ascii=True, case=SerialCase(case)))
    assert (read == serial) if good else (isinstance(read, Refusal) and read.code is Code.SERIAL_CASE)


def test_D2_the_case_of_letters_never_chooses_another_line():
    """With Caps Lock on the scan still finds the item's line, and that says what is the matter."""
    line = play().ledger.line("PS-1", 2)
    assert takes(line, TALL, "sn-1")
    assert not takes(line, TALL, "s n")


@pytest.mark.parametrize(
    ("mask", "case", "good"),
    [("sn-99", "upper", False), ("SN-99", "upper", True), ("\\A9", "lower", False), ("AA9", "lower", True)],
)
def test_D2_an_item_whose_mask_has_letters_of_the_other_case_is_no_master_data(mask, case, good):
    form = SerialForm(mask=mask, case=SerialCase(case))
    found = check_item(replace(DRILL, serial_form=form))
    assert found == (None if good else refuse(Code.SERIAL_FORM, item="DRILL"))


# Wrong labels


@pytest.mark.parametrize(
    ("scanned", "what"),
    [
        *(("DRILL", "item"), ("4006381333931", "item"), ("bohrer", "item"), ("ps-1", "document"), ("SO-1", "document")),
        *(("77", "operator"), ("Ann", "operator"), ("a-01-02", "location"), ("A-01-02", "location")),
    ],
)
def test_I10_a_label_that_names_something_else_is_no_serial(scanned, what):
    at = play()
    assert at.does(ANN, AddSerial("PS-1", 1, scanned)) == refuse(Code.NOT_A_SERIAL, serial=scanned, what=what)
    sent = recorded_as(Registered("PS-1", 1, "DRILL", scanned), 1, terminal="T2")
    said = judge(at.ledger, ANN, WARN, sent)
    assert said == Judgement(Outcome.REJECTED, refuse(Code.NOT_A_SERIAL, serial=scanned, what=what))


@pytest.mark.parametrize("scanned", ["DRILL1", "PS-", "A-01", "7", "777", "SO-11"])
def test_I10_whole_values_are_compared_never_parts(scanned):
    assert play().does(ANN, AddSerial("PS-1", 1, scanned)).serial == scanned


def test_I10_a_correction_takes_no_wrong_label_either():
    floor = Floor()
    floor.ship("PS-1", {1: 1}, [(1, "SN-1")])
    intent = CorrectSerial("PS-1", floor.unit("SN-1").id, "so-9", "mixed up")
    assert floor.does(intent) == refuse(Code.NOT_A_SERIAL, serial="so-9", what="document")
    sent = SerialCorrected("PS-1", 1, floor.unit("SN-1").id, "SN-1", "SAW", "mixed up")
    assert floor.judged(sent).refusal == refuse(Code.NOT_A_SERIAL, serial="SAW", what="item")


# Recalls


@pytest.mark.parametrize(
    ("line", "scanned", "lot", "reason"),
    [
        *((1, "SN-R", "", "overheats"), (1, "sn-r", "", "overheats"), (1, "SN-1", "L-7", "weak spring")),
        *((1, "SN-1", "l-7", "weak spring"), (1, "SN-R", "L-7", "overheats")),
        *((4, "Cc", "", "loose"), (4, "C1", "Lx", "loose lot")),
    ],
)
def test_I9_a_recalled_unit_stops_at_the_scan_whatever_a_supervisor_says(line, scanned, lot, reason):
    at = play()
    recalled = refuse(Code.RECALLED, serial=scanned, reason=reason)
    for override in ("", "came back"):
        assert at.does(ANN, AddSerial("PS-1", line, scanned, override, lot=lot)) == recalled
    item = at.ledger.line("PS-1", line).item
    sent = recorded_as(Registered("PS-1", line, item, scanned, lot), 1, terminal="T2")
    assert judge(at.ledger, ANN, WARN, sent) == Judgement(Outcome.REJECTED, recalled)


@pytest.mark.parametrize(
    ("line", "scanned", "lot"),
    [
        (1, "SN-R1", ""),
        (1, "SN-9", ""),
        (1, "SN-1", "L-77"),
        (1, "L-7", "SN-R"),
        (4, "cc", ""),
        (4, "C1", "lx"),
        (1, "SN-1", ""),
    ],
)
def test_I9_other_units_are_taken(line, scanned, lot):
    assert play().does(ANN, AddSerial("PS-1", line, scanned, lot=lot)).serial == scanned


def recalling(*recalls: Recall) -> Floor:
    """A floor where something is recalled only later."""
    floor = Floor()
    floor.ledger = Ledger(ITEMS, orders=[SALES_ORDER], recalls=recalls)
    return floor


def recall_now(floor: Floor, recall: Recall) -> None:
    floor.ledger._recalls[recall.item, recall.serial.casefold() or recall.lot.casefold()].append(recall)


def test_I9_a_unit_recalled_meanwhile_does_not_come_back_by_undo():
    floor = recalling()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 2),)))
    floor.must(AddSerial("PS-1", 1, "SN-1", lot="L-1"), AddSerial("PS-1", 1, "SN-2"), RemoveSerial("PS-1", 1, "SN-1"))
    id, event = floor.past[1].id, floor.past[3].id
    assert floor.judged(Undone("PS-1", event, "removed", 1, id, "SN-1")).outcome is Outcome.ACCEPTED
    recall_now(floor, Recall("DRILL", "", "l-1", "cracks"))
    refused = refuse(Code.RECALLED, serial="SN-1", reason="cracks")
    assert floor.does(Undo("PS-1")) == refused
    assert floor.judged(Undone("PS-1", event, "removed", 1, id, "SN-1")).refusal == refused
    floor.must(AddSerial("PS-1", 1, "SN-3"), RemoveSerial("PS-1", 1, "SN-2"), Undo("PS-1"))


def test_I9_an_undo_takes_a_recalled_unit_off():
    floor = recalling()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 2),)), AddSerial("PS-1", 1, "SN-1"))
    recall_now(floor, Recall("DRILL", "SN-1", "", "cracks"))
    floor.must(Undo("PS-1"))
    assert list(floor.ledger.live_registrations("PS-1")) == []


def test_I9_a_correction_brings_no_recalled_unit():
    floor = recalling(*RECALLS)
    floor.ship("PS-1", {1: 1}, [(1, "SN-1")])
    id = floor.unit("SN-1").id
    for serial, lot, reason in (("sn-r", "", "overheats"), ("SN-2", "L-7", "weak spring")):
        recalled = refuse(Code.RECALLED, serial=serial, reason=reason)
        assert floor.does(CorrectSerial("PS-1", id, serial, "mixed up", lot=lot)) == recalled
        sent = SerialCorrected("PS-1", 1, id, "SN-1", serial, "mixed up", lot=lot)
        assert floor.judged(sent) == Judgement(Outcome.REJECTED, recalled)


def test_I9_a_counter_sale_sells_no_recalled_unit():
    floor = recalling(*RECALLS)
    floor.must(SellOneMore("CS-1", "DRILL"))
    assert floor.does(AddSerial("CS-1", 1, "SN-R")) == refuse(Code.RECALLED, serial="SN-R", reason="overheats")
    floor.must(AddSerial("CS-1", 1, "SN-1"))


# What is read along


def test_what_is_read_along_is_kept_with_the_registration():
    at = play()
    made = at.does(ANN, AddSerial("PS-1", 1, "SN-1", **ALONG))
    assert made == Registered("PS-1", 1, "DRILL", "SN-1", **ALONG)
    found = at.ledger.holder("DRILL", "sn-1")
    assert (found.gtin, found.lot, found.expiry) == tuple(ALONG.values())
    at.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    at.does(ANN, Undo("PS-1"))
    assert at.ledger.holder("DRILL", "sn-1") == found


@pytest.mark.parametrize(
    "odd",
    [
        *({"gtin": "4006381333931"}, {"gtin": "04006381333932"}, {"gtin": "0400638133393\u0661"}, {"lot": "x" * 21}),
        *({"lot": " L"}, {"lot": "L "}, {"lot": "\u00e4"}, {"lot": "a\x1db"}, {"expiry": "2030-02-30"}),
        *({"expiry": "20301231"}, {"expiry": "2030-12-31T00:00"}, {"expiry": "2030-W01-1"}),
    ],
)
def test_D1_what_can_not_be_kept_is_left_out_here_and_malformed_at_the_backend(odd):
    at = play()
    sent = recorded_as(Registered("PS-1", 1, "DRILL", "SN-1", **odd), 9, terminal="T2")
    malformed = Judgement(Outcome.REJECTED, refuse(Code.MALFORMED_EVENT, type="registered"))
    assert judge(at.ledger, ANN, WARN, sent) == malformed
    assert at.does(ANN, AddSerial("PS-1", 1, "SN-1", **odd)) == Registered("PS-1", 1, "DRILL", "SN-1")


def test_what_can_be_kept():
    assert kept(GTIN, "a b/" + "x" * 16, "2028-02-29") == (GTIN, "a b/" + "x" * 16, "2028-02-29")
    assert kept("", "", "") == ("", "", "")


def test_S10_a_correction_brings_what_its_own_symbol_says_and_nothing_of_the_old_one():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 2),)))
    floor.must(AddSerial("PS-1", 1, "SN-1", **ALONG), AddSerial("PS-1", 1, "SN-2", **ALONG))
    floor.ship("PS-2", {1: 1}, [(1, "SN-3")])
    first, second = floor.unit("SN-1").id, floor.unit("SN-2").id
    at = floor.ledger
    for id, before, more in ((first, "SN-1", {}), (second, "SN-2", {"lot": "L-2", "expiry": "2031-01-31"})):
        event = SerialCorrected("PS-1", 1, id, before, f"{before}b", "mixed up", **more)
        (revised,) = consequences(at, recorded_as(event, 99))
        assert isinstance(revised, Revised)
        along = (revised.registration.gtin, revised.registration.lot, revised.registration.expiry)
        assert along == ("", more.get("lot", ""), more.get("expiry", ""))
    intent = CorrectSerial("PS-2", floor.unit("SN-3").id, "SN-4", "mixed up", **ALONG)
    floor.must(intent)
    assert floor.unit("SN-4").lot == "L-1"


def test_S12_what_comes_along_keeps_what_was_read_along():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 2),)))
    floor.must(AddSerial("PS-1", 1, "SN-1", **ALONG), AddSerial("PS-1", 1, "SN-2", **ALONG))
    floor.must(RequestPosting("PS-1", online=True), ReverseSlip("PS-1", 0, "came back"))
    assert floor.unit("SN-1").lot == "L-1"
    floor.must(DraftSlip("PS-2", "SO-9", ((1, 2),), (floor.unit("SN-1").id,)))
    assert (floor.unit("SN-1").document, floor.unit("SN-1").gtin) == ("PS-2", GTIN)
    floor.must(AddSerial("PS-2", 1, "SN-2"))  # scanned again by its bare serial: it is the same unit
    assert (floor.unit("SN-2").document, floor.unit("SN-2").lot) == ("PS-2", "L-1")


def test_S12_what_is_read_anew_counts():
    floor = Floor()
    floor.must(DraftSlip("PS-1", "SO-9", ((1, 1),)), AddSerial("PS-1", 1, "SN-1", **ALONG))
    floor.must(RequestPosting("PS-1", online=True), ReverseSlip("PS-1", 0, "came back"))
    floor.must(DraftSlip("PS-2", "SO-9", ((1, 1),)), AddSerial("PS-2", 1, "SN-1", lot="L-2"))
    found = floor.unit("SN-1")
    assert (found.gtin, found.lot, found.expiry) == ("", "L-2", "")


def test_D8_a_made_registration_says_what_its_event_said():
    at = play()
    (made,) = consequences(at.ledger, recorded_as(Registered("PS-1", 1, "DRILL", "SN-1", **ALONG, package="P"), 1))
    assert isinstance(made, Made)
    assert (made.registration.gtin, made.registration.package) == (GTIN, "P")
