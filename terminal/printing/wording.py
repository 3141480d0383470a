"""All that the printouts say of their own, and all that can go wrong on the way to a printer.

Both programs print, each with its own way of choosing a language, so the function that translates is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from terminal.printing.printout import Kind

Translate = Callable[[str], str]
"""Gives an English text in the reader's language, as gettext does; `str` itself leaves it English."""


class Trouble(StrEnum):
    """What can stand between a printout and its paper."""

    FOLDER = "folder"
    EXISTS = "exists"
    NO_SERVICE = "no-service"
    SERVICE_SILENT = "service-silent"
    UNKNOWN_PRINTER = "unknown-printer"
    REFUSED_JOB = "refused-job"
    UNKNOWN_HOST = "unknown-host"
    REFUSED_LINK = "refused-link"
    NO_ROUTE = "no-route"
    UNREACHABLE = "unreachable"
    STALLED = "stalled"
    BROKEN = "broken"


class PrintFault(Exception):
    """Something was not printed, or nobody knows whether it was; `sentence` says so in a language."""

    def __init__(self, trouble: Trouble, **values: str) -> None:
        super().__init__(trouble, values)
        self.trouble = trouble
        self.values = values

    def __str__(self) -> str:
        return self.sentence(str)

    def sentence(self, _: Translate) -> str:
        """Say what happened and what to do, in one or two sentences."""
        return _TROUBLES[self.trouble](_).format(**self.values)


def title(kind: Kind, _: Translate) -> str:
    """Name a kind of document."""
    return _KINDS[kind](_)


def facts(order: str, customer: str, date: str, status: str, _: Translate) -> list[tuple[str, str]]:
    """Give the label and the text of each fact at the head of a document that is there."""
    pairs = ((_("Order"), order), (_("Customer"), customer), (_("Date"), date), (_("Status"), status))
    return [(label, text) for label, text in pairs if text]


def page(number: int, total: int, _: Translate) -> str:
    """Number a page."""
    return _("Page {number} of {total}").format(number=number, total=total)


def units(count: int, entries: int, _: Translate) -> str:
    """Say how many units a line has, and how many entries are listed below it if any are."""
    if not entries:
        return _("Units: {units}").format(units=count)
    return _("Units: {units}, entries: {entries}").format(units=count, entries=entries)


def not_readable(_: Translate) -> str:
    """Stand in for a serial that could not be read."""
    return _("(not readable)")


def continued(item: str, _: Translate) -> str:
    """Name an item whose list began on an earlier page."""
    return _("{item} (continued)").format(item=item)


_KINDS: Mapping[Kind, Callable[[Translate], str]] = {
    Kind.PACKING_SLIP: lambda _: _("Packing slip"),
    Kind.INVOICE: lambda _: _("Invoice"),
    Kind.COUNTER_SALE: lambda _: _("Counter sale"),
}

_TROUBLES: Mapping[Trouble, Callable[[Translate], str]] = {
    Trouble.FOLDER: lambda _: _("Nothing can be saved in {folder}: {reason}. Have the folder checked."),
    Trouble.EXISTS: lambda _: _("{file} was printed before and is kept. Move it away to print again."),
    Trouble.NO_SERVICE: lambda _: _("This machine has no print service. Ask the office to install CUPS."),
    Trouble.SERVICE_SILENT: lambda _: _("The print service does not answer. Ask the office to start it."),
    Trouble.UNKNOWN_PRINTER: lambda _: _("There is no printer {printer} here. There are: {known}."),
    Trouble.REFUSED_JOB: lambda _: _("{printer} did not take the job: {reason}"),
    Trouble.UNKNOWN_HOST: lambda _: _("The network knows no printer {host}. Check the name."),
    Trouble.REFUSED_LINK: lambda _: _("Nothing at {host} takes labels. Check that the printer is ready."),
    Trouble.NO_ROUTE: lambda _: _("There is no way to the printer {host}. Check the network."),
    Trouble.UNREACHABLE: lambda _: _("The printer {host} does not answer. Check that it is on."),
    Trouble.STALLED: lambda _: _(
        "The printer {host} stopped taking labels. Check its paper and lid, and what was printed."
    ),
    Trouble.BROKEN: lambda _: _("The printer {host} ended the connection. Check what was printed."),
}
