"""What a benchmark gives: figures, each with what it is held against and what it should be. Statistics are here too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Figure", "Target", "median", "quantile"]


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on a figure itself, or on its ratio to its floor."""

    limit: float
    of_ratio: bool = False
    at_least: bool = False

    def text(self, unit: str) -> str:
        """Say it in a few signs."""
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.limit:g} ×" if self.of_ratio else f"{sign} {self.limit:g} {unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    bench: str
    name: str
    measured: float
    unit: str
    floor: float | None = None
    """The same unit, measured in the same run."""
    floor_name: str = ""
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor it is."""
        return self.measured / self.floor if self.floor else None

    @property
    def ok(self) -> bool | None:
        """Whether it keeps its target; None where it has none. A figure that could not be measured never does."""
        if self.target is None:
            return None
        value = self.ratio if self.target.of_ratio else self.measured
        if value is None or math.isnan(value):
            return False
        return value >= self.target.limit if self.target.at_least else value <= self.target.limit


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that this share of the values does not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
