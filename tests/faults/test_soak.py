"""The long run in small: every section runs, is kept, goes on, and is in the report; a failure is no success."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import soak
from .counting import Counts, Share

SMALL = {"power cuts": 0.0004, "kill -9": 0.0005, "cloned devices": 0.001}
"""Sections with shares of the long run that take a moment."""


def _tried(seed: int, size: int) -> Counts:
    return {"things": size, "fault: flood": seed, "looked for": 10 * size, "failures": []}


def _bad(seed: int, size: int) -> Counts:
    return {"things": size, "lost": 2, "failures": [f"lost: S1; again: --seed {seed}"]}


def _broken(seed: int, size: int) -> Counts:
    raise ValueError(seed, size)


def _broken_once(seed: int, size: int) -> Counts:
    """Break off where the share is done for the first time."""
    marker = Path(os.environ["SOAK_MARKER"])
    if not marker.exists():
        marker.touch()
        raise ValueError(seed)
    return _tried(seed, size)


def _section(work: Callable[[int, int], Counts]) -> soak.Section:
    def shares(scale: float, seed: int) -> list[Share]:
        return [Share(work, (seed + n,), 5) for n in range(round(10 * scale))]

    return soak.Section(shares, "things", "fault: (.*)", "looked for")


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Counts]]:
    """Give a soak of one section, in threads, that may be run again and again."""
    monkeypatch.setattr(soak, "SECTIONS", {"good": _section(_tried)})
    monkeypatch.setattr(soak, "ProcessPoolExecutor", lambda workers, **_: ThreadPoolExecutor(workers))
    monkeypatch.setattr(soak, "state_of_code", lambda: "one")

    def run(report: Path, scale: float = 0.3, seed: int = 1, **more: object) -> dict[str, Counts]:
        return soak.soak(["good"], {"good": scale}, seed, lambda _: None, report, **more)

    return run


@pytest.mark.timeout(300)
def test_the_report_says_what_was_tried_and_what_was_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(soak, "state_of_code", lambda: "one")
    found = soak.soak(list(SMALL), SMALL, 3, said.append, tmp_path)
    kept = json.loads((tmp_path / "report.json").read_text())["sections"]
    assert kept == json.loads(json.dumps(found))
    assert kept["power cuts"]["images"] == 200
    assert kept["kill -9"]["kills"] == 10
    assert kept["cloned devices"]["clones"] == 5
    assert {name: counts["failures"] for name, counts in kept.items()} == {name: [] for name in SMALL}
    text = (tmp_path / "report.md").read_text()
    assert "| power cuts | 200 images | 200 | " in text
    assert text.count(" | 0 | 0 | ") == len(SMALL)
    assert "while opening" in text
    assert "went wrong" not in text
    assert any("200 images" in words for words in said)


def test_every_section_has_shares_that_no_other_first_seed_has_in_another_size() -> None:
    for section in soak.SECTIONS.values():
        shares = section.shares(0.1, 1)
        assert len({share.at for share in shares}) == len(shares) > 1
        assert section.shares(1.0, 1)[0] == shares[0]


def test_a_failure_is_in_the_report_and_in_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak, "SECTIONS", {"bad": _section(_bad), "broken": _section(_broken)})
    assert soak.main(["--report", str(tmp_path), "--scale", "0.1", "--seed", "7"]) == 1
    assert "2 failures, 2 lost" in capsys.readouterr().out
    text = (tmp_path / "report.md").read_text()
    assert "again: --seed 7" in text
    assert "broke off: ValueError(7, 5)" in text


def test_what_is_done_is_kept_and_counts_once(tmp_path: Path, silent: Callable[..., dict[str, Counts]]) -> None:
    assert silent(tmp_path, 0.2)["good"]["things"] == 10
    before = next(tmp_path.glob("shares-*")).read_text()
    assert silent(tmp_path, 0.4)["good"]["things"] == 20
    after = next(tmp_path.glob("shares-*")).read_text()
    assert after.startswith(before), "the first two were not done again"
    assert after.count("\n") == 4
    assert silent(tmp_path, 0.2, seed=2)["good"]["things"] == 20, "these seeds were among them"
    found = silent(tmp_path, 0.1, seed=50)["good"]
    assert (found["things"], found["fault: flood"]) == (25, 1 + 2 + 3 + 4 + 50)
    assert "(seeds 1 to 50)" in (tmp_path / "report.md").read_text()
    assert silent(tmp_path, 0.1, anew=True)["good"]["things"] == 5


def test_half_a_line_is_passed_over(tmp_path: Path, silent: Callable[..., dict[str, Counts]]) -> None:
    silent(tmp_path, 0.2)
    shares = next(tmp_path.glob("shares-*"))
    shares.write_text(shares.read_text()[:-9])
    assert silent(tmp_path, 0.2)["good"]["things"] == 10


def test_a_share_that_broke_off_is_tried_again(
    tmp_path: Path, silent: Callable[..., dict[str, Counts]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOAK_MARKER", str(tmp_path / "marker"))
    monkeypatch.setattr(soak, "SECTIONS", {"good": _section(_broken_once)})
    assert len(silent(tmp_path, 0.1)["good"]["failures"]) == 1
    found = silent(tmp_path, 0.1)["good"]
    assert (found["things"], found["failures"]) == (5, [])


def test_another_state_of_the_code_begins_anew(
    tmp_path: Path, silent: Callable[..., dict[str, Counts]], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(tmp_path, 0.2)
    monkeypatch.setattr(soak, "state_of_code", lambda: "another")
    assert silent(tmp_path, 0.1)["good"]["things"] == 5


def test_where_the_code_changes_meanwhile_it_stops(
    tmp_path: Path, silent: Callable[..., dict[str, Counts]], monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter(["one", "one", "another"])
    monkeypatch.setattr(soak, "state_of_code", lambda: next(states))
    assert silent(tmp_path, 1.0)["good"]["things"] == 10


def test_the_state_of_the_code_is_that_of_what_is_run(tmp_path: Path) -> None:
    run = [tmp_path / name for name in ("terminal/journal/a.py", "tests/drafts.py")]
    beside = [tmp_path / name for name in ("tests/faults/test_a.py", "terminal/ui/pages/a.py")]
    for file in run + beside:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    state = soak.state_of_code(tmp_path)
    for file in beside:
        file.write_text("2")
        assert soak.state_of_code(tmp_path) == state
    for file in run:
        file.write_text("2")
        assert soak.state_of_code(tmp_path) != state
        file.write_text("1")


def test_all_that_trials_run_belongs_to_that_state() -> None:
    """What they start as other processes are the backend, the intake and the victims, all of the same places."""
    asked = f"import sys, {soak.__name__}, server_stub.__main__, tests.faults.victims"
    asked += (
        "; print(*(m.__file__ for m in sys.modules.values() if m.__name__.startswith(('terminal', 'server', 'tests'))))"
    )
    answer = subprocess.run([sys.executable, "-c", asked], cwd=soak.ROOT, capture_output=True, text=True, check=True)
    run = {Path(file).relative_to(soak.ROOT) for file in answer.stdout.split()}
    packages = {Path("terminal/__init__.py"), Path("tests/__init__.py")}
    assert len(run) > 100
    assert {
        file for file in run if not any(file == Path(each) or Path(each) in file.parents for each in soak.UNDER_TEST)
    } == packages


def test_after_its_budget_no_more_is_begun(tmp_path: Path, silent: Callable[..., dict[str, Counts]]) -> None:
    assert silent(tmp_path, budget_s=0.0) == {}
    assert silent(tmp_path, budget_s=60.0)["good"]["things"] == 15


@pytest.mark.timeout(120)
def test_killed_in_the_middle_it_loses_what_was_under_way_and_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.soak", "--only", "cloned devices", "--report", str(tmp_path)]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=soak.ROOT)
    try:
        while not any(shares.read_text().count("\n") for shares in tmp_path.glob("shares-*")):
            assert running.poll() is None
            time.sleep(0.05)
        workers = _children(running.pid)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert workers
    until = time.monotonic() + 20
    while any(_is_alive(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)
    kept = soak.Kept(next(tmp_path.glob("shares-*")))
    shares = soak.SECTIONS["cloned devices"].shares(1.0, 1)
    assert kept.has("cloned devices", shares[0]) or kept.has("cloned devices", shares[1])
    assert not kept.has("cloned devices", shares[-1])


def _children(process: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_report_goes_between_two_marks(tmp_path: Path) -> None:
    text = tmp_path / "README.md"
    (tmp_path / "report.md").write_text("| a |\n")
    text.write_text("before\n<!-- soak -->\nold\n<!-- /soak -->\nafter\n")
    for _ in range(2):
        assert soak.main(["--into", str(text), "--report", str(tmp_path)]) == 0
        assert text.read_text() == "before\n<!-- soak -->\n| a |\n<!-- /soak -->\nafter\n"


@pytest.mark.parametrize(
    "wrong", ["", "<!-- soak -->", "<!-- /soak --><!-- soak -->", 2 * "<!-- soak --><!-- /soak -->"]
)
def test_a_text_without_its_marks_is_left_alone(tmp_path: Path, wrong: str) -> None:
    text = tmp_path / "README.md"
    (tmp_path / "report.md").write_text("| a |\n")
    text.write_text(wrong)
    with pytest.raises(ValueError, match="once each"):
        soak.put_into(text, tmp_path)
    assert text.read_text() == wrong
