"""A disk that gives an error at one call, or from then on: at every call of a shift, of every kind that it can give.

A shift is cut into pieces; each piece begins with opening the journal as the piece before left it. A piece is done once
on a sound disk, to count its calls. Then it is done again for each of them: the call fails once (or it and all after
it), as SQLite's own layer for Unix reports that error of the system. Whatever happens, an OK means that it is on disk,
the trouble is told in one of the few words there are for it, and once the disk is well scanning goes on.

`python -m tests.faults.io_errors --seed 1 --at 3.17.EIO.once` does one of them again.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar
from unittest import mock

import apsw

from terminal.domain.intents import AddSerial
from terminal.domain.views import Verdict
from terminal.journal import aside, log_check
from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble, open_store

from ..journal.failing import FailingVFS
from ..journal.world import ANNA, POLICIES
from .counting import Counts, Share, told
from .memory import memory
from .shift import Shift, Told

T = TypeVar("T")

SCANS = 200
STEPS = 8
"""Steps of a piece."""

_WRITING = {"write": apsw.SQLITE_IOERR_WRITE, "truncate": apsw.SQLITE_IOERR_TRUNCATE, "sync": apsw.SQLITE_IOERR_FSYNC}
_ALL = _WRITING | {
    "read": apsw.SQLITE_IOERR_READ,
    "size": apsw.SQLITE_IOERR_FSTAT,
    "lock": apsw.SQLITE_IOERR_LOCK,
    "access": apsw.SQLITE_IOERR_ACCESS,
    "delete": apsw.SQLITE_IOERR_DELETE,
    "open": apsw.SQLITE_CANTOPEN,
}
ERRORS: Mapping[str, Mapping[str, int]] = {
    "ENOSPC": _WRITING | {"write": apsw.SQLITE_FULL, "open": apsw.SQLITE_CANTOPEN},
    "EIO": _ALL,
    "EROFS": _WRITING | {"open": apsw.SQLITE_CANTOPEN, "delete": apsw.SQLITE_IOERR_DELETE},
}
"""What SQLite makes of an error of the system at each kind of call; a call that is missing can't give that error."""
_OWN_CALLS = frozenset({"look for", "read log", "sync directory"})
"""Calls that the journal makes itself, beside SQLite."""
_CLEAR: Mapping[str, frozenset[Trouble]] = {
    "ENOSPC": frozenset({Trouble.FULL, Trouble.INPUT_OUTPUT, Trouble.READ_ONLY}),
    "EIO": frozenset({Trouble.INPUT_OUTPUT, Trouble.READ_ONLY}),
    "EROFS": frozenset({Trouble.READ_ONLY}),
}
"""What may be told of an error. A file that can't be opened is told as a disk that can't be written."""


DEVICE = "the one"
"""Whose all journals are, wherever their files are put: another device's is written to when it is opened (D10)."""


class Place(NamedTuple):
    """Where an error strikes: at which call of which piece, and whether the disk is well again after it."""

    piece: int
    call: int
    error: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.piece}.{self.call}.{self.error}.{'on' if self.lasting else 'once'}"


class _Piece(NamedTuple):
    """A few steps of a shift: files and shift as they are before it, and the calls that a sound disk gets."""

    files: Mapping[str, bytes]
    shift: bytes
    calls: tuple[str, ...]
    killed: bool
    """Whether it ends by a kill, not in good order."""


class ScribeInHand(Scribe):
    """The scribe without its thread: what it is asked it does at once. A hop between threads costs more than a scan."""

    def start(self) -> None:
        self._open()

    def call(self, work: Callable[[Journal], T]) -> T:
        results: list[T | Exception] = []
        self._do(work, results.append)
        if isinstance(results[0], Exception):
            raise results[0]
        return results[0]

    def stop(self) -> None:
        self._leave()


class _Disk(FailingVFS):
    """The failing VFS, with the calls that the journal makes beside it."""

    def __init__(self) -> None:
        super().__init__(f"sick-{threading.get_ident()}", self._made)
        self.name_of_error = "EIO"
        self.calls_seen: list[str] = []
        self.broken = False
        self.vfs: str | None = self.name
        """What journals are opened with: the real one, which is faster, where nothing is to fail."""

    def touch(self, what: str) -> None:
        self.calls_seen.append(what)
        before = self.failed
        try:
            super().touch(what)
        finally:
            self.broken = self.broken or self.failed > before

    def well(self) -> None:
        self.fails = lambda _number, _what: False
        self.broken = False

    def _made(self, what: str) -> Exception:
        if what in _OWN_CALLS:
            number = getattr(errno, self.name_of_error)
            return OSError(number, os.strerror(number))
        code = ERRORS[self.name_of_error][what]
        kinds: dict[int, type[apsw.Error]] = {
            apsw.SQLITE_FULL: apsw.FullError,
            apsw.SQLITE_CANTOPEN: apsw.CantOpenError,
        }
        made = kinds.get(code & 0xFF, apsw.IOError)(f"{self.name_of_error} at {what}")
        made.extendedresult = code
        return made

    # the journal's own calls

    def lost_its_file(self, path: Path) -> bool:
        self.touch("look for")
        return aside.lost_its_file(path)

    def frames_due(self, log: Path, page_bytes: int) -> int:
        self.touch("read log")
        return log_check.frames_due(log, page_bytes)

    def sync_directory(self, directory: Path) -> None:
        aside.sync_directory(directory)
        self.touch("sync directory")

    def mounted_read_only(self, _directory: Path) -> bool:
        return self.broken and self.name_of_error == "EROFS"


class Trial:
    """A shift on a disk that can be made to fail."""

    def __init__(self, seed: int, scans: int = SCANS) -> None:
        self.seed = seed
        self.scans = scans
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self._pieces: list[_Piece] = []

    def prepare(self) -> None:
        """Work the shift through on a sound disk, piece by piece."""
        shift = Shift(self.seed, self.scans)
        with _disk_in_memory() as (disk, directory):
            while not shift.over:
                files, before, killed = _files(directory), pickle.dumps(shift), len(self._pieces) % 4 == 0
                disk.calls_seen = []
                faults = list(self._work(directory, shift, disk, killed))
                assert not faults, faults
                self._pieces.append(_Piece(files, before, tuple(disk.calls_seen), killed))
        self.counts["calls of a clean run"] = sum(len(piece.calls) for piece in self._pieces)
        self.counts["scans of a clean run"] = shift.scanned

    def places(self, *, lasting: bool = False) -> list[Place]:
        """Give every place where an error can strike: every call, with every error that it can give."""
        return [
            Place(at, number, error, lasting)
            for at, piece in enumerate(self._pieces)
            for number, what in enumerate(piece.calls, 1)
            for error in ERRORS
            if _can(error, what)
        ]

    def strike(self, places: list[Place], verify_each: int = 1) -> None:
        """Have errors strike at these places, one after the other."""
        with _disk_in_memory() as (disk, directory):
            for number, place in enumerate(places):
                again = f"python -m tests.faults.io_errors --seed {self.seed} --scans {self.scans} --at {place}"
                wrongs = self._strike(place, disk, directory, thorough=number % verify_each == 0)
                self.failures += (f"{wrong}; again: {again}" for wrong in wrongs)

    def _strike(self, place: Place, disk: _Disk, directory: Path, *, thorough: bool) -> Iterator[str]:
        piece = self._pieces[place.piece]
        for file in directory.iterdir():
            file.unlink()
        for name, content in piece.files.items():
            (directory / name).write_bytes(content)
        shift: Shift = pickle.loads(piece.shift)
        disk.vfs = disk.name
        disk.calls = disk.failed = 0
        disk.name_of_error = place.error
        disk.fails = lambda number, what: (
            (number >= place.call if place.lasting else number == place.call) and _can(place.error, what)
        )
        troubles: list[Trouble] = []
        try:
            troubles.extend(self._work(directory, shift, disk, piece.killed))
        except Exception as error:  # noqa: BLE001 - nothing but a StorageFault may come out
            yield f"{place.error} was told as {error!r}"
        fired = disk.failed
        self.counts["errors tried"] += 1
        disk.well()
        disk.vfs = None
        kind = f"{place.error} {'from a call on' if place.lasting else 'at one call'}"
        self.counts[f"{kind}: runs"] += 1
        self.counts[f"{kind}: fired"] += fired > 0
        self.counts["errors given"] += fired
        self.counts["troubles told"] += len(troubles)
        unclear = {trouble for trouble in troubles if trouble not in _CLEAR[place.error]}
        if unclear:
            yield f"{place.error} was told as {', '.join(sorted(unclear))}"
        yield from self._wrong_after(directory, shift, len(troubles), thorough=thorough)

    def _work(self, directory: Path, shift: Shift, disk: _Disk, killed: bool) -> Iterator[Trouble]:
        """Do a piece of the shift, from opening to closing, but little after an error; gives the troubles told."""
        scribe = ScribeInHand(directory, device=DEVICE)
        try:
            scribe.start()
        except StorageFault as fault:
            yield fault.trouble
        after = 0
        for n in range(STEPS):
            try:
                scribe.call(lambda journal, n=n: _step(journal, shift, checkpoint=n == STEPS // 2))
            except StorageFault as fault:
                yield fault.trouble
            after += disk.failed > 0
            if after > 1:
                break
        if killed:
            try:
                scribe.call(lambda journal: journal.store.close(as_found=True))
            except StorageFault as fault:
                yield fault.trouble
        scribe.stop()

    def _wrong_after(self, directory: Path, shift: Shift, troubles: int, *, thorough: bool) -> Iterator[str]:
        """Open the journal on the disk that is well again."""
        scribe = ScribeInHand(directory, device=DEVICE)
        try:
            scribe.start()
            there, verdict, then = scribe.call(lambda journal: _go_on(journal, shift))
            missing, unheard = _compared(shift.told, there)
            self.counts["OKs looked for"] += len(shift.told)
            self.counts["on disk, and told as trouble"] += unheard
            if missing:
                self.counts["lost"] += 1
                yield f"lost: {missing} had an OK"
            if unheard > troubles:
                yield f"{unheard} events are there that nobody was told of, after {troubles} troubles"
            if list(directory.glob("*damaged*")):
                yield "lost: a sound journal was set aside"
            if not verdict.accepted or then != [*there, ("registered", "AFTER")]:
                yield f"scanning does not go on: {verdict.result}"
            if thorough:
                self.counts["journals verified"] += 1
                yield from scribe.call(lambda journal: list(findings(journal.store.connection)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the harness looks for
            yield f"the disk is well, and yet: {error!r}"
        finally:
            scribe.stop()


@contextlib.contextmanager
def _disk_in_memory() -> Iterator[tuple[_Disk, Path]]:
    """Have every journal that is opened use a disk that can fail."""
    disk = _Disk()
    store = "terminal.journal.store"
    with contextlib.ExitStack() as stack:
        stack.callback(disk.unregister)
        directory = stack.enter_context(memory())
        for what, instead in (
            ("terminal.journal.scribe.open_store", lambda d, **how: open_store(d, vfs=disk.vfs, **how)),
            (f"{store}.lost_its_file", disk.lost_its_file),
            (f"{store}.frames_due", disk.frames_due),
            (f"{store}.sync_directory", disk.sync_directory),
            (f"{store}._mounted_read_only", disk.mounted_read_only),
        ):
            stack.enter_context(mock.patch(what, instead))
        yield disk, directory


def _can(error: str, what: str) -> bool:
    """Say whether a kind of call can give an error."""
    return what in ERRORS[error] or (what in _OWN_CALLS and (error == "EIO" or what == "sync directory"))


def _furnish(journal: Journal, shift: Shift) -> None:
    """Give a journal that is new, or half furnished, what the shift needs."""
    if journal.records.slip(shift.last_document) is None or not journal.merging.shop().site:
        shift.furnish(journal)


def _step(journal: Journal, shift: Shift, *, checkpoint: bool) -> None:
    _furnish(journal, shift)
    shift.step(journal)
    if checkpoint:
        journal.store.checkpoint()


def _go_on(journal: Journal, shift: Shift) -> tuple[list[Told], Verdict, list[Told]]:
    """Scan once more; gives what was there before, the verdict, and what is there then."""
    _furnish(journal, shift)
    before = _events(journal)
    verdict = journal.record(ANNA, POLICIES, AddSerial(shift.last_document, 1, "AFTER"), 1)
    return before, verdict, _events(journal)


def _events(journal: Journal) -> list[Told]:
    return journal.store.connection.execute("SELECT type, serial FROM event ORDER BY sequence").fetchall()


def _files(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def _compared(told: Sequence[Told], there: Sequence[Told]) -> tuple[Told | None, int]:
    """Give the first that was told of and is not there in its order, and how many are there that nobody was told of."""
    rest = iter(there)
    missing = next((each for each in told if each not in rest), None)
    return missing, len(there) - len(told)


def strike(seed: int, scans: int, *, lasting: int = 0, share: int = 0, of: int = 1) -> Counts:
    """Have every error that a call can give strike a shift, once at every call, and for good from so many calls on.

    `share`: only this one of so many.
    """
    trial = Trial(seed, scans)
    trial.prepare()
    places = trial.places()
    everywhere = trial.places(lasting=True)
    places += Random(seed).sample(everywhere, min(lasting, len(everywhere)))
    trial.strike(places[share::of], verify_each=10)
    if share:  # the others count the clean run
        trial.counts = Counter({name: n for name, n in trial.counts.items() if "clean run" not in name})
    return {**trial.counts, "failures": trial.failures}


SHARES = 20
"""Parts that a shift's errors are divided into in the long run."""
LONG_SHIFTS = 10
"""Shifts of the long run."""
LONG_LASTING = 5_000
"""Errors of each shift in the long run that are for good."""


def some(seed: int, share: int, of: int) -> Counts:
    """Have one share of a shift's errors strike."""
    return {**strike(seed, SCANS, lasting=LONG_LASTING, share=share, of=of), "shares of a shift": 1}


def shares(scale: float, seed: int = 1) -> list[Share]:
    """Have every error strike at every call of `scale` times the long run's shifts."""
    wanted = max(1, round(LONG_SHIFTS * SHARES * scale))
    return [Share(some, (seed + n // SHARES, n % SHARES), SHARES) for n in range(wanted)]


def main() -> int:
    """Do one error again, or all of a shift."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="the shift")
    parser.add_argument("--scans", type=int, default=SCANS, help="its length")
    parser.add_argument("--at", help="where it strikes, as PIECE.CALL.ERROR.once or .on")
    given = parser.parse_args()
    if given.at is None:
        return told(strike(given.seed, given.scans))
    piece, call, error, how = given.at.split(".")
    trial = Trial(given.seed, given.scans)
    trial.prepare()
    trial.strike([Place(int(piece), int(call), error, how == "on")])
    return told({**trial.counts, "failures": trial.failures})


if __name__ == "__main__":
    sys.exit(main())
