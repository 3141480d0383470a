"""A desk that judges by the real rules in memory, at once or when told to, and a stage that keeps what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from terminal.domain.changes import Charged, StatusChanged, consequences, settled
from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OrderLine,
    PackingSlip,
    Policies,
    Registration,
    SalesOrder,
    ScanMode,
    SerialForm,
    SlipStatus,
    TrackingGroup,
)
from terminal.domain.events import Recorded, SerialCorrected
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    DraftInvoice,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    Intent,
    RemoveSerial,
    ReturnSerial,
    ReturnUnits,
    decide,
)
from terminal.domain.invoicing import incomplete_slips, plain_left, rest_of_slip, share_of, slips_to_invoice
from terminal.domain.ledger import Ledger
from terminal.domain.posting import obstacles
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import (
    Ahead,
    DocumentView,
    Entry,
    Inquiry,
    InvoiceView,
    KeptUnit,
    LineShare,
    LineView,
    OpenBlank,
    OrderDocument,
    OrderPage,
    OrderView,
    Problem,
    Row,
    Sheet,
    Shop,
    SlipShare,
    SlipView,
    Standing,
    TracedUnit,
    TraceStep,
    Verdict,
)
from terminal.ui.cells import Band
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page
from terminal.ui.ports import (
    Blanks,
    Draft,
    Fault,
    Link,
    Listing,
    NoStock,
    NotHere,
    Number,
    Opened,
    Picked,
    Place,
    Printed,
    ScanResult,
    Several,
    SignIn,
    State,
    Traced,
)
from terminal.ui.sound import Sound

CONTROL = TrackingGroup("SALES", active_in_sales_process=True, serial_number_control=True)
DRILL = Item("DRILL", "Drill", CONTROL, references=("4001",))
SAW = Item("SAW", "Saw with a name too long for a handheld", CONTROL, references=("4002",))
GLUE = Item("GLUE", "Glue", TrackingGroup("NONE"))
PUMP = Item("PUMP", "Pump", CONTROL, serial_form=SerialForm(mask="AA999"))
ITEMS = (DRILL, SAW, GLUE, PUMP)

ANN = Operator("1001", "Ann", frozenset(Duty))
BOB = Operator("1002", "Bob", frozenset({Duty.REGISTER, Duty.POST}))
FULL = Fault("full", "/journal")
MORNING = "2025-03-01T08:00:00.000Z"


def slip_of(number: str, *wanted: tuple[Item, int], customer: str = "Customer") -> tuple[PackingSlip, tuple[Line, ...]]:
    """Make a draft slip with a line for each item and its units."""
    lines = tuple(
        Line(number, n, item.number, item.description, units, item.tracking.in_force(), item.catch_weight, n)
        for n, (item, units) in enumerate(wanted, 1)
    )
    return PackingSlip(number, f"SO-{number[3:]}", customer), lines


def shop_ledger() -> Ledger:
    """Two slips and an order."""
    slips = [slip_of("PS-1001", (DRILL, 3), (SAW, 2), (GLUE, 4)), slip_of("PS-1002", (DRILL, 1))]
    order = SalesOrder("SO-2001", "Customer", (OrderLine(1, "DRILL", 5, 5), OrderLine(2, "SAW", 4, 2)))
    return Ledger(ITEMS, slips, [order])


class PlayDesk:
    """See `terminal.ui.ports.Desk`. With `later`, it answers when told to; a `broken` journal takes nothing.

    What is asked is judged when it is answered, in order, as the journal's thread does.
    """

    def __init__(self, ledger: Ledger | None = None, *, later: bool = False) -> None:
        self.ledger = ledger or shop_ledger()
        self.state = State(link=Link.ONLINE)
        self.shop = Shop(site="NORTH", slip_prefix="T1")
        self.operator: Operator | None = ANN
        self.later = later
        self.broken: Fault | None = None
        self.waiting: deque[Callable[[], None]] = deque()
        self.asked: list[tuple[Any, ...]] = []
        self.signs: deque[SignIn | Fault] = deque()
        self.found: list[Problem] = []
        self.put: list[int] = []
        self.numbers = ["PS-1001", "PS-1002"]
        self.wanted: dict[str, tuple[int, ...]] = {}
        """Serials that several lines want."""
        self.named: dict[str, NotHere] = {}
        """Codes that are no serials."""
        self.orders = ["SO-2001"]
        self._past: list[Recorded] = []
        self.paper: list[str] = []
        """The names of the printers."""
        self.prints: deque[Printed | Fault] = deque()
        """How the next printings end; well, where nothing is said."""

    # -- how it answers

    def answer(self, n: int = 1) -> None:
        """Answer the oldest questions."""
        for _ in range(n):
            self.waiting.popleft()()

    def answer_all(self) -> None:
        """Answer everything, and what is asked because of it."""
        while self.waiting:
            self.answer()

    def policies(self, **changes: Any) -> None:
        """Change what the site decides for itself."""
        self.shop = replace(self.shop, policies=replace(Policies(), **changes))

    def serials(self, document: str, line: int) -> list[str | None]:
        """Give what is on a line, oldest first."""
        live = [r for r in self.ledger.live_registrations(document) if r.line == line]
        return [r.serial for r in sorted(live, key=lambda r: r.id)]

    def did(self, what: str) -> list[tuple[Any, ...]]:
        """Give the questions of one kind."""
        return [asked[1:] for asked in self.asked if asked[0] == what]

    def _ask(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        def answer() -> None:
            then(self.broken or work())

        if self.later:
            self.waiting.append(answer)
        else:
            answer()

    # -- the port

    def scan(self, place: Place, text: str, then: Callable[[ScanResult], None]) -> None:
        document, line, mode = place.document, place.line, place.mode
        self.asked.append(("scan", document, line, mode, text))

        def work() -> ScanResult:
            if text in self.wanted and not (place.chosen and line in self.wanted[text]):
                lines = [self.sheet_of(document, number).current for number in self.wanted[text]]
                return Several(text, tuple(lines), text)
            if text in self.named:
                return self.named[text]
            items = [item for item in ITEMS if text in (item.number, *item.references)]
            if items:
                at = [each for each in self.ledger.lines(document) if each.item == items[0].number]
                return Picked(self.sheet_of(document, at[0].number)) if at else NotHere("item", text, items[0].number)
            if text in self.numbers:
                return NotHere("document", text)
            kind = AddSerial if mode is ScanMode.ADD else RemoveSerial
            return self._judge(kind(document, line, text), line)

        self._ask(work, then)

    def record(self, intent: Intent, line: int | None, then: Callable[[Verdict | Fault], None]) -> None:
        self.asked.append(("record", intent))
        self._ask(lambda: self._judge(intent, line), then)

    def sheet(self, document: str, line: int, step: int, then: Callable[[Sheet | Fault | None], None]) -> None:
        self.asked.append(("sheet", document, line, step))
        known = self.ledger.line(document, line + step) is not None
        self._ask(lambda: self.sheet_of(document, line + step) if known else None, then)

    def document(self, number: str, then: Callable[[DocumentView | Fault | None], None]) -> None:
        self.asked.append(("document", number))
        self._ask(lambda: self._document(number), then)

    def listing(self, then: Callable[[Listing | Fault], None]) -> None:
        self._ask(self._listing, then)

    def open(self, number: str, then: Callable[[Opened | Fault], None]) -> None:
        self.asked.append(("open", number))
        known = self.ledger.line(number, 1) is not None
        self._ask(lambda: Opened(number, self.sheet_of(number, 1) if known else None, fresh=True), then)

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        found = self.ledger.order(order)
        lines = [(o.number, o.item, o.item.title(), o.left) for o in found.lines if o.left] if found else []
        self._ask(lambda: Draft(order, "Customer", lines) if lines else None, then)

    def make_slip(
        self,
        order: str,
        units: Sequence[tuple[int, int]],
        then: Callable[[Verdict | Refusal | Fault], None],
        brought: Sequence[str] = (),
    ) -> None:
        self.asked.append(("make_slip", order, tuple(units), *([tuple(brought)] if brought else [])))
        number = f"T1-{len(self.did('make_slip'))}"
        self._ask(lambda: self._judge(DraftSlip(number, order, tuple(units), tuple(brought)), None), then)

    def order(self, number: str, then: Callable[[OrderPage | Fault | None], None], *, ask: bool = True) -> None:
        self.asked.append(("order", number, ask))
        self._ask(lambda: self._order(number), then)

    def make_invoice(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        self.asked.append(("make_invoice", order, tuple(units)))
        number = f"T1-I{len(self.did('make_invoice'))}"
        self._ask(lambda: self._judge(DraftInvoice(number, order, tuple(units)), None), then)

    def invoice(self, number: str, then: Callable[[InvoiceView | Fault | None], None]) -> None:
        self.asked.append(("invoice", number))
        self._ask(lambda: self.invoice_of(number), then)

    def choose(self, document: str, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        self.asked.append(("choose", document, mode, text))

        def work() -> ScanResult:
            if any(text in (item.number, *item.references) for item in ITEMS):
                return NotHere("item", text)
            if self.ledger.slip(text) is not None:
                return NotHere("document", text)
            kind = DrawSerial if mode is ScanMode.ADD else ReturnSerial
            return self._judge(kind(document, text), None)

        self._ask(work, then)

    def choose_slip(
        self, document: str, slip: str, mode: ScanMode, then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        self.asked.append(("choose_slip", document, slip, mode))

        def work() -> Verdict:
            wanted: list[Intent] = []
            if mode is ScanMode.ADD:
                rest = rest_of_slip(self.ledger, document, slip)
                wanted += [DrawUnits(document, slip, each.line, each.registrations, each.units) for each in rest]
            for line in self.ledger.lines(slip) if mode is ScanMode.REMOVE else ():
                drawn = tuple(r.id for r in self.ledger.drawn(document) if (r.document, r.line) == (slip, line.number))
                plain = sum(d.units for d in self.ledger.draws(document) if (d.slip, d.line) == (slip, line.number))
                if drawn or plain:
                    wanted.append(ReturnUnits(document, slip, line.number, drawn, plain))
            nothing = (DrawUnits if mode is ScanMode.ADD else ReturnUnits)(document, slip, 1)
            return [self._judge(each, None) for each in wanted or [nothing]][-1]

        self._ask(work, then)

    def printers(self) -> Sequence[str]:
        return tuple(self.paper)

    def print_document(self, number: str, printer: str, then: Callable[[Printed | Fault], None]) -> None:
        self.asked.append(("print_document", number, printer))
        well = Printed(True, f"Printed on {printer}.")
        self._ask(lambda: self.prints.popleft() if self.prints else well, then)

    def problems(self, then: Callable[[Sequence[Problem] | Fault], None]) -> None:
        self._ask(lambda: [problem for problem in self.found if problem.sequence not in self.put], then)

    def put_away(self, sequence: int, then: Callable[[Fault | None], None]) -> None:
        self.asked.append(("put_away", sequence))
        self._ask(lambda: self.put.append(sequence), then)

    def sign_in(self, operator: str, pin: str, then: Callable[[SignIn | Fault], None]) -> None:
        self.asked.append(("sign_in", operator, pin))

        def work() -> SignIn | Fault:
            result = self.signs.popleft() if self.signs else SignIn("in", replace(ANN, id=operator))
            if isinstance(result, SignIn) and result.operator:
                self.operator = result.operator
            return result

        self._ask(work, then)

    def sign_out(self) -> None:
        self.operator = None

    def refresh(self) -> None:
        self.asked.append(("refresh",))

    # -- corrections, inquiries, sales

    def mark_many(self, document: str, line: int, units: int, then: Callable[[Verdict | Fault], None]) -> None:
        self.asked.append(("mark_many", document, line, units))

        def work() -> Verdict:
            verdicts = [self._judge(AddNotReadable(document, line), line) for _ in range(units)]
            done = [verdict for verdict in verdicts if verdict.accepted]
            refused = [verdict.result for verdict in verdicts if isinstance(verdict.result, Refusal)]
            if not done:
                return replace(verdicts[0], done=0)
            return replace(done[-1], done=len(done), stopped_by=refused[0] if refused else None)

        self._ask(work, then)

    def inquiry(self, number: str, first: int, count: int, then: Callable[[Inquiry | Fault | None], None]) -> None:
        self.asked.append(("inquiry", number, first, count))

        def work() -> Inquiry | None:
            slip = self.ledger.slip(number)
            if slip is None:
                return None
            found = self._units(number)
            entries = [
                Entry(n, r.id, r.document, r.line, r.item, r.serial, r.invoice, r.invoiced, r.came_from, sent=False)
                for n, r in enumerate(found[first : first + count], first + 1)
            ]
            return Inquiry(slip, len(found), first, tuple(entries))

        self._ask(work, then)

    def place_of(self, number: str, serial: str, then: Callable[[int | Fault | None], None]) -> None:
        self.asked.append(("place_of", number, serial))
        wanted = serial.casefold()
        self._ask(
            lambda: next((n for n, r in enumerate(self._units(number)) if (r.key or "").casefold() == wanted), None),
            then,
        )

    def why_not(self, intents: Sequence[Intent], then: Callable[[Sequence[Refusal | None] | Fault], None]) -> None:
        def work() -> Sequence[Refusal | None]:
            assert self.operator is not None
            ruled = [decide(self.ledger, self.operator, self.shop.policies, intent) for intent in intents]
            return [each if isinstance(each, Refusal) else None for each in ruled]

        self._ask(work, then)

    def blanks(self, then: Callable[[Blanks | Fault], None], *, ask: bool = True) -> None:
        self.asked.append(("blanks", ask))

        def work() -> Blanks:
            units = []
            for r in self._every():
                slip = self.ledger.slip(r.document)
                if slip is not None and r.live and r.blank and not r.invoiced:
                    about = (slip.order, slip.customer, slip.status, r.operator, r.recorded_at)
                    units.append(OpenBlank(r.id, r.document, r.line, r.item, *about))
            return Blanks(units, complete=ask and self.state.link is Link.ONLINE)

        self._ask(work, then)

    def trace(self, text: str, then: Callable[[Traced | NoStock | Number | Fault], None]) -> None:
        self.asked.append(("trace", text))

        def work() -> Traced | NoStock | Number:
            items = [item for item in ITEMS if text in (item.number, *item.references)]
            if items:
                return NoStock(items[0].number, items[0].description)
            if self.ledger.slip(text) is not None or self.ledger.order(text) is not None:
                return Number(text, order=self.ledger.slip(text) is None)
            found = [self._traced(r) for r in self._every() if (r.key or "").casefold() == text.casefold()]
            return Traced(text, found[::-1], asked=self.state.link is Link.ONLINE)

        self._ask(work, then)

    def new_sale(self, then: Callable[[str | Refusal | Fault], None]) -> None:
        self.asked.append(("new_sale",))
        number = f"T1-S{len(self.did('new_sale'))}"
        self._ask(lambda: number if self.shop.slip_prefix else refuse(Code.UNKNOWN_DOCUMENT, document=""), then)

    def ahead(self, document: str, then: Callable[[Ahead | Fault | None], None]) -> None:
        self.asked.append(("ahead", document))

        def work() -> Ahead | None:
            slip = self.ledger.slip(document)
            if slip is None:
                return None
            blanks = sum(r.blank for r in self.ledger.live_registrations(document))
            shares = [(each.number, share_of(self.ledger, "", each.number)) for each in self._posted(slip.order)]
            open_ = tuple(number for number, share in shares if number != document and share.invoiced < share.units)
            return Ahead(blanks, self.state.standing.unsent, open_)

        self._ask(work, then)

    # -- the records

    def post(self, document: str) -> None:
        """Let the server post a slip, an invoice or a sale."""
        slip = self.ledger.slip(document)
        self.ledger.apply(StatusChanged(document, SlipStatus.POSTED))
        if slip is not None and slip.charges:
            self.ledger.apply(Charged(document))

    def settle(self) -> None:
        """Let the server accept the newest event."""
        for change in settled(self.ledger, self._past[-1].event):
            self.ledger.apply(change)

    def sheet_of(self, document: str, line: int) -> Sheet:
        """Give the page of a line."""
        slip, at = self.ledger.slip(document), self.ledger.line(document, line)
        assert slip is not None
        assert at is not None
        live = sorted((r for r in self.ledger.live_registrations(document) if r.line == line), key=lambda r: r.id)
        rows = tuple(Row(n, r.serial, False, r.came_from) for n, r in reversed(list(enumerate(live, 1))))
        lines = len(self.ledger.lines(document))
        view = LineView(at, self.ledger.tally(document, line))
        return Sheet(slip, view, line, lines, rows, self.state.standing)

    def _judge(self, intent: Intent, line: int | None) -> Verdict:
        assert self.operator is not None
        ruled = decide(self.ledger, self.operator, self.shop.policies, intent)
        if not isinstance(ruled, Refusal):
            n = len(self._past) + 1
            recorded = Recorded(f"E{n:04}", n, "T1", "epoch", self.operator.id, MORNING, ruled)
            self._past.append(recorded)
            for change in consequences(self.ledger, recorded):
                self.ledger.apply(change)
            self.ledger.remember(recorded)
            self.state = replace(self.state, standing=Standing(n, 0, 0))
        if line is None or self.ledger.line(intent.document, line) is None:
            return Verdict(intent, ruled, None)
        sheet = self.sheet_of(intent.document, line)
        done = not isinstance(ruled, Refusal) and not sheet.current.open_units
        whole = done and not obstacles(self.ledger, intent.document)
        too_many = 0 if isinstance(ruled, Refusal) else sheet.current.too_many
        return Verdict(intent, ruled, sheet, too_many, line_complete=done, document_complete=whole)

    def invoice_of(self, number: str) -> InvoiceView | None:
        """Give an invoice with what it draws on."""
        invoice = self.ledger.slip(number)
        if invoice is None or not invoice.charges:
            return None
        own = self._document(number)
        assert own is not None
        slips = [] if own.lines else slips_to_invoice(self.ledger, invoice.order)
        shares = [
            SlipShare(slip, share_of(self.ledger, number, slip.number), self._shares(number, slip.number))
            for slip in slips
        ]
        incomplete = tuple(incomplete_slips(self.ledger, number))
        return InvoiceView(invoice, tuple(shares), own.lines, incomplete, own.obstacles, self.state.standing.unsent)

    def _shares(self, invoice: str, slip: str) -> tuple[LineShare, ...]:
        made = []
        for line in self.ledger.lines(slip):
            live = [r for r in self.ledger.live_registrations(slip) if r.line == line.number]
            mine, free = [r for r in live if r.invoice == invoice], [r for r in live if not r.invoice]
            plain = sum(d.units for d in self.ledger.draws(invoice) if (d.slip, d.line) == (slip, line.number))
            blanks = [tuple(r.id for r in each if r.blank) for each in (mine, free)]
            if not line.reversed:
                made.append(LineShare(line, len(mine), len(free), plain, plain_left(self.ledger, line), *blanks))
        return tuple(made)

    def _order(self, number: str) -> OrderPage | None:
        order = self.ledger.order(number)
        if order is None:
            return None
        documents = []
        for slip in self.ledger.documents_of(number):
            lines = [line for line in self.ledger.lines(slip.number) if not line.reversed]
            units, held = sum(line.units for line in lines), self._units(slip.number)
            invoiced = share_of(self.ledger, "", slip.number).invoiced
            if slip.charges and not lines:
                units = len(held) + sum(draw.units for draw in self.ledger.draws(slip.number))
            to_register = sum(line.units for line in lines if line.takes_serials)
            documents.append(OrderDocument(slip, units, to_register, len(held), invoiced))
        kept = [
            KeptUnit(r.id, line.number, r.item, r.serial, r.document)
            for line in order.lines
            for r in self.ledger.kept(number, line.number)
        ]
        left = sum(line.left for line in order.lines)
        return OrderPage(number, order.customer, left, tuple(documents), tuple(kept))

    def _every(self) -> list[Registration]:
        """Give all registrations that there ever were, oldest first."""
        ids = [recorded.id for recorded in self._past]
        return [found for id in ids if (found := self.ledger.registration(id)) is not None]

    def _units(self, number: str) -> list[Registration]:
        """Give what an inquiry lists, oldest first."""
        found = [*self.ledger.live_registrations(number), *self.ledger.drawn(number)]
        return sorted(found, key=lambda r: r.id)

    def _posted(self, order: str) -> list[PackingSlip]:
        slips = self.ledger.documents_of(order)
        return [slip for slip in slips if slip.kind == "packing-slip" and slip.status is SlipStatus.POSTED]

    def _traced(self, r: Registration) -> TracedUnit:
        slip = self.ledger.slip(r.document)
        assert slip is not None
        steps = [
            TraceStep(
                e.event.type,
                e.event.document,
                e.operator,
                e.recorded_at,
                e.event.before,
                e.event.serial,
                e.event.reason,
            )
            for e in self._past
            if isinstance(e.event, SerialCorrected) and e.event.registration == r.id
        ]
        return TracedUnit(
            *(r.id, r.item, r.item.title(), r.serial or "", r.document, r.line, slip.status, slip.order, slip.customer),
            shipped_at=slip.posted_at,
            invoice=r.invoice,
            invoiced_at=MORNING if r.invoiced else "",
            live=r.live,
            returned=r.returned,
            steps=tuple(steps),
        )

    def _document(self, number: str) -> DocumentView | None:
        slip = self.ledger.slip(number)
        if slip is None:
            return None
        lines = tuple(LineView(line, self.ledger.tally(number, line.number)) for line in self.ledger.lines(number))
        found = obstacles(self.ledger, number) if slip.status is SlipStatus.DRAFT else ()
        return DocumentView(slip, lines, self.state.standing.unsent, found)

    def _listing(self) -> Listing:
        slips = []
        for number in self.numbers:
            view = self._document(number)
            assert view is not None
            units = sum(line.line.units for line in view.lines if line.takes_serials)
            registered = sum(line.tally.registered for line in view.lines)
            invoice = None if view.lines else self.invoice_of(number)
            slips.append(SlipView(view.slip, units, invoice.units if invoice else registered))
        found = [order for number in self.orders if (order := self.ledger.order(number)) is not None]
        return Listing(slips, [OrderView(o.number, o.customer, sum(line.left for line in o.lines)) for o in found])


class PlayStage:
    """See `terminal.ui.page.Stage`. Faults stand on top as in the app, until `mend`."""

    def __init__(self, desk: PlayDesk) -> None:
        self.desk = desk
        self.pages: list[Page] = []
        self.sounds: list[Sound] = []
        self.faults: list[Fault] = []
        self.alarms: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.left = False

    @property
    def top(self) -> Any:
        """The page that is shown."""
        return self.pages[-1]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The keys that work now."""
        return list(self.pages[-1].keys())

    def enter(self, page: Page) -> None:
        self.pages.append(page)
        page.shown()

    def on_top(self, page: Page) -> bool:
        return bool(self.pages) and self.pages[-1] is page

    def back(self) -> None:
        if len(self.pages) > 1:
            self.pages.pop().left()
        self.pages[-1].shown()

    def back_and_scan(self, scan: Scanned) -> None:
        if len(self.pages) > 1:
            self.back()
            self.pages[-1].scanned(scan)

    def home(self) -> None:
        self.pages = []

    def start(self, page: Page) -> None:
        self.pages = []
        self.enter(page)

    def repaint(self) -> None:
        pass

    def sound(self, sound: Sound) -> None:
        self.sounds.append(sound)

    def fault(self, fault: Fault, again: Callable[[], None] | None = None) -> None:
        self.faults.append(fault)
        self.again = again

    def mend(self) -> None:
        """Let the journal be well again: the page below the fault is shown again."""
        self.desk.broken = None
        self.pages[-1].shown()

    def tell(self, style: str, words: str) -> None:
        self.told.append((style, words))
        self.pages[-1].told(style, words)

    def alarm(self, words: str) -> None:
        self.alarms.append(words)

    def leave(self) -> None:
        self.left = True

    # -- a person at work

    def scan(self, *texts: str) -> None:
        """Scan codes."""
        for text in texts:
            self.pages[-1].scanned(Scanned(text, "keyboard"))

    def press(self, *names: str, fresh: bool = True) -> None:
        """Press keys."""
        for name in names:
            self.pages[-1].pressed(Pressed(name, fresh))

    def rows(self, columns: int = 20, rows: int = 16, entry: str = "") -> list[str]:
        """Give the screen as plain rows."""
        return texts(self.pages[-1].bands(columns, rows, entry))

    def words(self, columns: int = 40, rows: int = 24) -> str:
        """Give the screen as one text, however it was wrapped."""
        return " ".join(" ".join(self.rows(columns, rows)).split())


def texts(bands: Sequence[Band]) -> list[str]:
    """Give rows without their styles."""
    return ["".join(text for text, _ in band) for band in bands]
