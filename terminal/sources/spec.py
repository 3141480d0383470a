"""The word for a scanner: `keyboard`, `serial:PATH[?baud=…&suffix=…&profile=…]`, `serial:auto`, `socket://HOST:PORT`,
`script:FILE`; `evdev:PATH` and `hidpos:PATH` are reserved."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct, field

from terminal.sources.profile import Profile, adjusted

FORMS = "keyboard, serial:PATH, serial:auto, socket://HOST:PORT, script:FILE"
AUTO = "auto"


class KeyboardSpec(Struct, frozen=True):
    """The terminal's own keyboard, which is also a scanner that types."""

    profile: Profile = field(default_factory=Profile)

    @property
    def source(self) -> str:
        """The name that its scans carry."""
        return "keyboard"


class SerialSpec(Struct, frozen=True):
    """A scanner on a serial port, by cable, USB or Bluetooth."""

    path: str
    """The port, such as `/dev/serial/by-id/…` or `COM3`; `auto` looks for a known maker's."""
    profile: Profile = field(default_factory=Profile)

    @property
    def source(self) -> str:
        """The name that its scans carry."""
        return self.path


class SocketSpec(Struct, frozen=True):
    """A scanner behind a TCP port, as ser2net and industrial scanners offer it."""

    host: str
    port: int
    profile: Profile = field(default_factory=Profile)

    @property
    def source(self) -> str:
        """The name that its scans carry."""
        return f"socket://{self.host}:{self.port}"


class ScriptSpec(Struct, frozen=True):
    """A file of scans, for demonstrations and tests."""

    path: str

    @property
    def source(self) -> str:
        """The name that its scans carry."""
        return self.path


Spec = KeyboardSpec | SerialSpec | SocketSpec | ScriptSpec
"""Where scans come from."""


def parse(text: str, base: Profile | None = None) -> Spec:
    """Understand a scanner's word; `base` holds the settings that its part after `?` may change.

    Raises:
        ValueError: with one sentence that names the wrong part and what would be right.
    """
    if text.startswith("script:"):
        # A file's name may hold anything, so it has no part after `?`.
        return ScriptSpec(_given(text, text.removeprefix("script:")))
    where, question, query = text.partition("?")
    if question and not query:
        raise ValueError(f"Something like baud=9600 must follow the '?' in {text!r}.")
    profile = adjusted(base or Profile(), _changes(text, query))
    if where == "keyboard":
        return KeyboardSpec(profile)
    if where.startswith("serial:"):
        return SerialSpec(_given(text, where.removeprefix("serial:")), profile)
    if where.startswith("socket://"):
        return _socket(text, where, profile)
    kind = where.partition(":")[0]
    if kind in ("evdev", "hidpos"):
        raise ValueError(f"Scanners of the kind {kind}: are not supported yet; set the scanner to type (keyboard).")
    raise ValueError(f"The scanner {text!r} is none of {FORMS}.")


def _changes(text: str, query: str) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ValueError(f"The part {query!r} of {text!r} must read name=value&name=value.") from None
    return dict(pairs)


def _given(text: str, path: str) -> str:
    if not path or "\0" in path:
        raise ValueError(f"The scanner {text!r} needs a path after {text.partition(':')[0]}:.")
    return path


def _socket(text: str, where: str, profile: Profile) -> SocketSpec:
    try:
        parts = urlsplit(where)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path or parts.username is not None:
        raise ValueError(f"The scanner {text!r} must read socket://HOST:PORT with a port from 1 to 65535.")
    return SocketSpec(host, port, profile)
