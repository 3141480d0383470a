"""What can be set: a TOML file, the environment and flags become one frozen value.

Flags win over the environment (`SCAN_TERMINAL_<SECTION>_<KEY>`), the environment over the file, the file over the
defaults below. `config/terminal.toml` lists every key. Reading settings creates nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from terminal.sources.framing import ENCODINGS
from terminal.sources.profile import SUFFIXES, SWITCH, Profile, nearest
from terminal.sources.spec import Spec, parse

PREFIX = "SCAN_TERMINAL_"
"""What the names of the environment's settings begin with."""


class SettingsError(Exception):
    """A setting is wrong; the text is one sentence with the place, the value and what would be right."""


class BackendSettings(Struct, frozen=True):
    """The road to the server."""

    url: str = ""
    """Where the backend is, such as `https://wms.example:8443`; must be given, here or in one of the other ways."""
    token_file: str = ""
    """A file that holds this terminal's token; empty: the one that enrolment left in the data directory."""
    connect_timeout_s: float = 3.0
    """Seconds to wait for a connection."""
    read_timeout_s: float = 15.0
    """Seconds to wait for an answer."""
    ca_file: str = ""
    """A PEM file with the authority that signed the backend's certificate; empty: the system's."""


class TerminalSettings(Struct, frozen=True):
    """The terminal itself."""

    data_dir: str = ""
    """Where the journal lives; empty: `scan-terminal` in the user's state directory (XDG)."""
    name: str = ""
    """What people call this terminal; empty: the host's name."""
    lang: str = ""
    """The language of the screens, such as `nb` or `zh_CN`; English where there is none. Empty: the environment's."""
    lock_after_s: int = 300
    """Seconds without a key or scan until the screen locks; 0: never."""
    sound: bool = True
    """A tone with each verdict."""

    def directory(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Give the data directory, which need not exist yet."""
        if self.data_dir:
            return Path(self.data_dir).expanduser()
        # The XDG specification says that a relative path there is to be ignored.
        state = environ.get("XDG_STATE_HOME", "")
        return (Path(state) if Path(state).is_absolute() else Path("~/.local/state").expanduser()) / "scan-terminal"

    def language(self, environ: Mapping[str, str] = os.environ) -> str:
        """Give the language of the screens and of what is printed, such as `nb` or `zh_CN`."""
        return self.lang or environ.get("LANG", "").split(".")[0]


class ScannerSettings(Struct, frozen=True):
    """The scanners; what is set here holds where a scanner's word says nothing else."""

    sources: tuple[str, ...] = ("keyboard",)
    """Where scans come from: words such as `keyboard`, `serial:auto`, `socket://HOST:PORT`."""
    tab_ends: bool = True
    """TAB ends a code as Enter does."""
    suffix: str = "any"
    """What ends a code: any (CR, LF, TAB), cr, lf, crlf, tab or none."""
    baud: int = 9600
    """Bits a second of a serial line; USB ignores it."""
    encoding: str = "utf-8"
    """How the scanner sends text."""
    longest: int = 8192
    """Bytes that a code may have."""
    idle_ms: int = 0
    """Milliseconds of silence that end a code on a serial line; 0: silence ends nothing."""
    stx_etx: bool = False
    """Codes stand between STX and ETX on a serial line."""
    f8_is_gs: bool = False
    """The scanner types the key F8 in place of GS."""
    separator: str = ""
    """What the scanners send in place of GS inside GS1 codes, such as | or ~; empty: GS itself."""
    bounce_ms: int = 500
    """Milliseconds within which the same code again is a repeat; 0: never."""

    @property
    def profile(self) -> Profile:
        """What holds for every scanner."""
        return Profile(
            suffix=self.suffix,
            tab_ends=self.tab_ends,
            baud=self.baud,
            encoding=self.encoding,
            longest=self.longest,
            idle_ms=self.idle_ms,
            stx_etx=self.stx_etx,
            f8_is_gs=self.f8_is_gs,
        )

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The scanners, understood; `load` has made sure that they can be."""
        return tuple(parse(source, self.profile) for source in self.sources)


class ScreenSettings(Struct, frozen=True):
    """The screen."""

    colours: str = "16"
    """`16`, or `none` for a client without colours: reverse and bold instead."""
    mouse: bool = False
    """Take touches and clicks; asks the client for them, which some old ones print."""
    keymap: str = ""
    """A file that moves what keys do to other keys, see `terminal.keymap`; empty: the usual keys."""


class PrintingSettings(Struct, frozen=True):
    """The printers for slips and invoices (S15)."""

    printers: tuple[str, ...] = ()
    """The printers, each `name=word` with a word such as `file:DIR`, `cups:QUEUE`, `zpl:HOST[:PORT]`; empty: none."""
    sheet: str = "a4"
    """The paper of PDFs: `a4`, or `label` of 4 x 6 inches. Label printers always get labels."""
    at_posting: str = ""
    """The name of the printer for documents that print by themselves, where the site's policy wants them to (D7).

    Empty: the first printer. By itself it prints nothing.
    """

    @property
    def words(self) -> Mapping[str, str]:
        """What each printer is, by its name, in the order of the list."""
        return {name: word for name, _, word in (each.partition("=") for each in self.printers)}

    @property
    def printer_at_posting(self) -> str:
        """The printer for documents that print by themselves (S15); empty where there is no printer."""
        return self.at_posting or next(iter(self.words), "")


class Settings(Struct, frozen=True):
    """Everything that can be set."""

    backend: BackendSettings = field(default_factory=BackendSettings)
    terminal: TerminalSettings = field(default_factory=TerminalSettings)
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    printing: PrintingSettings = field(default_factory=PrintingSettings)


SECTIONS: Mapping[str, Any] = {
    "backend": BackendSettings,
    "terminal": TerminalSettings,
    "scanner": ScannerSettings,
    "screen": ScreenSettings,
    "printing": PrintingSettings,
}
"""The sections of the file and what they become."""


def load(
    file: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Settings:
    """Read the settings.

    `flags` are named `section.key`; those that are None were not given. Their values are text or the right type.

    Raises:
        SettingsError: the file is missing or no TOML, or a section, key or value is wrong.
    """
    given = _from_file(file) if file else {}
    given |= _from_environment(os.environ if environ is None else environ)
    for name, value in (flags or {}).items():
        if value is not None:
            section, _, key = name.partition(".")
            _known(section, key, "the command line")
            given[section, key] = (value, "the command line")
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for (section, key), (value, where) in given.items():
        values[section][key] = _checked(section, key, value, where)
    settings = Settings(**{section: made(**values[section]) for section, made in SECTIONS.items()})
    _check_sources(settings, given)
    _check_printers(settings.printing, given)
    return settings


_Given = dict[tuple[str, str], tuple[object, str]]


def _from_file(file: Path) -> _Given:
    import tomllib  # only where there is a file: it costs 8 ms

    try:
        document = tomllib.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings {file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"The settings {file} must be UTF-8, which line {line} is not.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings {file} are not TOML: {error}.") from error
    given: _Given = {}
    for section, keys in document.items():
        _known(section, None, str(file))
        if not isinstance(keys, dict):
            raise SettingsError(f"In {file}, {section} must be a section: write [{section}] and its keys below.")
        for key, value in keys.items():
            _known(section, key, str(file))
            given[section, key] = (value, str(file))
    return given


def _from_environment(environ: Mapping[str, str]) -> _Given:
    given: _Given = {}
    for name, value in environ.items():
        section, _, key = name.removeprefix(PREFIX).lower().partition("_")
        # Other variables of the program begin alike and are no settings.
        if name.startswith(PREFIX) and section in SECTIONS:
            _known(section, key, f"the environment ({name})")
            given[section, key] = (value, f"the environment ({name})")
    return given


def _known(section: str, key: str | None, where: str) -> None:
    if section not in SECTIONS:
        raise SettingsError(f"In {where} there is an unknown section {section!r}{nearest(section, list(SECTIONS))}")
    keys = list(SECTIONS[section].__struct_fields__)
    if key is not None and key not in keys:
        raise SettingsError(f"In {where} there is an unknown key {key!r} in [{section}]{nearest(key, keys)}")


def _checked(section: str, key: str, value: object, where: str) -> object:
    default = getattr(SECTIONS[section](), key)
    read, meant = _TYPES[type(default)]
    meant = _LISTS.get(f"{section}.{key}", meant)
    taken = read(value)
    if taken is not None:
        allowed, said = _RULES.get(f"{section}.{key}", (lambda _: True, ""))
        if allowed(taken):
            return taken
        meant = said
    raise SettingsError(f"In {where}, [{section}] {key} must be {meant}, not {value!r}.")


def _check_sources(settings: Settings, given: _Given) -> None:
    _, where = given.get(("scanner", "sources"), (None, "the defaults"))
    for source in settings.scanner.sources:
        try:
            parse(source, settings.scanner.profile)
        except ValueError as error:
            raise SettingsError(f"In {where}, [scanner] sources has {source!r}: {error}") from error


def _check_printers(printing: PrintingSettings, given: _Given) -> None:
    if printing.printers:
        from terminal.printing.printers import printer_of  # only where there is a printer

        _, where = given["printing", "printers"]
        for each in printing.printers:
            name, equals, word = each.partition("=")
            try:
                if not equals or not _PRINTER_NAME.fullmatch(name):
                    raise ValueError("It must begin with a name of at most 20 characters and =, such as dock=.")
                printer_of(word)
            except ValueError as error:
                raise SettingsError(f"In {where}, [printing] printers has {each!r}: {error}") from error
        if len(printing.words) < len(printing.printers):
            raise SettingsError(f"In {where}, [printing] printers must have each name once.")
    if printing.at_posting and printing.at_posting not in printing.words:
        _, where = given["printing", "at_posting"]
        names = ", ".join(printing.words)
        known = f"one of the names in printers: {names}" if names else "empty where there are no printers"
        raise SettingsError(f"In {where}, [printing] at_posting must be {known}; not {printing.at_posting!r}.")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


def _switch(value: object) -> bool | None:
    return SWITCH.get(value.lower()) if isinstance(value, str) else value if isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _words(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = [word.strip() for word in value.split(",")] if value.strip() else []
    if isinstance(value, list | tuple) and all(isinstance(word, str) and word for word in value):
        return tuple(value)
    return None


_TYPES: Mapping[type, tuple[Callable[[object], object | None], str]] = {
    str: (_text, "text in quotes, on one line"),
    bool: (_switch, "true or false"),
    int: (_whole, "a whole number"),
    float: (_seconds, "a number of seconds"),
    tuple: (_words, "a list of words such as ['keyboard', 'serial:auto']"),
}

_LISTS: Mapping[str, str] = {
    "printing.printers": "a list of printers such as ['dock=zpl:10.0.0.7', 'office=cups:Office']",
}
"""What a list must be, where it is not one of scanners."""
_PRINTER_NAME = re.compile(r"[^\s=,:](?:[^=,:]{0,18}[^\s=,:])?")


def _between(low: float, high: float) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: bool(low <= value <= high)), f"from {low} to {high}"


def _one_of(*words: str) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: value in words), "one of " + ", ".join(words)


def _like(pattern: str, meant: str) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: re.fullmatch(pattern, value) is not None), meant


_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "backend.url": _like(
        r"(https?://[^\s/?#@]+(/[^\s?#@]*)?)?", "empty or an address such as https://wms.example:8443"
    ),
    "backend.connect_timeout_s": _between(0.1, 60),
    "backend.read_timeout_s": _between(0.1, 600),
    "terminal.lang": _like(r"([a-z]{2,3}(_[A-Z]{2})?)?", "empty or a language such as nb or zh_CN"),
    "terminal.lock_after_s": _between(0, 86_400),
    "terminal.name": _like(r".{0,60}", "at most 60 characters"),
    "scanner.sources": ((lambda value: 0 < len(value) == len(set(value))), "one scanner or more, each once"),
    "scanner.suffix": _one_of(*SUFFIXES),
    "scanner.baud": _between(50, 4_000_000),
    "scanner.encoding": _one_of(*ENCODINGS),
    "scanner.longest": _between(1, 8192),
    "scanner.idle_ms": _between(0, 5000),
    "scanner.bounce_ms": _between(0, 5000),
    "screen.colours": _one_of("16", "none"),
    "printing.printers": ((lambda value: all(word.isprintable() for word in value)), "text without control codes"),
    "printing.sheet": _one_of("a4", "label"),
}
"""What a value must be beyond its type, and the words for it."""
