"""Something is in the way: one sentence, what to do, and help all the same."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.tui.screens.page import Page
from peerroom.tui.widgets.prose import Prose


class TroubleScreen(Page[None]):
    """Says what is wrong with the settings or the vault. Nothing can be done from here but read."""

    def __init__(self, problem: PeerRoomError) -> None:
        super().__init__()
        self._problem = problem

    def heading(self) -> str:
        """What this is."""
        return _("Something is in the way")

    def body(self) -> ComposeResult:
        """The error's own words."""
        with Vertical(classes="card"):
            yield Prose(self._problem.sentence())
            yield Prose(
                _("Talking to a person works all the same: F1, or click in the corner."),
                classes="quiet",
            )

    def hints(self) -> tuple[str, ...]:
        """The two ways on."""
        return (_("F1 talk to a person"), _("Ctrl+Q twice leaves"))
