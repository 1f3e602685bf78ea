"""Why a token that failed is burnt: what a circle learns from each short cut, with its own numbers.

The host here is the worst there is: it holds the signing key, answers as it likes, keeps
everything, and tries every pair. Each short cut is played by a client that takes it; then the same
host meets members who do as `tokens` does.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace

import pytest
from support.token_keys import SCOPE, round_key

from peerroom.pseudonym import blind
from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.round_keys import MODULUS_LENGTH
from peerroom.pseudonym.token_errors import BadSignature, FinalizeFailed
from peerroom.pseudonym.tokens import Pending, Token, check, finish, request, sign

MEMBERS = 6
KEY = round_key().public
SALT = HASH = 48


class SameR:
    """Randomness of a careless client: everything new each time, and r as it was."""

    def __init__(self, real: RandomBytes) -> None:
        self._real = real
        self._r: bytes | None = None

    def __call__(self, length: int) -> bytes:
        if length != MODULUS_LENGTH:
            return self._real(length)
        self._r = self._r or self._real(length - 1).rjust(length, b"\0")
        return self._r


@dataclass(frozen=True)
class Seen:
    """What the host has from one member: the request that it spoilt and the one it answered."""

    spoilt: bytes
    answered: bytes


def is_encoded(number: int) -> bool:
    """Whether ``number`` looks like something that PSS encoded, whatever the message was.

    By chance one number in 2^2300 does: behind the mask stand 286 zeros and a one.
    """
    data = number.to_bytes(MODULUS_LENGTH)
    masked, seed = data[: -HASH - 1], data[-HASH - 1 : -1]
    mask = b"".join(hashlib.sha384(seed + n.to_bytes(4)).digest() for n in range(7))
    block = bytes(a ^ b for a, b in zip(masked, mask, strict=False))
    zeros = len(block) - SALT - 1
    return data[-1] == 0xBC and block[1:zeros] == bytes(zeros - 1) and block[zeros] == 1


def shown(token: Token) -> int:
    """The encoded message, which whoever is shown a token can compute: s^e."""
    return pow(int.from_bytes(token.signature), KEY.e, KEY.n)


def links(seen: list[Seen], tokens: list[Token]) -> set[tuple[int, int]]:
    """The host's guess who shows which token: does z1 / z2 · m2 look like an encoded message?

    If r is the same in both requests, z1 / z2 = m1 / m2. The spoilt token need never be shown.
    """
    found = set()
    for member, (z1, z2) in enumerate((s.spoilt, s.answered) for s in seen):
        ratio = int.from_bytes(z1) * pow(int.from_bytes(z2), -1, KEY.n)
        for place, token in enumerate(tokens):
            if is_encoded(ratio * shown(token) % KEY.n):
                found.add((member, place))
    return found


def spoil(answer: bytes, factor: int = 2) -> bytes:
    """An answer that is wrong by a factor that the host remembers."""
    return (int.from_bytes(answer) * factor % KEY.n).to_bytes(MODULUS_LENGTH)


def after_a_spoilt_answer(random: RandomBytes) -> tuple[Seen, Token]:
    """One member asks, is answered wrongly, notices, asks again, and shows the token later."""
    first = request(KEY, SCOPE, random=random)
    with pytest.raises(FinalizeFailed):
        finish(KEY, first, spoil(sign(round_key(), first.request)))
    second = request(KEY, SCOPE, random=random)
    token = finish(KEY, second, sign(round_key(), second.request))
    check(token, KEY, SCOPE)
    return Seen(first.request, second.request), token


def test_the_same_r_again_tells_who_everyone_is() -> None:
    met = [after_a_spoilt_answer(SameR(secrets.token_bytes)) for _ in range(MEMBERS)]
    seen, tokens = [s for s, _ in met], [t for _, t in met][::-1]
    assert links(seen, tokens) == {(n, MEMBERS - 1 - n) for n in range(MEMBERS)}


def test_a_request_drawn_anew_tells_nothing() -> None:
    met = [after_a_spoilt_answer(secrets.token_bytes) for _ in range(MEMBERS)]
    seen, tokens = [s for s, _ in met], [t for _, t in met]
    assert all(is_encoded(shown(token)) for token in tokens)  # the host knows what to look for
    assert links(seen, tokens) == set()


def unverified(pending: Pending, answer: bytes) -> Token:
    """What a client without the last step of Finalize would show."""
    opened = int.from_bytes(answer) * int.from_bytes(pending.inverse) % KEY.n
    good = finish(KEY, pending, sign(round_key(), pending.request))
    return replace(good, signature=opened.to_bytes(MODULUS_LENGTH))


def test_a_token_shown_although_it_failed_carries_the_hosts_mark() -> None:
    """A wrong answer is a mark: a factor for each member, which survives the opening."""
    marks = [3 + member for member in range(MEMBERS)]
    pendings = [request(KEY, SCOPE) for _ in marks]
    answers = [
        spoil(sign(round_key(), pending.request), mark)
        for pending, mark in zip(pendings, marks, strict=True)
    ]
    for pending, answer in zip(pendings, answers, strict=True):
        with pytest.raises(FinalizeFailed):
            finish(KEY, pending, answer)
        assert not blind.fits(KEY, pending.request, answer)  # and anyone can be shown why
    for member, (pending, answer) in enumerate(zip(pendings, answers, strict=True)):
        token = unverified(pending, answer)
        fitting = []
        for other, mark in enumerate(marks):
            unmarked = spoil(token.signature, pow(mark, -1, KEY.n))
            try:
                check(replace(token, signature=unmarked), KEY, SCOPE)
            except BadSignature:
                continue
            fitting.append(other)
        assert fitting == [member]


def test_every_request_explains_every_token() -> None:
    """Without a short cut: for each pair there is an r, so all that the host kept says nothing."""
    pendings = [request(KEY, SCOPE) for _ in range(MEMBERS)]
    tokens = [finish(KEY, p, sign(round_key(), p.request)) for p in pendings]
    for pending in pendings:
        for token in tokens:
            z, m = int.from_bytes(pending.request), shown(token)
            masked = (z * pow(m, -1, KEY.n) % KEY.n).to_bytes(MODULUS_LENGTH)
            r = int.from_bytes(sign(round_key(), masked))
            assert m * pow(r, KEY.e, KEY.n) % KEY.n == z


def test_a_holder_key_shown_twice_is_one_seat_twice() -> None:
    """A rerun after a void with the same holder key would tie the two new accounts together."""
    first, rerun = request(KEY, SCOPE), request(KEY, replace(SCOPE, round=2))
    assert first.message()[-32:] != rerun.message()[-32:]
    careless = replace(rerun, seed=first.seed)
    assert careless.message()[-32:] == first.message()[-32:]
