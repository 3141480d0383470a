from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from terminal.sources.keyboard import Heard, Pressed
from terminal.sources.scan import Scan, Unread
from terminal.sources.script import Script, Step, load


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_in_order(tmp_path: Path) -> None:
    path = write(
        tmp_path / "s",
        ":# hello\nSN-1\n\n:every 20\n:key f4\nA\\x1dB\\\\\n:wait 30\n\\x3ac\n\\xff\nX\\rY\n".replace("\\rY", "Y"),
    )
    heard: list[Heard] = []
    done = threading.Event()
    began = time.monotonic()
    script = Script(path, heard.append, done.set)
    script.start()
    assert done.wait(5)
    assert time.monotonic() - began >= 0.13
    shown = [h.text if isinstance(h, Scan) else h.name if isinstance(h, Pressed) else "?" for h in heard]
    assert shown == ["SN-1", "f4", "A\x1dB\\", ":c", "?", "XY"]
    assert isinstance(heard[4], Unread)
    assert {h.source for h in heard if isinstance(h, Scan)} == {str(path)}


def test_a_script_stops_at_once(tmp_path: Path) -> None:
    heard: list[Heard] = []
    script = Script(write(tmp_path / "s", ":wait 60000\nA\n"), heard.append)
    script.start()
    began = time.monotonic()
    script.stop()
    assert time.monotonic() - began < 10
    assert heard == []


def test_steps(tmp_path: Path) -> None:
    assert load(write(tmp_path / "s", ":every 5\r\nA\r\n:key enter\r\n")) == (Step(5, scan=b"A"), Step(5, key="enter"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (":wait soon", "milliseconds"),
        (":wait 99999999", "milliseconds"),
        (":key f13", "no key 'f13'"),
        (":mode", "no directive ':mode'"),
        ("A\\n", "backslash"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"line 2: .*{says}"):
        load(write(tmp_path / "s", f"A\n{line}\n"))


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't be read"):
        load(tmp_path / "none")
