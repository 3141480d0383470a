"""A small shop: one item, one slip of 10,000 units, one operator; and a terminal's journal that knows them."""

from __future__ import annotations

from terminal.domain.documents import Duty, Item, Line, Operator, PackingSlip, Policies, TrackingGroup
from terminal.domain.intents import AddSerial
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe

GROUP = TrackingGroup("SN", active_in_sales_process=True, serial_number_control=True)
ITEM = Item("I-1", "Drill", GROUP)
SLIP = PackingSlip("PS-1", "SO-1", "Customer")
LINE = Line("PS-1", 1, "I-1", "Drill", 10_000, GROUP)
KEEPER = Operator("1001", "Keeper", frozenset({Duty.REGISTER, Duty.POST, Duty.REGISTER_UNREADABLE}))
PREFIX = "PS-T1"
SHOP = Shop("S1", "UTC", Policies(), PREFIX, operators={KEEPER.id: KEEPER})


def stock(journal: Journal) -> None:
    journal.merging.take_master(SHOP, [ITEM])
    journal.merging.take_slip(SLIP, [LINE], [], 0)


def scan(scribe: Scribe, *serials: str) -> None:
    for serial in serials:
        intent = AddSerial(SLIP.number, LINE.number, serial)
        verdict = scribe.call(lambda journal, intent=intent: journal.record(KEEPER, Policies(), intent))
        assert verdict.accepted, verdict


def scan_many(scribe: Scribe, count: int, prefix: str = "S") -> None:
    scan(scribe, *(f"{prefix}{n:05d}" for n in range(count)))
