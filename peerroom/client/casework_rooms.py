"""Which rooms are the moderators' own, which they look after, and how those stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from peerroom.client.casework_views import RoomStatus
from peerroom.client.names import Names, title
from peerroom.client.reporting_room import is_proven
from peerroom.client.rotation.places import bot_of
from peerroom.i18n import _, ngettext
from peerroom.matrix.power import room_power

if TYPE_CHECKING:
    from peerroom.store.rooms import StoredRoom
    from peerroom.store.vault import Vault

MARKER: Final = "org.peerroom.room"
"""State with which the bot says what a room of its is."""
_LOOKED_AT: Final = 100
"""The newest events of a room, of which those that cannot be read are counted."""


def desk_bot(vault: Vault, room_id: str) -> str | None:
    """The bot of this management room; None if it is no such room.

    It made the room, and said in its state what the room is. Whoever runs the server could say the
    same of another room, but not have us asked there by the bot's encrypted word, nor say a step
    in its name.
    """
    room = vault.rooms.get(room_id)
    bot = bot_of(vault, room_id)
    if room is None or bot is None or not room.encrypted:
        return None
    return bot if _role(vault, room_id, bot) == "management" else None


def may_be_desk(vault: Vault, room_id: str) -> bool:
    """Whether somebody at least, if not the bot, says that it is a management room: the owner who
    replaced the old one, say, where the bot listens as well."""
    marked = vault.rooms.state(room_id, MARKER)
    return marked is not None and marked.get("role") == "management"


def desks(vault: Vault, account_id: int) -> list[str]:
    """The management rooms that this account is in, by room id."""
    return [
        room.room_id
        for room in vault.rooms.all(account_id)
        if room.membership == "join" and desk_bot(vault, room.room_id) is not None
    ]


def looked_after(vault: Vault, account_id: int, bot: str) -> list[RoomStatus]:
    """The rooms of ``bot`` that people talk in and this account is in."""
    return [
        status(vault, room, bot)
        for room in vault.rooms.all(account_id)
        if room.membership == "join"
        and not vault.rooms.is_of_two(room.room_id)
        and bot in vault.rooms.members(room.room_id)
        and _role(vault, room.room_id, bot) != "management"
    ]


def status(vault: Vault, room: StoredRoom, bot: str) -> RoomStatus:
    """How a room stands, as far as the vault knows."""
    members = vault.rooms.members(room.room_id)
    here = [user for user, said in members.items() if said.get("membership") == "join"]
    power = room_power(vault.rooms, room.room_id)
    everyone = power.events.get("m.room.encrypted", power.events_default)
    muted = [user for user in here if power.of(user) < min(0, everyone)]
    newest = vault.events.page(room.room_id, limit=_LOOKED_AT)
    view = RoomStatus(
        room_id=room.room_id,
        title=title(vault, room.room_id, Names(vault, room.room_id), ""),
        people=len(here),
        bot_here=bot in here,
        bot_proven=is_proven(vault, bot),
        encrypted=room.encrypted,
        locked=power.users_default < everyone,
        muted=len(muted),
        unreadable=sum(event.status == "undecryptable" for event in newest),
        sentence="",
    )
    return replace(view, sentence=_sentence(view))


def _role(vault: Vault, room_id: str, bot: str) -> object:
    marked = vault.rooms.state_event(room_id, MARKER)
    return marked.content.get("role") if marked is not None and marked.sender == bot else None


def _sentence(view: RoomStatus) -> str:
    if not view.bot_here:
        return _("The bot is not in this room: nobody looks after it now.")
    if not view.bot_proven:
        return _("The bot is not proven to be the one that let you in.")
    people = ngettext("{count} person", "{count} people", view.people).format(count=view.people)
    said = [_("{people}, and the bot is here.").format(people=people)]
    if view.locked:
        said.append(_("Only moderators can write now."))
    if view.muted:
        muted = ngettext("{count} is muted.", "{count} are muted.", view.muted)
        said.append(muted.format(count=view.muted))
    if view.unreadable:
        words = ngettext(
            "{count} of the newest messages cannot be read here.",
            "{count} of the newest messages cannot be read here.",
            view.unreadable,
        )
        said.append(words.format(count=view.unreadable))
    return " ".join(said)
