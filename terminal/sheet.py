"""`scan-terminal sheet`: the site's command barcodes as a PDF, to hang up beside the packing table.

Read from a private copy of the journal, so that it can be printed beside a running terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from terminal.barcodes.commands import Command, command_code
from terminal.cli import Failed
from terminal.domain.views import Shop
from terminal.journal.merging import shop_in
from terminal.journal.printable import printable
from terminal.journal.reading import NotReadable, private_copy
from terminal.journal.schema import FILE
from terminal.printing.command_sheet import CommandSheet, Symbol
from terminal.printing.files import write_file
from terminal.printing.pdf import commands_as_pdf
from terminal.printing.wording import PrintFault
from terminal.ui.sentences import zone_of
from terminal.ui.words import _

_PDF = b"%PDF-"
_DIGITS = tuple(Command(f"N{digit}") for digit in "1234567890")

PAGES: tuple[tuple[Command, ...], ...] = (
    (
        Command.ADD,
        Command.REMOVE,
        Command.NOT_READABLE,
        Command.UNDO,
        Command.NEXT_LINE,
        Command.PREVIOUS_LINE,
    ),
    (Command.FINISH, Command.BACK, Command.CONFIRM, Command.MENU, Command.HELP),
    _DIGITS[:5],
    (*_DIGITS[5:], Command.SIGN_OUT),
)
"""Every command by its use. BACK keeps FINISH and CONFIRM apart, wherever the pages hang: both in a row post."""

_WORDS: Mapping[Command, Callable[[], tuple[str, str]]] = {
    Command.ADD: lambda: (_("ADD"), _("From now on, scans put serials on the line.")),
    Command.REMOVE: lambda: (_("REMOVE"), _("From now on, scans take serials off the line.")),
    Command.NOT_READABLE: lambda: (
        _("Not readable"),
        _("Counts a unit whose serial can't be read. In REMOVE: takes the newest such entry away."),
    ),
    Command.UNDO: lambda: (_("Undo"), _("Takes your last entry on this document back.")),
    Command.NEXT_LINE: lambda: (_("Next line"), _("Goes to the next line of the document; in lists, down.")),
    Command.PREVIOUS_LINE: lambda: (
        _("Previous line"),
        _("Goes to the previous line of the document; in lists, up."),
    ),
    Command.FINISH: lambda: (_("Finish"), _("Shows what is missing on each line, and asks whether to post.")),
    Command.BACK: lambda: (_("Back"), _("Leaves the page. What it asks counts as no.")),
    Command.CONFIRM: lambda: (_("Confirm"), _("Says yes to what the screen asks.")),
    Command.MENU: lambda: (_("Menu"), _("Opens the menu. Its entries are chosen by their digit.")),
    Command.HELP: lambda: (_("Help"), _("Says what the keys do on this page.")),
    Command.SIGN_OUT: lambda: (_("Sign out"), _("Ends your work here. What is stored is sent all the same.")),
}


def print_sheet(directory: Path, backend: str, file: Path, now: datetime) -> int:
    """Write the sheet of the site that the journal in `directory` knows; gives the number of pages.

    `backend` is the server's address, which stands in for a site without a name. An earlier sheet is replaced.

    Raises:
        Failed: the site's key is not known here, the journal can't be read, or the file can't be written.
    """
    shop = _shop(directory)
    if not shop.command_key:
        raise Failed(
            "This terminal does not know its site's key yet: sign in on it once while the link is ON, then print the "
            "sheet."
        )
    try:
        if file.exists() and not _is_pdf(file):
            raise Failed(f"{printable(str(file))} is there and is no PDF, so it is kept: give another name.")
        write_file(file, commands_as_pdf(sheet_of(shop, backend, now), _), over=True)
    except PrintFault as fault:
        raise Failed(fault.sentence(_)) from None
    except OSError as error:
        raise Failed(f"{printable(str(file))} can't be written: {error.strerror}.") from None
    return len(PAGES)


def sheet_of(shop: Shop, backend: str, now: datetime) -> CommandSheet:
    """Put the commands of a site into words, signed with its key and dated by its calendar (D12)."""
    day = now.astimezone(zone_of(shop.time_zone)).strftime("%Y-%m-%d")
    site = shop.site or backend
    return CommandSheet(
        title=_("Command barcodes"),
        origin=(_("{site}, printed on {day}") if site else _("Printed on {day}")).format(site=site, day=day),
        hint=_("Scan one instead of pressing the key. They work at this site only; keep them from strangers."),
        pages=tuple(tuple(_symbol(command, shop.command_key) for command in page) for page in PAGES),
    )


def _symbol(command: Command, key: bytes) -> Symbol:
    if command in _DIGITS:
        digit = command.removeprefix("N")
        heading = _("Choose {digit}")
        sentence = _("Chooses entry {digit} of the menu or list on the screen; where a number is asked for, types it.")
        if digit == "0":
            heading, sentence = _("Digit {digit}"), _("Types a {digit} where a number is asked for.")
        heading, sentence = heading.format(digit=digit), sentence.format(digit=digit)
    else:
        heading, sentence = _WORDS[command]()
    return Symbol(heading, sentence, command_code(command, key))


def _shop(directory: Path) -> Shop:
    if not (directory / FILE).exists():
        return Shop()
    try:
        with private_copy(directory) as connection:
            return shop_in(connection)
    except NotReadable as reason:
        raise Failed(printable(str(reason))) from None


def _is_pdf(file: Path) -> bool:
    """Say whether a file may be replaced: an earlier sheet, or an empty file that was made for it."""
    if not file.is_file():
        return False
    with file.open("rb") as old:
        return old.read(len(_PDF)) in (_PDF, b"")
