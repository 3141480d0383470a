"""D3, D5, D6, S13, S22: what an event changes at once, and what the backend's answer changes at the terminal."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.changes import (
    Back,
    Gone,
    Made,
    SlipMade,
    StatusChanged,
    answered,
    consequences,
    settled,
)
from terminal.domain.documents import SlipStatus
from terminal.domain.drafting import slip_of
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.ledger import Ledger
from terminal.domain.refusals import Code, refuse
from tests.domain.shop import ANN, BOB, DRILL, Play, ledger_with, recorded_as, registration_of, slip_with

PS1 = slip_with("PS-1", (DRILL, 2), (DRILL, 2))
PS2 = slip_with("PS-2", (DRILL, 2))
SN1 = Registered("PS-1", 1, "DRILL", "SN-1")
OF_ANN = registration_of(1, "PS-1", 1, DRILL, "SN-1")
OF_BOB = registration_of(1, "PS-1", 1, DRILL, "SN-1", who=BOB, terminal="T2")
POSTED = refuse(Code.DOCUMENT_POSTED, document="PS-1")
NO_DUTY = refuse(Code.MISSING_DUTY, duty="register")
NOT_KNOWN = refuse(Code.NOT_KNOWN_HERE, serial="SN-1")
DUPLICATE = Judgement(Outcome.DUPLICATE, refuse(Code.DUPLICATE_ON_LINE, serial="SN-1", line=1), OF_BOB)
ACCEPTED = Judgement(Outcome.ACCEPTED)


def terminal() -> Play:
    return Play(ledger_with(PS1, PS2))


# At once


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        (SN1, (Made(OF_ANN),)),
        (
            replace(SN1, lot="L", expiry="2026-01-31", package="P"),
            (Made(replace(OF_ANN, lot="L", expiry="2026-01-31", package="P")),),
        ),
        (NotReadable("PS-1", 1, "DRILL"), (Made(registration_of(1, "PS-1", 1, DRILL, None)),)),
        (Removed("PS-1", 1, "r", "SN-1"), (Gone("r"),)),
        (Undone("PS-1", "e", "registered", 1, "r", "SN-1"), (Gone("r"),)),
        (Undone("PS-1", "e", "not-readable", 1, "r", None), (Gone("r"),)),
        (Undone("PS-1", "e", "removed", 1, "r", "SN-1"), (Back("r"),)),
        (PostingRequested("PS-1", "d", 0), (StatusChanged("PS-1", SlipStatus.POSTING),)),
        (PostingWithdrawn("PS-1"), (StatusChanged("PS-1", SlipStatus.DRAFT),)),
        (
            SlipDrafted("PS-9", "SO-1", ((1, 2),)),
            (SlipMade(*slip_of(ledger_with(), SlipDrafted("PS-9", "SO-1", ((1, 2),)))),),
        ),
    ],
)
def test_what_an_event_changes_at_once(event, changes):
    assert consequences(ledger_with(PS1), recorded_as(event, 1)) == changes


def test_D8_a_registration_cannot_be_made_of_an_item_without_master_data():
    with pytest.raises(LookupError, match="unknown-item"):
        consequences(ledger_with(PS1, items=()), recorded_as(SN1, 1))


def test_D5_accepting_a_request_posts_and_accepting_anything_else_adds_nothing():
    assert settled(Ledger(), PostingRequested("PS-1", "d", 0)) == (StatusChanged("PS-1", SlipStatus.POSTED),)
    assert [settled(Ledger(), event) for event in (SN1, PostingWithdrawn("PS-1"), Removed("PS-1", 1, "r"))] == [()] * 3


# When the answer comes


def test_D6_an_accepted_event_changes_nothing_more():
    play = terminal()
    assert answered(play.ledger, play.record(ANN, SN1), ACCEPTED) == ()


def test_D6_a_serial_that_lost_stops_counting():
    play = terminal()
    recorded = play.record(ANN, SN1)
    elsewhere = replace(OF_BOB, document="PS-2")
    conflict = Judgement(Outcome.CONFLICT, refuse(Code.HELD_ELSEWHERE, serial="SN-1"), elsewhere)
    assert answered(play.ledger, recorded, conflict) == (Gone("T1-0001"),)


def test_D6_a_refused_blank_stops_counting():
    play = terminal()
    recorded = play.record(ANN, NotReadable("PS-1", 1, "DRILL"))
    assert answered(play.ledger, recorded, Judgement(Outcome.REJECTED, NO_DUTY)) == (Gone("T1-0001"),)


def test_D6_a_duplicate_gives_way_to_the_registration_that_counts():
    play = terminal()
    assert answered(play.ledger, play.record(ANN, SN1), DUPLICATE) == (Gone("T1-0001"), Made(OF_BOB))


def test_D6_a_duplicate_gives_way_to_a_registration_taken_off_here_before():
    play = terminal()
    play.ledger.apply(Made(OF_BOB))
    play.ledger.apply(Gone(OF_BOB.id))
    assert answered(play.ledger, play.record(ANN, SN1), DUPLICATE) == (Gone("T1-0001"), Back(OF_BOB.id))


def test_S22_the_holder_waits_while_its_serial_is_live_here_on_another_unit():
    play = terminal()
    first = play.record(ANN, SN1)
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    again = play.record(ANN, SN1)
    still_there = Judgement(Outcome.REJECTED, NOT_KNOWN, OF_BOB)
    assert answered(play.ledger, first, DUPLICATE) == ()
    assert answered(play.ledger, removal, still_there) == ()
    assert answered(play.ledger, again, DUPLICATE) == (Gone(again.id), Made(OF_BOB))


def test_D6_removing_a_duplicate_shows_whose_registration_stays():
    play = terminal()
    play.record(ANN, SN1)
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    still_there = Judgement(Outcome.REJECTED, NOT_KNOWN, OF_BOB)
    assert answered(play.ledger, removal, still_there) == (Made(OF_BOB),)


def test_D5_a_late_removal_from_a_posted_slip_is_taken_back():
    play = terminal()
    play.record(ANN, SN1)
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    late = Judgement(Outcome.REJECTED, POSTED, OF_ANN, live=True)
    assert answered(play.ledger, removal, late) == (Back("T1-0001"), StatusChanged("PS-1", SlipStatus.POSTED))


@pytest.mark.parametrize(
    ("document", "refusal", "outcome"),
    [("PS-1", POSTED, Outcome.REJECTED), ("PS-2", refuse(Code.HELD_ELSEWHERE, serial="SN-1"), Outcome.CONFLICT)],
    ids=["on the same slip", "on another slip"],
)
def test_D5_a_late_removal_is_taken_back_also_when_the_serial_was_registered_again(document, refusal, outcome):
    play = terminal()
    play.record(ANN, SN1)
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    again = play.record(ANN, replace(SN1, document=document))
    late = Judgement(Outcome.REJECTED, POSTED, OF_ANN, live=True)
    posted = StatusChanged("PS-1", SlipStatus.POSTED)
    assert answered(play.ledger, removal, late) == (posted,)
    play.ledger.apply(posted)
    after = (Gone(again.id), Back("T1-0001"))
    assert answered(play.ledger, again, Judgement(outcome, refusal, OF_ANN))[:2] == after


def test_D6_an_answer_leaves_alone_what_a_newer_event_here_names():
    play = terminal()
    play.record(ANN, SN1)
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    play.record(ANN, Undone("PS-1", removal.id, "removed", 1, "T1-0001", "SN-1"))
    play.record(BOB, Removed("PS-1", 1, "T1-0001", "SN-1"))
    refused = Judgement(Outcome.REJECTED, NO_DUTY, OF_ANN, live=True)
    assert answered(play.ledger, removal, refused, waiting={"T1-0001"}) == ()
    assert answered(play.ledger, removal, refused) == (Back("T1-0001"),)


def test_S22_what_another_terminal_had_gives_way_to_what_counts_by_now():
    play = terminal()
    recorded = play.record(ANN, replace(SN1, document="PS-2"))
    removal = play.record(ANN, Removed("PS-2", 1, recorded.id, "SN-1"))
    play.ledger.apply(Made(OF_BOB))
    counts = registration_of(1, "PS-2", 1, DRILL, "SN-1")
    refused = Judgement(Outcome.REJECTED, NO_DUTY, counts, live=True)
    assert answered(play.ledger, removal, refused) == (Gone(OF_BOB.id), Back(recorded.id))
    assert answered(play.ledger, removal, refused, waiting={OF_BOB.id}) == ()


def test_D3_a_refused_undo_is_taken_back_both_ways():
    play = terminal()
    play.record(ANN, SN1)
    undone = play.record(ANN, Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1"))
    assert answered(play.ledger, undone, Judgement(Outcome.REJECTED, NO_DUTY, OF_ANN, live=True)) == (Back("T1-0001"),)
    play.ledger.apply(Back("T1-0001"))
    removal = play.record(ANN, Removed("PS-1", 1, "T1-0001", "SN-1"))
    restored = play.record(ANN, Undone("PS-1", removal.id, "removed", 1, "T1-0001", "SN-1"))
    nothing = Judgement(Outcome.REJECTED, refuse(Code.NOTHING_TO_UNDO))
    assert answered(play.ledger, restored, nothing) == (Gone("T1-0001"),)


def test_D5_a_request_that_came_back_opens_the_document_again():
    play = terminal()
    asked = play.record(ANN, PostingRequested("PS-1", "d", 0))
    back = Judgement(Outcome.REJECTED, refuse(Code.DIFFERENT_SET, document="PS-1", seen=0, held=1))
    assert answered(play.ledger, asked, back) == (StatusChanged("PS-1", SlipStatus.DRAFT),)


def test_D5_of_a_request_withdrawn_meanwhile_the_answer_to_the_withdrawal_says_what_became():
    play = terminal()
    asked = play.record(ANN, PostingRequested("PS-1", "d", 0))
    withdrawn = play.record(ANN, PostingWithdrawn("PS-1"))
    back = Judgement(Outcome.REJECTED, refuse(Code.DIFFERENT_SET, document="PS-1", seen=0, held=1))
    posted = (StatusChanged("PS-1", SlipStatus.POSTED),)
    assert answered(play.ledger, asked, back, withdrawn=True) == ()
    assert answered(play.ledger, asked, ACCEPTED, withdrawn=True) == ()
    assert answered(play.ledger, withdrawn, Judgement(Outcome.REJECTED, POSTED)) == posted


def test_D5_a_withdrawn_request_that_comes_back_leaves_a_newer_one_waiting():
    play = terminal()
    asked = play.record(ANN, PostingRequested("PS-1", "d", 0))
    play.record(ANN, PostingWithdrawn("PS-1"))
    play.record(ANN, PostingRequested("PS-1", "d", 0))
    back = Judgement(Outcome.REJECTED, refuse(Code.DIFFERENT_SET, document="PS-1", seen=0, held=1))
    assert answered(play.ledger, asked, back, withdrawn=True) == ()


def test_D5_a_request_for_a_slip_that_another_posted_learns_that():
    play = terminal()
    asked = play.record(ANN, PostingRequested("PS-1", "d", 0))
    for change in (changes := answered(play.ledger, asked, Judgement(Outcome.REJECTED, POSTED))):
        play.ledger.apply(change)
    assert changes[-1] == StatusChanged("PS-1", SlipStatus.POSTED)
    assert play.ledger.slip("PS-1").status is SlipStatus.POSTED


def test_S13_a_refused_draft_is_refused_for_good_and_what_is_on_it_falls_with_it():
    play = terminal()
    drafted = play.record(ANN, SlipDrafted("PS-9", "SO-1", ((1, 2),)))
    registered = play.record(ANN, Registered("PS-9", 1, "DRILL", "SN-1"))
    asked = play.record(ANN, PostingRequested("PS-9", "d", 1))
    refused = StatusChanged("PS-9", SlipStatus.REFUSED)
    more = Judgement(Outcome.REJECTED, refuse(Code.MORE_THAN_LEFT, line=1, left=1, wanted=2))
    unknown = Judgement(Outcome.REJECTED, refuse(Code.UNKNOWN_DOCUMENT, document="PS-9"))
    assert answered(play.ledger, drafted, more) == (refused,)
    play.ledger.apply(refused)
    assert answered(play.ledger, registered, unknown) == (Gone(registered.id),)
    assert answered(play.ledger, asked, unknown) == ()
