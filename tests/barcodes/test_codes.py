"""What published codes say, in the order of tries; and that no code can make the reader fail or tear a serial apart."""

import json
import string
from datetime import date
from pathlib import Path

import pytest
from biip import ParseError
from biip.upc import Upc
from hypothesis import given
from hypothesis import strategies as st

from terminal.barcodes.codes import read_code
from terminal.domain.read_along import checks

TODAY = date(2026, 11, 21)
PUBLISHED = [json.loads(line) for line in (Path(__file__).parent / "published.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("asked", PUBLISHED, ids=[f"{n}-{asked['symbology']}" for n, asked in enumerate(PUBLISHED)])
def test_a_published_code_means_what_its_publisher_says(asked):
    reading = read_code(asked["raw"], TODAY, asked.get("separator", ""), asked.get("aim", ""))
    expected = dict(asked["expect"])
    assert reading.error == expected.pop("error", "")
    assert reading.fields == expected


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("]C1", "empty"),
        ("]C1\x1d\x1d", "empty"),
        ("]C1Q1", "unknown_ai"),
        ("]C10109521101530001999999", ""),
        ("]C101095211015300", "too_short"),
        ("]C1010952110153000A", "charset"),
        ("]C117211332", "date"),
        ("]C117210230", "date"),
        ("]C11721", "too_short"),
        ("]C11721O101", "charset"),
        ("]C121AB\x1d21AC", "repeated_ai"),
        ("]C121AB\x1d21AB", ""),
        ("]C121SN\x1b[0m", "charset"),
        ("]C121SN\u200b1", "charset"),
        ("]C110" + "1" * 21, "superfluous_data"),
        ("]C110" + "1" * 20 + "21AB", "superfluous_data"),
        ("]C110" + "1" * 20 + "\x1d21AB", ""),
        ("]E05901234123458", "gtin_check_digit"),
        ("]E4963850745", "length"),
        ("]E05901234A23457", "charset"),
        ("\x1d01095211015300", "too_short"),
        ("https://id.gs1.org/01/07032069804989/21/A", "gtin_check_digit"),
        ("https://id.gs1.org/01/07032069804988/21/A/10/B", "digital_link"),
        ("https://id.gs1.org/01/07032069804988/21", "digital_link"),
        ("https://id.gs1.org/01/07032069804988/21/%D9%A0", "digital_link"),
        ("https://id.gs1.org/01/07032069804988/21/\u0660", "charset"),
        ("01\u0660\u0669\u0665\u0662\u0661\u0661\u0660\u0661\u0665\u0663\u0660\u0660\u0660\u0661", "charset"),
        ("SN\u202e1", "charset"),
        ("SN\x00", "charset"),
        ("", "empty"),
        (" \t\r\n", "empty"),
    ],
)
def test_what_breaks_its_own_standard_is_refused_with_the_reason(code, error):
    assert read_code(code, TODAY).error == error


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("\x1d010952110153000121SN1", {"gtin": "09521101530001", "serial": "SN1"}),
        ("]C1\x1d010952110153000121SN1", {"gtin": "09521101530001", "serial": "SN1"}),
        ("]C1010952110153000110L\x1d21SN1\x1d", {"gtin": "09521101530001", "lot": "L", "serial": "SN1"}),
        ("]C1010952110153000110LAlt02921SN1", {"gtin": "09521101530001", "lot": "L", "serial": "SN1"}),
        ("]E02112345678900|]e099COMPOSITE", {"rcn": "2112345678900", "internal_99": "COMPOSITE"}),
        ("]E05901234123457|]e010L1", {"gtin": "05901234123457", "lot": "L1"}),
        ("]E3590123412345712", {"gtin": "05901234123457"}),
        ("]E0425261", {"gtin": "00042100005264"}),
        ("]E001278907", {"gtin": "00012000007897"}),
        ("]E402345673", {"rcn": "02345673"}),
        ("00011112", {"rcn": "00011112"}),
        ("04252614", {"gtin": "00042100005264"}),
        ("HTTPS://ID.GS1.ORG/01/07032069804988/21/a%2Fb", {"gtin": "07032069804988", "serial": "a/b"}),
        ("https://id.gs1.org/01/07032069804988/21/%27%20OR", None),
        ("]C0SN1", {"serial": "SN1"}),
        ("]d1SN1", {"serial": "SN1"}),
        ("]Z", {"serial": "]Z"}),
        ("https://example.com/p/1", {"serial": "https://example.com/p/1"}),
    ],
)
def test_what_else_the_readers_of_GS1_take(code, fields):
    reading = read_code(code, TODAY)
    if fields is None:  # a space is no sign of GS1's: the link is refused, never half read
        assert reading.error
        assert reading.fields == {}
    else:
        assert (reading.fields, reading.error) == (fields, "")


def test_a_configured_separator_counts_in_GS1_symbols_alone():
    assert read_code("]C110L~21SN", TODAY, "~").fields == {"lot": "L", "serial": "SN"}
    assert read_code("]C110L~21SN", TODAY).error == "charset"
    assert read_code("AB~12", TODAY, "~").fields == {"serial": "AB~12"}
    assert read_code("~010952110153000121SN1", TODAY, "~").fields == {"gtin": "09521101530001", "serial": "SN1"}
    assert read_code("~SN1", TODAY, "~").fields == {"serial": "~SN1"}


@pytest.mark.parametrize("code", ["5901234123457", "96385074", "376130321109103420", "010952110153000121SN1"])
def test_digits_that_only_fit_are_not_sure_and_say_so(code):
    reading = read_code(code, TODAY)
    assert not reading.sure
    assert reading.warnings


@pytest.mark.parametrize("code", ["]E05901234123457", "]C1010952110153000121SN1", "\x1d21SN1"])
def test_what_the_symbol_says_is_sure(code):
    assert read_code(code, TODAY).sure


def test_eight_digits_that_are_two_things_say_both():
    both = next(digits for n in range(10_000_000) if checks(digits := f"{n:08}") and _upc_a(digits))
    assert any("UPC-E" in warning for warning in read_code(both, TODAY).warnings)


@given(st.from_regex(r"[0-9]{6,8}", fullmatch=True))
def test_UPC_E_widens_as_biip_widens_it(digits):
    reading = read_code(f"]E0{digits}", TODAY)
    expected = _upc_a(digits)
    if expected:
        assert (reading.fields.get("gtin") or reading.fields["rcn"].zfill(14)) == expected.zfill(14)
    elif len(digits) < 8:
        assert reading.error


def _upc_a(digits: str) -> str:
    try:
        return Upc.parse(digits).as_upc_a()
    except ParseError:
        return ""


@pytest.mark.parametrize(
    ("year", "two", "full"), [(2026, "77", 1977), (2026, "76", 2076), (2060, "09", 2109), (2060, "11", 2011)]
)
def test_the_century_of_a_date_depends_on_today(year, two, full):
    """GS1 General Specifications 7.12."""
    assert read_code(f"]C117{two}0101", date(year, 1, 1)).fields == {"expiry": f"{full}-01-01"}


SERIALS = st.text(string.ascii_letters + string.digits + "-._/+", min_size=1, max_size=50)


@given(SERIALS)
def test_a_plain_serial_is_never_torn_apart(serial):
    reading = read_code(serial, TODAY)
    if reading.kind == "plain":
        assert reading.fields == {"serial": serial}
    else:
        assert not reading.sure or reading.kind == "hibc"


@given(st.from_regex(r"(10|11|17|21|37|91|240|8008)[0-9]{4,12}", fullmatch=True))
def test_digits_that_begin_like_an_identifier_are_a_serial(digits):
    reading = read_code(digits, TODAY)
    assert reading.kind == "plain" or (
        reading.kind == "product" and not reading.sure and (checks(digits) or len(digits) == 8)
    )


@given(
    st.one_of(st.text(max_size=300), st.binary(max_size=300).map(lambda b: b.decode("latin-1"))),
    st.sampled_from(["", "]C1", "]d2", "]E0", "]Q1", "\x1d", "[)>\x1e06\x1d", "+A123", "https://id.gs1.org/01/"]),
)
def test_no_code_makes_the_reader_fail(text, lead):
    reading = read_code(lead + text, TODAY, "|")
    assert all(value for value in reading.fields.values())
    assert not (reading.kind == "gs1" and any(ord(sign) < 32 for value in reading.fields.values() for sign in value))
