"""Errors at every call of a shift of 200 scans: never an OK that is not on disk, and well again after."""

from __future__ import annotations

import pytest

from .io_errors import ERRORS, SCANS, strike

SEED = 1
LASTING = 300


@pytest.mark.timeout(900)
def test_an_error_at_any_call_loses_nothing_that_was_acknowledged(report) -> None:
    """Each call fails once with each of the errors that it can give."""
    found = strike(SEED, SCANS, lasting=LASTING)
    assert found["failures"] == []
    once = {error: found[f"{error} at one call: runs"] for error in ERRORS}
    fired = {error: found[f"{error} at one call: fired"] for error in ERRORS}
    assert once["EIO"] == found["calls of a clean run"] > 5_000
    assert sum(fired.values()) > 0.99 * sum(once.values())
    assert min(fired.values()) > 3_000
    assert found["troubles told"] > 5_000
    report(
        f"I/O errors: {SCANS} scans, {found['calls of a clean run']:,} calls, each failed with each error it can give"
        f" {fired}, {LASTING} times for good; {found['troubles told']:,} told; lost: {found.get('lost', 0)}"
    )
