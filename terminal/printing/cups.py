"""The way through CUPS, by the programs that every CUPS brings: `lp` and `lpstat`."""

from __future__ import annotations

import os
import subprocess

from terminal.printing.marks import A4, LABEL, Sheet
from terminal.printing.visible import visible
from terminal.printing.wording import PrintFault, Trouble

CUPS_S = 30.0
"""Seconds that CUPS may take to answer."""


def cups_printers() -> tuple[str, ...]:
    """Name the printers that this machine's CUPS knows.

    Raises:
        PrintFault: there is no CUPS, or it doesn't run.
    """
    # Without a running CUPS `lpstat -e` lists nothing and reports success, so it is asked whether it runs.
    if b"not running" in _run("lpstat", "-r").stdout:
        raise PrintFault(Trouble.SERVICE_SILENT)
    return tuple(_run("lpstat", "-e").stdout.decode(errors="replace").split())


def send_to_cups(name: str, pdf: bytes, title: str, sheet: Sheet = A4) -> str:
    """Hand a PDF to CUPS, which keeps it until the printer has it; give the job's name.

    Raises:
        PrintFault: there is no CUPS, it doesn't run, it has no such printer, or it refused the job.
    """
    media = "Custom.4x6in" if sheet is LABEL else "A4"
    done = _run("lp", "-d", name, "-t", visible(title)[:100], "-o", f"media={media}", "--", data=pdf)
    if done.returncode != 0:
        known = cups_printers()
        if name not in known:
            raise PrintFault(Trouble.UNKNOWN_PRINTER, printer=visible(name), known=visible(", ".join(known)) or "-")
        raise PrintFault(Trouble.REFUSED_JOB, printer=visible(name), reason=visible(_said(done)))
    # "request id is NAME-12 (1 file(s))"
    words = done.stdout.decode(errors="replace").split()
    return next((word for word in words if word.startswith(f"{name}-")), name)


def _run(*command: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    plain = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(command, input=data, capture_output=True, timeout=CUPS_S, check=False, env=plain)  # noqa: S603
    except FileNotFoundError:
        raise PrintFault(Trouble.NO_SERVICE) from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        raise PrintFault(Trouble.SERVICE_SILENT) from fault


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode(errors="replace").strip().removeprefix("lp: ")
