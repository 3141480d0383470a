"""Disks that fail, fill up or are damaged: never an OK that is not on disk, never a crash, and well again after."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from terminal.journal.aside import terminal_of
from terminal.journal.commands import verify
from terminal.journal.journal import Journal
from terminal.journal.log_check import log_of
from terminal.journal.replay import findings
from terminal.journal.schema import FILE, PAGE_BYTES
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble, open_store

from .failing import FailingVFS
from .world import add, furnish, open_journal, serials

SCANS = 30


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is one: these tests sync some thousand times."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as directory:
        yield Path(directory)


@pytest.fixture
def vfs(monkeypatch: pytest.MonkeyPatch) -> Iterator[FailingVFS]:
    """Have every journal that is opened use a VFS that can fail."""
    failing = FailingVFS("failing")
    monkeypatch.setattr("terminal.journal.scribe.open_store", lambda d, **how: open_store(d, vfs="failing", **how))
    yield failing
    failing.unregister()


def scan(scribe: Scribe, serial: str, oks: list[str]) -> bool:
    """Scan one serial; says whether a fault was reported. Only an OK puts the serial on the list."""
    try:
        if scribe.call(lambda journal: add(journal, serial)).accepted:
            oks.append(serial)
    except StorageFault:
        return True
    return False


def trouble_of(scribe: Scribe, serial: str) -> Trouble | None:
    try:
        scribe.call(lambda journal: add(journal, serial))
    except StorageFault as fault:
        return fault.trouble
    return None


def run(scribe: Scribe, prefix: str, oks: list[str], vfs: FailingVFS) -> int:
    """Scan with a checkpoint in the middle, until a few scans after the first fault; gives the faults reported."""
    faults = after = 0
    for n in range(SCANS):
        if n == SCANS // 2:
            with contextlib.suppress(StorageFault):
                scribe.call(lambda journal: journal.store.checkpoint())
        faults += scan(scribe, f"{prefix}-{n}", oks)
        after += vfs.failed > 0
        if after > 2:
            break
    return faults


@pytest.mark.parametrize(("lasting", "step"), [(False, 5), (True, 9)])
def test_disk_calls_fail_once_or_from_then_on(memory: Path, vfs: FailingVFS, lasting: bool, step: int) -> None:
    """With the scribe's thread, some calls; `tests.faults.io_errors` takes every call, and every error."""
    scribe = Scribe(memory)
    scribe.start()
    scribe.call(lambda journal: furnish(journal, units=100_000))
    oks: list[str] = []
    vfs.calls = 0
    assert run(scribe, "calm", oks, vfs) == 0
    assert len(oks) == SCANS
    reported = hit = 0
    for at in range(1, vfs.calls + 1, step):
        vfs.calls = vfs.failed = 0
        vfs.fails = lambda number, _, at=at: number >= at if lasting else number == at
        reported += run(scribe, f"at{at}", oks, vfs)
        hit += vfs.failed > 0
        vfs.fails = lambda _number, _what: False
        assert not scan(scribe, f"well{at}", oks)
        assert oks[-1] == f"well{at}"
    assert hit > 300 / step
    assert reported > hit / 2
    assert set(oks) <= set(scribe.call(serials))
    assert scribe.call(lambda journal: list(findings(journal.store.connection))) == []
    scribe.stop()
    assert not list(memory.glob("*damaged*"))
    assert verify(memory, io.StringIO()) == 0


def test_an_error_while_opening_is_told_as_trouble(tmp_path: Path, vfs: FailingVFS) -> None:
    """At every call: also at those made after the database is open, while the journal is made of it."""
    scribe = Scribe(tmp_path)
    scribe.start()
    scribe.call(furnish)
    scribe.stop()
    told = 0
    for at in itertools.count(1):
        vfs.calls = vfs.failed = 0
        vfs.fails = lambda number, _, at=at: number == at
        scribe = Scribe(tmp_path)
        try:
            scribe.start()
        except StorageFault:
            told += 1
        fired = vfs.failed
        vfs.fails = lambda _number, _what: False
        scribe.stop()
        if not fired:
            break
    assert told > 20


def test_a_commit_whose_sync_failed_is_decided_by_the_disk(tmp_path: Path, vfs: FailingVFS) -> None:
    """The page is written, the sync fails: no OK. Afterwards it is there or not, but the journal says which."""
    scribe = Scribe(tmp_path)
    scribe.start()
    scribe.call(furnish)
    vfs.fails = lambda _, what: what == "sync"
    assert scan(scribe, "A1", [])
    assert scan(scribe, "A1", [])
    vfs.fails = lambda _number, _what: False
    there = scribe.call(serials)
    oks: list[str] = []
    scan(scribe, "A1", oks)
    assert (there, oks) in [([], ["A1"]), (["A1"], [])]
    assert scribe.call(serials) == ["A1"]
    assert scribe.call(lambda journal: journal.outbox.standing.stored) == 1
    scribe.stop()


def test_full_disk(tmp_path: Path) -> None:
    """A real small file system where that is possible."""
    with small_disk(tmp_path / "disk", kib=1500) as directory:
        scribe = Scribe(directory)
        scribe.start()
        scribe.call(lambda journal: furnish(journal, units=100_000))
        oks: list[str] = []
        numbers = itertools.count()
        while not scan(scribe, f"S{next(numbers)}", oks):
            pass
        troubles = [trouble_of(scribe, f"S{next(numbers)}") for _ in range(20)]
        assert set(troubles) <= {Trouble.FULL, None}
        assert troubles.count(Trouble.FULL) > 10
        assert len(oks) > 20
        assert set(oks) <= set(scribe.call(serials)), "what is there can still be read"
        subprocess.run(["mount", "-o", "remount,size=8m", str(directory)], check=True)
        assert not scan(scribe, "ROOM", oks)
        assert set(oks) <= set(scribe.call(serials))
        assert scribe.call(lambda journal: list(findings(journal.store.connection))) == []
        scribe.stop()


def test_read_only_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kib=4000) as directory:
        journal = furnish(open_journal(directory))
        assert add(journal, "A1").accepted
        journal.store.close()
        subprocess.run(["mount", "-o", "remount,ro", str(directory)], check=True)
        with pytest.raises(StorageFault) as caught:
            open_store(directory)
        assert caught.value.trouble is Trouble.READ_ONLY
        with pytest.raises(StorageFault) as caught:
            open_store(directory / "deeper")
        assert caught.value.trouble is Trouble.READ_ONLY
        assert verify(directory, io.StringIO()) == 0


@contextlib.contextmanager
def small_disk(place: Path, kib: int) -> Iterator[Path]:
    """Mount a small file system, or skip the test where nobody may."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _random(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(length))


def _damage_header(path: Path) -> None:
    _random(path, 0, 80)


def _damage_middle(path: Path) -> None:
    _random(path, path.stat().st_size // 2, path.stat().st_size // 3)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _cut_to_stump(path: Path) -> None:
    os.truncate(path, 50)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _no_database(path: Path) -> None:
    path.write_text("this is a shopping list\n" * 400)


def _another_database(path: Path) -> None:
    other = path.with_name("other.db")
    with contextlib.closing(apsw.Connection(str(other))) as db:
        db.execute("CREATE TABLE meta (a); INSERT INTO meta VALUES (1)")
    other.replace(path)


DAMAGES = [_damage_header, _damage_middle, _cut, _cut_to_stump, _empty, _no_database, _another_database]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "killed"])
def test_a_damaged_file_is_set_aside_whole(memory: Path, damage: Callable[[Path], None], closed: bool) -> None:
    journal = furnish(open_journal(memory), units=1000)
    for n in range(300):
        add(journal, f"S{n:04}")
        if n == 250:
            journal.store.checkpoint()
    terminal, epoch = journal.terminal, journal.epoch
    journal.store.close(as_found=not closed)
    path = memory / FILE
    damage(path)
    found = {
        ending: Path(f"{path}{ending}").read_bytes() for ending in ("", "-wal") if Path(f"{path}{ending}").exists()
    }
    assert len(found) == (1 if closed else 2)
    store, aside = open_store(memory, thorough=damage is _damage_middle)
    if damage is _empty and closed:
        assert aside is None, "an empty file without a log never held a journal"
        return
    if damage is _damage_header and not closed:
        assert aside is None, "the log holds the first page"
        assert Journal(store).outbox.stored == 300
        return
    assert aside is not None
    for ending, content in found.items():
        assert Path(f"{aside}{ending}").read_bytes() == content, "a specialist gets what was found, byte for byte"
    anew = furnish(Journal(store))
    assert anew.epoch != epoch
    assert anew.terminal == (terminal_of(aside) or anew.terminal)
    if damage is _damage_header:
        assert anew.terminal == terminal
    assert add(anew, "A1").accepted
    assert anew.outbox.stored == 1
    store.close()


def test_damage_in_the_log_is_noticed(tmp_path: Path) -> None:
    """SQLite takes what follows a damaged frame for never written; acknowledged scans would be gone without a word."""
    journal = furnish(open_journal(tmp_path), units=1000)
    journal.store.checkpoint()
    for n in range(20):
        add(journal, f"S{n:04}")
    journal.store.close(as_found=True)
    log = log_of(tmp_path / FILE)
    _random(log, log.stat().st_size // 2, 100)
    content = log.read_bytes()
    assert verify(tmp_path, io.StringIO()) == 1
    store, aside = open_store(tmp_path)
    assert aside is not None
    assert log_of(aside).read_bytes() == content
    store.close()


def test_a_torn_last_commit_is_no_damage(tmp_path: Path) -> None:
    """A battery pulled in mid-write tears the last commit, which nobody was told of."""
    journal = furnish(open_journal(tmp_path), units=1000)
    journal.store.checkpoint()
    for n in range(20):
        add(journal, f"S{n:04}")
    journal.store.close(as_found=True)
    log = log_of(tmp_path / FILE)
    _random(log, log.stat().st_size - 1500, 1500)
    store, aside = open_store(tmp_path)
    assert aside is None
    assert Journal(store).outbox.stored == 19
    store.close()


def test_a_torn_commit_over_an_older_one_is_no_damage(tmp_path: Path) -> None:
    """Found by `tests.faults.power`: the header of a frame lies in two sectors, and is half an older commit's."""
    journal = furnish(open_journal(tmp_path), units=1000)
    journal.store.checkpoint()
    for n in range(20):
        add(journal, f"S{n:04}")
    before_last = journal.store.wal_pages
    add(journal, "S0020")
    journal.store.close(as_found=True)
    with log_of(tmp_path / FILE).open("r+b") as log:
        log.seek(32 + (before_last + 1) * (24 + PAGE_BYTES) + 4)
        log.write((27).to_bytes(4, "big"))  # so many pages in the database after it: as if a commit ended here
    store, aside = open_store(tmp_path)
    assert aside is None
    assert Journal(store).outbox.stored == 20
    store.close()


@pytest.mark.parametrize("length", [32, 512])
@pytest.mark.parametrize("taken_over", [True, False])
def test_a_log_without_its_beginning(tmp_path: Path, length: int, taken_over: bool) -> None:
    """The header is written when the log is begun anew, and may be torn then: the database has all of it."""
    journal = furnish(open_journal(tmp_path), units=1000)
    journal.store.checkpoint()
    for n in range(20):
        add(journal, f"S{n:04}")
    if taken_over:
        journal.store.checkpoint()
    journal.store.close(as_found=True)
    with log_of(tmp_path / FILE).open("r+b") as log:
        log.write(random.Random(1).randbytes(length))
    store, aside = open_store(tmp_path)
    if taken_over and length == 32:
        assert aside is None
        assert Journal(store).outbox.stored == 20
    else:
        assert aside is not None, "nobody goes on as if nothing had happened"
    store.close()


def test_damage_found_at_work_begins_a_new_journal(memory: Path) -> None:
    journal = furnish(open_journal(memory), units=1000)
    for n in range(300):
        add(journal, f"S{n:04}")
    journal.store.close()
    asides: list[Path] = []
    scribe = Scribe(memory)
    scribe.on_set_aside = asides.append
    scribe.start()
    _damage_middle(memory / FILE)
    scribe.call(lambda journal: journal.store.connection.execute("PRAGMA shrink_memory").fetchall())
    troubles = []
    for n in range(300):
        try:
            scribe.call(lambda journal, n=n: add(journal, f"S{n:04}"))
        except StorageFault as fault:
            troubles.append(fault.trouble)
    assert set(troubles) == {Trouble.DAMAGED}
    assert len(troubles) == 1
    assert len(asides) == 1
    scribe.stop()


def test_a_transient_error_while_opening_sets_nothing_aside(tmp_path: Path) -> None:
    vfs = FailingVFS("opening")
    journal = furnish(open_journal(tmp_path))
    add(journal, "A1")
    journal.store.close(as_found=True)
    faults = 0
    for at in itertools.count(1):
        vfs.calls = vfs.failed = 0
        vfs.fails = lambda number, _, at=at: number == at
        with contextlib.suppress(StorageFault):
            store, aside = open_store(tmp_path, vfs="opening")
            store.close(as_found=True)
            assert aside is None
        if not vfs.failed:
            break
        faults += 1
    vfs.unregister()
    assert faults > 10
    assert not list(tmp_path.glob("*damaged*"))
    assert open_journal(tmp_path).outbox.stored == 1
