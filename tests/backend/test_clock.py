from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from terminal.clock import FACTOR, FastClock, RealClock, clock_from


def test_the_real_clock_is_the_machines() -> None:
    clock = RealClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert abs(clock.monotonic() - time.monotonic()) < 1
    assert not clock.wait(threading.Event(), 0.01)


def test_a_fast_clock_runs_fast_in_all_three() -> None:
    clock = FastClock(100)
    began, wall, real = clock.monotonic(), clock.now(), time.monotonic()
    assert not clock.wait(threading.Event(), 5)
    assert 0.04 < time.monotonic() - real < 3
    assert clock.monotonic() - began >= 4.9
    assert (clock.now() - wall).total_seconds() >= 4.9


def test_waiting_ends_when_the_event_is_set() -> None:
    event = threading.Event()
    event.set()
    assert FastClock(1).wait(event, 60)
    assert RealClock().wait(event, None)


def test_the_environment_chooses() -> None:
    assert isinstance(clock_from({}), RealClock)
    assert isinstance(clock_from({FACTOR: " "}), RealClock)
    assert isinstance(clock_from({FACTOR: "60"}), FastClock)


@pytest.mark.parametrize("given", ["fast", "0", "-1", "nan", "inf"])
def test_a_factor_that_makes_no_sense_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=FACTOR):
        clock_from({FACTOR: given})
