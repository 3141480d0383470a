"""Writes the figures as a table for people and as JSON for programs, with what is worth knowing of the machine."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apsw

from tests.bench.figures import Figure


def machine(work: Path) -> dict[str, Any]:
    """Describe where this runs, without any name or path of it."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "python": platform.python_version(),
        "textual": version("textual"),
        "sqlite_terminal": apsw.sqlite_lib_version(),
        "sqlite_server": sqlite3.sqlite_version,
        "file_system": _file_system(work),
        "load_before": load(),
    }


def load() -> list[float]:
    """Give the processes that wanted a core, on average over 1, 5 and 15 minutes."""
    return [float(part) for part in Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]]


def write(out: Path, facts: dict[str, Any], figures: Sequence[Figure], failures: Sequence[str]) -> str:
    """Write `figures.md` and `figures.json`; gives the table."""
    table = _table(facts, figures, failures)
    (out / "figures.md").write_text(table, encoding="utf-8")
    made = [asdict(each) | {"ratio": each.ratio, "ok": each.ok} for each in figures]
    text = json.dumps({"machine": facts, "figures": made, "failures": list(failures)}, indent=1, ensure_ascii=False)
    (out / "figures.json").write_text(text + "\n", encoding="utf-8")
    return table


def _table(facts: dict[str, Any], figures: Sequence[Figure], failures: Sequence[str]) -> str:
    rows = ["# Figures", "", ", ".join(f"{name} {value}" for name, value in facts.items()), ""]
    rows += ["| bench | figure | measured | floor | ratio | target | ok |", "|---|---|--:|--:|--:|--:|---|"]
    rows += [_row(each) for each in figures]
    notes = [f"- {each.bench}, {each.name}: {each.note}" for each in figures if each.note]
    broken = [f"- **not measured**: {failure}" for failure in failures]
    return "\n".join([*rows, "", *notes, *broken, ""])


def _row(figure: Figure) -> str:
    floor = "" if figure.floor is None else f"{figure.floor:.4g} {figure.unit} ({figure.floor_name})"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} ×"
    target = "" if figure.target is None else figure.target.text(figure.unit)
    said = {None: "", True: "yes", False: "**NO**"}[figure.ok]
    measured = f"{figure.measured:.4g} {figure.unit}"
    return f"| {figure.bench} | {figure.name} | {measured} | {floor} | {ratio} | {target} | {said} |"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(path: Path) -> str:
    """Find the type of the file system that a path is on: that of the longest mount point above it."""
    found = ("", "unknown")
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        point, kind = line.split()[1:3]
        if path.resolve().is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]
