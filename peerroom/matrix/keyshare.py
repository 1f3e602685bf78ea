"""Who gets a room's key: every device that its owner has signed, and no other.

A device counts as holding the key when the server has taken the to-device message, and not before;
what is under way is repeated under the same transaction id until then.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from peerroom.clock import Clock
from peerroom.i18n import ngettext
from peerroom.matrix import commit_points
from peerroom.matrix.chain import DeviceKeys
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.outbound import ALGORITHM, Holder, Outbound, Rotation
from peerroom.matrix.outcome import Reason
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.key_shares import ShareOutcome
    from peerroom.store.vault import Vault

_DEVICES_A_REQUEST: Final = 100
_CLAIM_AGAIN_AFTER: Final = 60.0
"""Seconds before a device that had no key to reach it by is tried again, unless its owner's device
list changes before."""

DeviceId = tuple[str, str]
"""A user id and a device id."""


@dataclass(frozen=True, slots=True)
class ShareReport:
    """How the current room key of a room stands, device by device."""

    sent: frozenset[DeviceId] = frozenset()
    """The server has taken the key for them."""
    withheld: frozenset[DeviceId] = frozenset()
    """Not signed by their owner, or the owner's identity changed: told so, given no key."""
    no_key: frozenset[DeviceId] = frozenset()
    """Signed, but without any key to reach them by; tried again later."""
    changed: frozenset[str] = frozenset()
    """Users whose identity changed and was not accepted."""

    def sentence(self) -> str | None:
        """What the user should know of it, in the current language; None when all is well."""
        if self.changed:
            return ngettext(
                "The encryption identity of {count} person here has changed, so they get no keys.",
                "The encryption identity of {count} people here has changed, so they get no keys.",
                len(self.changed),
            ).format(count=len(self.changed))
        if self.withheld:
            return ngettext(
                "{count} device here cannot read along: its owner has not confirmed it.",
                "{count} devices here cannot read along: their owners have not confirmed them.",
                len(self.withheld),
            ).format(count=len(self.withheld))
        return None


@dataclass(slots=True)
class _Parcel:
    """One to-device request that has to reach the server."""

    event_type: str
    outcome: ShareOutcome
    messages: dict[str, dict[str, object]]
    devices: list[DeviceKeys]
    transaction_id: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(slots=True)
class _Room:
    """The outgoing session of a room, and what is still to be told to whom."""

    outbound: Outbound
    parcels: list[_Parcel] = field(default_factory=list)
    withheld: set[Holder] = field(default_factory=set)
    """Devices that this session is kept from; they are told once."""
    no_key: dict[Holder, float] = field(default_factory=dict)
    """Devices that could not be reached, and when (monotonic) they are tried again."""
    lost: set[Holder] = field(default_factory=set)
    """Devices that were given the key and say that they lost it: they get it once more."""
    settled: tuple[frozenset[str], int] | None = None
    """The members and the version of the device lists for which nothing is left to do."""
    report: ShareReport = field(default_factory=ShareReport)


class KeyShare:
    """The outgoing Megolm session of each room. A new one at each start: none is ever written."""

    def __init__(self, machine: Machine, vault: Vault, session: Session, *, clock: Clock) -> None:
        self._machine = machine
        self._vault = vault
        self._session = session
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure_shared(self, room_id: str, members: Collection[str]) -> ShareReport:
        """See that every signed device of ``members`` holds the room's current key.

        ``members`` are all users who may read now (the whole membership, not a lazy part; or
        fewer, where a message is not for everyone). Cheap when nothing changed: no request, no
        query. A new session is started when one is due by age or count (``m.room.encryption``),
        when somebody who was given the key is no longer among ``members``, when a device is gone
        or no longer signed, and when a device that could not be reached can be. Raises
        `MatrixError` when a share did not reach the server: then no message may go, and the next
        call repeats the same share under the same transaction id.
        """
        async with self._locks[room_id]:
            people = frozenset(members)
            room = self._rooms.get(room_id)
            self._forget_restarted()
            if room is not None and self._is_settled(room_id, room, people):
                return room.report
            await self._machine.learn(self._session, people)
            version = self._machine.devices.version
            readers, refused = self._sort(people)
            room = await self._room_for(room_id, room, readers, refused)
            await self._reach(room, readers)
            self._pack(room, readers, refused)
            await self._send(room_id, room)
            room.outbound.ready = True
            room.settled = (people, version)
            room.report = ShareReport(
                sent=_names(d for d in readers if _holder(d) in room.outbound.holders),
                withheld=_names(refused),
                no_key=_names(d for d in readers if _holder(d) in room.no_key),
                changed=frozenset(u for u in people if self._machine.devices.changed(u)),
            )
            return room.report

    def report(self, room_id: str) -> ShareReport:
        """How the room's key stood after the last `ensure_shared`; costs one look-up.

        Empty before the first message of this life. A message that named its readers says how it
        stands with them alone.
        """
        room = self._rooms.get(room_id)
        return room.report if room else ShareReport()

    def _is_settled(self, room_id: str, room: _Room, people: frozenset[str]) -> bool:
        devices, now = self._machine.devices, self._clock.monotonic()
        return (
            room.settled == (people, devices.version)
            and not room.parcels
            and not any(again <= now for again in room.no_key.values())
            and not room.outbound.used_up(self._rotation(room_id), now)
            and not devices.unasked(people)
        )

    def _rotation(self, room_id: str) -> Rotation:
        return Rotation.of(self._vault.rooms.state(room_id, "m.room.encryption"))

    def _sort(self, people: frozenset[str]) -> tuple[list[DeviceKeys], list[DeviceKeys]]:
        """Devices that get the key, and devices that do not. Ours is neither."""
        readers: list[DeviceKeys] = []
        refused: list[DeviceKeys] = []
        devices = self._machine.devices
        for user_id in sorted(people):
            for device in devices.current(user_id):
                if device.curve25519 != self._machine.curve25519:
                    (readers if devices.is_signed(device) else refused).append(device)
        return readers, refused

    async def _room_for(
        self,
        room_id: str,
        room: _Room | None,
        readers: Iterable[DeviceKeys],
        refused: Iterable[DeviceKeys],
    ) -> _Room:
        """The room's session, or a new one where the old one must not be used any more."""
        now = self._clock.monotonic()
        if room is not None:
            may_read = {_holder(device) for device in readers}
            returned = await self._reach_again(room, readers)
            if (
                room.outbound.holders <= may_read
                and not self._under_way(room) - may_read
                and not returned
                and not room.outbound.used_up(self._rotation(room_id), now)
            ):
                return room
        self._vault.key_shares.forget(room_id)
        fresh = _Room(self._machine.start_outbound(room_id, now))
        if room is not None:
            fresh.no_key = room.no_key
        self._rooms[room_id] = fresh
        self._machine.commit()  # our own messages must stay readable to us
        return fresh

    async def _reach_again(self, room: _Room, readers: Iterable[DeviceKeys]) -> bool:
        """Whether a device that had no key to be reached by can be reached now."""
        now, returned = self._clock.monotonic(), False
        changed = room.settled is None or room.settled[1] != self._machine.devices.version
        again = [
            device
            for device in readers
            if (due := room.no_key.get(_holder(device))) is not None and (changed or due <= now)
        ]
        for device in await self._machine.olm_sessions.open(self._session, again):
            del room.no_key[_holder(device)]
            returned = True
        for device in again:
            if _holder(device) in room.no_key:
                room.no_key[_holder(device)] = now + _CLAIM_AGAIN_AFTER
        return returned

    async def _reach(self, room: _Room, readers: Iterable[DeviceKeys]) -> None:
        """Open an Olm session with every reader that has none, and note who cannot be reached."""
        sessions = self._machine.olm_sessions
        strangers = [
            device
            for device in readers
            if _holder(device) not in room.no_key and not sessions.reachable(device)
        ]
        opened = await sessions.open(self._session, strangers)
        due = self._clock.monotonic() + _CLAIM_AGAIN_AFTER
        for device in strangers:
            if device not in opened:
                room.no_key[_holder(device)] = due

    def _pack(
        self, room: _Room, readers: Iterable[DeviceKeys], refused: Iterable[DeviceKeys]
    ) -> None:
        """Parcels for everyone who has neither the key nor a parcel that brings it."""
        served = (room.outbound.holders - room.lost) | self._under_way(room)
        lacking = [
            device
            for device in readers
            if (holder := _holder(device)) not in served and holder not in room.no_key
        ]
        for start in range(0, len(lacking), _DEVICES_A_REQUEST):
            part = lacking[start : start + _DEVICES_A_REQUEST]
            messages: dict[str, dict[str, object]] = {}
            for device in part:
                sealed = self._machine.seal_room_key(room.outbound, device)
                messages.setdefault(device.user_id, {})[device.device_id] = sealed
            room.parcels.append(_Parcel("m.room.encrypted", "sent", messages, part))
            room.lost -= {_holder(device) for device in part}
        if lacking:
            # The Olm ratchets have moved: on disk before anyone can see what they encrypted.
            self._machine.commit()
            commit_points.reach("share:crypto-committed")
        self._tell(room, refused, Reason.WITHHELD_UNVERIFIED, "withheld")
        unreached = [device for device in readers if _holder(device) in room.no_key]
        self._tell(room, unreached, Reason.WITHHELD_NO_OLM, "no_key")

    def _tell(
        self, room: _Room, devices: Iterable[DeviceKeys], reason: Reason, outcome: ShareOutcome
    ) -> None:
        """A parcel for those who were not told yet that they will not get this session."""
        untold = [device for device in devices if _holder(device) not in room.withheld]
        if untold:
            room.parcels.append(self._notice(room.outbound, untold, reason, outcome))
            room.withheld |= {_holder(device) for device in untold}

    def _notice(
        self, outbound: Outbound, devices: list[DeviceKeys], reason: Reason, outcome: ShareOutcome
    ) -> _Parcel:
        """``m.room_key.withheld``, so that the other side can say why it cannot read (MSC2399)."""
        content: dict[str, object] = {
            "algorithm": ALGORITHM,
            "code": reason.value,
            "sender_key": self._machine.curve25519,
        }
        if reason is not Reason.WITHHELD_NO_OLM:
            content |= {"room_id": outbound.room_id, "session_id": outbound.session_id}
        messages: dict[str, dict[str, object]] = {}
        for device in devices:
            messages.setdefault(device.user_id, {})[device.device_id] = content
        return _Parcel("m.room_key.withheld", outcome, messages, devices)

    async def _send(self, room_id: str, room: _Room) -> None:
        """Bring every parcel to the server. Raises `MatrixError` for one that holds a key."""
        for parcel in tuple(room.parcels):
            try:
                await self._session.put(
                    "/sendToDevice",
                    parcel.event_type,
                    parcel.transaction_id,
                    json={"messages": parcel.messages},
                )
            except MatrixError:
                if parcel.outcome == "sent":
                    raise
                continue  # a notice: stays among the parcels, goes with the next message
            room.parcels.remove(parcel)
            self._note(room_id, room, parcel)
            if parcel.outcome == "sent":
                commit_points.reach("share:sent")

    def _note(self, room_id: str, room: _Room, parcel: _Parcel) -> None:
        if parcel.outcome == "sent":
            room.outbound.holders |= {_holder(device) for device in parcel.devices}
        with self._vault.transaction():
            for device in parcel.devices:
                self._vault.key_shares.record(
                    room_id,
                    room.outbound.session_id,
                    device.user_id,
                    device.device_id,
                    parcel.outcome,
                )

    def _forget_restarted(self) -> None:
        """Devices that lost their Olm sessions get every room's key once more."""
        restarted = self._machine.restarted()
        for room in self._rooms.values() if restarted else ():
            lost = {holder for holder in room.outbound.holders if holder[2] in restarted}
            if lost:
                # They stay holders: they were given the key, whatever they say.
                room.lost |= lost
                room.settled = None

    @staticmethod
    def _under_way(room: _Room) -> set[Holder]:
        return {
            _holder(device)
            for parcel in room.parcels
            if parcel.outcome == "sent"
            for device in parcel.devices
        }


def _holder(device: DeviceKeys) -> Holder:
    return device.user_id, device.device_id, device.curve25519


def _names(devices: Iterable[DeviceKeys]) -> frozenset[DeviceId]:
    return frozenset((device.user_id, device.device_id) for device in devices)
