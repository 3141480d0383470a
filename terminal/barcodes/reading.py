"""What a code says by itself, before anybody asks which items, documents and people exist.

Every parser of this room takes text and gives a `Reading`, or None where the text is none of its kind. A code that says
what it is and then breaks its own standard is a reading with an `error`: it is refused, never taken for a plain serial.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Kind = Literal["gs1", "digital-link", "iso15434", "hibc", "vendor", "product", "logistic-unit", "command", "plain"]
"""`product`: a GTIN, UPC or EAN alone. `logistic-unit`: an SSCC alone. `plain`: text without structure."""


class Reading(Struct, frozen=True):
    """How a code was understood."""

    kind: Kind
    symbology: str = ""
    """The symbology's name where the scanner said it (AIM identifier) or the code's form shows it; else empty."""
    fields: dict[str, str] = field(default_factory=dict)
    """What it says, by name: `gtin` (14 digits), `serial`, `lot`, `expiry` (ISO date) …; README.md lists them."""
    elements: tuple[tuple[str, str], ...] = ()
    """Everything it says, in order: the identifier as its standard writes it, and the value as scanned."""
    sure: bool = True
    """Whether the symbol itself says so. False: its digits only fit, so it counts where such an item exists."""
    warnings: tuple[str, ...] = ()
    """What to know about it; short sentences in English, for `explain`."""
    error: str = ""
    """Why it must be refused: a word such as `gtin_check_digit`; empty where nothing is wrong."""
    text: str = ""
    """The code without the scanner's AIM identifier and the white space around it; `read_code` fills it in."""
