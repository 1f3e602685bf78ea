"""How long an encrypted message is on the wire."""

from __future__ import annotations

from peerroom.matrix.canonical import from_base64

OVERHEAD = 1 + 2 + 1 + 16 + 8 + 64
"""Bytes of a Megolm message beside its text and the length of that (spec: Megolm, message format):
version, message index, tag, AES padding, MAC, signature."""


def megolm(ciphertext: str) -> int:
    """Bytes of a ciphertext."""
    length = len(ciphertext) * 3 // 4
    assert from_base64(ciphertext, length) is not None
    return length


def whole(bucket: int) -> int:
    """Bytes of a Megolm message whose text fills ``bucket``."""
    inner = bucket + 16
    return OVERHEAD + bucket + (2 if inner < 1 << 14 else 3)
