"""Events go to JSON and back, malformed ones are refused as such, and fingerprints tell any two apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from terminal.domain.events import (
    TYPES,
    InvoiceDrafted,
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Recorded,
    Registered,
    Removed,
    SaleLineSet,
    SerialCorrected,
    SlipDrafted,
    SlipReversed,
    Undone,
    UnitsDrawn,
    UnitsReturned,
    body,
    digest,
    event_from,
)
from tests.domain.shop import PROPERTIES, recorded_as

TEXT = st.text(max_size=12)
COUNT = st.integers(0, 2**31 - 1)
PAIRS = st.lists(st.tuples(COUNT, COUNT), max_size=4).map(tuple)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
EVENTS = st.one_of(
    st.builds(Registered, TEXT, COUNT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    st.builds(NotReadable, TEXT, COUNT, TEXT),
    st.builds(Removed, TEXT, COUNT, TEXT, st.none() | TEXT),
    st.builds(Undone, TEXT, TEXT, TEXT, COUNT, TEXT, st.none() | TEXT),
    st.builds(PostingRequested, TEXT, TEXT, COUNT),
    st.builds(PostingWithdrawn, TEXT),
    st.builds(SlipDrafted, TEXT, TEXT, PAIRS, NAMES),
    st.builds(InvoiceDrafted, TEXT, TEXT, PAIRS),
    st.builds(UnitsDrawn, TEXT, TEXT, COUNT, NAMES, COUNT),
    st.builds(UnitsReturned, TEXT, TEXT, COUNT, NAMES, COUNT),
    st.builds(SerialCorrected, TEXT, COUNT, TEXT, st.none() | TEXT, TEXT, TEXT),
    st.builds(SlipReversed, TEXT, COUNT, TEXT),
    st.builds(SaleLineSet, TEXT, COUNT, TEXT, COUNT),
)
RECORDED = st.builds(Recorded, TEXT, COUNT, TEXT, TEXT, TEXT, TEXT, EVENTS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = sorted({name for kind in TYPES.values() for name in kind.__struct_fields__})

EXAMPLES = [
    Registered("PS-1", 1, "DRILL", "SN-1", lot="L", expiry="2026-01-31", package="P", override="came back"),
    NotReadable("PS-1", 1, "DRILL"),
    Removed("PS-1", 1, "r1", "SN-1"),
    Undone("PS-1", "e1", "removed", 1, "r1", None),
    PostingRequested("PS-1", "d", 2),
    PostingWithdrawn("PS-1"),
    SlipDrafted("PS-1", "SO-1", ((1, 2), (2, 1)), brought=("r1",)),
    InvoiceDrafted("INV-1", "SO-1", ((1, 2),)),
    UnitsDrawn("INV-1", "PS-1", 1, ("r1", "r2"), 3),
    UnitsReturned("INV-1", "PS-1", 1, ("r1", "r2"), 3),
    SerialCorrected("PS-1", 1, "r1", "SN-1", "SN-2", "mixed up"),
    SlipReversed("PS-1", 1, "came back"),
    SaleLineSet("CS-1", 1, "DRILL", 2),
]


@PROPERTIES
@given(EVENTS)
def test_an_event_comes_back_from_JSON_as_it_was(event):
    assert event_from(event.type, json.loads(json.dumps(body(event)))) == event


@PROPERTIES
@given(EVENTS, JSON)
def test_fields_of_a_newer_version_are_ignored(event, value):
    assert event_from(event.type, {**body(event), "of a newer version": value}) == event


@PROPERTIES
@given(st.sampled_from([*sorted(TYPES), "unheard-of"]), st.dictionaries(st.sampled_from(FIELD_NAMES), JSON))
def test_a_malformed_event_is_a_ValueError_and_nothing_else(kind, given_fields):
    try:
        event = event_from(kind, given_fields)
    except ValueError:
        return
    assert event.type == kind
    written = json.loads(json.dumps(body(event), ensure_ascii=False).encode("utf-8"))
    kept = {name: written[name] for name in given_fields if name in written}
    assert kept == {name: given_fields[name] for name in kept}


@PROPERTIES
@given(EVENTS, st.data())
def test_one_field_of_the_wrong_kind_is_enough(event, data):
    given_fields = body(event)
    name = data.draw(st.sampled_from(sorted(given_fields)))
    given_fields[name] = data.draw(
        st.sampled_from([1.5, True, -1, 2**31, [1], {"a": 1}, [[1, 2, 3]], [[1, -1]], "\ud800"])
    )
    with pytest.raises(ValueError, match=event.type):
        event_from(event.type, given_fields)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_a_missing_field_is_a_ValueError(event):
    optional = {"lot", "expiry", "package", "override", "brought", "registrations", "units", "reason"}
    if isinstance(event, PostingRequested):
        optional -= {"registrations"}
    if isinstance(event, SaleLineSet):
        optional -= {"units"}
    optional |= {"serial"} if isinstance(event, (Removed, Undone)) else set()
    optional |= {"lines"} if isinstance(event, InvoiceDrafted) else set()
    for name in set(body(event)) - optional:
        rest = {key: value for key, value in body(event).items() if key != name}
        with pytest.raises(ValueError, match=event.type):
            event_from(event.type, rest)


def test_what_a_field_left_out_means():
    assert event_from("removed", {"document": "PS-1", "line": 1, "registration": "r1"}) == Removed(
        "PS-1", 1, "r1", None
    )
    registered = {"document": "PS-1", "line": 1, "item": "DRILL", "serial": "SN-1"}
    assert event_from("registered", registered) == Registered("PS-1", 1, "DRILL", "SN-1", "", "", "")


def test_an_unknown_type_is_a_ValueError():
    with pytest.raises(ValueError, match="unknown event type 'sold'"):
        event_from("sold", {})


def test_the_names_on_the_wire_stay():
    assert list(TYPES) == [
        "registered",
        "not-readable",
        "removed",
        "undone",
        "posting-requested",
        "posting-withdrawn",
        "slip-drafted",
        "invoice-drafted",
        "units-drawn",
        "units-returned",
        "serial-corrected",
        "slip-reversed",
        "sale-line-set",
    ]
    assert {type(event) for event in EXAMPLES} == set(TYPES.values())


# The fingerprint


@PROPERTIES
@given(RECORDED)
def test_a_fingerprint_is_the_same_on_both_sides_of_the_wire(recorded):
    again = event_from(recorded.event.type, json.loads(json.dumps(body(recorded.event))))
    assert digest(replace(recorded, event=again)) == digest(recorded)


@PROPERTIES
@given(RECORDED, RECORDED)
def test_fingerprints_are_equal_just_when_the_events_are(one, another):
    assert (digest(one) == digest(another)) == (one == another)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_a_fingerprint_tells_each_field(event):
    recorded = recorded_as(event, 7)
    changed = [
        replace(recorded, **{name: _other(getattr(recorded, name))})
        for name in recorded.__struct_fields__
        if name != "event"
    ] + [
        replace(recorded, event=replace(event, **{name: _other(getattr(event, name))}))
        for name in event.__struct_fields__
    ]
    assert len({digest(each) for each in [recorded, *changed]}) == 1 + len(changed)


def test_a_fingerprint_tells_types_with_the_same_fields_apart():
    assert digest(recorded_as(NotReadable("PS-1", 1, "SN-1"), 1)) != digest(
        recorded_as(Removed("PS-1", 1, "SN-1", None), 1)
    )


def test_a_fingerprint_never_changes_between_releases():
    assert digest(recorded_as(EXAMPLES[0], 7)) == "e501742a93c02f115836efd4fa441cff"


def _other(value):
    if isinstance(value, int):
        return value + 1
    if isinstance(value, tuple):
        return (*value, (9, 9))
    return "other" if value is None else value + "x"
