"""Corrections and reversals of posted documents over HTTP, by the rules' numbers: S9 to S12, S17, S22."""

from __future__ import annotations

from uuid import uuid4

import pytest

from server_stub.database import open_database

from .test_backend_invoices import FREE, LENIENT, ORDER, refused, serial, tables


def counters(backend, document: str) -> list[tuple]:
    return backend.rows("select serials, blanks from slip_line where document = ? order by number", document)


def left(at, line: int = 1) -> int:
    return next(each["left"] for each in at.order(ORDER)["order"]["lines"] if each["number"] == line)


# S9: a blank is filled when the serial turns up


def test_s9_on_a_draft_a_blank_is_filled_by_whoever_may_register(at, backend):
    slip, number = at.draft(ORDER, (1, 1)), serial()
    at.say("not-readable", document=slip, line=1, item=FREE)
    blank = at.registration(slip, None)
    assert at.correct(slip, None, number, reason="", operator="1002")["outcome"] == "accepted"
    filled = at.state(slip)["registrations"]
    assert [(r["id"], r["serial"], r["key"]) for r in filled] == [(blank["id"], number, number.lower())]
    assert counters(backend, slip) == [(1, 0)]
    assert at.post(slip)["outcome"] == "accepted"


def test_s9_on_a_posted_slip_a_blank_is_filled_as_a_correction(at, backend):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, None, None)
    refused(at.correct(slip, None, number, reason="", operator="1002"), "missing-duty", "S17")
    assert at.correct(slip, None, number, reason="")["outcome"] == "accepted"  # the serial is reason enough
    assert counters(backend, slip) == [(1, 1)]
    other = at.draft(ORDER, (1, 1))
    refused(at.register(other, 1, FREE, number), "held-elsewhere", "S22", "conflict")


def test_s9_on_a_posted_invoice_the_blank_stays(at):
    slip, invoice = at.ship(ORDER, 1, FREE, None), at.invoice(ORDER)
    assert at.draw(invoice, slip, None)["outcome"] == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"
    assert refused(at.correct(slip, None, serial()), "invoiced", "S10")["invoice"] == invoice
    assert at.state(slip)["registrations"][0]["serial"] is None


# S10: serials of units that are not invoiced can be changed


def test_s10_a_serial_is_replaced_with_a_reason_and_the_slip_and_the_invoice_change_with_it(at, backend):
    before, after = serial(), serial()
    slip, invoice = at.ship(ORDER, 1, FREE, before), at.invoice(ORDER)
    at.draw(invoice, slip, before)
    unit = at.registration(slip, before)["id"]
    assert at.correct(slip, before, after)["outcome"] == "accepted"
    assert [(r["id"], r["serial"]) for r in at.state(slip)["registrations"]] == [(unit, after)]  # D1: it keeps its name
    assert [(r["id"], r["serial"]) for r in at.state(invoice)["drawn"]] == [(unit, after)]
    assert at.register(at.draft(ORDER, (1, 1)), 1, FREE, before)["outcome"] == "accepted"  # the old serial is free
    noted = backend.rows("select who, detail from audit where action = 'serial-corrected' and subject = ?", slip)
    assert [who for who, _ in noted] == ["1001"]
    assert '"reason": "Typing error"' in noted[0][1]
    assert at.post(invoice)["outcome"] == "accepted"


def test_s10_s17_what_a_correction_needs(at, backend):
    number, taken = serial(), serial()
    slip = at.ship(ORDER, 1, FREE, number, taken)
    before = tables(backend)
    refused(at.correct(slip, number, serial(), reason=""), "reason-missing", "S10")
    refused(at.correct(slip, number, serial(), reason="I felt like it"), "reason-missing", "S10")
    refused(at.correct(slip, number, serial(), operator="1002"), "missing-duty", "S17")
    refused(at.correct(slip, number, "ab"), "serial-too-short", "D2")
    refused(at.correct(slip, number, number), "same-serial", "S10", "duplicate")
    refused(at.correct(slip, number, taken), "duplicate-on-line", "S7", "conflict")
    assert tables(backend) == before


def test_s10_the_other_case_of_a_serial_is_a_correction_of_its_own(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    assert at.correct(slip, number, number.lower())["outcome"] == "accepted"
    assert at.state(slip)["registrations"][0]["serial"] == number.lower()


def test_s10_s22_a_serial_that_is_live_elsewhere_can_not_be_corrected_to(at):
    number, other = serial(), serial()
    slip, elsewhere = at.ship(ORDER, 1, FREE, number), at.draft(ORDER, (1, 1))
    at.register(elsewhere, 1, FREE, other)
    assert refused(at.correct(slip, number, other), "held-elsewhere", "S22", "conflict")["document"] == elsewhere


def test_s10_posting_the_invoice_freezes_its_units_and_no_others(at, backend):
    numbers = [serial(), serial()]
    slip, invoice = at.ship(ORDER, 1, FREE, *numbers), at.invoice(ORDER)
    at.draw(invoice, slip, numbers[0])
    assert at.post(invoice)["outcome"] == "accepted"
    before = tables(backend)
    refused(at.correct(slip, numbers[0], serial()), "invoiced", "S10")
    assert tables(backend) == before
    assert at.correct(slip, numbers[1], serial())["outcome"] == "accepted"


def test_s10_on_a_draft_a_wrong_serial_is_removed_not_corrected(at):
    slip, number = at.draft(ORDER, (1, 1)), serial()
    at.register(slip, 1, FREE, number)
    refused(at.correct(slip, number, serial()), "still-draft", "S9")
    assert [each["serial"] for each in at.state(slip)["registrations"]] == [number]


def test_s10_of_two_corrections_of_one_serial_the_first_counts(backend):
    here, there, number, mine = backend.terminal(), backend.terminal(), serial(), serial()
    slip = here.ship(ORDER, 1, FREE, number)
    unit = here.registration(slip, number)["id"]
    assert here.correct(slip, number, mine)["outcome"] == "accepted"
    given = {"document": slip, "line": 1, "registration": unit, "before": number, "serial": serial()}
    said = there.say("serial-corrected", **given, reason="Typing error")
    assert refused(said, "changed-meanwhile", "S10")["serial"] == mine
    assert here.state(slip)["registrations"][0]["serial"] == mine


def test_s10_a_negative_quantity_of_the_order_line_freezes_its_serials(start):
    backend = start()
    at = backend.terminal()
    number, other = serial(), "356938035643817"
    slip, beside = at.ship(ORDER, 1, FREE, number), at.ship(ORDER, 2, "PH-6700", other)
    done = backend.run("order", "negative", ORDER, "1", "1")
    said = f"{ORDER} line 1: taken back 1, in all 1; the serials stay\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    lines = at.order(ORDER)["order"]["lines"]
    assert [line["negative"] for line in lines] == [1, 0, 0]
    assert refused(at.correct(slip, number, serial()), "negative-quantity", "S10") == {"order": ORDER, "line": 1}
    for line in (0, 1):
        said = at.reverse(slip, line)
        assert refused(said, "negative-quantity", "S10") == {"order": ORDER, "line": 1}
    assert at.state(slip)["slip"]["status"] == "posted"
    assert at.correct(beside, other, "356938035643825")["outcome"] == "accepted"
    assert at.reverse(beside)["outcome"] == "accepted"
    noted = backend.rows("select subject, detail from audit where action = 'order-negative'")
    assert noted == [(ORDER, '{"line": 1, "units": 1}')]
    orders = {each["number"]: each for each in at.http.get("/v1/documents").json()["orders"]}
    assert orders[ORDER]["lines"][0]["negative"] == 1
    wrong = {
        ("SO-0", "1", "1"): "there is no order 'SO-0'; see the orders that were imported",
        (ORDER, "9", "1"): f"order {ORDER} has no line 9; write the number of one of its lines",
        (ORDER, "1", "0"): "0 units can't be taken back; write a whole number of 1 or more",
        (ORDER, "1", "1"): f"line 1 of {ORDER} has 0 shipped units to take back; write no more",
    }
    for given, says in wrong.items():
        refusal = backend.run("order", "negative", *given)
        assert (refusal.returncode, refusal.stderr) == (1, f"server-stub: {says}\n")
    assert backend.run("order", "negative", ORDER, "one", "1").returncode == 2
    assert [line["negative"] for line in at.order(ORDER)["order"]["lines"]] == [1, 0, 0]


# S11: a posted slip is reversed in full, or a line of it


def test_s11_s13_an_old_slip_is_listed_with_the_order_that_has_its_reversed_line_to_ship_again(at, backend):
    slip = at.draft(ORDER, (1, 1), (3, 1))
    at.register(slip, 1, FREE, serial())
    assert at.post(slip)["outcome"] == "accepted"
    engine = open_database(backend.database)
    with engine.begin() as connection:
        long_ago = "update slip set changed_at = '2020-01-01T00:00:00.000Z' where number = ?"
        connection.exec_driver_sql(long_ago, (slip,))
    engine.dispose()

    def listed() -> list[bool]:
        found = at.http.get("/v1/documents").json()["slips"]
        return [line["reversed"] for each in found if each["slip"]["number"] == slip for line in each["lines"]]

    at.state(slip)  # signs in
    assert listed() == []
    assert at.reverse(slip, line=1)["outcome"] == "accepted"
    assert listed() == [True, False]
    assert at.state(slip)["slip"]["status"] == "posted"


def test_s11_a_whole_slip_is_reversed_and_the_order_has_its_units_again(at, backend):
    before = left(at)
    numbers = [serial(), serial()]
    slip = at.ship(ORDER, 1, FREE, *numbers)
    assert left(at) == before - 2
    assert at.reverse(slip)["outcome"] == "accepted"
    state = at.state(slip)
    assert (state["slip"]["status"], state["lines"][0]["reversed"]) == ("cancelled", True)
    assert [r["serial"] for r in state["registrations"]] == numbers  # kept (S12)
    assert left(at) == before
    refused(at.reverse(slip), "document-closed", "S11", "duplicate")
    noted = backend.rows("select detail from audit where action = 'slip-reversed' and subject = ?", slip)
    assert "Wrong unit packed" in noted[0][0]


def test_s11_one_line_is_reversed_in_full_and_the_others_stay(at):
    slip = at.draft(ORDER, (1, 2), (3, 4))
    for _ in range(2):
        at.register(slip, 1, FREE, serial())
    assert at.post(slip)["outcome"] == "accepted"
    before = left(at, 1), left(at, 3)
    assert at.reverse(slip, 2)["outcome"] == "accepted"
    state = at.state(slip)
    assert (state["slip"]["status"], [line["reversed"] for line in state["lines"]]) == ("posted", [False, True])
    assert (left(at, 1), left(at, 3)) == (before[0], before[1] + 4)
    refused(at.reverse(slip, 2), "line-reversed", "S11", "duplicate")
    invoice = at.invoice(ORDER)
    refused(at.draw(invoice, slip, units=1, line=2), "line-reversed", "S11")
    assert at.reverse(slip, 1)["outcome"] == "accepted"  # the last line: nothing of the slip is left
    assert at.state(slip)["slip"]["status"] == "cancelled"


def test_s11_s17_what_a_reversal_needs(at, backend):
    slip, draft, sale = at.ship(ORDER, 1, FREE, serial()), at.draft(ORDER, (1, 1)), f"CS-{uuid4().hex[:8]}"
    at.say("sale-line-set", document=sale, line=1, item="CB-HDMI2", units=1)
    assert at.post(sale)["outcome"] == "accepted"
    before = tables(backend)
    refused(at.reverse(slip, operator="1002"), "missing-duty", "S17")
    refused(at.reverse(slip, reason=""), "reason-missing", "S10")
    refused(at.reverse(slip, reason="Because"), "reason-missing", "S10")
    refused(at.reverse(slip, 7), "unknown-line", "D8")
    refused(at.reverse(draft), "still-draft", "S9")
    refused(at.reverse(sale), "not-a-slip", "S11")
    refused(at.reverse("nowhere"), "unknown-document", "D8")
    assert tables(backend) == before


def test_s10_s11_what_is_invoiced_is_never_reversed_not_even_beside_it(at, backend):
    numbers = [serial(), serial()]
    slip, invoice = at.ship(ORDER, 1, FREE, *numbers), at.invoice(ORDER)
    at.draw(invoice, slip, numbers[0])
    assert at.post(invoice)["outcome"] == "accepted"
    before = tables(backend)
    assert refused(at.reverse(slip), "invoiced", "S10")["invoice"] == invoice
    refused(at.reverse(slip, 1), "invoiced", "S10")
    assert tables(backend) == before


def test_s11_units_without_a_registration_that_are_invoiced_hold_their_line_too(at):
    slip = at.draft(ORDER, (3, 2))
    assert at.post(slip)["outcome"] == "accepted"
    invoice = at.invoice(ORDER)
    at.draw(invoice, slip, units=1)
    assert at.post(invoice)["outcome"] == "accepted"
    refused(at.reverse(slip), "invoiced", "S10")


def test_s11_a_draft_invoice_loses_the_units_that_are_reversed(at, backend):
    numbers = [serial(), serial()]
    slip, stays, invoice = at.ship(ORDER, 1, FREE, *numbers), at.ship(ORDER, 1, FREE, serial()), at.invoice(ORDER)
    plain = at.draft(ORDER, (3, 3))
    at.post(plain)
    at.draw(invoice, slip, *numbers)
    at.draw(invoice, plain, units=2)
    at.draw(invoice, stays, at.state(stays)["registrations"][0]["serial"])
    asked = at.posting(invoice)
    there = backend.terminal()
    assert there.reverse(slip)["outcome"] == "accepted"
    assert there.reverse(plain)["outcome"] == "accepted"
    state = at.state(invoice)
    assert ([r["document"] for r in state["drawn"]], state["draws"]) == ([stays], [])
    assert {r["invoice"] for r in at.state(slip)["registrations"]} == {""}
    refused(at.answers(asked)[0], "different-set", "D5")  # it was asked for before
    assert at.post(invoice)["outcome"] == "accepted"


# S12: reversed serials come back


def test_s12_the_next_slip_starts_with_the_kept_registrations(at, backend):
    numbers = [serial(), serial(), serial()]
    slip = at.ship(ORDER, 1, FREE, *numbers[:2], None)
    kept = at.state(slip)["registrations"]
    assert at.reverse(slip)["outcome"] == "accepted"
    ids = [r["id"] for r in kept]
    new = f"D-{uuid4().hex[:12]}"
    said = at.say("slip-drafted", document=new, order=ORDER, lines=[[1, 3]], brought=ids)
    assert said["outcome"] == "accepted"
    came = at.state(new)["registrations"]
    assert [(r["id"], r["serial"], r["came_from"]) for r in came] == [(r["id"], r["serial"], slip) for r in kept]
    assert (at.state(slip)["registrations"], counters(backend, slip), counters(backend, new)) == (
        [],
        [(0, 0)],
        [(2, 1)],
    )
    assert at.post(new)["outcome"] == "accepted"  # nobody scanned anything again


def test_s12_who_ships_fewer_units_chooses_which_come_along(at, backend):
    numbers = [serial(), serial()]
    slip = at.ship(ORDER, 1, FREE, *numbers)
    ids = [r["id"] for r in at.state(slip)["registrations"]]
    at.reverse(slip)
    new = {"document": f"D-{uuid4().hex[:12]}", "order": ORDER}
    before = tables(backend)
    refused(at.say("slip-drafted", **new, lines=[[1, 1]], brought=ids), "too-many-kept", "S12")
    refused(at.say("slip-drafted", **new, lines=[[1, 1]], brought=[ids[0], ids[0]]), "not-known-here", "D4")
    refused(at.say("slip-drafted", **new, lines=[[2, 1]], brought=ids[:1]), "not-known-here", "D4")
    assert tables(backend) == before
    assert at.say("slip-drafted", **new, lines=[[1, 1]], brought=ids[1:])["outcome"] == "accepted"
    assert [r["serial"] for r in at.state(new["document"])["registrations"]] == numbers[1:]
    assert [r["serial"] for r in at.state(slip)["registrations"]] == numbers[:1]  # still kept


def test_s12_s22_a_kept_serial_is_kept_for_its_order_line_until_it_is_dropped(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    kept = at.state(slip)["registrations"][0]["id"]
    at.reverse(slip)
    elsewhere = at.draft("SO-2011", (2, 1))
    refused(at.register(elsewhere, 1, FREE, number), "held-elsewhere", "S22", "conflict")
    dropped = at.say("removed", document=slip, line=1, registration=kept, serial=number)
    assert dropped["outcome"] == "accepted"
    assert at.register(elsewhere, 1, FREE, number)["outcome"] == "accepted"


def test_s12_dropping_needs_the_duty_and_a_reversed_line(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    given = {"document": slip, "line": 1, "registration": at.registration(slip, number)["id"], "serial": number}
    refused(at.say("removed", **given), "document-posted", "S10")
    at.reverse(slip)
    at.backend.run("user", "add", "1010", "Finn", "post", stdin="1010\n")
    refused(at.say("removed", "1010", **given), "missing-duty", "S17")
    assert at.say("removed", "1002", **given)["outcome"] == "accepted"


def test_s12_a_kept_serial_that_is_scanned_onto_the_new_slip_comes_along(at, backend):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    at.reverse(slip)
    new = at.draft(ORDER, (1, 1))
    assert at.register(new, 1, FREE, number)["outcome"] == "accepted"
    assert [(r["serial"], r["came_from"]) for r in at.state(new)["registrations"]] == [(number, slip)]
    assert at.state(slip)["registrations"] == []
    assert (counters(backend, slip), counters(backend, new)) == ([(0, 0)], [(1, 0)])
    assert at.post(new)["outcome"] == "accepted"


def test_s12_s22_an_override_that_nobody_needed_does_not_sell_a_kept_serial_again(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    at.reverse(slip)
    new = at.draft(ORDER, (1, 1))
    given = {"document": new, "line": 1, "item": FREE, "serial": number, "override": "just in case"}
    assert at.say("registered", "1002", **given)["outcome"] == "accepted"
    assert [(r["came_from"], r["returned"]) for r in at.state(new)["registrations"]] == [(slip, False)]
    assert at.state(slip)["registrations"] == []


def test_s12_units_of_a_reversed_line_are_shipped_and_charged_anew(at):
    number = serial()
    first = at.ship(ORDER, 1, FREE, number)
    at.reverse(first)
    second, invoice = at.draft(ORDER, (1, 1)), at.invoice(ORDER)
    at.register(second, 1, FREE, number)
    assert at.post(second)["outcome"] == "accepted"
    assert at.draw(invoice, second, number)["outcome"] == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"
    refused(at.reverse(second), "invoiced", "S10")


@pytest.mark.parametrize("type", ["serial-corrected", "slip-reversed"])
def test_each_correction_that_is_refused_leaves_a_note_too(at, backend, type):
    given = {"registration": "x", "before": None, "serial": "A-1234"} if type == "serial-corrected" else {}
    said = at.say(type, "1002", document="PS-1009", line=1, **given)
    assert said["outcome"] in ("rejected", "duplicate")
    row = backend.rows("select who, detail from audit where action = ? and terminal = ?", type, at.name)
    assert row[0][0] == "1002"
    assert said["id"] in row[0][1]


def test_counters_and_live_rows_agree_after_all_of_it(backend):
    counted = "select coalesce(sum(serials), 0), coalesce(sum(blanks), 0) from slip_line"
    assert backend.rows(counted) == backend.rows(
        "select count(key), count(*) - count(key) from registration where live"
    )
    per_line = """
        select l.document, l.number from slip_line l where (l.serials, l.blanks) != (
            select count(r.key), count(*) - count(r.key) from registration r
            where r.live and r.document = l.document and r.line = l.number)
    """
    assert backend.rows(per_line) == []
    taken = """
        select o."order", o.number from order_line o where o.taken != (
            select coalesce(sum(l.units), 0) from slip_line l join slip s on s.number = l.document
            where s."order" = o."order" and l.order_line = o.number and not l.reversed
            and not (s.status = 'cancelled' and s.posted_at is null))
    """
    assert backend.rows(taken) == []


def test_s4_a_lenient_line_keeps_its_numbers_when_a_blank_moves_and_is_filled(at, backend):
    slip = at.draft(ORDER, (3, 3))
    at.say("not-readable", document=slip, line=1, item=LENIENT)
    at.register(slip, 1, LENIENT, serial())
    assert at.post(slip)["outcome"] == "accepted"
    blank = at.registration(slip, None)["id"]
    at.reverse(slip)
    new = f"D-{uuid4().hex[:12]}"
    lines = [[1, 1], [3, 3]]
    assert at.say("slip-drafted", document=new, order=ORDER, lines=lines, brought=[blank])["outcome"] == "accepted"
    assert (counters(backend, slip), counters(backend, new)) == ([(1, 0)], [(0, 0), (0, 1)])
    assert at.correct(new, None, serial(), reason="")["outcome"] == "accepted"
    assert counters(backend, new) == [(0, 0), (1, 0)]
    assert at.state(new)["registered"] == {"1": 0, "2": 1}
