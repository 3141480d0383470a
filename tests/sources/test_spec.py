from __future__ import annotations

import pytest

from terminal.sources.framing import CR, LF, TAB
from terminal.sources.profile import Profile
from terminal.sources.spec import KeyboardSpec, ScriptSpec, SerialSpec, SocketSpec, Spec, parse


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("keyboard", KeyboardSpec()),
        ("keyboard?f8_is_gs=on", KeyboardSpec(Profile(f8_is_gs=True))),
        ("serial:auto", SerialSpec("auto")),
        ("serial:/dev/ttyACM0", SerialSpec("/dev/ttyACM0")),
        ("serial:COM3?baud=115200&suffix=tab", SerialSpec("COM3", Profile(baud=115200, suffix="tab"))),
        ("serial:/dev/x?profile=bluetooth", SerialSpec("/dev/x", Profile(suffix="none", idle_ms=120))),
        ("serial:/dev/x?idle_ms=80&profile=bluetooth", SerialSpec("/dev/x", Profile(suffix="none", idle_ms=80))),
        ("socket://10.0.0.7:4001", SocketSpec("10.0.0.7", 4001)),
        ("socket://[::1]:4001?encoding=shift_jis", SocketSpec("::1", 4001, Profile(encoding="shift_jis"))),
        ("script:demo?.txt", ScriptSpec("demo?.txt")),
    ],
)
def test_words_for_scanners(text: str, spec: Spec) -> None:
    assert parse(text) == spec
    assert spec.source


def test_the_settings_hold_where_the_word_is_silent() -> None:
    base = Profile(baud=19200, tab_ends=False)
    assert parse("serial:/dev/x?suffix=cr", base) == SerialSpec(
        "/dev/x", Profile(suffix="cr", baud=19200, tab_ends=False)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "none of keyboard, serial:PATH"),
        ("keyborad", "none of keyboard"),
        ("serial:", "needs a path"),
        ("script:", "needs a path"),
        ("serial:/dev/x?", "must follow"),
        ("serial:/dev/x?baud", "name=value"),
        ("serial:/dev/x?boud=1", "did you mean 'baud'"),
        ("serial:/dev/x?baud=fast", "whole number from 50"),
        ("serial:/dev/x?baud=²", "whole number from 50"),
        ("serial:/dev/x?suffix=crcr", "none of any, cr"),
        ("serial:/dev/x?encoding=utf-16", "none of utf-8"),
        ("serial:/dev/x?stx_etx=maybe", "on or off"),
        ("serial:/dev/x?profile=acme", "none of generic"),
        ("socket://host", "socket://HOST:PORT"),
        ("socket://host:0", "socket://HOST:PORT"),
        ("socket://host:99999", "socket://HOST:PORT"),
        ("socket://[::1", "socket://HOST:PORT"),
        ("evdev:/dev/input/event3", "not supported yet"),
        ("hidpos:/dev/hidraw0", "not supported yet"),
    ],
)
def test_a_wrong_word_gets_one_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", r"\?")) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_frames() -> None:
    assert Profile().frame.terminators == {CR, LF, TAB}
    assert Profile(tab_ends=False).frame.terminators == {CR, LF}
    assert Profile(suffix="none").frame.idle_ms == 50
    assert Profile(suffix="none", stx_etx=True).frame.idle_ms is None
    assert Profile(encoding="latin-1").frame.noise == {0}
    typed = Profile(suffix="none", idle_ms=50, stx_etx=True, prefix="<").typed
    assert (typed.terminators, typed.idle_ms, typed.stale_ms, typed.stx_etx) == ({CR, LF}, None, None, False)
    assert Profile(f8_is_gs=True).substitutes == {"f8": b"\x1d"}
