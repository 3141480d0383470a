"""An order whose slips have left, and fingers on a screen."""

from __future__ import annotations

from terminal.domain.changes import settled
from terminal.domain.documents import Item, OrderLine, SalesOrder
from terminal.domain.events import SlipReversed
from terminal.domain.intents import AddNotReadable, AddSerial, DraftSlip
from terminal.domain.ledger import Ledger
from terminal.ui.frame import key_at
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.pages.menu import MenuPage

from .stage import DRILL, GLUE, ITEMS, SAW, PlayDesk, PlayStage

ORDER = "SO-2001"


def nothing(_: object) -> None:
    """Take an answer that nobody waits for."""


def order_desk(*, customer: str = "Customer", items: tuple[Item, ...] = ITEMS) -> PlayDesk:
    """A desk with an order of 6 drills, 9 tubes of glue and 2 saws that nothing has left of yet."""
    lines = (OrderLine(1, DRILL.number, 6, 6), OrderLine(2, GLUE.number, 9, 9), OrderLine(3, SAW.number, 2, 2))
    desk = PlayDesk(Ledger(items, (), [SalesOrder(ORDER, customer, lines)]))
    desk.numbers, desk.orders = [], [ORDER]
    return desk


def ship(desk: PlayDesk, number: str, *serials: str | None, glue: int = 0) -> None:
    """Let a slip leave: a drill for each serial, where None was not readable, and glue that has none."""
    units = [(line, n) for line, n in ((1, len(serials)), (2, glue)) if n]
    desk.record(DraftSlip(number, ORDER, tuple(units)), None, nothing)
    for serial in serials:
        intent = AddNotReadable(number, 1) if serial is None else AddSerial(number, 1, serial)
        desk.record(intent, 1, nothing)
    desk.post(number)
    desk.numbers = [*desk.numbers, number]


def reverse(desk: PlayDesk, number: str) -> None:
    """Let the server cancel a slip: its serials are kept (S12)."""
    for change in settled(desk.ledger, SlipReversed(number, 0)):
        desk.ledger.apply(change)


def three_slips(*, glue: int = 0) -> PlayDesk:
    """Three posted slips of two drills each: the example of S14."""
    desk = order_desk()
    for n in (1, 2, 3):
        ship(desk, f"PS-100{n}", f"SN-{n}A", f"SN-{n}B", glue=glue)
    return desk


def touch(stage: PlayStage, words: str, columns: int = 20, rows: int = 16) -> None:
    """Touch what stands on the screen, as the app takes touches: a key's label, or a row."""
    shown = stage.rows(columns, rows)
    row = next(at for at in reversed(range(len(shown))) if words in shown[at])
    column = shown[row].index(words)
    name = key_at(stage.top.keys(), columns, rows, row, column)
    if name == "f3":
        if not stage.top.stays():
            stage.back()
    elif name == "f1":
        stage.enter(MenuPage(stage, stage.top.menu()))
    else:
        stage.top.pressed(Pressed(name) if name else Pressed("mouse", True, row, column))


def by_scanner(stage: PlayStage, *texts: str) -> None:
    """Scan codes, faster than anybody types."""
    for text in texts:
        stage.top.scanned(Scanned(text, "serial", by_scanner=True))
