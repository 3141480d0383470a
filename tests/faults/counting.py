"""Counts of what was tried and what came of it, and several processes that count together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

Counts = dict[str, Any]
"""How often what was tried or happened; under `failures` a sentence for each thing that went wrong, with its seed."""
Progress = Callable[[str], None]


def add(total: Counts, more: Counts) -> Counts:
    """Add counts up, and put failures one after the other."""
    for name, value in more.items():
        total[name] = total.get(name, [] if isinstance(value, list) else 0) + value
    return total


def in_parallel(
    work: Callable[..., Counts], parts: Sequence[tuple[Any, ...]], progress: Progress, what: str, unit: str, wanted: int
) -> Counts:
    """Do parts of a long run in as many processes as there are processors, and add up what they count."""
    total: Counts = {"failures": []}
    began = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(work, *part) for part in parts]):
            add(total, done.result())
            took, n = time.monotonic() - began, total.get(unit, 0)
            left = took * (wanted - n) / n if n else 0.0
            progress(f"{what}: {n:,} of {wanted:,} {unit}, {len(total['failures'])} failures, {left:,.0f} s to go")
    return total


def told(counts: Counts) -> int:
    """Write counts and failures out; gives the exit status."""
    for name, value in sorted(counts.items()):
        if name != "failures":
            print(f"{value:>12,}  {name}")
    for failure in counts["failures"]:
        print(failure, file=sys.stderr)
    return 1 if counts["failures"] else 0
