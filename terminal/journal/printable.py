"""Text for somebody's screen: what would not show as itself is escaped, so that data can't drive the screen."""

from __future__ import annotations

from typing import TextIO


def say(out: TextIO, text: str) -> None:
    """Write one line; control and direction codes are escaped, and so is what the stream can't carry."""
    out.write(printable(text, out.encoding or "utf-8").rstrip() + "\n")


def printable(text: str, encoding: str = "utf-8") -> str:
    """Escape what is not printable or not in an encoding."""
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return seen.encode(encoding, "backslashreplace").decode(encoding)
