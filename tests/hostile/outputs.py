"""What the two programs' commands write, for checking."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.shift import BIN, Backend, environment


def command(home: Path, program: str, *arguments: str) -> str:
    """Run a command to its end; gives what it wrote, as bytes would be read by a terminal."""
    done = subprocess.run([str(BIN / program), *arguments], capture_output=True, env=environment(home, {}), check=False)
    said = (done.stdout + done.stderr).decode("utf-8")
    assert done.returncode == 0, said
    return said


def exported(backend: Backend, what: str, form: str = "csv", document: str = "") -> str:
    """Give an export of the backend."""
    of = ["--document", document] if document else []
    given = ["export", what, "--format", form, "--database", backend.database, *of]
    return command(backend.directory, "server-stub", *given)


def objects(text: str) -> list[dict[str, Any]]:
    """Read JSON Lines; `splitlines` knows more line ends than any reader."""
    return [json.loads(line) for line in text.splitlines()]
