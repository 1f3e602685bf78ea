"""Canonical JSON and the signatures over it (spec: Appendices, Canonical JSON, Signing JSON)."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class NotCanonical(ValueError):
    """The value has no canonical JSON: a float, an integer beyond 2**53, a lone surrogate …"""


def canonical(value: object) -> bytes:
    """The one byte string that stands for ``value``. Raises `NotCanonical`."""
    raise NotImplementedError


def sign(value: Mapping[str, object], key: Ed25519PrivateKey) -> str:
    """The unpadded base64 signature over ``value`` without ``signatures`` and ``unsigned``."""
    raise NotImplementedError


def is_signed(value: Mapping[str, object], user_id: str, key_id: str, public_key: str) -> bool:
    """Whether ``value`` carries a valid signature ``signatures[user_id]["ed25519:" + key_id]``.

    Total: any hostile JSON object, key or signature gives False, never an exception.
    """
    raise NotImplementedError
