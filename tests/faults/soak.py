"""`make soak`: the long runs, in shares that are kept, and a report of what was tried, what fired, what was lost.

Each section is cut into shares. What is done is kept in `build/soak/`: a soak may be stopped at any time and loses what
is under way and no more; started again, it goes on, as long as the code under test is the same (`--anew` forgets).
`python -m tests.faults.soak --only "kill -9" --scale 0.01 --seed 7` does a part of it, `--budget 30` half an hour.
What is found is in `build/soak/report.md` and `report.json`, each failure with the command that repeats it, and
`--into README.md` puts that report into a text, between `<!-- soak -->` and `<!-- /soak -->`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import logging
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Any, NamedTuple

from . import clones, floor, io_errors, kills, power, simulation
from .counting import Counts, Progress, Share, add
from .memory import make_all_in, memory

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "build" / "soak"
UNDER_TEST = (
    *("terminal/backend", "terminal/barcodes", "terminal/clock.py", "terminal/domain", "terminal/journal"),
    *("server_stub", "tests/backend", "tests/drafts.py", "tests/faults", "tests/journal", "tests/printing"),
)
"""Files and directories that trials run: where their code changes, shares are done anew."""
MARKS = ("<!-- soak -->", "<!-- /soak -->")
"""What stands before and after the report in a text that shows it."""
CLONES_OF_A_SHARE = 100
SEEDS_OF_A_SHARE = 50


class Section(NamedTuple):
    """One kind of fault: its shares, and which of their counts say what."""

    shares: Callable[[float, int], list[Share]]
    """Gives the shares for a scale of the long run and a first seed."""
    tried: str
    """The count of what was tried."""
    fault: str
    """What matches the counts of faults that fired; a fault's name is the last group, or all of it."""
    looked_for: str
    """The count of acknowledged scans or events that were looked for afterwards."""
    waits: bool = False
    """Whether it waits more than it computes: then it runs beside the others."""


def _clones(scale: float, seed: int) -> list[Share]:
    return _evenly(clones.some, clones.LONG, scale, seed, CLONES_OF_A_SHARE)


def _simulations(scale: float, seed: int) -> list[Share]:
    return _evenly(simulation.run, simulation.LONG, scale, seed, SEEDS_OF_A_SHARE)


def _evenly(work: Callable[[int, int], Counts], long: int, scale: float, seed: int, size: int) -> list[Share]:
    """Cut a long run whose every try has a seed; no first seed has tries that another has."""
    wanted = max(1, round(long * scale))
    return [Share(work, (seed * long + at,), min(size, wanted - at)) for at in range(0, wanted, size)]


SECTIONS: Mapping[str, Section] = {
    "power cuts": Section(power.shares, "images", r"torn at \d+ bytes", "acknowledged scans looked for"),
    "kill -9": Section(kills.shares, "kills", r"kills (while .*)", "OKs looked for", waits=True),
    "I/O errors": Section(io_errors.shares, "errors tried", r"(.*): fired", "OKs looked for"),
    "cloned devices": Section(_clones, "clones", r"clones noticed", "scans after the copy"),
    "server and network": Section(floor.shares, "rounds", r"network fault: (.*)|server .*", "scans", waits=True),
    "simulation": Section(_simulations, "seeds", r"fault: (.*)", "acknowledged"),
}


class Kept:
    """The shares that are done, one a line: what a kill may leave is half a line, which is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[str, dict[str, Any]] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                self._count(json.loads(line))
            except ValueError:
                continue

    def has(self, section: str, share: Share) -> bool:
        """Say whether a share was done, to its end and as large as it is wanted now."""
        found = self._done.get(_name(section, share))
        return found is not None and found["size"] >= share.size and not found["broke off"]

    def keep(self, section: str, share: Share, commit: str, counts: Counts) -> None:
        """Keep what a share has found."""
        facts = {"name": _name(section, share), "section": section, "seed": share.at[0], "size": share.size}
        broke_off = counts.pop("broke off", False)
        line = {**facts, "commit": commit, "at": _now(), "broke off": broke_off, "counts": counts}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(f"\n{json.dumps(line)}")
        self._count(line)

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)
        self._done.clear()

    def all(self) -> Iterator[dict[str, Any]]:
        """Give everything that is kept, whichever run it comes from."""
        yield from self._done.values()

    def _count(self, line: dict[str, Any]) -> None:
        before = self._done.get(line["name"])
        if before is None or before["size"] <= line["size"] or before["broke off"]:
            self._done[line["name"]] = line


def _name(section: str, share: Share) -> str:
    return " ".join(map(str, (section, *share.at)))


def state_of_code(root: Path = ROOT) -> str:
    """Give a short name to the code as it is now: a change to any of it gives another; tests and this module don't."""
    made = hashlib.sha256()
    for each in UNDER_TEST:
        for file in sorted((root / each).rglob("*.py")) or [root / each]:
            if file.is_file() and not file.name.startswith("test_") and file != Path(__file__):
                made.update(f"{file.relative_to(root)} {file.stat().st_size}\n".encode() + file.read_bytes())
    return made.hexdigest()[:12]


def soak(
    names: Sequence[str],
    scales: Mapping[str, float],
    seed: int,
    progress: Progress,
    report: Path,
    *,
    budget_s: float = float("inf"),
    anew: bool = False,
) -> dict[str, Counts]:
    """Do all shares of these sections that are not kept yet; gives what all kept shares add up to.

    The report is written anew after each. After `budget_s` no more are begun.
    """
    state, commit = state_of_code(), _commit()
    kept = Kept(report / f"shares-{state}.jsonl")
    if anew:
        kept.forget()
    plan = [(name, share) for name in names for share in SECTIONS[name].shares(scales[name], seed)]
    to_do = [(name, share) for name, share in _mixed(plan) if not kept.has(name, share)]
    progress(f"{len(to_do)} of {len(plan)} shares are to be done, {len(plan) - len(to_do)} are kept from before")
    began = time.monotonic()
    found = write_report(report, kept, state)
    with memory() as place, contextlib.closing(_results(to_do, began + budget_s, place)) as results:
        for done, (name, share, counts) in enumerate(results, 1):
            kept.keep(name, share, commit, counts)
            found = write_report(report, kept, state)
            left = (time.monotonic() - began) * (len(to_do) - done) / done
            so_far, tried = found[name], SECTIONS[name].tried
            told = f"{so_far.get(tried, 0):,} {tried}, {len(so_far['failures'])} failures"
            progress(f"{name}: {told}; {done} of {len(to_do)} shares, {left:,.0f} s to go")
            if state_of_code() != state:
                progress("the code has changed, and what is under way may have either: stopped")
                break
    return found


def _mixed(plan: Sequence[tuple[str, Share]]) -> list[tuple[str, Share]]:
    """Have all sections go on at the same rate: who stops early has some of each."""
    number = {name: sum(name == other for other, _ in plan) for name, _ in plan}
    at = dict.fromkeys(number, 0)
    places = []
    for name, _ in plan:
        places.append(at[name] / number[name])
        at[name] += 1
    return [plan[n] for n in sorted(range(len(plan)), key=lambda n: places[n])]


def _results(
    shares: Iterable[tuple[str, Share]], until: float, place: Path
) -> Generator[tuple[str, Share, Counts], None, None]:
    """Do shares on all processors, and beside them those that wait; gives each as it is done."""
    lanes = {waits: [each for each in shares if SECTIONS[each[0]].waits is waits] for waits in (False, True)}
    workers, how = os.cpu_count() or 1, get_context("spawn")
    pools = {
        waits: ProcessPoolExecutor(workers, mp_context=how, initializer=_end_with_parent, initargs=(place,))
        for waits, lane in lanes.items()
        if lane
    }
    running: dict[Future[Counts], tuple[bool, str, Share]] = {}
    try:
        while True:
            for waits, pool in pools.items():
                idle = workers - sum(waits is its for its, _, _ in running.values())
                while idle > 0 and lanes[waits] and time.monotonic() < until:
                    name, share = lanes[waits].pop(0)
                    running[pool.submit(_done, share)] = (waits, name, share)
                    idle -= 1
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _, name, share = running.pop(future)
                yield name, share, future.result()
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)


def _done(share: Share) -> Counts:
    """Do a share, and say how long it took; where it breaks off the others are still wanted."""
    began, used = time.monotonic(), _processor_s()
    try:
        counts = share.work(*share.at, share.size)
    except Exception as error:  # noqa: BLE001 - told in the report, and tried again when the soak goes on
        words = f"{share.work.__module__}, seed {', '.join(map(str, share.at))} broke off: {error!r}"
        counts = {"failures": [words], "broke off": True}
    took = {"seconds": round(time.monotonic() - began, 1), "processor seconds": round(_processor_s() - used, 1)}
    return {**counts, **took}


def _end_with_parent(place: Path) -> None:
    """End this process, and all that it has started and made, when whoever wants its results is gone.

    What the programs under test log is no news here: it is what is done to them.
    """
    logging.disable(logging.CRITICAL)
    os.setsid()
    make_all_in(place)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        shutil.rmtree(place, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _processor_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str:
    found = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip()


def write_report(report: Path, kept: Kept, state: str) -> dict[str, Counts]:
    """Add everything up that is kept, and write it down, for people and for programs."""
    found: dict[str, Counts] = {name: {"failures": []} for name in SECTIONS}
    seeds: dict[str, list[int]] = {name: [] for name in SECTIONS}
    shares = [line for line in kept.all() if line["section"] in SECTIONS]
    for line in shares:
        add(found[line["section"]], line["counts"])
        seeds[line["section"]].append(line["seed"])
    found = {name: counts for name, counts in found.items() if seeds[name]}
    facts = {
        "commit": ", ".join(sorted({line["commit"] for line in shares})),
        "state of the code": state,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "from": min((line["at"] for line in shares), default=""),
        "to": max((line["at"] for line in shares), default=""),
        "shares": len(shares),
        "first seeds": {name: " to ".join(map(str, sorted({min(n), max(n)}))) for name, n in seeds.items() if n},
    }
    report.mkdir(parents=True, exist_ok=True)
    _replace(report / "report.json", json.dumps({**facts, "sections": found}, indent=1) + "\n")
    _replace(report / "report.md", "\n".join(_lines(facts, found)) + "\n")
    return found


def _lines(facts: Mapping[str, Any], found: Mapping[str, Counts]) -> Iterator[str]:
    """Give the report for people: a table of the sections, then how often each fault fired, then what went wrong."""
    days = " to ".join(dict.fromkeys((facts["from"][:10], facts["to"][:10])))
    yield f"Commit {facts['commit'] or 'unknown'}, {days}, {facts['shares']:,} shares; {facts['machine']}."
    yield ""
    yield "| what | tried | faults fired | acknowledged, looked for | lost | failures | processor time |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, counts in found.items():
        section, fired = SECTIONS[name], sum(faults_of(name, counts).values())
        numbers = (fired, counts.get(section.looked_for, 0), counts.get("lost", 0), len(counts["failures"]))
        tried = f"{counts.get(section.tried, 0):,} {section.tried}"
        told = " | ".join(f"{number:,}" for number in numbers)
        yield f"| {name} | {tried} | {told} | {_words(counts['processor seconds'])} |"
    yield ""
    yield "How often each fault fired:"
    yield ""
    for name, counts in found.items():
        faults = ", ".join(f"{fault} {n:,}" for fault, n in faults_of(name, counts).items())
        yield from _wrapped(f"- **{name}** (seeds {facts['first seeds'][name]}): {faults}.")
    wrong = [failure for counts in found.values() for failure in counts["failures"]]
    if wrong:
        yield from ("", "What went wrong:", "")
        for failure in wrong:
            yield f"- {failure}"


def faults_of(name: str, counts: Counts) -> dict[str, int]:
    """Give how often each fault of a section fired."""
    matches = ((re.fullmatch(SECTIONS[name].fault, count), n) for count, n in sorted(counts.items()))
    return {(match[match.lastindex or 0]): n for match, n in matches if match}


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _words(seconds: float) -> str:
    return (
        f"{seconds / 3600:.1f} h"
        if seconds >= 5_400
        else f"{seconds / 60:.0f} min"
        if seconds >= 90
        else f"{seconds:.0f} s"
    )


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)


def put_into(text: Path, report: Path) -> None:
    """Put the report between the two marks of a text, in the place of the one that is there.

    Raises:
        ValueError: the text does not have each mark once, in their order.
    """
    before, first, rest = text.read_text().partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not (first and last) or any(mark in f"{before}{after}" for mark in MARKS):
        raise ValueError(f"{text} must have {MARKS[0]} and then {MARKS[1]}, once each")
    _replace(text, f"{before}{first}\n{(report / 'report.md').read_text()}{last}{after}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section; may be given more than once")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the long run")
    parser.add_argument("--images", type=int, help="power cuts, instead of their share")
    parser.add_argument("--kills", type=int, help="kills, instead of their share")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--budget", type=float, default=float("inf"), help="minutes after which no more is begun")
    parser.add_argument("--anew", action="store_true", help="forget the shares that are kept")
    parser.add_argument("--report", type=Path, default=REPORT, help="directory")
    parser.add_argument("--into", type=Path, help="run nothing, and put the last report into this text")
    given = parser.parse_args(arguments)
    if given.into is not None:
        put_into(given.into, given.report)
        return 0
    scales = dict.fromkeys(SECTIONS, given.scale)
    if given.images is not None:
        scales["power cuts"] = given.images / power.LONG
    if given.kills is not None:
        scales["kill -9"] = given.kills / kills.LONG

    def progress(words: str) -> None:
        print(f"{datetime.now():%H:%M:%S} {words}", file=sys.stderr, flush=True)

    names = given.only or list(SECTIONS)
    found = soak(names, scales, given.seed, progress, given.report, budget_s=given.budget * 60, anew=given.anew)
    wrong = sum(len(counts["failures"]) for counts in found.values())
    lost = sum(counts.get("lost", 0) for counts in found.values())
    print(f"{wrong} failures, {lost} lost; see {given.report / 'report.md'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # as a kill: what is done is kept, and the workers end with this process
    sys.exit(main())
