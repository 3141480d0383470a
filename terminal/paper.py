"""What of a document goes on paper: read from the journal in one piece, put into words where it is printed (S15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal.domain.documents import Draw, Line, PackingSlip, SlipStatus
from terminal.domain.views import Entry
from terminal.journal.journal import Journal
from terminal.ui.sentences import zone_of
from terminal.ui.words import _

if TYPE_CHECKING:
    from terminal.printing import printout  # loaded when the first document is printed

_ALL = -1
"""SQLite's word for no limit."""


class Paper(Struct, frozen=True):
    """A document as the journal has it at one moment."""

    slip: PackingSlip
    lines: tuple[Line, ...]
    """Its own lines, and those of the slips that an invoice draws on (D9)."""
    entries: tuple[Entry, ...]
    """Everything registered on it, its own first, by line and oldest first, as the inquiry lists it (S16)."""
    draws: tuple[Draw, ...]
    """Units without a registration that an invoice takes (S4)."""
    unsent: bool
    """Whether something of it is not at the server yet."""
    asked_at: str
    """When posting was asked for here; empty where it was not."""
    read_at: datetime


def paper_of(journal: Journal, number: str) -> Paper | None:
    """Gather a document; None where not all that is on it is known here: its paper would leave serials out."""
    found = journal.units.inquiry(number, 0, _ALL)
    if found is None or not journal.pages.loaded(number):
        return None
    draws = tuple(journal.records.draws(number))
    numbers = dict.fromkeys([number, *(each.document for each in found.entries), *(each.slip for each in draws)])
    return Paper(
        slip=found.document,
        lines=tuple(line for each in numbers for line in journal.records.lines(each)),
        entries=found.entries,
        draws=draws,
        unsent=bool(journal.outbox.unsent_of(number)),
        asked_at=journal.outbox.asked_to_post_at(number),
        read_at=journal.now(),
    )


def not_all_known(number: str) -> str:
    """Say why a document has no paper here."""
    return _("Not all serials of {document} are known here: print it when the link is ON.").format(document=number)


def printout_of(paper: Paper, zone: str) -> printout.Printout:
    """Put a document into the words of its printout; `zone` is the site's time zone (D12)."""
    from terminal.printing.printout import Printout

    slip = paper.slip
    return Printout(
        kind=_kind(slip.kind),
        number=slip.number,
        order=slip.order,
        customer=slip.customer,
        date=_date(paper, zone),
        status=_status(paper),
        lines=tuple(_lines(paper)),
    )


def _kind(name: str) -> printout.Kind:
    from terminal.printing.printout import Kind

    try:
        return Kind(name)
    except ValueError:  # of a server that is newer than this terminal
        return Kind.PACKING_SLIP


def _lines(paper: Paper) -> Iterable[printout.PrintedLine]:
    """Give the document's own lines, then what it draws on, slip by slip and line by line; every entry is on one."""
    number = paper.slip.number
    known = {(line.document, line.number): line for line in paper.lines}
    plain = {(draw.slip, draw.line): draw.units for draw in paper.draws}
    on: dict[tuple[str, int], list[Entry]] = {}
    for entry in paper.entries:
        on.setdefault((entry.document, entry.line), []).append(entry)
    own = {(number, line.number) for line in paper.lines if line.document == number}
    for place in sorted({*own, *on, *plain}, key=lambda place: (place[0] != number, place)):
        entries, line = on.get(place, []), known.get(place)
        units = line.units if line is not None and place in own else len(entries) + plain.get(place, 0)
        if units or entries:  # what came off a sale again stays as a line of no units
            yield _line(line, units, entries, slip="" if place[0] == number else place[0])


def _line(line: Line | None, units: int, entries: Sequence[Entry], slip: str) -> printout.PrintedLine:
    """Make a line; of one that is not known here only its entries tell the item."""
    from terminal.printing import printout

    reversed = line is not None and line.reversed
    item = line.item if line is not None else entries[0].item if entries else "?"
    description = line.description if line is not None else ""
    if reversed:
        description = _("{item} (reversed)").format(item=description)
    if slip:
        description = _("{item}, slip {slip}").format(item=description, slip=slip).removeprefix(", ")
    listed = tuple(printout.Entry(each.serial, _note(each, reversed=reversed)) for each in entries)
    return printout.PrintedLine(item, description, units, listed)


def _note(entry: Entry, *, reversed: bool) -> str:
    """Say what else is to be known of an entry (S11, S12)."""
    notes = [_("reversed")] if reversed else []
    if entry.came_from:
        notes.append(_("from {slip}").format(slip=entry.came_from))
    return ", ".join(notes)


def _status(paper: Paper) -> str:
    match paper.slip.status:
        case SlipStatus.DRAFT:
            words = _("DRAFT")
        case SlipStatus.POSTING:
            words = _("DRAFT, waits to be posted")
        case SlipStatus.POSTED:
            words = _("posted")
        case SlipStatus.CANCELLED:
            words = _("cancelled")
        case SlipStatus.REFUSED:
            words = _("DRAFT, refused by the server")
    return _("{status}; not all of it is at the server yet").format(status=words) if paper.unsent else words


def _date(paper: Paper, zone: str) -> str:
    """Give when it was posted, by the calendar and clock of the site (D12); where it isn't, when it was read.

    The backend's time is the right one. Until it is heard, as after a posting of this terminal's own, the time at which
    posting was asked for here stands in.
    """
    done = paper.slip.status in {SlipStatus.POSTED, SlipStatus.CANCELLED}
    said = (paper.slip.posted_at or paper.asked_at) if done else ""
    try:
        at = datetime.fromisoformat(said) if said else paper.read_at
        return at.astimezone(zone_of(zone)).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return said
