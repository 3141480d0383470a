"""Answers of the backend: in order, once, and nothing that a person counted on is lost without a word (D5, D6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Registration, SlipStatus
from terminal.domain.events import Registered
from terminal.domain.intents import AddNotReadable, DraftSlip, RemoveSerial, RequestPosting, Undo, WithdrawPosting
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.journal.journal import Journal
from terminal.journal.replay import findings

from .world import CARL, Authority, add, deliver, do, furnish, open_journal, serials

ACCEPTED = Judgement(Outcome.ACCEPTED)
CONFLICT = Judgement(Outcome.CONFLICT, refuse(Code.HELD_ELSEWHERE, serial="A1", document="PS-9"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return furnish(open_journal(tmp_path))


def problems(journal: Journal) -> list[int]:
    assert journal.outbox.problems == len(journal.outbox.open_problems())
    assert list(findings(journal.store.connection)) == []
    return [problem.sequence for problem in journal.outbox.open_problems()]


def status(journal: Journal, document: str = "PS-1") -> SlipStatus | None:
    found = journal.records.slip(document)
    return found.status if found else None


def test_answers_count_once_and_in_order_only(journal: Journal) -> None:
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    journal.outbox.settle([(2, CONFLICT)])
    assert journal.outbox.answered == 0
    assert journal.outbox.settle([(1, CONFLICT), (1, ACCEPTED), (3, CONFLICT)]) == {"PS-1"}
    assert journal.outbox.answered == 1
    journal.outbox.settle([(1, ACCEPTED), (2, ACCEPTED), (3, ACCEPTED), (4, ACCEPTED)])
    assert journal.outbox.answered == 3
    assert serials(journal) == ["A2", "A3"]
    assert problems(journal) == [1]


def test_a_duplicate_brings_the_holder_in(journal: Journal) -> None:
    add(journal, "A1")
    holder = Registration("h1", "PS-1", 2, "VALVE", "V1", "v1", "2001", "T2", "2026")
    refusal = refuse(Code.DUPLICATE_ON_LINE, serial="A1", registration="h1")
    journal.outbox.settle([(1, Judgement(Outcome.DUPLICATE, refusal, holder))])
    assert serials(journal) == ["V1"]
    assert problems(journal) == []


def test_a_holder_waits_for_an_unsent_scan_of_the_same_serial(journal: Journal) -> None:
    """Scanned, taken off, scanned again: the answer to the first must not trip over the second."""
    authority = Authority()
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "A1"), "other-0001")
    add(journal, "A1")
    do(journal, RemoveSerial("PS-1", 1, "A1"))
    add(journal, "A1")
    assert deliver(journal, authority, limit=1) == {"PS-1"}
    assert serials(journal) == ["A1"]
    deliver(journal, authority)
    here = list(journal.records.live_registrations("PS-1"))
    assert [r.id for r in here] == ["other-0001"]
    assert problems(journal) == []


def test_a_known_holder_that_was_gone_waits_too(journal: Journal) -> None:
    authority = Authority()
    authority.by_another(CARL, Registered("PS-1", 1, "PUMP", "A1"), "other-0001")
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    do(journal, RemoveSerial("PS-1", 1, "A1"))
    add(journal, "A1")
    holder = journal.records.registration("other-0001")
    removal = Judgement(Outcome.REJECTED, refuse(Code.MISSING_DUTY, duty="register"), None, live=True)
    duplicate = Judgement(Outcome.DUPLICATE, refuse(Code.DUPLICATE_ON_LINE, serial="A1"), holder)
    journal.outbox.settle([(1, removal), (2, duplicate)])
    assert [r.id for r in journal.records.live_registrations("PS-1")] == ["other-0001"]


def test_a_conflict_that_a_person_took_back_is_no_problem(journal: Journal) -> None:
    add(journal, "A1")
    do(journal, Undo("PS-1"))
    add(journal, "B1")
    do(journal, RemoveSerial("PS-1", 1, "B1"))
    do(journal, Undo("PS-1"))
    nothing = Judgement(Outcome.DUPLICATE, refuse(Code.NOTHING_TO_UNDO))
    gone = Judgement(Outcome.DUPLICATE, refuse(Code.NOT_KNOWN_HERE))
    journal.outbox.settle([(1, CONFLICT), (2, nothing), (3, CONFLICT), (4, gone), (5, nothing)])
    assert problems(journal) == [3], "the serial that stood on the list in the end"
    assert serials(journal) == []


def test_a_conflict_is_a_problem_even_where_a_refresh_told_first(journal: Journal) -> None:
    """The answer got lost on its way, and the slip was read without the loser before it was repeated."""
    authority = Authority()
    authority.by_another(CARL, Registered("PS-2", 1, "PUMP", "A1"))
    add(journal, "A1")
    for recorded, void in journal.outbox.pending(9):
        authority.receive(recorded, void)
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert serials(journal) == []
    deliver(journal, authority)
    assert problems(journal) == [1]


def test_posting_accepted_and_refused(journal: Journal) -> None:
    add(journal, "V1", line=2)
    do(journal, RequestPosting("PS-2", online=False))
    assert status(journal, "PS-2") is SlipStatus.DRAFT, "three pumps are missing"
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    assert do(journal, RequestPosting("PS-1", online=True)).accepted
    assert status(journal) is SlipStatus.POSTING
    assert not add(journal, "A4").accepted
    different = Judgement(Outcome.REJECTED, refuse(Code.DIFFERENT_SET, document="PS-1", seen=4, held=5))
    journal.outbox.settle([(n, ACCEPTED) for n in range(1, 5)] + [(5, different)])
    assert status(journal) is SlipStatus.DRAFT
    assert problems(journal) == [5]
    assert do(journal, RequestPosting("PS-1", online=True)).accepted
    journal.outbox.settle([(6, ACCEPTED)])
    assert status(journal) is SlipStatus.POSTED


def full(journal: Journal) -> None:
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    assert do(journal, RequestPosting("PS-1", online=False)).accepted
    assert do(journal, WithdrawPosting("PS-1")).accepted


def test_a_request_withdrawn_in_time_posts_nothing(journal: Journal) -> None:
    """It goes out as void, and its acceptance means only that the backend has noted it."""
    authority = Authority()
    full(journal)
    assert [void for _, void in journal.outbox.pending(9)] == [False, False, False, True, False]
    deliver(journal, authority)
    assert status(journal) is SlipStatus.DRAFT
    assert problems(journal) == []
    assert add(journal, "A4").accepted


def test_a_request_withdrawn_too_late_is_posted(journal: Journal) -> None:
    authority = Authority()
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    do(journal, RequestPosting("PS-1", online=False))
    for recorded, void in journal.outbox.pending(9):
        authority.receive(recorded, void)
    do(journal, WithdrawPosting("PS-1"))
    add(journal, "A4")
    deliver(journal, authority)
    assert status(journal) is SlipStatus.POSTED
    assert problems(journal) == [5, 6], "the withdrawal and the scan after it"
    assert serials(journal) == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    "answer",
    [
        Judgement(Outcome.KEY_REUSE, refuse(Code.CLONED_TERMINAL)),
        Judgement(Outcome.REJECTED, refuse(Code.DIFFERENT_SET, document="PS-1", seen=3, held=4)),
    ],
)
def test_the_answer_to_a_withdrawn_request_does_not_open_the_next_one(journal: Journal, answer: Judgement) -> None:
    full(journal)
    assert do(journal, RequestPosting("PS-1", online=False)).accepted
    journal.outbox.settle([(1, ACCEPTED), (2, ACCEPTED), (3, ACCEPTED), (4, answer)])
    assert status(journal) is SlipStatus.POSTING
    assert problems(journal) == []


def test_a_refused_draft_takes_its_registrations_along(journal: Journal) -> None:
    number = journal.next_number("T1")
    assert number == "T1-1"
    assert do(journal, DraftSlip(number, "SO-1", ((1, 2),))).accepted
    assert journal.next_number("T1") == "T1-2"
    add(journal, "A1", number)
    do(journal, AddNotReadable(number, 1))
    taken = Judgement(Outcome.REJECTED, refuse(Code.NUMBER_TAKEN, document=number))
    unknown = Judgement(Outcome.REJECTED, refuse(Code.UNKNOWN_DOCUMENT, document=number))
    assert journal.outbox.settle([(1, taken), (2, unknown), (3, unknown)]) == {number}
    assert status(journal, number) is SlipStatus.REFUSED
    assert serials(journal, number) == []
    assert problems(journal) == [1, 2, 3]
    assert add(journal, "A1").accepted, "the serial is free again"


def test_a_rewind_doubles_nothing(journal: Journal) -> None:
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    answers = [(1, CONFLICT), (2, ACCEPTED), (3, CONFLICT)]
    journal.outbox.settle(answers)
    journal.outbox.put_away(1, "1001")
    for _ in range(2):
        journal.outbox.rewind()
        assert journal.outbox.standing.unsent == 3
        journal.outbox.settle(answers)
        assert serials(journal) == ["A2"]
        assert problems(journal) == [3]


def test_another_answer_after_a_rewind_wants_the_slip_read_again(journal: Journal) -> None:
    add(journal, "A1")
    journal.outbox.settle([(1, CONFLICT)])
    journal.outbox.rewind()
    assert journal.outbox.settle([(1, ACCEPTED)]) == {"PS-1"}


def test_what_is_accepted_when_it_is_sent_again_is_no_problem_any_more(journal: Journal) -> None:
    for serial in ("A1", "A2"):
        add(journal, serial)
    journal.outbox.settle([(1, CONFLICT), (2, CONFLICT)])
    journal.outbox.rewind()
    journal.outbox.settle([(1, CONFLICT), (2, ACCEPTED)])
    assert problems(journal) == [1]
    assert journal.outbox.standing.problems == 1


def test_a_refresh_after_a_rewind_does_not_revive_what_was_refused(journal: Journal) -> None:
    authority = Authority()
    add(journal, "A1")
    add(journal, "A2")
    journal.outbox.settle([(1, CONFLICT), (2, ACCEPTED)])
    journal.outbox.rewind()
    journal.merging.take_slip(*authority.snapshot("PS-1"))
    assert serials(journal) == ["A2"]


def test_a_refused_draft_lets_go_of_what_others_put_on_it(journal: Journal) -> None:
    """A restored server had shown their units before it forgot the slip; they held their serials here for ever."""
    number = journal.next_number("T1")
    do(journal, DraftSlip(number, "SO-1", ((1, 2),)))
    journal.outbox.settle([(1, ACCEPTED)])
    theirs = Registration("h1", number, 1, "PUMP", "V1", "v1", "2001", "T2", "2026")
    drafted = journal.records.slip(number)
    assert drafted is not None
    journal.merging.take_slip(drafted, journal.records.lines(number), [theirs], 1)
    assert serials(journal, number) == ["V1"]
    journal.outbox.rewind()
    journal.outbox.settle([(1, Judgement(Outcome.REJECTED, refuse(Code.MORE_THAN_LEFT, line=1, left=0, wanted=2)))])
    journal.merging.let_go(number)
    assert (status(journal, number), serials(journal, number)) == (SlipStatus.REFUSED, [])
    assert list(findings(journal.store.connection)) == []


def test_a_request_that_was_withdrawn_in_time_does_not_keep_a_slip(journal: Journal) -> None:
    """It goes out void and is accepted even where the server has no such slip (any more)."""
    number = journal.next_number("T1")
    assert do(journal, DraftSlip(number, "SO-1", ((1, 1),))).accepted
    assert add(journal, "A1", number).accepted
    assert do(journal, RequestPosting(number, online=True)).accepted
    assert do(journal, WithdrawPosting(number)).accepted
    unknown = Judgement(Outcome.REJECTED, refuse(Code.UNKNOWN_DOCUMENT, document=number))
    journal.outbox.settle([(1, ACCEPTED), (2, unknown), (3, ACCEPTED), (4, unknown)])
    journal.outbox.rewind()
    taken = Judgement(Outcome.REJECTED, refuse(Code.NUMBER_TAKEN, document=number))
    journal.outbox.settle([(1, taken), (2, unknown), (3, ACCEPTED), (4, unknown)])
    assert not journal.outbox.stands_on(number)
    journal.merging.let_go(number)
    assert status(journal, number) is SlipStatus.REFUSED
    assert list(findings(journal.store.connection)) == []


def test_what_was_accepted_keeps_a_slip_until_the_server_has_answered_anew(journal: Journal) -> None:
    add(journal, "A1")
    journal.outbox.settle([(1, ACCEPTED)])
    journal.merging.let_go("PS-1")
    assert (status(journal), serials(journal)) == (SlipStatus.DRAFT, ["A1"])


def test_d10_a_copy_that_a_restored_server_forgot_hears_of_all_anew(journal: Journal) -> None:
    """The other device may have sent again what both have, and been answered otherwise: this one is told, too."""
    for serial in ("A1", "A2", "A3"):
        add(journal, serial)
    journal.outbox.settle([(1, ACCEPTED), (2, ACCEPTED)])
    assert journal.part(3)
    journal.outbox.settle([(3, ACCEPTED)])
    journal.outbox.rewind()
    assert journal.outbox.standing.unsent == 3
    journal.outbox.settle([(1, CONFLICT), (2, ACCEPTED), (3, ACCEPTED)])
    assert (serials(journal), problems(journal)) == (["A2", "A3"], [1])


def test_a_removal_of_what_a_restored_server_may_hear_of_yet_is_a_problem_though_another_has_its_serial(
    journal: Journal,
) -> None:
    """Seed 1022635: the other unit went, the removed one came again from its terminal, and counted."""
    known = journal.records.slip("PS-1")
    assert known is not None
    theirs = Registration("h1", "PS-1", 1, "PUMP", "V1", "v1", "2001", "T2", "2026")
    journal.merging.take_slip(known, journal.records.lines("PS-1"), [theirs], 0)
    assert do(journal, RemoveSerial("PS-1", 1, "V1")).accepted
    assert add(journal, "V1").accepted
    stranger = refuse(Code.NOT_KNOWN_HERE, serial="V1")
    journal.outbox.settle([(1, Judgement(Outcome.REJECTED, stranger, replace(theirs, id="h2")))])
    assert serials(journal) == ["V1"]
    assert problems(journal) == [1]
