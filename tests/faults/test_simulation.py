"""300 shifts with every fault there is, and no promise is broken."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from terminal.domain.events import TYPES, PostingWithdrawn

from .simulated_faults import FAULTS
from .simulation import KINDS_OF_SALE, ended, named, play, run

SEEDS = 300
AT_LEAST = 20
"""Times that each kind of fault must have been seen, and each kind of event taken."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep what the programs say about thousands of faults out of the report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(900)
def test_every_promise_is_kept_in_each_seed(report: Callable[[str], None]) -> None:
    counts = run(0, SEEDS)
    assert not counts["failures"], "\n".join(counts["failures"])
    seldom = {fault: counts[named(fault)] for fault in FAULTS if counts[named(fault)] < AT_LEAST}
    assert not seldom
    # a server never waits, so it has nothing to take back: a withdrawal is harmless, or comes too late (D5)
    ends = {type: "harmless" if type == PostingWithdrawn.type else "accepted" for type in TYPES}
    kinds = (*(ended(end, type) for type, end in ends.items()), *KINDS_OF_SALE)
    assert not {kind: counts[kind] for kind in kinds if counts[kind] < AT_LEAST}
    assert len(FAULTS) >= 16
    assert counts["seeds"] == SEEDS
    assert counts["acknowledged"] > 30 * SEEDS
    report(
        f"simulation: {counts['seeds']} seeds, {counts['acknowledged']} acknowledged, {counts['requests']} requests, "
        f"{sum(counts[named(fault)] for fault in FAULTS)} faults of {len(FAULTS)} kinds, the least often "
        f"{min(counts[named(fault)] for fault in FAULTS)} times; {len(TYPES)} types of events, the least often taken "
        f"{min(counts[kind] for kind in kinds)} times; lost {counts['lost']}, twice {counts['twice']}, "
        f"queues empty after {counts['seconds until queues were empty'] / SEEDS:.0f} s on the average"
    )


FINGERPRINT = "from tests.faults.test_simulation import fingerprint; print(fingerprint())"


def fingerprint() -> str:
    """Give one seed's history in a few signs."""
    logging.disable(logging.CRITICAL)
    played = play(4)
    told = json.dumps([played.trace, sorted(played.counts.items()), repr(played.history.inbox), len(played.found)])
    return hashlib.sha256(told.encode()).hexdigest()


def test_a_seed_is_the_same_shift_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(said) == 1
