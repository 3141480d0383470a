"""A data directory that was copied to a second device is noticed, and takes no scan of either with it."""

from __future__ import annotations

from .clones import some

CLONES = 60
SEED = 1


def test_a_cloned_device_is_noticed_and_no_scan_is_lost(report) -> None:
    found = some(SEED, CLONES)
    assert found["failures"] == []
    assert found["clones noticed"] > CLONES / 2
    aside = found["set aside as a clone's"]
    assert aside > CLONES
    report(
        f"cloned devices: {CLONES}, noticed: {found['clones noticed']}, the others before both had scanned;"
        f" {found['scans']:,} scans, {aside:,} set aside; lost: {found['lost']}"
    )
