"""Taking events in once each: retries, gaps, clones, bad events, races, and servers that die."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

FREE = "LP-1410"


def serial() -> str:
    return f"S-{uuid4().hex[:12]}"


def put(at, slip: str, number: str | None = None) -> dict:
    return at.event("registered", document=slip, line=1, item=FREE, serial=number or serial())


def answers_text(answer: httpx.Response) -> str:
    """The answers exactly as they were sent."""
    return answer.text[: answer.text.index('],"cursor"')]


def test_the_same_batch_twice_has_the_same_bytes_in_answer_and_changes_nothing(at):
    slip, number = at.draft("SO-2012", (1, 5)), serial()
    batch = [put(at, slip, number), put(at, slip, number), put(at, slip, "x")]
    first, second = at.send(*batch), at.send(*batch)
    assert [a["outcome"] for a in first.json()["answers"]] == ["accepted", "duplicate", "rejected"]
    assert answers_text(first) == answers_text(second)
    assert first.json()["cursor"] == second.json()["cursor"] == at.sequence
    assert at.state(slip)["registered"] == {"1": 1}


def test_a_lost_answer_is_repeated_along_with_what_is_new(at):
    slip = at.draft("SO-2012", (1, 5))
    lost = put(at, slip)
    at.send(lost)  # the terminal never hears of it
    said = at.answers(lost, put(at, slip))
    assert [a["outcome"] for a in said] == ["accepted", "accepted"]
    assert at.state(slip)["registered"] == {"1": 2}


def test_nothing_beyond_a_gap_is_applied(at):
    slip = at.draft("SO-2012", (1, 5))
    first, missing, third = put(at, slip), put(at, slip), put(at, slip)
    answer = at.send(first, third).json()
    assert [a["id"] for a in answer["answers"]] == [first["id"]]
    assert answer["cursor"] == first["sequence"]
    answer = at.send(third).json()
    assert (answer["answers"], answer["cursor"]) == ([], first["sequence"])
    assert at.state(slip)["registered"] == {"1": 1}
    assert [a["outcome"] for a in at.answers(missing, third)] == ["accepted", "accepted"]


def test_a_new_epoch_begins_at_one(at):
    slip = at.draft("SO-2012", (1, 5))
    event = {**put(at, slip), "sequence": 1}
    assert at.send(event, epoch="another").json()["cursor"] == 1


def test_d10_a_cloned_terminal_is_found_out_and_nothing_is_written_over(at, backend):
    slip = at.draft("SO-2012", (1, 5))
    mine = put(at, slip)
    at.answers(mine)
    place = {**put(at, slip), "sequence": mine["sequence"]}
    at.sequence -= 1
    other = {**mine, "body": {**mine["body"], "serial": serial()}}
    for clone in (place, other):
        said = at.answers(clone)[0]
        assert (said["outcome"], said["code"], said["rule"]) == ("key-reuse", "cloned-terminal", "D10")
    moved = {**mine, "sequence": at.sequence + 1}
    assert at.answers(moved)[0]["outcome"] == "key-reuse"
    at.sequence += 1
    assert at.answers(put(at, slip))[0]["outcome"] == "accepted"  # the queue moved on
    assert at.answers(mine)[0]["outcome"] == "accepted"  # the first answer stands
    assert len(backend.rows("select 1 from audit where action = 'key-reuse' and terminal = ?", at.name)) == 3


def test_d10_nothing_is_taken_in_behind_a_place_that_another_device_has(at):
    slip = at.draft("SO-2012", (1, 1))
    mine = put(at, slip)
    at.answers(mine)
    at.sequence -= 1
    place, next_one = put(at, slip), put(at, slip)
    answer = at.send(place, next_one).json()
    assert [each["outcome"] for each in answer["answers"]] == ["key-reuse"]
    assert answer["cursor"] == mine["sequence"]
    assert answer["answers"][0]["parameters"] == {"terminal": at.name, "epoch": at.epoch, "sequence": mine["sequence"]}


def test_d10_a_copy_goes_on_in_an_epoch_of_its_own(at):
    slip = at.draft("SO-2012", (1, 1))
    shared, theirs = put(at, slip), put(at, slip)
    at.answers(shared, theirs)
    at.sequence -= 1
    ours = put(at, slip)
    after = {"epoch": at.epoch, "after": shared["sequence"], "event": shared["id"]}
    assert at.send(epoch="copy", continues=after).json()["cursor"] == shared["sequence"]
    answer = at.send(ours, epoch="copy", continues=after).json()
    assert ([each["outcome"] for each in answer["answers"]], answer["cursor"]) == (["accepted"], ours["sequence"])
    assert at.send(ours, epoch="copy", continues=after).json()["answers"] == answer["answers"]
    assert at.answers(theirs)[0]["outcome"] == "accepted"
    assert at.state(slip)["registered"] == {"1": 3}


def test_d10_a_copy_that_has_nothing_to_send_yet_can_read(at):
    """What it reads says up to which of its events that is; the slip would never be as new as its own answers."""
    slip = at.draft("SO-2012", (1, 1))
    newest = put(at, slip)
    at.answers(newest)
    at.state(slip)
    after = {"epoch": at.epoch, "after": at.sequence, "event": newest["id"]}
    assert at.send(epoch="copy", continues=after).json()["cursor"] == at.sequence
    answer = at.http.get(f"/v1/slips/{slip}", params={"terminal": at.name, "epoch": "copy"}).json()
    assert answer["cursor"] == at.sequence


def test_d10_what_two_devices_both_have_counts_once_whoever_sends_it(at):
    """A restored server asks for it in the epoch of the one that comes first; it need not be the one that sent it."""
    slip = at.draft("SO-2012", (1, 1))
    known = put(at, slip)
    at.answers(known)
    first = put(at, slip)
    answer = at.answers(first)
    again = at.send({**first, "sequence": 1}, epoch="copy").json()["answers"]
    assert again[0]["outcome"] == "key-reuse", "the same place is part of what it says"
    forgotten = {"epoch": at.epoch, "after": first["sequence"], "event": "that-it-has-not"}
    assert at.send(epoch="copy-2", continues=forgotten).json()["cursor"] == 0
    elsewhere = {"epoch": at.epoch, "after": first["sequence"] + 50, "event": first["id"]}
    assert at.send(epoch="copy-2", continues=elsewhere).json()["cursor"] == 0, "that event has another place"
    nameless = {"epoch": at.epoch, "after": first["sequence"]}
    assert at.send(epoch="copy-3", continues=nameless).json()["cursor"] == 0, "an earlier version does not say which"
    behind = {"epoch": at.epoch, "after": known["sequence"], "event": known["id"]}
    assert at.send(epoch="copy-4", continues=behind).json()["cursor"] == known["sequence"]
    assert at.send(first, epoch="copy-4", continues=behind).json()["answers"] == answer
    assert at.state(slip)["registered"] == {"1": 2}


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        {},
        {"epoch": "e"},
        {"epoch": "", "after": 1},
        {"epoch": "e", "after": -1},
        {"epoch": "e", "after": 1, "event": 1},
        {"epoch": "e", "after": 1, "event": "two words"},
        [1],
    ],
)
def test_d10_an_epoch_that_goes_on_from_nothing_is_refused(at, wrong):
    answer = at.send(epoch="copy", continues=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-batch")


def test_d10_an_epoch_that_goes_on_from_half_a_character_is_refused(at):
    """It is no text that a database could look for."""
    body = b'{"epoch": "copy", "events": [], "continues": {"epoch": "e", "after": 1, "event": "\\ud800"}}'
    answer = at.http.post(f"/v1/terminals/{at.name}/events", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-batch")


def test_d5_d10_a_request_that_another_device_withdrew_is_refused_to_its_copy(at):
    """Copied devices have it both: the one that did not withdraw it must not take it for posted."""
    slip = at.draft("SO-2012", (3, 1))
    asked = at.posting(slip)
    withdrawn = at.answers({**asked, "void": True})
    known = {"epoch": at.epoch, "after": 0}
    earlier = [{**put(at, slip), "sequence": n} for n in range(1, asked["sequence"])]
    (answer,) = at.send(*earlier, asked, epoch="copy", continues=known).json()["answers"][len(earlier) :]
    assert (answer["outcome"], answer["code"], answer["rule"]) == ("rejected", "request-withdrawn", "D5")
    assert answer["parameters"] == {"document": slip}
    assert at.answers({**asked, "void": True}) == withdrawn
    assert at.state(slip)["slip"]["status"] == "draft"


def test_d5_a_request_that_was_posted_and_comes_again_as_withdrawn_gets_its_answer_again(at):
    slip = at.draft("SO-2012", (3, 1))
    asked = at.posting(slip)
    first = at.answers(asked)
    assert at.answers({**asked, "void": True}) == first
    assert at.state(slip)["slip"]["status"] == "posted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recorded_at": "yesterday"},
        {"recorded_at": "2026-02-30T09:00:00.000Z"},
        {"type": "exploded"},
        {"type": 7},
        {"operator": ""},
        {"operator": "x" * 65},
        {"body": []},
        {"body": {"document": "PS-1001", "line": "1", "item": FREE, "serial": "A-1234"}},
        {"body": {"document": "PS-1001", "line": 1, "item": FREE, "serial": "A\x00B-1234"}},
        {"body": {"document": "PS-1001", "line": 1, "item": FREE, "serial": "A\ud800B-1234"}},
        {"body": {"document": "PS-1001", "line": 1, "item": FREE, "serial": "A" * 8193}},
        {"body": {"document": "P" * 65, "line": 1, "item": FREE, "serial": "A-1234"}},
        {"body": {"document": "PS-1001", "line": 2**31, "item": FREE, "serial": "A-1234"}},
        {"void": True},
        {"id": "\x00", "keeps": False},
        {"id": 5, "keeps": False},
        {"sequence": "5", "keeps": False},
        {"sequence": -1, "keeps": False},
    ],
)
def test_one_bad_event_is_answered_kept_and_passed(at, backend, wrong):
    keeps = wrong.get("keeps", True)
    good = put(at, "PS-1001")
    bad = {**good, **{name: value for name, value in wrong.items() if name != "keeps"}}
    body = json.dumps({"epoch": at.epoch, "events": [bad]}).encode()
    texts = [at.http.post(f"/v1/terminals/{at.name}/events", content=body) for _ in range(2)]
    assert [t.status_code for t in texts] == [200, 200], texts[0].text
    said = texts[0].json()["answers"][0]
    assert (said["outcome"], said["code"]) == ("rejected", "malformed-event")
    assert answers_text(texts[0]) == answers_text(texts[1])
    assert texts[1].json()["cursor"] == (1 if keeps else 0)
    assert len(backend.rows("select 1 from event where terminal = ?", at.name)) == (1 if keeps else 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 422, "malformed-batch"),
        (b"[]", 422, "malformed-batch"),
        (b'{"epoch": "e"}', 422, "malformed-batch"),
        (b'{"epoch": "", "events": []}', 422, "malformed-batch"),
        (b'{"epoch": "e", "events": NaN}', 422, "malformed-batch"),
        (b"[" * 200_000, 422, "malformed-batch"),
        (b"\xff\xfe", 422, "malformed-batch"),
        (b'{"epoch": "e", "events": [' + b",".join([b"{}"] * 101) + b"]}", 422, "batch-too-long"),
        (b" " * ((1 << 20) + 1), 413, "too-large"),
    ],
)
def test_an_envelope_that_cannot_be_used_is_a_problem(at, body, status, code):
    answer = at.http.post(f"/v1/terminals/{at.name}/events", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_without_a_length_is_limited_too(at):
    def endless():
        for _ in range(40):
            yield b" " * 65_536

    assert at.http.post(f"/v1/terminals/{at.name}/events", content=endless()).status_code == 413


def test_d6_many_terminals_race_for_one_serial_and_one_gets_it(backend):
    number, terminals = serial(), [backend.terminal() for _ in range(16)]
    slips = [at.draft("SO-2012", (1, 1)) for at in terminals]
    ready = threading.Barrier(len(terminals))

    def race(pair) -> str:
        ready.wait()
        return pair[0].register(pair[1], 1, FREE, number)["outcome"]

    with ThreadPoolExecutor(len(terminals)) as pool:
        outcomes = sorted(pool.map(race, zip(terminals, slips, strict=True)))
    assert outcomes == ["accepted"] + ["conflict"] * 15
    assert len(backend.rows("select 1 from registration where serial = ? and live", number)) == 1
    assert len(backend.rows("select 1 from audit where action = 'registered' and detail like '%conflict%'")) >= 15


def test_counters_on_lines_agree_with_the_registrations(backend):
    at = backend.terminal()
    slip = at.draft("SO-2012", (1, 40))
    batch = [put(at, slip) for _ in range(20)]
    batch += [at.event("not-readable", document=slip, line=1, item=FREE) for _ in range(3)]
    batch += [at.event("removed", document=slip, line=1, registration=batch[n]["id"], serial=None) for n in (0, 22)]
    batch[-2]["body"]["serial"] = batch[0]["body"]["serial"]
    assert {a["outcome"] for a in at.answers(*batch)} == {"accepted"}
    assert backend.rows("select serials, blanks from slip_line where document = ?", slip) == [(19, 2)]
    assert at.state(slip)["registered"] == {"1": 21}


def test_what_was_acknowledged_survives_kill_9(start, tmp_path):
    database = f"sqlite:///{tmp_path}/killed.db"
    acknowledged: set[str] = set()
    for round_ in range(5):
        backend = start(database=database)
        stop = threading.Event()
        threads = [threading.Thread(target=_load, args=(backend, acknowledged, stop)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wanted, until = len(acknowledged) + 11 + 7 * round_, time.monotonic() + 60
        while len(acknowledged) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        backend.kill()
        stop.set()
        for thread in threads:
            thread.join()
    backend = start(database=database)
    kept = {row[0] for row in backend.rows("select id from registration where live")}
    assert len(acknowledged) > 50
    assert acknowledged <= kept
    assert backend.rows("pragma integrity_check") == [("ok",)]
    counted = "select sum(serials + blanks) from slip_line"
    assert backend.rows(counted) == backend.rows("select count(*) from registration where live")


def _load(backend, acknowledged: set[str], stop: threading.Event) -> None:
    at = backend.terminal()
    while not stop.is_set():
        event = put(at, "PS-1400")
        try:
            answer = at.send(event)
        except httpx.HTTPError:
            return
        if answer.status_code == 200 and answer.json()["answers"][0]["outcome"] == "accepted":
            acknowledged.add(event["id"])


def test_sigterm_ends_cleanly(start):
    backend = start()
    backend.terminal().draft("SO-2012", (1, 1))
    assert backend.stop() == 0
