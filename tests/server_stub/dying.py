"""A server that is killed while it writes: `python -m tests.server_stub.dying serve …`. Only tests start it.

`DIE_ON` names a type of event, `DIE_AT` a step: from the first event of that type on, each statement that writes and
both sides of each commit are steps, and right before the step's turn the process gets SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from server_stub import cli
from server_stub.database import Transactions
from server_stub.prepared import Driver
from server_stub.routes import events


class Countdown:
    """Counts steps once it is armed."""

    def __init__(self, type: str, steps: int) -> None:
        self._type = type
        self._left = steps
        self._armed = False

    def watch(self, take_in: Callable[..., Any]) -> Callable[..., Any]:
        """Be armed by the first batch with an event of the type."""

        def watched(work: Any, terminal: str, envelope: Any) -> Any:
            self._armed = self._armed or any(each["type"] == self._type for each in envelope.events)
            return take_in(work, terminal, envelope)

        return watched

    def before(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Take a step before something is done."""

        def done(*given: Any) -> Any:
            self.step()
            return do(*given)

        return done

    def step(self) -> None:
        """Come one step nearer."""
        if self._armed:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Serve until the step comes."""
    countdown = Countdown(os.environ["DIE_ON"], int(os.environ["DIE_AT"]))
    commit = Transactions.commit

    def committed(transactions: Transactions) -> None:
        countdown.step()
        commit(transactions)
        countdown.step()

    events.take_in = countdown.watch(events.take_in)  # type: ignore[assignment]
    Driver.do = countdown.before(Driver.do)  # type: ignore[method-assign]
    Transactions.commit = committed  # type: ignore[method-assign]
    return cli.run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
