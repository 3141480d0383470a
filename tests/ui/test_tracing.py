"""S18, S19: where a serial went, its warranty, what befell it; and why an item's serials are not on hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from terminal.domain.documents import SlipStatus
from terminal.domain.views import TracedUnit, TraceStep
from terminal.ui.messages import NotAScan, Scanned
from terminal.ui.pages.tracing import TracePage
from terminal.ui.ports import NoStock, Traced
from terminal.ui.sentences import day, today
from terminal.ui.sound import Sound

from .stage import FULL, MORNING, PlayDesk, PlayStage

SOLD = TracedUnit(
    *("E1", "DRILL", "Drill", "SN-1", "PS-1", 2, SlipStatus.POSTED, "SO-1", "Customer"),
    shipped_at="2025-03-01T23:30:00.000Z",
    invoice="INV-1",
    invoiced_at="2025-03-05T08:00:00.000Z",
    warranty_until="2099-03-05",
    service_until="2025-09-05",
)


class TracingDesk(PlayDesk):
    """A desk that answers with what it was given."""

    answer_with: Traced | NoStock = Traced("SN-1", [], True)

    def trace(self, text, then):
        self.asked.append(("trace", text))
        self._ask(lambda: self.answer_with, then)


def tracing(*units: TracedUnit, asked: bool = True, zone: str = "Europe/Oslo", serial: str = "SN-1") -> PlayStage:
    desk = TracingDesk()
    desk.shop = replace(desk.shop, time_zone=zone)
    desk.answer_with = Traced("SN-1", units, asked)
    stage = PlayStage(desk)
    stage.enter(TracePage(stage))
    if serial:
        stage.scan(serial)
    return stage


def test_a_unit_sold_by_us_is_shown_with_papers_dates_and_warranty():
    words = tracing(SOLD).words(40, 24)
    assert "SN-1 OK Sold by us. Warranty until 2099-03-05." in words
    assert "Service is over since 2025-09-05." in words
    assert "DRILL Drill" in words
    assert "Slip PS-1 line 2, 2025-03-02" in words  # the site's day, not the server's
    assert "Order SO-1, Customer" in words
    assert "Invoice INV-1, 2025-03-05" in words
    assert tracing(SOLD).sounds == [Sound.OK]
    assert "Lot" not in words


def test_what_was_read_along_with_the_serial_is_shown():
    unit = replace(SOLD, gtin="04006381333931", lot="L-1", expiry="2030-12-31")
    assert "Lot L-1, expires 2030-12-31, GTIN 04006381333931" in tracing(unit).words(40, 24)
    assert "Expires 2030-12-31 " in tracing(replace(SOLD, expiry="2030-12-31")).words(40, 24)


@pytest.mark.parametrize(
    ("unit", "words", "sound"),
    [
        (replace(SOLD, invoice="", invoiced_at="", warranty_until=""), "OK Shipped by us, not invoiced.", Sound.NO),
        (replace(SOLD, invoiced_at="", warranty_until=""), "Invoice INV-1, not posted", Sound.NO),
        (replace(SOLD, status=SlipStatus.DRAFT, invoiced_at=""), "On an open slip: not sold yet.", Sound.NO),
        (replace(SOLD, status=SlipStatus.CANCELLED, invoiced_at=""), "Its slip was reversed: not sold.", Sound.NO),
        (replace(SOLD, live=False), "Was taken off again.", Sound.NO),
        (replace(SOLD, returned=True), "Was sold by us and came back.", Sound.OK),
        (replace(SOLD, serial="SN-2"), "Its serial is SN-2 now.", Sound.OK),
    ],
)
def test_what_a_unit_is_in_plain_words(unit, words, sound):
    stage = tracing(unit)
    assert words in stage.words(40, 24)
    assert stage.sounds == [sound]


def test_warranty_holds_to_the_end_of_its_last_day():
    last = today("Europe/Oslo")
    assert f"Warranty until {last}." in tracing(replace(SOLD, warranty_until=last.isoformat())).words()
    over = (last - timedelta(days=1)).isoformat()
    assert f"Warranty is over since {over}." in tracing(replace(SOLD, warranty_until=over)).words()


def test_a_day_is_the_site_s_day():
    assert day("2025-03-01T23:30:00.000Z", "Europe/Oslo") == "2025-03-02"
    assert day("2025-03-01T23:30:00.000Z", "no/such") == "2025-03-01"
    assert day("hostile", "UTC") == "hostile"
    assert abs(today("UTC") - datetime.now(UTC).date()) <= timedelta(days=1)
    assert isinstance(today("UTC"), date)


def test_every_correction_and_every_unit_can_be_read_by_scrolling():
    steps = tuple(
        TraceStep("serial-corrected", "PS-1", "1001", MORNING, None if n == 0 else f"SN-{n}", f"SN-{n + 1}", "misread")
        for n in range(9)
    )
    steps += (
        TraceStep("slip-reversed", "PS-1", "1002", MORNING, reason="wrong"),
        TraceStep("new{0}", "D", "9", MORNING),
    )
    stage = tracing(SOLD, replace(SOLD, registration="E0", slip="PS-0", returned=True, steps=steps))
    seen = ""
    for _ in range(12):
        seen += " " + " ".join(row.strip() for row in stage.rows(20, 16)[1:-3])
        stage.press("f7")
    assert "Registered 2 times, newest first." in seen
    assert "corrected on PS-1, 1001: (not readable) -> SN-1 (misread)" in " ".join(seen.split())
    assert "SN-8 -> SN-9" in " ".join(seen.split())
    assert "PS-1 reversed, 1002 (wrong)" in " ".join(seen.split())
    assert "entry on D, 9" in " ".join(seen.split())
    stage.press("f6", "up", "down", "pageup")


def test_what_nobody_here_sold_is_said_and_whether_the_server_was_asked():
    stage = tracing()
    assert "NO Not sold by us: no document has it." in stage.words()
    assert stage.sounds == [Sound.NO]
    words = tracing(asked=False).words()
    assert "NO No document known here has it." in words
    assert "The server was not asked: only what is known here." in words


def test_an_item_has_no_serials_on_hand_and_it_says_why():
    stage = tracing(serial="")
    assert "Scan or type a serial." in stage.words()
    stage.desk.answer_with = NoStock("DRILL", "Drill")
    stage.scan("4001")
    assert "DRILL Drill: serials are taken only when it is sold. None are kept in stock" in stage.words()


def test_the_last_serial_asked_for_is_the_one_that_is_shown():
    stage = tracing(serial="")
    stage.desk.later = True
    stage.scan("SN-0", "SN-1")
    stage.desk.answer()
    assert "Looking up SN-1 ..." in stage.words()
    stage.desk.answer()
    assert "Not sold by us" in stage.words()
    stage.scan("SN-3")
    stage.back()
    stage.top.left()
    stage.desk.answer_all()
    assert stage.sounds == [Sound.NO]


def test_empty_scans_noise_and_bounces():
    stage = tracing(serial="")
    stage.scan(" ")
    assert "NO The scan was empty." in stage.words()
    stage.top.not_a_scan(NotAScan("noise", "x"))
    assert "NO The scanner sent noise: x." in stage.words()
    stage.top.scanned(Scanned("SN-1", "keyboard", repeat=True))
    assert stage.desk.did("trace") == []


def test_a_serial_that_is_given_is_looked_up_at_once_and_again_after_a_fault():
    desk = TracingDesk()
    desk.broken = FULL
    stage = PlayStage(desk)
    stage.enter(TracePage(stage, "SN-1"))
    assert stage.faults == [FULL]
    stage.mend()
    assert desk.did("trace") == [("SN-1",), ("SN-1",)]
    assert "Not sold by us" in stage.words()
    stage.top.shown()
    assert len(desk.did("trace")) == 2
