"""Invoices, corrections and reversals in the journal: written down, sent, answered, read again (S9–S14, D9)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Draw, Kind, OverScan, Policies, Registration, SerialForm, SlipStatus, Tally
from terminal.domain.events import Registered, SaleLineSet, SerialCorrected, SlipReversed, UnitsDrawn
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    CorrectSerial,
    DraftInvoice,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    RemoveSerial,
    RequestPosting,
    ReturnSerial,
    ReverseSlip,
    SellOneMore,
    SetSaleLine,
    Undo,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.journal.journal import Journal
from terminal.journal.replay import findings

from .world import (
    ANNA,
    CARL,
    ITEMS,
    POLICIES,
    Authority,
    add,
    deliver,
    do,
    furnish,
    furnish_shipped,
    open_journal,
    serials,
    shipped,
)

ACCEPTED = Judgement(Outcome.ACCEPTED)


@pytest.fixture
def authority() -> Authority:
    return shipped()


@pytest.fixture
def journal(tmp_path: Path, authority: Authority) -> Journal:
    return furnish_shipped(open_journal(tmp_path), authority)


def sell_elsewhere(authority: Authority, serial: str) -> str:
    """Have another terminal sell a unit at the counter (S21); gives the name of its registration."""
    authority.by_another(CARL, SaleLineSet("S-9", 1, "PUMP", 1))
    authority.by_another(CARL, Registered("S-9", 1, "PUMP", serial))
    authority.post("S-9")
    held = authority.ledger.holder("PUMP", serial)
    assert held is not None
    assert held.invoiced
    return held.id


def sound(journal: Journal) -> bool:
    return list(findings(journal.store.connection)) == []


def problems(journal: Journal) -> list[tuple[str, str, str | None]]:
    return [(p.type, p.document, p.serial) for p in journal.outbox.open_problems()]


def draft_invoice(journal: Journal) -> str:
    number = journal.next_number("I1")
    assert do(journal, DraftInvoice(number, "SO-1")).accepted
    return number


def registration(journal: Journal, id: str) -> Registration:
    found = journal.records.registration(id)
    assert found is not None
    return found


# -- several at once


def test_a_whole_slip_is_one_step_with_consecutive_events(journal: Journal) -> None:
    number = draft_invoice(journal)
    verdict = journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    assert (verdict.accepted, verdict.done) == (True, 2)
    events = [recorded for recorded, _ in journal.outbox.pending(9)]
    assert [recorded.sequence for recorded in events] == [1, 2, 3]
    assert [r.id for r in journal.records.drawn(number)] == ["other-p1", "other-p2"]
    assert journal.records.draws(number) == [Draw(number, "PS-8", 2, 2)]
    again = journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    assert isinstance(again.result, Refusal)
    assert again.result.code is Code.NOTHING_TO_INVOICE
    assert journal.return_slip(ANNA, POLICIES, number, "PS-8").done == 2
    assert (journal.records.drawn(number), journal.records.draws(number)) == ([], [])
    assert isinstance(journal.return_slip(ANNA, POLICIES, number, "PS-8").result, Refusal)
    assert isinstance(journal.draw_slip(ANNA, POLICIES, number, "PS-0").result, Refusal)
    assert sound(journal)


def test_all_or_none(journal: Journal) -> None:
    number = draft_invoice(journal)
    wanted = [DrawUnits(number, "PS-8", 1, ("other-p1",)), DrawUnits(number, "PS-8", 2, (), 3)]
    verdict = journal.record_all(ANNA, POLICIES, wanted)
    assert (verdict.done, verdict.intent, verdict.accepted) == (0, wanted[1], False)
    assert journal.outbox.stored == 1
    assert journal.records.drawn(number) == []
    assert journal.record_all(ANNA, POLICIES, wanted[:1]).done == 1
    with pytest.raises(ValueError, match="nothing"):
        journal.record_all(ANNA, POLICIES, [])
    with pytest.raises(ValueError, match="nothing"):
        journal.record_many(ANNA, POLICIES, [])


def test_many_blanks_as_far_as_the_rules_allow(journal: Journal) -> None:
    do(journal, DraftSlip("T1-1", "SO-1", ((1, 3),)))
    verdict = journal.record_many(ANNA, Policies(OverScan.REFUSE), [AddNotReadable("T1-1", 1)] * 5, 1)
    assert (verdict.accepted, verdict.done, verdict.line_complete) == (True, 3, True)
    assert verdict.stopped_by is not None
    assert verdict.stopped_by.code is Code.LINE_FULL
    assert verdict.sheet is not None
    assert verdict.sheet.current.tally == Tally(0, 3)


def test_many_stop_where_a_rule_says_no(journal: Journal) -> None:
    do(journal, DraftSlip("T1-1", "SO-1", ((1, 3),)))
    wanted = [AddSerial("T1-1", 1, serial) for serial in ("x1", "x2", "x1", "x3")]
    verdict = journal.record_many(ANNA, POLICIES, wanted, 1)
    assert (verdict.done, verdict.intent) == (2, wanted[2])
    assert isinstance(verdict.result, Registered)
    assert verdict.stopped_by is not None
    assert verdict.stopped_by.code is Code.DUPLICATE_ON_LINE
    none = journal.record_many(ANNA, POLICIES, wanted, 1)
    assert (none.accepted, none.done, none.stopped_by) == (False, 0, None)


def test_numbers_go_on_per_prefix(journal: Journal) -> None:
    assert draft_invoice(journal) == "I1-1"
    assert draft_invoice(journal) == "I1-2"
    assert journal.next_number("I1-S") == "I1-S-1"
    assert do(journal, SellOneMore(journal.next_number("I1-S"), "PUMP")).accepted
    assert journal.next_number("I1-S") == "I1-S-2"
    assert journal.next_number("I1") == "I1-3"
    refused = Judgement(Outcome.REJECTED, refuse(Code.NUMBER_TAKEN, document="I1-1"))
    journal.outbox.settle([(1, refused)])
    assert journal.next_number("I1") == "I1-3", "a number is given once, whatever became of it"


# -- answers


def test_a_posted_invoice_charges_what_it_draws_on(journal: Journal, authority: Authority) -> None:
    number = draft_invoice(journal)
    journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    assert do(journal, RequestPosting(number, online=True)).accepted
    assert deliver(journal, authority) == {number}, "when it was posted, only the backend can say"
    assert registration(journal, "other-p1").invoiced
    assert journal.records.draws_on("PS-8") == [Draw(number, "PS-8", 2, 2, True)]
    assert isinstance(do(journal, CorrectSerial("PS-8", "other-p2", "p9")).result, Refusal)
    assert sound(journal)
    journal.merging.take_slip(*authority.whole(number))
    journal.merging.take_order(*authority.whole_order())
    assert registration(journal, "other-p1").invoiced
    assert sound(journal)


def test_a_refused_draw_goes_back_and_is_a_problem(journal: Journal, authority: Authority) -> None:
    number = draft_invoice(journal)
    deliver(journal, authority)
    authority.by_another(CARL, SlipReversed("PS-8", 0))
    do(journal, DrawSerial(number, "P1"))
    do(journal, DrawUnits(number, "PS-8", 2, (), 1))
    assert deliver(journal, authority) == {number, "PS-8"}
    assert (journal.records.drawn(number), journal.records.draws(number)) == ([], [])
    assert problems(journal) == [("units-drawn", number, "p1"), ("units-drawn", number, None)]
    journal.outbox.rewind()
    do(journal, DrawUnits(number, "PS-9", 2, (), 1))
    deliver(journal, authority)
    assert journal.records.draws(number) == [Draw(number, "PS-9", 2, 1)], "what a refusal took back once is enough"
    assert sound(journal)


def test_a_correction_that_lost_gives_the_old_serial_back(journal: Journal, authority: Authority) -> None:
    assert do(journal, CorrectSerial("PS-8", "other-p1", "P7")).accepted
    assert do(journal, CorrectSerial("PS-8", "other-p2", "P8")).accepted
    assert serials(journal, "PS-8") == ["P7", "P8"]
    assert journal.records.tally("PS-8", 1) == Tally(2, 0)
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "p7"), "other-p7")
    assert deliver(journal, authority) == {"PS-8"}
    assert serials(journal, "PS-8") == ["P8", "p1"]
    assert problems(journal) == [("serial-corrected", "PS-8", "P7")]
    journal.merging.take_slip(*authority.whole("PS-8"))
    assert serials(journal, "PS-8") == ["P8", "p1"]
    assert sound(journal)


def test_a_reversal_counts_when_it_is_accepted(journal: Journal, authority: Authority) -> None:
    assert do(journal, ReverseSlip("PS-9")).accepted
    line = journal.records.line("PS-9", 1)
    assert line is not None
    assert not line.reversed
    assert deliver(journal, authority) == {"PS-9"}
    slip = journal.records.slip("PS-9")
    assert slip is not None
    assert slip.status is SlipStatus.CANCELLED
    assert [r.serial for r in journal.records.kept("SO-1", 1)] == ["p3", "p4"]
    order = journal.records.order("SO-1")
    assert order == authority.ledger.order("SO-1")
    assert sound(journal)


def test_a_reversed_line_gives_its_units_to_the_order_once_s11(journal: Journal, authority: Authority) -> None:
    """Also where orders and slips are read between the backend's commit and its answer (S13)."""
    do(journal, ReverseSlip("PS-9", 1))
    answers = [(each.sequence, authority.receive(each, void)) for each, void in journal.outbox.pending(9)]
    order = authority.ledger.order("SO-1")
    assert order is not None
    listed = [authority.whole(found.number) for found in authority.ledger.documents_of("SO-1")]
    journal.merging.take_documents([order], [(head, lines, {}) for head, lines, *_ in listed])
    assert journal.records.order("SO-1") == order
    journal.outbox.settle(answers)
    assert journal.records.order("SO-1") == order
    assert sound(journal)


def test_what_is_kept_comes_along_and_back(journal: Journal, authority: Authority) -> None:
    do(journal, ReverseSlip("PS-9"))
    deliver(journal, authority)
    assert do(journal, DraftSlip("T1-1", "SO-1", ((1, 2),), ("other-p3",))).accepted
    assert serials(journal, "T1-1") == ["p3"]
    assert add(journal, "P4", "T1-1").accepted, "scanned again, it comes along as well"
    assert journal.records.kept("SO-1", 1) == []
    assert {r.came_from for r in journal.records.live_registrations("T1-1")} == {"PS-9"}
    journal.merging.take_slip(*authority.whole("PS-9"))
    assert serials(journal, "T1-1") == ["P4", "p3"], "the backend has not heard of it yet"
    assert sound(journal)
    taken = Judgement(Outcome.REJECTED, refuse(Code.TOO_MANY_KEPT, order="SO-1", line=1, units=2))
    unknown = Judgement(Outcome.REJECTED, refuse(Code.UNKNOWN_DOCUMENT, document="T1-1"))
    assert journal.outbox.settle([(2, taken), (3, unknown)]) == {"T1-1", "PS-9"}
    authority.cursor = 3
    journal.merging.take_slip(*authority.whole("PS-9"))
    assert [r.serial for r in journal.records.kept("SO-1", 1)] == ["p3", "p4"]
    assert serials(journal, "T1-1") == []
    assert sound(journal)


def test_a_unit_sold_again_frees_its_serial(journal: Journal, authority: Authority) -> None:
    number = draft_invoice(journal)
    journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    do(journal, RequestPosting(number, online=True))
    deliver(journal, authority)
    assert not add(journal, "p1").accepted
    assert do(journal, AddSerial("PS-1", 1, "p1", "came back")).accepted
    assert registration(journal, "other-p1").returned
    journal.merging.take_slip(*authority.whole("PS-8"))
    assert registration(journal, "other-p1").returned, "the backend has not heard of it yet"
    refused = Judgement(Outcome.REJECTED, refuse(Code.MISSING_DUTY, duty="override"))
    assert journal.outbox.settle([(journal.outbox.stored, refused)]) == {"PS-1", "PS-8"}
    authority.cursor = journal.outbox.answered
    journal.merging.take_slip(*authority.whole("PS-8"))
    assert not registration(journal, "other-p1").returned
    assert journal.records.holder("PUMP", "p1") == registration(journal, "other-p1")
    assert sound(journal)


def test_what_a_unit_was_sold_over_is_kept_and_told_s22(journal: Journal, authority: Authority) -> None:
    number = draft_invoice(journal)
    journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    do(journal, RequestPosting(number, online=True))
    deliver(journal, authority)
    assert do(journal, AddSerial("PS-1", 1, "p1", "came back")).accepted
    held = journal.records.holder("PUMP", "p1")
    assert held is not None
    assert held.sold_before == "other-p1"
    assert deliver(journal, authority) == set(), "nothing about it is known at the backend only"
    journal.merging.take_slip(*authority.whole("PS-1"))
    do(journal, RemoveSerial("PS-1", 1, "p1"))
    deliver(journal, authority)
    journal.merging.take_slip(*authority.whole("PS-8"))
    assert do(journal, Undo("PS-1")).accepted
    assert journal.records.holder("PUMP", "p1") == held
    deliver(journal, authority)
    assert journal.outbox.open_problems() == []
    assert authority.ledger.holder("PUMP", "p1") == held
    assert sound(journal)
    journal.store.connection.execute("UPDATE registration SET sold_before = 'other-p3' WHERE id = ?", (held.id,))
    (found,) = findings(journal.store.connection)
    assert found.endswith("was sold again over other-p3; by the events over other-p1")


def test_what_only_the_backend_knew_to_be_sold_before_is_asked_for_s22(journal: Journal, authority: Authority) -> None:
    sold = sell_elsewhere(authority, "x1")
    assert do(journal, AddSerial("PS-1", 1, "x1", "came back")).accepted
    assert deliver(journal, authority) == {"PS-1"}
    assert registration(journal, journal.records.holder("PUMP", "x1").id).sold_before == ""  # type: ignore[union-attr]
    journal.merging.take_slip(*authority.whole("PS-1"))
    held = journal.records.holder("PUMP", "x1")
    assert held is not None
    assert held.sold_before == sold
    do(journal, RemoveSerial("PS-1", 1, "x1"))
    deliver(journal, authority)
    journal.merging.take_slip(*authority.whole("S-9"))
    assert journal.records.holder("PUMP", "x1") == authority.ledger.holder("PUMP", "x1")
    assert do(journal, Undo("PS-1")).accepted
    deliver(journal, authority)
    assert (journal.outbox.open_problems(), authority.ledger.holder("PUMP", "x1")) == ([], held)
    assert sound(journal)


def test_a_sale_that_becomes_known_under_an_unsent_second_one_is_what_that_is_over_s22(
    journal: Journal, authority: Authority
) -> None:
    assert do(journal, AddSerial("PS-1", 1, "x1", "came back")).accepted
    sold = sell_elsewhere(authority, "x1")
    journal.merging.take_slip(*authority.whole("S-9"))
    journal.merging.take_order(*authority.whole_order())
    deliver(journal, authority)
    journal.merging.take_slip(*authority.whole("PS-1"))
    held = journal.records.holder("PUMP", "x1")
    assert (held, held and held.sold_before) == (authority.ledger.holder("PUMP", "x1"), sold)
    assert sound(journal)


def test_a_removal_undone_over_a_sale_of_another_terminal_comes_back_as_a_problem_s22(
    journal: Journal, authority: Authority
) -> None:
    add(journal, "x1")
    do(journal, RemoveSerial("PS-1", 1, "x1"))
    deliver(journal, authority)
    sold = sell_elsewhere(authority, "x1")
    assert do(journal, Undo("PS-1")).accepted, "nobody here knows of the sale"
    assert deliver(journal, authority) == {"PS-1"}
    (problem,) = journal.outbox.open_problems()
    assert problem.refusal == refuse(Code.SOLD_BEFORE, serial="x1", document="S-9", line=1, invoice="S-9")
    assert serials(journal) == []
    assert authority.ledger.holder("PUMP", "x1").id == sold  # type: ignore[union-attr]
    assert sound(journal)


def test_a_removal_is_not_undone_over_a_sale_that_is_known_here_s22(journal: Journal, authority: Authority) -> None:
    add(journal, "x1")
    do(journal, RemoveSerial("PS-1", 1, "x1"))
    deliver(journal, authority)
    sell_elsewhere(authority, "x1")
    journal.merging.take_slip(*authority.whole("S-9"))
    refused = refuse(Code.SOLD_BEFORE, serial="x1", document="S-9", line=1, invoice="S-9")
    assert do(journal, Undo("PS-1")).result == refused


def test_a_sale_line_that_was_refused_sells_nothing(journal: Journal, authority: Authority) -> None:
    assert do(journal, SellOneMore("S-1", "PUMP")).accepted
    assert do(journal, SellOneMore("S-1", "PUMP")).accepted
    assert do(journal, SellOneMore("S-1", "VALVE")).accepted
    (first, _), (second, _), (third, _) = journal.outbox.pending(9)
    answers = [(1, authority.receive(first, False)), (2, authority.receive(second, False))]
    journal.merging.take_slip(*authority.whole("S-1"))
    assert [line.units for line in journal.records.lines("S-1")] == [2, 1]
    blocked = Judgement(Outcome.REJECTED, refuse(Code.BLOCKED, item="VALVE"))
    journal.outbox.settle([*answers, (3, blocked)])
    authority.cursor = third.sequence
    journal.merging.take_slip(*authority.whole("S-1"))
    assert [line.units for line in journal.records.lines("S-1")] == [2, 0]
    assert do(journal, SetSaleLine("S-1", 2, "VALVE", 3)).accepted
    sale = journal.records.slip("S-1")
    assert sale is not None
    assert (sale.kind, sale.order) == (Kind.COUNTER_SALE, "")
    assert sound(journal)


# -- reading again


def test_what_another_did_to_a_known_unit_is_taken_over(journal: Journal, authority: Authority) -> None:
    authority.by_another(CARL, SerialCorrected("PS-8", 1, "other-p1", "p1", "P9", "wrong label"))
    authority.by_another(CARL, SerialCorrected("PS-9", 1, "other-p3", "p3", "P1"))
    authority.another_wants(DraftInvoice("", "SO-1"))
    (invoice,) = [slip.number for slip in authority.ledger.documents_of("SO-1") if slip.kind == Kind.INVOICE]
    authority.by_another(CARL, UnitsDrawn(invoice, "PS-8", 1, ("other-p1",)))
    authority.by_another(CARL, UnitsDrawn(invoice, "PS-8", 2, (), 1))
    authority.by_another(CARL, SlipReversed("PS-9", 2))
    journal.merging.take_order(*authority.whole_order())
    assert serials(journal, "PS-8") == [None, "P9"]
    assert serials(journal, "PS-9") == ["P1", "p4", "v1"], "the serial moved from one unit to another"
    assert [r.serial for r in journal.records.drawn(invoice)] == ["P9"]
    assert journal.records.draws(invoice) == [Draw(invoice, "PS-8", 2, 1)]
    assert [r.id for r in journal.records.kept("SO-1", 2)] == ["other-v1"]
    assert sound(journal)
    before = journal.store.connection.execute("SELECT count(*) FROM heard").fetchall()
    journal.merging.take_order(*authority.whole_order())
    assert journal.store.connection.execute("SELECT count(*) FROM heard").fetchall() == before


def test_two_serials_that_were_swapped(journal: Journal, authority: Authority) -> None:
    for id, line, before, after in (
        ("other-p3", 1, "p3", "p0"),
        ("other-p4", 1, "p4", "p3"),
        ("other-p3", 1, "p0", "p4"),
    ):
        assert authority.by_another(CARL, SerialCorrected("PS-9", line, id, before, after)) == ACCEPTED
    journal.merging.take_slip(*authority.whole("PS-9"))
    assert {r.id: r.serial for r in journal.records.live_registrations("PS-9") if r.line == 1} == {
        "other-p3": "p4",
        "other-p4": "p3",
    }
    assert journal.records.tally("PS-9", 1) == Tally(2, 0)
    assert sound(journal)


def test_unsent_work_stays_on_top(journal: Journal, authority: Authority) -> None:
    number = draft_invoice(journal)
    deliver(journal, authority)
    do(journal, DrawSerial(number, "p3"))
    do(journal, DrawUnits(number, "PS-8", 2, (), 2))
    do(journal, CorrectSerial("PS-9", "other-p4", "p5"))
    for n in ("", number, "PS-9", "PS-8"):
        if n:
            journal.merging.take_slip(*authority.whole(n))
        else:
            journal.merging.take_order(*authority.whole_order())
        assert [r.id for r in journal.records.drawn(number)] == ["other-p3"]
        assert journal.records.draws(number) == [Draw(number, "PS-8", 2, 2)]
        assert serials(journal, "PS-9") == ["p3", "p5", "v1"]
    deliver(journal, authority)
    do(journal, ReturnSerial(number, "p3"))
    journal.merging.take_slip(*authority.whole(number))
    assert journal.records.drawn(number) == []
    assert sound(journal)


def test_an_invoice_read_alone_brings_the_units_of_slips_unknown_here(tmp_path: Path, authority: Authority) -> None:
    authority.another_wants(DraftInvoice("", "SO-1"))
    (invoice,) = [slip.number for slip in authority.ledger.documents_of("SO-1") if slip.kind == Kind.INVOICE]
    authority.by_another(CARL, UnitsDrawn(invoice, "PS-8", 1, ("other-p1", "other-p2")))
    journal = furnish(open_journal(tmp_path))
    journal.merging.take_slip(*authority.whole(invoice))
    assert [r.id for r in journal.records.drawn(invoice)] == ["other-p1", "other-p2"]
    assert sound(journal)
    journal.merging.take_slip(*authority.whole("PS-8"))
    assert journal.records.tally("PS-8", 1) == Tally(1, 1)
    journal.merging.take_documents([], [])
    assert journal.records.slip("PS-8") is not None
    assert sound(journal)


def test_orders_with_documents_here_stay_readable(journal: Journal) -> None:
    journal.merging.take_documents([], [])
    order = journal.records.order("SO-1")
    assert order is not None
    assert [line.left for line in order.lines] == [0, 0]
    assert journal.pages.orders() == []


# -- verifying


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE registration SET invoice = 'I9' WHERE id = 'other-p1'", "has invoice 'I9'; by the events 'I1-1'"),
        ("UPDATE registration SET invoiced = 1 WHERE id = 'other-p1'", "has invoiced True; by the events False"),
        ("UPDATE registration SET came_from = 'X' WHERE id = 'other-p1'", "has came_from 'X'"),
        ("UPDATE registration SET returned = 1 WHERE id = 'other-p1'", "has returned True"),
        ("UPDATE registration SET line = 7 WHERE id = 'other-p1'", "is not as it was made: line 1"),
        ("UPDATE draw SET units = 7", "I1-1 does not take the units of line 2 of PS-8"),
        ("DELETE FROM draw", "I1-1 does not take the units of line 2 of PS-8"),
        ("INSERT INTO draw VALUES ('I1-1', 'PS-9', 2, 1, 0)", "I1-1 does not take the units of line 2 of PS-9"),
        ("UPDATE line SET reversed = 1 WHERE document = 'PS-8' AND number = 2", "line 2 of PS-8 is reversed"),
        ("UPDATE heard SET changes = '[[\"invented\",1]]'", "can't be replayed"),
    ],
)
def test_verify_finds_what_does_not_add_up(journal: Journal, sql: str, expected: str) -> None:
    number = draft_invoice(journal)
    journal.draw_slip(ANNA, POLICIES, number, "PS-8")
    assert sound(journal)
    journal.store.connection.execute(sql)
    found = list(findings(journal.store.connection))
    assert any(expected in finding for finding in found), found


def test_verify_bears_in_mind_whether_case_counted(journal: Journal) -> None:
    """What is kept in lower case was another serial when the capital was scanned; it is not by now (D2, D8)."""
    shop = journal.merging.shop()
    cased = replace(ITEMS[0], serial_form=SerialForm(case_sensitive=True))
    journal.merging.take_master(shop, [cased, ITEMS[1]])
    assert add(journal, "a1").accepted
    assert add(journal, "A1").accepted
    journal.merging.take_master(shop, ITEMS)
    assert serials(journal) == ["A1", "a1"]
    assert sound(journal)
