"""Stories of a server that was set back to a backup, of copied devices, and of servers of earlier versions.

After a restore all terminals send again what they have, but not in the order in which it came before. What another
terminal did in between is not there yet, and comes after it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from server_stub import envelope
from terminal.backend.wire.events import event_of
from terminal.domain.events import Recorded
from terminal.domain.intents import (
    AddSerial,
    CorrectSerial,
    DraftInvoice,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    DropKept,
    RemoveSerial,
    RequestPosting,
    ReturnSerial,
    ReturnUnits,
    ReverseSlip,
    SellOneMore,
    SetSaleLine,
    Undo,
)

from .simulated_shift import World
from .simulated_terminal import Device
from .stories import (
    all_sent,
    charged_on,
    copied,
    counting,
    do,
    left,
    new_terminal,
    open_order,
    open_slip,
    out_of_reach,
    pass_time,
    problems,
    settled,
    sign_in,
    sold,
    status,
    the_unit,
    units_here,
)

SLIP, SALE, INVOICE = "PS-T1-1", "CS-T1-1", "INV-T1-1"
TOO_LONG = "x" * 201
"""A reason that makes an event one that the server can't read."""


def set_back(world: World, backup: Path, first_to_send: Device) -> None:
    """Restore the server; one terminal finds out, and sends all again before the others do."""
    settled(world)
    world.server.restore(backup)
    pass_time(world, first_to_send, 70)
    settled(world)


# What was an answer to something that the server forgot: it is so already when it comes again, and not for long.


def test_a_scan_that_is_there_already_may_be_removed_again(world: World) -> None:
    """It was harmless, as the older scan was back; the removal of that came after it, and the unit counted nowhere."""
    first, second = world.devices
    do(second, AddSerial("PS-1", 1, "S1"))
    backup = world.server.backup()
    do(second, RemoveSerial("PS-1", 1, "S1"))
    open_slip(first, "PS-1")
    do(first, AddSerial("PS-1", 1, "S1"))
    assert counting(world) == ["s1"]
    set_back(world, backup, first)
    assert counting(world) == []
    assert (problems(first), problems(second)) == ([("registered", "S1")], [])


def test_a_removal_that_is_done_already_may_be_undone_again(world: World) -> None:
    """It was harmless, as the older removal was back; that was undone after it, and the unit counted."""
    first, second = world.devices
    do(second, AddSerial("PS-1", 1, "S1"), RemoveSerial("PS-1", 1, "S1"))
    backup = world.server.backup()
    do(second, Undo("PS-1"))
    open_slip(first, "PS-1")
    do(first, RemoveSerial("PS-1", 1, "S1"))
    assert counting(world) == []
    set_back(world, backup, first)
    assert counting(world) == ["s1"]
    assert (problems(first), problems(second)) == ([("removed", "S1")], [])


def test_an_undo_that_is_done_already_may_be_for_nothing(world: World) -> None:
    """A scan was undone, after its removal had been undone elsewhere: that came after it, and the unit counted."""
    first, second = world.devices
    do(first, AddSerial("PS-1", 1, "S1"))
    open_slip(second, "PS-1")
    do(second, RemoveSerial("PS-1", 1, "S1"))
    backup = world.server.backup()
    do(second, Undo("PS-1"))
    open_slip(first, "PS-1")
    do(first, Undo("PS-1"))
    assert counting(world) == []
    set_back(world, backup, first)
    assert counting(world) == ["s1"]
    assert (problems(first), problems(second)) == ([("undone", "S1")], [])


def posted(device: Device, order: str, line: int, units: int, *serials: str) -> None:
    """Ship units of an order's line."""
    do(device, DraftSlip(SLIP, order, ((line, units),)), *(AddSerial(SLIP, 1, serial) for serial in serials))
    do(device, RequestPosting(SLIP, False))


def invoiced(world: World, device: Device, *serials: str) -> None:
    """Ship two valves, and draft the invoice that is to charge them: each terminal knows of both."""
    posted(device, "SO-1", 2, 2, *serials)
    do(device, DraftInvoice(INVOICE, "SO-1"))
    for each in world.devices:
        open_order(each, "SO-1")


def test_a_return_that_is_done_already_may_be_drawn_again(world: World) -> None:
    """The draw that it answered was forgotten: it was harmless, the draw came after it, and the unit was charged."""
    first, second = world.devices
    invoiced(world, first, "S1")
    backup = world.server.backup()
    do(second, DrawSerial(INVOICE, "S1"))
    open_order(first, "SO-1")
    do(first, ReturnSerial(INVOICE, "S1"))
    assert charged_on(world) == [""]
    set_back(world, backup, first)
    assert charged_on(world) == [INVOICE]
    assert (problems(first), problems(second)) == ([("units-returned", "S1")], [])


def test_a_return_of_units_without_a_serial_may_be_drawn_again(world: World) -> None:
    """The same with units that have no name."""
    first, second = world.devices
    invoiced(world, first)
    backup = world.server.backup()
    do(second, DrawUnits(INVOICE, SLIP, 1, (), 2))
    open_order(first, "SO-1")
    do(first, ReturnUnits(INVOICE, SLIP, 1, (), 2))
    assert world.history().draws == frozenset()
    set_back(world, backup, first)
    assert [draw.units for draw in world.history().draws] == [2]
    assert (problems(first), problems(second)) == ([("units-returned", None)], [])


def test_a_draw_that_is_done_already_may_be_returned_again(world: World) -> None:
    """The return that it answered was forgotten: it was harmless, the return came after it: nobody was charged."""
    first, second = world.devices
    invoiced(world, first, "S1")
    do(first, DrawSerial(INVOICE, "S1"))
    backup = world.server.backup()
    do(first, ReturnSerial(INVOICE, "S1"))
    open_order(second, "SO-1")
    do(second, DrawSerial(INVOICE, "S1"))
    assert charged_on(world) == [INVOICE]
    set_back(world, backup, second)
    assert charged_on(world) == [""]
    assert (problems(first), problems(second)) == ([], [("units-drawn", "S1")])


def test_a_draw_that_comes_before_the_draw_and_the_return_of_another(world: World) -> None:
    """The other draw was harmless after it, and the return took the unit off that was to be charged in the end."""
    first, second = world.devices
    invoiced(world, first, "S1")
    backup = world.server.backup()
    do(first, DrawSerial(INVOICE, "S1"), ReturnSerial(INVOICE, "S1"))
    open_order(second, "SO-1")
    do(second, DrawSerial(INVOICE, "S1"))
    assert charged_on(world) == [INVOICE]
    set_back(world, backup, second)
    assert charged_on(world) == [""]
    assert (problems(first), problems(second)) == ([("units-drawn", "S1")], [])


def test_a_correction_that_is_done_already_may_be_corrected_again(world: World) -> None:
    """Corrected back, it was harmless, as the serial was the old one: what it corrected came after it, and counted."""
    first, second = world.devices
    posted(first, "SO-2", 1, 1, "S1")
    unit = the_unit(world, SLIP)
    backup = world.server.backup()
    open_order(second, "SO-2")
    do(second, CorrectSerial(SLIP, unit, "S2", "Misread"))
    open_order(first, "SO-2")
    do(first, CorrectSerial(SLIP, unit, "S1", "It was right"))
    assert counting(world) == ["s1"]
    set_back(world, backup, first)
    assert counting(world) == ["s2"]
    assert (problems(first), problems(second)) == ([("serial-corrected", "S1")], [])


def test_units_of_a_sale_that_are_set_in_another_order(world: World) -> None:
    """Set to 2 and then to 3, it was 2 in the end: that came last, and nobody was told."""
    first, second = world.devices
    do(first, SellOneMore(SALE, "VALVE"))
    backup = world.server.backup()
    do(first, SetSaleLine(SALE, 1, "VALVE", 2))
    open_slip(second, SALE)
    do(second, SetSaleLine(SALE, 1, "VALVE", 3))
    assert sold(world, SALE) == [3]
    set_back(world, backup, second)
    assert sold(world, SALE) == [2]
    assert (problems(first), problems(second)) == ([], [("sale-line-set", None)])


# Refused by a server that was set back, and what people are told.


def test_a_problem_that_was_put_away_is_one_again_after_it_was_none(world: World) -> None:
    """Refused, put away, accepted by a server that was set back, refused by the next: of this nobody was told."""
    first, second = world.devices
    open_slip(second, "PS-3")
    with out_of_reach(world, first, 5):
        do(first, AddSerial("PS-1", 1, "S1"))
        do(second, AddSerial("PS-3", 1, "S1"))
    settled(world)
    assert problems(first) == [("registered", "S1")]
    first.desk.call(lambda journal: journal.outbox.put_away(1, "1001"))
    do(first, AddSerial("PS-1", 1, "S2"))
    do(second, AddSerial("PS-3", 1, "S3"))
    settled(world)
    right = world.server.backup()
    do(first, AddSerial("PS-1", 1, "S4"))
    do(second, AddSerial("PS-3", 1, "S5"))
    set_back(world, world.backups[0], first)
    assert "S1 on PS-1" in units_here(first)
    assert (problems(first), problems(second)) == ([], [("registered", "S1")])
    world.server.restore(right)
    settled(world)
    assert "S1 on PS-3" in units_here(first)
    assert (problems(first), problems(second)) == ([("registered", "S1")], [])


def hire(world: World, who: str) -> None:
    """Import an operator."""
    sql = f"INSERT INTO operator (id, name, duties) SELECT '{who}', name, duties FROM operator WHERE id = '1002'"
    world.server.write(lambda work: work.driver.say(sql))
    world.server.restart()


def test_the_removal_of_somebody_who_is_younger_than_the_backup_is_a_problem(world: World) -> None:
    """It was refused, as nobody knew the operator; the unit came after it and counted, and nobody was told."""
    first, second = world.devices
    hire(world, "1004")
    do(first, AddSerial("PS-1", 1, "S1"))
    sign_in(second, "1004")
    open_slip(second, "PS-1")
    do(second, RemoveSerial("PS-1", 1, "S1"))
    settled(world)
    world.server.restore(world.backups[0])
    pass_time(world, second, 10)
    hire(world, "1004")
    settled(world)
    assert counting(world) == ["s1"]
    assert (problems(first), problems(second)) == ([], [("removed", "S1")])


def test_nothing_is_posted_that_only_has_the_number_of_what_was_drafted_here(world: World) -> None:
    """A new terminal was given the numbers again; its slip, for another customer, got the unit and was posted."""
    first, second = world.devices
    second.close()
    world.devices = [first]
    posted(first, "SO-2", 1, 1, "S1")
    settled(world)
    world.server.restore(world.backups[0])
    with out_of_reach(world, first, 60):
        new = new_terminal(world)
        assert new.desk.call(lambda journal: journal.next_number(journal.merging.shop().slip_prefix)) == SLIP
        do(new, DraftSlip(SLIP, "SO-1", ((1, 1),)))
    pass_time(world, first, 70)
    settled(world)
    assert status(world, SLIP) == "draft"
    assert problems(first) == [("slip-drafted", None), ("posting-requested", None)]


# What a terminal shows after its server was set back.


def test_what_is_left_of_an_order_while_a_reversal_is_sent_again(world: World) -> None:
    """Its slip was read just then, as it was before: what the reversal gives back was added twice, 6 of 5 were left."""
    first, _ = world.devices
    posted(first, "SO-2", 1, 1, "S1")
    backup = world.server.backup()
    do(first, ReverseSlip(SLIP))
    pass_time(world, first, 100)
    assert left(first, "SO-2") == [5]
    world.server.restore(backup)
    first.sender.road.check = True
    first.sender.step()
    assert first.desk.call(lambda journal: journal.outbox.standing.unsent) > 0
    open_slip(first, SLIP)
    pass_time(world, first, 1000)
    assert left(first, "SO-2") == [5]
    settled(world)


def test_what_an_invoice_draws_is_let_go_with_the_slip_that_the_server_has_no_more(world: World) -> None:
    """Both were let go where they had been read, and what the invoice takes from the slip stayed there for ever."""
    first, second = world.devices
    do(second, DraftSlip("PS-T2-1", "SO-1", ((2, 2),)), RequestPosting("PS-T2-1", False))
    do(second, DraftInvoice("INV-T2-1", "SO-1"), DrawUnits("INV-T2-1", "PS-T2-1", 1, (), 1))
    open_order(first, "SO-1")
    world.server.restore(world.backups[0])
    second.close()
    world.devices = [first]
    settled(world)
    draws = first.desk.call(lambda j: [*j.records.draws("INV-T2-1"), *j.records.draws_on("PS-T2-1")])
    assert draws == []


def test_an_undo_while_a_restored_server_is_about_to_hear_of_the_posting_again(world: World) -> None:
    """A draft again, with a unit sold again since: the undo gave its serial to two, which looked like a disk error."""
    first, second = world.devices
    do(second, SellOneMore("CS-T2-1", "PUMP"), AddSerial("CS-T2-1", 1, "S1"), RequestPosting("CS-T2-1", False))
    do(first, SellOneMore(SALE, "PUMP"), AddSerial(SALE, 1, "S1", "It came back"))
    backup = world.server.backup()
    do(first, RequestPosting(SALE, False))
    do(first, AddSerial("PS-1", 1, "S1", "It came back"))
    open_slip(first, "CS-T2-1")
    settled(world)
    world.server.restore(backup)
    sign_in(first, "1001")
    do(first, Undo(SALE))
    settled(world)
    assert (status(world, SALE), problems(first)) == ("posted", [("undone", "S1")])


def test_a_kept_unit_that_was_sold_again_since_is_dropped(world: World) -> None:
    """Sold a third time since: dropping it gave its serial back to two units, which looked like a disk error."""
    first, second = world.devices
    for device in (first, second):
        open_order(device, "SO-2")
    do(second, SellOneMore("CS-T2-1", "PUMP"), AddSerial("CS-T2-1", 1, "S1"), RequestPosting("CS-T2-1", False))
    do(second, DraftSlip("PS-T2-1", "SO-2", ((1, 1),)), AddSerial("PS-T2-1", 1, "S1", "It came back"))
    do(second, RequestPosting("PS-T2-1", False))
    backup = world.server.backup()
    unit = the_unit(world, "PS-T2-1")
    do(second, DraftInvoice("INV-T2-1", "SO-2"), DrawUnits("INV-T2-1", "PS-T2-1", 1, (unit,), 0))
    do(second, RequestPosting("INV-T2-1", False))
    do(second, AddSerial("PS-1", 1, "S1", "It came back"))
    open_order(first, "SO-2")
    open_slip(first, "PS-1")
    open_slip(first, "CS-T2-1")
    world.server.restore(backup)
    with out_of_reach(world, second, 500):
        third = new_terminal(world)
        open_order(third, "SO-2")
        do(third, ReverseSlip("PS-T2-1"))
        sign_in(first, "1001")
        do(first, DropKept("PS-T2-1", 1, unit))
        assert units_here(first) == ["S1 on CS-T2-1", "S1 on PS-1"]
    settled(world)
    assert units_here(first) == ["S1 on CS-T2-1", "S1 on PS-1"]


# Two devices with the same data, and a server that is set back.


def test_a_line_that_was_reversed_is_none_after_it_was_another_slips(world: World) -> None:
    """It was forgotten without a word while a copy's slip had the number: by the journal's replay it was reversed."""
    first, second = world.devices
    copy = copied(world, first)
    do(first, DraftSlip(SLIP, "SO-1", ((1, 1), (2, 2))), AddSerial(SLIP, 1, "S1"), RequestPosting(SLIP, False))
    do(copy, DraftSlip(SLIP, "SO-1", ((2, 1),)))
    settled(world)
    right = world.server.backup()
    do(first, AddSerial("PS-1", 1, "S9"))
    open_order(second, "SO-1")
    do(second, ReverseSlip(SLIP), AddSerial("PS-1", 1, "S8"))
    do(copy, AddSerial("PS-1", 1, "S7"))
    set_back(world, world.backups[0], copy)
    world.server.restore(right)
    with out_of_reach(world, second, 300):
        for device in (first, copy):
            pass_time(world, device, 70)
        sign_in(first, "1001")
        open_order(first, "SO-1")
        do(first, DraftInvoice(INVOICE, "SO-1"), DrawUnits(INVOICE, SLIP, 1, (the_unit(world, SLIP),), 0))
        do(first, RequestPosting(INVOICE, False))
    settled(world)
    for device in (first, second, copy):
        assert device.desk.call(lambda journal: [line.reversed for line in journal.records.lines(SLIP)]) == [
            False,
            False,
        ]


def test_what_was_brought_along_from_a_slip_whose_number_is_anothers(world: World) -> None:
    """Its slip was refused, as the one it came from: it had nowhere to go back to, and the replay had it elsewhere."""
    first, _ = world.devices
    copy = copied(world, first)
    do(first, DraftSlip(SLIP, "SO-1", ((1, 1),)), AddSerial(SLIP, 1, "S1"), RequestPosting(SLIP, False))
    do(copy, DraftSlip(SLIP, "SO-1", ((2, 1),)))
    settled(world)
    do(first, ReverseSlip(SLIP))
    do(first, DraftSlip("PS-T1-2", "SO-1", ((1, 1),), (the_unit(world, SLIP),)))
    settled(world)
    pass_time(world, copy, 3)
    sign_in(first, "1001")
    world.server.restore(world.backups[0])
    pass_time(world, copy, 10)
    sign_in(first, "1002")
    settled(world)
    assert units_here(first) == []


def test_a_copy_that_reads_a_slip_before_it_sends_keeps_what_it_scanned(world: World) -> None:
    """The other device's event at that place was taken for its own: its scan was not shown here, and counted."""
    first, _ = world.devices
    copy = copied(world, first)
    pass_time(world, copy, 2)
    do(first, AddSerial("PS-1", 1, "S1"))
    assert copy.do(lambda _device, _journal: [AddSerial("PS-1", 1, "S2")])  # the next request asks for the slip
    open_slip(copy, "PS-1")
    all_sent(world)
    assert units_here(copy) == ["S1 on PS-1", "S2 on PS-1"]
    settled(world)


def test_what_cannot_be_read_is_known_as_the_last_that_two_copies_have_in_common(world: World) -> None:
    """It was no event to go on from: the copy sent all again, and gave it up, as if another device's had its place."""
    first, _ = world.devices
    do(first, AddSerial("PS-1", 1, "S1"), AddSerial("PS-1", 1, "S2", TOO_LONG))
    copy = copied(world, first)
    do(first, AddSerial("PS-1", 1, "S3"))
    do(copy, AddSerial("PS-1", 1, "S4"))
    settled(world)
    assert counting(world) == ["s1", "s3", "s4"]


def test_what_cannot_be_read_is_known_when_two_copies_send_it_again(world: World) -> None:
    """It was never taken for the same: the second one was told that another event has its place, and gave it up."""
    first, _ = world.devices
    do(first, AddSerial("PS-1", 1, "S1"), AddSerial("PS-1", 1, "S2", TOO_LONG), AddSerial("PS-2", 1, "S5"))
    copy = copied(world, first)
    do(first, AddSerial("PS-1", 1, "S3"))
    do(copy, AddSerial("PS-1", 1, "S4"))
    settled(world)
    world.server.restore(world.backups[0])
    pass_time(world, first, 10)
    settled(world)
    assert counting(world) == ["s1", "s3", "s4", "s5"]


# An answer that was lost, of a server that knew less than the one after it.


def forget_symbols(world: World) -> None:
    """Keep every event as servers did that knew nothing of what a serial's symbol says beside it."""
    read = "SELECT id, sequence, terminal, epoch, operator, recorded_at, type, body FROM event"
    with contextlib.closing(sqlite3.connect(world.server.path)) as connection, connection:
        for id, *envelope_fields, body in connection.execute(read).fetchall():
            known = {name: value for name, value in json.loads(body).items() if name != "gtin"}
            text = json.dumps(known, separators=(",", ":"))
            whole = json.dumps([id, *envelope_fields, text]).encode()
            digest = hashlib.blake2b(whole, digest_size=16).hexdigest()
            connection.execute("UPDATE event SET body = ?, digest = ? WHERE id = ?", (text, digest, id))
        connection.execute("UPDATE registration SET gtin = ''")


def test_an_answer_of_a_server_that_knew_fewer_fields_is_repeated(world: World) -> None:
    """The retry was not what that server had kept: it was taken for another device's event, and given up."""
    first, _ = world.devices
    world.faulty, world.network.next_fault = True, "answer-lost"
    do(first, AddSerial("PS-1", 1, "S1", "", "04012345678901"))
    forget_symbols(world)
    world.faulty = False
    settled(world)
    assert (counting(world), problems(first)) == (["s1"], [])


def test_an_answer_of_a_server_that_could_not_read_the_event_is_repeated(world: World) -> None:
    """The retry could be read by then, was not what that server had kept, and was given up as another device's."""
    first, _ = world.devices
    posted(first, "SO-2", 1, 1, "S1")

    def older(given: Mapping[str, Any], terminal: str, epoch: str) -> Recorded:
        if given.get("type") == "slip-reversed":
            raise ValueError("unknown event type 'slip-reversed'")
        return event_of(given, terminal, epoch)

    world.faulty, world.network.next_fault = True, "answer-lost"
    with mock.patch.object(envelope, "event_of", older):
        do(first, ReverseSlip(SLIP))
    world.faulty = False
    settled(world)
    assert (status(world, SLIP), problems(first)) == ("posted", [("slip-reversed", None)])
