"""S3, S4, S5, I11, S17, D5, D7: what stands in the way of posting, and the request to post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from terminal.domain.changes import Made, StatusChanged
from terminal.domain.documents import Registration, SlipStatus, Tally
from terminal.domain.events import PostingRequested, PostingWithdrawn
from terminal.domain.intents import AddNotReadable, AddSerial, RequestPosting, WithdrawPosting
from terminal.domain.posting import judge_posting, obstacles, registrations_digest, units_missing
from terminal.domain.refusals import Code, refuse
from tests.domain.shop import (
    ANN,
    BOB,
    DRILL,
    EVE,
    GLUE,
    HAM,
    NO_OFFLINE_POSTING,
    PROPERTIES,
    PUMP,
    RECALLED,
    SAW,
    Play,
    ledger_with,
    registration_of,
    slip_with,
)

REQUEST = RequestPosting("PS-1", online=True)
EMPTY_DIGEST = registrations_digest([])


def complete_slip() -> Play:
    """One drill, registered by Ann."""
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 1))))
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    return play


def test_S3_each_unit_under_control_needs_a_registration():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 2))))
    assert obstacles(play.ledger, "PS-1") == (refuse(Code.UNITS_MISSING, line=1, item="DRILL", missing=2),)
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert obstacles(play.ledger, "PS-1") == (refuse(Code.UNITS_MISSING, line=1, item="DRILL", missing=1),)
    play.does(ANN, AddSerial("PS-1", 1, "SN-2"))
    assert obstacles(play.ledger, "PS-1") == ()


def test_S3_a_blank_counts_as_a_registration():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 1))))
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert obstacles(play.ledger, "PS-1") == ()


def test_S4_registrations_may_be_missing_where_blank_issue_is_allowed():
    play = Play(ledger_with(slip_with("PS-1", (SAW, 2))))
    assert obstacles(play.ledger, "PS-1") == ()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert obstacles(play.ledger, "PS-1") == ()


@pytest.mark.parametrize("item", [DRILL, SAW], ids=["control", "blank issue allowed"])
def test_S5_more_registrations_than_units_are_never_posted(item):
    play = Play(ledger_with(slip_with("PS-1", (item, 1))))
    for serial in ("SN-1", "SN-2", "SN-3"):
        play.does(ANN, AddSerial("PS-1", 1, serial))
    surplus = refuse(Code.SURPLUS, line=1, item=item.number, surplus=2)
    assert obstacles(play.ledger, "PS-1") == (surplus,)
    assert play.does(ANN, REQUEST) == surplus


@pytest.mark.parametrize(
    "item", [GLUE, PUMP, HAM], ids=["S1 no serials", "S1 serials in stock only", "S20 catch weight"]
)
def test_S1_S20_a_line_that_takes_no_serials_misses_none(item):
    play = Play(ledger_with(slip_with("PS-1", (item, 2))))
    assert obstacles(play.ledger, "PS-1") == ()
    assert play.does(ANN, REQUEST) == PostingRequested("PS-1", EMPTY_DIGEST, 0)


def test_S3_units_missing_is_never_negative():
    line = slip_with("PS-1", (DRILL, 2))[1][0]
    assert [units_missing(line, Tally(n, 1)) for n in range(4)] == [1, 0, 0, 0]


def test_I11_a_blocked_item_stands_in_the_way():
    play = Play(ledger_with(slip_with("PS-1", (replace(RECALLED, tracking=GLUE.tracking), 1))))
    blocked = refuse(Code.BLOCKED, item="RECALLED", line=1)
    assert obstacles(play.ledger, "PS-1") == (blocked,)
    assert play.does(ANN, REQUEST) == blocked


def test_S3_S5_I11_every_obstacle_is_named_line_by_line():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 2), (GLUE, 1), (SAW, 1), (RECALLED, 1))))
    for serial in ("SN-1", "SN-2"):
        play.does(ANN, AddSerial("PS-1", 3, serial))
    assert obstacles(play.ledger, "PS-1") == (
        refuse(Code.UNITS_MISSING, line=1, item="DRILL", missing=2),
        refuse(Code.SURPLUS, line=3, item="SAW", surplus=1),
        refuse(Code.BLOCKED, item="RECALLED", line=4),
        refuse(Code.UNITS_MISSING, line=4, item="RECALLED", missing=1),
    )


def test_S17_posting_needs_the_duty():
    play = complete_slip()
    no_duty = refuse(Code.MISSING_DUTY, duty="post")
    assert play.does(EVE, REQUEST) == no_duty
    play.does(BOB, REQUEST)
    assert play.does(EVE, WithdrawPosting("PS-1")) == no_duty


def test_D5_a_request_carries_the_digest_of_what_the_operator_saw():
    play = complete_slip()
    digest = registrations_digest([registration_of(1, "PS-1", 1, DRILL, "SN-1")])
    assert play.does(BOB, REQUEST) == PostingRequested("PS-1", digest, 1)
    assert play.ledger.slip("PS-1").status is SlipStatus.POSTING


def test_D5_until_the_answer_comes_scans_are_refused_and_withdrawing_opens_it_again():
    play = complete_slip()
    play.does(BOB, REQUEST)
    pending = refuse(Code.POSTING_PENDING, document="PS-1")
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-2")) == pending
    assert play.does(ANN, REQUEST) == pending
    assert play.does(ANN, WithdrawPosting("PS-1")) == PostingWithdrawn("PS-1")
    assert play.ledger.slip("PS-1").status is SlipStatus.DRAFT


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SlipStatus.DRAFT, Code.NOTHING_TO_WITHDRAW),
        (SlipStatus.POSTED, Code.DOCUMENT_POSTED),
        (SlipStatus.CANCELLED, Code.NOTHING_TO_WITHDRAW),
        (SlipStatus.REFUSED, Code.NOTHING_TO_WITHDRAW),
    ],
)
def test_D5_only_a_waiting_request_is_withdrawn(status, code):
    play = complete_slip()
    play.ledger.apply(StatusChanged("PS-1", status))
    assert play.does(ANN, WithdrawPosting("PS-1")) == refuse(code, document="PS-1")


def test_D8_an_unknown_document_is_not_posted():
    play = Play(ledger_with())
    unknown = refuse(Code.UNKNOWN_DOCUMENT, document="PS-1")
    assert play.does(ANN, REQUEST) == unknown
    assert play.does(ANN, WithdrawPosting("PS-1")) == unknown


def test_D7_offline_posting_is_the_sites_to_allow():
    play = complete_slip()
    play.policies = NO_OFFLINE_POSTING
    offline = RequestPosting("PS-1", online=False)
    assert play.does(ANN, offline) == refuse(Code.OFFLINE_POSTING, document="PS-1")
    assert isinstance(play.does(ANN, REQUEST), PostingRequested)
    allowed = complete_slip()
    assert isinstance(allowed.does(ANN, offline), PostingRequested)


def test_D5_only_an_equal_set_is_posted():
    play = complete_slip()
    held = registrations_digest(play.ledger.live_registrations("PS-1"))
    assert judge_posting(play.ledger, BOB, PostingRequested("PS-1", held, 1)) is None
    other = refuse(Code.DIFFERENT_SET, document="PS-1", seen=0, held=1)
    assert judge_posting(play.ledger, BOB, PostingRequested("PS-1", EMPTY_DIGEST, 0)) == other


def test_S3_S17_the_authority_asks_every_rule_of_posting_again():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 1))))
    asked = PostingRequested("PS-1", EMPTY_DIGEST, 0)
    assert judge_posting(play.ledger, BOB, asked) == refuse(Code.UNITS_MISSING, line=1, item="DRILL", missing=1)
    assert judge_posting(play.ledger, EVE, asked) == refuse(Code.MISSING_DUTY, duty="post")
    play.ledger.apply(StatusChanged("PS-1", SlipStatus.POSTED))
    assert judge_posting(play.ledger, BOB, asked) == refuse(Code.DOCUMENT_POSTED, document="PS-1")


# The digest (D5)

ON_PS1 = st.builds(
    Registration,
    id=st.sampled_from(["r1", "r2", "r3"]),
    document=st.just("PS-1"),
    line=st.integers(1, 2),
    item=st.sampled_from(["DRILL", "SAW"]),
    serial=st.none(),
    key=st.sampled_from([None, "r1", "a", "b", "a+b", "-"]),
    operator=st.just("ann"),
    terminal=st.just("T1"),
    recorded_at=st.just(""),
)


def seen(registrations: list[Registration]) -> list[tuple[int, str, bool, str]]:
    """Say what an operator sees as one set: serials by value, blanks by name."""
    return sorted((r.line, r.item, r.key is None, r.id if r.key is None else r.key) for r in registrations)


@PROPERTIES
@given(st.lists(ON_PS1, max_size=4), st.randoms())
def test_D5_the_digest_does_not_depend_on_order(registrations, random):
    shuffled = random.sample(registrations, len(registrations))
    assert registrations_digest(shuffled) == registrations_digest(registrations)


@PROPERTIES
@given(st.lists(ON_PS1, max_size=3), st.lists(ON_PS1, max_size=3))
def test_D5_digests_are_equal_just_when_the_sets_are(some, others):
    assert (registrations_digest(some) == registrations_digest(others)) == (seen(some) == seen(others))


def test_D5_the_digest_knows_a_serial_by_value_and_a_blank_by_name():
    play = Play(ledger_with())
    of_ann = registration_of(1, "PS-1", 1, DRILL, "SN-1")
    of_bob = registration_of(2, "PS-1", 1, DRILL, "sn-1", who=BOB, terminal="T2")
    assert registrations_digest([of_ann]) == registrations_digest([of_bob])
    blanks = [registration_of(n, "PS-1", 1, DRILL, None) for n in (1, 2)]
    assert registrations_digest(blanks[:1]) != registrations_digest(blanks[1:])
    play.ledger.apply(Made(of_ann))
    assert registrations_digest(play.ledger.live_registrations("PS-1")) == registrations_digest([of_ann])
