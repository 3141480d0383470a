"""Command barcodes: what a key does, printed on a sheet. Signed per site, so that no customer's label is one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum

PREFIX = "SCT1."
"""What every command barcode begins with: the sheet's version. Letters, digits and the full stop are where they are on
most keyboards, so that a wedge scanner of another layout types them right."""
SIGNED = 10
"""Characters of the signature: 50 bits of an HMAC-SHA-256."""


class Command(StrEnum):
    """What a command barcode asks for."""

    ADD = "ADD"
    REMOVE = "REMOVE"
    NOT_READABLE = "NOTREAD"
    UNDO = "UNDO"
    NEXT_LINE = "NEXT"
    PREVIOUS_LINE = "PREV"
    FINISH = "FINISH"
    CONFIRM = "CONFIRM"
    BACK = "BACK"
    HELP = "HELP"
    SIGN_OUT = "SIGNOUT"
    MENU = "MENU"
    CHOOSE_0 = "N0"
    CHOOSE_1 = "N1"
    CHOOSE_2 = "N2"
    CHOOSE_3 = "N3"
    CHOOSE_4 = "N4"
    CHOOSE_5 = "N5"
    CHOOSE_6 = "N6"
    CHOOSE_7 = "N7"
    CHOOSE_8 = "N8"
    CHOOSE_9 = "N9"


def is_command(text: str) -> bool:
    """Say whether a code claims to be a command, rightly or not: it is never taken for a serial."""
    return text[:16].lstrip(" \t\r\n").upper().startswith(PREFIX)


def command_code(command: Command, key: bytes) -> str:
    """Give the text of a command's barcode for a site; `key` is the site's secret."""
    return f"{PREFIX}{command}.{_signature(command, key)}"


def command_of(text: str, key: bytes) -> Command | None:
    """Give the command of a code that this site signed, or None. Compared in constant time; a turned Caps Lock is fine.

    Without a key nothing is signed.
    """
    name, _, signature = text.strip(" \t\r\n").upper().removeprefix(PREFIX).partition(".")
    if not key or not is_command(text) or name not in set(Command):
        return None
    command = Command(name)
    right = hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(command, key).encode())
    return command if right else None


def _signature(command: Command, key: bytes) -> str:
    digest = hmac.new(key, f"{PREFIX}{command}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:SIGNED]
