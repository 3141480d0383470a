"""Counts of what was tried and what came of it, and the shares that long runs are cut into."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

Counts = dict[str, Any]
"""How often what was tried or happened; under `failures` a sentence for each thing that went wrong, with its seed."""
Progress = Callable[[str], None]


class Share(NamedTuple):
    """A part of a long run that is done in one go, by `work(*at, size)` in a process of its own."""

    work: Callable[..., Counts]
    at: tuple[int | str, ...]
    """Which of the parts it is: its seed, and what else tells it from the others."""
    size: int
    """How much is tried."""


def add(total: Counts, more: Counts) -> Counts:
    """Add counts up, and put failures one after the other."""
    for name, value in more.items():
        total[name] = total.get(name, [] if isinstance(value, list) else 0) + value
    return total


def told(counts: Counts) -> int:
    """Write counts and failures out; gives the exit status."""
    for name, value in sorted(counts.items()):
        if name != "failures":
            print(f"{value:>12,}  {name}")
    for failure in counts["failures"]:
        print(failure, file=sys.stderr)
    return 1 if counts["failures"] else 0
