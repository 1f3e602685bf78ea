"""Whom a member can tell something about a room, and the room of two in which it is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from peerroom.client.door import rooms_of_two
from peerroom.client.invitations import bots
from peerroom.client.reporting_views import BotNotItself, EarlierName, NobodyToTell
from peerroom.matrix.power import MODERATOR, room_power

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.rooms import StoredRoom
    from peerroom.store.vault import Vault


def bot_for(vault: Vault, account: Account, room_id: str | None) -> str:
    """The bot that keeps this room, proven to be the one that let us in; without a room, the one
    of the room that the account entered last.

    Raises `NobodyToTell`, `BotNotItself`, `EarlierName`. The network is not asked: that no one
    else gets the keys is the sending's own rule.
    """
    bot = _last_bot(vault, account) if room_id is None else _keeper(vault, account, room_id)
    if bot is None:
        raise NobodyToTell
    if not is_proven(vault, bot):
        raise BotNotItself
    return bot


def is_proven(vault: Vault, bot: str) -> bool:
    """Whether the bot shows the identity that was pinned from the invite link, and no other."""
    known = vault.identities.get(bot)
    return bot in bots(vault) and known is not None and known.offered is None


def rooms_with(vault: Vault, account_id: int | None, bot: str) -> Iterator[StoredRoom]:
    """The encrypted direct rooms of an account (None: of all one's own) in which this bot has ever
    been: to read what it said there, which counts by its own keys. Where to say something,
    `open_room` knows."""
    for room in vault.rooms.all(account_id):
        if room.is_direct and room.encrypted and bot in vault.rooms.members(room.room_id):
            yield room


def open_room(vault: Vault, account: Account, bot: str) -> str | None:
    """The room of two in which the bot can be told something now; None if there is none yet."""
    for room_id in rooms_of_two(vault, account, bot):
        member = vault.rooms.state(room_id, "m.room.member", bot) or {}
        if member.get("membership") == "join":
            return room_id
    return None


def _keeper(vault: Vault, account: Account, room_id: str) -> str | None:
    room = vault.rooms.get(room_id)
    if room is None:
        return None
    if room.account_id != account.id:
        raise EarlierName
    members = vault.rooms.members(room_id)
    here = [bot for bot in bots(vault) if members.get(bot, {}).get("membership") == "join"]
    if vault.rooms.is_of_two(room_id):
        return next(iter(here), None)
    # A room that it did not make it can look after with a moderator's powers.
    power, maker = room_power(vault.rooms, room_id), _made_by_bot(vault, room_id)
    able = [bot for bot in here if bot == maker or power.of(bot) >= MODERATOR]
    return maker if maker in able else next(iter(able), None)


def _last_bot(vault: Vault, account: Account) -> str | None:
    entered = [room for room in vault.rooms.all(account.id) if room.membership == "join"]
    kept = [bot for room in entered if (bot := _keeper(vault, account, room.room_id)) is not None]
    return kept[-1] if kept else None


def _made_by_bot(vault: Vault, room_id: str) -> str | None:
    from peerroom.client.rotation.places import bot_of  # not before the first picture

    return bot_of(vault, room_id)
