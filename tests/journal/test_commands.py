"""`scan-terminal journal list|show|verify|export`: from a private copy, and nothing that drives a screen gets out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from terminal.domain.intents import AddNotReadable, DraftSlip, RemoveNotReadable, RemoveSerial, RequestPosting, Undo
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.journal.commands import export, list_events, show_event, verify
from terminal.journal.printable import printable
from terminal.journal.schema import FILE

from .world import add, do, furnish, open_journal


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A closed journal with one event of nearly every type and a conflict."""
    journal = furnish(open_journal(tmp_path))
    add(journal, "A1")
    do(journal, AddNotReadable("PS-1", 1))
    do(journal, RemoveSerial("PS-1", 1, "A1"))
    do(journal, Undo("PS-1"))
    do(journal, RemoveNotReadable("PS-1", 1))
    do(journal, DraftSlip("T1-1", "SO-1", ((1, 2),)))
    for serial in ("A2", "A3"):
        add(journal, serial)
    do(journal, RequestPosting("PS-1", online=False))
    conflict = Judgement(Outcome.CONFLICT, refuse(Code.HELD_ELSEWHERE, serial="A1", document="PS-\x1b[2J9"))
    journal.outbox.settle([(1, conflict), (2, Judgement(Outcome.ACCEPTED))])
    journal.store.close()
    return tmp_path


def test_export_is_json_lines_in_order(directory: Path) -> None:
    out = io.StringIO()
    assert export(directory, out) == 0
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [list(row)[:5] for row in rows] == [["sequence", "type", "document", "serial", "state"]] * 9
    assert [tuple(row.values())[:5] for row in rows] == [
        (1, "registered", "PS-1", "A1", "conflict"),
        (2, "not-readable", "PS-1", None, "accepted"),
        (3, "removed", "PS-1", "A1", "pending"),
        (4, "undone", "PS-1", "A1", "pending"),
        (5, "removed", "PS-1", None, "pending"),
        (6, "slip-drafted", "T1-1", None, "pending"),
        (7, "registered", "PS-1", "A2", "pending"),
        (8, "registered", "PS-1", "A3", "pending"),
        (9, "posting-requested", "PS-1", None, "pending"),
    ]
    assert rows[0]["code"] == "held-elsewhere"
    assert rows[3]["registration"] == rows[0]["id"]


@pytest.mark.parametrize("command", [list_events, export, verify])
def test_a_reader_that_has_seen_enough_ends_it_quietly(directory: Path, command: Any, capsys: Any) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    assert command(directory, Closed()) == 0
    assert capsys.readouterr().err == ""


def test_list(directory: Path) -> None:
    out = io.StringIO()
    assert list_events(directory, out) == 0
    head, *rows = out.getvalue().splitlines()
    assert head.split()[0] == "No."
    assert [row.split()[0] for row in rows] == [str(n) for n in range(1, 10)]
    assert rows[0].endswith("A1")
    assert rows[1].endswith("(blank)")
    out = io.StringIO()
    list_events(directory, out, document="T1-1")
    assert len(out.getvalue().splitlines()) == 2
    out = io.StringIO()
    list_events(directory, out, problems=True)
    assert [row.split()[0] for row in out.getvalue().splitlines()[1:]] == ["1"]


def test_show(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    assert show_event(directory, out, 1) == 0
    text = out.getvalue()
    assert "\x1b" not in text
    facts = dict(line.split(maxsplit=1) for line in text.splitlines() if line[:1] != " " and "answer:" not in line)
    assert facts["state"] == "conflict"
    assert facts["rule"] == "S22"
    assert facts["problem"] == "yes" or facts["problem"].startswith("since")
    assert "\\x1b[2J9" in text
    assert show_event(directory, out, 77) == 1
    assert "no event 77" in capsys.readouterr().err


def test_the_sites_key_is_in_no_listing(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = open_journal(directory)
    journal.merging.take_master(replace(journal.merging.shop(), command_key=b"very secret bytes"), ())
    journal.store.close()
    out = io.StringIO()
    assert list_events(directory, out) == export(directory, out) == verify(directory, out) == 0
    assert [show_event(directory, out, sequence) for sequence in range(1, 10)] == [0] * 9
    told = out.getvalue() + capsys.readouterr().err
    assert b"very secret bytes".hex() not in told
    assert "very secret" not in told


def test_verify_finds_every_kind_of_difference(directory: Path) -> None:
    out = io.StringIO()
    assert verify(directory, out) == 0
    assert out.getvalue() == "9 events add up to the records\n"
    changes = {
        "UPDATE registration SET live = 1 - live WHERE serial = 'A2'": "does not count; by the events it counts",
        "UPDATE registration SET serial = 'ZZ' WHERE serial = 'A2'": "is not as it was made",
        "UPDATE registration SET key = 'zz' WHERE serial = 'A2'": "is compared by zz",
        "DELETE FROM registration WHERE serial = 'A2'": "missing from the records",
        "UPDATE line SET serials = 7 WHERE document = 'PS-1' AND number = 1": "counts 7 serials",
        "UPDATE slip SET status = 'posted' WHERE number = 'PS-1'": "PS-1 is posted; the events make it posting",
        "DELETE FROM event WHERE sequence = 5": "events 5 to 5 are missing",
        "UPDATE event SET type = 'invented' WHERE sequence = 7": "event 7 can't be replayed",
        "UPDATE event SET undone = 1 WHERE sequence = 7": "event 7 is marked as undone",
        "UPDATE meta SET value = '4' WHERE key = 'answered'": "event 3 counts as answered",
        "UPDATE meta SET value = '40' WHERE key = 'answered'": "answers up to event 40",
        'UPDATE heard SET changes = \'[["gone","nobody"]]\'': "can't be replayed",
    }
    for number, (sql, expected) in enumerate(changes.items()):
        broken = directory / f"broken{number}"
        broken.mkdir()
        (broken / FILE).write_bytes((directory / FILE).read_bytes())
        journal = open_journal(broken)
        journal.store.connection.execute(sql)
        journal.store.close()
        out = io.StringIO()
        assert verify(broken, out) == 1, sql
        assert expected in out.getvalue(), (sql, out.getvalue())


def test_no_journal_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path / "nowhere", io.StringIO()) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / FILE).write_text("no database at all, but long enough to be one\n" * 99)
    assert verify(tmp_path, io.StringIO()) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("A1", "ascii", "A1"),
        ("\x1b[31m\x7f\u202e", "utf-8", "\\x1b[31m\\x7f\\u202e"),
        ("Größe", "ascii", "Gr\\xf6\\xdfe"),
        ("\udcff", "utf-8", "\\udcff"),
    ],
)
def test_printable(text: str, encoding: str, shown: str) -> None:
    assert printable(text, encoding) == shown
