"""What every end-to-end test starts from. Whatever a test starts here is ended with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .shift import Backend, Link, SerialScanner, Terminal


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backend's demo data, made once by the backend itself."""
    backend = Backend(tmp_path_factory.mktemp("demo")).start()
    backend.stop()
    for log in backend.directory.glob("backend.db-*"):  # SQLite's own, where it left any
        log.stat()
    return backend.directory


@pytest.fixture
def make_backend(tmp_path: Path, demo_database: Path) -> Iterator[Callable[..., Backend]]:
    made: list[Backend] = []

    def make(**settings: str) -> Backend:
        directory = tmp_path / f"backend{len(made)}"
        shutil.copytree(demo_database, directory)
        made.append(Backend(directory, settings).start())
        return made[-1]

    yield make
    for backend in made:
        backend.stop()


@pytest.fixture
def backend(make_backend: Callable[..., Backend]) -> Backend:
    return make_backend()


@pytest.fixture
def link(backend: Backend) -> Iterator[Link]:
    made = Link(backend)
    yield made
    made.cut()


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[SerialScanner]:
    made = SerialScanner(tmp_path / "scanner")
    yield made
    made.unplug()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a terminal: on a backend or a link to one, with a data directory of its own unless it is given."""
    made: list[Terminal] = []

    def begin(backend: Backend | Link, data: str = "terminal", **given: object) -> Terminal:
        made.append(Terminal(backend.url, tmp_path / data, **given))
        return made[-1]

    yield begin
    for terminal in made:
        terminal.close()
