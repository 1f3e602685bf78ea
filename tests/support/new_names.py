"""A filled vault whose room changes names: before, while and after it happens, without a server."""

from __future__ import annotations

from datetime import datetime, timedelta

from support import filled_vault

from peerroom.client import epoch_rooms
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.pseudonym.names import read
from peerroom.pseudonym.words import CREATURES, MODIFIERS, QUALITIES
from peerroom.store.accounts import Account
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

ROOM = filled_vault.ROOM
NEXT = "!next:peerroom.test"
OTHERS = ("Calm Willow Otter", "Warm Copper Lantern")
NEW_USER = "@p81f0:peerroom.test"
WEEK = timedelta(days=7)


def index_of(english: str) -> int:
    """The number of a name, wherever its words stand in the lists by now."""
    quality, modifier, creature = english.split(" ")
    japanese = dict(QUALITIES)[quality] + dict(MODIFIERS)[modifier] + dict(CREATURES)[creature]
    name = read(f"{english} / {japanese}")
    assert name is not None
    return name.index


OLD_NAME, NEW_NAME = index_of("Quiet Amber Heron"), index_of("Gentle Maple Wren")


def rotate(
    vault: Vault, now: datetime, *, crowd: int | None = 14, away: int = 0, newcomer: bool = False
) -> None:
    """Let the filled room be one whose names change, the next time in three days."""
    until = now + timedelta(days=3, hours=2, minutes=40)
    epoch = EpochRoom(
        4,
        until - WEEK,
        until,
        crowd=crowd,
        floor=8,
        away=frozenset(f"@away{number}:peerroom.test" for number in range(away)),
        residents=frozenset({filled_vault.user("warm")}),
    )
    epoch_rooms.keep(vault, ROOM, epoch)
    if not newcomer:
        epoch_rooms.keep_names(vault, {filled_vault.OWN: OLD_NAME})


def close(vault: Vault, client: Client | None = None) -> None:
    """Half an hour before: nobody can write any more."""
    levels = {"events_default": 100, "users": {filled_vault.user("warm"): 50}}
    vault.rooms.set_state(ROOM, "m.room.power_levels", "", levels)
    if client is not None:
        client.tell(Change("pseudonym"))


def new_account(vault: Vault) -> Account:
    """The account that was made for the new name."""
    return vault.accounts.add(
        homeserver="http://127.0.0.1:9",
        user_id=NEW_USER,
        device_id="NEWDEVICE",
        access_token="unused",
        password="unused",
        current=False,
    )


def next_room(vault: Vault, account: Account, language: str = "en") -> None:
    """The room of the new names, as a sync leaves it and the agent has checked it."""
    old = epoch_rooms.of(vault, ROOM)
    assert old is not None
    names = {f"@p{index:x}:peerroom.test": index for index in map(index_of, OTHERS)}
    names[account.user_id] = NEW_NAME
    with vault.transaction():
        vault.rooms.put(StoredRoom(NEXT, account.id, encrypted=True))
        vault.rooms.set_state(NEXT, "m.room.name", "", {"name": filled_vault.TITLES[language]})
        for user_id in names:
            vault.rooms.set_state(NEXT, "m.room.member", user_id, {"membership": "join"})
        epoch_rooms.keep_names(vault, names)
        epoch_rooms.keep(vault, NEXT, EpochRoom(5, old.until, old.until + WEEK, crowd=14, floor=8))


async def change(client: Client, vault: Vault, language: str = "en") -> None:
    """Everyone has a new name."""
    account = new_account(vault)
    await client.move(account)
    next_room(vault, account, language)
    client.arrive(ROOM, NEXT)
