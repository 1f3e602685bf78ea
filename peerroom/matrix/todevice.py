"""To-device events: room keys through Olm, and the news of keys that we will not get."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from peerroom.matrix.canonical import canonical, from_base64
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.devices import Devices
from peerroom.matrix.event import is_room_id, is_user_id
from peerroom.matrix.olm import ALGORITHM, HOSTILE, OlmMachine, OlmPayload, text
from peerroom.matrix.outbound import ALGORITHM as MEGOLM
from peerroom.matrix.outcome import (
    ClearToDevice,
    DecryptedToDevice,
    Reason,
    RoomSession,
    ToDeviceResult,
)
from peerroom.matrix.roomkeys import RoomKeys
from peerroom.matrix.trust import Trust
from peerroom.matrix.waiting import LARGEST

if TYPE_CHECKING:
    from peerroom.store.rooms import Rooms

log = logging.getLogger(__name__)

_WITHHELD: Final = frozenset(reason.value for reason in Reason if reason.value.startswith("m."))
_LONGEST_SESSION_ID: Final = 64


class Inbox:
    """Takes in to-device events of one device, each in a guard of its own.

    Requests for keys, forwarded keys and verification are not answered: nobody gets a key on
    request here, and an interactive step that nobody at this end sees must not be begun.
    """

    def __init__(
        self,
        olm: OlmMachine,
        store: CryptoStore,
        devices: Devices,
        room_keys: RoomKeys,
        rooms: Rooms,
        own_key: str,
        in_clear: Collection[str],
    ) -> None:
        self._olm = olm
        self._store = store
        self._devices = devices
        self._room_keys = room_keys
        self._rooms = rooms
        self._own_key = own_key
        self._in_clear = frozenset(in_clear)
        self.restarted: set[str] = set()
        """Curve25519 keys of devices that began a new Olm session: they had lost the old one."""

    def take(self, events: Sequence[object]) -> ToDeviceResult:
        """See `peerroom.matrix.crypto.Machine.handle_to_device`."""
        other: list[DecryptedToDevice] = []
        clear: list[ClearToDevice] = []
        withheld: set[RoomSession] = set()
        stale: set[str] = set()
        refused = 0
        for event in events:
            try:
                kind, sender, content = _outer(event)
                if kind == "m.room_key.withheld":
                    withheld |= self._note_withheld(sender, content)
                elif kind == "m.room.encrypted":
                    payload = self._open(sender, content)
                    if self._devices.unasked([sender]):
                        stale.add(sender)
                    other += self._act_on(payload)
                elif kind in self._in_clear:
                    clear.append(_in_clear(kind, sender, content))
            except HOSTILE as error:
                log.debug("a to-device event was refused: %s", type(error).__name__)
                refused += 1
        return ToDeviceResult(
            new_sessions=self._room_keys.fresh,
            withheld=frozenset(withheld),
            other=tuple(other),
            clear=tuple(clear),
            refused=refused,
            stale_users=frozenset(stale),
        )

    def _open(self, sender: str, content: Mapping[str, object]) -> OlmPayload:
        """Decrypt an Olm event. Raises `HOSTILE`."""
        sealed, sender_key = content["ciphertext"], text(content["sender_key"])
        sealed = sealed[self._own_key] if isinstance(sealed, dict) else None
        if content["algorithm"] != ALGORITHM or not isinstance(sealed, dict):
            raise ValueError("not an Olm message to this device")
        if from_base64(sender_key, 32) is None:
            raise ValueError("malformed sender key")
        with self._store.guarded():
            payload = self._olm.open(sender, sender_key, sealed["type"], text(sealed["body"]))
        if payload is None:
            raise ValueError("does not decrypt")
        self._devices.vouch(sender, sender_key, payload.ed25519, payload.device_keys)
        if self._devices.trust(sender, sender_key, payload.ed25519) is None:
            raise ValueError("not a device of its sender")
        return payload

    def _act_on(self, payload: OlmPayload) -> list[DecryptedToDevice]:
        """Raises `HOSTILE`."""
        match payload.type:
            case "m.room_key":
                self._keep_room_key(payload)
                return []
            case "m.dummy":
                self.restarted.add(payload.sender_key)
                return []
            case "m.forwarded_room_key":
                raise ValueError("nobody was asked for a key")
        keys = payload.sender, payload.sender_key, payload.ed25519
        device = self._devices.find(*keys)
        if device is None or self._devices.trust(*keys) is not Trust.SIGNED:
            raise ValueError("from a device that its owner has not signed")
        return [DecryptedToDevice(payload.type, payload.content, payload.sender, device.device_id)]

    def _keep_room_key(self, payload: OlmPayload) -> None:
        content = payload.content
        room_id = text(content["room_id"])
        if content["algorithm"] != MEGOLM or not is_room_id(room_id):
            raise ValueError("no room key")
        self._room_keys.add(
            room_id,
            text(content["session_id"]),
            text(content["session_key"]),
            sender_key=payload.sender_key,
            ed25519=payload.ed25519,
        )

    def _note_withheld(self, sender: str, content: Mapping[str, object]) -> set[RoomSession]:
        """Anyone can say this in clear, so it only ever chooses the words for what is missing."""
        if content.get("code") == Reason.WITHHELD_NO_OLM:
            return set()  # about a device, not a session (spec); our fallback key prevents it
        room_id, session_id = text(content["room_id"]), text(content["session_id"])
        code = text(content["code"])
        if code not in _WITHHELD or len(session_id) > _LONGEST_SESSION_ID:
            raise ValueError("not a reason")
        if self._rooms.get(room_id) is None:
            return set()
        self._room_keys.withhold(room_id, session_id, sender, code)
        return {(room_id, session_id)}


def _outer(event: object) -> tuple[str, str, Mapping[str, object]]:
    if not isinstance(event, dict):
        raise TypeError("no object")
    kind, sender, content = text(event["type"]), text(event["sender"]), event["content"]
    if not is_user_id(sender) or not isinstance(content, dict):
        raise ValueError("no sender or content")
    return kind, sender, content


def _in_clear(kind: str, sender: str, content: Mapping[str, object]) -> ClearToDevice:
    """Raises `HOSTILE`."""
    if len(canonical(content)) > LARGEST:
        raise ValueError("too long")
    return ClearToDevice(kind, sender, content)
