"""D1, D3, D5, D6, D8, S22: how the authority judges what a terminal recorded."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.changes import Gone, Made, StatusChanged, settled
from terminal.domain.documents import SlipStatus
from terminal.domain.events import (
    NotReadable,
    PostingRequested,
    PostingWithdrawn,
    Registered,
    Removed,
    SlipDrafted,
    Undone,
)
from terminal.domain.judging import Judgement, Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.posting import registrations_digest
from terminal.domain.refusals import Code, refuse
from tests.domain.shop import (
    ANN,
    BOB,
    DRILL,
    GUEST,
    MORNING,
    SAW,
    STRICT,
    WARN,
    ledger_with,
    recorded_as,
    registration_of,
    slip_with,
    write_down,
)

PS1 = slip_with("PS-1", (DRILL, 2), (DRILL, 2), (SAW, 1))
PS2 = slip_with("PS-2", (DRILL, 2))
ACCEPTED = Judgement(Outcome.ACCEPTED)
SN1 = Registered("PS-1", 1, "DRILL", "SN-1")


class Authority:
    """Judges events and writes down what it accepts."""

    def __init__(self, policies=WARN) -> None:
        self.ledger: Ledger = ledger_with(PS1, PS2)
        self.policies = policies

    def says(self, event, sequence=1, *, who=ANN, terminal="T1") -> Judgement:
        recorded = recorded_as(event, sequence, who=who, terminal=terminal)
        judgement = judge(self.ledger, who, self.policies, recorded)
        if judgement == ACCEPTED:
            write_down(self.ledger, recorded)
            for change in settled(self.ledger, event):
                self.ledger.apply(change)
        return judgement


def holding_SN1(*, line: int = 1, document: str = "PS-1") -> tuple[Authority, object]:
    """An authority where Bob registered SN-1 at terminal T2."""
    authority = Authority()
    assert authority.says(replace(SN1, document=document, line=line), who=BOB, terminal="T2") == ACCEPTED
    return authority, registration_of(1, document, line, DRILL, "SN-1", who=BOB, terminal="T2")


def test_D6_what_the_rules_allow_is_accepted():
    authority = Authority()
    digest = registrations_digest(
        [registration_of(1, "PS-2", 1, DRILL, "SN-1"), registration_of(5, "PS-2", 1, DRILL, None)]
    )
    events = [
        Registered("PS-2", 1, "DRILL", "SN-1", lot="L", expiry="2026-01-31", package="P"),
        Removed("PS-2", 1, "T1-0001", "SN-1"),
        Undone("PS-2", "T1-0002", "removed", 1, "T1-0001", "SN-1"),
        SlipDrafted("PS-9", "SO-1", ((1, 1),)),
        NotReadable("PS-2", 1, "DRILL"),
        PostingRequested("PS-2", digest, 2),
    ]
    assert [authority.says(event, n) for n, event in enumerate(events, 1)] == [ACCEPTED] * len(events)
    assert authority.ledger.slip("PS-2").status is SlipStatus.POSTED


def test_D6_the_second_commit_of_a_serial_is_a_conflict_and_learns_who_holds_it():
    authority, held = holding_SN1(document="PS-2")
    refusal = refuse(
        Code.HELD_ELSEWHERE, serial="SN-1", document="PS-2", line=1, operator="bob", terminal="T2", at=MORNING
    )
    assert authority.says(SN1) == Judgement(Outcome.CONFLICT, refusal, held)


def test_D6_the_same_serial_on_the_same_line_is_a_harmless_duplicate():
    authority, held = holding_SN1()
    refusal = refuse(Code.DUPLICATE_ON_LINE, serial="sn-1", line=1, operator="bob", at=MORNING, registration="T2-0001")
    assert authority.says(replace(SN1, serial="sn-1")) == Judgement(Outcome.DUPLICATE, refusal, held)


def test_D6_the_same_serial_on_the_same_slip_is_a_harmless_duplicate():
    authority, held = holding_SN1(line=2)
    refusal = refuse(Code.ON_OTHER_LINE, serial="SN-1", line=2, registration="T2-0001")
    assert authority.says(SN1) == Judgement(Outcome.DUPLICATE, refusal, held)


def test_S5_the_authority_refuses_a_surplus_that_two_terminals_made_together():
    authority = Authority(STRICT)
    for n in (1, 2):
        authority.says(replace(SN1, serial=f"SN-{n}"), n, who=BOB, terminal="T2")
    full = refuse(Code.LINE_FULL, line=1, units=2)
    assert authority.says(replace(SN1, serial="SN-3")) == Judgement(Outcome.REJECTED, full)
    assert authority.says(NotReadable("PS-1", 1, "DRILL"), 2) == Judgement(Outcome.REJECTED, full)


def test_S17_the_authoritys_duties_decide():
    refusal = refuse(Code.MISSING_DUTY, duty="register")
    assert Authority().says(SN1, who=GUEST) == Judgement(Outcome.REJECTED, refusal)


def test_D5_a_posted_slip_takes_nothing_and_the_terminal_learns_what_stands_on_it():
    authority, held = holding_SN1()
    authority.ledger.apply(StatusChanged("PS-1", SlipStatus.POSTED))
    posted = refuse(Code.DOCUMENT_POSTED, document="PS-1")
    assert authority.says(SN1) == Judgement(Outcome.DUPLICATE, posted, held)  # it left with the slip
    late = replace(SN1, serial="SN-9")
    assert authority.says(late, 3) == Judgement(Outcome.REJECTED, posted)
    removed = Removed("PS-1", 1, "T2-0001", "SN-1")
    assert authority.says(removed, 2) == Judgement(Outcome.REJECTED, posted, held, live=True)


@pytest.mark.parametrize("event", [Removed("PS-1", 1, "T2-0001", "SN-1"), SN1], ids=lambda event: event.type)
def test_D6_an_unknown_operator_is_told_what_counts_all_the_same(event):
    authority, held = holding_SN1()
    refusal = refuse(Code.UNKNOWN_OPERATOR, operator="ann")
    said = Judgement(Outcome.REJECTED, refusal, held, live=isinstance(event, Removed))
    assert judge(authority.ledger, None, WARN, recorded_as(event, 1)) == said


def test_D6_removing_what_is_gone_already_is_harmless():
    authority, held = holding_SN1()
    authority.ledger.apply(Gone(held.id))
    refusal = refuse(Code.NOT_KNOWN_HERE, serial="SN-1")
    assert authority.says(Removed("PS-1", 1, held.id, "SN-1")) == Judgement(Outcome.DUPLICATE, refusal)


@pytest.mark.parametrize("line", [1, 2], ids=["same line", "other line"])
def test_D6_removing_a_duplicate_whose_serial_stays_on_the_slip_is_no_harmless_matter(line):
    authority, held = holding_SN1(line=line)
    assert authority.says(SN1).outcome is Outcome.DUPLICATE
    refusal = refuse(Code.NOT_KNOWN_HERE, serial="")
    assert authority.says(Removed("PS-1", 1, "T1-0001", "SN-1"), 2) == Judgement(Outcome.REJECTED, refusal, held)


def test_D6_removing_the_loser_of_a_conflict_is_harmless():
    authority, held = holding_SN1(document="PS-2")
    assert authority.says(SN1).outcome is Outcome.CONFLICT
    refusal = refuse(Code.NOT_KNOWN_HERE, serial="")
    assert authority.says(Removed("PS-1", 1, "T1-0001", "SN-1"), 2) == Judgement(Outcome.DUPLICATE, refusal, held)


def test_D3_undoing_a_registration_that_lost_is_harmless_and_touches_nobody_elses():
    authority, held = holding_SN1()
    authority.says(SN1)
    undone = Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1")
    refusal = refuse(Code.NOTHING_TO_UNDO)
    assert authority.says(undone, 2) == Judgement(Outcome.DUPLICATE, refusal, held)
    assert authority.ledger.holder("DRILL", "sn-1") == held


def test_D3_undoing_a_removal_that_another_made_first_is_refused():
    authority, held = holding_SN1()
    removed = Removed("PS-1", 1, held.id, "SN-1")
    assert authority.says(removed, 2, who=BOB, terminal="T2") == ACCEPTED
    assert authority.says(removed, 1).outcome is Outcome.DUPLICATE
    undone = Undone("PS-1", "T1-0001", "removed", 1, held.id, "SN-1")
    assert authority.says(undone, 2) == Judgement(Outcome.REJECTED, refuse(Code.NOTHING_TO_UNDO))


def test_S22_undoing_a_removal_is_a_conflict_when_the_serial_was_registered_elsewhere_since():
    authority, held = holding_SN1()
    assert authority.says(Removed("PS-1", 1, held.id, "SN-1")) == ACCEPTED
    assert authority.says(replace(SN1, document="PS-2"), 2, who=BOB, terminal="T2") == ACCEPTED
    refusal = refuse(
        Code.HELD_ELSEWHERE, serial="SN-1", document="PS-2", line=1, operator="bob", terminal="T2", at=MORNING
    )
    now = registration_of(2, "PS-2", 1, DRILL, "SN-1", who=BOB, terminal="T2")
    undone = Undone("PS-1", "T1-0001", "removed", 1, held.id, "SN-1")
    assert authority.says(undone, 2) == Judgement(Outcome.CONFLICT, refusal, now)


def test_D5_only_an_equal_set_is_posted():
    authority, _ = holding_SN1(document="PS-2")
    asked = PostingRequested("PS-2", registrations_digest([]), 0)
    refusal = refuse(Code.DIFFERENT_SET, document="PS-2", seen=0, held=1)
    assert authority.says(asked) == Judgement(Outcome.REJECTED, refusal)


def test_D5_withdrawing_a_request_that_came_back_is_harmless_but_not_one_that_was_posted():
    authority = Authority()
    withdrawn = PostingWithdrawn("PS-1")
    assert authority.says(withdrawn) == Judgement(Outcome.DUPLICATE, refuse(Code.NOTHING_TO_WITHDRAW, document="PS-1"))
    authority.ledger.apply(StatusChanged("PS-1", SlipStatus.POSTED))
    assert authority.says(withdrawn) == Judgement(Outcome.REJECTED, refuse(Code.DOCUMENT_POSTED, document="PS-1"))


def test_S13_a_draft_of_more_than_is_left_is_refused():
    authority = Authority()
    assert authority.says(SlipDrafted("PS-8", "SO-1", ((1, 3),)), who=BOB, terminal="T2") == ACCEPTED
    refusal = refuse(Code.MORE_THAN_LEFT, line=1, left=2, wanted=3)
    assert authority.says(SlipDrafted("PS-9", "SO-1", ((1, 3),))) == Judgement(Outcome.REJECTED, refusal)


# What no terminal of ours would send: only the very event that the rule gives is accepted.

OF_BOB = registration_of(1, "PS-2", 1, DRILL, "SN-B", who=BOB, terminal="T2")


@pytest.mark.parametrize(
    "forged",
    [
        replace(SN1, serial="SN-1 "),
        replace(SN1, item="SAW"),
        NotReadable("PS-1", 1, "SAW"),
        Removed("PS-1", 1, "T1-0001", "another serial"),
        Undone("PS-1", "T1-0001", "removed", 1, "T1-0001", "SN-A"),
        Undone("PS-1", "T1-0001", "registered", 1, OF_BOB.id, "SN-A"),
        Undone("PS-1", "T1-0001", "registered", 2, "T1-0001", "SN-A"),
        SlipDrafted("PS-9", "SO-1", ((1, 1), (2, 0))),
        SlipDrafted("PS-9", "SO-1", ((1, 1), (1, 1))),
        SlipDrafted("PS-9", "SO-1", ((2, 1), (1, 1))),
    ],
    ids=lambda event: event.type,
)
def test_D1_an_event_that_claims_more_than_its_rule_gives_is_refused(forged):
    authority = Authority()
    authority.ledger.apply(Made(OF_BOB))
    assert authority.says(replace(SN1, serial="SN-A"), 1) == ACCEPTED
    said = authority.says(forged, 2)
    assert (said.outcome, said.refusal) == (Outcome.REJECTED, refuse(Code.MALFORMED_EVENT, type=forged.type))
    assert authority.ledger.holder("DRILL", "sn-b") == OF_BOB
    assert authority.ledger.holder("DRILL", "sn-a") == registration_of(1, "PS-1", 1, DRILL, "SN-A")
