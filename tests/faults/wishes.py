"""What operators want in a simulated shift, chosen by its seed: mostly sensible, often the same as others."""

from __future__ import annotations

from typing import Any

from terminal.domain.documents import SlipStatus
from terminal.domain.drafting import all_that_is_left
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

from .simulated_terminal import Device
from .stock import ORDERS


def _draft(device: Device, journal: Journal) -> str | None:
    """Choose one of the drafts that this terminal has read."""
    known = _loaded(journal, SlipStatus.DRAFT)
    return device.world.rng.choice(known) if known else None


def _loaded(journal: Journal, status: SlipStatus) -> list[str]:
    sql = "SELECT number FROM slip WHERE loaded = 1 AND status = ? ORDER BY number"
    return [str(number) for (number,) in journal.store.connection.execute(sql, (status,))]


def _line(device: Device, journal: Journal, document: str) -> Any:
    return device.world.rng.choice(journal.records.lines(document))


def _serial(device: Device) -> str:
    """Choose a serial: mostly a new one, often one of few that everybody has in their hands."""
    world = device.world
    if world.rng.random() < 0.35:
        return f"SAME{world.rng.randrange(6)}"
    world.serials += 1
    return f"S{world.serials:05d}"


def add(device: Device, journal: Journal) -> Intent | None:
    document = _draft(device, journal)
    if document is None:
        return None
    line = _line(device, journal, document)
    if units_too_many(journal.records.tally(document, line.number), line):
        return remove(device, journal)
    return AddSerial(document, line.number, _serial(device))


def fill(device: Device, journal: Journal) -> Intent | None:
    """Register what a slip still lacks, or ask to post it."""
    document = _draft(device, journal)
    if document is None:
        return None
    for line in journal.records.lines(document):
        registered = journal.records.tally(document, line.number).registered
        if registered < line.units and line.item == "PUMP":
            return AddSerial(document, line.number, _serial(device))
        if registered > line.units:
            return _remove_from(device, journal, document, line.number)
    return RequestPosting(document, False)


def blank(device: Device, journal: Journal) -> Intent | None:
    document = _draft(device, journal)
    return document and AddNotReadable(document, _line(device, journal, document).number)  # type: ignore[return-value]


def remove(device: Device, journal: Journal) -> Intent | None:
    document = _draft(device, journal)
    return document and _remove_from(device, journal, document, None)  # type: ignore[return-value]


def _remove_from(device: Device, journal: Journal, document: str, line: int | None) -> Intent | None:
    there = [r for r in journal.records.live_registrations(document) if line in (None, r.line)]
    if not there:
        return None
    gone = device.world.rng.choice(sorted(there, key=lambda r: r.id))
    if gone.serial is None:
        return RemoveNotReadable(document, gone.line)
    return RemoveSerial(document, gone.line, gone.serial)


def undo(device: Device, journal: Journal) -> Intent | None:
    document = _draft(device, journal)
    return Undo(document) if document else None


def post(device: Device, journal: Journal) -> Intent | None:
    document = _draft(device, journal)
    return RequestPosting(document, False) if document else None


def withdraw(device: Device, journal: Journal) -> Intent | None:
    waiting = _loaded(journal, SlipStatus.POSTING)
    return WithdrawPosting(device.world.rng.choice(waiting)) if waiting else None


def draft(device: Device, journal: Journal) -> Intent | None:
    prefix, rng = journal.merging.shop().slip_prefix, device.world.rng
    order = journal.records.order(rng.choice(ORDERS))
    if not prefix or order is None or not all_that_is_left(order):
        return None
    line, left = rng.choice(sorted(all_that_is_left(order).items()))
    number = journal.next_number(prefix)
    return DraftSlip(number, order.number, ((line, min(left, rng.randint(1, 2))),))


WISHES = {add: 30, fill: 30, blank: 6, remove: 10, undo: 12, post: 6, withdraw: 5, draft: 5}
