"""Which screen opens first, and what happens to vault and client from there on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from peerroom.errors import PeerRoomError
from peerroom.i18n import LANGUAGES, country_from_environment, set_language
from peerroom.tui.start import Start
from peerroom.tui.theme import PLAIN, theme_for

if TYPE_CHECKING:
    from peerroom.care.helplines import OwnNumber
    from peerroom.client.session import Client
    from peerroom.config import Config
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault
    from peerroom.tui.app import PeerRoomApp
    from peerroom.tui.screens.chat import ChatScreen


class Entry:
    """Holds the vault and the client once there are any; the panic screen needs neither."""

    def __init__(self, app: PeerRoomApp, start: Start) -> None:
        self._app = app
        self._start = start
        config = start.config
        self.country: str | None = (
            start.country
            or (config.interface.country if config else None)
            or country_from_environment()
        )
        """ISO 3166-1, for the helplines; None when nobody and nothing says."""
        self.own_numbers: Sequence[OwnNumber] = config.panic.own_numbers if config else ()
        self.vault: Vault | None = None
        self.client: Client | None = None
        self._account: Account | None = None
        self._chat: ChatScreen | None = None

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

    async def enter(self, vault: Vault) -> None:
        """The vault is open: go on with what it holds."""
        await self._app.go_on(lambda: self._inside(vault))
        await self.furnish()
        await self.connect()

    async def furnish(self) -> None:
        """Behind the first picture of the rooms: the client, and where one writes."""
        if self.vault is not None and self._chat is not None and self._account is not None:
            self.client = self._client(self.vault, self._account)
            await self._chat.connect(self.client)

    async def connect(self) -> None:
        """Go to the server. nio is imported only now."""
        if self.client is not None:
            await self.client.start()

    async def close(self) -> None:
        """Stop the client and close the vault."""
        if self.client is not None:
            await self.client.stop()
        if self.vault is not None:
            self.vault.close()

    @property
    def config(self) -> Config:
        """The settings; without a file the defaults, which cost 7 ms to load."""
        from peerroom.config import Config

        return self._start.config or Config()

    # Choices

    def remember(self, name: str, value: str) -> None:
        """Keep a choice of the interface in the vault, if one is open and can be written to."""
        if self.vault is not None:
            # Nothing hangs on it but having to choose again; what does says so itself.
            with suppress(PeerRoomError):
                self.vault.settings.set(f"interface.{name}", value)

    def set_country(self, code: str) -> None:
        """Whose lines the panic screen shows; nothing but the vault remembers it."""
        self.country = code
        self.remember("country", code)

    def _recall(self, vault: Vault) -> None:
        """Take over what was chosen before, where the settings file does not say otherwise."""
        interface = self._start.config.interface if self._start.config else None
        language = vault.settings.get("interface.language")
        if language in LANGUAGES and not (interface and interface.language):
            set_language(language)
        country = vault.settings.get("interface.country")
        if isinstance(country, str) and not (interface and interface.country):
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
            from peerroom.client.joining import pending
            from peerroom.tui.screens.joining import InviteScreen

            begun = pending(vault)
            return InviteScreen(vault, self._start.invite or (begun.encode() if begun else None))
        return self._rooms(vault, account)

    def _rooms(self, vault: Vault, account: Account) -> Screen[Any]:
        from peerroom.client.roster import Roster
        from peerroom.tui.screens.chat import ChatScreen

        self._account = account
        roster = Roster(vault, account.id, account.user_id)
        self._chat = ChatScreen(roster, vault.settings.get("interface.room"))
        return self._chat

    def _client(self, vault: Vault, account: Account) -> Client:
        from peerroom.client.session import Client

        return Client(
            vault,
            account,
            config=self.config,
            clock=self._start.clock,
            random=self._start.random,
        )
