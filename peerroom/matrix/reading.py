"""Reading Megolm events: whose they are, whether they are new, and what they say."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from vodozemac import MegolmMessage

from peerroom.matrix import untrusted_json
from peerroom.matrix.devices import Devices
from peerroom.matrix.olm import HOSTILE, text
from peerroom.matrix.outbound import ALGORITHM, MARKER
from peerroom.matrix.outcome import (
    Decrypted,
    Reason,
    RoomSession,
    Unattributable,
    Undecryptable,
)
from peerroom.matrix.padding import FILLING
from peerroom.matrix.roomkeys import RoomKey, RoomKeys
from peerroom.matrix.trust import Trust

log = logging.getLogger(__name__)

# Events that only mean something in clear, as state or to the server (spec: Room state). A sender
# who encrypts one hopes that somebody takes it for the real thing.
_NEVER_ENCRYPTED: Final = frozenset({
    "m.room.avatar", "m.room.canonical_alias", "m.room.create", "m.room.encrypted",
    "m.room.encryption", "m.room.guest_access", "m.room.history_visibility", "m.room.join_rules",
    "m.room.member", "m.room.name", "m.room.pinned_events", "m.room.power_levels",
    "m.room.redaction", "m.room.server_acl", "m.room.third_party_invite", "m.room.tombstone",
    "m.room.topic", "m.space.child", "m.space.parent",
})  # fmt: skip


_LONGEST_PLAINTEXT: Final = 65_536
"""Bytes of a whole event (spec: Size limits); what was encrypted inside one has fewer."""


class Reader:
    """Decrypts the events of rooms for one device, ``own_keys`` (Curve25519, Ed25519) of a user."""

    def __init__(
        self, room_keys: RoomKeys, devices: Devices, user_id: str, own_keys: tuple[str, str]
    ) -> None:
        self._room_keys = room_keys
        self._devices = devices
        self._user_id = user_id
        self._own_keys = own_keys
        self._unproven: dict[str, set[RoomSession]] = {}

    def read(
        self, room_id: str, event: Mapping[str, object]
    ) -> Decrypted | Undecryptable | Unattributable:
        """See `peerroom.matrix.crypto.Machine.decrypt`."""
        try:
            return self._read(room_id, event)
        except HOSTILE as error:
            log.debug("an event is damaged: %s", type(error).__name__)
            return Undecryptable(Reason.BROKEN)

    @property
    def unproven_senders(self) -> frozenset[str]:
        """Senders with events that wait for their device list."""
        return frozenset(self._unproven)

    @property
    def unproven(self) -> frozenset[RoomSession]:
        """The sessions of these events."""
        return frozenset(place for places in self._unproven.values() for place in places)

    def proven(self, sender: str) -> set[RoomSession]:
        """The sender's device list is here: the sessions whose events can be tried again."""
        return self._unproven.pop(sender, set())

    def _read(
        self, room_id: str, event: Mapping[str, object]
    ) -> Decrypted | Undecryptable | Unattributable:
        sender, event_id, content = text(event["sender"]), text(event["event_id"]), event["content"]
        if not isinstance(content, dict) or content["algorithm"] != ALGORITHM:
            raise ValueError("no Megolm event")
        session_id = text(content["session_id"])
        ciphertext = MegolmMessage.from_base64(text(content["ciphertext"]))
        if "state_key" in event:
            return Unattributable(Reason.REFUSED, session_id)
        holders = self._room_keys.holders(room_id, session_id)
        if not holders:
            code = self._room_keys.withheld(room_id, session_id, sender)
            return Undecryptable(Reason(code) if code else Reason.NO_KEY, session_id)
        owner = self._owner(sender, holders)
        if owner is None:
            return Unattributable(Reason.FORGED, session_id)
        key, trust = owner
        if trust is Trust.UNKNOWN:
            self._unproven.setdefault(sender, set()).add((room_id, session_id))
            return Undecryptable(Reason.SENDER_UNKNOWN, session_id)
        if ciphertext.message_index() < key.session.first_known_index:
            return Undecryptable(Reason.KEY_TOO_LATE, session_id)
        clear = key.session.decrypt(ciphertext)
        if not self._room_keys.first_seen_as(key, clear.message_index, event_id):
            return Unattributable(Reason.REPLAYED, session_id)
        return _clear_event(room_id, clear.plaintext, content, trust, session_id)

    def _owner(self, sender: str, holders: tuple[RoomKey, ...]) -> tuple[RoomKey, Trust] | None:
        """The key that came from a device of ``sender``, and how far the device is theirs.

        The event's own ``sender_key`` and ``device_id`` prove nothing and are not looked at
        (deprecated since Matrix 1.3). Of several holders nobody can tell who made the session, so
        each is believed for what they post; but one that is our own is nobody else's.
        """
        holders = tuple(filter(self._is_own, holders)) or holders
        unknown: RoomKey | None = None
        for key in holders:
            trust = self._trust(sender, key)
            if trust is Trust.UNKNOWN:
                unknown = key
            elif trust is not None:
                return key, trust
        return (unknown, Trust.UNKNOWN) if unknown else None

    def _trust(self, sender: str, key: RoomKey) -> Trust | None:
        if self._is_own(key):
            return Trust.SIGNED if sender == self._user_id else None
        return self._devices.trust(sender, key.sender_key, key.ed25519)

    def _is_own(self, key: RoomKey) -> bool:
        return (key.sender_key, key.ed25519) == self._own_keys


def _clear_event(
    room_id: str,
    plaintext: bytes,
    outer: Mapping[str, object],
    trust: Trust,
    session_id: str,
) -> Decrypted | Unattributable:
    """What the plaintext says. Raises `HOSTILE`."""
    if len(plaintext) > _LONGEST_PLAINTEXT:
        raise ValueError("too long for an event")
    payload = untrusted_json.parse(plaintext)
    if not isinstance(payload, dict):
        raise TypeError("payload is no object")
    if payload["room_id"] != room_id:
        return Unattributable(Reason.OTHER_ROOM, session_id)
    event_type, content = text(payload["type"]), payload["content"]
    if not isinstance(content, dict):
        raise TypeError("content is no object")
    if event_type in _NEVER_ENCRYPTED or "state_key" in payload:
        return Unattributable(Reason.REFUSED, session_id)
    if "m.relates_to" in outer:
        # Outside, because the server aggregates by it; what is inside is the sender's own word.
        content.setdefault("m.relates_to", outer["m.relates_to"])
    content.pop(FILLING, None)
    marker = content.pop(MARKER, None)
    return Decrypted(
        event_type, content, trust, session_id, marker if isinstance(marker, str) else None
    )
