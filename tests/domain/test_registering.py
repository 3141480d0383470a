"""S1, S5, S7, S8, S9 (on a draft), S17, S20, S22, I11, D1, D2, D3, D4, D5: what may be put on a line and taken off."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from terminal.domain.changes import Gone, Made, StatusChanged
from terminal.domain.documents import Duty, Operator, SlipStatus, Tally
from terminal.domain.events import NotReadable, Registered, Removed, Undone
from terminal.domain.intents import AddNotReadable, AddSerial, RemoveNotReadable, RemoveSerial, Undo
from terminal.domain.refusals import Code, refuse
from terminal.domain.registering import remove_registration, undo_event, units_too_many
from tests.domain.shop import (
    ANN,
    BOB,
    CASED,
    DRILL,
    GLUE,
    GUEST,
    HAM,
    ITEMS,
    MORNING,
    PUMP,
    RECALLED,
    SAW,
    STRICT,
    WARN,
    Play,
    ledger_with,
    registration_of,
    slip_with,
)

PS1 = slip_with("PS-1", (DRILL, 2), (DRILL, 2), (SAW, 1))
PS2 = slip_with("PS-2", (DRILL, 2), (SAW, 2))


def two_slips(policies=WARN):
    return Play(ledger_with(PS1, PS2), policies=policies)


# Putting a serial on a line


def test_S7_a_serial_is_put_on_the_line_in_ADD():
    play = two_slips()
    assert play.does(ANN, AddSerial("PS-1", 1, " SN-1\r\n")) == Registered("PS-1", 1, "DRILL", "SN-1")
    assert list(play.ledger.live_registrations("PS-1")) == [registration_of(1, "PS-1", 1, DRILL, "SN-1")]
    assert play.ledger.tally("PS-1", 1) == Tally(serials=1)


def test_S7_a_serial_already_on_the_line_is_refused():
    play = two_slips()
    play.does(BOB, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(
        Code.DUPLICATE_ON_LINE, serial="SN-1", line=1, operator="bob", at=MORNING, registration="T1-0001"
    )
    assert play.ledger.tally("PS-1", 1) == Tally(serials=1)


def test_D2_case_does_not_tell_serials_apart():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "sn-1"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(
        Code.DUPLICATE_ON_LINE, serial="SN-1", line=1, operator="ann", at=MORNING, registration="T1-0001"
    )


def test_D2_case_tells_serials_apart_where_the_item_says_so():
    play = Play(ledger_with(slip_with("PS-1", (CASED, 2))))
    play.does(ANN, AddSerial("PS-1", 1, "sn-1"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == Registered("PS-1", 1, "CASED", "SN-1")


def test_D2_the_same_serial_of_another_item_is_another_serial():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, AddSerial("PS-1", 3, "SN-1")) == Registered("PS-1", 3, "SAW", "SN-1")


def test_S22_a_serial_on_another_line_of_the_slip_is_refused():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, AddSerial("PS-1", 2, "SN-1")) == refuse(
        Code.ON_OTHER_LINE, serial="SN-1", line=1, registration="T1-0001"
    )


def test_S22_a_serial_on_another_document_is_refused_with_who_holds_it():
    play = two_slips()
    play.does(BOB, AddSerial("PS-2", 1, "SN-1"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(
        Code.HELD_ELSEWHERE, serial="SN-1", document="PS-2", line=1, operator="bob", terminal="T1", at=MORNING
    )


def test_S22_whole_values_are_compared_never_parts():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-10"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == Registered("PS-1", 1, "DRILL", "SN-1")


def test_S22_removal_frees_a_serial():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    assert play.does(BOB, AddSerial("PS-2", 1, "SN-1")) == Registered("PS-2", 1, "DRILL", "SN-1")


@pytest.mark.parametrize("item", [GLUE, PUMP], ids=["no serials", "serials in stock only"])
def test_S1_an_item_not_active_in_the_sales_process_takes_no_serials(item):
    play = Play(ledger_with(slip_with("PS-1", (item, 2))))
    refused = refuse(Code.NOT_TRACKED, item=item.number)
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refused
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == refused


def test_D8_tracking_is_frozen_on_the_line_when_the_line_is_made():
    untracked_by_now = replace(DRILL, tracking=GLUE.tracking)
    tracked_by_now = replace(GLUE, tracking=DRILL.tracking)
    slip = slip_with("PS-1", (DRILL, 1), (GLUE, 1))
    play = Play(ledger_with(slip, items=(untracked_by_now, tracked_by_now)))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == Registered("PS-1", 1, "DRILL", "SN-1")
    assert play.does(ANN, AddSerial("PS-1", 2, "SN-1")) == refuse(Code.NOT_TRACKED, item="GLUE")


def test_S20_a_catch_weight_item_takes_no_serials():
    play = Play(ledger_with(slip_with("PS-1", (HAM, 2))))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(Code.CATCH_WEIGHT, item="HAM")
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == refuse(Code.CATCH_WEIGHT, item="HAM")


def test_S20_an_item_that_became_catch_weight_since_takes_no_more_serials():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 2)), items=(replace(DRILL, catch_weight=True),)))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(Code.CATCH_WEIGHT, item="DRILL")


def test_I11_a_blocked_item_is_refused_at_the_scan():
    play = Play(ledger_with(slip_with("PS-1", (RECALLED, 2))))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(Code.BLOCKED, item="RECALLED")
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == refuse(Code.BLOCKED, item="RECALLED")


def test_I11_what_is_registered_of_an_item_blocked_since_can_be_taken_off():
    play = Play(ledger_with(slip_with("PS-1", (RECALLED, 2))))
    play.ledger.apply(Made(registration_of(1, "PS-1", 1, RECALLED, "SN-1")))
    assert play.does(ANN, RemoveSerial("PS-1", 1, "SN-1")) == Removed("PS-1", 1, "T1-0001", "SN-1")


def test_D2_what_is_no_serial_is_refused():
    play = two_slips()
    assert play.does(ANN, AddSerial("PS-1", 1, " \t")) == refuse(Code.EMPTY_SERIAL)
    assert play.does(ANN, RemoveSerial("PS-1", 1, " \t")) == refuse(Code.EMPTY_SERIAL)


# More than units


def test_S5_a_surplus_can_be_registered_by_default():
    play = two_slips()
    for serial in ("SN-1", "SN-2"):
        play.does(ANN, AddSerial("PS-1", 1, serial))
    assert units_too_many(play.ledger.tally("PS-1", 1), PS1[1][0]) == 0
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-3")) == Registered("PS-1", 1, "DRILL", "SN-3")
    assert units_too_many(play.ledger.tally("PS-1", 1), PS1[1][0]) == 1


def test_S5_a_surplus_is_refused_where_the_site_says_so():
    play = two_slips(STRICT)
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, AddNotReadable("PS-1", 1))
    full = refuse(Code.LINE_FULL, line=1, units=2)
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-3")) == full
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == full
    assert play.does(ANN, AddSerial("PS-1", 2, "SN-3")) == Registered("PS-1", 2, "DRILL", "SN-3")


def test_S5_on_a_full_line_a_duplicate_is_called_a_duplicate():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 1))), policies=STRICT)
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")).code is Code.DUPLICATE_ON_LINE


# Blanks


def test_S8_a_blank_is_registered_and_counts():
    play = two_slips()
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == NotReadable("PS-1", 1, "DRILL")
    assert list(play.ledger.live_registrations("PS-1")) == [registration_of(1, "PS-1", 1, DRILL, None)]
    assert play.ledger.tally("PS-1", 1) == Tally(blanks=1)
    assert play.ledger.tally("PS-1", 1).registered == 1


def test_S8_any_number_of_blanks_can_be_on_a_line():
    play = two_slips()
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert play.does(ANN, AddNotReadable("PS-1", 1)) == NotReadable("PS-1", 1, "DRILL")
    assert play.ledger.tally("PS-1", 1) == Tally(blanks=2)


def test_D1_REMOVE_takes_the_newest_blank_of_the_line():
    play = two_slips()
    play.does(ANN, AddNotReadable("PS-1", 1))
    play.does(BOB, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, AddNotReadable("PS-1", 1))
    play.does(ANN, AddNotReadable("PS-1", 2))
    assert play.does(ANN, RemoveNotReadable("PS-1", 1)) == Removed("PS-1", 1, "T1-0003", None)
    assert play.does(ANN, RemoveNotReadable("PS-1", 1)) == Removed("PS-1", 1, "T1-0001", None)
    assert play.does(ANN, RemoveNotReadable("PS-1", 1)) == refuse(Code.NO_BLANK, line=1)
    assert play.ledger.tally("PS-1", 1) == Tally(serials=1)
    assert play.ledger.tally("PS-1", 2) == Tally(blanks=1)


def test_S9_on_a_draft_a_blank_is_replaced_by_ordinary_registering():
    play = Play(ledger_with(slip_with("PS-1", (DRILL, 1))), policies=STRICT)
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == refuse(Code.LINE_FULL, line=1, units=1)
    play.does(ANN, RemoveNotReadable("PS-1", 1))
    assert play.does(ANN, AddSerial("PS-1", 1, "SN-1")) == Registered("PS-1", 1, "DRILL", "SN-1")
    assert play.ledger.tally("PS-1", 1) == Tally(serials=1)


# Taking off


def test_S7_a_serial_is_taken_off_the_line_in_REMOVE():
    play = two_slips()
    play.does(BOB, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, RemoveSerial("PS-1", 1, " sn-1 ")) == Removed("PS-1", 1, "T1-0001", "SN-1")
    assert play.ledger.tally("PS-1", 1) == Tally()


def test_S7_what_is_not_on_the_list_cannot_be_removed():
    play = two_slips()
    not_here = refuse(Code.NOT_KNOWN_HERE, serial="SN-1")
    assert play.does(ANN, RemoveSerial("PS-1", 1, "SN-1")) == not_here
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, RemoveSerial("PS-1", 1, "SN-1")) == not_here


def test_D4_a_serial_on_another_document_is_not_known_here():
    play = two_slips()
    play.does(ANN, AddSerial("PS-2", 1, "SN-1"))
    assert play.does(ANN, RemoveSerial("PS-1", 1, "SN-1")) == refuse(Code.NOT_KNOWN_HERE, serial="SN-1")


def test_S22_removing_a_serial_of_another_line_names_that_line():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 2, "SN-1"))
    assert play.does(ANN, RemoveSerial("PS-1", 1, "SN-1")) == refuse(Code.ON_OTHER_LINE, serial="SN-1", line=2)


def test_D1_a_registration_is_removed_by_its_name_only_where_it_is():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert remove_registration(play.ledger, BOB, "PS-1", 1, "T1-0001") == Removed("PS-1", 1, "T1-0001", "SN-1")
    for document, line in (("PS-1", 2), ("PS-2", 1)):
        refused = remove_registration(play.ledger, BOB, document, line, "T1-0001")
        assert refused == refuse(Code.NOT_KNOWN_HERE, serial="SN-1")
    assert remove_registration(play.ledger, BOB, "PS-1", 1, "never") == refuse(Code.NOT_KNOWN_HERE, serial="")
    play.ledger.apply(Gone("T1-0001"))
    refused = remove_registration(play.ledger, BOB, "PS-1", 1, "T1-0001")
    assert refused == refuse(Code.NOT_KNOWN_HERE, serial="SN-1")


# Duties

EVERY_INTENT = [
    AddSerial("PS-1", 1, "SN-9"),
    RemoveSerial("PS-1", 1, "SN-1"),
    AddNotReadable("PS-1", 1),
    RemoveNotReadable("PS-1", 1),
    Undo("PS-1"),
]
NAMES = [type(intent).__name__ for intent in EVERY_INTENT]


@pytest.mark.parametrize("intent", EVERY_INTENT, ids=NAMES)
def test_S17_registering_needs_the_duty(intent):
    only_unreadable = Operator("x", "X", frozenset(Duty) - {Duty.REGISTER})
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert play.does(only_unreadable, intent) == refuse(Code.MISSING_DUTY, duty="register")
    assert play.does(GUEST, intent).code is Code.MISSING_DUTY


@pytest.mark.parametrize("intent", [AddNotReadable("PS-1", 1), RemoveNotReadable("PS-1", 1)], ids=["ADD", "REMOVE"])
def test_S17_blanks_need_a_duty_of_their_own(intent):
    play = two_slips()
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert play.does(BOB, intent) == refuse(Code.MISSING_DUTY, duty="register-unreadable")


def test_S17_removing_a_blank_by_its_name_needs_that_duty_too():
    play = two_slips()
    play.does(ANN, AddNotReadable("PS-1", 1))
    refused = remove_registration(play.ledger, BOB, "PS-1", 1, "T1-0001")
    assert refused == refuse(Code.MISSING_DUTY, duty="register-unreadable")
    assert remove_registration(play.ledger, ANN, "PS-1", 1, "T1-0001") == Removed("PS-1", 1, "T1-0001", None)


# Where documents stand


@pytest.mark.parametrize("intent", EVERY_INTENT, ids=NAMES)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SlipStatus.POSTING, Code.POSTING_PENDING),
        (SlipStatus.POSTED, Code.DOCUMENT_POSTED),
        (SlipStatus.CANCELLED, Code.DOCUMENT_CLOSED),
        (SlipStatus.REFUSED, Code.DOCUMENT_CLOSED),
    ],
)
def test_D5_only_a_draft_takes_registrations(intent, status, code):
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, AddNotReadable("PS-1", 1))
    play.ledger.apply(StatusChanged("PS-1", status))
    assert play.does(ANN, intent) == refuse(code, document="PS-1")


@pytest.mark.parametrize("intent", EVERY_INTENT, ids=NAMES)
def test_D8_an_unknown_document_is_refused(intent):
    assert Play(ledger_with()).does(ANN, intent) == refuse(Code.UNKNOWN_DOCUMENT, document="PS-1")


@pytest.mark.parametrize("intent", EVERY_INTENT[:-1], ids=NAMES[:-1])
def test_D8_an_unknown_line_is_refused(intent):
    play = two_slips()
    assert play.does(ANN, replace(intent, line=9)) == refuse(Code.UNKNOWN_LINE, document="PS-1", line=9)


@pytest.mark.parametrize("intent", EVERY_INTENT[:3], ids=NAMES[:3])
def test_D8_an_item_without_master_data_is_refused(intent):
    play = Play(ledger_with(PS1, items=tuple(item for item in ITEMS if item is not DRILL)))
    assert play.does(ANN, intent) == refuse(Code.UNKNOWN_ITEM, item="DRILL")


# Undo


def test_D3_undoing_a_registration_takes_it_off():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, Undo("PS-1")) == Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1")
    assert play.ledger.tally("PS-1", 1) == Tally()


def test_D3_undoing_a_blank_takes_it_off():
    play = two_slips()
    play.does(ANN, AddNotReadable("PS-1", 1))
    assert play.does(ANN, Undo("PS-1")) == Undone("PS-1", "T1-0001", "not-readable", 1, "T1-0001", None)
    assert play.ledger.tally("PS-1", 1) == Tally()


def test_D3_undoing_a_removal_brings_the_same_registration_back():
    play = two_slips()
    play.does(BOB, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, Undo("PS-1")) == Undone("PS-1", "T1-0002", "removed", 1, "T1-0001", "SN-1")
    same = registration_of(1, "PS-1", 1, DRILL, "SN-1", who=BOB)
    assert list(play.ledger.live_registrations("PS-1")) == [same]
    assert play.ledger.holder("DRILL", "sn-1") == same


def test_D3_undo_is_repeatable_and_ends():
    play = two_slips()
    for serial in ("SN-1", "SN-2"):
        play.does(ANN, AddSerial("PS-1", 1, serial))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    undone = [play.does(ANN, Undo("PS-1")) for _ in range(4)]
    assert undone == [
        Undone("PS-1", "T1-0003", "removed", 1, "T1-0001", "SN-1"),
        Undone("PS-1", "T1-0002", "registered", 1, "T1-0002", "SN-2"),
        Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1"),
        refuse(Code.NOTHING_TO_UNDO),
    ]


def test_D3_undo_names_this_operators_events_only():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(BOB, AddSerial("PS-1", 1, "SN-2"))
    assert play.does(ANN, Undo("PS-1")) == Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1")
    assert play.does(ANN, Undo("PS-1")) == refuse(Code.NOTHING_TO_UNDO)


def test_D3_undo_stays_on_its_document():
    play = two_slips()
    play.does(ANN, AddSerial("PS-2", 1, "SN-1"))
    assert play.does(ANN, Undo("PS-1")) == refuse(Code.NOTHING_TO_UNDO)


def test_D3_undo_passes_over_what_another_has_taken_off_since():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, AddSerial("PS-1", 1, "SN-2"))
    play.does(BOB, RemoveSerial("PS-1", 1, "SN-2"))
    assert play.does(ANN, Undo("PS-1")) == Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1")


def test_S22_a_removal_cannot_be_undone_when_its_serial_is_on_another_document_by_now():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    play.does(BOB, AddSerial("PS-2", 1, "SN-1"))
    assert play.does(ANN, Undo("PS-1")) == refuse(
        Code.HELD_ELSEWHERE, serial="SN-1", document="PS-2", line=1, operator="bob", terminal="T1", at=MORNING
    )


def test_S22_a_removal_cannot_be_undone_when_its_serial_is_on_another_line_by_now():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    play.does(BOB, AddSerial("PS-1", 2, "SN-1"))
    refused = refuse(Code.ON_OTHER_LINE, serial="SN-1", line=2, registration="T1-0003")
    assert play.does(ANN, Undo("PS-1")) == refused


def test_S7_a_removal_cannot_be_undone_when_its_serial_was_put_on_the_same_line_again():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(ANN, RemoveSerial("PS-1", 1, "SN-1"))
    play.does(BOB, AddSerial("PS-1", 1, "SN-1"))
    assert play.does(ANN, Undo("PS-1")) == refuse(
        Code.DUPLICATE_ON_LINE, serial="SN-1", line=1, operator="bob", at=MORNING, registration="T1-0003"
    )


def test_D3_a_named_event_is_undone_only_by_its_operator_on_its_document_and_once():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    nothing = refuse(Code.NOTHING_TO_UNDO)
    assert undo_event(play.ledger, BOB, "PS-1", "T1-0001") == nothing
    assert undo_event(play.ledger, ANN, "PS-2", "T1-0001") == nothing
    assert undo_event(play.ledger, ANN, "PS-1", "never") == nothing
    undone = undo_event(play.ledger, ANN, "PS-1", "T1-0001")
    assert undone == Undone("PS-1", "T1-0001", "registered", 1, "T1-0001", "SN-1")
    play.record(ANN, undone)
    assert undo_event(play.ledger, ANN, "PS-1", "T1-0001") == nothing


def test_D3_a_named_event_without_effect_is_not_undone():
    play = two_slips()
    play.does(ANN, AddSerial("PS-1", 1, "SN-1"))
    play.does(BOB, RemoveSerial("PS-1", 1, "SN-1"))
    assert undo_event(play.ledger, ANN, "PS-1", "T1-0001") == refuse(Code.NOTHING_TO_UNDO)
