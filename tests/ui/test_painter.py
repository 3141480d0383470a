"""The painter, against a terminal emulator: the screen shows what was wanted, and only what changed is sent."""

from __future__ import annotations

import re

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.ui.painter import STYLES, Painter

PROPERTIES = settings(max_examples=150, deadline=None, derandomize=True, database=None)

BAND = st.lists(
    st.tuples(st.text(st.sampled_from("ab c~-品番コé"), max_size=12), st.sampled_from(list(STYLES))), max_size=4
).map(tuple)
SCREEN = st.lists(BAND, max_size=7)
SIZE = st.tuples(st.integers(3, 24), st.integers(1, 6))
SENT = re.compile(r"\x1b\[(?:[0-9;]*H|[0-9;]*m|K|2J)")
COLOURS = {"30": "black", "37": "white", "41": "red", "42": "green", "43": "brown", "45": "magenta", "46": "cyan"}


class Glass:
    """A terminal emulator with a painter on it."""

    def __init__(self, columns: int, rows: int, *, mono: bool = False) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.screen.reset_mode(pyte.modes.DECAWM)  # as the driver sets it
        self.stream = pyte.Stream(self.screen)
        self.sent: list[str] = []
        self.painter = Painter(self._write, columns, rows, mono=mono)

    def _write(self, text: str) -> None:
        self.sent.append(text)
        self.stream.feed(text)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.painter.resize(columns, rows)

    def cells(self) -> list[list[tuple[str, str]]]:
        """Give what a person sees: characters, and the look of each."""
        found = []
        for y in range(self.screen.lines):
            row = [self.screen.buffer[y][x] for x in range(self.screen.columns)]
            found.append([(cell.data, look_of(cell)) for cell in row])
        return found


def look_of(cell: pyte.screens.Char) -> str:
    """Describe a cell's look, the same for a blank whatever its foreground."""
    if not cell.data.strip() and not cell.reverse:
        return f"on {cell.bg}"
    return f"{cell.fg} on {cell.bg}{' bold' * cell.bold}{' reverse' * cell.reverse}"


def wanted_cells(bands, columns: int, rows: int, *, mono: bool = False) -> list[list[tuple[str, str]]]:
    """Say what a screen should look like, without the painter."""
    found = []
    for y in range(rows):
        row: list[tuple[str, str]] = []
        for text, style in bands[y] if y < len(bands) else ():
            codes = STYLES[style].split(";")
            if mono and len(codes) > 1:
                codes = ["0", "1" if style == "bold" else "7"]
            fg = next((COLOURS[c] for c in codes if c in COLOURS and c[0] == "3"), "default")
            bg = next((COLOURS[c] for c in codes if c in COLOURS and c[0] == "4"), "default")
            char = pyte.screens.Char("", fg, bg, bold="1" in codes, reverse="7" in codes)
            for sign in text:
                size = 2 if sign in "品番コ" else 1
                if len(row) + size > columns:
                    break
                row.append((sign, look_of(char._replace(data=sign))))
                row += [("", "tail")] * (size - 1)
        row += [(" ", "on default")] * (columns - len(row))
        found.append(row)
    return found


def same(seen, wanted) -> None:
    for row, want in zip(seen, wanted, strict=True):
        for (sign, look), (sign_wanted, look_wanted) in zip(row, want, strict=True):
            assert sign == sign_wanted
            assert look_wanted in ("tail", look)


@given(SIZE, st.lists(st.tuples(SCREEN, st.none() | SIZE), min_size=1, max_size=6), st.booleans())
@PROPERTIES
def test_the_screen_shows_exactly_what_was_wanted(size, steps, mono):
    glass = Glass(*size, mono=mono)
    for bands, resized in steps:
        if resized:
            size = resized
            glass.resize(*size)
        written = glass.painter.show(bands)
        assert written == (len(glass.sent[-1]) if written else 0)
        same(glass.cells(), wanted_cells(bands, *size, mono=mono))
        assert glass.painter.show(bands) == 0
    for text in glass.sent:
        assert "\x1b" not in SENT.sub("", text)
        assert SENT.sub("", text).isprintable()


def test_a_small_change_costs_little():
    glass = Glass(20, 16)
    glass.painter.show([(("   3 / 5  2 to go", "bold"),)])
    assert glass.painter.show([(("   4 / 5  1 to go", "bold"),)]) < 50
    assert glass.painter.show([()]) < 20


def test_characters_without_a_cell_never_go_out():
    glass = Glass(20, 2)
    glass.painter.show([(("a\x1b[2J\x07\u200b\u0301b\x9bc\r\n", ""),)])
    assert glass.painter.text()[0].rstrip() == "a[2Jbc"
    assert SENT.sub("", "".join(glass.sent)) == "a[2Jbc"


def test_mono_uses_reverse_and_bold_alone():
    glass = Glass(12, 12, mono=True)
    glass.painter.show([((style or "plain", style),) for style in STYLES])
    parameters = set(re.findall(r"\x1b\[([0-9;]*)m", "".join(glass.sent)))
    assert parameters <= {"", "0", "0;1", "0;7"}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_ends_in_the_plain_one(style):
    glass = Glass(12, 2)
    glass.painter.show([(("text", style),)])
    assert style == "" or glass.sent[-1].endswith("\x1b[0m")
