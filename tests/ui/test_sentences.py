"""Every refusal, trouble and problem has a sentence that fits what the rules and the server really give."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from terminal.domain.changes import StatusChanged, consequences
from terminal.domain.documents import (
    Duty,
    Item,
    Operator,
    OrderLine,
    OverScan,
    Policies,
    Recall,
    SalesOrder,
    SerialCase,
    SerialForm,
    SlipStatus,
)
from terminal.domain.drafting import draft_slip
from terminal.domain.events import TYPES, Event, Recorded, Removed, SerialCorrected, SlipReversed
from terminal.domain.intents import (
    AddNotReadable,
    AddSerial,
    CorrectSerial,
    DraftSlip,
    DrawSerial,
    DrawUnits,
    Intent,
    RemoveNotReadable,
    RemoveSerial,
    RequestPosting,
    ReturnSerial,
    ReverseSlip,
    Undo,
    WithdrawPosting,
    decide,
)
from terminal.domain.judging import Outcome, judge
from terminal.domain.ledger import Ledger
from terminal.domain.master import check_item
from terminal.domain.posting import obstacles
from terminal.domain.refusals import Code, Refusal, refuse
from terminal.domain.views import Problem
from terminal.journal.store import Trouble
from terminal.sources.scan import Reason
from terminal.ui import labels
from terminal.ui.cells import safe
from terminal.ui.sentences import (
    _REFUSALS,
    clock_time,
    not_a_scan,
    problem_text,
    problem_title,
    refusal_sentence,
    trouble_sentence,
)
from tests.domain.floor import Floor

from .stage import ANN, BOB, CONTROL, DRILL, GLUE, MORNING, PUMP, SAW, slip_of

ZONE = "Europe/Oslo"
HAM = Item("HAM", "Ham", CONTROL, catch_weight=True)
OLD = Item("OLD", "Recalled", CONTROL, blocked=True)
LONG = Item("LONG", "Long", CONTROL, serial_form=SerialForm(shortest=4, longest=6))
TALL = Item("TALL", "Tall", CONTROL, serial_form=SerialForm(case=SerialCase.UPPER))
GUEST = Operator("guest", "Guest")


class Rules:
    """A ledger on which real refusals are made."""

    def __init__(self, policies: Policies | None = None) -> None:
        slips = [
            slip_of("PS-1", (DRILL, 1), (DRILL, 2), (GLUE, 1), (HAM, 1), (OLD, 1), (LONG, 1), (PUMP, 1), (TALL, 1)),
            slip_of("PS-2", (DRILL, 1)),
        ]
        order = SalesOrder("SO-1", "Customer", (OrderLine(1, "DRILL", 5, 2), OrderLine(2, "OLD", 1, 1)))
        recalls = [Recall("DRILL", "SN-R", "", "Overheats")]
        self.ledger = Ledger((DRILL, SAW, GLUE, PUMP, HAM, OLD, LONG, TALL), slips, [order], [ANN], recalls)
        self.policies = policies or Policies()
        self.n = 0

    def does(self, intent: Intent, who: Operator = ANN) -> Refusal | Event:
        ruled = decide(self.ledger, who, self.policies, intent)
        if not isinstance(ruled, Refusal):
            self.n += 1
            recorded = Recorded(f"E{self.n}", self.n, "T1", "epoch", who.id, MORNING, ruled)
            for change in consequences(self.ledger, recorded):
                self.ledger.apply(change)
            self.ledger.remember(recorded)
        return ruled

    def with_status(self, status: SlipStatus) -> Rules:
        self.ledger.apply(StatusChanged("PS-1", status))
        return self


def scanning_refusals() -> Iterator[Refusal | Event]:
    rules = Rules()
    rules.does(AddSerial("PS-1", 1, "SN-1"))
    yield rules.does(AddSerial("PS-1", 1, "SN-1"))
    yield rules.does(AddSerial("PS-1", 2, "SN-1"))
    yield rules.does(AddSerial("PS-2", 1, "SN-1"))
    yield rules.does(AddSerial("PS-1", 1, "SN-R"))
    yield rules.does(AddSerial("PS-1", 8, "SNx2"))
    yield rules.does(AddSerial("PS-1", 1, "PS-2"))
    yield rules.does(AddSerial("PS-9", 1, "SN-2"))
    yield rules.does(AddSerial("PS-1", 9, "SN-2"))
    yield rules.does(AddSerial("PS-1", 3, "SN-2"))
    yield rules.does(AddSerial("PS-1", 4, "SN-2"))
    yield rules.does(AddSerial("PS-1", 5, "SN-2"))
    yield rules.does(AddSerial("PS-1", 1, " "))
    yield rules.does(AddSerial("PS-1", 1, "a b"))
    yield rules.does(AddSerial("PS-1", 6, "SN1"))
    yield rules.does(AddSerial("PS-1", 6, "SN12345"))
    yield rules.does(AddSerial("PS-1", 7, "SN-2"))
    yield rules.does(RemoveSerial("PS-1", 1, "SN-2"))
    yield rules.does(RemoveNotReadable("PS-1", 1))
    yield rules.does(AddNotReadable("PS-1", 1), BOB)
    yield rules.does(Undo("PS-1"), BOB)
    yield rules.does(AddSerial("PS-1", 1, "SN-2"), GUEST)
    yield Rules(Policies(over_scan=OverScan.REFUSE)).does(AddSerial("PS-2", 1, "SN-1"))
    strict = Rules(Policies(over_scan=OverScan.REFUSE))
    strict.does(AddSerial("PS-2", 1, "SN-1"))
    yield strict.does(AddSerial("PS-2", 1, "SN-2"))


def document_refusals() -> Iterator[Refusal | Event | None]:
    yield Rules().with_status(SlipStatus.POSTED).does(AddSerial("PS-1", 1, "SN-1"))
    yield Rules().with_status(SlipStatus.CANCELLED).does(AddSerial("PS-1", 1, "SN-1"))
    yield Rules().with_status(SlipStatus.POSTING).does(AddSerial("PS-1", 1, "SN-1"))
    yield Rules().does(WithdrawPosting("PS-1"))
    yield Rules().does(RequestPosting("PS-1", online=True))
    ready = Rules(Policies(offline_posting=False))
    ready.does(AddSerial("PS-2", 1, "SN-1"))
    yield ready.does(RequestPosting("PS-2", online=False))
    over = Rules()
    over.does(AddSerial("PS-2", 1, "SN-1"))
    over.does(AddSerial("PS-2", 1, "SN-2"))
    yield from obstacles(over.ledger, "PS-2")
    yield from obstacles(over.ledger, "PS-1")
    yield draft_slip(over.ledger, ANN, "T-1", "SO-9", {1: 1})
    yield draft_slip(over.ledger, ANN, "PS-1", "SO-1", {1: 1})
    yield draft_slip(over.ledger, ANN, "T-1", "SO-1", {1: 0})
    yield draft_slip(over.ledger, ANN, "T-1", "SO-1", {1: 3})
    yield check_item(HAM)
    yield check_item(replace(DRILL, serial_form=SerialForm(mask="AA", shortest=4)))
    unknown = Rules()
    unknown.ledger = Ledger((), [slip_of("PS-1", (DRILL, 1))])
    yield unknown.does(AddSerial("PS-1", 1, "SN-1"))


def judged_refusals() -> Iterator[Refusal | None]:
    """What only the server says."""
    posted = Rules()
    posted.does(AddSerial("PS-2", 1, "SN-1"))
    asked = posted.does(RequestPosting("PS-2", online=True))
    assert not isinstance(asked, Refusal)
    recorded = Recorded("E9", 9, "T1", "epoch", ANN.id, MORNING, asked)
    yield judge(Rules().ledger, ANN, Policies(), recorded).refusal
    yield judge(Rules().ledger, None, Policies(), recorded).refusal
    added = Rules().does(AddSerial("PS-1", 1, "SN-1"))
    assert not isinstance(added, Refusal)
    odd = replace(added, item="SAW")  # type: ignore[call-arg]
    yield judge(Rules().ledger, ANN, Policies(), replace(recorded, event=odd)).refusal
    yield refuse(Code.CLONED_TERMINAL)
    yield refuse(Code.REQUEST_WITHDRAWN, document="PS-2")


def sales_refusals() -> Iterator[Refusal | Event | None]:
    """S9 to S14, S21, S22: each made by its rule, on slips and invoices of one order."""
    floor = Floor()
    floor.ship("PS-1", {1: 2, 4: 1}, [(1, "SN-1"), (1, "SN-2"), (2, "SN-4")])
    floor.ship("PS-2", {1: 2}, [(1, "SN-5"), (1, "SN-6")])
    floor.ship("PS-8", {1: 1}, [(1, "SN-8")], order="SO-8")
    floor.must(DraftSlip("PS-9", "SO-8", ((1, 1),)))
    floor.draft_invoice()
    floor.draft_invoice("INV-2")
    first, fourth = floor.unit("SN-1"), floor.unit("SN-4")
    yield floor.does(CorrectSerial("PS-1", first.id, "SN-9"))
    yield floor.does(CorrectSerial("PS-1", first.id, "SN-1", "mixed up"))
    yield floor.does(CorrectSerial("PS-1", fourth.id, "SN-9", "mixed up"))
    yield floor.judged(SerialCorrected("PS-1", 1, first.id, "SN-0", "SN-9", "mixed up")).refusal
    yield floor.does(ReverseSlip("PS-9", 0, "came back"))
    yield floor.does(ReverseSlip("INV-1", 0, "came back"))
    yield floor.does(DrawSerial("PS-9", "SN-1"))
    floor.must(DraftSlip("PS-7", "SO-9", ((2, 1),)))
    yield floor.does(DrawUnits("INV-1", "PS-7", 1, units=1))
    yield floor.does(DrawSerial("INV-1", "SN-8"))
    yield floor.does(DrawSerial("INV-1", "SN-NONE"))
    yield floor.does(DrawUnits("INV-1", "PS-1", 1, units=1))
    yield floor.does(ReturnSerial("INV-1", "SN-1"))
    yield floor.does(RequestPosting("INV-1", online=True))
    floor.must(DrawSerial("INV-1", "SN-1"), DrawSerial("INV-1", "SN-5"))
    yield floor.does(DrawSerial("INV-1", "SN-1"))
    yield floor.does(DrawSerial("INV-2", "SN-1"))
    yield floor.does(RequestPosting("INV-1", online=True))
    floor.must(ReturnSerial("INV-1", "SN-5"), RequestPosting("INV-1", online=True))
    yield floor.does(CorrectSerial("PS-1", first.id, "SN-9", "mixed up"))
    yield floor.does(AddSerial("PS-9", 1, "SN-1"))
    floor.must(ReverseSlip("PS-2", 1, "came back"))
    kept = tuple(r.id for r in floor.ledger.kept("SO-9", 1))
    yield floor.does(DraftSlip("PS-3", "SO-9", ((1, 1),), kept))
    yield floor.judged(SlipReversed("PS-1", 2, "came back")).refusal
    floor.ship("PS-6", {1: 1, 2: 1}, [(1, "SN-A"), (2, "SN-B")], order="SO-8")
    floor.must(ReverseSlip("PS-6", 2, "came back"))
    yield floor.does(ReverseSlip("PS-6", 2, "came back"))
    yield refuse(Code.NO_NUMBERS)


REAL = {
    refusal.code: refusal
    for refusal in (*scanning_refusals(), *document_refusals(), *judged_refusals(), *sales_refusals())
    if isinstance(refusal, Refusal)
}


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (refuse(Code.NOT_A_SERIAL, serial="X1", what="item"), "X1 is an item's barcode, no serial. Scan the serial."),
        (refuse(Code.NOT_A_SERIAL, serial="X1", what="document"), "X1 is a document's number, no serial."),
        (refuse(Code.NOT_A_SERIAL, serial="X1", what="operator"), "X1 is an operator's badge, no serial."),
        (refuse(Code.NOT_A_SERIAL, serial="X1", what="location"), "X1 is a shelf's label, no serial."),
        (refuse(Code.NOT_A_SERIAL, serial="X1", what="command"), "X1 is a code of something else, no serial."),
        (refuse(Code.NOT_A_SERIAL, serial="X1"), "X1 is a code of something else, no serial."),
        (refuse(Code.SERIAL_CASE, serial="sn1", case=SerialCase.UPPER), "sn1 has small letters; this item's serials"),
        (refuse(Code.SERIAL_CASE, serial="SN1", case=SerialCase.LOWER), "SN1 has capitals; this item's serials have"),
        (refuse(Code.SERIAL_CASE, serial="SN1", case="of-a-newer-server"), "The letters of SN1 have the wrong case."),
        (
            refuse(Code.RECALLED, serial="SN1", reason="Battery may catch fire."),
            "SN1 is recalled: Battery may catch fire. Put the unit aside and tell a supervisor.",
        ),
        (refuse(Code.RECALLED, serial="SN1", reason="Battery may " + "x" * 99), "SN1 is recalled: Battery may xxxxx"),
    ],
)
def test_a_sentence_says_what_the_label_is_and_why_the_unit_is_stopped(refusal, words):
    sentence = refusal_sentence(refusal, ZONE)
    assert sentence.startswith(words)
    assert len(sentence) <= 130


def check(sentence: str) -> None:
    """Say what every sentence must be."""
    assert sentence[0].isupper() or sentence[0] in string.digits or "SN" in sentence or "a b" in sentence
    assert sentence.endswith(".")
    assert not set(sentence) & set("{}?")
    code_words = {word for word in (*Code, *Duty, *TYPES, *Outcome) if "-" in word}
    assert not {word.strip(".,:") for word in sentence.split()} & {*code_words, "None"}


def test_the_rules_give_every_refusal():
    assert set(REAL) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_every_refusal_has_a_sentence_that_fits(code):
    sentence = refusal_sentence(REAL[code], ZONE)
    check(sentence)
    wanted = {name for _, name, _, _ in string.Formatter().parse(_REFUSALS[code]()) if name}
    assert wanted <= {*REAL[code].parameters, *labels.labels()}


@pytest.mark.parametrize("code", Code)
def test_a_parameter_that_is_missing_is_a_question_mark(code):
    sentence = refusal_sentence(Refusal(code), ZONE)
    assert sentence.endswith(".")
    assert not set(sentence) & set("{}")


@pytest.mark.parametrize("hostile", ["{0.__class__}", "{serial}", "%s %(serial)s", "{", "}}", "[red]", "\x1b[2J"])
@pytest.mark.parametrize("code", Code)
def test_values_are_never_formats(code, hostile):
    given = dict.fromkeys(REAL[code].parameters, hostile)
    sentence = refusal_sentence(Refusal(code, given), ZONE)
    shown = {name for _, name, _, _ in string.Formatter().parse(_REFUSALS[code]()) if name in given}
    assert (hostile in sentence) == bool(shown)


def test_a_refusal_says_who_has_the_serial_and_when_in_the_site_s_time():
    assert refusal_sentence(REAL[Code.HELD_ELSEWHERE], ZONE) == (
        "SN-1 is on PS-1 line 1, operator 1001, 2025-03-01 09:00. Put the unit aside."
    )


def test_a_missing_duty_is_named_in_words():
    assert refusal_sentence(REAL[Code.MISSING_DUTY], ZONE) == "You may not register serials. Ask a supervisor."
    assert "not readable" in refusal_sentence(refuse(Code.MISSING_DUTY, duty=Duty.REGISTER_UNREADABLE), ZONE)


@pytest.mark.parametrize("trouble", [*Trouble, "something-new"])
def test_every_trouble_has_a_sentence(trouble):
    check(trouble_sentence(str(trouble)))


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("excerpt", ["abc", "{0.__class__}", "%s"])
def test_what_is_no_scan_has_a_sentence(reason, excerpt):
    sentence = not_a_scan(reason, excerpt)
    assert sentence.endswith(".")
    assert reason == "too-long" or excerpt in sentence


def problem(**given: object) -> Problem:
    base = Problem(1, "registered", "PS-1", "SN-1", "1001", MORNING, "conflict", REAL[Code.HELD_ELSEWHERE])
    return replace(base, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("serial", ["SN-1", None])
@pytest.mark.parametrize("outcome", ["conflict", "rejected", "key-reuse"])
@pytest.mark.parametrize("refusal", [REAL[Code.DOCUMENT_POSTED], None])
def test_every_problem_says_what_happened_and_what_to_do(kind, serial, outcome, refusal):
    found = problem(type=kind, serial=serial, outcome=outcome, refusal=refusal)
    text = problem_text(found, ZONE)
    check(text)
    assert text.startswith(f"{problem_title(found)}: ")
    assert "PS-1" in problem_title(found)
    assert text.count(".") >= 2


@pytest.mark.parametrize("kind", TYPES)
def test_a_brief_title_ends_with_what_tells_it_from_its_like(kind):
    found = problem(type=kind)
    assert problem_title(found, brief=True).endswith("SN-1" if "SN-1" in problem_title(found) else "PS-1")


def test_a_problem_names_the_difference():
    details = tuple(f"SN-{n}" for n in range(30))
    text = problem_text(problem(type="posting-requested", details=details), ZONE)
    assert "SN-0, SN-1" in text
    assert "SN-19" in text
    assert "SN-20" not in text


def test_what_somebody_else_posted_first_is_compared_and_not_posted_again():
    posted = REAL[Code.DOCUMENT_POSTED]
    text = problem_text(problem(type="posting-requested", refusal=posted, details=("+SN-1",)), ZONE)
    assert text.endswith(
        "Somebody else posted it first. Difference: +SN-1. Open the slip and compare it with the pallet."
    )
    left = problem_text(problem(type="registered", refusal=posted), ZONE)
    assert left.endswith("The slip left without it: take the unit off the pallet.")


@pytest.mark.parametrize("code", [Code.DUPLICATE_ON_LINE, Code.DOCUMENT_POSTED])
def test_what_a_server_that_was_set_back_had_already_is_to_be_looked_at(code):
    text = problem_text(problem(type="registered", outcome="duplicate", refusal=REAL[code]), ZONE)
    assert text == (
        "Serial SN-1 on PS-1: The server was set back, and had this already. What others did before it may still "
        "change it. Open the document and see that it is as you left it."
    )


def test_the_title_of_a_removed_blank_is_readable():
    assert problem_title(problem(type=Removed.type, serial=None)) == "Removal of (not readable) from PS-1"


@pytest.mark.parametrize("kind", ["of-a-newer-server", "{0.__class__}"])
def test_a_problem_of_an_unknown_type_is_shown(kind):
    assert problem_title(problem(type=kind)) == "Entry on PS-1"
    assert problem_text(problem(type=kind, refusal=None), ZONE).endswith(".")


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (MORNING, "Europe/Oslo", "2025-03-01 09:00"),
        (MORNING, "Asia/Shanghai", "2025-03-01 16:00"),
        (MORNING, "Nowhere/Land", "2025-03-01 08:00"),
        (MORNING, "", "2025-03-01 08:00"),
        (MORNING, "../../etc/passwd", "2025-03-01 08:00"),
        ("yesterday", "UTC", "yesterday"),
        ("0001-01-01T00:00:00Z", "America/New_York", "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_the_site_s(at, zone, shown):
    assert clock_time(at, zone) == shown


def test_sentences_name_the_keys_of_this_device():
    waiting = refuse(Code.POSTING_PENDING, document="PS-1")
    assert "Press F8 " in refusal_sentence(waiting, ZONE)
    labels.use_keys({"f8": "pagedown"})
    try:
        assert "Press PgDn " in refusal_sentence(waiting, ZONE)
    finally:
        labels.use_keys({})


def test_a_parameter_can_not_rename_a_key():
    waiting = refuse(Code.POSTING_PENDING, document="PS-1", key_f8="F1")
    assert "Press F8 " in refusal_sentence(waiting, ZONE)


def test_a_hostile_serial_can_be_shown_in_a_sentence():
    sentence = safe(refusal_sentence(refuse(Code.NOT_KNOWN_HERE, serial="\x1b[31m\u202e"), ZONE))
    assert sentence.isprintable()
