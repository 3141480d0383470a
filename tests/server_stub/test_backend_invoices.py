"""Invoices and counter sales over HTTP, by the rules' numbers: S13, S14, S21, S22, D9, D12."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from .test_backend_live import listening

FREE = "LP-1410"  # takes any serial of 4 to 40 characters
LENIENT = "HS-0310"  # blank issue allowed
ORDER = "SO-2012"


def serial() -> str:
    return f"S-{uuid4().hex[:12]}"


def tables(backend) -> list[list[tuple]]:
    """Everything that an event can change, beside the inbox itself."""
    names = ("slip", "slip_line", "registration", "draw", "order_line")
    return [backend.rows(f'select * from "{name}" order by 1, 2, 3') for name in names]


def refused(said: dict, code: str, rule: str, outcome: str = "rejected") -> dict:
    assert (said["outcome"], said["code"], said["rule"]) == (outcome, code, rule), said
    return said["parameters"]


def test_s14_an_invoice_may_pick_fewer_units_than_were_shipped(at):
    numbers = [serial() for _ in range(3)]
    slip, invoice = at.ship(ORDER, 1, FREE, *numbers), at.invoice(ORDER)
    assert at.draw(invoice, slip, numbers[0], numbers[2])["outcome"] == "accepted"
    assert [r["serial"] for r in at.state(invoice)["drawn"]] == [numbers[0], numbers[2]]
    assert at.post(invoice)["outcome"] == "accepted"
    state = at.state(invoice)
    assert (state["slip"]["kind"], state["slip"]["status"], state["registrations"]) == ("invoice", "posted", [])
    on_slip = {r["serial"]: (r["invoice"], r["invoiced"]) for r in at.state(slip)["registrations"]}
    assert on_slip == {numbers[0]: (invoice, True), numbers[1]: ("", False), numbers[2]: (invoice, True)}
    rest = at.invoice(ORDER)
    assert at.draw(rest, slip, numbers[1])["outcome"] == "accepted"
    assert at.post(rest)["outcome"] == "accepted"


def test_s14_three_slips_of_two_give_no_invoice_with_one_of_each(start):
    backend = start()
    at = backend.terminal()
    slips = ("PS-1009", "PS-1010", "PS-1011")
    before = {s: [r["id"] for r in at.state(s)["registrations"]] for s in slips}
    assert [len(ids) for ids in before.values()] == [2, 2, 2]
    invoice = at.invoice("SO-2006")

    def draws(slip: str, *ids: str) -> str:
        said = at.say("units-drawn", document=invoice, slip=slip, line=1, registrations=list(ids))
        return said["outcome"]

    assert [draws(slip, ids[0]) for slip, ids in before.items()] == ["accepted"] * 3
    unposted = tables(backend)
    assert refused(at.post(invoice), "several-incomplete", "S14")["slips"] == "PS-1009, PS-1010, PS-1011"
    assert tables(backend) == unposted
    assert draws("PS-1009", before["PS-1009"][1]) == "accepted"
    assert refused(at.post(invoice), "several-incomplete", "S14")["slips"] == "PS-1010, PS-1011"
    assert draws("PS-1010", before["PS-1010"][1]) == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"  # two whole, one partial
    last = at.invoice("SO-2006")
    said = at.say("units-drawn", document=last, slip="PS-1011", line=1, registrations=before["PS-1011"][1:])
    assert said["outcome"] == "accepted"
    assert at.post(last)["outcome"] == "accepted"


def test_s14_a_slip_that_earlier_invoices_charged_in_part_counts_as_whole_when_its_rest_is_drawn(at):
    first, second = [serial(), serial()], [serial(), serial()]
    one, two = at.ship(ORDER, 1, FREE, *first), at.ship(ORDER, 1, FREE, *second)
    partial = at.invoice(ORDER)
    at.draw(partial, one, first[0])
    assert at.post(partial)["outcome"] == "accepted"
    mixed = at.invoice(ORDER)
    at.draw(mixed, one, first[1])
    at.draw(mixed, two, second[0])
    assert at.post(mixed)["outcome"] == "accepted"


def test_s14_s4_units_without_a_registration_are_drawn_by_number(at):
    slip = at.draft(ORDER, (3, 4))
    number = serial()
    at.register(slip, 1, LENIENT, number)
    assert at.post(slip)["outcome"] == "accepted"
    invoice = at.invoice(ORDER)
    assert refused(at.draw(invoice, slip, units=4), "more-than-shipped", "S14")["left"] == 3
    assert at.draw(invoice, slip, number, units=2)["outcome"] == "accepted"
    assert at.state(slip)["draws"] == [{"invoice": invoice, "slip": slip, "line": 1, "units": 2, "invoiced": False}]
    back = at.say("units-returned", document=invoice, slip=slip, line=1, units=1)
    assert back["outcome"] == "accepted"
    assert at.draw(invoice, slip, units=2)["outcome"] == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"
    assert at.state(invoice)["draws"] == at.state(slip)["draws"]
    assert at.state(slip)["draws"][0]["invoiced"] is True
    again = at.invoice(ORDER)
    assert refused(at.draw(again, slip, units=1), "more-than-shipped", "S14")["left"] == 0


def test_s14_a_unit_is_on_one_invoice_at_a_time(backend):
    here, there, number = backend.terminal(), backend.terminal(), serial()
    slip = here.ship(ORDER, 1, FREE, number)
    mine, yours = here.invoice(ORDER), there.invoice(ORDER)
    assert here.draw(mine, slip, number)["outcome"] == "accepted"
    refused(here.draw(mine, slip, number), "already-on-invoice", "S14", "duplicate")
    assert refused(there.draw(yours, slip, number), "on-other-invoice", "S14", "conflict")["invoice"] == mine
    unit = here.registration(slip, number)["id"]
    given = {"slip": slip, "line": 1, "registrations": [unit]}
    refused(there.say("units-returned", document=yours, **given), "not-on-invoice", "S14", "duplicate")
    assert here.say("units-returned", document=mine, **given)["outcome"] == "accepted"
    assert there.draw(yours, slip, number)["outcome"] == "accepted"


def test_s14_what_an_invoice_can_not_draw_on(at, backend):
    number = serial()
    draft = at.draft(ORDER, (1, 1))
    at.register(draft, 1, FREE, number)
    invoice = at.invoice(ORDER)
    before = tables(backend)
    refused(at.draw(invoice, draft, number), "not-posted", "S14")
    refused(at.say("units-drawn", document=invoice, slip="PS-1009", line=1, units=1), "other-order", "S14")
    refused(at.say("units-drawn", document=draft, slip=draft, line=1, units=1), "not-an-invoice", "S14")
    refused(at.say("units-drawn", document=invoice, slip="nowhere", line=1, units=1), "unknown-document", "D8")
    refused(at.post(invoice), "nothing-to-invoice", "S14")
    refused(at.say("invoice-drafted", document=invoice, order=ORDER), "number-taken", "S13")
    refused(at.say("invoice-drafted", document="I-new", order="SO-0"), "unknown-order", "S13")
    assert tables(backend) == before


def test_d9_an_invoice_without_a_slip_ships_and_charges_its_own_lines(at):
    before = at.order(ORDER)["order"]["lines"][0]["left"]
    invoice, numbers = at.invoice(ORDER, (1, 2)), [serial(), serial()]
    assert at.order(ORDER)["order"]["lines"][0]["left"] == before - 2
    at.register(invoice, 1, FREE, numbers[0])
    refused(at.post(invoice), "units-missing", "S3")
    at.register(invoice, 1, FREE, numbers[1])
    assert at.post(invoice)["outcome"] == "accepted"
    kept = at.state(invoice)["registrations"]
    assert [(r["serial"], r["invoice"], r["invoiced"]) for r in kept] == [(n, invoice, True) for n in numbers]
    assert at.state(invoice)["drawn"] == []
    more = at.say("invoice-drafted", document="I-more", order=ORDER, lines=[[1, before]])
    refused(more, "more-than-left", "S13")


def test_d5_an_invoice_posts_only_what_the_operator_saw(backend):
    here, there = backend.terminal(), backend.terminal()
    numbers = [serial(), serial()]
    slip, invoice = here.ship(ORDER, 1, FREE, *numbers), here.invoice(ORDER)
    here.draw(invoice, slip, numbers[0])
    asked = here.posting(invoice)
    there.draw(invoice, slip, numbers[1])
    refused(here.answers(asked)[0], "different-set", "D5")
    assert here.state(invoice)["slip"]["status"] == "draft"
    assert here.post(invoice)["outcome"] == "accepted"


def test_s17_who_may_register_and_post_may_invoice(at, backend):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    backend.run("user", "add", "1007", "Dan", "register", stdin="7777\n")
    backend.run("user", "add", "1008", "Eva", "post", stdin="8888\n")
    refused(at.say("invoice-drafted", "1008", document="I-s17", order=ORDER), "missing-duty", "S17")
    assert at.say("invoice-drafted", "1007", document="I-s17", order=ORDER)["outcome"] == "accepted"
    assert at.draw("I-s17", slip, number)["outcome"] == "accepted"
    refused(at.post("I-s17", "1007"), "missing-duty", "S17")
    assert at.post("I-s17", "1008")["outcome"] == "accepted"


def test_s21_a_counter_sale_asks_for_serials_and_is_slip_and_invoice_in_one(at):
    sale, number = f"CS-{uuid4().hex[:8]}", serial()
    assert at.say("sale-line-set", document=sale, line=1, item=FREE, units=1)["outcome"] == "accepted"
    assert at.say("sale-line-set", document=sale, line=2, item="CB-HDMI2", units=3)["outcome"] == "accepted"
    refused(at.post(sale), "units-missing", "S3")
    refused(at.register(sale, 2, "CB-HDMI2", serial()), "not-tracked", "S1")
    assert at.register(sale, 1, FREE, number)["outcome"] == "accepted"
    assert at.say("sale-line-set", document=sale, line=1, item=FREE, units=2)["outcome"] == "accepted"
    refused(at.post(sale), "units-missing", "S3")
    assert at.state(sale)["registered"] == {"1": 1, "2": 0}  # another number of units, the same registrations
    at.say("sale-line-set", document=sale, line=1, item=FREE, units=1)
    assert at.post(sale)["outcome"] == "accepted"
    state = at.state(sale)
    assert (state["slip"]["kind"], state["slip"]["status"], state["slip"]["order"]) == ("counter-sale", "posted", "")
    assert [(r["serial"], r["invoice"], r["invoiced"]) for r in state["registrations"]] == [(number, sale, True)]
    refused(at.say("sale-line-set", document=sale, line=1, item=FREE, units=2), "document-posted", "S10")


def test_s21_what_a_counter_sale_can_not_be(at, backend):
    before = tables(backend)
    sale = f"CS-{uuid4().hex[:8]}"
    for body, code, rule in (
        ({"document": "PS-1001", "line": 1, "item": FREE, "units": 1}, "number-taken", "S13"),
        ({"document": sale, "line": 1, "item": "XX", "units": 1}, "unknown-item", "D8"),
        ({"document": sale, "line": 1, "item": "LP-1330", "units": 1}, "blocked", "I11"),
        ({"document": sale, "line": 0, "item": FREE, "units": 1}, "unknown-line", "D8"),
    ):
        refused(at.say("sale-line-set", **body), code, rule)
    assert tables(backend) == before
    at.say("sale-line-set", document=sale, line=1, item=FREE, units=0)
    refused(at.post(sale), "nothing-to-ship", "S13")
    refused(at.say("sale-line-set", document=sale, line=1, item=LENIENT, units=1), "unknown-line", "D8")


def test_s22_a_unit_that_was_sold_and_came_back_needs_a_supervisors_reason(at, backend):
    number = serial()
    slip, invoice = at.ship(ORDER, 1, FREE, number), at.invoice(ORDER)
    at.draw(invoice, slip, number)
    refused(at.register(at.draft(ORDER, (1, 1)), 1, FREE, number), "held-elsewhere", "S22", "conflict")
    assert at.post(invoice)["outcome"] == "accepted"
    again = at.draft(ORDER, (1, 1))
    sold = refused(at.register(again, 1, FREE, number.lower()), "sold-before", "S22")
    assert (sold["document"], sold["invoice"]) == (slip, invoice)
    given = {"document": again, "line": 1, "item": FREE, "serial": number}
    why = {"override": "came back unopened"}
    refused(at.say("registered", "1002", **given, **why), "missing-duty", "S17")
    before = len(backend.rows("select 1 from audit where action = 'registered' and subject = ?", again))
    assert at.say("registered", **given, **why)["outcome"] == "accepted"
    noted = backend.rows("select detail from audit where action = 'registered' and subject = ?", again)
    assert len(noted) == before + 1
    assert "came back unopened" in noted[-1][0]
    assert (at.registration(slip, number)["returned"], at.registration(again, number)["returned"]) == (True, False)
    assert at.registration(slip, number)["invoice"] == invoice  # what was sold then stays written down
    assert at.post(again)["outcome"] == "accepted"
    refused(at.register(at.draft(ORDER, (1, 1)), 1, FREE, number), "held-elsewhere", "S22", "conflict")


def sell(at, number: str, **why: str) -> str:
    """Sell a unit at the counter (S21); gives the number of the sale."""
    sale = f"CS-{uuid4().hex[:8]}"
    at.say("sale-line-set", document=sale, line=1, item=FREE, units=1)
    said = at.say("registered", document=sale, line=1, item=FREE, serial=number, **why)
    assert said["outcome"] == "accepted", said
    assert at.post(sale)["outcome"] == "accepted"
    return sale


def removed(at, document: str, number: str) -> dict[str, Any]:
    """Take a serial off a draft; gives what an undo of that says."""
    given = {"document": document, "line": 1, "registration": at.registration(document, number)["id"], "serial": number}
    said = at.say("removed", **given)
    assert said["outcome"] == "accepted", said
    return {**given, "event": said["id"], "undoes": "removed"}


@pytest.mark.parametrize("why", [{}, {"override": "just in case"}], ids=["plain", "with a reason that nobody needed"])
def test_d3_s22_a_removal_is_not_undone_over_a_sale_that_came_since(at, backend, why):
    number, slip = serial(), at.draft(ORDER, (1, 1))
    at.say("registered", document=slip, line=1, item=FREE, serial=number, **why)
    assert at.registration(slip, number)["sold_before"] == ""
    undo = removed(at, slip, number)
    sale = sell(backend.terminal(), number)
    before = tables(backend)
    said = at.say("undone", **undo)
    sold = refused(said, "sold-before", "S22")
    assert sold == {"serial": number, "document": sale, "line": 1, "invoice": sale}
    assert (said["holder"]["document"], said["live"]) == (sale, False)
    assert tables(backend) == before
    assert at.say("registered", document=slip, line=1, item=FREE, serial=number, override="came back")["outcome"] == (
        "accepted"
    )


def test_d3_s22_a_removal_is_undone_over_the_very_sale_that_a_supervisor_spoke_of(at, backend):
    number, slip = serial(), at.draft(ORDER, (1, 1))
    first = at.registration(sell(at, number), number)
    assert first["sold_before"] == ""
    given = {"document": slip, "line": 1, "item": FREE, "serial": number, "override": "came back"}
    assert at.say("registered", **given)["outcome"] == "accepted"
    assert at.registration(slip, number)["sold_before"] == first["id"]
    undo = removed(at, slip, number)
    assert at.registration(first["document"], number)["returned"] is False
    assert at.say("undone", **undo)["outcome"] == "accepted"
    assert at.registration(slip, number)["sold_before"] == first["id"]
    assert at.registration(first["document"], number)["returned"] is True
    late = removed(at, slip, number)
    second = sell(at, number, override="came back once more")
    assert refused(at.say("undone", **late), "sold-before", "S22")["document"] == second


@pytest.mark.parametrize("scanned", [True, False], ids=["scanned again", "brought along"])
def test_s12_s22_a_second_sale_that_comes_along_still_knows_what_it_was_sold_over(at, scanned):
    number, slip = serial(), at.draft(ORDER, (1, 1))
    first = at.registration(sell(at, number), number)["id"]
    at.say("registered", document=slip, line=1, item=FREE, serial=number, override="came back")
    assert at.post(slip)["outcome"] == "accepted"
    assert at.reverse(slip)["outcome"] == "accepted"
    if scanned:
        new = at.draft(ORDER, (1, 1))
        assert at.register(new, 1, FREE, number)["outcome"] == "accepted"
    else:
        new, kept = f"D-{uuid4().hex[:12]}", at.registration(slip, number)["id"]
        assert kept != first
        at.say("slip-drafted", document=new, order=ORDER, lines=[[1, 1]], brought=[kept])
    assert at.registration(new, number)["sold_before"] == first
    assert at.say("undone", **removed(at, new, number))["outcome"] == "accepted"


def test_d12_a_document_has_the_servers_moment_of_posting(at):
    slip = at.ship(ORDER, 1, FREE, serial())
    moment = at.state(slip)["slip"]["posted_at"]
    assert len(moment) == 24
    assert moment.endswith("Z")
    assert at.state(at.draft(ORDER, (1, 1)))["slip"]["posted_at"] == ""


def test_an_order_is_listed_until_all_its_units_are_invoiced(at):
    order = "SO-2004"

    def listed() -> bool:
        at.state("PS-1001")  # signs in
        return any(each["number"] == order for each in at.http.get("/v1/documents").json()["orders"])

    slip = at.draft(order, (1, 3), (2, 5))
    numbers = [f"SL26-10000{n}" for n in range(3)]
    for number in numbers:
        assert at.register(slip, 1, "TB-1100", number)["outcome"] == "accepted"
    assert listed() is False  # nothing is left to ship, and nothing is shipped yet
    assert at.post(slip)["outcome"] == "accepted"
    assert listed() is True
    invoice = at.invoice(order)
    at.draw(invoice, slip, *numbers)
    assert at.draw(invoice, slip, units=4, line=2)["outcome"] == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"
    assert listed() is True  # one cable's worth of mice is still to be charged
    last = at.invoice(order)
    at.draw(last, slip, units=1, line=2)
    assert listed() is True
    assert at.post(last)["outcome"] == "accepted"
    assert listed() is False
    kinds = {s["slip"]["number"]: s["slip"]["kind"] for s in at.http.get("/v1/documents").json()["slips"]}
    assert (kinds[slip], kinds[invoice], kinds[last]) == ("packing-slip", "invoice", "invoice")


def test_an_order_comes_with_all_its_documents_from_one_moment(at):
    number = serial()
    slip, invoice = at.ship(ORDER, 1, FREE, number), at.invoice(ORDER)
    at.draw(invoice, slip, number)
    given = at.order(ORDER)
    assert given["order"]["number"] == ORDER
    assert given["cursor"] == at.sequence
    found = {each["slip"]["number"]: each for each in given["documents"]}
    assert {"PS-1400", slip, invoice} <= set(found)
    assert list(found) == sorted(found)
    assert found[slip] == at.state(slip)
    assert found[invoice] == at.state(invoice)
    assert [r["invoice"] for r in found[slip]["registrations"]] == [invoice]


def test_an_unknown_order_and_a_stranger_get_a_problem(at):
    asked = {"terminal": at.name, "epoch": at.epoch}
    assert at.http.get(f"/v1/orders/{ORDER}", params=asked).json()["code"] == "session-missing"
    at.sign_in()
    answer = at.http.get("/v1/orders/SO-0", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-order")
    assert answer.json()["parameters"] == {"order": "SO-0"}
    assert at.http.get(f"/v1/orders/{ORDER}", params={"terminal": "a b", "epoch": "e"}).status_code == 422


def test_s13_each_kind_of_document_has_a_prefix_of_its_own(at):
    given = at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch}).json()
    number = given["slip_prefix"].removeprefix("PS-T")
    assert number.isdecimal()
    assert (given["invoice_prefix"], given["sale_prefix"]) == (f"INV-T{number}", f"CS-T{number}")


@pytest.mark.parametrize("type", ["invoice-drafted", "units-drawn", "units-returned", "sale-line-set"])
def test_each_event_leaves_a_note_in_the_trail(at, backend, type):
    said = at.say(type, document="nowhere", **WHATEVER[type])
    row = backend.rows("select detail from audit where action = ? and terminal = ?", type, at.name)
    assert said["id"] in row[0][0]


WHATEVER = {
    "invoice-drafted": {"order": "SO-0"},
    "units-drawn": {"slip": "PS-1009", "line": 1, "units": 1},
    "units-returned": {"slip": "PS-1009", "line": 1, "units": 1},
    "sale-line-set": {"line": 1, "item": "XX", "units": 1},
}


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("units-drawn", {"slip": "P" * 65, "line": 1, "units": 1}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "registrations": ["x" * 65]}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "registrations": ["a b"]}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "registrations": [""]}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "registrations": ["\u00e4"]}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "registrations": ["x"] * 10_001}),
        ("units-drawn", {"slip": "PS-1009", "line": 1, "units": -1}),
        ("invoice-drafted", {"order": ORDER, "lines": [[1, 1]] * 10_001}),
        ("invoice-drafted", {"order": ORDER, "lines": [[1, 1], [1, 1]]}),
        ("slip-drafted", {"order": ORDER, "lines": [[1, 1]], "brought": ["\x00"]}),
        ("serial-corrected", {"line": 1, "registration": "x", "before": None, "serial": "A-1234", "reason": "r" * 201}),
        ("slip-reversed", {"line": 1, "reason": "r" * 201}),
        ("registered", {"line": 1, "item": FREE, "serial": "A-1234", "override": "r" * 201}),
    ],
)
def test_what_no_terminal_sends_is_answered_as_malformed_and_changes_nothing(at, backend, type, body):
    before = tables(backend)
    refused(at.say(type, document="I-malformed", **body), "malformed-event", "D1")
    assert tables(backend) == before


def test_a_retry_of_everything_gets_the_same_bytes_and_changes_nothing(at, backend):
    number, numbers = serial(), [serial(), serial()]
    slip, other = at.ship(ORDER, 1, FREE, *numbers), at.ship(ORDER, 1, FREE, None, None)
    one, two = at.registration(slip, numbers[0]), at.registration(other, None)
    sale, invoice = f"CS-{uuid4().hex[:8]}", f"I-{uuid4().hex[:8]}"
    drawn = {"document": invoice, "slip": slip, "line": 1, "registrations": [one["id"]]}
    corrected = {"document": other, "line": 1, "registration": two["id"], "before": None, "serial": number}
    batch = [
        at.event("invoice-drafted", document=invoice, order=ORDER),
        at.event("units-drawn", **drawn),
        at.event("units-drawn", **drawn),
        at.event("units-returned", **drawn),
        at.event("serial-corrected", **corrected),
        at.event("slip-reversed", document=other, line=0, reason="Wrong unit packed"),
        at.event("slip-reversed", document=other, line=0, reason="Wrong unit packed"),
        at.event("sale-line-set", document=sale, line=1, item=FREE, units=1),
        at.event("slip-drafted", document=f"{invoice}-S", order=ORDER, lines=[[1, 2]], brought=[two["id"]]),
    ]
    first = at.send(*batch)
    after = tables(backend)
    outcomes = [a["outcome"] for a in first.json()["answers"]]
    assert outcomes == ["accepted"] * 2 + ["duplicate"] + ["accepted"] * 3 + ["duplicate"] + ["accepted"] * 2
    second = at.send(*batch)
    assert first.text[: first.text.index('],"cursor"')] == second.text[: second.text.index('],"cursor"')]
    assert tables(backend) == after


def test_whoever_has_a_slip_open_hears_at_once_that_an_invoice_or_a_new_slip_took_of_it(backend):
    here, there = backend.terminal(), backend.terminal()
    number = serial()
    slip, invoice = here.ship(ORDER, 1, FREE, number), here.invoice(ORDER)
    unit = here.registration(slip, number)["id"]
    with listening(there, slip) as stream:

        def hears(after: int, *events: dict) -> int:
            assert {a["outcome"] for a in here.answers(*events)} == {"accepted"}
            stream.wait(lambda: len(stream.messages()) > after, "no message came")
            return len(stream.messages())

        drawn = {"document": invoice, "slip": slip, "line": 1, "registrations": [unit]}
        heard = hears(0, here.event("units-drawn", **drawn))
        heard = hears(heard, here.event("units-returned", **drawn))
        heard = hears(heard, here.event("slip-reversed", document=slip, line=1, reason="Wrong unit packed"))
        new = {"document": f"{invoice}-S", "order": ORDER, "lines": [[1, 1]], "brought": [unit]}
        hears(heard, here.event("slip-drafted", **new))
        assert {document for _, document in stream.messages()} == {slip}
