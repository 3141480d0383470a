"""Our own driver: bytes in, bytes out, and nothing that an old terminal client would print.

Textual's own decodes strictly (one byte that is not UTF-8 ends the program), asks the terminal things that old clients
echo, and spins when the terminal goes away. This one hands the bytes on as they came, with their time.
"""

from __future__ import annotations

import os
import selectors
import time
from typing import TYPE_CHECKING

from textual import messages
from textual.drivers.linux_driver import LinuxDriver

from terminal.ui.messages import Arrived

if TYPE_CHECKING:
    from textual.app import App

READ_BYTES = 65536
BACKLOG = 8
"""Frames waiting for a stalled link after which painting pauses; Textual's writer would block the loop at 30."""

_LEFT_OUT = frozenset({"\x1b[?1004h", "\x1b[?1004l", "\x1b[<u", "\x1b[?2004l"})
"""What the stock driver writes and old clients print: focus reports, kitty keys, bracketed paste."""
_POINTER = "\x1b]22;"
"""The shape of a mouse pointer, which Textual sends at the start; old clients print it, too."""


class TerminalDriver(LinuxDriver):
    """A Linux driver that reads raw bytes."""

    def __init__(
        self, app: App[None], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)

    @property
    def congested(self) -> bool:
        """Whether the link to the screen is stalled: paint later, never wait."""
        writer = self._writer_thread
        return writer is not None and writer._queue.qsize() > BACKLOG

    def write(self, data: str) -> None:
        """Write to the terminal."""
        if data not in _LEFT_OUT and not data.startswith(_POINTER):
            super().write(data)

    def run_input_thread(self) -> None:
        """Hand on what is read; a terminal that has gone away ends the program cleanly."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if not selector.select(0.2):
                    continue
                try:
                    data = os.read(self.fileno, READ_BYTES)
                except OSError:
                    data = b""
                if not data:
                    self._app.post_message(messages.ExitApp())
                    return
                self._app.post_message(Arrived(data, time.monotonic()))

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            super().write("\x1b[?1000h\x1b[?1006h")

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            super().write("\x1b[?1000l\x1b[?1006l")

    def _enable_bracketed_paste(self) -> None:
        """Not asked for: a paste that never ends would swallow every later key."""

    def _query_in_band_window_resize(self) -> None:
        """Not asked: old clients print the question."""

    def _request_terminal_sync_mode_support(self) -> None:
        """Not asked: old clients print the question."""
