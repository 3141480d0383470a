"""A disk that forgets: it keeps what was synced, and of the rest whatever chance leaves, whole, in part or as rubbish.

`RecordingVFS` writes down what SQLite does to its files; `Disk` plays that again up to a moment and says what a power
cut at that moment may leave. What it takes for granted is what SQLite takes for granted, and no more: a sync that
has returned keeps; a write touches no byte beside it (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`); a new name keeps once its
directory was synced. All else may happen: sectors in any order, sectors torn, a file longer without its contents, a
file whose name is gone, a deleted file that is back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import apsw

NEW_LOGS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
"""Files whose first sync SQLite's own layer for Unix completes with a sync of their directory."""


class Op(NamedTuple):
    """One thing that was done to a file, or a state of the journal that was reached (`kind` is "state")."""

    kind: str
    name: str = ""
    at: int = 0
    data: Any = b""


class RecordingVFS(apsw.VFS):
    """The real file system, and a list of all that is changed on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ops: list[Op] = []
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return RecordingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.ops.append(Op("delete", Path(filename).name))
        if syncdir:
            self.ops.append(Op("sync directory"))


class RecordingFile(apsw.VFSFile):
    """A file of the recording VFS."""

    def __init__(self, vfs: RecordingVFS, name: Any, flags: list[int]) -> None:
        path = str(name if isinstance(name, str) or name is None else name.filename())
        known = os.path.exists(path)
        super().__init__("", name, flags)
        self._ops = vfs.ops
        self._name = Path(path).name
        self._new_log = bool(flags[0] & NEW_LOGS and flags[0] & apsw.SQLITE_OPEN_CREATE)
        if not known:
            self._ops.append(Op("create", self._name))

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._ops.append(Op("write", self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._ops.append(Op("truncate", self._name, newsize))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._ops.append(Op("sync", self._name))
        if self._new_log:
            self._new_log = False
            self._ops.append(Op("sync directory"))


class Found:
    """A file as a power cut left it: what was safe, and the little that came over it. Good until the disk goes on."""

    def __init__(self, safe: bytearray) -> None:
        """Begin with what is safe, which is not copied: it may be a megabyte."""
        self._safe = safe
        self._over: list[tuple[int, bytes | None]] = []
        self.size = len(safe)
        """How long the file is."""

    def put(self, at: int, data: bytes) -> None:
        """Have some bytes written."""
        if data:
            self._over.append((at, data))
            self.size = max(self.size, at + len(data))

    def resize(self, size: int) -> None:
        """Have it cut off, or made longer by zeros."""
        self._over.append((size, None))
        self.size = size

    def write(self, path: Path) -> None:
        """Make the file so, over the one that is there: new pages for a megabyte cost more than what is in them."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            os.pwrite(handle, self._safe, 0)
            os.ftruncate(handle, len(self._safe))
            for at, data in self._over:
                if data is None:
                    os.ftruncate(handle, at)
                else:
                    os.pwrite(handle, data, at)
        finally:
            os.close(handle)

    def contents(self) -> bytes:
        """Give all of it."""
        found = bytearray(self._safe)
        for at, data in self._over:
            if data is None:
                _resize(found, at)
            else:
                _put(found, at, data)
        return bytes(found)


class _File:
    """A file's contents: what is safe, and what was done since."""

    def __init__(self) -> None:
        self.safe = bytearray()
        self.since: list[Op] = []

    def sync(self) -> None:
        for op in self.since:
            if op.kind == "truncate":
                _resize(self.safe, op.at)
            else:
                _put(self.safe, op.at, op.data)
        self.since.clear()

    def after_a_cut(self, chance: Random, sector: int) -> Found:
        """Give what may be found of it: everything safe, and of the rest what one of several kinds of luck leaves."""
        found = Found(self.safe)
        if not self.since:
            return found
        luck = chance.choice((0.0, 0.1, 0.5, 0.5, 0.9, 0.98, 1.0))
        last = chance.randrange(len(self.since) + 1) if chance.random() < 0.3 else len(self.since)
        rubbish = chance.random() < 0.2
        for number, op in enumerate(self.since):
            if number >= last and luck > 0.2:
                luck = 0.05  # in order up to here, hardly anything after
            if op.kind == "truncate":
                if chance.random() < luck:
                    found.resize(op.at)
                continue
            for at, piece in _pieces(op, sector):
                if chance.random() < luck:
                    found.put(at, piece)
                elif chance.random() < 0.1:
                    torn = chance.randrange(len(piece) + 1)
                    found.put(at, piece[:torn])
                    if rubbish:
                        found.put(at + torn, chance.randbytes(len(piece) - torn))
        if chance.random() < 0.2:  # the length was written, the contents were not
            longest = max((op.at + len(op.data) for op in self.since if op.kind == "write"), default=0)
            if longest > found.size:
                found.resize(longest)
        return found


class Disk:
    """What is on the disk for certain, and what was done to it since. `do` takes the operations in their order."""

    def __init__(self) -> None:
        self._safe_names: dict[str, _File] = {}
        self._names: dict[str, _File] = {}
        self._since: list[tuple[str, _File | None]] = []

    def do(self, op: Op) -> None:
        match op.kind:
            case "create":
                self._names[op.name] = _File()
                self._since.append((op.name, self._names[op.name]))
            case "delete":
                self._names.pop(op.name, None)
                self._since.append((op.name, None))
            case "sync directory":
                self._safe_names = dict(self._names)
                self._since.clear()
            case "sync":
                self._names[op.name].sync()
            case "write" | "truncate":
                self._names[op.name].since.append(op)

    def after_a_cut(self, chance: Random, sector: int) -> dict[str, Found]:
        """Give the files as a power cut now may leave them, by name."""
        names = dict(self._safe_names)
        for name, file in self._since:
            if chance.random() < 0.5:
                if file is None:
                    names.pop(name, None)
                else:
                    names[name] = file
        return {name: file.after_a_cut(chance, sector) for name, file in names.items()}


def sync_points(ops: Sequence[Op]) -> list[int]:
    """Give the places of everything that makes something safe."""
    return [at for at, op in enumerate(ops) if op.kind.startswith("sync")]


def _pieces(op: Op, sector: int) -> list[tuple[int, bytes]]:
    """Cut a write where sectors end."""
    first = sector - op.at % sector
    edges = [0, *range(first, len(op.data), sector), len(op.data)]
    return [(op.at + a, op.data[a:b]) for a, b in pairwise(edges) if a < b]


def _put(content: bytearray, at: int, data: bytes) -> None:
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(max(0, size - len(content))))
