"""The checker finds each kind of broken promise in histories made by hand, and nothing in a good one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from .checker import Ack, Event, History, Kind, Row, Side, Unit, check

MADE = Event("a1", 1, "registered", "accepted", "PS-1", "a1")
TAKEN_OFF = Event("a2", 2, "removed", "accepted", "PS-1", "a1")
KEPT = Event("a3", 3, "registered", "accepted", "PS-1", "a3")
LOSER = Event("b1", 1, "registered", "conflict", "PS-2", "b1", problem=True)
UNIT = Unit("PS-1", 1, "a3", "PUMP", "s3")


def side(device: str, *events: Event, **more: Any) -> Side:
    return Side(device, device, "e", events, **more)


def row(device: str, event: Event) -> Row:
    return Row(device, "e", replace(event, problem=False))


GOOD = History(
    acks=(Ack("A", 1, "a1"), Ack("A", 2, "a2"), Ack("A", 3, "a3"), Ack("B", 1, "b1")),
    sides=(
        side("A", MADE, TAKEN_OFF, KEPT, units=frozenset({UNIT}), statuses={"PS-1": "draft"}),
        side("B", LOSER, statuses={"PS-2": "draft"}),
    ),
    inbox=(row("A", MADE), row("B", LOSER), row("A", TAKEN_OFF), row("A", KEPT)),
    cursors={("A", "e"): 3, ("B", "e"): 1},
    units=frozenset({UNIT}),
    statuses={"PS-1": "draft", "PS-2": "draft"},
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
REUSED = Event("b1", 1, "registered", "key-reuse", "PS-2", "b1")

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
    "a cloned terminal that nobody is told of": (
        Kind.LOST,
        "another event in its place",
        replace(with_side(1, events=(REUSED,)), inbox=without("b1"), cursors={("A", "e"): 3}),
    ),
    "a repeat that counts as a clone's": (
        Kind.DISAGREE,
        "counts as another's here",
        with_side(1, events=(replace(REUSED, problem=True),)),
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
        "was removed by b1",
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
        "has [('a1'",
        with_side(0, units=frozenset({UNIT, Unit("PS-1", 1, "a1", "PUMP", "s1")})),
    ),
    "a unit that is only there": (Kind.DISAGREE, "lacks [('a3'", with_side(0, units=frozenset())),
    "another serial": (Kind.DISAGREE, "on PS-1", with_side(0, units=frozenset({replace(UNIT, key="s9")}))),
    "another status": (Kind.DISAGREE, "is posted, draft", with_side(0, statuses={"PS-1": "posted"})),
    "a slip that the server has not": (Kind.DISAGREE, "refused at the server", with_side(1, statuses={"T-1": "draft"})),
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
        (Event("b1", 1, "posting-requested", "key-reuse", "PS-2", void=True),),
    ],
    ids=["removed again by its own people", "so already", "the newest word is a problem", "withdrawn"],
)
def test_nobody_need_be_told(events: tuple[Event, ...]) -> None:
    history = replace(
        with_side(1, events=events),
        inbox=(*without("b1"), *(row("B", event) for event in events if event.outcome != "key-reuse")),
        cursors={("A", "e"): 3, ("B", "e"): len(events)} if events[0].outcome != "key-reuse" else {("A", "e"): 3},
    )
    assert check(history) == []
