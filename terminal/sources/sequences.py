"""Which bytes from a terminal are one keystroke: the sequences of xterm, vt100, vt220, Linux, rxvt, tmux, PuTTY.

Sources: ECMA-48 5.4 (control sequences), xterm's "ctlseqs", console_codes(4), the vt220 manual.
"""

from __future__ import annotations

import re

ESC = 0x1B
LONGEST = 32
"""Bytes after which an unfinished sequence is none."""

REPLY = "reply"
"""The name of what a terminal says by itself: cursor and attribute reports, focus, mouse releases and moves."""

_TILDE = dict(enumerate(("home", "insert", "delete", "end", "pageup", "pagedown", "home", "end"), 1))
_TILDE |= {n: f"f{i}" for i, n in enumerate((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), 1)}
_LETTERS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left", b"H": "home", b"F": "end"}
_CSI = {**_LETTERS, b"P": "f1", b"Q": "f2", b"S": "f4", b"Z": "backtab"}
_SS3 = {**_LETTERS, b"M": "enter", **{b"PQRSTUVWXYZ["[i : i + 1]: f"f{i + 1}" for i in range(12)}}

_SEQUENCE = re.compile(rb"\x1b(?:\[\[[A-E]|\[(?!\[)[0-?]*[ -/]*[@-~]|O[1-9]?[A-Z\[])")
_UNFINISHED = re.compile(rb"\x1b(?:\[\[?|\[[0-?]+[ -/]*|\[[ -/]+|O[1-9]?)?")
_KEY = re.compile(rb"(\d{0,2})(?:;\d{1,2})?([~A-Z])")
_REPLY = re.compile(rb"\d+;\d+R|[?>][\d;]*c|\?[\d;]+\$y|48;[\d;]+t|[IO]")
_MOUSE = re.compile(rb"<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])")


def stroke_at(data: bytes, start: int) -> tuple[str, int] | None:
    """Name the keystroke that begins at `start` and say where it ends; None when its end has not arrived.

    What follows an ESC and is no known key is data, byte by byte, beginning with the ESC itself: so no sequence in a
    barcode opens anything, and the frame that it stands in is refused by the rules.
    """
    byte = data[start]
    if byte == 0x0D:
        # A terminal that sends both for Enter still sends one Enter.
        return "enter", start + 1 + (data[start + 1 : start + 2] == b"\n")
    if byte == 0x0A:
        return "enter", start + 1
    if byte == 0x09:
        return "tab", start + 1
    if byte in (0x08, 0x7F):
        return "backspace", start + 1
    if byte == ESC:
        return _escape_at(data, start)
    return ("char", start + 1) if byte < 0x80 else _character_at(data, start)


def mouse_press(data: bytes) -> tuple[int, int] | None:
    """Give column and row, counted from 0, of a button press in SGR form; None for anything else."""
    match = _MOUSE.fullmatch(data[2:])
    if match is None or match[4] != b"M" or int(match[1]) > 2:
        return None
    return int(match[2]) - 1, int(match[3]) - 1


def _escape_at(data: bytes, start: int) -> tuple[str, int] | None:
    match = _SEQUENCE.match(data, start, start + LONGEST)
    if match is None:
        rest = data[start : start + LONGEST]
        return None if len(rest) < LONGEST and _UNFINISHED.fullmatch(rest) else ("char", start + 1)
    name = _named(match[0])
    return (name, match.end()) if name else ("char", start + 1)


def _named(sequence: bytes) -> str | None:
    if sequence[1:2] == b"O":
        return _SS3.get(sequence[-1:])
    if sequence[2:3] == b"[":
        return f"f{sequence[3] - 0x40}"
    body = sequence[2:]
    if _REPLY.fullmatch(body):
        return REPLY
    if _MOUSE.fullmatch(body):
        return "mouse" if mouse_press(sequence) else REPLY
    key = _KEY.fullmatch(body)
    if key is None:
        return None
    if key[2] == b"~":
        return _TILDE.get(int(key[1] or 0))
    return _CSI.get(key[2]) if key[1] in (b"", b"1") else None


def _character_at(data: bytes, start: int) -> tuple[str, int] | None:
    lead = data[start]
    size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    piece = data[start : start + size]
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        waiting = len(piece) < size and error.reason == "unexpected end of data"
        return None if waiting else ("char", start + 1)
    return "char", start + size
