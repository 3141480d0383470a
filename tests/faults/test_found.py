"""What the simulation has found, each as a story of its own: a seed is another shift once the program has changed."""

from __future__ import annotations

import json

import pytest

from terminal.domain.documents import SlipStatus
from terminal.domain.intents import (
    AddSerial,
    DraftSlip,
    DropKept,
    RemoveSerial,
    RequestPosting,
    ReverseSlip,
    SellOneMore,
    WithdrawPosting,
)

from .simulated_faults import clone
from .simulated_shift import World
from .simulated_terminal import Device
from .stories import copied, do, open_slip, pass_time, settled, units_here


def test_a_removal_that_comes_before_its_unit_to_a_restored_server_is_a_problem(world: World) -> None:
    """Seeds 62 and 67: it was answered as harmless, the unit came after it and counted, and nobody was told."""
    first, second = world.devices
    do(first, AddSerial("PS-1", 1, "S1"))
    open_slip(second, "PS-1")
    do(second, RemoveSerial("PS-1", 1, "S1"))
    settled(world)
    world.server.restore(world.backups[0])
    pass_time(world, second, 10)
    settled(world)
    problems = second.desk.call(lambda journal: journal.outbox.open_problems())
    assert [(problem.type, problem.serial) for problem in problems] == [("removed", "S1")]
    assert [unit.key for unit in world.history().units] == ["s1"]


def test_a_unit_that_was_refused_and_removed_is_nobodys_problem_twice(world: World) -> None:
    """The server has never counted it, and its own terminal knows why: only the conflict is a problem."""
    first, second = world.devices
    open_slip(second, "PS-3")
    do(first, AddSerial("PS-1", 1, "S1"))
    second.offline_until = world.t + 5
    world.faulty = True
    do(second, AddSerial("PS-3", 1, "S1"), RemoveSerial("PS-3", 1, "S1"))
    world.faulty = False
    settled(world)
    assert second.desk.call(lambda journal: journal.outbox.open_problems()) == []


def test_a_slip_that_a_restored_server_has_no_more_is_let_go(world: World) -> None:
    """Seed 227: its units counted at another terminal for ever, and their serials could not be scanned there."""
    first, second = world.devices
    number = "PS-T1-1"
    do(first, DraftSlip(number, "SO-2", ((1, 5),)), AddSerial(number, 1, "S1"))
    open_slip(second, number)
    world.server.restore(world.backups[0])
    do(second, DraftSlip("PS-T2-1", "SO-2", ((1, 5),)), AddSerial("PS-T2-1", 1, "S2"))
    settled(world)
    status, units = second.desk.call(
        lambda journal: (journal.records.slip(number).status, list(journal.records.live_registrations(number)))
    )
    assert (status, units) == (SlipStatus.REFUSED, [])
    do(second, AddSerial("PS-1", 1, "S1"))
    settled(world)


def test_a_slip_drafted_here_stays_while_the_server_has_not_heard_of_it_again(world: World) -> None:
    first, second = world.devices
    number = "PS-T1-1"
    do(first, DraftSlip(number, "SO-2", ((1, 2),)), AddSerial(number, 1, "S1"))
    world.server.restore(world.backups[0])
    first.sign_in("1001")
    first.turn()
    first.ask(lambda then: first.sender.refresh(number, then))
    assert first.desk.call(lambda journal: journal.records.slip(number).status) is SlipStatus.DRAFT
    settled(world)
    assert {document.number: document.status for document in world.history().documents}[number] == "draft"
    open_slip(second, number)


def test_a_second_restore_to_a_backup_from_before_the_first(world: World) -> None:
    """Seed 195: the second backup has other answers than the terminal got after the first: it asks for them again."""
    first, second = world.devices
    open_slip(second, "PS-3")
    do(first, AddSerial("PS-1", 1, "S1"))
    right = world.server.backup()
    world.server.restore(world.backups[0])
    do(second, AddSerial("PS-3", 1, "S1"))
    settled(world)
    answers = "SELECT sequence, state FROM event ORDER BY sequence"
    assert first.desk.call(lambda j: j.store.connection.execute(answers).fetchall()) == [(1, "conflict")]
    do(first, AddSerial("PS-1", 1, "S2"))
    world.server.restore(right)
    settled(world)
    assert first.desk.call(lambda j: j.store.connection.execute(answers).fetchall()) == [
        (1, "accepted"),
        (2, "accepted"),
    ]


def test_a_backup_from_before_a_restore_that_a_terminal_never_noticed(world: World) -> None:
    """Seed 145949: its first answer was lost, the restored server gave another, and the backup after it had the first.

    The terminal sent again what this backup lacked only, and kept the answers of the time between.
    """
    first, second = world.devices
    open_slip(second, "PS-3")
    world.faulty, world.network.next_fault = True, "answer-lost"
    do(first, AddSerial("PS-1", 1, "S1"))
    world.faulty = False
    assert [unit.key for unit in world.history().units] == ["s1"]
    first.offline_until = world.t + 100
    right = world.server.backup()
    world.server.restore(world.backups[0])
    do(second, AddSerial("PS-3", 1, "S1"))
    settled(world)
    do(first, AddSerial("PS-1", 1, "S2"))
    world.server.restore(right)
    settled(world)
    answers = "SELECT sequence, state FROM event ORDER BY sequence"
    assert first.desk.call(lambda j: j.store.connection.execute(answers).fetchall()) == [
        (1, "accepted"),
        (2, "accepted"),
    ]


def kept_unit(world: World, first: Device) -> str:
    """Ship a unit and reverse its slip; gives the unit's name."""
    do(first, DraftSlip("PS-T1-1", "SO-2", ((1, 1),)), AddSerial("PS-T1-1", 1, "S1"))
    do(first, RequestPosting("PS-T1-1", False))
    do(first, ReverseSlip("PS-T1-1"))
    return next(unit.id for unit in world.history().units)


def test_what_a_refused_slip_brought_along_goes_back(world: World) -> None:
    """Seeds 16 and 21: it stayed on the refused slip for ever, and its serial could not be scanned at that terminal."""
    first, second = world.devices
    unit = kept_unit(world, first)
    second.ask(lambda then: second.sender.open_order("SO-2", then))
    second.offline_until, world.faulty = world.t + 5, True
    do(second, DraftSlip("PS-T2-1", "SO-2", ((1, 1),), (unit,)))
    assert units_here(second) == ["S1 on PS-T2-1"]
    do(first, DropKept("PS-T1-1", 1, unit))
    world.faulty = False
    settled(world)
    assert second.desk.call(lambda journal: journal.records.slip("PS-T2-1").status) is SlipStatus.REFUSED
    assert units_here(second) == []
    do(second, AddSerial("PS-1", 1, "S1"))
    settled(world)


def test_a_refused_slip_that_brought_something_along_leaves_it_kept(world: World) -> None:
    """At once, and not when its documents are read: that takes somebody who is signed in."""
    first, second = world.devices
    unit = kept_unit(world, first)
    second.ask(lambda then: second.sender.open_order("SO-2", then))
    second.offline_until, world.faulty = world.t + 5, True
    do(second, DraftSlip("PS-T2-1", "SO-2", ((1, 5),), (unit,)))
    do(first, DraftSlip("PS-T1-2", "SO-2", ((1, 2),)))
    world.server.expire_sessions()
    world.faulty = False
    pass_time(world, second, 10)
    assert second.desk.call(lambda journal: journal.records.slip("PS-T2-1").status) is SlipStatus.REFUSED
    assert units_here(second) == ["S1 on PS-T1-1"]
    settled(world)
    assert units_here(second) == ["S1 on PS-T1-1"]
    do(second, DraftSlip("PS-T2-2", "SO-2", ((1, 1),), (unit,)))
    settled(world)


def test_two_devices_with_the_same_data_draft_slips_of_the_same_number(world: World) -> None:
    """Seeds 0 and 15: the slip that was refused kept its own lines under the head of the other's."""
    first, _ = world.devices
    copy = copied(world, first)
    do(first, DraftSlip("PS-T1-1", "SO-1", ((2, 1),)))
    do(copy, DraftSlip("PS-T1-1", "SO-1", ((2, 2), (1, 1))))
    settled(world)
    lines = copy.desk.call(lambda journal: journal.records.lines("PS-T1-1"))
    assert [(line.number, line.item, line.order_line, line.units) for line in lines] == [(1, "VALVE", 2, 1)]
    assert len(copy.desk.call(lambda journal: journal.outbox.open_problems())) == 1


def test_what_two_devices_have_in_common_comes_to_a_restored_server_from_both(world: World) -> None:
    """Seed 58: it was known by the other's epoch, the cursor stood still over it, and nothing behind it arrived."""
    first, _ = world.devices
    do(first, AddSerial("PS-1", 1, "S1"))
    copy = copied(world, first)
    do(first, AddSerial("PS-1", 1, "S2"))
    do(copy, AddSerial("PS-1", 1, "S3"))
    settled(world)
    world.server.restore(world.backups[0])
    pass_time(world, copy, 70)
    settled(world)
    assert sorted(unit.key for unit in world.history().units) == ["s1", "s2", "s3"]


def test_where_a_copied_device_parted_a_restored_server_may_have_the_others_events(world: World) -> None:
    """Seed 24170: what it had sent was forgotten, the other's stood in its places, and all of it was lost."""
    first, _ = world.devices
    copy = copied(world, first)
    first.offline_until = world.t + 100
    do(copy, AddSerial("PS-1", 1, "S1"))
    copy.desk.call(lambda journal: journal.belongs_to("another machine"))
    world.faulty = True
    do(first, AddSerial("PS-1", 1, "S2"), AddSerial("PS-1", 1, "S3"))
    world.faulty = False
    assert [unit.key for unit in world.history().units] == ["s1"]
    world.server.restore(world.backups[0])
    first.offline_until = 0
    pass_time(world, first, 70)
    assert sorted(unit.key for unit in world.history().units) == ["s2", "s3"]
    settled(world)
    assert sorted(unit.key for unit in world.history().units) == ["s1", "s2", "s3"]


@pytest.mark.parametrize("drafted", [True, False], ids=["a draft that was taken", "a draft that was refused"])
def test_a_request_that_the_other_copy_took_back_is_not_taken_for_posted(world: World, drafted: bool) -> None:
    """Seed 27417: to the server it was withdrawn; the copy that had not withdrawn it showed the slip as posted."""
    first, second = world.devices
    first.offline_until = world.t + 100
    world.faulty = True
    if not drafted:
        left = second.desk.call(lambda journal: journal.records.order("SO-1").lines[1].left)
        do(second, DraftSlip("PS-T2-1", "SO-1", ((2, left),)))
    do(first, DraftSlip("PS-T1-1", "SO-1", ((2, 2),)), RequestPosting("PS-T1-1", False))
    world.clones = True
    clone(world, first)
    copy = world.devices[-1]
    do(first, WithdrawPosting("PS-T1-1"))
    world.faulty, first.offline_until = False, 0
    pass_time(world, first, 10)
    settled(world)
    status = copy.desk.call(lambda journal: journal.records.slip("PS-T1-1").status)
    assert status is (SlipStatus.DRAFT if drafted else SlipStatus.REFUSED)
    problems = copy.desk.call(lambda journal: journal.outbox.open_problems())
    assert [problem.type for problem in problems if problem.type == "posting-requested"] == ["posting-requested"]


def test_a_proxy_says_again_that_another_device_has_the_data(world: World) -> None:
    """Seed 131: an event was given up over an answer to what was sent in the epoch of before."""
    first, _ = world.devices
    copy = copied(world, first)
    do(first, AddSerial("PS-1", 1, "S1"))
    copy.sending = True  # it is written, and its turn comes
    do(copy, AddSerial("PS-1", 1, "S2"))
    copy.sending, world.faulty = False, True
    take_in = copy.sender.step
    while world.counts["terminal-cloned"] == 0:
        take_in()
    world.network.next_fault = "answer-of-before"
    take_in()
    world.faulty = False
    assert world.counts["answer-of-before"] == 1
    settled(world)
    assert sorted(unit.key for unit in world.history().units) == ["s1", "s2"]


def test_a_unit_that_is_not_sold_again_after_all_counts_where_its_sale_is_read_first(world: World) -> None:
    """Seeds 5000100 and 5000181: the sold unit let go of a serial that it did not hold, and was gone."""
    first, second = world.devices
    do(first, SellOneMore("CS-T1-1", "PUMP"), AddSerial("CS-T1-1", 1, "S1"), RequestPosting("CS-T1-1", False))
    do(first, AddSerial("PS-1", 1, "S1", "It came back"))
    open_slip(second, "PS-1")
    do(second, RemoveSerial("PS-1", 1, "S1"))
    open_slip(first, "CS-T1-1")
    assert units_here(first) == ["S1 on CS-T1-1"]
    settled(world)


def test_a_serial_of_another_item_is_no_harmless_repeat(world: World) -> None:
    """Seed 5400937: a restored server had another slip under the number, with another item on the line."""
    first, _ = world.devices
    do(first, AddSerial("PS-1", 2, "S1"))
    body = {"document": "PS-1", "line": 2, "item": "PUMP", "serial": "S1"}
    event = {"id": "e1", "sequence": 1, "type": "registered", "version": 1, "operator": "1001", "body": body}
    sent = {"epoch": "e", "events": [{**event, "recorded_at": "2026-11-21T06:00:00.000Z"}]}
    reply = world.server.answer("POST", "/v1/terminals/other/events", {}, json.dumps(sent).encode())
    assert [answer["outcome"] for answer in json.loads(reply.content)["answers"]] == ["rejected"]
