"""The tables give what the ledger in memory gives: random events go through both, and every look-up is compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, text

from server_stub.database import Transactions, open_database, writing
from server_stub.envelope import stored_body
from server_stub.inbox import Entry
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver, Prepared
from server_stub.records import SqlRecords
from server_stub.schema_version import upgrade
from server_stub.tables import item, item_reference, operator, order_line, recall, sales_order, tracking_group
from server_stub.work import Work
from terminal.domain import intents
from terminal.domain.changes import consequences, settled
from terminal.domain.documents import (
    Kind,
    OrderLine,
    PackingSlip,
    Policies,
    Recall,
    Registration,
    SalesOrder,
    SerialCase,
    SlipStatus,
)
from terminal.domain.events import TYPES, Event, Recorded
from terminal.domain.intents import Intent, decide
from terminal.domain.invoicing import rest_of_slip
from terminal.domain.judging import Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.posting import units_missing
from terminal.domain.recalls import folded
from terminal.domain.records import Records
from terminal.domain.refusals import Refusal
from tests.domain.shop import ANN, BOB, CASED, DRILL, GLUE, MORNING, SAW, recorded_as
from tests.drafts import all_that_is_left, kept_that_fit

ITEMS = (
    replace(DRILL, references=("4006381333931", "Bohrer")),
    replace(SAW, serial_form=replace(SAW.serial_form, case=SerialCase.LOWER)),
    *(GLUE, CASED),
)
RECALLS = (
    *(
        Recall("DRILL", "S5", "", "leaks"),
        Recall("DRILL", "", "L-7", "cracks"),
        Recall("DRILL", "s5", "", "leaks more"),
    ),
    *(Recall("CASED", "A1", "", "loose"), Recall("CASED", "", "L-7", "worn"), Recall("SAW", "s6", "", "blunt")),
)
ORDERS = (
    SalesOrder("SO-1", "Customer", tuple(OrderLine(n, i.number, 6, 6) for n, i in enumerate((DRILL, SAW, GLUE), 1))),
    SalesOrder("SO-2", "Other customer", (OrderLine(1, "DRILL", 4, 4), OrderLine(2, "CASED", 2, 2))),
)
NUMBERS = {"slip": [f"PS-{n}" for n in range(6)], "invoice": [f"INV-{n}" for n in range(4)], "sale": ["CS-0", "CS-1"]}
SERIALS = ("a1", "A1", *(f"s{n}" for n in range(8)))
CODES = (
    "DRILL",
    "drill",
    "bohrer",
    "BOB",
    "ps-1",
    "PS-1",
    "so-2",
    "CS-0",
    "INV-0",
    "L-7",
    "nothing",
    "",
    "\u00e4",
    "DRIL",
)
LOTS = ("", "L-7", "l-7", "L-1")
POLICIES = Policies()
PLAYS, STEPS = 60, 120


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[Transactions]:
    """Tables with the items, once; each play is taken back at its end."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/books.db")
    upgrade(engine)
    with writing(engine) as connection:
        for group in {each.tracking.in_force() for each in ITEMS}:
            connection.execute(
                insert(tracking_group).values(
                    code=group.code,
                    active_in_sales_process=group.active_in_sales_process,
                    serial_number_control=group.serial_number_control,
                    blank_issue_allowed=group.blank_issue_allowed,
                    other_options="",
                )
            )
        for each in ITEMS:
            form = each.serial_form
            connection.execute(
                insert(item).values(
                    number=each.number,
                    description=each.description,
                    tracking_group=each.tracking.code,
                    blocked=False,
                    catch_weight=False,
                    mask=form.mask,
                    shortest=form.shortest,
                    longest=form.longest,
                    signs=form.signs,
                    case_sensitive=form.case_sensitive,
                    non_ascii=form.non_ascii,
                    tracking_mode="sales-only",
                    warranty_months=0,
                    service_months=0,
                    case=form.case,
                )
            )
            for reference in each.references:
                connection.execute(insert(item_reference).values(item=each.number, reference=reference))
        for each in RECALLS:
            row = {"item": each.item, "serial": each.serial, "lot": each.lot, "reason": each.reason}
            connection.execute(insert(recall).values(**row, folded=folded(each.serial or each.lot)))
        for who in (ANN, BOB):
            connection.execute(insert(operator).values(id=who.id, name=who.name, duties=""))
        for order in ORDERS:
            connection.execute(insert(sales_order).values(number=order.number, customer=order.customer, site=""))
            for line in order.lines:
                values = {"number": line.number, "item": line.item, "units": line.units}
                connection.execute(insert(order_line).values(order=order.number, taken=0, negative=0, **values))
    transactions = Transactions(engine)
    yield transactions
    transactions.close()
    engine.dispose()


@dataclass
class Both:
    """The ledger and the tables side by side; whatever happens happens to both."""

    work: Work
    ledger: Ledger = field(
        default_factory=lambda: Ledger(
            [replace(i, tracking=i.tracking.in_force()) for i in ITEMS],
            orders=ORDERS,
            operators=(ANN, BOB),
            recalls=RECALLS,
        )
    )
    past: list[Recorded] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """Documents in the order of their making."""
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> SqlRecords:
        return self.work.books.records

    def does(self, intent: Intent, who=ANN) -> bool:
        """Decide by both, judge by both, apply to both; says whether something happened."""
        ruled = decide(self.ledger, who, POLICIES, intent)
        assert decide(self.records, who, POLICIES, intent) == ruled
        if isinstance(ruled, Refusal):
            self.refused[ruled.code] += 1
        return not isinstance(ruled, Refusal) and self.happens(ruled, who)

    def happens(self, said: Event, who=ANN) -> bool:
        recorded = recorded_as(said, len(self.past) + 1, who=who)
        judgement = judge(self.ledger, who, POLICIES, recorded)
        assert judge(self.records, who, POLICIES, recorded) == judgement
        if judgement.outcome is not Outcome.ACCEPTED:
            return False
        self.past.append(recorded)
        changes = consequences(self.ledger, recorded) + settled(self.ledger, said)
        same = consequences(self.records, recorded) + settled(self.records, said)
        assert sorted(map(repr, same)) == sorted(map(repr, changes))  # look-ups over a document have no order
        for change in changes:
            self.ledger.apply(change)
            self.work.books.apply(change, self.work.now)
        self.ledger.remember(recorded)
        self.work.books.remember(said)
        self.work.inbox.keep(entry_of(recorded))
        if said.document not in self.made:
            self.made.append(said.document)
        return True

    def compare(self, tables: Records) -> None:
        """Compare every look-up of these records with the ledger's."""
        memory = self.ledger
        for number in self.made:
            assert head(tables.slip(number)) == head(memory.slip(number))
            lines = memory.lines(number)
            assert list(tables.lines(number)) == list(lines)
            for line in lines:
                assert tables.line(number, line.number) == line
                assert tables.tally(number, line.number) == memory.tally(number, line.number)
                assert tables.newest_blank(number, line.number) == memory.newest_blank(number, line.number)
            assert by_id(tables.live_registrations(number)) == by_id(memory.live_registrations(number))
            assert by_id(tables.drawn(number)) == by_id(memory.drawn(number))
            assert list(tables.draws(number)) == list(memory.draws(number))
            assert list(tables.draws_on(number)) == list(memory.draws_on(number))
            for who in (ANN, BOB):
                assert list(tables.not_yet_undone(number, who.id)) == list(memory.not_yet_undone(number, who.id))
        for order in ORDERS:
            assert tables.order(order.number) == memory.order(order.number)
            assert [head(s) for s in tables.documents_of(order.number)] == [
                head(s) for s in memory.documents_of(order.number)
            ]
            for line in order.lines:
                assert list(tables.kept(order.number, line.number)) == list(memory.kept(order.number, line.number))
        assert list(tables.documents_of("")) == list(memory.documents_of("")) == []
        for each in ITEMS:
            for serial in SERIALS:
                assert tables.holder(each.number, serial) == memory.holder(each.number, serial)
                for lot in LOTS:
                    assert tables.recalled(each.number, serial, lot) == memory.recalled(each.number, serial, lot)
        for code in (*CODES, *self.made):
            assert tables.names(code) == memory.names(code)
        for recorded in self.past:
            assert tables.registration(recorded.id) == memory.registration(recorded.id)
            assert tables.past_event(recorded.id) == memory.past_event(recorded.id)
        assert tables.slip("nowhere") is tables.line("nowhere", 1) is tables.registration("none") is None


def head(slip: PackingSlip | None) -> PackingSlip | None:
    """Only the backend has a clock to post by."""
    return None if slip is None else replace(slip, posted_at="")


def by_id(registrations) -> list[Registration]:
    return sorted(registrations, key=lambda r: r.id)


def entry_of(recorded: Recorded) -> Entry:
    return Entry(
        id=recorded.id,
        terminal=recorded.terminal,
        epoch=recorded.epoch,
        sequence=recorded.sequence,
        digest="",
        type=recorded.event.type,
        document=recorded.event.document,
        operator=recorded.operator,
        body=stored_body(recorded),
        recorded_at=MORNING,
        received_at=MORNING,
        outcome="accepted",
        answer="",
    )


class Chance:
    """A number that says which of several to take, again and again."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, below: int) -> int:
        return self._random.randrange(below)

    def one(self, of: Sequence):
        return of[self.number(len(of))] if of else None


def documents(both: Both, kind: Kind, *statuses: SlipStatus) -> list[PackingSlip]:
    slips = [both.ledger.slip(number) for number in both.made]
    return [s for s in slips if s is not None and s.kind == kind and (not statuses or s.status in statuses)]


def fresh(both: Both, what: str) -> str | None:
    return next((number for number in NUMBERS[what] if number not in both.made), None)


def some_line(both: Both, chance: Chance):
    document = chance.one(both.made)
    return chance.one(both.ledger.lines(document)) if document else None


def some_registration(both: Both, chance: Chance) -> Registration | None:
    document = chance.one(both.made)
    return chance.one(by_id(both.ledger.live_registrations(document))) if document else None


def draft_slip(both: Both, chance: Chance) -> None:
    number, order = fresh(both, "slip"), both.ledger.order(chance.one(ORDERS).number)
    units = {line: min(n, 1 + chance.number(3)) for line, n in all_that_is_left(order).items() if chance.number(3)}
    brought = kept_that_fit(both.ledger, order.number, units) if chance.number(4) else ()
    if number:
        both.does(intents.DraftSlip(number, order.number, tuple(units.items()), brought))


def draft_invoice(both: Both, chance: Chance) -> None:
    number, order = fresh(both, "invoice"), both.ledger.order(chance.one(ORDERS).number)
    units = () if chance.number(4) else tuple((line, 1) for line in all_that_is_left(order))
    if number:
        both.does(intents.DraftInvoice(number, order.number, units))


def add(both: Both, chance: Chance) -> None:
    line = some_line(both, chance)
    if line is not None:
        serial, why = chance.one(SERIALS), "came back" if chance.number(2) else ""
        if not chance.number(12):
            serial = chance.one((*CODES, *both.made))
        along = {"lot": chance.one(LOTS), "expiry": chance.one(("", "2030-12-31", "never"))}
        wanted = intents.AddSerial(line.document, line.number, serial, why, **along)
        both.does(wanted, chance.one((ANN, BOB)))


def blank(both: Both, chance: Chance) -> None:
    line = some_line(both, chance)
    if line is not None:
        both.does(intents.AddNotReadable(line.document, line.number))


def remove(both: Both, chance: Chance) -> None:
    found = some_registration(both, chance)
    if found is not None:
        both.does(intents.DropKept(found.document, found.line, found.id))


def undo(both: Both, chance: Chance) -> None:
    if both.made:
        both.does(intents.Undo(chance.one(both.made)), chance.one((ANN, BOB)))


def finish(both: Both, chance: Chance) -> None:
    """Fill what is missing, with serials or blanks, and post."""
    drafts = [s for kind in Kind for s in documents(both, kind, SlipStatus.DRAFT)]
    slip = chance.one(drafts)
    if slip is None:
        return
    for line in both.ledger.lines(slip.number):
        for _ in range(units_missing(line, both.ledger.tally(slip.number, line.number))):
            if not chance.number(3) or not both.does(intents.AddSerial(slip.number, line.number, chance.one(SERIALS))):
                both.does(intents.AddNotReadable(slip.number, line.number))
    both.does(intents.RequestPosting(slip.number, online=True))


def draw(both: Both, chance: Chance) -> None:
    invoice = chance.one(documents(both, Kind.INVOICE, SlipStatus.DRAFT))
    slip = chance.one(documents(both, Kind.PACKING_SLIP, SlipStatus.POSTED))
    line = chance.one(both.ledger.lines(slip.number)) if slip else None
    if invoice is not None and line is not None:
        free = [r.id for r in both.ledger.live_registrations(slip.number) if r.line == line.number and not r.invoice]
        some = tuple(islice(free, chance.number(3)))
        both.does(intents.DrawUnits(invoice.number, slip.number, line.number, some, chance.number(3)))


def draw_rest(both: Both, chance: Chance) -> None:
    invoice = chance.one(documents(both, Kind.INVOICE, SlipStatus.DRAFT))
    slip = chance.one(documents(both, Kind.PACKING_SLIP, SlipStatus.POSTED))
    if invoice is not None and slip is not None:
        for each in rest_of_slip(both.ledger, invoice.number, slip.number):
            both.happens(each)


def give_back(both: Both, chance: Chance) -> None:
    invoice = chance.one(documents(both, Kind.INVOICE, SlipStatus.DRAFT))
    if invoice is None:
        return
    on_it = chance.one(by_id(both.ledger.drawn(invoice.number)))
    if on_it is not None:
        both.does(intents.ReturnUnits(invoice.number, on_it.document, on_it.line, (on_it.id,)))
    plain = chance.one(list(both.ledger.draws(invoice.number)))
    if plain is not None:
        both.does(intents.ReturnUnits(invoice.number, plain.slip, plain.line, (), 1 + chance.number(2)))


def correct(both: Both, chance: Chance) -> None:
    found = some_registration(both, chance)
    if found is not None:
        serial, lot = chance.one((*SERIALS, *SERIALS, *CODES)), chance.one(LOTS)
        both.does(intents.CorrectSerial(found.document, found.id, serial, "typing error", lot=lot))


def reverse(both: Both, chance: Chance) -> None:
    slip = chance.one(documents(both, Kind.PACKING_SLIP, SlipStatus.POSTED))
    if slip is not None:
        both.does(intents.ReverseSlip(slip.number, chance.number(3), "wrong unit"))


def sell(both: Both, chance: Chance) -> None:
    number, sold = chance.one(NUMBERS["sale"]), chance.one(ITEMS).number
    both.does(intents.SellOneMore(number, sold))
    if not chance.number(3):
        both.does(intents.SetSaleLine(number, 1, both.ledger.lines(number)[0].item, chance.number(3)))


ACTIONS: tuple[Callable[[Both, Chance], None], ...] = (
    *(draft_slip,) * 4,
    *(draft_invoice,) * 2,
    *(add,) * 5,
    *(blank, remove, undo, correct, sell, reverse),
    *(finish,) * 5,
    *(draw,) * 3,
    *(draw_rest,) * 2,
    *(give_back, reverse, correct),
)


@pytest.fixture(scope="module")
def happened() -> Iterator[Counter[str]]:
    """How often each type of event came up in all plays together."""
    counted: Counter[str] = Counter()
    yield counted
    wanted = set(TYPES) - {"posting-withdrawn"}  # the backend never waits for its own answer
    assert wanted | {"came along", "sold again", "invoiced", "of a lot"} <= set(counted), counted
    assert {"recalled", "not-a-serial", "serial-case"} <= set(counted), counted


@pytest.mark.parametrize("seed", range(PLAYS))
def test_tables_and_ledger_give_the_same(database, happened, seed):
    database.begin()
    try:
        both, chance = Both(Work(database.driver, MasterData())), Chance(seed)
        for step in range(STEPS):
            chance.one(ACTIONS)(both, chance)
            if step % 3 == 0:
                both.work.books.flush()
                both.compare(both.records)
        both.work.books.flush()
        both.compare(SqlRecords(database.driver, MasterData()))  # as another transaction finds it
        both.compare(both.records)
        assert all(tables_agree(database.driver))
        happened.update(recorded.event.type for recorded in both.past)
        found = [both.ledger.registration(recorded.id) for recorded in both.past]
        happened.update("came along" for r in found if r is not None and r.came_from)
        happened.update("sold again" for r in found if r is not None and r.returned)
        happened.update("invoiced" for r in found if r is not None and r.invoiced)
        happened.update("of a lot" for r in found if r is not None and r.lot)
        happened.update(both.refused)
    finally:
        database.rollback()


def tables_agree(driver: Driver) -> Iterator[bool]:
    """Say whether what the tables keep twice is the same: units that are invoiced, counters, what orders have left."""
    charged = (
        "select sum(invoiced) from slip_line where document like 'PS-%'",
        "select (select count(*) from registration where live and invoiced and document like 'PS-%')"
        " + coalesce((select sum(units) from draw where invoiced), 0)",
    )
    counted = "select sum(serials + blanks) from slip_line", "select count(*) from registration where live"
    taken = (
        "select sum(taken) from order_line",
        "select coalesce(sum(units), 0) from slip_line where not reversed and document not like 'CS-%'",
    )
    for one, other in (charged, counted, taken):
        yield (driver_says(driver, one) or 0) == (driver_says(driver, other) or 0)


def driver_says(driver: Driver, query: str) -> int | None:
    row = driver.one(Prepared(text(query)), {})
    return None if row is None else row[0]
