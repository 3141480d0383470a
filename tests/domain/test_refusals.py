"""Every way of saying no cites a rule of the rulebook."""

from __future__ import annotations

import re

import pytest

from terminal.domain.refusals import RULES, Code, Refusal, refuse


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_rule_of_the_rulebook(code):
    assert re.fullmatch(r"[SAWID]\d+", RULES[code])
    assert refuse(code).rule == RULES[code]


def test_a_refusal_is_its_code_and_what_the_sentence_needs():
    assert refuse(Code.NO_BLANK, line=3) == Refusal(Code.NO_BLANK, {"line": 3})
    assert refuse(Code.NO_BLANK, line=3) != refuse(Code.NO_BLANK, line=4)
