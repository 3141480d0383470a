"""What the screens show, read from the records: the page of a line, a document, the lists. Reads only."""

from __future__ import annotations

import apsw

from terminal.domain.documents import Kind, SlipStatus, Tally
from terminal.domain.posting import obstacles
from terminal.domain.registering import takes
from terminal.domain.views import DocumentView, LineView, OrderView, Row, Sheet, SlipView
from terminal.journal.outbox import Outbox
from terminal.journal.projection import Projection

ROWS = 24
"""Registrations on a page at the most: as many as the tallest screen can show."""
LISTED_ORDERS = "listed_orders"
"""Where the journal keeps the numbers of the orders that the server listed last, as a JSON list."""
LISTED = 500
"""Documents in a list at the most."""


class Pages:
    """Views of the journal's records."""

    def __init__(self, connection: apsw.Connection, records: Projection, outbox: Outbox) -> None:
        self._db = connection
        self._records = records
        self._outbox = outbox

    def sheet(self, document: str, line: int) -> Sheet | None:
        """Give the page of one line, or None where there is no such line."""
        slip, at = self._records.slip(document), self._records.line(document, line)
        if slip is None or at is None:
            return None
        tally = self._records.tally(document, line)
        sql = "SELECT count(*), sum(number <= ?) FROM line WHERE document = ?"
        lines, position = self._records.first(sql, line, document) or (1, 1)
        rows = self._rows(document, line, tally.registered)
        return Sheet(slip, LineView(at, tally), position, lines, rows, self._outbox.standing)

    def neighbour(self, document: str, line: int, step: int) -> int | None:
        """Give the number of the next (1) or previous (-1) line, or None at the end."""
        way, order = (">", "ASC") if step > 0 else ("<", "DESC")
        sql = f"SELECT number FROM line WHERE document = ? AND number {way} ? ORDER BY number {order} LIMIT 1"  # noqa: S608
        row = self._records.first(sql, document, line)
        return None if row is None else int(row[0])

    def line_to_work_on(self, document: str) -> int | None:
        """Give the first line that still wants units, else the first that takes serials, else the first."""
        views = self._lines(document)
        for wanted in (lambda v: v.open_units > 0, lambda v: v.takes_serials, lambda _: True):
            for view in views:
                if wanted(view):
                    return view.line.number
        return None

    def line_of_item(self, document: str, item: str, after: int) -> int | None:
        """Give the line of an item: the first that still wants units, beginning after the current one."""
        views = self.lines_of_item(document, item)
        views.sort(key=lambda v: (v.open_units == 0, v.line.number <= after, v.line.number))
        return views[0].line.number if views else None

    def lines_that_take(self, document: str, scanned: str) -> list[LineView]:
        """Give the lines whose item takes a scanned serial by its form (D2), full or not."""
        return [v for v in self._lines(document) if takes(v.line, self._records.item(v.line.item), scanned)]

    def lines_of_item(self, document: str, item: str) -> list[LineView]:
        """Give the lines of an item."""
        return [view for view in self._lines(document) if view.line.item == item]

    def item_of(self, code: str) -> str | None:
        """Find the item that a barcode or number names (I10)."""
        sql = "SELECT item FROM item_reference WHERE reference = ? UNION ALL SELECT number FROM item WHERE number = ?"
        row = self._records.first(sql, code, code)
        return None if row is None else str(row[0])

    def is_document(self, code: str) -> bool:
        """Say whether a slip or an order has this number."""
        sql = "SELECT 1 FROM slip WHERE number = ? UNION ALL SELECT 1 FROM sales_order WHERE number = ?"
        return self._db.execute(sql, (code, code)).fetchone() is not None

    def complete(self, document: str) -> bool:
        """Say whether each unit of a document that takes a serial has its registration, and none has two."""
        return not any(view.open_units or view.too_many for view in self._lines(document))

    def document(self, number: str) -> DocumentView | None:
        """Give a slip with its lines and what stands in the way of posting it."""
        slip = self._records.slip(number)
        if slip is None:
            return None
        found = obstacles(self._records, number) if slip.status is SlipStatus.DRAFT else ()
        return DocumentView(slip, tuple(self._lines(number)), self._outbox.unsent_of(number), found)

    def loaded(self, number: str) -> bool:
        """Say whether a slip's registrations were ever read from the server, or it was drafted here."""
        row = self._records.first("SELECT loaded FROM slip WHERE number = ?", number)
        return row is not None and bool(row[0])

    def slips(self) -> list[SlipView]:
        """Give the slips to work on: drafts first, then those waiting and done; by number."""
        sql = (
            "SELECT s.number, coalesce(sum(l.units), 0), coalesce(sum(CASE WHEN s.loaded THEN l.serials + l.blanks"
            " ELSE l.at_server END), 0) FROM slip s LEFT JOIN line l ON l.document = s.number AND l.catch_weight = 0"
            " AND json_extract(l.tracking, '$[1]') GROUP BY s.number"
            " ORDER BY CASE s.status WHEN 'draft' THEN 0 WHEN 'posting' THEN 1 ELSE 2 END, s.number LIMIT ?"
        )
        views = []
        for number, units, registered in self._db.execute(sql, (LISTED,)).fetchall():
            slip = self._records.slip(str(number))
            if slip is None:
                continue
            on_it = self._units_drawn(slip.number) if slip.kind == Kind.INVOICE and not units else 0
            views.append(SlipView(slip, int(units or 0), on_it or int(registered or 0)))
        return views

    def orders(self) -> list[OrderView]:
        """Give the orders with something left to ship, and those the server lists because units wait for an invoice."""
        found = []
        for (number,) in self._db.execute(
            "SELECT number FROM sales_order o WHERE EXISTS (SELECT 1 FROM json_each(o.lines)"
            " WHERE json_extract(value, '$[3]') > 0) OR (EXISTS (SELECT 1 FROM meta, json_each(meta.value) listed"
            " WHERE meta.key = ? AND listed.value = o.number) AND EXISTS (SELECT 1 FROM slip s"
            " WHERE s.sales_order = o.number AND s.kind = ? AND s.status = ?)) ORDER BY number LIMIT ?",
            (LISTED_ORDERS, Kind.PACKING_SLIP, SlipStatus.POSTED, LISTED),
        ).fetchall():
            order = self._records.order(str(number))
            if order is not None:
                found.append(OrderView(order.number, order.customer, sum(line.left for line in order.lines)))
        return found

    def _units_drawn(self, invoice: str) -> int:
        drawn = len(self._records.drawn(invoice))
        return drawn + sum(draw.units for draw in self._records.draws(invoice))

    def _lines(self, document: str) -> list[LineView]:
        tallies = {
            number: Tally(serials, blanks)
            for number, serials, blanks in self._db.execute(
                "SELECT number, serials, blanks FROM line WHERE document = ?", (document,)
            )
        }
        return [LineView(line, tallies[line.number]) for line in self._records.lines(document)]

    def _rows(self, document: str, line: int, registered: int) -> tuple[Row, ...]:
        sql = (
            "SELECT serial, sequence, came_from FROM registration WHERE document = ? AND line = ? AND live = 1"
            " ORDER BY place DESC LIMIT ?"
        )
        answered = self._outbox.answered
        return tuple(
            Row(registered - n, serial, sequence is None or sequence <= answered, came_from)
            for n, (serial, sequence, came_from) in enumerate(self._db.execute(sql, (document, line, ROWS)))
        )
