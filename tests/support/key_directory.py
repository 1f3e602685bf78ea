"""The key endpoints of a homeserver that shows whatever it is told to: no real one lies."""

from __future__ import annotations

import copy
from typing import Any

from peerroom.clock import Clock, SystemClock
from peerroom.matrix.crypto import Machine
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.identity import CrossSigning
from peerroom.store.vault import Vault

ROOM = "!circle:example.org"


class KeyDirectory:
    """Answers /keys/upload, /keys/query and /keys/claim; stands in for a `Session`."""

    def __init__(self) -> None:
        self._devices: dict[str, dict[str, Any]] = {}
        self._identities: dict[str, CrossSigning] = {}
        self._one_time: dict[str, dict[str, Any]] = {}

    def show(self, user_id: str, identity: CrossSigning | None, *devices: Machine) -> None:
        """From now on the user has this identity, and these devices, signed by it."""
        self._identities.pop(user_id, None)
        if identity is not None:
            self._identities[user_id] = identity
        self._devices[user_id] = {
            one.device_id: identity.sign_device(one.device_keys) if identity else one.device_keys
            for one in devices
        }

    async def post(self, path: str, *, json: dict[str, Any], **_options: object) -> dict[str, Any]:
        match path:
            case "/keys/upload":
                given = {**json.get("one_time_keys", {}), **json.get("fallback_keys", {})}
                for key_id, key in given.items():
                    (owner,) = key["signatures"]
                    self._one_time.setdefault(owner, {})[key_id] = key
                return {}
            case "/keys/query":
                return self._query(json["device_keys"])
            case "/keys/claim":
                return {"one_time_keys": self._claim(json["one_time_keys"])}
        raise AssertionError(path)

    def _query(self, users: list[str]) -> dict[str, Any]:
        objects = {
            user: self._identities[user].key_objects(user)
            for user in users
            if user in self._identities
        }
        return {
            "device_keys": {user: copy.deepcopy(self._devices.get(user, {})) for user in users},
            "master_keys": {user: keys["master_key"] for user, keys in objects.items()},
            "self_signing_keys": {user: keys["self_signing_key"] for user, keys in objects.items()},
        }

    def _claim(self, wanted: dict[str, dict[str, str]]) -> dict[str, Any]:
        return {
            user: {device: dict([self._one_time[user].popitem()]) for device in devices}
            for user, devices in wanted.items()
        }


def machine_of(
    user_id: str, device_id: str, *, vault: Vault | None = None, clock: Clock | None = None
) -> Machine:
    """The Olm machine of one device, in memory."""
    vault = vault or Vault.ephemeral()
    if not vault.accounts.all():
        vault.accounts.add(
            homeserver="https://example.org",
            user_id=user_id,
            device_id=device_id,
            access_token="t",
        )
    store = CryptoStore(user_id, device_id, ":memory:", key=b"k" * 32, pickle_key=b"p" * 32)
    return Machine(store, vault, user_id, device_id, clock or SystemClock())


async def room_key(
    directory: KeyDirectory, writer: Machine, reader_id: str, content: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The to-device event by which ``writer`` gives its room key to the reader's only device.

    ``content`` is handed on instead of the writer's own key of `ROOM`.
    """
    await writer.learn(directory, [reader_id])
    (device,) = writer.devices.current(reader_id)
    if not writer.olm_sessions.reachable(device):
        assert await writer.olm_sessions.open(directory, [device])
    if content is None:
        session = writer.outbound.get(ROOM) or writer.start_outbound(ROOM, 0)
        session.ready = True
        content = session.room_key()
    sealed = writer._olm.seal(device, "m.room_key", content, writer.device_keys)
    return {"type": "m.room.encrypted", "sender": writer.user_id, "content": sealed}


def said(writer: Machine, event_id: str, body: str = "hello") -> dict[str, Any]:
    """An event of the writer in `ROOM`."""
    return posted(writer.user_id, event_id, writer.encrypt(ROOM, "m.room.message", {"body": body}))


def posted(sender: str, event_id: str, content: dict[str, Any]) -> dict[str, Any]:
    """Encrypted content as an event of ``sender``."""
    return {
        "type": "m.room.encrypted",
        "sender": sender,
        "event_id": event_id,
        "origin_server_ts": 1,
        "content": content,
    }
