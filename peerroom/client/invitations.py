"""Following the bot to the rooms that one's own invite link stood for.

A moderator's link, for instance, opens the moderators' room too. Who an invitation is from is the
server's word, so only rooms are entered that the bot itself named, in an encrypted answer at the
door. All other invitations are left alone: joining would tell a stranger that someone is there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from peerroom.client.connecting import Link
from peerroom.errors import PeerRoomError
from peerroom.matrix.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

_BOTS: Final = "bots"
_ANSWERS: Final = 100
"""How many of a bot's newest events in a room of two are looked through."""


class Invitations:
    """Enters the encrypted rooms that a known bot named to one account and asks it into."""

    def __init__(self, vault: Vault, account: Account, link: Link) -> None:
        self._vault = vault
        self._account = account
        self._link = link
        self._look = asyncio.Event()
        self._look.set()  # an invitation may be left from before

    def wake(self) -> None:
        """There may be a new invitation, or a new answer."""
        self._look.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self._look.wait()
            self._look.clear()
            connection = await self._link.fresh()
            try:
                for room_id, via in self._waiting():
                    await self._enter(connection, room_id, via)
            except PeerRoomError:
                self._look.set()
                await self._link.pause_until_back(15.0)

    def _waiting(self) -> list[tuple[str, tuple[str, ...]]]:
        """The rooms to enter, and the servers that know them."""
        asked = [
            room.room_id
            for room in self._vault.rooms.all(self._account.id)
            if room.membership == "invite" and room.encrypted
        ]
        named = self._named() if asked else {}
        return [(room_id, named[room_id]) for room_id in asked if room_id in named]

    def _named(self) -> dict[str, tuple[str, ...]]:
        """Every room that a known bot said we are admitted to, with its servers.

        Whoever else is in the room where it said so: an answer counts by the bot's own keys.
        """
        from peerroom.client.door import read_answer  # loads msgspec

        known = bots(self._vault)
        answers = [
            read_answer(event, bot)
            for room in self._vault.rooms.all(self._account.id)
            if room.is_direct and room.encrypted
            for bot in known
            for event in self._vault.events.of_sender(room.room_id, bot, _ANSWERS)
        ]
        return {said.room_id: said.via for said in answers if said and said.room_id is not None}

    async def _enter(self, connection: Connection, room_id: str, via: tuple[str, ...]) -> None:
        try:
            await connection.rooms.join(room_id, via=via)
        except (Forbidden, NotFound):
            self._vault.rooms.set_membership(room_id, "leave")  # it was taken back


def remember_bot(vault: Vault, user_id: str) -> None:
    """The bot whose identity an invite vouched for: it is followed to the rooms it names."""
    known = bots(vault)
    if user_id not in known:
        vault.settings.set(_BOTS, [*known, user_id])


def bots(vault: Vault) -> list[str]:
    """The bots that let us in, by user id."""
    kept = vault.settings.get(_BOTS, [])
    return [user_id for user_id in kept if isinstance(user_id, str)]
