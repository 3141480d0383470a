"""A whole slip by scanning alone: the sheet is printed beside the running terminal, its codes read off the page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from terminal.barcodes.commands import PREFIX
from tests.printing import paper

from .shift import BIN, Terminal, environment

pytestmark = pytest.mark.e2e


def printed_codes(terminal: Terminal, file: Path) -> dict[str, str]:
    """Print the sheet of a terminal's site, and give its codes by what they ask for."""
    command = [str(BIN / "scan-terminal"), "sheet", str(file), "--data", str(terminal.data)]
    subprocess.run(command, check=True, env=environment(terminal.data.parent, {}), timeout=60)
    codes = [code for page in paper.images(file.read_bytes()) for code in paper.barcodes(page)]
    return {code.removeprefix(PREFIX).partition(".")[0]: code for code in codes if code.startswith(PREFIX)}


def test_a_slip_is_scanned_corrected_and_posted_by_scanning_alone(backend, start, tmp_path):
    terminal = start(backend)
    terminal.wait_for("PS-1001")
    terminal.wait_sent()
    codes = printed_codes(terminal, tmp_path / "sheet.pdf")

    def command(name: str, says: str) -> None:
        terminal.type(f"{codes[name]}\r")
        terminal.wait_for(says)

    terminal.scan("PS-1001", "0 / 5")
    for serial in ("SN-C1", "SN-C2", "SN-C3", "SN-C4", "SN-C5"):
        terminal.scan(serial)
    command("UNDO", "OK undone: SN-C5")
    command("REMOVE", "REMOVE")
    terminal.scan("SN-C4", "OK removed SN-C4")
    command("ADD", "ADD")
    terminal.scan("SN-C6")
    terminal.scan("SN-C7", "OK SN-C7 - slip complete")
    command("MENU", "1 Help")
    command("N1", "Help")
    command("BACK", "5 / 5")
    command("FINISH", "Nothing is missing.")
    signed = codes["CONFIRM"]
    terminal.type(f"{signed[:-1]}{'B' if signed.endswith('A') else 'A'}\r")  # not what this site signed
    terminal.wait_for("no command of this site")  # a scan like any other: it counted as no
    command("FINISH", "Nothing is missing.")
    assert not backend.registrations("PS-1001") or backend.registrations("PS-1001")[0]["status"] == "draft"
    command("CONFIRM", "OK Posted.")
    rows = backend.registrations("PS-1001")
    assert {row["status"] for row in rows} == {"posted"}
    assert sorted(row["serial"] for row in rows) == ["SN-C1", "SN-C2", "SN-C3", "SN-C6", "SN-C7"]
    command("SIGNOUT", "Sign out?")
    command("CONFIRM", "Operator number")
