"""What a wallet needs of tokens. The real thing is `REAL`; large simulations pass a cheap one."""

from __future__ import annotations

from typing import Final, Protocol

from peerroom.pseudonym import blind, possession, tokens
from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.possession import Account, Device, Use
from peerroom.pseudonym.round_keys import PublicKey
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.wire.records import Seated


class Mint(Protocol):
    """Tokens under a round's public key, as a record has it (388 bytes)."""

    def request(self, key: bytes, scope: Scope, *, random: RandomBytes) -> Pending:
        """A new request. Raises `peerroom.pseudonym.token_errors.TokenError`."""

    def fits(self, key: bytes, request: bytes, answer: bytes) -> bool:
        """Whether ``answer`` is what had to be answered. Raises `BadKey`."""

    def finish(self, key: bytes, pending: Pending, answer: bytes) -> Token:
        """The token. Raises `FinalizeFailed` and other `TokenError`s."""

    def prove(self, pending: Pending, token: Token, use: Use, account: Account) -> bytes:
        """The proof (64 bytes) that the holder gives the token to the account."""

    def check(self, key: bytes, scope: Scope, seat: Seated, use: Use) -> bytes:
        """The id of the token that ``seat`` was given. Raises `TokenError` if token or proof are
        not in order."""


class RealMint:
    """RFC 9474 (`peerroom.pseudonym.tokens`, `peerroom.pseudonym.possession`)."""

    def request(self, key: bytes, scope: Scope, *, random: RandomBytes) -> Pending:
        return tokens.request(PublicKey.decode(key), scope, random=random)

    def fits(self, key: bytes, request: bytes, answer: bytes) -> bool:
        return blind.fits(PublicKey.decode(key), request, answer)

    def finish(self, key: bytes, pending: Pending, answer: bytes) -> Token:
        return tokens.finish(PublicKey.decode(key), pending, answer)

    def prove(self, pending: Pending, token: Token, use: Use, account: Account) -> bytes:
        return possession.prove(pending.seed, token, use, account)

    def check(self, key: bytes, scope: Scope, seat: Seated, use: Use) -> bytes:
        token = Token.decode(seat.token)
        tokens.check(token, PublicKey.decode(key), scope)
        devices = tuple(Device(d.device_id, d.ed25519, d.curve25519) for d in seat.devices)
        account = Account(seat.user_id, seat.master_key, devices)
        possession.check_proof(token, use, account, seat.proof)
        return token.id


REAL: Final[Mint] = RealMint()
