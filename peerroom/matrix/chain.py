"""From the raw answer of ``/keys/query`` to keys that can be relied on. Pure; never raises.

Spec: Client-Server API, Device keys and Cross-signing. The chain: the user's master key signs the
self-signing key, which signs each device's keys; the device's own key signs them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from peerroom.matrix.canonical import from_base64, is_signed

_KEY_BYTES: Final = 32
_MEGOLM: Final = "m.megolm.v1.aes-sha2"


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """One device whose keys object is well formed and signed by the device itself."""

    user_id: str
    device_id: str
    ed25519: str
    curve25519: str
    signed_by: str | None
    """The master key whose self-signing key has signed it; None: its owner never confirmed it.

    A server can show one identity today and another tomorrow, so it is not enough that *an*
    identity has signed a device."""
    deleted: bool = False
    """No longer on the server's list; kept so that old messages stay attributable."""


@dataclass(frozen=True, slots=True)
class UserKeys:
    """What the server says of one user, as far as signatures bear it out."""

    user_id: str
    master: str | None
    """Public master key (unpadded base64), or None without a well-formed one."""
    self_signing: str | None
    """Public self-signing key, if the master key has signed it."""
    devices: Mapping[str, DeviceKeys] = field(default_factory=dict)


def read_user_keys(answer: Mapping[str, object], user_id: str) -> UserKeys | None:
    """The keys of ``user_id`` in a ``/keys/query`` answer; None when the answer is silent on them.

    Silent means that their server could not be reached: what was known stays as it is.
    """
    devices = _part(answer, "device_keys", user_id)
    if devices is None:
        return None
    master_object = _part(answer, "master_keys", user_id) or {}
    master = _cross_signing_key(master_object, user_id, "master")
    self_signing_object = _part(answer, "self_signing_keys", user_id) or {}
    self_signing = _cross_signing_key(self_signing_object, user_id, "self_signing")
    if (
        master is None
        or self_signing is None
        or not is_signed(self_signing_object, user_id, master, master)
    ):
        self_signing = None
    keys = UserKeys(user_id, master, self_signing)
    read = (read_device(raw, device_id, keys) for device_id, raw in devices.items())
    return replace(keys, devices={d.device_id: d for d in read if d is not None})


def _part(answer: Mapping[str, object], section: str, user_id: str) -> dict[str, object] | None:
    by_user = answer.get(section)
    part = by_user.get(user_id) if isinstance(by_user, dict) else None
    return part if isinstance(part, dict) else None


def _cross_signing_key(raw: Mapping[str, object], user_id: str, usage: str) -> str | None:
    usages, keys = raw.get("usage"), raw.get("keys")
    if raw.get("user_id") != user_id or not isinstance(usages, list) or usage not in usages:
        return None
    if not isinstance(keys, dict) or len(keys) != 1:
        return None
    [(name, raw_key)] = keys.items()
    key = _key(raw_key)
    return key if name == f"ed25519:{key}" else None


def _key(raw: object) -> str | None:
    return raw if isinstance(raw, str) and from_base64(raw, _KEY_BYTES) is not None else None


def read_device(raw: object, device_id: object, owner: UserKeys) -> DeviceKeys | None:
    """A device keys object of ``owner``; None unless the device itself has signed it."""
    user_id, self_signing = owner.user_id, owner.self_signing
    if not isinstance(device_id, str) or not isinstance(raw, dict):
        return None
    if raw.get("user_id") != user_id or raw.get("device_id") != device_id:
        return None
    keys, algorithms = raw.get("keys"), raw.get("algorithms")
    if not isinstance(keys, dict) or not isinstance(algorithms, list) or _MEGOLM not in algorithms:
        return None
    ed25519 = _key(keys.get(f"ed25519:{device_id}"))
    curve25519 = _key(keys.get(f"curve25519:{device_id}"))
    if ed25519 is None or curve25519 is None or not is_signed(raw, user_id, device_id, ed25519):
        return None
    signed = self_signing is not None and is_signed(raw, user_id, self_signing, self_signing)
    return DeviceKeys(user_id, device_id, ed25519, curve25519, owner.master if signed else None)
