"""A place for files that are written thousands of times and wanted by nobody: in memory, where there is one."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

_SHARED = Path("/dev/shm")
_place = _SHARED if _SHARED.is_dir() else None


@contextlib.contextmanager
def memory() -> Iterator[Path]:
    """Give a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="faults-", dir=_place) as directory:
        yield Path(directory)


def make_all_in(directory: Path) -> None:
    """Have this process make all of them in one place, which somebody else clears."""
    global _place
    _place = directory
