"""Who did what: rows that are only ever added.

Single registrations are not in it: each of them is an event in the inbox, with its operator, terminal, times and
answer, which is trail enough and is kept for ever. Here stand the things that have no event, or that someone must
look into: drafting, posting, invoicing, corrections, reversals, counter sales, units sold again, conflicts, key reuse,
copied devices, negative quantities, sign-in, enrolment, imports, changes of operators.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from server_stub import clock
from server_stub.prepared import Driver
from server_stub.tables import audit
from server_stub.writing import inserting

_INSERT = inserting(audit, "position")


def note(
    driver: Driver, action: str, subject: str, *, who: str = "", terminal: str = "", **detail: str | int | None
) -> None:
    """Add a row: `who` did `action` to `subject` at `terminal`, now."""
    values: Mapping[str, object] = {
        "at": clock.now(),
        "who": who,
        "terminal": terminal,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, sort_keys=True),
    }
    _ = driver.do(_INSERT, values)
