"""Who may ask: terminals by their device token, operators by their session (S17, D10).

Tokens are 256 random bits; only their SHA-256 is kept, and they are found by it, so that nothing about a token can be
learnt from how long a wrong one takes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from server_stub import audit, clock
from server_stub.prepared import Driver, Prepared
from server_stub.problems import Problem
from server_stub.tables import enrolment_code, session, terminal
from server_stub.writing import inserting

_TERMINAL = Prepared(
    select(terminal.c.id, terminal.c.token_hash).where(terminal.c.token_hash == bindparam("token_hash"))
)
_SESSION = Prepared(
    select(session.c.operator, session.c.terminal, session.c.expires_at).where(
        session.c.token_hash == bindparam("token_hash")
    )
)
_END_SESSION = Prepared(delete(session).where(session.c.token_hash == bindparam("token_hash")))
_CODE = Prepared(
    select(enrolment_code.c.expires_at, enrolment_code.c.used_by, enrolment_code.c.site).where(
        enrolment_code.c.code_hash == bindparam("code_hash")
    )
)
_USE_CODE = Prepared(
    update(enrolment_code).where(enrolment_code.c.code_hash == bindparam("of")).values(used_by=bindparam("used_by"))
)
_NEW_CODE = inserting(enrolment_code)
_NEW_TERMINAL = inserting(terminal)
_BIND = Prepared(
    update(terminal)
    .where(terminal.c.id == bindparam("of"))
    .values(
        name=bindparam("name"),
        token_hash=bindparam("token_hash"),
        enrolled_at=bindparam("enrolled_at"),
        site=bindparam("site"),
    )
)


class Access(Struct, frozen=True):
    """What a request showed. `trusted`: a demo server, asked from its own machine, asks for no device token."""

    device_token: str = ""
    session_token: str = ""
    trusted: bool = False


def hashed(token: str) -> str:
    """Give the form in which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def admit_terminal(driver: Driver, access: Access, claimed: str | None = None) -> None:
    """Let an enrolled terminal in, as itself only. Raises Problem."""
    if not access.device_token:
        if access.trusted:
            return
        raise Problem(
            401,
            "terminal-credential-missing",
            "This terminal is not enrolled here: enrol it.",
            {"WWW-Authenticate": "Bearer"},
        )
    wanted = hashed(access.device_token)
    row = driver.one(_TERMINAL, {"token_hash": wanted})
    if row is None or not hmac.compare_digest(str(row[1]), wanted):
        raise Problem(
            401,
            "terminal-credential-wrong",
            "This terminal's credential is not valid: enrol it again.",
            {"WWW-Authenticate": "Bearer"},
        )
    if claimed is not None and claimed != row[0]:
        raise Problem(403, "other-terminal", "This credential belongs to another terminal.", terminal=claimed)


def admit_session(driver: Driver, access: Access) -> str:
    """Let a signed-in operator in; gives their id. Raises Problem."""
    if not access.session_token:
        raise Problem(401, "session-missing", "Sign in first: header Scan-Session is missing.")
    row = driver.one(_SESSION, {"token_hash": hashed(access.session_token)})
    if row is None or row[2] <= clock.now():
        raise Problem(401, "session-expired", "The session is over: sign in again.")
    return str(row[0])


def end_session(driver: Driver, access: Access) -> None:
    """Sign an operator out."""
    who = admit_session(driver, access)
    driver.do(_END_SESSION, {"token_hash": hashed(access.session_token)})
    audit.note(driver, "signed-out", who, who=who)


def new_code(driver: Driver, seconds: int, site: str | None) -> str:
    """Make an enrolment code that binds one terminal within `seconds`: 125 random bits, five groups of five signs."""
    signs = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    code = "-".join("".join(secrets.choice(signs) for _ in range(5)) for _ in range(5))
    driver.do(
        _NEW_CODE,
        {"code_hash": hashed(code), "expires_at": clock.in_seconds(seconds), "site": site, "used_by": None},
    )
    audit.note(driver, "enrolment-code", site or "")
    return code


def enrol(driver: Driver, code: str, claimed: str, name: str) -> str:
    """Bind a terminal to this backend (D10); gives its device token, once. Raises Problem."""
    code_hash = hashed(code.strip().upper())
    row = driver.one(_CODE, {"code_hash": code_hash})
    if row is None or row[1] is not None or row[0] <= clock.now():
        raise Problem(401, "wrong-enrolment-code", "This code is wrong, used or too old: ask for a new one.")
    token = secrets.token_urlsafe(32)
    bound = {"name": name, "token_hash": hashed(token), "enrolled_at": clock.now(), "site": row[2]}
    if not driver.do(_BIND, {"of": claimed, **bound}):
        driver.do(_NEW_TERMINAL, {"id": claimed, **bound})
    driver.do(_USE_CODE, {"of": code_hash, "used_by": claimed})
    audit.note(driver, "enrolled", claimed, terminal=claimed, name=name)
    return token
