"""Killing the process that scans, at any moment: while it opens, recovers, writes, checkpoints, takes answers in.

The process works with the real scribe and journal, and writes down a pipe what each OK is for, once it has it. After
each kill a copy of its files is opened: everything that came through the pipe must be there, in its order, and beside
it at the most the one event whose OK was under way. The next process opens the files as the killed one left them.

`python -m tests.faults.kills --seed 1 --kills 25` does one journal's kills again; the moments are the machine's own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.store import open_store

from .counting import Counts, Share, add, told
from .memory import memory
from .shift import Told

ROOT = Path(__file__).parents[2]
KILLS_OF_A_JOURNAL = 25
"""After so many kills a new journal is begun, so that beginning one is interrupted, too."""
KILLS_OF_A_SHARE = 250
"""Kills that are done in one go in the long run."""
LONG = 20_000
"""Kills of the long run."""
LATEST_S = 0.03
"""Seconds after which a process is killed at the latest, once it has opened the journal."""
OPENING_S = 0.02
"""Seconds after which it is killed at the latest where it is to be killed while opening."""


class Victims:
    """Processes that scan, one at a time; see `victims`."""

    def __init__(self, *, spoiled: bool) -> None:
        """`spoiled`: they give an OK before the commit."""
        self._how = "spoiled" if spoiled else "sound"
        command = [sys.executable, "-m", "tests.faults.victims"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def begin(self, directory: Path, seed: str) -> int:
        """Have one begin to scan; gives its process id."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{directory} {seed} {self._how}\n")
        self._server.stdin.flush()
        return int(self._hear())

    def wait_open(self) -> None:
        """Wait until it has opened the journal and begins to scan."""
        said = self._hear()
        assert said == "open", said

    def kill(self, process: int) -> list[Told]:
        """Kill it, and give what it has told since."""
        os.kill(process, signal.SIGKILL)
        heard = []
        while (said := self._hear()) != "dead":
            if said != "open":
                heard.append(tuple(said))
        return heard

    def _hear(self) -> Any:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, "the victims' own process has ended"
        return json.loads(line)

    def close(self) -> None:
        """Make no more."""
        self._server.communicate(timeout=10)


def kill(seed: int, kills: int, victims: Victims) -> Counts:
    """Kill those who work on one journal, one after the other."""
    chance, counts, failures = Random(seed), Counter[str](), []
    heard: list[Told] = []
    with memory() as directory, memory() as copy:
        for number in range(kills):
            process = victims.begin(directory, f"{seed}.{number}")
            opening = chance.random() < 0.25
            if not opening:
                victims.wait_open()
            time.sleep(chance.uniform(0, OPENING_S if opening else LATEST_S))
            new = victims.kill(process)
            heard += new
            counts["kills"] += 1
            counts["kills while opening" if opening else "kills while scanning"] += 1
            counts["OKs"] += len(new)
            for file in copy.iterdir():
                file.unlink()
            for file in directory.iterdir():
                shutil.copyfile(file, copy / file.name)
            there: list[Told] = []
            for wrong in _wrong(copy, heard, there):
                counts["lost" if wrong.startswith("lost") else "wrong"] += 1
                again = f"python -m tests.faults.kills --seed {seed} --kills {number + 1}"
                failures.append(f"{wrong}, after kill {number + 1}; again: {again}")
            counts["OKs looked for"] += len(heard)
            counts["commits whose OK was under way"] += len(there) - len(heard)
            heard = there
    return {**counts, "failures": failures}


def _wrong(copy: Path, heard: Sequence[Told], there: list[Told]) -> Iterator[str]:
    """Open the files as they were left; a sentence for all that is wrong. `there` gets the events."""
    store = None
    try:
        store, aside = open_store(copy)
        if aside is not None:
            yield "lost: the journal was set aside"
        there += store.connection.execute("SELECT type, serial FROM event ORDER BY sequence").fetchall()
        if list(heard) != there[: len(heard)]:
            yield f"lost: {len(heard)} OKs were given, and the journal holds other events, {len(there)} of them"
        elif len(there) > len(heard) + 1:
            yield f"wrong: {len(there) - len(heard)} events that nobody was told of"
        yield from (f"wrong: verify finds: {finding}" for finding in findings(store.connection))
        Journal(store)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the harness looks for
        yield f"lost: it can't be opened: {error!r}"
    finally:
        if store is not None:
            store.close(as_found=True)


def some(seed: int, kills: int) -> Counts:
    """Kill so often, with a new journal now and then."""
    total: Counts = {"failures": []}
    with contextlib.closing(Victims(spoiled=False)) as victims:
        for n, at in enumerate(range(0, kills, KILLS_OF_A_JOURNAL)):
            add(total, kill(seed + n, min(KILLS_OF_A_JOURNAL, kills - at), victims))
    return total


def shares(scale: float, seed: int = 1) -> list[Share]:
    """Kill `scale` times as often as the long run does."""
    wanted, journals = max(1, round(LONG * scale)), KILLS_OF_A_SHARE // KILLS_OF_A_JOURNAL
    starts = range(0, wanted, KILLS_OF_A_SHARE)
    return [Share(some, (seed + n * journals,), min(KILLS_OF_A_SHARE, wanted - at)) for n, at in enumerate(starts)]


def main() -> int:
    """Kill those who work on one journal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="what they do")
    parser.add_argument("--kills", type=int, default=KILLS_OF_A_JOURNAL)
    given = parser.parse_args()
    with contextlib.closing(Victims(spoiled=False)) as victims:
        return told(kill(given.seed, given.kills, victims))


if __name__ == "__main__":
    sys.exit(main())
