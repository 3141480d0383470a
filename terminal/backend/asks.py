"""How the road to the server gets at the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from terminal.journal.journal import Journal

T = TypeVar("T")


class Asks(Protocol):
    """Whoever lets the journal be asked: the scribe, or a test that has it at hand."""

    def call(self, work: Callable[[Journal], T]) -> T:
        """Do it and wait for it."""
