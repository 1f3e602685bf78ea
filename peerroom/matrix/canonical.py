"""Canonical JSON and the signatures over it (spec: Appendices, Canonical JSON, Signing JSON)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LARGEST: Final = 2**53 - 1
_UNSIGNED_PARTS: Final = ("signatures", "unsigned")


class NotCanonical(ValueError):
    """The value has no canonical JSON: a float, an integer beyond 2**53, a lone surrogate …"""


def canonical(value: object) -> bytes:
    """The one byte string that stands for ``value``. Raises `NotCanonical`."""
    try:
        _check(value)
        # Python sorts strings by code point, which is the order that the specification asks for.
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return text.encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(type(error).__name__) from error


def sign(value: Mapping[str, object], key: Ed25519PrivateKey) -> str:
    """The unpadded base64 signature over ``value`` without ``signatures`` and ``unsigned``.

    Raises `NotCanonical`.
    """
    return to_base64(key.sign(canonical(_signed_part(value))))


def is_signed(value: Mapping[str, object], user_id: str, key_id: str, public_key: str) -> bool:
    """Whether ``value`` carries a valid signature ``signatures[user_id]["ed25519:" + key_id]``.

    Total: any hostile JSON object, key or signature gives False, never an exception.
    """
    signatures = value.get("signatures")
    by_user = signatures.get(user_id) if isinstance(signatures, dict) else None
    signature = by_user.get(f"ed25519:{key_id}") if isinstance(by_user, dict) else None
    raw_signature, raw_key = from_base64(signature, 64), from_base64(public_key, 32)
    if raw_signature is None or raw_key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(
            raw_signature, canonical(_signed_part(value))
        )
    except (InvalidSignature, NotCanonical, ValueError):
        return False
    return True


def to_base64(raw: bytes) -> str:
    """Unpadded base64, as Matrix writes keys and signatures."""
    return base64.b64encode(raw).decode().rstrip("=")


def from_base64(text: object, length: int) -> bytes | None:
    """The ``length`` bytes that ``text`` stands for, or None.

    Only the one unpadded spelling counts, so that two texts are the same key exactly when they are
    equal.
    """
    if not isinstance(text, str) or len(text) != -(-length * 4 // 3):
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == length and to_base64(raw) == text else None


def _signed_part(value: Mapping[str, object]) -> dict[str, object]:
    return {key: part for key, part in value.items() if key not in _UNSIGNED_PARTS}


def _check(value: object) -> None:
    match value:
        case None | bool() | str():
            pass
        case int():
            if not -_LARGEST <= value <= _LARGEST:
                raise NotCanonical("integer out of range")
        case list() | tuple():
            for part in value:
                _check(part)
        case dict():
            for key, part in value.items():
                if not isinstance(key, str):
                    raise NotCanonical("key that is no string")
                _check(part)
        case _:
            raise NotCanonical(type(value).__name__)
