"""Where device lists lie in the crypto store."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from peerroom.matrix.chain import DeviceKeys
from peerroom.matrix.cryptostore import CryptoStore


@dataclass(frozen=True, slots=True)
class KnownUser:
    """What is known of one user, checked when it came."""

    user_id: str
    master: str | None
    """The master key that the server last showed."""
    devices: tuple[DeviceKeys, ...]
    """Those that are gone come last."""
    outdated: bool
    """The server has said that something changed since."""


class DeviceRows:
    """Reads and writes `KnownUser`."""

    def __init__(self, store: CryptoStore) -> None:
        self._store = store

    def load(self) -> dict[str, KnownUser]:
        """Everyone, by user id."""
        users = {
            str(user_id): KnownUser(
                str(user_id), None if master is None else str(master), (), bool(outdated)
            )
            for user_id, master, outdated in self._store.read(
                "select user_id, master, outdated from peerroom_user"
            )
        }
        for user_id, device_id, ed25519, curve25519, signed_by, deleted in self._store.read(
            "select user_id, device_id, ed25519, curve25519, signed_by, deleted"
            " from peerroom_device order by deleted"
        ):
            user = users[str(user_id)]
            device = DeviceKeys(
                user.user_id,
                str(device_id),
                ed25519=str(ed25519),
                curve25519=str(curve25519),
                signed_by=None if signed_by is None else str(signed_by),
                deleted=bool(deleted),
            )
            users[user.user_id] = replace(user, devices=(*user.devices, device))
        return users

    def keep(self, user: KnownUser) -> None:
        """Replace what was known of the user."""
        self._store.write(
            "insert or replace into peerroom_user (user_id, master, outdated) values (?, ?, ?)",
            user.user_id,
            user.master,
            int(user.outdated),
        )
        self._store.write("delete from peerroom_device where user_id = ?", user.user_id)
        self._store.write_many(
            "insert or replace into peerroom_device"
            " (user_id, device_id, ed25519, curve25519, signed_by, deleted)"
            " values (?, ?, ?, ?, ?, ?)",
            [
                (d.user_id, d.device_id, d.ed25519, d.curve25519, d.signed_by, int(d.deleted))
                for d in user.devices
            ],
        )

    def mark_outdated(self, user_id: str) -> None:
        """Note it, for a user who is known."""
        self._store.write("update peerroom_user set outdated = 1 where user_id = ?", user_id)

    def has_room_key_of(self, device: DeviceKeys) -> bool:
        """Whether a room key is kept that the device brought."""
        return bool(
            self._store.read(
                "select 1 from peerroom_room_key where sender_key = ? limit 1", device.curve25519
            )
        )

    def put_aside(self, user_id: str, curve25519: str, device_keys: str) -> None:
        """Keep a keys object (JSON) that cannot be judged yet."""
        self._store.write(
            "insert or replace into peerroom_vouched (user_id, curve25519, device_keys)"
            " values (?, ?, ?)",
            user_id,
            curve25519,
            device_keys,
        )

    def take_back(self, user_id: str) -> list[Any]:
        """The keys objects that were put aside for the user, which are then forgotten."""
        rows = self._store.read(
            "select device_keys from peerroom_vouched where user_id = ?", user_id
        )
        if rows:
            self._store.write("delete from peerroom_vouched where user_id = ?", user_id)
        return [json.loads(str(device_keys)) for (device_keys,) in rows]
