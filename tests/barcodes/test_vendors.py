from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.barcodes.reading import Reading
from terminal.barcodes.vendors import read_vendor
from tests.barcodes.limits import PRINTABLE, check_reading, longest_ms, median_us, near

INVENTREE = {
    "{pbn:PICK2009291337,on:SO2009291337,pc:C312270,pm:ST-1-102-A01-T000-RS,qty:2,mc:,cc:1,pdi:34421807}": {
        "part": "C312270",
        "mpn": "ST-1-102-A01-T000-RS",
        "qty": "2",
        "sales_order": "SO2009291337",
    },
    "QTY:1 PN:WBP-302 PO:19361337/1 CPO:PO-2023-06-08-001337 MFR:WISHERENTERPRISE MPN:WBP-302 RoHS"
    " https://www.tme.eu/details/WBP-302": {
        "qty": "1",
        "part": "WBP-302",
        "sales_order": "19361337/1",
        "po": "PO-2023-06-08-001337",
        "manufacturer": "WISHERENTERPRISE",
        "mpn": "WBP-302",
    },
    "PWBP-302 1PMPNWBP-302 Q1 K19361337/1": {
        "part": "WBP-302",
        "mpn": "MPNWBP-302",
        "qty": "1",
        "po": "19361337/1",
    },
}
"""inventree/InvenTree (MIT), its tests of supplier barcodes."""

ELSEWHERE = {
    "{pbn:PICK2311010075,on:GB2311011210,pc:C136648,pm:LMR16030SDDAR,qty:5,mc:10,cc:1,pdi:95387529,hp:0,wc:ZH}": {
        "part": "C136648",
        "mpn": "LMR16030SDDAR",
        "qty": "5",
        "sales_order": "GB2311011210",
    },
    "{pbn:PICK2009291337,on:SO2009291337,pc:C312270}": {"part": "C312270", "sales_order": "SO2009291337"},
    "{pbn:,on:,pc:C8598,pm:74HC595PW,118,qty:5}": {"part": "C8598", "mpn": "74HC595PW,118", "qty": "5"},
    "QTY:1000 PN:SMD0603-5K1-1% PO:32723349/7 MFR:ROYALOHM MPN:0603SAF5101T5E CoO:TH RoHS"
    " https://www.tme.eu/details/SMD0603-5K1-1%25": {
        "qty": "1000",
        "part": "SMD0603-5K1-1%",
        "sales_order": "32723349/7",
        "manufacturer": "ROYALOHM",
        "mpn": "0603SAF5101T5E",
        "origin": "TH",
    },
    "QTY:500 PN:M0.6W-10K MFR:ROYAL.OHM MPN:MF006FF1002A50 PO:7792659/8 HTTPS://WWW.TME.EU/DETAILS/M0.6W-10K": {
        "qty": "500",
        "part": "M0.6W-10K",
        "manufacturer": "ROYAL.OHM",
        "mpn": "MF006FF1002A50",
        "sales_order": "7792659/8",
    },
    "PDG301-5.0-2P12 1PDG301-5.0-02P-12-00A(H) Q20 K17513107/11": {
        "part": "DG301-5.0-2P12",
        "mpn": "DG301-5.0-02P-12-00A(H)",
        "qty": "20",
        "po": "17513107/11",
    },
    "PSMAJ15A-13-F 1PSMAJ15A-13-F Q25 4LTW K18098201/1": {
        "part": "SMAJ15A-13-F",
        "mpn": "SMAJ15A-13-F",
        "qty": "25",
        "origin": "TW",
        "po": "18098201/1",
    },
}
"""Part-DB's tests, the package barcode-decoder's, READMEs."""

PUBLISHED = INVENTREE | ELSEWHERE

PLAIN = [
    "",
    "{}",
    "{abc:Hello}",
    "{pbn:1,on:2,pc:X}",
    "{pc:C1}",
    "{pbn:1,on:2\n,pc:C1}",
    '{"pbn":"1","on":"2","pc":"C1"}',
    "QTY:5",
    "QTY:5 PN:ABC",
    "QTY:x PN:ABC MPN:XYZ",
    "P123 1P456",
    "PART 1P Q1",
    "P1 1P2 Q3 K4",
]


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_labels(text: str) -> None:
    reading = read_vendor(text)
    assert reading is not None
    assert (reading.kind, reading.fields, reading.error) == ("vendor", PUBLISHED[text], "")


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_serial_is_left_alone(text: str) -> None:
    assert read_vendor(text) is None


def test_all_that_a_label_says_is_kept_in_order() -> None:
    assert read_vendor("{pbn:A,on:,pc:C1,mc:x,y}") == Reading(
        "vendor", fields={"part": "C1"}, elements=(("pbn", "A"), ("on", ""), ("pc", "C1"), ("mc", "x,y"))
    )
    assert read_vendor("QTY:1 PN:A RoHS https://tme.eu/A") == Reading(
        "vendor",
        fields={"qty": "1", "part": "A"},
        elements=(("QTY", "1"), ("PN", "A"), ("RoHS", ""), ("", "https://tme.eu/A")),
    )


@given(PRINTABLE)
def test_random_text_is_a_plain_serial(text: str) -> None:
    assert read_vendor(text) is None


def built(start: str, *pieces: str) -> st.SearchStrategy[str]:
    """Labels of such pieces, one after the other."""
    return st.lists(st.sampled_from(pieces), max_size=6).map(lambda some: start + "".join(some))


@given(
    near("{pbn:", "{", "QTY:1 PN:", "PA 1PB Q1 K")
    | built("{pc:C1", ",pbn:P1", ",qty:1", ",pm:", ",x", ",", ":")
    | built("QTY:1 PN:A", " PO:1", " MPN:A:B", " PN:", " RoHS", " http://x", " ")
    | built("PA 1PB", " Q1", " K1", " 1P", " ")
)
def test_any_text_is_read_as_it_stands_or_not_at_all(text: str) -> None:
    for each in (text, text + "}"):
        check_reading(read_vendor(each), "vendor", each)


def test_it_is_quick() -> None:
    hostile = [
        "{" + "pc:," * 2000 + "}",
        "{pc:C1" + "," * 8000 + "}",
        "QTY:1 PN:A" + " A" * 4000,
        "QTY:" + "1" * 8000,
        "QTY:1 PN:A" + " A" * 4000 + "\n",
        "PA 1P" + " Q1" * 2500,
        "P" + " 1P" * 2500,
    ]
    assert longest_ms(read_vendor, hostile) < 5
    assert median_us(read_vendor, list(PUBLISHED)) < 60
    assert median_us(read_vendor, ["SN12345678", "2112345678"]) < 2
