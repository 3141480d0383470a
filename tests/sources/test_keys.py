from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.sources.keys import Keys, Keystroke
from tests.sources.hostile import HOSTILE

F_KEYS = {
    "xterm": [b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS", b"\x1b[15~", b"\x1b[17~"],
    "xterm with modifiers": [b"\x1b[1;2P", b"\x1b[1;5Q", b"", b"\x1b[1;2S", b"\x1b[15;2~", b"\x1b[17;5~"],
    "vt220": [b"\x1b[11~", b"\x1b[12~", b"\x1b[13~", b"\x1b[14~", b"\x1b[15~", b"\x1b[17~"],
    "linux": [b"\x1b[[A", b"\x1b[[B", b"\x1b[[C", b"\x1b[[D", b"\x1b[[E", b"\x1b[17~"],
    "putty vt100": [b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS", b"\x1bOT", b"\x1bOU"],
}
OTHERS = {
    b"\x1b[18~": "f7",
    b"\x1b[19~": "f8",
    b"\x1b[20~": "f9",
    b"\x1b[21~": "f10",
    b"\x1b[23~": "f11",
    b"\x1b[24~": "f12",
    b"\x1bO[": "f12",
    b"\x1b[A": "up",
    b"\x1bOB": "down",
    b"\x1b[1;5C": "right",
    b"\x1bOD": "left",
    b"\x1b[H": "home",
    b"\x1b[1~": "home",
    b"\x1b[7~": "home",
    b"\x1bOF": "end",
    b"\x1b[4~": "end",
    b"\x1b[3~": "delete",
    b"\x1b[2~": "insert",
    b"\x1b[5~": "pageup",
    b"\x1b[6~": "pagedown",
    b"\x1b[Z": "backtab",
    b"\x1bOM": "enter",
    b"\r": "enter",
    b"\n": "enter",
    b"\r\n": "enter",
    b"\t": "tab",
    b"\x08": "backspace",
    b"\x7f": "backspace",
    b"\x1b[<0;3;4M": "mouse",
    b"\x1b[<0;3;4m": "reply",
    b"\x1b[<35;3;4M": "reply",
    b"\x1b[<64;3;4M": "reply",
    b"\x1b[24;80R": "reply",
    b"\x1b[?62;4c": "reply",
    b"\x1b[>0;276;0c": "reply",
    b"\x1b[?2026;2$y": "reply",
    b"\x1b[48;24;80;0;0t": "reply",
    b"\x1b[I": "reply",
    b"\x1b[O": "reply",
}
UNKNOWN = [
    b"\x1bq",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b]52;c;A\x07",
    b"\x1b[6n",
    b"\x1b[c",
    b"\x1bc",
    b"\x1b[M !!",
    b"\x1b[25~",
]


def names(strokes: list[Keystroke]) -> list[str]:
    return [s.name for s in strokes]


@pytest.mark.parametrize("kind", F_KEYS)
def test_function_keys(kind: str) -> None:
    for number, data in enumerate(F_KEYS[kind], 1):
        if data:
            assert Keys().feed(data, 0.0) == [Keystroke(f"f{number}", data, "", 0.0, True)]


@pytest.mark.parametrize("data", OTHERS)
def test_other_keys_in_one_read_and_byte_by_byte(data: bytes) -> None:
    (stroke,) = Keys().feed(data, 0.0)
    assert (stroke.name, stroke.data, stroke.alone) == (OTHERS[data], data, True)
    if data != b"\r\n":
        keys = Keys()
        slow = list(itertools.chain.from_iterable(keys.feed(bytes((b,)), i / 1000) for i, b in enumerate(data)))
        assert [(s.name, s.data, s.alone) for s in slow] == [(OTHERS[data], data, True)]


def test_the_mouse_says_where() -> None:
    (stroke,) = Keys().feed(b"\x1b[<0;3;4M", 0.0)
    assert (stroke.column, stroke.row) == (2, 3)


@pytest.mark.parametrize("data", UNKNOWN)
def test_unknown_sequences_are_data(data: bytes) -> None:
    strokes = Keys().feed(data + b"x", 0.0)
    assert set(names(strokes)) == {"char"}
    assert b"".join(s.data for s in strokes) == data + b"x"


def test_a_lone_escape_takes_25_ms() -> None:
    keys = Keys()
    assert keys.feed(b"\x1b", 1.0) == []
    assert keys.deadline == pytest.approx(1.025)
    assert keys.tick(1.02) == []
    assert keys.tick(1.03) == [Keystroke("escape", b"\x1b", "", 1.0, True)]
    assert keys.deadline is None


def test_an_escape_in_a_burst_is_not_alone() -> None:
    keys = Keys()
    keys.feed(b"AB\x1b", 1.0)
    assert [s.alone for s in keys.tick(2.0)] == [False]
    keys.feed(b"\r", 3.0)
    keys.feed(b"\x1b", 3.01)
    assert [s.alone for s in keys.tick(4.0)] == [False]


def test_what_stays_unfinished_is_data() -> None:
    for data in (b"\x1b[", b"\x1b[1;", b"\x1bO", b"\x1b[[", b"\xe2\x82", b"\x1b]", b"\x1b["):
        keys = Keys()
        strokes = keys.feed(data, 1.0) + keys.tick(1.1)
        assert set(names(strokes)) == {"char"}
        assert b"".join(s.data for s in strokes) == data
        assert names(keys.feed(b"\r", 1.2)) == ["enter"]


def test_characters() -> None:
    strokes = Keys().feed("aé中😀".encode() + b"\xe9\xed\xa0\x80!", 0.0)
    assert "".join(s.text for s in strokes) == "aé中😀" + "\ufffd" * 4 + "!"
    assert not any(s.alone for s in strokes)


def test_controls_are_characters() -> None:
    data = b"\x00\x03\x10\x11\x13\x15\x1a\x1c\x1d\x1e\x04"
    assert names(Keys().feed(data, 0.0)) == ["char"] * len(data)


def test_alone_needs_a_pause_and_a_read_of_its_own() -> None:
    keys = Keys()
    assert keys.feed(b"A", 1.0)[0].alone
    assert not keys.feed(b"\r", 1.029)[0].alone
    assert keys.feed(b"\r", 1.06)[0].alone
    assert not any(s.alone for s in keys.feed(b"A\r", 2.0))


@given(
    st.lists(st.one_of(st.sampled_from([*HOSTILE, *OTHERS, *UNKNOWN]), st.binary(max_size=9)), max_size=8), st.data()
)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_chunks_make_no_difference_and_nothing_is_lost(parts: list[bytes], draw: st.DataObject) -> None:
    data = b"".join(parts).replace(b"\r\n", b"\r")
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=20))
    edges = [0, *sorted(cuts), len(data)]
    whole, cut = Keys(), Keys()
    expected = whole.feed(data, 1.0) + whole.tick(2.0)
    found = list(itertools.chain.from_iterable(cut.feed(data[a:b], 1.0) for a, b in itertools.pairwise(edges)))
    found += cut.tick(2.0)
    assert [(s.name, s.data, s.text) for s in found] == [(s.name, s.data, s.text) for s in expected]
    assert b"".join(s.data for s in found) == data
    assert names(cut.feed(b"\x1bOP", 3.0)) == ["f1"]
