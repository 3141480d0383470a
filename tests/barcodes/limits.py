"""What every parser of codes has to bear: any text at all, quickly, and no plain serial torn apart."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from hypothesis import strategies as st

from terminal.barcodes.reading import Reading

LONGEST = 8192
ALPHABET = [chr(code) for code in range(32)] + list("[)>+*$/{}:, P1SQTYN0269KD.-%AZ") + ["\x7f", "é", "٣", "\ud800"]
PRINTABLE = st.text(alphabet=[chr(code) for code in range(32, 127)], min_size=1, max_size=50)


def near(*heads: str) -> st.SearchStrategy[str]:
    """Texts that begin as a code does, and go on with anything."""
    return st.tuples(st.sampled_from(["", *heads]), st.text(ALPHABET, max_size=120), st.integers(1, 200)).map(
        lambda drawn: (drawn[0] + drawn[1] * drawn[2])[:LONGEST]
    )


def check_reading(found: Reading | None, kind: str, text: str) -> None:
    """Check what holds whatever was read: it is of the parser's kind, nothing is made up, and nothing empty is told."""
    if found is not None:
        assert found.kind == kind
        assert all(value in text for _, value in found.elements)
        assert all(found.fields.values())


def longest_ms(read: Callable[[str], Reading | None], texts: list[str]) -> float:
    """Measure the slowest of the texts; the best of five of each, so that a busy machine doesn't count."""
    return max(min(_once(read, text) for _ in range(5)) for text in texts) * 1000


def median_us(read: Callable[[str], Reading | None], texts: list[str]) -> float:
    """Measure the median over the texts; the best of twenty of each."""
    return median(min(_once(read, text) for _ in range(20)) for text in texts) * 1_000_000


def _once(read: Callable[[str], Reading | None], text: str) -> float:
    started = perf_counter()
    read(text)
    return perf_counter() - started
