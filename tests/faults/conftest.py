"""What the tests of faults share: saying in the run's summary what was counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say in the test run's summary what was counted."""
    return lambda words: record_property("report", words)
