"""Runs the benchmarks: `python -m tests.bench [NAME …] [--quick] [--out DIR]`.

Writes `figures.md` and `figures.json`. Exit status 1 when a target is missed or a bench breaks, after all have run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.bench import report
from tests.bench.figures import Figure

NAMES = ("journal", "history", "start", "paint", "latency", "intake", "meaning")


def main() -> int:
    """Run what the command line names; gives the exit status."""
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(dir=given.out, prefix="work-") as directory:
        work = Path(directory).resolve()
        facts = report.machine(work)
        for name in given.names or NAMES:
            try:
                figures += _run(name, work, given.quick)
            except Exception as error:  # noqa: BLE001 - the others run all the same, and the exit status says it
                traceback.print_exc()
                failures.append(f"{name}: {type(error).__name__}")
        facts["load_after"] = report.load()
    print(report.write(given.out, facts, figures, failures))
    return 1 if failures or any(figure.ok is False for figure in figures) else 0


def _run(name: str, work: Path, quick: bool) -> list[Figure]:
    began = time.monotonic()
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    (work / name).mkdir()
    found: list[Figure] = importlib.import_module(f"tests.bench.{name}").run(work / name, quick)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, each against a floor.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it works, not to quote")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="where the report goes")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    raise SystemExit(main())
