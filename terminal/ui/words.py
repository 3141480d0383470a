"""Texts in the operator's language, through gettext from the first screen on.

`_` is looked up when a screen is drawn, never at import, so that the language can change while the program runs.
"""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "scan_terminal"
CATALOGUES = Path(__file__).parent.parent / "locale"

_translation: gettext.NullTranslations = gettext.NullTranslations()


def speak(language: str) -> None:
    """Use the catalogue of `language` (such as `nb` or `zh_CN`); English where there is none."""
    global _translation
    languages = [language, language.split("_")[0]] if language else []
    _translation = gettext.translation(DOMAIN, CATALOGUES, languages=languages, fallback=True)


def _(text: str) -> str:
    """Give a text in the operator's language."""
    return _translation.gettext(text) if text else ""


def plural(one: str, many: str, n: int, **values: str) -> str:
    """Give the form of a text that fits `n`, with `{n}` and the values filled in."""
    return _translation.ngettext(one, many, n).format(n=n, **values)
