"""How the scanning screen is laid out at each size: plain functions from a view to rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from terminal.domain.documents import ScanMode, SlipStatus
from terminal.domain.views import DONE, LineView, Sheet
from terminal.ui.cells import Band, between, centre, cut_left, one, pad, safe, several, width, wrap
from terminal.ui.frame import Keys, entry_band, header, key_bar, line_words, promise_bands
from terminal.ui.ports import State
from terminal.ui.words import _, plural

WIDE = 60
"""Columns from which the document's lines are shown beside."""


class Said(Struct, frozen=True):
    """The verdict of the last scan: its style and its words, which start with OK or NO."""

    style: str = ""
    text: str = ""

    def told(self, style: str, words: str) -> Said:
        """Give what is said once there are news: an OK stands before a warning, and good news hide no verdict."""
        if style == "info" and self.style not in {"", "info"}:
            return self
        return Said(style, f"{self.text}. {words}" if (self.style, style) == ("ok", "warn") else words)

    def untold(self, words: str) -> Said:
        """Give what is said once news are true no more."""
        return Said() if words and self.text.endswith(words) else self


class ScanView(Struct, frozen=True):
    """All that the scanning screen shows."""

    sheet: Sheet
    mode: ScanMode
    said: Said
    held: int
    """Scans that wait until an error is acknowledged (D7)."""
    state: State
    operator: str
    keys: Keys
    lines: Sequence[LineView] = ()
    """The document's lines, for screens wide enough; the current one is taken from the sheet."""


def lay_out(view: ScanView, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay the screen out for its size, in cells."""
    if columns < 20 or rows < 8:
        return _smallest(view, columns, rows, entry)
    if rows < 12:
        return _short(view, columns, rows, entry)
    return _tall(view, columns, rows, entry)


def _tall(view: ScanView, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay out a handheld (20 × 16), or a console (80 × 24) with the document's lines beside."""
    top = [header(view.sheet.slip.number, view.state, columns)]
    foot = [entry_band(entry, columns), *key_bar(view.keys, columns, rows)]
    if rows >= 20:
        foot = [one(_owner(view, columns), cells=columns), *promise_bands(view.state, columns), *foot]
    room = rows - len(top) - len(foot)
    if columns < WIDE:
        return [*top, *_page(view, columns, room), *foot]
    side = columns // 2 - 2
    main = _page(view, columns - side - 3, room)
    lines = _line_list(view, side, room)
    return [*top, *((*left, (" | ", ""), *right) for left, right in zip(main, lines, strict=True)), *foot]


def _page(view: ScanView, columns: int, rows: int) -> list[Band]:
    """Make the middle of the screen: line, mode, progress, verdict, newest registrations; exactly `rows` rows."""
    made = [_line_band(view, columns), _mode_band(view, columns)]
    made += [one(_fitting(_progress(view), columns), "bold", cells=columns), one(_blanks(view), cells=columns)]
    said = _said_bands(view, columns, rows - len(made) - (1 if rows >= 11 else 0))  # a row is left for the list
    ruled = rows - len(made) - len(said) > 2 and rows >= 11
    rules = [one("-" * columns, cells=columns)] if ruled else []
    made += [*rules, *said, *rules]
    return made + _list(view, columns, rows - len(made))


def _line_list(view: ScanView, columns: int, rows: int) -> list[Band]:
    """Make the list of the document's lines around the current one; exactly `rows` rows."""
    number = view.sheet.current.line.number
    lines = [view.sheet.current if line.line.number == number else line for line in view.lines]
    at = next((n for n, line in enumerate(lines) if line.line.number == number), 0)
    first = max(0, min(at - rows // 2, len(lines) - rows))
    made: list[Band] = []
    for line in lines[first : first + rows]:
        left, right = line_words(line)
        text = between(f"{line.line.number:>3} {safe(left)}", right, columns)
        made.append(((text, "selected" if line.line.number == number else ""),))
    return made + [one("", cells=columns)] * (rows - len(made))


def _short(view: ScanView, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay out a truck terminal (40 × 8): the same facts in eight rows."""
    line = view.sheet.current.line
    at = f"{view.sheet.slip.number} {view.sheet.position}/{view.sheet.lines} {line.description}"
    made = [header(at, view.state, columns)]
    word, style = _mode(view)
    mode = f"[ {word} ]" if columns >= 40 else f"[{word}]"
    facts = " ".join(words for words in (_progress(view).strip(), _blanks(view)) if words)
    made.append(((mode, style), (pad(f" {facts}", columns - width(mode)), "")))
    foot = [entry_band(entry, columns), *key_bar(view.keys, columns, rows)]
    room = rows - len(made) - len(foot)
    said = _said_bands(view, columns, min(3, room - 1))
    made += said
    made += _list(view, columns, room - len(said))
    return [*made, *foot]


def _smallest(view: ScanView, columns: int, rows: int, entry: str) -> list[Band]:
    """Lay out what must not be missing: verdict, count, entry line."""
    tally, line = view.sheet.current.tally, view.sheet.current.line
    count = f"{tally.registered}/{line.units}"
    if view.held:
        count += " " + plural("{n} held", "{n} held", view.held)
    said = _said_bands(view, columns, rows - 2)
    foot = entry_band(entry, columns, prompt=f"{_(str(view.mode))}>")
    return [*said, one(count, "bold", cells=columns), foot]


def _line_band(view: ScanView, columns: int) -> Band:
    sheet = view.sheet
    words = f"{sheet.position}/{sheet.lines} {safe(sheet.current.line.description or sheet.current.line.item)}"
    return one(words, cells=columns)


def _mode_band(view: ScanView, columns: int) -> Band:
    word, style = _mode(view)
    return (("[" + centre(word, columns - 2) + "]", style),)


def _mode(view: ScanView) -> tuple[str, str]:
    """Give the scan mode; in its place, on a document that takes no scans, where it stands."""
    if view.sheet.slip.status is SlipStatus.POSTING:
        return _("waits to be posted"), "info"
    if view.sheet.slip.status in DONE:
        return _(str(view.sheet.slip.status)), "info"
    return _(str(view.mode)), "add" if view.mode is ScanMode.ADD else "remove"


def _fitting(text: str, columns: int) -> str:
    """Give up the room around the figures before a figure is cut."""
    return text if width(text) <= columns else " ".join(text.split())


def _progress(view: ScanView) -> str:
    current = view.sheet.current
    if not current.takes_serials:
        return f"   {current.line.units} " + _("no serials")
    if current.line.reversed:
        kept = current.tally.registered
        return f"   {_('reversed')}, {plural('{n} kept', '{n} kept', kept)}"
    text = f"   {current.tally.registered} / {current.line.units}"
    if current.too_many:
        return text + "  " + plural("{n} too many", "{n} too many", current.too_many)
    to_go = _("{n} not scanned") if view.sheet.slip.status in DONE else _("{n} to go")
    return text + "  " + (_("complete") if not current.open_units else to_go.format(n=current.open_units))


def _blanks(view: ScanView) -> str:
    if view.held:
        return plural("{n} scan held", "{n} scans held", view.held)
    blanks = view.sheet.current.tally.blanks
    return _("{n} not readable").format(n=blanks) if blanks else ""


def _owner(view: ScanView, columns: int) -> str:
    slip = view.sheet.slip
    return between(f"{safe(slip.order)} {safe(slip.customer)}", safe(view.operator), columns)


def _said_bands(view: ScanView, columns: int, rows: int) -> list[Band]:
    """Make the verdict's rows: as many as it needs, all in its colour."""
    words = wrap(safe(view.said.text), columns, max(1, rows)) or [""]
    return several(words, view.said.style, cells=columns)


def _list(view: ScanView, columns: int, rows: int) -> list[Band]:
    """Make the newest registrations, newest first; `^` marks what is not at the server yet, `<` what came along."""
    made = []
    for row in view.sheet.rows[: max(0, rows)]:
        mark = " " if row.sent else "^"
        serial = _("(not readable)") if row.serial is None else safe(row.serial)
        start = f"{row.number:>3}{mark}{'<' if row.came_from else ''}"
        made.append(one(start + cut_left(serial, columns - width(start)), cells=columns))
    return made + [one("", cells=columns)] * (max(0, rows) - len(made))
