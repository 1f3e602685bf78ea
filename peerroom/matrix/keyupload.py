"""The keys of ours that the server gives out: device keys, one-time keys, a fallback key.

A private key is on the disk before its public half is uploaded, and stays "unpublished" until the
server has answered; a crash in between uploads the same keys once more, which the server takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vodozemac import Curve25519PublicKey

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.canonical import canonical
from peerroom.matrix.chain import DeviceKeys, read_user_keys
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.olm import ALGORITHM, OlmMachine
from peerroom.matrix.session import Session

_ONE_TIME: Final = "signed_curve25519"
_TOP_UP_BELOW: Final = 0.8
"""Part of the full number below which one-time keys are topped up: not at every single claim, so
that the server does not see a request for each person who writes to us."""


class OwnDeviceUnknown(PeerRoomError):
    """The server holds other keys for this device than we do: the crypto store was lost."""

    what = N_("The encryption keys of this device are gone from this computer.")
    next_step = N_("Join with a new invite; what you have read stays readable here.")


class KeyUpload:
    """Uploads what the server lacks. Raises `MatrixError`."""

    def __init__(self, olm: OlmMachine, store: CryptoStore) -> None:
        self._olm = olm
        self._store = store

    def device_keys(self) -> dict[str, object]:
        """This device's keys, signed by the device itself (spec: Device keys)."""
        olm, account = self._olm, self._olm.vodozemac_account
        keys: dict[str, object] = {
            "algorithms": [ALGORITHM, "m.megolm.v1.aes-sha2"],
            "device_id": olm.device_id,
            "user_id": olm.user_id,
            "keys": {
                f"curve25519:{olm.device_id}": account.curve25519_key.to_base64(),
                f"ed25519:{olm.device_id}": account.ed25519_key.to_base64(),
            },
        }
        return self._signed(keys)

    async def upload(
        self,
        session: Session,
        counts: Mapping[str, object] | None,
        unused_fallback: Sequence[object] | None,
    ) -> None:
        """See `Machine.upload_keys`."""
        first = not self._olm.account.shared
        if first:
            await self._check_unclaimed(session)
        counts = {} if first else counts
        unused_fallback = () if first else unused_fallback
        body: dict[str, object] = {}
        if first:
            body["device_keys"] = self.device_keys()
        if counts is not None and (keys := self._one_time_keys(counts.get(_ONE_TIME))):
            body["one_time_keys"] = keys
        if unused_fallback is not None and _ONE_TIME not in unused_fallback:
            body["fallback_keys"] = self._fallback_keys()
        if body:
            await self._post(session, body)

    @property
    def published(self) -> bool:
        """Whether the server has taken this device's keys."""
        return bool(self._olm.account.shared)

    async def publish(self, session: Session, device_keys: Mapping[str, object]) -> None:
        """See `Machine.publish`."""
        body = {
            "device_keys": device_keys,
            "one_time_keys": self._one_time_keys(0),
            "fallback_keys": self._fallback_keys(),
        }
        await self._post(session, body)

    async def _post(self, session: Session, body: Mapping[str, object]) -> None:
        self._save()
        await session.post("/keys/upload", json=body, repeatable=True)
        self._olm.account.shared = True
        self._olm.account.mark_keys_as_published()
        self._save()

    async def _check_unclaimed(self, session: Session) -> None:
        """A server takes new keys for a known device; everyone else would see them as an attack."""
        user_id, device_id = self._olm.user_id, self._olm.device_id
        answer = await session.post(
            "/keys/query", json={"device_keys": {user_id: [device_id]}}, repeatable=True
        )
        shown = read_user_keys(answer, user_id)
        if shown and (device := shown.devices.get(device_id)) and not self.is_own(device):
            raise OwnDeviceUnknown

    def is_own(self, device: DeviceKeys) -> bool:
        """Whether these are the keys of this very device."""
        account = self._olm.vodozemac_account
        return (device.user_id, device.device_id, device.ed25519, device.curve25519) == (
            self._olm.user_id,
            self._olm.device_id,
            account.ed25519_key.to_base64(),
            account.curve25519_key.to_base64(),
        )

    def _save(self) -> None:
        with self._store.guarded():
            self._olm.save_account()
        self._store.commit()

    def _one_time_keys(self, count: object) -> dict[str, object]:
        account = self._olm.vodozemac_account
        full = account.max_number_of_one_time_keys
        left = count if isinstance(count, int) and count > 0 else 0
        if left >= full * _TOP_UP_BELOW:
            return {}
        lacking = full - left - len(account.one_time_keys)
        if lacking > 0:
            account.generate_one_time_keys(lacking)
        return self._named(account.one_time_keys)

    def _fallback_keys(self) -> dict[str, object]:
        """A fallback key keeps us reachable when every one-time key was claimed (MSC2732)."""
        account = self._olm.vodozemac_account
        if not account.fallback_key:
            account.generate_fallback_key()
        return self._named(account.fallback_key, fallback=True)

    def _named(
        self, keys: Mapping[str, Curve25519PublicKey], *, fallback: bool = False
    ) -> dict[str, object]:
        extra: dict[str, object] = {"fallback": True} if fallback else {}
        return {
            f"{_ONE_TIME}:{key_id}": self._signed({"key": key.to_base64(), **extra})
            for key_id, key in keys.items()
        }

    def _signed(self, value: dict[str, object]) -> dict[str, object]:
        signature = self._olm.account.sign(canonical(value).decode())
        name = f"ed25519:{self._olm.device_id}"
        return {**value, "signatures": {self._olm.user_id: {name: signature}}}
