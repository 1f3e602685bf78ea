"""Whose devices are known, which of them their owners signed, and whom to ask about again.

Spec: Client-Server API, Tracking the device list for a user. The list is kept in the crypto store,
so that its state is never older than the sync token in the vault.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from peerroom.clock import Clock
from peerroom.matrix.canonical import NotCanonical, canonical
from peerroom.matrix.chain import DeviceKeys, UserKeys, read_device, read_user_keys
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.devicerows import DeviceRows, KnownUser
from peerroom.matrix.event import is_user_id
from peerroom.matrix.session import Session
from peerroom.matrix.trust import Trust

if TYPE_CHECKING:
    from peerroom.store.identities import Identities

_USERS_A_QUERY: Final = 250
_QUERY_TIMEOUT_MS: Final = 10_000
"""What the server may take to ask other servers (spec: ``timeout`` of /keys/query)."""
_LONGEST_KEYS: Final = 10_000
"""Characters of a keys object that is put aside; a real one has below 1,000."""
_ASK_AGAIN_AFTER: Final = 60.0
"""Seconds before a user is asked for again whose server did not answer."""


class Devices:
    """The device lists of everyone we share a room with, ourselves included."""

    def __init__(
        self, store: CryptoStore, identities: Identities, own_user: str, clock: Clock
    ) -> None:
        self._rows = DeviceRows(store)
        self._identities = identities
        self._own_user = own_user
        self._clock = clock
        self._asking = asyncio.Lock()
        self._marks: Counter[str] = Counter()
        self._silent_until: dict[str, float] = {}
        self._looked_for: set[tuple[str, str, str]] = set()
        self._users = self._rows.load()
        self.version = 0
        """Grows whenever a device, an identity or the need to ask has changed."""

    def current(self, user_id: str) -> tuple[DeviceKeys, ...]:
        """The devices that the user has now, as far as we know."""
        user = self._users.get(user_id)
        return tuple(d for d in user.devices if not d.deleted) if user else ()

    def master(self, user_id: str) -> str | None:
        """The master key that the server last showed for the user."""
        user = self._users.get(user_id)
        return user.master if user else None

    def find(self, user_id: str, curve25519: str, ed25519: str) -> DeviceKeys | None:
        """The user's device with these two keys, also one that is gone, or None."""
        user = self._users.get(user_id)
        for device in user.devices if user else ():
            if device.curve25519 == curve25519 and device.ed25519 == ed25519:
                return device
        return None

    def stands(self, user_id: str) -> bool:
        """Whether the user's identity is the pinned one; False without any identity."""
        master = self.master(user_id)
        pinned = self._identities.get(user_id)
        return master is not None and pinned is not None and pinned.master == master

    def is_signed(self, device: DeviceKeys) -> bool:
        """Whether its owner has signed the device, under the identity that is pinned and shown."""
        return self.stands(device.user_id) and device.signed_by == self.master(device.user_id)

    def changed(self, user_id: str) -> bool:
        """Whether the user shows an identity that is not the pinned one."""
        master, pinned = self.master(user_id), self._identities.get(user_id)
        return master is not None and pinned is not None and pinned.master != master

    def reconsider(self) -> None:
        """A pinned identity has changed: whoever relies on `version` looks again."""
        self.version += 1

    def trust(self, user_id: str, curve25519: str, ed25519: str) -> Trust | None:
        """How far a device with these two keys is the user's; None when it is not theirs.

        Devices that are gone count as long as a room key of theirs is kept. A device that the
        list does not have is `Trust.UNKNOWN` until the user was asked for once more.
        """
        user = self._users.get(user_id)
        if user is None:
            return Trust.UNKNOWN
        device = self.find(user_id, curve25519, ed25519)
        if device is not None:
            if device.signed_by is None:
                return Trust.UNSIGNED
            return Trust.SIGNED if self.is_signed(device) else Trust.IDENTITY_CHANGED
        wanted = (user_id, curve25519, ed25519)
        if not user.outdated and wanted in self._looked_for:
            return None
        self._looked_for.add(wanted)
        self.mark_outdated([user_id])
        return Trust.UNKNOWN

    def vouch(self, user_id: str, curve25519: str, ed25519: str, raw: object) -> None:
        """Take note of the keys object that an unlisted device sent along with its message.

        If the owner has signed it, the device was theirs, although it may be gone from the list by
        now (MSC4147): judged when the list arrives, because that names the signing key; and only
        by the identity that is pinned.
        """
        if self.find(user_id, curve25519, ed25519) is not None or not isinstance(raw, dict):
            return
        try:
            kept = canonical(raw).decode()
        except NotCanonical:
            return
        if len(kept) <= _LONGEST_KEYS:
            self._rows.put_aside(user_id, curve25519, kept)
            self.mark_outdated([user_id])

    def mark_outdated(self, users: Iterable[object]) -> None:
        """Note that these users' keys have to be asked for again before they are relied on."""
        for user_id in users:
            if not isinstance(user_id, str):
                continue
            self._marks[user_id] += 1
            self._silent_until.pop(user_id, None)
            user = self._users.get(user_id)
            if user is not None and not user.outdated:
                self._users[user_id] = replace(user, outdated=True)
                self._rows.mark_outdated(user_id)
                self.version += 1

    def mark_all_outdated(self) -> None:
        """No sync token, so nobody will tell what has changed since the lists were fetched."""
        self.mark_outdated(list(self._users))

    def is_outdated(self, user_id: str) -> bool:
        """Whether the user's keys are unknown or have to be asked for again."""
        user = self._users.get(user_id)
        return user is None or user.outdated

    def unasked(self, users: Collection[str]) -> list[str]:
        """Those of ``users`` whose keys are unknown or outdated, and may be asked for now."""
        now = self._clock.monotonic()
        return sorted(
            user_id
            for user_id in set(users)
            if self.is_outdated(user_id)
            if self._silent_until.get(user_id, now) <= now
            if is_user_id(user_id)
        )

    async def refresh(self, session: Session, users: Collection[str]) -> None:
        """Ask the server for those of ``users`` whose keys are unknown or outdated.

        Raises `MatrixError`.
        """
        async with self._asking:
            wanted = self.unasked(users)
            for start in range(0, len(wanted), _USERS_A_QUERY):
                part = wanted[start : start + _USERS_A_QUERY]
                marks = {user_id: self._marks[user_id] for user_id in part}
                answer = await session.post(
                    "/keys/query",
                    json={
                        "device_keys": dict.fromkeys(part, ()),
                        "timeout": _QUERY_TIMEOUT_MS,
                    },
                    repeatable=True,
                )
                self._take(answer, marks)

    def _take(self, answer: Mapping[str, object], marks: Mapping[str, int]) -> None:
        for user_id, mark in marks.items():
            keys = read_user_keys(answer, user_id)
            if keys is None:
                self._silent_until[user_id] = self._clock.monotonic() + _ASK_AGAIN_AFTER
                continue
            # A change that came in while the question was under way asks for another one.
            self._keep(keys, outdated=self._marks[user_id] != mark)

    def _keep(self, keys: UserKeys, *, outdated: bool) -> None:
        if keys.master is not None and keys.user_id != self._own_user:
            # Trust on first use. Our own identity is pinned only by the one who holds its keys.
            self._identities.pin(keys.user_id, keys.master)
        before = self._users.get(keys.user_id)
        gone = self._gone(keys, before.devices if before else ())
        user = KnownUser(keys.user_id, keys.master, (*keys.devices.values(), *gone), outdated)
        if user != before:
            self._users[keys.user_id] = user
            self._rows.keep(user)
            self.version += 1

    def _gone(self, now: UserKeys, before: Iterable[DeviceKeys]) -> Iterator[DeviceKeys]:
        """Devices that are no longer listed, but whose messages we may still have to attribute."""
        known = {(device.ed25519, device.curve25519) for device in now.devices.values()}
        for device in (*self._vouched(now), *before):
            keys = device.ed25519, device.curve25519
            if keys not in known and self._rows.has_room_key_of(device):
                known.add(keys)
                yield replace(device, deleted=True)

    def _vouched(self, now: UserKeys) -> Iterator[DeviceKeys]:
        """Unlisted devices that the owner has signed, by the keys that they sent along.

        While another identity is shown than the pinned one, they wait.
        """
        pinned = self._identities.get(now.user_id)
        if pinned is None or pinned.master != now.master:
            return
        for raw in self._rows.take_back(now.user_id):
            device = read_device(raw, raw.get("device_id"), now)
            if device is not None and device.signed_by is not None:
                yield device
