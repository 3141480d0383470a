"""A clock that jumps a day forward or back, in mid-shift too: order, undoing and sending never come from it (D12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.domain.intents import AddSerial, Undo
from terminal.journal.journal import Journal
from terminal.journal.replay import findings
from terminal.journal.sign_ins import VALID_S, Known, SignIns
from terminal.journal.store import open_store

from ..journal.world import ANNA, POLICIES, furnish
from .clones import Device
from .intake import Intake, prepare
from .memory import memory

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
jumps = st.sampled_from([timedelta(), timedelta(), timedelta(), DAY, -DAY, timedelta(hours=1), -timedelta(hours=1)])
steps = st.lists(st.tuples(jumps, st.sampled_from(["add", "add", "add", "undo", "restart"])), min_size=1, max_size=30)


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the machine's clock, as the ids of events see it; a restart forgets the last id."""
    import uuid6

    def jump(now: datetime) -> None:
        monkeypatch.setattr(uuid6, "time", SimpleNamespace(time_ns=lambda: int(now.timestamp() * 1e9)))
        monkeypatch.setattr(uuid6, "_last_v7_timestamp", None)

    return jump


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_a_shift_with_a_jumping_clock_is_in_the_order_in_which_it_was_scanned(
    steps: list[tuple[timedelta, str]], jumping: Callable[[datetime], None]
) -> None:
    now = BEGAN

    def clock() -> datetime:
        return now

    with memory() as directory:
        journal = furnish(Journal(open_store(directory)[0], clock), units=1_000)
        stack: list[str] = []
        recorded = []
        for n, (jump, what) in enumerate(steps):
            now += jump + timedelta(milliseconds=1)
            jumping(now)
            if what == "restart":
                journal.store.close(as_found=bool(n % 2))
                journal = Journal(open_store(directory)[0], clock)
                continue
            intent = AddSerial("PS-1", 1, f"S{n:03}") if what == "add" else Undo("PS-1")
            verdict = journal.record(ANNA, POLICIES, intent, 1)
            assert verdict.accepted is (what == "add" or bool(stack))
            if verdict.accepted:
                recorded.append(now)
            if what == "add":
                stack.append(f"S{n:03}")
            elif stack:
                stack.pop()
            live = {r.serial for r in journal.records.live_registrations("PS-1")}
            assert live == set(stack), "what is undone is what was scanned last, not what is newest by the clock"
        sent = [event for event, _ in journal.outbox.pending(1_000)]
        assert [event.sequence for event in sent] == list(range(1, len(recorded) + 1))
        assert len({event.id for event in sent}) == len(sent)
        assert [datetime.fromisoformat(event.recorded_at) for event in sent] == recorded
        assert list(findings(journal.store.connection)) == []
        journal.store.close()


@given(later=st.integers(-2 * VALID_S, 2 * VALID_S))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_operator_is_known_for_a_day_whichever_way_the_clock_jumps(later: int) -> None:
    """Set forward, the day is over sooner; set back before the sign-in, it is over at once. Never is it longer."""
    with memory() as directory:
        store, _ = open_store(directory)
        sign_ins = SignIns(store)
        at = BEGAN.timestamp()
        sign_ins.remember("1001", "1111", at)
        known = sign_ins.check("1001", "1111", at + later)
        assert known is (Known.RIGHT if 0 <= later < VALID_S else Known.NOT_HERE)
        store.close()


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    with memory() as directory:
        yield prepare(directory)


@pytest.mark.parametrize("seed", range(12))
def test_the_backend_gets_every_scan_once_and_in_order_whatever_the_clock_says(
    prepared: Path, jumping: Callable[[datetime], None], seed: int
) -> None:
    """Through the real sender to the real intake, with jumps between scanning, sending and restarts."""
    chance = Random(seed)
    with memory() as directory:
        backend = Intake(prepared, directory)
        device = Device(directory / "device", backend)
        jumped = 0
        for n in range(60):
            if chance.random() < 0.15:
                device.clock.off_by += chance.choice((DAY, -DAY))
                jumped += 1
            jumping(device.clock.now())
            if chance.random() < 0.1:
                device.close()
                device.open()
            device.scan(f"S{n:03}")
            if chance.random() < 0.3:
                device.send(1)
        device.drain()
        assert jumped > 2
        assert sorted(backend.serials()) == sorted(device.scanned)
        assert device.problems() == []
        assert backend.sent_serials() == device.scanned, "in the order in which they were scanned"
        told = backend.recorded_at()
        assert told != sorted(told), "each has the time that its own clock showed"
        device.close()
        backend.close()
