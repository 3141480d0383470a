"""Noticing damage in the write-ahead log: SQLite takes everything after a damaged frame for never written.

Each commit waits for the disk before the next one starts. So whatever lies before the last commit in the log was on
disk once; where recovery stops short of it, scans that were acknowledged are gone, and nobody may go on as if not.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct(">IIIIIIII")
_FRAME = struct.Struct(">IIII")
_FRAME_HEADER = 24
_MAGIC = frozenset({0x377F0682, 0x377F0683})


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
    generation = (salts[0], salts[1])
    if magic not in _MAGIC or not 512 <= size <= 65536:
        size = page_bytes
        generation = _FRAME.unpack_from(content, _HEADER.size)[2:]
    step = _FRAME_HEADER + size
    places = range(_HEADER.size, len(content) - step + 1, step)
    commits = [number for number, at in enumerate(places, 1) if _is_commit(content, at, generation)]
    return commits[-2] if len(commits) > 1 else 0


def _is_commit(content: bytes, at: int, generation: tuple[int, int]) -> bool:
    page, pages_after, first, second = _FRAME.unpack_from(content, at)
    return page > 0 and pages_after > 0 and (first, second) == generation
