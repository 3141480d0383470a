"""What begins when the first screen is out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BEGINNING = """
import sys
from unittest.mock import Mock
from terminal.wiring import Terminal

def started():
    assert "importlib.resources" in sys.modules, "two threads may wait for each other's half of it"
    print("started")

assert "importlib.resources" not in sys.modules, "the first screen waits for none of it"
terminal = Mock(spec=Terminal, _sender=Mock(start=started), _scribe=Mock())
Terminal._shown(terminal)
"""


def test_what_the_threads_load_the_halves_of_is_loaded_before_they_start() -> None:
    """Sender and scribe began in the middle of it at one moment: a first sign-in failed with "No link"."""
    root = Path(__file__).parents[1]
    ended = subprocess.run([sys.executable, "-c", BEGINNING], cwd=root, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("started\n", 0), ended.stderr
