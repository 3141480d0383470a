"""Reading what a terminal sent: the envelope of a batch, and which of its fields no database should ever see.

An envelope that can't be used is a problem for the whole request. One bad event in it is an answer for that event,
so that a terminal's queue never blocks behind it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from msgspec import Struct
from msgspec.json import encode as quickly_encoded

from server_stub.problems import Problem
from terminal.backend.wire.events import BATCH_LIMIT, event_of
from terminal.domain.events import Continued, PostingRequested, Recorded, body

BODY_LIMIT = 1 << 20
"""Bytes of a batch at the most."""
NAME_LIMIT = 64
"""Characters of an id, an epoch, a document number, an operator at the most."""
REASON_LIMIT = 200
"""Characters of a reason at the most (S10, S22)."""
TEXT_LIMIT = 8_192
"""Characters of any other text: as long as a scanned frame may be (D2)."""
LIST_LIMIT = 10_000
"""Lines, or registrations, that one event names at the most."""

_NAME = re.compile(r"[!-~]{1,64}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)")
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control codes and ends of lines, which no field of an event has, and halves of surrogate pairs."""
_escaped = json.JSONEncoder(separators=(",", ":")).encode
_NAMES = frozenset({"document", "registration", "event", "order", "item", "slip"})
_REASONS = frozenset({"reason", "override"})


class Envelope(Struct, frozen=True):
    """A batch as it came: events are still plain JSON values."""

    epoch: str
    events: tuple[Any, ...]
    continues: Continued | None = None


def as_text(value: Any) -> str:
    """Write JSON for keeping: ASCII, so that no character can spoil it. Nearly all of it is ASCII to begin with."""
    try:
        text = quickly_encoded(value).decode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return _escaped(value)
    return text if text.isascii() and "\x7f" not in text else _escaped(value)


def read_envelope(sent: bytes) -> Envelope:
    """Read the body of a batch. Raises Problem."""
    try:
        given = json.loads(sent, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(422, "malformed-batch", "The body is not JSON.") from None
    if not isinstance(given, dict) or not isinstance(given.get("events"), list):
        raise Problem(422, "malformed-batch", "The body must be an object with epoch and events.")
    epoch = given.get("epoch")
    if not isinstance(epoch, str) or not is_name(epoch):
        raise Problem(422, "malformed-batch", "epoch must be 1 to 64 visible ASCII characters.")
    if len(given["events"]) > BATCH_LIMIT:
        raise Problem(422, "batch-too-long", f"A batch holds at most {BATCH_LIMIT} events.", limit=BATCH_LIMIT)
    return Envelope(epoch, tuple(given["events"]), _continued(given.get("continues")))


def _continued(given: object) -> Continued | None:
    """Read which epoch the batch's goes on from. Raises Problem."""
    if given is None:
        return None
    says = given if isinstance(given, Mapping) else {}
    epoch, after, event = says.get("epoch"), says.get("after"), says.get("event", "")
    if not is_name(epoch) or type(after) is not int or not 0 <= after < 2**53 or not (event == "" or is_name(event)):
        raise Problem(422, "malformed-batch", "continues must be an object with epoch, after and event.")
    return Continued(str(epoch), after, event)


def is_name(value: object) -> bool:
    """Say whether a value can name something: 1 to 64 visible ASCII characters."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def read_event(given: Mapping[str, Any], terminal: str, epoch: str) -> Recorded:
    """Read one event and check what the wire types leave open. Raises ValueError."""
    recorded = event_of(given, terminal, epoch)
    if not is_name(recorded.operator):
        raise ValueError("operator must be 1 to 64 visible ASCII characters")
    _check_time(recorded.recorded_at)
    if given.get("void") not in (None, False, True):
        raise ValueError("void must be true or false")
    if given.get("void") and not isinstance(recorded.event, PostingRequested):
        raise ValueError("only a request to post can be void")
    event = recorded.event
    for name, value in body(event).items():
        if isinstance(value, tuple):
            _check_list(name, value)
        else:
            _check_text(name, value)
    return recorded


def usable_place(given: object) -> tuple[str, int] | None:
    """Give the id and sequence under which even a malformed event can be answered and kept, or None."""
    if not isinstance(given, Mapping):
        return None
    id, sequence = given.get("id"), given.get("sequence")
    if not is_name(id) or type(sequence) is not int or not 1 <= sequence < 2**53:
        return None
    return str(id), sequence


def stored_body(recorded: Recorded) -> str:
    """Give an event's own fields as the text that is kept; all its fields are plain JSON values."""
    event = recorded.event
    return as_text(body(event))


def fingerprint(recorded: Recorded, kept: str) -> str:
    """Tell a retry from another event in its place: equal events have equal fingerprints (D10).

    `void` is no part of it: a request to post may be withdrawn at the terminal after it was sent, and before its answer
    came. Sent again it is the same request, and gets the answer it got (D5).
    """
    whole = (
        *(recorded.id, recorded.sequence, recorded.terminal, recorded.epoch, recorded.operator, recorded.recorded_at),
        *(recorded.event.type, kept),
    )
    return hashlib.blake2b(as_text(whole).encode("ascii"), digest_size=16).hexdigest()


def _check_time(moment: str) -> None:
    if _RFC3339.fullmatch(moment):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            pass
        else:
            return
    raise ValueError("recorded_at must be RFC 3339 in UTC")


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        return
    if len(value) > (NAME_LIMIT if name in _NAMES else REASON_LIMIT if name in _REASONS else TEXT_LIMIT):
        raise ValueError(f"{name} is too long")
    if not value.isprintable() and _UNSTORABLE.search(value):
        raise ValueError(f"{name} holds a character that can't be stored")


def _check_list(name: str, values: tuple[object, ...]) -> None:
    """Check a list of names, or of lines with their units."""
    if len(values) > LIST_LIMIT:
        raise ValueError(f"{name} holds more than {LIST_LIMIT}")
    if not all(is_name(value) or isinstance(value, tuple) for value in values):
        raise ValueError(f"{name} must be names of 1 to 64 visible ASCII characters")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
