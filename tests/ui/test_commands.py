"""Command barcodes: what a key does, done by a scan, where the screen offers it and this site signed it (D13)."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from terminal.barcodes.commands import Command, command_code
from terminal.domain.documents import ScanMode
from terminal.ui.messages import Scanned
from terminal.ui.pages.documents import DocumentsPage
from terminal.ui.pages.drafting import DraftingPage
from terminal.ui.pages.finish import FinishPage
from terminal.ui.pages.marking import MarkManyPage
from terminal.ui.pages.menu import MenuPage
from terminal.ui.pages.notices import AskPage, HelpPage
from terminal.ui.pages.order import OrderDocumentsPage
from terminal.ui.pages.scanning import ScanningPage
from terminal.ui.pages.sign_in import SignInPage
from terminal.ui.ports import NotHere
from tests.ui.test_app import Shown, open_slip, running, sign_in

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture
async def app() -> AsyncIterator[Shown]:
    async with running() as app:
        app.desk.shop = replace(app.desk.shop, command_key=KEY)
        yield app


at_every_size = pytest.mark.parametrize("size", [(20, 16), (40, 8), (80, 24)], ids=str)
Size = tuple[int, int]


def words(app: Shown) -> str:
    return " ".join(" ".join(app.rows).split())


async def touch(app: Shown, *texts: str) -> None:
    """Touch what stands on the screen: a key's name, or a digit of the row of digits."""
    for text in texts:
        digits = [y for y, shown in enumerate(app.rows) if text.isdigit() and shown.split() == [*"1234567890"]]
        row = max(digits or [y for y, shown in enumerate(app.rows) if text in shown])
        await app.type(b"\x1b[<0;%d;%dM" % (app.rows[row].index(text) + 1, row + 1))


async def scan(app: Shown, *commands: Command, key: bytes = KEY) -> None:
    for command in commands:
        await app.type(command_code(command, key).encode() + b"\r")


async def test_a_slip_is_worked_on_and_posted_by_scanning_alone(app):
    await open_slip(app)
    await app.type(b"SN-1\r")
    await scan(app, Command.REMOVE)
    assert app.top.mode is ScanMode.REMOVE
    await scan(app, Command.REMOVE)
    assert app.top.mode is ScanMode.REMOVE
    await app.type(b"SN-1\r")
    await scan(app, Command.ADD, Command.NOT_READABLE)
    assert app.top.mode is ScanMode.ADD
    assert "OK not readable" in " ".join(app.rows)
    await scan(app, Command.UNDO)
    assert "undone" in " ".join(app.rows)
    await app.type(b"SN-2\r")
    await scan(app, Command.FINISH)
    assert isinstance(app.top, FinishPage)
    asked = len(app.desk.asked)
    await scan(app, Command.CONFIRM)
    assert any(each[0] == "record" for each in app.desk.asked[asked:])


@pytest.mark.parametrize("command", list(Command))
async def test_a_command_that_another_site_signed_is_a_scan_and_changes_nothing(app, command):
    await open_slip(app)
    code = command_code(command, OTHER)
    app.desk.named = {code: NotHere("command", code)}
    await scan(app, command, key=OTHER)
    assert isinstance(app.top, ScanningPage)
    assert app.top.mode is ScanMode.ADD
    assert not [each for each in app.desk.asked if each[0] == "record"]
    assert "no command of this site" in " ".join(" ".join(app.rows).split())


async def test_a_command_that_nobody_signed_answers_no_question(app):
    await open_slip(app)
    await app.type(b"SN-1\r")
    await scan(app, Command.FINISH)
    assert isinstance(app.top, FinishPage)
    asked = len(app.desk.asked)
    await scan(app, Command.CONFIRM, key=OTHER)
    assert isinstance(app.top, ScanningPage)
    assert not [each for each in app.desk.asked[asked:] if each[0] == "record"]


async def test_a_command_that_a_question_does_not_offer_is_said_over_it(app):
    await sign_in(app)
    await scan(app, Command.SIGN_OUT, Command.NEXT_LINE)
    assert "does nothing here" in " ".join(" ".join(app.rows).split())


async def test_without_a_key_no_command_counts(app):

    app.desk.shop = replace(app.desk.shop, command_key=b"")
    await open_slip(app)
    await scan(app, Command.FINISH, key=b"")
    assert isinstance(app.top, ScanningPage)


async def test_a_command_that_the_screen_does_not_offer_says_so(app):
    await sign_in(app)
    for command in (Command.UNDO, Command.ADD, Command.NOT_READABLE, Command.FINISH):
        await scan(app, command)
        assert isinstance(app.top, DocumentsPage)
        assert "does nothing here" in " ".join(" ".join(app.rows).split())


async def test_menu_choices_help_back_and_sign_out(app):
    await sign_in(app)
    await scan(app, Command.MENU)
    assert isinstance(app.top, MenuPage)
    await scan(app, Command.CHOOSE_1)
    assert isinstance(app.top, HelpPage)
    await scan(app, Command.BACK)
    assert isinstance(app.top, DocumentsPage)
    await scan(app, Command.HELP)
    assert isinstance(app.top, HelpPage)
    await scan(app, Command.BACK, Command.SIGN_OUT)
    assert isinstance(app.top, AskPage)
    await scan(app, Command.BACK)
    assert isinstance(app.top, DocumentsPage)
    await scan(app, Command.SIGN_OUT, Command.CONFIRM)
    assert isinstance(app.top, SignInPage)
    await scan(app, Command.SIGN_OUT)
    assert "does nothing here" in " ".join(" ".join(app.rows).split())
    await scan(app, Command.CONFIRM)
    assert isinstance(app.top, SignInPage)


async def test_a_command_that_is_read_twice_is_done_once(app):
    await open_slip(app)
    code = command_code(Command.NOT_READABLE, KEY).encode() + b"\r"
    await app.now(code, code)
    await app.until(lambda: "OK not readable" in " ".join(app.rows) or "done once" in " ".join(app.rows))
    assert len([each for each in app.desk.asked if each[0] == "record"]) == 1


async def test_scans_and_commands_keep_their_order(app):
    await open_slip(app)
    add, remove = (command_code(each, KEY) for each in (Command.ADD, Command.REMOVE))
    await app.now(f"SN-1\r{remove}\rSN-1\r{add}\rSN-2\r".encode())
    await app.until(lambda: "OK SN-2" in " ".join(app.rows))
    modes = [each[3] for each in app.desk.asked if each[0] == "scan"]
    assert modes == [ScanMode.ADD, ScanMode.REMOVE, ScanMode.ADD]


async def test_a_plain_scan_still_answers_no_question(app):
    await sign_in(app)
    await scan(app, Command.SIGN_OUT)
    await app.type(b"PS-1002\r")
    assert isinstance(app.top, ScanningPage)


# -- commands where no serials are scanned


async def test_on_what_is_posted_finish_shows_what_is_next_and_what_does_nothing_says_so(app):
    await open_slip(app)
    await scan(app, Command.FINISH, Command.CONFIRM)  # a unit is missing
    assert isinstance(app.top, FinishPage)
    assert "NO That command does nothing here." in words(app)
    await scan(app, Command.BACK)
    await app.type(b"SN-1\r")
    await scan(app, Command.FINISH, Command.CONFIRM)
    app.desk.post("PS-1002")
    app.news("PS-1002")
    await app.caught_up()
    assert "OK Posted." in words(app)
    await scan(app, Command.UNDO)
    assert "NO That command does nothing here." in words(app)
    await scan(app, Command.FINISH)
    assert isinstance(app.top, MenuPage)
    assert "Serials" in words(app)


async def test_a_slip_is_drafted_by_scanning_alone(app):
    await sign_in(app)
    await app.type(b"SO-2001\r")
    await scan(app, Command.FINISH)
    assert isinstance(app.top, MenuPage)
    await scan(app, Command.CHOOSE_1)
    assert isinstance(app.top, DraftingPage)
    await scan(app, Command.CHOOSE_3, Command.CONFIRM, Command.CHOOSE_0)
    assert "3/5" in words(app)
    assert "units> 0" in words(app)
    await scan(app, Command.CONFIRM)
    assert app.top.units == {1: 3, 2: 0}
    await scan(app, Command.CHOOSE_1, Command.BACK)
    assert isinstance(app.top, DraftingPage)
    assert app.top.digits == ""
    await scan(app, Command.BACK)
    assert isinstance(app.top, DraftingPage)
    assert "Nothing is drafted yet." in words(app)
    await scan(app, Command.FINISH)
    assert app.desk.did("make_slip") == [("SO-2001", ((1, 3),))]


# -- numbers without a keyboard


async def many(app: Shown) -> None:
    """Ask for several units that are not readable, of a line of three."""
    await sign_in(app)
    await app.type(b"PS-1001\r")
    page = app.top
    app.enter(MarkManyPage(app, page.sheet.current, page))
    await app.caught_up()


@at_every_size
async def test_units_that_are_not_readable_are_counted_by_the_sheet_alone(size: Size):
    async with running(size=size) as app:
        app.desk.shop = replace(app.desk.shop, command_key=KEY)
        await many(app)
        await scan(app, Command.CHOOSE_2)
        assert "units> 2" in words(app)
        await scan(app, Command.CONFIRM)
        assert "Mark 2 units as not readable?" in words(app)
        await scan(app, Command.CONFIRM)
        assert app.desk.did("mark_many") == [("PS-1001", 1, 2)]


@at_every_size
async def test_units_that_are_not_readable_are_counted_by_touch_alone(size: Size):
    async with running(size=size) as app:
        await many(app)
        assert "touch its digits" in words(app)
        await touch(app, "1", "0")
        assert "units> 10" in words(app)
        await touch(app, "F3Back")  # clears what was begun
        assert isinstance(app.top, MarkManyPage)
        await touch(app, "2", "Ent=take")
        assert "Mark 2 units as not readable?" in words(app)
        await touch(app, "Ent=mark")
        assert app.desk.did("mark_many") == [("PS-1001", 1, 2)]


@at_every_size
async def test_the_units_of_a_draft_are_touched_and_none_that_is_begun_is_passed_over(size: Size):
    async with running(size=size) as app:
        await sign_in(app)
        await app.type(b"SO-2001\r")
        assert isinstance(app.top, OrderDocumentsPage)
        await touch(app, "Ent=slip", "4", "Ent=set")
        assert app.top.units == {1: 4, 2: 2}
        await touch(app, "1", "F8Draft")
        assert app.desk.did("make_slip") == []
        assert app.top.units == {1: 4, 2: 1}
        await touch(app, "F8Draft")
        assert app.desk.did("make_slip") == [("SO-2001", ((1, 4), (2, 1)))]


async def test_a_digit_that_is_touched_and_one_that_is_typed_are_one_number_but_a_scan_is_a_scan(app):
    await sign_in(app)
    await app.type(b"SO-2001\r")
    await touch(app, "Ent=slip", "0")
    await app.type(b"3", b"\r")
    assert app.top.units == {1: 3, 2: 2}
    await touch(app, "1")
    app.hear([Scanned("SAW", "serial", by_scanner=True)])
    await app.caught_up()
    assert app.top.choices.selected == 1
    assert app.top.digits == ""
    await app.type(b"2", b"\x1b[19~")  # F8 takes what was typed, too, before it drafts
    assert app.desk.did("make_slip") == []
    assert app.top.units == {1: 3, 2: 2}
