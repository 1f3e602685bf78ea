"""The Olm machine of one device: Olm and Megolm over nio, kept in SQLCipher, guarded.

The order of one turn of sync, which no crash can hurt (`peerroom.matrix.sync`):

1. ``machine.device_lists(changed, left)``
2. ``result = machine.handle_to_device(events)``
3. ``await machine.learn(session, senders | result.stale_users)``; failing is no reason to stop
4. ``machine.decrypt(room_id, event)`` for each encrypted event, also for those of
   ``machine.new_sessions`` that could not be read before
5. ``machine.commit()``: **before** any vault row is written
6. vault rows and ``next_batch`` in one transaction
7. ``machine.settle(sessions)`` for those of ``machine.new_sessions`` that were tried again
8. ``await machine.upload_keys(session, counts, unused_fallback_types)`` and ``machine.mend``
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix import olm, outbound
from peerroom.matrix.chain import DeviceKeys
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.devices import Devices
from peerroom.matrix.keyupload import KeyUpload
from peerroom.matrix.olm import OlmMachine
from peerroom.matrix.olmsessions import OlmSessions
from peerroom.matrix.outbound import Outbound
from peerroom.matrix.outcome import (
    Decrypted,
    DecryptedToDevice,
    RoomSession,
    ToDeviceResult,
    Unattributable,
    Undecryptable,
)
from peerroom.matrix.reading import Reader
from peerroom.matrix.roomkeys import RoomKeys
from peerroom.matrix.session import Session
from peerroom.matrix.todevice import Inbox

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

__all__ = [
    "Decrypted",
    "DecryptedToDevice",
    "Machine",
    "NotShared",
    "ToDeviceResult",
    "Unattributable",
    "Undecryptable",
]


class NotShared(PeerRoomError):
    """`Machine.encrypt` was called before the room's key was shared. Nothing was encrypted."""

    what = N_("The key for this message has not been handed out yet.")
    next_step = N_("PeerRoom tries again by itself.")


class Machine:
    """Keys of one device, and what they can read. No nio type leaves `peerroom.matrix`.

    Memory runs ahead of the file until `commit`; nothing is ever rolled back.
    """

    def __init__(
        self,
        store: CryptoStore,
        vault: Vault,
        user_id: str,
        device_id: str,
        clock: Clock,
        in_clear: Collection[str] = (),
    ) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self._store = store
        self._vault = vault
        with store.guarded():
            self._olm = OlmMachine(user_id, device_id, store)
        store.commit()
        account = self._olm.vodozemac_account
        self.ed25519 = account.ed25519_key.to_base64()
        """This device's fingerprint key, unpadded base64."""
        self.curve25519 = account.curve25519_key.to_base64()
        """This device's identity key, unpadded base64."""
        self.devices = Devices(store, vault.identities, user_id, clock)
        self.olm_sessions = OlmSessions(self._olm, self.devices, store, clock)
        self.room_keys = RoomKeys(store)
        self.outbound: dict[str, Outbound] = {}
        """The outgoing session of each room; `peerroom.matrix.keyshare` sees to them."""
        self._inbox = Inbox(
            self._olm, store, self.devices, self.room_keys, vault.rooms, self.curve25519, in_clear
        )
        self._reader = Reader(
            self.room_keys, self.devices, user_id, (self.curve25519, self.ed25519)
        )
        self._uploads = KeyUpload(self._olm, store)
        self.device_keys: Mapping[str, object] = self._uploads.device_keys()
        """This device's keys, signed by itself and, once `Identity.establish` ran, by its owner."""

    @classmethod
    def open(
        cls, vault: Vault, account: Account, *, clock: Clock, in_clear: Collection[str] = ()
    ) -> Self:
        """Open (or make) the crypto store of ``account`` and load its keys.

        ``in_clear``: types of to-device events that are taken although they are not encrypted.
        Raises `CryptoStoreDamaged`, `CryptoStoreUnwritable`, `AccountRetired`.
        """
        store = CryptoStore(
            account.user_id,
            account.device_id,
            vault.crypto_path(account),
            key=account.crypto_key,
            pickle_key=account.pickle_key,
        )
        machine = cls(store, vault, account.user_id, account.device_id, clock, in_clear)
        if account.next_batch is None:
            machine.devices.mark_all_outdated()
        return machine

    # What comes in ------------------------------------------------------------------------------

    def handle_to_device(self, events: Sequence[object]) -> ToDeviceResult:
        """Take in the raw to-device events of one sync, whatever they are.

        Each is handled on its own: a hostile one is counted in ``refused`` and the rest goes on.
        Raises `CryptoStoreUnwritable` only.
        """
        return self._inbox.take(events)

    def device_lists(self, changed: Iterable[object], left: Iterable[object]) -> None:
        """Note whose keys have to be asked for again (``device_lists`` of a sync)."""
        self.devices.mark_outdated(changed)
        self.devices.mark_outdated(left)  # we hear no more of their changes

    async def learn(self, session: Session, users: Collection[str]) -> None:
        """Ask for the keys of those ``users`` whose keys are unknown or outdated (one request).

        Raises `MatrixError`; then nothing has changed, and events of unknown devices come out as
        ``Undecryptable(SENDER_UNKNOWN)`` until it works.
        """
        waiting = self._reader.unproven_senders
        await self.devices.refresh(session, {*users, *waiting})
        for user_id in waiting:
            if not self.devices.is_outdated(user_id):
                self.room_keys.refresh(self._reader.proven(user_id))

    def decrypt(
        self, room_id: str, event: Mapping[str, object]
    ) -> Decrypted | Undecryptable | Unattributable:
        """Read one raw ``m.room.encrypted`` event as it came from the server.

        ``event`` needs ``event_id``, ``sender`` and ``content``; a replay is told apart by its
        event id, also after a restart. Raises `CryptoStoreUnwritable` only.
        """
        return self._reader.read(room_id, event)

    @property
    def new_sessions(self) -> frozenset[RoomSession]:
        """Sessions whose undecryptable events are worth another try."""
        return self.room_keys.fresh

    def settle(self, sessions: Iterable[RoomSession]) -> None:
        """Their events have been tried again and the outcome is in the vault."""
        self.room_keys.settle(set(sessions) - self._reader.unproven)

    # What goes out ------------------------------------------------------------------------------

    def start_outbound(self, room_id: str, now: float) -> Outbound:
        """A new outgoing session for the room, which nobody holds yet; ``now`` is monotonic."""
        started = Outbound(room_id, now)
        self.room_keys.add(
            room_id,
            started.session_id,
            started.session.session_key.to_base64(),
            sender_key=self.curve25519,
            ed25519=self.ed25519,
            own=True,
        )
        self.outbound[room_id] = started
        return started

    def seal_room_key(self, session: Outbound, device: olm.Recipient) -> dict[str, object] | None:
        """The room key as an Olm message for ``device``; None when there is no Olm session."""
        with self._store.guarded():
            return self._olm.seal(device, "m.room_key", session.room_key(), self.device_keys)

    def encrypt(
        self, room_id: str, event_type: str, content: Mapping[str, object]
    ) -> dict[str, object]:
        """The content of the ``m.room.encrypted`` event that carries this one.

        Raises `NotShared`; `TooLarge`; `ValueError` or `TypeError` when ``content`` is no JSON.
        """
        session = self.outbound.get(room_id)
        if session is None or not session.ready:
            raise NotShared
        sealed: dict[str, object] = {
            "algorithm": outbound.ALGORITHM,
            "ciphertext": session.encrypt(event_type, content),
            "device_id": self.device_id,
            "sender_key": self.curve25519,
            "session_id": session.session_id,
        }
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    def is_own(self, device: DeviceKeys) -> bool:
        """Whether these are the keys of this very device."""
        return self._uploads.is_own(device)

    def restarted(self) -> set[str]:
        """Curve25519 keys of devices that began a new Olm session because they had lost the old
        one, and with it maybe the room keys that we sent. Asking empties the set."""
        restarted, self._inbox.restarted = self._inbox.restarted, set()
        return restarted

    async def upload_keys(
        self,
        session: Session,
        otk_counts: Mapping[str, object] | None = None,
        unused_fallback_types: Sequence[object] | None = None,
    ) -> None:
        """Upload what the server lacks: device keys, one-time keys, a fallback key.

        The two arguments are ``device_one_time_keys_count`` and
        ``device_unused_fallback_key_types`` of a sync; without them (at the start) device keys are
        uploaded if they never were. No request when nothing is lacking. Raises `MatrixError`,
        `OwnDeviceUnknown` (at the start).
        """
        await self._uploads.upload(session, otk_counts, unused_fallback_types)

    @property
    def published(self) -> bool:
        """Whether the server has this device's keys."""
        return self._uploads.published

    async def publish(self, session: Session, device_keys: Mapping[str, object]) -> None:
        """Upload ``device_keys``, already signed by their owner, with as many one-time keys as
        there can be and a fallback key: for a device of which nobody can have heard.

        Raises `MatrixError`.
        """
        await self._uploads.publish(session, device_keys)

    async def mend(self, session: Session) -> None:
        """Begin anew with signed devices whose Olm messages could not be read, at most hourly.

        No request when all is well. Raises `MatrixError`.
        """
        await self.olm_sessions.mend(session, self.device_keys)

    def commit(self) -> None:
        """Make everything so far durable, in one transaction. Raises `CryptoStoreUnwritable`."""
        self._store.commit()

    def close(self) -> None:
        """Commit and close the store."""
        self._store.close()
