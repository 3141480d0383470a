"""A scanner that is pulled out in the middle of a scan: no half of it counts, and the next scan is right."""

from __future__ import annotations

import pytest

from .shift import journal_of, serials_of

pytestmark = pytest.mark.e2e


def test_a_scan_cut_by_an_unplug_is_neither_halved_nor_joined(backend, start, scanner, report):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    wanted = []
    for round_ in range(3):
        scanner.wait_open()
        whole = f"SN-WHOLE-{round_}"
        scanner.send(f"{whole}\rSN-HALF-{round_}".encode())
        terminal.wait_for(f"OK {whole}")
        scanner.unplug()
        terminal.wait_for("NO The scanner is unplugged.")
        terminal.scan(f"SN-KEYS-{round_}")  # the keyboard works on
        scanner.replug()
        scanner.wait_open()
        scanner.send(f"REST-{round_}\r".encode())
        terminal.wait_for(f"OK REST-{round_}")  # a scan of its own, not the end of the other
        wanted += [whole, f"SN-KEYS-{round_}", f"REST-{round_}"]
    terminal.wait_sent()
    assert backend.serials("PS-1400") == wanted
    assert serials_of(journal_of(terminal.data)) == wanted
    report("unplugged in mid-scan: 3 times; no half scan, no joined scan, every next scan right")


def test_a_scanner_that_stops_in_mid_scan_says_so_and_the_next_scan_is_right(backend, start, scanner):
    terminal = start(backend, document="PS-1400", scanners=[scanner.spec])
    scanner.wait_open()
    scanner.send(b"SN-STOPS")
    terminal.wait_for("NO A scan broke off after SN-STOPS. Scan it again.")
    scanner.send(b"SN-NEXT\r")
    terminal.wait_for("OK SN-NEXT")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == ["SN-NEXT"]


def test_a_scanner_that_is_plugged_in_late_is_found(backend, start, scanner):
    scanner.unplug()
    terminal = start(backend, scanners=[scanner.spec])
    terminal.wait_for("yet. Plug it in.")
    scanner.replug()
    scanner.wait_open()
    terminal.wait_for("The scanner is there. Go on scanning.")
    assert not terminal.shows("NO")
    terminal.open("PS-1400")
    scanner.send(b"SN-LATE\r")
    terminal.wait_for("OK SN-LATE")
