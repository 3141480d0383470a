"""What of a document goes on paper, from a real journal (S15): every entry once, in order, with what is to be known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.domain.documents import Kind, SerialForm, SlipStatus
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    DraftInvoice,
    DrawSerial,
    RemoveSerial,
    RequestPosting,
    SellOneMore,
)
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.views import Shop
from terminal.journal.journal import Journal
from terminal.paper import paper_of, printout_of
from terminal.printing.pdf import as_pdf
from terminal.printing.printout import Printout
from terminal.printing.zpl import as_zpl

from .journal.world import (
    ITEMS,
    ORDER,
    PEOPLE,
    SLIPS,
    add,
    do,
    furnish,
    furnish_shipped,
    open_journal,
    shipped,
    slip,
)
from .printing import labels, paper
from .printing.samples import HOSTILE

OSLO = "Europe/Oslo"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = furnish(open_journal(tmp_path))
    for found, lines in SLIPS:
        journal.merging.take_slip(found, lines, (), cursor=0)
    return journal


def printout(journal: Journal, number: str = "PS-1", zone: str = OSLO) -> Printout:
    found = paper_of(journal, number)
    assert found is not None
    return printout_of(found, zone)


def entries(printed: Printout) -> list[list[tuple[str | None, str]]]:
    return [[(entry.serial, entry.note) for entry in line.entries] for line in printed.lines]


def answer_all(journal: Journal) -> None:
    pending = [recorded.sequence for recorded, _void in journal.outbox.pending(1000)]
    journal.outbox.settle([(sequence, Judgement(Outcome.ACCEPTED)) for sequence in pending])


def test_a_draft_lists_what_is_on_it_in_order_and_says_that_it_is_one(journal):
    for serial in ("p3", "p1", "gone"):
        add(journal, serial)
    do(journal, AddNotReadable("PS-1", 1))
    do(journal, RemoveSerial("PS-1", 1, "gone"))
    add(journal, "v1", line=2)
    printed = printout(journal)
    assert (printed.kind, printed.number, printed.order, printed.customer) == ("packing-slip", "PS-1", "SO-1", "ACME")
    assert [(line.item, line.description, line.units) for line in printed.lines] == [
        ("PUMP", "A pump", 3),
        ("VALVE", "A valve", 3),
    ]
    assert entries(printed) == [[("p3", ""), ("p1", ""), (None, "")], [("v1", "")]]
    assert printed.status == "DRAFT; not all of it is at the server yet"
    answer_all(journal)
    assert printout(journal).status == "DRAFT"


def test_the_status_says_where_it_stands(journal):
    for n in range(3):
        add(journal, f"p{n}")
    do(journal, RequestPosting("PS-1", online=True))
    assert printout(journal).status.startswith("DRAFT, waits to be posted;")
    answer_all(journal)
    assert printout(journal).status == "posted"
    found, lines = slip("PS-2")
    for status, words in ((SlipStatus.CANCELLED, "cancelled"), (SlipStatus.REFUSED, "DRAFT, refused by the server")):
        journal.merging.take_slip(replace(found, status=status), lines, (), cursor=journal.outbox.answered)
        assert printout(journal, "PS-2").status == words


@pytest.mark.parametrize(
    ("zone", "says"), [(OSLO, "2026-07-01 01:30"), ("UTC", "2026-06-30 23:30"), ("No/Where", "2026-06-30 23:30")]
)
def test_the_date_is_the_sites(journal, zone, says):
    found, lines = slip("PS-2")
    posted = replace(found, status=SlipStatus.POSTED, posted_at="2026-06-30T23:30:00.000Z")
    journal.merging.take_slip(posted, lines, (), cursor=0)
    assert printout(journal, "PS-2", zone).date == says


def test_until_the_server_says_when_it_was_posted_the_request_tells(journal):
    for n in range(3):
        add(journal, f"p{n}")
    later = journal.now
    journal.now = lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    do(journal, RequestPosting("PS-1", online=True))
    journal.now = later
    assert not printout(journal).date.startswith("2026-03-01")  # a draft yet: the time of printing
    answer_all(journal)
    assert printout(journal).date == "2026-03-01 13:00"


def test_a_date_that_is_none_is_printed_as_it_is(journal):
    found, lines = slip("PS-2")
    journal.merging.take_slip(replace(found, status=SlipStatus.POSTED, posted_at="soon"), lines, (), cursor=0)
    assert printout(journal, "PS-2").date == "soon"


def test_a_slip_whose_serials_were_never_read_has_no_paper(tmp_path):
    journal = furnish(open_journal(tmp_path))
    add(journal, "p1")
    assert paper_of(journal, "PS-1") is None
    assert paper_of(journal, "PS-77") is None


def test_an_invoice_lists_the_units_of_its_slips_by_slip_and_line(tmp_path):
    journal = furnish_shipped(open_journal(tmp_path), shipped())
    do(journal, DraftInvoice("T1-I1", "SO-1"))
    for serial in ("p4", "p1", "v1"):
        assert do(journal, DrawSerial("T1-I1", serial)).accepted
    printed = printout(journal, "T1-I1")
    assert printed.kind == "invoice"
    assert [(line.item, line.description, line.units) for line in printed.lines] == [
        ("PUMP", "A pump, slip PS-8", 1),
        ("PUMP", "A pump, slip PS-9", 1),
        ("VALVE", "A valve, slip PS-9", 1),
    ]
    assert entries(printed) == [[("p1", "")], [("p4", "")], [("v1", "")]]


def test_an_invoice_of_a_whole_slip_has_its_units_without_a_serial_too(tmp_path):
    journal = furnish_shipped(open_journal(tmp_path), shipped())
    do(journal, DraftInvoice("T1-I1", "SO-1"))
    assert journal.draw_slip(PEOPLE["1001"], Shop().policies, "T1-I1", "PS-8").accepted
    printed = printout(journal, "T1-I1")
    assert [(line.item, line.units, len(line.entries)) for line in printed.lines] == [("PUMP", 2, 2), ("VALVE", 2, 0)]
    assert entries(printed)[0] == [("p1", ""), (None, "")]


def test_an_entry_whose_line_is_not_known_here_is_printed_all_the_same(tmp_path):
    journal = furnish_shipped(open_journal(tmp_path), shipped())
    do(journal, DraftInvoice("T1-I1", "SO-1"))
    do(journal, DrawSerial("T1-I1", "p1"))
    found = paper_of(journal, "T1-I1")
    assert found is not None
    (line,) = printout_of(replace(found, lines=()), OSLO).lines
    assert (line.item, line.description, line.units) == ("PUMP", "slip PS-8", 1)
    assert [entry.serial for entry in line.entries] == ["p1"]


def test_what_was_reversed_and_what_came_along_is_noted(journal):
    add(journal, "p1")
    found = paper_of(journal, "PS-1")
    assert found is not None
    lines = (replace(found.lines[0], reversed=True), *found.lines[1:])
    printed = printout_of(replace(found, lines=lines), OSLO)
    assert printed.lines[0].description == "A pump (reversed)"
    assert entries(printed)[0] == [("p1", "reversed")]
    came = replace(found, entries=(replace(found.entries[0], came_from="PS-0"),))
    assert entries(printout_of(came, OSLO))[0] == [("p1", "from PS-0")]


def test_a_sale_leaves_out_what_came_off_it_again(journal):
    assert do(journal, SellOneMore("T1-S1", "PUMP")).accepted
    found = paper_of(journal, "T1-S1")
    assert found is not None
    printed = printout_of(found, OSLO)
    assert (printed.kind, [line.units for line in printed.lines]) == ("counter-sale", [1])
    assert printout_of(replace(found, lines=(replace(found.lines[0], units=0),)), OSLO).lines == ()


def test_a_kind_of_a_newer_server_is_printed_as_a_slip(journal):
    found = paper_of(journal, "PS-1")
    assert found is not None
    assert printout_of(replace(found, slip=replace(found.slip, kind="receipt")), OSLO).kind == Kind.PACKING_SLIP


def test_hostile_serials_reach_paper_whole_and_as_data(tmp_path):
    anything = SerialForm(longest=100, non_ascii=True, case_sensitive=True)
    journal = open_journal(tmp_path)
    items = tuple(replace(item, serial_form=anything) for item in ITEMS)
    journal.merging.take_master(Shop(site="A", operators=PEOPLE, slip_prefix="T1"), items)
    found, lines = slip("PS-1", 100)
    journal.merging.take_documents([ORDER], [(found, lines, {})])
    journal.merging.take_slip(found, lines, (), cursor=0)
    taken = [serial for serial in HOSTILE if do(journal, AddSerial("PS-1", 1, serial)).accepted]
    assert len(taken) > 15
    printed = printout(journal)
    on = [entry.serial for entry in printed.lines[0].entries]
    assert on == [serial.strip() for serial in taken]
    read = [code for image in paper.images(as_pdf(printed)) for code in paper.barcodes(image)]
    labelled = [labels.bars(f)[0] for label in labels.labels_of(as_zpl(printed)) for f in label if f.is_bars]
    ascii_ = sorted(serial for serial in on if serial and serial.isascii())
    assert set(ascii_) <= set(read)
    assert set(labelled) <= {"PS-1", *ascii_}
    assert len(labelled) > 10
