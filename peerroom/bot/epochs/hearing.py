"""What members do, as facts for the registrar: what they ask for, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from peerroom.bot.ledger import Ledger
from peerroom.matrix.trust import Trust
from peerroom.moderation.state import InviteRecord
from peerroom.pseudonym import names
from peerroom.pseudonym.registrar_facts import (
    AllCame,
    Asked,
    Excluded,
    Fact,
    Joined,
    Left,
    ReplacementObjected,
    Standing,
    WantsToStay,
)
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.wire import rotation
from peerroom.wire.content import BadContent


@dataclass(frozen=True, slots=True)
class Hearing:
    """Reads a circle's rooms. ``apart`` are accounts that never have a seat: the bot's own, and
    that of the second owner."""

    vault: Vault
    ledger: Ledger
    apart: frozenset[str]

    def heard(self, event: StoredEvent, office: Office) -> Fact | None:
        """What an event means. Only what was encrypted by a device counts that its owner signed,
        under the identity that was pinned for them."""
        clear = event.clear
        known = self.vault.identities.get(event.sender)
        if clear is None or event.status != "ok" or event.trust != Trust.SIGNED or known is None:
            return None
        if event.sender in self.apart:
            return None
        if event.sender in office.replacements and clear.get("type") == "m.room.message":
            return ReplacementObjected(event.sender)
        room = self.vault.rooms.get(event.room_id)
        if room is None or not (room.encrypted and self.vault.rooms.is_of_two(room.room_id)):
            return None
        try:
            return _asked(event.sender, clear.get("type"), clear.get("content"))
        except BadContent:
            return None

    def whereabouts(self, office: Office) -> Iterator[Fact]:
        """What the memberships in the circle's rooms say that the registrar does not know yet.

        Looked up rather than followed: it makes no difference how often, or how late.
        """
        if office.room_id is None:
            return
        moderators = self.ledger.moderators()
        invites = self.ledger.invites().values()
        coming = {invite.used_by: _standing(invite) for invite in invites if not invite.arrived}
        members = self.vault.rooms.members(office.room_id)
        for user, member in members.items():
            if user in self.apart or member.get("membership") != "join":
                continue
            seat = office.seats.get(user)
            if user in moderators and (seat is None or seat.standing != "resident"):
                yield Joined(user, number_of(member), "resident")
            elif seat is None and user in coming:
                yield Joined(user, number_of(member), coming[user])
        move = office.move
        if move is not None and move.stage == "coming" and self._came(move.order, office):
            yield AllCame(move.epoch)
        for user in office.seats:
            room_id = office.room_of(user)
            assert room_id is not None
            there = self.vault.rooms.state(room_id, "m.room.member", user) or {}
            if there.get("membership") == "leave":
                yield Left(user, room_id)
            elif there.get("membership") == "ban":
                yield Excluded(user)

    def _came(self, users: tuple[str, ...], office: Office) -> bool:
        """Whether all of these who have a seat were in the circle's room, or do not want to be."""
        assert office.room_id is not None
        members = self.vault.rooms.members(office.room_id)
        return all(
            members.get(user, {}).get("membership") in ("join", "leave", "ban")
            for user in users
            if user in office.seats
        )


def _standing(invite: InviteRecord) -> Standing:
    return "resident" if invite.role == "resident" else "member"


def number_of(member: dict[str, object]) -> int | None:
    """The number of a member's name; None if it was not drawn."""
    shown = member.get("displayname")
    name = names.read(shown) if isinstance(shown, str) else None
    return None if name is None else name.index


def _asked(sender: str, kind: object, content: object) -> Fact | None:
    """Raises `BadContent`."""
    if kind == rotation.REQUEST:
        request = rotation.Request.read(content)
        return Asked(sender, request.epoch, request.requests)
    if kind == rotation.STAY:
        stay = rotation.Stay.read(content)
        return WantsToStay(sender, stay.epoch, stay.round, rotation.decode_seat(stay.seat))
    return None
