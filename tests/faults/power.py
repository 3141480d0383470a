"""Pulling the battery at any moment of a shift, as often as wanted: what was acknowledged is there afterwards.

A shift is recorded once: everything that the journal's own code did to its files, and what its contents were after
each commit. Each image is what a power cut at one moment may leave (see `disk`). It is opened by the journal's own code
and must hold exactly the contents after the last commit that had returned, or after the one that was under way.

`python -m tests.faults.power --seed 1 --image 4711` does one image again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from terminal.domain.intents import AddSerial
from terminal.journal.aside import sync_directory
from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.schema import PAGE_BYTES
from terminal.journal.store import StorageFault, Store, open_store

from ..journal.world import ANNA, POLICIES
from .counting import Counts, Share, told
from .disk import Disk, Found, Op, RecordingVFS, sync_points
from .memory import memory
from .shift import Shift, Told, posted

SCANS = 1_500
PAUSE_EACH = 60
"""Steps between two gaps in which the scribe would checkpoint, on average."""
IMAGES_OF_A_SHIFT = 10_000
LONG = 500_000
"""Images of the long run."""
LENGTHS = (150, 500, 150, 150, SCANS, 150, 500, 150, 150, 150, 500, 150, 150, 150)
"""Scans of the long run's shifts, by turns: a third of the images is of each length. What an image costs grows with its
journal, so short shifts are more of them for the same time, and more beginnings of a journal."""
VERIFY_EACH = 20
"""Of every so many states of a long shift one is replayed; of a short one each is."""
RESTART_EACH = 300
"""Steps between two restarts, on average; every second of them by a kill."""

Spoil = Callable[[Store], None]
"""What makes a store worse than it is: the harness must notice that."""


class Recording:
    """A shift as the disk has seen it."""

    def __init__(self, seed: int, scans: int, ops: list[Op], told: list[Told], spare: str, posted: int) -> None:
        self.seed = seed
        self.scans = scans
        self.ops = ops
        self.told = told
        self.posted = posted
        self.spare = spare
        """A slip that the shift never came to."""
        self.boundaries = sync_points(ops)
        self.commits = sum(op.kind == "state" for op in ops)

    def cut(self, image: int) -> int:
        """Give the operation before which the power goes: at first just before and just after every sync, then any."""
        if image < 2 * len(self.boundaries):
            return self.boundaries[image // 2] + image % 2
        return Random(f"{self.seed} {image} cut").randrange(len(self.ops) + 1)

    def chance(self, image: int) -> Random:
        """Give what decides of one image what is left."""
        return Random(f"{self.seed} {image}")


class _Recorder:
    """Notes the journal's contents after each commit, as what has changed since the one before."""

    def __init__(self, ops: list[Op]) -> None:
        self._ops = ops
        self._known = b""

    def watch(self, store: Store) -> None:
        """Have every transaction of a store noted once it is committed."""
        commit = store.transaction

        @contextlib.contextmanager
        def noted() -> Iterator[None]:
            with commit():
                yield
            self.note(store)

        store.transaction = noted  # type: ignore[method-assign]
        self.note(store)

    def note(self, store: Store) -> None:
        now = store.connection.serialize("main")
        if now == self._known:
            return
        starts = range(0, len(now), PAGE_BYTES)
        parts = ((at, now[at : at + PAGE_BYTES]) for at in starts)
        changed = {at: page for at, page in parts if page != self._known[at : at + PAGE_BYTES]}
        stored = store.connection.execute("SELECT count(*) FROM event").fetchall()[0][0]
        self._ops.append(Op("state", "", stored, (len(now), changed)))
        self._known = now


def record(seed: int, scans: int = SCANS, spoil: Spoil = lambda _store: None) -> Recording:
    """Work a shift through, with pauses and restarts, and write down what the disk was told."""
    name = f"recording-{seed}"
    vfs = RecordingVFS(name)
    chance = Random(f"pauses {seed}")
    shift = Shift(seed, scans)
    recorder = _Recorder(vfs.ops)

    def note_sync(directory: Path) -> None:
        sync_directory(directory)
        vfs.ops.append(Op("sync directory"))

    def opened() -> Journal:
        store, aside = open_store(directory, vfs=name)
        assert aside is None
        spoil(store)
        recorder.watch(store)
        return Journal(store)

    with memory() as directory, mock.patch("terminal.journal.store.sync_directory", note_sync):
        journal = opened()
        shift.furnish(journal)
        while not shift.over:
            shift.step(journal)
            if chance.random() < 1 / PAUSE_EACH:
                journal.store.checkpoint()
            if chance.random() < 1 / RESTART_EACH:
                journal.store.close(as_found=chance.random() < 0.5)
                journal = opened()
        done = posted(journal)
        journal.store.close()
    vfs.unregister()
    return Recording(seed, scans, vfs.ops, shift.told, shift.last_document, done)


class _State:
    """The journal's contents after a commit, and how many events there are in them."""

    def __init__(self) -> None:
        self.number = 0
        """How many commits there were; at 0 there is no journal yet."""
        self.stored = 0
        self.contents = bytearray()

    def go_on(self, op: Op) -> None:
        size, pages = op.data
        for at, page in pages.items():
            self.contents[at : at + PAGE_BYTES] = page
        del self.contents[size:]
        self.stored = op.at
        self.number += 1

    def after(self, op: Op) -> bytes:
        """Give the contents after one more commit."""
        other = _State()
        other.contents[:] = self.contents
        other.go_on(op)
        return bytes(other.contents)


class Images:
    """Goes through images of a recording in the order of their cuts, and counts what was found."""

    def __init__(self, recording: Recording, *, verify_each: int = 1) -> None:
        """`verify_each`: of every so many states that are found, one is replayed; 1 replays each of them once."""
        self._recording = recording
        self._verify_each = verify_each
        self._verified: set[int] = set()
        self._compared: set[int] = set()
        self._states = [at for at, op in enumerate(recording.ops) if op.kind == "state"]
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        """What was wrong, each with the words that repeat it."""

    def look_at(self, images: Iterable[int]) -> None:
        """Make these images, one after the other, and see what the journal makes of them."""
        cuts = sorted((self._recording.cut(image), image) for image in images)
        disk, state, done, newer = Disk(), _State(), 0, iter(self._states)
        coming = next(newer, None)
        with memory() as directory:
            for cut, image in cuts:
                for op in self._recording.ops[done:cut]:
                    if op.kind == "state":
                        state.go_on(op)
                        coming = next(newer, None)
                    else:
                        disk.do(op)
                done = max(done, cut)
                chance = self._recording.chance(image)
                sector = chance.choice((512, 512, 4096))
                _lay_out(directory, disk.after_a_cut(chance, sector))
                following = None if coming is None else self._recording.ops[coming]
                for wrong in self._wrong(directory, state, following, chance):
                    self._fail(image, cut, wrong)
                self.counts["images"] += 1
                self.counts[f"torn at {sector} bytes"] += 1

    def _fail(self, image: int, cut: int, wrong: str) -> None:
        self.counts["lost" if wrong.startswith("lost") else "wrong"] += 1
        of = self._recording
        again = f"python -m tests.faults.power --seed {of.seed} --scans {of.scans} --image {image}"
        self.failures.append(f"{wrong} (cut before operation {cut}); again: {again}")

    def _wrong(self, directory: Path, state: _State, following: Op | None, chance: Random) -> Iterator[str]:
        """Open an image as the terminal does, and go on scanning; a sentence for all that is not as it must be."""
        try:
            store, aside = open_store(directory)
        except StorageFault as fault:
            yield f"lost: it can't be opened: {fault}"
            return
        try:
            if aside is not None and state.number:
                yield f"lost: the journal was set aside with {state.stored} acknowledged scans"
                return
            self.counts["set aside while still empty"] += aside is not None
            number = yield from self._wrong_contents(store, state, following)
            yield from self._cannot_go_on(store, state)
            if number is not None and number not in self._verified and number % self._verify_each == 0:
                self._verified.add(number)
                self.counts["journals verified"] += 1
                yield from (f"wrong: verify finds: {finding}" for finding in findings(store.connection))
            store.close(as_found=True)
            if chance.random() < 0.05:
                self.counts["opened twice"] += 1
                store, aside = open_store(directory)
                if aside is not None or not _has(store, "AFTER"):
                    yield "lost: what was scanned after the power cut"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the harness looks for
            yield f"wrong: {error!r}"
        finally:
            store.close(as_found=True)

    def _wrong_contents(self, store: Store, state: _State, following: Op | None) -> Any:
        """Compare with what was committed; gives the number of the state that was found."""
        self.counts["pages recovered from a log"] += store.recovered
        self.counts["acknowledged scans looked for"] += state.stored
        contents = store.connection.serialize("main")
        found = None
        if state.number and contents == state.contents:
            found = state.number
        elif following is not None and contents == state.after(following):
            self.counts["commit under way was there"] += 1
            found = state.number + 1
        if found is None or found not in self._compared:
            yield from self._wrong_events(store, state)
        if found is None and state.number:
            yield "wrong: the contents are those of no commit"
        if found is not None:
            self._compared.add(found)
        return found

    def _wrong_events(self, store: Store, state: _State) -> Iterator[str]:
        """Compare with what people were told; contents that were compared once need no second time."""
        rows = store.connection.execute("SELECT type, serial FROM event ORDER BY sequence").fetchall()
        if len(rows) < state.stored:
            yield f"lost: {state.stored} scans were acknowledged, {len(rows)} are there"
        elif rows != self._recording.told[: len(rows)]:
            yield "wrong: there are events that nobody was told of"

    def _cannot_go_on(self, store: Store, state: _State) -> Iterator[str]:
        journal = Journal(store)
        if not journal.merging.shop().site or journal.records.slip(self._recording.spare) is None:
            Shift("", self._recording.scans).furnish(journal)
        before = journal.outbox.stored
        verdict = journal.record(ANNA, POLICIES, AddSerial(self._recording.spare, 1, "AFTER"), 1)
        if not verdict.accepted or journal.outbox.stored != before + 1:
            yield f"wrong: scanning does not go on: {verdict.result}"


def _lay_out(directory: Path, files: Mapping[str, Found]) -> None:
    """Have these files in the directory, and no others."""
    for name in os.listdir(directory):
        if name not in files:
            os.unlink(directory / name)
    for name, found in files.items():
        found.write(directory / name)


def _has(store: Store, serial: str) -> bool:
    return bool(store.connection.execute("SELECT 1 FROM event WHERE serial = ?", (serial,)).fetchall())


def look(seed: int, images: int, scans: int = SCANS, verify_each: int = 1) -> Counts:
    """Record one shift and look at its first so many images."""
    recording = record(seed, scans)
    looked = Images(recording, verify_each=verify_each)
    looked.look_at(range(images))
    covered = min(images, 2 * len(recording.boundaries)) // 2
    looked.counts |= {"sync boundaries": len(recording.boundaries), "boundaries cut before and after": covered}
    looked.counts |= {
        "scans": scans,
        "OKs": len(recording.told),
        "commits": recording.commits,
        "posted slips": recording.posted,
    }
    return {**looked.counts, "failures": looked.failures}


def some(seed: int, images: int) -> Counts:
    """Look at so many images of a shift of the long run."""
    scans = _scans(seed)
    return {**look(seed, images, scans, verify_each=1 if scans < SCANS // 3 else VERIFY_EACH), f"shifts of {scans}": 1}


def shares(scale: float, seed: int = 1) -> list[Share]:
    """Give `scale` times the long run's images: shift after shift, each with a seed of its own."""
    left, made = max(1, round(LONG * scale)), []
    while left > 0:
        images = min(left, IMAGES_OF_A_SHIFT * _scans(seed) // SCANS)
        made.append(Share(some, (seed,), images))
        left, seed = left - images, seed + 1
    return made


def _scans(seed: int) -> int:
    """Give the length of a shift of the long run."""
    return LENGTHS[seed % len(LENGTHS)]


def main() -> int:
    """Do one image again, or some."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="the shift")
    parser.add_argument("--scans", type=int, default=SCANS, help="its length")
    parser.add_argument("--image", type=int, help="one image of it; without it, the first so many")
    parser.add_argument("--images", type=int, default=100)
    given = parser.parse_args()
    recording = record(given.seed, given.scans)
    looked = Images(recording)
    looked.look_at(range(given.images) if given.image is None else [given.image])
    return told({**looked.counts, "failures": looked.failures})


if __name__ == "__main__":
    sys.exit(main())
