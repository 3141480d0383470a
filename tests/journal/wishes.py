"""Whatever a person may want of a shop as it is now: intents for property tests, picked by small numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from terminal.domain.documents import Registration
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    CorrectSerial,
    DraftInvoice,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    DropKept,
    Intent,
    RemoveNotReadable,
    RemoveSerial,
    RequestPosting,
    ReturnSerial,
    ReturnUnits,
    ReverseSlip,
    SellOneMore,
    SetSaleLine,
    Undo,
    WithdrawPosting,
)
from terminal.journal.journal import Journal
from tests.drafts import all_that_is_left, kept_that_fit

T = TypeVar("T")

SERIALS = ("a1", "A1", "b2", "p1", "p3", "v1", "z9")
SALE = "T1S-1"

picks = st.tuples(*[st.integers(0, 11)] * 4)
"""Four small numbers choose what exactly."""


def at(choices: Sequence[T], n: int, otherwise: T) -> T:
    return choices[n % len(choices)] if choices else otherwise


def documents(journal: Journal) -> list[str]:
    return [str(n) for (n,) in journal.store.connection.execute("SELECT number FROM slip ORDER BY number")]


def invoices(journal: Journal) -> list[str]:
    sql = "SELECT number FROM slip WHERE kind = 'invoice' ORDER BY number"
    return [str(n) for (n,) in journal.store.connection.execute(sql)]


def registrations(journal: Journal) -> list[Registration]:
    return [r for number in documents(journal) for r in journal.records.live_registrations(number)]


def drafts(journal: Journal) -> list[str]:
    sql = "SELECT number FROM slip WHERE status = 'draft' AND kind <> 'invoice' ORDER BY number"
    return [str(n) for (n,) in journal.store.connection.execute(sql)]


def all_that_is_missing(journal: Journal, document: str) -> list[Intent]:
    """Give what makes a document ready to be posted, with serials that nobody else has, and its posting."""
    found = journal.pages.document(document)
    views = found.lines if found is not None else ()
    missing: list[Intent] = [
        AddSerial(document, view.line.number, f"{document}.{view.line.number}.{view.tally.registered + n}")
        for view in views
        for n in range(view.missing)
    ]
    return [*missing, RequestPosting(document, False)]


def wish(journal: Journal, kind: str, picked: tuple[int, int, int, int]) -> Intent:
    """Make an intent of a kind; it may be one that the rules refuse."""
    return WISHES[kind](journal, *picked)


def _draft(journal: Journal, a: int, b: int, c: int, d: int) -> Intent:
    order = journal.records.order("SO-1")
    units = all_that_is_left(order) if order is not None and a % 2 else {1: b % 4, 2: c % 3}
    kept = kept_that_fit(journal.records, "SO-1", units)
    return DraftSlip(journal.next_number("T1"), "SO-1", tuple(units.items()), kept if d % 3 else kept[:1])


def _draw_units(journal: Journal, a: int, b: int, c: int, d: int) -> Intent:
    document, slip, line = at(invoices(journal), a, "none"), ("PS-8", "PS-9")[b % 2], 1 + c % 2
    found = [r.id for r in journal.records.live_registrations(slip) if r.line == line]
    return DrawUnits(document, slip, line, tuple(found[: d % 3]), d // 3 % 3)


def _return_units(journal: Journal, a: int, b: int, c: int, d: int) -> Intent:
    document, slip, line = at(invoices(journal), a, "none"), ("PS-8", "PS-9")[b % 2], 1 + c % 2
    found = [r.id for r in journal.records.drawn(document) if (r.document, r.line) == (slip, line)]
    return ReturnUnits(document, slip, line, tuple(found[: d % 3]), d // 3 % 3)


def _correct(journal: Journal, a: int, b: int, c: int, d: int) -> Intent:
    found = at(registrations(journal), a + 12 * (b % 2), None)
    return CorrectSerial(found.document if found else "PS-8", found.id if found else "x", SERIALS[c % len(SERIALS)], "")


def _drop(journal: Journal, a: int, b: int, c: int, d: int) -> Intent:
    found = at([r for n in (1, 2) for r in journal.records.kept("SO-1", n)], a, None)
    return DropKept(found.document if found else "PS-8", found.line if found else 1, found.id if found else "x")


WISHES: dict[str, Callable[[Journal, int, int, int, int], Intent]] = {
    "add": lambda j, a, b, c, d: AddSerial(at(drafts(j), a, ""), 1 + b % 2, SERIALS[c % 7], "back" if d > 8 else ""),
    "remove": lambda j, a, b, c, d: RemoveSerial(at(drafts(j), a, ""), 1 + b % 2, SERIALS[c % 7]),
    "blank": lambda j, a, b, c, d: AddNotReadable(at(drafts(j), a, ""), 1 + b % 2),
    "unblank": lambda j, a, b, c, d: RemoveNotReadable(at(drafts(j), a, ""), 1 + b % 2),
    "undo": lambda j, a, b, c, d: Undo(at(documents(j), a, "")),
    "post": lambda j, a, b, c, d: RequestPosting(at(documents(j), a, ""), bool(b % 2)),
    "withdraw": lambda j, a, b, c, d: WithdrawPosting(at(documents(j), a, "")),
    "draft": _draft,
    "invoice": lambda j, a, b, c, d: DraftInvoice(j.next_number("T1"), "SO-1", ((1, 1),) if a % 3 == 0 else ()),
    "draw serial": lambda j, a, b, c, d: DrawSerial(at(invoices(j), a, "none"), SERIALS[c % 7]),
    "return serial": lambda j, a, b, c, d: ReturnSerial(at(invoices(j), a, "none"), SERIALS[c % 7]),
    "draw units": _draw_units,
    "return units": _return_units,
    "correct": _correct,
    "drop": _drop,
    "reverse": lambda j, a, b, c, d: ReverseSlip(at(documents(j), a, ""), b % 3),
    "sell": lambda j, a, b, c, d: SellOneMore(SALE, ("PUMP", "VALVE")[a % 2]),
    "set sale": lambda j, a, b, c, d: SetSaleLine(SALE, 1 + a % 2, ("PUMP", "VALVE")[b % 2], c % 3),
}
kinds = st.sampled_from(sorted(WISHES))
