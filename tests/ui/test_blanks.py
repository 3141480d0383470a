"""S9: the worklist of units that still want a serial, oldest first, and filling them one after the other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from terminal.backend.notices import BlanksRead
from terminal.backend.wire.tracing import OpenBlanks
from terminal.domain.documents import Duty, Operator
from terminal.domain.intents import AddNotReadable, CorrectSerial
from terminal.lookups import blanks_of
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.pages.blanks import BlanksPage
from terminal.ui.pages.correcting import CorrectPage
from terminal.ui.ports import Blanks, Link, State
from terminal.ui.sound import Sound

from .stage import BOB, FULL, PlayDesk, PlayStage


def worklist(only: str = "", *, posted: str = "") -> PlayStage:
    desk = PlayDesk()
    for document, line in (("PS-1001", 2), ("PS-1002", 1), ("PS-1001", 1)):
        desk.record(AddNotReadable(document, line), line, lambda _: None)
    if posted:
        desk.post(posted)
    desk.asked.clear()
    desk.policies(correction_reasons=("mixed up",))
    stage = PlayStage(desk)
    stage.enter(BlanksPage(stage, only))
    stage.rows()
    return stage


def test_units_are_listed_oldest_first_over_all_documents():
    assert [row.rstrip() for row in worklist().rows()] == [
        "Not readable   ^3 ON",
        "3 units",
        "1 SAW      PS-1001/2",
        "2 DRILL    PS-1002/1",
        "3 DRILL    PS-1001/1",
        *[""] * 8,
        ">",
        "Ent=fill F6Up F7Down",
        "F3Back F1Menu",
    ]
    assert "SO-1001 PS-1001/2 2025-03-01 08:00" in worklist().words(60, 24)


@pytest.mark.parametrize("how", ["enter", "digit", "typed", "touch"])
def test_one_is_chosen_filled_without_a_reason_and_the_next_is_there(how):
    stage = worklist()
    if how == "enter":
        stage.press("down")
        stage.press("enter", fresh=False)
        assert isinstance(stage.top, BlanksPage)
        stage.press("enter")
    elif how == "digit":
        assert stage.top.chosen(2)
    elif how == "typed":
        stage.scan("2")
    else:
        stage.top.pressed(Pressed("mouse", True, 3, 0))
    assert isinstance(stage.top, CorrectPage)
    assert "Scan the label that was found. PS-1002 line 1 DRILL SO-1002 Customer" in stage.words()
    stage.scan("SN-9")
    assert stage.desk.did("record") == [(CorrectSerial("PS-1002", "E0002", "SN-9"),)]
    assert isinstance(stage.top, BlanksPage)
    assert "OK (not readable) -> SN-9" in stage.words()
    assert "2 units" in stage.words()
    assert stage.top.units[stage.top.choices.selected].document == "PS-1001"


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("so-1001", ["PS-1001", "PS-1001"]),
        ("PS-1002", ["PS-1002"]),
        ("drill", ["PS-1002", "PS-1001"]),
        ("4001", ["PS-1002", "PS-1001"]),
        ("4002", ["PS-1001"]),
        ("PUMP", []),
    ],
)
def test_an_order_a_document_an_item_or_its_barcode_filters_and_f5_clears(code, left):
    stage = worklist()
    stage.scan(code)
    assert [unit.document for unit in stage.top.units] == left
    assert f"{len(left)} of 3" in stage.words(20, 16)
    if not left:
        assert "None here. F5 shows all." in stage.words()
    assert ("f5", "All") in stage.keys
    stage.press("f5")
    assert len(stage.top.units) == 3
    assert ("f5", "All") not in stage.keys


def test_a_serial_scanned_here_is_no_choice_and_is_said():
    stage = worklist()
    stage.scan("SN-9")
    assert "NO SN-9 is no order and no item here. Choose a unit, then scan its label." in stage.words()
    assert stage.sounds == [Sound.NO]
    stage.top.scanned(Scanned("2", "serial", by_scanner=True))
    stage.top.scanned(Scanned("SN-9", "serial", repeat=True))
    assert isinstance(stage.top, BlanksPage)
    assert stage.desk.did("record") == []


def test_a_list_that_is_not_whole_says_so():
    stage = worklist()
    stage.desk.state = State(Link.OFFLINE)
    stage.top.news(None)
    assert "3 units. No link: there may be more." in stage.words(20, 16)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Link.ONLINE, "There may be more."),
        (Link.DEGRADED, "There may be more."),
        (Link.OFFLINE, "No link: there may be more."),
    ],
)
def test_only_without_a_link_it_says_that_there_is_none(link, words):
    stage = worklist()
    every = stage.top.blanks.units
    stage.desk.state = State(link)
    stage.desk.blanks = lambda then, *, ask=True: then(Blanks(every, complete=False))
    stage.top.news(None)
    assert f"3 units. {words} 1 SAW" in stage.words(20, 16)
    stage.scan("PS-1001")
    assert f"Only PS-1001: 2 of 3. {words} 1 SAW" in stage.words(20, 16)


def test_a_list_of_which_the_server_has_more_is_the_first_part():
    stage = worklist()
    every = stage.top.blanks.units
    stage.desk.blanks = lambda then, *, ask=True: then(Blanks(every, complete=True, more=True))
    stage.top.news(None)
    assert "The first 3 units 1 SAW" in stage.words(20, 16)
    stage.scan("PS-1001")
    assert "Only PS-1001: 2 of the first 3 1 SAW" in stage.words(20, 16)


def test_a_posted_slip_wants_the_duty_to_correct():
    stage = worklist(posted="PS-1002")
    stage.desk.operator = BOB
    assert stage.top.chosen(2)
    assert "NO You may not correct serials. Ask a supervisor." in stage.words()
    assert stage.top.chosen(1)
    assert isinstance(stage.top, CorrectPage)
    stage.back()
    stage.desk.operator = Operator("1003", "Eve", frozenset({Duty.POST}))
    assert stage.top.chosen(1)
    assert "NO You may not register serials." in stage.words()


def test_it_opens_filtered_and_says_when_nothing_is_left():
    stage = worklist("PS-1002")
    stage.press("enter")
    stage.scan("SN-9")
    assert "None here. F5 shows all." in stage.words()
    stage.press("enter")
    empty = PlayStage(PlayDesk())
    empty.enter(BlanksPage(empty))
    assert "No unit wants a serial." in empty.words()
    assert not empty.top.chosen(1)


def test_a_refused_label_stays_open_for_the_next_scan():
    stage = worklist()
    stage.press("enter")
    stage.scan("a b", "SN-9")
    assert stage.sounds == [Sound.NO, Sound.OK]
    assert isinstance(stage.top, BlanksPage)


def test_faults_are_shown():
    stage = worklist()
    stage.desk.broken = FULL
    stage.scan("4001")
    stage.top.news(None)
    assert stage.faults == [FULL, FULL]
    stage.mend()
    assert len(stage.top.units) == 3


@pytest.mark.parametrize("more", [False, True])
def test_a_list_that_came_from_the_server_is_complete_also_where_it_goes_on(more):
    units = SimpleNamespace(open_blanks=list, filled=lambda _: False)
    found = blanks_of(SimpleNamespace(units=units), BlanksRead(OpenBlanks((), more)))
    assert found == Blanks([], complete=True, more=more)
