from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from terminal.backend.backoff import (
    BASE_S,
    BUSY_CAP_S,
    CAP_S,
    FLOOR_S,
    RETRY_AFTER_CAP_S,
    Backoff,
)


class Highest(Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_limit_doubles_up_to_the_cap() -> None:
    backoff = Backoff(Highest())
    assert [backoff.failed() for _ in range(8)] == [0.5, 1, 2, 4, 8, CAP_S, CAP_S, CAP_S]
    backoff.reset()
    assert backoff.failed() == BASE_S


def test_a_busy_server_is_waited_for_longer() -> None:
    backoff = Backoff(Highest())
    assert [backoff.failed(busy=True) for _ in range(9)][-1] == BUSY_CAP_S


@given(st.integers(0, 10_000), st.integers(1, 3000), st.booleans(), st.none() | st.floats(-10, 1e9))
def test_every_wait_is_within_its_bounds(seed: int, failures: int, busy: bool, asked: float | None) -> None:
    backoff = Backoff(Random(seed))
    backoff.failures = failures
    wait = backoff.failed(busy=busy, retry_after_s=asked)
    least = min(max(asked or 0, 0), RETRY_AFTER_CAP_S)
    assert max(FLOOR_S, least) <= wait <= max(FLOOR_S, least + (BUSY_CAP_S if busy else CAP_S))


def test_waits_are_spread() -> None:
    waits = []
    for seed in range(1000):
        backoff = Backoff(Random(seed))
        backoff.failures = 20
        waits.append(backoff.failed())
    assert 0.46 < sum(waits) / len(waits) / CAP_S < 0.54
    assert min(waits) < 0.04 * CAP_S
    assert max(waits) > 0.96 * CAP_S
