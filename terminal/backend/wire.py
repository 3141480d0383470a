"""What goes over the wire, both ways: plain values that both programs build and read.

Readers take what they know and ignore the rest, so fields can be added within `/v1`. A value of the
wrong shape raises ValueError, and the client treats such an answer as not ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field, to_builtins

from terminal.domain.documents import (
    Duty,
    Item,
    Line,
    Operator,
    OrderLine,
    OverScan,
    PackingSlip,
    Policies,
    Registration,
    SalesOrder,
    SerialForm,
    SerialOption,
    SlipStatus,
    TrackingGroup,
    TrackingMode,
)
from terminal.domain.events import VERSION, Recorded, body, event_from
from terminal.domain.judging import Judgement, Outcome
from terminal.domain.refusals import Code, Refusal

BATCH_LIMIT = 100
"""Events in one batch at the most."""

Json = Mapping[str, Any]

_CODES = [str(code) for code in Code]


class Answer(Struct, frozen=True):
    """The server's word on one event; kept for ever, repeated for a retry."""

    id: str
    sequence: int
    judgement: Judgement


class BatchAnswer(Struct, frozen=True):
    """The server's answer to a batch.

    `cursor` is the last sequence it holds of this terminal and epoch; after a gap, or after it was
    restored from an old backup, it is lower than what was sent, `answers` is empty, and the terminal
    sends again from `cursor` + 1.
    """

    answers: tuple[Answer, ...]
    cursor: int
    server_time: str


class Master(Struct, frozen=True):
    """What a terminal needs to know before it can judge a scan."""

    site: str
    time_zone: str
    policies: Policies
    items: tuple[Item, ...]
    operators: tuple[Operator, ...]
    slip_prefix: str
    """Slips drafted at this terminal and epoch are numbered with it: no other terminal has it."""


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
    """One slip with its live registrations, after the events of this terminal up to `cursor`."""

    header: SlipHeader
    registrations: tuple[Registration, ...]
    cursor: int


class Session(Struct, frozen=True):
    """A signed-in operator."""

    operator: Operator
    token: str
    expires_at: str


def event_json(recorded: Recorded, *, void: bool = False) -> dict[str, Any]:
    """Give an event as it is sent. `void`: a request to post that was withdrawn before it was sent (D5)."""
    made = {
        "id": recorded.id,
        "sequence": recorded.sequence,
        "type": recorded.event.type,
        "version": VERSION,
        "operator": recorded.operator,
        "recorded_at": recorded.recorded_at,
        "body": body(recorded.event),
    }
    return {**made, "void": True} if void else made


def event_of(given: Json, terminal: str, epoch: str) -> Recorded:
    """Read an event as it was sent. Raises ValueError."""
    return Recorded(
        id=_text(given, "id"),
        sequence=_number(given, "sequence"),
        terminal=terminal,
        epoch=epoch,
        operator=_text(given, "operator"),
        recorded_at=_text(given, "recorded_at"),
        event=event_from(_text(given, "type"), _mapping(given, "body")),
    )


def answer_json(answer: Answer) -> dict[str, Any]:
    """Give an answer as it is stored and sent."""
    said = answer.judgement
    made: dict[str, Any] = {"id": answer.id, "sequence": answer.sequence, "outcome": str(said.outcome)}
    if said.refusal is not None:
        made |= {
            "code": str(said.refusal.code),
            "rule": said.refusal.rule,
            "parameters": dict(said.refusal.parameters),
            "live": said.live,
        }
    if said.holder is not None:
        made["holder"] = registration_json(said.holder)
    return made


def answer_of(given: Json) -> Answer:
    """Read an answer; a code of a newer version leaves its refusal out, not the outcome. Raises ValueError."""
    refusal = None
    if given.get("code") in _CODES:
        parameters = _mapping(given, "parameters")
        refusal = Refusal(Code(given["code"]), {str(k): v for k, v in parameters.items() if isinstance(v, (str, int))})
    holder = registration_of(_mapping(given, "holder")) if given.get("holder") is not None else None
    judgement = Judgement(Outcome(_text(given, "outcome")), refusal, holder, given.get("live") is True)
    return Answer(_text(given, "id"), _number(given, "sequence"), judgement)


def batch_answer_of(given: Any) -> BatchAnswer:
    """Read the answer to a batch. Raises ValueError."""
    answers = tuple(answer_of(each) for each in _list(given, "answers"))
    return BatchAnswer(answers, _number(given, "cursor"), _text(given, "server_time"))


def item_json(item: Item) -> dict[str, Any]:
    """Give an item as plain JSON values."""
    made: dict[str, Any] = to_builtins(item)
    made["tracking"] = group_json(item.tracking)
    return made


def item_of(given: Json) -> Item:
    """Read an item. Raises ValueError."""
    form = _mapping(given, "serial_form")
    signs = form.get("signs")
    return Item(
        number=_text(given, "number"),
        description=_text(given, "description"),
        tracking=group_of(_mapping(given, "tracking")),
        blocked=given.get("blocked") is True,
        catch_weight=given.get("catch_weight") is True,
        serial_form=SerialForm(
            mask=_text(form, "mask"),
            shortest=_number(form, "shortest"),
            longest=_number(form, "longest"),
            signs=None if signs is None else str(signs),
            case_sensitive=form.get("case_sensitive") is True,
            non_ascii=form.get("non_ascii") is True,
        ),
        references=tuple(str(r) for r in _list(given, "references")),
        tracking_mode=TrackingMode(given.get("tracking_mode", TrackingMode.SALES_ONLY)),
    )


def group_json(group: TrackingGroup) -> dict[str, Any]:
    """Give a tracking group as plain JSON values."""
    return {
        "code": group.code,
        "active_in_sales_process": group.active_in_sales_process,
        "serial_number_control": group.serial_number_control,
        "blank_issue_allowed": group.blank_issue_allowed,
        "other_options": sorted(group.other_options),
    }


def group_of(given: Json) -> TrackingGroup:
    """Read a tracking group. Raises ValueError."""
    return TrackingGroup(
        code=_text(given, "code"),
        active_in_sales_process=given.get("active_in_sales_process") is True,
        serial_number_control=given.get("serial_number_control") is True,
        blank_issue_allowed=given.get("blank_issue_allowed") is True,
        other_options=frozenset(SerialOption(option) for option in _list(given, "other_options")),
    )


def operator_json(operator: Operator) -> dict[str, Any]:
    """Give an operator as plain JSON values."""
    return {"id": operator.id, "name": operator.name, "duties": sorted(operator.duties)}


def operator_of(given: Json) -> Operator:
    """Read an operator; duties of a newer version are ignored. Raises ValueError."""
    known = {str(duty) for duty in Duty}
    duties = frozenset(Duty(duty) for duty in _list(given, "duties") if duty in known)
    return Operator(_text(given, "id"), _text(given, "name"), duties)


def policies_json(policies: Policies) -> dict[str, Any]:
    """Give the site's policies as plain JSON values."""
    made: dict[str, Any] = to_builtins(policies)
    return made


def policies_of(given: Json) -> Policies:
    """Read the site's policies. Raises ValueError."""
    return Policies(
        over_scan=OverScan(_text(given, "over_scan")),
        offline_posting=given.get("offline_posting") is not False,
        acknowledge_errors=given.get("acknowledge_errors") is True,
        correction_reasons=tuple(str(r) for r in _list(given, "correction_reasons")),
    )


def master_json(master: Master) -> dict[str, Any]:
    """Give the master data as plain JSON values."""
    return {
        "site": master.site,
        "time_zone": master.time_zone,
        "policies": policies_json(master.policies),
        "items": [item_json(item) for item in master.items],
        "operators": [operator_json(operator) for operator in master.operators],
        "slip_prefix": master.slip_prefix,
    }


def master_of(given: Any) -> Master:
    """Read the master data. Raises ValueError."""
    return Master(
        site=_text(given, "site"),
        time_zone=_text(given, "time_zone"),
        policies=policies_of(_mapping(given, "policies")),
        items=tuple(item_of(each) for each in _list(given, "items")),
        operators=tuple(operator_of(each) for each in _list(given, "operators")),
        slip_prefix=_text(given, "slip_prefix"),
    )


def order_json(order: SalesOrder) -> dict[str, Any]:
    """Give a sales order as plain JSON values."""
    made: dict[str, Any] = to_builtins(order)
    return made


def order_of(given: Json) -> SalesOrder:
    """Read a sales order. Raises ValueError."""
    lines = tuple(
        OrderLine(_number(each, "number"), _text(each, "item"), _number(each, "units"), _number(each, "left"))
        for each in _list(given, "lines")
    )
    return SalesOrder(_text(given, "number"), _text(given, "customer"), lines, str(given.get("site", "")))


def line_json(line: Line) -> dict[str, Any]:
    """Give a document line as plain JSON values."""
    return {**to_builtins(line), "tracking": group_json(line.tracking)}


def line_of(given: Json) -> Line:
    """Read a document line. Raises ValueError."""
    return Line(
        document=_text(given, "document"),
        number=_number(given, "number"),
        item=_text(given, "item"),
        description=_text(given, "description"),
        units=_number(given, "units"),
        tracking=group_of(_mapping(given, "tracking")),
        catch_weight=given.get("catch_weight") is True,
        order_line=_number(given, "order_line"),
        location=str(given.get("location", "")),
    )


def slip_json(slip: PackingSlip) -> dict[str, Any]:
    """Give a slip's head as plain JSON values."""
    made: dict[str, Any] = to_builtins(slip)
    return made


def slip_of_json(given: Json) -> PackingSlip:
    """Read a slip's head. Raises ValueError."""
    return PackingSlip(
        number=_text(given, "number"),
        order=_text(given, "order"),
        customer=_text(given, "customer"),
        status=SlipStatus(_text(given, "status")),
        site=str(given.get("site", "")),
        kind=str(given.get("kind", "packing-slip")),
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
    registered = {int(line): int(n) for line, n in _mapping(given, "registered").items()}
    lines = tuple(line_of(each) for each in _list(given, "lines"))
    return SlipHeader(slip_of_json(_mapping(given, "slip")), lines, registered)


def documents_json(documents: Documents) -> dict[str, Any]:
    """Give the open work as plain JSON values."""
    return {
        "orders": [order_json(order) for order in documents.orders],
        "slips": [header_json(header) for header in documents.slips],
    }


def documents_of(given: Any) -> Documents:
    """Read the open work. Raises ValueError."""
    return Documents(
        tuple(order_of(each) for each in _list(given, "orders")),
        tuple(header_of(each) for each in _list(given, "slips")),
    )


def registration_json(registration: Registration) -> dict[str, Any]:
    """Give a registration as plain JSON values."""
    made: dict[str, Any] = to_builtins(registration)
    return made


def registration_of(given: Json) -> Registration:
    """Read a registration. Raises ValueError."""
    serial, key = given.get("serial"), given.get("key")
    return Registration(
        id=_text(given, "id"),
        document=_text(given, "document"),
        line=_number(given, "line"),
        item=_text(given, "item"),
        serial=None if serial is None else str(serial),
        key=None if key is None else str(key),
        operator=_text(given, "operator"),
        terminal=_text(given, "terminal"),
        recorded_at=_text(given, "recorded_at"),
        live=given.get("live") is not False,
        lot=str(given.get("lot", "")),
        expiry=str(given.get("expiry", "")),
        package=str(given.get("package", "")),
    )


def state_json(state: SlipState) -> dict[str, Any]:
    """Give a slip with its registrations as plain JSON values."""
    return {
        **header_json(state.header),
        "registrations": [registration_json(r) for r in state.registrations],
        "cursor": state.cursor,
    }


def state_of(given: Any) -> SlipState:
    """Read a slip with its registrations. Raises ValueError."""
    registrations = tuple(registration_of(each) for each in _list(given, "registrations"))
    return SlipState(header_of(given), registrations, _number(given, "cursor"))


def session_json(session: Session) -> dict[str, Any]:
    """Give a session as plain JSON values."""
    return {
        "operator": operator_json(session.operator),
        "token": session.token,
        "expires_at": session.expires_at,
    }


def session_of(given: Any) -> Session:
    """Read a session. Raises ValueError."""
    return Session(operator_of(_mapping(given, "operator")), _text(given, "token"), _text(given, "expires_at"))


def _text(given: Any, name: str) -> str:
    value = _field(given, name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value


def _number(given: Any, name: str) -> int:
    value = _field(given, name)
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(f"{name} must be a whole number")
    return value


def _mapping(given: Any, name: str) -> Json:
    value = _field(given, name)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object")
    return value


def _list(given: Any, name: str) -> Sequence[Any]:
    value = _field(given, name)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{name} must be a list")
    return value


def _field(given: Any, name: str) -> Any:
    if not isinstance(given, Mapping) or name not in given:
        raise ValueError(f"{name} is missing")
    return given[name]
