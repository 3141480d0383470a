"""Anything at all, in any pieces and with any pauses: what the sources promise holds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.sources.keyboard import Pressed
from terminal.sources.keys import Keys

from .corpus import CORPUS, KEYS, SMALL
from .promises import check_code, check_keyboard, check_port

PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([each.data for each in SMALL]),
    st.sampled_from([*KEYS.values(), b"\r", b"\n", b"\r\n", b"\t", b"\x1b", b"\b", b"\x7f", b"1", b"SN-1"]),
)
READS = st.lists(
    st.tuples(PIECES, st.sampled_from([0.0, 0.001, 0.02, 0.029, 0.031, 0.06, 0.11, 0.3, 0.6])), max_size=14
)
QUICK = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@QUICK
@given(READS)
def test_any_reads_of_a_keyboard(reads):
    check_keyboard(reads)


@QUICK
@given(READS, st.sampled_from(["generic", "bluetooth", "no-suffix", "stx-etx"]))
def test_any_reads_of_a_port(reads, profile):
    check_port(reads, profile)


@QUICK
@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_keystrokes_are_all_that_arrived(data, cuts):
    keys = Keys()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    strokes = [each for a, b in pairwise(edges) for each in keys.feed(data[a:b], 1.0)]
    assert b"".join(each.data for each in strokes + keys.tick(9.0)) == data


@QUICK
@given(st.text(max_size=80), st.sampled_from(["", "]C0", "]hI", "+", "[)>\x1e06\x1d", "01", "http://"]))
def test_any_code_is_read_as_it_stands(text, start):
    check_code(start + text)


def test_every_payload_is_read_as_it_stands():
    for payload in CORPUS:
        for separator in ("", "~", "|"):
            check_code(payload.data.decode("utf-8", "replace"), separator)


def test_no_key_is_heard_of_a_payload_with_an_enter():
    for payload in CORPUS:
        heard = check_keyboard([(payload.data + b"\r", 0.0)])
        keys = [each for each in heard if isinstance(each, Pressed) and each.name != "enter" and each.name != "tab"]
        assert keys == [], payload.name
