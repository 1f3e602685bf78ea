"""What one turn of sync changes in the rooms of the vault. Runs inside the turn's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from peerroom.matrix import event, sync_body
from peerroom.matrix.event import MEMBER, Event
from peerroom.matrix.ingest import Ingest, Reading, Written
from peerroom.matrix.sync_body import InvitePart, RoomPart, SyncBody
from peerroom.store.rooms import Membership, StoredRoom

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


@dataclass(frozen=True)
class RoomDelta:
    """What one turn changed in one room. Ids only: the contents are in the vault."""

    room_id: str
    new_events: tuple[str, ...] = ()
    """Timeline events that were not there before, in order."""
    changed_events: tuple[str, ...] = ()
    """Events that became readable, or were redacted."""
    state_changed: bool = False
    limited: bool = False
    """There is a gap before the new events; it is recorded, and filled by `Backfill`."""


@dataclass(frozen=True)
class Invitation:
    """Someone asks us into a room. ``sender`` may be anyone: an invitation is foreign."""

    room_id: str
    sender: str
    is_direct: bool
    encrypted: bool


class RoomUpdates:
    """Writes rooms, their state, their events and their gaps for one account.

    A room that another name of this vault is in, or was in until it retired, is that name's: what
    a server, or whoever may invite there, says of it to this one is left out. A room that comes
    over from a name that left it brings none of the tokens by which the server knows that one.
    """

    def __init__(self, vault: Vault, account: Account, ingest: Ingest) -> None:
        self._vault = vault
        self._account_id = account.id
        self._user_id = account.user_id
        self._ingest = ingest

    def write(
        self,
        body: SyncBody,
        readings: Mapping[str, Sequence[Reading]],
        readable: Mapping[str, Sequence[str]],
    ) -> tuple[RoomDelta, ...]:
        """Every room of the answer; ``readable`` are stored events that changed, by room."""
        deltas = {
            room_id: RoomDelta(room_id, changed_events=tuple(changed))
            for room_id, changed in readable.items()
        }
        for part in body.joined:
            if self._is_anothers(part.room_id):
                continue
            self._enter(part.room_id)
            delta = self._write_room(part, readings[part.room_id])
            deltas[part.room_id] = _merged(deltas.get(part.room_id), delta)
        for part in body.parted:
            if self._is_anothers(part.room_id):
                continue
            self._known(part.room_id, "leave")
            delta = self._write_room(part, readings[part.room_id])
            deltas[part.room_id] = _merged(deltas.get(part.room_id), delta)
            self._vault.rooms.set_membership(part.room_id, self._parting(part.room_id))
        return tuple(deltas.values())

    def write_invites(self, invited: Sequence[InvitePart]) -> tuple[Invitation, ...]:
        """Rooms that we may enter. Those without an inviter's name are no invitations."""
        found = [self._write_invite(invite) for invite in invited]
        return tuple(invitation for invitation in found if invitation is not None)

    def _write_room(self, part: RoomPart, readings: Sequence[Reading]) -> RoomDelta:
        room_id = part.room_id
        state, nameless = event.read_all(part.state)
        written = Written(malformed=nameless)
        standing = [piece for piece in state if not self._was_replaced(room_id, piece)]
        self._ingest.write_state(room_id, standing, written)
        start, limited = self._start(part, readings)
        self._ingest.write_live(room_id, readings, start, written)
        return RoomDelta(
            room_id=room_id,
            new_events=tuple(written.new),
            changed_events=tuple(written.changed),
            state_changed=written.state_changed,
            limited=limited,
        )

    def _was_replaced(self, room_id: str, piece: Event) -> bool:
        """Whether we saw in the timeline what came in its place.

        Where two events were sent at the same moment, the state that servers name is that before
        the one of them that comes next in the timeline, and so without the other (MSC4222 is about
        this). A room would seem locked after it was opened.
        """
        now = self._vault.rooms.state_event(room_id, piece.type, piece.state_key or "")
        if now is None or now.event_id in (None, piece.event_id):
            return False
        before = self._vault.events.get(piece.event_id)
        after = self._vault.events.get(now.event_id)
        return before is not None and after is not None and before.position < after.position

    def _start(self, part: RoomPart, readings: Sequence[Reading]) -> tuple[int, bool]:
        """The first free position for the part's events, and whether a gap lies before it."""
        events = self._vault.events
        latest = events.latest_position(part.room_id)
        if latest is None:
            self._vault.rooms.set_prev_batch(part.room_id, part.prev_batch)
            return 0, False
        news = any(events.get(reading.event.event_id) is None for reading in readings)
        if part.limited and news and part.prev_batch is not None:
            gap = self._vault.gaps.open(part.room_id, part.prev_batch)
            if gap is not None:
                return gap.newer, True
        return latest + 1, False

    def _enter(self, room_id: str) -> None:
        """We are in the room; entering it (again), the server sends its state as a whole."""
        before = self._known(room_id, "join")
        if before != "join":
            self._vault.rooms.clear_state(room_id)
            self._vault.rooms.set_membership(room_id, "join")

    def _known(self, room_id: str, membership: Membership) -> Membership:
        """Make sure that there is a row; the membership that it has."""
        room = self._vault.rooms.get(room_id)
        if room is None:
            self._vault.rooms.put(
                StoredRoom(room_id=room_id, account_id=self._account_id, membership=membership)
            )
            return membership
        if room.account_id != self._account_id:
            self._vault.gaps.forget_tokens(room_id)
            self._vault.rooms.put(replace(room, account_id=self._account_id, prev_batch=None))
        return room.membership

    def _is_anothers(self, room_id: str) -> bool:
        room = self._vault.rooms.get(room_id)
        if room is None or room.account_id == self._account_id:
            return False
        return room.membership == "join" or self._vault.accounts.is_retired(room.account_id)

    def _parting(self, room_id: str) -> Membership:
        """How we left, by our own membership event."""
        member = self._vault.rooms.state(room_id, MEMBER, self._user_id) or {}
        return "ban" if member.get("membership") == "ban" else "leave"

    def _write_invite(self, invite: InvitePart) -> Invitation | None:
        own = sync_body.own_membership(invite, self._user_id)
        if own is None or self._is_anothers(invite.room_id):
            return None
        sender, content = own
        room_id, rooms = invite.room_id, self._vault.rooms
        if self._known(room_id, "invite") != "join":
            rooms.clear_state(room_id)
            for piece in invite.state:
                self._ingest.write_stripped(room_id, piece)
        rooms.set_membership(room_id, "invite")
        rooms.set_direct(room_id, content.get("is_direct") is True)
        return Invitation(
            room_id=room_id,
            sender=sender,
            is_direct=content.get("is_direct") is True,
            encrypted=rooms.is_encrypted(room_id),
        )


def _merged(before: RoomDelta | None, after: RoomDelta) -> RoomDelta:
    if before is None:
        return after
    return replace(after, changed_events=before.changed_events + after.changed_events)
