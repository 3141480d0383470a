"""What must never come out: said once, strictly, and shown to have teeth in `test_checks`."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

from terminal.ui.painter import STYLES

_STYLE = "|".join(re.escape(f"\x1b[{p}m") for p in {*STYLES.values(), "", "0;1", "0;7"})
_PAINTED = re.compile(rf"\x1b\[[1-9]\d{{0,2}};[1-9]\d{{0,2}}H|{_STYLE}|\x1b\[K|\x1b\[2J")
"""All that `ui.painter` writes beside text: go there, in one of its styles, erase the row's end, erase the screen."""
_DRIVEN = re.compile(_PAINTED.pattern + r"|\x1b\[\?(?:1049|25|7|1000|1006|1003|1015|2026)[hl]|\x1b\[\?2026\$p|[\r\n]")
"""And what Textual's driver and ours write at the beginning and the end."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def strange_on_screen(raw: bytes, *, whole_life: bool = False) -> list[str]:
    """Give everything in a terminal's output that is neither text that can be seen nor the painter's own.

    With `whole_life` the driver's sequences are fine as well; the bell never is: the tests run without it.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"no UTF-8: {raw[max(0, error.start - 20) : error.end + 20]!r}"]
    rest = (_DRIVEN if whole_life else _PAINTED).sub("", text)
    return sorted({sign for sign in rest if unicodedata.category(sign) in _UNSEEN})


def control_codes(text: str, allowed: str = "\n") -> list[str]:
    """Give the control codes in a log, an answer or an export; lines may end."""
    return sorted({sign for sign in text if unicodedata.category(sign) == "Cc" and sign not in allowed})


def steering(text: str) -> list[str]:
    """Give what turns the direction of text round, or ends a line for some readers."""
    return sorted(set(re.findall("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)))


def formulas(text: str) -> list[str]:
    """Give the cells of a CSV file that a spreadsheet would take for something to work out."""
    csv.field_size_limit(10_000_000)
    rows = csv.reader(io.StringIO(text, newline=""))
    return [cell for row in rows for cell in row if cell[:1] in set("=+-@|\t\r\uff1d\uff0b\uff0d\uff20")]
