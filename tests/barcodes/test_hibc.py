from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.barcodes.hibc import read_hibc
from terminal.barcodes.reading import Reading
from tests.barcodes.limits import PRINTABLE, check_reading, longest_ms, median_us, near

TODAY = date(2026, 11, 21)
BJC = {"lic": "A123", "part": "BJC5D6E7"}
A999 = {"lic": "A999", "part": "1234"}
J123 = {"lic": "J123", "part": "AQ345"}
LONG = {
    "lic": "A123",
    "part": "ABCDEFGHI123456789",
    "expiry": "2020-02-02",
    "lot": "LOT123456789012345",
    "serial": "XYZ456789012345678",
    "prod_date": "2013-02-02",
}
MADE = {"lot": "10X3", "serial": "77DEFG45", "prod_date": "2011-12-12"}

STANDARD = {
    "+A123BJC5D6E71G": BJC,
    "*+A123BJC5D6E71G*": BJC,
    "+H123ABC01234567890D": {"lic": "H123", "part": "ABC0123456789"},
    "+$A1234GU": {"lot": "A1234"},
    "+$$52001510X3GD": {"lot": "10X3", "expiry": "2020-01-15"},
    "+A99912345/$$52001510X33": A999 | {"lot": "10X3", "expiry": "2020-01-15"},
    "+A123BJC5D6E71/$$52001510X3C": BJC | {"lot": "10X3", "expiry": "2020-01-15"},
    "+A99912345/$$52001510X3/16D20111212/S77DEFG457": A999 | MADE | {"expiry": "2020-01-15"},
    "*+A99912345/$$52001510X3/16D20111212/S77DEFG457*": A999 | MADE | {"expiry": "2020-01-15"},
    "+A99912345/$10X3/16D20111231/14D202001313": A999
    | {"lot": "10X3", "prod_date": "2011-12-31", "expiry": "2020-01-31"},
    "+A99912349/$10X3/16D20111231/14D20200131/Q500Z": A999
    | {"lot": "10X3", "prod_date": "2011-12-31", "expiry": "2020-01-31", "qty": "500"},
}
"""The worked examples of ANSI/HIBC 2.6, as tecnickcom/tc-lib-barcode and the HIBC tests on GitHub quote them."""

PARSER_BUILDER = {
    "+A123BJC5D6E71G+2001510X3GG": BJC | {"lot": "10X3", "expiry": "2020-01-15"},
    "+J123AQ3451T+25330BC34567T2+S4012TJ": J123 | {"lot": "BC34567", "expiry": "2025-11-26", "serial": "4012"},
    "+J123AQ3451/25330BC34567/S4012X": J123 | {"lot": "BC34567", "expiry": "2025-11-26", "serial": "4012"},
    "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$": LONG,
    "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/16D20130202/SXYZ456789012345678$": LONG,
    "+A123ABCDEFGHI1234567891/$$3200202LOT123456789012345/16D20130202/SXYZ456789012345678V": LONG,
    "+A99912345/$$812710X3/16D20111212/14D20200906/S77DEFG453": A999 | MADE | {"qty": "12", "expiry": "2020-09-06"},
    "+A99912345/$$902345710X3/16D20111212/14D20200906/S77DEFG45F": A999
    | MADE
    | {"qty": "2345", "expiry": "2020-09-06"},
    "+E203PB414109/$$8243280112R00089525J": {
        "lic": "E203",
        "part": "PB41410",
        "qty": "24",
        "lot": "R00089525",
        "expiry": "2028-01-12",
    },
    "+EHWD3551419/$$900100F": {"lic": "EHWD", "part": "355141", "qty": "100"},
    "+EHWD3551419/$/Q100X": {"lic": "EHWD", "part": "355141", "qty": "100"},
    "+EFOR78712011/$26485266/16D20240626/Q10S": {
        "lic": "EFOR",
        "part": "7871201",
        "lot": "26485266",
        "prod_date": "2024-06-26",
        "qty": "10",
    },
    "+A123BJC5D6E71G+$$52001510X3GD": BJC | {"lot": "10X3", "expiry": "2020-01-15"},
    "+A123BJC5D6E71G+$$710X3G7": BJC | {"lot": "10X3"},
    "+A123BJC5D6E71G+$$+52001510X3GB": BJC | {"serial": "10X3", "expiry": "2020-01-15"},
    "+A123BJCMD6E79++$$52001510X3+ ": {"lic": "A123", "part": "BJCMD6E7", "lot": "10X3", "expiry": "2020-01-15"},
    "+A99912345/$$812710X3/$$+320090677DEFG45/16D20111212.": A999 | MADE | {"qty": "12", "expiry": "2020-09-06"},
    "+A99912345/$$902345710X3/$$+320090677DEFG45/16D201112126": A999 | MADE | {"qty": "2345", "expiry": "2020-09-06"},
    "+A99912345/$$909999710X3/$$+320011577DEFG45/16D20111212K": A999 | MADE | {"qty": "9999", "expiry": "2020-01-15"},
    "+A999123457+$$909999710X370+$$+320011577DEFG4572+16D201112127Z": A999
    | MADE
    | {"qty": "9999", "expiry": "2020-01-15"},
    "+A99912345/$$52025010X3/16D20111212/S77DEFG458": A999 | MADE | {"expiry": "2020-09-06"},
    "+J123AQ3451/$$1125BC34567/S4012L": J123 | {"lot": "BC34567", "expiry": "2025-11-30", "serial": "4012"},
    "+J123AQ3451/$$0125BC34567/S4012K": J123 | {"lot": "BC34567", "expiry": "2025-01-31", "serial": "4012"},
    "+J123AQ3451/$$3231231BC34567/S4012R": J123 | {"lot": "BC34567", "expiry": "2023-12-31", "serial": "4012"},
    "+E308T800206X0/$$7230513/14D20260413F": {
        "lic": "E308",
        "part": "T800206X",
        "lot": "230513",
        "expiry": "2026-04-13",
    },
}
"""DacoTaco/BarcodeParserBuilder (LGPL-2.1), its HIBC tests. There MMYY is the first of the month, here the last."""

BARDECODER = {
    "+$$02231162074ZA": {"lot": "1162074", "expiry": "2023-02-28"},
    "+$$0624J139276%5": {"lot": "J139276", "expiry": "2024-06-30"},
    "+J014652230580/$$3220909K010025/16D20200311Z": {
        "lic": "J014",
        "part": "65223058",
        "lot": "K010025",
        "expiry": "2022-09-09",
        "prod_date": "2020-03-11",
    },
    "*+D002606030421/$$323101700056020/16D20201020Z*": {
        "lic": "D002",
        "part": "60603042",
        "lot": "00056020",
        "expiry": "2023-10-17",
        "prod_date": "2020-10-20",
    },
    "+H2160408351": {"lic": "H216", "part": "04083"},
}
"""Brixion Bardecoder's tests, and a JavaScript parser's comment."""

REFUSED = {
    "+A99912345/$$52001510X3/16D20111212/S77DEFG45/": "hibc_check_character",
    "+A123BJC5D6E71++$$52001510X3+D": "hibc_check_character",
    "+A123BJC5D6E71G+$$52001510X3+ ": "hibc_check_character",
    "+A99912345/$$52001510X3/16D20111212/S77DEFG45Z": "hibc_check_character",
    "+A99912345/$10X3/16D20111231/14D20200131Z": "hibc_check_character",
    "+A99912345/$$52001510X3": "hibc_check_character",
    "+$$25102173960231W": "date",  # month 51: its printer left out the flag that DDMMYY doesn't have
}
"""The same repositories' codes that must not be read."""

PLAIN = [
    "+",
    "*+",
    "+$",
    "+1+1",
    "+12",
    "+41791234567",
    "+A123BJC5D6E71H",
    "+a123bjc5d6e71g",
    "+SN-2024/17",
    "SN+1",
    "",
]

PUBLISHED = STANDARD | PARSER_BUILDER | BARDECODER
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


def check(code: str) -> str:
    return SIGNS[sum(map(SIGNS.index, code)) % 43]


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_codes(code: str) -> None:
    reading = read_hibc(code, TODAY)
    assert reading is not None
    assert (reading.kind, reading.fields, reading.error, reading.sure) == ("hibc", PUBLISHED[code], "", True)


@pytest.mark.parametrize("code", REFUSED)
def test_refused_codes(code: str) -> None:
    reading = read_hibc(code, TODAY)
    assert reading is not None
    assert (reading.fields, reading.error) == ({}, REFUSED[code])


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_serial_is_left_alone(text: str) -> None:
    assert read_hibc(text, TODAY) is None


def test_all_that_a_code_says_is_kept_in_order() -> None:
    assert read_hibc("+A99912345/$$52001510X3/16D20111212/S77DEFG457", TODAY) == Reading(
        "hibc",
        fields=A999 | MADE | {"expiry": "2020-01-15"},
        elements=(
            ("LIC", "A999"),
            ("PCN", "1234"),
            ("U/M", "5"),
            ("$$", "52001510X3"),
            ("16D", "20111212"),
            ("S", "77DEFG45"),
        ),
    )
    assert read_hibc("+$$0624J139276%5", TODAY) == Reading(
        "hibc",
        fields={"lot": "J139276", "expiry": "2024-06-30"},
        elements=(("$$", "0624J139276"), ("link", "%")),
    )


@pytest.mark.parametrize("form", ["05271", "$3C001", "$$09053C001", "$$20928053C001", "$$30509283C001"])
@pytest.mark.parametrize("more", ["$$4050928223C001", "$$5052713C001", "$$605271223C001", "$$73C001", "$$+70001"])
def test_each_form_of_secondary_data(form: str, more: str) -> None:
    """ANSI/HIBC 2.6, appendix F, table F1, its example data with `L` as the link."""
    for data in (form, more):
        code = f"+{data}L"
        reading = read_hibc(code + check(code), TODAY)
        assert reading is not None
        assert reading.error == ""
        assert reading.fields.get("lot", "3C001") == "3C001"
        assert reading.fields.get("expiry", "2005-09-28") in ("2005-09-28", "2005-09-30")
        assert reading.sure is (data != "05271")


def test_the_caller_may_know_that_it_is_hibc() -> None:
    for code, error in (
        ("+A123BJC5D6E71H", "hibc_check_character"),
        ("+a", "hibc_structure"),
        ("+" * 300, "hibc_structure"),
        ("+121", "hibc_structure"),
    ):
        assert read_hibc(code, TODAY) is None
        assert read_hibc(code, TODAY, said=True) == Reading("hibc", error=error)
    assert read_hibc("SN1", TODAY, said=True) is None


def test_a_space_as_check_character_may_have_been_trimmed_off() -> None:
    glued = read_hibc("+A123BJCMD6E79++$$52001510X3+", TODAY)
    assert glued is not None
    assert glued.sure
    assert glued.fields["lot"] == "10X3"
    primary = next(code for code in (f"+A123{n}1" for n in range(1000)) if check(code) == " ")
    reading = read_hibc(primary, TODAY)
    assert reading is not None
    assert not reading.sure
    kept = read_hibc(primary + " ", TODAY)
    assert kept is not None
    assert kept.sure
    assert kept.fields == reading.fields


@given(st.from_regex(r"\+[A-Z][0-9A-Z]{3}[0-9A-Z]{1,18}[0-9]", fullmatch=True))
def test_any_other_check_character_makes_it_a_plain_serial(code: str) -> None:
    right = check(code)
    for sign in set(SIGNS) - {right, " ", "+", "/"}:
        found = read_hibc(code + sign, TODAY)
        assert found is None or not found.sure or code[-1] == sign
    reading = read_hibc(code + right, TODAY)
    assert reading is not None
    assert reading.fields == {"lic": code[1:5], "part": code[5:-1]}


@given(PRINTABLE)
def test_random_text_is_a_plain_serial(text: str) -> None:
    found = read_hibc(text, TODAY)
    assert found is None or text.startswith(("+", "*+"))


@given(PRINTABLE.map(lambda text: f"+{text}"))
def test_random_text_after_a_plus_is_read_only_where_its_check_character_fits(text: str) -> None:
    found = read_hibc(text, TODAY)
    ends = text.strip("*")
    fits = found is None or found.error or check(ends[:-1]) == ends[-1:] or check(ends) == " " or "+" in ends[1:]
    assert fits


@given(near("+", "*+", "+A123BJC5D6E71G+$$", "+A99912345/$$", "+A99912345/"))
def test_any_text_is_read_as_it_stands_or_not_at_all(text: str) -> None:
    check_reading(read_hibc(text, TODAY), "hibc", text)
    check_reading(read_hibc(text, TODAY, said=True), "hibc", text)


def test_it_is_quick() -> None:
    def read(text: str) -> Reading | None:
        return read_hibc(text, TODAY)

    hostile = ["+" * 8192, "+" * 200, "+A" * 100, "+A123" + "1" * 195, "+$$" + "0" * 197, "+A99912345" + "/S1" * 60]
    assert longest_ms(read, hostile) < 5
    assert median_us(read, list(PUBLISHED)) < 60
    assert median_us(read, ["SN12345678", "2112345678"]) < 2
