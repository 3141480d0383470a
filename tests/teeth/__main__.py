"""`make teeth`: shows that the suite bites. Each patch here seeds one defect; the tests that it names must fail on it.

Each defect is applied alone to a copy of the program, in a directory of its own. A patch that no longer applies fails,
and so does one that survives. Tests that can't even be collected have caught nothing, and neither have tests that fail
without any defect: so all of them are run on an unharmed copy first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
COPIED = ("terminal", "server_stub", "tests", "config", "pyproject.toml")
FAILED = 1
"""pytest's exit status for tests that ran and failed."""
TIMEOUT_S = 600


class Defect(NamedTuple):
    """One seeded defect; none where there is no patch."""

    patch: Path | None
    what: str
    tests: list[str]


def main() -> int:
    """Try the defects that the command line names, or all; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.teeth", description="Seed defects; the suite must catch each."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of the patches' names; all by default")
    names = parser.parse_args().names
    defects = [read(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]
    chosen = [each for each in defects if not names or any(name in each.patch.stem for name in names)]
    if not chosen:
        parser.error("no patch has such a name")
    unharmed = Defect(
        None, "no defect: all of these tests must pass", sorted({t for each in chosen for t in each.tests})
    )
    if _shown("unharmed", unharmed) != "SURVIVED":
        return 1
    alive = [each for each in chosen if _shown(each.patch.stem if each.patch else "", each)]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} seeded defects were caught.")
    return 1 if alive else 0


def read(patch: Path) -> Defect:
    """Read a patch: a comment with what it does, one with the tests that catch it, then the difference."""
    what, tests = patch.read_text().splitlines()[:2]
    return Defect(patch, what.removeprefix("# "), tests.removeprefix("# caught by: ").split())


def _shown(name: str, defect: Defect) -> str:
    """Try a defect and say what came of it; gives nothing where it was caught."""
    began = time.monotonic()
    print(f"{name:<30}", end=" ", flush=True)
    with tempfile.TemporaryDirectory(prefix="teeth-") as directory:
        outcome = _try(defect, Path(directory))
    words = "as it should" if outcome == "SURVIVED" and defect.patch is None else outcome or "caught"
    print(f"{words}  {time.monotonic() - began:.0f} s  ({defect.what})", flush=True)
    return outcome


def _try(defect: Defect, copy: Path) -> str:
    """Apply a defect to a copy and run its tests; gives what is wrong, or nothing where it was caught."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    if defect.patch is not None:
        command = ["patch", "-p1", "--forward", "--fuzz=0", "-i", str(defect.patch)]
        applied = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if applied.returncode:
            return f"DOES NOT APPLY: {applied.stdout.strip().splitlines()[-1:]}"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *defect.tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "NO END: its tests did not end"
    if run.returncode == FAILED:
        return "" if defect.patch is not None else "\n".join(run.stdout.splitlines()[-5:])
    return "SURVIVED" if run.returncode == 0 else f"BROKEN: pytest ended with {run.returncode}"


if __name__ == "__main__":
    raise SystemExit(main())
