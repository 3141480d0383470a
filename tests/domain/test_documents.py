"""S2: what switching serials on in the sales process does to a tracking group."""

from __future__ import annotations

from terminal.domain.documents import SerialOption, TrackingGroup
from tests.domain.shop import STOCK


def test_S2_switching_it_on_sets_control_and_clears_every_other_option():
    group = TrackingGroup("G", active_in_sales_process=True, other_options=frozenset(SerialOption))
    assert group.in_force() == TrackingGroup("G", active_in_sales_process=True, serial_number_control=True)


def test_S2_blank_issue_allowed_stays_as_it_is():
    group = TrackingGroup("G", active_in_sales_process=True, blank_issue_allowed=True)
    assert group.in_force() == TrackingGroup(
        "G", active_in_sales_process=True, serial_number_control=True, blank_issue_allowed=True
    )


def test_S2_a_group_that_is_not_switched_on_stays_as_it_is():
    assert STOCK.in_force() == STOCK
    assert TrackingGroup("G").in_force() == TrackingGroup("G")
