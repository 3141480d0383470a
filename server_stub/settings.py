"""The server's settings: flags win over environment, environment over file, file over default.

Every key of the file can be set as `SERVER_STUB_<SECTION>_<KEY>`. A wrong one names file, key, value and remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

PREFIX = "SERVER_STUB"


class WrongSetting(ValueError):
    """A setting can't be used; the text says where it stands and what to do."""


class Server(Struct, frozen=True):
    """Where the server listens. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8470


class Database(Struct, frozen=True):
    """A SQLAlchemy URL."""

    url: str = "sqlite:///server-stub.db"


class Sessions(Struct, frozen=True):
    """How long an operator stays signed in, in seconds."""

    seconds: int = 8 * 3600


class Pins(Struct, frozen=True):
    """How many wrong PINs an operator or a terminal has within so many seconds."""

    tries: int = 5
    seconds: int = 900


class Documents(Struct, frozen=True):
    """How many days a slip that is no draft any more stays on the terminals' list."""

    days: int = 30


class Enrolment(Struct, frozen=True):
    """How many seconds an enrolment code is good for."""

    seconds: int = 600


class Live(Struct, frozen=True):
    """How many terminals may listen to changes at once, and the seconds after which a quiet stream shows life."""

    listeners: int = 1_000
    heartbeat_seconds: int = 10


class Settings(Struct, frozen=True):
    """All of them."""

    server: Server = field(default_factory=Server)
    database: Database = field(default_factory=Database)
    sessions: Sessions = field(default_factory=Sessions)
    pins: Pins = field(default_factory=Pins)
    documents: Documents = field(default_factory=Documents)
    enrolment: Enrolment = field(default_factory=Enrolment)
    live: Live = field(default_factory=Live)


_LEAST = {"port": 0, "seconds": 1, "tries": 1, "days": 1, "listeners": 0, "heartbeat_seconds": 1}
_MOST = {"port": 65_535}


def load(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Read the settings. `flags` are by section and key; None means not given. Raises WrongSetting."""
    settings = Settings()
    if file is not None:
        settings = _from_file(settings, file)
    for section, group in asdict(settings).items():
        for key in group.__struct_fields__:
            name = f"{PREFIX}_{section}_{key}".upper()
            if name in environment:
                settings = _set(settings, section, key, environment[name], f"environment variable {name}")
            flag = flags.get(section, {}).get(key)
            if flag is not None:
                settings = _set(settings, section, key, flag, f"flag --{key}")
    return settings


def _from_file(settings: Settings, file: Path) -> Settings:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongSetting(f"{file}: {error.strerror}; name a file that can be read with --config") from None
    except ValueError as error:
        raise WrongSetting(f"{file}: {error}; correct the TOML") from None
    for section, keys in given.items():
        if section not in settings.__struct_fields__ or not isinstance(keys, dict):
            raise WrongSetting(f"{file}: section [{section}] is unknown; remove it or correct its name")
        for key, value in keys.items():
            if key not in getattr(settings, section).__struct_fields__:
                raise WrongSetting(f"{file}: key {section}.{key} is unknown; remove it or correct its name")
            settings = _set(settings, section, key, value, str(file))
    return settings


def _set(settings: Settings, section: str, key: str, value: Any, source: str) -> Settings:
    group = getattr(settings, section)
    if isinstance(getattr(group, key), int):
        value = _whole(value, section, key, source)
    elif not isinstance(value, str) or not value:
        raise WrongSetting(f"{source}: {section}.{key} = {value!r}; give text")
    return replace(settings, **{section: replace(group, **{key: value})})


def _whole(value: Any, section: str, key: str, source: str) -> int:
    least, most = _LEAST[key], _MOST.get(key, 10**9)
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or not least <= number <= most:
        raise WrongSetting(f"{source}: {section}.{key} = {value!r}; give a whole number from {least} to {most}")
    return number
