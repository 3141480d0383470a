"""A server that hangs: what the terminal knows already is shown before long, and scanned on."""

from __future__ import annotations

import pytest

from .shift import journal_of

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("number", "shown"), [("PS-1400", "0 / 400"), ("SO-2012", "F8New")], ids=["slip", "order"])
def test_what_is_here_opens_though_the_server_hangs(backend, start, number, shown):
    terminal = start(backend)
    terminal.wait_for("1 PS-1001")
    backend.suspend()
    terminal.type(f"{number}\r")
    terminal.wait_for(shown)
    assert terminal.header.endswith("ON"), "it waited until the request was given up"
    scans = ["SN-HANGS"] if number == "PS-1400" else []
    for serial in scans:
        terminal.scan(serial)
    backend.resume()
    terminal.wait_sent()
    assert [event["state"] for event in journal_of(terminal.data)] == ["accepted"] * len(scans)
