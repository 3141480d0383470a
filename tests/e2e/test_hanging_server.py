"""A server that hangs: what the terminal knows already is shown before long, and scanned on."""

from __future__ import annotations

import pytest

from .shift import journal_of

pytestmark = pytest.mark.e2e


def test_a_slip_that_is_here_opens_though_the_server_hangs(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-1001")
    backend.suspend()
    terminal.type("PS-1400\r")
    terminal.wait_for("0 / 400")
    assert terminal.header.endswith("ON"), "it waited until the request was given up"
    terminal.scan("SN-HANGS")
    backend.resume()
    terminal.wait_sent()
    assert {event["state"] for event in journal_of(terminal.data)} == {"accepted"}


def test_an_order_that_is_here_opens_though_the_server_hangs(backend, start):
    terminal = start(backend)
    terminal.wait_for("1 PS-1001")
    backend.suspend()
    terminal.type("SO-2012\r")
    terminal.wait_for("F8New")
    assert terminal.header.endswith("ON"), "it waited until the request was given up"
    backend.resume()
