"""Cross-signing: our own identity, and whom we know by which master key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


class OwnIdentityUnknown(PeerRoomError):
    """The account already has a cross-signing identity, and its keys are not here. Never reset."""

    what = N_(
        "This account already has an encryption identity whose keys are not on this computer."
    )
    next_step = N_("Use the computer where it was made, or join with a new invite.")


class OwnDeviceUnknown(PeerRoomError):
    """The server holds other keys for this device than we do: the crypto store was lost."""

    what = N_("The encryption keys of this device are gone from this computer.")
    next_step = N_("Join with a new invite; the old messages stay readable here.")


class IdentityMismatch(PeerRoomError):
    """Someone does not have the identity that was promised (in the invite link)."""

    what = N_("The server shows another identity than the one in your invite.")
    next_step = N_("Do not go on. Ask the person who invited you, in another way.")


class IdentityChanged(PeerRoomError):
    """Someone in the room has another identity than before, and nobody has accepted it yet."""

    what = N_("The encryption identity of someone in this room has changed.")
    next_step = N_(
        "Ask them in another way whether they started anew; until then they get no keys."
    )


@dataclass(frozen=True, slots=True)
class CrossSigning:
    """The three private keys of an identity. Secrets: nothing of them is in the repr."""

    seeds: bytes
    """master ‖ self-signing ‖ user-signing Ed25519 seeds, 32 bytes each."""

    @classmethod
    def create(cls) -> Self:
        """A new identity from the system's randomness."""
        raise NotImplementedError

    @property
    def master_key(self) -> str:
        """The public master key, unpadded base64: what others pin, and what an invite names."""
        raise NotImplementedError

    def key_objects(self, user_id: str) -> dict[str, dict[str, object]]:
        """``master_key``, ``self_signing_key`` and ``user_signing_key`` as they are uploaded."""
        raise NotImplementedError

    def sign_device(self, device_keys: dict[str, object]) -> dict[str, object]:
        """The device's keys with the self-signing key's signature added."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return "CrossSigning(…)"


class Identity:
    """The identity of one account, and the pinned identities of others.

    Pins live in ``vault.identities``; ours lives in ``Account.cross_signing`` and is stored before
    anything is uploaded, so that a crash in between is taken up again at the next start.
    """

    def __init__(self, vault: Vault, account: Account, machine: Machine, session: Session) -> None:
        raise NotImplementedError

    @property
    def master_key(self) -> str:
        """Our public master key, unpadded base64. Only after `establish`."""
        raise NotImplementedError

    async def establish(self) -> None:
        """Make sure that we have an identity, that it is on the server, and that it signs this device.

        To be called after `Machine.upload_keys`, at every start; costs one request when all is
        well. Raises `OwnIdentityUnknown`, `OwnDeviceUnknown`, `MatrixError`.
        """
        raise NotImplementedError

    async def expect(self, user_id: str, master_key: str) -> None:
        """Pin ``master_key`` (from an invite link) and check that it is what the server shows.

        Raises `IdentityMismatch`, also when another key is pinned already; `MatrixError`.
        """
        raise NotImplementedError

    def accept(self, user_id: str) -> None:
        """The user says that this person's new identity is theirs: pin it."""
        raise NotImplementedError
