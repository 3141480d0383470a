from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.sources.framing import CR, LF, Frame
from terminal.sources.keyboard import EntryChanged, Heard, Keyboard, Pressed
from terminal.sources.keys import Keys
from terminal.sources.scan import Reason, Scan, Unread
from tests.sources.hostile import HOSTILE


class Desk:
    """A keyboard on a terminal, with a clock that tests turn."""

    def __init__(self, **options: object) -> None:
        self.keys = Keys()
        self.keyboard = Keyboard(**options)  # type: ignore[arg-type]
        self.now = 100.0
        self.heard: list[Heard] = []

    def read(self, data: bytes, after: float = 1.0) -> None:
        self.wait(after)
        self.heard += self.keyboard.feed(self.keys.feed(data, self.now))

    def type(self, data: bytes, pause: float = 0.15) -> None:
        for byte in data:
            self.read(bytes((byte,)), pause)

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            due = min((d for d in (self.keys.deadline, self.keyboard.deadline) if d is not None), default=until)
            if due > until:
                break
            self.now = max(self.now, due)
            self.heard += self.keyboard.feed(self.keys.tick(self.now))
            self.heard += self.keyboard.tick(self.now)
            if due == until:
                break
        self.now = until

    def take(self) -> list[str]:
        self.wait(1.0)
        heard, self.heard = self.heard, []
        return [name(h) for h in heard if not isinstance(h, EntryChanged)]


def name(heard: Heard) -> str:
    match heard:
        case Scan():
            return f"scan {heard.text}"
        case Unread():
            return f"unread {heard.reason}"
        case Pressed():
            return heard.name + (" fresh" if heard.fresh else "")
        case EntryChanged():
            return f"entry {heard.text}"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b"\x1bOM"])
def test_a_scan_and_a_typed_code_end_alike(desk: Desk, end: bytes) -> None:
    desk.read(b"SN-1" + end)
    desk.type(b"SN-2")
    desk.read(end)
    assert desk.take() == ["scan SN-1", "scan SN-2"]
    assert desk.keyboard.text == ""


def test_the_entry_is_told_once_a_read(desk: Desk) -> None:
    desk.read(b"SN")
    desk.read(b"-1")
    desk.read(b"\rX")
    assert desk.heard[:2] == [EntryChanged("SN"), EntryChanged("SN-1")]
    assert [name(h) for h in desk.heard[2:]] == ["scan SN-1", "entry X"]


def test_a_frame_of_many_in_order(desk: Desk) -> None:
    desk.read(b"A\rB\r\nC\t")
    desk.read(b"\x1bOP", 0.005)
    desk.read(b"D\r", 0.04)
    assert desk.take() == ["scan A", "scan B", "scan C", "f1", "scan D"]


KEYS = (b"\x1bOP", b"\x1bOS", b"\x1b[15~", b"\x1b[19~", b"\x1b[A", b"\x1b[Z")
KEY_BYTES = [*KEYS, b"\x1b[I", b"\x1b[<0;3;4M", b"\x7f", b"\b"]
"""What F1, F4, F5, F8, an arrow, Shift+TAB, a focus report, a touch and Backspace send."""


@pytest.mark.parametrize("key", KEY_BYTES)
@pytest.mark.parametrize("pause", [0.0, 0.001, 0.02])
@pytest.mark.parametrize("typed", [b"", b"12"])
def test_a_code_that_begins_with_a_key_presses_nothing(desk: Desk, key: bytes, pause: float, typed: bytes) -> None:
    for code in (key + b"SN-1\r", key + b"\r", key * (1 if pause > 0.01 else 2) + b"SN-1\r", key + b"\t"):
        desk.type(typed)
        desk.wait(1.0)
        if pause:
            desk.type(code, pause)
        else:
            desk.read(code)
        (heard,) = desk.take()
        assert heard.startswith(("scan", "unread"))
        assert "scan SN-1" not in heard
        desk.read(b"CLEAN-1\r")
        assert desk.take() == ["scan CLEAN-1"]


@pytest.mark.parametrize("key", KEY_BYTES[:-2])
def test_a_key_in_one_read_with_a_scan_is_said_and_not_pressed(desk: Desk, key: bytes) -> None:
    desk.read(b"SN-1\r" + key)
    assert desk.take() == ["scan SN-1", "unread broken-off"]
    assert desk.keyboard.text == ""
    desk.read(b"SN-2\r" + key)
    desk.keyboard.feed(desk.keys.feed(b"", desk.now))
    desk.heard += desk.keyboard.feed(desk.keys.feed(b"SN-3\r", desk.now + 5.0))  # a loop that was held up
    assert desk.take() == ["scan SN-2", "unread broken-off", "scan SN-3"]


def test_a_key_just_after_a_scan_is_pressed_when_nothing_follows(desk: Desk) -> None:
    desk.read(b"SN-1\r")
    desk.read(b"\x1b[19~", 0.004)
    assert desk.take() == ["scan SN-1", "f8"]
    desk.read(b"\x1b[B" * 3)  # a stalled link delivers what was pressed at once
    assert desk.take() == ["down"] * 3
    for _ in range(4):
        desk.read(b"\x1b[B", 0.025)  # a held key
    desk.wait(0.01)
    assert len([each for each in desk.heard if isinstance(each, Pressed)]) == 3
    assert desk.take() == ["down fresh", "down", "down", "down"]


def test_a_key_that_comes_byte_by_byte_in_a_code_is_data(desk: Desk) -> None:
    desk.type(b"SN\x1b[19~1\r", 0.02)
    assert desk.take() == ["scan SN\x1b[19~1"]


def test_an_escape_in_a_slow_code_clears_nothing(desk: Desk) -> None:
    desk.type(b"GOOD\x1bEVIL\r", 0.08)
    assert desk.take() == ["scan GOOD\x1bEVIL"]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\x1bOM"])
def test_an_enter_of_a_person_is_fresh(desk: Desk, end: bytes) -> None:
    desk.read(end)
    assert desk.heard == []
    desk.wait(0.12)
    assert desk.take() == ["enter fresh"]


def test_cr_and_lf_in_two_reads_are_one_enter(desk: Desk) -> None:
    desk.read(b"\r")
    desk.read(b"\n", 0.002)
    assert desk.take() == ["enter fresh"]
    desk.read(b"A\r")
    desk.read(b"\n", 0.01)
    assert desk.take() == ["scan A"]


@pytest.mark.parametrize("pause", [0.0005, 0.001, 0.029, 0.05, 0.1])
@pytest.mark.parametrize(
    "payload", [b"A\rB\rC\r\r", b"\rA\r", b"\r\r\r", b"A\r\r\r", b"\ry\r", b"1\x1b[19~\r", b"A\r\x1b[19~\r\r"]
)
def test_no_enter_of_a_scan_is_fresh(desk: Desk, payload: bytes, pause: float) -> None:
    if pause < 0.029 or b"\x1b" not in payload:
        desk.type(payload, pause)
        assert "enter fresh" not in desk.take()
    desk.read(payload)
    assert "enter fresh" not in desk.take()


def test_a_double_enter_confirms_once(desk: Desk) -> None:
    desk.read(b"\r")
    desk.read(b"\r", 0.3)
    assert desk.take() == ["enter fresh", "enter"]


def test_function_keys_with_an_empty_entry(desk: Desk) -> None:
    desk.read(b"\x1b[18~")
    desk.read(b"\x1b[5~")
    desk.read(b"\x1b")
    assert desk.take() == ["f7 fresh", "pageup fresh", "escape fresh"]


def test_a_function_key_with_something_typed(desk: Desk) -> None:
    desk.type(b"12")
    desk.read(b"\x1bOR")
    assert desk.take() == ["f3 fresh"]
    assert desk.keyboard.text == "12"


def test_a_key_can_stand_for_a_character() -> None:
    desk = Desk(substitutes={"f8": b"\x1d"})
    desk.read(b"0104\x1b[19~21A\r")
    desk.read(b"\x1b[19~")
    assert desk.take() == ["scan 0104\x1d21A", "f8 fresh"]
    desk.type(b"01", 0.001)
    desk.read(b"\x1b[19~", 0.09)
    desk.read(b"2\r", 0.09)
    assert desk.take() == ["scan 01\x1d2"]


def test_a_key_within_a_code_spoils_it(desk: Desk) -> None:
    desk.read(b"SN\x1bOP1\r")
    desk.read(b"SN\x1b[1;1R1\r")
    desk.read(b"SN\x1b[<0;1;1M1\r")
    assert desk.take() == ["scan SN\x1bOP1", "scan SN\x1b[1;1R1", "scan SN\x1b[<0;1;1M1"]


def test_replies_and_the_mouse_between_codes(desk: Desk) -> None:
    desk.read(b"\x1b[I")
    desk.read(b"\x1b[24;80R")
    desk.read(b"\x1b[<0;3;4M")
    desk.wait(0.05)
    (press,) = desk.heard
    assert isinstance(press, Pressed)
    assert (press.name, press.stroke.column, press.stroke.row) == ("mouse", 2, 3)


def test_backspace_edits_what_was_typed(desk: Desk) -> None:
    desk.type("SNé".encode()[:2])
    desk.read("é".encode())
    desk.read(b"\x7f")
    desk.read(b"\b")
    assert desk.keyboard.text == "S"
    desk.read(b"\b")
    desk.read(b"\b")
    assert desk.take() == ["backspace fresh"]


def test_a_held_backspace_erases_however_it_arrives(desk: Desk) -> None:
    desk.type(b"SN-123")
    desk.read(b"\x7f")
    desk.read(b"\x7f\x7f", 0.02)
    desk.read(b"\x7f", 0.01)
    assert desk.keyboard.text == "SN"


@pytest.mark.parametrize("pause", [0.0005, 0.005, 0.029])
def test_backspace_in_a_burst_is_data(desk: Desk, pause: float) -> None:
    desk.type(b"GOOD\b\b\b\bEVIL\r", pause)
    assert desk.take() == ["scan GOOD\b\b\b\bEVIL"]


def test_a_scan_cannot_rewrite_what_was_typed(desk: Desk) -> None:
    for pause in (0.001, 0.02):
        desk.type(b"GOOD")
        desk.wait(1.0)
        desk.type(b"\b\b\b\bEVIL\r", pause)
        (heard,) = desk.take()
        assert "\b" in heard
        desk.type(b"GOOD")
        desk.read(b"\b\b\r")
        assert "\b" in desk.take()[0]


def test_escape_clears_only_alone(desk: Desk) -> None:
    desk.type(b"12")
    desk.read(b"\x1b")
    assert desk.take() == []
    assert desk.keyboard.text == ""
    desk.read(b"12\x1b")
    desk.wait(0.05)
    assert desk.keyboard.text == "12\x1b"


def test_a_digit_settles(desk: Desk) -> None:
    desk.read(b"1")
    assert desk.keyboard.settled(desk.now + 0.11) is None
    assert desk.keyboard.settled(desk.now + 0.13) == "1"
    desk.wait(0.2)
    assert desk.keyboard.deadline is None
    assert desk.keyboard.take() == "1"
    assert desk.keyboard.settled(desk.now) is None


def test_a_digit_that_the_mouse_follows_at_once_leaves_no_alarm(desk: Desk) -> None:
    desk.read(b"1")
    desk.read(b"\x1b[<0;3;4M", 0.01)
    desk.keyboard.tick(desk.now + 1.0)
    assert desk.keyboard.settled(desk.now + 1.0) is None
    assert desk.keyboard.deadline is None


@pytest.mark.parametrize("data", [b"1SN\r", b"1S", b"1\r", b"1\b", b"12"])
def test_a_digit_of_something_longer_never_settles(data: bytes) -> None:
    for pause in (0.0, 0.001, 0.08):
        desk = Desk()
        for byte in data:
            desk.read(bytes((byte,)), pause)
            assert desk.keyboard.settled(desk.now) is None
        desk.wait(1.0)
        assert desk.keyboard.settled(desk.now) is None


def test_too_much_is_reported_once(desk: Desk) -> None:
    desk.read(b"9" * 9000)
    desk.read(b"9" * 100 + b"\rOK\r", 0.01)
    assert desk.take() == ["unread too-long", "scan OK"]
    desk.read(b"9" * 9000)
    desk.read(b"OK\r")
    assert desk.take() == ["unread too-long", "scan OK"]


def test_what_is_not_text_is_reported(desk: Desk) -> None:
    desk.read(b"caf\xe9\r")
    desk.read(b"OK\r")
    assert desk.take() == ["unread undecodable", "scan OK"]


def test_old_clients_send_latin_1() -> None:
    desk = Desk(frame=Frame(encoding="latin-1", stale_ms=None))
    desk.read(b"caf\xe9")
    desk.wait(0.1)
    assert desk.keyboard.text == "café"
    desk.read(b"\r")
    assert desk.take() == ["scan café"]


def test_tab_need_not_end() -> None:
    desk = Desk(frame=Frame(terminators=frozenset({CR, LF}), stale_ms=None))
    desk.read(b"\t")
    desk.read(b"A\tB\r")
    assert desk.take() == ["tab fresh", "scan A\tB"]


def test_control_keys_are_data(desk: Desk) -> None:
    desk.read(b"A\x03\x11\x10\x15B\r")
    assert desk.take() == ["scan A\x03\x11\x10\x15B"]


def test_names_and_characters_of_a_browser() -> None:
    keyboard = Keyboard(substitutes={"f8": b"\x1d"})
    heard: list[Heard] = []
    for at, (key, character) in enumerate(
        [
            ("f1", None),
            ("S", "S"),
            ("é", "é"),
            ("f8", None),
            ("f9", None),
            ("1", "1"),
            ("enter", "\r"),
            ("ctrl+j", "\n"),
        ]
    ):
        heard += keyboard.feed_key(key, character, 5.0 + at / 1000 + (0.03 if at else 0.0))
    assert [name(h) for h in heard if not isinstance(h, EntryChanged)] == ["f1 fresh", "scan Sé\x1d\x1b1"]
    assert keyboard.feed_key("enter", None, 9.0) == []
    assert [name(h) for h in keyboard.tick(9.2)] == ["enter fresh"]


def test_a_keyboard_needs_enter() -> None:
    with pytest.raises(ValueError, match="Enter"):
        Keyboard(Frame(terminators=frozenset({CR})))


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("pause", [0.0, 0.001, 0.02])
def test_hostile_payloads_then_a_clean_scan(payload: bytes, pause: float) -> None:
    if pause and len(payload) > 300:
        payload = payload[:300]
    desk = Desk()
    if pause:
        desk.type(payload + b"\r", pause)
    else:
        desk.read(payload + b"\r")
    desk.read(b"CLEAN-1\r", 0.25)
    heard = desk.take()
    assert heard[-1] == "scan CLEAN-1"
    assert heard.count("scan CLEAN-1") == 1
    assert "enter fresh" not in heard
    assert not any(isinstance(h, str) and h.startswith("scan EVIL") for h in heard)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=9), st.sampled_from([b"\r", b"\x1b", b"\b", b"1"])),
            st.sampled_from([0.0, 0.001, 0.02, 0.04, 0.11, 0.3, 1.0]),
        ),
        max_size=10,
    )
)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_any_input_leaves_the_next_clean_scan_right(reads: list[tuple[bytes, float]]) -> None:
    desk = Desk()
    for data, pause in reads:
        desk.read(data, pause)
    desk.read(b"\r", 0.6)
    desk.take()
    desk.read(b"CLEAN-1\r")
    assert desk.take() == ["scan CLEAN-1"]
    desk.read(b"\r")
    assert desk.take() == ["enter fresh"]


def test_what_was_typed_before_a_scan_is_not_glued_onto_it() -> None:
    keys, keyboard = Keys(), Keyboard()
    heard = [*keyboard.feed(keys.feed(b"7", 10.0))]
    heard = keyboard.feed(keys.feed(b"SN-77777\r", 12.0))
    assert [type(each) for each in heard] == [Unread, EntryChanged]
    assert (heard[0].reason, heard[0].excerpt) == (Reason.TYPED_BEFORE, "7")
    [scan, *_] = keyboard.feed(keys.feed(b"SN-77777\r", 13.0))
    assert isinstance(scan, Scan)
    assert scan.text == "SN-77777"


def test_a_slow_line_that_bunches_what_a_person_types_joins_it() -> None:
    keys, keyboard = Keys(), Keyboard()
    for at, data in ((1.0, b"SN"), (2.5, b"-12"), (4.0, b"34"), (5.0, b"\r")):
        heard = keyboard.feed(keys.feed(data, at))
    assert [each.text for each in heard if isinstance(each, Scan)] == ["SN-1234"]


@pytest.mark.parametrize("scan", [b"4711", b"471"])
@pytest.mark.parametrize("pause", [0.0, 0.003])
def test_a_stray_key_is_not_glued_onto_a_short_scan(desk: Desk, scan: bytes, pause: float) -> None:
    desk.read(b"8")
    desk.wait(1.0)
    if pause:
        desk.type(scan + b"\r", pause)
    else:
        desk.read(scan + b"\r")
    assert desk.take() == ["unread typed-before"]
    assert desk.keyboard.text == ""


def test_what_is_typed_by_hand_after_a_pause_is_one_number(desk: Desk) -> None:
    desk.read(b"8")
    desk.type(b"47", 1.0)
    desk.type(b"11\r", 0.08)  # fast fingers
    assert desk.take() == ["scan 84711"]
    desk.read(b"8")
    desk.read(b"47\r")  # two keys at once, on a line that bunches them
    assert desk.take() == ["scan 847"]
