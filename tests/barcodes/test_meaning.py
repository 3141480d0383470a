"""What a scan means beside the items and documents that exist: the item, a unit, a serial, or the wrong label."""

from datetime import date

import pytest

from terminal.barcodes.meaning import Along, Meaning, meaning

TODAY = date(2026, 11, 21)
ITEMS = {
    "09521101530001": "ROUTER",
    "5901234123457": "DRILL",  # references are kept as somebody typed them: in any of a GTIN's lengths
    "123601057072": "SAW",
    "96385074": "GLUE",
    "A99912345": "VALVE",
    "LM358": "CHIP",
    "DRILL": "DRILL",
    "12345678": "EIGHT",
    "000001000011": "NOTHING",
    "000100001112": "CANDY",
}


class Shop:
    """Knows a few items and one document."""

    def item_of(self, code: str) -> str | None:
        return ITEMS.get(code)

    def is_document(self, code: str) -> bool:
        return code == "PS-1001"


def meant(code: str, separator: str = "") -> Meaning:
    return meaning(code, Shop(), TODAY, separator)


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("5901234123457", "DRILL"),
        ("05901234123457", "DRILL"),
        ("]E05901234123457", "DRILL"),
        ("]E0123601057072", "SAW"),
        ("0123601057072", "SAW"),
        ("96385074", "GLUE"),
        ("]E496385074", "GLUE"),
        ("]C10109521101530001", "ROUTER"),
        ("]C0DRILL", "DRILL"),
        ("]C00109521101530001", "ROUTER"),
        ("https://example.com/01/09521101530001", "ROUTER"),
        ("12345678", "EIGHT"),
        ("00011112", "CANDY"),  # EAN-8 by its form, and UPC-E of an item that exists
        (" DRILL\r", "DRILL"),
    ],
)
def test_the_barcode_of_an_item_picks_it_however_it_is_written(code, item):
    found = meant(code)
    assert (found.kind, found.item) == ("item", item)


def test_an_item_and_its_serial_in_one_symbol():
    found = meant("]C1010952110153000117261231" + "10LOT7\x1d21SN1")
    assert found == Meaning("unit", "SN1", "ROUTER", Along("09521101530001", "LOT7", "2026-12-31"))
    assert meant("https://id.gs1.org/01/09521101530001/21/SN1").kind == "unit"
    assert meant("[)>\x1e06\x1d1PLM358\x1dSSN1\x1e\x04") == Meaning("unit", "SN1", "CHIP")


def test_an_unmarked_element_string_counts_where_the_item_exists_and_else_is_a_serial():
    """A plain serial is never torn apart."""
    assert meant("010952110153000121SN1").kind == "unit"
    assert meant("010703206980498821SN1") == Meaning("serial", "010703206980498821SN1")


@pytest.mark.parametrize("code", ["SN-1", "2112345678", "4006381333931", "376130321109103420", "00112233", "]C0SN-1"])
def test_what_names_nothing_is_a_serial_as_it_stands(code):
    assert meant(code) == Meaning("serial", code.removeprefix("]C0"))


@pytest.mark.parametrize("code", ["]C10107032069804988", "]E04006381333931", "]C1010703206980498821SN1"])
def test_a_product_that_no_item_has_is_never_taken_for_a_serial(code):
    assert meant(code).kind == "unknown-item"


@pytest.mark.parametrize("code", ["]C100376130321109103420", "]C110LOT", "[)>\x1e06\x1dQ5\x1e\x04"])
def test_a_code_that_says_what_it_is_and_holds_no_serial(code):
    assert meant(code).kind == "no-serial"


def test_a_serial_with_nothing_to_name_the_item_is_for_the_line_to_take():
    assert meant("]C121SN1") == Meaning("serial", "SN1")
    assert meant("[)>\x1e06\x1d1PUNKNOWN\x1dSSN1\x1e\x04") == Meaning("serial", "SN1")


@pytest.mark.parametrize(
    ("code", "error"), [("]C10109521101530002", "gtin_check_digit"), ("]C121SN\x1b[0m", "charset"), ("]C1", "empty")]
)
def test_a_code_that_breaks_its_standard_is_wrong(code, error):
    found = meant(code)
    assert (found.kind, found.error) == ("wrong", error)


def test_a_plain_code_with_signs_nobody_sees_goes_to_the_rules_that_refuse_it_by_name():
    assert meant("SN\u200b1") == Meaning("serial", "SN\u200b1")
    assert meant("SN\x1b[0m") == Meaning("serial", "SN\x1b[0m")


def test_documents_and_commands():
    assert meant("PS-1001") == Meaning("document", "PS-1001")
    assert meant("]C0PS-1001") == Meaning("document", "PS-1001")
    assert meant("SCT1.FINISH.AAAAAAAAAA").kind == "command"
    assert meant("sct1.finish.aaaaaaaaaa").kind == "command"
