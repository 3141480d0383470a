"""Drafting a packing slip from an open order: quantity per line, all that is left by default (S13)."""

from __future__ import annotations

from collections.abc import Callable

from terminal.domain.refusals import Refusal
from terminal.domain.views import Verdict
from terminal.ui.cells import Band, one, safe
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Page, Stage
from terminal.ui.ports import Draft, Fault
from terminal.ui.sentences import refusal_sentence
from terminal.ui.sound import Sound
from terminal.ui.words import _

LONGEST_QUANTITY = 6
"""Digits of a typed quantity at the most: a longer number is a barcode."""


class DraftingPage(Page):
    """A list of order lines; a typed number sets the units of the selected one."""

    def __init__(self, stage: Stage, draft: Draft, then: Callable[[str], None]) -> None:
        super().__init__(stage)
        self.draft = draft
        self.then = then
        self.units = {number: left for number, _item, _description, left in draft.lines}
        self.choices = Choices()
        self.said = ""
        self.making = False
        self._fill()

    def keys(self) -> Keys:
        """See `Page`."""
        return (("f8", _("Draft")), ("f6", _("Up")), ("f7", _("Down")), ("f3", _("Back")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{order} new slip").format(order=self.draft.order), self.desk.state, columns)]
        if rows >= 12:
            top.append(one(safe(self.draft.customer), cells=columns))
        foot = said_bands(self.said, "no", columns, rows)
        foot += [entry_band(entry, columns, prompt=_("units>")), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        body = self.choices.bands(columns, room, len(top))
        return stack(top, body, foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        match key.name:
            case "f6" | "up":
                self.choices.move(-1)
            case "f7" | "down":
                self.choices.move(1)
            case "f8" if not self.making:
                self.making = True  # once: a second press would draft a second slip
                chosen = [(line, units) for line, units in self.units.items() if units]
                self.desk.make_slip(self.draft.order, chosen, self._made)
            case "mouse":
                self.choices.touched(key.row)
        self.stage.repaint()

    def scanned(self, scan: Scanned) -> None:
        """Take a quantity for the selected line, or an item's number that selects its line."""
        text = scan.text.strip()
        number, item, _description, left = self.draft.lines[self.choices.selected]
        if text.isascii() and text.isdigit() and len(text) <= LONGEST_QUANTITY:
            if int(text) > left:
                self._no(_("{item}: only {left} left to ship. Take fewer.").format(item=item, left=left))
                return
            self.units[number] = int(text)
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

    def _fill(self) -> None:
        self.choices.put([(text, f"{self.units[number]}/{left}") for number, _i, text, left in self.draft.lines])

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
        self.said = f"{_('NO')} {words}"
        self.stage.sound(Sound.NO)
        self.stage.repaint()
