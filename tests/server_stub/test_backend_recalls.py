"""Over HTTP: the case of letters (D2), wrong labels (I10), recalls (I9), and what is read along with a serial."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

ITEM, ORDER = "LP-1410", "SO-2012"  # takes any serial of 4 to 40 characters
GTIN = "04006381333931"
ALONG = {"gtin": GTIN, "lot": "L-1", "expiry": "2030-12-31"}


def serial() -> str:
    return f"S-{uuid4().hex[:12]}"


def said(answer) -> tuple[str, str, str]:
    return answer["outcome"], answer.get("code", ""), answer.get("rule", "")


@pytest.fixture
def into(backend, csv):
    """Import a file of a kind; gives what the command said, which must be well unless `well` says otherwise."""

    def importing(kind: str, text: str, well: bool = True) -> str:
        done = backend.run("import", kind, csv(f"{kind}.csv", text))
        assert (done.returncode == 0) is well, done.stderr
        return done.stdout + done.stderr

    return importing


@pytest.fixture
def recalled(into):
    """Recall serials and lots; all of them are lifted in the end."""
    rows: list[str] = []

    def recalling(*given: str) -> None:
        rows.extend(given)
        into("recalls", "\n".join(["item,serial,lot,reason", *given]))

    yield recalling
    lifted = [",".join([*row.split(",")[:3], "true"]) for row in rows]
    into("recalls", "\n".join(["item,serial,lot,lifted", *lifted]))


def register(at, document: str, number: str, **more):
    return at.say("registered", document=document, line=1, item=ITEM, serial=number, **more)


# The case of letters


@pytest.mark.parametrize(("case", "good", "bad"), [("upper", "SN-{}", "Sn-{}"), ("lower", "sn-{}", "sN-{}")])
def test_d2_letters_of_the_other_case_are_refused(at, into, case, good, bad):
    number, slip = uuid4().int % 10**9, at.draft(ORDER, (1, 3))
    into("items", f"number,description,tracking_group,case\n{ITEM},Laptop,SN-SALES,{case}\n")
    try:
        master = at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch}).json()
        assert next(i["serial_form"]["case"] for i in master["items"] if i["number"] == ITEM) == case
        answer = register(at, slip, bad.format(number))
        assert said(answer) == ("rejected", "serial-case", "D2")
        assert answer["parameters"] == {"serial": bad.format(number), "case": case}
        assert said(register(at, slip, good.format(number))) == ("accepted", "", "")
    finally:
        into("items", f"number,description,tracking_group,case\n{ITEM},Laptop,SN-SALES,any\n")
    assert said(register(at, slip, bad.format(f"x{number}"))) == ("accepted", "", "")


def test_d2_files_without_the_column_keep_working_and_keep_the_case(backend, into):
    into("items", "number,description,tracking_group,case\nTALL-1,Tall,SN-SALES,upper\n")
    into("items", "number,description,tracking_group\nTALL-1,Taller,SN-SALES\nTALL-2,Any,SN-SALES\n")
    found = backend.rows("select number, \"case\" from item where number like 'TALL-%' order by number")
    assert found == [("TALL-1", "upper"), ("TALL-2", "any")]


@pytest.mark.parametrize(("columns", "row"), [("case", "capital"), ("mask,case", "sn-99,upper")])
def test_d2_an_impossible_case_is_refused_at_the_import(into, columns, row):
    text = f"number,description,tracking_group,{columns}\nTALL-9,Tall,SN-SALES,{row}\n"
    assert "row 2, column" in into("items", text, well=False)


# Wrong labels


@pytest.mark.parametrize("kind", ["item", "document", "operator", "location"])
def test_i10_a_label_that_names_something_else_is_no_serial(at, backend, kind):
    ask = {
        "item": "select reference from item_reference where length(reference) between 4 and 40 limit 1",
        "document": "select number from sales_order limit 1",
        "operator": "select id from operator where length(id) >= 4 limit 1",
        "location": "select location from slip_line where length(location) >= 4 limit 1",
    }
    ((code,),) = backend.rows(ask[kind])
    slip = at.draft(ORDER, (1, 1))
    for scanned in (code, code.lower(), code.upper()):
        answer = register(at, slip, scanned)
        assert said(answer) == ("rejected", "not-a-serial", "I10")
        assert answer["parameters"] == {"serial": scanned, "what": kind}
    assert said(register(at, slip, f"{code}+{slip}"[:40])) == ("accepted", "", "")


def test_i10_a_slip_drafted_a_moment_ago_is_a_document(at):
    slip = at.draft(ORDER, (1, 2))
    assert register(at, slip, slip)["parameters"]["what"] == "document"
    assert register(at, slip, slip.lower())["parameters"]["what"] == "document"
    number = serial()
    register(at, slip, number)
    at.say("not-readable", document=slip, line=1, item=ITEM)
    assert at.post(slip)["outcome"] == "accepted"
    assert said(at.correct(slip, number, slip)) == ("rejected", "not-a-serial", "I10")
    assert said(at.correct(slip, None, slip)) == ("rejected", "not-a-serial", "I10")


# Recalls


def test_i9_a_recalled_unit_is_refused_whatever_the_terminal_says(at, recalled):
    first, second, lot = serial(), serial(), f"L{uuid4().hex[:8]}"
    slip = at.draft(ORDER, (1, 3))
    recalled(f"{ITEM},{first},,Battery may overheat", f"{ITEM},,{lot},Weak spring")
    answer = register(at, slip, first.upper(), override="came back")
    assert said(answer) == ("rejected", "recalled", "I9")
    assert answer["parameters"] == {"serial": first.upper(), "reason": "Battery may overheat"}
    answer = register(at, slip, second, lot=lot.lower())
    assert answer["parameters"] == {"serial": second, "reason": "Weak spring"}
    assert said(register(at, slip, f"{first}1", lot=f"{lot}1")) == ("accepted", "", "")
    assert said(register(at, slip, second)) == ("accepted", "", "")


def test_i9_a_correction_an_undo_and_a_counter_sale_bring_no_recalled_unit(at, recalled):
    wrong, right, back, number = serial(), serial(), serial(), f"CS-{uuid4().hex[:12]}"
    posted = at.ship(ORDER, 1, ITEM, wrong)
    slip = at.draft(ORDER, (1, 2))
    made = at.answers(event := at.event("registered", document=slip, line=1, item=ITEM, serial=back))[0]
    assert made["outcome"] == "accepted"
    removal = at.event("removed", document=slip, line=1, registration=event["id"], serial=back)
    assert at.answers(removal)[0]["outcome"] == "accepted"
    recalled(f"{ITEM},{right},,Leaks", f"{ITEM},{back},,Leaks")
    assert said(at.correct(posted, wrong, right)) == ("rejected", "recalled", "I9")
    undo = {"event": removal["id"], "undoes": "removed", "line": 1, "registration": event["id"], "serial": back}
    assert said(at.say("undone", document=slip, **undo)) == ("rejected", "recalled", "I9")
    assert at.say("sale-line-set", document=number, line=1, item=ITEM, units=1)["outcome"] == "accepted"
    assert said(register(at, number, right)) == ("rejected", "recalled", "I9")


def test_i9_an_import_replaces_row_by_row_and_lifts(at, backend, recalled, into):
    number = serial()
    slip = at.draft(ORDER, (1, 2))
    recalled(f"{ITEM},{number},,Leaks")
    into("recalls", f"item,serial,reason\n{ITEM},{number},Cracks\n")
    assert register(at, slip, number)["parameters"]["reason"] == "Cracks"
    listed = backend.run("export", "recalls").stdout.splitlines()
    assert listed[0] == "item,serial,lot,reason"
    assert f"{ITEM},{number},,Cracks" in listed
    assert backend.run("export", "recalls", "--document", slip).stdout.splitlines() == listed[:1]
    into("recalls", f"item,serial,lifted\n{ITEM},{number},yes\n")
    assert said(register(at, slip, number)) == ("accepted", "", "")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        *((f"{ITEM},S-1,L-1,both", "serial"), (f"{ITEM},,,neither", "serial"), (f"{ITEM},S-1,,", "reason")),
        *(("NOTHING,S-1,,leaks", "item"), (f"{ITEM},,{'x' * 21},leaks", "lot"), (f"{ITEM},,L\u00e4,leaks", "lot")),
    ],
)
def test_i9_a_row_that_says_nothing_clear_is_refused_and_nothing_is_recalled(backend, into, row, column):
    before = backend.rows("select count(*) from recall")
    text = f"item,serial,lot,reason\n{ITEM},S-GOOD,,leaks\n{row}\n"
    assert f"row 3, column {column}" in into("recalls", text, well=False)
    assert backend.rows("select count(*) from recall") == before


def test_i9_terminals_fetch_the_list_part_by_part_and_hear_that_it_changed(at, backend, into):
    def named() -> str:
        return at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch}).json()["recalls"]

    rows = [f"{ITEM},PART-{n:05},,because {n}" for n in range(2_500)]
    into("recalls", "\n".join(["item,serial,lot,reason", *rows]))
    first_name, after, found = named(), 0, []
    sizes = []
    while True:
        answer = at.http.get(f"/v1/terminals/{at.name}/recalls", params={"after": after})
        assert answer.status_code == 200
        part = answer.json()
        assert part["name"] == first_name
        found += part["recalls"]
        sizes.append(len(part["recalls"]))
        after = part["next"]
        if not after:
            break
    assert max(sizes) == 1_000
    assert [row for row in found if row[1].startswith("PART-")] == [
        [ITEM, f"PART-{n:05}", "", f"because {n}"] for n in range(2_500)
    ]
    assert len({row[1] for row in found}) == len(found) == backend.rows("select count(*) from recall")[0][0]
    into("recalls", "\n".join(["item,serial,lifted", *(",".join([*row.split(",")[:2], "true"]) for row in rows)]))
    assert named() not in ("", first_name)
    for odd in ("-1", "x", str(2**53)):
        answer = at.http.get(f"/v1/terminals/{at.name}/recalls", params={"after": odd})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")


# What is read along


def test_what_is_read_along_comes_back_in_every_read(at, backend):
    number = serial()
    slip = at.draft(ORDER, (1, 1))
    assert said(register(at, slip, number, **ALONG)) == ("accepted", "", "")
    found = at.registration(slip, number)
    assert {name: found[name] for name in ALONG} == ALONG
    ours = next(d for d in at.order(ORDER)["documents"] if d["slip"]["number"] == slip)
    assert {name: ours["registrations"][0][name] for name in ALONG} == ALONG
    (unit,) = at.http.get("/v1/trace", params={"serial": number}).json()["units"]
    assert {name: unit[name] for name in ALONG} == ALONG
    exported = backend.run("export", "registrations", "--format", "jsonl", "--document", slip).stdout
    row = json.loads(exported)
    assert {name: row[name] for name in ALONG} == ALONG
    assert list(row)[-1] == "gtin"
    answer = at.backend.terminal().register(slip, 1, ITEM, number)
    assert {name: answer["holder"][name] for name in ALONG} == ALONG


def test_s10_a_correction_brings_its_own_and_s12_what_comes_along_keeps_it(at):
    first, second, third = serial(), serial(), serial()
    slip = at.draft(ORDER, (1, 2))
    register(at, slip, first, **ALONG)
    register(at, slip, second, **ALONG)
    assert at.post(slip)["outcome"] == "accepted"
    wrong = at.registration(slip, first)
    given = {"line": 1, "registration": wrong["id"], "before": first, "serial": third, "reason": "Typing error"}
    assert said(at.say("serial-corrected", document=slip, **given, lot="L-2")) == ("accepted", "", "")
    found = at.registration(slip, third)
    assert (found["gtin"], found["lot"], found["expiry"]) == ("", "L-2", "")
    at.reverse(slip)
    kept = [r["id"] for r in at.state(slip)["registrations"]]
    again = f"D-{uuid4().hex[:12]}"
    at.say("slip-drafted", document=again, order=ORDER, lines=[[1, 2]], brought=kept)
    assert at.registration(again, second)["lot"] == "L-1"
    assert at.registration(again, third)["lot"] == "L-2"


@pytest.mark.parametrize(
    "odd",
    [
        *({"gtin": "4006381333931"}, {"gtin": "04006381333930"}, {"lot": "x" * 21}, {"lot": "\u00e4"}, {"lot": " "}),
        *({"expiry": "2030-02-30"}, {"expiry": "30-12-31"}, {"expiry": "tomorrow"}),
    ],
)
def test_d1_what_can_not_be_read_along_is_malformed(at, odd):
    slip, number = at.draft(ORDER, (1, 1)), serial()
    assert said(register(at, slip, number, **odd)) == ("rejected", "malformed-event", "D1")
    assert at.state(slip)["registrations"] == []
