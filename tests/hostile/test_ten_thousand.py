"""Ten thousand scans, hostile ones among them, in random bursts and chunks from several sources: each in its order.

The sources are fed as the program feeds them, without a screen, so that the chance has room; a smaller number then goes
through the real program. A seed that fails is in the name of the test.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from msgspec import Struct

from terminal.sources.bounce import Bounce
from terminal.sources.framing import Framing
from terminal.sources.keyboard import Keyboard
from terminal.sources.keyboard import Pressed as KeyPressed
from terminal.sources.keys import Keys
from terminal.sources.profile import PROFILES, Profile, adjusted
from terminal.sources.scan import Scan, Unread
from tests.e2e.shift import CONSOLE, journal_of

from .checks import control_codes, strange_on_screen
from .conftest import SLIP
from .corpus import SMALL
from .sending import QUIET, Still, serials_in

SCANS = 10_000
SEEDS = (1, 20261121)


class Code(Struct, frozen=True):
    """One thing that a scanner reads, and how many frames it is."""

    data: bytes
    clean: str = ""
    """The serial, where it is one; else it is hostile."""


def codes(chance: random.Random, name: str, count: int, refused: Callable[[bytes], bool]) -> Iterator[Code]:
    """Give clean serials of one source, numbered, with hostile codes between them that hold no terminator."""
    hostile = [each.data for each in SMALL if refused(each.data)]
    for number in range(count):
        if chance.random() < 0.4:
            yield Code(chance.choice(hostile))
        serial = f"{name}-{number:05d}"
        yield Code(serial.encode(), serial)


def chunks(chance: random.Random, data: bytes) -> Iterator[bytes]:
    """Cut bytes as chance has it: single bytes, small reads, whole bursts."""
    at = 0
    while at < len(data):
        size = chance.choice((1, 1, 2, 7, 16, 64, 300, 4096))
        yield data[at : at + size]
        at += size


def without_terminator(data: bytes) -> bool:
    """Say whether a code is one frame on any source; an ESC at its end would join what the scanner puts behind it."""
    return bool(data.strip(b" ")) and not any(end in data for end in (b"\r", b"\n", b"\t", b"\x1bOM"))


class Ear(Struct):
    """One source: what to feed it with, what it heard."""

    name: str
    feed: Callable[[bytes, float], list[Scan | Unread]]
    tick: Callable[[float], list[Scan | Unread]]
    pause_s: float
    """What lies between two codes at the least; at the most a burst's worth of them comes at once."""
    wrap: tuple[bytes, bytes] = (b"", b"\r")
    heard: list[Scan | Unread] = []


def by_keyboard(profile: Profile) -> Ear:
    """A keyboard, as `entry` has it: it hears no key in all of this."""
    keys, keyboard = Keys(), Keyboard(profile.typed, substitutes=profile.substitutes)

    def only_scans(heard: Sequence[object]) -> list[Scan | Unread]:
        assert not [each for each in heard if isinstance(each, KeyPressed)], heard
        return [each for each in heard if isinstance(each, (Scan, Unread))]

    return Ear(
        "keyboard",
        lambda data, now: only_scans(keyboard.feed(keys.feed(data, now))),
        lambda now: only_scans([*keyboard.feed(keys.tick(now)), *keyboard.tick(now)]),
        0.0,
    )


def by_port(name: str) -> Ear:
    """A serial line with one of the known set-ups."""
    profile = adjusted(Profile(), {"profile": name})
    framing = Framing(profile.frame, name)
    wrap = (b"\x02", b"\x03\r\n") if profile.stx_etx else (b"", b"") if profile.suffix == "none" else (b"", b"\r\n")
    idle = profile.frame.idle_ms if not profile.stx_etx else None
    return Ear(name, framing.feed, framing.tick, (idle or 0) / 1000 + 0.001, wrap)


def fits(ear: Ear, data: bytes) -> bool:
    """Say whether a code is one frame on this source."""
    marks = b"\x02\x03" if ear.wrap[0] else b""
    if not ear.wrap[1] and not data.strip(b"\x00\xff"):
        return False  # with nothing behind it, it is a scanner's power-up: counted, and no code
    return without_terminator(data) and not any(mark in data for mark in marks)


def run(ear: Ear, chance: random.Random, sent: Sequence[Code]) -> None:
    """Send codes in bursts, cut anywhere, with pauses as chance has them."""
    now, at = 1.0, 0
    single = not ear.wrap[1]  # without a terminator only silence ends a code
    while at < len(sent):
        burst = sent[at : at + (1 if single else chance.choice((1, 1, 2, 5, 40)))]
        at += len(burst)
        now += ear.pause_s + chance.choice((0.0, 0.001, 0.05, 0.2, 0.7))
        ear.heard += ear.tick(now)
        for part in chunks(chance, b"".join(ear.wrap[0] + code.data + ear.wrap[1] for code in burst)):
            ear.heard += ear.feed(part, now)
            now += chance.choice((0.0, 0.0, 0.0005, 0.002, 0.008))
    ear.heard += ear.tick(now + 5.0)


def check(ear: Ear, sent: Sequence[Code]) -> None:
    """Check that what was heard is what was sent: in order, none lost, merged or changed."""
    assert len(ear.heard) == len(sent), ear.name
    for code, heard in zip(sent, ear.heard, strict=True):
        if isinstance(heard, Scan):
            assert heard.raw == code.data, ear.name
            assert heard.text == code.data.decode("utf-8"), ear.name
        else:
            assert not code.clean, (ear.name, heard)
            assert len(code.data) == heard.length, (ear.name, heard)


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_scans_of_every_source(seed):
    chance = random.Random(seed)
    ears = [by_keyboard(Profile()), by_keyboard(adjusted(Profile(), {"profile": "f8-is-gs"})), *map(by_port, PROFILES)]
    total = 0
    for number, ear in enumerate(ears):
        sent = list(codes(chance, f"N{number}", SCANS // len(ears), lambda data: fits(ear, data)))  # noqa: B023
        if ear.name == "keyboard" and number:
            sent = [code for code in sent if b"\x1b[19" not in code.data]  # F8 is a character of its codes
        run(ear, chance, sent)
        check(ear, sent)
        total += len(sent)
    assert total >= SCANS


def test_the_check_has_teeth():
    sent = [Code(b"SN-1", "SN-1"), Code(b"SN-2", "SN-2")]
    for heard in ([b"SN-1"], [b"SN-2", b"SN-1"], [b"SN-1SN-2"], [b"SN-1", b"SN-2", b"SN-2"], [b"SN-1", b"SN2"]):
        ear = by_port("generic")
        ear.heard = [Scan(each.decode(), each, "x", 0.0) for each in heard]
        with pytest.raises(AssertionError):
            check(ear, sent)


def test_a_bounce_is_no_other_scan():
    bounce = Bounce()
    first, second = (Scan("SN-1", b"SN-1", "a", at) for at in (1.0, 1.3))
    assert [bounce.repeats(first), bounce.repeats(second)] == [False, True]


@pytest.mark.e2e
@pytest.mark.parametrize("seed", [7])
def test_fifteen_hundred_through_the_program_from_two_sources_at_once(backend, start, scanner, seed):
    terminal = start(backend, document=SLIP, settings=QUIET, size=CONSOLE, scanners=[scanner.spec])
    scanner.wait_open()
    mark = len(terminal.raw)
    sources = {"K": terminal.type, "P": scanner.send}
    sent = {name: list(codes(random.Random(f"{seed}{name}"), name, 550, without_terminator)) for name in sources}
    assert sum(map(len, sent.values())) >= 1_500

    def send(name: str) -> None:
        chance = random.Random(f"{seed}{name}")
        left = list(sent[name])
        while left:
            burst = [left.pop(0) for _ in range(min(len(left), chance.choice((1, 3, 30))))]
            for part in chunks(chance, b"".join(code.data + b"\r" for code in burst)):
                sources[name](part)

    threads = [threading.Thread(target=send, args=(name,)) for name in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    terminal.wait_until(Still(terminal), "an end of it")
    for name in sources:
        sources[name](f"{name}-LAST\r".encode())
        terminal.wait_for(f"OK {name}-LAST")
    terminal.wait_sent()
    assert terminal.status is None
    assert strange_on_screen(bytes(terminal.raw[:mark]), whole_life=True) == []
    assert strange_on_screen(bytes(terminal.raw[mark:])) == []
    assert control_codes(terminal.log()) == []
    events = journal_of(terminal.data)
    assert {event["type"] for event in events} == {"registered"}
    kept = [str(event["serial"]) for event in events]
    known = {text for each in SMALL for text in serials_in(each)}
    known |= {code.clean for each in sent.values() for code in each} | {f"{name}-LAST" for name in sources}
    for each in sent.values():
        clean = [code.clean for code in each if code.clean]
        assert [serial for serial in kept if serial in set(clean)] == clean
    assert set(kept) - known == set()
