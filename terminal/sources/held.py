"""A key that is held down is one press, where a repeat would record or change something again."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from terminal.sources.keyboard import Heard, Pressed

REPEAT_S = 0.120
"""A key that comes again so soon was repeated by the keyboard: they repeat every 25 to 50 ms, a Linux console set by
`kbdrate` every 92 ms, and nobody presses one key eight times a second on purpose."""
FIRST_REPEAT_S = 1.100
"""The longest that keyboards wait before the first repeat, and a little: 250 to 660 ms mostly, a second at the most."""


class HeldKeys:
    """Lets each press of `keys` through once, however long the key is held; everything else passes as it is.

    A repeat and a press look the same, and the first repeat comes as late as a second press would. So what comes first
    passes at once; what comes again within 1.1 s waits until nothing has followed for 120 ms, or something else has
    come: then it was a press. What another one follows within 120 ms was a repeat, and so is all that goes on like
    that: each one makes the wait longer. Presses of the same key closer together than 120 ms are taken for one, as
    they are when a link that stalled delivers them all at once: too few are seen and pressed again, too many are not.

    Call `sift` with nothing when `deadline` is reached.
    """

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(keys)
        self._name = ""
        self._last = float("-inf")
        self._waiting: Pressed | None = None

    @property
    def deadline(self) -> float | None:
        """When `sift` is due if nothing else arrives: monotonic seconds, or None."""
        return None if self._waiting is None else self._last + REPEAT_S

    def sift(self, heard: Iterable[Heard], now: float) -> list[Heard]:
        """Take what was heard until `now`; give what counts, in order."""
        made: list[Heard] = []
        for each in heard:
            if isinstance(each, Pressed) and each.name in self._keys:
                made += self._key(each)
            else:
                made += [*self._release(), each]
        if self.deadline is not None and now >= self.deadline:
            made += self._release()
        return made

    def _key(self, key: Pressed) -> list[Heard]:
        gap = key.stroke.at - self._last if key.name == self._name else float("inf")
        self._name, self._last = key.name, key.stroke.at
        if 0 <= gap < REPEAT_S:
            self._waiting = None
            return []
        made = self._release()
        if 0 <= gap < FIRST_REPEAT_S:
            self._waiting = key
            return made
        return [*made, key]

    def _release(self) -> list[Heard]:
        waiting, self._waiting = self._waiting, None
        return [waiting] if waiting is not None else []
