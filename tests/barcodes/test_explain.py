"""`scan-terminal explain`, run as a command."""

import json
import subprocess
import sys

import pytest

from terminal.barcodes.explaining import unescaped


def explain(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "terminal", "explain", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def test_codes_of_the_command_line_are_explained_in_their_order():
    done = explain("--json", r"]C1010952110153000110L\x1d21SN1", "5901234123457", "SN-1")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["kind"] for answer in answers] == ["gs1", "product", "plain"]
    assert answers[0]["fields"] == {"gtin": "09521101530001", "lot": "L", "serial": "SN1"}
    assert answers[0]["symbology"] == "GS1-128"
    assert [answer["error"] for answer in answers] == [None, None, None]
    assert (done.returncode, done.stderr) == (0, b"")


def test_lines_may_say_identifier_separator_and_today():
    asked = [
        {"raw": "0107032069804988100329|15210526", "aim": "]C1", "separator": "|"},
        {"raw": "17770101", "aim": "]C1", "today": "2026-06-01"},
        {"raw": "17770101", "aim": "]C1", "today": "2027-06-01"},
        {"raw": "SN1", "aim": None, "today": None},
    ]
    done = explain("--json", "-", given="\n".join(map(json.dumps, asked)).encode())
    answers = [json.loads(line)["fields"] for line in done.stdout.splitlines()]
    assert answers == [
        {"gtin": "07032069804988", "lot": "0329", "best_before": "2021-05-26"},
        {"expiry": "1977-01-01"},
        {"expiry": "2077-01-01"},
        {"serial": "SN1"},
    ]
    assert done.returncode == 0


@pytest.mark.parametrize(
    "bad", ["nonsense", "[]", '{"code": "A"}', '{"raw": 1}', '{"raw": "A", "today": "x"}', "[" * 9999]
)
def test_a_line_that_is_no_question_has_its_answer_too(bad):
    good = json.dumps({"raw": "SN1"})
    done = explain("--json", "-", given=f"{good}\n{bad}\n{good}\n".encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["error"] for answer in answers] == [None, "bad_input", None]
    assert answers[1]["warnings"]
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1


def test_what_a_code_holds_reaches_no_screen_as_it_is():
    hostile = json.dumps({"raw": "SN\x1b]52;c;cm0=\x07\u202e\x9b31m\u200b\ud800"}).encode()
    bytes_given = b'{"raw": "SN\xe9\xff"}'
    for arguments in (["--json", "-"], ["-"]):
        for line in (hostile, bytes_given):
            out = explain(*arguments, given=line).stdout
            assert out
            assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in out)


def test_people_read_it_in_words():
    out = explain(r"]C101095211015300021721130110L", "AB\x1d").stdout.decode()
    assert "GS1-128 (gs1)" in out
    assert "refused: " in out


def test_no_code_is_wrong_usage():
    assert explain().returncode == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\x1d", "\x1d"),
        (r"\u202e", "\u202e"),
        (r"\U0001F600", "😀"),
        (r"\n\t\\", "\n\t\\"),
        (r"C:\dir", r"C:\dir"),
        (r"\U99999999", r"\U99999999"),
    ],
)
def test_escapes(written, meant):
    assert unescaped(written) == meant
