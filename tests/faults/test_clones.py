"""A data directory that was copied to a second device is noticed, and every scan of both arrives."""

from __future__ import annotations

from .clones import some

CLONES = 60
SEED = 1


def test_a_cloned_device_is_noticed_and_no_scan_is_lost(report) -> None:
    found = some(SEED, CLONES)
    assert found["failures"] == []
    assert found["clones noticed"] > CLONES / 2
    assert found["scans after the copy"] > 5 * CLONES
    report(
        f"cloned devices: {CLONES}, noticed: {found['clones noticed']}, the others before both had scanned;"
        f" {found['scans after the copy']:,} scans after the copy, all at the backend once; lost: {found['lost']}"
    )
