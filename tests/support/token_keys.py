"""Round keys for tests: made once in a process, because making one takes a while."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from peerroom.pseudonym.round_keys import SigningKey
from peerroom.pseudonym.tokens import Pending, Scope, Token, finish, request, sign

CIRCLE = bytes(range(16))
SCOPE = Scope(CIRCLE, epoch=7, round=1)


@cache
def _generated(number: int) -> SigningKey:
    del number  # tells the keys apart
    return SigningKey.generate()


def round_key(number: int = 0) -> SigningKey:
    """The round key of this number, the same each time."""
    return _generated(number)


@cache
def _issued(scope: Scope, member: int) -> tuple[Pending, Token]:
    del member  # tells the tokens apart
    key = round_key()
    pending = request(key.public, scope)
    return pending, finish(key.public, pending, sign(key, pending.request))


def issued(scope: Scope = SCOPE, member: int = 0) -> tuple[Pending, Token]:
    """A member's request and the token that came of it, the same each time."""
    return _issued(scope, member)


def seeded(seed: bytes) -> Callable[[int], bytes]:
    """Random bytes that are the same for the same seed."""
    state = hashlib.shake_256(seed)
    taken = 0

    def random(length: int) -> bytes:
        nonlocal taken
        taken += length
        return state.digest(taken)[taken - length :]

    return random


def flipped(data: bytes, bit: int) -> bytes:
    """``data`` with one bit changed, counted from the start, the highest of a byte first."""
    mask = 0x80 >> bit % 8
    return data[: bit // 8] + bytes([data[bit // 8] ^ mask]) + data[bit // 8 + 1 :]
