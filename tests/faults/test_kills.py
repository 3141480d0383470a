"""Five hundred kills of processes that scan lose nothing; the harness notices where something would be lost."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import pytest

from .kills import KILLS_OF_A_JOURNAL, Victims, kill, some

KILLS = 500
SEED = 1


@pytest.mark.timeout(300)
def test_kills_lose_nothing_that_was_acknowledged(report) -> None:
    found = some(SEED, KILLS)
    assert found["failures"] == []
    assert found["kills"] == KILLS
    assert found["kills while opening"] > 50
    assert found["OKs"] > 2 * KILLS
    report(
        f"kill -9: {KILLS} ({found['kills while opening']} while opening), {found['OKs']:,} OKs,"
        f" {found['commits whose OK was under way']} commits whose OK was under way; lost: {found.get('lost', 0)}"
    )


def test_the_harness_notices_an_ok_before_the_commit() -> None:
    with closing(Victims(spoiled=True)) as victims:
        found = kill(SEED, KILLS_OF_A_JOURNAL, victims)
    assert Counter(found)["lost"] > 2
    assert "--seed" in found["failures"][0]
