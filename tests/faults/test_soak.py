"""The long run in small: every section runs, fires its faults and says so in the report; a failure is no success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import soak

SMALL = {"power cuts": 0.0004, "kill -9": 0.0005, "cloned devices": 0.001}
"""Sections with shares of the long run that take a moment."""


@pytest.mark.timeout(300)
def test_the_report_says_what_was_tried_and_what_was_lost(tmp_path: Path) -> None:
    said: list[str] = []
    found = soak.soak(list(SMALL), SMALL, 3, said.append, tmp_path)
    kept = json.loads((tmp_path / "report.json").read_text())["sections"]
    assert kept == json.loads(json.dumps(found))
    assert kept["power cuts"]["images"] == 200
    assert kept["kill -9"]["kills"] == 10
    assert kept["cloned devices"]["clones"] == 5
    assert {name: counts["failures"] for name, counts in kept.items()} == {name: [] for name in SMALL}
    text = (tmp_path / "report.md").read_text()
    assert text.count("| lost | 0 |") == len(SMALL)
    assert "Nothing went wrong." in text
    assert any("200 of 200 images" in words for words in said)


def test_a_failure_is_in_the_report_and_in_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        soak,
        "SECTIONS",
        {"bad": lambda *_: {"lost": 2, "failures": ["lost: S1; again: --seed 7"]}, "broken": lambda *_: 1 / 0},
    )
    assert soak.main(["--report", str(tmp_path)]) == 1
    assert "2 failures, 2 lost" in capsys.readouterr().out
    text = (tmp_path / "report.md").read_text()
    assert "again: --seed 7" in text
    assert "broke off" in text
