"""Master data as they are fetched: the site's policies, its items with their tracking groups, its operators."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins

from terminal.backend.wire.fields import Json, listed, mapping, number, number_or, secret_or_none, text
from terminal.domain.documents import (
    Duty,
    Item,
    Operator,
    OverScan,
    Policies,
    SerialCase,
    SerialForm,
    SerialOption,
    TrackingGroup,
    TrackingMode,
)


class Master(Struct, frozen=True):
    """What a terminal needs to know before it can judge a scan."""

    site: str
    time_zone: str
    policies: Policies
    items: tuple[Item, ...]
    operators: tuple[Operator, ...]
    slip_prefix: str
    """Slips drafted at this terminal and epoch are numbered with it: no other terminal has it."""
    invoice_prefix: str = ""
    """The same for invoices; empty where the server is too old to take any."""
    sale_prefix: str = ""
    """The same for counter sales (S21)."""
    command_key: bytes = b""
    """The site's secret, which signs its command barcodes: hex on the wire, empty where the server is too old."""
    recalls: str = ""
    """The name of the list of recalls in force (I9), which is read by itself; empty where there is none."""


def item_json(item: Item) -> dict[str, Any]:
    """Give an item as plain JSON values."""
    made: dict[str, Any] = to_builtins(item)
    made["tracking"] = group_json(item.tracking)
    return made


def item_of(given: Json) -> Item:
    """Read an item. Raises ValueError."""
    form = mapping(given, "serial_form")
    signs = form.get("signs")
    return Item(
        number=text(given, "number"),
        description=text(given, "description"),
        tracking=group_of(mapping(given, "tracking")),
        blocked=given.get("blocked") is True,
        catch_weight=given.get("catch_weight") is True,
        serial_form=SerialForm(
            mask=text(form, "mask"),
            shortest=number(form, "shortest"),
            longest=number(form, "longest"),
            signs=None if signs is None else str(signs),
            case_sensitive=form.get("case_sensitive") is True,
            non_ascii=form.get("non_ascii") is True,
            case=SerialCase(form.get("case", SerialCase.ANY)),
        ),
        references=tuple(str(r) for r in listed(given, "references")),
        tracking_mode=TrackingMode(given.get("tracking_mode", TrackingMode.SALES_ONLY)),
        warranty_months=number_or(given, "warranty_months", 0),
        service_months=number_or(given, "service_months", 0),
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
        code=text(given, "code"),
        active_in_sales_process=given.get("active_in_sales_process") is True,
        serial_number_control=given.get("serial_number_control") is True,
        blank_issue_allowed=given.get("blank_issue_allowed") is True,
        other_options=frozenset(SerialOption(option) for option in listed(given, "other_options")),
    )


def operator_json(operator: Operator) -> dict[str, Any]:
    """Give an operator as plain JSON values."""
    return {"id": operator.id, "name": operator.name, "duties": sorted(operator.duties)}


def operator_of(given: Json) -> Operator:
    """Read an operator; duties of a newer version are ignored. Raises ValueError."""
    known = {str(duty) for duty in Duty}
    duties = frozenset(Duty(duty) for duty in listed(given, "duties") if duty in known)
    return Operator(text(given, "id"), text(given, "name"), duties)


def policies_json(policies: Policies) -> dict[str, Any]:
    """Give the site's policies as plain JSON values."""
    made: dict[str, Any] = to_builtins(policies)
    return made


def policies_of(given: Json) -> Policies:
    """Read the site's policies. Raises ValueError."""
    return Policies(
        over_scan=OverScan(text(given, "over_scan")),
        offline_posting=given.get("offline_posting") is not False,
        acknowledge_errors=given.get("acknowledge_errors") is True,
        correction_reasons=tuple(str(r) for r in listed(given, "correction_reasons")),
        print_at_posting=given.get("print_at_posting") is True,
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
        "invoice_prefix": master.invoice_prefix,
        "sale_prefix": master.sale_prefix,
        "command_key": master.command_key.hex(),
        "recalls": master.recalls,
    }


def master_of(given: Any) -> Master:
    """Read the master data. Raises ValueError."""
    return Master(
        site=text(given, "site"),
        time_zone=text(given, "time_zone"),
        policies=policies_of(mapping(given, "policies")),
        items=tuple(item_of(each) for each in listed(given, "items")),
        operators=tuple(operator_of(each) for each in listed(given, "operators")),
        slip_prefix=text(given, "slip_prefix"),
        invoice_prefix=str(given.get("invoice_prefix", "")),
        sale_prefix=str(given.get("sale_prefix", "")),
        command_key=secret_or_none(given, "command_key"),
        recalls=str(given.get("recalls", "")),
    )
