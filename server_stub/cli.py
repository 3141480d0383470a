"""The command line. Everything heavy is imported by the command that needs it, so that `--help` is quick.

Exit status: 0 fine, 1 failed with a sentence on stderr, 2 wrong usage or configuration, 70 internal error.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from server_stub.settings import Settings, WrongSetting, load

OK, FAILED, WRONG_USAGE, INTERNAL = 0, 1, 2, 70


class Failed(Exception):
    """A command could not do what was asked; the text says why."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives the exit status."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given)
    except WrongSetting as error:
        return _say(error, WRONG_USAGE)
    except Failed as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of a pipe has seen enough
        return OK
    except Exception as error:  # noqa: BLE001 - the last resort: a report and status 70
        return _internal(error)


def settings_of(given: argparse.Namespace) -> Settings:
    """Read the settings as file, environment and flags give them. Raises WrongSetting."""
    flags = {
        "server": {"host": getattr(given, "host", None), "port": getattr(given, "port", None)},
        "database": {"url": given.database},
    }
    return load(given.config, os.environ, flags)


def _run(given: argparse.Namespace) -> int:
    if given.command == "serve":
        return _serve(given)
    from server_stub import commands

    return commands.run(given, settings_of(given))


def _serve(given: argparse.Namespace) -> int:
    settings = settings_of(given)
    if not given.demo:
        return _serve_over(given, settings, settings.database.url)
    if given.database:
        return _serve_over(given, settings, given.database)
    with tempfile.TemporaryDirectory(prefix="server-stub-demo-") as directory:
        return _serve_over(given, settings, f"sqlite:///{directory}/demo.db")


def _serve_over(given: argparse.Namespace, settings: Settings, url: str) -> int:
    from server_stub.commands import opened, up_to_date
    from server_stub.schema_version import upgrade
    from server_stub.serving import serve

    engine = opened(url)
    try:
        if given.demo:
            from server_stub.demo import load_demo

            upgrade(engine)
            load_demo(engine)
        up_to_date(engine)
        return serve(settings, engine, demo=given.demo, end_with_stdin=given.end_with_stdin)
    except OSError as error:
        where = f"{settings.server.host}:{settings.server.port}"
        raise Failed(f"{where} can't be listened on: {error.strerror}; choose another --port or --host") from None
    finally:
        engine.dispose()


def _say(error: Exception, status: int) -> int:
    print(f"server-stub: {error}", file=sys.stderr)
    return status


def _internal(error: Exception) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="server-stub-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        traceback.print_exception(error, file=report)
    print(f"server-stub: an internal error happened; the report is in {report.name}", file=sys.stderr)
    return INTERNAL


def _parser() -> argparse.ArgumentParser:
    everywhere = _shared(None)
    parser = argparse.ArgumentParser("server-stub", description="The reference backend of the scan terminals.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, explained: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[everywhere], help=explained, description=explained)

    serving = command("serve", "serve terminals; prints its URL when ready")
    serving.add_argument("--host", metavar="H")
    serving.add_argument("--port", metavar="P", help="0 takes a free one")
    serving.add_argument("--demo", action="store_true", help="with demo data; loopback needs no enrolment")
    serving.add_argument(
        "--end-with-stdin",
        action="store_true",
        help="end when stdin does: whoever started it with a pipe there is gone",
    )
    command("init", "make the tables in an empty database")
    command("upgrade", "bring the tables of an older version up to date")
    importing = command("import", "import master data from CSV, all or nothing")
    importing.add_argument("what", nargs="+", metavar="KIND FILE.csv | DIRECTORY")
    exporting = command("export", "write CSV or JSON Lines to stdout")
    exporting.add_argument("what", choices=["registrations", "corrections", "recalls", "audit", "events"])
    exporting.add_argument("--format", choices=["csv", "jsonl"], default="csv", help="csv unless it is given")
    exporting.add_argument("--document", metavar="NUMBER", help="of one document only")
    _orders(command("order", "orders: take shipped units back"))
    _sites(command("site", "sites: a new key for the command barcodes"))
    _people_and_terminals(command("user", "operators: add, pin, list, duties"), command("terminal", "terminals"))
    return parser


def _shared(default: str | None) -> argparse.ArgumentParser:
    """Give the flags that every command takes."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, metavar="FILE", default=default, help="settings (TOML)")
    shared.add_argument("--database", metavar="URL", default=default, help="such as sqlite:///stock.db")
    return shared


def _orders(order: argparse.ArgumentParser) -> None:
    anywhere = [_shared(argparse.SUPPRESS)]
    explained = "correct an order line by a negative quantity: shipped units are taken back, their serials stay (S10)"
    negative = order.add_subparsers(dest="action", required=True, metavar="ACTION").add_parser(
        "negative", parents=anywhere, help=explained, description=explained
    )
    negative.add_argument("order", metavar="ORDER")
    negative.add_argument("line", metavar="LINE", type=int)
    negative.add_argument("units", metavar="UNITS", type=int)


def _sites(site: argparse.ArgumentParser) -> None:
    anywhere = [_shared(argparse.SUPPRESS)]
    explained = "end all command barcodes of a site, as when a sheet was lost; then print its sheets anew"
    new_key = site.add_subparsers(dest="action", required=True, metavar="ACTION").add_parser(
        "new-key", parents=anywhere, help=explained, description=explained
    )
    new_key.add_argument("site", metavar="SITE", nargs="?", help="may be left out where there is one")


def _people_and_terminals(user: argparse.ArgumentParser, terminal: argparse.ArgumentParser) -> None:
    anywhere = [_shared(argparse.SUPPRESS)]  # before the action or after it; a default must not undo the former
    users = user.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = users.add_parser("add", parents=anywhere, help="add an operator; the PIN is read from stdin")
    adding.add_argument("id")
    adding.add_argument("name")
    adding.add_argument("duties", nargs="*")
    users.add_parser("pin", parents=anywhere, help="set a PIN, read from stdin").add_argument("id")
    users.add_parser("list", parents=anywhere, help="list operators")
    changing = users.add_parser("duties", parents=anywhere, help="set the duties of an operator")
    changing.add_argument("id")
    changing.add_argument("duties", nargs="*")
    terminals = terminal.add_subparsers(dest="action", required=True, metavar="ACTION")
    coding = terminals.add_parser("code", parents=anywhere, help="make an enrolment code, good for ten minutes")
    coding.add_argument("--site", metavar="SITE")
    terminals.add_parser("list", parents=anywhere, help="list terminals")
    revoking = terminals.add_parser("revoke", parents=anywhere, help="take a terminal's credential away")
    revoking.add_argument("id")
