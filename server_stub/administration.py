"""Operators, terminals and sites, from the command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, delete, insert, select, update

from server_stub import audit
from server_stub.access import new_code
from server_stub.cli import OK, Failed
from server_stub.database import reading, writing
from server_stub.imports import count_up
from server_stub.prepared import Driver
from server_stub.settings import Settings
from server_stub.site_keys import change_key
from server_stub.tables import operator, policy, session, terminal
from terminal.domain.documents import Duty


def run_user(given: argparse.Namespace, engine: Engine) -> int:
    """Add an operator, set a PIN or duties, or list operators (S17)."""
    if given.action == "list":
        with reading(engine) as connection:
            for row in connection.execute(select(operator).order_by(operator.c.id)):
                print(f"{row.id}\t{row.name}\t{row.duties or '-'}\t{'PIN' if row.pin_hash else 'no PIN'}")
        return OK
    pin_hash = _hashed_pin() if given.action in ("add", "pin") else None
    with writing(engine) as connection:
        if given.action == "add":
            _add(connection, given, pin_hash)
        elif given.action == "pin":
            _change(connection, given.id, pin_hash=pin_hash)
            connection.execute(delete(session).where(session.c.operator == given.id))
        else:
            _change(connection, given.id, duties=_duties(given.duties))
        _note(connection, f"operator-{given.action}", given.id)
        count_up(connection)
    return OK


def run_terminal(given: argparse.Namespace, settings: Settings, engine: Engine) -> int:
    """Make an enrolment code, list terminals, or take a credential away (D10)."""
    if given.action == "list":
        with reading(engine) as connection:
            for row in connection.execute(select(terminal).order_by(terminal.c.id)):
                state = "enrolled" if row.token_hash else "revoked"
                print(f"{row.id}\t{row.name}\t{state}\t{row.enrolled_at}\t{row.site or '-'}")
        return OK
    with writing(engine) as connection:
        if given.action == "code":
            driver = Driver.of(connection)
            print(new_code(driver, settings.enrolment.seconds, given.site))
            driver.close()
            return OK
        gone = connection.execute(update(terminal).where(terminal.c.id == given.id).values(token_hash=None))
        if gone.rowcount == 0:
            raise Failed(f"there is no terminal {given.id!r}; see server-stub terminal list")
        connection.execute(delete(session).where(session.c.terminal == given.id))
        _note(connection, "terminal-revoked", given.id)
    return OK


def run_site(given: argparse.Namespace, engine: Engine) -> int:
    """Give a site a new key for its command barcodes. Raises Failed where it isn't clear which site."""
    with writing(engine) as connection:
        known = list(connection.execute(select(policy.c.site).order_by(policy.c.site)).scalars()) or [""]
        if given.site is None and len(known) > 1:
            raise Failed(f"there are several sites; name one of {', '.join(known)}")
        if given.site not in (None, *known):
            raise Failed(f"there is no site {given.site!r}; import its policies first or correct it")
        site = known[0] if given.site is None else given.site
        change_key(connection, site)
        _note(connection, "site-new-key", site)
    print("The old command barcodes end within a minute at terminals that are online: print all sheets anew.")
    return OK


def _add(connection: Connection, given: argparse.Namespace, pin_hash: str | None) -> None:
    if not re.fullmatch(r"[!-~]{1,64}", given.id):
        raise Failed(f"{given.id!r} can't be an operator's number; use 1 to 64 visible ASCII characters")
    if connection.execute(select(operator.c.id).where(operator.c.id == given.id)).first() is not None:
        raise Failed(f"operator {given.id} is there already; use server-stub user pin or duties")
    values = {"id": given.id, "name": given.name, "duties": _duties(given.duties), "pin_hash": pin_hash}
    connection.execute(insert(operator).values(values))


def _change(connection: Connection, id: str, **values: str | None) -> None:
    if connection.execute(update(operator).where(operator.c.id == id).values(values)).rowcount == 0:
        raise Failed(f"there is no operator {id!r}; see server-stub user list")


def _duties(given: Sequence[str]) -> str:
    known = {str(duty) for duty in Duty}
    for duty in given:
        if duty not in known:
            raise Failed(f"{duty!r} is no duty; use {', '.join(sorted(known))}")
    return " ".join(sorted(set(given)))


def _hashed_pin() -> str:
    """Read a PIN from stdin, so that it never stands in a list of processes or a shell's history."""
    from server_stub.signing import hasher

    pin = sys.stdin.readline().strip()
    if not re.fullmatch(r"[0-9]{4,12}", pin):
        raise Failed("the PIN on stdin must be 4 to 12 digits")
    return hasher.hash(pin)


def _note(connection: Connection, action: str, subject: str) -> None:
    driver = Driver.of(connection)
    audit.note(driver, action, subject, who="server-stub")
    driver.close()
