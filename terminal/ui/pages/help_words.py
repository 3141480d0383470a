"""What the help says, topic by topic, in sentences short enough for twenty columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from terminal.ui.labels import labels
from terminal.ui.words import _


class Topic(Struct, frozen=True):
    """One subject: its heading, and sentences that may name keys."""

    heading: str
    sentences: Sequence[str]


def help_topics(first: str = "") -> Sequence[Topic]:
    """Give all topics, that of the page that help is asked on first."""
    names = sorted(_TOPICS, key=lambda name: name != first)
    topics = [_TOPICS[name]() for name in names]
    return [Topic(topic.heading, [words.format_map(labels()) for words in topic.sentences]) for topic in topics]


def _keys() -> Topic:
    return Topic(
        _("KEYS"),
        [
            _("Scan or type a serial, then Enter or TAB."),
            _("{key_f1} menu"),
            _("{key_f2} the serial is not readable"),
            _("{key_f3} or Esc back"),
            _("{key_f4} add or remove"),
            _("{key_f5} undo your last entry"),
            _("{key_f6} {key_f7} previous, next line or page"),
            _("{key_f8} finish: what is missing, then post"),
            _("{key_f9} lines of the slip"),
            _("{key_f10} this help"),
            _("Top right: !2 problems, ^3 not yet sent, ON or OFF the link to the server."),
            _("Scanning goes on without a link: everything is stored here and sent later."),
            _("^ before a serial: not yet at the server."),
            _("< before a serial: it came along from a slip that was reversed."),
        ],
    )


def _touch() -> Topic:
    return Topic(
        _("TOUCH"),
        [
            _("Touch a row or the name of a key; where a number is wanted, its digits, then Ent."),
            _("Touch the top row for the menu; its last entry has the keys that found no room."),
        ],
    )


def _orders() -> Topic:
    return Topic(
        _("ORDERS"),
        [
            _("Scan an order or choose it in the list. {key_f8} drafts a slip, an invoice, or both in one."),
            _("Choose a line, type its units; {key_f8} makes the draft."),
            _("<2: two kept serials come along. {key_f4} chooses which."),
            _("inv an invoice. $1/2: one of two units is invoiced. void: it was reversed."),
        ],
    )


def _invoices() -> Topic:
    return Topic(
        _("INVOICES"),
        [
            _("Scan the units to invoice. Enter on a slip takes all of it, or units without a serial."),
            _("* all of a slip is on it, ! a part. Only one slip may stay incomplete."),
            _("{key_f4} takes units off. {key_f8} posts."),
        ],
    )


def _corrections() -> Topic:
    return Topic(
        _("CORRECTIONS"),
        [
            _("On the posted slip: {key_f8}, Correct a serial. Scan or choose the wrong one, then scan the right one."),
            _("What is invoiced can't be corrected."),
            _("^ not yet at the server, $ invoiced, x reversed, < came along."),
        ],
    )


def _reversals() -> Topic:
    return Topic(
        _("REVERSING"),
        [
            _("On the posted slip: {key_f8}, Reverse. The whole slip or a line, always in full; not what is invoiced."),
            _("Its serials are kept: the next slip of the order begins with them. Drop what is not to come along."),
        ],
    )


def _blanks() -> Topic:
    return Topic(
        _("NOT READABLE"),
        [
            _("{key_f1} 7 2 lists the units marked not readable. Choose one, then scan the label that was found."),
            _("Scan an order, a slip or an item to see only its units; {key_f5} shows all."),
        ],
    )


def _trace() -> Topic:
    return Topic(
        _("TRACE"),
        [_("{key_f1} 7 1, then scan a unit: its slip, invoice, customer, warranty, and what was corrected.")],
    )


def _sales() -> Topic:
    return Topic(
        _("COUNTER SALE"),
        [
            _("{key_f1} 7 3: scan the item, then its serial. Type a number for several units."),
            _("{key_f4}: scan what comes off again. {key_f8} posts slip and invoice in one."),
        ],
    )


def _printing() -> Topic:
    return Topic(
        _("PRINTING"),
        [_("On a document: {key_f1} 8, Print. Scan on meanwhile; you are told when it could not be printed.")],
    )


def _problems() -> Topic:
    return Topic(
        _("PROBLEMS"),
        [_("{key_f1} 2: what the server refused, and what to do. {key_f8} takes it off the list once you did it.")],
    )


_TOPICS: Mapping[str, Callable[[], Topic]] = {
    "keys": _keys,
    "touch": _touch,
    "orders": _orders,
    "invoices": _invoices,
    "corrections": _corrections,
    "reversals": _reversals,
    "blanks": _blanks,
    "trace": _trace,
    "sales": _sales,
    "printing": _printing,
    "problems": _problems,
}
