"""The keymap: which key does what, where a device lacks a key or has it in a bad place.

A TOML file with one section; what it doesn't name stays where it is:

    [keys]
    finish = "f11"

Screens know keys by what they do, `f1` (menu) to `f10` (help): a keymap is applied before they see a key, and to the
labels they show. Keys that a scanner sends in place of characters are not affected.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from terminal.settings import SettingsError
from terminal.sources.profile import nearest

FUNCTIONS: Mapping[str, str] = {
    "menu": "f1",
    "not-readable": "f2",
    "back": "f3",
    "mode": "f4",
    "undo": "f5",
    "previous": "f6",
    "next": "f7",
    "finish": "f8",
    "lines": "f9",
    "help": "f10",
}
"""What keys do, and the key that does it unless the keymap says otherwise."""

KEYS = (
    *(f"f{n}" for n in range(1, 13)),
    *("left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
)
"""The keys to choose from. Enter and Escape stay what they are; up and down move the selection of lists."""


class Keymap(Struct, frozen=True):
    """Which key does what."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """What screens call a key, and the key that it is: `{"f8": "f11"}` where F11 finishes."""

    @property
    def meanings(self) -> Mapping[str, str]:
        """What each moved key is to the screens: `{"f8": "", "f11": "f8"}`, as F8 does nothing then."""
        return dict.fromkeys(self.keys, "") | {key: name for name, key in self.keys.items()}


def read_keymap(file: Path) -> Keymap:
    """Read a keymap.

    Raises:
        SettingsError: the file can't be read or is no TOML; a function or key is unknown; a key has two functions.
    """
    chosen = {function: _key(file, function, key) for function, key in _section(file).items()}
    taken: dict[str, str] = {}
    for function, usual in FUNCTIONS.items():
        key = chosen.get(function, usual)
        if key in taken:
            raise SettingsError(
                f"In the keymap {file}, the key {key!r} does both {taken[key]!r} and {function!r}: "
                "give one of them another key."
            )
        taken[key] = function
    return Keymap({FUNCTIONS[function]: key for function, key in chosen.items() if FUNCTIONS[function] != key})


def _section(file: Path) -> Mapping[str, object]:
    import tomllib  # only where there is a file: it costs 8 ms

    try:
        document = tomllib.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"The keymap {file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The keymap {file} must be UTF-8, which it is not.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The keymap {file} is not TOML: {error}.") from error
    for section in document:
        if section != "keys":
            raise SettingsError(
                f"In the keymap {file} there is an unknown section {section!r}; its only one is [keys]."
            )
    keys = document.get("keys", {})
    if not isinstance(keys, dict):
        raise SettingsError(f"In the keymap {file}, keys must be a section: write [keys] and its keys below.")
    return keys


def _key(file: Path, function: str, key: object) -> str:
    if function not in FUNCTIONS:
        raise SettingsError(
            f"In the keymap {file} there is an unknown function {function!r}{nearest(function, list(FUNCTIONS))}"
        )
    name = key.lower() if isinstance(key, str) else ""
    if name not in KEYS:
        raise SettingsError(f"In the keymap {file}, {function} must be a key, not {key!r}: one of {', '.join(KEYS)}.")
    return name
