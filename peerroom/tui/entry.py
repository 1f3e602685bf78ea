"""Which screen opens first, and what happens to vault and client from there on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from peerroom.config import Config
from peerroom.i18n import LANGUAGES, country_from_environment, set_language
from peerroom.tui.start import Start
from peerroom.tui.theme import PLAIN, theme_for

if TYPE_CHECKING:
    from peerroom.care.helplines import OwnNumber
    from peerroom.client.session import Client
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault
    from peerroom.tui.app import PeerRoomApp


class Entry:
    """Holds the vault and the client once there are any; the panic screen needs neither."""

    def __init__(self, app: PeerRoomApp, start: Start) -> None:
        self._app = app
        self._start = start
        self.config = start.config or Config()
        self.country: str | None = (
            start.country or self.config.interface.country or country_from_environment()
        )
        """ISO 3166-1, for the helplines; None when nobody and nothing says."""
        self.own_numbers: Sequence[OwnNumber] = self.config.panic.own_numbers
        self.vault: Vault | None = None
        self.client: Client | None = None

    def first_screen(self) -> Screen[Any]:
        """The screen for the state of things at the start."""
        start = self._start
        if problem := start.config_problem or start.vault_problem:
            from peerroom.tui.screens.trouble import TroubleScreen

            return TroubleScreen(problem)
        if start.vault is not None:
            return self._inside(start.vault)
        if start.folder is not None and not start.ephemeral:
            from peerroom.store.vault import Vault

            if Vault.exists(start.folder):
                from peerroom.tui.screens.unlock import UnlockScreen

                return UnlockScreen(start.folder)
        from peerroom.tui.screens.welcome import WelcomeScreen

        return WelcomeScreen()

    def enter(self, vault: Vault) -> None:
        """The vault is open: go on with what it holds."""
        self._app.switch_screen(self._inside(vault))
        self.after_first_picture()

    def after_first_picture(self) -> None:
        """Connect. nio is imported only now, off the way to the first picture."""
        if self.client is not None:
            self._app.run_worker(self.client.start(), group="client", exit_on_error=True)

    async def close(self) -> None:
        """Stop the client and close the vault."""
        if self.client is not None:
            await self.client.stop()
        if self.vault is not None:
            self.vault.close()

    # Choices

    def remember(self, name: str, value: str) -> None:
        """Keep a choice of the interface in the vault, if one is open."""
        if self.vault is not None:
            self.vault.settings.set(f"interface.{name}", value)

    def set_country(self, code: str) -> None:
        """Whose lines the panic screen shows; nothing but the vault remembers it."""
        self.country = code
        self.remember("country", code)

    def _recall(self, vault: Vault) -> None:
        """Take over what was chosen before, where the settings file does not say otherwise."""
        interface = self.config.interface
        language = vault.settings.get("interface.language")
        if language in LANGUAGES and not interface.language:
            set_language(language)
        country = vault.settings.get("interface.country")
        if isinstance(country, str) and not interface.country:
            self.country = country
        theme = vault.settings.get("interface.theme")
        if isinstance(theme, str) and self._app.theme != PLAIN.name:
            self._app.theme = theme_for(theme).name

    # What is inside a vault

    def _inside(self, vault: Vault) -> Screen[Any]:
        self.vault = vault
        self._recall(vault)
        account = vault.accounts.current()
        if account is None:
            from peerroom.tui.screens.joining import InviteScreen

            return InviteScreen(vault, self._start.invite)
        return self._rooms(vault, account)

    def _rooms(self, vault: Vault, account: Account) -> Screen[Any]:
        from peerroom.client.session import Client
        from peerroom.tui.screens.chat import ChatScreen

        self.client = Client(
            vault,
            account,
            config=self.config,
            clock=self._start.clock,
            random=self._start.random,
        )
        return ChatScreen(self.client, vault.settings.get("interface.room"))
