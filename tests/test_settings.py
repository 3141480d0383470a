from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec import json

from terminal.settings import PrintingSettings, ScannerSettings, Settings, SettingsError, TerminalSettings, load
from terminal.sources.profile import Profile
from terminal.sources.spec import KeyboardSpec, SerialSpec

EXAMPLE = Path(__file__).parents[1] / "config" / "terminal.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "terminal.toml"


def test_nothing_given_gives_the_defaults() -> None:
    assert load(environ={}) == Settings()


def test_the_example_lists_every_key_with_its_default() -> None:
    listed = tomllib.loads(EXAMPLE.read_text("utf-8"))
    defaults = json.decode(json.encode(Settings()))
    assert listed == defaults
    assert [list(keys) for keys in listed.values()] == [list(keys) for keys in defaults.values()]
    assert {k: type(v) for s in listed.values() for k, v in s.items()} == {
        k: type(v) for s in defaults.values() for k, v in s.items()
    }
    assert load(EXAMPLE, {}) == Settings()


def test_every_key_of_the_example_has_a_comment() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    assert all(lines[i - 1].startswith("#") for i, line in enumerate(lines) if " = " in line and line[0] != "#")


def test_flags_win_over_environment_over_file_over_defaults(file: Path) -> None:
    file.write_text("[terminal]\nlock_after_s = 31\nname = 'a'\nsound = false\n")
    environ = {"SCAN_TERMINAL_TERMINAL_LOCK_AFTER_S": "32", "SCAN_TERMINAL_TERMINAL_NAME": "b"}
    terminal = load(file, environ, {"terminal.lock_after_s": 33, "terminal.name": None}).terminal
    assert (terminal.lock_after_s, terminal.name, terminal.sound, terminal.lang) == (33, "b", False, "")


def test_the_environment_speaks_in_text() -> None:
    settings = load(
        environ={
            "SCAN_TERMINAL_SCANNER_SOURCES": "keyboard, serial:/dev/ttyACM0?suffix=cr",
            "SCAN_TERMINAL_SCANNER_F8_IS_GS": "on",
            "SCAN_TERMINAL_TERMINAL_LOCK_AFTER_S": "0",
            "SCAN_TERMINAL_BACKEND_CONNECT_TIMEOUT_S": "0.5",
            "SCAN_TERMINAL_SIGN_IN_PIN": "1111",
            "SCAN_TERMINALS": "x",
        }
    )
    assert settings.terminal.lock_after_s == 0
    assert settings.backend.connect_timeout_s == 0.5
    f8 = Profile(f8_is_gs=True)
    assert settings.scanner.profile == f8
    assert settings.scanner.specs == (
        KeyboardSpec(f8),
        SerialSpec("/dev/ttyACM0", Profile(f8_is_gs=True, suffix="cr")),
    )


def test_whole_seconds_are_seconds(file: Path) -> None:
    file.write_text("[backend]\nread_timeout_s = 5\n")
    assert load(file, {}).backend.read_timeout_s == 5.0


def test_flags_may_be_lists() -> None:
    assert load(environ={}, flags={"scanner.sources": ["script:a,b"]}).scanner.sources == ("script:a,b",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[bakend]\n", "unknown section 'bakend'; did you mean 'backend'?"),
        ("[zzz]\n", "unknown section 'zzz'; known are backend, terminal, scanner, screen, printing."),
        ("[backend]\nurll = ''\n", "unknown key 'urll' in [backend]; did you mean 'url'?"),
        ("backend = 1\n", "backend must be a section"),
        ("[backend]\nurl = 1\n", "[backend] url must be text in quotes, on one line, not 1."),
        ("[backend]\nurl = 'wms.example'\n", "an address such as https://wms.example:8443, not 'wms.example'."),
        ("[backend]\nurl = 'http://u:p@h'\n", "an address such as"),
        ("[backend]\nread_timeout_s = 0\n", "from 0.1 to 600, not 0."),
        ("[backend]\nread_timeout_s = nan\n", "from 0.1 to 600"),
        ("[backend]\nread_timeout_s = true\n", "a number of seconds"),
        ("[terminal]\nlock_after_s = true\n", "a whole number, not True."),
        ("[terminal]\nlock_after_s = 1.5\n", "a whole number, not 1.5."),
        ("[terminal]\nlock_after_s = -1\n", "from 0 to 86400, not -1."),
        ("[terminal]\nsound = 1\n", "true or false, not 1."),
        ("[terminal]\nsound = 'loud'\n", "true or false, not 'loud'."),
        ("[terminal]\nlang = 'german'\n", "a language such as nb or zh_CN"),
        ('[terminal]\nname = "a\\nb"\n', "on one line"),
        ("[scanner]\nsources = []\n", "one scanner or more, each once, not []."),
        ("[scanner]\nsources = ['keyboard', 'keyboard']\n", "each once"),
        ("[scanner]\nsources = [1]\n", "a list of words"),
        ("[scanner]\nsources = ['evdev:/dev/x']\n", "sources has 'evdev:/dev/x': Scanners of the kind evdev"),
        ("[scanner]\nsuffix = 'x'\n", "one of any, cr, lf, crlf, tab, none, not 'x'."),
        ("[scanner]\nlongest = 8193\n", "from 1 to 8192"),
        ("[screen]\ncolours = 16\n", "text in quotes"),
        ("[screen]\nmouse = true\nmouse = false\n", "not TOML: Cannot overwrite a value (at line 3"),
        ("[screen\n", "not TOML"),
        (
            "[printing]\nprinters = 1\n",
            "printers such as ['dock=zpl:10.0.0.7', 'office=cups:Office'], not 1.",
        ),
        ("[printing]\nprinters = ['zpl:10.0.0.7']\n", "has 'zpl:10.0.0.7': It must begin with a name"),
        ("[printing]\nprinters = ['zpl:a?font=B']\n", "It must begin with a name"),
        (
            "[printing]\nprinters = ['=zpl:a']\n",
            "a name of at most 20 characters and =, such as dock=.",
        ),
        (f"[printing]\nprinters = ['{'n' * 21}=zpl:a']\n", "It must begin with a name"),
        ("[printing]\nprinters = ['a=ps:x']\n", "'ps:x' is none of file:DIR, cups:NAME, zpl:HOST[:PORT]."),
        ("[printing]\nprinters = ['a=zpl:h:0']\n", "has 'a=zpl:h:0': The printer 'zpl:h:0' must read zpl:HOST"),
        ('[printing]\nprinters = ["a=file:x\\u001by"]\n', "text without control codes"),
        ("[printing]\nprinters = ['a=file:x', 'a=file:y']\n", "printers must have each name once."),
        ("[printing]\nsheet = 'a3'\n", "one of a4, label, not 'a3'."),
        ("[printing]\nat_posting = 'dock'\n", "at_posting must be empty where there are no printers; not 'dock'."),
        (
            "[printing]\nprinters = ['a=file:x', 'b c=cups:q']\nat_posting = 'dock'\n",
            "at_posting must be one of the names in printers: a, b c; not 'dock'.",
        ),
    ],
)
def test_a_wrong_file_gets_one_sentence(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert says in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(file: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(file, {})
    file.write_bytes(b"[terminal]\nname = 'caf\xe9'\n")
    with pytest.raises(SettingsError, match="UTF-8, which line 2 is not"):
        load(file, {})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SCAN_TERMINAL_BACKEND_ULR", "", "unknown key 'ulr'"),
        ("SCAN_TERMINAL_SCANNER_BAUD", "fast", "a whole number, not 'fast'"),
        ("SCAN_TERMINAL_SCREEN_MOUSE", "", "true or false"),
        ("SCAN_TERMINAL_SCANNER_SOURCES", "keyboard,,", "a list of words"),
        ("SCAN_TERMINAL_SCANNER_SOURCES", "mouse", "sources has 'mouse'"),
        ("SCAN_TERMINAL_SCANNER_SOURCES", "", "one scanner or more"),
        ("SCAN_TERMINAL_PRINTING_PRINTERS", "a=file:x,b=file", "printers has 'b=file'"),
        ("SCAN_TERMINAL_PRINTING_AT_POSTING", "a", "at_posting must be empty"),
    ],
)
def test_a_wrong_environment_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ={name: value})
    assert says in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("flag", ["screen.mous", "scren.fps"])
def test_a_wrong_flag_is_named(flag: str) -> None:
    with pytest.raises(SettingsError, match="command line"):
        load(environ={}, flags={flag: "30"})


def test_printers_have_names(file: Path) -> None:
    file.write_text("[printing]\nprinters = ['dock 1=zpl:[::1]:9101?font=A', 'pdf=file:a=b']\nat_posting = 'pdf'\n")
    printing = load(file, {}).printing
    assert dict(printing.words) == {"dock 1": "zpl:[::1]:9101?font=A", "pdf": "file:a=b"}
    assert list(printing.words) == ["dock 1", "pdf"]
    environ = {"SCAN_TERMINAL_PRINTING_PRINTERS": "", "SCAN_TERMINAL_PRINTING_AT_POSTING": ""}
    assert load(file, environ).printing == PrintingSettings()


@pytest.mark.parametrize(
    ("at_posting", "printers", "printer"),
    [("", (), ""), ("", ("dock=zpl:a", "pdf=file:b"), "dock"), ("pdf", ("dock=zpl:a", "pdf=file:b"), "pdf")],
)
def test_documents_print_by_themselves_on_the_first_printer_unless_one_is_named(
    at_posting: str, printers: tuple[str, ...], printer: str
) -> None:
    assert PrintingSettings(printers=printers, at_posting=at_posting).printer_at_posting == printer


def test_the_data_directory(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert TerminalSettings().directory(state) == tmp_path / "state" / "scan-terminal"
    assert TerminalSettings(data_dir=str(tmp_path / "own")).directory(state) == tmp_path / "own"
    assert (
        TerminalSettings().directory({"XDG_STATE_HOME": "relative"})
        == Path("~/.local/state/scan-terminal").expanduser()
    )
    assert list(tmp_path.iterdir()) == []


def test_the_profile_has_everything_but_the_prefix() -> None:
    assert ScannerSettings().profile == Profile()
