"""From the raw answer of ``/keys/query`` to keys that can be relied on. Pure; never raises.

Spec: Client-Server API, Device keys and Cross-signing. Chain: the user's master key signs the
self-signing key, which signs each device's keys; the device's own key signs them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """One device whose keys object is well formed and signed by the device itself."""

    user_id: str
    device_id: str
    ed25519: str
    curve25519: str
    signed: bool
    """The owner's self-signing key, which the master key vouches for, has signed it."""
    deleted: bool = False
    """No longer on the server's list; kept so that old messages stay attributable."""


@dataclass(frozen=True, slots=True)
class UserKeys:
    """What the server says of one user, as far as signatures bear it out."""

    user_id: str
    master: str | None
    """Public master key (unpadded base64), or None without a well-formed one."""
    devices: Mapping[str, DeviceKeys]


def read_user_keys(answer: Mapping[str, object], user_id: str) -> UserKeys | None:
    """The keys of ``user_id`` in a ``/keys/query`` answer; None when the answer is silent on them.

    Silent means that their server could not be reached: what was known stays as it is.
    """
    raise NotImplementedError
