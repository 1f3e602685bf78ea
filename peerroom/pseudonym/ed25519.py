"""Which Ed25519 public keys are worth a signature.

Verification as in RFC 8032 (and in OpenSSL) takes keys of small order, under which one signature
fits every eighth message or even all of them, whoever made it. Such a key binds nobody.
"""

from __future__ import annotations

from typing import Final

KEY_LENGTH: Final = 32

_P: Final = 2**255 - 19
_SIGN: Final = 1 << 255

_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The y of all eight points whose order divides 8: the identity, (0, -1), (±√-1, 0), (±x, ±y).
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})


def is_sound(key: bytes) -> bool:
    """Whether ``key`` is the canonical encoding of something that is no point of small order.

    It may still be no point of the curve. Then no signature verifies under it.
    """
    if len(key) != KEY_LENGTH:
        return False
    y = int.from_bytes(key, "little") & (_SIGN - 1)
    return y < _P and y not in _SMALL_ORDER
