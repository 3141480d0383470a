"""Builds the parts and hands them to each other. The only place that knows them all."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import random
import socket
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from terminal.backend.client import Client, ServerSettings
from terminal.backend.notices import ClockDiffers, Duplicate, Notice
from terminal.backend.sender import Sender
from terminal.barcodes.meaning import Known, Meaning, meaning
from terminal.clock import clock_from
from terminal.desk import Desk
from terminal.entry import Entry, for_screens
from terminal.journal.printable import printable
from terminal.journal.scribe import Scribe
from terminal.journal.store import StorageFault
from terminal.keymap import Keymap, read_keymap
from terminal.prints import Prints
from terminal.settings import Settings
from terminal.sources.bounce import Bounce
from terminal.sources.keyboard import Pressed as KeyPressed
from terminal.sources.profile import Profile
from terminal.sources.scan import Scan, Unread
from terminal.sources.script import Script
from terminal.sources.serial_port import PortReason, PortState, SerialPort
from terminal.sources.spec import KeyboardSpec, ScriptSpec, SerialSpec, SocketSpec
from terminal.ui.app import ScanApp
from terminal.ui.labels import labels, use_keys
from terminal.ui.messages import Happened, Scanned
from terminal.ui.ports import Fault, Look, Printed
from terminal.ui.sentences import clock_time
from terminal.ui.words import _, plural, speak

if TYPE_CHECKING:
    from terminal.backend.live import Live

TOKEN_FILE = "token"  # noqa: S105 - a file's name
LOG_FILE = "terminal.log"

_log = logging.getLogger(__name__)


class Terminal:
    """Everything that runs while the terminal is open."""

    def __init__(self, settings: Settings, look: Look, keymap: Keymap) -> None:
        self._settings = settings
        directory = settings.terminal.directory()
        self._clock = clock_from(os.environ)
        self._scribe = Scribe(directory, self._clock.now)
        self._sender = Sender(self._scribe, self._client, self._clock, random.Random(), self._notify)  # noqa: S311
        self._live: Live | None = None
        printing = settings.printing
        self._prints = Prints(printing.words, printing.sheet, directory)
        at_posting = printing.printer_at_posting
        self._desk = Desk(self._scribe, self._sender, self._post, self._prints, self._understand, at_posting)
        self._bounce = Bounce(settings.scanner.bounce_ms)
        entry = Entry(self._profile(), self._bounce, keymap.meanings)
        self.app = ScanApp(self._desk, entry, look, self._desk.begin)
        self._desk.on_news = self.app.news
        self._desk.on_said_no = self._said_no
        self._desk.on_duplicate = self._duplicate
        self._desk.on_copied = self._copied
        self._desk.on_clock_differs = self._clock_differs
        self._desk.on_session_over = self._session_over
        self._desk.on_printed = self._printed
        self._scribe.on_written = self._sender.wake
        self._scribe.on_set_aside = self._set_aside
        self._sources = self._scanners()
        self._missing: set[str] = set()
        """The scanners that were said to be missing."""

    def run(self) -> int:
        """Run until the operator leaves; gives the exit status."""
        try:
            self._scribe.start()
        except StorageFault as fault:
            _log.error("the journal can't be opened: %s", fault)  # the first screen says so
        self.app.on_shown = self._shown
        for source in self._sources:
            source.start()
        gc.disable()  # nothing that is made while starting is garbage
        try:
            self.app.run(mouse=self._settings.screen.mouse)
        finally:
            gc.enable()
            for source in self._sources:
                source.stop()
            if self._live is not None:
                self._live.stop()
            self._sender.stop()
            self._scribe.stop()
            self._prints.stop()
        if self.app.crashed is not None:
            raise self.app.crashed
        return 70 if self.app.return_code is None else self.app.return_code

    def _shown(self) -> None:
        """Begin what the first screen did not need: the road to the server, and the libraries of the first scan."""
        gc.collect()
        gc.freeze()  # a later collection passes over all that stays for good: no pause in the middle of a scan
        gc.enable()
        # sender and scribe load libraries that begin in the middle of this one (certifi, importlib.metadata): at the
        # same moment each would wait for the other's half, "deadlock detected by _ModuleLock"
        importlib.import_module("importlib.resources")
        self._sender.start()
        self._begin_live()
        self._scribe.ask(lambda _: importlib.import_module("uuid6"))

    def _begin_live(self) -> None:
        from terminal.backend.live import Live  # the first screen needs none of it

        live = Live(self._scribe, self._sender, self._client, self._clock, random.Random(), self._desk.heard)  # noqa: S311
        live.watch(self._desk.watched)
        self._desk.on_watched = live.watch
        live.start()
        self._live = live

    # -- parts

    def _client(self) -> Client:
        given = self._settings.backend
        return Client(
            ServerSettings(
                url=given.url,
                device_token=read_token(self._settings),
                ca_file=Path(given.ca_file) if given.ca_file else None,
                connect_s=given.connect_timeout_s,
                read_s=given.read_timeout_s,
            )
        )

    def _understand(self, text: str, known: Known) -> Meaning:
        return meaning(text, known, self._clock.now().date(), self._settings.scanner.separator)

    def _profile(self) -> Profile:
        for spec in self._settings.scanner.specs:
            if isinstance(spec, KeyboardSpec):
                return spec.profile
        return self._settings.scanner.profile

    def _scanners(self) -> list[SerialPort | Script]:
        made: list[SerialPort | Script] = []
        for spec in self._settings.scanner.specs:
            match spec:
                case SerialSpec() | SocketSpec():
                    made.append(SerialPort(spec, spec.profile.frame, self._from_port, self._port_is))
                case ScriptSpec(path=path):
                    made.append(Script(Path(path), self._scanned, frame=self._settings.scanner.profile.typed))
                case KeyboardSpec():
                    pass
        return made

    # -- from other threads

    def _post(self, act: Callable[[], None]) -> None:
        self.app.post_message(Happened(act))

    def _notify(self, notice: Notice) -> None:
        self._desk.heard(notice)
        if self._live is not None:
            self._live.heard(notice)

    def _from_port(self, heard: Scan | Unread) -> None:
        inputs = for_screens([heard], self._bounce)
        marked = [replace(each, by_scanner=True) if isinstance(each, Scanned) else each for each in inputs]
        self._post(lambda: self.app.hear(marked))

    def _scanned(self, heard: Scan | Unread | KeyPressed) -> None:
        self._post(lambda: self.app.hear(for_screens([heard], self._bounce)))

    def _port_is(self, state: PortState) -> None:
        """Say once that a scanner is missing, and that it is there again; it is looked for all the time."""
        if state.state in {"absent", "lost"} and state.source not in self._missing:
            self._missing.add(state.source)
            words = _("NO The scanner is unplugged. Plug it in; nothing stored is lost.")
            if state.state == "absent":
                words = _ABSENT.get(state.reason, lambda: _("NO No scanner at {place} yet. Plug it in."))()
                words = words.format(place=state.port.rpartition("/")[2])
            self._post(lambda: self.app.tell_while(state.source, words))
        elif state.state == "open" and state.source in self._missing:
            self._missing.remove(state.source)
            words = _("The scanner is there. Go on scanning.")
            self._post(lambda: self.app.tell_well_again(state.source, words))

    def _set_aside(self, aside: Path) -> None:
        words = _("NO The journal was damaged and set aside as {name}. Tell the office before you go on.")
        self._post(lambda: self.app.alarm(words.format(name=aside.name)))

    # -- what the operator is told, on the loop

    def _said_no(self, new: int) -> None:
        words = plural(
            "NO The server refused {n} entry. See {key} 2 Problems.",
            "NO The server refused {n} entries. See {key} 2 Problems.",
            new,
            key=labels()["key_f1"],
        )
        self.app.tell_refused(new, words)

    def _duplicate(self, notice: Duplicate) -> None:
        holder = notice.holder
        words = _("{serial} was on this slip already, operator {operator}, {at}: counted once.")
        at = clock_time(holder.recorded_at, self._desk.shop.time_zone)
        self.app.tell("warn", words.format(serial=holder.serial or "", operator=holder.operator, at=at))

    def _copied(self) -> None:
        words = _("Another device has this one's data. Scans are stored and sent as ever. Tell the office.")
        self.app.tell("warn", words)

    def _clock_differs(self, notice: ClockDiffers) -> None:
        if notice.ahead_s > 0:
            words = _("The clock here is {time} fast. Tell the office; scans are stored and sent as ever.")
        else:
            words = _("The clock here is {time} slow. Tell the office; scans are stored and sent as ever.")
        self.app.tell("warn", words.format(time=_roughly(abs(notice.ahead_s))))

    def _printed(self, number: str, result: Printed | Fault) -> None:
        if isinstance(result, Fault):
            self.app.fault(result)
        elif result.done:
            self.app.tell("info", result.words)
        else:
            self.app.alarm(f"{_('NO')} {number}: {result.words}")

    def _session_over(self) -> None:
        self.app.tell("warn", _("Your sign-in has expired: scans are stored and sent; sign in again to see documents."))


_ABSENT = {
    PortReason.NO_SCANNER: lambda: _("NO There is no scanner at a serial port yet. Plug it in."),
    PortReason.BUSY: lambda: _("NO Another program uses the scanner at {place}. Close it, or tell the office."),
    PortReason.NO_PERMISSION: lambda: _("NO The scanner at {place} may not be used by this user. Tell the office."),
    PortReason.UNREACHABLE: lambda: _(
        "NO The scanner at {place} does not answer. See that it is on and in the network."
    ),
}


def _roughly(seconds: float) -> str:
    """Say a length of time in the unit that fits."""
    for unit_s, words in ((86_400, _("{n} days")), (3_600, _("{n} hours"))):
        if seconds >= 2 * unit_s:
            return words.format(n=round(seconds / unit_s))
    return _("{n} minutes").format(n=round(seconds / 60))


class _Harmless(logging.Formatter):
    """Writes errors so that nothing a barcode held steers the terminal of whoever reads the log."""

    def formatException(self, ei: Any) -> str:
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


def start_logging(directory: Path) -> None:
    """Log to a file of bounded size beside the journal: the screen belongs to the operator."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(directory / LOG_FILE, maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True)
    file.setFormatter(_Harmless("%(asctime)s %(levelname)s %(name)s %(message)r"))
    root = logging.getLogger()
    root.addHandler(file)
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def read_token(settings: Settings) -> str:
    """Give this terminal's token, or nothing where it is not enrolled."""
    given = settings.backend.token_file
    file = Path(given) if given else settings.terminal.directory() / TOKEN_FILE
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def enrol(settings: Settings, code: str) -> str:
    """Bind this terminal to a site with the code an administrator gave; returns where the token was put.

    Raises:
        StorageFault: the journal, which holds the terminal's id, can't be opened.
        NoAnswer: the server can't be asked, or says no.
        OSError: the token can't be written.
    """
    directory = settings.terminal.directory()
    scribe = Scribe(directory)
    scribe.start()
    try:
        terminal = scribe.call(lambda journal: journal.terminal)
    finally:
        scribe.stop()
    ca_file = Path(settings.backend.ca_file) if settings.backend.ca_file else None
    client = Client(ServerSettings(url=settings.backend.url, ca_file=ca_file))
    token = client.enrol(code, terminal, settings.terminal.name or socket.gethostname())
    client.close()
    file = Path(settings.backend.token_file) if settings.backend.token_file else directory / TOKEN_FILE
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(token + "\n")
    return str(file)


def open_terminal(settings: Settings, look: Look) -> int:
    """Run the terminal; gives the exit status. Raises SettingsError where the keymap is wrong."""
    keymap = read_keymap(Path(settings.screen.keymap)) if settings.screen.keymap else Keymap()
    use_keys(keymap.keys)
    start_logging(settings.terminal.directory())
    speak(settings.terminal.language())
    return Terminal(settings, look, keymap).run()
