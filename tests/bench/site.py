"""A small site for the benches that ask the journal directly."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Duty, Item, Line, Operator, OrderLine, PackingSlip, SalesOrder, TrackingGroup
from terminal.domain.views import Shop
from terminal.journal.journal import Journal

CONTROL = TrackingGroup("SERIAL", active_in_sales_process=True, serial_number_control=True)
ITEM = Item("PUMP", "A pump", CONTROL, references=("4012345678901",))
ANNA = Operator("1001", "Anna", frozenset(Duty))


def furnish(journal: Journal, units: Sequence[int] = (100_000,)) -> None:
    """Give a journal its master data and slips `PS-1` and so on, one line each, of so many units."""
    journal.merging.take_master(Shop(site="A", operators={ANNA.id: ANNA}, slip_prefix="T1"), [ITEM])
    order = SalesOrder("SO-1", "ACME", (OrderLine(1, ITEM.number, sum(units), sum(units)),))
    slips = []
    for n, wanted in enumerate(units, 1):
        line = Line(f"PS-{n}", 1, ITEM.number, ITEM.description, wanted, CONTROL, order_line=1)
        slips.append((PackingSlip(f"PS-{n}", "SO-1", "ACME"), (line,), {}))
    journal.merging.take_documents([order], slips)
