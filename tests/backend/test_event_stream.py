"""Server-sent events read from bytes, in whatever pieces they come."""

from __future__ import annotations

from random import Random

import pytest

from terminal.backend.event_stream import LIMIT, EventStream, Message

SAMPLE = (
    "\ufeff: a comment\r\n\r\nevent: document\rdata: {1}\r\rdata:first\ndata\ndata:  third\n\nevent: lost\n\n"
    "id: 7\nretry: 10\nunknown: field\nno colon\ndata: ä€\n\n:\ndata: never ended\n"
).encode()
SAID = [Message("document", "{1}"), Message("message", "first\n\n third"), Message("message", "ä€")]


def test_lines_end_in_three_ways_and_fields_are_what_the_standard_says():
    stream = EventStream()
    assert stream.feed(SAMPLE) == SAID
    assert stream.lines == 19


@pytest.mark.parametrize("seed", range(20))
def test_pieces_make_no_difference(seed):
    rng, stream, said = Random(seed), EventStream(), []
    rest = SAMPLE
    while rest:
        size = rng.randint(0, 5)
        said += stream.feed(rest[:size])
        rest = rest[size:]
    assert said == SAID
    assert stream.lines == 19


def test_bytes_that_are_no_text_are_no_reason_to_stop():
    assert EventStream().feed(b"data: \xff\xfe\n\n") == [Message("message", "��")]


@pytest.mark.parametrize("piece", [b"x" * 1000, b"data: " + b"x" * 994 + b"\n"], ids=["one line", "one message"])
def test_what_never_ends_is_no_event_stream(piece):
    stream = EventStream()
    for _ in range(LIMIT // 1001):
        stream.feed(piece)
    with pytest.raises(ValueError, match="bytes"):
        stream.feed(piece * 2)
