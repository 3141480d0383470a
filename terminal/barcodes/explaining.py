r"""`scan-terminal explain`: how a code is understood, without a terminal, a journal or a server.

Codes come from the command line, with escapes such as `\x1d`, or as JSON Lines with `raw` and, where known, `aim`,
`separator` and `today`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, TextIO

from terminal.barcodes.codes import read_code
from terminal.barcodes.reading import Reading

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\\nrtabfve0]))")
_SHORT = {
    "\\": "\\",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "0": "\0",
}


class BadLine(Exception):
    """A line of the input is no question; the text is one sentence."""


def unescaped(code: str) -> str:
    r"""Put in the characters that `\x1d`, `\u202e`, `\n` and the like stand for; any other backslash is itself."""

    def sign(match: re.Match[str]) -> str:
        hexadecimal = match[1] or match[2] or match[3]
        if not hexadecimal:
            return _SHORT[match[4]]
        number = int(hexadecimal, 16)
        return chr(number) if number < 0x110000 else match[0]

    return _ESCAPE.sub(sign, code)


def explain_arguments(codes: Iterable[str], today: date, out: TextIO, as_json: bool) -> None:
    """Explain codes from the command line, one after the other."""
    for code in map(unescaped, codes):
        _say(code, read_code(code, today), out, as_json)


def explain_lines(lines: Iterable[str], today: date, out: TextIO, as_json: bool) -> int:
    """Explain JSON Lines in their order; gives how many were no questions. Each line has its answer, also those."""
    bad = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw, reading = _asked(line, number, today)
        except BadLine as wrong:
            bad += 1
            raw, reading = line.strip(), Reading("plain", error="bad_input", warnings=(str(wrong),))
        _say(raw, reading, out, as_json)
    return bad


def _asked(line: str, number: int, today: date) -> tuple[str, Reading]:
    """Read one line's question and answer it. Raises BadLine."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine(
            f'Line {number} is no JSON: give an object with raw, such as {{"raw": "5901234123457"}}.'
        ) from None
    if not isinstance(asked, dict) or not isinstance(asked.get("raw"), str):
        raise BadLine(f"Line {number} has no raw: give the code as text under raw.")
    aim, separator = (asked.get(name) or "" for name in ("aim", "separator"))
    if not isinstance(aim, str) or not isinstance(separator, str):
        raise BadLine(f"Line {number}: aim and separator are text, such as ]C1 and |.")
    return asked["raw"], read_code(asked["raw"], _day(asked.get("today"), number, today), separator, aim)


def _day(given: object, number: int, today: date) -> date:
    if given in (None, ""):
        return today
    try:
        return date.fromisoformat(str(given)[:10])
    except ValueError:
        raise BadLine(f"Line {number}: today is a date such as 2026-11-21.") from None


def _say(raw: str, reading: Reading, out: TextIO, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(as_object(raw, reading)), file=out
        )  # ASCII alone: nothing in a code reaches the screen as it is
        return
    print("\n".join(_in_words(raw, reading)), file=out)


def as_object(raw: str, reading: Reading) -> dict[str, Any]:
    """Give an answer as what is written as JSON. `error` is null where nothing is wrong."""
    return {
        "raw": raw,
        "kind": reading.kind,
        "symbology": reading.symbology,
        "fields": reading.fields,
        "elements": [list(each) for each in reading.elements],
        "sure": reading.sure,
        "warnings": list(reading.warnings),
        "error": reading.error or None,
    }


def _in_words(raw: str, reading: Reading) -> Iterator[str]:
    what = " ".join(part for part in (reading.symbology, f"({reading.kind})") if part)
    yield f"{_visible(raw)}: {what}"
    named = set(reading.fields.values())
    for name, value in reading.fields.items():
        yield f"  {name:<14}{_visible(value)}"
    for name, value in reading.elements:
        if value not in named and reading.kind != "plain":
            yield f"  {'(' + _visible(name) + ')':<14}{_visible(value)}"
    for warning in reading.warnings:
        yield f"  ! {warning}"
    if reading.error:
        yield f"  refused: {WORDS.get(reading.error, reading.error.replace('_', ' '))}"


def _visible(text: str) -> str:
    """Give a code in printable ASCII: everything else as an escape that `explain` reads back."""
    return "".join(
        sign if " " <= sign <= "~" and sign != "\\" else sign.encode("unicode_escape", "replace").decode()
        for sign in text
    )


WORDS = {
    "charset": "it holds a character that has no place there.",
    "empty": "there is nothing in it.",
    "date": "it says a date that there is none of.",
    "too_short": "its end is missing. Scan it again.",
    "length": "it has not as many digits as its symbology wants.",
    "superfluous_data": "a field is longer than its standard allows, or the separator behind it is missing.",
    "unknown_ai": "it holds an application identifier that GS1 does not know.",
    "repeated_ai": "it says one thing twice, and differently.",
    "digital_link": "its address is no whole GS1 Digital Link.",
}
"""What an error means, for people."""
