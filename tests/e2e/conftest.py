"""What every end-to-end test starts from. Whatever a test starts here is ended with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .shift import Backend, Link, SerialScanner, Terminal


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backend's demo data, made once by the backend itself."""
    backend = Backend(tmp_path_factory.mktemp("demo")).start()
    backend.stop()
    return backend.directory


@pytest.fixture(scope="session")
def database(demo_database: Path) -> Path:
    """The directory that every backend here starts with a copy of."""
    return demo_database


@pytest.fixture
def make_backend(tmp_path: Path, database: Path) -> Iterator[Callable[..., Backend]]:
    made: list[Backend] = []

    def make(**settings: str) -> Backend:
        directory = tmp_path / f"backend{len(made)}"
        shutil.copytree(database, directory)
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

    def begin(backend: Backend | Link, data: str = "terminal", **given: Any) -> Terminal:
        directory = tmp_path / data
        new = not directory.exists()
        document = given.pop("document", "") if new else ""
        made.append(Terminal(backend.url, directory, **given))
        if document:
            # a terminal that has never been here knows the items when it knows the documents
            made[-1].open(document)
        return made[-1]

    yield begin
    for terminal in made:
        terminal.close()


@pytest.fixture
def report(record_property: Callable[[str, object], None], tmp_path: Path) -> Callable[[str], None]:
    """Say in the test run's summary, and in a file, what was counted."""

    def say(words: str) -> None:
        record_property("report", words)
        (tmp_path / "report.txt").write_text(words + "\n")

    return say
