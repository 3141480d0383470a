"""Documents as plain text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings

from terminal.printing.printout import Entry, Kind, PrintedLine, Printout
from terminal.printing.text import as_text
from terminal.printing.visible import columns, wrapped

from .samples import document, long_document, printouts

WIDTHS = pytest.mark.parametrize("width", [40, 80])


def test_a_slip_of_forty_columns():
    lines = (
        PrintedLine("R7", "Router R7, black, with four antennas", 3, (Entry("SN-1", "reversed"), Entry(None))),
        PrintedLine("S1", "螺丝", 500),
    )
    slip = Printout(Kind.PACKING_SLIP, "PS-1", "SO-7", "北京科技有限公司", "2026-11-21", "posted", lines)
    assert as_text(slip, width=40) == (
        "Packing slip PS-1\n"
        "Order: SO-7\n"
        "Customer: 北京科技有限公司\n"
        "Date: 2026-11-21\n"
        "Status: posted\n"
        "----------------------------------------\n"
        "R7  Router R7, black, with four antennas\n"
        "Units: 3, entries: 2\n"
        "  1  SN-1 (reversed)\n"
        "  2  (not readable)\n"
        "----------------------------------------\n"
        "S1  螺丝\n"
        "Units: 500\n"
    )


@WIDTHS
def test_a_long_serial_goes_on_below_itself(width):
    rows = as_text(document("A" * 100), width=width).splitlines()
    assert "".join(row.removeprefix("  1").strip() for row in rows if "AAA" in row) == "A" * 100


@given(printouts)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("width", [40, 80])
def test_any_document_keeps_to_its_columns_and_steers_nothing(width, printout):
    text = as_text(printout, width=width)
    assert text.endswith("\n")
    for row in text.splitlines():
        assert sum(map(columns, row)) <= width
        assert all(sign == " " or unicodedata.category(sign)[0] not in "CZ" for sign in row)


def test_a_thousand_serials_are_numbered():
    rows = as_text(long_document(1, 1000)).splitlines()
    assert rows[-1] == " 1000  (not readable)"
    assert rows[-2] == "  999  SN0-000998"


def test_wrapping_keeps_every_character():
    assert wrapped("ab  cd ef", 5, columns) == ["ab  ", "cd ef"]
    assert wrapped("abcdefg hi", 3, columns) == ["abc", "def", "g ", "hi"]
    assert wrapped("", 3, columns) == [""]
    assert wrapped("abc-defg", 4, columns) == ["abc", "-def", "g"]
    assert wrapped("中文中", 3, columns) == ["中", "文", "中"]
