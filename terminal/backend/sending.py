"""Emptying the outbox: events are sent again under the same ids until each is answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from msgspec import Struct

from terminal.backend.answers import Frame, NotOurs, Reason, Refused
from terminal.backend.asks import Asks
from terminal.backend.fetching import Fetching
from terminal.backend.notices import Copied, Differs, Duplicate, Notice, Sent
from terminal.backend.road import Road
from terminal.backend.server_clock import ServerClock
from terminal.backend.slips import Slips
from terminal.backend.wire.events import BatchAnswer, event_json
from terminal.domain.events import Continued, Recorded, Registered
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, refuse
from terminal.domain.views import Standing
from terminal.journal.journal import Journal

BATCH = 50
"""Events sent at once at the most."""

_FRAME = frozenset({400, 413, 422})
"""Statuses that refuse a batch as it stands, not what it says."""

_log = logging.getLogger(__name__)


class _Batch(Struct, frozen=True):
    """What is to be sent, and from where."""

    terminal: str
    epoch: str
    continues: Continued | None
    answered: int
    events: tuple[tuple[Recorded, bool], ...]


class Sending:
    """Sends what the journal holds, in order, and has the answers written down."""

    def __init__(
        self,
        scribe: Asks,
        road: Road,
        slips: Slips,
        server_clock: ServerClock,
        fetching: Fetching,
        tell: Callable[[Notice], None],
    ) -> None:
        self._scribe = scribe
        self._road = road
        self._slips = slips
        self._server_clock = server_clock
        self._tell = tell
        self._fetching = fetching
        self._size = BATCH
        self._rewinds = 0  # since the server last answered for an event that it had not answered before
        self._rewound_from = 0  # up to which it had

        self.unsent = True
        """Whether there may be something to send."""

    def send(self) -> bool:
        """Send the next events, or none to learn the server's cursor where that is due; say whether anything was."""
        if not (self.unsent or self._road.check):
            return False
        self.unsent = False
        batch = self._scribe.call(self._next_batch)
        if batch.events:
            self.unsent = True
        elif not self._road.check:
            return False
        frames = [event_json(recorded, void=void) for recorded, void in batch.events]
        try:
            answer = self._send(batch, frames)
        except Refused as refused:
            if not frames or refused.status not in _FRAME:
                raise
            self._split(batch, refused)
            return True
        self._road.check = False
        self._take(batch, answer)
        return True

    def _next_batch(self, journal: Journal) -> _Batch:
        outbox = journal.outbox
        events = tuple(outbox.pending(self._size))
        return _Batch(journal.terminal, journal.epoch, outbox.continues, outbox.answered, events)

    def _send(self, batch: _Batch, frames: Sequence[Frame]) -> BatchAnswer:
        return self._road.server().send_events(batch.terminal, batch.epoch, frames, batch.continues)

    def _take(self, batch: _Batch, answer: BatchAnswer) -> None:
        """Write the answers down; go back where the server has forgotten something.

        Only a step forward counts as a success: a server that answers and takes nothing in is waited for longer
        and longer.
        """
        if any(_is_of_before(batch, each.judgement) for each in answer.answers):
            raise NotOurs(Reason.MISMATCH, "an answer to what was sent in another epoch")
        self._server_clock.heard(answer.server_time)
        if answer.answers:
            if answer.answers[-1].sequence > self._rewound_from:
                self._rewinds = 0
            self._went_on()
            self._heed(batch, [(each.sequence, each.judgement) for each in answer.answers])
            self._size = min(BATCH, self._size * 2)
        elif answer.cursor < batch.answered:
            self._rewind(batch, answer.cursor)
        elif batch.events:
            raise NotOurs(Reason.MISMATCH, "events were taken in without an answer")
        else:
            self._road.succeeded()

    def _heed(self, batch: _Batch, answers: list[tuple[int, Judgement]]) -> None:
        """Settle what was answered, up to where another device turns out to have our data; part from that one (D10)."""
        at = next((n for n, (_, judgement) in enumerate(answers) if _is_copied(batch, judgement)), len(answers))
        if at:
            self._settle(batch, answers[:at])
        if at < len(answers) and not self._part(batch, answers[at][0]):
            self._settle(batch, answers[at : at + 1])

    def _part(self, batch: _Batch, sequence: int) -> bool:
        """Have the journal send under an epoch of its own; say False where that can't help."""

        def part(journal: Journal) -> bool:
            return journal.epoch != batch.epoch or journal.part(sequence)

        parted = self._scribe.call(part)
        if parted:
            _log.error("another device has the data of this one: event %d on is sent under a new epoch", sequence)
            self._fetching.hurry()
            for document in sorted(self._scribe.call(lambda journal: journal.outbox.busy_documents())):
                self._slips.differs(
                    document
                )  # read since, it lacks what is unsent: the other device's was taken for it
            self._tell(Copied())
        return parted

    def _settle(self, batch: _Batch, answers: list[tuple[int, Judgement]]) -> None:
        """Write judgements down, and tell who wants to know."""

        def settle(journal: Journal) -> tuple[set[str], Standing]:
            same = journal.epoch == batch.epoch  # not set aside meanwhile
            differing = journal.outbox.settle(answers) if same else set()
            return differing, journal.outbox.standing

        differing, standing = self._scribe.call(settle)
        self._tell(Sent(standing))
        events = {recorded.sequence: recorded for recorded, _ in batch.events}
        for sequence, judgement in answers:
            recorded, holder = events[sequence], judgement.holder
            duplicate = judgement.outcome is Outcome.DUPLICATE and isinstance(recorded.event, Registered)
            if duplicate and holder is not None and holder.terminal != batch.terminal:
                self._tell(Duplicate(recorded, holder))
        if differing:
            self._fetching.read_anew()  # what is left of their orders is another, too
        for document in sorted(differing):
            self._slips.differs(document)
            self._tell(Differs(document))

    def _rewind(self, batch: _Batch, cursor: int) -> None:
        """Send all again. Twice without an answer to anything new between is no way forward."""
        _log.warning("the server holds events up to %d, %d were answered: sending all again", cursor, batch.answered)
        self._rewinds += 1
        self._rewound_from = max(self._rewound_from, batch.answered)
        standing = self._scribe.call(lambda journal: _rewound(journal, batch.epoch))
        self.unsent = True
        self._tell(Sent(standing))
        if self._rewinds > 1:
            raise NotOurs(Reason.MISMATCH, f"the server stays at {cursor}")
        self._road.succeeded()

    def _went_on(self) -> None:
        """Take an answer for a success; not where the server only repeats itself, and then forgets it again."""
        if self._rewinds < 2:
            self._road.succeeded()

    def _split(self, batch: _Batch, refused: Refused) -> None:
        """Make a refused batch smaller, down to the one event that nothing can be done about."""
        if len(batch.events) > 1:
            self._went_on()
            self._size = len(batch.events) // 2
            return
        if not refused.code:
            raise NotOurs(Reason.STATUS, refused.detail)  # not our server's word: no event is given up for it
        self._stand_in(batch, refused)

    def _stand_in(self, batch: _Batch, refused: Refused) -> None:
        """Send the bare place of an event that was refused even alone, so that the server's sequence has no gap.

        Where even that is refused, but nothing at all is taken, the event is at fault and is settled as malformed: it
        becomes a problem, stays in the journal, and those behind it move on.
        """
        event, _ = batch.events[0]
        _log.error("event %d (%s) was refused: %s", event.sequence, event.id, refused)
        place = {"id": event.id, "sequence": event.sequence}
        try:
            answer = self._send(batch, [place])
        except Refused as again:
            if again.status not in _FRAME:
                raise
            self._send(batch, [])
            malformed = refuse(Code.MALFORMED_EVENT, fault=refused.code)
            self._settle(batch, [(event.sequence, Judgement(Outcome.REJECTED, malformed))])
            return
        self._take(batch, answer)


def _is_copied(batch: _Batch, judgement: Judgement) -> bool:
    """Say whether another device took a place of ours. An older server says so without naming the epoch.

    That one would not know our events again under another epoch.
    """
    said = judgement.refusal
    if judgement.outcome is not Outcome.KEY_REUSE or said is None:
        return False
    return said.parameters.get("epoch") == batch.epoch


def _is_of_before(batch: _Batch, judgement: Judgement) -> bool:
    """Say whether a place was taken in another epoch than ours: a proxy has given us the answer of before once more."""
    said = judgement.refusal
    named = None if said is None or judgement.outcome is not Outcome.KEY_REUSE else said.parameters.get("epoch")
    return named is not None and named != batch.epoch


def _rewound(journal: Journal, epoch: str) -> Standing:
    if journal.epoch == epoch:
        journal.outbox.rewind()
    return journal.outbox.standing
