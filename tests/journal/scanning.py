"""A terminal that scans as fast as it can, for tests that kill it or look over its shoulder.

`python -m tests.journal.scanning DIRECTORY [before-commit|after-commit SEQUENCE | checkpoints]`
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from terminal.domain.events import Registered
from terminal.domain.intents import AddNotReadable, AddSerial, Intent, RemoveSerial, Undo
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe

from .world import ANNA, POLICIES, furnish


def main(directory: Path, point: str, at: int) -> None:
    scribe = Scribe(directory)
    scribe.start()
    if not scribe.call(lambda journal: journal.merging.shop().site):
        scribe.call(lambda journal: furnish(journal, units=100_000))
    print("open", flush=True)
    n = scribe.call(lambda journal: journal.outbox.stored)
    while True:
        n += 1
        if point == "checkpoints" and n % 20 == 0:
            scribe.call(lambda journal: journal.store.checkpoint())
        sequence = scribe.call(lambda journal, n=n: scan(journal, n, point if n == at else ""))
        print(sequence, flush=True)


def scan(journal: Journal, n: int, point: str) -> int:
    """Do the n-th thing; dies on the way where `point` says so."""
    if point == "before-commit":
        with journal.store.transaction():
            journal._append(ANNA, Registered("PS-1", 1, "PUMP", f"S{n:06}"))
            os.kill(os.getpid(), signal.SIGKILL)
    others: dict[int, Intent] = {
        0: AddNotReadable("PS-1", 2),
        5: RemoveSerial("PS-1", 1, f"S{n - 1:06}"),
        7: Undo("PS-1"),
    }
    intent = others.get(n % 10, AddSerial("PS-1", 1, f"S{n:06}"))
    verdict = journal.record(ANNA, POLICIES, intent, 1)
    assert verdict.accepted, verdict.result
    if point == "after-commit":
        os.kill(os.getpid(), signal.SIGKILL)
    return journal.outbox.stored


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(sys.argv[2:3] or [""]), int((sys.argv[3:4] or ["0"])[0]))
