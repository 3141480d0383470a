"""The list of recalls is fetched part by part, again after a fault, and scans go out in between (I9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from terminal.backend.answers import Fetched, Reason, ServerError, Unreachable
from terminal.backend.wire.master import Master
from terminal.backend.wire.recalls import RecallPart
from terminal.domain.documents import Recall

from .shop import scan
from .test_steps import Bench, Scripted, ToldClock


class WithRecalls(Scripted):
    """A server with a list of recalls, two at a time."""

    def __init__(self, clock: ToldClock) -> None:
        super().__init__(clock)
        self.name, self.list = "", [Recall("I-1", f"R{n}", "", "leaks") for n in range(5)]
        self.asked: list[int] = []

    def master(self, terminal: str, epoch: str, etag: str = "", slip_prefix: str = "") -> Fetched[Master] | None:
        fetched = super().master(terminal, epoch)
        assert fetched is not None
        tag = f"m{self.name}"
        return None if etag == tag else Fetched(replace(fetched.value, recalls=self.name), tag)

    def recalls(self, terminal: str, after: int) -> RecallPart:
        self.asked.append(after)
        self._called("recalls")
        part = tuple(self.list[after : after + 2])
        return RecallPart(self.name, part, after + 2 if after + 2 < len(self.list) else 0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "terminal")
    made.server = WithRecalls(made.clock)
    yield made
    made.scribe.stop()


def known(bench: Bench) -> tuple[str, list[str]]:
    def read(journal) -> tuple[str, list[str]]:
        keys = [f"r{n}" for n in range(9)]
        found = [key for key in keys if journal.records.recalled("I-1", key, "") is not None]
        return journal.merging.recalls_known(), found

    return bench.scribe.call(read)


def test_without_a_list_nothing_is_asked_for(bench: Bench) -> None:
    bench.run(200)
    assert bench.server.asked == []


def test_a_list_is_read_part_by_part_once_and_again_when_it_changes(bench: Bench) -> None:
    bench.server.name = "1"
    bench.run(200)
    assert bench.server.asked == [0, 2, 4]
    assert known(bench) == ("1", ["r0", "r1", "r2", "r3", "r4"])
    bench.server.name, bench.server.list = "2", bench.server.list[3:]
    bench.run(200)
    assert bench.server.asked == [0, 2, 4, 0]
    assert known(bench) == ("2", ["r3", "r4"])
    bench.server.name = ""
    bench.run(200)
    assert known(bench) == ("", [])
    assert len(bench.server.asked) == 4


def test_what_is_scanned_goes_out_between_two_parts(bench: Bench) -> None:
    bench.server.name = "1"
    while not bench.server.asked:
        bench.sender.step()
    scan(bench.scribe, "S1")
    bench.settle_down()
    calls = [name for _, name in bench.server.tries]
    assert (
        calls.index("recalls")
        < len(calls) - 1 - calls[::-1].index("send_events")
        < max(n for n, name in enumerate(calls) if name == "recalls")
    )


def test_a_list_that_changes_on_the_way_is_read_from_its_beginning(bench: Bench) -> None:
    bench.server.name = "1"
    while len(bench.server.asked) < 2:
        bench.sender.step()
    bench.server.name, bench.server.list = "2", [Recall("I-1", "R7", "", "leaks"), *bench.server.list[:2]]
    bench.run(200)
    assert bench.server.asked == [0, 2, 4, 0, 2]
    assert known(bench) == ("2", ["r0", "r1", "r7"])


@pytest.mark.parametrize("trouble", [Unreachable(Reason.TIMEOUT), ServerError(500)])
def test_a_part_that_fails_is_asked_for_again(bench: Bench, trouble: Exception) -> None:
    bench.server.name = "1"
    while len(bench.server.asked) < 2:
        bench.sender.step()
    bench.server.trouble, bench.server.trouble_with = trouble, "recalls"
    bench.run(60)
    assert 3 < len(bench.server.asked) < 40
    assert set(bench.server.asked[2:]) == {4}
    assert known(bench)[0] == ""
    bench.server.trouble = None
    bench.run(120)
    assert known(bench) == ("1", ["r0", "r1", "r2", "r3", "r4"])


def test_what_was_half_read_is_read_whole_by_the_next_run(bench: Bench) -> None:
    bench.server.name = "1"
    while len(bench.server.asked) < 2:
        bench.sender.step()
    assert known(bench)[0] == ""
    bench.sender._fetching._recalls_at, bench.sender._fetching._master_tag = float("inf"), ("", "")
    bench.sender._fetching.hurry()
    bench.run(10)
    assert bench.server.asked == [0, 2, 0, 2, 4]
    assert known(bench)[0] == "1"
