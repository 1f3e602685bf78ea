"""The accounts of a change of names: named, put into their room, and ended when they are spent."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Collection, Sequence
from datetime import datetime

from peerroom.bot.epochs.errors import NotSeenYet
from peerroom.matrix.admin import Admin
from peerroom.matrix.errors import Forbidden, MatrixError, NotFound
from peerroom.matrix.rooms import Rooms
from peerroom.pseudonym import localparts, names
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")


class Accounts:
    """Everything may be repeated, and one account that is gone keeps no other from its turn."""

    def __init__(self, vault: Vault, admin: Admin, rooms: Rooms) -> None:
        self._vault = vault
        self._admin = admin
        self._rooms = rooms

    async def name(self, numbers: dict[str, int]) -> None:
        """Set display names. Before anyone is in a room: nobody then sees a change."""
        for user_id, number in numbers.items():
            name = str(names.by_index(number))
            await self._unless_gone(user_id, self._admin.set_display_name(user_id, name))

    async def join(self, room_id: str, users: Sequence[str]) -> None:
        """Put accounts into a room, in this order. Raises `NotSeenYet` until the sync shows them.

        Only then can what we say in the room be encrypted for them. Who has left again since an
        earlier try, or was banned, is not brought back.
        """
        there = await self._rooms.members(room_id)
        for user_id in users:
            if there.get(user_id, {}).get("membership") not in ("join", "leave", "ban"):
                await self._unless_gone(user_id, self._admin.join(room_id, user_id))
        known = self._vault.rooms.members(room_id)
        for user_id, member in (await self._rooms.members(room_id)).items():
            if member.get("membership") == "join" and user_id not in known:
                raise NotSeenYet

    async def invite(self, room_id: str, users: Sequence[str]) -> None:
        """Invite accounts one by one, in this order. Whom the server refuses is passed over: they
        were banned meanwhile, or live on a server that this room does not speak with.

        Whom an earlier try invited is not invited again: the server counts invitations, and a long
        list that began anew after each pause it asked for would never come to its end.
        """
        there = await self._rooms.members(room_id)
        for user_id in users:
            if there.get(user_id, {}).get("membership") in ("join", "invite"):
                continue
            try:
                await self._rooms.invite(room_id, user_id)
            except MatrixError as error:
                if error.reach is not None:
                    raise
                log.warning("an account could not be invited: %s", type(error).__name__)

    async def end_strangers(self, token: str, since: datetime, keep: Collection[str]) -> None:
        """End the accounts that were made with this registration token, which began at ``since``,
        and are in no room at all. No other account: it may be another circle's, or belong to
        somebody whom the host has only just given it."""
        for account in await self._admin.accounts_since(since):
            user_id = account.user_id
            localpart = user_id[1:].partition(":")[0]
            if user_id in keep or account.admin or not localparts.is_of(localpart, token):
                continue
            if not await self._admin.joined_rooms(user_id):
                await self._unless_gone(user_id, self._admin.deactivate(user_id))

    async def end(self, users: Sequence[str]) -> None:
        """End accounts whose time is over, and leave the rooms of two that we had with them."""
        for user_id in users:
            await self._unless_gone(user_id, self._admin.deactivate(user_id))
        for room in self._vault.rooms.all():
            people = self._vault.rooms.members(room.room_id).keys()
            of_two = self._vault.rooms.is_of_two(room.room_id)
            if of_two and room.membership == "join" and not people.isdisjoint(users):
                try:
                    await self._rooms.leave(room.room_id)
                    await self._rooms.forget(room.room_id)
                except (Forbidden, NotFound):
                    continue

    async def _unless_gone(self, user_id: str, doing: Awaitable[None]) -> None:
        """Wait for it, but pass over an account that is not there any more.

        If we are no administrator any more, everything is refused: that must not look as if all
        of them were gone.
        """
        try:
            await doing
        except MatrixError as error:
            if error.reach is not None or not await self._is_gone(user_id):
                raise
            log.warning("an account was passed over: %s", type(error).__name__)

    async def _is_gone(self, user_id: str) -> bool:
        try:
            return (await self._admin.account(user_id)).deactivated
        except NotFound:
            return True
