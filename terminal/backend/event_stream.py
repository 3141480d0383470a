"""Reading server-sent events, as the HTML Living Standard has them, from bytes as they come."""

from __future__ import annotations

import re

from msgspec import Struct

LIMIT = 65_536
"""Bytes that one message may take; a line that never ends is no event stream."""

_ENDS = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class Message(Struct, frozen=True):
    """What a server said: the kind of event, and its data."""

    event: str
    data: str


class EventStream:
    """Takes bytes and gives messages. `lines`: how many lines have come, comments too: each is a sign of life."""

    def __init__(self) -> None:
        self.lines = 0
        self._rest = b""
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes; gives the messages that are whole now. Raises ValueError where one is too long."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        *lines, self._rest = _ENDS.split(self._rest + data)
        messages = []
        for line in lines:
            if self.lines == 0:
                line = line.removeprefix(_BOM)
            self.lines += 1
            message = self._take(line)
            if message is not None:
                messages.append(message)
        if self._size + len(self._rest) > LIMIT:
            raise ValueError(f"a message of more than {LIMIT} bytes")
        return messages

    def _take(self, line: bytes) -> Message | None:
        """Take one line; an empty one ends a message."""
        if not line:
            made = Message(self._event or "message", "\n".join(self._data)) if self._data else None
            self._event, self._data, self._size = "", [], 0
            return made
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"data":
            self._data.append(value.decode("utf-8", "replace"))
            self._size += len(value) + 1
            if self._size > LIMIT:
                raise ValueError(f"a message of more than {LIMIT} bytes")
        return None
