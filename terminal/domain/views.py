"""What a screen is given to show: values made from the records, for the journal to fill and the screens to lay out."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from terminal.domain.documents import Line, Operator, PackingSlip, Policies, SlipStatus, Tally
from terminal.domain.events import Event
from terminal.domain.intents import Intent
from terminal.domain.posting import units_missing
from terminal.domain.refusals import Refusal
from terminal.domain.registering import units_too_many


class Standing(Struct, frozen=True):
    """What is stored here and what of it the server has answered for, in events."""

    stored: int
    answered: int
    problems: int

    @property
    def unsent(self) -> int:
        """Events that the server has not answered for yet."""
        return self.stored - self.answered


class Row(Struct, frozen=True):
    """One registration in the list of a line, newest first. `number` counts from 1, oldest first."""

    number: int
    serial: str | None
    sent: bool


class LineView(Struct, frozen=True):
    """A line with what is registered on it."""

    line: Line
    tally: Tally

    @property
    def takes_serials(self) -> bool:
        """Whether serials are taken on this line at all (S1, S20)."""
        return self.line.tracking.active_in_sales_process and not self.line.catch_weight

    @property
    def missing(self) -> int:
        """Units that must still be registered before posting (S3)."""
        return units_missing(self.line, self.tally)

    @property
    def too_many(self) -> int:
        """Registrations beyond the units (S5)."""
        return units_too_many(self.tally, self.line)

    @property
    def open_units(self) -> int:
        """Units without a registration, whether they need one or not."""
        return max(0, self.line.units - self.tally.registered) if self.takes_serials else 0


class Sheet(Struct, frozen=True):
    """The page of one line of a document: what the scanning screen shows."""

    slip: PackingSlip
    current: LineView
    position: int
    """Place of the line among the document's lines, from 1."""
    lines: int
    rows: tuple[Row, ...]
    standing: Standing


class SlipView(Struct, frozen=True):
    """A slip in the list of documents. Counts are of lines that take serials."""

    slip: PackingSlip
    units: int
    registered: int
    unsent: int = 0


class OrderView(Struct, frozen=True):
    """An order with something left to ship (S13)."""

    number: str
    customer: str
    left: int


class DocumentView(Struct, frozen=True):
    """A slip with all its lines: the lines screen and the finish screen."""

    slip: PackingSlip
    lines: tuple[LineView, ...]
    unsent: int
    obstacles: tuple[Refusal, ...] = ()


class Problem(Struct, frozen=True):
    """Something the server refused later, kept until a person has put it away (D6)."""

    sequence: int
    type: str
    document: str
    serial: str | None
    operator: str
    recorded_at: str
    outcome: str
    refusal: Refusal | None
    details: tuple[str, ...] = ()
    """Serials that make the difference, where a request to post came back (D5)."""


class Verdict(Struct, frozen=True):
    """What became of an intent: an event that is on disk, or a refusal; with the page as it is now."""

    intent: Intent
    result: Event | Refusal
    sheet: Sheet | None
    too_many: int = 0
    line_complete: bool = False
    document_complete: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the event happened."""
        return not isinstance(self.result, Refusal)


class Shop(Struct, frozen=True):
    """What the terminal knows of its site."""

    site: str = ""
    time_zone: str = "UTC"
    policies: Policies = field(default_factory=Policies)
    slip_prefix: str = ""
    operators: Mapping[str, Operator] = field(default_factory=dict)


DONE = frozenset({SlipStatus.POSTED, SlipStatus.CANCELLED, SlipStatus.REFUSED})
"""Where a slip takes no more scans."""
