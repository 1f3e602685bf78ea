"""Who may use a token, and for what: a signature of the holder's key over the account it is for.

    "PeerRoom-possession-v1\\0" ‖ use ‖ the token's message ‖ user id ‖ master key
        ‖ u16 number of devices ‖ for each: device id ‖ Ed25519 key ‖ Curve25519 key

Every field but the number has its length before it (u16, big-endian), so that no two statements
have the same bytes. The token's message brings the circle, the epoch, the round, the round key and
the holder's key into the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from peerroom.pseudonym.ed25519 import KEY_LENGTH, is_sound
from peerroom.pseudonym.token_errors import (
    AccountMalformed,
    BadProof,
    HolderKeyUnsound,
    WrongUse,
)
from peerroom.pseudonym.tokens import Token
from peerroom.wire.address import ID_LENGTH, is_user_id

DOMAIN: Final = b"PeerRoom-possession-v1\0"
MOST_DEVICES: Final = 64


class Use(StrEnum):
    """The two uses of a token. Its id is spent by either."""

    REDEEM = "redeem"
    """A new account takes the seat."""
    STAY = "stay"
    """The old account keeps it."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device as its owner's account lists it: Matrix device id, and public keys of 32 bytes."""

    device_id: str
    ed25519: bytes
    curve25519: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """The account that takes or keeps the seat, with everything that makes it this account.

    ``master_key`` is the public cross-signing master key (Ed25519, 32 bytes); ``devices`` are all
    that it has, at least one, in the order of their ids.

    Raises `AccountMalformed`: no user id, no keys that bind anyone, devices not in order or twice.
    """

    user_id: str
    master_key: bytes
    devices: tuple[Device, ...]

    def __post_init__(self) -> None:
        ids = [device.device_id for device in self.devices]
        if not (
            is_user_id(self.user_id)
            and is_sound(self.master_key)
            and 1 <= len(ids) <= MOST_DEVICES
            and all(a < b for a, b in pairwise(ids))
            and all(map(_is_device, self.devices))
        ):
            raise AccountMalformed


def prove(seed: bytes, token: Token, use: Use, account: Account) -> bytes:
    """The proof (64 bytes; the same each time) that the holder gives ``token`` to ``account``.

    ``seed`` is the one of `tokens.Pending`. Raises `BadProof` if it is not the holder's.
    """
    holder = Ed25519PrivateKey.from_private_bytes(seed)
    if holder.public_key().public_bytes_raw() != token.holder:
        raise BadProof
    return holder.sign(_statement(token, use, account))


def check_proof(token: Token, use: Use, account: Account, proof: bytes) -> None:
    """Hold ``proof`` to ``token``, ``use`` and ``account``. The token itself: `tokens.check`.

    Raises `HolderKeyUnsound`, `WrongUse` for a proof of the other use, or `BadProof`.
    """
    if not is_sound(token.holder):
        raise HolderKeyUnsound
    if _is_signed(token, use, account, proof):
        return
    if any(_is_signed(token, other, account, proof) for other in Use if other is not use):
        raise WrongUse
    raise BadProof


def _is_signed(token: Token, use: Use, account: Account, proof: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(token.holder).verify(
            proof, _statement(token, use, account)
        )
    except InvalidSignature:
        return False
    return True


def _is_device(device: Device) -> bool:
    """Whether the id is one that a server gives (printable ASCII) and the keys are keys."""
    return (
        0 < len(device.device_id) <= ID_LENGTH
        and device.device_id.isascii()
        and device.device_id.isprintable()
        and is_sound(device.ed25519)
        and len(device.curve25519) == KEY_LENGTH
    )


def _statement(token: Token, use: Use, account: Account) -> bytes:
    """The bytes that are signed, as the head of this module says."""
    parts = [
        DOMAIN,
        _field(use.encode()),
        _field(token.message()),
        _field(account.user_id.encode()),
        _field(account.master_key),
        len(account.devices).to_bytes(2),
    ]
    for device in account.devices:
        parts += map(_field, (device.device_id.encode(), device.ed25519, device.curve25519))
    return b"".join(parts)


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(2) + value
