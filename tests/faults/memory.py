"""A place for files that are written thousands of times and wanted by nobody: in memory, where there is one."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

_SHARED = Path("/dev/shm")


@contextlib.contextmanager
def memory() -> Iterator[Path]:
    """Give a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="faults-", dir=_SHARED if _SHARED.is_dir() else None) as directory:
        yield Path(directory)
