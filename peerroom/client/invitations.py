"""Following the bot: its invitations lead to rooms that one's own invite link stood for.

A moderator's link, for instance, opens the moderators' room too. Everybody else's invitations
are left alone: joining would tell a stranger that someone is there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from peerroom.client.connecting import Link
from peerroom.matrix.errors import Forbidden, MatrixError, NotFound

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_BOTS: Final = "bots"


class Invitations:
    """Enters the encrypted rooms that a known bot asks one account into."""

    def __init__(self, vault: Vault, account: Account, link: Link) -> None:
        self._vault = vault
        self._account = account
        self._link = link
        self._look = asyncio.Event()
        self._look.set()  # an invitation may be left from before

    def wake(self) -> None:
        """There may be a new one."""
        self._look.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self._look.wait()
            self._look.clear()
            connection = await self._link.fresh()
            for room_id in self._waiting():
                await self._enter(connection, room_id)

    def _waiting(self) -> list[str]:
        known = bots(self._vault)
        return [
            room.room_id
            for room in self._vault.rooms.all(self._account.id)
            if room.membership == "invite" and room.encrypted and self._host(room.room_id) in known
        ]

    def _host(self, room_id: str) -> str | None:
        """Who sent the invitation, as the server signed it."""
        own = self._vault.rooms.state_event(room_id, "m.room.member", self._account.user_id)
        return own.sender if own is not None else None

    async def _enter(self, connection: Connection, room_id: str) -> None:
        try:
            await connection.rooms.join(room_id)
        except (Forbidden, NotFound):
            self._vault.rooms.set_membership(room_id, "leave")  # it was taken back
        except MatrixError:
            self._look.set()
            await self._link.pause_until_back(15.0)


def remember_bot(vault: Vault, user_id: str) -> None:
    """The bot whose identity an invite vouched for: its invitations to rooms are followed."""
    known = bots(vault)
    if user_id not in known:
        vault.settings.set(_BOTS, [*known, user_id])


def bots(vault: Vault) -> list[str]:
    """The bots that let us in, by user id."""
    kept = vault.settings.get(_BOTS, [])
    return [user_id for user_id in kept if isinstance(user_id, str)]
