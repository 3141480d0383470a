"""What `scan-terminal journal list|show|verify|export` does: each function writes to `out` and gives an exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import apsw

from terminal.domain.refusals import RULES, Code
from terminal.journal.printable import say
from terminal.journal.reading import NotReadable, private_copy
from terminal.journal.replay import findings

FINE = 0
FAILED = 1

_ROW = "{:>6}  {:19}  {:17}  {:9}  {:8}  {:16}  {}"

_COLUMNS = (
    "e.sequence, e.type, e.document, e.line, e.serial, e.state, e.id, e.registration, e.operator, e.recorded_at,"
    " e.body, e.answer, e.void, e.undone, p.details, p.heard_at, p.put_away_at, p.put_away_by"
)
_FROM = " FROM event e LEFT JOIN problem p ON p.sequence = e.sequence"


def list_events(directory: Path, out: TextIO, *, document: str = "", problems: bool = False) -> int:
    """Write one line per event, newest last; of one document, or only those with a problem not put away."""
    return _on_a_copy(directory, lambda db: _list(db, out, document, problems))


def show_event(directory: Path, out: TextIO, sequence: int) -> int:
    """Write everything there is about one event: its fields, the server's answer, the problem it became."""
    return _on_a_copy(directory, lambda db: _show(db, out, sequence))


def verify(directory: Path, out: TextIO) -> int:
    """Check the file and replay all events; a line per finding, and a last line that sums up."""
    return _on_a_copy(directory, lambda db: _verify(db, out))


def export(directory: Path, out: TextIO) -> int:
    """Write one JSON object per event, in order; ASCII only, so that no control code can get out."""
    return _on_a_copy(directory, lambda db: _export(db, out))


def _on_a_copy(directory: Path, command: Callable[[apsw.Connection], int]) -> int:
    """Run a command on a private copy of the journal; one sentence on stderr where there is none to read."""
    try:
        with private_copy(directory) as connection:
            try:
                return command(connection)
            except BrokenPipeError:
                return FINE  # whoever reads it has seen enough
    except NotReadable as reason:
        say(sys.stderr, str(reason))
        return FAILED


def _list(connection: apsw.Connection, out: TextIO, document: str, problems: bool) -> int:
    say(out, _ROW.format("No.", "time (UTC)", "what", "answer", "who", "where", "serial"))
    for e in _events(connection, document):
        if problems and (e["heard_at"] is None or e["put_away_at"] is not None):
            continue
        at = str(e["recorded_at"])[:19].replace("T", " ")
        where = e["document"] if e["line"] is None else f"{e['document']}/{e['line']}"
        mark = " (undone)" if e["undone"] else " (withdrawn)" if e["void"] else ""
        say(out, _ROW.format(e["sequence"], at, e["type"], e["state"], e["operator"], where, _serial_words(e) + mark))
    return FINE


def _show(connection: apsw.Connection, out: TextIO, sequence: int) -> int:
    found = next(_events(connection, sequence=sequence), None)
    if found is None:
        say(sys.stderr, f"there is no event {sequence} in this journal")
        return FAILED
    facts = _exported(found, connection) | json.loads(found["body"])
    said = json.loads(found["answer"] or "{}")
    if "code" in said:
        facts["rule"] = RULES[Code(said["code"])] if said["code"] in set(Code) else None
        facts |= {f"answer: {name}": value for name, value in said.get("parameters", {}).items()}
    if found["heard_at"] is not None:
        facts |= {"problem": f"since {found['heard_at']}", "put away": "no"}
        facts |= {f"difference {n}": detail for n, detail in enumerate(json.loads(found["details"]), 1)}
    if found["put_away_at"] is not None:
        facts["put away"] = f"{found['put_away_at']} by {found['put_away_by']}"
    for name, value in facts.items():
        say(out, f"{name:20} {_words(value)}")
    return FINE


def _verify(connection: apsw.Connection, out: TextIO) -> int:
    count = 0
    for finding in findings(connection):
        count += 1
        say(out, finding)
    if count:
        say(out, f"{count} {'difference' if count == 1 else 'differences'} found")
        return FAILED
    row = connection.execute("SELECT count(*) FROM event").fetchone()
    say(out, f"{row[0] if row else 0} events add up to the records")
    return FINE


def _export(connection: apsw.Connection, out: TextIO) -> int:
    for event in _events(connection):
        out.write(json.dumps(_exported(event, connection), ensure_ascii=True).replace("\x7f", "\\u007f") + "\n")
    return FINE


def _events(connection: apsw.Connection, document: str = "", sequence: int | None = None) -> Iterator[dict[str, Any]]:
    names = [column.split(".")[1].strip() for column in _COLUMNS.split(",")]
    where, values = "", ()  # type: tuple[str, tuple[str | int, ...]]
    if sequence is not None:
        where, values = " WHERE e.sequence = ?", (sequence,)
    elif document:
        where, values = " WHERE e.document = ?", (document,)
    for row in connection.execute(f"SELECT {_COLUMNS}{_FROM}{where} ORDER BY e.sequence", values):
        yield dict(zip(names, row, strict=True))


def _exported(event: dict[str, Any], connection: apsw.Connection) -> dict[str, Any]:
    own = json.loads(event["body"])
    first = {name: event[name] for name in ("sequence", "type", "document")}
    return first | {
        "serial": own.get("serial"),
        "state": event["state"],
        "id": event["id"],
        "line": event["line"],
        "registration": event["registration"] or own.get("registration"),
        "operator": event["operator"],
        "recorded_at": event["recorded_at"],
        "terminal": _meta(connection, "terminal"),
        "epoch": _meta(connection, "epoch"),
        "code": json.loads(event["answer"] or "{}").get("code"),
        "void": bool(event["void"]),
        "undone": bool(event["undone"]),
        "problem": event["heard_at"] is not None,
    }


def _meta(connection: apsw.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _serial_words(event: dict[str, Any]) -> str:
    if event["serial"] is not None:
        return str(event["serial"])
    return "(blank)" if event["registration"] is not None else ""


def _words(value: object) -> str:
    if value is None or value == "":
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
