"""One slip as an invoice sees it: all of it on or off, and how many units without a serial (S14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from terminal.domain.documents import ScanMode, SlipStatus
from terminal.domain.intents import DrawUnits, ReturnUnits
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import InvoiceView, LineShare, SlipShare
from terminal.ui.cells import Band, safe, several, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, number_bands, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Stage
from terminal.ui.pages.saying import SayingPage, Turns
from terminal.ui.pages.weighing import (
    Weighed,
    could_be,
    share_line_words,
    share_words,
    warning,
    weighing,
    without_serial,
)
from terminal.ui.ports import Fault
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural

LONGEST_QUANTITY = 6
"""Digits of a typed quantity at the most: a longer number is a barcode."""


class InvoiceSlipPage(SayingPage):
    """What can be done with the whole slip, then its lines; a typed number says how many units without a serial.

    `take`: puts all of the slip on the invoice, or takes it off.
    """

    topic: ClassVar[str] = "invoices"

    def __init__(self, stage: Stage, view: InvoiceView, slip: str, take: Callable[[str, ScanMode], None]) -> None:
        super().__init__(stage)
        self.view = view
        self.slip = slip
        self.take = take
        self.choices = Choices(by_pages=False, numbered=False)
        self.turns = Turns(stage)
        self._ways: Sequence[ScanMode] = ()
        self._fill()

    def keys(self) -> Keys:
        """See `Page`."""
        on_way = self.choices.selected < len(self._ways)
        first = [("enter", _("choose"))] if on_way else [("enter", _("take"))] if self.wants_number else []
        return [*first, ("f3", _("Back")), ("f7", _("Down")), ("f6", _("Up"))]

    @property
    def wants_number(self) -> bool:
        """See `Page`."""
        line = self._line
        return self._draft and line is not None and without_serial(line)[1] > 0

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        words = _("{slip} on {invoice}").format(slip=self.slip, invoice=self.view.invoice.number)
        top = [header(words, self.desk.state, columns)]
        foot = said_bands(self.said, self.style, columns, rows)
        detail = self._detail() if rows >= 8 else ""
        foot = (
            [*several(wrap(safe(detail), columns, 6 if rows >= 16 else 3), "info", cells=columns), *foot]
            if detail
            else foot
        )
        if self.wants_number:
            foot += number_bands(self.digits + entry, columns, rows, prompt=_("units>"))
        else:
            foot.append(entry_band(entry, columns))
        foot += key_bar(self.keys(), columns, rows)
        room = max(1, rows - len(top) - len(foot))
        return stack(top, self.choices.bands(columns, room, len(top)), foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        at = self.choices.pressed(key)
        if at is not None and at < len(self._ways):
            mode = self._ways[at]
            self.stage.back()
            self.take(self.slip, mode)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take a number of units for the selected line; a scan is judged where it belongs."""
        text = scan.code
        typed = text.isascii() and text.isdigit() and len(text) <= LONGEST_QUANTITY
        if scan.by_scanner or scan.repeat or not typed:
            self.stage.back_and_scan(scan)
            return
        line = self._line
        if not self._draft:
            self.no(
                _("{invoice} is no draft any more: nothing on it changes.").format(invoice=self.view.invoice.number)
            )
            return
        if line is None or not without_serial(line)[1]:
            self.no(_("A number counts for lines with #. Choose one, or scan serials."))
            return
        number = line.line.number
        self.turns.take(lambda then: self._ask(number, int(text), then), self._judged, text)
        self.choices.move(1)

    def shown(self) -> None:
        """See `Page`. What waited for the journal to be well again goes on."""
        self.turns.next()
        self.news(None)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.desk.invoice(self.view.invoice.number, self._read)

    def left(self) -> Sequence[str]:
        """See `Page`."""
        super().left()
        return self.turns.give_up()

    @property
    def _draft(self) -> bool:
        """Whether anything can still be chosen: later there is only something to look at."""
        return self.view.invoice.status is SlipStatus.DRAFT

    @property
    def _share(self) -> SlipShare | None:
        return next((each for each in self.view.slips if each.slip.number == self.slip), None)

    @property
    def _line(self) -> LineShare | None:
        """The line that is selected; none where something that can be done is."""
        at = self.choices.selected - len(self._ways)
        lines = self._share.lines if self._share else ()
        return lines[at] if 0 <= at < len(lines) else None

    def _detail(self) -> str:
        """Say what the selected entry is about, where its row is too short for it."""
        share, line = self._share, self._line
        if share is None or not share.lines:
            return _("This slip has nothing to invoice any more.")
        if line is None:
            words = share_words(share, wide=True)
            return f"{share.slip.number} {words}"
        name, (now, most) = line.line.description or line.line.item, without_serial(line)
        if not could_be(line):
            elsewhere = _("{item}: all of it is on other invoices.")
            return (elsewhere if share.share.elsewhere else _("{item}: all of it is invoiced already.")).format(
                item=name
            )
        if not most:
            return _("{item}: scan the serials.").format(item=name) if self._draft else name
        words = _("{item}: {now} of {most} without a serial on it.")
        if self._draft:
            words = _("{item}: {now} of {most} without a serial on it. Type how many.")
        return words.format(item=name, now=now, most=most)

    def _ask(self, number: int, units: int, then: Callable[[object], None]) -> None:
        """Ask for so many units without a serial of a line, by what is on the invoice when its turn has come."""
        share = self._share
        line = next((each for each in share.lines if each.line.number == number), None) if share else None
        if line is None:
            then(refuse(Code.UNKNOWN_LINE, document=self.slip, line=number))
            return
        intent = _change(self.view.invoice.number, self.slip, line, units)
        if intent is None or isinstance(intent, Refusal):
            then(intent)
        else:
            self.desk.record(intent, None, weighing(self.desk, self.view.invoice.number, then))

    def _judged(self, result: Weighed | Refusal | None) -> None:
        if isinstance(result, Refusal):
            self.no(result)
            return
        before = len(self.view.incomplete)
        if result is not None:
            self._read(result.view)
        share = self._share
        if len(self.view.incomplete) > max(1, before):
            self.say("warn", warning(self.view))
            self.stage.sound(Sound.NO)
        elif share is not None:
            self.ok(plural("{slip}: {n} unit on it", "{slip}: {n} units on it", share.share.mine, slip=self.slip))

    def _read(self, view: InvoiceView | Fault | None) -> None:
        if isinstance(view, Fault):
            self.stage.fault(view)
        elif view is not None:
            self.view = view
            self._fill()
            self.stage.repaint()

    def _fill(self) -> None:
        share = self._share
        ways: list[ScanMode] = []
        entries: list[tuple[str, str]] = []
        if share is not None and self._draft and share.share.left > 0:
            ways.append(ScanMode.ADD)
            entries.append((_("Put the rest on") if share.share.mine else _("Put all on"), f"{share.share.left}"))
        if share is not None and self._draft and share.share.mine:
            ways.append(ScanMode.REMOVE)
            entries.append((_("Take all off"), f"{share.share.mine}"))
        entries += [share_line_words(line, chooses=self._draft) for line in (share.lines if share else ())]
        self._ways = ways
        self.choices.put(entries)


def _change(invoice: str, slip: str, line: LineShare, units: int) -> DrawUnits | ReturnUnits | Refusal | None:
    """Say what makes it so many units without a serial: units of no registration first, then those not readable."""
    now, most = without_serial(line)
    number = line.line.number
    if units > most:
        return refuse(Code.MORE_THAN_SHIPPED, document=slip, line=number, left=most, wanted=units)
    if units > now:
        plain = min(units - now, line.plain_left)
        return DrawUnits(invoice, slip, number, line.blanks_free[: units - now - plain], plain)
    if units < now:
        plain = min(now - units, line.plain_drawn)
        return ReturnUnits(invoice, slip, number, line.blanks_drawn[: now - units - plain], plain)
    return None
