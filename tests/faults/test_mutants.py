"""Programs that break a promise: the simulation must notice each, within its first seeds."""

from __future__ import annotations

import inspect
import logging
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from server_stub import intake, writer, writing
from server_stub.routes import events
from terminal.backend import client, road, sending
from terminal.domain import changes
from terminal.journal import merging, outbox

from .simulation import play


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep what the programs say about thousands of faults out of the report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


MUTANTS: dict[str, tuple[Any, str, str, str]] = {
    "the server takes in what lies beyond a gap": (
        events,
        "take_in",
        "if place[1] > taken.cursor + 1:\n            break",
        "if place[1] > taken.cursor + 1:\n            taken.cursor = place[1] - 1",
    ),
    "the server knows no repeats by their contents": (
        intake,
        "_take_one",
        'stored.id == given["id"] and _is_same(work, stored, reading, terminal, sequence)',
        "False",
    ),
    "the server takes another event in a place for a repeat": (
        intake,
        "_take_one",
        'stored.id == given["id"] and _is_same(work, stored, reading, terminal, sequence)',
        "True",
    ),
    "the server answers a repeat with yes": (
        intake,
        "_take_one",
        "taken.answers.append(_taken_back(reading.recorded) if stored.void and not reading.void else stored.answer)",
        "taken.answers.append(_text(Answer(stored.id, sequence, Judgement(Outcome.ACCEPTED))))",
    ),
    "the server answers and does not commit": (
        writer.Writer,
        "_commit",
        "transactions.commit()",
        "transactions.rollback()",
    ),
    "the terminal gives a retry a new id": (
        sending.Sending,
        "send",
        "[event_json(recorded, void=void) for recorded, void in batch.events]",
        "[{**event_json(recorded, void=void), 'id': f'{id(batch)}-{recorded.sequence}'}"
        " for recorded, void in batch.events]",
    ),
    "the terminal does not notice a restored server": (
        sending.Sending,
        "_take",
        "elif answer.cursor < batch.answered:",
        "elif False:",
    ),
    "the terminal takes any answer for its own": (
        client.Client,
        "send_events",
        "if answered != [",
        "if False and [] != [",
    ),
    "the terminal gives events up when the server is busy": (
        sending.Sending,
        "send",
        "except Refused as refused:",
        "except Exception as refused:\n            self._settle(batch, [(r.sequence, Judgement(Outcome.ACCEPTED))"
        " for r, _ in batch.events])\n            return True\n        except Refused as refused:",
    ),
    "the terminal sends in the order of its clock": (
        outbox.Outbox,
        "pending",
        "ORDER BY sequence LIMIT",
        "ORDER BY recorded_at LIMIT",
    ),
    "nobody is told of what was refused": (
        outbox.Outbox,
        "_settle_one",
        "problem = not void and self._is_problem(recorded, judgement, state)",
        "problem = False",
    ),
    "a copied terminal goes on in another's places": (
        sending,
        "_is_copied",
        'return said.parameters.get("epoch") == batch.epoch',
        "return False",
    ),
    "the server takes what a copied terminal sends again for another's": (
        intake,
        "_is_same",
        "if stored.digest == reading.digest:",
        "if stored.digest != reading.digest:\n        return False\n    if True:",
    ),
    "an invoice charges nothing of its slips": (
        writing.Books,
        "_charge",
        'self._driver.do(_CHARGE_DRAWN, {"of": document})',
        "pass",
    ),
    "a reversed slip stays on its invoices": (
        changes,
        "_reversed",
        'Revised(replace(each, invoice=""))',
        "Revised(each)",
    ),
    "a correction leaves the serial": (
        changes,
        "_corrected",
        "(Revised(made),)",
        "(Revised(found),)",
    ),
    "a unit that is not sold again after all is gone": (
        changes,
        "_gone",
        "(Gone(id), Revised(replace(before, returned=False)))",
        "(Gone(id),)",
    ),
    "a reversed line takes from its order": (
        writing.Books,
        "_reverse_line",
        '"more": -line.units',
        '"more": 0',
    ),
    "the terminal does not follow what it reads": (
        merging.Merging,
        "_take",
        "self._outbox.hear(self._registrations_differ(states, said, own))",
        "pass",
    ),
    "the terminal gives up after some failures": (
        road.Road,
        "failed",
        "self.hold(wait,",
        "self.hold(1e9 if self._backoff.failures > 3 else wait,",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_notices_that(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, function, before, after = MUTANTS[name]
    original = getattr(owner, function)
    source = textwrap.dedent(inspect.getsource(original))
    before, after = textwrap.dedent(before), after
    if inspect.isclass(owner):  # a method's lines stand four columns further left once it is dedented
        before, after = before.replace("\n    ", "\n"), after.replace("\n    ", "\n")
    assert before in source, "the program has changed: so must the mutant"
    made: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{source.replace(before, after)}", original.__globals__, made)
    monkeypatch.setattr(owner, function, made[function])
    for seed in range(60):
        try:
            if play(seed).found:
                return
        except Exception:  # noqa: BLE001 - a server or a terminal that stumbles is noticed as well
            return
    pytest.fail("no seed has noticed it")
