"""The thread that owns the journal: it does what it is asked, one after the other, in the order asked.

A thread of its own, so that a stalled link to the screen never keeps a scan from the disk, and a slow disk never
freezes the screen. Checkpoints run only in gaps: never while anything waits.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from terminal.journal.journal import Journal, utc_now
from terminal.journal.store import StorageFault, Trouble, open_store

GAP_S = 1.5
"""Idle seconds after which a checkpoint may run."""
SHORT_GAP_S = 0.05
"""Idle seconds that must do once the log has grown past `MANY_PAGES`."""
MANY_PAGES = 4000
"""Pages (1 KiB each) in the write-ahead log that make a checkpoint welcome in a short gap."""
TOO_MANY_PAGES = 32_000
"""Pages in the write-ahead log that no longer wait for a gap: about 3,500 scans without a breath in between."""

T = TypeVar("T")
Work = Callable[[Journal], T]

_log = logging.getLogger(__name__)


class Scribe:
    """Owns the journal. `ask` never waits; `call` waits for the answer and is not for the screen's loop.

    After a fault the database is closed and opened anew before anything else is done with it: only what is
    on disk counts, whatever the failed commit left in memory. Where damage is found, a new journal is begun then.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime] = utc_now, device: str = "") -> None:
        """Prepare; `device` names whose journal it is (D10), by default after this machine and the directory."""
        self._directory = directory
        self._device = device or _device(directory)
        self._now = now
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
        self._opened: Future[None] = Future()
        self._journal: Journal | None = None
        self._suspicious = False
        """Whether damage was met, so that the next opening looks at every page."""
        self.on_written: Callable[[], None] = lambda: None
        """Called in the scribe's thread after something was written that is to be sent."""
        self.on_set_aside: Callable[[Path], None] = lambda _: None
        """Called with the new name of a damaged journal that was set aside."""

    def start(self) -> None:
        """Open the journal in its thread.

        Raises:
            StorageFault: it can't be opened. The thread lives on, and tries again with the next thing it is asked.
        """
        self._thread.start()
        self._opened.result()

    def ask(self, work: Work[T], then: Callable[[T | Exception], None] = lambda _: None) -> None:
        """Have `work` done after everything asked before; `then` gets the result, in the scribe's thread."""
        self._queue.put(lambda: self._do(work, then))

    def call(self, work: Work[T]) -> T:
        """Have `work` done and wait for it. Raises what it raised; RuntimeError after the scribe has stopped."""
        result: Future[T] = Future()

        def settle(done: T | Exception) -> None:
            if isinstance(done, Exception):
                result.set_exception(done)
            else:
                result.set_result(done)

        self.ask(work, settle)
        while True:
            try:
                return result.result(timeout=1.0)
            except TimeoutError:
                if result.done():
                    return result.result()
                if not self._thread.is_alive():
                    raise RuntimeError("the journal is closed") from None

    def stop(self) -> None:
        """Finish what was asked, close the journal, end the thread."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        try:
            self._open()
        except Exception as error:  # noqa: BLE001 - raised again in start(), which waits for it
            self._opened.set_exception(error)
        else:
            self._opened.set_result(None)
        while (job := self._next()) is not None:
            job()
        self._leave()

    def _open(self) -> Journal:
        store, aside = open_store(self._directory, thorough=self._suspicious)
        self._suspicious = False
        try:
            self._journal = Journal(store, self._now)
        except BaseException:
            store.close()
            raise
        try:
            self._journal.belongs_to(self._device)
        except StorageFault as fault:
            _log.warning("whose journal this is could not be noted: %s", fault)
        if aside is not None:
            _tell(lambda: self.on_set_aside(aside))
        return self._journal

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next job; checkpoint in a gap, or at once where the log has grown out of hand."""
        while self._journal is not None and (pages := self._journal.store.wal_pages):
            if pages <= TOO_MANY_PAGES:
                try:
                    return self._queue.get(timeout=SHORT_GAP_S if pages > MANY_PAGES else GAP_S)
                except queue.Empty:
                    pass
            try:
                self._journal.store.checkpoint()
            except StorageFault as fault:
                _log.warning("checkpoint put off: %s", fault)
                break
        return self._queue.get()

    def _do(self, work: Work[T], then: Callable[[T | Exception], None]) -> None:
        written = self._journal is None  # what a failed commit left on disk wants sending too
        done: T | Exception
        try:
            journal = self._journal or self._open()
            before = journal.outbox.stored
            with journal.store.faults():
                done = work(journal)
            written = written or journal.outbox.stored != before
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and the thread lives on
            self._suspicious |= isinstance(error, StorageFault) and error.trouble is Trouble.DAMAGED
            if not isinstance(error, StorageFault):
                _log.exception("the journal was asked something it could not do")
            self._leave()
            written = False
            done = error
        _tell(lambda: then(done))
        if written:
            _tell(self.on_written)

    def _leave(self) -> None:
        """Close the database after a fault; the next job opens it anew."""
        if self._journal is not None:
            self._journal.store.close()
            self._journal = None


def _tell(listener: Callable[[], None]) -> None:
    """Tell whoever listens. Their troubles are theirs: the journal's thread goes on."""
    try:
        listener()
    except Exception:  # noqa: BLE001 - whatever it is, the next scan must still be written
        _log.exception("somebody could not take what the journal told them")


def _device(directory: Path) -> str:
    """Name this device and place: what a copy of the data directory has otherwise."""
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = ""
    return f"{machine} {directory.resolve()}"  # no host name: a container has another one at each start
