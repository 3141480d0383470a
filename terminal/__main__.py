"""Where the program begins: what must be set before Textual is imported, and the exit status."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

BEFORE_TEXTUAL: Mapping[str, str] = {
    "TEXTUAL_DISABLE_KITTY_KEY": "1",
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_FPS": "30",
}
"""Textual reads these once, at import: nothing is asked of old terminals, nothing moves by itself."""

INTERNAL_ERROR = 70


def main() -> int:
    """Run the command line. Exit status: 0 fine, 1 failed, 2 wrong usage or settings, 70 internal error."""
    for name, value in BEFORE_TEXTUAL.items():
        os.environ.setdefault(name, value)
    from terminal.cli import Failed, run_command
    from terminal.settings import SettingsError

    try:
        return _flushed(run_command(sys.argv[1:]))
    except SettingsError as error:
        print(f"scan-terminal: {error}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"scan-terminal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last stop: a sentence and a report instead of a traceback
        print(f"scan-terminal: internal error; {_report(error)} Nothing stored is lost.", file=sys.stderr)
        return INTERNAL_ERROR


def _flushed(status: int) -> int:
    """Write what is still to be written; where the terminal has gone away that fails, and changes nothing."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status


def _report(error: Exception) -> str:
    """Write what happened where a specialist finds it; says where."""
    text = "".join(traceback.format_exception(error))
    name = f"scan-terminal-report-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    for directory in (os.environ.get("XDG_STATE_HOME", ""), str(Path.home()), "/tmp"):  # noqa: S108
        if directory:
            try:
                file = Path(directory) / name
                file.write_text(text.encode("ascii", "backslashreplace").decode("ascii"), encoding="ascii")
            except OSError:
                continue
            return f"the report is in {file}."
    return "no report could be written."


if __name__ == "__main__":
    raise SystemExit(main())
