"""Where a serial went, and which units want one, over HTTP: S9, S10, S12, S18, S19, S22, D2."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from server_stub import tracing
from server_stub.database import open_database, reading
from server_stub.schema_version import upgrade
from terminal.backend.wire.tracing import open_blanks_of, trace_of
from terminal.domain.dates import months_after

from .test_backend_invoices import FREE, ORDER, serial

SENSITIVE = "SV-1200"


def ask(at, path: str, **asked: Any):
    if "Scan-Session" not in at.http.headers:
        at.sign_in()
    return at.http.get(path, params=asked)


def trace(at, serial: str, **asked: Any) -> dict[str, Any]:
    answer = ask(at, "/v1/trace", serial=serial, **asked)
    assert answer.status_code == 200, answer.text
    trace_of(answer.json())
    return dict(answer.json())


def units(at, serial: str, **asked: Any) -> list[dict[str, Any]]:
    return list(trace(at, serial, **asked)["units"])


def steps(unit: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["type"], step["document"]) for step in unit["steps"]]


def blanks(at, **asked: Any) -> list[dict[str, Any]]:
    answer = ask(at, "/v1/blanks", **asked)
    assert answer.status_code == 200, answer.text
    open_blanks_of(answer.json())
    return list(answer.json()["blanks"])


def charge(at, slip: str, *serials: str | None) -> str:
    invoice = at.invoice(ORDER)
    assert at.draw(invoice, slip, *serials)["outcome"] == "accepted"
    assert at.post(invoice)["outcome"] == "accepted"
    return str(invoice)


def test_s18_a_sold_unit_says_on_which_slip_and_invoice_to_whom_and_when(at, backend):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    invoice = charge(at, slip, number)
    (unit,) = units(at, number)
    posted = dict(backend.rows("select number, posted_at from slip where number in (?, ?)", slip, invoice))
    assert {name: unit[name] for name in unit if name not in ("registration", "steps")} == {
        "item": FREE,
        "description": 'Laptop 14" Meridian 1410',
        "serial": number,
        "slip": slip,
        "line": 1,
        "status": "posted",
        "order": ORDER,
        "customer": "Großmarkt Elektronik Süd",
        "shipped_at": posted[slip],
        "invoice": invoice,
        "invoiced_at": posted[invoice],
        "warranty_until": unit["warranty_until"],
        "service_until": unit["service_until"],
        "live": True,
        "returned": False,
        "gtin": "",
        "lot": "",
        "expiry": "",
    }
    day = date.fromisoformat(posted[invoice][:10])
    assert abs((date.fromisoformat(unit["warranty_until"]) - months_after(day, 24)).days) <= 1  # the site is in Hamburg
    assert abs((date.fromisoformat(unit["service_until"]) - months_after(day, 12)).days) <= 1
    assert steps(unit) == [("registered", slip), ("posting-requested", slip), ("posting-requested", invoice)]
    assert {step["operator"] for step in unit["steps"]} == {"1001"}


def test_s18_the_invoice_is_of_the_day_that_the_site_s_calendar_says(at, backend):
    number = serial()
    invoice = charge(at, at.ship(ORDER, 1, FREE, number), number)
    engine = open_database(backend.database)
    with engine.begin() as connection:  # 23:30 UTC on 30 January is half past midnight on the 31st in Hamburg
        change = "update slip set posted_at = '2027-01-30T23:30:00.000Z' where number = ?"
        connection.exec_driver_sql(change, (invoice,))
    engine.dispose()
    (unit,) = units(at, number)
    assert (unit["warranty_until"], unit["service_until"]) == ("2029-01-31", "2028-01-31")


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-05-15", 600, "2076-05-15"),
    ],
)
def test_s18_months_are_those_of_the_calendar(day, months, wanted):
    assert months_after(date.fromisoformat(day), months).isoformat() == wanted


def test_s18_an_item_without_warranty_or_a_unit_without_invoice_has_no_date(at):
    number = f"HS-{uuid4().hex[:8]}"
    shipped = at.ship(ORDER, 3, "HS-0310", number)
    (unit,) = units(at, number)
    assert (unit["slip"], unit["invoice"], unit["invoiced_at"]) == (shipped, "", "")
    assert (unit["warranty_until"], unit["service_until"]) == ("", "")
    charge(at, shipped, number)
    (unit,) = units(at, number)
    assert unit["invoiced_at"] > ""
    assert (unit["warranty_until"], unit["service_until"]) == ("", "")


def test_s18_a_draft_invoice_is_named_and_begins_no_warranty(at):
    number = serial()
    slip, invoice = at.ship(ORDER, 1, FREE, number), at.invoice(ORDER)
    at.draw(invoice, slip, number)
    (unit,) = units(at, number)
    assert (unit["invoice"], unit["invoiced_at"], unit["warranty_until"]) == (invoice, "", "")


def test_s10_a_serial_that_was_corrected_away_still_finds_the_unit(at):
    first, second, third = serial(), serial(), serial()
    slip = at.ship(ORDER, 1, FREE, first)
    at.correct(slip, first, second)
    at.correct(slip, second, first, "Label damaged")
    at.correct(slip, first, third)
    for asked in (first, second, third, first.upper(), f" {second}\r\n"):
        (unit,) = units(at, asked)
        assert (unit["serial"], unit["slip"]) == (third, slip)
    corrections = [step for step in unit["steps"] if step["type"] == "serial-corrected"]
    assert [(step["before"], step["after"], step["reason"]) for step in corrections] == [
        (first, second, "Typing error"),
        (second, first, "Label damaged"),
        (first, third, "Typing error"),
    ]


def test_s9_a_filled_blank_tells_where_its_serial_came_from(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, None)
    at.correct(slip, None, number, reason="")
    (unit,) = units(at, number)
    assert steps(unit) == [("not-readable", slip), ("posting-requested", slip), ("serial-corrected", slip)]
    assert (unit["steps"][2]["before"], unit["steps"][2]["after"], unit["steps"][2]["reason"]) == (None, number, "")


def test_a_refused_correction_is_no_step_and_finds_nothing(at):
    number, other = serial(), serial()
    slip = at.ship(ORDER, 1, FREE, number)
    at.correct(slip, number, other, operator="1002")  # who may not
    assert units(at, other) == []
    assert steps(units(at, number)[0]) == [("registered", slip), ("posting-requested", slip)]


def test_a_unit_that_was_removed_is_found_and_was_not_shipped(at):
    number = serial()
    slip = at.draft(ORDER, (1, 1))
    said = at.event("registered", document=slip, line=1, item=FREE, serial=number)
    gone = at.event("removed", document=slip, line=1, registration=said["id"], serial=number)
    at.answers(said, gone)
    first = serial()
    at.register(slip, 1, FREE, first)
    assert at.post(slip)["outcome"] == "accepted"
    (unit,) = units(at, number)
    assert (unit["live"], unit["status"], unit["shipped_at"]) == (False, "posted", "")
    assert steps(unit) == [("registered", slip), ("removed", slip)]


def test_d3_undone_events_are_steps_in_their_order(at):
    number = serial()
    slip = at.draft(ORDER, (1, 1))
    said = at.event("registered", document=slip, line=1, item=FREE, serial=number)
    given = {"document": slip, "line": 1, "registration": said["id"], "serial": number}
    gone = at.event("removed", **given)
    back = at.event("undone", event=gone["id"], undoes="removed", **given)
    assert [answer["outcome"] for answer in at.answers(said, gone, back)] == ["accepted"] * 3
    assert at.post(slip)["outcome"] == "accepted"
    (unit,) = units(at, number)
    assert [kind for kind, _ in steps(unit)] == ["registered", "removed", "undone", "posting-requested"]
    assert unit["live"]
    assert unit["shipped_at"]


def test_s11_s12_a_unit_that_came_along_twice_tells_of_every_slip(at):
    number, other = (f"{uuid4().int % 10**15:015d}" for _ in range(2))
    slips = [at.ship(ORDER, 2, "PH-6700", number, other)]
    kept = [r["id"] for r in at.state(slips[0])["registrations"]]
    for _ in range(2):
        assert at.reverse(slips[-1])["outcome"] == "accepted"
        new = f"D-{uuid4().hex[:12]}"
        at.say("slip-drafted", document=new, order=ORDER, lines=[[1, 1], [2, 2]], brought=kept)
        assert at.register(new, 1, FREE, serial())["outcome"] == "accepted"
        assert at.post(new)["outcome"] == "accepted"
        slips.append(new)
    assert at.reverse(slips[2], line=1)["outcome"] == "accepted"  # of another item: no step of this unit
    (unit,) = units(at, number)
    assert (unit["slip"], unit["line"], unit["status"]) == (slips[2], 2, "posted")
    wanted = [("registered", slips[0]), ("posting-requested", slips[0]), ("slip-reversed", slips[0])]
    wanted += [("slip-drafted", slips[1]), ("posting-requested", slips[1]), ("slip-reversed", slips[1])]
    wanted += [("slip-drafted", slips[2]), ("posting-requested", slips[2])]
    assert steps(unit) == wanted
    assert unit["steps"][2]["reason"] == "Wrong unit packed"
    assert at.reverse(slips[2])["outcome"] == "accepted"
    (unit,) = units(at, number)
    assert unit["status"] == "cancelled"
    assert steps(unit) == [*wanted, ("slip-reversed", slips[2])]


def test_s11_one_reversed_line_counts_as_cancelled_and_once(at):
    number = serial()
    slip = at.draft(ORDER, (1, 1), (3, 1))
    at.register(slip, 1, FREE, number)
    assert at.post(slip)["outcome"] == "accepted"
    at.reverse(slip, line=1)
    assert units(at, number)[0]["status"] == "cancelled"
    at.reverse(slip)  # the rest of it
    assert [kind for kind, _ in steps(units(at, number)[0])] == ["registered", "posting-requested", "slip-reversed"]


def test_s12_a_kept_serial_that_was_scanned_again_is_two_units_newest_first(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    at.reverse(slip)
    new = at.draft(ORDER, (1, 1))
    at.register(new, 1, FREE, number)
    newest, oldest = units(at, number)
    assert (newest["slip"], newest["live"], steps(newest)) == (new, True, [("registered", new)])
    assert (oldest["slip"], oldest["live"], oldest["status"]) == (slip, False, "cancelled")
    assert steps(oldest)[-2:] == [("slip-reversed", slip), ("registered", new)]


def test_s22_a_unit_that_was_sold_again_shows_both_sales_and_the_reason(at):
    number = serial()
    slip = at.ship(ORDER, 1, FREE, number)
    charge(at, slip, number)
    again = at.draft(ORDER, (1, 1))
    given = {"document": again, "line": 1, "item": FREE, "serial": number}
    assert at.say("registered", override="returned under warranty", **given)["outcome"] == "accepted"
    newest, oldest = units(at, number)
    assert (newest["returned"], oldest["returned"]) == (False, True)
    assert newest["steps"][0]["reason"] == "returned under warranty"
    assert (oldest["steps"][-1]["document"], oldest["steps"][-1]["reason"]) == (again, "returned under warranty")
    assert oldest["warranty_until"]


def test_d2_s22_whole_values_are_compared_as_each_item_says(at):
    number = f"Ab{uuid4().hex[:10]}"
    at.register(at.draft(ORDER, (1, 1)), 1, FREE, number)
    at.register(at.draft("SO-2010", (2, 1)), 1, SENSITIVE, number)
    assert {unit["item"] for unit in units(at, number)} == {FREE, SENSITIVE}
    assert {unit["item"] for unit in units(at, number.upper())} == {FREE}
    assert [unit["item"] for unit in units(at, number, item=SENSITIVE)] == [SENSITIVE]
    for part in (number[:-1], number[1:], f"%{number[1:]}", f"{number[:-1]}_", "%", number + number):
        assert units(at, part) == []


def test_d2_equal_marks_are_found_however_they_are_composed(at):
    number = f"Grün-{uuid4().hex[:8]}"
    slip = at.draft("SO-2007", (4, 1))
    assert at.register(slip, 1, "GR-0001", number)["outcome"] == "accepted"
    assert [unit["slip"] for unit in units(at, number.replace("ü", "u\u0308"))] == [slip]


def test_s19_an_item_s_number_or_reference_says_why_there_is_no_list(at, backend):
    ((reference,),) = backend.rows("select reference from item_reference where item = ? limit 1", FREE)
    for code in (FREE, reference):
        found = trace(at, code)
        assert (found["item"], found["no_stock"], found["units"]) == (FREE, True, [])
        assert found["description"].startswith("Laptop")
    unknown = trace(at, "nobody-has-this")
    assert (unknown["item"], unknown["no_stock"], unknown["units"]) == ("", False, [])
    assert trace(at, serial(), item=reference)["units"] == []


@pytest.mark.parametrize("code", ["\0", "'; drop table slip; --", "\u202eRTL", "x" * 8_000, "🦊", "a\nb", "=1+1"])
def test_any_code_gets_an_answer(at, code):
    found = trace(at, code)
    assert (found["serial"], found["units"]) == (code, [])


@pytest.mark.parametrize("path", ["/v1/trace?serial=x", "/v1/blanks"])
def test_both_want_an_enrolled_terminal(start, path):
    demo = start()
    demo.stop()
    strict = start("--host", "127.0.0.1", database=demo.database)  # which trusts nobody for being near
    assert strict.terminal().http.get(path).json()["code"] == "terminal-credential-missing"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/trace", "query.serial"),
        ("/v1/trace?serial=%20", "serial"),
        (f"/v1/trace?serial={'x' * 8193}", "query.serial"),
        ("/v1/blanks?limit=0", "query.limit"),
        ("/v1/blanks?limit=1001", "query.limit"),
        ("/v1/blanks?limit=x", "query.limit"),
    ],
)
def test_what_can_not_be_asked_is_a_problem(at, path, field):
    at.sign_in()
    answer = at.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (answer.json()["code"], answer.json()["parameters"]["field"]) == ("malformed-request", field)


@pytest.mark.parametrize("path", ["/v1/trace?serial=x", "/v1/blanks"])
def test_both_want_a_session(backend, path):
    nobody = backend.terminal()
    assert (nobody.http.get(path).status_code, nobody.http.get(path).json()["code"]) == (401, "session-missing")
    nobody.http.headers["Scan-Session"] = "wrong"
    assert nobody.http.get(path).json()["code"] == "session-expired"


def test_s9_blanks_are_listed_until_they_are_filled_invoiced_or_reversed(at):
    slip, draft = at.ship(ORDER, 1, FREE, None, None, None), at.draft(ORDER, (1, 1))
    at.say("not-readable", document=draft, line=1, item=FREE)
    mine = [each for each in blanks(at, limit=1000) if each["document"] in (slip, draft)]
    assert [(each["document"], each["status"]) for each in mine] == [(slip, "posted")] * 3 + [(draft, "draft")]
    assert {(each["order"], each["customer"]) for each in mine} == {(ORDER, "Großmarkt Elektronik Süd")}
    assert mine[0] == {
        "registration": at.state(slip)["registrations"][0]["id"],
        "document": slip,
        "line": 1,
        "item": FREE,
        "order": ORDER,
        "customer": "Großmarkt Elektronik Süd",
        "status": "posted",
        "operator": "1001",
        "recorded_at": "2026-03-01T09:00:00.000Z",
    }
    at.correct(slip, None, serial(), reason="")
    charge(at, slip, None)
    open_ones = [each["registration"] for each in mine if each["document"] == slip]
    left = [each["registration"] for each in blanks(at, order=ORDER) if each["document"] == slip]
    assert left == open_ones[2:]
    other = at.ship(ORDER, 1, FREE, None)
    at.reverse(other)
    assert [each for each in blanks(at) if each["document"] == other] == []
    assert {each["order"] for each in blanks(at, order="SO-2005")} == {"SO-2005"}
    assert {each["item"] for each in blanks(at, item="PH-6200")} == {"PH-6200"}
    assert blanks(at, order="SO-2005", item=FREE) == blanks(at, order="SO-nowhere") == []


def test_s9_a_limited_answer_says_that_there_are_more(at):
    at.ship(ORDER, 1, FREE, None, None)
    everything = blanks(at, limit=1000)
    some = ask(at, "/v1/blanks", limit=1).json()
    assert (some["blanks"], some["more"]) == (everything[:1], True)
    whole = ask(at, "/v1/blanks", limit=len(everything)).json()
    assert (whole["blanks"], whole["more"]) == (everything, False)


def test_openapi_describes_what_is_answered(at):
    number = serial()
    at.ship(ORDER, 1, FREE, number, None)
    page = at.http.get("/openapi.json").json()
    for path, found in (("/v1/trace", trace(at, number)), ("/v1/blanks", ask(at, "/v1/blanks").json())):
        described = page["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = page["components"]["schemas"][described["$ref"].rpartition("/")[2]]
        assert set(schema["properties"]) == set(found)
        (name,) = (each for each, value in found.items() if isinstance(value, list))
        assert set(schema["properties"][name]["items"]["properties"]) == set(found[name][0])


def test_every_look_up_of_a_trace_uses_an_index(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/plans.db")
    upgrade(engine)
    wanted = {
        tracing._BY_SERIAL: "ix_registration_key",
        tracing._BY_FORMER: "ix_former_serial_key",
        tracing._MADE: "event",
        tracing._TRAIL: "ix_event_trail",
        tracing._OF_UNIT: "ix_event_registration",
        tracing._SLIPS_OF: "ix_slip_order",
        tracing._LINE_OF: "slip_line",
        tracing._BLANKS: "ix_registration_open_blank",
        tracing._BLANKS_OF: "ix_slip_order",
        tracing._ITEM: "item",
        tracing._ITEM_OF: "item_reference",
    }
    with reading(engine) as connection:
        for statement, index in wanted.items():
            sql, _ = statement.compiled(engine.dialect)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?")).all()
            assert any(index in row[3] for row in plan), (index, plan)
            scans = [row[3] for row in plan if row[3].startswith("SCAN")]
            assert all("ix_registration_open_blank" in each for each in scans), plan  # which holds nothing else
    engine.dispose()
