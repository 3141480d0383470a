"""What goes wrong around the program: disks, copies, signals, settings. Never an OK that is not on disk."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .shift import BIN, PATIENCE_S, Terminal, environment, eventually, journal_of, serials_of

pytestmark = pytest.mark.e2e


def test_a_second_copy_says_so_full_screen_and_the_first_goes_on(backend, start):
    first = start(backend, document="PS-1400")
    first.scan("SN-1000")
    second = start(backend, document="PS-1400")
    second.wait_for("NO Another copy of this program is running here. Close it, then press Enter.")
    second.type("SN-LOST\r")
    second.wait_for("1 scan since then was NOT taken")
    first.scan("SN-2000")
    second.confirm()
    second.wait_for("Another copy of this program is running here.")
    first.wait_sent()
    assert first.end() == 128 + signal.SIGTERM
    second.confirm()
    second.wait_for("2 / 400")
    second.scan("SN-3000")
    second.wait_sent()
    assert backend.serials("PS-1400") == ["SN-1000", "SN-2000", "SN-3000"]


def test_a_damaged_journal_is_set_aside_said_so_and_what_was_sent_is_not_lost(backend, start):
    first = start(backend, document="PS-1400")
    first.scan("SN-1000")
    first.wait_sent()
    first.end()
    database = first.data / "journal.db"
    content = bytearray(database.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    database.write_bytes(content)

    second = start(backend)
    second.wait_for("NO The journal was damaged and set aside as journal.damaged-")
    second.wait_for("Tell the office before you go on.")
    aside = list(first.data.glob("journal.damaged-*.db"))
    assert [path.read_bytes() for path in aside] == [bytes(content)]
    second.confirm()
    second.open("PS-1400")
    second.wait_for("1 / 400")  # from the server
    second.scan("SN-2000")
    second.wait_sent()
    assert backend.serials("PS-1400") == ["SN-1000", "SN-2000"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, where the machine lets us have one."""
    directory = tmp_path / "small"
    directory.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(directory)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount one: {made.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """Leave no room on a disk."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as out:
        try:
            while out.write(b"x" * 4096):
                pass
        except OSError:
            return ballast
    raise AssertionError("the disk takes everything")


def test_a_full_disk_is_told_full_screen_and_never_gives_an_ok(backend, start, small_disk, tmp_path, report):
    terminal: Terminal = start(backend, "small/terminal", document="PS-1400")
    terminal.scan("SN-BEFORE")
    terminal.wait_sent()
    ballast = fill(small_disk)
    acknowledged = ["SN-BEFORE"]
    for number in range(200):
        serial = f"SN-FULL-{number:03d}"
        terminal.type(f"{serial}\r")
        terminal.wait_until(
            lambda serial=serial: terminal.shows(f"OK {serial}") or terminal.shows("The disk is full"), "a verdict"
        )
        if not terminal.shows(f"OK {serial}"):
            break
        acknowledged.append(serial)
    terminal.wait_for("NO The disk is full: scans can't be stored. Free space, then press Enter.")
    refused = serial
    terminal.type("SN-LOST\r")
    terminal.wait_for("1 scan since then was NOT taken: scan it again.")
    terminal.confirm()
    terminal.wait_for("NO The disk is full")
    ballast.unlink()
    terminal.confirm()
    terminal.wait_for(f"OK {refused}")  # it was waiting to be judged; nothing else was taken
    terminal.scan("SN-AFTER")
    terminal.wait_sent()
    wanted = [*acknowledged, refused, "SN-AFTER"]
    assert backend.serials("PS-1400") == wanted
    assert serials_of(journal_of(terminal.data)) == wanted
    report(f"full disk: {len(acknowledged) - 1} scans fitted in yet, then none was acknowledged until there was room")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_in_mid_shift_ends_cleanly_with_everything_on_disk(backend, start, number, status):
    terminal = start(backend, document="PS-1400")
    serials = [f"SN-{n:03d}" for n in range(20)]
    for serial in serials:
        terminal.scan(serial)
    terminal.type("SN-HALF")
    assert terminal.end(number) == status
    terminal.drain()
    assert bytes(terminal.raw).endswith(b"\x1b[?1049l\x1b[?25h") or b"\x1b[?1049l" in terminal.raw
    assert serials_of(journal_of(terminal.data)) == serials


def test_a_line_that_hangs_up_ends_it_cleanly_with_everything_on_disk(backend, start):
    terminal = start(backend, document="PS-1400")
    serials = [f"SN-{n:03d}" for n in range(20)]
    for serial in serials:
        terminal.scan(serial)
    assert terminal.hang_up() in {0, 129}
    assert not list(terminal.data.parent.glob("scan-terminal-report-*"))
    assert serials_of(journal_of(terminal.data)) == serials
    again = start(backend, document="PS-1400")
    again.wait_for("20 / 400")
    again.wait_sent()
    assert backend.serials("PS-1400") == serials


def test_it_locks_when_nobody_is_there_and_the_pin_unlocks_it_where_it_was(backend, start):
    terminal = start(backend, document="PS-1400", settings={"SCAN_TERMINAL_TERMINAL_LOCK_AFTER_S": "2"})
    terminal.scan("SN-BEFORE")
    terminal.wait_for("Locked. Type your PIN.")
    terminal.type("SN-WHILE\r")
    terminal.wait_for("NO That scan was not counted.")
    terminal.type("2222\r")
    terminal.wait_for("NO The PIN is wrong.")
    terminal.type("1111\r")
    terminal.wait_for("1 / 400")
    terminal.scan("SN-AFTER")
    terminal.wait_sent()
    assert backend.serials("PS-1400") == ["SN-BEFORE", "SN-AFTER"]


def test_signing_out_warns_of_what_is_unsent_and_it_is_sent_later_under_its_author(backend, link, start):
    terminal = start(link, document="PS-1400")
    link.cut()
    terminal.scan("SN-UNSENT")
    terminal.press("f3")
    terminal.wait_for("1 PS-1001")
    terminal.press("f3")
    terminal.wait_for("1 entry is not yet at the server. It stays stored here and is sent later. Sign out?")
    terminal.confirm()
    terminal.wait_for("Operator number:")
    link.mend()
    terminal.wait_until(lambda: terminal.header.endswith("ON") and "^" not in terminal.header, "sent")
    assert [(row["serial"], row["operator"]) for row in backend.registrations("PS-1400")] == [("SN-UNSENT", "1001")]


def run(tmp_path: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `scan-terminal` without a terminal."""
    return subprocess.run(
        [str(BIN / "scan-terminal"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(tmp_path, extra),
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[scanner]\nbaud = 'fast'\n", ["wrong.toml", "[scanner] baud", "whole number", "'fast'"]),
        ("[scanner]\nsufix = 'cr'\n", ["wrong.toml", "unknown key 'sufix'", "suffix"]),
        ("[scaner]\nbaud = 9600\n", ["wrong.toml", "unknown section 'scaner'", "scanner"]),
        ("[scanner]\nsources = ['seriel:/dev/x']\n", ["wrong.toml", "sources", "seriel:/dev/x"]),
        ("[backend]\nurl = 'wms.example'\n", ["wrong.toml", "[backend] url", "https://wms.example:8443"]),
        ("[backend\n", ["wrong.toml", "not TOML"]),
    ],
)
def test_a_wrong_setting_ends_with_2_and_names_file_key_value_and_remedy(tmp_path, written, said):
    file = tmp_path / "wrong.toml"
    file.write_text(written)
    done = run(tmp_path, "run", "--config", str(file), "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert [words for words in said if words not in done.stderr] == []
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_wrong_setting_of_the_environment_names_its_variable(tmp_path):
    done = run(tmp_path, "run", SCAN_TERMINAL_TERMINAL_LOCK_AFTER_S="soon")
    assert done.returncode == 2
    assert "SCAN_TERMINAL_TERMINAL_LOCK_AFTER_S" in done.stderr
    assert "'soon'" in done.stderr


def test_without_a_terminal_it_says_what_it_needs(tmp_path):
    done = run(tmp_path, "run", "--backend", "http://127.0.0.1:1", "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "This program needs a terminal" in done.stderr


def test_a_journal_that_is_not_there_is_told_in_a_sentence(tmp_path):
    done = run(tmp_path, "journal", "verify", "--data", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()


def test_a_missing_backend_is_no_reason_not_to_begin(backend, start):
    first = start(backend, document="PS-1400")
    first.end()
    backend.kill9()
    terminal = start(backend, document="PS-1400")
    terminal.wait_for("/ 400")
    terminal.scan("SN-ALONE")
    backend.start()
    eventually(lambda: "^" not in terminal.header, terminal.header)
    assert backend.serials("PS-1400") == ["SN-ALONE"]
