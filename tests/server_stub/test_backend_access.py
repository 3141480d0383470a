"""Who may ask: PINs, sessions, enrolment (S17, D10), and how every refusal looks."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(scope="module")
def strict(start):
    """A server with the demo data that trusts nobody for being near."""
    demo = start()
    demo.stop()
    return start("--host", "127.0.0.1", database=demo.database)


def enrolled(backend, name: str):
    code = backend.run("terminal", "code").stdout.strip()
    answer = backend.terminal(name).http.post("/v1/enrolments", json={"code": code, "terminal": name, "name": "Dock 1"})
    assert answer.status_code == 200, answer.text
    return backend.terminal(name, answer.json()["token"]), code


def check_problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert set(said) == {"type", "title", "status", "detail", "code", "parameters"}
    assert (said["status"], said["code"], said["type"]) == (status, code, f"urn:scan-terminal:problem:{code}")
    assert "Traceback" not in answer.text
    return said["parameters"]


def test_s17_sign_in_gives_the_operator_their_duties_and_a_session(at):
    answer = at.sign_in("1002", "2222")
    assert answer.json()["operator"] == {"id": "1002", "name": "Ben Okafor", "duties": ["post", "register"]}
    assert at.http.get("/v1/documents").status_code == 200
    assert at.http.delete("/v1/sessions").status_code == 204
    check_problem(at.http.get("/v1/documents"), 401, "session-expired")


def test_without_a_session_there_are_no_documents(at):
    check_problem(at.http.get("/v1/documents"), 401, "session-missing")
    slip = at.http.get("/v1/slips/PS-1001", params={"terminal": at.name, "epoch": "e"})
    check_problem(slip, 401, "session-missing")


def test_an_unknown_operator_and_an_unknown_slip(at):
    assert check_problem(at.sign_in("4711", "1111"), 401, "unknown-operator") == {"operator": "4711"}
    at.sign_in()
    slip = at.http.get("/v1/slips/PS-9", params={"terminal": at.name, "epoch": "e"})
    assert check_problem(slip, 404, "unknown-document") == {"document": "PS-9"}


def test_wrong_pins_lock_the_operator_and_the_terminal_and_a_restart_does_not_help(start):
    backend = start()
    at = backend.terminal("locked")
    left = [check_problem(at.sign_in("1002", "0000"), 401, "wrong-pin")["tries_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    check_problem(at.sign_in("1002", "2222"), 429, "too-many-pins")
    assert backend.stop() == 0
    again = start(database=backend.database)
    refused = again.terminal("elsewhere").sign_in("1002", "2222")
    assert 0 < check_problem(refused, 429, "too-many-pins")["seconds"] <= 900
    assert refused.headers["retry-after"] == str(refused.json()["parameters"]["seconds"])
    check_problem(again.terminal("locked").sign_in(), 429, "too-many-pins")
    assert again.terminal("elsewhere").sign_in().status_code == 200
    assert again.rows("select count(*) from audit where action = 'sign-in-failed'") == [(5,)]


def test_a_right_pin_forgets_the_operators_wrong_ones(start):
    backend = start(SERVER_STUB_PINS_TRIES="3")
    for name in ("a", "b", "c"):
        at = backend.terminal(name)
        check_problem(at.sign_in("1002", "0000"), 401, "wrong-pin")
        check_problem(at.sign_in("1002", "0000"), 401, "wrong-pin")
        assert at.sign_in("1002", "2222").status_code == 200


def test_a_session_ends(start):
    at = start(SERVER_STUB_SESSIONS_SECONDS="1").terminal()
    at.sign_in()
    assert at.http.get("/v1/documents").status_code == 200
    time.sleep(1.1)
    check_problem(at.http.get("/v1/documents"), 401, "session-expired")


def test_d10_only_enrolled_terminals_are_served_and_each_as_itself(strict):
    stranger = strict.terminal("stranger")
    events = stranger.send(stranger.event("registered"))
    check_problem(events, 401, "terminal-credential-missing")
    check_problem(stranger.sign_in(), 401, "terminal-credential-missing")
    check_problem(strict.terminal("x", "made-up").send(), 401, "terminal-credential-wrong")
    mine, _ = enrolled(strict, "dock-1")
    assert mine.send().status_code == 200
    assert mine.sign_in().status_code == 200
    assert mine.http.get("/v1/documents").status_code == 200
    other = mine.http.get("/v1/terminals/dock-2/master", params={"epoch": "e"})
    assert check_problem(other, 403, "other-terminal") == {"terminal": "dock-2"}


def test_d10_a_code_works_once_and_a_credential_can_be_taken_away(strict):
    mine, code = enrolled(strict, "dock-3")
    again = mine.http.post("/v1/enrolments", json={"code": code, "terminal": "dock-4"})
    check_problem(again, 401, "wrong-enrolment-code")
    assert "dock-3\tDock 1\tenrolled" in strict.run("terminal", "list").stdout
    assert strict.run("terminal", "revoke", "dock-3").returncode == 0
    check_problem(mine.send(), 401, "terminal-credential-wrong")
    assert strict.run("terminal", "revoke", "nobody").returncode == 1


def test_a_code_is_good_for_a_while_only(strict):
    strict.environment["SERVER_STUB_ENROLMENT_SECONDS"] = "1"
    code = strict.run("terminal", "code").stdout.strip()
    del strict.environment["SERVER_STUB_ENROLMENT_SECONDS"]
    time.sleep(1.1)
    late = strict.terminal().http.post("/v1/enrolments", json={"code": code, "terminal": "late"})
    check_problem(late, 401, "wrong-enrolment-code")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not-found"),
        ("PUT", "/healthz", None, 405, "method-not-allowed"),
        ("GET", "/v1/terminals/t/events", None, 405, "method-not-allowed"),
        ("GET", "/v1/terminals/t/master", None, 422, "malformed-request"),
        ("GET", "/v1/terminals/t%20t/master?epoch=e", None, 422, "malformed-request"),
        ("POST", "/v1/sessions", {"operator": "1001"}, 422, "malformed-request"),
        ("POST", "/v1/sessions", {"operator": "1001", "pin": 1111, "terminal": "t"}, 422, "malformed-request"),
        ("POST", "/v1/sessions", None, 422, "malformed-request"),
        ("POST", "/v1/enrolments", {"code": "x", "terminal": "t"}, 401, "wrong-enrolment-code"),
        ("DELETE", "/v1/sessions", None, 401, "session-missing"),
    ],
)
def test_every_error_is_a_problem_document(at, method, path, body, status, code):
    check_problem(at.http.request(method, path, json=body), status, code)


def test_what_has_not_changed_is_not_sent_again(at):
    at.sign_in()
    for path in ("/v1/documents", f"/v1/terminals/{at.name}/master?epoch=e"):
        first = at.http.get(path)
        again = at.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_openapi_describes_every_operation_and_its_references_resolve(at):
    page = at.http.get("/openapi.json").json()
    assert page["openapi"].startswith("3.")
    assert {
        "/healthz",
        "/metrics",
        "/v1/terminals/{terminal}/events",
        "/v1/terminals/{terminal}/master",
        "/v1/documents",
        "/v1/slips/{number}",
        "/v1/orders/{number}",
        "/v1/sessions",
        "/v1/enrolments",
    } <= set(page["paths"])

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for each in node.values():
                yield from references(each)
        elif isinstance(node, list):
            for each in node:
                yield from references(each)

    schemas = page["components"]["schemas"]
    found = set(references(page))
    assert found
    assert {each.removeprefix("#/components/schemas/") for each in found} <= set(schemas)


def test_what_is_fetched_is_what_openapi_describes(at):
    at.sign_in()
    page = at.http.get("/openapi.json").json()

    def check(found, schema, where: str) -> None:
        schema = page["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if isinstance(found, dict) and "properties" in schema:
            assert set(found) == set(schema["properties"]), where
            for name, value in found.items():
                check(value, schema["properties"][name], f"{where}.{name}")
        elif isinstance(found, list) and "items" in schema:
            for each in found:
                check(each, schema["items"], f"{where}[]")

    asked = {"terminal": at.name, "epoch": at.epoch}
    paths = {
        "/v1/terminals/{terminal}/master": f"/v1/terminals/{at.name}/master",
        "/v1/documents": "/v1/documents",
        "/v1/slips/{number}": "/v1/slips/PS-1009",
        "/v1/orders/{number}": "/v1/orders/SO-2006",
    }
    invoice = at.invoice("SO-2006")
    at.draw(invoice, "PS-1009", at.state("PS-1009")["registrations"][0]["serial"])
    for path, real in paths.items():
        described = page["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(at.http.get(real, params=asked).json(), described, path)


def test_health_and_figures(at):
    assert at.http.get("/healthz").json() == {"status": "ok"}
    at.register("PS-1001", 1, "LP-1410", "abc")
    text = at.http.get("/metrics").text
    for name in ('events_total{outcome="rejected"}', "batch_size_count", "intake_seconds_bucket", "sign_ins_total"):
        assert name in text
