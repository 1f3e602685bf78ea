"""The Olm machine of one device: Olm and Megolm over nio, kept in SQLCipher, guarded.

The order of one turn of sync, which no crash can hurt (`peerroom.matrix.sync`):

1. ``machine.device_lists(changed, left)``
2. ``result = machine.handle_to_device(events)``
3. ``await machine.learn(session, senders | result.stale_users)``; failing is no reason to stop
4. ``machine.decrypt(room_id, event)`` for each timeline event
5. ``machine.commit()``: **before** any vault row is written
6. vault rows and ``next_batch`` in one transaction
7. ``machine.settle(sessions)`` for those of ``machine.new_sessions`` that were tried again
8. ``await machine.upload_keys(session, counts, unused_fallback_types)``
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from peerroom.clock import Clock
from peerroom.matrix.outcome import (
    Decrypted,
    DecryptedToDevice,
    RoomSession,
    ToDeviceResult,
    Unattributable,
    Undecryptable,
)
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

__all__ = [
    "Decrypted",
    "DecryptedToDevice",
    "Machine",
    "ToDeviceResult",
    "Unattributable",
    "Undecryptable",
]


class Machine:
    """Keys of one device, and what they can read. No nio type leaves it.

    Memory runs ahead of the file until `commit`; nothing is ever rolled back.
    """

    user_id: str
    device_id: str
    ed25519: str
    """This device's fingerprint key, unpadded base64."""
    curve25519: str
    """This device's identity key, unpadded base64."""

    @classmethod
    def open(cls, vault: Vault, account: Account, *, clock: Clock) -> Self:
        """Open (or make) the crypto store of ``account`` and load its keys.

        Raises `CryptoStoreDamaged`.
        """
        raise NotImplementedError

    def handle_to_device(self, events: Sequence[object]) -> ToDeviceResult:
        """Take in the raw to-device events of one sync, whatever they are.

        Each is handled on its own: a hostile one is counted in ``refused`` and the rest goes on.
        Only a store that cannot be written raises.
        """
        raise NotImplementedError

    def device_lists(self, changed: Iterable[object], left: Iterable[object]) -> None:
        """Note whose keys have to be asked for again (``device_lists`` of a sync)."""
        raise NotImplementedError

    async def learn(self, session: Session, users: Collection[str]) -> None:
        """Ask for the keys of those ``users`` whose keys are unknown or outdated (one request).

        Raises `MatrixError`; then nothing has changed, and events of unknown devices come out as
        ``Undecryptable(SENDER_UNKNOWN)`` until it works.
        """
        raise NotImplementedError

    def decrypt(
        self, room_id: str, event: Mapping[str, object]
    ) -> Decrypted | Undecryptable | Unattributable:
        """Read one raw ``m.room.encrypted`` event as it came from the server. Never raises.

        ``event`` needs ``event_id``, ``sender`` and ``content``; a replay is told apart by its
        event id, also after a restart.
        """
        raise NotImplementedError

    @property
    def new_sessions(self) -> frozenset[RoomSession]:
        """Sessions whose undecryptable events are worth another try."""
        raise NotImplementedError

    def settle(self, sessions: Iterable[RoomSession]) -> None:
        """Their events have been tried again and the outcome is in the vault."""
        raise NotImplementedError

    async def upload_keys(
        self,
        session: Session,
        otk_counts: Mapping[str, object] | None = None,
        unused_fallback_types: Sequence[object] | None = None,
    ) -> None:
        """Upload what the server lacks: device keys, one-time keys, a fallback key.

        The two arguments are ``device_one_time_keys_count`` and
        ``device_unused_fallback_key_types`` of a sync; without them (at the start) device keys are
        uploaded if they never were. No request when nothing is lacking. Raises `MatrixError`.
        """
        raise NotImplementedError

    def commit(self) -> None:
        """Make everything so far durable, in one transaction of the crypto store."""
        raise NotImplementedError

    def close(self) -> None:
        """Commit and close the store."""
        raise NotImplementedError
