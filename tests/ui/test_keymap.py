"""The keymap: what a file may say, what it says when it is wrong, and what keys do then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from terminal.entry import Entry, for_screens
from terminal.keymap import FUNCTIONS, KEYS, Keymap, read_keymap
from terminal.settings import SettingsError
from terminal.sources.bounce import Bounce
from terminal.sources.keyboard import Pressed as KeyPressed
from terminal.sources.keys import Keystroke
from terminal.sources.profile import Profile
from terminal.sources.script import KEYS as ALL_KEYS
from terminal.ui.frame import key_at, key_bar
from terminal.ui.labels import LABELS, label, use_keys
from terminal.ui.messages import Pressed, Typing
from terminal.ui.pages.help_words import help_topics

from .stage import texts

EXAMPLE = Path(__file__).parents[2] / "config" / "keymap.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keymap.toml"


@pytest.fixture
def moved() -> Iterator[None]:
    use_keys({"f8": "pagedown", "f1": "f11"})
    yield
    use_keys({})


def test_the_example_lists_every_function_with_its_usual_key():
    assert read_keymap(EXAMPLE) == Keymap()
    text = EXAMPLE.read_text("utf-8")
    assert [line.split(" = ")[0] for line in text.splitlines() if " = " in line and line[0] != "#"] == list(FUNCTIONS)


def test_every_key_to_choose_exists_and_has_a_label():
    assert set(KEYS) <= ALL_KEYS & set(LABELS)
    assert set(FUNCTIONS.values()) == {f"f{n}" for n in range(1, 11)}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", {}),
        ("[keys]\n", {}),
        ("[keys]\nfinish = 'f11'", {"f8": "f11"}),
        ("[keys]\nfinish = 'F12'\nmenu = 'pagedown'", {"f8": "f12", "f1": "pagedown"}),
        ("[keys]\nmenu = 'f5'\nundo = 'f1'", {"f1": "f5", "f5": "f1"}),
        ("[keys]\nback = 'f3'", {}),
    ],
)
def test_what_a_keymap_may_say(file, text, keys):
    file.write_text(text)
    assert read_keymap(file).keys == keys


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[keys]\nfinnish = 'f11'", "unknown function 'finnish'; did you mean 'finish'?"),
        ("[keys]\nxyz = 'f11'", "unknown function 'xyz'; known are menu, not-readable,"),
        ("[keys]\nfinish = 'f13'", "finish must be a key, not 'f13': one of f1, f2,"),
        ("[keys]\nfinish = 8", "finish must be a key, not 8: one of"),
        ("[keys]\nfinish = 'enter'", "finish must be a key, not 'enter': one of"),
        ("[keys]\nfinish = ['f1']", "finish must be a key, not ['f1']: one of"),
        (
            "[keys]\nmenu = 'f11'\nhelp = 'f11'",
            "the key 'f11' does both 'menu' and 'help': give one of them another key.",
        ),
        ("[keys]\nmenu = 'f5'", "the key 'f5' does both 'menu' and 'undo': give one of them another key."),
        ("[key]\nmenu = 'f5'", "unknown section 'key'; its only one is [keys]."),
        ("keys = 3", "keys must be a section: write [keys] and its keys below."),
        ("[keys", "is not TOML: "),
        ("[keys]\nmenu = 'f11'\nmenu = 'f12'", "is not TOML: "),
        (b"# \xff", "must be UTF-8, which it is not."),
        (None, "can't be read: No such file or directory."),
    ],
)
def test_what_is_wrong_is_said_with_place_and_remedy(file, text, says):
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as error:
        read_keymap(file)
    assert str(file) in str(error.value)
    assert says in str(error.value)


def test_a_wrong_keymap_ends_the_program_with_status_2(file, tmp_path):
    file.write_text("[keys]\nmenu = 'f5'")
    environ = os.environ | {
        "SCAN_TERMINAL_SCREEN_KEYMAP": str(file),
        "SCAN_TERMINAL_BACKEND_URL": "http://127.0.0.1:9",
        "SCAN_TERMINAL_TERMINAL_DATA_DIR": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path),
        "TEXTUAL_DRIVER": "textual.drivers.headless_driver:HeadlessDriver",
    }
    command = [sys.executable, "-m", "terminal"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"scan-terminal: In the keymap {file}, the key 'f5' does both 'menu' and 'undo'")
    assert not (tmp_path / "data").exists()


# -- what keys do then


def names(heard: Iterable[object]) -> list[str]:
    """Give keys by name and scans by text."""
    return [each.name if isinstance(each, Pressed) else each.text for each in heard if not isinstance(each, Typing)]


def after(entry: Entry, made: list[str]) -> list[str]:
    """Let time pass until a key has proved to be no part of a scan."""
    while (due := entry.deadline) is not None:
        made += names(entry.tick(due))
    return made


def pressed(entry: Entry, *reads: bytes) -> list[str]:
    return [name for n, data in enumerate(reads) for name in after(entry, names(entry.feed(data, 10.0 + n)))]


F8, F11 = b"\x1b[19~", b"\x1b[23~"
MOVED = Keymap({"f8": "f11"}).meanings


def test_a_moved_key_does_what_it_was_given_and_the_old_one_nothing():
    entry = Entry(Profile(), Bounce(), MOVED)
    assert pressed(entry, F11, F8, b"\x1bOQ") == ["f8", "f2"]


def test_without_a_keymap_keys_are_what_they_are():
    assert pressed(Entry(Profile(), Bounce()), F11, F8) == ["f11", "f8"]


def test_two_keys_change_places():
    entry = Entry(Profile(), Bounce(), Keymap({"f8": "f2", "f2": "f8"}).meanings)
    assert pressed(entry, F8, b"\x1bOQ") == ["f2", "f8"]


def test_a_browser_s_keys_are_moved_too():
    entry = Entry(Profile(), Bounce(), MOVED)
    assert after(entry, names(entry.feed_key("f11", None, 10.0))) == ["f8"]
    assert after(entry, names(entry.feed_key("f8", None, 20.0))) == []


def held(entry: Entry, key: bytes) -> list[str]:
    """Hold a key for a second and let go."""
    made: list[str] = []
    for at in (10.0, *(10.5 + 0.03 * n for n in range(17))):
        made += names(entry.feed(key, at))
    return after(entry, made)


@pytest.mark.parametrize("key", [b"\x1bOQ", b"\x1bOS", b"\x1b[15~", F8])
def test_a_held_key_that_records_or_changes_something_does_it_once(key):
    assert len(held(Entry(Profile(), Bounce()), key)) == 1


def test_a_held_key_that_turns_pages_goes_on():
    assert held(Entry(Profile(), Bounce()), b"\x1b[18~") == ["f7"] * 18


def test_what_a_key_does_decides_whether_it_may_be_held():
    meanings = Keymap({"f8": "f7", "f7": "f11"}).meanings
    assert held(Entry(Profile(), Bounce(), meanings), b"\x1b[18~") == ["f8"]
    assert held(Entry(Profile(), Bounce(), meanings), F11) == ["f7"] * 18
    assert held(Entry(Profile(), Bounce(), meanings), F8) == []


def test_a_key_pressed_twice_and_a_scan_behind_it_keep_their_order():
    entry = Entry(Profile(), Bounce())
    made = [*entry.feed(b"\x1bOQ", 10.0), *entry.feed(b"\x1bOQ", 10.4), *entry.feed(b"SN-12345\r", 10.45)]
    assert names(made) == ["f2", "f2", "SN-12345"]


def test_a_key_that_a_scanner_sends_for_a_character_stays_data():
    entry = Entry(Profile(f8_is_gs=True), Bounce(), MOVED)
    assert pressed(entry, b"01A" + F8 + b"B\r") == ["01A\x1dB"]


def test_a_script_presses_keys_by_what_they_do():
    stroke = Keystroke("f8", b"", "", 0.0, True)
    assert names(for_screens([KeyPressed("f8", stroke, True)], Bounce())) == ["f8"]


# -- what they are called then


def test_labels_follow(moved):
    assert [label(name) for name in ("f8", "f1", "f2", "enter", "escape")] == ["PgDn", "F11", "F2", "Ent", "Esc"]
    bar = texts(key_bar([("f8", "Fin"), ("f1", "Menu"), ("enter", "post")], 40, 16))
    assert bar == ["PgDn=Fin F11Menu Ent=post"]
    said = help_topics()[0].sentences
    assert "F11 menu" in said
    assert "PgDn finish: what is missing, then post" in said


def test_touches_find_moved_keys(moved):
    keys = [("f8", "Fin"), ("f1", "Menu"), ("enter", "post")]
    shown = texts(key_bar(keys, 20, 16))
    for y, row in enumerate(shown, 16 - len(shown)):
        for word, name in (("PgDn=Fin", "f8"), ("F11Menu", "f1"), ("Ent=post", "enter")):
            if word in row:
                at = row.index(word)
                assert key_at(keys, 20, 16, y, at) == key_at(keys, 20, 16, y, at + len(word) - 1) == name
    assert key_at(keys, 20, 16, 13, 0) is None
    assert key_at(keys, 20, 16, 15, 19) is None
