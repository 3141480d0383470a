"""An invoice as the pages show it: how much of each slip is on it, and what is wrong with that (S14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from terminal.domain.invoicing import Share
from terminal.domain.refusals import Refusal
from terminal.domain.views import InvoiceView, LineShare, SlipShare, Verdict
from terminal.ui.ports import Desk, Fault
from terminal.ui.words import _, plural

NAMED = 3
"""Slips that a sentence names at the most."""


class Weighed(Struct, frozen=True):
    """A verdict, with the invoice as it is now."""

    verdict: Verdict
    view: InvoiceView | Fault | None


def weighing(desk: Desk, document: str, then: Callable[[Any], None]) -> Callable[[Any], None]:
    """Give what takes a verdict on units of an invoice, reads the invoice anew, and hands both on as `Weighed`."""

    def judged(result: Any) -> None:
        if isinstance(result, Verdict) and not isinstance(result.result, Refusal):
            desk.invoice(document, lambda view: then(Weighed(result, view)))
        else:
            then(result.result if isinstance(result, Verdict) else result)

    return judged


def takeable(share: Share) -> int:
    """Count the units of a slip that no posted invoice has: an invoice draws on all of them, or is incomplete."""
    return share.units - share.invoiced


def share_words(each: SlipShare, *, wide: bool = False) -> str:
    """Say how much of a slip is on the invoice, of what it could have: `1/2!` is incomplete, `2/2*` whole."""
    share, of = each.share, takeable(each.share)
    if not of:
        return _("done")
    text = f"{share.mine}/{of}" + ("!" if share.incomplete else "*" if share.mine else "")
    if not wide:
        return text
    words = [_("incomplete")] if share.incomplete else []
    if share.elsewhere:
        words.append(_("{n} on another draft").format(n=share.elsewhere))
    return "  ".join([*words, text])


def warning(view: InvoiceView) -> str:
    """Say that more than one slip is drawn on incompletely, which ones, and what to do; empty where all is well."""
    if len(view.incomplete) < 2:
        return ""
    slips = ", ".join(view.incomplete[:NAMED])
    more = len(view.incomplete) - NAMED
    if more > 0:
        slips = plural("{slips} and {n} more", "{slips} and {n} more", more, slips=slips)
    return _("{slips} incomplete: only one may be. Add or take off units.").format(slips=slips)


def on_it(line: LineShare) -> int:
    """Count the units of a line that are on the invoice."""
    return line.drawn + line.plain_drawn


def could_be(line: LineShare) -> int:
    """Count the units of a line that are on the invoice or could be."""
    return on_it(line) + line.free + line.plain_left


def without_serial(line: LineShare) -> tuple[int, int]:
    """Count the units of a line that no scan can name: on the invoice, and all that could be."""
    now = line.plain_drawn + len(line.blanks_drawn)
    return now, now + line.plain_left + len(line.blanks_free)


def share_line_words(line: LineShare, *, chooses: bool = True) -> tuple[str, str]:
    """Name a line, and how much of it is on the invoice; with `chooses`, `#` marks one that takes a typed number."""
    if not could_be(line):
        return line.line.description or line.line.item, _("none left")
    mark = "#" if chooses and without_serial(line)[1] else ""
    return line.line.description or line.line.item, f"{on_it(line)}/{could_be(line)}{mark}"
