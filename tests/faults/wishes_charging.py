"""What operators want of invoices and counter sales in a simulated shift (S14, S21)."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Kind, Registration, SlipStatus
from terminal.domain.intents import (
    DraftInvoice,
    DrawSerial,
    DrawUnits,
    Intent,
    RequestPosting,
    ReturnSerial,
    ReturnUnits,
    SellOneMore,
    SetSaleLine,
)
from terminal.domain.invoicing import rest_of_slip, slips_to_invoice
from terminal.journal.journal import Journal
from tests.drafts import all_that_is_left

from .simulated_terminal import Device
from .stock import ITEMS, ORDERS
from .wishes import loaded


def draft_invoice(device: Device, journal: Journal) -> Sequence[Intent]:
    """Draft an invoice: for what was shipped, or one that ships as well."""
    prefix, rng = journal.merging.shop().invoice_prefix, device.world.rng
    order = journal.records.order(rng.choice(ORDERS))
    if not prefix or order is None:
        return ()
    left = sorted(all_that_is_left(order).items())
    ships: tuple[tuple[int, int], ...] = ()
    if left and rng.random() < 0.3:
        line, n = rng.choice(left)
        ships = ((line, min(n, rng.randint(1, 2))),)
    elif not slips_to_invoice(journal.records, order.number):
        return ()
    return [DraftInvoice(journal.next_number(prefix), order.number, ships)]


def draw(device: Device, journal: Journal) -> Sequence[Intent]:
    """Put units of a slip on an invoice: one by its serial, some of a line, or all that is left of the slip."""
    invoice, rng = _open_invoice(device, journal), device.world.rng
    order = None if invoice is None else journal.records.slip(invoice)
    if invoice is None or order is None:
        return ()
    slips = slips_to_invoice(journal.records, order.order)
    rest = rest_of_slip(journal.records, invoice, rng.choice(slips).number) if slips else ()
    if not rest:
        return ()
    how = rng.random()
    if how < 0.5:
        return [DrawUnits(invoice, each.slip, each.line, each.registrations, each.units) for each in rest]
    line = rng.choice(rest)
    serials = [r.serial for r in map(journal.records.registration, line.registrations) if r is not None and r.serial]
    if serials and how < 0.8:
        return [DrawSerial(invoice, rng.choice(serials))]
    some = tuple(id for id in line.registrations if rng.random() < 0.6)
    return [DrawUnits(invoice, line.slip, line.line, some, rng.randint(0, line.units))]


def give_back(device: Device, journal: Journal) -> Sequence[Intent]:
    """Take units off an invoice again."""
    invoice, rng = _open_invoice(device, journal, empty=False), device.world.rng
    if invoice is None:
        return ()
    drawn, plain = journal.records.drawn(invoice), journal.records.draws(invoice)
    if drawn and rng.random() < 0.7:
        unit: Registration = rng.choice(drawn)
        if unit.serial and rng.random() < 0.5:
            return [ReturnSerial(invoice, unit.serial)]
        return [ReturnUnits(invoice, unit.document, unit.line, (unit.id,))]
    if not plain:
        return ()
    taken = rng.choice(plain)
    return [ReturnUnits(invoice, taken.slip, taken.line, (), rng.randint(1, taken.units))]


def charge(device: Device, journal: Journal) -> Sequence[Intent]:
    """Ask to post an invoice that has something on it."""
    invoice = _open_invoice(device, journal, empty=False)
    return [RequestPosting(invoice, False)] if invoice else ()


def sell(device: Device, journal: Journal) -> Sequence[Intent]:
    """Sell over the counter: one more unit, or so many of an item."""
    prefix, rng = journal.merging.shop().sale_prefix, device.world.rng
    if not prefix:
        return ()
    sales = loaded(journal, SlipStatus.DRAFT, kind=Kind.COUNTER_SALE)
    if not sales or rng.random() < 0.3:
        return [SellOneMore(journal.next_number(prefix), rng.choice(ITEMS))]
    sale = rng.choice(sales)
    if rng.random() < 0.5:
        return [SellOneMore(sale, rng.choice(ITEMS))]
    line = rng.choice(journal.records.lines(sale))
    return [SetSaleLine(sale, line.number, line.item, rng.randint(0, 2))]


def _open_invoice(device: Device, journal: Journal, *, empty: bool = True) -> str | None:
    """Choose a draft invoice that draws on slips, or can; `empty`: whether it may have nothing on it yet."""
    open_ones = [
        number
        for number in loaded(journal, SlipStatus.DRAFT, kind=Kind.INVOICE)
        if not journal.records.lines(number)
        and (empty or journal.records.drawn(number) or journal.records.draws(number))
    ]
    return device.world.rng.choice(open_ones) if open_ones else None
