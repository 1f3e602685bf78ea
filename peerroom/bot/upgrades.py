"""Following a room that its owners replaced by another one (``m.room.tombstone``).

The link must hold both ways: the old room's tombstone comes from somebody who stands at the top of
it and names the new room; the new room was made by the same account and names the old one as its
predecessor (spec: m.room.create). Otherwise anyone could lead a bot, and with it everybody, away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from peerroom.bot.circle import MARKER, NAMESPACE, current, lineage_of
from peerroom.bot.direct_rooms import known_room
from peerroom.bot.ledger import Ledger
from peerroom.bot.requests import Requests
from peerroom.bot.standings import move
from peerroom.matrix.errors import Forbidden
from peerroom.matrix.power import CREATOR, room_power
from peerroom.matrix.rooms import Rooms
from peerroom.moderation import actions as act
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText

TOMBSTONE: Final = "m.room.tombstone"
CREATE: Final = "m.room.create"
_CAME_FROM: Final = "bot.came_from"
_TOP: Final = 100
"""The level of an owner in rooms of versions before 12, which have no creators above all."""


class RoomsMoved(Exception):
    """A room of ours is another one now: whoever knows rooms by their ids begins anew."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A room that was replaced, by whom, and by which."""

    old: str
    new: str
    by: str


def announced(vault: Vault, rotating: bool) -> Iterator[Upgrade]:
    """Every room of ours that was replaced by a room that is not ours yet.

    ``rotating``: the circle's room is replaced by the change of names alone.
    """
    if vault.records.get(NAMESPACE, "circle") is None:
        return
    rooms = current(vault)
    ours = [rooms.management, *Ledger(vault, invite_days=1).standings.rooms()]
    for old in ours:
        tombstone = vault.rooms.state_event(old, TOMBSTONE)
        if tombstone is None or tombstone.sender is None or (rotating and old == rooms.circle):
            continue
        new = tombstone.content.get("replacement_room")
        if not isinstance(new, str) or not new.startswith("!") or new in ours:
            continue
        power = room_power(vault.rooms, old)
        if power.of(tombstone.sender) >= (CREATOR if power.creators else _TOP):
            yield Upgrade(old, new, tombstone.sender)


def is_linked(vault: Vault, upgrade: Upgrade) -> bool:
    """Whether the new room says so too. Only once we are in it."""
    create = vault.rooms.state_event(upgrade.new, CREATE)
    if create is None or create.sender != upgrade.by:
        return False
    before: Any = create.content.get("predecessor")
    named = before.get("room_id") if isinstance(before, dict) else None
    return named == upgrade.old and vault.rooms.is_encrypted(upgrade.new)


async def follow(
    vault: Vault, ledger: Ledger, rooms: Rooms, requests: Requests, *, rotating: bool
) -> None:
    """Move to every new room that we are in by now. Raises `RoomsMoved` if there was one, and
    `MatrixError`."""
    moved = False
    for upgrade in list(announced(vault, rotating)):
        known = vault.rooms.get(upgrade.new)
        if known is None or known.membership != "join" or not is_linked(vault, upgrade):
            continue
        role = _role(vault, upgrade.old)
        if role is not None:
            marker = {"v": 1, "role": role, "lineage": lineage_of(vault)}
            with suppress(Forbidden):  # without power nothing else works either: see `lookout`
                await rooms.set_state(upgrade.new, MARKER, marker)
        with vault.transaction():
            _bring_along(vault, requests, upgrade)
            move(vault, upgrade.old, upgrade.new, role)
            vault.records.replace(_CAME_FROM, upgrade.new, upgrade.old)
            if role == "management":
                _tell_cases(vault, ledger, replace(requests, management=upgrade.new))
        moved = True
    if moved:
        raise RoomsMoved


def expected(vault: Vault, room_id: str) -> frozenset[str]:
    """Who was in the room that this one came from: they may all come at once."""
    old = vault.records.get(_CAME_FROM, room_id)
    return frozenset() if old is None else frozenset(_inside(vault, old))


def _role(vault: Vault, room_id: str) -> str | None:
    rooms = current(vault)
    return {rooms.circle: "circle", rooms.management: "management"}.get(room_id)


def _bring_along(vault: Vault, requests: Requests, upgrade: Upgrade) -> None:
    """Ask everybody over who was in the old room, and tell them in private which room it is: to
    members' programs an invitation alone is only the server's word."""
    account = requests.account
    via = (account.user_id.partition(":")[2],)
    there = _inside(vault, upgrade.new)
    for user in sorted(_inside(vault, upgrade.old) - there):
        key = f"moved:{upgrade.new}{user}"
        requests.add(act.InviteMember(upgrade.new, user), key)
        room = known_room(vault, account.id, user)
        if room is not None:
            answer = act.AnswerDoor(room, "admitted", upgrade.new, via)
            requests.add(answer, f"{key}:told", readers=[user])


def _tell_cases(vault: Vault, ledger: Ledger, requests: Requests) -> None:
    """Say in the moderators' new room how the cases stand that are not closed. Cases and evidence
    stay about the messages that they are about, wherever those are."""
    names = {
        user: ForeignText(one.get("displayname")).line(80)
        for room in (current(vault).circle, requests.management)
        for user, one in vault.rooms.members(room).items()
    }
    for number, case in ledger.casebook.cases().items():
        if case.state == "closed":
            continue
        for index, step in enumerate(ledger.casebook.steps(number)):
            key = f"moved:{requests.management}:{number}:{index}"
            requests.say_step(step, case, names, key)


def _inside(vault: Vault, room_id: str) -> set[str]:
    members = vault.rooms.members(room_id)
    return {user for user, one in members.items() if one.get("membership") == "join"}
