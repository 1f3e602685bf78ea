"""How things stand, in words: the connection, and what should be said once."""

from __future__ import annotations

from peerroom.client.views import Change, ConnectionState
from peerroom.i18n import _
from peerroom.tui.widgets.prose import Prose


class Status(Prose):
    """Nothing at all while everything is well."""

    def __init__(self) -> None:
        super().__init__()
        self._connection = ""
        self._lasting = ""
        self._notices: list[str] = []

    def show(self, state: ConnectionState) -> None:
        """Say how things stand with the server, unless it is as it should be."""
        mark = "…" if state.kind in ("connecting", "waiting") else "!"
        self._connection = "" if state.kind == "online" else f"{mark} {state.sentence}"
        self.set_class(state.kind in ("offline", "refused", "logged_out"), "-trouble")
        self._tell()

    def last(self, sentence: str) -> None:
        """Say how things are for a while, in calm; nothing with an empty sentence."""
        self._lasting = f"… {sentence}" if sentence else ""
        self._tell()

    def notice(self, sentence: str, mark: str = "!") -> None:
        """Say something that stays until it is put away; what was said before waits behind it."""
        self._notices.append(f"{mark} {sentence}")
        self._tell()

    def news(self, change: Change) -> None:
        """Say what the client tells, and where it leads."""
        words = change.text or ""
        if change.about == "answer":
            self.notice(" ".join((words, _("F7 shows it."))), mark="→")
        else:
            self.notice(words, mark="✓" if change.about == "received" else "!")

    def put_away(self) -> None:
        """The notice has been read: show the one behind it, if there is one."""
        del self._notices[-1:]
        self._tell()

    def on_click(self) -> None:
        """A click puts the notice away."""
        self.put_away()

    def _tell(self) -> None:
        closing = _("Esc closes this")
        lines = [f"{each}  ({closing})" for each in self._notices[-1:]]
        lines += [each for each in (self._lasting, self._connection) if each]
        self.display = bool(lines)
        self.say("\n".join(lines))
