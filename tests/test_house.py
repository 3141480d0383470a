"""The house rules, kept by tests: style, types, who may know whom, and what a start must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from terminal.domain.refusals import RULES, Code

HOUSE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the house."""
    return subprocess.run([str(part) for part in command], cwd=HOUSE, capture_output=True, text=True, check=False)


def loaded_after(code: str) -> set[str]:
    """Give the names of the modules that a fresh interpreter has loaded after running `code`."""
    done = run(sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "command",
    [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_the_tools_have_nothing_to_say(command):
    done = run(BIN / command[0], *command[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rulebook_loads_nothing_that_touches_the_world():
    rooms = sorted((HOUSE / "terminal/domain").glob("*.py"))
    imports = "\n".join(f"import terminal.domain.{room.stem}" for room in rooms if room.stem != "__init__")
    loaded = loaded_after(imports)
    assert "terminal.domain.registering" in loaded
    forbidden = {"textual", "rich", "httpx", "serial", "apsw", "sqlite3", "asyncio", "threading"}
    assert loaded & forbidden == set()


def test_a_start_does_not_wait_for_libraries_that_the_first_screen_does_not_need():
    start = ["terminal.__main__", "terminal.cli", "terminal.settings", "terminal.wiring", "terminal.ui.app"]
    loaded = loaded_after("\n".join(f"import {module}" for module in start))
    assert "textual" in loaded
    assert loaded & {"httpx", "sqlalchemy", "pydantic", "click", "reportlab", "terminal.printing"} == set()


@pytest.mark.parametrize("code", Code)
def test_every_refusal_cites_a_rule(code):
    letter, number = RULES[code][0], RULES[code][1:]
    assert letter in "SAWID"
    assert number.isdecimal()


# Who may import what

ONLY_THERE = {
    "textual": ("terminal/ui",),
    "httpx": ("terminal/backend",),
    "serial": ("terminal/sources/serial_port.py",),
    "apsw": ("terminal/journal",),
    "reportlab": ("terminal/printing",),
}
"""A library, and the only places of the two programs that import it."""


def imported(source: str) -> set[str]:
    """Give the top-level names of everything a module imports, wherever in it that stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(("library", "places"), ONLY_THERE.items())
def test_a_library_is_imported_in_its_place_only(library, places):
    users = {
        path.relative_to(HOUSE).as_posix()
        for program in ("terminal", "server_stub")
        for path in (HOUSE / program).rglob("*.py")
        if library in imported(path.read_text("utf-8"))
    }
    strangers = {user for user in users if not any(user == place or user.startswith(f"{place}/") for place in places)}
    assert strangers == set()


def test_imports_are_found_wherever_they_stand():
    source = "import a.b\nfrom c.d import e\nfrom . import f\ndef g():\n    import h as i\n"
    assert imported(source) == {"a", "c", "h"}
