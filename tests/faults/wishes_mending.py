"""What operators want of what is posted in a simulated shift: to correct, reverse, keep, drop, and sell again."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Kind, Registration, SlipStatus
from terminal.domain.intents import AddSerial, CorrectSerial, DropKept, Intent, ReverseSlip
from terminal.journal.journal import Journal

from .simulated_terminal import Device
from .stock import ORDERS
from .wishes import draft_with_lines, knows_invoices, loaded, serial


def correct(device: Device, journal: Journal) -> Sequence[Intent]:
    """Give a unit that was shipped and is not invoiced another serial, or a blank one its own (S9, S10)."""
    status = "(SELECT status FROM slip WHERE number = document)"
    return _correct_one(device, journal, f"invoiced = 0 AND {status} = 'posted'")


def fill_blank(device: Device, journal: Journal) -> Sequence[Intent]:
    """Fill a blank, on a draft or on a slip that is posted (S9)."""
    return _correct_one(device, journal, "invoiced = 0 AND key IS NULL")


def reverse(device: Device, journal: Journal) -> Sequence[Intent]:
    """Reverse a posted slip, the whole or a line of it (S11)."""
    rng = device.world.rng
    slips = loaded(journal, SlipStatus.POSTED, kind=Kind.PACKING_SLIP)
    if not slips or not knows_invoices(journal):
        return ()
    slip = rng.choice(slips)
    lines = [0, *(line.number for line in journal.records.lines(slip) if not line.reversed)]
    return [ReverseSlip(slip, rng.choice(lines), "Wrong order")]


def drop_kept(device: Device, journal: Journal) -> Sequence[Intent]:
    """Let go of a unit that is kept since its slip was reversed (S12)."""
    kept = _kept(journal)
    if not kept:
        return ()
    unit = device.world.rng.choice(kept)
    return [DropKept(unit.document, unit.line, unit.id)]


def scan_kept(device: Device, journal: Journal) -> Sequence[Intent]:
    """Scan a unit that is kept: it comes along to a slip for its order line (S12)."""
    kept = [unit for unit in _kept(journal) if unit.serial]
    return _scan_on_a_draft(device, journal, kept, "")


def sell_again(device: Device, journal: Journal) -> Sequence[Intent]:
    """Sell a unit that was invoiced and came back, with a supervisor's word (S22)."""
    sold = _units(journal, "invoiced = 1 AND returned = 0 AND key IS NOT NULL")
    return _scan_on_a_draft(device, journal, sold, "It came back")


def _correct_one(device: Device, journal: Journal, where: str) -> Sequence[Intent]:
    units = _units(journal, where)
    if not units or not knows_invoices(journal):
        return ()
    unit = device.world.rng.choice(units)
    return [CorrectSerial(unit.document, unit.id, serial(device), "Wrong label")]


def _scan_on_a_draft(
    device: Device, journal: Journal, units: Sequence[Registration], override: str
) -> Sequence[Intent]:
    """Scan one of some units on a line for its item, of a draft that is not its own."""
    rng = device.world.rng
    document = draft_with_lines(device, journal)
    if document is None or not units or not knows_invoices(journal):
        return ()
    places = [
        (line.number, unit) for line in journal.records.lines(document) for unit in units if line.item == unit.item
    ]
    if not places:
        return ()
    line, unit = rng.choice(places)
    return [AddSerial(document, line, unit.serial or "", override)]


def _kept(journal: Journal) -> list[Registration]:
    lines = ((order, line.number) for order in ORDERS if (o := journal.records.order(order)) for line in o.lines)
    return [unit for order, line in lines for unit in journal.records.kept(order, line)]


def _units(journal: Journal, where: str) -> list[Registration]:
    """Give the units that count here and of which something is so, in the order of their names."""
    sql = f"SELECT id FROM registration WHERE live = 1 AND {where} ORDER BY id"
    found = (journal.records.registration(str(id)) for (id,) in journal.store.connection.execute(sql).fetchall())
    return [unit for unit in found if unit is not None]
