"""The floors for start, memory and latency: a Textual app that shows one word, and echoes a line when it ends.

Stock Textual: its own driver, its own 60 frames a second, a Static for the line. It stores nothing and asks nobody.
"""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class FloorApp(App[None]):
    """Paints what was typed once Enter comes."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { overflow: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""

    def compose(self) -> ComposeResult:
        """Show one line."""
        yield Static("empty")

    async def on_event(self, event: events.Event) -> None:
        """Take keys as our own app does: before any focus or binding."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif event.key == "enter":
            self.query_one(Static).update(f"OK {self.typed}")
            self.typed = ""
        else:
            self.typed += event.character or ""


if __name__ == "__main__":
    FloorApp().run(mouse=False)
