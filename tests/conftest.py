"""What holds for every test: the same examples each time, all workers kept busy, and what was counted."""

from __future__ import annotations

from itertools import chain, groupby, zip_longest

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")  # the same examples in each run: `make soak` and `make fuzz` look for new ones

LONG = (
    "faults/test_simulation.py",
    "faults/test_server.py",
    "faults/test_network.py",
    "faults/test_io_errors.py",
    "faults/test_power.py",
    "faults/test_kills.py",
    "server_stub/test_model.py",
    "e2e/test_kills.py",
    "e2e/test_live.py",
    "e2e/test_trace_and_sale.py",
    "server_stub/test_backend_killed.py",
    "e2e/test_picker.py",
    "test_house.py",
    "e2e/test_printing.py",
    "backend/test_live.py",
    "e2e/test_bursts.py",
    "ui/test_serial_pages_layout.py",
    "e2e/test_offline.py",
    "e2e/test_reversals.py",
    "server_stub/test_backend_files.py",
    "e2e/test_two_terminals.py",
    "e2e/test_corrections.py",
    "printing/test_pdf.py",
    "server_stub/test_backend_live.py",
)
"""The files that take longest, the longest first. One that is missing here costs a few seconds at the end of a run."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under `make test`, begin with the long files, and let those that wait take turns with those that compute."""
    if not hasattr(config, "workerinput"):
        return  # one process: in the order of the files
    files = [list(tests) for _path, tests in groupby(items, key=lambda item: item.path)]
    files.sort(key=_place)
    waiting = [tests for tests in files if tests[0].get_closest_marker("e2e")]
    computing = [tests for tests in files if not tests[0].get_closest_marker("e2e")]
    items[:] = chain.from_iterable(chain.from_iterable(zip_longest(computing, waiting, fillvalue=())))


def _place(tests: list[pytest.Item]) -> int:
    name = tests[0].nodeid.split("::")[0].removeprefix("tests/")
    return LONG.index(name) if name in LONG else len(LONG)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write what the end-to-end tests have counted under the results."""
    passed = [report for report in terminalreporter.stats.get("passed", ()) if report.when == "call"]
    said = [words for report in passed for name, words in report.user_properties if name == "report"]
    if said:
        terminalreporter.section("end to end")
        for words in said:
            terminalreporter.write_line(words)
