"""A picker's shift, decided by a seed: every kind of thing a journal does, done by the journal's own code.

Serials put on and taken off, units without one, undoing, posting and thinking better of it, the server's answers,
what others did meanwhile, problems put away. One step is one thing a person or the server does.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from terminal.domain.documents import SlipStatus
from terminal.domain.events import PostingRequested, Registered
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    Intent,
    RemoveNotReadable,
    RemoveSerial,
    RequestPosting,
    Undo,
    WithdrawPosting,
)
from terminal.domain.posting import registrations_digest
from terminal.domain.refusals import Refusal
from terminal.domain.views import Shop
from terminal.journal.journal import Journal

from ..journal.world import ANNA, BERT, CARL, ITEMS, ORDER, PEOPLE, POLICIES, Authority, deliver, slip

UNITS = 30
"""Units of each of a slip's two lines: the first must have its serials before the slip is posted (S3)."""
SCANS_ON_A_SLIP = 50

Told = tuple[str, str | None]
"""What an OK was for: the type of the event, and its serial."""


class Shift:
    """A shift of so many scans. `step` does the next thing; `told` lists all that was acknowledged, in order."""

    def __init__(self, seed: int | str, scans: int, *, slips: str = "PS") -> None:
        """Begin with the first of the slips, which are named after `slips`."""
        self.scans = scans
        self.scanned = 0
        self.told: list[Told] = []
        self.heard: Callable[[Told], None] = self.told.append
        """Called with what each OK is for."""
        self.kind = ""
        """What the step that was done last is called."""
        self._chance = Random(seed)
        self._name = f"{seed}"
        self._slips = [slip(f"{slips}-{n}", UNITS) for n in range(1, scans // SCANS_ON_A_SLIP + 5)]
        self._authority = Authority(self._slips)
        self._at = 0
        self._on_slip = 0
        self._made = 0
        self._serials: list[str] = []

    @property
    def over(self) -> bool:
        """Whether all was scanned that was to be scanned."""
        return self.scanned >= self.scans

    @property
    def document(self) -> str:
        """The slip that is worked on."""
        return self._slips[self._at][0].number

    @property
    def last_document(self) -> str:
        """A slip that the shift never comes to."""
        return self._slips[-1][0].number

    def take_up(self, journal: Journal) -> None:
        """Go on with a journal that has worked other shifts: the server has answered for so much of it."""
        self._authority.cursor = journal.outbox.answered
        self.furnish(journal)

    def furnish(self, journal: Journal) -> None:
        """Give a new journal its master data and its slips."""
        journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), ITEMS)
        journal.merging.take_documents([ORDER], [(found, lines, {}) for found, lines in self._slips])

    def step(self, journal: Journal) -> None:
        """Do the next thing."""
        if self._on_slip >= SCANS_ON_A_SLIP:
            self._finish_slip(journal)
            return
        steps = {
            "add": (70, self._add),
            "blank": (8, lambda j: self._want(j, AddNotReadable(self.document, 2))),
            "again": (3, self._add_again),
            "remove": (6, self._remove),
            "unblank": (3, lambda j: self._want(j, RemoveNotReadable(self.document, 2))),
            "undo": (5, lambda j: self._want(j, Undo(self.document))),
            "answers": (8, self._answers),
            "another": (2, self._another),
            "merge": (2, self._merge),
            "put away": (1, self._put_away),
        }
        self.kind = self._chance.choices(list(steps), [weight for weight, _ in steps.values()])[0]
        steps[self.kind][1](journal)

    def _want(self, journal: Journal, intent: Intent, line: int = 1) -> bool:
        who = BERT if self._chance.random() < 0.1 else ANNA
        verdict = journal.record(who, POLICIES, intent, line)
        if isinstance(verdict.result, Refusal):
            return False
        self.heard((verdict.result.type, getattr(verdict.result, "serial", None)))
        if isinstance(intent, (AddSerial, AddNotReadable)):
            self.scanned += 1
            self._on_slip += 1
        return True

    def _add(self, journal: Journal, line: int = 0) -> None:
        self._made += 1
        serial = f"SN{self._name}-{self._made:05}"
        line = line or (1 if self._chance.random() < 0.5 else 2)
        if self._want(journal, AddSerial(self.document, line, serial), line):
            self._serials.append(serial)

    def _add_again(self, journal: Journal) -> None:
        """Scan something twice: it is refused, and nothing is written."""
        if self._serials:
            self._want(journal, AddSerial(self.document, 1, self._chance.choice(self._serials[-9:])))

    def _remove(self, journal: Journal) -> None:
        if self._serials:
            self._want(journal, RemoveSerial(self.document, self._chance.choice((1, 2)), self._serials[-1]))

    def _answers(self, journal: Journal) -> None:
        deliver(journal, self._authority, self._chance.choice((1, 5, 50)))

    def _another(self, journal: Journal) -> None:
        """Have another terminal register a serial that is scanned here next, perhaps on another slip: a conflict."""
        self._made += 1
        serial = f"SN{self._name}-{self._made:05}"
        where = self._slips[self._at + self._chance.choice((0, 1))][0].number
        self._authority.by_another(CARL, Registered(where, 1, "PUMP", serial), f"other-{self._name}-{self._made}")
        self._want(journal, AddSerial(self.document, 1, serial))

    def _merge(self, journal: Journal) -> None:
        at = min(self._at + self._chance.choice((0, 0, 1)), len(self._slips) - 2)
        journal.merging.take_slip(*self._authority.snapshot(self._slips[at][0].number))

    def _put_away(self, journal: Journal) -> None:
        for problem in journal.outbox.open_problems()[:2]:
            journal.outbox.put_away(problem.sequence, ANNA.id)

    def _finish_slip(self, journal: Journal) -> None:
        """Bring the first line to its units; then post, have it answered, and go on to the next slip."""
        registered = journal.records.tally(self.document, 1).registered
        live = [r.serial for r in journal.records.live_registrations(self.document) if r.line == 1 and r.serial]
        if registered < UNITS:
            self.kind = "fill up"
            self._add(journal, line=1)
        elif registered > UNITS and live:
            self.kind = "surplus"
            self._want(journal, RemoveSerial(self.document, 1, live[-1]))
        else:
            self.kind = "post"
            self._post(journal)

    def _post(self, journal: Journal) -> None:
        how = self._chance.random()
        if how < 0.2:  # another terminal is faster
            deliver(journal, self._authority)
            seen = list(self._authority.ledger.live_registrations(self.document))
            asked = PostingRequested(self.document, registrations_digest(seen), len(seen))
            self._authority.by_another(CARL, asked, f"other-{self._name}-post-{self._at}")
        elif how < 0.4:  # and thinking better of it, before it was sent
            self._want(journal, RequestPosting(self.document, True))
            self._want(journal, WithdrawPosting(self.document))
        if self._chance.random() < 0.9:
            self._want(journal, RequestPosting(self.document, self._chance.random() < 0.5))
        deliver(journal, self._authority)
        journal.merging.take_slip(*self._authority.snapshot(self.document))
        self._at = min(self._at + 1, len(self._slips) - 3)
        self._on_slip = 0
        self._serials.clear()


def posted(journal: Journal) -> int:
    """Count the slips that are posted: a shift in which none was would test little."""
    found = journal.store.connection.execute("SELECT count(*) FROM slip WHERE status = ?", (SlipStatus.POSTED,))
    return int(found.fetchall()[0][0])
