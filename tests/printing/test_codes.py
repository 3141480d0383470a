"""Which barcode a text gets, and that its size is what it becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics.barcode import qrencoder
from reportlab.graphics.barcode.code128 import Code128

from terminal.printing import codes
from terminal.printing.codes import Part

ascii_texts = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=100)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("SN-1", [Part("B", "SN-1")]),
        ("12", [Part("C", "12")]),
        ("A123", [Part("B", "A123")]),
        ("1234", [Part("C", "1234")]),
        ("12345", [Part("B", "1"), Part("C", "2345")]),
        ("SN-000123", [Part("B", "SN-"), Part("C", "000123")]),
        ("A1234B", [Part("B", "A1234B")]),
        ("A123456B", [Part("B", "A"), Part("C", "123456"), Part("B", "B")]),
    ],
)
def test_long_runs_of_digits_go_in_pairs(text, parts):
    assert codes.parts(text) == parts


def test_the_symbols_are_the_standards():
    assert codes.symbols("SN-000123") == [104, 51, 46, 13, 99, 0, 1, 23, 25, 106]
    assert codes.modules("SN-000123") == 112


@given(ascii_texts)
def test_nothing_is_lost_and_it_is_hardly_longer_than_another_encoder_makes_it(text):
    assert "".join(part.text for part in codes.parts(text)) == text
    other = Code128(text, barWidth=1, quiet=0).width
    assert codes.modules(text) <= other + 22


@pytest.mark.parametrize("text", ["", "é", "a\x1d", "a\n", "中", "\x7f"])
def test_what_is_not_printable_ascii_gets_no_bars(text):
    assert not codes.linear(text)


@pytest.mark.parametrize("size", [1, 14, 15, 26, 100, 400, 665, 666])
def test_the_version_of_a_qr_code_is_the_smallest_that_holds_the_text(size):
    made = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    made.addData(qrencoder.QR8bitByte(b"x" * size))
    made.make()
    version = codes.qr_version("x" * size)
    assert version == made.version
    assert codes.qr_modules(version) == made.getModuleCount()


@pytest.mark.parametrize("text", ["", "x" * 667, "中" * 223, "\ud800"])
def test_some_texts_have_no_qr_code(text):
    assert codes.qr_version(text) is None
