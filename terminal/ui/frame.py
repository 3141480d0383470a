"""The parts that every screen shares: header, entry line, key bar, lists to choose from. Plain functions and values."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from terminal.domain.views import LineView
from terminal.ui.cells import Band, between, cut_left, cut_middle, cut_right, one, pad, safe, several, width, wrap
from terminal.ui.labels import label
from terminal.ui.messages import Pressed
from terminal.ui.ports import Link, State
from terminal.ui.words import _, plural

CHARGED = "$"
"""Marks units on posted invoices."""
DIGITS = "1234567890"
"""The digits to touch, as they stand in their row."""
DIGIT_ROWS = 8
"""Rows of a screen from which digits to touch have a row of their own."""
MENU_ROWS = 8
"""Rows of a screen from which its top row is sure to be the header, which opens the menu when it is touched."""
LEAST_MARKED = 3
"""Rows of a list from which one says how much there is beyond those that are shown."""
Keys = Sequence[tuple[str, str]]
"""Keys that work now: name and a short word."""


def standing_words(state: State) -> str:
    """Say in a few cells what waits to be sent, what went wrong, and how the link is."""
    parts = []
    if state.standing.problems:
        parts.append(f"!{state.standing.problems}")
    if state.standing.unsent:
        parts.append(f"^{state.standing.unsent}")
    link = {
        Link.ONLINE: _("ON"),
        Link.DEGRADED: _("SLOW"),
        Link.OFFLINE: _("OFF"),
        Link.DENIED: _("DENIED"),
        Link.NONE: _("LOCAL"),
    }
    return " ".join([*parts, link[state.link]])


def promise(state: State) -> str:
    """Say in one line what is stored here and what of it is at the server."""
    standing = state.standing
    return _("{stored} stored here, {answered} at the server").format(
        stored=standing.stored, answered=standing.answered
    )


def promise_bands(state: State, columns: int) -> list[Band]:
    """Make the rows that say it: two on a narrow screen."""
    return several(wrap(promise(state), columns, 2), cells=columns)


def header(title: str, state: State, columns: int) -> Band:
    """Make the top row: document or screen at the left; problems, unsent events and link at the right."""
    return ((between(safe(title), standing_words(state), columns), "title"),)


def entry_band(entry: str, columns: int, *, hidden: bool = False, prompt: str = ">") -> Band:
    """Make the row of what is being typed; its end stays in sight."""
    shown = "*" * len(entry) if hidden else safe(entry)
    room = max(1, columns - width(prompt) - 1)
    return one(f"{prompt} {cut_left(shown, room)}" if shown else prompt, cells=columns)


def number_bands(entry: str, columns: int, rows: int, *, prompt: str) -> list[Band]:
    """Make the rows above the key bar where a number is typed or, digit by digit, touched."""
    made = [entry_band(entry, columns, prompt=prompt)]
    if rows >= DIGIT_ROWS:
        wide = _digit_width(columns)
        made.append(one("".join(digit.ljust(wide) for digit in DIGITS)[:columns], cells=columns))
    return made


def digit_at(keys: Keys, columns: int, screen_rows: int, row: int, column: int) -> str | None:
    """Find the digit that was touched, in the row of `number_bands`."""
    if screen_rows < DIGIT_ROWS or row != screen_rows - len(key_rows(keys, columns, screen_rows)) - 1:
        return None
    at = column // _digit_width(columns)
    return DIGITS[at] if at < len(DIGITS) else None


def _digit_width(columns: int) -> int:
    return max(1, min(4, columns // len(DIGITS)))


def said_bands(words: str, style: str, columns: int, rows: int) -> list[Band]:
    """Make the rows of what a list says, in a screen of `rows`: on a handheld a whole sentence, with its remedy."""
    most = 7 if rows >= 16 else 3 if rows >= 8 else 1
    return several(wrap(safe(words), columns, most), style, cells=columns) if words else []


def stack(top: Sequence[Band], body: Sequence[Band], foot: Sequence[Band], rows: int) -> list[Band]:
    """Put a screen together. On a screen too low for all of it the header gives way first, the key bar next."""
    top, body, foot = list(top), list(body), list(foot)
    while len(top) + len(body) + len(foot) > rows:
        if top:
            top.pop(0)
        elif len(foot) > 1:
            foot.pop()
        else:
            body.pop()
    return [*top, *body, *[()] * (rows - len(top) - len(body) - len(foot)), *foot]


def key_rows(keys: Keys, columns: int, screen_rows: int) -> list[list[tuple[str, str]]]:
    """Spread the keys over the bar's rows: one on a low screen, two at the most; the rest is left out."""
    limit = 1 if screen_rows < 12 else 2
    spread: list[list[tuple[str, str]]] = [[]]
    used = 0
    for name, word in keys:
        size = width(_label(name, word))
        if used and used + 1 + size > columns:
            if len(spread) == limit:
                continue
            spread.append([])
            used = 0
        used += size + (1 if used else 0)
        spread[-1].append((name, word))
    return spread


def key_bar(keys: Keys, columns: int, screen_rows: int) -> list[Band]:
    """Make the rows of the key bar, which stand at the bottom of the screen."""
    bands: list[Band] = []
    for row in key_rows(keys, columns, screen_rows):
        text = " ".join(_label(name, word) for name, word in row)
        bands.append(((cut_right(text, columns), "bold"),))
    return bands


def keys_left_out(keys: Keys, columns: int, screen_rows: int) -> Keys:
    """Give the keys that the bar has no room for: the menu offers them to who has no keys to press."""
    shown = [key for row in key_rows(keys, columns, screen_rows) for key in row]
    return [key for key in keys if key not in shown]


def key_at(keys: Keys, columns: int, screen_rows: int, row: int, column: int) -> str | None:
    """Find the key whose label was touched, by its place on the screen; the top row stands for the menu's key."""
    if row == 0 and screen_rows >= MENU_ROWS:
        return "f1"
    spread = key_rows(keys, columns, screen_rows)
    row -= screen_rows - len(spread)
    if not 0 <= row < len(spread):
        return None
    at = 0
    for name, word in spread[row]:
        size = width(_label(name, word))
        if at <= column < at + size + 1:
            return name
        at += size + 1
    return None


def _label(name: str, word: str) -> str:
    key = label(name)
    return f"{key}{word}" if key[-1].isdigit() else f"{key}={word}"


def line_words(view: LineView) -> tuple[str, str]:
    """Name a line and what is on it."""
    if not view.takes_serials:
        return view.line.description, f"{view.line.units} -"
    sign = "!" if view.too_many else ("*" if not view.open_units else "")
    return view.line.description, f"{view.tally.registered}/{view.line.units}{sign}"


class Choices(Struct):
    """A list to choose from: by number, by arrows, by touch. `entries` are (left, right) texts.

    Pages hand it keys and digits, and do with the place that it gives back what choosing means there.
    """

    entries: Sequence[tuple[str, str]] = ()
    selected: int = 0
    first: int = 0
    shown: int = field(default=1)
    top: int = field(default=0)
    briefs: Sequence[str] = ()
    """What stands for each entry where the whole doesn't fit: its tail stays in sight, the right text gives way."""
    by_pages: bool = True
    """Whether F6 and F7 turn whole pages. In short lists they move by one, for devices without arrows."""
    numbered: bool = True
    """Whether each entry shows its place: not where a typed number is a serial or a quantity."""
    columns: int = 0
    """How wide the list was laid out: a touch beside it chooses nothing."""

    def put(self, entries: Sequence[tuple[str, str]], briefs: Sequence[str] = ()) -> None:
        """Show other entries; the selection stays where it can."""
        self.entries, self.briefs = entries, briefs
        self.selected = max(0, min(self.selected, len(entries) - 1))

    def move(self, by: int) -> None:
        """Move the selection."""
        self.selected = max(0, min(self.selected + by, len(self.entries) - 1))

    def turn(self, pages: int) -> None:
        """Move by whole pages: what is shown moves as far as the selection."""
        step = pages * max(1, self.shown)
        self.move(step)
        self.first = max(0, min(self.first + step, len(self.entries) - self.shown))

    def bands(self, columns: int, rows: int, top: int) -> list[Band]:
        """Make the rows of the list; `top` is where it begins on the screen, for touches."""
        marked = len(self.entries) > rows >= LEAST_MARKED
        self.shown, self.top, self.columns = max(1, rows - marked), top, columns
        if self.selected < self.first:
            self.first = self.selected
        elif self.selected >= self.first + self.shown:
            self.first = self.selected - self.shown + 1
        self.first = max(0, min(self.first, len(self.entries) - self.shown))
        made: list[Band] = []
        for at in range(self.first, min(self.first + self.shown, len(self.entries))):
            made.append(((pad(self._text(at, columns), columns), "selected" if at == self.selected else ""),))
        return [*made, one(self._beyond(), "info", cells=columns)] if marked else made

    def pressed(self, key: Pressed) -> int | None:
        """Move by a key, or give the place that it chooses: by an Enter that can't be part of a scan, or by touch."""
        match key.name:
            case "up" | "down":
                self.move(1 if key.name == "down" else -1)
            case "f6" | "f7" if not self.by_pages:
                self.move(1 if key.name == "f7" else -1)
            case "f6" | "f7" | "pageup" | "pagedown":
                self.turn(1 if key.name in {"f7", "pagedown"} else -1)
            case "enter" if key.fresh and self.entries:
                return self.selected
            case "mouse" if key.column < self.columns and self._touched(key.row):
                return self.selected
        return None

    def digit(self, digit: int) -> int | None:
        """Give the place that a digit alone chooses: none where it may begin a longer number."""
        return digit - 1 if 0 < digit <= len(self.entries) <= 9 else None

    def _text(self, at: int, columns: int) -> str:
        number = f"{at + 1} " if self.numbered else ""
        left, right = (safe(text) for text in self.entries[at])
        room = columns - width(number)
        beside = room - width(right) - 1
        if self.briefs and width(left) > beside:
            left = safe(self.briefs[at])
            if width(left) > beside:
                return number + cut_middle(left, room)
        return between(number + left, right, columns) if right else number + left

    def _beyond(self) -> str:
        """Say how many entries are above and below those that are shown."""
        above, below = self.first, len(self.entries) - self.first - self.shown
        if above and below:
            return _("{above} above, {below} below").format(above=above, below=below)
        if above:
            return plural("{n} more above", "{n} more above", above)
        return plural("{n} more below", "{n} more below", below)

    def _touched(self, row: int) -> bool:
        """Select what was touched, by its row on the screen; says whether there was anything."""
        at = self.first + row - self.top
        if self.top <= row < self.top + self.shown and at < len(self.entries):
            self.selected = at
            return True
        return False
