"""Olm sessions with other devices: opening them, and opening new ones where one has broken."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Final

from peerroom.clock import Clock
from peerroom.matrix.canonical import from_base64, is_signed
from peerroom.matrix.chain import DeviceKeys
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.devices import Devices
from peerroom.matrix.olm import OlmMachine
from peerroom.matrix.session import Session

_ONE_TIME: Final = "signed_curve25519"
_CLAIM_TIMEOUT_MS: Final = 10_000
_MEND_AGAIN_AFTER: Final = 3600.0
"""Seconds between two new sessions with one device (spec: Recovering from undecryptable
messages): a sender of broken messages must not make us send one each time."""


class OlmSessions:
    """Opens Olm sessions by claiming the other device's one-time or fallback key."""

    def __init__(self, olm: OlmMachine, devices: Devices, store: CryptoStore, clock: Clock) -> None:
        self._olm = olm
        self._devices = devices
        self._store = store
        self._clock = clock
        self._mended: dict[str, float] = {}

    def reachable(self, device: DeviceKeys) -> bool:
        """Whether there is a session with the device."""
        return self._olm.session_store.get(device.curve25519) is not None

    async def open(self, session: Session, devices: Collection[DeviceKeys]) -> set[DeviceKeys]:
        """Claim a key of each device and open a session with it; returns those that are reachable.

        The others had no key to give, or one that they had not signed. Raises `MatrixError`.
        """
        wanted: dict[str, dict[str, str]] = {}
        for device in devices:
            wanted.setdefault(device.user_id, {})[device.device_id] = _ONE_TIME
        if not wanted:
            return set()
        answer = await session.post(
            "/keys/claim", json={"one_time_keys": wanted, "timeout": _CLAIM_TIMEOUT_MS}
        )
        opened = {device for device in devices if self._open_with(device, answer)}
        self._store.commit()
        return opened

    async def mend(self, session: Session, device_keys: Mapping[str, object]) -> None:
        """Open a new session with each signed device whose messages could not be read.

        An ``m.dummy`` tells the other side, which then uses the new session; ``device_keys`` are
        ours. No request when all is well. Raises `MatrixError`.
        """
        now, wedged = self._clock.monotonic(), frozenset(self._olm.wedged)
        broken = [
            device
            for user_id, sender_key in wedged
            for device in self._devices.current(user_id)
            if device.curve25519 == sender_key and self._devices.is_signed(device)
            if now - self._mended.get(sender_key, -_MEND_AGAIN_AFTER) >= _MEND_AGAIN_AFTER
        ]
        messages: dict[str, dict[str, object]] = {}
        for device in await self.open(session, broken):
            self._mended[device.curve25519] = now
            sealed = self._olm.seal(device, "m.dummy", {}, device_keys)
            messages.setdefault(device.user_id, {})[device.device_id] = sealed
        if messages:
            self._store.commit()
            await session.put(
                "/sendToDevice/m.room.encrypted",
                secrets.token_hex(16),
                json={"messages": messages},
            )
        self._olm.wedged -= wedged

    def _open_with(self, device: DeviceKeys, answer: Mapping[str, object]) -> bool:
        given = answer.get("one_time_keys")
        for name in (device.user_id, device.device_id):
            given = given.get(name) if isinstance(given, dict) else None
        for key_id, key in given.items() if isinstance(given, dict) else ():
            if not key_id.startswith(f"{_ONE_TIME}:") or not isinstance(key, dict):
                continue
            public = key.get("key")
            if from_base64(public, 32) is None or not isinstance(public, str):
                continue
            if not is_signed(key, device.user_id, device.device_id, device.ed25519):
                continue
            try:
                with self._store.guarded():
                    self._olm.create_session(public, device.curve25519)
            except ValueError:  # vodozemac refuses low-order keys
                continue
            return True
        return False
