"""S20, D2: master data that no terminal could rely on is refused, row by row."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.documents import SerialForm
from terminal.domain.master import check_item
from terminal.domain.refusals import Code, refuse
from tests.domain.shop import DRILL, GLUE, HAM, MASKED, SAW, STOCK


def test_S20_a_catch_weight_item_cannot_be_in_a_group_active_in_the_sales_process():
    assert check_item(HAM) == refuse(Code.CATCH_WEIGHT_GROUP, item="HAM", group="SALES")
    assert check_item(replace(HAM, tracking=SAW.tracking)) == refuse(
        Code.CATCH_WEIGHT_GROUP, item="HAM", group="LENIENT"
    )


@pytest.mark.parametrize("tracking", [GLUE.tracking, STOCK], ids=lambda group: group.code)
def test_S20_a_catch_weight_item_can_be_in_any_other_group(tracking):
    assert check_item(replace(HAM, tracking=tracking)) is None


@pytest.mark.parametrize("item", [DRILL, SAW, GLUE, MASKED], ids=lambda item: item.number)
def test_S20_an_ordinary_item_can_be_in_any_group(item):
    assert check_item(item) is None


@pytest.mark.parametrize(
    "form",
    [
        SerialForm(shortest=0),
        SerialForm(shortest=-1),
        SerialForm(longest=0, shortest=0),
        SerialForm(shortest=9, longest=8),
        SerialForm(longest=101),
        SerialForm(mask="A" * 51),
        SerialForm(mask="AA", shortest=3),
    ],
    ids=str,
)
def test_D2_a_form_that_no_serial_can_meet_is_refused(form):
    assert check_item(replace(DRILL, serial_form=form)) == refuse(Code.SERIAL_FORM, item="DRILL")


@pytest.mark.parametrize(
    "form",
    [
        SerialForm(shortest=100, longest=100),
        SerialForm(shortest=1, longest=1),
        SerialForm(mask="A" * 50),
        SerialForm(mask="\\A\\9\\\\", shortest=3, longest=3),
        SerialForm(mask="A\\", shortest=2, longest=2),
    ],
    ids=str,
)
def test_D2_a_form_at_its_limits_is_taken(form):
    assert check_item(replace(DRILL, serial_form=form)) is None
