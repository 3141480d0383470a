"""What the terminal sounds like. The bell is all it has; an error rings twice, so that nobody takes it for a good read.

Rings are at least 150 ms apart, or clients merge them.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

APART_S = 0.18


class Sound(Enum):
    """How often the bell rings."""

    OK = 1
    NO = 2
    LINE_COMPLETE = 3
    DOCUMENT_COMPLETE = 4


class Later(Protocol):
    """Does something after a delay in seconds."""

    def __call__(self, delay: float, callback: Callable[[], None]) -> object:
        """Do it."""


def ring(sound: Sound, bell: Callable[[], None], later: Later) -> None:
    """Ring at once, and again for as often as the sound wants."""
    for n in range(sound.value):
        if n == 0:
            bell()
        else:
            later(n * APART_S, bell)
