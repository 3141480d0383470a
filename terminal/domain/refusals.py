"""Every way of saying no: a code, the rule behind it, and parameters. No prose: screens speak, rules do not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class Code(StrEnum):
    """What a refusal is about."""

    UNKNOWN_DOCUMENT = "unknown-document"
    UNKNOWN_LINE = "unknown-line"
    UNKNOWN_ITEM = "unknown-item"
    UNKNOWN_ORDER = "unknown-order"
    UNKNOWN_OPERATOR = "unknown-operator"
    MISSING_DUTY = "missing-duty"
    NOT_TRACKED = "not-tracked"
    CATCH_WEIGHT = "catch-weight"
    CATCH_WEIGHT_GROUP = "catch-weight-group"
    BLOCKED = "blocked"
    EMPTY_SERIAL = "empty-serial"
    SERIAL_TOO_SHORT = "serial-too-short"
    SERIAL_TOO_LONG = "serial-too-long"
    SERIAL_CHARACTER = "serial-character"
    SERIAL_MASK = "serial-mask"
    SERIAL_CASE = "serial-case"
    DUPLICATE_ON_LINE = "duplicate-on-line"
    ON_OTHER_LINE = "on-other-line"
    HELD_ELSEWHERE = "held-elsewhere"
    NOT_KNOWN_HERE = "not-known-here"
    NO_BLANK = "no-blank"
    LINE_FULL = "line-full"
    NOTHING_TO_UNDO = "nothing-to-undo"
    DOCUMENT_POSTED = "document-posted"
    DOCUMENT_CLOSED = "document-closed"
    POSTING_PENDING = "posting-pending"
    NOTHING_TO_WITHDRAW = "nothing-to-withdraw"
    UNITS_MISSING = "units-missing"
    SURPLUS = "surplus"
    DIFFERENT_SET = "different-set"
    REQUEST_WITHDRAWN = "request-withdrawn"
    OFFLINE_POSTING = "offline-posting"
    MORE_THAN_LEFT = "more-than-left"
    NOTHING_TO_SHIP = "nothing-to-ship"
    NUMBER_TAKEN = "number-taken"
    SERIAL_FORM = "serial-form"
    SOLD_BEFORE = "sold-before"
    INVOICED = "invoiced"
    NEGATIVE_QUANTITY = "negative-quantity"
    REASON_MISSING = "reason-missing"
    SAME_SERIAL = "same-serial"
    CHANGED_MEANWHILE = "changed-meanwhile"
    STILL_DRAFT = "still-draft"
    LINE_REVERSED = "line-reversed"
    NOT_A_SLIP = "not-a-slip"
    NOT_AN_INVOICE = "not-an-invoice"
    NOT_POSTED = "not-posted"
    OTHER_ORDER = "other-order"
    ALREADY_ON_INVOICE = "already-on-invoice"
    ON_OTHER_INVOICE = "on-other-invoice"
    NOT_ON_INVOICE = "not-on-invoice"
    NOT_SHIPPED = "not-shipped"
    MORE_THAN_SHIPPED = "more-than-shipped"
    SEVERAL_INCOMPLETE = "several-incomplete"
    NOTHING_TO_INVOICE = "nothing-to-invoice"
    TOO_MANY_KEPT = "too-many-kept"
    NO_NUMBERS = "no-numbers"
    NOT_A_SERIAL = "not-a-serial"
    RECALLED = "recalled"
    MALFORMED_EVENT = "malformed-event"
    CLONED_TERMINAL = "cloned-terminal"


RULES: Mapping[Code, str] = {
    Code.UNKNOWN_DOCUMENT: "D8",
    Code.UNKNOWN_LINE: "D8",
    Code.UNKNOWN_ITEM: "D8",
    Code.UNKNOWN_ORDER: "S13",
    Code.UNKNOWN_OPERATOR: "S17",
    Code.MISSING_DUTY: "S17",
    Code.NOT_TRACKED: "S1",
    Code.CATCH_WEIGHT: "S20",
    Code.CATCH_WEIGHT_GROUP: "S20",
    Code.BLOCKED: "I11",
    Code.EMPTY_SERIAL: "D2",
    Code.SERIAL_TOO_SHORT: "D2",
    Code.SERIAL_TOO_LONG: "D2",
    Code.SERIAL_CHARACTER: "D2",
    Code.SERIAL_MASK: "D2",
    Code.SERIAL_CASE: "D2",
    Code.DUPLICATE_ON_LINE: "S7",
    Code.ON_OTHER_LINE: "S22",
    Code.HELD_ELSEWHERE: "S22",
    Code.NOT_KNOWN_HERE: "D4",
    Code.NO_BLANK: "S8",
    Code.LINE_FULL: "S5",
    Code.NOTHING_TO_UNDO: "D3",
    Code.DOCUMENT_POSTED: "S10",
    Code.DOCUMENT_CLOSED: "S11",
    Code.POSTING_PENDING: "D5",
    Code.NOTHING_TO_WITHDRAW: "D5",
    Code.UNITS_MISSING: "S3",
    Code.SURPLUS: "S5",
    Code.DIFFERENT_SET: "D5",
    Code.REQUEST_WITHDRAWN: "D5",
    Code.OFFLINE_POSTING: "D7",
    Code.MORE_THAN_LEFT: "S13",
    Code.NOTHING_TO_SHIP: "S13",
    Code.NUMBER_TAKEN: "S13",
    Code.SERIAL_FORM: "D2",
    Code.SOLD_BEFORE: "S22",
    Code.INVOICED: "S10",
    Code.NEGATIVE_QUANTITY: "S10",
    Code.REASON_MISSING: "S10",
    Code.SAME_SERIAL: "S10",
    Code.CHANGED_MEANWHILE: "S10",
    Code.STILL_DRAFT: "S9",
    Code.LINE_REVERSED: "S11",
    Code.NOT_A_SLIP: "S11",
    Code.NOT_AN_INVOICE: "S14",
    Code.NOT_POSTED: "S14",
    Code.OTHER_ORDER: "S14",
    Code.ALREADY_ON_INVOICE: "S14",
    Code.ON_OTHER_INVOICE: "S14",
    Code.NOT_ON_INVOICE: "S14",
    Code.NOT_SHIPPED: "S14",
    Code.MORE_THAN_SHIPPED: "S14",
    Code.SEVERAL_INCOMPLETE: "S14",
    Code.NOTHING_TO_INVOICE: "S14",
    Code.TOO_MANY_KEPT: "S12",
    Code.NO_NUMBERS: "S13",
    Code.NOT_A_SERIAL: "I10",
    Code.RECALLED: "I9",
    Code.MALFORMED_EVENT: "D1",
    Code.CLONED_TERMINAL: "D10",
}
"""The rulebook's number behind each code."""


class Refusal(Struct, frozen=True):
    """A rule saying no. `parameters` fill the sentence that a screen shows; they are data, never markup."""

    code: Code
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule's number, such as `S7`."""
        return RULES[self.code]


def refuse(code: Code, **parameters: str | int) -> Refusal:
    """Say no, with what the sentence needs."""
    return Refusal(code, parameters)
