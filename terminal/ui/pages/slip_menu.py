"""What the menu offers for a slip, draft or posted: its serials, corrections, reversal, units without a serial."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.domain.documents import Duty, Kind, SlipStatus
from terminal.domain.views import Sheet
from terminal.ui.page import Page
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.inquiry import InquiryPage
from terminal.ui.pages.marking import mark_many_menu
from terminal.ui.pages.menu import Entry, lacking, offer
from terminal.ui.pages.order import order_menu
from terminal.ui.pages.printing import print_menu
from terminal.ui.pages.reversing import KeptPage, ReversePage
from terminal.ui.words import _


def slip_menu(page: Page, sheet: Sheet) -> Sequence[Entry]:
    """Give the entries for the slip that a page works on, and for its current line."""
    stage, slip, line = page.stage, sheet.slip, sheet.current
    entries: list[Entry] = [(_("Serials"), lambda: stage.enter(InquiryPage(stage, slip.number)))]
    if slip.status is SlipStatus.DRAFT and line.takes_serials:
        entries.append(mark_many_menu(page, line))
    if slip.status is SlipStatus.POSTED and slip.kind == Kind.PACKING_SLIP:
        why_not = lacking(page.desk, Duty.CORRECT_SERIALS)
        may_not_reverse = lacking(page.desk, Duty.CORRECT_SERIALS, "reverse")
        correct, reverse = _("Correct a serial"), _("Reverse ...")
        entries.append(
            offer(page, correct, lambda: stage.enter(InquiryPage(stage, slip.number, correcting=True)), why_not)
        )
        entries.append(offer(page, reverse, lambda: stage.enter(ReversePage(stage, slip.number)), may_not_reverse))
    if slip.status is SlipStatus.CANCELLED and slip.order:
        entries.append((_("Kept serials ..."), lambda: stage.enter(KeptPage(stage, slip.order))))
    else:
        entries.append((_("Not readable"), lambda: stage.enter(BlanksPage(stage, slip.number))))
    return [*entries, *order_menu(page, slip.order), *print_menu(page, slip.number)]
