"""A key that is held is one press; presses one after the other are as many as there were."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from terminal.sources.held import HeldKeys
from terminal.sources.keyboard import EntryChanged, Pressed
from terminal.sources.keys import Keystroke


def press(at: float, name: str = "f2") -> Pressed:
    return Pressed(name, Keystroke(name, b"", "", at, True), True)


def heard_at(times: Sequence[float]) -> list[float]:
    """Press F2 at these times, with a tick whenever one is due; give the times of the presses that count."""
    held = HeldKeys({"f2"})
    made: list[float] = []

    def take(heard: Sequence[object]) -> None:
        made.extend(each.stroke.at for each in heard if isinstance(each, Pressed))

    for at in times:
        if held.deadline is not None and held.deadline <= at:
            take(held.sift([], held.deadline))
        take(held.sift([press(at)], at))
    if held.deadline is not None:
        take(held.sift([], held.deadline))
    return made


def repeating(first: float, every: float, n: int = 60) -> list[float]:
    return [0.0, *(first + every * at for at in range(n))]


@pytest.mark.parametrize("first", [0.2, 0.25, 0.5, 0.66, 1.0])
@pytest.mark.parametrize("every", [0.025, 0.033, 0.04, 0.05, 0.092])
def test_a_key_that_is_held_counts_once(first, every):
    assert heard_at(repeating(first, every)) == [0.0]


@pytest.mark.parametrize("apart", [0.13, 0.2, 0.333, 0.5, 0.9, 1.0, 1.2, 5.0])
def test_deliberate_presses_count_each(apart):
    times = [apart * n for n in range(5)]
    assert heard_at(times) == times


def test_a_press_after_a_held_one_counts():
    times = repeating(0.5, 0.03)
    assert heard_at([*times, times[-1] + 0.3, times[-1] + 2]) == [0.0, times[-1] + 0.3, times[-1] + 2]


def test_repeats_that_a_stalled_link_delivers_at_once_count_once():
    assert heard_at([0.0, *[4.0] * 100]) == [0.0, 4.0]


def test_the_first_press_passes_at_once_and_the_second_waits_for_what_may_follow():
    held = HeldKeys({"f2"})
    assert held.sift([press(0.0)], 0.0) == [press(0.0)]
    assert held.deadline is None
    assert held.sift([press(0.4)], 0.4) == []
    assert held.deadline == pytest.approx(0.52)
    assert held.sift([], 0.51) == []
    assert held.sift([], 0.52) == [press(0.4)]
    assert held.deadline is None


@pytest.mark.parametrize("other", [EntryChanged("S"), press(0.45, "f7"), press(0.45, "f5")])
def test_what_comes_after_it_comes_after_it(other):
    held = HeldKeys({"f2", "f5"})
    held.sift([press(0.0)], 0.0)
    held.sift([press(0.4)], 0.4)
    assert held.sift([other], 0.45) == [press(0.4), other]


def test_other_keys_may_repeat():
    held = HeldKeys({"f2"})
    moves = [press(0.03 * n, "f7") for n in range(10)]
    assert held.sift(moves, 0.3) == moves


def test_another_key_in_between_is_no_repeat():
    held = HeldKeys({"f2", "f4"})
    strokes = [press(0.0), press(0.05, "f4"), press(0.1)]
    assert held.sift(strokes, 0.1) == strokes
