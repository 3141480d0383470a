"""Labels, read back by a small strict printer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from terminal.printing import codes
from terminal.printing.visible import visible
from terminal.printing.zpl import as_zpl

from . import labels
from .samples import HOSTILE, all_serials, document, long_document, printouts


def held(zpl: bytes) -> list[str]:
    """The data of every barcode of a job, the document's own first."""
    found = []
    for label in labels.labels_of(zpl):
        for field in label:
            if field.is_bars:
                found.append(labels.bars(field)[0])
            elif field.is_square:
                assert field.data is not None
                assert field.data.startswith("MA,")
                found.append(field.data[3:])
    return found


def test_a_slip_as_one_label():
    (label,) = labels.labels_of(as_zpl(document("SN-1", None, "SN-3")))
    said = labels.texts(label)
    for text in ("Packing slip PS-1042", "Page 1 of 1", "Customer: Sønner & Co", "SN-1", "(not readable)"):
        assert text in said
    drawn = [labels.read(labels.drawn(field)) for field in label if field.is_bars]
    assert drawn == ["PS-1042", "SN-1", "SN-3"]


def test_a_thousand_serials_take_several_labels_and_every_barcode_reads():
    printout = long_document(4, 250)
    job = labels.labels_of(as_zpl(printout))
    drawn = [labels.read(labels.drawn(field)) for label in job for field in label if field.is_bars]
    assert drawn == ["IN-7", *all_serials(printout)]
    numbered = [text for label in job for text in labels.texts(label) if text.startswith("Page ")]
    assert numbered == [f"Page {at} of {len(job)}" for at in range(1, len(job) + 1)]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_texts_are_only_data(text):
    got = held(as_zpl(document("SN-1", text, "SN-3", number=text)))
    coded = [] if codes.qr_version(text) is None else [text]
    assert got == [*coded, "SN-1", *coded, "SN-3"]


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=22))
@settings(max_examples=300, deadline=None)
def test_bars_of_any_ascii_scan_as_it(text):
    (_number, field) = [field for label in labels.labels_of(as_zpl(document(text))) for field in label if field.is_bars]
    assert labels.bars(field)[0] == text
    assert labels.read(labels.drawn(field)) == text


@given(printouts)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_comes_back_as_it_went_out(printout):
    zpl = as_zpl(printout)
    serials = [serial for serial in (printout.number, *all_serials(printout)) if codes.qr_version(serial) is not None]
    assert held(zpl) == serials
    job = labels.labels_of(zpl)
    for label in job:
        assert all(0 <= field.x < 812 and 0 <= field.y < 1218 for field in label)
        pictures = [(field, labels.picture(field)) for field in label if field.is_picture]
        assert all(field.x + (inked(image) or (0, 0, 0, 0))[2] <= 812 for field, image in pictures)
    said = "".join("".join(text.split()) for label in job for text in labels.texts(label))
    for line in printout.lines:
        for entry in line.entries:
            seen = visible(entry.serial or "")
            if len(seen) < 20 and seen.isascii() and entry.note.isascii():
                assert "".join(seen.split()) in said


def inked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of what is black."""
    return ImageChops.invert(image).getbbox()


def test_chinese_is_a_picture_that_any_printer_can_print():
    def printed(serial: str) -> Image.Image:
        (label,) = labels.labels_of(as_zpl(document(serial)))
        (field,) = [field for field in label if field.is_picture]
        return labels.picture(field)

    one, other = printed("序列号-1"), printed("\u9fa5\u9fa4号-1")
    assert one.size == other.size
    left, top, right, bottom = inked(one) or (0, 0, 0, 0)
    assert 3 * 26 < right - left < 5 * 26
    assert bottom - top > 20
    half = (0, 0, 2 * 26, one.height)
    assert min(sum(image.crop(half).histogram()[:128]) for image in (one, other)) > 200
    assert ImageChops.difference(one.crop(half), other.crop(half)).getbbox() is not None
    same = (2 * 26, 0, *one.size)
    assert ImageChops.difference(one.crop(same), other.crop(same)).getbbox() is None


def test_a_font_in_the_printer_can_be_named_for_chinese():
    zpl = as_zpl(document("序列号"), font="E:SIMSUN.FNT")
    assert b"^A@N,26,26,E:SIMSUN.FNT^FH^FD" in zpl
    assert "序列号" in [text for label in labels.labels_of(zpl) for text in labels.texts(label)]


@pytest.mark.parametrize("font", ["", "00", "a", "E:X.FNT^XZ", "E:X", "^"])
def test_a_font_is_a_name_and_nothing_else(font):
    with pytest.raises(ValueError, match="must be one letter or digit"):
        as_zpl(document("SN-1"), font=font)
