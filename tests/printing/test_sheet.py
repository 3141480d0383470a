"""The sheet of command barcodes, read back as a scanner reads it, and the command that prints it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
import zxingcpp

from terminal import sheet
from terminal.__main__ import main
from terminal.barcodes.commands import Command, command_code, command_of
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.journal.schema import FILE
from terminal.printing import codes
from terminal.printing.command_sheet import AT_MOST, COMMANDS, CommandSheet, Symbol, pages_of_commands
from terminal.printing.faces import SERIAL, TEXT, advance_of
from terminal.printing.marks import Bars, Text
from terminal.printing.pages import Faces
from terminal.printing.pdf import commands_as_pdf

from ..journal.world import ITEMS, PEOPLE, open_journal
from . import paper

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
SHOP = Shop(site="HAMBURG", time_zone="Europe/Berlin", operators=PEOPLE, slip_prefix="T1", command_key=KEY)
LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
"""Tomorrow in Berlin."""
MM = 72 / 25.4
"""Points."""
DPI = 150


def pdf_of(shop: Shop = SHOP, backend: str = "https://wms.example:8443") -> bytes:
    return commands_as_pdf(sheet.sheet_of(shop, backend, LATE))


def read(pdf: bytes) -> list[list[zxingcpp.Barcode]]:
    """What a scanner reads on each page, from the top."""
    pages = [zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.Code128) for image in paper.images(pdf, DPI)]
    return [sorted(page, key=lambda code: code.position.top_left.y) for page in pages]


@pytest.fixture(scope="module")
def read_pages() -> list[list[zxingcpp.Barcode]]:
    return read(pdf_of())


def test_every_symbol_is_its_command_signed_by_the_site(read_pages: list[list[zxingcpp.Barcode]]) -> None:
    texts = [[code.text for code in page] for page in read_pages]
    assert texts == [[command_code(command, KEY) for command in page] for page in sheet.PAGES]
    assert [[command_of(text, KEY) for text in page] for page in texts] == [list(page) for page in sheet.PAGES]
    assert {command_of(text, OTHER) for page in texts for text in page} == {None}
    assert {command_of(text, b"") for page in texts for text in page} == {None}


def test_all_commands_are_there_once_and_finishing_is_not_beside_confirming() -> None:
    order = [command for page in sheet.PAGES for command in page]
    assert sorted(order) == sorted(Command)
    assert abs(order.index(Command.FINISH) - order.index(Command.CONFIRM)) > 1


def test_symbols_are_large_and_far_from_each_other(read_pages: list[list[zxingcpp.Barcode]]) -> None:
    dots = DPI / 25.4
    for page in read_pages:
        for upper, lower in pairwise(page):
            assert lower.position.top_left.y - upper.position.bottom_left.y >= 20 * dots
    faces = Faces(advance_of(TEXT), advance_of(SERIAL))
    for laid in pages_of_commands(sheet.sheet_of(SHOP, "", LATE), faces, str):
        bars = [mark for mark in laid.marks if isinstance(mark, Bars)]
        texts = [mark for mark in laid.marks if isinstance(mark, Text)]
        for mark in bars:
            assert mark.module >= 0.5 * MM
            assert mark.height >= 15 * MM
            quiet = codes.QUIET * mark.module
            assert mark.x >= quiet
            assert mark.x + codes.modules(mark.text) * mark.module + quiet <= COMMANDS.width
            # words stand above and below, never beside
            assert not [t for t in texts if t.y < mark.y + mark.height and t.y + t.size > mark.y]


def test_it_says_whose_it_is_of_which_day_and_what_each_symbol_does() -> None:
    said = paper.text(pdf_of())
    assert said.count("HAMBURG, printed on 2026-03-02") == len(sheet.PAGES)
    for words in ("Not readable", "Choose 9", "Sign out", "Says yes to what the screen asks.", "Page 4 of 4"):
        assert words in said
    assert command_code(Command.FINISH, KEY) in said
    nameless = Shop(command_key=KEY)
    assert "https://wms.example:8443, printed on 2026-03-01" in paper.text(pdf_of(nameless))
    assert "Printed on 2026-03-01" in paper.text(pdf_of(nameless, ""))


@pytest.mark.parametrize("words", ["扫描条形码代替按键", "as long as German words get, twice over, "])
def test_words_of_any_language_are_drawn_and_leave_the_bars_alone(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr(sheet, "_", lambda text: f"{words}{text}")
    pdf = pdf_of()
    assert f"{words}ADD" in paper.text(pdf)
    assert {piece.font for piece in paper.pieces(pdf) if "扫描" in piece.text} <= {"DroidSansFallback"}
    assert [len(page) for page in read(pdf)] == [len(page) for page in sheet.PAGES]


def test_a_page_takes_no_more_than_it_has_room_for() -> None:
    full = CommandSheet("", "", "", ((Symbol("a", "b", "c"),) * (AT_MOST + 1),))
    with pytest.raises(ValueError, match="room for 6"):
        commands_as_pdf(full)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal that is open, as a running terminal's is."""
    (tmp_path / "data").mkdir()
    made = open_journal(tmp_path / "data")
    made.merging.take_master(SHOP, ITEMS)
    yield made
    made.store.close()


def printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path | str) -> int:
    """Run the command in this process, where no journal is open; gives its exit status."""
    monkeypatch.setattr(sys, "argv", ["scan-terminal", "sheet", str(file), "--data", str(tmp_path / "data")])
    return main()


def test_the_command_prints_beside_a_running_terminal_and_replaces_an_earlier_sheet(
    journal: Journal, tmp_path: Path
) -> None:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(b"%PDF-1.4 an older one")
    before = (tmp_path / "data" / FILE).read_bytes()
    command = [sys.executable, "-m", "terminal", "sheet", str(file), "--data", str(tmp_path / "data"), "--lang", "nb"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(file) in done.stdout
    assert KEY.hex() not in done.stdout
    assert [code.text for code in read(file.read_bytes())[1]] == [command_code(each, KEY) for each in sheet.PAGES[1]]
    assert (tmp_path / "data" / FILE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "sheet.pdf"]


def test_what_stands_in_the_way_is_said_in_one_sentence(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.store.close()
    note = tmp_path / "settings.toml"
    note.write_text("[backend]\n")
    for file, says in (
        (note, "settings.toml is there and is no PDF, so it is kept"),
        (tmp_path, "is there and is no PDF, so it is kept"),
        (tmp_path / "nowhere" / "sheet.pdf", "Nothing can be saved in"),
        (note / "sheet.pdf", "settings.toml: Not a directory."),
        ("/proc/sheet.pdf", "Nothing can be saved in /proc"),
    ):
        assert printed(monkeypatch, tmp_path, file) == 1
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        assert says in told.err
    assert note.read_text() == "[backend]\n"
    assert printed(monkeypatch, tmp_path, tmp_path / "sheet.pdf") == 0


@pytest.mark.parametrize("known", ["no journal", "a journal without a key"])
def test_without_a_key_it_says_to_sign_in_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], known: str
) -> None:
    if known != "no journal":
        (tmp_path / "data").mkdir()
        made = open_journal(tmp_path / "data")
        made.merging.take_master(Shop(site="HAMBURG"), ITEMS)
        made.store.close()
    assert printed(monkeypatch, tmp_path, tmp_path / "sheet.pdf") == 1
    assert capsys.readouterr().err == (
        "scan-terminal: This terminal does not know its site's key yet: sign in on it once while the link is ON, "
        "then print the sheet.\n"
    )
    assert not (tmp_path / "sheet.pdf").exists()


def test_a_damaged_journal_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_text("no database at all, but long enough to be one\n" * 99)
    assert printed(monkeypatch, tmp_path, tmp_path / "sheet.pdf") == 1
    assert "is damaged" in capsys.readouterr().err
