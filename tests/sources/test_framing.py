from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.sources.framing import CR, LF, Frame, Framing
from terminal.sources.scan import Reason, Scan, Unread, excerpt
from tests.sources.hostile import HOSTILE

GARBAGE = st.lists(
    st.one_of(
        st.sampled_from([b"\r", b"\n", b"\t", b"\x02", b"\x03", b"\x1d", b"\x1b", b"\xff", b"\x00"]),
        st.binary(max_size=12),
        st.sampled_from(HOSTILE),
    ),
    max_size=12,
).map(b"".join)
FRAMES = [
    Frame(),
    Frame(terminators=frozenset({CR}), longest=8),
    Frame(stx_etx=True, longest=8, noise=frozenset({0, 255})),
    Frame(terminators=frozenset(), idle_ms=50, encoding="latin-1"),
    Frame(prefix="<", suffix=">", encoding="shift_jis"),
]


def texts(found: list[Scan | Unread]) -> list[str]:
    return [f.text if isinstance(f, Scan) else f.reason.value for f in found]


def test_terminators_end_a_frame_once_in_any_split() -> None:
    for data in (b"A\r\nB\tC\nD\r", b"A\r\r\n\nB\t\tC\rD\n"):
        framing = Framing(Frame(), "s")
        found = list(itertools.chain.from_iterable(framing.feed(bytes((b,)), 1.0) for b in data))
        assert texts(found) == ["A", "B", "C", "D"]


def test_a_scan_says_where_it_came_from_and_how_it_ended() -> None:
    framing = Framing(Frame(), "port")
    assert framing.feed(b"A\x1d1", 1.0) == []
    assert framing.pending == b"A\x1d1"
    assert framing.feed(b"\x04\r", 1.5) == [Scan("A\x1d1\x04", b"A\x1d1\x04", "port", 1.5)]
    assert framing.deadline is None


def test_tab_can_be_data() -> None:
    assert texts(Framing(Frame(terminators=frozenset({CR, LF})), "s").feed(b"A\tB\r", 0.0)) == ["A\tB"]


def test_longest_is_the_last_that_fits() -> None:
    framing = Framing(Frame(), "s")
    assert texts(framing.feed(b"9" * 8192 + b"\r" + b"9" * 9000 + b"\rNEXT\r", 0.0)) == ["9" * 8192, "too-long", "NEXT"]


def test_after_overflow_silence_brings_it_into_step() -> None:
    framing = Framing(Frame(longest=4), "s")
    assert texts(framing.feed(b"ABCDEFGH", 1.0)) == ["too-long"]
    assert framing.deadline == pytest.approx(1.2)
    assert framing.tick(1.1) == []
    assert framing.tick(1.2) == []
    assert texts(framing.feed(b"OK\r", 1.3)) == ["OK"]


def test_silence_drops_a_stale_beginning() -> None:
    framing = Framing(Frame(), "s")
    framing.feed(b"\x02SN1", 1.0)
    assert framing.tick(1.4) == []
    assert framing.tick(1.5) == [Unread(Reason.BROKEN_OFF, "\\x02SN1", 4, "s", 1.5, "silence")]
    assert texts(framing.feed(b"SN2\r", 2.0)) == ["SN2"]


def test_bytes_that_waited_unread_keep_their_frame() -> None:
    framing = Framing(Frame(), "s")
    framing.feed(b"SN", 1.0)
    assert texts(framing.feed(b"1\r", 9.0)) == ["SN1"]


def test_nobody_hurries_a_person() -> None:
    framing = Framing(Frame(stale_ms=None), "s")
    framing.feed(b"SN", 1.0)
    assert framing.deadline is None
    assert framing.tick(99.0) == []


def test_silence_can_end_a_frame() -> None:
    framing = Framing(Frame(terminators=frozenset(), idle_ms=50), "s")
    framing.feed(b"SN1\r", 1.0)
    assert framing.deadline == pytest.approx(1.05)
    assert framing.tick(1.06) == [Scan("SN1\r", b"SN1\r", "s", 1.0)]


def test_stx_etx() -> None:
    framing = Framing(Frame(stx_etx=True), "s")
    found = framing.feed(b"\x02A\rB\x03\r\n\x02C\x02D\x03noise\x02E\x03", 0.0)
    assert texts(found) == ["A\rB", "broken-off", "D", "noise", "E"]
    assert framing.feed(b"xx", 1.0) == []
    assert texts(framing.tick(1.2)) == ["noise"]


def test_stx_etx_recovers_from_overflow_at_the_next_start() -> None:
    framing = Framing(Frame(stx_etx=True, longest=3), "s")
    assert texts(framing.feed(b"\x02ABCDEF\x02G\x03\x02HHHHHHH\x03\x02I\x03", 0.0)) == [
        "too-long",
        "G",
        "too-long",
        "I",
    ]


def test_reset_reports_and_forgets() -> None:
    framing = Framing(Frame(), "s")
    framing.feed(b"HALF", 0.0)
    assert framing.reset("unplugged", 1.0) == [Unread(Reason.BROKEN_OFF, "HALF", 4, "s", 1.0, "unplugged")]
    assert framing.reset("unplugged", 1.0) == []
    assert texts(framing.feed(b"WHOLE\r", 2.0)) == ["WHOLE"]


def test_prefix_and_suffix_show_that_a_code_is_whole() -> None:
    framing = Framing(Frame(prefix="<", suffix=">"), "s")
    found = framing.feed(b"<A>\rA>\r<A\r", 0.0)
    assert texts(found) == ["A", "broken-off", "broken-off"]
    assert [f.cause for f in found if isinstance(f, Unread)] == ["no-prefix", "no-suffix"]


@pytest.mark.parametrize("idle_ms", [None, 50])
def test_power_up_noise_is_dropped_and_counted(idle_ms: int | None) -> None:
    framing = Framing(Frame(noise=frozenset({0, 255}), idle_ms=idle_ms), "s")
    assert framing.feed(b"\x00\xff\x00", 1.0) == []
    assert framing.deadline == pytest.approx(1.1)
    assert framing.tick(1.1) == []
    assert framing.dropped == 3
    assert texts(framing.feed(b"A\x001\r", 1.2)) == ["A\x001"]
    marked = Framing(Frame(noise=frozenset({0, 255}), stx_etx=True), "s")
    assert texts(marked.feed(b"\x00\xff\x02A\x03", 1.0)) == ["A"]
    assert marked.dropped == 2


def test_noise_with_a_code_behind_it_is_never_taken_off_it() -> None:
    framing = Framing(Frame(noise=frozenset({0, 255})), "s")
    assert texts(framing.feed(b"\x00SN-1\r\xffSN-2\r\x00\rSN-3\r", 1.0)) == ["\x00SN-1", "undecodable", "\x00", "SN-3"]


@pytest.mark.parametrize(
    ("encoding", "raw", "text"),
    [
        ("utf-8", b"caf\xe9", "undecodable"),
        ("utf-8", b"\xed\xa0\x80", "undecodable"),
        ("ascii", b"\x80", "undecodable"),
        ("cp1252", b"\x81", "undecodable"),
        ("latin-1", b"caf\xe9", "café"),
        ("shift_jis", b"\x83e\x83X\x83g", "テスト"),
        ("gb18030", b"\xd6\xd0", "中"),
    ],
)
def test_encodings(encoding: str, raw: bytes, text: str) -> None:
    assert texts(Framing(Frame(encoding=encoding), "s").feed(raw + b"\r", 0.0)) == [text]


def test_a_frame_that_cannot_end_is_refused() -> None:
    for wrong in ({"terminators": frozenset()}, {"terminators": frozenset({65})}, {"encoding": "x"}, {"longest": 0}):
        with pytest.raises(ValueError, match=r"\.$"):
            Frame(**wrong)  # type: ignore[arg-type]


def test_excerpts_are_safe_to_show() -> None:
    assert excerpt(b"A\x1b[\\\xff") == "A\\x1b[\\x5c\\xff"
    assert excerpt(b"9" * 25) == "9" * 24 + "…"


@given(GARBAGE, st.lists(st.integers(0, 400), max_size=20), st.sampled_from(FRAMES))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_chunks_make_no_difference(data: bytes, cuts: list[int], frame: Frame) -> None:
    whole, cut = Framing(frame, "s"), Framing(frame, "s")
    edges = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    found = list(itertools.chain.from_iterable(cut.feed(data[a:b], 1.0) for a, b in itertools.pairwise(edges)))
    assert found == whole.feed(data, 1.0)
    assert (cut.pending, cut.dropped, cut.deadline) == (whole.pending, whole.dropped, whole.deadline)
    assert cut.tick(9.0) == whole.tick(9.0)


@given(GARBAGE, st.sampled_from(FRAMES), st.booleans())
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_the_next_clean_scan_is_right(data: bytes, frame: Frame, silence: bool) -> None:
    framing = Framing(frame, "s")
    framing.feed(data, 1.0)
    if silence or not frame.terminators:
        framing.tick(9.0)
    elif not frame.stx_etx:
        framing.feed(b"\r", 1.0)
    clean = (
        b"\x02OK\x03\r"
        if frame.stx_etx
        else (frame.prefix + "OK" + frame.suffix).encode() + b"\r" * bool(frame.terminators)
    )
    found = framing.feed(clean, 10.0) + framing.tick(20.0)
    assert texts(found)[-1:] == ["OK"]
    assert texts(found).count("OK") == 1


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_payloads(payload: bytes) -> None:
    framing = Framing(Frame(), "s")
    framing.feed(payload + b"\r", 1.0)
    assert framing.feed(b"CLEAN-1\r", 1.0) == [Scan("CLEAN-1", b"CLEAN-1", "s", 1.0)]


def test_the_corpus_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 60
