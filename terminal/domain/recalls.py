"""Recalled units stop at the scan (I9): which of a site's recalls is about a unit.

A store finds the recalls of an item whose serial or lot may be meant by one indexed look-up of `folded` values;
whether one is, is decided here, as the item's serials are compared (D2).
"""

from __future__ import annotations

from collections.abc import Iterable

from terminal.domain.documents import Item, Recall, Registration, SerialForm
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.serials import compared


def folded(text: str) -> str:
    """Give the value under which a serial or a lot is found, whether or not its case counts for the item now."""
    return compared(text, SerialForm())


def reason_in(recalls: Iterable[Recall], form: SerialForm, key: str, lot: str) -> str | None:
    """Give the reason of the first of an item's recalls, by serial and then by lot, that is about a unit.

    `key`: the unit's serial as it is compared.
    """
    of_lot = compared(lot, form) if lot else None
    for each in sorted(recalls, key=lambda r: (not r.serial, r.serial, r.lot)):
        if (compared(each.serial, form) == key) if each.serial else (compared(each.lot, form) == of_lot):
            return each.reason
    return None


def not_recalled(records: Records, item: Item, serial: str, lot: str) -> Refusal | None:
    """Refuse a recalled unit, whoever scans it (I9), or None."""
    reason = records.recalled(item.number, compared(serial, item.serial_form), lot)
    return None if reason is None else refuse(Code.RECALLED, serial=serial, reason=reason)


def still_recalled(records: Records, made: Registration) -> Refusal | None:
    """Refuse to count a registration again whose unit was recalled since (I9), or None."""
    item = records.item(made.item)
    return None if item is None or made.serial is None else not_recalled(records, item, made.serial, made.lot)
