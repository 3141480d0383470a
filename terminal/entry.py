"""The terminal's own input: its bytes through `sources`, as the screens take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from terminal.sources.bounce import Bounce
from terminal.sources.held import HeldKeys
from terminal.sources.keyboard import EntryChanged, Heard, Keyboard
from terminal.sources.keyboard import Pressed as KeyPressed
from terminal.sources.keys import Keys
from terminal.sources.profile import Profile
from terminal.sources.scan import Scan, Unread
from terminal.ui.messages import Input, NotAScan, Pressed, Scanned, Typing

SCANNED = 7
"""Characters from which a code that came fast is a scanner's; a short one may be a person on a slow line."""
TYPED_S = 0.03
"""Seconds a character that nobody types as fast as."""
ONCE = frozenset({"f2", "f4", "f5", "f8"})
"""Keys that record or change something, by what they do: held down, they do it once. The others may repeat."""


class Entry:
    """Keys and wedge scans of one terminal, in the order they came. See `terminal.ui.app.Decoder`.

    `meanings`: what keys stand for, as a keymap has it; see `terminal.keymap.Keymap`.
    """

    def __init__(self, profile: Profile, bounce: Bounce, meanings: Mapping[str, str] | None = None) -> None:
        self._keys = Keys()
        self._keyboard = Keyboard(profile.typed, substitutes=profile.substitutes)
        self._bounce = bounce
        self._began = 0.0  # when the first byte of what stands in the entry came: monotonic seconds
        self._meanings = meanings or {}
        moved = {key for key, name in self._meanings.items() if name in ONCE}
        self._held = HeldKeys(moved | (ONCE - self._meanings.keys()))

    @property
    def deadline(self) -> float | None:
        """When `tick` is due: monotonic seconds, or None."""
        due = [at for at in (self._keys.deadline, self._keyboard.deadline, self._held.deadline) if at is not None]
        return min(due, default=None)

    @property
    def text(self) -> str:
        """What is being typed."""
        return self._keyboard.text

    def feed(self, data: bytes, at: float) -> Sequence[Input]:
        """Take the bytes of one read."""
        if not self._keyboard.text:
            self._began = at
        return self._for_screens(self._keyboard.feed(self._keys.feed(data, at)), at)

    def feed_key(self, name: str, character: str | None, at: float) -> Sequence[Input]:
        """Take a key of a browser."""
        if not self._keyboard.text:
            self._began = at
        return self._for_screens(self._keyboard.feed_key(name, character, at), at)

    def tick(self, now: float) -> Sequence[Input]:
        """Say that time has passed."""
        heard = self._keyboard.feed(self._keys.tick(now))
        return self._for_screens([*heard, *self._keyboard.tick(now)], now)

    def settled(self, now: float) -> str | None:
        """Give a character that was typed alone."""
        return self._keyboard.settled(now)

    def take(self) -> str:
        """Clear the entry."""
        return self._keyboard.take()

    def _for_screens(self, heard: Iterable[Heard], at: float) -> list[Input]:
        """Leave out what a held key repeats; say of each code whether it came faster than anybody types."""
        made = for_screens(self._held.sift(heard, at), self._bounce, self._meanings)
        took = at - self._began
        return [
            replace(each, by_scanner=_too_fast(each.text, took)) if isinstance(each, Scanned) else each for each in made
        ]


def _too_fast(text: str, took_s: float) -> bool:
    return len(text) >= SCANNED and took_s < len(text) * TYPED_S


def for_screens(heard: Iterable[Heard], bounce: Bounce, meanings: Mapping[str, str] | None = None) -> list[Input]:
    """Turn what a source heard into what the screens take; a bounce is marked as one (D14).

    `meanings` gives each key that a keymap moved what it stands for; a key that stands for nothing is left out.
    """
    made: list[Input] = []
    for each in heard:
        match each:
            case Scan():
                made.append(Scanned(each.text, each.source, bounce.repeats(each)))
            case Unread():
                made.append(NotAScan(each.reason, each.excerpt))
            case KeyPressed():
                name = (meanings or {}).get(each.name, each.name)
                if name:
                    made.append(Pressed(name, each.fresh, each.stroke.row, each.stroke.column))
            case EntryChanged():
                made.append(Typing(each.text))
    return made
