"""The word for a printer: `file:DIR`, `cups:NAME`, `zpl:HOST[:PORT][?font=FONT]`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from msgspec import Struct

FORMS = "file:DIR, cups:NAME, zpl:HOST[:PORT]"
"""The ways to name a printer."""
RAW_PORT = 9100
"""Where label printers take raw data over TCP."""
BUILT_IN = "0"
"""The scalable font that every label printer has. It has no Chinese: with it, texts beyond Latin-1 go as pictures."""


class Folder(Struct, frozen=True):
    """A folder that gets a PDF for each document."""

    path: str
    """May begin with `~`."""


class CupsPrinter(Struct, frozen=True):
    """A printer that this machine's CUPS knows; it gets PDFs."""

    name: str


class LabelPrinter(Struct, frozen=True):
    """A label printer on the network; it gets ZPL."""

    host: str
    port: int = RAW_PORT
    font: str = BUILT_IN
    """The printer's own font for texts, see `as_zpl`."""

    @property
    def address(self) -> str:
        """The printer as a person names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == RAW_PORT else f"{host}:{self.port}"


Printer = Folder | CupsPrinter | LabelPrinter
"""Where printouts go."""


def printer_of(text: str) -> Printer:
    """Understand a printer's word.

    Raises:
        ValueError: with one sentence that names the wrong part and what would be right.
    """
    kind, colon, rest = text.partition(":")
    if colon and kind == "file":
        if not rest or "\0" in rest:
            raise ValueError(f"The printer {text!r} needs a folder after file:.")
        return Folder(rest)
    if colon and kind == "cups":
        if not re.fullmatch(r"[^\s/#\x00-\x20\x7f-][^\s/#\x00-\x20\x7f]{0,126}", rest):
            raise ValueError(f"The printer {text!r} needs a CUPS printer's name after cups:, without spaces, / or #.")
        return CupsPrinter(rest)
    if colon and kind == "zpl":
        return _label_printer(text, rest)
    raise ValueError(f"The printer {text!r} is none of {FORMS}.")


def as_font(name: str) -> str:
    """Give the name back if it can be a label printer's font.

    Raises:
        ValueError: it can't; in one sentence.
    """
    if not re.fullmatch(r"[0-9A-Z]|[A-Z]:[A-Z0-9_-]{1,16}\.(?:TTF|TTE|FNT)", name):
        raise ValueError(f"The font {name!r} must be one letter or digit, or a file such as E:SIMSUN.FNT.")
    return name


def _label_printer(text: str, rest: str) -> LabelPrinter:
    where, question, query = rest.partition("?")
    try:
        parts = urlsplit(f"//{where}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    # Read back, a host and a port must give what was written: nothing was skipped.
    written = (host, f"[{host}]", f"{host}:{port}", f"[{host}]:{port}")
    if not host or port == 0 or where.lower() not in written or not re.fullmatch(r"[\w.:%-]+", host):
        raise ValueError(f"The printer {text!r} must read zpl:HOST or zpl:HOST:PORT with a port from 1 to 65535.")
    font = query.removeprefix("font=") if question else BUILT_IN
    if question and not query.startswith("font="):
        raise ValueError(f"Only font=FONT can follow the '?' in {text!r}.")
    return LabelPrinter(host, port or RAW_PORT, as_font(font))
