"""The whole corpus through the HTTP API of a real server, in every field that an event has, and out of every read."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from uuid6 import uuid7

from server_stub.exports import guarded
from tests.server_stub.conftest import Terminal

from .checks import control_codes, formulas, steering
from .conftest import ASCII_SLIP, OPEN, PLAIN, SLIP
from .corpus import CORPUS, REFUSED, Payload
from .outputs import exported, objects

pytestmark = pytest.mark.e2e

EXPORTS = ("registrations", "corrections", "audit", "events")


LONG = 2_000
LONG_IN = {"serial", "lot", "document", "corrected", "type"}
"""Where codes of more characters than that are sent: the others have the same limits."""


def text_of(payload: Payload) -> str:
    """Give a payload as JSON can carry it: bytes that are no text as halves of surrogate pairs, an attack as well."""
    return payload.data.decode("utf-8", "surrogateescape")


def bodies(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give an event for each field that a payload may stand in: the field, the event's type, its body."""
    at = {"document": SLIP, "line": 1}
    own = {"document": ASCII_SLIP, "line": 1, "item": PLAIN}
    unit = {**at, "registration": str(uuid7())}
    yield "serial", "registered", {**at, "item": OPEN, "serial": text}
    yield "plain serial", "registered", {**own, "serial": text}
    for field in ("lot", "expiry", "package", "override"):
        yield field, "registered", {**own, "serial": f"F-{uuid7().hex[-20:]}", field: text}
    yield "item", "registered", {**at, "item": text, "serial": f"I-{uuid7().hex[-20:]}"}
    yield "document", "registered", {**own, "document": text, "serial": "D-1"}
    yield "removed", "removed", {**unit, "serial": text}
    yield "registration", "removed", {**at, "registration": text}
    yield "undone", "undone", {**unit, "event": text, "undoes": text}
    yield "digest", "posting-requested", {"document": text, "digest": text, "registrations": 0}
    yield (
        "order",
        "slip-drafted",
        {"document": f"D-{uuid7().hex[-8:]}", "order": text, "lines": [[1, 1]], "brought": [text]},
    )
    yield "drawn", "units-drawn", {"document": text, "slip": text, "line": 1, "registrations": [text]}
    yield "corrected", "serial-corrected", {**unit, "before": text, "serial": text, "reason": text}
    yield "reason", "slip-reversed", {"document": SLIP, "line": 1, "reason": text}
    yield "sold", "sale-line-set", {"document": text, "line": 1, "item": text, "units": 1}
    yield "type", text, {"document": SLIP}


def post(terminal: Terminal, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send a batch as ASCII, as any client may."""
    body = json.dumps({"epoch": terminal.epoch, "events": events}).encode("ascii")
    answer = terminal.http.post(f"/v1/terminals/{terminal.name}/events", content=body)
    fair(answer)
    assert answer.status_code == 200, answer.text
    answers = answer.json()["answers"]
    assert [each["sequence"] for each in answers] == [each["sequence"] for each in events]
    return list(answers)


def fair(answer: httpx.Response) -> None:
    """Check that an answer is one: fine, or a problem document that says why not."""
    assert answer.status_code < 500, (answer.request.url, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["detail"]
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", answer.content)
    assert not any(control_codes(value) for value in answer.headers.values())


@pytest.fixture
def told(backend) -> tuple[Terminal, list[tuple[str, str, dict[str, Any], dict[str, Any]]]]:
    """A terminal that has sent everything, and what it was answered: field, payload, event, answer."""
    terminal = Terminal(backend, "T-hostile")
    terminal.sign_in()
    found = []
    for payload in CORPUS:
        text = text_of(payload)
        fields = [each for each in bodies(text) if len(text) <= LONG or each[0] in LONG_IN]
        events = [terminal.event(kind, **body) for _, kind, body in fields]
        for event in (terminal.event("registered"), terminal.event("registered")):
            event["body"] = {"document": ASCII_SLIP, "line": 1, "item": PLAIN, "serial": f"O-{uuid7().hex[-20:]}"}
            events.append(event)
        events[-2]["operator"], events[-1]["recorded_at"] = text, text
        fields += [("operator", "registered", {}), ("recorded_at", "registered", {})]
        together = 1 if len(text) > LONG else len(events)  # a batch has a limit of its own
        answers = [
            each for at in range(0, len(events), together) for each in post(terminal, events[at : at + together])
        ]
        found += [
            (field, text, event, said) for (field, _, _), event, said in zip(fields, events, answers, strict=True)
        ]
    return terminal, found


def test_every_payload_in_every_field(told, backend):
    terminal, found = told
    # what claims to be a command is refused where it is scanned: to the backend it is a serial like others
    refused = {text_of(each) for each in CORPUS if each.must == REFUSED and each.kind != "command"}
    accepted = [(field, text, event) for field, text, event, said in found if said["outcome"] == "accepted"]
    assert [text for field, text, _ in accepted if "serial" in field and text in refused] == []
    assert {field for field, *_ in accepted} >= {"serial", "plain serial", "lot", "package", "override"}
    for _, _, event, said in found:
        assert said["outcome"] in ("accepted", "duplicate", "rejected", "conflict"), said
        assert said["id"] == event["id"]
        if said["outcome"] == "rejected":
            assert said["code"], said

    both = (SLIP, ASCII_SLIP)
    held = {each["id"]: each for number in both for each in terminal.state(number)["registrations"]}
    stored = {row["id"]: row for row in objects(exported(backend, "registrations", "jsonl"))}
    sheet = csv.DictReader(io.StringIO(exported(backend, "registrations"), newline=""))
    cells = {row["id"]: row for row in sheet}
    inbox = {row["id"]: row for row in objects(exported(backend, "events", "jsonl"))}
    registered = [(field, text, event) for field, text, event in accepted if event["type"] == "registered"]
    assert len(registered) > 1_000
    for field, text, event in registered:
        id, body = event["id"], event["body"]
        assert held[id]["serial"] == stored[id]["serial"] == body["serial"]
        assert inbox[id]["body"]["serial"] == body["serial"]
        assert (
            cells[id]["serial"].removeprefix("'" if guarded(body["serial"]) != body["serial"] else "") == body["serial"]
        )
        for name in ("lot", "expiry", "package"):
            assert stored[id][name] == body.get(name, "")
        if field == "serial":
            traced = terminal.http.get("/v1/trace", params={"serial": text})
            assert body["serial"] in [unit["serial"] for unit in traced.json()["units"]], traced.text
    sent = {event["id"] for _, _, event in registered}
    assert {each["id"] for each in held.values()} == sent  # nothing else came of them
    assert {(row["status"]) for row in stored.values() if row["document"] in both} == {"draft"}

    for what in EXPORTS:
        sheet = exported(backend, what)
        assert (control_codes(sheet), steering(sheet), formulas(sheet)) == ([], [], [])
        lines = exported(backend, what, "jsonl")
        assert (control_codes(lines), steering(lines)) == ([], [])
        assert len(objects(lines)) == len(list(csv.reader(io.StringIO(sheet, newline="")))) - 1
    fair(terminal.http.get("/metrics"))
    assert control_codes(terminal.http.get("/metrics").text) == []
    assert control_codes((backend.directory / "backend.log").read_text()) == []


def test_every_payload_everywhere_else(backend):
    terminal = Terminal(backend, "T-elsewhere")
    terminal.sign_in()
    here = {"terminal": terminal.name, "epoch": terminal.epoch}
    for payload in CORPUS:
        text, raw = text_of(payload), quote(payload.data[:3000], safe="")
        for path in (f"slips/{raw}", f"orders/{raw}"):
            fair(terminal.http.get(f"/v1/{path}", params=here))
        fair(terminal.http.get(f"/v1/terminals/{raw}/master?epoch={raw}"))
        fair(terminal.http.get(f"/v1/trace?serial={raw}&item={raw}"))
        fair(terminal.http.get(f"/v1/blanks?order={raw}&item={raw}&limit={raw}"))
        batch = f"/v1/terminals/{terminal.name}/events"
        quoted = b'{"epoch":"e","events":[{"id":"' + payload.data + b'","sequence":1,"type":"' + payload.data + b'"}]}'
        for body in (payload.data, quoted):
            fair(terminal.http.post(batch, content=body))
        for body in ({"epoch": text, "events": []}, {"epoch": "e", "events": [text, [text], {text: text}]}):
            fair(terminal.http.post(batch, content=json.dumps(body).encode("ascii")))
    fair(terminal.http.get("/metrics"))
    assert control_codes((backend.directory / "backend.log").read_text()) == []
    assert terminal.register(ASCII_SLIP, 1, PLAIN, "SN-AFTER-ALL")["outcome"] == "accepted"


def test_nobody_signs_in_or_enrols_with_a_payload(backend):
    terminal = Terminal(backend, "T-guest")
    for payload in CORPUS[::25]:
        text = text_of(payload)
        for path, given in (
            ("sessions", {"operator": text, "pin": "1111", "terminal": terminal.name}),
            ("sessions", {"operator": text, "pin": text, "terminal": text}),
            ("enrolments", {"code": text, "terminal": text, "name": text}),
        ):
            answer = terminal.http.post(f"/v1/{path}", content=json.dumps(given).encode(), headers=JSON)
            fair(answer)
            assert answer.status_code >= 400 or text.strip() == "1001"
    for what in EXPORTS:
        assert control_codes(exported(backend, what)) == []
    assert control_codes((backend.directory / "backend.log").read_text()) == []


JSON = {"content-type": "application/json"}


def test_headers_and_request_lines_of_raw_bytes(backend):
    for payload in CORPUS[::5]:
        line = payload.data.replace(b"\r", b"").replace(b"\n", b"")[:2000]
        for request in (
            b"GET /v1/slips/" + line + b"?terminal=t&epoch=e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            *(
                b"GET /v1/documents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + name + b": " + line + b"\r\n\r\n"
                for name in (b"Scan-Session", b"Authorization: Bearer", b"If-None-Match", b"Content-Length")
            ),
        ):
            with socket.create_connection(("127.0.0.1", backend.port), timeout=10) as connection:
                connection.sendall(request)
                said = connection.recv(65536)
            assert re.match(rb"HTTP/1\.1 (?:[24]\d\d|304) ", said), (request, said)
    assert control_codes((backend.directory / "backend.log").read_text()) == []
    assert Terminal(backend, "T-after").register(ASCII_SLIP, 1, PLAIN, "SN-AFTER-ALL")["outcome"] == "accepted"
