"""Single rows that say how things stand: the connection, a notice, what is new below."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import Static

from peerroom.client.views import ConnectionState
from peerroom.i18n import _, ngettext


class ConnectionLine(Static):
    """The connection in words; nothing at all while everything is well."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="connection")

    def show(self, state: ConnectionState) -> None:
        """Say how things stand with the server."""
        self.display = state.kind != "online"
        self.set_class(state.kind in ("offline", "refused", "logged_out"), "-trouble")
        mark = "…" if state.kind in ("connecting", "waiting") else "!"
        self.update(f"{mark} {state.sentence}")


class Notice(Static):
    """A sentence that is said once and stays until it is put away."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="notice")
        self.display = False

    def show(self, sentence: str) -> None:
        """Say something; an empty sentence puts the row away."""
        self.display = bool(sentence)
        self.update(f"{sentence}  ({_('Esc closes this')})" if sentence else "")

    def on_click(self) -> None:
        """A click puts it away."""
        self.show("")


class NewBelow(Static):
    """Says that the conversation went on below; a click goes there."""

    class Clicked(Message):
        """The user wants to go to the newest message."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="below")
        self.display = False

    def show(self, count: int) -> None:
        """``count`` messages are below, 0 for none; above 99 they are not counted further."""
        self.display = count > 0
        if count:
            words = ngettext("{count} new message below", "{count} new messages below", count)
            self.update(f"▼ {words.format(count=count if count < 100 else '99+')}")

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        self.post_message(self.Clicked())
