"""Where in the vault the circle's records and rooms are, and who keeps them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from peerroom.client.invitations import bots
from peerroom.wire.content import BadContent
from peerroom.wire.records import (
    MOST_PAGES,
    PAGE,
    RECORD,
    SignedRecord,
    page_key,
    read_page,
)

if TYPE_CHECKING:
    from peerroom.pseudonym.wallet_state import Wallet
    from peerroom.store.rooms import StoredRoom
    from peerroom.store.vault import Vault

_PINNED: Final = "rotation.pinned"


def circle_rooms(vault: Vault, account_id: int) -> list[StoredRoom]:
    """The rooms that this account is in and that carry records, in no order."""
    return [
        room
        for room in vault.rooms.all(account_id)
        if room.membership == "join"
        and not vault.rooms.is_of_two(room.room_id)
        and has_records(vault, room.room_id)
    ]


def kept_with(vault: Vault, room_id: str) -> list[str]:
    """This room, and after it all others of its circle that were ever seen here, left ones too."""
    bot = bot_of(vault, room_id)
    others = [
        room.room_id
        for room in vault.rooms.all()
        if bot is not None and bot_of(vault, room.room_id) == bot and room.room_id != room_id
    ]
    return [room_id, *others]


def has_records(vault: Vault, room_id: str) -> bool:
    """Whether the circle of this room changes names."""
    return bool(vault.rooms.state_events(room_id, RECORD))


def records_in(vault: Vault, room_id: str) -> tuple[SignedRecord, ...]:
    """What stands as records in a room's state, in the order of the numbers they claim.

    What has not even the form of one is left out: it proves nothing and stops nobody.
    """
    found: list[tuple[int, SignedRecord]] = []
    for event in vault.rooms.state_events(room_id, RECORD):
        if event.state_key.isascii() and event.state_key.isdecimal() and len(event.state_key) < 12:
            try:
                found.append((int(event.state_key), SignedRecord.read(event.content)))
            except BadContent:
                continue
    return tuple(signed for _number, signed in sorted(found, key=lambda entry: entry[0]))


def pages_of(vault: Vault, room_ids: Iterator[str] | list[str], sequence: int) -> dict[int, bytes]:
    """The pages of a record, from whichever of these rooms has them, by index."""
    pages: dict[int, bytes] = {}
    for room_id in room_ids:
        for index in range(_count(vault, room_id, sequence)):
            event = vault.rooms.state_event(room_id, PAGE, page_key(sequence, index))
            if event is None or index in pages:
                continue
            try:
                pages[index] = read_page(event.content)
            except BadContent:
                continue
    return pages


def missing_pages(vault: Vault, room_ids: list[str], sequence: int, count: int) -> list[int]:
    """Which of the ``count`` pages of a record are in none of these rooms."""
    return [*(set(range(count)) - set(pages_of(vault, room_ids, sequence)))]


def _count(vault: Vault, room_id: str, sequence: int) -> int:
    """How many pages of the record a room may have: a server can number one as high as it likes."""
    prefix = f"{sequence}."
    keys = [event.state_key for event in vault.rooms.state_events(room_id, PAGE)]
    indexes = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
    count = max((int(index) + 1 for index in indexes if index.isdecimal()), default=0)
    return min(count, MOST_PAGES)


def bot_of(vault: Vault, room_id: str) -> str | None:
    """The bot that keeps this room: one that let us in, and that made the room."""
    made = vault.rooms.state_event(room_id, "m.room.create")
    return made.sender if made is not None and made.sender in bots(vault) else None


def rooms_of(vault: Vault, wallet: Wallet) -> list[StoredRoom]:
    """The circle's rooms of the wallet's accounts that can act, the newest account's last."""
    return [
        room
        for account in vault.accounts.all()
        if wallet.concerns(account.user_id)
        for room in circle_rooms(vault, account.id)
    ]


def pages_in(vault: Vault, wallet: Wallet) -> list[str]:
    """The rooms to find the pages of the wallet's records in: first those that can still change."""
    rooms = [room.room_id for room in rooms_of(vault, wallet)]
    return [*dict.fromkeys((*rooms, *(one for room in rooms for one in kept_with(vault, room))))]


def keeper(vault: Vault, wallet: Wallet) -> str | None:
    """The bot that keeps the rooms of the wallet's accounts."""
    found = (bot_of(vault, room.room_id) for room in rooms_of(vault, wallet))
    return next((bot for bot in found if bot is not None), None)


def key_of(vault: Vault, bot: str) -> bytes | None:
    """The bot's public master key (32 bytes), as the invite link named it."""
    identity = vault.identities.get(bot)
    return None if identity is None else base64.b64decode(identity.master + "=")


def pin(vault: Vault, bot: str, lineage: bytes, sequence: int, head: bytes) -> None:
    """Keep what an invite link of ``bot`` said about the newest record of its circle."""
    value = {"lineage": lineage.hex(), "sequence": sequence, "head": head.hex()}
    vault.records.replace(_PINNED, bot, value)


def pinned(vault: Vault, bot: str) -> tuple[bytes, int, bytes] | None:
    """What `pin` kept: lineage, number and hash; None if the link said nothing."""
    value: Mapping[str, str | int] | None = vault.records.get(_PINNED, bot)
    if value is None:
        return None
    lineage, head = bytes.fromhex(str(value["lineage"])), bytes.fromhex(str(value["head"]))
    return lineage, int(value["sequence"]), head
