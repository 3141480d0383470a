"""Reading a serial: trimmed, checked against the item's form, and the value it is compared by (D2)."""

from __future__ import annotations

import unicodedata
from itertools import cycle
from string import ascii_uppercase

from terminal.domain.documents import HARD_LONGEST, SerialCase, SerialForm
from terminal.domain.refusals import Code, Refusal, refuse

MASK_LETTER, MASK_DIGIT, MASK_EITHER, MASK_ANY, MASK_LITERAL = "A", "9", "X", "?", "\\"

_OF_THE_OTHER_CASE = {
    SerialCase.ANY: frozenset[str](),
    SerialCase.UPPER: frozenset({"Ll", "Lt"}),
    SerialCase.LOWER: frozenset({"Lu", "Lt"}),
}
"""Unicode categories of letters that no serial of such an item has."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs", "Nd"})
"""Unicode categories that a person can't tell on a label, foreign digits among them: never part of a serial."""
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"})
"""Alphabets with letters that look like one another's."""
_UNSEEN_BESIDES = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Fillers, joiners and variation selectors: Unicode counts them as letters or marks, yet they show nothing."""


def read_serial(scanned: str, form: SerialForm) -> str | Refusal:
    """Trim what was scanned and check it against the item's form (D2). Nothing else is ever changed in it."""
    serial = scanned.strip(" \t\r\n")
    longest = min(form.longest, HARD_LONGEST)
    if not serial:
        return refuse(Code.EMPTY_SERIAL)
    if len(serial) > longest:
        return refuse(Code.SERIAL_TOO_LONG, serial=serial[:HARD_LONGEST], longest=longest)
    if len(serial) < form.shortest:
        return refuse(Code.SERIAL_TOO_SHORT, serial=serial, shortest=form.shortest)
    for sign in serial:
        if not _allowed(sign, form):
            return refuse(Code.SERIAL_CHARACTER, serial=serial, character=_named(sign))
    if not serial.isascii() and (strange := _of_another_script(serial)):
        return refuse(Code.SERIAL_CHARACTER, serial=serial, character=_named(strange))
    if not fits_case(serial, form.case):
        return refuse(Code.SERIAL_CASE, serial=serial, case=form.case)
    if form.mask and not fits_mask(serial, form.mask):
        return refuse(Code.SERIAL_MASK, serial=serial, mask=form.mask)
    return serial


def compared(serial: str, form: SerialForm) -> str:
    """Give the value a serial is compared by: NFC and casefold, or NFC alone where the item's case counts (D2)."""
    normal = unicodedata.normalize("NFC", serial)
    return normal if form.case_sensitive else unicodedata.normalize("NFC", normal.casefold())


def fits_case(serial: str, case: SerialCase) -> bool:
    """Say whether a text has no letter of the other case; what is neither large nor small fits either."""
    other = _OF_THE_OTHER_CASE[case]
    return not other or not any(unicodedata.category(sign) in other for sign in serial)


def fits_mask(serial: str, mask: str) -> bool:
    """Say whether each character of a serial fits its sign of the mask. Time grows with the length alone."""
    at = 0
    signs = iter(mask)
    for sign in signs:
        if at >= len(serial):
            return False
        character = serial[at]
        at += 1
        if sign == MASK_LETTER:
            good = character.isalpha()
        elif sign == MASK_DIGIT:
            good = character in "0123456789"
        elif sign == MASK_EITHER:
            good = character.isalpha() or character in "0123456789"
        elif sign == MASK_ANY:
            good = True
        else:
            good = character == (next(signs, MASK_LITERAL) if sign == MASK_LITERAL else sign)
        if not good:
            return False
    return at == len(serial)


def mask_length(mask: str) -> int:
    """Count the characters that a serial of this mask has."""
    signs = iter(mask)
    return sum(1 for sign in signs if sign != MASK_LITERAL or next(signs, MASK_LITERAL))


def mask_example(mask: str) -> str:
    """Make up a text that fits a mask, for people who don't read masks: letters and digits in their order."""
    made = ""
    letters, digits = cycle(ascii_uppercase), cycle("1234567890")
    signs = iter(mask)
    for sign in signs:
        if sign in {MASK_LETTER, MASK_EITHER}:
            made += next(letters)
        elif sign in {MASK_DIGIT, MASK_ANY}:
            made += next(digits)
        else:
            made += next(signs, MASK_LITERAL) if sign == MASK_LITERAL else sign
    return made


def mask_literals(mask: str) -> str:
    """Give the characters of a mask that stand for themselves."""
    signs = iter(mask)
    return "".join(
        next(signs, MASK_LITERAL) if sign == MASK_LITERAL else sign
        for sign in signs
        if sign not in {MASK_LETTER, MASK_DIGIT, MASK_EITHER, MASK_ANY}
    )


def _allowed(sign: str, form: SerialForm) -> bool:
    if sign.isascii():
        if not "!" <= sign <= "~":
            return False
        return form.signs is None or sign.isalnum() or sign in form.signs
    return form.non_ascii and sign != " " and can_be_seen(sign)


def can_be_seen(sign: str) -> bool:
    """Say whether a character shows on a label what it is: no control, no filler, no other alphabet's digit (D2)."""
    if sign.isascii():
        return " " <= sign <= "~"
    return unicodedata.category(sign) not in _UNSEEN and sign not in _UNSEEN_BESIDES


def _of_another_script(serial: str) -> str:
    """Give the first foreign letter of a serial that mixes alphabets with letters alike, such as Cyrillic and Latin."""
    scripts = [(sign, unicodedata.name(sign, "").partition(" ")[0]) for sign in serial if sign.isalpha()]
    alike = [(sign, script) for sign, script in scripts if script in _ALIKE]
    if len({script for _, script in alike}) < 2:
        return ""
    return next(sign for sign, _ in alike if not sign.isascii())


def _named(sign: str) -> str:
    """Name a character so that it can be shown whatever it is."""
    return sign if "!" <= sign <= "~" else f"U+{ord(sign):04X}"
