"""What the stories of `test_found` and its like have in common: what people do at terminals, and what they see then."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from terminal.backend import notices
from terminal.domain.intents import Intent

from .checker import check
from .simulated_faults import clone
from .simulated_shift import World
from .simulated_terminal import Device, Wish

UNITS_HERE = "SELECT serial || ' on ' || document FROM registration WHERE live = 1 ORDER BY 1"


def open_slip(device: Device, number: str) -> None:
    said = device.ask(lambda then: device.sender.open_slip(number, then))
    assert said == [notices.Taken(number)], said


def open_order(device: Device, number: str) -> None:
    said = device.ask(lambda then: device.sender.open_order(number, then))
    assert said == [notices.Taken(number)], said


def do(device: Device, *intents: Intent) -> None:
    for intent in intents:
        assert device.do(_wanting(intent)), intent
    device.turn()


def _wanting(intent: Intent) -> Wish:
    return lambda _device, _journal: [intent]


def sign_in(device: Device, who: str) -> None:
    """Sign somebody in, who then sees what there is to do."""
    device.sign_in(who)
    device.turn()


def pass_time(world: World, device: Device, seconds: float) -> None:
    """Let time pass for one terminal; the others sleep."""
    until = world.t + seconds
    while world.t < until:
        world.t += 1.0
        device.turn()


@contextlib.contextmanager
def out_of_reach(world: World, device: Device, seconds: float) -> Iterator[None]:
    """Have a terminal be without network for so long, or until the block ends."""
    device.offline_until, world.faulty = world.t + seconds, True
    yield
    world.faulty = False


def all_sent(world: World) -> None:
    """Wait until every queue is long empty; nobody reads anything."""
    for _ in range(1000):
        world.t += 1.0
        world.turns()


def settled(world: World) -> None:
    """Wait until everything is sent, and have every terminal read every document: no promise is broken then."""
    world.settle()
    found = check(world.history())
    assert not found, "\n".join(map(str, found))


def copied(world: World, device: Device) -> Device:
    """Copy a device's data to another one, and have somebody sign in there."""
    world.clones = True
    clone(world, device)
    copy = world.devices[-1]
    sign_in(copy, "1002")
    return copy


def new_terminal(world: World) -> Device:
    """Put up a terminal that has never heard of anything, and have somebody sign in there."""
    device = Device(world, "T9")
    world.devices.append(device)
    sign_in(device, "1002")
    return device


# What there is then.


def units_here(device: Device) -> list[str]:
    return [row[0] for row in device.desk.call(lambda j: j.store.connection.execute(UNITS_HERE).fetchall())]


def problems(device: Device) -> list[tuple[str, str | None]]:
    """Give type and serial of everything that people at a terminal are told to see to."""
    return [(each.type, each.serial) for each in device.desk.call(lambda journal: journal.outbox.open_problems())]


def left(device: Device, order: str) -> list[int]:
    """Give what is left of an order's lines to ship, as a terminal shows it."""
    found = device.desk.call(lambda journal: journal.records.order(order))
    return [line.left for line in found.lines]


def counting(world: World) -> list[str]:
    """Give the serials that count at the server."""
    return sorted(unit.key for unit in world.history().units)


def charged_on(world: World) -> list[str]:
    """Give the invoice of each unit that counts at the server."""
    return [unit.invoice for unit in sorted(world.history().units, key=lambda unit: unit.key)]


def status(world: World, number: str) -> str:
    """Give a document's status at the server."""
    return next(document.status for document in world.history().documents if document.number == number)


def sold(world: World, number: str) -> list[int]:
    """Give the units of each line of a sale at the server."""
    return [line.units for each in world.history().documents if each.number == number for line in each.lines]


def the_unit(world: World, document: str) -> str:
    """Give the name of the one unit that is on a document at the server."""
    [unit] = [unit.id for unit in world.history().units if unit.document == document]
    return unit
