"""A real server and a plain model of the rulebook side by side: random people at three terminals, all answers compared.

Each run has orders and items of its own in one database, so that one server process serves all of them. After each step
the server's own pictures of the orders and documents are compared with the model's, and must also make sense by
themselves. The runs are the same each time; Hypothesis prints and shortens one that fails, and each event is noted.
"""

from __future__ import annotations

import csv
import http.client
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from server_stub.cli import Failed
from server_stub.database import open_database
from server_stub.imports import import_path
from server_stub.orders import run_order
from terminal.domain.events import TYPES

from .conftest import MOMENT, Backend
from .plain_model import DRAFT, DUTIES, INVOICE, POSTED, REASONS, SALE, SLIP, Document, Item, Model, OrderLine, Unit

RUNS, STEPS = 200, 50
SETTINGS = settings(
    max_examples=RUNS + RUNS // 4,
    stateful_step_count=STEPS + 1,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
GTIN = "04006381333931"
ALONG = ({"gtin": GTIN, "lot": "L1", "expiry": "2030-12-31"}, {"lot": "L2"}, {"expiry": "2028-02-29"})
NOT_ALONG = ({"gtin": GTIN[:-1] + "2"}, {"lot": "x" * 21}, {"lot": " L1"}, {"expiry": "2027-02-29"}, {"gtin": "1"})
"""What events say beside a serial, and what none may say."""
RUNS_AHEAD = 40
"""Orders of so many runs are imported at once."""
GROUPS = {"serials": "SN-SALES", "some": "SN-BLANK", "none": "NONE"}
ITEMS = {
    "DRILL": Item("DRILL", "serials"),
    "CASED": Item("CASED", "serials", case_sensitive=True),
    "SAW": Item("SAW", "some", case="upper"),
    "CABLE": Item("CABLE", "none"),
    "CHEESE": Item("CHEESE", "none", catch_weight=True),
}
ORDERS = {
    "A": (("DRILL", 30), ("SAW", 25), ("CABLE", 20), ("CASED", 10), ("CHEESE", 3)),
    "B": (("DRILL", 20), ("DRILL", 15), ("SAW", 12)),
}
"""Lines of a run's orders: item and units. One order has the same item twice."""
PEOPLE = ("ann",) * 12 + ("bob", "bob", "una", "cor", "sue", "eve", "pat", "guest", "stranger")
T = TypeVar("T")


class Luck:
    """What chance decides in a step, out of some bytes; zeros stand for what is most ordinary."""

    def __init__(self, given: bytes) -> None:
        self._rest = list(given)

    def below(self, n: int) -> int:
        return (self._rest.pop(0) if self._rest else 0) % n

    def rarely(self, one_in: int) -> bool:
        return self.below(one_in) == one_in - 1

    def one(self, of: Sequence[T]) -> T | None:
        return of[self.below(len(of))] if of else None

    def some(self, of: Sequence[T], most: int) -> list[T]:
        """Give up to `most` of them, one at the least if there is one."""
        if not of:
            return []
        first, n = self.below(len(of)), 1 + self.below(most)
        return [of[(first + i) % len(of)] for i in range(min(n, len(of)))]


LUCK = st.binary(min_size=48, max_size=48).map(Luck)
Step = Callable[["SalesProcess", Luck], None]


def step(what: Step) -> Any:
    """Make a rule: at some terminal ordinary business goes on, and then this happens, all in one batch.

    Hypothesis leaves rules out of a run at random; with the business in each step every run gets somewhere.
    """

    @wraps(what)
    def whole(self: SalesProcess, luck: Luck) -> None:
        self.go_to(luck)
        self.business_goes_on(luck)
        what(self, luck)

    return rule(luck=LUCK)(whole)


@dataclass
class Journal:
    """A terminal with its own epoch and sequence, and what it has sent so far."""

    name: str
    epoch: str
    sequence: int = 0
    sent: list[tuple[str, list[dict[str, Any]], str]] = field(default_factory=list)
    """Epoch, events and the text of the answers, batch by batch."""


class Server:
    """The server process, the runs it has seen, and how often everything happened."""

    def __init__(self, backend: Backend, directory: Any) -> None:
        self.backend, self.directory = backend, directory
        self.engine: Engine = open_database(backend.database)
        self.http = http.client.HTTPConnection(urlsplit(backend.url).netloc, timeout=20)
        self.runs = self.whole_runs = self.prepared = self.steps = 0
        self.refuses_surplus = False
        self.said: Counter[tuple[str, str]] = Counter()
        self.rules: Counter[str] = Counter()
        self.answers: dict[tuple[str, str, int], str] = {}
        self.units: dict[str, tuple[Any, ...]] = {}
        """Every live registration of runs that are over."""
        self._write("operators", [("id", "name", "duties"), *((who, who, " ".join(DUTIES[who])) for who in DUTIES)])
        asked = {"operator": "1001", "pin": "1111", "terminal": "reader"}
        self.session = json.loads(self.ask("POST", "/v1/sessions", asked))["token"]

    def ask(self, method: str, path: str, body: object = None) -> str:
        headers = {"Scan-Session": self.session} if method == "GET" else {"Content-Type": "application/json"}
        self.http.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        answer = self.http.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text

    def new_run(self, refuses_surplus: bool) -> Model:
        """Give a run its own orders and items; the policy for a surplus is the site's (D7)."""
        self.runs += 1
        if self.runs > self.prepared:
            self._prepare(range(self.prepared + 1, self.prepared + RUNS_AHEAD + 1))
            self.prepared += RUNS_AHEAD
        if refuses_surplus != self.refuses_surplus:
            self.refuses_surplus = refuses_surplus
            self._write("policies", [("site", "over_scan"), ("HAMBURG", "refuse" if refuses_surplus else "warn")])
        named = {name: f"{name}-{self.runs}" for name in ITEMS}
        items = {
            named[name]: Item(named[name], each.takes, each.case_sensitive, each.catch_weight, case=each.case)
            for name, each in ITEMS.items()
        }
        orders = {
            f"SO-{self.runs}{order}": {n: OrderLine(named[item], units) for n, (item, units) in enumerate(lines, 1)}
            for order, lines in ORDERS.items()
        }
        return Model(items, orders, refuses_surplus)

    def set_item(self, item: Item) -> None:
        """Change an item's master data: blocking works at once, its flags on lines stay as they are (D8)."""
        row = (item.number, item.number, GROUPS[item.takes], str(item.blocked).lower())
        self._write("items", [("number", "description", "tracking_group", "blocked"), row])

    def recall(self, item: str, serial: str, lot: str, *, lifted: bool = False) -> None:
        """Recall a serial or a lot, or lift the recall (I9)."""
        row = (item, serial, lot, "" if lifted else "it leaks", str(lifted).lower())
        self._write("recalls", [("item", "serial", "lot", "reason", "lifted"), row])

    def take_back(self, order: str, line: int, units: int) -> bool:
        """Correct an order line by a negative quantity (S10), as `server-stub order negative` does."""
        given = type("Given", (), {"order": order, "line": line, "units": units})
        try:
            return run_order(given, self.engine) == 0
        except Failed:
            return False

    def close(self) -> None:
        self.http.close()
        self.engine.dispose()

    def _prepare(self, runs: range) -> None:
        item = ("number", "description", "tracking_group", "case_sensitive", "catch_weight", "case")
        items = [
            (f"{n}-{run}", n, GROUPS[i.takes], str(i.case_sensitive).lower(), str(i.catch_weight).lower(), i.case)
            for run in runs
            for n, i in ITEMS.items()
        ]
        orders = [(f"SO-{run}{order}", "Customer") for run in runs for order in ORDERS]
        lines = [
            (f"SO-{run}{order}", n, f"{item}-{run}", units)
            for run in runs
            for order, given in ORDERS.items()
            for n, (item, units) in enumerate(given, 1)
        ]
        self._write("items", [item, *items])
        self._write("orders", [("number", "customer"), *orders])
        self._write("order_lines", [("order", "number", "item", "units"), *lines])

    def _write(self, kind: str, rows: Sequence[Sequence[object]]) -> None:
        path = self.directory / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        import_path(self.engine, kind, path, who="test")


class SalesProcess(RuleBasedStateMachine):
    """People at three terminals, with orders, slips, invoices and sales. Rules note events; `check` sends them."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.model = Model({}, {})
        self.journals: list[Journal] = []
        self.at: Journal = Journal("", "")
        self.waiting: list[tuple[Journal, dict[str, Any], set[tuple[str, str]]]] = []
        self.events = self.serials = self.numbers = self.steps = 0
        self.seen: dict[str, tuple[str, int]] = {}
        """What was once seen on a document by somebody who has not posted it yet (D5)."""
        self.drafted: dict[tuple[str, str], set[bool]] = {}
        """By terminal and document, whether what was drafted there was taken."""
        self.shown: dict[str, dict[str, Any]] = {}
        self.frozen: dict[str, tuple[Any, ...]] = {}
        """What invoiced units looked like when they were invoiced (S10)."""
        self.touched: set[str] = set()
        self.sound = True
        """Whether everything that was noted has been sent and compared."""

    @initialize(refuses_surplus=st.sampled_from((False, False, False, False, True)))
    def open_up(self, refuses_surplus: bool) -> None:
        self.model = self.server.new_run(refuses_surplus)
        self.run = self.server.runs
        self.journals = [Journal(f"T{n}-{self.run}", f"e-{n}-{self.run}") for n in range(3)]
        self.at = self.journals[0]
        self.touched = set(self.model.orders)

    # How a step is told

    def does(self, who: str, type: str, *, void: bool = False, **body: Any) -> bool:
        """Have somebody do something at the present terminal; says whether the rulebook lets it happen."""
        self.sound = False
        self.at.sequence += 1
        self.events += 1
        event = {
            "id": self.newest(),
            "sequence": self.at.sequence,
            "type": type,
            "version": 1,
            "operator": who,
            "recorded_at": MOMENT,
            "body": body,
            **({"void": True} if void else {}),
        }
        against = set() if void else self.model.against(type, who, body)
        if type in {"slip-drafted", "invoice-drafted"}:
            self.drafted.setdefault((self.at.name, body["document"]), set()).add(not against)
        elif type == "posting-requested" and not void and not against:
            own = self.drafted.get((self.at.name, body["document"]), {True})
            against = set() if True in own else {("rejected", "S13")}  # what has the number is another's
        note(f"{self.at.name} {event['id']} {who}: {type} {body}{' void' if void else ''} - {against or 'accepted'}")
        named = self.model.units.get(body.get("registration", ""))
        alike = {serial.casefold() for serial in (body.get("serial"), named and named.serial) if serial}
        for unit in self.model.units.values():
            if unit.serial and unit.serial.casefold() in alike:
                self.touch(unit.document)  # it may be one that came back, or one that is kept (S12, S22)
        if not against and not void:
            self.model.happens(str(event["id"]), type, who, self.at.name, body)
        self.model.heard.add(str(event["id"]))
        self.waiting.append((self.at, event, against))
        self.touch(body["document"], body.get("slip", ""), body.get("order", ""))
        return not against

    def newest(self) -> str:
        """Name the newest event."""
        return f"{self.run}.{self.events}"

    def touch(self, *names: str) -> None:
        for name in names:
            known = self.model.documents.get(name)
            self.touched.add(known.order or name if known else name)

    def go_to(self, luck: Luck) -> None:
        self.at = self.journals[luck.below(3)]

    def serial(self) -> str:
        self.serials += 1
        return f"SN{self.serials}"

    def number(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}-{self.run}-{self.numbers}"

    def of_kind(self, *kinds: str, status: str = "") -> list[Document]:
        return [d for d in self.model.documents.values() if d.kind in kinds and status in ("", d.status)]

    def drafts(self) -> list[Document]:
        """Drafts with lines of their own."""
        return [d for d in self.of_kind(SLIP, INVOICE, SALE, status=DRAFT) if d.lines]

    def a_draft(self, luck: Luck, *kinds: str) -> Document | None:
        """Choose a draft, the newest most often; now and then any document."""
        if luck.rarely(12):
            return luck.one(list(self.model.documents.values()))
        found = [d for d in self.drafts() if not kinds or d.kind in kinds]
        return found[-1 - luck.below(len(found)) // 2] if found else None

    def takes_serials(self, document: Document) -> list[int]:
        return [n for n, at in document.lines.items() if at.takes != "none"]

    def someone(self, luck: Luck) -> str:
        return PEOPLE[luck.below(len(PEOPLE))]

    def reason(self, luck: Luck) -> str:
        return luck.one((*REASONS, *REASONS, *REASONS, "", "Because")) or ""

    def business_goes_on(self, luck: Luck) -> None:
        """Ship, scan, finish, charge, or nothing."""
        choice = luck.below(10)
        if choice == 4:
            self.draft_slip(luck, "ann", self.order(luck))
        elif choice == 5:
            self.scan_somewhere(luck, "ann")
        elif choice in (6, 7):
            self.ship(luck)
        elif choice == 8:
            self.finish(luck)
        elif choice == 9:
            self.charge_something(luck)

    # Slips

    @step
    def drafts_a_slip(self, luck: Luck) -> None:
        self.draft_slip(luck, self.someone(luck), self.order(luck))

    def order(self, luck: Luck) -> str:
        return list(self.model.orders)[luck.below(2)]

    def wanted(self, luck: Luck, order: str) -> list[list[int]]:
        """Choose units of lines that have some left; seldom more than that, none, or in a form no terminal sends."""
        left = {line: self.model.left(order, line) for line in self.model.orders[order]}
        lines = sorted(luck.some([line for line, n in left.items() if n > 0], 3))
        wanted = [[line, 1 + luck.below(min(3, left[line]))] for line in lines]
        odd = luck.below(48)
        if odd == 47:
            line = luck.one(list(left)) or 1
            return [[line, left[line] + 1]]
        if odd == 46:
            return [*wanted, [9, 1]]
        if odd == 45:
            return [[line, 0] for line, _ in wanted]
        return [*wanted, *wanted] if odd == 44 else wanted

    def draft_slip(self, luck: Luck, who: str, order: str) -> str:
        """S13; S12: what is kept for its lines comes along, or some of it, or more than there is room for."""
        lines = self.wanted(luck, order)
        kept = {line: [u.id for u in self.model.kept(order, line)] for line in self.model.orders[order]}
        fits = [id for line, n in lines for id in kept.get(line, [])[:n]]
        choice = luck.below(8)
        brought = fits if choice < 5 else fits[:1] if choice == 5 else [] if choice == 6 else self.odd(luck, fits, kept)
        number = self.number("PS") if not luck.rarely(30) else next(iter(self.model.documents), f"PS-{self.run}")
        order = order if not luck.rarely(60) else "SO-0"
        self.does(who, "slip-drafted", document=number, order=order, lines=lines, brought=brought)
        return number

    def odd(self, luck: Luck, fits: list[str], kept: Mapping[int, list[str]]) -> list[str]:
        """Choose what may not come along: all there is, one twice, or one that is not kept."""
        other = luck.one([u.id for u in self.model.units.values()])
        return luck.one(([id for each in kept.values() for id in each], fits * 2, [*fits, other or "x"])) or []

    @step
    def drafts_a_slip_with_what_came_back(self, luck: Luck) -> None:
        """S12: as many units as are kept, or fewer, and at times more of the kept; first something has to come back."""
        if len(self.kept()) < 2:
            whole = [d for d in self.not_invoiced() if len(self.model.on(d.number)) > 1]
            slip = luck.one(whole)
            if slip is not None:
                self.does("ann", "slip-reversed", document=slip.number, line=0, reason=REASONS[0])
        for order in self.model.orders:
            for line in self.model.orders[order]:
                kept, left = [u.id for u in self.model.kept(order, line)], self.model.left(order, line)
                if kept and left:
                    units = max(1, min(left, len(kept) - luck.below(3)))
                    given = {"order": order, "lines": [[line, units]], "brought": kept[: units + luck.below(2)]}
                    self.does(self.someone(luck), "slip-drafted", document=self.number("PS"), **given)
                    return
        self.draft_slip(luck, self.someone(luck), self.order(luck))

    @step
    def scans_serials(self, luck: Luck) -> None:
        self.scan_somewhere(luck, self.someone(luck))

    def scan_somewhere(self, luck: Luck, who: str) -> None:
        document = self.a_draft(luck)
        if document is None:
            self.draft_slip(luck, "ann", self.order(luck))
            return
        for _ in range(1 + luck.below(3)):
            lines = self.takes_serials(document) if not luck.rarely(12) else [*document.lines, 9]
            line = luck.one(lines)
            if line is not None:
                self.scan(luck, who, document.number, line)

    def scan(self, luck: Luck, who: str, document: str, line: int) -> None:
        """S7, S22: mostly a new serial; else one that is known here, somewhere else, was kept, or is malformed."""
        at = self.model.line(document, line)
        item = at.item if at and not luck.rarely(40) else next(iter(self.model.items))
        serial = self.serial()
        known = [u.serial for u in self.model.units.values() if u.item == item and u.serial is not None]
        here = [u.serial for u in self.model.on(document) if u.item == item and u.serial is not None]
        choice = luck.below(18)
        if choice in (9, 10, 11):
            serial = luck.one(known) or serial
        elif choice in (12, 13):
            serial = luck.one(here) or serial
        elif choice == 14:
            serial = (luck.one(known) or serial).swapcase()
        elif choice == 15:
            serial = luck.one(("", "a b", " Sn1", "\u00e4", "x" * 51, "x" * 50)) or serial
        elif choice == 16:
            serial = luck.one([each for _, each, _ in self.model.recalls if each]) or serial
        elif choice == 17:
            serial = luck.one((*self.model.documents, *self.model.orders, *self.model.items, *DUTIES)) or serial
            serial = serial.upper() if luck.below(2) else serial.lower()
        more = {"override": "came back unopened"} if luck.rarely(8) else {}
        more |= self.along(luck)
        self.does(who, "registered", document=document, line=line, item=item, serial=serial, **more)

    def along(self, luck: Luck) -> dict[str, str]:
        """Choose what a symbol says beside its serial: mostly nothing, seldom what can't be kept."""
        lots = [each for _, _, each in self.model.recalls if each]
        if luck.rarely(12) and lots:
            return {"lot": luck.one(lots) or ""}
        return luck.one(({}, {}, {}, *ALONG, *ALONG)) if not luck.rarely(30) else luck.one(NOT_ALONG) or {}  # type: ignore[return-value]

    @step
    def registers_blanks(self, luck: Luck) -> None:
        document = self.a_draft(luck)
        line = luck.one(self.takes_serials(document) or [1]) if document else None
        if document is not None and line is not None:
            at, who = self.model.line(document.number, line), self.someone(luck)
            for _ in range(1 + luck.below(2)):
                item = at.item if at else next(iter(self.model.items))
                self.does(who, "not-readable", document=document.number, line=line, item=item)

    @step
    def takes_registrations_off(self, luck: Luck) -> None:
        """S7, D4: what is on a draft; sometimes what is on it no more, or was never."""
        drafts = {d.number for d in self.drafts()}
        found = [u for u in self.model.units.values() if u.document in drafts and u.live]
        if luck.rarely(5):
            found = list(self.model.units.values())
        for unit in luck.some(found, 2):
            self.take_off(luck, unit)

    def take_off(self, luck: Luck, unit: Unit) -> None:
        given = {"document": unit.document, "line": unit.line, "registration": unit.id}
        if luck.rarely(20):
            given |= luck.one(({"line": unit.line + 1}, {"registration": "x"})) or {}
        serial = unit.serial if not luck.rarely(20) else "Sn0"
        self.does(self.someone(luck), "removed", **given, **({} if serial is None else {"serial": serial}))

    @step
    def undoes(self, luck: Luck) -> None:
        """D3: one's newest event on a draft; sometimes an older one, or another's."""
        drafts = {d.number for d in self.drafts()}
        past = [id for id, p in self.model.past.items() if p.document in drafts and not p.undone]
        id = (
            luck.one(list(self.model.past))
            if luck.rarely(6)
            else past[-1 - luck.below(min(3, len(past)))]
            if past
            else None
        )
        if id is None:
            return
        event = self.model.past[id]
        unit = self.model.units[event.registration]
        who = event.operator if not luck.rarely(5) else luck.one(("bob", "eve", "ann", "guest")) or "ann"
        given = {"event": id, "undoes": event.type, "line": unit.line, "registration": unit.id}
        self.does(who, "undone", document=event.document, **given, **({"serial": unit.serial} if unit.serial else {}))

    @step
    def finishes_and_posts(self, luck: Luck) -> None:
        """S3, S5: everything a draft still needs, at times one too few or one too many, and the request to post it."""
        self.finish(luck)

    def finish(self, luck: Luck) -> None:
        document = self.a_draft(luck)
        if document is None:
            number = self.draft_slip(luck, "ann", self.order(luck))
            document = self.model.documents.get(number)
        if document is not None:
            self.fill(luck, document)
            self.post(luck, document.number)

    @step
    def ships_at_once(self, luck: Luck) -> None:
        """A whole shipment in one batch, and now and then its invoice, too."""
        self.ship(luck)

    def ship(self, luck: Luck) -> None:
        number = self.draft_slip(luck, "ann", self.order(luck))
        document = self.model.documents.get(number)
        if document is None:
            return
        self.fill(luck, document)
        if self.post(luck, number) and luck.rarely(3):
            self.charge(luck, document.order, [document])

    def fill(self, luck: Luck, document: Document) -> None:
        if document.status != DRAFT:
            return
        odd = luck.below(12)
        for line in self.takes_serials(document):
            at = document.lines[line]
            missing = at.units - len(self.model.on(document.number, line))
            if at.takes == "some" and luck.rarely(2):
                missing -= 1
            if odd in (10, 11):
                missing += 1 if odd == 11 else -1
                odd = 0
            for _ in range(missing):
                given = {"document": document.number, "line": line, "item": at.item}
                if luck.rarely(6):
                    self.does("ann", "not-readable", **given)
                else:
                    self.does("ann", "registered", **given, serial=self.serial())

    def post(self, luck: Luck, document: str) -> bool:
        """D5: what is on the document now, or what somebody saw there before."""
        seen = self.model.digest(document)
        if luck.rarely(12):
            seen = self.seen.get(document, ("0" * 32, 0))
        self.seen[document] = self.model.digest(document)
        who = "ann" if luck.below(8) < 6 else self.someone(luck)
        return self.does(who, "posting-requested", document=document, digest=seen[0], registrations=seen[1])

    @step
    def posts_whatever_there_is(self, luck: Luck) -> None:
        drafts = self.of_kind(SLIP, INVOICE, SALE, status=DRAFT)
        document = luck.one(drafts if drafts and not luck.rarely(8) else list(self.model.documents.values()))
        if document is not None:
            if luck.rarely(6):
                seen = self.model.digest(document.number)
                void = {"document": document.number, "digest": seen[0], "registrations": seen[1]}
                self.does("ann", "posting-requested", void=True, **void)
            else:
                self.post(luck, document.number)

    @step
    def withdraws(self, luck: Luck) -> None:
        document = luck.one(self.of_kind(SLIP, INVOICE, SALE, status="" if luck.rarely(6) else DRAFT))
        if document is not None:
            self.does(self.someone(luck), "posting-withdrawn", document=document.number)

    # Invoices and sales

    @step
    def drafts_an_invoice(self, luck: Luck) -> None:
        self.draft_invoice(luck, self.someone(luck), self.order(luck))

    def draft_invoice(self, luck: Luck, who: str, order: str) -> str:
        lines = {} if luck.below(4) else {"lines": self.wanted(luck, order)}
        number = self.number("INV")
        self.does(who, "invoice-drafted", document=number, order=order if not luck.rarely(60) else "SO-0", **lines)
        return number

    def empty_invoices(self) -> list[Document]:
        return [d for d in self.of_kind(INVOICE, status=DRAFT) if not d.lines]

    def shipments(self, order: str) -> list[Document]:
        """Give the posted slips of an order on which something is not invoiced yet."""
        return [d for d in self.of_kind(SLIP, status=POSTED) if d.order == order and any(self.free(d.number).values())]

    def free(self, slip: str) -> dict[int, tuple[list[str], int]]:
        """Per line that is not reversed: the registrations and the other units that no invoice has."""
        found = {}
        for line, at in self.model.documents[slip].lines.items():
            names = [u.id for u in self.model.on(slip, line) if not u.invoice]
            plain = self.model.plain_left(slip, line)
            if not at.reversed and (names or plain > 0):
                found[line] = (names, plain)
        return found

    @step
    def draws_units(self, luck: Luck) -> None:
        """S14: some units of some slips; the wrong order, line or unit at times."""
        invoice = luck.one(self.empty_invoices() if not luck.rarely(15) else list(self.model.documents.values()))
        if invoice is None:
            self.does("ann", "invoice-drafted", document=self.number("INV"), order=self.order(luck))
            return
        slips = self.shipments(invoice.order) if not luck.rarely(6) else list(self.model.documents.values())
        for slip in luck.some(slips, 3):
            lines = self.free(slip.number)
            line = luck.one(list(lines if lines and not luck.rarely(6) else slip.lines))
            names = [u.id for u in self.model.on(slip.number, line or 0) if not u.invoice]
            plain = max(0, self.model.plain_left(slip.number, line)) if line else 0
            taken = [u.id for u in self.model.on(slip.number, line) if u.invoice]
            chosen = luck.some(names, 2) if not (taken and luck.rarely(3)) else luck.some(taken, 1)
            chosen = [*chosen, "x"] if luck.rarely(40) else chosen
            units = luck.below(plain + 1) if names else min(plain, 1 + luck.below(2))
            if luck.rarely(6):  # more than are left: those that other invoices took already
                units = max(plain + 1, slip.lines[line].units - len(self.model.on(slip.number, line)) if line else 0)
            self.draw(self.someone(luck), invoice.number, slip.number, line or 9, chosen, units)

    @step
    def draws_what_it_must_not(self, luck: Luck) -> None:
        """S11, S14: units of drafts, of reversed lines, of other orders, or that other invoices have already."""
        open_invoices = self.empty_invoices()
        if not open_invoices:
            self.draft_invoice(luck, "ann", self.order(luck))
        for slip in self.not_invoiced()[-2:]:
            if len(slip.lines) > 1 and not any(at.reversed for at in slip.lines.values()):
                self.does("ann", "slip-reversed", document=slip.number, line=1, reason=REASONS[0])
        for invoice in open_invoices[-1:]:
            places = [(d, n) for d in self.of_kind(SLIP) if d.lines for n in d.lines]
            kinds = (
                [(d, n) for d, n in places if d.order == invoice.order and d.status == DRAFT],
                [(d, n) for d, n in places if d.order == invoice.order and d.status == POSTED and d.lines[n].reversed],
                [(d, n) for d, n in places if d.order != invoice.order and d.status == POSTED],
                [(d, n) for d, n in places if d.order == invoice.order and d.status == POSTED],
            )
            for slip, line in luck.some(kinds[luck.below(4)], 2):
                registered = self.model.on(slip.number, line)
                names = [u.id for u in registered if u.invoice != invoice.number][:1]
                plain = slip.lines[line].units - len(registered)
                self.draw("ann", invoice.number, slip.number, line, names, 0 if names else max(1, plain))

    def draw(self, who: str, invoice: str, slip: str, line: int, names: Sequence[str], units: int) -> bool:
        given = {"document": invoice, "slip": slip, "line": line}
        return self.does(who, "units-drawn", **given, registrations=list(names), units=units)

    @step
    def charges_what_was_shipped(self, luck: Luck) -> None:
        self.charge_something(luck)

    def charge_something(self, luck: Luck) -> None:
        order = self.order(luck)
        slips = self.shipments(order)
        if slips:
            self.charge(luck, order, luck.some(slips, 3))
        else:
            self.draft_invoice(luck, "ann", order)

    def charge(self, luck: Luck, order: str, slips: Sequence[Document]) -> None:
        """Invoice all of some slips, or leave units of them; S14 allows one that is left incomplete."""
        invoice = self.number("INV")
        self.does("ann", "invoice-drafted", document=invoice, order=order)
        for slip in slips:
            free = self.free(slip.number)
            whole = luck.below(8) < 5
            for line, (names, plain) in free.items():
                if whole or line == min(free):
                    cut = 0 if whole else 1
                    if names[cut:] or plain:
                        self.draw("ann", invoice, slip.number, line, names[cut:], plain)
        if luck.below(4):
            self.post(luck, invoice)

    @step
    def charges_the_same_part_of_several_slips(self, luck: Luck) -> None:
        """S14: one unit from each is too little of too many, unless that is all that is left of them.

        A line that was reversed is not left open by anybody (S11).
        """
        order = self.order(luck)
        slips = self.shipments(order)[-3:]
        for slip in slips[1:] if luck.rarely(3) else []:
            lines = list(self.free(slip.number))
            if len(lines) > 1:
                self.does("ann", "slip-reversed", document=slip.number, line=lines[-1], reason=REASONS[0])
        slips = [slip for slip in slips if self.free(slip.number)]
        invoice = self.number("INV")
        if len(slips) < 2 or not self.does("ann", "invoice-drafted", document=invoice, order=order):
            return
        for slip in slips:
            line, (names, plain) = next(iter(self.free(slip.number).items()))
            self.draw("ann", invoice, slip.number, line, names[:1], 0 if names else min(plain, 1))
        if not self.post(luck, invoice):
            for slip in slips[1:]:
                for line, (names, plain) in self.free(slip.number).items():
                    self.draw("ann", invoice, slip.number, line, names, plain)
            self.post(luck, invoice)

    @step
    def gives_units_back(self, luck: Luck) -> None:
        invoices = [d for d in self.empty_invoices() if self.model.drawn(d.number) or self.model.draws_of(d.number)]
        invoice = luck.one(invoices if not luck.rarely(10) else self.of_kind(INVOICE))
        if invoice is None:
            return
        who, drawn = self.someone(luck), self.model.drawn(invoice.number)
        plain = [(slip, line) for _, slip, line in self.model.draws_of(invoice.number)]
        if drawn and (not plain or luck.below(2)):
            unit = drawn[luck.below(len(drawn))]
            names = [unit.id] if not luck.rarely(20) else [unit.id, "x"]
            given = {"slip": unit.document, "line": unit.line, "registrations": names}
            self.does(who, "units-returned", document=invoice.number, **given)
        elif plain:
            slip, line = plain[luck.below(len(plain))]
            units = 1 + luck.below(2)
            self.does(who, "units-returned", document=invoice.number, slip=slip, line=line, units=units)
        else:
            self.does(who, "units-returned", document=invoice.number, slip="nowhere", line=1, units=1)

    @step
    def sells_at_the_counter(self, luck: Luck) -> None:
        """S21: lines of a sale, another number of units on them, and mostly the sale is done at once."""
        open_sales = self.of_kind(SALE, status=DRAFT)
        sale = luck.one(open_sales) if luck.below(3) else None
        number = sale.number if sale else self.number("CS")
        if luck.rarely(16):
            number = luck.one(list(self.model.documents)) or number
        for line in range(1, 2 + luck.below(3)):
            at = self.model.line(number, line)
            item = at.item if at and not luck.rarely(12) else luck.one(list(self.model.items)) or ""
            item = item if not luck.rarely(40) else "nothing"
            given = {"line": line - luck.rarely(24), "item": item, "units": luck.one((1, 2, 1, 0)) or 0}
            self.does(self.someone(luck), "sale-line-set", document=number, **given)
        made = self.model.documents.get(number)
        if made is not None and luck.below(2):
            self.fill(luck, made)
            self.post(luck, number)

    @step
    def sells_again_what_came_back(self, luck: Luck) -> None:
        """S22: an invoiced unit on another document: not without a supervisor and a reason."""
        sold = [u for u in self.model.units.values() if u.live and u.serial and self.model.invoiced(u)]
        unit = luck.one(sold)
        if unit is None:
            return
        places = [(d, n) for d in self.drafts() for n, at in d.lines.items() if at.item == unit.item]
        if not places:
            sale = self.number("CS")
            self.does("ann", "sale-line-set", document=sale, line=1, item=unit.item, units=1)
            places = [(d, 1) for d in self.of_kind(SALE, status=DRAFT) if d.number == sale]
        for document, line in luck.some(places, 1):
            why = luck.one(("came back unopened", "came back unopened", ""))
            given = {"document": document.number, "line": line, "item": unit.item, "serial": unit.serial}
            who = luck.one(("ann", "sue", "ann", "bob"))
            self.does(who or "ann", "registered", **given, **({"override": why} if why else {}))

    @step
    def sells_what_lies_on_another_draft(self, luck: Luck) -> None:
        """S7, S22: taken off there and sold here; whoever undoes the removal then is too late."""
        drafts = {d.number for d in self.drafts()}
        unit = luck.one([u for u in self.model.units.values() if u.document in drafts and u.live and u.serial])
        if unit is None:
            return
        self.does("ann", "removed", document=unit.document, line=unit.line, registration=unit.id, serial=unit.serial)
        removal, sale = self.newest(), self.number("CS")
        self.does("ann", "sale-line-set", document=sale, line=1, item=unit.item, units=1)
        self.does("ann", "registered", document=sale, line=1, item=unit.item, serial=unit.serial)
        self.post(luck, sale)
        if luck.below(3):
            given = {"event": removal, "undoes": "removed", "registration": unit.id, "serial": unit.serial}
            self.does("ann", "undone", document=unit.document, line=unit.line, **given)

    @step
    def takes_back_what_was_sold_again(self, luck: Luck) -> None:
        """S22: removed, corrected or reversed, the second sale is none; the first one holds the serial again."""
        unit = luck.one([u for u in self.model.units.values() if u.live and u.sold_before])
        if unit is None:
            return
        document = self.model.documents[unit.document]
        if document.status == DRAFT and luck.rarely(3):
            self.take_off(luck, unit)
            return
        if document.status == DRAFT:
            self.fill(luck, document)
            self.post(luck, document.number)
        if luck.below(2):
            self.does("ann", "slip-reversed", document=document.number, line=0, reason=REASONS[0])
        else:
            given = {"line": unit.line, "registration": unit.id, "before": unit.serial, "serial": self.serial()}
            self.does("ann", "serial-corrected", document=document.number, **given, reason=REASONS[0])

    # What is mended afterwards

    @step
    def corrects_a_serial(self, luck: Luck) -> None:
        """S10: mostly on posted slips; to a new serial, to one that is taken, or to the same."""
        posted = {d.number for d in self.of_kind(SLIP, status=POSTED)}
        found = [u for u in self.model.units.values() if u.live and u.document in posted]
        unit = luck.one(found if found and not luck.rarely(4) else list(self.model.units.values()))
        if unit is not None:
            self.correct(luck, unit, "ann" if luck.below(2) else luck.one(("ann", "cor", self.someone(luck))) or "ann")

    @step
    def fills_a_blank(self, luck: Luck) -> None:
        """S9: on drafts and on posted slips, but not on invoices."""
        blank = luck.one([u for u in self.model.units.values() if u.live and u.serial is None])
        if blank is not None:
            self.correct(luck, blank, "ann" if luck.below(2) else self.someone(luck))

    def correct(self, luck: Luck, unit: Unit, who: str) -> None:
        known = [u.serial for u in self.model.units.values() if u.item == unit.item and u.serial]
        odd = luck.below(16)
        serial = self.serial() if odd < 11 else luck.one(known) or "Sn1" if odd < 13 else (unit.serial or "Sn1")
        if odd > 13:
            serial = unit.serial.swapcase() if unit.serial and odd == 14 else luck.one(("", "a b", " Sn1 ")) or ""
        before = unit.serial if not luck.rarely(12) else luck.one(("Sn0", None))
        reason = self.reason(luck) if unit.serial is not None or luck.rarely(3) else ""
        line = unit.line if not luck.rarely(40) else unit.line + 1
        if luck.rarely(16):
            serial = luck.one([*self.model.documents, *(each for _, each, _ in self.model.recalls if each)]) or serial
        given = {"line": line, "registration": unit.id, "before": before, "serial": serial, "reason": reason}
        self.does(who, "serial-corrected", document=unit.document, **given, **self.along(luck))

    @step
    def reverses(self, luck: Luck) -> None:
        """S11: a slip, or one of its lines, in full; sometimes what is invoiced, reversed or not posted."""
        found = self.not_invoiced()
        found = [d for d in found if len(self.model.on(d.number)) > 1] or found
        slip = luck.one(found if found and luck.below(3) else list(self.model.documents.values()))
        if slip is not None:
            line = 0 if luck.below(2) else luck.one([*slip.lines, *slip.lines, 9]) or 0
            who = "ann" if luck.below(4) else luck.one(("cor", self.someone(luck))) or "ann"
            self.does(who, "slip-reversed", document=slip.number, line=line, reason=self.reason(luck))

    def not_invoiced(self) -> list[Document]:
        """Give the posted slips without an invoiced registration."""
        posted = self.of_kind(SLIP, status=POSTED)
        return [d for d in posted if not any(self.model.invoiced(u) for u in self.model.on(d.number))]

    @step
    def drops_what_is_kept(self, luck: Luck) -> None:
        unit = luck.one(self.kept())
        if unit is not None:
            self.take_off(luck, unit)

    @step
    def scans_what_is_kept(self, luck: Luck) -> None:
        """S12, S22: it comes along on its order line, and is held against all others."""
        unit = luck.one([u for u in self.kept() if u.serial])
        if unit is None:
            return
        order = self.model.documents[unit.document].order
        if luck.below(2):
            alike = [
                n for n, at in self.model.orders[order].items() if at.item == unit.item and self.model.left(order, n)
            ]
            self.does("ann", "slip-drafted", document=self.number("PS"), order=order, lines=[[n, 1] for n in alike])
        places = [(d, n) for d in reversed(self.drafts()) for n, at in d.lines.items() if at.item == unit.item]
        for document, line in luck.some(places[:4], 2):
            given = {"document": document.number, "line": line, "item": unit.item, "serial": unit.serial}
            self.does(self.someone(luck), "registered", **given)

    def kept(self) -> list[Unit]:
        return [u for order, lines in self.model.orders.items() for n in lines for u in self.model.kept(order, n)]

    # What the backend does

    @step
    def an_item_is_blocked_or_free_again(self, luck: Luck) -> None:
        """I11, D8: at once, for whatever is on its way; it does not stay blocked for long."""
        blocked = [i for i in self.model.items.values() if i.blocked]
        item = blocked[0] if blocked else luck.one(list(self.model.items.values()))
        if item is not None and not item.catch_weight:
            self.deliver()
            item.blocked = not item.blocked
            note(f"{item.number} is {'blocked' if item.blocked else 'free'}")
            self.server.set_item(item)

    @step
    def something_is_recalled(self, luck: Luck) -> None:
        """I9: a unit that is known, one that nobody has seen yet, or a lot; now and then a recall is lifted."""
        if luck.rarely(3) and self.model.recalls:
            place = luck.one(list(self.model.recalls)) or ("", "", "")
            self.deliver()
            del self.model.recalls[place]
            self.server.recall(*place, lifted=True)
        else:
            units = [u for u in self.model.units.values() if u.serial]
            unit = luck.one(units)
            item = unit.item if unit else next(iter(self.model.items))
            known = unit.serial if unit and luck.below(2) else f"SN{self.serials + 2 + luck.below(4)}"
            place = (item, "", luck.one(("L1", "l2")) or "") if luck.rarely(8) else (item, known or "", "")
            self.deliver()
            self.model.recalls[place] = "it leaks"
            self.server.recall(*place)
        note(f"recalled: {list(self.model.recalls)}")
        if place[1] and luck.below(2):
            lines = [(d, n) for d in self.drafts() for n, at in d.lines.items() if at.item == place[0]]
            for document, line in lines[-1:]:
                given = {"document": document.number, "line": line, "item": place[0]}
                self.does("ann", "registered", **given, serial=place[1], override="came back")

    @step
    def a_quantity_is_negative(self, luck: Luck) -> None:
        """S10: only what was shipped can be taken back, and nothing of that line can be changed then."""
        order = self.order(luck)
        line, units = luck.one(list(self.model.orders[order])) or 1, 1 + luck.below(2)
        free = [u for d in self.shipments(order) for u in self.model.on(d.number) if not u.invoice]
        unit = luck.one(free)
        if luck.below(2) and unit is not None:
            line = self.model.documents[unit.document].lines[unit.line].order_line
        ordered = self.model.orders[order][line]
        self.deliver()
        taken = self.server.take_back(order, line, units)
        assert taken == (units <= self.model.shipped(order, line) - ordered.negative)
        note(f"{order} {line}: {units} taken back: {taken}")
        ordered.negative += units if taken else 0
        self.touched.add(order)
        if unit is not None and luck.below(2):
            self.correct(luck, unit, "ann")
        elif unit is not None:
            number = luck.one((unit.line, 0))
            self.does("ann", "slip-reversed", document=unit.document, line=number, reason=REASONS[0])

    # What the wires do

    @rule(luck=LUCK)
    def a_batch_comes_again(self, luck: Luck) -> None:
        """Every answer is repeated byte for byte, and nothing else happens."""
        journal = self.journals[luck.below(3)]
        batch = luck.one(journal.sent)
        if batch is not None:
            epoch, events, text = batch
            again, _ = self.send(journal, epoch, events)
            assert again == text

    @rule(luck=LUCK)
    def the_end_of_a_batch_comes_again_with_more(self, luck: Luck) -> None:
        """A terminal that missed an answer sends what it has not heard of, and what is new."""
        self.go_to(luck)
        if not self.at.sent or self.at.sent[-1][0] != self.at.epoch:
            return
        _, events, text = self.at.sent[-1]
        tail = events[luck.below(len(events)) :]
        self.draft_slip(luck, "ann", self.order(luck))
        new = [event for _, event, _ in self.waiting]
        again, cursor = self.send(self.at, self.at.epoch, [*tail, *new])
        answers = json.loads(again + "]}")["answers"]
        assert answers[: len(tail)] == json.loads(text + "]}")["answers"][-len(tail) :]
        self.heard(self.at, answers[len(tail) :], cursor)

    @rule(luck=LUCK)
    def an_event_gets_lost(self, luck: Luck) -> None:
        """Beyond a gap nothing is taken in; the cursor says from where to send again."""
        self.go_to(luck)
        late = {"id": f"{self.run}.late", "sequence": self.at.sequence + 2, "type": "posting-withdrawn", "version": 1}
        late |= {"operator": "ann", "recorded_at": MOMENT, "body": {"document": "nowhere"}}
        assert self.send(self.at, self.at.epoch, [late]) == ('{"answers":[', self.at.sequence)

    @rule(luck=LUCK)
    def another_journal_pretends_to_be_this_one(self, luck: Luck) -> None:
        """D10: an id or a place that is taken by other contents is a cloned terminal; nothing is written over."""
        journal = self.journals[luck.below(3)]
        batch = luck.one(journal.sent)
        if batch is None:
            return
        epoch, events, _ = batch
        event = luck.one(events) or {}
        other = {"operator": "eve" if event["operator"] == "ann" else "ann"} if luck.below(2) else {"id": "clone"}
        again, _ = self.send(journal, epoch, [{**event, **other}])
        assert [(a["outcome"], a["rule"]) for a in json.loads(again + "]}")["answers"]] == [("key-reuse", "D10")]

    @rule(luck=LUCK)
    def a_journal_is_made_anew(self, luck: Luck) -> None:
        """D10: a new epoch begins its sequence at 1."""
        journal = self.journals[luck.below(3)]
        journal.epoch, journal.sequence = f"{journal.epoch}+", 0

    # Sending and comparing

    def send(self, journal: Journal, epoch: str, events: Sequence[dict[str, Any]]) -> tuple[str, int]:
        """Send a batch; gives the text of its answers and the cursor."""
        path = f"/v1/terminals/{journal.name}/events"
        text = self.server.ask("POST", path, {"epoch": epoch, "events": list(events)})
        return text[: text.rindex('],"cursor"')], json.loads(text)["cursor"]

    def heard(self, journal: Journal, answers: Sequence[dict[str, Any]], cursor: int) -> None:
        """Compare the answers to the events that wait, which are all of one terminal, with the model's."""
        waiting, self.waiting = self.waiting, []
        assert [a["id"] for a in answers] == [event["id"] for _, event, _ in waiting]
        assert cursor == journal.sequence
        for (_, event, against), answer in zip(waiting, answers, strict=True):
            outcome = answer["outcome"]
            self.server.said[event["type"], outcome] += 1
            if outcome != "accepted":
                self.server.rules[answer["rule"]] += 1
            said = None if outcome == "accepted" else (outcome, answer["rule"])
            assert said in against if against else said is None, (event, answer, against)
            self.server.answers[journal.name, journal.epoch, event["sequence"]] = json.dumps(answer)
        text = ",".join(json.dumps(a, separators=(",", ":")) for a in answers)
        journal.sent.append((journal.epoch, [event for _, event, _ in waiting], '{"answers":[' + text))

    @invariant()
    def check(self) -> None:
        """Send what the step made, and look at everything it can have changed."""
        if not self.journals:
            return
        self.steps += 1
        self.deliver()
        self.look(self.touched)  # a step can change master data and orders without an event
        self.touched = set()

    def deliver(self) -> None:
        """Send what the step made so far, and compare every answer."""
        if self.waiting:
            posted = [e["body"]["document"] for _, e, against in self.waiting if not against and self.posts(e)]
            text, cursor = self.send(self.at, self.at.epoch, [event for _, event, _ in self.waiting])
            self.heard(self.at, json.loads(text + "]}")["answers"], cursor)
            self.look(self.touched)
            self.touched = set()
            for document in posted:
                self.S14_at_most_one_slip_is_left_incomplete(document)
        self.sound = True

    @staticmethod
    def posts(event: Mapping[str, Any]) -> bool:
        return event["type"] == "posting-requested" and not event.get("void")

    def look(self, names: set[str]) -> None:
        """Compare what the server shows of orders and sales with the model, and with itself."""
        asked = f"terminal={self.at.name}&epoch={self.at.epoch.replace('+', '%2B')}"
        for name in sorted(names):
            if name in self.model.orders:
                given = json.loads(self.server.ask("GET", f"/v1/orders/{name}?{asked}"))
                assert given["cursor"] == self.at.sequence
                lines = {
                    n: (at.item, at.units, self.model.left(name, n), at.negative)
                    for n, at in self.model.orders[name].items()
                }
                shown = {
                    at["number"]: (at["item"], at["units"], at["left"], at["negative"])
                    for at in given["order"]["lines"]
                }
                assert shown == lines
                documents = given["documents"]
                assert [d["slip"]["number"] for d in documents] == sorted(
                    d.number for d in self.model.documents.values() if d.order == name
                )
                self.S13_the_order_adds_up(given)
            elif name in self.model.documents:
                documents = [json.loads(self.server.ask("GET", f"/v1/slips/{name}?{asked}"))]
            else:
                continue
            for document in documents:
                self.compare(document)
        self.S22_a_serial_is_live_on_one_unit()

    def compare(self, document: dict[str, Any]) -> None:
        number = document["slip"]["number"]
        if self.shown.get(number) != document:
            assert picture(document) == self.model.picture(number), number
            self.shown[number] = document
        self.S3_S5_what_is_posted_has_its_registrations(document)
        self.S10_invoiced_units_never_change(document)
        self.S14_no_unit_is_charged_twice(document)

    def teardown(self) -> None:
        if not self.journals or not self.sound:
            return
        self.look({*self.model.orders, *(d.number for d in self.of_kind(SALE))})
        self.server.steps += self.steps
        self.server.whole_runs += self.steps > STEPS
        self.server.units |= {u.id: self.model.picture_of_unit(u) for u in self.model.units.values() if u.live}

    # What must hold by the server's own words

    def S13_the_order_adds_up(self, given: Mapping[str, Any]) -> None:
        taken: Counter[int] = Counter()
        for document in given["documents"]:
            for at in document["lines"]:
                taken[at["order_line"]] += 0 if at["reversed"] else at["units"]
        for at in given["order"]["lines"]:
            assert at["left"] + taken[at["number"]] == at["units"]

    def S22_a_serial_is_live_on_one_unit(self) -> None:
        live = [r for d in self.shown.values() for r in d["registrations"] if r["key"] and not r["returned"]]
        assert set(Counter((r["item"], r["key"]) for r in live).values()) <= {1}

    def S3_S5_what_is_posted_has_its_registrations(self, document: Mapping[str, Any]) -> None:
        counted = Counter(str(r["line"]) for r in document["registrations"])
        assert document["registered"] == {str(at["number"]): counted[str(at["number"])] for at in document["lines"]}
        for at in document["lines"]:
            if document["slip"]["status"] == POSTED and not at["reversed"]:
                tracking, registered = at["tracking"], counted[str(at["number"])]
                assert registered <= at["units"]
                if tracking["active_in_sales_process"] and not tracking["blank_issue_allowed"]:
                    assert registered == at["units"]

    def S10_invoiced_units_never_change(self, document: Mapping[str, Any]) -> None:
        now = {r["id"]: unit_shown(r)[:-1] for r in document["registrations"] if r["invoiced"]}
        before = {id: unit for id, unit in self.frozen.items() if unit[0] == document["slip"]["number"]}
        assert before.items() <= now.items()
        self.frozen |= now

    def S14_no_unit_is_charged_twice(self, document: Mapping[str, Any]) -> None:
        if document["slip"]["kind"] == SLIP:
            charged = Counter(r["line"] for r in document["registrations"] if r["invoice"])
            for draw in document["draws"]:
                charged[draw["line"]] += draw["units"]
            assert all(charged[at["number"]] <= (0 if at["reversed"] else at["units"]) for at in document["lines"])

    def S14_at_most_one_slip_is_left_incomplete(self, invoice: str) -> None:
        """Looked at when the batch that posted it is in; nothing behind it in the batch draws on the same slips."""
        shown = self.shown[invoice]
        slips = {r["document"] for r in shown["drawn"]} | {draw["slip"] for draw in shown["draws"]}
        open_slips = 0
        for slip in (self.shown[number] for number in slips if shown["slip"]["kind"] == INVOICE):
            lines = {at["number"]: at["units"] for at in slip["lines"] if not at["reversed"]}
            charged = sum(r["invoiced"] for r in slip["registrations"] if r["line"] in lines)
            charged += sum(draw["units"] for draw in slip["draws"] if draw["invoiced"] and draw["line"] in lines)
            open_slips += charged < sum(lines.values())
        assert open_slips <= 1


def picture(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a document as the server shows it in the model's form."""
    head = document["slip"]
    return {
        **{name: head[name] for name in ("kind", "status", "order")},
        "lines": {
            at["number"]: (at["item"], at["units"], at["order_line"], takes(at["tracking"]), at["reversed"])
            for at in document["lines"]
        },
        "registered": document["registered"],
        "registrations": {r["id"]: unit_shown(r) for r in document["registrations"]},
        "drawn": {r["id"]: unit_shown(r) for r in document["drawn"]},
        "draws": {(d["invoice"], d["slip"], d["line"]): (d["units"], d["invoiced"]) for d in document["draws"]},
    }


def takes(tracking: Mapping[str, Any]) -> str:
    if not tracking["active_in_sales_process"]:
        return "none"
    assert tracking["serial_number_control"]  # S2
    return "some" if tracking["blank_issue_allowed"] else "serials"


def unit_shown(r: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("document", "line", "item", "serial", "key", "operator", "terminal", "invoice", "invoiced", "came_from")
    along = ("sold_before", "gtin", "lot", "expiry", "returned")
    return tuple(r[name] for name in (*names, *along))


def check_counts(server: Server) -> None:
    """The runs must not go blind: everything happened often, and was refused often."""
    accepted = {type: server.said[type, "accepted"] for type in TYPES}
    events = sum(server.said.values())
    assert server.whole_runs >= RUNS
    assert sum(accepted.values()) >= 0.4 * events
    # a server never waits for its own answer: there is nothing to withdraw, and that is harmless (D5)
    assert accepted.pop("posting-withdrawn") == 0
    assert server.said["posting-withdrawn", "duplicate"] >= 50
    assert {type: n for type, n in accepted.items() if n < 50} == {}
    wanted = ("S3", "S5", "S7", "S9", "S10", "S11", "S12", "S13", "S14", "S17", "S22", "D1", "D2", "I9", "I10")
    assert {each: server.rules[each] for each in wanted if server.rules[each] < 5} == {}


def check_exports(server: Server) -> None:
    """What is exported at the end is what every run left, and every answer as it was given, without a gap."""
    exported = (json.loads(row) for row in lines_of(server, "registrations"))
    runs = {r["id"]: r for r in exported if r["item"].rpartition("-")[0] in ITEMS}
    assert runs.keys() == server.units.keys()
    names = ("document", "line", "item", "serial", "operator", "terminal", "invoice", "invoiced", "came_from")
    for id, row in runs.items():
        unit = server.units[id]
        assert tuple(row[name] for name in names) == (*unit[:4], *unit[5:10])
        assert (row["returned"], row["blank"]) == (unit[-1], unit[3] is None)
        assert (row["gtin"], row["lot"], row["expiry"]) == unit[-4:-1]
    answers: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row in map(json.loads, lines_of(server, "events")):
        if row["terminal"] != "demo-terminal":
            answers.setdefault((row["terminal"], row["epoch"]), []).append((row["sequence"], json.dumps(row["answer"])))
    for (terminal, epoch), given in answers.items():
        assert [sequence for sequence, _ in given] == list(range(1, len(given) + 1))
        assert given == [(n, server.answers[terminal, epoch, n]) for n, _ in given]
    assert sum(map(len, answers.values())) == len(server.answers)


def lines_of(server: Server, what: str) -> list[str]:
    done = server.backend.run("export", what, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def server(start: Callable[..., Backend], tmp_path: Any) -> Any:
    made = Server(start(), tmp_path)
    yield made
    made.close()


@pytest.mark.timeout(1_800)  # a run that fails is shortened, which takes its time
def test_the_server_says_and_holds_what_the_rulebook_says(server: Server) -> None:
    run_state_machine_as_test(lambda: SalesProcess(server), settings=SETTINGS)
    check_exports(server)
    check_counts(server)
