"""PDFs, read back as a reader, a printer and a scanner do."""

from __future__ import annotations

import subprocess
import sys
import threading
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import ImageChops

from terminal.printing import codes
from terminal.printing.marks import A4, LABEL
from terminal.printing.pdf import as_pdf
from terminal.printing.printout import Entry, Kind, PrintedLine, Printout

from . import paper
from .samples import HOSTILE, all_serials, document, long_document, printouts

SHEETS = pytest.mark.parametrize("sheet", [A4, LABEL], ids=["a4", "label"])


def numbers(pdf: bytes) -> list[int]:
    """The numbers of the entries of a PDF of one column, as they are drawn left of the serials."""
    gutter = LABEL.margin + 4 * LABEL.size
    drawn = [piece for piece in paper.pieces(pdf) if piece.font == "DejaVuSansMono" and piece.left < gutter]
    return [int(piece.text) for piece in drawn if piece.text.strip().isdecimal() and piece.left < LABEL.margin + 14]


@SHEETS
def test_a_slip_says_what_it_is_and_lists_its_serials(sheet):
    pdf = as_pdf(document("SN-1", None, "SN-3"), sheet=sheet)
    said = paper.text(pdf)
    for text in ("Packing slip PS-1042", "Order: SO-77", "Customer: Sønner & Co", "Date: 2026-11-21 13:05"):
        assert text in said
    for text in ("Status: posted", "Page 1 of 1", "Router R7 black", "Units: 3, entries: 3", "(not readable)"):
        assert text in said
    (image,) = paper.images(pdf)
    assert paper.barcodes(image) == ["PS-1042", "SN-1", "SN-3"]


@SHEETS
def test_order_customer_date_and_status_stand_once_on_the_first_page_and_on_each_other_page(sheet):
    said = paper.text(as_pdf(document("SN-1"), sheet=sheet))
    for fact in ("SO-77", "Sønner & Co", "2026-11-21 13:05", "posted"):
        assert said.count(fact) == 1
    assert "SO-7 · 北京科技有限公司 · 2026-11-21 · posted" in paper.text(as_pdf(long_document(2, 200), sheet=sheet))


def test_a_note_stands_beside_its_entry():
    assert "SN-1 (reversed)" in paper.text(as_pdf(document("SN-1", note="reversed")))
    assert "(not readable) (reversed)" in paper.text(as_pdf(document(None, note="reversed")))


def test_all_words_are_the_readers():
    said = paper.text(as_pdf(document(None), lambda text: f"¿{text}?"))
    for text in ("¿Packing slip? PS-1042", "¿Order?: SO-77", "¿(not readable)?", "¿Page 1 of 1?"):
        assert text in said


@SHEETS
def test_a_thousand_serials_run_over_numbered_pages_and_every_barcode_reads(sheet):
    printout = long_document(4, 250)
    pdf = as_pdf(printout, sheet=sheet)
    images = paper.images(pdf)
    read = [code for image in images for code in paper.barcodes(image)]
    assert sorted(read) == sorted(["IN-7", *all_serials(printout)])
    said = [page.text for page in paper.pieces(pdf) if page.text.startswith("Page ")]
    assert said == [f"Page {at} of {len(images)}" for at in range(1, len(images) + 1)]
    headed = {piece.page for piece in paper.pieces(pdf) if piece.text.startswith("Invoice IN-7")}
    assert headed == set(range(1, len(images) + 1))
    assert "ITEM-0 (continued)" in paper.text(pdf)
    assert paper.text(pdf).count("(not readable)") == 100


@SHEETS
def test_chinese_is_drawn_by_a_font_inside_the_file(sheet):
    chinese, tofu = as_pdf(document("序列号-1"), sheet=sheet), as_pdf(document("\u9fa5\u9fa4号-1"), sheet=sheet)
    assert "序列号-1" in paper.text(chinese)
    assert b"/FontFile2" in chinese
    drawn = [piece for piece in paper.pieces(chinese) if piece.text == "序列号"]
    assert [piece.font for piece in drawn] == ["DroidSansFallback"]
    # Other characters give other pixels, so neither is a box that stands for anything.
    (one,), (other,) = paper.images(chinese), paper.images(tofu)
    scale = paper.DPI / 72
    left, bottom = drawn[0].left * scale, one.height - drawn[0].bottom * scale
    box = tuple(round(edge) for edge in (left, bottom - sheet.size * scale, left + 2 * sheet.size * scale, bottom))
    dark = [sum(image.crop(box).point(lambda grey: 255 * (grey < 128)).histogram()[1:]) for image in (one, other)]
    assert min(dark) > 80
    assert ImageChops.difference(one.crop(box), other.crop(box)).getbbox() is not None
    assert paper.barcodes(one) == ["PS-1042", "序列号-1"]


def test_only_the_needed_characters_are_embedded():
    assert len(as_pdf(document("SN-1"))) < 60_000
    assert len(as_pdf(document("序列号-1"))) < 60_000


@SHEETS
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_texts_are_only_text(text, sheet):
    line = PrintedLine(text, text, 3, (Entry("SN-1"), Entry(text, text), Entry("SN-3")))
    pdf = as_pdf(Printout(Kind.INVOICE, text, text, text, text, text, (line,)), sheet=sheet)
    said = paper.text(pdf)
    assert "SN-1" in said
    assert "SN-3" in said
    assert not any(sign in said for sign in "\u202e\u2066\u200b\ufeff\x00\x1b\x1d\x7f")
    held = [code for image in paper.images(pdf, 300) for code in paper.barcodes(image)]
    assert sorted(held) == sorted(["SN-1", "SN-3"] + ([] if codes.qr_version(text) is None else [text, text]))


def test_what_steers_a_reader_is_written_out():
    joined = "".join(paper.text(as_pdf(document("\u202e321-NS", "a\x1db", "שלום", "😀"))).split())
    for text in ("<U+202E>321-NS", "a<1D>b", "<U+05E9><U+05DC><U+05D5><U+05DD>", "<U+1F600>"):
        assert text in joined


def test_the_longest_serials_are_whole_in_letters_and_as_a_code():
    serials = [f"{at:02d}" + "ABCxyz-9" * 12 + "AB" for at in range(30)]
    pdf = as_pdf(document(*serials), sheet=LABEL)
    joined = "".join(piece.text.strip() for piece in paper.pieces(pdf))
    assert all(serial in joined for serial in serials)
    assert sorted(code for image in paper.images(pdf) for code in paper.barcodes(image)) == [*serials, "PS-1042"]


def test_the_same_document_gives_the_same_bytes():
    assert as_pdf(document("SN-1", "序列号")) == as_pdf(document("SN-1", "序列号"))


def test_threads_may_print_at_once():
    expected = {at: as_pdf(document(f"SN-{at}", "号" * at)) for at in range(1, 9)}
    got: dict[int, bytes] = {}

    def work(at: int) -> None:
        got[at] = as_pdf(document(f"SN-{at}", "号" * at))

    threads = [threading.Thread(target=work, args=(at,)) for at in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


@given(printouts)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_gives_a_pdf_with_every_entry_numbered(printout):
    pdf = as_pdf(printout, sheet=LABEL)
    wanted = [number for line in printout.lines for number, _entry in zip(count(1), line.entries, strict=False)]
    assert numbers(pdf) == wanted


def test_reportlab_waits_for_the_first_pdf():
    code = "import sys, terminal.printing.delivery; print(*({'reportlab', 'PIL'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
