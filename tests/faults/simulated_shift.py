"""A simulated shift: its terminals, its server, its people, and what happens from its beginning to its end."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from typing import Any

from terminal.backend import notices
from terminal.journal.store import StorageFault

from .histories import History
from .records import cursors_of, documents_of, draws_of, inbox_of, orders_of, side_of, units_of
from .simulated_faults import HAPPENINGS
from .simulated_network import Network
from .simulated_server import Server
from .simulated_terminal import Device, Wish
from .stock import OPERATORS, ORDERS, Died, memory, stocked
from .wishes import add, blank, draft, fill, post, remove, undo, withdraw
from .wishes_charging import charge, draft_invoice, draw, give_back, sell
from .wishes_mending import correct, drop_kept, fill_blank, reverse, scan_kept, sell_again

SIZE = 100
"""Things that happen in a shift, beside what the terminals do by themselves."""
PATIENCE_S = 600.0
"""Simulated seconds after the last fault until every queue must be empty: twice the longest wait that is honoured."""

WISHES: dict[Wish, int] = {
    add: 26,
    fill: 34,
    blank: 6,
    remove: 9,
    undo: 10,
    post: 4,
    withdraw: 5,
    draft: 7,
    draft_invoice: 7,
    draw: 20,
    give_back: 15,
    charge: 6,
    sell: 5,
    correct: 7,
    fill_blank: 4,
    reverse: 4,
    drop_kept: 2,
    scan_kept: 3,
    sell_again: 5,
}
"""What people want, and how often of so many times."""


class World:
    """Terminals, a server, and all that goes wrong between them."""

    def __init__(self, seed: int, size: int = SIZE) -> None:
        self.rng = random.Random(seed)
        self.size = size
        self.t = 100.0
        self.op = 0
        self.serials = 0
        self.counts: Counter[str] = Counter()
        self.trace: list[str] = []
        self.faulty = True
        self.drained_s: float | None = None
        self.directory = memory() / f"{seed}-{self.rng.getrandbits(24):06x}"
        self.directory.mkdir()
        self.server = Server(self, self.directory)
        self.network = Network(self)
        self.backups = [self.server.backup()]
        self.devices = [Device(self, f"T{n}") for n in range(1, self.rng.randint(2, 4) + 1)]
        self.network.rate = self.rng.choice((0.05, 0.15, 0.3, 0.5))
        self.clones = self.rng.random() < 0.3
        self.server.older = self.rng.random() < 0.1

    def note(self, text: str) -> None:
        """Remember what happened, for whoever looks into a seed."""
        self.trace.append(f"{self.t:8.1f} {text}")

    def count(self, fault: str) -> None:
        """Note that a fault has had its effect."""
        self.counts[fault] += 1

    # What happens.

    def run(self) -> None:
        """Play the shift, end all faults, and wait until everything is quiet."""
        while self.op < self.size:
            self.op += 1
            if self.rng.random() < 0.8:
                self.somebody_does_something()
            else:
                self.rng.choice(HAPPENINGS)(self, self.rng.choice(self.devices))
            self.t += self.rng.expovariate(1 / 1.5)
            if self.rng.random() < 0.02:
                self.t += self.rng.uniform(20, 200)
            self.turns()
        self.quiet()
        self.settle()

    def turns(self) -> None:
        """Let every terminal do what is due."""
        for device in tuple(self.devices):
            self._guarded(device, device.turn)

    def somebody_does_something(self) -> None:
        """Let an operator sign in, or read something and do some work."""
        device = self.rng.choice(self.devices)
        if device.full_for:
            device.full_for -= 1
            if not device.full_for:
                device.desk.fill(False)
        if device.who is None or self.rng.random() < 0.05:
            device.sign_in(self.rng.choice(OPERATORS))
            return
        if self.rng.random() < 0.25:
            self._guarded(device, lambda: self._reads(device))
        for wish in self.rng.choices(list(WISHES), list(WISHES.values()), k=self.rng.choice((1, 1, 2, 4))):
            device.do(wish)

    def _reads(self, device: Device) -> None:
        """Have a document read, or an order with all of its; servers of the first version knew no such thing."""
        if self.rng.random() < 0.3 and not self.server.older:
            device.open_order(self.rng.choice(ORDERS))
        else:
            device.open(self.rng.choice(sorted({"PS-1", "PS-2", "PS-3", *self._listed(device)})))

    def _guarded(self, device: Device, do: Callable[[], Any]) -> None:
        """Do something at a terminal that may be killed over it."""
        try:
            do()
        except Died as died:
            victim = next(each for each in self.devices if each.name == died.args[0])
            self.note(f"{victim.name} is killed")
            victim.kill()
            if victim is not device:
                raise AssertionError("killed in another's turn") from None

    def _listed(self, device: Device) -> list[str]:
        with contextlib.suppress(StorageFault):
            rows = device.desk.call(
                lambda journal: journal.store.connection.execute("SELECT number FROM slip").fetchall()
            )
            return [str(number) for (number,) in rows]
        return []

    # The end.

    def quiet(self) -> None:
        """End all faults."""
        self.faulty, self.network.rate = False, 0.0
        self.note("all is well again")
        self.server.unlock()
        self.server.full = self.server.older = False
        self.server.restart()
        for device in self.devices:
            device.full_for = 0
            device.desk.fill(False)

    def settle(self) -> None:
        """Wait until everything is sent, and have every terminal read every document."""
        began = self.t
        while (waiting := self._waiting()) and self.t < began + PATIENCE_S:
            self.t = max(self.t + 0.05, min(device.due for device in self.devices))
            self.turns()
        self.drained_s = None if waiting else self.t - began
        if waiting:
            return
        self.note(f"all is sent after {self.drained_s:.1f} s")
        self.t += 1000.0  # whatever was held back for long has arrived
        self.network.deliver_late()
        for n, device in enumerate(self.devices):
            self._read_everything(device, by_order=n % 2 == 1)

    def _waiting(self) -> bool:
        """Say whether a terminal has something that the server has not, whether it knows that or not."""
        cursors = {(t, e): n for t, e, n in self.server.rows("SELECT terminal, epoch, sequence FROM cursor")}
        for device in self.devices:
            terminal, epoch, standing = device.desk.call(lambda j: (j.terminal, j.epoch, j.outbox.standing))
            if standing.unsent or cursors.get((terminal, epoch), 0) < standing.stored:
                return True
        late = self.network.late
        return bool(late) and min(each[0] for each in late) < self.t

    def _read_everything(self, device: Device, *, by_order: bool) -> None:
        """Have a terminal read every document that there is: those of orders with their order, or one by one."""
        device.turn()
        device.sign_in(OPERATORS[0])
        device.turn()
        documents = dict(self.server.rows('SELECT number, "order" FROM slip'))
        for order in ORDERS if by_order else ():
            said = device.ask(lambda then, n=order: device.sender.open_order(n, then))
            assert said == [notices.Taken(order)], f"{device.name} could not read {order}: {said}"
        for number in sorted(set(documents) | set(self._listed(device))):
            if by_order and documents.get(number):
                continue
            said = device.ask(lambda then, n=number: device.sender.refresh(n, then))
            known = notices.Taken(number) if number in documents else notices.UnknownSlip(number)
            assert said == [known], f"{device.name} could not read {number}: {said}"

    def history(self) -> History:
        """Write down what the checker looks at."""
        path = str(self.server.path)
        return History(
            acks=tuple(ack for device in self.devices for ack in device.acks),
            sides=tuple(device.desk.call(lambda j, d=device: side_of(j, d.name)) for device in self.devices),
            inbox=tuple(inbox_of(path)),
            cursors=cursors_of(path),
            units=units_of(path),
            documents=documents_of(path),
            draws=draws_of(path),
            orders=orders_of(path),
            began=documents_of(str(stocked())),
            drained_s=self.drained_s,
            patience_s=PATIENCE_S,
        )

    def close(self) -> None:
        """Let go of everything."""
        for device in self.devices:
            device.close()
        self.server.close()
        shutil.rmtree(self.directory, ignore_errors=True)
