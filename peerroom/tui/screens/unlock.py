"""The vault is there and locked: ask for its passphrase."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.tui.screens.page import Page
from peerroom.tui.widgets.field import Field
from peerroom.tui.widgets.prose import Paragraph, Prose


class UnlockScreen(Page[None]):
    """One line for the passphrase. The key is derived in a thread: the panic key never waits."""

    AUTO_FOCUS = "Input"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def heading(self) -> str:
        """What this is."""
        return _("Welcome back")

    def body(self) -> ComposeResult:
        """The question."""
        with Vertical(classes="card"):
            yield Prose(Paragraph("", lead=_("Your passphrase")))
            yield Field(password=True, compact=True)
            yield Prose(id="said", classes="said")

    def hints(self) -> tuple[str, ...]:
        """What the keys do."""
        return (_("Enter opens"), _("F1 talk to a person"), _("Ctrl+Q twice leaves"))

    @on(Input.Submitted)
    def _try(self, event: Input.Submitted) -> None:
        if event.value:
            field = self.query_one(Input)
            field.disabled = True
            self.query_one("#said", Prose).say(_("Opening…"))
            self._unlock(event.value)

    @work(exclusive=True)
    async def _unlock(self, passphrase: str) -> None:
        import asyncio

        from peerroom.store import keys
        from peerroom.store.vault import Vault

        field = self.query_one(Input)
        try:
            key = await asyncio.to_thread(keys.unlock, self._folder, passphrase)
            vault = Vault.open_with_key(self._folder, key)
        except PeerRoomError as error:
            field.disabled = False
            field.clear()
            field.focus()
            self.query_one("#said", Prose).say(error.sentence())
            return
        self.app.call_later(self.peerroom.entry.enter, vault)
