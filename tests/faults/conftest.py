"""What the tests of faults share: saying in the run's summary what was counted, and a world in which all is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from .simulated_shift import World
from .simulation import pretended
from .stories import open_slip, sign_in


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say in the test run's summary what was counted."""
    return lambda words: record_property("report", words)


@pytest.fixture
def world() -> Iterator[World]:
    """Two terminals that know all there is, and a server; nothing goes wrong but what the test does."""
    made: list[World] = []
    with pretended(lambda: made[0] if made else None, Random(1)):
        world = World(1)
        made.append(world)
        world.quiet()
        for device in world.devices[2:]:
            device.close()
        world.devices = world.devices[:2]
        for device in world.devices:
            sign_in(device, "1001")
            open_slip(device, "PS-1")
        yield world
        world.close()
