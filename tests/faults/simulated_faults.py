"""What goes wrong in a simulated shift beside the network: servers, disks, clocks, batteries, copied devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .histories import Ack
from .records import cursors_of, inbox_of
from .simulated_network import REQUEST_FAULTS
from .simulated_terminal import Device
from .wishes import add, fill, remove, undo

if TYPE_CHECKING:
    from .simulated_shift import World

OTHER_FAULTS = (
    "server-restarted",
    "server-restored",
    "server-locked",
    "server-full",
    "server-clock-jumped",
    "server-older",
    "session-expired",
    "terminal-killed",
    "terminal-killed-unacknowledged",
    "terminal-full",
    "terminal-clock-jumped",
    "terminal-cloned",
    "same-serial-twice",
    "posting-differs",
)
"""What can happen beside; each is counted where it had an effect, not where it was tried."""
FAULTS = (*REQUEST_FAULTS, *OTHER_FAULTS)


def restart(world: World, _: Device) -> None:
    """End the server and begin it again."""
    world.note("the server is restarted")
    world.server.restart(world.rng.expovariate(1 / 5))
    world.count("server-restarted")


def back_up(world: World, _: Device) -> None:
    """Make a backup of the server, as an administrator does."""
    if world.server.locked is None:
        world.backups.append(world.server.backup())


def restore(world: World, _: Device) -> None:
    """Put one of the backups in the place of the server's database."""
    if _copied_unnoticed(world):
        return  # what comes again from either is in the other's places: see README.md
    backup = world.rng.choice(world.backups)
    if not all(_will_notice(device, backup) for device in world.devices):
        return
    world.network.late.clear()  # a restore takes minutes, with the server stopped: nothing on its way outlives it
    for device in world.devices:
        device.last_answer = None
    before = world.server.rows("SELECT count(*) FROM event")[0][0]
    world.server.restore(backup)
    forgotten = before - world.server.rows("SELECT count(*) FROM event")[0][0]
    world.note(f"the server is restored, {forgotten} events are forgotten")
    if forgotten:
        world.count("server-restored")


def _will_notice(device: Device, backup: Path) -> bool:
    """Say whether a terminal can tell that a backup answered otherwise than it was answered: see README.md.

    One that knows less than it has answers for is noticed. One from before another restore may know as much, or
    more, and have other answers.
    """
    terminal, outbox = device.desk.call(lambda j: (j.terminal, j.outbox))
    cursors, old = cursors_of(str(backup)), outbox.continues
    knows_it = old is not None and old.event in {row.event.id for row in inbox_of(str(backup))}
    begins = old.after if old is not None and knows_it else 0
    known = cursors.get((terminal, outbox.epoch), begins)
    return known < outbox.answered or _has_its_answers(device, backup)


def _has_its_answers(device: Device, database: Path) -> bool:
    """Say whether a database of the server answers what a terminal was answered."""
    journal = "SELECT id, state FROM event WHERE sequence <= ?"
    here = device.desk.call(lambda j: j.store.connection.execute(journal, (j.outbox.answered,)).fetchall())
    there = {row.event.id: row.event.outcome for row in inbox_of(str(database))}
    return all(there.get(id) == state for id, state in here)


def _copied_unnoticed(world: World) -> bool:
    """Say whether two devices send as one, and neither has found out yet."""
    places = [device.desk.call(lambda j: (j.terminal, j.epoch)) for device in world.devices]
    return len(places) != len(set(places))


def lock(world: World, _: Device) -> None:
    """Have somebody else write to the server's database and not come to an end, or end that."""
    server = world.server
    if server.locked is not None:
        server.unlock()
    else:
        server.lock()
    world.note(f"the server's database is {'locked' if server.locked else 'free'}")


def fill_server(world: World, _: Device) -> None:
    """Let the server's disk be full, or free again."""
    world.server.fill(not world.server.full)
    world.note(f"the server's disk is {'full' if world.server.full else 'free'}")


def expire(world: World, _: Device) -> None:
    """Have the server forget who is signed in."""
    world.note("the sessions are over")
    world.server.expire_sessions()


def turn_server_clock(world: World, _: Device) -> None:
    """Set the server's clock up to a day forward or back."""
    world.server.skew = world.rng.uniform(-86_400, 86_400)
    world.count("server-clock-jumped")


def update(world: World, _: Device) -> None:
    """Have the server answer as servers do that know invoices."""
    world.server.older = False


def turn_clock(world: World, device: Device) -> None:
    """Set a terminal's clock up to a day forward or back."""
    device.clock.skew = world.rng.uniform(-86_400, 86_400)
    world.count("terminal-clock-jumped")


def kill(world: World, device: Device) -> None:
    """Kill a terminal that is not sending just now."""
    if not device.sending:
        world.note(f"{device.name} is killed")
        device.kill()
        world.count("terminal-killed")


def kill_unacknowledged(world: World, device: Device) -> None:
    """Kill a terminal between the disk and the screen."""
    if not device.sending and device.do(world.rng.choice((add, remove, undo, fill)), unacknowledged=True):
        world.note(f"{device.name} is killed before it told anybody")
        device.kill()
        world.count("terminal-killed-unacknowledged")


def fill_terminal(world: World, device: Device) -> None:
    """Let a terminal's disk be full for a while."""
    if not device.sending:
        device.desk.fill(True)
        device.full_for = world.rng.randint(1, 6)
        world.note(f"{device.name}: the disk is full")
        for _ in range(3):
            device.do(add)


def clone(world: World, device: Device) -> None:
    """Copy a terminal, as somebody does who copies a card image for a second handheld."""
    if not world.clones or device.sending or len(world.devices) > 4:
        return
    if not _has_its_answers(device, world.server.path):
        return  # it has yet to find out that the server was restored: the copy would not: see README.md
    name = f"{device.name}c{len(world.devices)}"
    copy = Device(world, name, device.directory)
    copy.acks = [Ack(name, ack.sequence, ack.id) for ack in device.acks]
    world.devices.append(copy)
    world.note(f"{device.name} is cloned as {name}")


def out_of_reach(world: World, device: Device) -> None:
    """Take a terminal where no network is."""
    device.offline_until = world.t + world.rng.expovariate(1 / 60)
    world.note(f"{device.name} is out of reach")


def bad_request(world: World, _: Device) -> None:
    """Have the next events meet a fault of any kind, so that the seldom ones are seen, too."""
    world.network.next_fault = world.rng.choice(REQUEST_FAULTS)


HAPPENINGS: tuple[Callable[[World, Device], None], ...] = (
    *(restart, restore, back_up, lock, fill_server, expire, turn_server_clock, update),
    *(kill, kill_unacknowledged, fill_terminal, turn_clock, clone, out_of_reach, *[bad_request] * 4),
)
"""What happens to the server or to a device, each as likely as it stands here."""
