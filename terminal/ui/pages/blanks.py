"""Units that were not readable and still want their serial, oldest first, over all documents (S9)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from terminal.domain.refusals import Refusal
from terminal.domain.views import OpenBlank
from terminal.ui.cells import Band, safe, several, width, wrap
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.labels import labels
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import ListPage, Stage
from terminal.ui.pages.correcting import Unit, correct, serial_words, why_not_correct
from terminal.ui.pages.saying import SayingPage, asking_words, text_bands
from terminal.ui.ports import Blanks, Fault, Link, NoStock, Number, Traced
from terminal.ui.sentences import clock_time
from terminal.ui.words import _, plural


class BlanksPage(ListPage, SayingPage):
    """The worklist. An order's or document's number, or an item's code, leaves only what belongs to it."""

    topic: ClassVar[str] = "blanks"

    def __init__(self, stage: Stage, only: str = "") -> None:
        super().__init__(stage)
        self.asking = True
        """Whether the server has not answered yet: what is known here is shown meanwhile."""
        self.only = only
        self.blanks: Blanks | None = None
        self.choices = Choices()

    @property
    def units(self) -> Sequence[OpenBlank]:
        """The units that are shown."""
        every = self.blanks.units if self.blanks else ()
        return [unit for unit in every if not self.only or self.only.casefold() in _names(unit)]

    def keys(self) -> Keys:
        """See `Page`."""
        keys = [("enter", f"({_('fill')})" if self._why_not() else _("fill"))] if self.units else []
        if self.only:
            keys.append(("f5", _("All")))
        return (*keys, ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")), ("f1", _("Menu")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        units = self.units
        top = [header(_("Not readable"), self.desk.state, columns)]
        if self.blanks is not None or self.asking:
            top += text_bands([self._heading()], "bold", columns)[: 4 if rows >= 12 else 1]
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        self.choices.put([self._words(at, unit, columns) for at, unit in enumerate(units, 1)])
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        if self.blanks is not None and not units and not self.asking:
            nothing = _("No unit wants a serial.") if not self.only else _("None here. {key_f5} shows all.")
            body = several(wrap(nothing.format_map(labels()), columns, room), "ok", cells=columns)
        return stack(top, body, foot, rows)

    def shown(self) -> None:
        """See `Page`."""
        if self.blanks is None:
            self.desk.blanks(self._known, ask=False)
        self.news(None)

    def news(self, document: str | None) -> None:
        """See `Page`."""
        self.desk.blanks(self._read)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "f5":
            self.only = ""
            self.say("", "")
            return
        super().pressed(key)

    def scanned(self, scan: Scanned) -> None:
        """Show only what belongs to an order, a document or an item; a place in the list that was typed is opened."""
        if scan.repeat:
            return
        text = scan.code
        known = {name for unit in (self.blanks.units if self.blanks else ()) for name in _names(unit)}
        typed = text.isascii() and text.isdigit() and len(text) < 6 and not scan.by_scanner
        if text and text.casefold() in known:
            self._filter(text)
        elif typed and 0 < int(text) <= len(self.units):
            self.pick(int(text) - 1)
        else:
            self.desk.trace(text, partial(self._named, text))  # it knows which item a barcode stands for

    def _named(self, text: str, found: Traced | NoStock | Number | Fault) -> None:
        if isinstance(found, Fault):
            self.stage.fault(found)
        elif isinstance(found, NoStock):
            self._filter(found.item)
        else:
            words = _("{code} is no order and no item here. Choose a unit, then scan its label.")
            self.no(words.format(code=serial_words(text)))

    def _filter(self, only: str) -> None:
        self.only = only
        self.choices.selected = 0
        self.say("", "")

    def pick(self, at: int) -> None:
        """See `ListPage`."""
        units = self.units
        if at < len(units):
            self.choices.selected = at
            self.say("", "")
            correct(self.stage, _unit(units[at]), self)

    def _why_not(self) -> Refusal | None:
        """Say why the selected unit can't be filled, as far as that is plain beforehand."""
        units = self.units
        at = min(self.choices.selected, len(units) - 1)
        return why_not_correct(self.desk, _unit(units[at])) if units else None

    def _known(self, blanks: Blanks | Fault) -> None:
        """Take what is known here, until the server has answered."""
        if self.asking and isinstance(blanks, Blanks):
            self.blanks = blanks
            self.stage.repaint()

    def _read(self, blanks: Blanks | Fault) -> None:
        self.asking = False
        if isinstance(blanks, Fault):
            self.stage.fault(blanks)
        else:
            self.blanks = blanks
            self.stage.repaint()

    def _heading(self) -> str:
        every = len(self.blanks.units) if self.blanks else 0
        more = self.blanks is not None and self.blanks.more
        words = _("The first {every} units") if more else plural("{n} unit", "{n} units", every)
        if self.only:
            words = _("Only {name}: {n} of the first {every}") if more else _("Only {name}: {n} of {every}")
        words = words.format(name=self.only, n=len(self.units), every=every)
        if self.asking:
            words = f"{words}. {asking_words()}" if every else asking_words()
        elif self.blanks is not None and not self.blanks.complete:
            linked = self.desk.state.link in {Link.ONLINE, Link.DEGRADED}
            words += ". " + (_("There may be more.") if linked else _("No link: there may be more."))
        return words

    def _words(self, number: int, unit: OpenBlank, columns: int) -> tuple[str, str]:
        right = f"{unit.document}/{unit.line}"
        when = clock_time(unit.recorded_at, self.desk.shop.time_zone)
        for more in (f"{unit.order} {right} {when}", f"{unit.order} {right}"):
            if width(safe(f"{number} {unit.item} {more}")) <= columns - 2:
                return unit.item, more
        return unit.item, right if width(safe(right)) <= columns * 2 // 3 else ""


def _names(unit: OpenBlank) -> frozenset[str]:
    return frozenset(name.casefold() for name in (unit.order, unit.document, unit.item) if name)


def _unit(blank: OpenBlank) -> Unit:
    return Unit(
        blank.registration,
        blank.document,
        blank.line,
        blank.item,
        None,
        blank.status,
        order=blank.order,
        customer=blank.customer,
    )
