"""`make soak`: the long runs, with progress, and a report of what was tried, how often each fault fired, what was lost.

`python -m tests.faults.soak --only "kill -9" --scale 0.01 --seed 7` runs a part of it. What is found is in
`build/soak/report.md` and `report.json`, each failure with the command that repeats it; the exit status says whether
there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from . import clones, floor, io_errors, kills, power, simulation
from .counting import Counts, Progress

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "build" / "soak"

SECTIONS: Mapping[str, Callable[[Progress, float, int], Counts]] = {
    "power cuts": power.run,
    "kill -9": kills.run,
    "I/O errors": io_errors.run,
    "cloned devices": clones.run,
    "server and network": floor.soak,
    "simulation": simulation.soak,
}
"""What is run, each with the share of the long run that is wanted and the first seed."""


def soak(names: Sequence[str], scales: Mapping[str, float], seed: int, progress: Progress, report: Path) -> Counts:
    """Run sections one after the other, and write the report anew after each: whoever stops it keeps what there is."""
    found: Counts = {}
    began = datetime.now(UTC)
    for name in names:
        started, used = time.monotonic(), _processor_s()
        try:
            counts = SECTIONS[name](progress, scales[name], seed)
        except Exception as error:  # noqa: BLE001 - the other sections and the report are still wanted
            counts = {"failures": [f"the section broke off: {error!r}"]}
        counts |= {"seconds": round(time.monotonic() - started), "processor seconds": round(_processor_s() - used)}
        found[name] = counts
        _write(report, found, began, seed)
    return found


def _processor_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _write(report: Path, found: Mapping[str, Counts], began: datetime, seed: int) -> None:
    report.mkdir(parents=True, exist_ok=True)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    facts = {
        "began": began.isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "first seed": seed,
    }
    (report / "report.json").write_text(json.dumps({**facts, "sections": found}, indent=1) + "\n")
    lines = ["# Soak", "", *(f"- {name}: {value}" for name, value in facts.items())]
    for name, counts in found.items():
        lines += ["", f"## {name}", "", "| what | how often |", "|---|---:|"]
        lines += [f"| lost | {counts.get('lost', 0):,} |"]
        lines += [f"| {what} | {_words(n)} |" for what, n in sorted(counts.items()) if what not in {"failures", "lost"}]
        lines += ["", *([f"- {each}" for each in counts.get("failures", ())] or ["Nothing went wrong."])]
    (report / "report.md").write_text("\n".join(lines) + "\n")


def _words(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section; may be given more than once")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the long run")
    parser.add_argument("--images", type=int, help="power cuts, instead of their share")
    parser.add_argument("--kills", type=int, help="kills, instead of their share")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--report", type=Path, default=REPORT, help="directory")
    given = parser.parse_args(arguments)
    scales = dict.fromkeys(SECTIONS, given.scale)
    if given.images is not None:
        scales["power cuts"] = given.images / power.LONG
    if given.kills is not None:
        scales["kill -9"] = given.kills / kills.LONG

    def progress(words: str) -> None:
        print(f"{datetime.now():%H:%M:%S} {words}", file=sys.stderr, flush=True)

    found = soak(given.only or list(SECTIONS), scales, given.seed, progress, given.report)
    wrong = sum(len(counts.get("failures", ())) for counts in found.values())
    lost = sum(counts.get("lost", 0) for counts in found.values())
    print(f"{wrong} failures, {lost} lost; see {given.report / 'report.md'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
