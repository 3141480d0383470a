"""Every event that was ever answered, and how far each terminal has come.

An answer is kept for ever and repeated byte for byte; a sequence that was used once is never used again.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select, update

from server_stub.prepared import Driver, Prepared
from server_stub.tables import cursor, event
from server_stub.writing import inserting
from terminal.domain.events import InvoiceDrafted, SlipDrafted
from terminal.domain.judging import Outcome

_stored = select(event.c.id, event.c.digest, event.c.answer, event.c.void)
_BY_ID = Prepared(_stored.where(event.c.id == bindparam("id")))
_BY_PLACE = Prepared(
    _stored.where(
        event.c.terminal == bindparam("terminal"),
        event.c.epoch == bindparam("epoch"),
        event.c.sequence == bindparam("sequence"),
    )
)
_KEPT = Prepared(
    select(
        *(event.c.terminal, event.c.sequence, event.c.operator, event.c.recorded_at, event.c.type, event.c.body)
    ).where(event.c.id == bindparam("id"))
)
_DRAFTS = Prepared(
    select(event.c.outcome).where(
        event.c.document == bindparam("document"),
        event.c.terminal == bindparam("terminal"),
        or_(event.c.type == SlipDrafted.type, event.c.type == InvoiceDrafted.type),
    )
)
_INSERT = inserting(event, "position")
_CURSOR = Prepared(
    select(cursor.c.sequence, cursor.c.prefix_number).where(
        cursor.c.terminal == bindparam("terminal"), cursor.c.epoch == bindparam("epoch")
    )
)
_NEW_CURSOR = inserting(cursor)
_SET_CURSOR = Prepared(
    update(cursor)
    .where(cursor.c.terminal == bindparam("of"), cursor.c.epoch == bindparam("in"))
    .values(sequence=bindparam("sequence"))
)
_SET_PREFIX = Prepared(
    update(cursor)
    .where(cursor.c.terminal == bindparam("of"), cursor.c.epoch == bindparam("in"))
    .values(prefix_number=bindparam("prefix_number"))
)
_BY_PREFIX = Prepared(select(cursor.c.terminal).where(cursor.c.prefix_number == bindparam("prefix_number")))
_LAST_PREFIX = Prepared(select(func.max(cursor.c.prefix_number)))


class Stored(Struct, frozen=True):
    """An event that was answered before."""

    id: str
    digest: str
    answer: str
    void: bool = False
    """Whether it was a request to post that was withdrawn before it was sent (D5)."""


class Kept(Struct, frozen=True):
    """An event as it was sent; of one that could not be read, only terminal, sequence and body are known."""

    terminal: str
    sequence: int
    operator: str
    recorded_at: str
    type: str
    body: str
    """Its own fields as JSON text: those that the server knew when it came."""


class Entry(Struct, frozen=True):
    """A row of the inbox; see `tables.event`."""

    id: str
    terminal: str
    epoch: str
    sequence: int
    digest: str
    type: str
    document: str
    operator: str
    body: str
    recorded_at: str
    received_at: str
    outcome: str
    answer: str
    void: bool = False
    undone: bool = False
    registration: str | None = None


_COLUMNS = tuple(Entry.__struct_fields__)


class Inbox:
    """The inbox within one transaction."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def by_id(self, id: str) -> Stored | None:
        """Find an event by its id, whichever terminal sent it."""
        row = self._driver.one(_BY_ID, {"id": id})
        return None if row is None else Stored(*row)

    def by_place(self, terminal: str, epoch: str, sequence: int) -> Stored | None:
        """Find an event by its natural key (D10)."""
        row = self._driver.one(_BY_PLACE, {"terminal": terminal, "epoch": epoch, "sequence": sequence})
        return None if row is None else Stored(*row)

    def kept(self, id: str) -> Kept | None:
        """Give what is kept of an event, whether or not it could be read."""
        row = self._driver.one(_KEPT, {"id": id})
        return None if row is None else Kept(*row)

    def drafted_in_vain(self, terminal: str, document: str) -> bool:
        """Say whether a terminal drafted a document and was refused: what has its number is another's."""
        outcomes = {row[0] for row in self._driver.all(_DRAFTS, {"terminal": terminal, "document": document})}
        return bool(outcomes) and str(Outcome.ACCEPTED) not in outcomes

    def keep(self, entry: Entry) -> None:
        """Keep an event with its answer."""
        self._driver.do(_INSERT, {name: getattr(entry, name) for name in _COLUMNS})

    def cursor(self, terminal: str, epoch: str) -> int:
        """Give the last sequence held; 0 when there is none."""
        row = self._driver.one(_CURSOR, {"terminal": terminal, "epoch": epoch})
        return 0 if row is None else int(row[0])

    def advance(self, terminal: str, epoch: str, sequence: int) -> None:
        """Move the cursor."""
        if not self._driver.do(_SET_CURSOR, {"of": terminal, "in": epoch, "sequence": sequence}):
            self._new(terminal, epoch, sequence, None)

    def allot_number(self, terminal: str, epoch: str, claimed: int | None = None) -> int:
        """Give this terminal and epoch a number that no other has (S13); the same one each time.

        It stands in the prefixes of the documents that are drafted there. `claimed` is the number that the terminal
        has: a server that was restored from an old backup may have forgotten it, and must not give it to another.
        """
        known = self._driver.one(_CURSOR, {"terminal": terminal, "epoch": epoch})
        if known is not None and known[1] is not None:
            return int(known[1])
        if claimed is not None and self._driver.one(_BY_PREFIX, {"prefix_number": claimed}) is None:
            number = claimed
        else:
            last = self._driver.one(_LAST_PREFIX, {})
            number = 1 + ((last[0] if last else None) or 0)
        if not self._driver.do(_SET_PREFIX, {"of": terminal, "in": epoch, "prefix_number": number}):
            self._new(terminal, epoch, 0, number)
        return number

    def _new(self, terminal: str, epoch: str, sequence: int, number: int | None) -> None:
        self._driver.do(
            _NEW_CURSOR, {"terminal": terminal, "epoch": epoch, "sequence": sequence, "prefix_number": number}
        )
