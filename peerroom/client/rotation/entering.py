"""The records of a room that one has just come into, held against what the invite link pins.

A server shows a room's state to those who are in it and to nobody else (client-server API, "Room
history visibility": an invitation brings the name and the rules of joining, no more), so records
cannot be checked before joining. They are checked before anything is said there: until they are
right the account is not the vault's current one, and nothing else can write as it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerroom.client.rotation.places import bot_of, key_of, pin, pinned, records_in
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.pseudonym import following
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.records import Chain, read_record

if TYPE_CHECKING:
    from peerroom.store.vault import Vault
    from peerroom.wire.invite import Invite


class AnotherCircle(PeerRoomError):
    """The room's records are not those of the circle that the invite link pins."""

    what = N_("The room behind this invite is not the one that it was made for.")
    next_step = N_("Do not go on. Ask the person who invited you, in another way.")


def check(vault: Vault, room_id: str, invite: Invite) -> None:
    """Hold the room against the link, where names change. Raises `AnotherCircle`."""
    told, key = invite.pinned, key_of(vault, invite.bot)
    if told is None:
        return
    if key is None:
        raise AnotherCircle
    start = Chain(told.lineage, key, told.sequence, told.head)
    try:
        following.enter(start, records_in(vault, room_id))
    except RecordError as error:
        raise AnotherCircle from error


def keep_pin(vault: Vault, invite: Invite) -> None:
    """Where names change, keep what the link says of the circle's newest record."""
    if (told := invite.pinned) is not None:
        pin(vault, invite.bot, told.lineage, told.sequence, told.head)


def chain_of(vault: Vault, room_id: str) -> Chain | None:
    """The chain of a room that one is in, from what the invite pinned; None where there is none.

    Raises `RecordError`: `RecordMissing` while it is not whole.
    """
    bot = bot_of(vault, room_id)
    key = key_of(vault, bot) if bot is not None else None
    records = records_in(vault, room_id)
    if bot is None or key is None or not records:
        return None
    told = pinned(vault, bot) or (read_record(records[0], key).lineage, 0, bytes(32))
    lineage, sequence, head = told
    return following.enter(Chain(lineage, key, sequence, head), records)
