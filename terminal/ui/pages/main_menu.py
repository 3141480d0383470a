"""The menu that every page has: help, what concerns the whole terminal, and what the page itself offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal.ui.page import Page, Stage
from terminal.ui.pages.menu import Entry, Submenu
from terminal.ui.pages.notices import HelpPage
from terminal.ui.pages.problems import ProblemsPage
from terminal.ui.ports import Link
from terminal.ui.words import _


def main_menu(
    page: Page, more_keys: Sequence[Entry], *, lock: Callable[[], None], sign_out: Callable[[], None]
) -> list[Entry | tuple[str, Submenu]]:
    """Give the menu of a page whose operator is signed in; `more_keys`: those that its bar has no room for."""
    stage = page.stage
    entries: list[Entry | tuple[str, Submenu]] = [
        help_entry(page),
        (
            _("Problems ({n})").format(n=stage.desk.state.standing.problems),
            lambda: stage.enter(ProblemsPage(stage)),
        ),
        (_("Slips and orders"), stage.home),
        (_("Renew from server"), lambda: _renew(stage)),
        (_("Lock"), lock),
        (_("Sign out"), sign_out),
        (_("Look up, sell ..."), Submenu(_look_ups(stage))),
    ]
    offered = page.menu()
    if offered:
        entries.append((_("This document ..."), Submenu(offered)))
    if more_keys:
        entries.append((_("More keys ..."), Submenu(more_keys)))
    return entries


def sign_in_menu(page: Page) -> list[Entry]:
    """Give the menu while nobody is signed in."""
    return [help_entry(page), (_("Leave the program"), page.stage.leave)]


def help_entry(page: Page) -> Entry:
    """Give the entry that tells what can be done on a page."""
    return _("Help"), lambda: page.stage.enter(HelpPage(page.stage, page.topic))


def _renew(stage: Stage) -> None:
    stage.desk.refresh()
    if stage.desk.state.link not in {Link.ONLINE, Link.DEGRADED}:
        stage.tell("warn", _("No link to the server: everything is renewed once there is one."))


def _look_ups(stage: Stage) -> Sequence[Entry]:
    from terminal.ui.pages.blanks import BlanksPage  # not every shift needs these
    from terminal.ui.pages.selling import SellingPage
    from terminal.ui.pages.tracing import TracePage

    return [
        (_("Trace a serial"), lambda: stage.enter(TracePage(stage))),
        (_("Not readable"), lambda: stage.enter(BlanksPage(stage))),
        (_("Counter sale"), lambda: stage.enter(SellingPage(stage))),
    ]
