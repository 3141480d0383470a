"""The terminal's own input: its bytes through `sources`, as the screens take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from terminal.sources.bounce import Bounce
from terminal.sources.keyboard import EntryChanged, Heard, Keyboard
from terminal.sources.keyboard import Pressed as KeyPressed
from terminal.sources.keys import Keys
from terminal.sources.profile import Profile
from terminal.sources.scan import Scan, Unread
from terminal.ui.messages import Input, NotAScan, Pressed, Scanned, Typing


class Entry:
    """Keys and wedge scans of one terminal, in the order they came. See `terminal.ui.app.Decoder`."""

    def __init__(self, profile: Profile, bounce: Bounce) -> None:
        self._keys = Keys()
        self._keyboard = Keyboard(profile.typed, substitutes=profile.substitutes)
        self._bounce = bounce

    @property
    def deadline(self) -> float | None:
        """When `tick` is due: monotonic seconds, or None."""
        due = [at for at in (self._keys.deadline, self._keyboard.deadline) if at is not None]
        return min(due, default=None)

    @property
    def text(self) -> str:
        """What is being typed."""
        return self._keyboard.text

    def feed(self, data: bytes, at: float) -> Sequence[Input]:
        """Take the bytes of one read."""
        return for_screens(self._keyboard.feed(self._keys.feed(data, at)), self._bounce)

    def feed_key(self, name: str, character: str | None, at: float) -> Sequence[Input]:
        """Take a key of a browser."""
        return for_screens(self._keyboard.feed_key(name, character, at), self._bounce)

    def tick(self, now: float) -> Sequence[Input]:
        """Say that time has passed."""
        heard = self._keyboard.feed(self._keys.tick(now))
        return for_screens([*heard, *self._keyboard.tick(now)], self._bounce)

    def settled(self, now: float) -> str | None:
        """Give a character that was typed alone."""
        return self._keyboard.settled(now)

    def take(self) -> str:
        """Clear the entry."""
        return self._keyboard.take()


def for_screens(heard: Iterable[Heard], bounce: Bounce) -> list[Input]:
    """Turn what a source heard into what the screens take; a bounce is marked as one (D14)."""
    made: list[Input] = []
    for each in heard:
        match each:
            case Scan():
                made.append(Scanned(each.text, each.source, bounce.repeats(each)))
            case Unread():
                made.append(NotAScan(each.reason, each.excerpt))
            case KeyPressed():
                made.append(Pressed(each.name, each.fresh, each.stroke.row, each.stroke.column))
            case EntryChanged():
                made.append(Typing(each.text))
    return made
