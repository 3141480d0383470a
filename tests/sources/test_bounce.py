from __future__ import annotations

from terminal.sources.bounce import Bounce
from terminal.sources.scan import Scan


def scan(text: str, at: float, source: str = "a") -> Scan:
    return Scan(text, text.encode(), source, at)


def test_the_same_again_within_the_window() -> None:
    bounce = Bounce()
    assert not bounce.repeats(scan("A", 1.0))
    assert bounce.repeats(scan("A", 1.499))
    assert not bounce.repeats(scan("A", 1.5))


def test_a_repeat_does_not_extend_the_window() -> None:
    bounce = Bounce()
    assert [bounce.repeats(scan("A", t)) for t in (1.0, 1.3, 1.6, 1.9)] == [False, True, False, True]


def test_another_code_ends_it_and_another_source_does_not_count() -> None:
    bounce = Bounce()
    assert not bounce.repeats(scan("A", 1.0))
    assert not bounce.repeats(scan("A", 1.1, "b"))
    assert bounce.repeats(scan("A", 1.2))
    assert not bounce.repeats(scan("a", 1.2))
    assert not bounce.repeats(scan("A", 1.3))
