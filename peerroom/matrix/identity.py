"""Cross-signing: our own identity, and whom we know by which master key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.canonical import from_base64, sign, to_base64
from peerroom.matrix.chain import UserKeys, read_user_keys
from peerroom.matrix.errors import BadAnswer, UserInteractiveAuthRequired
from peerroom.matrix.keyupload import OwnDeviceUnknown
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.pseudonym.possession import Account as Card
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

__all__ = [
    "CrossSigning",
    "Identity",
    "IdentityMismatch",
    "OwnDeviceUnknown",
    "OwnIdentityUnknown",
]

_SEED: Final = 32


class OwnIdentityUnknown(PeerRoomError):
    """The account already has a cross-signing identity, and its keys are not here. Never reset."""

    what = N_("This account already has an encryption identity, made on another computer.")
    next_step = N_("Use PeerRoom there, or join with a new invite.")


class IdentityMismatch(PeerRoomError):
    """Someone does not have the identity that was promised (in the invite link)."""

    what = N_("The server shows another identity than the one in your invite, so nothing was sent.")
    next_step = N_("Do not go on. Ask the person who invited you, in another way.")


@dataclass(frozen=True, slots=True)
class CrossSigning:
    """The three private keys of an identity. Secrets: nothing of them is in the repr."""

    seeds: bytes = field(repr=False)
    """master ‖ self-signing ‖ user-signing Ed25519 seeds, 32 bytes each."""

    @classmethod
    def create(cls) -> Self:
        """A new identity from the system's randomness."""
        return cls(secrets.token_bytes(3 * _SEED))

    @property
    def master_key(self) -> str:
        """The public master key, unpadded base64: what others pin, and what an invite names."""
        return _public(self._key(0))

    @property
    def self_signing_key(self) -> str:
        """The public key that signs our devices."""
        return _public(self._key(1))

    def key_objects(self, user_id: str) -> dict[str, dict[str, object]]:
        """``master_key``, ``self_signing_key`` and ``user_signing_key`` as they are uploaded."""
        objects: dict[str, dict[str, object]] = {}
        for number, usage in enumerate(("master", "self_signing", "user_signing")):
            public = _public(self._key(number))
            value: dict[str, object] = {
                "user_id": user_id,
                "usage": [usage],
                "keys": {f"ed25519:{public}": public},
            }
            signed = value if usage == "master" else _with(value, user_id, self._key(0))
            objects[f"{usage}_key"] = signed
        return objects

    def sign_device(self, device_keys: Mapping[str, object]) -> dict[str, object]:
        """The device's keys with the self-signing key's signature added."""
        return _with(device_keys, str(device_keys["user_id"]), self._key(1))

    def _key(self, number: int) -> Ed25519PrivateKey:
        seed = self.seeds[number * _SEED : (number + 1) * _SEED]
        return Ed25519PrivateKey.from_private_bytes(seed)


class Identity:
    """The identity of one account, and the pinned identities of others.

    Pins live in ``vault.identities``; ours lives in ``Account.cross_signing`` and is stored before
    anything is uploaded, so that a crash in between is taken up again at the next start.
    """

    def __init__(self, vault: Vault, account: Account, machine: Machine, session: Session) -> None:
        self._vault = vault
        self._account_id = account.id
        self._machine = machine
        self._session = session

    @property
    def master_key(self) -> str | None:
        """Our public master key, unpadded base64; None before the first `establish`."""
        held = self._held()
        return None if held is None else held.master_key

    async def establish(self) -> None:
        """Make sure that we have an identity, that it is on the server and signs this device.

        To be called after `Machine.upload_keys`, at every start; costs one request when all is
        well. Raises `OwnIdentityUnknown`, `OwnDeviceUnknown`, `MatrixError`.
        """
        shown = await self._shown()
        user_id, device_id = self._machine.user_id, self._machine.device_id
        device = shown.devices.get(device_id)
        if device is None or not self._machine.is_own(device):
            raise OwnDeviceUnknown
        own = self._own(shown)
        # Ours is the one identity that is never taken on trust from the server.
        if self._vault.identities.pin(user_id, own.master_key) == "changed":
            self._vault.identities.accept_change(user_id, own.master_key)
        signed = own.sign_device(self._machine.device_keys)
        if shown.self_signing is None:
            keys = own.key_objects(user_id)
            if shown.master is not None:
                del keys["master_key"]
            await self._upload(keys)
        if device.signed_by is None:
            await self._upload_signature(signed)
        self._machine.device_keys = signed

    async def publish(self) -> None:
        """Put the identity and the signed keys of an account that was just made on the server.

        Two requests and not one question: nobody else can have been there. Does nothing once it
        has succeeded. Raises `OwnIdentityUnknown` if somebody was there; `MatrixError`.
        """
        own = self._held() or self._create()
        signed = own.sign_device(self._machine.device_keys)
        if not self._machine.published:
            await self._upload(own.key_objects(self._machine.user_id))
            await self._machine.publish(self._session, signed)
        self._machine.device_keys = signed

    def card(self) -> Card:
        """This account with its keys, as a proof of possession names it. After `establish` or
        `publish`."""
        from peerroom.pseudonym import possession  # 15 ms that most runs never need

        own = self._held()
        assert own is not None
        keys = own.master_key, self._machine.ed25519, self._machine.curve25519
        master, ed25519, curve25519 = (from_base64(key, 32) for key in keys)
        assert master is not None and ed25519 is not None and curve25519 is not None
        device = possession.Device(self._machine.device_id, ed25519, curve25519)
        return possession.Account(self._machine.user_id, master, (device,))

    def expect_many(self, masters: Mapping[str, str]) -> set[str]:
        """Pin the master keys (unpadded base64) that the circle's signed ledger names.

        No first use is trusted for these people any more, and no change can be accepted: where
        the server shows, or comes to show, another key, the person gets no keys. Returns those
        for whom it does so now, as far as we have asked. Ours is left out. No request.
        """
        people = {user: key for user, key in masters.items() if user != self._machine.user_id}
        with self._vault.transaction():
            for user_id, master_key in people.items():
                self._vault.identities.pin_from_ledger(user_id, master_key)
        self._machine.devices.reconsider()
        return {user_id for user_id in people if self._machine.devices.changed(user_id)}

    async def expect(self, user_id: str, master_key: str) -> None:
        """Pin ``master_key`` (from an invite link) and check that it is what the server shows.

        Raises `IdentityMismatch`, also when another key is pinned already; `MatrixError`.
        """
        self._machine.devices.mark_outdated([user_id])
        known = self._vault.identities.get(user_id)
        if known is None:
            self._vault.identities.pin(user_id, master_key)
        elif known.master != master_key:
            raise IdentityMismatch
        await self._machine.learn(self._session, [user_id])
        if self._machine.devices.is_outdated(user_id):
            raise BadAnswer  # their server was silent: that is no other identity
        if self._machine.devices.master(user_id) != master_key:
            raise IdentityMismatch

    def changed(self) -> list[str]:
        """Users whose identity changed and was not accepted: they get no keys.

        This and `retracted` are one look into the vault each, cheap after every turn of sync.
        """
        return [identity.user_id for identity in self._vault.identities.changed()]

    def retracted(self) -> list[str]:
        """Users for whom the server showed another identity for a while: to be told once."""
        return [identity.user_id for identity in self._vault.identities.retracted()]

    def told(self, user_id: str) -> None:
        """The user of this computer has been told of it."""
        self._vault.identities.told(user_id)

    def accept(self, user_id: str) -> None:
        """The user says that this person's new identity is theirs: pin the one now offered."""
        known = self._vault.identities.get(user_id)
        if known is not None and known.offered is not None:
            self._vault.identities.accept_change(user_id, known.offered)
            self._machine.devices.reconsider()

    async def _shown(self) -> UserKeys:
        """What the server shows others of us."""
        user_id = self._machine.user_id
        answer = await self._session.post(
            "/keys/query", json={"device_keys": {user_id: []}}, repeatable=True
        )
        keys = read_user_keys(answer, user_id)
        if keys is None:
            raise BadAnswer
        return keys

    def _own(self, shown: UserKeys) -> CrossSigning:
        """The identity that we hold; made and stored now if the account has none at all."""
        own = self._held()
        if own is None:
            if shown.master is not None:
                raise OwnIdentityUnknown
            own = self._create()
        if shown.master not in (None, own.master_key):
            raise OwnIdentityUnknown
        if shown.self_signing not in (None, own.self_signing_key):
            raise OwnIdentityUnknown
        return own

    def _held(self) -> CrossSigning | None:
        seeds = self._vault.accounts.get(self._account_id).cross_signing
        return None if seeds is None else CrossSigning(seeds)

    def _create(self) -> CrossSigning:
        """In the vault, and on the disk, before anybody hears of it."""
        own = CrossSigning.create()
        self._vault.accounts.set_cross_signing(self._account_id, own.seeds)
        return own

    async def _upload(self, keys: Mapping[str, object]) -> None:
        """No password is asked for while an account has no identity (MSC3967).

        A server that asks for it has one, even if it does not show it, and to give the password
        would be to replace it.
        """
        try:
            await self._session.post("/keys/device_signing/upload", json=keys, repeatable=True)
        except UserInteractiveAuthRequired as asked:
            raise OwnIdentityUnknown from asked

    async def _upload_signature(self, signed: Mapping[str, object]) -> None:
        user_id, device_id = self._machine.user_id, self._machine.device_id
        answer = await self._session.post(
            "/keys/signatures/upload", json={user_id: {device_id: signed}}, repeatable=True
        )
        if answer.get("failures"):
            raise BadAnswer


def _public(key: Ed25519PrivateKey) -> str:
    return to_base64(key.public_key().public_bytes_raw())


def _with(value: Mapping[str, object], user_id: str, key: Ed25519PrivateKey) -> dict[str, object]:
    """``value`` with the signature of ``key`` added to those that it has."""
    by_user = value.get("signatures")
    signatures = dict(by_user) if isinstance(by_user, dict) else {}
    ours = signatures.get(user_id)
    signatures[user_id] = {
        **(ours if isinstance(ours, dict) else {}),
        f"ed25519:{_public(key)}": sign(value, key),
    }
    return {**value, "signatures": signatures}
