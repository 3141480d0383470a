"""Errors at every call of a shift of 200 scans: never an OK that is not on disk, and well again after."""

from __future__ import annotations

import pytest

from .io_errors import ERRORS, SCANS, strike

SEED = 1
LASTING = 300


@pytest.mark.timeout(600)
def test_an_error_at_any_call_loses_nothing_that_was_acknowledged(report) -> None:
    """Each call fails once, with one of the errors that it can give; the soak takes each of them at each call."""
    found = strike(SEED, SCANS, kinds=False, lasting=LASTING)
    assert found["failures"] == []
    once = {error: found[f"{error} at one call: runs"] for error in ERRORS}
    fired = {error: found[f"{error} at one call: fired"] for error in ERRORS}
    assert sum(once.values()) == found["calls of a clean run"] > 5_000
    assert sum(fired.values()) > 0.99 * sum(once.values())
    assert min(fired.values()) > 1_000
    assert found["troubles told"] > 5_000
    report(
        f"I/O errors: {SCANS} scans, {found['calls of a clean run']:,} calls, each failed once {fired},"
        f" {LASTING} times for good; {found['troubles told']:,} told; lost: {found.get('lost', 0)}"
    )
