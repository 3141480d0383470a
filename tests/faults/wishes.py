"""What operators want of drafts in a simulated shift: to register, remove, undo, post, take posting back, draft.

Chosen by the shift's seed: mostly sensible, often the same as others. `wishes_charging` and `wishes_mending` have what
people want of invoices, sales and posted slips.
"""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Line, SlipStatus
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    DraftSlip,
    Intent,
    RemoveNotReadable,
    RemoveSerial,
    RequestPosting,
    Undo,
    WithdrawPosting,
)
from terminal.domain.registering import units_too_many
from terminal.journal.journal import Journal
from tests.drafts import all_that_is_left, kept_that_fit

from .simulated_terminal import Device
from .stock import ORDERS


def loaded(journal: Journal, status: SlipStatus, *, kind: str = "") -> list[str]:
    """Name the documents that this terminal has read, or made, and that stand so."""
    sql = "SELECT number FROM slip WHERE loaded = 1 AND status = ? AND ? IN ('', kind) ORDER BY number"
    return [str(number) for (number,) in journal.store.connection.execute(sql, (status, kind))]


def knows_invoices(journal: Journal) -> bool:
    """Say whether the server has ever said that it knows invoices: those of the first version did not.

    Nor did they know corrections, reversals and sales; nobody asked one for them.
    """
    return bool(journal.merging.shop().invoice_prefix)


def draft_with_lines(device: Device, journal: Journal) -> str | None:
    """Choose one of the drafts on whose lines something can be registered."""
    drafts = [number for number in loaded(journal, SlipStatus.DRAFT) if journal.records.lines(number)]
    return device.world.rng.choice(drafts) if drafts else None


def serial(device: Device) -> str:
    """Choose a serial: mostly a new one, often one of few that everybody has in their hands."""
    world = device.world
    if world.rng.random() < 0.35:
        return f"SAME{world.rng.randrange(6)}"
    world.serials += 1
    return f"S{world.serials:05d}"


def add(device: Device, journal: Journal) -> Sequence[Intent]:
    """Scan a serial on some line."""
    document = draft_with_lines(device, journal)
    if document is None:
        return ()
    line = device.world.rng.choice(journal.records.lines(document))
    if units_too_many(journal.records.tally(document, line.number), line):
        return remove(device, journal)
    return [AddSerial(document, line.number, serial(device))]


def fill(device: Device, journal: Journal) -> Sequence[Intent]:
    """Register what a document still lacks, or ask to post it."""
    document = draft_with_lines(device, journal)
    if document is None:
        return ()
    for line in journal.records.lines(document):
        registered = journal.records.tally(document, line.number).registered
        if registered < line.units and line.item == "PUMP":
            return [AddSerial(document, line.number, serial(device))]
        if registered > line.units:
            return _remove_from(device, journal, document, line.number)
    return [RequestPosting(document, False)]


def blank(device: Device, journal: Journal) -> Sequence[Intent]:
    """Register a unit whose serial can't be read."""
    document = draft_with_lines(device, journal)
    return [AddNotReadable(document, _line(device, journal, document).number)] if document else ()


def remove(device: Device, journal: Journal) -> Sequence[Intent]:
    """Take something off a draft."""
    document = draft_with_lines(device, journal)
    return _remove_from(device, journal, document, None) if document else ()


def undo(device: Device, journal: Journal) -> Sequence[Intent]:
    """Undo what this operator did last on a draft."""
    document = draft_with_lines(device, journal)
    return [Undo(document)] if document else ()


def post(device: Device, journal: Journal) -> Sequence[Intent]:
    """Ask to post a draft of any kind, whatever it lacks."""
    drafts = loaded(journal, SlipStatus.DRAFT)
    return [RequestPosting(device.world.rng.choice(drafts), False)] if drafts else ()


def withdraw(device: Device, journal: Journal) -> Sequence[Intent]:
    """Take a request to post back."""
    waiting = loaded(journal, SlipStatus.POSTING)
    return [WithdrawPosting(device.world.rng.choice(waiting))] if waiting else ()


def draft(device: Device, journal: Journal) -> Sequence[Intent]:
    """Draft a slip; what came back of its lines comes along, all that fits or some of it (S12)."""
    prefix, rng = journal.merging.shop().slip_prefix, device.world.rng
    order = journal.records.order(rng.choice(ORDERS))
    if not prefix or order is None or not all_that_is_left(order):
        return ()
    line, left = rng.choice(sorted(all_that_is_left(order).items()))
    units = {line: min(left, rng.randint(1, 2))}
    fitting = kept_that_fit(journal.records, order.number, units)
    brought = tuple(id for id in fitting if rng.random() < 0.8)
    return [DraftSlip(journal.next_number(prefix), order.number, tuple(units.items()), brought)]


def _line(device: Device, journal: Journal, document: str) -> Line:
    return device.world.rng.choice(journal.records.lines(document))


def _remove_from(device: Device, journal: Journal, document: str, line: int | None) -> Sequence[Intent]:
    there = [r for r in journal.records.live_registrations(document) if line in (None, r.line)]
    if not there:
        return ()
    gone = device.world.rng.choice(sorted(there, key=lambda r: r.id))
    if gone.serial is None:
        return [RemoveNotReadable(document, gone.line)]
    return [RemoveSerial(document, gone.line, gone.serial)]
