"""Ticking which kept serials come along on a new slip (S12): by digit, by F4, by touch, or by scanning them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from terminal.domain.documents import SerialForm
from terminal.domain.serials import compared
from terminal.domain.views import KeptUnit
from terminal.ui.cells import Band, between, cut_left, one, safe
from terminal.ui.frame import Choices, Keys, entry_band, header, key_bar, said_bands, stack
from terminal.ui.messages import Pressed, Scanned
from terminal.ui.page import Stage
from terminal.ui.pages.saying import SayingPage
from terminal.ui.sentences import LONGEST_ECHO
from terminal.ui.sound import Sound
from terminal.ui.words import _, plural


class ComingAlongPage(SayingPage):
    """The reversed units of one order line, oldest first; no more are ticked than the new slip has `units`.

    Enter ticks nothing: it leads on, so that a digit counts once with it and without it. `item` is what they are.
    `then` is handed the ticked ones after every change.
    """

    topic: ClassVar[str] = "orders"

    def __init__(
        self,
        stage: Stage,
        order: str,
        item: str,
        units: int,
        kept: Sequence[KeptUnit],
        ticked: Sequence[str],
        then: Callable[[Sequence[str]], None],
    ) -> None:
        super().__init__(stage)
        self.order, self.item, self.units, self.kept, self.then = order, item, units, kept, then
        self.ticked = set(ticked)
        self.choices = Choices(by_pages=False)
        self._fill()

    def keys(self) -> Keys:
        """See `Page`."""
        return (("enter", _("done")), ("f4", _("Tick")), ("f3", _("Back")), ("f7", _("Down")), ("f6", _("Up")))

    def bands(self, columns: int, rows: int, entry: str) -> list[Band]:
        """See `Page`."""
        top = [header(_("{order} kept").format(order=self.order), self.desk.state, columns)]
        words = _("{n} of {units} come along").format(n=len(self.ticked), units=self.units)
        if rows >= 12:
            top.append(one(safe(self.item), cells=columns))
            top.append(one(words, "bold", cells=columns))
        else:
            top.append(one(between(safe(self.item), words, columns), "bold", cells=columns))
        foot = said_bands(self.said, self.style, columns, rows)
        foot += [entry_band(entry, columns), *key_bar(self.keys(), columns, rows)]
        room = max(1, rows - len(top) - len(foot))
        return stack(top, self.choices.bands(columns, room, len(top)), foot, rows)

    def pressed(self, key: Pressed) -> None:
        """See `Page`."""
        if key.name == "enter":
            if key.fresh:
                self.stage.back()
            return
        at = self.choices.selected if key.name == "f4" else self.choices.pressed(key)
        if at is not None:
            self._toggle(at)
        self.stage.repaint()

    def chosen(self, digit: int) -> bool:
        """See `Page`."""
        at = self.choices.digit(digit)
        if at is not None:
            self.choices.selected = at
            self._toggle(at)
        return at is not None

    def scanned(self, scan: Scanned) -> None:
        """Tick the unit of a serial; a place in the list that was typed ticks or unticks it."""
        if scan.repeat:
            return
        text = scan.code
        at = self._place(text)
        if at is not None:
            self.choices.selected = at
            if self.kept[at].registration in self.ticked:
                self.say("info", _("{serial} comes along already.").format(serial=_named(self.kept[at])))
            else:
                self._toggle(at)
        elif not scan.by_scanner and text.isascii() and text.isdigit() and 0 < int(text[:5]) <= len(self.kept):
            self.choices.selected = int(text[:5]) - 1
            self._toggle(self.choices.selected)
        else:
            words = _("{code} is not kept here. Draft the slip first, then scan it.")
            self.no(words.format(code=cut_left(safe(text), LONGEST_ECHO)))

    def _place(self, text: str) -> int | None:
        """Find a kept serial: just as it is written, or else as serials are compared (D2)."""
        serials = [unit.serial for unit in self.kept]
        if text in serials:
            return serials.index(text)
        form = SerialForm()
        keys = [None if serial is None else compared(serial, form) for serial in serials]
        key = compared(text, form)
        return keys.index(key) if key in keys else None

    def _toggle(self, at: int) -> None:
        unit = self.kept[at]
        if unit.registration in self.ticked:
            self.ticked.discard(unit.registration)
            self.say("ok", _("OK {serial} stays behind").format(serial=_named(unit)))
        elif len(self.ticked) >= self.units:
            no = plural(
                "The new slip has {n} unit on this line. Untick another one first.",
                "The new slip has {n} units on this line. Untick another one first.",
                self.units,
            )
            self.no(no)
            return
        else:
            self.ticked.add(unit.registration)
            self.say("ok", _("OK {serial} comes along").format(serial=_named(unit)))
        self.stage.sound(Sound.OK)
        self._fill()
        self.then([unit.registration for unit in self.kept if unit.registration in self.ticked])

    def _fill(self) -> None:
        words = [f"{'[x]' if unit.registration in self.ticked else '[ ]'} {_named(unit)}" for unit in self.kept]
        entries = [(text, unit.came_from) for text, unit in zip(words, self.kept, strict=True)]
        self.choices.put(entries, words)


def _named(unit: KeptUnit) -> str:
    return _("(not readable)") if unit.serial is None else cut_left(safe(unit.serial), LONGEST_ECHO)
