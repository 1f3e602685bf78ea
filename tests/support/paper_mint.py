"""Tokens on paper, for simulations of thousands of epochs: the same rules, and no cryptography.

`PaperMint` is a FAKE. It keeps every secret in one object and computes what the circle could not
know: a "signature" is a hash under a secret that the mint looks up, blinding is a promise. What it
keeps to is what rules depend on: only what was signed under a round's key becomes a token of that
round, one request makes one token, proofs bind a use, an account and all its keys. That real tokens
do so too is shown in tests/unit/test_tokens*.py; `RealMint` has the same face.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Protocol

from peerroom.pseudonym import tokens, wallet_mint
from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.possession import Account, Use
from peerroom.pseudonym.round_keys import EXPONENT, MODULUS_LENGTH, SigningKey
from peerroom.pseudonym.token_errors import (
    BadSignature,
    FinalizeFailed,
    WrongCircle,
    WrongEpoch,
    WrongKey,
    WrongRound,
    WrongUse,
)
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.wire.records import Seated


class SigningMint(wallet_mint.Mint, Protocol):
    """A mint together with the private half."""

    def new_key(self, draw: RandomBytes) -> bytes:
        """The public half of a new round key (388 bytes)."""

    def sign(self, key: bytes, request: bytes) -> bytes:
        """The circle's answer."""


class RealMint(wallet_mint.RealMint):
    """RFC 9474, with the private keys at hand. Keys come from a few that are made once, because
    making one takes 0.2 s; rounds that share one are still kept apart by what is signed."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self._made = keys
        self._keys = {key.public.encode(): key for key in keys}
        self._next = 0

    def new_key(self, draw: RandomBytes) -> bytes:
        self._next += 1
        return self._made[self._next % len(self._made)].public.encode()

    def sign(self, key: bytes, request: bytes) -> bytes:
        return tokens.sign(self._keys[key], request)


class PaperMint:
    """See the head of this module."""

    def __init__(self) -> None:
        self._secrets: dict[bytes, bytes] = {}
        self._seeds: dict[bytes, bytes] = {}

    def new_key(self, draw: RandomBytes) -> bytes:
        modulus = bytearray(_stretched(draw(32)))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        key = bytes(modulus) + EXPONENT.to_bytes(4)
        self._secrets[key] = hashlib.sha256(b"secret" + key).digest()
        return key

    def sign(self, key: bytes, request: bytes) -> bytes:
        return _stretched(self._mac(key, b"answer", request))

    def request(self, key: bytes, scope: Scope, *, random: RandomBytes) -> Pending:
        seed, prefix = random(32), random(32)
        blinded = bytearray(_stretched(prefix + seed))
        blinded[0] &= 0x7F  # below every modulus
        self._seeds[_holder(seed)] = seed
        nothing = bytes(MODULUS_LENGTH)
        return Pending(scope, _key_id(key), bytes(blinded), seed, prefix, nothing)

    def fits(self, key: bytes, request: bytes, answer: bytes) -> bool:
        return answer == self.sign(key, request)

    def finish(self, key: bytes, pending: Pending, answer: bytes) -> Token:
        if not self.fits(key, pending.request, answer):
            raise FinalizeFailed
        unsigned = Token(pending.scope, pending.key_id, _holder(pending.seed), pending.prefix, b"")
        signature = _stretched(self._mac(key, b"token", pending.prefix, unsigned.message()))
        return Token(unsigned.scope, unsigned.key_id, unsigned.holder, unsigned.prefix, signature)

    def prove(self, pending: Pending, token: Token, use: Use, account: Account) -> bytes:
        return _proof(pending.seed, token, use, wallet_row(account))

    def check(self, key: bytes, scope: Scope, seat: Seated, use: Use) -> bytes:
        token = Token.decode(seat.token)
        if token.scope != scope:
            here, there = token.scope, scope
            if here.lineage != there.lineage:
                raise WrongCircle
            raise WrongEpoch if here.epoch != there.epoch else WrongRound
        if token.key_id != _key_id(key):
            raise WrongKey
        if token.signature != _stretched(self._mac(key, b"token", token.prefix, token.message())):
            raise BadSignature
        row = (seat.user_id, seat.master_key, seat.devices)
        if seat.proof != _proof(self._seeds[token.holder], token, use, row):
            raise WrongUse
        return token.id

    def _mac(self, key: bytes, *parts: bytes) -> bytes:
        return hmac.digest(self._secrets[key], b"".join(parts), "sha256")


def wallet_row(account: Account) -> tuple[object, ...]:
    """What a proof speaks of, as a `Seated` has it."""
    return account.user_id, account.master_key, account.devices


def _proof(seed: bytes, token: Token, use: Use, row: tuple[object, ...]) -> bytes:
    user_id, master_key, devices = row
    assert isinstance(devices, tuple)
    keys = [(d.device_id, d.ed25519, d.curve25519) for d in devices]
    stated = repr((use.value, token.message(), user_id, master_key, keys)).encode()
    return hashlib.sha512(seed + stated).digest()


def _holder(seed: bytes) -> bytes:
    return hashlib.sha256(b"holder" + seed).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _stretched(seed: bytes) -> bytes:
    return hashlib.shake_128(seed).digest(MODULUS_LENGTH)
