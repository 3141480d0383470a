"""A VFS over the real one whose calls fail from the n-th on, or only the n-th: disks die in both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw


class FailingVFS(apsw.VFS):
    """Counts calls that touch the disk, and fails those that `fails` picks."""

    def __init__(self, name: str, error: Callable[[str], Exception] = apsw.IOError) -> None:
        """Make it known under a name; `error` makes the error of a call from its name."""
        self.name = name
        self.error = error
        self.calls = 0
        self.failed = 0
        self.fails: Callable[[int, str], bool] = lambda _number, _what: False
        super().__init__(name, "")

    def touch(self, what: str) -> None:
        self.calls += 1
        if self.fails(self.calls, what):
            self.failed += 1
            raise self.error(what)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        self.touch("open")
        return FailingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.touch("delete")
        super().xDelete(filename, syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:
        self.touch("access")
        return super().xAccess(pathname, flags)


class FailingFile(apsw.VFSFile):
    """A file of the failing VFS."""

    def __init__(self, vfs: FailingVFS, name: Any, flags: list[int]) -> None:
        self.vfs = vfs
        super().__init__("", name, flags)

    def xLock(self, level: int) -> None:
        self.vfs.touch("lock")
        super().xLock(level)

    def xRead(self, amount: int, offset: int) -> bytes:
        self.vfs.touch("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.vfs.touch("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self.vfs.touch("sync")  # the data may be there, and nobody knows: the worst case

    def xTruncate(self, newsize: int) -> None:
        self.vfs.touch("truncate")
        super().xTruncate(newsize)

    def xFileSize(self) -> int:
        self.vfs.touch("size")
        return super().xFileSize()
