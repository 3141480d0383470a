"""Signing in while the server is out of reach: operators who signed in here within the last 24 hours (D11)."""

from __future__ import annotations

import hashlib
import hmac
import os
from enum import StrEnum

from terminal.journal.store import Store

VALID_S = 24 * 3600
"""Seconds after the last sign-in at the server during which the PIN is known here (D11)."""
TRIES = 5
"""Wrong PINs after which the server must be asked again."""


class Known(StrEnum):
    """What this terminal can say about a PIN without the server."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_HERE = "not-here"


class SignIns:
    """PINs as salted scrypt hashes, wiped after too many wrong tries."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store.connection

    def remember(self, operator: str, pin: str, now_s: float) -> None:
        """Keep a PIN that the server has just found right. `now_s` is wall time in seconds."""
        salt = os.urandom(16)
        with self._store.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO sign_in VALUES (?,?,?,?,0)", (operator, salt, _hash(pin, salt), now_s)
            )

    def check(self, operator: str, pin: str, now_s: float) -> Known:
        """Check a PIN against what is known here. A clock set back makes nothing valid longer than a day."""
        with self._store.faults():
            row = self._db.execute(
                "SELECT salt, hash, at, failures FROM sign_in WHERE operator = ?", (operator,)
            ).fetchone()
        if row is None or not 0 <= now_s - row[2] < VALID_S or row[3] >= TRIES:
            return Known.NOT_HERE
        right = hmac.compare_digest(_hash(pin, row[0]), row[1])
        with self._store.transaction():
            sql = "UPDATE sign_in SET failures = CASE ? WHEN 1 THEN 0 ELSE failures + 1 END WHERE operator = ?"
            self._db.execute(sql, (int(right), operator))
        return Known.RIGHT if right else Known.WRONG

    def forget(self, operator: str) -> None:
        """Forget a PIN that the server has found wrong."""
        with self._store.transaction():
            self._db.execute("DELETE FROM sign_in WHERE operator = ?", (operator,))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode("utf-8", "surrogatepass"), salt=salt, n=2**13, r=8, p=1, dklen=32)
