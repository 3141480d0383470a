"""Text in cells: what is shown can be seen, fits, and says where it was cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from terminal.ui.cells import CUT, between, centre, cut_left, cut_middle, cut_right, one, pad, safe, width, wrap

PROPERTIES = settings(max_examples=300, deadline=None, derandomize=True, database=None)

ANY = st.text(st.characters(), max_size=60)
"""Every character there is, surrogates too."""
SEEN = st.text(st.characters(), max_size=40).map(safe)
MIXED = st.text(st.sampled_from("ab c品番コ-~"), max_size=40)
CELLS = st.integers(0, 50)

HOSTILE = [
    "\x00\x07\x1b[2J\x9b31m",
    "[red]markup[/]",
    "a\u202eb\u2066c\u200b\u200d\ufeff",
    "e\u0301\u0301\u0301",
    "\ud800x\udfff",
    "\u00a0\u3000\u2028\u2029",
    "\u115f\u1160\u3164\uffa0\u2800",
    "\U000e0041\U000e0101\ufe0f",
]


@given(ANY)
@PROPERTIES
def test_nothing_unseen_is_shown(text):
    check(safe(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_shown(text):
    check(safe(text))


def check(shown: str) -> None:
    """Say what may be painted."""
    assert {unicodedata.category(sign) for sign in shown} & {
        *("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Mn", "Me", "Mc")
    } == set()
    assert all(width(sign) in (1, 2) for sign in shown)
    assert {sign for sign in shown if sign.isspace()} <= {" "}


@given(ANY)
@PROPERTIES
def test_showing_what_is_shown_changes_nothing(text):
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text):
    assert safe(text) == text


def test_unseen_characters_are_written_out():
    assert safe("01\x1d21A\x1b") == "01<1D>21A<1B>"
    assert safe("a\u202eb") == "a<U+202E>b"
    assert safe("a\u00a0b\u3000") == "a<A0>b<U+3000>"
    assert safe("품番é") == "품番é"
    assert safe("x\u0301\u2800") == "x<U+0301><U+2800>"


@given(SEEN | MIXED, CELLS)
@PROPERTIES
def test_cutting_never_exceeds_and_marks_what_it_cut(text, cells):
    for cut, end in ((cut_right(text, cells), 0), (cut_left(text, cells), 1)):
        assert width(cut) <= cells
        if width(text) <= cells:
            assert cut == text
        elif cells:
            kept = cut[1:] if end else cut[:-1]
            assert cut[0 if end else -1] == CUT
            assert text.endswith(kept) if end else text.startswith(kept)


@given(SEEN | MIXED, CELLS)
@PROPERTIES
def test_cutting_in_the_middle_keeps_both_ends(text, cells):
    cut = cut_middle(text, cells)
    assert width(cut) <= cells
    if width(text) <= cells:
        assert cut == text
    elif cells:
        kept = next(at for at, sign in enumerate(cut) if sign == CUT and text.endswith(cut[at + 1 :]))
        assert text.startswith(cut[:kept])


def test_the_tail_gets_no_less_than_the_head():
    assert [cut_middle("SERIAL-123", cells) for cells in (0, 1, 2, 5, 6, 9)] == [
        *("", "~", "~3"),
        *("SE~23", "SE~123", "SERI~-123"),
    ]


@given(SEEN | MIXED, CELLS)
@PROPERTIES
def test_padding_fills_exactly(text, cells):
    assert width(pad(text, cells)) == width(centre(text, cells)) == cells
    ((shown, style),) = one(text, "bold", cells=cells)
    assert (width(shown), style) == (cells, "bold")


@given(SEEN | MIXED, SEEN | MIXED, CELLS)
@PROPERTIES
def test_a_row_of_two_texts_fits_and_keeps_the_right_one(left, right, cells):
    row = between(left, right, cells)
    assert width(row) == cells
    if width(right) < cells - 1:
        assert row.endswith(" " + right)


@given(SEEN | MIXED, st.integers(1, 30), st.integers(0, 12))
@example("品", 1, 3)
@example("a品b", 1, 9)
@PROPERTIES
def test_wrapping_fits_and_loses_nothing_that_is_not_marked(text, cells, rows):
    lines = wrap(text, cells, rows)
    assert len(lines) <= rows
    assert all(width(line) <= cells for line in lines)
    whole = wrap(text, cells, 10_000)
    if cells > 1:
        assert "".join(whole).replace(" ", "") == text.replace(" ", "")
    if len(whole) <= rows:
        assert lines == whole
    elif lines:
        assert lines[-1].endswith(CUT)
        assert lines[:-1] == whole[: rows - 1]


def test_wrapping_breaks_at_spaces():
    assert wrap("OK SN-1 - line complete", 12, 5) == ["OK SN-1 -", "line", "complete"]
    assert wrap("one\ntwo three", 20, 5) == ["one", "two three"]
    assert wrap("one two three four", 9, 1) == ["one two ~"]
    assert wrap("abcdefghij", 5, 1) == ["abcd~"]
    assert wrap("a品b", 1, 9) == ["a", CUT, "b"]


def test_a_huge_code_is_wrapped_in_no_time():
    assert len(wrap("漢" * 100_000, 20, 3)) == 3
