"""Two devices with one data directory, as a copied image makes them: all that both scan arrives (D10)."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from terminal.journal.schema import FILE

from .shift import Terminal, journal_of
from .test_drafting import new_slip

pytestmark = pytest.mark.e2e

TOLD = "Another device has this one's data."


@pytest.fixture
def copied(backend, start, tmp_path: Path):
    """Two terminals with PS-1400 open; the second has the first's data and looks like it, as a copied disk does."""
    first = start(backend, "first", document="PS-1400")
    first.scan("SN-BEFORE")
    first.wait_sent()
    first.end()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    with closing(sqlite3.connect(tmp_path / "second" / FILE, isolation_level=None)) as journal:
        journal.execute("DELETE FROM meta WHERE key = 'device'")
    both = start(backend, "first"), start(backend, "second")
    for terminal in both:
        terminal.open("PS-1400")
    return both


def test_a_copied_device_goes_on_by_itself(backend, copied):
    first, second = copied
    first.scan("SN-FIRST-1")
    first.wait_sent()
    second.scan("SN-SECOND-1")
    second.wait_for(TOLD)
    second.wait_sent()
    for n in range(2, 12):
        first.scan(f"SN-FIRST-{n}")
        second.scan(f"SN-SECOND-{n}")
    for terminal in copied:
        terminal.wait_sent()
        terminal.wait_for("23 / 400")
        assert {event["state"] for event in journal_of(terminal.data)} == {"accepted"}
    held = backend.serials("PS-1400")
    assert sorted(held) == sorted(
        ["SN-BEFORE", *(f"SN-{who}-{n}" for who in ("FIRST", "SECOND") for n in range(1, 12))]
    )
    noted = [row["action"] for row in backend.export("audit")]
    assert (noted.count("key-reuse"), noted.count("copied-device")) == (1, 1)
    assert not first.shows(TOLD)


def test_what_each_drafts_has_a_number_of_its_own(copied):
    for terminal in copied:
        terminal.scan(f"SN-{terminal.data.name}")
        terminal.wait_sent()
    numbers = []
    for terminal in copied:
        terminal.press("escape")
        draft_two(terminal)
        terminal.wait_for("0 / 2 2 to go")
        numbers.append(terminal.header.split()[0])
        terminal.wait_sent()
    assert len(set(numbers)) == 2
    for terminal in copied:
        assert {event["state"] for event in journal_of(terminal.data)} == {"accepted"}


def draft_two(terminal: Terminal) -> None:
    """Draft a slip of two laptops."""
    terminal.wait_for("1 PS-1001")
    new_slip(terminal, "SO-2012")
    terminal.wait_for("units>")
    for units in (2, 0, 0):
        terminal.type(f"{units}\r")
    terminal.press("f8")


def test_two_copies_that_are_offline_from_the_start_never_draft_under_one_number(backend, start, tmp_path):
    first = start(backend, "first", document="PS-1400")
    first.scan("SN-BEFORE")
    first.wait_sent()
    first.end()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    backend.kill9()
    first, second = start(backend, "first"), start(backend, "second")
    draft_two(first)
    first.wait_for("0 / 2 2 to go")
    draft_two(second)
    second.wait_for("The server has not given this terminal its numbers yet.")
    backend.start()
    second.wait_for(" ON")
    second.wait_until(lambda: drafted(second), "a slip of its own")
    assert second.header.split()[0] != first.header.split()[0]


def drafted(terminal: Terminal) -> bool:
    """Try again to draft; say whether there is a slip."""
    terminal.press("f8")
    time.sleep(0.5)
    return terminal.shows("0 / 2 2 to go")
