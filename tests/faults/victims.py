"""Processes that scan until they are killed. This one imports all they need, and forks: that takes 2 ms, not 300.

Each line on stdin, `DIRECTORY SEED sound|spoiled`, makes one. It writes to stdout what each OK is for, once it has it;
after its death this process writes `dead`, so that whoever killed it knows that nothing more is to come.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

import uuid6  # noqa: F401 - the journal imports it at the first scan, and that is no time to waste here

from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe

from .shift import Shift

SCANS = 2_000
"""Scans of a shift: more than anybody gets done before being killed."""


def main() -> None:
    """Fork for each line."""
    gc.freeze()
    for line in sys.stdin:
        directory, seed, how = line.split()
        made = os.fork()
        if not made:
            _tell(os.getpid())
            scan(Path(directory), seed, spoiled=how == "spoiled")
        os.waitpid(made, 0)
        _tell("dead")


def scan(directory: Path, seed: str, *, spoiled: bool) -> None:
    """Scan as fast as possible, and tell of each OK, in the scribe's thread."""
    shift = Shift(seed, SCANS, slips=f"PS-{seed}")
    shift.heard = _tell
    pauses = Random(seed)
    scribe = Scribe(directory)
    scribe.start()
    scribe.call(shift.take_up)
    if spoiled:
        scribe.call(_commit_late)
    _tell("open")
    while not shift.over:
        scribe.call(shift.step)
        if pauses.random() < 0.05 and not spoiled:
            scribe.call(lambda journal: journal.store.checkpoint())
    os._exit(1)


def _commit_late(journal: Journal) -> None:
    """Commit every fourth time only: the harness must notice that OKs come too early."""
    db, numbers = journal.store.connection, count(1)

    @contextmanager
    def transaction() -> Iterator[None]:
        if not db.in_transaction:
            db.execute("BEGIN IMMEDIATE")
        yield
        if not next(numbers) % 4:
            db.execute("COMMIT")

    journal.store.transaction = transaction  # type: ignore[method-assign]


def _tell(what: object) -> None:
    """Write a line at once and whole: a pipe keeps short writes together."""
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
