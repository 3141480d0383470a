"""Noticing damage in the write-ahead log: SQLite takes everything after a damaged frame for never written.

Each commit waits for the disk before the next one starts. So whatever lies before the last commit in the log was on
disk once; where recovery stops short of it, scans that were acknowledged are gone, and nobody may go on as if not.

A power cut leaves any sectors of what was not synced yet, over what an earlier round of the log left in their places.
A frame's header may lie in two of them. So what looks like a commit counts only where its checksum is right.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIII")
_FRAME_HEADER = 24
_SUM = 8
"""Bytes of a checksum: the last ones of the log's header, and of each frame's."""
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""What a log begins with, and the order of bytes in which its checksums are made."""


def log_of(database: Path) -> Path:
    """Name the write-ahead log of a database."""
    return Path(f"{database}-wal")


def frames_due(log: Path, page_bytes: int) -> int:
    """Count the frames that recovery must find in a log: up to the last commit but one of its generation."""
    if not log.exists():
        return 0
    content = log.read_bytes()
    if len(content) < _HEADER.size + _FRAME_HEADER:
        return 0
    magic, _, size, _, *salts, _, _ = _HEADER.unpack_from(content)
    order, before_sum = _MAGIC.get(magic, ""), _HEADER.size - _SUM
    if order and _sum(content[:before_sum], order, bytes(_SUM)) == content[before_sum : _HEADER.size]:
        return _commit(content, size, (salts[0], salts[1]), order, last_but=1)
    if len(content) < _HEADER.size + 2 * (_FRAME_HEADER + page_bytes):
        return 0
    # SQLite will pass the whole log over: fine where it was just to be begun anew, and the database has all of it.
    # Which round of the log this is the second frame says: the first may be damaged with the header.
    generation = _FRAME.unpack_from(content, _HEADER.size + _FRAME_HEADER + page_bytes)[2:]
    last = max(_commit(content, page_bytes, generation, each, last_but=0) for each in _MAGIC.values())
    if _taken_over(content, page_bytes, generation, last, Path(str(log).removesuffix("-wal"))):
        return 0
    return max(_commit(content, page_bytes, generation, each, last_but=1) for each in _MAGIC.values())


def _commit(content: bytes, size: int, generation: tuple[int, int], order: str, *, last_but: int) -> int:
    """Give the frame that ends the last commit of a generation, or the last but so many; 0 where there is none."""
    step = _FRAME_HEADER + size
    for number in range((len(content) - _HEADER.size) // step, 0, -1):
        at = _HEADER.size + (number - 1) * step
        if _is_commit(content, at, generation) and _is_whole(content, at, size, order):
            if not last_but:
                return number
            last_but -= 1
    return 0


def _is_commit(content: bytes, at: int, generation: tuple[int, int]) -> bool:
    page, pages_after, first, second = _FRAME.unpack_from(content, at)
    return page > 0 and pages_after > 0 and (first, second) == generation


def _is_whole(content: bytes, at: int, size: int, order: str) -> bool:
    """Say whether a frame's checksum is right; each goes on from the one before, the first from the header's."""
    start = _HEADER.size - _SUM if at == _HEADER.size else at - size - _SUM
    page = at + _FRAME_HEADER
    made = _sum(content[at : at + 8] + content[page : page + size], order, content[start : start + _SUM])
    return made == content[page - _SUM : page]


def _sum(data: bytes, order: str, before: bytes) -> bytes:
    """Make SQLite's checksum over pairs of words, going on from another."""
    first, second = struct.unpack(">II", before)
    for left, right in struct.iter_unpack(f"{order}II", data):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return struct.pack(">II", first, second)


def _taken_over(content: bytes, size: int, generation: tuple[int, int], last: int, database: Path) -> bool:
    """Say whether the database has all that a log's frames up to the last commit say: then nothing in it is missed."""
    step = _FRAME_HEADER + size
    newest: dict[int, bytes] = {}
    for at in range(_HEADER.size, _HEADER.size + last * step, step):
        page, _, first, second = _FRAME.unpack_from(content, at)
        if (first, second) != generation:
            return False
        newest[page] = content[at + _FRAME_HEADER : at + step]
    held = database.read_bytes() if database.exists() else b""
    return all(held[(page - 1) * size : page * size] == said for page, said in newest.items())
