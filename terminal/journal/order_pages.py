"""What the screens show of an order and its invoices (S12–S14), read from the records. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import apsw

from terminal.domain.documents import Draw, Kind, Line, PackingSlip, Registration, SlipStatus
from terminal.domain.invoicing import incomplete_slips, plain_left, share_of, slips_to_invoice
from terminal.domain.posting import obstacles
from terminal.domain.views import (
    Ahead,
    InvoiceView,
    KeptUnit,
    LineShare,
    LineView,
    OrderDocument,
    OrderPage,
    SlipShare,
)
from terminal.journal.outbox import Outbox
from terminal.journal.projection import Projection


class _OnceRead(Projection):
    """Records for one view: the rules ask for the same document's registrations several times."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self._live: dict[str, Sequence[Registration]] = {}
        self._drawn: dict[str, Sequence[Registration]] = {}

    def live_registrations(self, document: str) -> Sequence[Registration]:
        """See `Records`."""
        if document not in self._live:
            self._live[document] = tuple(super().live_registrations(document))
        return self._live[document]

    def drawn(self, invoice: str) -> Sequence[Registration]:
        """See `Records`."""
        if invoice not in self._drawn:
            self._drawn[invoice] = super().drawn(invoice)
        return self._drawn[invoice]


class OrderPages:
    """Views of orders, invoices, and what posting a document leads to; each costs the size of its order."""

    def __init__(self, connection: apsw.Connection, outbox: Outbox) -> None:
        self._db = connection
        self._outbox = outbox

    def order(self, number: str) -> OrderPage | None:
        """Give an order with its documents and what is kept of reversed ones, or None where it is not known here."""
        records = _OnceRead(self._db)
        order = records.order(number)
        if order is None:
            return None
        documents = tuple(_document(records, slip) for slip in records.documents_of(number))
        left = sum(line.left for line in order.lines)
        return OrderPage(order.number, order.customer, left, documents, self.kept(number))

    def kept(self, order: str) -> tuple[KeptUnit, ...]:
        """Give the units of an order that were reversed and still wait for a new slip, oldest first per line (S12)."""
        records = Projection(self._db)
        found = records.order(order)
        return tuple(
            KeptUnit(r.id, line.number, r.item, r.serial, r.document)
            for line in (found.lines if found is not None else ())
            for r in records.kept(order, line.number)
        )

    def invoice(self, number: str) -> InvoiceView | None:
        """Give an invoice or sale: its own lines, or the posted slips of its order with what it takes of each (S14)."""
        records = _OnceRead(self._db)
        invoice = records.slip(number)
        if invoice is None or not invoice.charges:
            return None
        own = tuple(LineView(line, records.tally(number, line.number)) for line in records.lines(number))
        draws = records.draws(number)
        slips = [] if own or invoice.kind != Kind.INVOICE else slips_to_invoice(records, invoice.order)
        return InvoiceView(
            invoice=invoice,
            slips=tuple(_slip_share(records, number, slip, draws) for slip in slips),
            lines=own,
            incomplete=tuple(incomplete_slips(records, number)),
            obstacles=obstacles(records, number) if invoice.status is SlipStatus.DRAFT else (),
            unsent=self._outbox.unsent_of(number),
        )

    def ahead(self, document: str) -> Ahead | None:
        """Say what lies ahead of posting a document: blanks, what the server hasn't got, slips to be invoiced still."""
        records = _OnceRead(self._db)
        slip = records.slip(document)
        if slip is None:
            return None
        own = sum(records.tally(document, line.number).blanks for line in records.lines(document))
        drawn = sum(r.blank for r in records.drawn(document))
        others = slips_to_invoice(records, slip.order) if slip.kind != Kind.COUNTER_SALE else ()
        shares = {other.number: share_of(records, document, other.number) for other in others}
        return Ahead(
            blanks=own + drawn,
            unsent=self._outbox.unsent_of(document),
            uninvoiced=tuple(n for n, share in shares.items() if n != document and share.units > share.invoiced),
        )


def _slip_share(records: Projection, invoice: str, slip: PackingSlip, draws: Iterable[Draw]) -> SlipShare:
    drawn, free = Counter[int](), Counter[int]()
    blanks_drawn, blanks_free = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    for registration in sorted(records.live_registrations(slip.number), key=lambda r: r.id):
        drawn[registration.line] += registration.invoice == invoice
        free[registration.line] += not registration.invoice
        if registration.blank and registration.invoice in {"", invoice}:
            (blanks_drawn if registration.invoice else blanks_free)[registration.line].append(registration.id)
    plain = {each.line: each.units for each in draws if each.slip == slip.number}

    def line_share(line: Line) -> LineShare:
        n = line.number
        return LineShare(
            line=line,
            drawn=drawn[n],
            free=free[n],
            plain_drawn=plain.get(n, 0),
            plain_left=plain_left(records, line),
            blanks_drawn=tuple(blanks_drawn[n]),
            blanks_free=tuple(blanks_free[n]),
        )

    lines = [line_share(line) for line in records.lines(slip.number) if not line.reversed]
    return SlipShare(slip, share_of(records, invoice, slip.number), tuple(lines))


def _document(records: Projection, slip: PackingSlip) -> OrderDocument:
    """Count a document: what ships by its lines, an invoice without lines by what it draws on."""
    lines = [line for line in records.lines(slip.number) if not line.reversed]
    charged = slip.charges and slip.status is SlipStatus.POSTED
    if slip.kind == Kind.INVOICE and not lines:
        drawn = len(records.drawn(slip.number))
        units = drawn + sum(draw.units for draw in records.draws(slip.number))
        return OrderDocument(slip, units, drawn, drawn, units if charged else 0)
    units = sum(line.units for line in lines)
    return OrderDocument(
        document=slip,
        units=units,
        to_register=sum(line.units for line in lines if line.takes_serials),
        registered=sum(records.tally(slip.number, line.number).registered for line in lines),
        invoiced=(units if charged else 0) if slip.charges else share_of(records, "", slip.number).invoiced,
    )
