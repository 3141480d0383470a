"""What goes over the wire comes back the same, and an older server's answer reads with the defaults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from terminal.backend.wire.documents import (
    OrderState,
    SlipHeader,
    SlipState,
    order_state_json,
    order_state_of,
    state_json,
    state_of,
)
from terminal.backend.wire.master import Master, master_json, master_of
from terminal.backend.wire.recalls import RecallPart, recall_part_json, recall_part_of
from terminal.domain.documents import (
    Draw,
    Item,
    Kind,
    Line,
    OrderLine,
    PackingSlip,
    Policies,
    Recall,
    Registration,
    SalesOrder,
    SerialCase,
    SerialForm,
    SlipStatus,
    TrackingGroup,
)

GROUP = TrackingGroup("SN", active_in_sales_process=True, serial_number_control=True)
SLIP = PackingSlip("PS-1", "SO-1", "Customer", SlipStatus.POSTED, posted_at="2026-01-02T03:04:05.678Z")
INVOICE = PackingSlip("INV-1", "SO-1", "Customer", SlipStatus.DRAFT, kind=Kind.INVOICE)
LINE = Line("PS-1", 1, "A-1", "Thing", 3, GROUP, order_line=1, reversed=True)
UNIT = Registration(
    *("E-1", "PS-1", 1, "A-1", "S-1", "s-1", "7", "T", "2026-01-01T00:00:00.000Z"),
    invoice="INV-1",
    invoiced=True,
    came_from="PS-0",
    returned=True,
    sold_before="E-0",
    lot="L-1",
    expiry="2030-12-31",
    gtin="04006381333931",
)
DRAW = Draw("INV-1", "PS-1", 1, 2, invoiced=True)
ON_SLIP = SlipState(SlipHeader(SLIP, (LINE,), {1: 1}), (UNIT,), 5, (DRAW,))
ON_INVOICE = SlipState(SlipHeader(INVOICE, ()), (), 5, (DRAW,), (UNIT,))
ORDER = OrderState(SalesOrder("SO-1", "Customer", (OrderLine(1, "A-1", 3, 1, 2),), "S"), (ON_SLIP, ON_INVOICE), 5)
ITEM = Item(
    "A-1", "Thing", GROUP, False, False, SerialForm(case=SerialCase.UPPER), (), warranty_months=24, service_months=12
)
MASTER = Master("S", "UTC", Policies(), (ITEM,), (), "PS-T7", "INV-T7", "CS-T7", bytes(range(32)), "7")
PART = RecallPart("7", (Recall("A-1", "S-1", "", "leaks"), Recall("A-1", "", "L-1", "cracks")), 9)


def sent(value: Any) -> Any:
    return json.loads(json.dumps(value))


def without(value: Any, *names: str) -> Any:
    """Leave fields out, wherever they stand."""
    if isinstance(value, dict):
        return {name: without(each, *names) for name, each in value.items() if name not in names}
    return [without(each, *names) for each in value] if isinstance(value, list) else value


def test_slips_invoices_orders_and_master_data_come_back_the_same():
    assert state_of(sent(state_json(ON_SLIP))) == ON_SLIP
    assert state_of(sent(state_json(ON_INVOICE))) == ON_INVOICE
    assert order_state_of(sent(order_state_json(ORDER))) == ORDER
    assert master_of(sent(master_json(MASTER))) == MASTER
    printing = replace(MASTER, policies=Policies(print_at_posting=True))
    assert master_of(sent(master_json(printing))) == printing
    assert recall_part_of(sent(recall_part_json(PART))) == PART


def test_what_an_older_server_leaves_out_has_its_default():
    new = ("invoice", "invoiced", "came_from", "returned", "sold_before")
    new += ("reversed", "posted_at", "draws", "drawn", "negative", "lot", "expiry", "gtin")
    state = state_of(without(sent(state_json(ON_SLIP)), *new, "kind"))
    assert (state.draws, state.drawn) == ((), ())
    assert (state.header.slip.kind, state.header.slip.posted_at) == (Kind.PACKING_SLIP, "")
    assert state.header.lines[0].reversed is False
    unit = state.registrations[0]
    assert (unit.lot, unit.expiry, unit.gtin) == ("", "", "")
    assert (unit.invoice, unit.invoiced, unit.came_from, unit.returned, unit.sold_before) == ("", False, "", False, "")
    assert order_state_of(without(sent(order_state_json(ORDER)), *new)).order.lines[0].negative == 0
    new = ("invoice_prefix", "sale_prefix", "warranty_months", "service_months", "print_at_posting", "command_key")
    new += ("recalls", "case")
    master = master_of(without(sent(master_json(MASTER)), *new))
    assert (master.slip_prefix, master.invoice_prefix, master.sale_prefix) == ("PS-T7", "", "")
    assert (master.items[0].warranty_months, master.items[0].service_months) == (0, 0)
    assert master.policies == Policies()
    assert (master.command_key, master.recalls) == (b"", "")
    assert master.items[0].serial_form == SerialForm()


@pytest.mark.parametrize("row", [[], ["A-1", "S-1", ""], ["A-1", "S-1", "", 7], "A-1", None, {"item": "A-1"}])
def test_a_recall_of_the_wrong_shape_is_no_answer_of_ours(row):
    with pytest.raises(ValueError, match="a recall must be"):
        recall_part_of({**sent(recall_part_json(PART)), "recalls": [row]})


def test_a_recall_may_say_more_within_the_version():
    part = recall_part_of({"name": "7", "recalls": [["A-1", "S-1", "", "leaks", "since May"]], "next": 0})
    assert part.recalls == (Recall("A-1", "S-1", "", "leaks"),)


@pytest.mark.parametrize("wrong", ["no hex but secret", "0", 7, None])
def test_a_key_that_is_none_is_not_repeated_in_what_may_be_logged(wrong):
    with pytest.raises(ValueError, match=r"^command_key must be (hex|text)$") as said:
        master_of({**sent(master_json(MASTER)), "command_key": wrong})
    assert said.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("draws", {}), ("drawn", None), ("draws", [{"invoice": 1}]), ("registrations", None), ("cursor", -1)],
)
def test_a_value_of_the_wrong_shape_is_no_answer_of_ours(name, wrong):
    with pytest.raises(ValueError, match=r"must be|missing"):
        state_of({**sent(state_json(ON_INVOICE)), name: wrong})
    with pytest.raises(ValueError, match=r"must be|missing"):
        order_state_of({**sent(order_state_json(ORDER)), "documents": [{**sent(state_json(ON_SLIP)), name: wrong}]})
