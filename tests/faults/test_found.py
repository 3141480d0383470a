"""What the simulation has found, each as a story of its own: a seed is another shift once the program has changed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from terminal.backend import notices
from terminal.domain.documents import SlipStatus
from terminal.domain.intents import AddSerial, DraftSlip, Intent, RemoveSerial

from .checker import check
from .simulated_terminal import Device
from .simulation import World, pretended


@pytest.fixture
def world() -> Iterator[World]:
    """Two terminals that know all there is, and a server; nothing goes wrong but what the test does."""
    made: list[World] = []
    with pretended(lambda: made[0] if made else None, Random(1)):
        world = World(1)
        made.append(world)
        world.quiet()
        for device in world.devices[2:]:
            device.close()
        world.devices = world.devices[:2]
        for device in world.devices:
            device.sign_in("1001")
            device.turn()
            open_slip(device, "PS-1")
        yield world
        world.close()


def open_slip(device: Device, number: str) -> None:
    assert device.ask(lambda then: device.sender.open_slip(number, then)) == [notices.Taken(number)]


def do(device: Device, *intents: Intent) -> None:
    for intent in intents:
        assert device.do(lambda _device, _journal, wanted=intent: wanted), intent
    device.turn()


def pass_time(world: World, device: Device, seconds: float) -> None:
    """Let time pass for one terminal; the others sleep."""
    until = world.t + seconds
    while world.t < until:
        world.t += 1.0
        device.turn()


def settled(world: World) -> None:
    world.settle()
    assert check(world.history()) == []


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
    assert world.history().statuses[number] == "draft"
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
