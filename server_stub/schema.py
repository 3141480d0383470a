"""The bodies of requests and answers, for validation of the small ones and for the OpenAPI page of all of them.

The batch route reads its body by hand, because validation would cost more than storing does; its schema stands here
all the same.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, Field, StringConstraints, WithJsonSchema

from server_stub.envelope import BODY_LIMIT
from terminal.backend.wire.events import BATCH_LIMIT
from terminal.domain import documents, views
from terminal.domain.documents import Duty, OverScan


def _described(kind: type[msgspec.Struct]) -> WithJsonSchema:
    """Describe a value of the rulebook where it stands: it is built by hand, never validated from here."""
    whole = msgspec.json.schema(kind)

    def inlined(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return inlined(whole["$defs"][part["$ref"].rpartition("/")[2]])
            return {key: inlined(value) for key, value in part.items()}
        return [inlined(each) for each in part] if isinstance(part, list) else part

    return WithJsonSchema(inlined({key: value for key, value in whole.items() if key != "$defs"}))


Registration = Annotated[Any, _described(documents.Registration)]
PackingSlip = Annotated[Any, _described(documents.PackingSlip)]
Line = Annotated[Any, _described(documents.Line)]
Draw = Annotated[Any, _described(documents.Draw)]
OrderLine = Annotated[Any, _described(documents.OrderLine)]
SerialForm = Annotated[Any, _described(documents.SerialForm)]
TracedUnit = Annotated[Any, _described(views.TracedUnit)]
OpenBlank = Annotated[Any, _described(views.OpenBlank)]

Name = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
"""An id: 1 to 64 visible ASCII characters."""


class SignInRequest(BaseModel):
    """Who signs in, where."""

    operator: Name
    pin: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    terminal: Name


class EnrolmentRequest(BaseModel):
    """A terminal that is to be bound to this backend, with the code an administrator made."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    terminal: Name
    name: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = ""


class EnrolmentAnswer(BaseModel):
    """The device token: shown once, sent as `Authorization: Bearer …` ever after."""

    token: str


class EventSent(BaseModel):
    """One event as a terminal recorded it."""

    id: str = Field(description="UUIDv7 (D1)")
    sequence: int = Field(ge=1, description="counts up by one within terminal and epoch")
    type: str = Field(description="registered, not-readable, removed, undone, posting-requested, …")
    version: int = 1
    operator: str
    recorded_at: str = Field(description="RFC 3339, UTC, ms (D12)")
    body: dict[str, Any] = Field(description="the event's own fields, by its type")
    void: bool = Field(False, description="a request to post that was withdrawn before it was sent (D5)")


class ContinuedEpoch(BaseModel):
    """The epoch that a batch's own goes on from, and the last event in it that was answered for."""

    epoch: str = Field(min_length=1, max_length=64)
    after: int = Field(ge=0)
    event: str = Field("", description="the id of that event; a server that has not got it asks for all again")


class BatchSent(BaseModel):
    """Events in the order of their sequence."""

    epoch: str = Field(min_length=1, max_length=64)
    continues: ContinuedEpoch | None = Field(
        None, description="of a device that had the data of another; a new epoch begins after its last event (D10)"
    )
    events: list[EventSent] = Field(max_length=BATCH_LIMIT)


class AnswerGiven(BaseModel):
    """The word on one event, kept for ever and repeated for a retry."""

    id: str
    sequence: int
    outcome: Literal["accepted", "duplicate", "conflict", "rejected", "key-reuse"]
    code: str | None = None
    rule: str | None = None
    parameters: dict[str, str | int] = {}
    live: bool = False
    holder: Registration | None = None


class BatchAnswered(BaseModel):
    """Answers in the order of the events; after a gap the rest must come again from `cursor` + 1."""

    answers: list[AnswerGiven]
    cursor: int
    server_time: str


class GroupGiven(BaseModel):
    """A tracking group as it is in force (S1, S2)."""

    code: str
    active_in_sales_process: bool
    serial_number_control: bool
    blank_issue_allowed: bool
    other_options: list[str]


class ItemGiven(BaseModel):
    """An item as master data has it now."""

    number: str
    description: str
    tracking: GroupGiven
    blocked: bool
    catch_weight: bool
    serial_form: SerialForm
    references: list[str]
    tracking_mode: str
    warranty_months: int
    service_months: int


class OperatorGiven(BaseModel):
    """An operator with their duties (S17)."""

    id: str
    name: str
    duties: list[Duty]


class PoliciesGiven(BaseModel):
    """What the site decides for itself (D7)."""

    over_scan: OverScan
    offline_posting: bool
    acknowledge_errors: bool
    correction_reasons: list[str]
    print_at_posting: bool


class MasterGiven(BaseModel):
    """What a terminal needs before it can judge a scan."""

    site: str
    time_zone: str
    policies: PoliciesGiven
    items: list[ItemGiven]
    operators: list[OperatorGiven]
    slip_prefix: str
    invoice_prefix: str
    sale_prefix: str
    command_key: str
    recalls: str = Field(description="the name of the list of recalls in force (I9); empty where there is none")


class RecallsGiven(BaseModel):
    """A part of the list of recalls: each as item, serial, lot and reason, of which serial or lot is empty (I9)."""

    name: str = Field(
        description="of the list; another one than before means that the list has changed: read it from its beginning"
    )
    recalls: list[tuple[str, str, str, str]]
    next: int = Field(ge=0, description="`after` of the next part; 0 where this is the last")


class HeaderGiven(BaseModel):
    """A packing slip, invoice or counter sale with its lines; `registered` counts registrations per line."""

    slip: PackingSlip
    lines: list[Line]
    registered: dict[str, int]


class StateGiven(HeaderGiven):
    """One slip or invoice with its live registrations, after this terminal's events up to `cursor`.

    `draws` are units without a registration: on a slip what invoices take of it, on an invoice what it takes (S14);
    `drawn` are the registrations of slips that an invoice draws on (D9).
    """

    registrations: list[Registration]
    cursor: int
    draws: list[Draw]
    drawn: list[Registration]


class OrderGiven(BaseModel):
    """A sales order with what is left of it (S13)."""

    number: str
    customer: str
    lines: list[OrderLine]
    site: str


class OrderStateGiven(BaseModel):
    """An order with all its slips and invoices, from one moment."""

    order: OrderGiven
    documents: list[StateGiven]
    cursor: int


class DocumentsGiven(BaseModel):
    """The open work."""

    orders: list[OrderGiven]
    slips: list[HeaderGiven]


class TraceGiven(BaseModel):
    """Every unit that ever had a serial, newest first; `more`: older ones are left out (S18).

    A code that is an item's number or reference names that item; `no_stock`: it is tracked in the sales process only,
    so none of its serials is on hand (S19). `steps` are events, in order; in a unit's `status`, a reversed line counts
    as a cancelled slip.
    """

    serial: str
    units: list[TracedUnit]
    more: bool
    item: str
    description: str
    no_stock: bool


class OpenBlanksGiven(BaseModel):
    """Units that were not readable and are on no posted invoice, oldest first; `more`: newer ones are left out (S9)."""

    blanks: list[OpenBlank]
    more: bool


class SessionGiven(BaseModel):
    """A signed-in operator; the token is sent as `Scan-Session: …`."""

    operator: OperatorGiven
    token: str
    expires_at: str


class ProblemGiven(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    parameters: dict[str, str | int]


BATCH_BODY: dict[str, Any] = {
    "description": f"At most {BATCH_LIMIT} events and {BODY_LIMIT} bytes.",
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BatchSent"}}},
}
