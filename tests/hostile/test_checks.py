"""The checks find what they are for."""

from __future__ import annotations

import pytest

from .checks import control_codes, formulas, steering, strange_on_screen
from .corpus import CORPUS, Payload
from .sending import strangers


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"\x1b]52;c;eA==\x07",
            b"\x1b[31m",
            b"\x1b[0;30;42",
            b"\x1b[6n",
            b"\x1b[0;0H",
            b"\x1bc",
            b"\x1b[3J",
            b"\x1b[?1049l",
        ),
        *(b"\x07", b"\x08", b"\x7f", b"\xc2\x9b2J", b"\x9b2J", b"\x00", b"\r", b"\n", b"\x1b"),
        *("\u202e".encode(), "\u200b".encode(), "\u2028".encode(), "\ue000".encode()),
    ],
)
def test_strange_bytes_are_found(raw):
    assert strange_on_screen(b"\x1b[1;1H\x1b[0;30;42mOK" + raw + b"\x1b[m\x1b[K") != []
    assert strange_on_screen(b"\x1b[1;1H\x1b[0;30;42mOK \xc3\xa9\x1b[m\x1b[K") == []


def test_what_the_driver_writes_is_fine_at_its_time_only():
    assert strange_on_screen(b"\x1b[?1049h", whole_life=True) == []
    assert strange_on_screen(b"\x1b[?1049h") != []
    assert strange_on_screen(b"\x1b]0;x\x07", whole_life=True) != []


def test_control_codes_and_formulas_are_found():
    assert control_codes("a\x1bb\x9b\x7f\r\n") == ["\r", "\x1b", "\x7f", "\x9b"]
    assert steering("a\u202eb") == ["\u202e"]
    assert formulas('a,"=1"\n"x\ny",\'=1\n"\t1",+1\n') == ["=1", "\t1", "+1"]


def test_strangers_are_found():
    payload = Payload("x", "x", b" SN-1 \rSN-2\n")
    assert strangers(["SN-1", "SN-2"], payload) == []
    assert strangers(["SN-2", "SN-1"], payload) == ["SN-1"]
    assert strangers(["SN-1", "SN-1"], payload) == ["SN-1"]
    assert strangers(["SN"], payload) == ["SN"]


def test_the_corpus_is_what_it_should_be():
    assert len(CORPUS) > 900
    assert len({each.kind for each in CORPUS}) >= 20
    assert {bytes((code,)) for code in range(0x20)} <= {each.data for each in CORPUS}
    assert len({(each.kind, each.name) for each in CORPUS}) == len(CORPUS)
