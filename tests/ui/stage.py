"""A desk that judges by the real rules in memory, at once or when told to, and a stage that keeps what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from terminal.domain.changes import StatusChanged, consequences
from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OrderLine,
    PackingSlip,
    Policies,
    SalesOrder,
    ScanMode,
    SerialForm,
    SlipStatus,
    TrackingGroup,
)
from terminal.domain.events import Recorded
from terminal.domain.intents import AddSerial, DraftSlip, Intent, RemoveSerial, decide
from terminal.domain.ledger import Ledger
from terminal.domain.posting import obstacles
from terminal.domain.refusals import Refusal
from terminal.domain.views import (
    DocumentView,
    LineView,
    OrderView,
    Problem,
    Row,
    Sheet,
    Shop,
    SlipView,
    Standing,
    Verdict,
)
from terminal.ui.cells import Band
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page
from terminal.ui.ports import Draft, Fault, Link, Listing, NotHere, Opened, Picked, ScanResult, SignIn, State
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
        self.orders = ["SO-2001"]
        self._past: list[Recorded] = []

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

    def scan(self, document: str, line: int, mode: ScanMode, text: str, then: Callable[[ScanResult], None]) -> None:
        self.asked.append(("scan", document, line, mode, text))

        def work() -> ScanResult:
            items = [item for item in ITEMS if text in (item.number, *item.references)]
            if items:
                at = [each for each in self.ledger.lines(document) if each.item == items[0].number]
                return Picked(self.sheet_of(document, at[0].number)) if at else NotHere("item", text)
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
        known = self.ledger.slip(number) is not None
        self._ask(lambda: Opened(number, self.sheet_of(number, 1) if known else None, fresh=True), then)

    def draft(self, order: str, then: Callable[[Draft | Fault | None], None]) -> None:
        found = self.ledger.order(order)
        lines = [(o.number, o.item, o.item.title(), o.left) for o in found.lines if o.left] if found else []
        self._ask(lambda: Draft(order, "Customer", lines) if lines else None, then)

    def make_slip(
        self, order: str, units: Sequence[tuple[int, int]], then: Callable[[Verdict | Refusal | Fault], None]
    ) -> None:
        self.asked.append(("make_slip", order, tuple(units)))
        number = f"T1-{len(self.did('make_slip'))}"
        self._ask(lambda: self._judge(DraftSlip(number, order, tuple(units)), None), then)

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

    # -- the records

    def post(self, document: str) -> None:
        """Let the server post a slip."""
        self.ledger.apply(StatusChanged(document, SlipStatus.POSTED))

    def sheet_of(self, document: str, line: int) -> Sheet:
        """Give the page of a line."""
        slip, at = self.ledger.slip(document), self.ledger.line(document, line)
        assert slip is not None
        assert at is not None
        serials = self.serials(document, line)
        rows = tuple(Row(n, serial, False) for n, serial in reversed(list(enumerate(serials, 1))))
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
        if line is None:
            return Verdict(intent, ruled, None)
        sheet = self.sheet_of(intent.document, line)
        done = not isinstance(ruled, Refusal) and not sheet.current.open_units
        whole = done and not obstacles(self.ledger, intent.document)
        too_many = 0 if isinstance(ruled, Refusal) else sheet.current.too_many
        return Verdict(intent, ruled, sheet, too_many, line_complete=done, document_complete=whole)

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
            slips.append(SlipView(view.slip, units, sum(line.tally.registered for line in view.lines)))
        found = [order for number in self.orders if (order := self.ledger.order(number)) is not None]
        return Listing(slips, [OrderView(o.number, o.customer, sum(line.left for line in o.lines)) for o in found])


class PlayStage:
    """See `terminal.ui.page.Stage`. Faults stand on top as in the app, until `mend`."""

    def __init__(self, desk: PlayDesk) -> None:
        self.desk = desk
        self.pages: list[Page] = []
        self.sounds: list[Sound] = []
        self.faults: list[Fault] = []
        self.left = False
        self.why: str | None = None

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
            self.pages.pop()
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

    def sign_in_again(self, why: str) -> None:
        self.why = why

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
