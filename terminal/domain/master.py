"""What master data must satisfy before a terminal may rely on it; whoever imports it asks row by row."""

from __future__ import annotations

from terminal.domain.documents import HARD_LONGEST, Item, SerialForm
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.serials import fits_case, mask_length, mask_literals


def check_item(item: Item) -> Refusal | None:
    """Say why an item can't be taken into master data, or None (S20, D2)."""
    if item.catch_weight and item.tracking.active_in_sales_process:
        return refuse(Code.CATCH_WEIGHT_GROUP, item=item.number, group=item.tracking.code)
    if not _can_be_met(item.serial_form):
        return refuse(Code.SERIAL_FORM, item=item.number)
    return None


def _can_be_met(form: SerialForm) -> bool:
    """Say whether a serial of this form can exist at all (D2): otherwise every scan of the item would be refused."""
    if not 1 <= form.shortest <= form.longest <= HARD_LONGEST:
        return False
    if not fits_case(mask_literals(form.mask), form.case):
        return False
    return not form.mask or form.shortest <= mask_length(form.mask) <= form.longest
