"""Drafting a packing slip, or an invoice that ships, from an open order: all that is left by default (S13, S14).

What was reversed comes along on a slip (S12): the oldest units that fit, unless the operator ticks others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import KeptUnit, Verdict
from terminal.ui.cells import Band, one, safe, several, wrap
from terminal.ui.frame import Choices, Keys, header, key_bar, number_bands, said_bands, stack
from terminal.ui.labels import labels
from terminal.ui.messages import NotAScan, Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.pages.coming_along import ComingAlongPage
from terminal.ui.pages.menu import Entry
from terminal.ui.ports import Draft, Fault
from terminal.ui.sentences import not_a_scan, refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _

LONGEST_QUANTITY = 6
"""Digits of a typed quantity at the most: a longer number is a barcode."""


class DraftingPage(Page):
    """A list of order lines; a typed number sets the units of the selected one.

    `then` is handed the number of what was drafted: a slip, or with `invoice` an invoice that ships the units itself.
    """

    topic: ClassVar[str] = "orders"

    def __init__(
        self,
        stage: Stage,
        draft: Draft,
        then: Callable[[str], None],
        kept: Sequence[KeptUnit] = (),
        *,
        invoice: bool = False,
    ) -> None:
        super().__init__(stage)
        self.draft = draft
        self.then = then
        self.invoice = invoice
        self.kept = {line[0]: [unit for unit in kept if unit.order_line == line[0]] for line in draft.lines}
        self.brought: dict[int, Sequence[str]] = {}
        self.units = {number: left for number, _item, _description, left in draft.lines}
        self.choices = Choices(by_pages=False)
        self.said, self.style = "", ""
        self.making = False
        for line in self.units:
            self._bring(line)
        self._offered = (dict(self.units), dict(self.brought))
        self._asked = False  # whether what was changed here may be lost
        self._fill()

    def keys(self) -> Keys:
        """See `Page`."""
        kept = [("f4", _("Kept"))] if self._kept_here() else []
        ways = [("f3", _("Back")), ("f7", _("Down")), ("f6", _("Up")), ("f1", _("Menu"))]
        return [("enter", _("set")), ("f8", _("Draft")), *kept, *ways]

    @property
    def wants_number(self) -> bool:
        """See `Page`."""
        return True

    def stays(self) -> bool:
        """See `Page`. What was typed here is nowhere else yet."""
        if self.making or self._asked or self._offered == (self.units, self.brought):
            return False
        self._asked = True
        words = _("Nothing is drafted yet. {key_f8} drafts it, {key_f3} again forgets it.").format(**labels())
        self._say("warn", words)
        self.stage.sound(Sound.NO)
        return True

    def menu(self) -> Sequence[Entry]:
        """See `Page`."""
        return [(_("Slip instead") if self.invoice else _("Ship and invoice"), self._turn)]

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        title = _("{order} ship+invoice") if self.invoice else _("{order} new slip")
        top = [header(title.format(order=self.draft.order), self.desk.state, columns)]
        if rows >= 12:
            top.append(one(safe(self.draft.customer), cells=columns))
        foot = said_bands(self.said, self.style, columns, rows)
        if self._kept_here() and not self.said and rows >= 8:
            foot = several(wrap(self._kept_words(), columns, 3 if rows >= 12 else 1), "info", cells=columns)
        foot += number_bands(self.digits + entry, columns, rows, prompt=_("units>"))
        foot += key_bar(self.keys(), columns, rows)
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        return stack(top, body, foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        self._asked = False
        if key.name == "f8" and not self.making:
            self._make()
        elif key.name == "f4" and self._kept_here():
            self._choose_kept(self._line())
        else:
            self.choices.pressed(key)  # selects: a quantity is typed for what is selected
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take a quantity for the selected line, or an item's number that selects its line."""
        self._asked = False
        text = scan.code
        number, item, _description, left = self.draft.lines[self.choices.selected]
        if text.isascii() and text.isdigit() and len(text) <= LONGEST_QUANTITY:
            if int(text) > left:
                self._no(_("{item}: only {left} left to ship. Take fewer.").format(item=item, left=left))
                return
            self.units[number] = int(text)
            self._bring(number)
            self.said = ""
            self._fill()
            self.choices.move(1)
        else:
            places = [at for at, line in enumerate(self.draft.lines) if line[1].casefold() == text.casefold()]
            if not places:
                self._no(_("{code} is no quantity and no item of this order.").format(code=text))
                return
            self.choices.selected = places[0]
        self.stage.repaint()

    def not_a_scan(self, what: NotAScan) -> None:
        """See `Page`."""
        self._no(not_a_scan(what.reason, what.excerpt))

    def _make(self) -> None:
        chosen = [(line, units) for line, units in self.units.items() if units]
        if not chosen:
            self._no(refusal_sentence(refuse(Code.NOTHING_TO_SHIP, order=self.draft.order), self.desk.shop.time_zone))
            return
        self.making = True  # once: a second press would draft a second slip
        if self.invoice:
            self.desk.make_invoice(self.draft.order, chosen, self._made)
        else:
            brought = [id for line, _units in chosen for id in self.brought[line]]
            self.desk.make_slip(self.draft.order, chosen, self._made, brought)

    def _turn(self) -> None:
        """Draft the other kind of document."""
        self.invoice = not self.invoice
        self._fill()
        self.stage.repaint()

    def _line(self) -> int:
        return self.draft.lines[self.choices.selected][0]

    def _kept_here(self) -> bool:
        """Whether the selected line has units that could come along."""
        return not self.invoice and bool(self.kept[self._line()])

    def _bring(self, line: int) -> None:
        """Let the oldest kept units that fit come along on a line."""
        self.brought[line] = [unit.registration for unit in self.kept[line][: self.units[line]]]

    def _choose_kept(self, line: int) -> None:
        def chosen(registrations: Sequence[str]) -> None:
            self.brought[line] = registrations
            self._fill()

        kept, brought = self.kept[line], self.brought[line]
        self.said = ""
        item = self.draft.lines[self.choices.selected][2] or self.draft.lines[self.choices.selected][1]
        self.stage.enter(ComingAlongPage(self.stage, self.draft.order, item, self.units[line], kept, brought, chosen))

    def _kept_words(self) -> str:
        kept, brought = self.kept[self._line()], self.brought[self._line()]
        blanks = sum(unit.serial is None for unit in kept)
        words = _("{n} of {kept} kept units come along. {key_f4} chooses.")
        if blanks:
            words = _("{n} of {kept} kept ({blanks} not readable) come along. {key_f4} chooses.")
        return words.format(n=len(brought), kept=len(kept), blanks=blanks, **labels())

    def _fill(self) -> None:
        entries = []
        for number, _item, text, left in self.draft.lines:
            along = f" <{len(self.brought[number])}" if self.kept[number] and not self.invoice else ""
            entries.append((text, f"{self.units[number]}/{left}{along}"))
        self.choices.put(entries)

    def _made(self, result: Verdict | Refusal | Fault) -> None:
        self.making = False
        if isinstance(result, Fault):
            self.stage.fault(result)
            return
        ruled = result.result if isinstance(result, Verdict) else result
        if isinstance(ruled, Refusal):
            self._no(refusal_sentence(ruled, self.desk.shop.time_zone))
        else:
            self.stage.sound(Sound.OK)
            self.making = True
            self.then(ruled.document)

    def _no(self, words: str) -> None:
        self._say("no", f"{_('NO')} {words}")
        self.stage.sound(Sound.NO)

    def _say(self, style: str, words: str) -> None:
        self.style, self.said = style, words
        self.stage.repaint()
