"""Open work as it is fetched: orders, packing slips with their lines, and the registrations on a slip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field, to_builtins

from terminal.backend.wire.fields import Json, listed, listed_or_none, mapping, number, number_or, text
from terminal.backend.wire.master import group_json, group_of
from terminal.domain.documents import (
    Draw,
    Kind,
    Line,
    OrderLine,
    PackingSlip,
    Registration,
    SalesOrder,
    SlipStatus,
)


class SlipHeader(Struct, frozen=True):
    """A packing slip with its lines, and how many registrations the server counts per line."""

    slip: PackingSlip
    lines: tuple[Line, ...]
    registered: Mapping[int, int] = field(default_factory=dict)


class Documents(Struct, frozen=True):
    """The open work: orders with something left, and slips."""

    orders: tuple[SalesOrder, ...]
    slips: tuple[SlipHeader, ...]


class SlipState(Struct, frozen=True):
    """One slip or invoice with its live registrations, after the events of this terminal up to `cursor`."""

    header: SlipHeader
    registrations: tuple[Registration, ...]
    cursor: int
    draws: tuple[Draw, ...] = ()
    """Units without a registration: on a slip what invoices take of it, on an invoice what it takes (S14)."""
    drawn: tuple[Registration, ...] = ()
    """The registrations of slips that an invoice draws on (D9)."""


class OrderState(Struct, frozen=True):
    """An order with all its slips and invoices, from one moment, after this terminal's events up to `cursor`."""

    order: SalesOrder
    documents: tuple[SlipState, ...]
    cursor: int


def order_json(order: SalesOrder) -> dict[str, Any]:
    """Give a sales order as plain JSON values."""
    made: dict[str, Any] = to_builtins(order)
    return made


def order_of(given: Json) -> SalesOrder:
    """Read a sales order. Raises ValueError."""
    lines = tuple(
        OrderLine(
            number=number(each, "number"),
            item=text(each, "item"),
            units=number(each, "units"),
            left=number(each, "left"),
            negative=number_or(each, "negative", 0),
        )
        for each in listed(given, "lines")
    )
    return SalesOrder(text(given, "number"), text(given, "customer"), lines, str(given.get("site", "")))


def line_json(line: Line) -> dict[str, Any]:
    """Give a document line as plain JSON values."""
    return {**to_builtins(line), "tracking": group_json(line.tracking)}


def line_of(given: Json) -> Line:
    """Read a document line. Raises ValueError."""
    return Line(
        document=text(given, "document"),
        number=number(given, "number"),
        item=text(given, "item"),
        description=text(given, "description"),
        units=number(given, "units"),
        tracking=group_of(mapping(given, "tracking")),
        catch_weight=given.get("catch_weight") is True,
        order_line=number(given, "order_line"),
        location=str(given.get("location", "")),
        reversed=given.get("reversed") is True,
    )


def slip_json(slip: PackingSlip) -> dict[str, Any]:
    """Give a slip's head as plain JSON values."""
    made: dict[str, Any] = to_builtins(slip)
    return made


def slip_of_json(given: Json) -> PackingSlip:
    """Read a slip's head. Raises ValueError."""
    return PackingSlip(
        number=text(given, "number"),
        order=text(given, "order"),
        customer=text(given, "customer"),
        status=SlipStatus(text(given, "status")),
        site=str(given.get("site", "")),
        kind=str(given.get("kind", Kind.PACKING_SLIP.value)),
        posted_at=str(given.get("posted_at", "")),
    )


def header_json(header: SlipHeader) -> dict[str, Any]:
    """Give a slip with its lines as plain JSON values."""
    return {
        "slip": slip_json(header.slip),
        "lines": [line_json(line) for line in header.lines],
        "registered": {str(line): n for line, n in header.registered.items()},
    }


def header_of(given: Json) -> SlipHeader:
    """Read a slip with its lines. Raises ValueError."""
    registered = {int(line): int(n) for line, n in mapping(given, "registered").items()}
    lines = tuple(line_of(each) for each in listed(given, "lines"))
    return SlipHeader(slip_of_json(mapping(given, "slip")), lines, registered)


def documents_json(documents: Documents) -> dict[str, Any]:
    """Give the open work as plain JSON values."""
    return {
        "orders": [order_json(order) for order in documents.orders],
        "slips": [header_json(header) for header in documents.slips],
    }


def documents_of(given: Any) -> Documents:
    """Read the open work. Raises ValueError."""
    return Documents(
        tuple(order_of(each) for each in listed(given, "orders")),
        tuple(header_of(each) for each in listed(given, "slips")),
    )


def registration_json(registration: Registration) -> dict[str, Any]:
    """Give a registration as plain JSON values."""
    made: dict[str, Any] = to_builtins(registration)
    return made


def registration_of(given: Json) -> Registration:
    """Read a registration. Raises ValueError."""
    serial, key = given.get("serial"), given.get("key")
    return Registration(
        id=text(given, "id"),
        document=text(given, "document"),
        line=number(given, "line"),
        item=text(given, "item"),
        serial=None if serial is None else str(serial),
        key=None if key is None else str(key),
        operator=text(given, "operator"),
        terminal=text(given, "terminal"),
        recorded_at=text(given, "recorded_at"),
        live=given.get("live") is not False,
        lot=str(given.get("lot", "")),
        expiry=str(given.get("expiry", "")),
        package=str(given.get("package", "")),
        invoice=str(given.get("invoice", "")),
        invoiced=given.get("invoiced") is True,
        came_from=str(given.get("came_from", "")),
        returned=given.get("returned") is True,
        sold_before=str(given.get("sold_before", "")),
        gtin=str(given.get("gtin", "")),
    )


def draw_json(draw: Draw) -> dict[str, Any]:
    """Give what an invoice takes without a registration as plain JSON values."""
    made: dict[str, Any] = to_builtins(draw)
    return made


def draw_of(given: Json) -> Draw:
    """Read what an invoice takes without a registration. Raises ValueError."""
    return Draw(
        invoice=text(given, "invoice"),
        slip=text(given, "slip"),
        line=number(given, "line"),
        units=number(given, "units"),
        invoiced=given.get("invoiced") is True,
    )


def state_json(state: SlipState) -> dict[str, Any]:
    """Give a slip with its registrations as plain JSON values."""
    return {
        **header_json(state.header),
        "registrations": [registration_json(r) for r in state.registrations],
        "cursor": state.cursor,
        "draws": [draw_json(draw) for draw in state.draws],
        "drawn": [registration_json(r) for r in state.drawn],
    }


def state_of(given: Any) -> SlipState:
    """Read a slip with its registrations. Raises ValueError."""
    registrations = tuple(registration_of(each) for each in listed(given, "registrations"))
    return SlipState(
        header_of(given),
        registrations,
        number(given, "cursor"),
        tuple(draw_of(each) for each in listed_or_none(given, "draws")),
        tuple(registration_of(each) for each in listed_or_none(given, "drawn")),
    )


def order_state_json(state: OrderState) -> dict[str, Any]:
    """Give an order with its slips and invoices as plain JSON values."""
    return {
        "order": order_json(state.order),
        "documents": [state_json(document) for document in state.documents],
        "cursor": state.cursor,
    }


def order_state_of(given: Any) -> OrderState:
    """Read an order with its slips and invoices. Raises ValueError."""
    documents = tuple(state_of(each) for each in listed(given, "documents"))
    return OrderState(order_of(mapping(given, "order")), documents, number(given, "cursor"))
