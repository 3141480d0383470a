"""The desk: where the screens' wishes meet the journal and the sender. Results come back on the app's loop.

It holds no rule and no state of its own beyond what every screen shows: who is at work, how the link is, what waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from terminal.backend import notices
from terminal.backend.backoff import LinkState
from terminal.backend.sender import Sender
from terminal.barcodes.meaning import meaning
from terminal.domain.documents import Operator, ScanMode
from terminal.domain.intents import AddSerial, DraftSlip, Intent, RemoveSerial
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import DocumentView, Problem, Sheet, Shop, Standing, Verdict
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault
from terminal.ui.ports import (
    Draft,
    Fault,
    Link,
    Listing,
    NotHere,
    Opened,
    Picked,
    ScanResult,
    SignIn,
    State,
)

T = TypeVar("T")

_LINKS = {
    LinkState.ONLINE: Link.ONLINE,
    LinkState.DEGRADED: Link.DEGRADED,
    LinkState.OFFLINE: Link.OFFLINE,
    LinkState.DENIED: Link.DENIED,
}

_log = logging.getLogger(__name__)


class Desk:
    """See `terminal.ui.ports.Desk`. `post` has something done on the app's loop."""

    def __init__(self, scribe: Scribe, sender: Sender, post: Callable[[Callable[[], None]], None]) -> None:
        self._scribe = scribe
        self._sender = sender
        self._post = post
        self.state = State(link=Link.OFFLINE)
        self.shop = Shop()
        self.operator: Operator | None = None
        self._problems_told = 0  # any answer of the journal may bring a new standing; the operator is told once
        self.on_news: Callable[[str | None], None] = lambda _: None
        """Called on the loop when something came from the server, about one document or about all."""
        self.on_said_no: Callable[[int], None] = lambda _: None
        """Called on the loop when the server refused something, with the number of new problems."""
        self.on_duplicate: Callable[[notices.Duplicate], None] = lambda _: None
        """Called on the loop when a serial was on the same slip already, from another terminal (D6)."""
        self.on_session_over: Callable[[], None] = lambda: None
        """Called on the loop when the server wants the operator to sign in again."""

    # -- scanning

    def scan(self, document: str, line: int, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies

        def work(journal: Journal) -> ScanResult:
            meant = meaning(text, journal.pages)
            if meant.kind == "document":
                return NotHere("document", meant.value)
            if meant.kind == "item":
                at = journal.pages.line_of_item(document, meant.value, line)
                sheet = journal.pages.sheet(document, at) if at is not None else None
                return Picked(sheet) if sheet is not None else NotHere("item", text.strip())
            intent = AddSerial if mode is ScanMode.ADD else RemoveSerial
            return journal.record(who, policies, intent(document, line, meant.value), line)

        self._ask(work, then)

    def record(self, intent: Intent, line: int | None, then: Callable[[Verdict | Fault], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies
        self._ask(lambda journal: journal.record(who, policies, intent, line), then)

    def sheet(self, document: str, line: int, step: int, then: Callable[[Sheet | Fault | None], None]) -> None:
        """See the port."""

        def work(journal: Journal) -> Sheet | None:
            at = line if not step else journal.pages.neighbour(document, line, step)
            return None if at is None else journal.pages.sheet(document, at)

        self._ask(work, then)

    # -- documents

    def document(self, number: str, then: Callable[[DocumentView | Fault | None], None]) -> None:
        """See the port."""
        self._ask(lambda journal: journal.pages.document(number), then)

    def listing(self, then: Callable[[Listing | Fault], None]) -> None:
        """See the port."""
        self._ask(lambda journal: Listing(journal.pages.slips(), journal.pages.orders()), then)

    def open(self, number: str, then: Callable[[Opened | Fault], None]) -> None:
        """See the port."""

        def read(result: notices.SlipResult) -> None:
            fresh = isinstance(result, notices.Taken)
            self._ask(lambda journal: _opened(journal, number, fresh), then)

        if self.state.link is Link.DEGRADED:  # a request may hang: what is here is shown, the rest follows
            self._ask(lambda journal: _opened(journal, number, False), then)
            self._sender.open_slip(number, lambda _: None)
        else:
            self._sender.open_slip(number, read)

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        """See the port."""

        def work(journal: Journal) -> Draft | None:
            found = journal.records.order(order)
            if found is None:
                return None
            lines = []
            for line in found.lines:
                item = journal.records.item(line.item)
                if line.left:
                    lines.append((line.number, line.item, item.description if item else line.item, line.left))
            return Draft(found.number, found.customer, lines) if lines else None

        self._ask(work, then)

    def make_slip(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """See the port."""
        who, shop = self._who(), self.shop

        def work(journal: Journal) -> Verdict | Refusal:
            if not shop.slip_prefix:
                return refuse(Code.UNKNOWN_ORDER, order=order)
            number = journal.next_slip_number(shop.slip_prefix)
            return journal.record(who, shop.policies, DraftSlip(number, order, tuple(units)))

        self._ask(work, then)

    # -- problems

    def problems(self, then: Callable[[Sequence[Problem] | Fault], None]) -> None:
        """See the port."""
        self._ask(lambda journal: journal.outbox.open_problems(), then)

    def put_away(self, sequence: int, then: Callable[[Fault | None], None]) -> None:
        """See the port."""
        who = self._who()
        self._ask(lambda journal: journal.outbox.put_away(sequence, who.id), then)

    # -- who is at work

    def sign_in(self, operator: str, pin: str, then: Callable[[SignIn | Fault], None]) -> None:
        """See the port."""
        self._sender.sign_in(operator, pin, lambda result: self._post(lambda: self._signed_in(result, then)))

    def sign_out(self) -> None:
        """See the port."""
        self.operator = None
        self._sender.sign_out()

    def refresh(self) -> None:
        """See the port."""
        self._sender.look_again()

    # -- life

    def begin(self, then: Callable[[Fault | None], None]) -> None:
        """Read what the journal knows of the site; says so where it can't be opened."""
        self._ask(lambda journal: journal.merging.shop(), lambda shop: self._begun(shop, then))

    def heard(self, notice: notices.Notice) -> None:
        """Take news from the sender, in its thread."""
        match notice:
            case notices.MasterTaken():
                self._ask(lambda journal: journal.merging.shop(), self._renewed)
            case _:
                self._post(lambda: self._news(notice))

    def scanners_are(self, words: Sequence[str]) -> None:
        """Take what is to be said of the scanners, on the loop."""
        self.state = replace(self.state, scanners=tuple(words))
        self.on_news(None)

    def _news(self, notice: notices.Notice) -> None:
        match notice:
            case notices.Link(state=state, failures=failures):
                changed = self.state.link is not _LINKS[state]
                self.state = replace(self.state, link=_LINKS[state], failures=failures)
                if changed:
                    self.on_news(None)
            case notices.Sent(standing):
                more = standing.problems - self._problems_told
                self._problems_told = standing.problems
                self.state = replace(self.state, standing=standing)
                self.on_news(None)
                if more > 0:
                    self.on_said_no(more)
            case notices.Duplicate():
                self.on_duplicate(notice)
            case notices.SlipTaken(document):
                self.on_news(document)
            case notices.DocumentsTaken():
                self.on_news(None)
            case notices.SessionExpired():
                self.on_session_over()
            case notices.SignedIn(operator) if self.operator is not None and operator.id == self.operator.id:
                self.operator = operator  # signed in offline, and known to the server now
            case _:
                pass

    def _begun(self, shop: Shop | Fault, then: Callable[[Fault | None], None]) -> None:
        if isinstance(shop, Fault):
            then(shop)
            return
        self.shop = shop
        self._problems_told = self.state.standing.problems
        then(None)

    def _renewed(self, shop: Shop | Fault) -> None:
        if isinstance(shop, Shop):
            self.shop = shop
            if self.operator is not None:
                self.operator = shop.operators.get(self.operator.id, self.operator)
            self.on_news(None)

    def _signed_in(self, result: notices.SignInResult, then: Callable[[SignIn | Fault], None]) -> None:
        match result:
            case notices.SignedIn(operator, online):
                self.operator = operator
                then(SignIn("in", operator, online))
            case notices.WrongPin(left):
                then(SignIn("wrong-pin", tries_left=left))
            case notices.UnknownOperator():
                then(SignIn("unknown"))
            case notices.TooManyPins(wait):
                then(SignIn("too-many", wait_s=wait))
            case notices.NotKnownHere():
                then(SignIn("not-known-here"))
            case notices.NoMasterData():
                then(SignIn("no-data"))
            case notices.NotPossible():
                then(SignIn("failed"))

    def _who(self) -> Operator:
        return self.operator or Operator("", "")

    def _ask(self, work: Callable[[Journal], T], then: Callable[[T | Fault], None]) -> None:
        """Have something done with the journal, and `then` on the loop."""

        def done(result: tuple[T, Standing] | Exception) -> None:
            self._post(lambda: self._deliver(result, then))

        self._scribe.ask(lambda journal: (work(journal), journal.outbox.standing), done)

    def _deliver(self, result: tuple[T, Standing] | Exception, then: Callable[[T | Fault], None]) -> None:
        if isinstance(result, StorageFault):
            then(Fault(str(result.trouble), result.path))
        elif isinstance(result, Exception):
            raise result
        else:
            value, standing = result
            self.state = replace(self.state, standing=standing)
            self._problems_told = min(self._problems_told, standing.problems)
            then(value)


def _opened(journal: Journal, number: str, fresh: bool) -> Opened:
    line = journal.pages.line_to_work_on(number)
    sheet = journal.pages.sheet(number, line) if line is not None else None
    return Opened(number, sheet, fresh)
