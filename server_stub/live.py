"""Who wants to hear at once which documents change, and the way there from the thread that writes.

The writer publishes after each commit and waits for nobody: a document that nobody listens to costs one look-up. What a
listener has not been told yet is a set of document numbers, so a slow one holds no more memory than a quick one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from msgspec import Struct

from server_stub.problems import Problem

DOCUMENTS = 20
"""Documents that one listener may name at the most."""


class Origin(Struct, frozen=True):
    """The journal of a terminal: who made a change needs no message about it."""

    terminal: str
    epoch: str


class Change(Struct, frozen=True):
    """A document that is another one after a commit, and who made it so."""

    document: str
    by: Origin


class Listener:
    """An open stream: what it listens to, and what it has not been told yet. Used in the event loop alone."""

    def __init__(self, origin: Origin, documents: frozenset[str]) -> None:
        self.origin = origin
        self.documents = documents
        self.ended = False
        """Whether the stream is to end: the client is gone, or the server is about to be."""
        self._changed: set[str] = set()
        self._stirred = asyncio.Event()

    def tell(self, document: str) -> None:
        """Note that a document has changed; changes that nobody has heard of yet become one message."""
        self._changed.add(document)
        self._stirred.set()

    def end(self) -> None:
        """Have the stream end."""
        self.ended = True
        self._stirred.set()

    async def wait(self, seconds: float) -> list[str]:
        """Give the documents that changed since they were last given; none after so long, or at the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            return []
        if not self.ended:
            self._stirred.clear()
        changed, self._changed = sorted(self._changed), set()
        return changed


class Hub:
    """Everybody who listens."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._listeners: set[Listener] = set()
        self._by_document: dict[str, set[Listener]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    def __len__(self) -> int:
        return len(self._listeners)

    @contextmanager
    def listening(self, origin: Origin, documents: frozenset[str]) -> Iterator[Listener]:
        """Listen to documents, whether they exist yet or not. Raises Problem where too many do, or the server ends."""
        if self._ended or len(self._listeners) >= self._limit:
            raise Problem(503, "too-many-listeners", "Too many terminals listen already.", {"Retry-After": "30"})
        self._loop = asyncio.get_running_loop()
        made = Listener(origin, documents)
        self._listeners.add(made)
        for document in documents:
            self._by_document.setdefault(document, set()).add(made)
        try:
            yield made
        finally:
            self._listeners.discard(made)
            for document in documents:
                others = self._by_document[document]
                others.discard(made)
                if not others:
                    del self._by_document[document]

    def publish(self, changes: Collection[Change]) -> None:
        """Tell whoever listens, from any thread, after the commit; who begins to listen later reads what it made."""
        heard = [change for change in changes if change.document in self._by_document]
        if heard and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._spread, heard)
            except RuntimeError:
                return  # the loop is closed: nobody listens any more

    def end(self) -> None:
        """Have every stream end now, and begin no other: a server that stops waits for open streams."""
        self._ended = True
        for each in self._listeners:
            each.end()

    def _spread(self, changes: Collection[Change]) -> None:
        for change in changes:
            for each in self._by_document.get(change.document, ()):
                if each.origin != change.by:
                    each.tell(change.document)
