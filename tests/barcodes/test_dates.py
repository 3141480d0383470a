from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.barcodes.dates import of_mmddyy, of_mmyy, of_yyjjj, of_yymmdd, of_yyyymmdd

TODAY = date(2026, 11, 21)
ANY_DAY = st.dates()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("210526", "2021-05-26"),
        ("200200", "2020-02-29"),  # day 00: the last day of the month
        ("210200", "2021-02-28"),
        ("200229", "2020-02-29"),
        ("210229", None),
        ("211301", None),
        ("210001", None),
        ("210432", None),
        ("761231", "2076-12-31"),  # 50 years ahead
        ("771231", "1977-12-31"),  # 51 years ahead: the last century
        ("991200", "1999-12-31"),
        ("2105", None),
        ("21O526", None),
        ("21 526", None),
        ("٢١٠٥٢٦", None),
        ("", None),
    ],
)
def test_six_digits(text: str, found: str | None) -> None:
    assert of_yymmdd(text, TODAY) == found


@pytest.mark.parametrize(
    ("today", "found"),
    [(date(2049, 1, 1), "2000-01-01"), (date(2050, 1, 1), "2100-01-01"), (date(1999, 1, 1), "2000-01-01")],
)
def test_the_century_moves_with_today(today: date, found: str) -> None:
    assert of_yymmdd("000101", today) == found


@pytest.mark.parametrize(
    ("read", "text", "found"),
    [
        (of_mmddyy, "020223", "2023-02-02"),
        (of_mmddyy, "510217", None),
        (of_mmyy, "0624", "2024-06-30"),
        (of_mmyy, "0020", None),
        (of_yyjjj, "20015", "2020-01-15"),
        (of_yyjjj, "20366", "2020-12-31"),
        (of_yyjjj, "21366", None),
        (of_yyjjj, "21000", None),
    ],
)
def test_the_orders_of_hibc(read: Callable[[str, date], str | None], text: str, found: str | None) -> None:
    assert read(text, TODAY) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("20201220", "2020-12-20"), ("20201200", "2020-12-31"), ("202BOGUS", None), ("00000101", None), ("201220", None)],
)
def test_eight_digits(text: str, found: str | None) -> None:
    assert of_yyyymmdd(text) == found


@given(day=ANY_DAY, today=ANY_DAY)
def test_a_day_reads_back_in_each_order(day: date, today: date) -> None:
    found = of_yymmdd(day.strftime("%y%m%d"), today)
    assert of_mmddyy(day.strftime("%m%d%y"), today) == found
    if found:
        assert of_yyjjj(date.fromisoformat(found).strftime("%y%j"), today) == found
        assert -50 < int(found[:4]) - today.year <= 50 or not 1 <= int(found[:4]) - 100 <= 9899
    assert of_yyyymmdd(f"{day.year:04}{day:%m%d}") == day.isoformat()


LIKE_A_DAY = st.tuples(*map(st.sampled_from, (["20", ""], ["23", "24"], ["00", "02", "11", "13"], ["00", "29", "31"])))


@given(text=LIKE_A_DAY.map("".join) | st.text(max_size=9), today=ANY_DAY)
def test_any_text_is_a_day_of_the_calendar_or_none(text: str, today: date) -> None:
    found = [read(text, today) for read in (of_yymmdd, of_mmddyy, of_mmyy, of_yyjjj)]
    days = [day for day in (*found, of_yyyymmdd(text)) if day is not None]
    assert [date.fromisoformat(day).isoformat() for day in days] == days
