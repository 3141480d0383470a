"""What the keys are called on this device. Screens name a key by what it does, `f1` to `f10`; a keymap may move it."""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, str] = {f"f{n}": f"F{n}" for n in range(1, 13)} | {
    "enter": "Ent",
    "escape": "Esc",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "insert": "Ins",
    "delete": "Del",
}
"""A short word for each key that there may be; what stands on its cap, so it is not translated."""

_moved: Mapping[str, str] = {}


def use_keys(moved: Mapping[str, str]) -> None:
    """Name other keys from now on: `{"f1": "f11"}` where F11 is the menu."""
    global _moved
    _moved = dict(moved)


def label(name: str) -> str:
    """Give what stands on the key that does what `name` stands for."""
    key = _moved.get(name, name)
    return LABELS.get(key, key)


def labels() -> Mapping[str, str]:
    """Give the labels of F1 to F10 for sentences that name a key: `key_f8` and so on."""
    return {f"key_f{n}": label(f"f{n}") for n in range(1, 11)}
