"""What stands in the way of posting a packing slip, and the request to post it (S3–S5, I11, S17, D5, D7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from terminal.domain.documents import Draw, Duty, Kind, Line, Operator, Policies, Registration, SlipStatus, Tally
from terminal.domain.events import PostingRequested, PostingWithdrawn
from terminal.domain.invoicing import invoice_obstacles
from terminal.domain.records import Records
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.registering import not_draft, units_too_many


def line_obstacles(line: Line, tally: Tally, *, blocked: bool) -> tuple[Refusal, ...]:
    """Name what keeps one line from being posted: missing units (S3), surplus (S5), a blocked item (I11)."""
    found: list[Refusal] = []
    if blocked:
        found.append(refuse(Code.BLOCKED, item=line.item, line=line.number))
    surplus = units_too_many(tally, line)
    if surplus:
        found.append(refuse(Code.SURPLUS, line=line.number, item=line.item, surplus=surplus))
    missing = units_missing(line, tally)
    if missing:
        found.append(refuse(Code.UNITS_MISSING, line=line.number, item=line.item, missing=missing))
    return tuple(found)


def units_missing(line: Line, tally: Tally) -> int:
    """How many units of a line still need a registration before it may post (S3; none under S4, S1 or S20)."""
    tracking = line.tracking
    if line.catch_weight or not tracking.active_in_sales_process:
        return 0
    if not tracking.serial_number_control or tracking.blank_issue_allowed:
        return 0
    return max(0, line.units - tally.registered)


def obstacles(records: Records, document: str) -> tuple[Refusal, ...]:
    """Name everything that stands in the way of posting a document, line by line; for invoices see S14."""
    found: list[Refusal] = []
    lines, slip = records.lines(document), records.slip(document)
    if not lines and slip is not None and slip.kind == Kind.INVOICE:
        return invoice_obstacles(records, document)
    if not any(line.units for line in lines):
        return (refuse(Code.NOTHING_TO_SHIP, order=document),)
    for line in lines:
        item = records.item(line.item)
        blocked = item is not None and item.blocked
        found += line_obstacles(line, records.tally(document, line.number), blocked=blocked)
    return tuple(found)


def registrations_digest(registrations: Iterable[Registration], draws: Iterable[Draw] = ()) -> str:
    """Fingerprint the set of live registrations an operator saw (D5): serials by value, blanks by name.

    `draws`: what an invoice takes beside them.
    """
    rows = sorted(f"{r.line}\x1f{r.item}\x1f{'-' + r.id if r.key is None else '+' + r.key}" for r in registrations)
    rows += sorted(f"{draw.slip}\x1f{draw.line}\x1f{draw.units}" for draw in draws)
    return hashlib.blake2b("\x1e".join(rows).encode("utf-8"), digest_size=16).hexdigest()


def sold_digest(records: Records, document: str) -> str:
    """Fingerprint what a counter sale sells, line by line (S21, D5); empty for any other document."""
    slip = records.slip(document)
    if slip is None or slip.kind != Kind.COUNTER_SALE:
        return ""
    rows = sorted(f"{line.number}\x1f{line.item}\x1f{line.units}" for line in records.lines(document) if line.units)
    return hashlib.blake2b("\x1e".join(rows).encode("utf-8"), digest_size=16).hexdigest()


def request_posting(
    records: Records, who: Operator, policies: Policies, document: str, *, online: bool
) -> PostingRequested | Refusal:
    """Ask for a document to be posted just as the operator sees it (D5)."""
    refused = _may_post(records, who, document)
    if refused is not None:
        return refused
    if not online and not policies.offline_posting:
        return refuse(Code.OFFLINE_POSTING, document=document)
    seen = what_is_on(records, document)
    digest = registrations_digest(seen, records.draws(document))
    return PostingRequested(document, digest, len(seen), sold_digest(records, document))


def judge_posting(records: Records, who: Operator, asked: PostingRequested) -> Refusal | None:
    """Say why the backend can't post what was asked for; only an equal set is posted (D5)."""
    refused = not_draft(records, asked.document)
    if refused is not None:
        return refused
    held = what_is_on(records, asked.document)
    other_units = asked.sold not in {"", sold_digest(records, asked.document)}
    if other_units or registrations_digest(held, records.draws(asked.document)) != asked.digest:
        return refuse(Code.DIFFERENT_SET, document=asked.document, seen=asked.registrations, held=len(held))
    return _may_post(records, who, asked.document)


def what_is_on(records: Records, document: str) -> tuple[Registration, ...]:
    """Give the registrations that a document stands for: its own, and those that an invoice draws on (D9)."""
    return (*records.live_registrations(document), *records.drawn(document))


def withdraw_posting(records: Records, who: Operator, document: str) -> PostingWithdrawn | Refusal:
    """Take a request to post back before its answer has come; the document is open again (D5)."""
    slip = records.slip(document)
    if slip is None:
        return refuse(Code.UNKNOWN_DOCUMENT, document=document)
    if Duty.POST not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.POST)
    if slip.status is SlipStatus.POSTED:
        return refuse(Code.DOCUMENT_POSTED, document=document)
    if slip.status is not SlipStatus.POSTING:
        return refuse(Code.NOTHING_TO_WITHDRAW, document=document)
    return PostingWithdrawn(document)


def _may_post(records: Records, who: Operator, document: str) -> Refusal | None:
    closed = not_draft(records, document)
    if closed is not None:
        return closed
    if Duty.POST not in who.duties:
        return refuse(Code.MISSING_DUTY, duty=Duty.POST)
    return next(iter(obstacles(records, document)), None)
