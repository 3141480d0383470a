"""What reaches the app: bytes from its terminal, and everything that happened in another thread."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from textual.message import Message

from terminal.barcodes.symbologies import split_identifier


class Arrived(Message, bubble=False):
    """Bytes were read from the terminal. `at`: monotonic seconds."""

    def __init__(self, data: bytes, at: float) -> None:
        super().__init__()
        self.data = data
        self.at = at


class Happened(Message, bubble=False):
    """Something came back from another thread; `act` is done on the loop."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self.act = act


class Scanned(Struct, frozen=True):
    """A frame from any source: scanned or typed. Not judged yet; its text may hold anything."""

    text: str
    source: str
    repeat: bool = False
    """The very code of the last scan again, within half a second: a bounce of the scanner (D14)."""
    by_scanner: bool = False
    """It came faster than anybody types, or from a port: it is no PIN."""

    @property
    def code(self) -> str:
        """The text without white space around it and without the scanner's AIM identifier, where a number is wanted."""
        return split_identifier(self.text.strip())[1]


class NotAScan(Struct, frozen=True):
    """Something arrived that is no scan; the screen says so."""

    reason: str
    excerpt: str


class Pressed(Struct, frozen=True):
    """A key. `fresh`: it can't be part of a scan, so an Enter may confirm (D13). `row`, `column` of a touch, from 0."""

    name: str
    fresh: bool = True
    row: int = -1
    column: int = -1


class Typing(Struct, frozen=True):
    """The entry line is another one now."""

    text: str


Input = Scanned | NotAScan | Pressed | Typing
"""What a source gives to a screen, in the order it came."""
