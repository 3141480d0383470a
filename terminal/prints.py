"""The printers of this terminal: each with a thread of its own, so that nothing else ever waits for one (S15).

The threads end with the program. What makes PDFs and labels is loaded when the first document is printed.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from terminal.ui.ports import Printed
from terminal.ui.words import _

if TYPE_CHECKING:
    from terminal.printing.printout import Printout

GRACE_S = 2.0
"""Seconds that printers have at the end of the program to take what they were given."""

_log = logging.getLogger(__name__)


class _Job(Struct, frozen=True):
    """A document that waits for its printer."""

    number: str
    make: Callable[[], Printout]
    then: Callable[[Printed], None]


class Prints:
    """Documents on their way to printers: those for one printer go there one after the other.

    `words` has what each printer is by its name; a folder that is relative is in `directory`. Used from one thread.
    """

    def __init__(self, words: Mapping[str, str], sheet: str, directory: Path) -> None:
        self._words = words
        self._sheet = sheet
        self._directory = directory
        self._queues: dict[str, SimpleQueue[_Job | None]] = {}
        self._threads: list[Thread] = []
        self._ended = False

    @property
    def printers(self) -> tuple[str, ...]:
        """The names of the printers, in the order of the settings."""
        return tuple(self._words)

    def print(self, number: str, printer: str, make: Callable[[], Printout], then: Callable[[Printed], None]) -> None:
        """Have a document made and printed; both functions are called in the printer's thread."""
        if printer not in self._words:
            then(Printed(False, _("There is no printer {printer} here.").format(printer=printer)))
            return
        queue = self._queues.get(printer)
        if queue is None:
            queue = self._queues[printer] = SimpleQueue()
            # as a daemon, so that a printer that never answers can't keep the program from ending
            thread = Thread(target=self._run, args=(printer, queue), name=f"printer {printer}", daemon=True)
            self._threads.append(thread)
            thread.start()
        queue.put(_Job(number, make, then))

    def stop(self, within_s: float = GRACE_S) -> None:
        """Wait a moment for what is under way; nobody is told any more how it ended, but for the log."""
        self._ended = True
        for queue in self._queues.values():
            queue.put(None)
        until = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                _log.warning("%s was not done when the program ended", thread.name)

    def _run(self, printer: str, queue: SimpleQueue[_Job | None]) -> None:
        while (job := queue.get()) is not None:
            try:
                printed = self._print(printer, job)
                _log.log(logging.INFO if printed.done else logging.WARNING, "%s: %s", job.number, printed.words)
                if not self._ended:
                    job.then(printed)
            except Exception:  # noqa: BLE001 - the printer's next document may do better
                _log.exception("nobody could be told of the printing of %s", job.number)

    def _print(self, printer: str, job: _Job) -> Printed:
        try:
            return self._deliver(printer, job.make())
        except Exception:  # noqa: BLE001 - whatever it is, the operator must know that there is no paper
            _log.exception("%s can't be printed on %s", job.number, printer)
            words = _("{document} could not be made ready for {printer}. Tell the office.")
            return Printed(False, words.format(document=job.number, printer=printer))

    def _deliver(self, printer: str, printout: Printout) -> Printed:
        from terminal.printing.delivery import deliver
        from terminal.printing.marks import A4, LABEL
        from terminal.printing.printers import Folder, printer_of
        from terminal.printing.wording import PrintFault

        to = printer_of(self._words[printer])
        if isinstance(to, Folder):
            to = replace(to, path=str(self._folder(to.path)))
        try:
            # a document that is printed again is printed as it is now: its earlier file is out of date
            where = deliver(to, printout, _, LABEL if self._sheet == "label" else A4, over=True)
        except PrintFault as fault:
            return Printed(False, fault.sentence(_))
        words = _("Saved as {file}.") if isinstance(to, Folder) else _("Printed on {printer}.")
        return Printed(True, words.format(file=where, printer=printer))

    def _folder(self, path: str) -> Path:
        """Give a folder; one in our own directory is made, any other must be there: it may be on a disk that is not."""
        folder = Path(path).expanduser()
        if not folder.is_absolute():
            folder = self._directory / folder
            with contextlib.suppress(OSError):  # writing the file says what is wrong
                folder.mkdir(parents=True, exist_ok=True)
        return folder
