"""Two devices with one data directory, as a copied image makes them: all that both scan arrives (D10)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .shift import journal_of
from .test_drafting import new_slip

pytestmark = pytest.mark.e2e

TOLD = "Another device has this one's data."


@pytest.fixture
def copied(backend, start, tmp_path: Path):
    """Two terminals, the second with a copy of the first's data directory; both have PS-1400 open."""
    first = start(backend, "first", document="PS-1400")
    first.scan("SN-BEFORE")
    first.wait_sent()
    first.end()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
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
    noted = [row["terminal"] for row in backend.export("audit") if row["action"] == "key-reuse"]
    assert len(noted) == 1
    assert not first.shows(TOLD)


def test_what_each_drafts_has_a_number_of_its_own(copied):
    for terminal in copied:
        terminal.scan(f"SN-{terminal.data.name}")
        terminal.wait_sent()
    numbers = []
    for terminal in copied:
        terminal.press("escape")
        new_slip(terminal, "SO-2012")
        terminal.wait_for("units>")
        for units in (2, 0, 0):
            terminal.type(f"{units}\r")
        terminal.press("f8")
        terminal.wait_for("0 / 2 2 to go")
        numbers.append(terminal.header.split()[0])
        terminal.wait_sent()
    assert len(set(numbers)) == 2
    for terminal in copied:
        assert {event["state"] for event in journal_of(terminal.data)} == {"accepted"}
