"""Fetching what the server knows whether or not anybody asks: master data, recalls and open work."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from terminal.backend.answers import Denied, NotOurs, Refused, ServerError
from terminal.backend.asks import Asks
from terminal.backend.notices import DocumentsTaken, MasterTaken, Notice
from terminal.backend.road import Road
from terminal.backend.signing_in import SigningIn
from terminal.clock import Clock
from terminal.domain.views import Shop
from terminal.journal.journal import Journal

MASTER_S = 60.0
"""Seconds between two looks at the master data (D8), and between two checks that the server lost nothing."""
DOCUMENTS_S = 20.0
"""Seconds between two looks at the open work, while somebody is signed in."""

_log = logging.getLogger(__name__)


class Fetching:
    """Looks at master data and open work, each in its own rhythm, and takes what is new into the journal."""

    def __init__(
        self, scribe: Asks, road: Road, clock: Clock, signing_in: SigningIn, tell: Callable[[Notice], None]
    ) -> None:
        self._scribe = scribe
        self._road = road
        self._clock = clock
        self._signing_in = signing_in
        self._tell = tell
        self._master_at = 0.0
        self._master_tag = ("", "")  # epoch and tag of what the journal has
        self._recalls_at = math.inf  # the next part of the list of recalls; never, while the whole list is here
        self._recalls_next = 0
        self._recalls_name = ""
        self._documents_at = 0.0
        self._documents_tag = ("", "")

    def due_at(self) -> float:
        """Give the moment from which on something is to be fetched."""
        always = min(self._master_at, self._recalls_at)
        return min(always, self._documents_at) if self._signing_in.session else always

    def hurry(self) -> None:
        """Have everything looked at at once."""
        self._master_at = self._documents_at = 0.0

    def read_anew(self) -> None:
        """Have the open work read at once and as a whole: somebody else may be at work, or it is otherwise here."""
        self._documents_at, self._documents_tag = 0.0, ("", "")

    def read_master_first(self) -> None:
        """Read the master data if that has not been done since the program began. Raises NoAnswer."""
        if self._master_tag == ("", ""):
            self.read_master()

    def read_master(self) -> bool:
        """Look at the master data when it is time to."""
        if self._clock.monotonic() < self._master_at:
            return False
        self._master_at = self._road.soon()
        terminal, epoch, prefix = self._scribe.call(_named)
        known, tag = self._master_tag
        try:
            fetched = self._road.server().master(terminal, epoch, tag if known == epoch else "", prefix)
        except (ServerError, Refused, NotOurs) as error:
            self._road.check = True  # whether that is the link's fault shows where events go
            _log.warning("no master data: %s", error)
            return True
        self._road.succeeded()
        if fetched is not None:
            master = fetched.value
            operators = {operator.id: operator for operator in master.operators}
            shop = Shop(
                site=master.site,
                time_zone=master.time_zone,
                policies=master.policies,
                slip_prefix=master.slip_prefix,
                invoice_prefix=master.invoice_prefix,
                sale_prefix=master.sale_prefix,
                operators=operators,
                command_key=master.command_key,
            )
            self._scribe.call(lambda journal: journal.merging.take_master(shop, master.items))
            self._expect_recalls(master.recalls)
            self._master_tag = (epoch, fetched.etag)
            self._tell(MasterTaken())
        self._master_at = self._clock.monotonic() + MASTER_S
        self._road.check = True
        return True

    def read_recalls(self) -> bool:
        """Read the next part of the list of recalls, while the list that is in force is not here as a whole (I9).

        Part by part, because a list may be long: what was scanned meanwhile goes out in between, and the journal is
        never busy with more than a part.
        """
        if self._clock.monotonic() < self._recalls_at:
            return False
        self._recalls_at = self._road.soon()
        terminal = self._scribe.call(lambda journal: journal.terminal)
        try:
            part = self._road.server().recalls(terminal, self._recalls_next)
        except (ServerError, Refused, NotOurs) as error:
            self._road.check = True
            _log.warning("no recalls: %s", error)
            return True
        self._road.succeeded()
        if part.name != self._recalls_name and self._recalls_next:
            self._recalls_name, self._recalls_next = part.name, 0  # it has changed meanwhile
            return True
        self._recalls_name, self._recalls_next = part.name, part.next
        self._scribe.call(lambda journal: journal.merging.take_recalls(part.name, part.recalls, last=not part.next))
        self._recalls_at = self._clock.monotonic() if part.next else math.inf
        return True

    def _expect_recalls(self, named: str) -> None:
        """Have the list of recalls read that is in force, where it is not here; it may also be that there is none."""
        if named == self._scribe.call(lambda journal: journal.merging.recalls_known()):
            self._recalls_at = math.inf
        elif not named:
            self._scribe.call(lambda journal: journal.merging.take_recalls("", (), last=True))
            self._recalls_at = math.inf
        elif named != self._recalls_name or self._recalls_at == math.inf:
            self._recalls_name, self._recalls_next, self._recalls_at = named, 0, self._clock.monotonic()

    def read_documents(self) -> bool:
        """Look at the open work when it is time to and somebody is signed in."""
        session = self._signing_in.session
        if not session or self._clock.monotonic() < self._documents_at:
            return False
        self._documents_at = self._road.soon()
        epoch = self._scribe.call(lambda journal: journal.epoch)
        known, tag = self._documents_tag
        try:
            fetched = self._road.server().documents(session, tag if known == epoch else "")
        except Denied as denied:
            if not self._signing_in.session_over(denied):
                raise
            return True
        except (ServerError, Refused, NotOurs) as error:
            self._road.check = True
            _log.warning("no open work: %s", error)
            return True
        self._road.succeeded()
        if fetched is not None:
            slips = [(header.slip, header.lines, header.registered) for header in fetched.value.slips]
            orders = fetched.value.orders
            self._scribe.call(lambda journal: journal.merging.take_documents(orders, slips))
            self._documents_tag = (epoch, fetched.etag)
            self._tell(DocumentsTaken())
        self._documents_at = self._clock.monotonic() + DOCUMENTS_S
        return True


def _named(journal: Journal) -> tuple[str, str, str]:
    """Give what names this terminal: its id, its epoch, and the prefix of the slips that are drafted here."""
    return journal.terminal, journal.epoch, journal.merging.shop().slip_prefix
