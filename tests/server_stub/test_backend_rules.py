"""The rules over HTTP, by their numbers: what the backend takes and what it refuses."""

from __future__ import annotations

from uuid import uuid4

import pytest

FREE = "LP-1410"  # takes any serial of 4 to 40 characters


def serial() -> str:
    return f"S-{uuid4().hex[:12]}"


def test_s1_an_item_outside_the_sales_process_takes_no_serial(at):
    said = at.register("PS-1002", 3, "CB-HDMI2", serial())
    assert (said["outcome"], said["code"], said["rule"]) == ("rejected", "not-tracked", "S1")


def test_s2_switching_a_group_on_sets_control_and_clears_the_rest(at):
    items = at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch}).json()["items"]
    group = next(item["tracking"] for item in items if item["number"] == FREE)
    assert group == {
        "code": "SN-SALES",
        "active_in_sales_process": True,
        "serial_number_control": True,
        "blank_issue_allowed": False,
        "other_options": [],
    }


def test_s3_a_line_posts_only_when_every_unit_is_registered(at):
    slip = at.draft("SO-2012", (1, 2))
    at.register(slip, 1, FREE, serial())
    refused = at.post(slip)
    assert (refused["code"], refused["rule"], refused["parameters"]["missing"]) == ("units-missing", "S3", 1)
    at.say("not-readable", document=slip, line=1, item=FREE)  # a blank counts (S8)
    assert at.post(slip)["outcome"] == "accepted"
    assert at.state(slip)["slip"]["status"] == "posted"
    late = at.register(slip, 1, FREE, serial())
    assert (late["outcome"], late["code"]) == ("rejected", "document-posted")


def test_s4_blank_issue_allowed_posts_with_none(at):
    slip = at.draft("SO-2012", (3, 3))
    assert at.post(slip)["outcome"] == "accepted"


def test_s5_by_default_a_surplus_is_registered_but_never_posted(at):
    slip = at.draft("SO-2012", (1, 1))
    assert [at.register(slip, 1, FREE, serial())["outcome"] for _ in range(2)] == ["accepted", "accepted"]
    refused = at.post(slip)
    assert (refused["code"], refused["parameters"]["surplus"]) == ("surplus", 1)
    extra = at.state(slip)["registrations"][1]
    gone = at.say("removed", document=slip, line=1, registration=extra["id"], serial=extra["serial"])
    assert gone["outcome"] == "accepted"
    assert at.post(slip)["outcome"] == "accepted"


def test_s5_the_other_policy_refuses_the_surplus_at_once_d7(start, csv):
    backend = start()
    at = backend.terminal()
    slip = at.draft("SO-2012", (1, 1))
    file = csv("policies.csv", "site,over_scan\nHAMBURG,refuse\n")
    assert backend.run("import", "policies", file).returncode == 0
    assert at.register(slip, 1, FREE, serial())["outcome"] == "accepted"
    refused = at.register(slip, 1, FREE, serial())
    assert (refused["outcome"], refused["code"], refused["rule"]) == ("rejected", "line-full", "S5")


def test_s15_whether_documents_print_at_posting_travels_with_the_master_data_d7(start, csv):
    backend = start()
    at = backend.terminal()

    def policies() -> dict[str, object]:
        return at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch}).json()["policies"]

    assert policies()["print_at_posting"] is False
    file = csv("policies.csv", "site,print_at_posting\nHAMBURG,true\n")
    assert backend.run("import", "policies", file).returncode == 0
    assert policies()["print_at_posting"] is True


def test_s7_remove_takes_off_only_what_is_there(at):
    slip, number = at.draft("SO-2012", (1, 2)), serial()
    at.register(slip, 1, FREE, number)
    made = at.state(slip)["registrations"][0]
    off = at.event("removed", document=slip, line=1, registration=made["id"], serial=number)
    again = at.event("removed", document=slip, line=1, registration=made["id"], serial=number)
    first, second = at.answers(off, again)
    assert first["outcome"] == "accepted"
    assert (second["outcome"], second["code"], second["live"]) == ("duplicate", "not-known-here", False)
    assert at.state(slip)["registered"] == {"1": 0}


def test_s8_s17_a_blank_needs_its_duty(at):
    slip = at.draft("SO-2012", (1, 2))
    refused = at.say("not-readable", "1002", document=slip, line=1, item=FREE)
    assert (refused["outcome"], refused["code"], refused["rule"]) == ("rejected", "missing-duty", "S17")
    assert at.say("not-readable", document=slip, line=1, item=FREE)["outcome"] == "accepted"
    blank = at.state(slip)["registrations"][0]
    assert (blank["serial"], blank["key"]) == (None, None)


def test_s9_on_a_draft_a_blank_gives_way_to_the_serial_that_turned_up(at):
    slip, number = at.draft("SO-2012", (1, 1)), serial()
    at.say("not-readable", document=slip, line=1, item=FREE)
    blank = at.state(slip)["registrations"][0]["id"]
    assert at.say("removed", document=slip, line=1, registration=blank, serial=None)["outcome"] == "accepted"
    assert at.register(slip, 1, FREE, number)["outcome"] == "accepted"
    assert at.post(slip)["outcome"] == "accepted"
    assert [r["serial"] for r in at.state(slip)["registrations"]] == [number]


def test_s13_a_draft_takes_part_of_an_order_and_never_more_than_is_left(at):
    at.sign_in()

    def left() -> int:
        orders = at.http.get("/v1/documents").json()["orders"]
        return next(o["lines"][0]["left"] for o in orders if o["number"] == "SO-2007")

    before = left()
    slip = at.draft("SO-2007", (1, 7))
    assert left() == before - 7
    assert at.state(slip)["lines"][0]["units"] == 7
    refused = at.say("slip-drafted", document="D-more", order="SO-2007", lines=[[1, before]])
    assert (refused["outcome"], refused["code"]) == ("rejected", "more-than-left")
    taken = at.say("slip-drafted", document=slip, order="SO-2007", lines=[[1, 1]])
    assert (taken["outcome"], taken["code"]) == ("rejected", "number-taken")


def test_s13_every_terminal_and_epoch_has_a_prefix_of_its_own(backend):
    def prefix(terminal: str, epoch: str) -> str:
        answer = backend.terminal().http.get(f"/v1/terminals/{terminal}/master", params={"epoch": epoch})
        return answer.json()["slip_prefix"]

    given = [prefix("P1", "a"), prefix("P1", "b"), prefix("P2", "a")]
    assert len(set(given)) == 3
    assert all(each.startswith("PS-T") for each in given)
    assert prefix("P1", "a") == given[0]


def test_s13_a_restored_server_leaves_each_terminal_its_prefix(backend):
    http = backend.terminal().http

    def number(terminal: str, had: str = "") -> int:
        answer = http.get(f"/v1/terminals/{terminal}/master", params={"epoch": "e", "slip_prefix": had})
        return int(answer.json()["slip_prefix"].removeprefix("PS-T"))

    first = number("P10")
    had = first + 7
    assert number("P11", f"PS-T{had}") == had, "nobody else has it"
    second = number("P12", f"PS-T{had}")
    assert second not in {had, first}, "another has it by now"
    assert number("P13") not in {had, first, second}, "what was claimed is not given again"
    assert number("P11", "PS-T1") == had, "what was given once stays"


@pytest.mark.parametrize("claim", ["PS-T0", "PS-T-1", "PS-T1234567", "PS-T", "INV-T900", "PS-T900'--", "PS-T9\u06630"])
def test_s13_what_was_never_a_prefix_of_ours_is_no_claim(backend, claim):
    params = {"epoch": "e", "slip_prefix": claim}
    given = backend.terminal().http.get("/v1/terminals/P14/master", params=params).json()["slip_prefix"]
    assert 1 <= int(given.removeprefix("PS-T")) < 900


def test_s17_posting_needs_its_duty_and_an_unknown_operator_nothing(at, backend):
    backend.run("user", "add", "1003", "Cleo", "register", stdin="3333\n")
    slip = at.draft("SO-2012", (3, 1), operator="1003")
    refused = at.post(slip, "1003")
    assert (refused["outcome"], refused["code"]) == ("rejected", "missing-duty")
    unknown = at.register(slip, 1, "HS-0310", serial(), operator="4711")
    assert (unknown["outcome"], unknown["code"]) == ("rejected", "unknown-operator")
    assert at.post(slip, "1002")["outcome"] == "accepted"


def test_s20_a_catch_weight_item_takes_no_serial(at):
    said = at.register("PS-1003", 2, "CB-CU15", serial())
    assert (said["outcome"], said["code"], said["rule"]) == ("rejected", "catch-weight", "S20")


def test_s22_d6_the_first_commit_wins_and_the_loser_learns_who_holds_it(backend):
    first, second = backend.terminal(), backend.terminal()
    mine, yours, number = first.draft("SO-2012", (1, 2)), second.draft("SO-2012", (1, 2)), serial()
    assert first.register(mine, 1, FREE, number)["outcome"] == "accepted"
    lost = second.register(yours, 1, FREE, number.lower())  # D2: case does not count here
    assert (lost["outcome"], lost["code"], lost["rule"]) == ("conflict", "held-elsewhere", "S22")
    assert lost["parameters"]["document"] == mine
    assert lost["parameters"]["terminal"] == first.name
    assert second.state(yours)["registered"] == {"1": 0}
    held = first.state(mine)["registrations"][0]
    first.say("removed", document=mine, line=1, registration=held["id"], serial=number)
    assert second.register(yours, 1, FREE, number)["outcome"] == "accepted"  # removal frees it


def test_d6_the_same_serial_on_the_same_slip_is_a_harmless_duplicate_with_its_holder(backend):
    first, second = backend.terminal(), backend.terminal()
    slip, number = first.draft("SO-2012", (1, 2)), serial()
    first.register(slip, 1, FREE, number)
    said = second.register(slip, 1, FREE, number)
    assert (said["outcome"], said["code"]) == ("duplicate", "duplicate-on-line")
    assert said["holder"] == first.state(slip)["registrations"][0]
    assert first.state(slip)["registered"] == {"1": 1}


def test_i11_a_blocked_item_is_refused_at_once_and_can_be_unblocked(at, backend, csv):
    said = at.register("PS-1003", 1, "LP-1330", "MQAB123456")
    assert (said["outcome"], said["code"], said["rule"]) == ("rejected", "blocked", "I11")
    for blocked, outcome in (("true", "rejected"), ("false", "accepted")):
        row = f"number,description,tracking_group,blocked\nDR-2000,Drone,SN-SALES,{blocked}\n"
        assert backend.run("import", "items", csv("items.csv", row)).returncode == 0
        assert at.say("slip-drafted", document=f"D-{blocked}", order="SO-2008", lines=[[3, 1]])["outcome"] == outcome


def test_d1_a_registration_is_named_by_its_event_and_comes_back_as_the_same(at):
    slip, number = at.draft("SO-2012", (1, 2)), serial()
    made = at.event("registered", document=slip, line=1, item=FREE, serial=number)
    at.answers(made)
    assert at.state(slip)["registrations"][0]["id"] == made["id"]
    off = at.event("removed", document=slip, line=1, registration=made["id"], serial=number)
    undo = at.event(
        "undone", document=slip, event=off["id"], undoes="removed", line=1, registration=made["id"], serial=number
    )
    assert [a["outcome"] for a in at.answers(off, undo)] == ["accepted", "accepted"]
    assert at.state(slip)["registrations"][0]["id"] == made["id"]


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        ("abc", "serial-too-short"),
        ("a" * 41, "serial-too-long"),
        ("ab cd", "serial-character"),
        ("äbcd", "serial-character"),
        ("  ", "empty-serial"),
    ],
)
def test_d2_what_a_serial_must_be(at, scanned, code):
    said = at.register("PS-1001", 1, FREE, scanned)
    assert (said["outcome"], said["code"], said["rule"]) == ("rejected", code, "D2")


def test_d2_a_serial_is_stored_as_scanned_and_compared_without_case(at):
    slip = at.draft("SO-2012", (1, 1))
    at.register(slip, 1, FREE, "Ab-._/+9")
    kept = at.state(slip)["registrations"][0]
    assert (kept["serial"], kept["key"]) == ("Ab-._/+9", "ab-._/+9")


def test_d2_white_space_that_the_terminal_should_have_trimmed_is_never_stored(at):
    slip = at.draft("SO-2012", (1, 1))
    assert at.register(slip, 1, FREE, "  ABCD\t")["outcome"] == "rejected"
    assert at.state(slip)["registered"] == {"1": 0}


def test_d2_a_mask_is_kept(at):
    slip = at.draft("SO-2012", (2, 2))
    refused = at.register(slip, 1, "PH-6700", "35693803564380X")
    assert (refused["outcome"], refused["code"]) == ("rejected", "serial-mask")
    assert at.register(slip, 1, "PH-6700", "356938035643817")["outcome"] == "accepted"


def test_d3_undo_once_and_only_by_its_author(at):
    slip, number = at.draft("SO-2012", (1, 2)), serial()
    made = at.event("registered", document=slip, line=1, item=FREE, serial=number)
    at.answers(made)
    undo = {"document": slip, "event": made["id"], "undoes": "registered", "line": 1, "registration": made["id"]}
    foreign = at.say("undone", "1002", **undo, serial=number)
    assert (foreign["outcome"], foreign["code"], foreign["live"]) == ("rejected", "nothing-to-undo", True)
    assert at.say("undone", **undo, serial=number)["outcome"] == "accepted"
    assert at.say("undone", **undo, serial=number)["code"] == "nothing-to-undo"
    assert at.state(slip)["registered"] == {"1": 0}


def test_d4_a_removal_names_what_it_removes_on_its_own_line(at):
    slip, number = at.draft("SO-2012", (1, 2), (3, 1)), serial()
    at.register(slip, 1, FREE, number)
    made = at.state(slip)["registrations"][0]["id"]
    said = at.say("removed", document=slip, line=2, registration=made, serial=number)
    assert (said["outcome"], said["code"], said["live"]) == ("rejected", "not-known-here", True)


def test_d5_only_an_equal_set_is_posted(backend):
    here, there = backend.terminal(), backend.terminal()
    slip = here.draft("SO-2012", (3, 4))
    here.register(slip, 1, "HS-0310", serial())
    asked = here.posting(slip)
    there.register(slip, 1, "HS-0310", serial())
    said = here.answers(asked)[0]
    assert (said["outcome"], said["code"], said["rule"]) == ("rejected", "different-set", "D5")
    assert (said["parameters"]["seen"], said["parameters"]["held"]) == (1, 2)
    assert here.state(slip)["slip"]["status"] == "draft"
    assert here.post(slip)["outcome"] == "accepted"


def test_d5_a_request_that_was_withdrawn_before_it_was_sent_posts_nothing(at):
    slip = at.draft("SO-2012", (3, 1))
    asked = {**at.posting(slip), "void": True}
    said = at.answers(asked, at.event("posting-withdrawn", document=slip))
    assert (said[0]["outcome"], said[1]["code"]) == ("accepted", "nothing-to-withdraw")
    assert at.state(slip)["slip"]["status"] == "draft"


def test_d8_tracking_flags_are_frozen_on_a_line(start, csv):
    backend = start()
    at = backend.terminal()
    old = at.draft("SO-2012", (3, 2))
    groups = csv("tracking_groups.csv", "code,active_in_sales_process,blank_issue_allowed\nSN-BLANK,true,false\n")
    assert backend.run("import", "tracking-groups", groups).returncode == 0
    new = at.draft("SO-2012", (3, 2))
    assert at.post(new)["code"] == "units-missing"
    assert at.post(old)["outcome"] == "accepted"


def test_d8_an_item_of_another_number_than_the_line_has_is_refused(at):
    said = at.register("PS-1001", 1, "PH-6700", serial())
    assert said["outcome"] == "rejected"
    assert at.state("PS-1001")["registered"] == {"1": 0}
