"""The scribe: in order, one thread, and no listener or fault can end it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

import pytest

from terminal.domain.documents import Policies
from terminal.domain.events import Continued
from terminal.domain.views import Shop
from terminal.journal import scribe as scribe_module
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe

from .world import add, furnish, serials


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    started = Scribe(tmp_path)
    started.start()
    started.call(lambda journal: furnish(journal, units=10_000))
    return started


def test_what_is_asked_is_done_in_order(scribe: Scribe) -> None:
    done: list[str] = []
    for n in range(50):
        scribe.ask(lambda journal, n=n: add(journal, f"A{n:02}"), lambda verdict: done.append(verdict.intent.scanned))
    assert len(scribe.call(serials)) == 50
    assert done == [f"A{n:02}" for n in range(50)]
    scribe.stop()
    with pytest.raises(RuntimeError, match="closed"):
        scribe.call(serials)


def test_a_listener_that_fails_does_not_end_it(scribe: Scribe, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the screen is gone")

    scribe.on_written = fail
    with caplog.at_level(logging.ERROR):
        scribe.ask(lambda journal: add(journal, "A1"), fail)
        assert scribe.call(serials) == ["A1"]
    assert "could not take" in caplog.text
    scribe.stop()


def test_work_that_fails_is_told_and_undone(scribe: Scribe) -> None:
    def half(journal: Journal) -> None:
        with journal.store.transaction():
            journal.store.set_meta("half", "done")
            raise LookupError("no such thing")

    with pytest.raises(LookupError):
        scribe.call(half)
    assert scribe.call(lambda journal: journal.store.meta("half", "nothing")) == "nothing"
    scribe.stop()


def test_whoever_sends_hears_of_events_alone(scribe: Scribe) -> None:
    written: list[int] = []
    scribe.on_written = lambda: written.append(1)
    scribe.call(lambda journal: add(journal, "A1"))
    scribe.call(lambda journal: add(journal, "A1"))
    scribe.call(serials)
    scribe.stop()
    assert written == [1]


def test_the_log_is_taken_over_in_a_gap(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scribe_module, "GAP_S", 0.05)
    scribe.call(lambda journal: add(journal, "A1"))
    scribe.call(lambda journal: add(journal, "A2"))
    deadline = time.monotonic() + 5
    time.sleep(0.2)
    while scribe.call(lambda journal: journal.store.wal_pages) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert scribe.call(lambda journal: journal.store.wal_pages) == 0
    scribe.stop()


def test_a_log_that_grows_without_a_gap_is_taken_over_too(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scribe_module, "TOO_MANY_PAGES", 100)
    most = 0
    for n in range(60):
        scribe.ask(lambda journal, n=n: add(journal, f"A{n}"))
        most = max(most, scribe.call(lambda journal: journal.store.wal_pages))
    assert most < 150
    scribe.stop()
    assert not any(thread.name == "scribe" and thread.is_alive() for thread in threading.enumerate())


def test_d10_a_copied_data_directory_gets_an_epoch_of_its_own(tmp_path: Path) -> None:
    def epoch_in(directory: Path) -> tuple[str, Continued | None, str]:
        scribe = Scribe(directory)
        scribe.start()
        try:
            return scribe.call(lambda j: (j.epoch, j.outbox.continues, j.merging.shop().slip_prefix))
        finally:
            scribe.stop()

    scribe = Scribe(tmp_path / "first")
    scribe.start()
    scribe.call(lambda journal: journal.merging.take_master(Shop("A", "UTC", Policies(), "PS-T1"), []))
    scribe.stop()
    first = epoch_in(tmp_path / "first")
    assert first[1:] == (None, "PS-T1")
    assert epoch_in(tmp_path / "first") == first
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    second = epoch_in(tmp_path / "second")
    assert second[0] != first[0]
    assert second[1:] == (Continued(first[0], 0), "")
    assert epoch_in(tmp_path / "second") == second
    assert epoch_in(tmp_path / "first") == first
