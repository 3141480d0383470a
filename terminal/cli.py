"""The command line: arguments to settings, and what each command does. Exit status: 0 fine, 1 failed, 2 wrong usage.

What a command needs is imported when it runs: `--help` and `journal` should not wait for the screens.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from terminal.settings import Settings, SettingsError, load

PIN = "SCAN_TERMINAL_SIGN_IN_PIN"
"""Environment variable with the PIN that `--operator` signs in with by itself (tests, demo; never in a file)."""
OWN_VARIABLES = frozenset({PIN, "SCAN_TERMINAL_TIME_FACTOR"})


class Failed(Exception):
    """A command could not do what it was asked; the text is one sentence."""


def run_command(arguments: Sequence[str]) -> int:
    """Do what the command line says; gives the exit status.

    Raises:
        SettingsError, Failed: with a sentence for the user.
    """
    given = _parser().parse_args(_with_command(list(arguments)))
    command = given.command or "run"
    if command == "run":
        return open_from(given, settings_from(given))
    if command == "demo":
        from terminal.demo import demo

        return demo(given)
    if command == "enrol":
        return _enrol(given, settings_from(given))
    if command == "explain":
        return _explain(given)
    if command == "sheet":
        return _sheet(given, settings_from(given))
    return _journal(given, settings_from(given))


def open_from(given: argparse.Namespace, settings: Settings) -> int:
    """Open the terminal as the command line says; gives the exit status. Raises SettingsError, Failed."""
    if not settings.backend.url:
        raise SettingsError(
            "backend.url is empty: give the backend's address in the configuration file, as SCAN_TERMINAL_BACKEND_URL, "
            "or with --backend http://HOST:PORT. To try the program without one: scan-terminal demo."
        )
    from terminal.ui.ports import Look
    from terminal.wiring import open_terminal

    look = Look(
        mono=settings.screen.colours == "none" or bool(os.environ.get("NO_COLOR")),
        mouse=settings.screen.mouse,
        bell=settings.terminal.sound,
        lock_after_s=settings.terminal.lock_after_s,
        operator=given.operator or "",
        pin=os.environ.get(PIN, ""),
        document=given.document or "",
        hint=getattr(given, "hint", ""),
    )
    if not sys.stdin.isatty() and not os.environ.get("TEXTUAL_DRIVER"):
        raise Failed("This program needs a terminal: start it in one, or over ssh -t.")
    return open_terminal(settings, look)


def _enrol(given: argparse.Namespace, settings: Settings) -> int:
    from terminal.backend.answers import NoAnswer
    from terminal.journal.store import StorageFault
    from terminal.wiring import enrol

    try:
        file = enrol(settings, given.code)
    except NoAnswer as error:
        raise Failed(f"The server did not enrol this terminal ({error}). Ask for a new code and try again.") from None
    except StorageFault as fault:
        raise Failed(f"The journal can't be opened ({fault.trouble}: {fault.path}).") from None
    except OSError as error:
        raise Failed(f"The token can't be written: {error}") from None
    print(f"Enrolled. The token is in {file}.")
    return 0


def _journal(given: argparse.Namespace, settings: Settings) -> int:
    from terminal.journal import commands

    directory = settings.terminal.directory()
    match given.action:
        case "list":
            return commands.list_events(directory, sys.stdout, document=given.document, problems=given.problems)
        case "show":
            return commands.show_event(directory, sys.stdout, given.sequence)
        case "verify":
            return commands.verify(directory, sys.stdout)
        case _:
            return commands.export(directory, sys.stdout)


def _explain(given: argparse.Namespace) -> int:
    from terminal.barcodes.explaining import explain_arguments, explain_lines

    today = datetime.now(UTC).date()
    if given.codes != ["-"]:
        explain_arguments(given.codes, today, sys.stdout, given.json)
        return 0
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    bad = explain_lines(sys.stdin, today, sys.stdout, given.json)
    if bad:
        raise Failed(f"{bad} of the lines could not be read as a question; the answers say why.")
    return 0


def _sheet(given: argparse.Namespace, settings: Settings) -> int:
    from terminal.journal.printable import say
    from terminal.sheet import print_sheet
    from terminal.ui.words import speak

    speak(settings.terminal.language())
    pages = print_sheet(settings.terminal.directory(), settings.backend.url, Path(given.file), datetime.now(UTC))
    say(sys.stdout, f"The sheet is in {given.file}: {pages} pages. Print it on A4, at its own size.")
    return 0


def settings_from(given: argparse.Namespace) -> Settings:
    """Read the settings with the command line's flags on top. Raises SettingsError."""
    flags = {
        "backend.url": given.backend,
        "terminal.data_dir": given.data,
        "terminal.lang": given.lang,
        "scanner.sources": tuple(given.scanner) if given.scanner else None,
    }
    environ = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return load(Path(given.config) if given.config else None, environ, flags)


def _with_command(arguments: list[str]) -> list[str]:
    """Put `run` in front where no command is given, so that its flags work without it."""
    if any(argument in {"-h", "--help"} for argument in arguments[:1]):
        return arguments
    if not arguments or arguments[0].startswith("-"):
        return ["run", *arguments]
    return arguments


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings (TOML); see config/terminal.toml")
    common.add_argument("--backend", metavar="URL", help="the backend's address")
    common.add_argument("--scanner", metavar="SPEC", action="append", help="keyboard, serial:PATH, socket://HOST:PORT")
    common.add_argument("--data", metavar="DIR", help="where the journal lives")
    common.add_argument("--lang", metavar="LANG", help="language of the screens")
    work = _Parser(add_help=False)
    work.add_argument("--operator", metavar="ID", help="who signs in; the PIN is still asked for")
    work.add_argument("--document", metavar="NUMBER", help="the slip to open after signing in")

    parser = _Parser(prog="scan-terminal", description="Scan serial numbers onto packing slips.")
    commands = parser.add_subparsers(dest="command", parser_class=_Parser)
    commands.add_parser("run", parents=[common, work], help="open the terminal (the default)")
    demo = commands.add_parser("demo", parents=[common, work], help="open it on a demo backend of its own")
    demo.add_argument("--port", type=int, default=0, help="port of the demo backend; 0 takes a free one")
    demo.add_argument("--keep", metavar="DIR", help="keep what the demo made, here")
    enrol = commands.add_parser("enrol", parents=[common], help="bind this terminal to a site")
    enrol.add_argument("code", help="the code that an administrator gave")
    journal = commands.add_parser("journal", help="look at the local record; never writes")
    actions = journal.add_subparsers(dest="action", required=True, parser_class=_Parser)
    listing = actions.add_parser("list", parents=[common], help="the events, newest last")
    listing.add_argument("--document", metavar="NUMBER", help="only those of one document")
    listing.add_argument("--problems", action="store_true", help="only those that the server refused")
    show = actions.add_parser("show", parents=[common], help="one event, whole")
    show.add_argument("sequence", type=int)
    actions.add_parser("verify", parents=[common], help="replay the events and compare")
    actions.add_parser("export", parents=[common], help="JSON Lines, one event a line")
    explain = commands.add_parser("explain", help="say how barcodes are understood")
    explain.add_argument("--json", action="store_true", help="one JSON object a line")
    explain.add_argument("codes", metavar="CODE", nargs="+", help=r"escapes such as \x1d; - reads JSON Lines with raw")
    sheet = commands.add_parser("sheet", parents=[common], help="print the site's command barcodes")
    sheet.add_argument("file", metavar="FILE.pdf", help="where to; an earlier sheet there is replaced")
    return parser
