"""How things stand, in words: the connection, and what should be said once."""

from __future__ import annotations

from peerroom.client.views import ConnectionState
from peerroom.i18n import _
from peerroom.tui.widgets.prose import Prose


class Status(Prose):
    """Nothing at all while everything is well."""

    def __init__(self) -> None:
        super().__init__()
        self._connection = ""
        self._notice = ""

    def show(self, state: ConnectionState) -> None:
        """Say how things stand with the server, unless it is as it should be."""
        mark = "…" if state.kind in ("connecting", "waiting") else "!"
        self._connection = "" if state.kind == "online" else f"{mark} {state.sentence}"
        self.set_class(state.kind in ("offline", "refused", "logged_out"), "-trouble")
        self._tell()

    def notice(self, sentence: str) -> None:
        """Say something that stays until it is put away; an empty sentence puts it away."""
        self._notice = f"! {sentence}  ({_('Esc closes this')})" if sentence else ""
        self._tell()

    def on_click(self) -> None:
        """A click puts the notice away."""
        self.notice("")

    def _tell(self) -> None:
        lines = [line for line in (self._notice, self._connection) if line]
        self.display = bool(lines)
        self.say("\n".join(lines))
