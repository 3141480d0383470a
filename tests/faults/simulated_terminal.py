"""A real terminal in a simulated shift: journal, outbox, sender and client, without sockets, threads and screens."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal.backend import notices
from terminal.backend.client import Client, ServerSettings
from terminal.backend.reply import Reply
from terminal.backend.sender import Sender
from terminal.domain.documents import Operator
from terminal.domain.intents import Intent
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault, Trouble

from .histories import Ack
from .stock import NOW, PIN, NeverRests

if TYPE_CHECKING:
    from .simulated_shift import World


MOST_STEPS = 400
"""Steps that a sender may take without any time passing; one that takes more never rests."""


Wish = Callable[["Device", Journal], Sequence[Intent]]
"""What somebody at a device wants, seeing its journal: intents that are one step for them, or none."""


class Told:
    """A device's clocks: the steady one is the world's, the one on the wall is set back and forth."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.skew = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._world.t + self.skew)

    def monotonic(self) -> float:
        return self._world.t

    def wait(self, event: Any, seconds: float | None) -> bool:
        raise AssertionError("nobody waits here")


class Desk(Scribe):
    """The scribe without its thread: what it is asked is done at once, with all that it does about faults."""

    full = False

    def call(self, work: Callable[[Journal], Any]) -> Any:
        done: list[Any] = []
        self._do(work, done.append)
        if isinstance(done[0], Exception):
            raise done[0]
        return done[0]

    def _open(self) -> Journal:
        journal = super()._open()
        journal.store.connection.pragma("synchronous", "OFF")
        if self.full:
            journal.store.connection.pragma("max_page_count", journal.store.connection.pragma("page_count"))
        return journal

    def fill(self, full: bool) -> None:
        """Let the disk be full, or not."""
        self.full = full
        self._leave()


class Wire(Client):
    """The client, with the simulated network in the place of its sockets."""

    def __init__(self, world: World, device: Device) -> None:
        super().__init__(ServerSettings("http://server"))
        self._world = world
        self._device = device

    def _exchange(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        return self._world.network.exchange(self._device, method, path, headers, content or b"")


class Device:
    """A terminal and whoever works with it."""

    def __init__(self, world: World, name: str, original: Path | None = None) -> None:
        self.world = world
        self.name = name
        self.clock = Told(world)
        self.boots = 0
        self.acks: list[Ack] = []
        self.sending = False
        """Whether a request of it is on its way."""
        self.due = 0.0
        self.offline_until = 0.0
        self.last_answer: Reply | None = None
        self.full_for = 0
        self.directory = world.directory / name / "0"
        self.directory.parent.mkdir()
        if original is not None:
            shutil.copytree(original, self.directory)
        self._boot()
        if original is None:
            self.desk.call(self._name_it)

    def _name_it(self, journal: Journal) -> None:
        """Give the new journal names that are the same in each run."""
        with journal.store.transaction():
            journal.store.set_meta("terminal", f"terminal-{self.name}")
            journal.store.set_meta("epoch", f"epoch-{self.name}")
        self.desk._leave()

    def _boot(self) -> None:
        self.who: Operator | None = None
        # copies look like the first device, and one in a while is moved: after every third battery
        self.desk = Desk(self.directory, self.clock.now, device=f"device {self.boots // 3}")
        rng = random.Random(self.world.rng.getrandbits(32))
        self.sender = Sender(self.desk, lambda: Wire(self.world, self), self.clock, rng, self._noticed)
        self.desk.on_written = self._written
        self.due = self.world.t

    def _noticed(self, notice: notices.Notice) -> None:
        if isinstance(notice, notices.Copied):
            self.world.note(f"{self.name} has found out that another device has its data")
            self.world.count("terminal-cloned")

    def _written(self) -> None:
        self.sender.wake()
        self.due = self.world.t

    def kill(self) -> None:
        """Pull the battery: what is in the files is all there is."""
        self.boots += 1
        directory = self.directory.with_name(str(self.boots))
        shutil.copytree(self.directory, directory)
        self.close()
        shutil.rmtree(self.directory)
        self.directory = directory
        self.sending = False
        self._boot()

    def close(self) -> None:
        """Let go of the files."""
        self.desk._leave()

    def turn(self) -> None:
        """Let the sender do what is due."""
        if self.sending or self.due > self.world.t:
            return
        self.sending = True
        try:
            for _ in range(MOST_STEPS):
                wait = self.sender.step()
                if wait is None or wait > 0:
                    self.due = self.world.t + (1e9 if wait is None else wait)
                    return
        finally:
            self.sending = False
        raise NeverRests(f"{self.name} at {self.world.t:.1f} s")

    def ask(self, question: Callable[[Callable[[Any], None]], None]) -> list[Any]:
        """Ask the sender as a screen does; the list gets the answer when it comes."""
        answers: list[Any] = []
        question(answers.append)
        self.due = self.world.t
        self.turn()
        return answers

    # What people do.

    def sign_in(self, who: str) -> None:
        """Sign somebody in, at the server or here."""

        def then(result: notices.SignInResult) -> None:
            if isinstance(result, notices.SignedIn):
                self.who = result.operator

        self.sender.sign_in(who, PIN, then)
        self.due = self.world.t

    def open(self, document: str) -> None:
        """Open a slip, an invoice or a sale."""
        self.ask(lambda then: self.sender.open_slip(document, then))

    def open_order(self, order: str) -> None:
        """Open an order with all its slips and invoices."""
        self.ask(lambda then: self.sender.open_order(order, then))

    def do(self, wish: Wish, *, unacknowledged: bool = False) -> bool:
        """Do something with the journal and be told what became of it; says whether anything was stored."""
        who = self.who
        if who is None:
            return False

        def work(journal: Journal) -> tuple[Sequence[Intent], list[Ack]]:
            intents = wish(self, journal)
            before = journal.outbox.stored
            if not intents or not journal.record_all(who, journal.merging.shop().policies, intents).accepted:
                return intents, []
            rows = journal.store.connection.execute("SELECT sequence, id FROM event WHERE sequence > ?", (before,))
            return intents, [Ack(self.name, sequence, str(id)) for sequence, id in rows]

        try:
            intents, acks = self.desk.call(work)
        except StorageFault as fault:
            if fault.trouble is not Trouble.FULL:
                raise
            self.world.count("terminal-full")
            return False
        if intents:
            wanted = ", ".join(map(str, intents))
            self.world.note(f"{self.name} {who.id} {wanted} -> {acks[-1].sequence if acks else 'refused'}")
        if not unacknowledged:
            self.acks += acks
        return bool(acks)
