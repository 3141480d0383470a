"""Fuzzing by coverage, run by hand: `make fuzz SECONDS=180`, or `python -m tests.hostile.fuzz 180`.

It needs atheris (`pip install atheris`), which is not among the locked packages: its wheel has 35 MB, too much for each
run of the tests, which try the same promises by Hypothesis. What it finds is printed, and is to become a test.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

FOUND = Path("build/fuzz")
"""Where inputs that broke a promise are kept."""
PROFILES = ("generic", "bluetooth", "no-suffix", "stx-etx")


def main(seconds: int) -> int:
    """Try to break the sources' promises for so many seconds; gives the exit status."""
    if find_spec("atheris") is None:
        print("atheris is not installed: nothing was tried. Install it: .venv/bin/pip install atheris")
        return 0
    import atheris

    with atheris.instrument_imports(include=["terminal.sources", "terminal.barcodes", "terminal.ui.cells"]):
        from tests.hostile.promises import (
            check_code,
            check_keyboard,
            check_port,
            reads_of,
        )

    def one(data: bytes) -> None:
        reads = reads_of(data)
        if reads:
            check_keyboard(reads)
            check_port(reads, PROFILES[data[0] % len(PROFILES)])
        check_code(data.decode("utf-8", "replace"), "~" if data[:1] == b"~" else "")

    FOUND.mkdir(parents=True, exist_ok=True)
    wanted = [f"-max_total_time={seconds}", "-max_len=300", f"-artifact_prefix={FOUND}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *wanted], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 180))
