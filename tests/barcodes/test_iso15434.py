from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.barcodes.iso15434 import read_envelope
from terminal.barcodes.reading import Reading
from tests.barcodes.limits import PRINTABLE, check_reading, longest_ms, median_us, near

TODAY = date(2026, 11, 21)
GS, RS, EOT = "\x1d", "\x1e", "\x04"
END = RS + EOT

DIGIKEY = (
    "[)>␞06␝P296-LM358BIDDFRCT-ND␝1PLM358BIDDFR␝K␝1K72991337␝10K85781337␝11K1␝4LPH␝Q10␝11ZPICK␝12Z15221337␝13Z361337"
    "␝20Z" + "0" * 175
)
IFA = {"ppn": "111234568408", "lot": "ANDSOMEBatchNumber20", "serial": "HAHASERIAL12385"}

INVENTREE = {
    DIGIKEY: {
        "part": "296-LM358BIDDFRCT-ND",
        "mpn": "LM358BIDDFR",
        "sales_order": "72991337",
        "origin": "PH",
        "qty": "10",
    },
    DIGIKEY.replace("P296", "30P296").replace("␝1PLM358BIDDFR", ""): {
        "part": "296-LM358BIDDFRCT-ND",
        "sales_order": "72991337",
        "origin": "PH",
        "qty": "10",
    },
    "[)>␞06␝KP0-1337␝14K011␝1PMC34063ADR␝Q3␝11K073121337␝4LMX␝1VTI␞␄": {
        "po": "P0-1337",
        "mpn": "MC34063ADR",
        "qty": "3",
        "origin": "MX",
        "manufacturer": "TI",
    },
    ">[)>06␝K21421337␝14K033␝1PLDK320ADU33R␝Q32␝11K060931337␝4LCN␝1VSTMicro": {
        "po": "21421337",
        "mpn": "LDK320ADU33R",
        "qty": "32",
        "origin": "CN",
        "manufacturer": "STMicro",
    },
}
"""inventree/InvenTree (MIT), its tests of supplier barcodes."""

PARSER_BUILDER = {
    "[)>␞06␝SHAHASERIAL12385␝9N111234568408␝1TANDSOMEBatchNumber20␞␄": IFA,
    "[)>␞06␝9N111234568408␝1TANDSOMEBatchNumber20␝SHAHASERIAL12385␝D201220␝16D20201200␞␄": IFA
    | {"expiry": "2020-12-20", "prod_date": "2020-12-31"},
    "[)>␞06␝9N111234568408␞␄": {"ppn": "111234568408"},
    "[)>␞06␝9N111234568408": {"ppn": "111234568408"},
    "[)>␞06␝8P03574661451947␝27Q9915489␞␄": {"gtin": "03574661451947"},
    "[)>␞06␝8P03574661451947␝27Q9915489␝9N111234568408␞␄": {"gtin": "03574661451947", "ppn": "111234568408"},
}
"""DacoTaco/BarcodeParserBuilder (LGPL-2.1), its PPN tests. It wants RS EOT, and never both numbers; here both go."""

ELSEWHERE = {
    "[)>␞06␝9N110375286414␝1T12345ABCD␝D150600␝S12345ABCDEF98765␞␄": {
        "ppn": "110375286414",
        "lot": "12345ABCD",
        "expiry": "2015-06-30",
        "serial": "12345ABCDEF98765",
    },
    "[)>␞06␝9N111234567842␝1T1A234B5␝D151231␝S1234567890123456␞␄": {
        "ppn": "111234567842",
        "lot": "1A234B5",
        "expiry": "2015-12-31",
        "serial": "1234567890123456",
    },
    "[)>␞06␝9N110210785465␝1T171122.1␝D221100␝SFC4248E48DFC␞␄": {
        "ppn": "110210785465",
        "lot": "171122.1",
        "expiry": "2022-11-30",
        "serial": "FC4248E48DFC",
    },
    "[)>␞06␝9N1312345MED777094␞␄": {"ppn": "1312345MED777094"},
    "[)>␞06␝9NMA12345MAX1900␞␄": {"ppn": "MA12345MAX1900"},
    "[)>␞06␝D150600␞␄": {"expiry": "2015-06-30"},
    "[)>␞06␝8P04150047759334␞␄": {"gtin": "04150047759334"},
    "[)>␞06␝17V1PWX7␝1PAC-MSTNGT630022␝S1391590010156␞␄": {
        "cage": "1PWX7",
        "mpn": "AC-MSTNGT630022",
        "serial": "1391590010156",
    },
    "[)>␞06␝18S7ESQ72TK24704SR␞␄": {"uii": "7ESQ72TK24704SR"},
    "[)>␞06␝25SUN123456789RGM0000000123␞␄": {"uii": "UN123456789RGM0000000123"},
    "[)>␞DD␝MFR 0CVA5␝SER 674A36458␞␄": {"manufacturer": "0CVA5", "serial": "674A36458"},
    "[)>␞12␝MFR 0CVA5␝SER 674A36458␞␄": {"manufacturer": "0CVA5", "serial": "674A36458"},
    "[)>␞12␝CAG A3309␝SER 1234567␞␄": {"cage": "A3309", "serial": "1234567"},
    ">[)>06␝K8501032␝14K019␝PBTTF␝Q5␝11K037426481␝4LIL": {
        "po": "8501032",
        "part": "BTTF",
        "qty": "5",
        "origin": "IL",
    },
    "[)>␞06␝PSAM11086-ND␝1PESQ-106-33-T-S␝30PSAM11086-ND␝K␝1K97898569␝9D2121␝1T309150120016␝4LVN␝Q20␝20Z": {
        "part": "SAM11086-ND",
        "mpn": "ESQ-106-33-T-S",
        "sales_order": "97898569",
        "lot": "309150120016",
        "origin": "VN",
        "qty": "20",
    },
}
"""DrugCodeParser and ScanCodeAnalyzer (IFA's own examples), IFA's check digit paper, MIL-STD-130 pages (Brady,
EZ Marking), labels in GitHub tests."""

REFUSED = {
    "[)>␞06␝9N111234568415␞␄": "ppn_check_digits",
    "[)>␞06␝9N111␞␄": "ppn_check_digits",
    "[)>␞06␝9N111234567843␞␄": "ppn_check_digits",
    "[)>␞06␝9N14Haha92140␞␄": "ppn_check_digits",
    "[)>␞06␝8P03574661451948␞␄": "gtin_check_digit",
    "[)>␞06␝8P0357466␞␄": "gtin_check_digit",
    "[)>␞06␝8P03574661451947␝9915489␝␞␄": "data_identifier",
    "[)>␞06␝05614": "data_identifier",
    "[)>␞06␝9N111234568408␝SHAHASERIAL12385\x03␝1TA␞␄": "charset",
    "[)>␞06␝9N111234568408␝SHAHASERIAL^\r\n^${}\\␝1TA␞␄": "charset",
    "[)>␞06␝9N111234568408␝1TA#NDSOMEBatchNumber0␞␄": "charset",
    "[)>␞06␝9N111234568408␝SH]AHASERIAL12385␞␄": "charset",
    "[)>␞06␝Sé␞␄": "charset",
    "[)>␞06␝9N111234568408␝1TANDSOMEBatchNumber023␞␄": "superfluous_data",
    "[)>␞06␝9N111234568408␝16D202BOGUS␞␄": "date",
    "[)>␞06␝9N111234568408␝D0BOGUS␞␄": "date",
    "[)>␞06␝␞␄": "truncated",
    "[)>␞06": "truncated",
    "[)>": "truncated",
    "[)>␞06␝Q␞␄": "truncated",
    "[)>9N111234568408␞␄": "envelope",
    "[)>␞06P123": "envelope",
    "[)>0617V1PWX71PAC-MSTNGT630022S1391590010156": "envelope",
    "[)>␞06␝S1␞␄[)>␞06␝S2␞␄": "glued",
    "[)>␞12␝SER674A36458␞␄": "data_identifier",
}
"""The same sources' codes that must not be read, and what scanners make of good ones."""

PUBLISHED = INVENTREE | PARSER_BUILDER | ELSEWHERE


def gs1(message: str) -> Reading:
    return Reading(
        "gs1", fields={"serial": message}, elements=(("21", message),), error="" if "1" in message else "oops"
    )


def read(shown: str) -> Reading | None:
    return read_envelope(shown.replace("␝", GS).replace("␞", RS).replace("␄", EOT), TODAY, gs1)


@pytest.mark.parametrize("shown", PUBLISHED)
def test_published_codes(shown: str) -> None:
    reading = read(shown)
    assert reading is not None
    assert (reading.kind, reading.fields, reading.error, reading.sure) == ("iso15434", PUBLISHED[shown], "", True)


@pytest.mark.parametrize("shown", REFUSED)
def test_refused_codes(shown: str) -> None:
    reading = read(shown)
    assert reading is not None
    assert (reading.kind, reading.fields, reading.error) == ("iso15434", {}, REFUSED[shown])


def test_all_that_a_code_says_is_kept_in_order() -> None:
    assert read("[)>␞06␝K␝14K011␝Q003␝7Q5PC␞␄") == Reading(
        "iso15434",
        fields={"qty": "3"},
        elements=(("K", ""), ("14K", "011"), ("Q", "003"), ("7Q", "5PC")),
    )


@pytest.mark.parametrize(
    ("shown", "fields"),
    [
        ("[)>␞06␝IWVWZZZ1JZXW000001", {"serial": "WVWZZZ1JZXW000001"}),
        ("[)>␞06␝1SB␝SA", {"serial": "A"}),
        ("[)>␞06␝TB␝1TA", {"lot": "A"}),
        ("[)>␞06␝PB␝30PA", {"part": "A"}),
        ("[)>␞06␝7Q0050PC", {"qty": "50"}),
        ("[)>␞06␝Q1.5", {"qty": "1.5"}),
        ("[)>␞06␝8P96385074", {"gtin": "00000096385074"}),
        ("[)>␞06␝PA␝D201220", {"part": "A"}),  # a date of what, nobody says
        ("[)>␞06␝PA␝14D20201220", {"part": "A", "expiry": "2020-12-20"}),
        ("[)>␞06␝PA␝1JUN123456789A2B", {"part": "A"}),
    ],
)
def test_data_identifiers(shown: str, fields: dict[str, str]) -> None:
    reading = read(shown)
    assert reading is not None
    assert (reading.fields, reading.error) == (fields, "")


def test_a_repeated_identifier_counts_once_and_is_told() -> None:
    reading = read("[)>␞06␝1TA␝1TB␞␄")
    assert reading is not None
    assert reading.fields == {"lot": "A"}
    assert reading.warnings


def test_format_05_is_somebody_elses() -> None:
    reading = read("[)>␞05␝21A1␞06␝SB␝Q2␞␄")
    assert reading == Reading(
        "iso15434", fields={"serial": "21A1", "qty": "2"}, elements=(("21", "21A1"), ("S", "B"), ("Q", "2"))
    )
    refused = read("[)>␞05␝x␞␄")
    assert refused is not None
    assert (refused.fields, refused.error) == ({}, "oops")


def test_other_formats_are_kept_unread() -> None:
    reading = read("[)>␞01␝961Z00004951␝UPSN␞␄")
    assert reading is not None
    assert (reading.fields, reading.error) == ({}, "")
    assert reading.elements == (("01", f"961Z00004951{GS}UPSN"),)
    assert reading.warnings


@given(PRINTABLE)
def test_random_text_is_a_plain_serial(text: str) -> None:
    assert read_envelope(text, TODAY, gs1) is None or text.startswith(("[)>", ">[)>"))


@given(st.lists(st.tuples(st.sampled_from(["S", "1T", "P", "20Z"]), PRINTABLE), min_size=1, unique_by=lambda e: e[0]))
def test_what_was_put_in_comes_out(elements: list[tuple[str, str]]) -> None:
    reading = read_envelope(f"[)>{RS}06{GS}" + GS.join(map("".join, elements)) + END, TODAY, gs1)
    assert reading is not None
    assert reading.elements == tuple(elements) or "[)>" in "".join(value for _, value in elements)


@given(near("[)>\x1e06\x1d", ">[)>06\x1d", "[)>\x1e12\x1d", "[)>\x1e05\x1d", "[)>"))
def test_any_text_is_read_as_it_stands_or_not_at_all(text: str) -> None:
    check_reading(read_envelope(text, TODAY, gs1), "iso15434", text)


def test_it_is_quick() -> None:
    hostile = ["[)>" + RS * 8000, "[)>" + "␞06␝SA1" * 1170, "[)>␞06" + "␝SA" * 1400, "[)>␞06␝S" + "1" * 4200]
    assert longest_ms(read, hostile) < 5
    assert median_us(read, list(PUBLISHED)) < 60
    assert median_us(lambda text: read_envelope(text, TODAY, gs1), ["SN12345678", "2112345678"]) < 2
