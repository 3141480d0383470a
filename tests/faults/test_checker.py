"""The checker finds each kind of broken promise in histories made by hand, and nothing in a good one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from .checker import check
from .histories import Ack, Document, Draw, Event, History, Kind, Line, OrderLine, Row, Side, Unit


def registered(id: str, document: str, key: str, outcome: str = "accepted", **more: Any) -> Event:
    return Event(id, int(id[1:]), "registered", outcome, document, id, line=1, item="PUMP", key=key, **more)


MADE = registered("a1", "PS-1", "s1")
TAKEN_OFF = Event("a2", 2, "removed", "accepted", "PS-1", "a1")
KEPT = registered("a3", "PS-1", "s3")
LOSER = registered("b1", "PS-2", "s3", "conflict", problem=True)
UNIT = Unit("PS-1", 1, "a3", "PUMP", "s3")
PS_1, PS_2 = (Document(number, "draft", (Line(1, 2, 1),), order="SO-1") for number in ("PS-1", "PS-2"))


def side(device: str, *events: Event, **more: Any) -> Side:
    return Side(device, device, "e", events, **more)


def row(device: str, event: Event) -> Row:
    return Row(device, "e", replace(event, problem=False))


GOOD = History(
    acks=(Ack("A", 1, "a1"), Ack("A", 2, "a2"), Ack("A", 3, "a3"), Ack("B", 1, "b1")),
    sides=(
        side("A", MADE, TAKEN_OFF, KEPT, units=frozenset({UNIT}), documents=(PS_1,)),
        side("B", LOSER, documents=(PS_2,)),
    ),
    inbox=(row("A", MADE), row("B", LOSER), row("A", TAKEN_OFF), row("A", KEPT)),
    cursors={("A", "e"): 3, ("B", "e"): 1},
    units=frozenset({UNIT}),
    documents=(PS_1, PS_2),
    began=(PS_1, PS_2),
    drained_s=12.0,
)


def with_side(number: int, **changes: Any) -> History:
    sides = list(GOOD.sides)
    sides[number] = replace(sides[number], **changes)
    return replace(GOOD, sides=tuple(sides))


def without(id: str) -> tuple[Row, ...]:
    return tuple(each for each in GOOD.inbox if each.event.id != id)


UNDO = Event("a4", 4, "undone", "accepted", "PS-1", "a1", "removed")
UNTOLD = replace(LOSER, problem=False)
REUSED = replace(LOSER, outcome="key-reuse", problem=True)


def copied(event: Event, other: Event) -> History:
    """Give a history with a third device, which has the data of the second and has done nothing else."""
    return replace(
        with_side(1, events=(event,)),
        sides=(GOOD.sides[0], side("B", event), replace(side("B2", other), terminal="B")),
    )


BAD: dict[str, tuple[Kind, str, History]] = {
    "an acknowledged event is gone from the journal": (
        Kind.LOST,
        "not in its journal",
        replace(GOOD, acks=(*GOOD.acks, Ack("A", 4, "a4"))),
    ),
    "another event has its place in the journal": (
        Kind.LOST,
        "not in its journal",
        replace(GOOD, acks=(*GOOD.acks[:-1], Ack("B", 1, "b9"))),
    ),
    "it never got an answer": (Kind.LOST, "no answer", with_side(1, events=(replace(LOSER, outcome="pending"),))),
    "it counts as answered and never arrived": (
        Kind.LOST,
        "never seen it",
        replace(GOOD, inbox=without("b1"), cursors={("A", "e"): 3}),
    ),
    "a conflict that nobody is told of": (Kind.LOST, "nobody is told", with_side(1, events=(UNTOLD,))),
    "a refused posting that nobody is told of": (
        Kind.LOST,
        "nobody is told",
        with_side(1, events=(replace(UNTOLD, type="posting-requested"),)),
    ),
    "given up because of another device with the same data": (
        Kind.LOST,
        "was given up",
        replace(with_side(1, events=(REUSED,)), inbox=without("b1"), cursors={("A", "e"): 3}),
    ),
    "a copied device's event that nobody is told of": (Kind.LOST, "nobody is told", copied(UNTOLD, UNTOLD)),
    "a copied device's event that no device has right": (
        Kind.DISAGREE,
        "is accepted here and conflict",
        copied(replace(UNTOLD, outcome="accepted"), replace(UNTOLD, outcome="accepted")),
    ),
    "accepted and not registered": (
        Kind.LOST,
        "does not count",
        replace(GOOD, units=frozenset(), sides=tuple(replace(s, units=frozenset()) for s in GOOD.sides)),
    ),
    "removed and still registered": (
        Kind.LOST,
        "was removed by a2",
        replace(GOOD, units=GOOD.units | {Unit("PS-1", 1, "a1", "PUMP", "s1")}),
    ),
    "removed before it came": (
        Kind.LOST,
        "counts as harmless",
        replace(
            with_side(1, events=(Event("b1", 1, "removed", "duplicate", "PS-1", "a3"),)),
            inbox=(row("B", Event("b1", 1, "removed", "duplicate", "PS-1", "a3")), *without("b1")),
        ),
    ),
    "registered and never accepted": (
        Kind.TWICE,
        "never accepted",
        replace(GOOD, units=GOOD.units | {Unit("PS-2", 1, "b1", "PUMP", "s4")}),
    ),
    "a serial counts twice": (
        Kind.TWICE,
        "counts 2 times",
        replace(GOOD, units=GOOD.units | {Unit("PS-2", 1, "b1", "PUMP", "s3")}),
    ),
    "an event is held twice": (Kind.TWICE, "is held 2 times", replace(GOOD, inbox=(*GOOD.inbox, GOOD.inbox[0]))),
    "an event of nobody": (
        Kind.TWICE,
        "is in no journal",
        replace(
            GOOD,
            inbox=(*GOOD.inbox, row("C", Event("c1", 1, "registered", "rejected"))),
            cursors={**GOOD.cursors, ("C", "e"): 1},
        ),
    ),
    "events out of order": (
        Kind.ORDER,
        "came in the order [2, 1, 3]",
        replace(GOOD, inbox=(GOOD.inbox[2], GOOD.inbox[0], GOOD.inbox[1], GOOD.inbox[3])),
    ),
    "an event left out": (Kind.ORDER, "came in the order [1, 3]", replace(GOOD, inbox=without("a2"))),
    "a cursor that is behind": (Kind.ORDER, "cursor 2", replace(GOOD, cursors={**GOOD.cursors, ("A", "e"): 2})),
    "a cursor beyond what there is": (Kind.ORDER, "cursor 4", replace(GOOD, cursors={**GOOD.cursors, ("A", "e"): 4})),
    "a cursor behind what has arrived": (
        Kind.ORDER,
        "came up to 3, and its cursor is behind",
        replace(GOOD, cursors={**GOOD.cursors, ("A", "e"): 2}),
    ),
    "a copied device's events in another order than its own": (
        Kind.ORDER,
        "A came in the order [2, 1, 3]",
        replace(
            GOOD, inbox=(row("A", TAKEN_OFF), replace(row("A", MADE), epoch="f"), *GOOD.inbox[1:2], *GOOD.inbox[3:])
        ),
    ),
    "a journal with a hole": (Kind.ORDER, "has the events [1, 3]", with_side(0, events=(MADE, KEPT))),
    "told in another order": (Kind.ORDER, "was told", replace(GOOD, acks=GOOD.acks[::-1])),
    "in another's place": (
        Kind.ORDER,
        "is A 4 at the server",
        replace(GOOD, inbox=(*without("b1"), row("A", replace(LOSER, sequence=4)))),
    ),
    "answered differently": (
        Kind.DISAGREE,
        "rejected here and conflict at the server",
        with_side(1, events=(replace(LOSER, outcome="rejected"),)),
    ),
    "a unit that is only here": (
        Kind.DISAGREE,
        "id='a1'",
        with_side(0, units=frozenset({UNIT, Unit("PS-1", 1, "a1", "PUMP", "s1")})),
    ),
    "a unit that is only there": (Kind.DISAGREE, "lacks [Unit(", with_side(0, units=frozenset())),
    "another serial": (Kind.DISAGREE, "on PS-1", with_side(0, units=frozenset({replace(UNIT, key="s9")}))),
    "another status": (Kind.DISAGREE, "is posted, draft", with_side(0, documents=(replace(PS_1, status="posted"),))),
    "a slip that the server has not": (
        Kind.DISAGREE,
        "refused at the server",
        with_side(1, documents=(Document("T-1", "draft"),)),
    ),
    "a journal that does not add up": (
        Kind.DISAGREE,
        "does not add up",
        with_side(0, findings=("it does not add up",)),
    ),
    "a queue that never drains": (Kind.STUCK, "still wait", replace(GOOD, drained_s=None)),
    "a queue that drains too late": (Kind.STUCK, "still wait", replace(GOOD, drained_s=601.0)),
}


def test_a_good_history_has_nothing_wrong() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize("name", BAD)
def test_finds(name: str) -> None:
    kind, words, history = BAD[name]
    assert any(found.kind is kind and words in found.text for found in check(history)), check(history)


def test_what_was_undone_counts_again() -> None:
    again = Unit("PS-1", 1, "a1", "PUMP", "s1")
    history = replace(
        with_side(0, events=(MADE, TAKEN_OFF, KEPT, UNDO), units=frozenset({UNIT, again})),
        inbox=(*GOOD.inbox, row("A", UNDO)),
        cursors={**GOOD.cursors, ("A", "e"): 4},
        units=frozenset({UNIT, again}),
    )
    assert check(history) == []


@pytest.mark.parametrize(
    "events",
    [
        (UNTOLD, Event("b2", 2, "removed", "duplicate", "PS-2", "b1")),
        (Event("b1", 1, "undone", "rejected", "PS-1", "a3", "removed"),),
        (UNTOLD, Event("b2", 2, "undone", "rejected", "PS-2", "b1", "removed", problem=True)),
        (Event("b1", 1, "posting-requested", "rejected", "PS-2", void=True),),
    ],
    ids=["removed again by its own people", "so already", "the newest word is a problem", "withdrawn"],
)
def test_nobody_need_be_told(events: tuple[Event, ...]) -> None:
    history = replace(
        with_side(1, events=events),
        inbox=(*without("b1"), *(row("B", event) for event in events)),
        cursors={("A", "e"): 3, ("B", "e"): len(events)},
    )
    assert check(history) == []


def test_of_what_copied_devices_share_one_is_told() -> None:
    assert check(copied(replace(UNTOLD, outcome="accepted"), LOSER)) == []


def test_what_copied_devices_share_came_from_either() -> None:
    """A server that was restored got the first event from the one device and the rest from the other."""
    parted = replace(row("A", MADE), epoch="f")
    assert check(replace(GOOD, inbox=(parted, *GOOD.inbox[1:]), cursors={**GOOD.cursors, ("A", "f"): 1})) == []


# What is sold: two units of PS-1 and two that take no serials, one of each charged by INV-1; the charged one came back
# and is sold again at the counter. PS-3 was reversed, and its unit went with PS-4.

SHIPPED = replace(PS_1, lines=(Line(1, 2, 1), Line(2, 2, 2)))
REVERSED = Document("PS-3", "draft", (Line(1, 1, 1),), order="SO-1")
SALES = (
    registered("a1", "PS-1", "s1"),
    registered("a2", "PS-1", "s2"),
    Event("a3", 3, "posting-requested", "accepted", "PS-1"),
    Event("a4", 4, "invoice-drafted", "accepted", "INV-1", order="SO-1"),
    Event("a5", 5, "units-drawn", "accepted", "INV-1", line=1, slip="PS-1", registrations=("a1", "a2")),
    Event("a6", 6, "units-returned", "accepted", "INV-1", line=1, slip="PS-1", registrations=("a2",)),
    Event("a7", 7, "units-drawn", "accepted", "INV-1", line=2, slip="PS-1", units=1),
    Event("a8", 8, "posting-requested", "accepted", "INV-1"),
    Event("a9", 9, "serial-corrected", "accepted", "PS-1", "a2", key="s9"),
    Event("a10", 10, "sale-line-set", "accepted", "CS-1", line=1, units=1),
    registered("a11", "CS-1", "s1"),
    registered("a12", "PS-3", "s5"),
    Event("a13", 13, "posting-requested", "accepted", "PS-3"),
    Event("a14", 14, "slip-reversed", "accepted", "PS-3"),
    Event("a15", 15, "slip-drafted", "accepted", "PS-4", order="SO-1", lines=((1, 1),), registrations=("a12",)),
)
CAME_BACK = Unit("PS-1", 1, "a1", "PUMP", "s1", "INV-1", True, "", True)
CORRECTED = Unit("PS-1", 1, "a2", "PUMP", "s9")
AGAIN = Unit("CS-1", 1, "a11", "PUMP", "s1")
ALONG = Unit("PS-4", 1, "a12", "PUMP", "s5", came_from="PS-3")
UNITS = frozenset({CAME_BACK, CORRECTED, AGAIN, ALONG})
DOCUMENTS = (
    replace(SHIPPED, status="posted"),
    Document("INV-1", "posted", (), "invoice", "SO-1"),
    Document("CS-1", "draft", (Line(1, 1),), "counter-sale"),
    replace(REVERSED, status="cancelled", lines=(Line(1, 1, 1, True),)),
    Document("PS-4", "draft", (Line(1, 1, 1),), order="SO-1"),
)
DRAW = Draw("INV-1", "PS-1", 2, 1, True)
LEFT = frozenset({OrderLine("SO-1", 1, 5, 2), OrderLine("SO-1", 2, 4, 2)})
SOLD = History(
    acks=tuple(Ack("A", event.sequence, event.id) for event in SALES),
    sides=(side("A", *SALES, units=UNITS, documents=DOCUMENTS, draws=frozenset({DRAW}), orders=LEFT),),
    inbox=tuple(row("A", event) for event in SALES),
    cursors={("A", "e"): len(SALES)},
    units=UNITS,
    documents=DOCUMENTS,
    draws=frozenset({DRAW}),
    orders=LEFT,
    began=(SHIPPED, REVERSED),
)


def with_unit(unit: Unit, **changes: Any) -> History:
    return replace(SOLD, units=UNITS - {unit} | {replace(unit, **changes)})


def with_document(number: int, **changes: Any) -> History:
    documents = list(DOCUMENTS)
    documents[number] = replace(documents[number], **changes)
    return replace(SOLD, documents=tuple(documents))


def with_more(type: str, outcome: str = "accepted", document: str = "PS-1", **more: Any) -> History:
    """Give the history with one more event, and nothing that came of it."""
    event = Event("a16", 16, type, outcome, document, **more)
    return replace(
        SOLD,
        sides=(replace(SOLD.sides[0], events=(*SALES, event)),),
        inbox=(*SOLD.inbox, row("A", event)),
        cursors={("A", "e"): 16},
    )


def here(**changes: Any) -> History:
    return replace(SOLD, sides=(replace(SOLD.sides[0], **changes),))


BAD_SALES: dict[str, tuple[Kind, str, History]] = {
    "a correction that is lost": (Kind.LOST, "a2 should be", with_unit(CORRECTED, key="s2")),
    "a unit that was charged and is not": (Kind.LOST, "a1 should be", with_unit(CAME_BACK, invoice="", invoiced=False)),
    "a unit that was given back and is charged": (Kind.LOST, "a2 should be", with_unit(CORRECTED, invoice="INV-1")),
    "a unit that did not come along": (Kind.LOST, "a12 should be", with_unit(ALONG, document="PS-3", came_from="")),
    "a unit that came back and holds its serial": (
        Kind.TWICE,
        "s1 counts 2 times",
        with_unit(CAME_BACK, returned=False),
    ),
    "a posting that is lost": (Kind.LOST, "document PS-1 should be", with_document(0, status="draft")),
    "a posting that nobody asked for": (Kind.LOST, "document CS-1 should be", with_document(2, status="posted")),
    "a reversal that is lost": (Kind.LOST, "document PS-3 should be", with_document(3, lines=(Line(1, 1, 1),))),
    "a draft that is lost": (Kind.LOST, "document PS-4 was accepted", replace(SOLD, documents=DOCUMENTS[:4])),
    "a draft that nobody made": (
        Kind.TWICE,
        "document PS-9 is at the server",
        replace(SOLD, documents=(*DOCUMENTS, Document("PS-9", "draft"))),
    ),
    "units that were drawn and are not": (Kind.LOST, "draw ('INV-1', 'PS-1', 2)", replace(SOLD, draws=frozenset())),
    "units that are drawn twice": (
        Kind.LOST,
        "draw ('INV-1', 'PS-1', 2) should be",
        replace(SOLD, draws=frozenset({replace(DRAW, units=2)})),
    ),
    "units that nobody drew": (
        Kind.TWICE,
        "draw ('INV-1', 'PS-1', 1) is at the server",
        replace(SOLD, draws=frozenset({DRAW, replace(DRAW, line=1)})),
    ),
    "more charged than was shipped": (
        Kind.TWICE,
        "('PS-1', 2) has 2 units to charge and 3",
        replace(SOLD, draws=frozenset({replace(DRAW, units=3)})),
    ),
    "more registered than was shipped": (
        Kind.TWICE,
        "('PS-1', 1) has 3 units and ships 2",
        with_unit(AGAIN, document="PS-1"),
    ),
    "more shipped than was ordered": (
        Kind.TWICE,
        "SO-1 1 has 5 units and 6",
        with_document(0, lines=(Line(1, 5, 1), Line(2, 2, 2))),
    ),
    "a reversed line that still takes from its order": (
        Kind.TWICE,
        "SO-1 1 has 1 of 5 units left, 3 shipped",
        replace(SOLD, orders=LEFT - {OrderLine("SO-1", 1, 5, 2)} | {OrderLine("SO-1", 1, 5, 1)}),
    ),
    "an invoiced unit that is corrected": (
        Kind.LOST,
        "a1 was invoiced and changed by a16",
        with_more("serial-corrected", registration="a1", key="s7"),
    ),
    "an invoiced unit that is removed": (
        Kind.LOST,
        "a1 was invoiced and changed by a16",
        with_more("removed", registration="a1"),
    ),
    "a drawing that is no harmless one": (
        Kind.LOST,
        "units-drawn a16 counts as harmless",
        with_more("units-drawn", "duplicate", "INV-1", slip="PS-1", line=1, registrations=("a2",)),
    ),
    "a return that is no harmless one": (
        Kind.LOST,
        "units-returned a16 counts as harmless",
        with_more("units-returned", "duplicate", "INV-1", slip="PS-1", line=1, registrations=("a1",)),
    ),
    "a correction that is no harmless one": (
        Kind.LOST,
        "serial-corrected a16 counts as harmless",
        with_more("serial-corrected", "duplicate", registration="a2", key="s8"),
    ),
    "a reversal that is no harmless one": (
        Kind.LOST,
        "slip-reversed a16 counts as harmless",
        with_more("slip-reversed", "duplicate", line=2),
    ),
    "an undo that is no harmless one": (
        Kind.LOST,
        "undone a16 counts as harmless",
        with_more("undone", "duplicate", registration="a2", undoes="registered"),
    ),
    "a draft that is called harmless": (
        Kind.LOST,
        "slip-drafted a16 counts as harmless",
        with_more("slip-drafted", "duplicate", "PS-4"),
    ),
    "a refused reversal that nobody is told of": (
        Kind.LOST,
        "a16) was refused, and nobody is told",
        with_more("slip-reversed", "rejected"),
    ),
    "a serial that was corrected there only": (
        Kind.DISAGREE,
        "A on PS-1: lacks",
        here(units=UNITS - {CORRECTED} | {replace(CORRECTED, key="s2")}),
    ),
    "a unit that is charged here only": (
        Kind.DISAGREE,
        "A on PS-1: lacks",
        here(units=UNITS - {CORRECTED} | {replace(CORRECTED, invoice="INV-1")}),
    ),
    "units that are drawn here only": (
        Kind.DISAGREE,
        "A on INV-1: lacks",
        here(draws=frozenset({replace(DRAW, units=2)})),
    ),
    "a line that is reversed there only": (
        Kind.DISAGREE,
        "A: PS-3 is",
        here(documents=(*DOCUMENTS[:3], replace(DOCUMENTS[3], lines=(Line(1, 1, 1),)))),
    ),
    "a slip with another's line": (
        Kind.DISAGREE,
        "A: PS-4 is",
        here(documents=(*DOCUMENTS[:4], replace(DOCUMENTS[4], lines=(Line(1, 1, 2),)))),
    ),
    "more left of an order here": (
        Kind.DISAGREE,
        "A: SO-1 is",
        here(orders=frozenset({OrderLine("SO-1", 1, 5, 3)})),
    ),
}


def test_good_sales_have_nothing_wrong() -> None:
    assert check(SOLD) == []


@pytest.mark.parametrize("name", BAD_SALES)
def test_finds_in_sales(name: str) -> None:
    kind, words, history = BAD_SALES[name]
    assert any(found.kind is kind and words in found.text for found in check(history)), check(history)


@pytest.mark.parametrize(
    "history",
    [
        with_more("units-drawn", "duplicate", "INV-1", slip="PS-1", line=1, registrations=("a1",)),
        with_more("units-returned", "duplicate", "INV-1", slip="PS-1", line=1, registrations=("a2",)),
        with_more("serial-corrected", "duplicate", registration="a2", key="s9"),
        with_more("slip-reversed", "duplicate", "PS-3"),
        with_more("posting-withdrawn", "duplicate"),
        here(documents=(*DOCUMENTS[:2], replace(DOCUMENTS[2], lines=(Line(1, 1), Line(2, 0))), *DOCUMENTS[3:])),
    ],
    ids=["drawn already", "returned already", "corrected already", "reversed already", "withdrawn", "a refused line"],
)
def test_is_harmless(history: History) -> None:
    assert check(history) == []


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize(
    "theirs",
    [
        Event("a4", 4, "removed", "accepted", "PS-1", "a3"),
        Event("a4", 4, "slip-reversed", "accepted", "PS-1", line=1),
        Event("a4", 4, "slip-reversed", "accepted", "PS-1"),
    ],
    ids=["removed", "line reversed", "slip reversed"],
)
def test_what_was_so_until_another_terminal_changed_it_is_nobodys_problem(theirs: Event, after: bool) -> None:
    """Seeds 40000001692, 621816 and 21601: refused, but so all the same, and somebody else changed it after that."""
    taken = Event("b2", 2, "removed", "rejected", "PS-1", "a3", line=1)
    back = Event("b3", 3, "undone", "rejected", "PS-1", "a3", "removed", line=1)
    b = (row("B", taken), row("B", back))
    inbox = (*GOOD.inbox, *b, row("A", theirs)) if after else (*GOOD.inbox, row("A", theirs), *b)
    line = replace(PS_1, lines=(Line(1, 2, 0),))
    history = replace(
        GOOD,
        sides=(
            side("A", MADE, TAKEN_OFF, KEPT, theirs, documents=(line,)),
            side("B", LOSER, taken, back, documents=(PS_2,)),
        ),
        inbox=inbox,
        cursors={("A", "e"): 4, ("B", "e"): 3},
        units=frozenset(),
        documents=(line, PS_2),
    )
    told = [finding for finding in map(str, check(history)) if "nobody is told" in finding]
    assert bool(told) is not after
