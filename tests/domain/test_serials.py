"""D2: how a serial is read, checked and compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.documents import SerialForm
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.serials import compared, fits_mask, mask_length, read_serial
from tests.domain.shop import PROPERTIES

ANY = SerialForm()
FOREIGN = SerialForm(non_ascii=True)


def wrong_character(serial: str, character: str) -> Refusal:
    return refuse(Code.SERIAL_CHARACTER, serial=serial, character=character)


# Reading


def test_D2_a_serial_is_kept_as_scanned():
    assert read_serial("sN-0012/b", ANY) == "sN-0012/b"


@pytest.mark.parametrize("scanned", [" SN-1", "SN-1 ", "\tSN-1\r\n", "\r\n\t SN-1 \t\r\n"])
def test_D2_surrounding_white_space_is_trimmed(scanned):
    assert read_serial(scanned, ANY) == "SN-1"


@pytest.mark.parametrize("scanned", ["", " ", "\t\r\n"])
def test_D2_nothing_is_no_serial(scanned):
    assert read_serial(scanned, ANY) == refuse(Code.EMPTY_SERIAL)


@pytest.mark.parametrize(
    ("scanned", "character"),
    [
        ("SN 1", "U+0020"),
        ("SN\t1", "U+0009"),
        ("SN\x001", "U+0000"),
        ("SN\x1d1", "U+001D"),
        ("\x1b[2J", "U+001B"),
        ("SN1\x7f", "U+007F"),
        ("SN1\x0b", "U+000B"),
        ("SN-É", "U+00C9"),
        ("SN\u00a01", "U+00A0"),
        ("SN1\u3000", "U+3000"),
    ],
)
def test_D2_only_printable_ASCII_without_space_by_default(scanned, character):
    assert read_serial(scanned, ANY) == wrong_character(scanned, character)


def test_D2_every_printable_ASCII_sign_is_allowed_by_default():
    every = "".join(map(chr, range(0x21, 0x7F)))
    assert read_serial(every, SerialForm(longest=100)) == every


@pytest.mark.parametrize("serial", ["SÉRIE-1", "序列号1", "серия1", "e\u0301", "😀1"])
def test_D2_non_ASCII_where_the_item_allows_it(serial):
    assert read_serial(serial, FOREIGN) == serial


@pytest.mark.parametrize(
    ("sign", "character"),
    [
        ("\u200b", "U+200B"),  # zero-width space
        ("\u200d", "U+200D"),  # zero-width joiner
        ("\ufeff", "U+FEFF"),  # byte order mark
        ("\u00ad", "U+00AD"),  # soft hyphen
        ("\u202e", "U+202E"),  # right-to-left override
        ("\u2066", "U+2066"),  # isolate
        ("\u200f", "U+200F"),  # right-to-left mark
        ("\x85", "U+0085"),  # control character beyond ASCII
        ("\u2028", "U+2028"),  # line separator
        ("\u00a0", "U+00A0"),  # no-break space
        ("\ue000", "U+E000"),  # private use
        ("\udc80", "U+DC80"),  # half of a surrogate pair
        ("\U000e0041", "U+E0041"),  # tag
        ("\u034f", "U+034F"),  # grapheme joiner, counted as a mark
        ("\ufe0f", "U+FE0F"),  # variation selector, counted as a mark
        ("\u3164", "U+3164"),  # Hangul filler, counted as a letter
        ("\u2800", "U+2800"),  # braille blank, counted as a symbol
        ("\U000e0100", "U+E0100"),  # variation selector of the supplement
    ],
)
def test_D2_what_nobody_can_see_on_a_label_is_never_part_of_a_serial(sign, character):
    assert read_serial(f"SN{sign}1", FOREIGN) == wrong_character(f"SN{sign}1", character)


@pytest.mark.parametrize(
    ("serial", "sign"),
    [
        ("\u0405N123", "U+0405"),  # Cyrillic Dze for S
        ("SN\u0410", "U+0410"),  # Cyrillic A
        ("S\u039d1", "U+039D"),  # Greek Nu
        ("S\uff2e1", "U+FF2E"),  # full-width N
        ("S\U0001d4021", "U+1D402"),  # mathematical C
        ("SN\u0661", "U+0661"),  # Arabic-Indic one
        ("SN\uff11", "U+FF11"),  # full-width one
    ],
)
def test_D2_a_serial_mixes_no_alphabets_or_digits_that_look_alike(serial, sign):
    assert read_serial(serial, FOREIGN) == wrong_character(serial, sign)


@pytest.mark.parametrize("serial", ["\u0405\u0410123", "\u039d\u03911", "序列号A1", "ÆØÅ1"])
def test_D2_one_foreign_alphabet_alone_is_fine_where_the_item_allows_it(serial):
    assert read_serial(serial, FOREIGN) == serial


def test_D2_the_item_may_list_its_signs():
    form = SerialForm(signs="-.")
    assert read_serial("A-1.b", form) == "A-1.b"
    assert read_serial("A/1", form) == wrong_character("A/1", "/")
    assert read_serial("A-1", SerialForm(signs="")) == wrong_character("A-1", "-")


@pytest.mark.parametrize(
    ("form", "length", "longest"),
    [
        (ANY, 50, 50),
        (SerialForm(longest=100), 100, 100),
        (SerialForm(longest=400), 100, 100),
        (SerialForm(longest=3), 3, 3),
    ],
    ids=["50 by default", "100 if the item says so", "never more than 100", "fewer if the item says so"],
)
def test_D2_the_longest_serial(form, length, longest):
    assert read_serial("1" * length, form) == "1" * length
    one_more = "1" * (length + 1)
    assert read_serial(one_more, form) == refuse(Code.SERIAL_TOO_LONG, serial=one_more[:100], longest=longest)


def test_D2_white_space_around_a_serial_does_not_count_to_its_length():
    assert read_serial(f"  {'1' * 50}\r\n", ANY) == "1" * 50


def test_D2_a_frame_of_rubbish_comes_back_cut():
    assert read_serial("x" * 8192, ANY) == refuse(Code.SERIAL_TOO_LONG, serial="x" * 100, longest=50)


def test_D2_the_shortest_serial():
    form = SerialForm(shortest=4)
    assert read_serial("SN-1", form) == "SN-1"
    assert read_serial("SN1", form) == refuse(Code.SERIAL_TOO_SHORT, serial="SN1", shortest=4)


# Masks


def test_D2_a_serial_that_does_not_fit_the_mask_is_refused():
    form = SerialForm(mask="AA999")
    assert read_serial("SN123", form) == "SN123"
    assert read_serial("SN12", form) == refuse(Code.SERIAL_MASK, serial="SN12", mask="AA999")


@pytest.mark.parametrize(
    ("mask", "fitting", "others"),
    [
        ("A", ["a", "Z", "É"], ["1", "-", "", "ab"]),
        ("9", ["0", "9"], ["a", "-", "²", "٣"]),
        ("X", ["a", "0"], ["-", "²"]),
        ("?", ["a", "0", "-"], ["", "ab"]),
        ("SN-", ["SN-"], ["sn-", "SN", "SN--"]),
        ("\\A\\9\\X\\?", ["A9X?"], ["B9X?", "A8X?", "A9Y?", "A9X!"]),
        ("\\\\9", ["\\1"], ["\\", "11"]),
        ("A\\", ["A\\"], ["A", "AA"]),
    ],
)
def test_D2_each_sign_of_a_mask_takes_one_character(mask, fitting, others):
    assert [serial for serial in fitting + others if fits_mask(serial, mask)] == fitting


@pytest.mark.parametrize(("mask", "length"), [("AA999", 5), ("\\A9", 2), ("\\\\", 1), ("A\\", 2), ("", 0)])
def test_D2_a_mask_has_a_length(mask, length):
    assert mask_length(mask) == length


# Comparing


def test_D2_composed_and_decomposed_are_the_same_serial():
    assert compared("e\u0301", FOREIGN) == compared("\u00e9", FOREIGN) == "é"


def test_D2_case_does_not_count_unless_the_item_says_so():
    assert compared("SN-Straße", ANY) == compared("sn-STRASSE", ANY)
    sensitive = SerialForm(case_sensitive=True)
    assert compared("SN-1", sensitive) == "SN-1" != compared("sn-1", sensitive)
    assert compared("e\u0301", sensitive) == "é"


def test_D2_signs_and_leading_zeros_tell_serials_apart():
    assert len({compared(serial, ANY) for serial in ("SN1", "SN-1", "SN01", "SN1.", "5N1")}) == 5


# Properties

FORMS = st.builds(
    SerialForm,
    shortest=st.integers(0, 4),
    longest=st.integers(1, 120),
    signs=st.sampled_from([None, "", "-."]),
    case_sensitive=st.booleans(),
    non_ascii=st.booleans(),
)
SCANNED = st.one_of(st.text(max_size=110), st.from_regex(r"[ \t]?[A-Z0-9-]{1,12}[\r\n ]{0,2}", fullmatch=True))


@PROPERTIES
@given(SCANNED, FORMS)
def test_D2_reading_never_changes_anything_but_surrounding_white_space(scanned, form):
    serial = read_serial(scanned, form)
    if isinstance(serial, str):
        before, found, after = scanned.partition(serial)
        assert found
        assert set(before + after) <= set(" \t\r\n")
        assert not set(serial) & set(" \t\r\n")
        assert read_serial(serial, form) == serial
    else:
        assert serial.rule == "D2"


@PROPERTIES
@given(SCANNED, FORMS)
def test_D2_what_is_read_is_within_its_form(scanned, form):
    serial = read_serial(scanned, form)
    if isinstance(serial, str):
        assert max(1, form.shortest) <= len(serial) <= min(form.longest, 100)
        assert form.non_ascii or serial.isascii()


@PROPERTIES
@given(st.text(), FORMS)
def test_D2_comparing_twice_is_comparing_once(serial, form):
    once = compared(serial, form)
    assert compared(once, form) == once


@PROPERTIES
@given(st.text(), FORMS)
def test_D2_how_a_character_is_composed_never_counts(serial, form):
    assert compared(unicodedata.normalize("NFD", serial), form) == compared(serial, form)


@PROPERTIES
@given(st.text(st.sampled_from("A9X?\\-"), max_size=8), st.text(st.sampled_from("A9-\\"), max_size=8))
def test_D2_only_a_serial_of_the_masks_length_fits_it(mask, serial):
    assert not fits_mask(serial, mask) or len(serial) == mask_length(mask)
