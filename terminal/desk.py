"""The desk: where the screens' wishes meet the journal and the sender. Results come back on the app's loop.

It holds no rule and no state of its own beyond what every screen shows: who is at work, how the link is, what waits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from terminal.backend import notices
from terminal.backend.backoff import LinkState
from terminal.backend.sender import Sender
from terminal.barcodes.meaning import Known, Meaning
from terminal.domain.documents import Operator, PackingSlip, ScanMode, SlipStatus
from terminal.domain.intents import (
    AddNotReadable,
    CorrectSerial,
    DraftInvoice,
    DraftSlip,
    Intent,
    RequestPosting,
    decide,
)
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import (
    Ahead,
    DocumentView,
    Inquiry,
    InvoiceView,
    OrderPage,
    Problem,
    Sheet,
    Shop,
    Standing,
    Verdict,
)
from terminal.journal.journal import Journal
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault
from terminal.lookups import blanks_of, draft_of, item_or_serial, number_of, opened, trace_of
from terminal.paper import Paper, not_all_known, paper_of, printout_of
from terminal.prints import Prints
from terminal.scanning import choose_by, correct_by, scan_on
from terminal.ui.ports import (
    Blanks,
    Draft,
    Fault,
    Link,
    Listing,
    NoStock,
    Number,
    Opened,
    Place,
    Printed,
    ScanResult,
    SignIn,
    State,
    Traced,
)
from terminal.ui.sentences import zone_of

PATIENCE_S = 3.0
"""Seconds for which a document that is here waits for the server before it is shown as it is here."""

T = TypeVar("T")

_LINKS = {
    LinkState.ONLINE: Link.ONLINE,
    LinkState.DEGRADED: Link.DEGRADED,
    LinkState.OFFLINE: Link.OFFLINE,
    LinkState.DENIED: Link.DENIED,
}

_log = logging.getLogger(__name__)


class Desk:
    """See `terminal.ui.ports.Desk`. `post` has something done on the app's loop.

    `at_posting`: the printer for documents that print by themselves, which the site's policy decides; empty: none.
    """

    def __init__(
        self,
        scribe: Scribe,
        sender: Sender,
        post: Callable[[Callable[[], None]], None],
        prints: Prints,
        understand: Callable[[str, Known], Meaning],
        at_posting: str = "",
    ) -> None:
        self._scribe = scribe
        self._sender = sender
        self._post = post
        self._prints = prints
        self._understand = understand
        self._at_posting = at_posting
        self._posting = ""  # the document on the screen, while it waits to be posted; where there is a printer for it
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
        self.on_copied: Callable[[], None] = lambda: None
        """Called on the loop when another device turned out to have this one's data (D10)."""
        self.on_clock_differs: Callable[[notices.ClockDiffers], None] = lambda _: None
        """Called on the loop when the clock here and the server's differ by minutes (D12)."""
        self.on_session_over: Callable[[], None] = lambda: None
        """Called on the loop when the server wants the operator to sign in again."""
        self.on_printed: Callable[[str, Printed | Fault], None] = lambda _number, _result: None
        """Called on the loop when a document was printed because it was posted, or could not be."""
        self.watched: str | None = None
        """The document on the screen: the last one that a page asked for, until the list is asked for."""
        self.on_watched: Callable[[str | None], None] = lambda _: None
        """Called on the loop when that is another one."""

    # -- scanning

    def scan(self, place: Place, text: str, then: Callable[[ScanResult], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies

        def work(journal: Journal) -> ScanResult:
            meant = self._understand(text, journal.pages)
            return scan_on(journal, who, policies, meant, place, text)

        self._ask(work, then)

    def record(self, intent: Intent, line: int | None, then: Callable[[Verdict | Fault], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies

        def judged(verdict: Verdict | Fault) -> None:
            if isinstance(verdict, Verdict) and verdict.accepted and self._at_posting:
                self._posting = intent.document
            then(verdict)

        def work(journal: Journal) -> Verdict:
            if isinstance(intent, CorrectSerial):
                meant = self._understand(intent.scanned, journal.pages)
                return correct_by(journal, who, policies, intent, meant, line)
            return journal.record(who, policies, intent, line)

        self._ask(work, judged if isinstance(intent, RequestPosting) else then)

    def sheet(self, document: str, line: int, step: int, then: Callable[[Sheet | Fault | None], None]) -> None:
        """See the port."""

        def work(journal: Journal) -> Sheet | None:
            at = line if not step else journal.pages.neighbour(document, line, step)
            return None if at is None else journal.pages.sheet(document, at)

        self._watch(document)
        self._ask(work, then)

    # -- documents

    def document(self, number: str, then: Callable[[DocumentView | Fault | None], None]) -> None:
        """See the port."""
        self._watch(number)
        self._ask(lambda journal: journal.pages.document(number), then)

    def listing(self, then: Callable[[Listing | Fault], None]) -> None:
        """See the port."""
        self._watch(None)
        self._ask(lambda journal: Listing(journal.pages.slips(), journal.pages.orders()), then)

    def open(self, number: str, then: Callable[[Opened | Fault], None]) -> None:
        """See the port."""

        def read(result: notices.SlipResult) -> None:
            fresh = isinstance(result, (notices.Taken, notices.UnknownSlip))  # not there yet: nobody else has it
            self._ask(lambda journal: opened(journal, number, fresh), then)

        def here() -> None:
            self._ask(lambda journal: opened(journal, number, False), then)

        if self.state.link is Link.DEGRADED:  # a request may hang: what is here is shown, the rest follows
            here()
            self._sender.open_slip(number, lambda _: None)
        else:
            self._sender.open_slip(number, self._patiently(number, read, here))

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        """See the port."""

        self._ask(lambda journal: draft_of(journal, order), then)

    def make_slip(
        self,
        order: str,
        units: Sequence[tuple[int, int]],
        then: Callable[[Verdict | Refusal | Fault], None],
        brought: Sequence[str] = (),
    ) -> None:
        """See the port."""
        draft = partial(DraftSlip, order=order, units=tuple(units), brought=tuple(brought))
        self._make(lambda shop: shop.slip_prefix, draft, then)

    # -- orders, invoices, corrections

    def order(self, number: str, then: Callable[[OrderPage | Fault | None], None], *, ask: bool = True) -> None:
        """See the port."""
        self._watch(None)

        def read() -> None:
            self._ask(lambda journal: journal.orders.order(number), then)

        self._after_order(number, read) if ask else read()

    def make_invoice(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """See the port."""
        self._make(lambda shop: shop.invoice_prefix, lambda number: DraftInvoice(number, order, tuple(units)), then)

    def invoice(self, number: str, then: Callable[[InvoiceView | Fault | None], None]) -> None:
        """See the port. The first time, the server is asked for all slips of the order that it can draw on."""
        first = self.watched != number
        self._watch(number)

        def read() -> None:
            self._ask(lambda journal: journal.orders.invoice(number), then)

        def known(invoice: PackingSlip | Fault | None) -> None:
            if isinstance(invoice, PackingSlip):
                self._after_order(invoice.order, read)
            else:
                read()

        self._ask(lambda journal: journal.records.slip(number), known) if first else read()

    def choose(self, document: str, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies

        def work(journal: Journal) -> ScanResult:
            return choose_by(journal, who, policies, self._understand(text, journal.pages), document, mode)

        self._ask(work, then)

    def choose_slip(
        self, document: str, slip: str, mode: ScanMode, then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        """See the port."""
        who, policies, adds = self._who(), self.shop.policies, mode is ScanMode.ADD

        def work(journal: Journal) -> Verdict:
            return (journal.draw_slip if adds else journal.return_slip)(who, policies, document, slip)

        self._ask(work, then)

    def mark_many(self, document: str, line: int, units: int, then: Callable[[Verdict | Fault], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies
        wanted = [AddNotReadable(document, line)] * units
        self._ask(lambda journal: journal.record_many(who, policies, wanted, line), then)

    def inquiry(self, number: str, first: int, count: int, then: Callable[[Inquiry | Fault | None], None]) -> None:
        """See the port."""
        self._watch(number)
        self._ask(lambda journal: journal.units.inquiry(number, first, count), then)

    def place_of(self, number: str, serial: str, then: Callable[[int | Fault | None], None]) -> None:
        """See the port."""
        self._ask(lambda journal: journal.units.place_of(number, self._understand(serial, journal.pages).value), then)

    def why_not(self, intents: Sequence[Intent], then: Callable[[Sequence[Refusal | None] | Fault], None]) -> None:
        """See the port."""
        who, policies = self._who(), self.shop.policies

        def work(journal: Journal) -> Sequence[Refusal | None]:
            ruled = [decide(journal.records, who, policies, intent) for intent in intents]
            return [each if isinstance(each, Refusal) else None for each in ruled]

        self._ask(work, then)

    def blanks(self, then: Callable[[Blanks | Fault], None], *, ask: bool = True) -> None:
        """See the port. What is at the server is taken from its list, what is not sent yet from ours."""
        if not ask:
            self._ask(lambda journal: Blanks(journal.units.open_blanks(), complete=False), then)
            return

        def read(result: notices.BlanksResult) -> None:
            self._ask(lambda journal: blanks_of(journal, result), then)

        self._sender.blanks(read)

    def trace(self, text: str, then: Callable[[Traced | NoStock | Number | Fault], None]) -> None:
        """See the port. The server's word goes before ours: it knows what other terminals did.

        What no unit has may be a document's number: one that is not known here is asked for, too.
        """
        zone = zone_of(self.shop.time_zone)

        def understood(journal: Journal) -> NoStock | str:
            return item_or_serial(journal, self._understand(text, journal.pages))

        def is_item(found: NoStock | str | Fault) -> None:
            self._sender.trace(found, partial(read, found)) if isinstance(found, str) else then(found)

        def read(serial: str, result: notices.TraceResult) -> None:
            self._ask(lambda journal: trace_of(journal, serial, zone, result), partial(traced, serial))

        def traced(serial: str, found: Traced | Number | Fault) -> None:
            if isinstance(found, Traced) and found.asked and not found.units:
                read = partial(self._ask, lambda journal: number_of(journal, serial) or found, then)
                self._sender.open_slip(serial, lambda _: read())
            else:
                then(found)

        self._ask(understood, is_item)

    def new_sale(self, then: Callable[[str | Refusal | Fault], None]) -> None:
        """See the port."""

        def work(journal: Journal) -> str | Refusal:
            prefix = journal.merging.shop().sale_prefix
            return journal.next_number(prefix) if prefix else refuse(Code.NO_NUMBERS)

        self._ask(work, then)

    def ahead(self, document: str, then: Callable[[Ahead | Fault | None], None]) -> None:
        """See the port."""
        self._ask(lambda journal: journal.orders.ahead(document), then)

    def _make(
        self,
        prefix_of: Callable[[Shop], str],
        intent: Callable[[str], Intent],
        then: Callable[[Verdict | Refusal | Fault], None],
    ) -> None:
        """Draft a document under the next number of a prefix, which comes with the first master data.

        The journal knows it: one that was begun anew has another, or none yet (D10).
        """
        who, policies = self._who(), self.shop.policies

        def work(journal: Journal) -> Verdict | Refusal:
            prefix = prefix_of(journal.merging.shop())
            if not prefix:
                return refuse(Code.NO_NUMBERS)
            return journal.record(who, policies, intent(journal.next_number(prefix)))

        self._ask(work, then)

    def _patiently(
        self, number: str, read: Callable[[notices.SlipResult], None], here: Callable[[], None]
    ) -> Callable[[notices.SlipResult], None]:
        """Have a document that is here shown as it is here where the server has not answered within `PATIENCE_S`.

        Its answer is news then. Both happen on the loop, so that only one of the two is first.
        """
        shown = False

        def show(known: bool | Fault) -> None:
            nonlocal shown
            if known is True and not shown:
                shown = True
                here()

        def answered(result: notices.SlipResult) -> None:
            nonlocal shown
            if shown:
                self.on_news(number)
            else:
                shown = True
                read(result)

        def is_here(journal: Journal) -> bool:
            return journal.records.slip(number) is not None or journal.records.order(number) is not None

        waiting = threading.Timer(PATIENCE_S, lambda: self._post(lambda: self._ask(is_here, show)))
        waiting.daemon = True
        waiting.start()

        def done(result: notices.SlipResult) -> None:
            waiting.cancel()
            self._post(lambda: answered(result))

        return done

    def _after_order(self, number: str, then: Callable[[], None]) -> None:
        """Do something when the server was asked for an order; at once where a request may hang."""
        if self.state.link is Link.DEGRADED:
            self._sender.open_order(number, lambda _: None)
            then()
        else:
            self._sender.open_order(number, self._patiently(number, lambda _: then(), then))

    # -- paper

    def printers(self) -> Sequence[str]:
        """See the port."""
        return self._prints.printers

    def print_document(self, number: str, printer: str, then: Callable[[Printed | Fault], None]) -> None:
        """See the port. The journal's thread gathers, the printer's makes and prints."""
        zone = self.shop.time_zone

        def gathered(paper: Paper | Fault | None) -> None:
            if isinstance(paper, Paper):
                make = partial(printout_of, paper, zone)
                self._prints.print(number, printer, make, lambda printed: self._post(lambda: then(printed)))
            else:
                then(paper or Printed(False, not_all_known(number)))

        self._ask(lambda journal: paper_of(journal, number), gathered)

    def _posted(self) -> None:
        """Print the document on the screen, once, if the server has just posted it and the site wants it (S15, D7)."""
        number = self._posting

        def read(slip: PackingSlip | Fault | None) -> None:
            if number != self._posting or not isinstance(slip, PackingSlip) or slip.status is SlipStatus.POSTING:
                return
            self._posting = ""
            if slip.status is SlipStatus.POSTED and self.shop.policies.print_at_posting:
                self.print_document(number, self._at_posting, lambda result: self.on_printed(number, result))

        if number:
            self._ask(lambda journal: journal.records.slip(number), read)

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
        self._watch(None)
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
                self._posted()
            case notices.Duplicate():
                self.on_duplicate(notice)
            case notices.Copied():
                self.on_copied()
            case notices.ClockDiffers():
                self.on_clock_differs(notice)
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
            case notices.SignedIn(operator):
                self.operator = operator
                then(SignIn("in", operator))
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

    def _watch(self, document: str | None) -> None:
        if document != self.watched:
            self.watched = document
            self._posting = ""
            if document is not None and self._at_posting:
                self._ask(lambda journal: journal.records.slip(document), self._waits)
            self.on_watched(document)

    def _waits(self, slip: PackingSlip | Fault | None) -> None:
        """Take note that the document that came to the screen waits to be posted, as it did before a restart, say."""
        if isinstance(slip, PackingSlip) and slip.status is SlipStatus.POSTING and slip.number == self.watched:
            self._posting = slip.number

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
