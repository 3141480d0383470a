"""Ten thousand power cuts in a shift of 1,500 scans lose nothing; the harness notices where something would be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from random import Random

import pytest

from terminal.journal.schema import FILE, PAGE_BYTES
from terminal.journal.store import Store

from .disk import Disk, Op
from .power import IMAGES_OF_A_SHIFT, SCANS, Images, look, record

SEED = 1


@pytest.mark.timeout(600)
def test_power_cuts_lose_nothing_that_was_acknowledged(report) -> None:
    found = look(SEED, IMAGES_OF_A_SHIFT, verify_each=20)
    assert found["failures"] == []
    assert found["images"] == IMAGES_OF_A_SHIFT
    assert found["boundaries cut before and after"] == found["sync boundaries"] > SCANS
    assert found["commit under way was there"] > 500
    assert found["torn at 4096 bytes"] > 2_000
    assert found["journals verified"] > 50
    assert found["posted slips"] > 5
    report(
        f"power cuts: {found['images']:,} images of a shift of {SCANS:,} scans (seed {SEED}),"
        f" all {found['sync boundaries']:,} sync boundaries; lost: {found.get('lost', 0)}"
    )


def _without_syncs(store: Store) -> None:
    store.connection.pragma("synchronous", "NORMAL")


def _now_and_then(store: Store) -> None:
    """Have every fourth OK come before its commit is synced."""
    commit, numbers = store.transaction, count(1)

    @contextmanager
    def transaction() -> Iterator[None]:
        store.connection.pragma("synchronous", "FULL" if next(numbers) % 4 else "OFF")
        with commit():
            yield

    store.transaction = transaction  # type: ignore[method-assign]


@pytest.mark.parametrize("spoil", [_without_syncs, _now_and_then])
def test_the_harness_notices_a_journal_that_does_not_sync(spoil) -> None:
    recording = record(SEED, 150, spoil)
    looked = Images(recording)
    looked.look_at(Random(SEED).sample(range(2_000), 200))
    assert looked.counts["lost"] > 20
    assert "--seed" in looked.failures[0]


def test_the_harness_notices_a_page_that_is_not_the_journals() -> None:
    """One page of the database is overwritten, and synced: most images after that are wrong in some way."""
    recording = record(SEED, 120)
    syncs = [n for n, op in enumerate(recording.ops) if op.kind == "sync" and op.name == FILE]
    at = syncs[len(syncs) // 2]
    size = next(op.data[0] for op in reversed(recording.ops[:at]) if op.kind == "state")
    recording.ops[at:at] = [Op("write", FILE, size // 2 // PAGE_BYTES * PAGE_BYTES, bytes(PAGE_BYTES))]
    looked = Images(recording)
    looked.look_at(image for image in range(2_000) if at + 1 < recording.cut(image) < at + 300)
    assert looked.counts["images"] > 10
    assert len(looked.failures) > looked.counts["images"] / 2


def test_a_power_cut_leaves_what_was_synced_and_any_part_of_the_rest() -> None:
    disk = Disk()
    for op in (
        Op("create", "a"),
        Op("write", "a", 0, b"1" * 1024),
        Op("sync", "a"),
        Op("sync directory"),
        Op("write", "a", 512, b"2" * 1024),
        Op("create", "b"),
        Op("write", "b", 0, b"3" * 100),
        Op("sync", "b"),
    ):
        disk.do(op)
    cut = (disk.after_a_cut(Random(seed), 512) for seed in range(300))
    seen = [{name: found.contents() for name, found in files.items()} for files in cut]
    assert all(found["a"][:512] == b"1" * 512 for found in seen)
    assert {found["a"][512:1024] for found in seen} >= {b"1" * 512, b"2" * 512}
    assert {len(found["a"]) for found in seen} >= {1024, 1536}
    assert any(found["a"][512:1024] == b"1" * 512 and found["a"][1024:] == b"2" * 512 for found in seen), "reordered"
    assert any(0 < found["a"][512:1024].count(b"2") < 512 for found in seen), "torn"
    assert {found.get("b") for found in seen} == {None, b"3" * 100}, "a name lasts once its directory was synced"
